// SPDX-License-Identifier: GPL-2.0-only
/* The queue of this host: while it is full nothing is added, what is in it is not sent again. */
#include "api.h"
#include "recovery_rig.h"

#define REC struct _test_data_recovery *self

static u32 timer_of(REC)
{
	return self->c.rtx_why;
}

static bool probing(REC)
{
	return self->c.tlp_out;
}

static bool cwnd_limited(REC)
{
	return self->c.cwnd_limited;
}

static void push(REC)
{
	atcp_conn_push(&self->c, false, self->now);
}

/* Established, and ten segments are queued while the host's queue is full. */
static void fill(REC)
{
	establish(self, true, false);
	stub.full = true;
	queue(self, 10);
}

/* Two are out, the rest goes as soon as there is room. */
TEST_F(recovery, full)
{
	fill(self);
	EXPECT_EQ(2, stub.sent);
	push(self);
	EXPECT_EQ(2, stub.sent);
	stub.full = false;
	push(self);
	EXPECT_EQ(10, stub.sent);
}

/* An ACK finds room, or makes none; one segment is out whatever the host says. */
TEST_F(recovery, full_and_acked)
{
	fill(self);
	self->now += RTT;
	ack(self, 1, 0, 0);
	EXPECT_EQ(3, stub.sent);
	ack(self, 3, 0, 0);
	EXPECT_EQ(5, stub.sent);
	stub.full = false;
	ack(self, 4, 0, 0);
	EXPECT_EQ(10, stub.sent);
}

/* What waits here says nothing of the network: cwnd was not what held it. */
TEST_F(recovery, full_is_no_full_cwnd)
{
	u32 cwnd;

	fill(self);
	cwnd = self->c.cwnd;
	EXPECT_FALSE(cwnd_limited(self));
	self->now += RTT;
	ack(self, 2, 0, 0);
	EXPECT_EQ(cwnd, self->c.cwnd);
}

/* The timer is that of what is out: no window is shut. */
TEST_F(recovery, full_is_no_shut_window)
{
	fill(self);
	EXPECT_NE(ATCP_RTX_PERSIST, timer_of(self));
	EXPECT_NE(0, self->c.timer[ATCP_T_RTX]);
}

/* The FIN waits behind the data, and goes with it. */
TEST_F(recovery, full_at_the_end)
{
	fill(self);
	atcp_conn_close(&self->c, self->now);
	EXPECT_EQ(ATCP_FIN_WAIT_1, self->c.state);
	EXPECT_EQ(2, stub.sent);
	stub.full = false;
	push(self);
	EXPECT_EQ(10, stub.sent);
	EXPECT_TRUE(stub.last.flags & ATCP_FIN);
}

/* Also where it stands alone, behind data that is out. */
TEST_F(recovery, full_but_for_the_end)
{
	establish(self, true, false);
	queue(self, 10);
	stub.full = true;
	atcp_conn_close(&self->c, self->now);
	EXPECT_EQ(10, stub.sent);
	stub.full = false;
	push(self);
	EXPECT_EQ(11, stub.sent);
	EXPECT_TRUE(stub.last.flags & ATCP_FIN);
}

/* Nothing is cut in pieces, however often it is asked for. */
TEST_F(recovery, full_again_and_again)
{
	u32 i, n = 0;
	struct atcp_txseg *t;

	fill(self);
	for (i = 0; i < 5; i++)
		push(self);
	list_for_each_entry(t, &self->c.txq, node)
		n++;
	EXPECT_GE(4, n);
}

/* A retransmission has a limit of its own, and goes when that is not reached. */
TEST_F(recovery, full_for_what_was_lost)
{
	ten(self, true, false, 0);
	stub.full = true;
	stub.full_again = true;
	ack(self, 0, 5, 10);
	EXPECT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	EXPECT_EQ(10, stub.sent);
	stub.full_again = false;
	push(self);
	EXPECT_LT(10, stub.sent);
	EXPECT_EQ(0, sent(self, 10));
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPSpuriousRtxHostQueues]);
}

