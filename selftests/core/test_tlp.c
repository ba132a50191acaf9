// SPDX-License-Identifier: GPL-2.0-only
/* Tail loss probes, RFC 8985 section 7, on whole connections with a round trip of 100 ms. */
#include "rig.h"

#define MS	ATCP_NS_PER_MS
#define RTT	(100 * MS)
#define WND	60000		/* the peer's window, bytes */
#define PEER_DELACK	(200 * MS)

/* ESTABLISHED with SACK and probes, a window of ten segments and nothing out. */
static void establish(RIG)
{
	self->cfg.early_retrans = 3;
	self->c.cc = &atcp_cc_newreno;
	self->in.wnd = WND;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	self->now += RTT;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt = (struct atcp_opts){ 0 };
	self->c.nodelay = 1;
	stub.sent = 0;
}

/* All below segment @n has arrived. */
static void acked(RIG, u32 n)
{
	rig_ack(self, 1 + n * RIG_MSS, WND);
}

/* The same, and of what is above it the segments [@from, @to), or of it those that came twice. */
static void sacked(RIG, u32 n, u32 from, u32 to)
{
	self->in.opt.sacks[0] = (struct atcp_sack){ OURS(1 + from * RIG_MSS),
						    OURS(1 + to * RIG_MSS) };
	self->in.opt.nsacks = 1;
	acked(self, n);
	self->in.opt.nsacks = 0;
}

static u32 number_of(u32 i)
{
	return (stub.out[i].seq - OURS(1)) / RIG_MSS;
}

/* How long it is until the next probe, 0 if it is no probe that comes next. */
static u64 probe_in(RIG)
{
	return self->c.rtx_why == ATCP_RTX_PROBE ? atcp_conn_deadline(&self->c) - self->now : 0;
}

/* The only segment that is out has been probed for. */
static void probed(RIG)
{
	establish(self);
	rig_write(self, RIG_MSS);
	rig_timer(self);
	self->now += RTT;
}

/* shows RFC8985-14 */
TEST_F(rig, new_data_starts_the_timer_again)
{
	establish(self);
	rig_write(self, 2 * RIG_MSS);
	EXPECT_EQ(2 * RTT, probe_in(self));
	self->now += RTT / 2;
	EXPECT_EQ(2 * RTT - RTT / 2, probe_in(self));
	rig_write(self, RIG_MSS);
	EXPECT_EQ(2 * RTT, probe_in(self));
}

/* shows RFC8985-14 */
TEST_F(rig, probe_does_not_start_the_timer_again)
{
	establish(self);
	rig_write(self, 11 * RIG_MSS);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(11, stub.sent);
	EXPECT_EQ(0, probe_in(self));
}

/* shows RFC8985-15 */
TEST_F(rig, ack_of_new_data_starts_the_timer_again)
{
	self->cfg.rto_min = RIG_SEC;
	establish(self);
	rig_write(self, 4 * RIG_MSS);
	self->now += RTT;
	acked(self, 1);
	EXPECT_EQ(2 * RTT, probe_in(self));
	/* not so one of nothing */
	self->now += RTT / 2;
	acked(self, 1);
	EXPECT_EQ(2 * RTT - RTT / 2, probe_in(self));
}

/* shows RFC8985-16 */
TEST_F(rig, no_timer_with_holes)
{
	establish(self);
	rig_write(self, 10 * RIG_MSS);
	self->now += RTT;
	sacked(self, 0, 5, 6);
	EXPECT_EQ(0, probe_in(self));
	acked(self, 1);
	EXPECT_EQ(0, probe_in(self));
	rig_write(self, RIG_MSS);
	EXPECT_EQ(0, probe_in(self));
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPLossProbes]);
}

/* shows RFC8985-23 */
TEST_F(rig, no_probe_before_there_is_a_measure)
{
	self->cfg.early_retrans = 3;
	self->in.wnd = WND;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	rig_timer(self);
	self->now += RTT;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt = (struct atcp_opts){ 0 };
	ASSERT_EQ(0, self->c.rtt.srtt);
	rig_write(self, RIG_MSS);
	EXPECT_EQ(self->now + atcp_conn_rto(&self->c), atcp_conn_deadline(&self->c));
	EXPECT_EQ(0, probe_in(self));
	self->now += RTT;
	acked(self, 1);
	rig_write(self, RIG_MSS);
	EXPECT_LT(0, probe_in(self));
}

/* shows RFC8985-18 */
TEST_F(rig, probe_after_two_round_trips)
{
	establish(self);
	rig_write(self, 4 * RIG_MSS);
	self->now += RTT + 80 * MS;
	/* what is due meanwhile is not asked here */
	self->c.timer[ATCP_T_RTX] = self->now + RTT;
	acked(self, 1);
	ASSERT_EQ(RTT + 10 * MS, self->c.rtt.srtt);
	EXPECT_EQ(2 * (RTT + 10 * MS), probe_in(self));
}

