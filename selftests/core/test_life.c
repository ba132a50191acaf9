// SPDX-License-Identifier: GPL-2.0-only
/* The ends of a handshake that are not its middle: CLOSE and FIN in SYN_RECEIVED. */
#include "endpoint.h"
#include "kselftest_harness.h"
#include "port_stub.h"

#define NOW	(1000 * ATCP_NS_PER_SEC)
#define ISN	0x7ffffffeU
#define PEER	0xfffffffeU	/* the peer's ISN */
#define ROOM	20000		/* for what we receive, in bytes */

FIXTURE(life) {
	struct atcp_cfg cfg;
	struct atcp_conn c;
	struct atcp_seg in;
};

FIXTURE_SETUP(life)
{
	memset(&stub, 0, sizeof(stub));
	atcp_cfg_init(&self->cfg);
	self->cfg.timestamps = 0;
	endpoint_conn(&self->c, &self->cfg, ROOM);
	self->in = (struct atcp_seg){ .seq = PEER, .wnd = 5000, .flags = ATCP_SYN };
}

FIXTURE_TEARDOWN(life)
{
	atcp_conn_purge(&self->c);
}

/* SYN_RECEIVED by a simultaneous open; @in becomes a segment that acknowledges our SYN. */
static void both_open(struct _test_data_life *self)
{
	atcp_conn_open(&self->c, ISN, 0, NOW);
	atcp_conn_input(&self->c, &self->in, NULL, NOW);
	self->in.seq = PEER + 1;
	self->in.flags = ATCP_ACK;
	self->in.ack = ISN + 1;
}

/* The same of a listener's child. */
static void accepted(struct _test_data_life *self)
{
	struct atcp_listen l = endpoint_listener(ROOM);
	struct atcp_seg out;
	struct atcp_req req;

	atcp_listen_input(&l, &self->cfg, &self->in, ISN, 0, NOW, &req, &out);
	atcp_conn_accept(&self->c, &req, NOW);
	self->in.seq = PEER + 1;
	self->in.flags = ATCP_ACK;
	self->in.ack = ISN + 1;
}

static void feed(struct _test_data_life *self)
{
	atcp_conn_input(&self->c, &self->in, NULL, NOW);
}

static void close_behind_a_byte(struct _test_data_life *self)
{
	struct atcp_txseg *t = calloc(1, sizeof(*t));

	t->len = 1;
	atcp_conn_queue(&self->c, t);
	atcp_conn_close(&self->c, NOW);
}

/* RFC 9293 3.10.4: with nothing to send before it, the FIN goes at once */
TEST_F(life, close_in_a_simultaneous_open)
{
	both_open(self);
	ASSERT_EQ(ATCP_SYN_RECV, self->c.state);
	atcp_conn_close(&self->c, NOW);
	EXPECT_EQ(ATCP_FIN_WAIT_1, self->c.state);
	EXPECT_EQ(ATCP_FIN | ATCP_ACK, stub.last.flags);
	EXPECT_EQ(ISN + 1, stub.last.seq);
	EXPECT_EQ(PEER + 1, stub.last.ack);
	/* the timer repeats what is first: our SYN, as an answer to the peer's */
	atcp_conn_timer(&self->c, atcp_conn_deadline(&self->c));
	EXPECT_EQ(ATCP_SYN | ATCP_ACK, stub.last.flags);
	EXPECT_EQ(ISN, stub.last.seq);
	feed(self);
	EXPECT_EQ(ATCP_FIN_WAIT_1, self->c.state);
	atcp_conn_timer(&self->c, atcp_conn_deadline(&self->c));
	EXPECT_EQ(ATCP_FIN | ATCP_ACK, stub.last.flags);
	self->in.ack = ISN + 2;
	feed(self);
	EXPECT_EQ(ATCP_FIN_WAIT_2, self->c.state);
	EXPECT_EQ(0, self->c.ev & ATCP_EV_CONNECTED);
	EXPECT_EQ(self->c.write_seq, self->c.snd_una);
}

TEST_F(life, syn_and_fin_acknowledged_together)
{
	both_open(self);
	atcp_conn_close(&self->c, NOW);
	self->in.ack = ISN + 2;
	self->in.flags |= ATCP_FIN;
	feed(self);
	EXPECT_EQ(ATCP_TIME_WAIT, self->c.state);
}

TEST_F(life, close_of_a_child)
{
	accepted(self);
	ASSERT_EQ(ATCP_SYN_RECV, self->c.state);
	atcp_conn_close(&self->c, NOW);
	EXPECT_EQ(ATCP_FIN_WAIT_1, self->c.state);
	EXPECT_EQ(ATCP_FIN | ATCP_ACK, stub.last.flags);
	feed(self);
	EXPECT_EQ(ATCP_FIN_WAIT_1, self->c.state);
	self->in.ack = ISN + 2;
	feed(self);
	EXPECT_EQ(ATCP_FIN_WAIT_2, self->c.state);
}

/* Behind data it waits for ESTABLISHED */
TEST_F(life, close_behind_data)
{
	both_open(self);
	close_behind_a_byte(self);
	EXPECT_EQ(ATCP_SYN_RECV, self->c.state);
	feed(self);
	EXPECT_EQ(ATCP_FIN_WAIT_1, self->c.state);
	EXPECT_EQ(ATCP_FIN, stub.last.flags & ATCP_FIN);
	EXPECT_EQ(1, stub.last.len);
}

/* The ACK of our SYN and the peer's FIN in one segment are one step, as in FIN_WAIT_1 */
TEST_F(life, fin_with_the_ack_of_our_syn)
{
	accepted(self);
	stub.transitions = 0;
	self->in.flags |= ATCP_FIN;
	feed(self);
	EXPECT_EQ(1, stub.transitions);
	EXPECT_EQ(ATCP_SYN_RECV, stub.from);
	EXPECT_EQ(ATCP_CLOSE_WAIT, self->c.state);
	EXPECT_EQ(ATCP_EV_CONNECTED | ATCP_EV_EOF,
		  self->c.ev & (ATCP_EV_CONNECTED | ATCP_EV_EOF));
	EXPECT_EQ(PEER + 2, stub.last.ack);
}

/* but a FIN behind a hole does not count yet */
TEST_F(life, fin_behind_a_hole)
{
	accepted(self);
	self->in.flags |= ATCP_FIN;
	self->in.seq++;
	feed(self);
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
	EXPECT_EQ(PEER + 1, self->c.rcv_nxt);
	EXPECT_EQ(ATCP_EV_CONNECTED, self->c.ev & (ATCP_EV_CONNECTED | ATCP_EV_EOF));
}

TEST_F(life, fin_in_syn_received_then_close)
{
	both_open(self);
	close_behind_a_byte(self);
	self->in.flags |= ATCP_FIN;
	feed(self);
	EXPECT_EQ(ATCP_LAST_ACK, self->c.state);
	EXPECT_EQ(PEER + 2, stub.last.ack);
}

TEST_HARNESS_MAIN
