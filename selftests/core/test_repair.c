// SPDX-License-Identifier: GPL-2.0-only
/* What was sent again and is lost again: it is probed for, as the tail is, before the timeout. */
#include "loss.h"
#include "recovery_rig.h"

/* Segment 0 of ten is lost and has been sent again. */
static void repairing(struct _test_data_recovery *self, bool ts, u32 more)
{
	ten(self, true, ts, more);
	ack(self, 0, 1, 4);
	stub.sent = 0;
}

static u64 probe_in(const struct _test_data_recovery *self)
{
	return self->c.rtx_why == ATCP_RTX_PROBE ? atcp_conn_deadline(&self->c) - self->now : 0;
}

/* A segment that fills a hole is acknowledged at once: two round trips are enough. */
TEST_F(recovery, oldest_goes_once_more)
{
	u32 pipe;

	repairing(self, false, 0);
	ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	ASSERT_EQ(MSS, self->c.retrans);
	ack(self, 0, 1, 10);
	EXPECT_EQ(2 * self->c.rtt.srtt, probe_in(self));
	pipe = atcp_conn_pipe(&self->c);
	timer_comes(self);
	ASSERT_EQ(1, stub.sent);
	EXPECT_EQ(0, sent(self, 0));
	EXPECT_EQ(MSS, stub.out[0].len);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_EQ(pipe, atcp_conn_pipe(&self->c));
	EXPECT_EQ(self->now + atcp_conn_rto(&self->c), self->c.timer[ATCP_T_RTX]);
	ack(self, 10, 0, 0);
	EXPECT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	EXPECT_EQ(0, self->c.timer[ATCP_T_RTX]);
}

/* Its ACK shows that what was sent again before it is lost: that follows at once. */
TEST_F(recovery, others_follow)
{
	u32 n;

	ten(self, true, true, 0);
	/* 0 to 3 are sent again, and none arrives */
	for (n = 5; n <= 10; n++)
		ack(self, 0, 4, n);
	ASSERT_EQ(4 * MSS, self->c.retrans);
	stub.sent = 0;
	while (!stub.sent)
		timer_comes(self);
	ASSERT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_EQ(0, sent(self, 0));
	self->in.opt.tsecr = atcp_tsval(0, self->now);
	self->now += RTT;
	stub.sent = 0;
	ack(self, 1, 4, 10);
	ASSERT_LE(1, stub.sent);
	EXPECT_EQ(1, sent(self, 0));
}

/* Nor is the peer's user waited for, whatever short timers ask for. */
TEST_F(recovery, with_short_timers)
{
	self->cfg.rto_min = ATCP_NS_PER_MS;
	repairing(self, false, 0);
	ack(self, 0, 1, 10);
	EXPECT_EQ(2 * self->c.rtt.srtt, probe_in(self));
}

/* One that was not answered is followed by the timeout: RFC 8985 section 7.3. */
TEST_F(recovery, one_only)
{
	repairing(self, false, 0);
	ack(self, 0, 1, 10);
	timer_comes(self);
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
	EXPECT_EQ(0, probe_in(self));
	timer_comes(self);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
}

/* Nor are there two without a round trip measured in between. */
TEST_F(recovery, not_without_a_measure)
{
	repairing(self, false, 0);
	ack(self, 0, 1, 5);
	timer_comes(self);
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
	self->now += RTT;
	/* it filled the hole; by Karn's rule it measures nothing, and 5 to 9 are still out */
	ack(self, 5, 6, 10);
	ASSERT_NE(self->c.snd_una, self->c.snd_nxt);
	EXPECT_EQ(0, probe_in(self));
}

/* After a timeout that was one, as soon as the peer is heard of. */
TEST_F(recovery, after_a_timeout)
{
	self->cfg.frto = 0;
	self->cfg.early_retrans = 0;
	ten(self, true, false, 0);
	timer_comes(self);
	ASSERT_EQ(ATCP_CA_LOSS, self->c.ca_state);
	self->cfg.early_retrans = 3;
	EXPECT_EQ(0, probe_in(self));
	self->now += RTT;
	ack(self, 1, 5, 6);
	ASSERT_EQ(ATCP_CA_LOSS, self->c.ca_state);
	EXPECT_EQ(2 * self->c.rtt.srtt, probe_in(self));
}

/* Whether it was one is still to be judged: RFC 5682 has new data next; shows RFC8985-16 */
TEST_F(recovery, not_while_a_timeout_is_judged)
{
	self->cfg.early_retrans = 0;
	ten(self, true, false, 20);
	timer_comes(self);
	self->cfg.early_retrans = 3;
	self->now += RTT;
	ack(self, 1, 0, 0);
	ASSERT_EQ(ATCP_FRTO_SECOND, (u32)self->c.frto);
	EXPECT_EQ(0, probe_in(self));
}

/* SHLD-16: not into a window that has shrunk. */
TEST_F(recovery, not_beyond_the_window)
{
	repairing(self, false, 0);
	ack(self, 0, 1, 10);
	ASSERT_NE(0, probe_in(self));
	self->c.snd_wnd = MSS / 2;
	timer_comes(self);
	EXPECT_EQ(0, stub.sent);
	EXPECT_TRUE(self->c.rtx_why == ATCP_RTX_TIMEOUT);
	EXPECT_NE(0, self->c.timer[ATCP_T_RTX]);
}

/* What the peer has SACKed and does not have any more is the timeout's business. */
TEST_F(recovery, not_of_what_was_taken_back)
{
	repairing(self, false, 0);
	ack(self, 1, 2, 10);
	ack(self, 2, 3, 10);
	ASSERT_NE(self->c.snd_una, self->c.snd_nxt);
	timer_comes(self);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPLossProbes]);
}

/* Neither what the device has not sent yet. */
TEST_F(recovery, not_of_what_is_still_here)
{
	repairing(self, false, 0);
	ack(self, 0, 1, 10);
	stub.queued = self->c.snd_una;
	timer_comes(self);
	EXPECT_EQ(0, stub.sent);
	EXPECT_TRUE(self->c.rtx_why == ATCP_RTX_TIMEOUT);
}

/* RFC 8985 section 6.3: what was sent just now has not timed out. */
TEST_F(recovery, timeout_leaves_what_is_young)
{
	struct atcp_txseg *t;
	u32 n = 0;

	self->cfg.early_retrans = 0;
	ten(self, true, false, 0);
	ack(self, 5, 0, 0);
	self->now = self->c.timer[ATCP_T_RTX] - RTT / 2;
	queue(self, 2);
	timer_comes(self);
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_EQ(5 * MSS, self->c.lost);
	list_for_each_entry(t, &self->c.txq, node)
		EXPECT_EQ(n++ < 5, !!(t->mark & ATCP_TX_LOST));
	EXPECT_EQ(7, n);
}

/* Where nothing is known of when, as without SACK, all has. */
TEST_F(recovery, timeout_without_sack)
{
	ten(self, false, false, 0);
	ack(self, 5, 0, 0);
	self->now = self->c.timer[ATCP_T_RTX] - RTT / 2;
	queue(self, 2);
	timer_comes(self);
	EXPECT_EQ(7 * MSS, self->c.lost);
}

TEST_HARNESS_MAIN