/* shows RFC8985-19 */
TEST_F(rig, probe_of_one_segment_waits_for_a_delayed_ack)
{
	self->cfg.rto_min = RIG_SEC;
	establish(self);
	rig_write(self, RIG_MSS);
	EXPECT_EQ(2 * RTT + PEER_DELACK, probe_in(self));
	rig_write(self, 1);
	EXPECT_EQ(2 * RTT, probe_in(self));
}

/* shows RFC8985-20 */
TEST_F(rig, probe_is_no_later_than_the_timeout)
{
	u64 rto;

	establish(self);
	rto = atcp_conn_rto(&self->c);
	ASSERT_GT(2 * RTT + PEER_DELACK, rto);
	rig_write(self, RIG_MSS);
	EXPECT_EQ(rto, probe_in(self));
	/* new data does not put off the timeout */
	self->now += rto - RTT / 2;
	rig_write(self, RIG_MSS);
	EXPECT_EQ(RTT / 2, probe_in(self));
}

/* shows RFC8985-20 */
TEST_F(rig, probe_goes_by_the_timeout_of_the_last_ack)
{
	u64 pto;

	establish(self);
	rig_write(self, 2 * RIG_MSS);
	/* there would be a probe meanwhile */
	self->c.timer[ATCP_T_RTX] = self->now + atcp_conn_rto(&self->c);
	self->now += atcp_conn_rto(&self->c) - 10 * MS;
	acked(self, 1);
	pto = 2 * self->c.rtt.srtt + PEER_DELACK;
	ASSERT_LT(pto, atcp_conn_rto(&self->c));
	EXPECT_EQ(pto, probe_in(self));
}

/* shows RFC8985-22, RFC8985-24 */
TEST_F(rig, no_probe_while_one_is_out)
{
	establish(self);
	rig_write(self, 11 * RIG_MSS);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
	self->now += RTT;
	/* of what was sent before it */
	acked(self, 5);
	rig_write(self, RIG_MSS);
	while (!stub.counts[ATCP_C_TCPTimeouts])
		ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
}

/* shows RFC8985-23, RFC8985-24 */
TEST_F(rig, no_probe_before_there_is_a_measure_since_the_last)
{
	probed(self);
	/* it came twice: this probe is done with, but which of the two was acknowledged? */
	sacked(self, 1, 0, 1);
	ASSERT_FALSE(!!self->c.tlp_out);
	rig_write(self, RIG_MSS);
	while (!stub.counts[ATCP_C_TCPTimeouts])
		ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
	/* this is none either, but the next is */
	self->now += RTT;
	acked(self, 2);
	rig_write(self, RIG_MSS);
	EXPECT_EQ(0, probe_in(self));
	self->now += RTT;
	acked(self, 3);
	rig_write(self, RIG_MSS);
	EXPECT_LT(0, probe_in(self));
}

/* shows RFC8985-25 */
TEST_F(rig, timeout_where_there_is_no_probe)
{
	u64 rto;

	probed(self);
	sacked(self, 1, 0, 1);
	rto = atcp_conn_rto(&self->c);
	rig_write(self, RIG_MSS);
	EXPECT_EQ(self->now + rto, atcp_conn_deadline(&self->c));
	/* likewise where it is found out only when the time has come */
	self->c.rtx_why = ATCP_RTX_PROBE;
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
	EXPECT_TRUE(self->c.rtx_why == ATCP_RTX_TIMEOUT);
	EXPECT_EQ(self->now + rto, atcp_conn_deadline(&self->c));
}

/* shows RFC8985-26 */
TEST_F(rig, probe_is_new_data)
{
	establish(self);
	rig_write(self, 11 * RIG_MSS);
	ASSERT_EQ(10, stub.sent);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(11, stub.sent);
	EXPECT_EQ(10, number_of(10));
	EXPECT_EQ(OURS(1 + 11 * RIG_MSS), self->c.snd_nxt);
	EXPECT_EQ(11 * RIG_MSS, atcp_conn_pipe(&self->c));
}

/* shows RFC8985-27 */
TEST_F(rig, probe_is_the_last_where_the_peer_takes_nothing_new)
{
	establish(self);
	rig_ack(self, 1, 10 * RIG_MSS);
	rig_write(self, 11 * RIG_MSS);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(11, stub.sent);
	EXPECT_EQ(9, number_of(10));
	EXPECT_TRUE(!!self->c.tlp_again);
}