/* Only of what is in the queue is a second copy of no use. */
TEST_F(recovery, lost_in_the_queue)
{
	ten(self, true, false, 0);
	stub.queued = NAMED(0);
	ack(self, 0, 5, 10);
	EXPECT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	EXPECT_EQ(10, stub.sent);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPSpuriousRtxHostQueues]);
	stub.queued = 0;
	push(self);
	EXPECT_LT(10, stub.sent);
	EXPECT_EQ(0, sent(self, 10));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPSpuriousRtxHostQueues]);
}

/* What has not left cannot be late: the timer starts anew, and nothing is taken for lost. */
TEST_F(recovery, timeout_in_the_queue)
{
	u64 rto;
	u32 cwnd;

	self->cfg.early_retrans = 0;
	ten(self, true, false, 0);
	cwnd = self->c.cwnd;
	rto = atcp_conn_rto(&self->c);
	stub.queued = NAMED(0);
	timer_comes(self);
	EXPECT_EQ(rto, timer_comes(self));
	EXPECT_EQ(10, stub.sent);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_EQ(2, stub.counts[ATCP_C_TCPSpuriousRtxHostQueues]);
	EXPECT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	EXPECT_EQ(cwnd, self->c.cwnd);
	EXPECT_EQ(rto, atcp_conn_rto(&self->c));
	/* it has left, and is late now */
	stub.queued = 0;
	EXPECT_EQ(rto, timer_comes(self));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_EQ(11, stub.sent);
	EXPECT_EQ(0, sent(self, 10));
	EXPECT_EQ(2 * rto, atcp_conn_rto(&self->c));
}

/* Of the first, that is: what is behind it has an excuse, the first has none. */
TEST_F(recovery, timeout_before_the_queue)
{
	self->cfg.early_retrans = 0;
	ten(self, true, false, 0);
	stub.queued = NAMED(1);
	timer_comes(self);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_EQ(11, stub.sent);
}

/* A device that is stuck for ever does not keep the connection for ever: MUST-20. */
TEST_F(recovery, stuck_for_ever)
{
	u64 start, ended;

	self->cfg.early_retrans = 0;
	ten(self, true, false, 0);
	self->c.user_timeout_ms = 30000;
	stub.queued = NAMED(0);
	start = self->now;
	while (self->c.state == ATCP_ESTABLISHED && self->now - start < 100 * ATCP_NS_PER_SEC)
		timer_comes(self);
	ended = self->now - start;
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
	EXPECT_EQ(ETIMEDOUT, self->c.err);
	EXPECT_LE(29 * ATCP_NS_PER_SEC, ended);
	EXPECT_GE(31 * ATCP_NS_PER_SEC, ended);
}

/* The silence is over with the first ACK. */
TEST_F(recovery, stuck_for_a_while)
{
	self->cfg.early_retrans = 0;
	ten(self, true, false, 0);
	stub.queued = NAMED(0);
	timer_comes(self);
	EXPECT_NE(0, self->c.rtx_start);
	ack(self, 1, 0, 0);
	EXPECT_EQ(0, self->c.rtx_start);
}

/* No probe for what has not left, nor new data into a queue that is full. */
TEST_F(recovery, no_probe_in_the_queue)
{
	ten(self, true, false, 0);
	stub.queued = NAMED(9);
	ASSERT_EQ(ATCP_RTX_PROBE, timer_of(self));
	timer_comes(self);
	EXPECT_EQ(10, stub.sent);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPLossProbes]);
	EXPECT_FALSE(probing(self));
	EXPECT_EQ(ATCP_RTX_TIMEOUT, timer_of(self));
	EXPECT_NE(0, self->c.timer[ATCP_T_RTX]);
}

TEST_F(recovery, no_new_probe_into_a_full_queue)
{
	fill(self);
	stub.queued = NAMED(1);
	ASSERT_EQ(ATCP_RTX_PROBE, timer_of(self));
	timer_comes(self);
	EXPECT_EQ(2, stub.sent);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPLossProbes]);
}

TEST_HARNESS_MAIN
