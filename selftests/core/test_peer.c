// SPDX-License-Identifier: GPL-2.0-only
/* A peer that is within its rights but odd, or without: what of it a connection must get over. */
#include <stdlib.h>

#include "endpoint.h"
#include "kselftest_harness.h"
#include "port_stub.h"

#define NOW	(1000 * ATCP_NS_PER_SEC)
#define ISN	0x7ffffffeU
#define PEER	0xfffffffeU	/* the peer's ISN */
#define ROOM	20000		/* for what we receive, in bytes */

FIXTURE(peer) {
	struct atcp_cfg cfg;
	struct atcp_conn c;
	struct atcp_seg in;
};

FIXTURE_SETUP(peer)
{
	memset(&stub, 0, sizeof(stub));
	atcp_cfg_init(&self->cfg);
	self->cfg.timestamps = 0;
	endpoint_conn(&self->c, &self->cfg, ROOM);
	atcp_conn_open(&self->c, ISN, 0, NOW);
	self->in = (struct atcp_seg){ .seq = PEER, .wnd = 5000, .flags = ATCP_SYN };
	self->in.opt.has = ATCP_OPT_MSS | ATCP_OPT_SACK_OK;
	self->in.opt.mss = 1460;
}

FIXTURE_TEARDOWN(peer)
{
	atcp_conn_purge(&self->c);
}

static void feed(struct _test_data_peer *self, u32 seq, u32 len, u8 flags)
{
	stub_feed(&self->c, &self->in, seq, len, flags, NOW);
}

static void establish(struct _test_data_peer *self)
{
	self->in.ack = ISN + 1;
	feed(self, PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt = (struct atcp_opts){ 0 };
}

static void queue(struct _test_data_peer *self, u32 len)
{
	struct atcp_txseg *t = calloc(1, sizeof(*t));

	t->len = len;
	atcp_conn_queue(&self->c, t);
	atcp_conn_push(&self->c, false, NOW);
}

/* RFC 1191: what was too big is sent again. A SYN was not: it has no payload to cut. */
TEST_F(peer, smaller_mtu_before_the_ack_of_our_syn)
{
	feed(self, PEER, 0, ATCP_SYN);
	ASSERT_EQ(ATCP_SYN_RECV, self->c.state);
	atcp_conn_close(&self->c, NOW);
	ASSERT_EQ(ATCP_FIN_WAIT_1, self->c.state);
	stub.sent = 0;
	atcp_conn_mtu(&self->c, 600, NOW);
	EXPECT_EQ(580, self->c.mss);
	EXPECT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	EXPECT_EQ(0, self->c.lost);
	EXPECT_EQ(0, stub.sent);
}

TEST_F(peer, smaller_mtu_with_data_in_flight)
{
	establish(self);
	self->c.nodelay = 1;
	queue(self, 1000);
	stub.sent = 0;
	atcp_conn_mtu(&self->c, 600, NOW);
	EXPECT_EQ(580, self->c.mss);
	EXPECT_EQ(ISN + 1, stub.last.seq);
	EXPECT_NE(0, stub.sent);
}

/* Data beyond the FIN is no part of the stream: neither kept nor reported; shows RFC2018-16 */
TEST_F(peer, data_past_the_fin)
{
	establish(self);
	feed(self, PEER + 1001, 100, ATCP_ACK);
	ASSERT_EQ(1, self->c.ooo.n);
	ASSERT_EQ(1, stub.last.opt.nsacks);
	feed(self, PEER + 1, 500, ATCP_ACK | ATCP_FIN);
	EXPECT_EQ(ATCP_CLOSE_WAIT, self->c.state);
	EXPECT_EQ(PEER + 502, self->c.rcv_nxt);
	EXPECT_EQ(0, self->c.ooo.n);
	EXPECT_EQ(1, stub.rx_freed);
	EXPECT_EQ(PEER + 502, stub.last.ack);
	EXPECT_EQ(0, stub.last.opt.nsacks);
}

/* The block that the last segment of ours says, as offsets from the peer's first byte. */
#define EXPECT_BLOCK(i, from, to) do {						\
	EXPECT_EQ((u32)(PEER + 1 + (from)), stub.last.opt.sacks[i].start);	\
	EXPECT_EQ((u32)(PEER + 1 + (to)), stub.last.opt.sacks[i].end);		\
} while (0)