/* shows RFC8985-28 */
TEST_F(rig, probe_counts_as_sent_when_it_was)
{
	u64 sent;

	establish(self);
	rig_write(self, 3 * RIG_MSS);
	ASSERT_TRUE(rig_timer(self));
	sent = self->now;
	/* too early for the probe: it is of the original, which tells nothing new */
	self->now += RTT / 2;
	sacked(self, 0, 2, 3);
	EXPECT_NE(sent, self->c.rack_ns);
	EXPECT_EQ(0, self->c.lost);
}

/* shows RFC8985-28 */
TEST_F(rig, ack_of_a_probe_shows_the_losses_before_it)
{
	establish(self);
	rig_write(self, 3 * RIG_MSS);
	ASSERT_TRUE(rig_timer(self));
	self->now += RTT;
	sacked(self, 0, 2, 3);
	EXPECT_EQ(2 * RIG_MSS, self->c.lost);
}

/* shows RFC8985-28 */
TEST_F(rig, ack_of_a_probe_with_new_data_shows_the_losses_before_it)
{
	u64 sent;

	establish(self);
	rig_write(self, 11 * RIG_MSS);
	ASSERT_TRUE(rig_timer(self));
	sent = self->now;
	self->now += RTT;
	sacked(self, 0, 10, 11);
	EXPECT_EQ(sent, self->c.rack_ns);
	EXPECT_EQ(10 * RIG_MSS, self->c.lost);
}

/* shows RFC8985-29 */
TEST_F(rig, timeout_after_a_probe)
{
	u64 rto;

	establish(self);
	rto = atcp_conn_rto(&self->c);
	rig_write(self, 3 * RIG_MSS);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
	EXPECT_EQ(self->now + rto, atcp_conn_deadline(&self->c));
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPTimeouts]);
}

/* shows RFC8985-29 */
TEST_F(rig, timeout_after_a_probe_that_may_not_go)
{
	establish(self);
	rig_write(self, 3 * RIG_MSS);
	/* the window has shrunk */
	rig_ack(self, 1, 2 * RIG_MSS);
	stub.sent = 0;
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(0, stub.sent);
	EXPECT_EQ(self->now + atcp_conn_rto(&self->c), atcp_conn_deadline(&self->c));
}

/* shows RFC8985-30 */
TEST_F(rig, probe_that_nothing_tells_of_has_repaired_a_loss)
{
	probed(self);
	acked(self, 1);
	rig_write(self, RIG_MSS);
	self->now += RTT;
	acked(self, 2);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPLossProbeRecovery]);
}

/* shows RFC8985-30 */
TEST_F(rig, window_alone_tells_nothing_of_a_probe)
{
	probed(self);
	acked(self, 1);
	rig_ack(self, 1 + RIG_MSS, WND + 1000);
	rig_write(self, RIG_MSS);
	rig_ack(self, 1 + RIG_MSS, WND);
	self->now += RTT;
	acked(self, 2);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPLossProbeRecovery]);
}

/* Case 1 and case 2 of section 7.4.2, with nothing out any more. */
TEST_F(rig, probe_that_came_twice_is_no_loss)
{
	probed(self);
	acked(self, 1);
	sacked(self, 1, 0, 1);
	rig_write(self, RIG_MSS);
	self->now += RTT;
	acked(self, 2);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPLossProbeRecovery]);
	EXPECT_EQ(U32_MAX, self->c.ssthresh);
}

TEST_F(rig, probe_with_two_acks_is_no_loss)
{
	probed(self);
	acked(self, 1);
	acked(self, 1);
	rig_write(self, RIG_MSS);
	self->now += RTT;
	acked(self, 2);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPLossProbeRecovery]);
	EXPECT_EQ(U32_MAX, self->c.ssthresh);
}

/* shows RFC8985-31 */
TEST_F(rig, repaired_loss_reduces_the_window)
{
	establish(self);
	self->c.cc = &atcp_cc_newreno;
	rig_write(self, 10 * RIG_MSS);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_TRUE(!!self->c.tlp_again);
	self->now += RTT;
	acked(self, 10);
	/* by a flight of eight */
	rig_write(self, 9 * RIG_MSS);
	self->now += RTT;
	acked(self, 11);
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPLossProbeRecovery]);
	EXPECT_EQ(4 * RIG_MSS, self->c.ssthresh);
	EXPECT_EQ(4 * RIG_MSS, self->c.cwnd);
}

/* shows RFC8985-32 */
TEST_F(rig, timer_of_a_probe_is_the_only_one)
{
	u64 start, rto;

	establish(self);
	rto = atcp_conn_rto(&self->c);
	start = self->now;
	rig_write(self, 2 * RIG_MSS);
	ASSERT_EQ(2 * RTT, probe_in(self));
	ASSERT_TRUE(rig_timer(self));
	ASSERT_TRUE(rig_timer(self));
	/* not when it would have been without the probe */
	EXPECT_EQ(start + 2 * RTT + rto, self->now);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPTimeouts]);
}

TEST_HARNESS_MAIN