/* RFC 2018 section 4: a FIN has a number, and is reported as what else waits for a hole. */
TEST_F(peer, fin_before_its_data)
{
	establish(self);
	feed(self, PEER + 1001, 0, ATCP_ACK | ATCP_FIN);
	ASSERT_EQ(ATCP_ESTABLISHED, self->c.state);
	ASSERT_EQ(1, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 1000, 1001);
	/* what came last is first, */
	feed(self, PEER + 201, 100, ATCP_ACK);
	ASSERT_EQ(2, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 200, 300);
	EXPECT_BLOCK(1, 1000, 1001);
	/* be it the FIN once more, */
	feed(self, PEER + 1001, 0, ATCP_ACK | ATCP_FIN);
	ASSERT_EQ(2, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 1000, 1001);
	EXPECT_BLOCK(1, 200, 300);
	/* and it is one with the data that it ends */
	feed(self, PEER + 901, 100, ATCP_ACK);
	ASSERT_EQ(2, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 900, 1001);
	EXPECT_BLOCK(1, 200, 300);
	feed(self, PEER + 1, 900, ATCP_ACK);
	EXPECT_EQ(ATCP_CLOSE_WAIT, self->c.state);
	EXPECT_EQ(PEER + 1002, self->c.rcv_nxt);
	/* a part of the last segment has come twice */
	ASSERT_EQ(1, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 200, 300);
}

/* Where there is no room for every block, the newest is not the one that is left out. */
TEST_F(peer, fin_among_many_blocks)
{
	u32 i;

	establish(self);
	for (i = 1; i <= 5; i++)
		feed(self, PEER + 1 + i * 1000, 100, ATCP_ACK);
	feed(self, PEER + 1 + 5100, 0, ATCP_ACK | ATCP_FIN);
	ASSERT_EQ(4, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 5000, 5101);
	EXPECT_BLOCK(1, 4000, 4100);
	EXPECT_BLOCK(2, 3000, 3100);
	EXPECT_BLOCK(3, 2000, 2100);
	feed(self, PEER + 1 + 1100, 100, ATCP_ACK);
	EXPECT_BLOCK(0, 1000, 1200);
	EXPECT_BLOCK(1, 5000, 5101);
	feed(self, PEER + 1 + 7000, 100, ATCP_ACK);
	feed(self, PEER + 1 + 5100, 0, ATCP_ACK | ATCP_FIN);
	ASSERT_EQ(4, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 5100, 5101);
	for (i = 2; i <= 4; i++)
		feed(self, PEER + 1 + i * 1000 + 500, 100, ATCP_ACK);
	feed(self, PEER + 1 + 1500, 100, ATCP_ACK);
	ASSERT_EQ(4, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 1500, 1600);
}

/* All of the last segment but its FIN is acknowledged: the FIN alone goes on. */
TEST_F(peer, ack_up_to_the_fin)
{
	const struct atcp_txseg *t;

	establish(self);
	self->c.cork = 1;
	queue(self, 10);
	atcp_conn_close(&self->c, NOW);
	ASSERT_EQ(ATCP_FIN | ATCP_PSH | ATCP_ACK, stub.last.flags);
	ASSERT_EQ(ISN + 1, stub.last.seq);
	self->in.ack = ISN + 11;
	feed(self, PEER + 1, 0, ATCP_ACK);
	EXPECT_EQ(ATCP_FIN_WAIT_1, self->c.state);
	EXPECT_EQ(ISN + 11, self->c.snd_una);
	ASSERT_FALSE(list_empty(&self->c.txq));
	t = list_first_entry(&self->c.txq, struct atcp_txseg, node);
	EXPECT_EQ(0, t->len);
	atcp_conn_timer(&self->c, atcp_conn_deadline(&self->c));
	EXPECT_EQ(ISN + 11, stub.last.seq);
	EXPECT_EQ(0, stub.last.len);
	EXPECT_TRUE(stub.last.flags & ATCP_FIN);
}

/* The SYN,ACK and what follows it carry a timestamp of 1000. */
static void establish_with_timestamps(struct _test_data_peer *self)
{
	self->cfg.timestamps = 1;
	endpoint_conn(&self->c, &self->cfg, ROOM);
	atcp_conn_open(&self->c, ISN, 0, NOW);
	self->in.opt.has |= ATCP_OPT_TS;
	self->in.opt.tsval = 1000;
	establish(self);
	self->in.opt.has = ATCP_OPT_TS;
	self->in.opt.tsval = 1000;
}

/* RFC 7323 section 5.3 (R1): in the window, and older than what came last. */
TEST_F(peer, old_duplicate)
{
	establish_with_timestamps(self);
	feed(self, PEER + 1, 100, ATCP_ACK);
	ASSERT_EQ(PEER + 101, self->c.rcv_nxt);
	stub.sent = 0;
	self->in.opt.tsval = 999;
	feed(self, PEER + 101, 100, ATCP_ACK);
	EXPECT_EQ(PEER + 101, self->c.rcv_nxt);
	EXPECT_EQ(1, stub.counts[ATCP_C_PAWSEstab]);
	/* answered, and a FIN is none */
	EXPECT_EQ(1, stub.sent);
	feed(self, PEER + 101, 0, ATCP_ACK | ATCP_FIN);
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
	self->in.opt.tsval = 1000;
	feed(self, PEER + 101, 100, ATCP_ACK);
	EXPECT_EQ(PEER + 201, self->c.rcv_nxt);
	/* section 5.2: a reset counts by its number alone */
	self->in.opt.tsval = 1;
	feed(self, PEER + 201, 0, ATCP_RST);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
}

/* Section 5.5: after 24 days of silence the peer's clock may have gone half way round. */
TEST_F(peer, timestamps_out_of_date)
{
	const u64 day = 24 * 3600 * ATCP_NS_PER_SEC;

	establish_with_timestamps(self);
	self->in.opt.tsval = 999;
	self->in.seq = PEER + 1;
	self->in.flags = ATCP_ACK | ATCP_FIN;
	atcp_conn_input(&self->c, &self->in, NULL, NOW + 23 * day);
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
	atcp_conn_input(&self->c, &self->in, NULL, NOW + 25 * day);
	EXPECT_EQ(ATCP_CLOSE_WAIT, self->c.state);
}

static u64 spy_rtt;

static void spy_take_rtt(struct atcp_conn *c, u64 ns)
{
	spy_rtt = ns;
}

static void spy_init(struct atcp_conn *c, u64 now)
{
}

static void spy_acked(struct atcp_conn *c, u32 bytes, u64 now)
{
}

/* The algorithm of a namespace is its connections', and gets their samples of the round trip. */
TEST_F(peer, round_trips_for_congestion_control)
{
	const struct atcp_cc_ops spy = {
		.name = "spy", .init = spy_init, .rtt = spy_take_rtt, .acked = spy_acked,
	};

	struct atcp_conn new = { 0 };

	self->cfg.cc = &spy;
	atcp_conn_init(&new, &self->cfg);
	EXPECT_EQ(&spy, new.cc);
	self->c.cc = &spy;
	establish(self);
	queue(self, 1000);
	self->in.ack = ISN + 1001;
	self->in.seq = PEER + 1;
	self->in.len = 0;
	self->in.flags = ATCP_ACK;
	atcp_conn_input(&self->c, &self->in, NULL, NOW + 123);
	EXPECT_EQ(123, spy_rtt);
}

TEST_HARNESS_MAIN
