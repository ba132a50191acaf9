// SPDX-License-Identifier: GPL-2.0-only
/* RFC 8985, RACK-TLP, on whole connections: segments of 1000 bytes, a round trip of 100 ms. */
#include "rig.h"

#define MS	ATCP_NS_PER_MS
#define RTT	(100 * MS)
#define WND	60000		/* the peer's window, bytes */
#define PEER_DELACK	(200 * MS)

/* ESTABLISHED with SACK, a window of @cwnd segments and nothing out. */
static void establish(RIG, u32 cwnd)
{
	self->c.cc = &atcp_cc_newreno;
	self->cfg.init_cwnd = cwnd;
	self->in.wnd = WND;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	self->now += RTT;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt = (struct atcp_opts){ 0 };
	self->c.nodelay = 1;
	stub.sent = 0;
}

/* The same with tail loss probes. */
static void establish_probing(RIG, u32 cwnd)
{
	self->cfg.early_retrans = 3;
	establish(self, cwnd);
}

/* The same with @out segments sent a round trip ago, and @more that wait; no probes. */
static void flight(RIG, u32 out, u32 more)
{
	establish(self, out);
	rig_write(self, (out + more) * RIG_MSS);
	self->now += RTT;
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

/* The path was seen to reorder: of ten segments, the second before the first. */
static void reorder(RIG, u32 cwnd, u32 more)
{
	flight(self, cwnd, more);
	sacked(self, 0, 1, 2);
	acked(self, 2);
	stub.sent = 0;
}

/* How long the reordering window is: one segment above segment @n, which is at the left edge. */
static u64 reordering_window(RIG, u32 n)
{
	u64 start = self->now;

	sacked(self, n, n + 1, n + 2);
	if (self->c.rtx_why != ATCP_RTX_REORDER)
		return 0;
	rig_timer(self);
	return self->now - start;
}

/* The segment at the left edge. */
static u32 next(RIG)
{
	return (self->c.snd_una - OURS(1)) / RIG_MSS;
}

/* A round trip after it was sent, all that is out has arrived. */
static void all_acked(RIG)
{
	self->now += RTT;
	rig_ack(self, self->c.snd_nxt - OURS(0), WND);
}

/* Reports of duplicates in @rounds round trips; what is sent in the last of them is a round old. */
static void duplicates(RIG, u32 rounds)
{
	while (rounds--) {
		all_acked(self);
		sacked(self, next(self), 0, 1);
		sacked(self, next(self), 1, 2);
	}
	self->now += RTT;
}

/* As establish(), but the SYN was sent twice: there is no round trip to go by. */
static void establish_unmeasured(RIG)
{
	self->c.cc = &atcp_cc_newreno;
	self->in.wnd = WND;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	rig_timer(self);
	self->now += RTT;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt = (struct atcp_opts){ 0 };
	self->c.nodelay = 1;
	stub.sent = 0;
}

/* shows RFC8985-1 */
TEST_F(rig, one_segment_above_shows_a_loss)
{
	flight(self, 3, 0);
	sacked(self, 0, 2, 3);
	EXPECT_EQ(0, stub.sent);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_LE(1, stub.sent);
	EXPECT_EQ(0, number_of(0));
	EXPECT_EQ(2 * RIG_MSS, self->c.lost);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
}

/* shows RFC8985-3 */
TEST_F(rig, no_window_in_recovery)
{
	flight(self, 10, 0);
	sacked(self, 0, 1, 2);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	ASSERT_EQ(RIG_MSS, self->c.lost);
	/* two in all: the third that would prove it by itself is not there */
	sacked(self, 0, 3, 4);
	EXPECT_EQ(2 * RIG_MSS, self->c.lost);
}

/* shows RFC8985-4 */
TEST_F(rig, window_is_a_quarter_of_a_round_trip_at_first)
{
	flight(self, 10, 0);
	EXPECT_EQ(RTT / 4, reordering_window(self, 0));
}

/* shows RFC8985-4 */
TEST_F(rig, no_window_before_there_is_a_round_trip)
{
	establish_unmeasured(self);
	rig_write(self, 3 * RIG_MSS);
	self->now += RTT;
	ASSERT_EQ(0, self->c.rtt.srtt);
	EXPECT_EQ(0, reordering_window(self, 0));
	EXPECT_EQ(RIG_MSS, self->c.lost);
}

/* shows RFC8985-5 */
TEST_F(rig, window_grows_in_each_round_trip_with_a_duplicate)
{
	reorder(self, 10, 400);
	duplicates(self, 1);
	EXPECT_EQ(2 * RTT / 4, reordering_window(self, next(self)));
	all_acked(self);
	duplicates(self, 1);
	EXPECT_EQ(3 * RTT / 4, reordering_window(self, next(self)));
}

/* shows RFC8985-6, RFC8985-7 */
TEST_F(rig, window_is_a_round_trip_at_most)
{
	reorder(self, 10, 2000);
	duplicates(self, 20);
	ASSERT_EQ(RTT, self->c.rtt.srtt);
	EXPECT_EQ(RTT, reordering_window(self, next(self)));
}

/* shows RFC8985-8 */
TEST_F(rig, nothing_of_it_without_sack)
{
	self->in.opt.has &= ~ATCP_OPT_SACK_OK;
	establish_probing(self, 10);
	rig_write(self, 10 * RIG_MSS);
	EXPECT_EQ(self->now + atcp_conn_rto(&self->c), atcp_conn_deadline(&self->c));
	self->now += RTT;
	/* it has not agreed on blocks */
	sacked(self, 0, 1, 5);
	EXPECT_EQ(0, self->c.sacked);
	EXPECT_EQ(0, self->c.lost);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPTimeouts]);
}

/* shows RFC8985-9 */
TEST_F(rig, blocks_of_all_acks_are_remembered)
{
	u32 i;

	flight(self, 10, 0);
	sacked(self, 0, 1, 2);
	sacked(self, 0, 3, 4);
	sacked(self, 0, 5, 10);
	EXPECT_EQ(7 * RIG_MSS, self->c.sacked);
	EXPECT_EQ(3 * RIG_MSS, self->c.lost);
	for (i = 2; i <= 4; i += 2) {
		self->now += RTT;
		acked(self, i);
	}
	ASSERT_EQ(3, self->c.total_retrans);
	EXPECT_EQ(3, stub.sent);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(2 * i, number_of(i));
}

/* shows RFC8985-10 */
TEST_F(rig, segments_a_few_microseconds_apart)
{
	u64 rtt = 40 * ATCP_NS_PER_US, apart = 9 * ATCP_NS_PER_US;

	self->now -= RTT - rtt;
	establish(self, 10);
	self->c.rtt = (struct atcp_rtt){ 0 };
	atcp_rtt_sample(&self->c.rtt, rtt, self->now);
	rig_write(self, RIG_MSS);
	self->now += apart;
	rig_write(self, RIG_MSS);
	self->now += apart;
	rig_write(self, RIG_MSS);
	self->now += rtt - apart;
	EXPECT_EQ(rtt / 4 - apart, reordering_window(self, 0));
	ASSERT_EQ(1, self->c.total_retrans);
	/* of what was sent again it is the last time that counts: this was sent before that */
	self->now += apart;
	sacked(self, 0, 1, 3);
	EXPECT_EQ(1, self->c.total_retrans);
	EXPECT_EQ(RIG_MSS, self->c.retrans);
}

/* shows RFC8985-11 */
TEST_F(rig, window_is_what_it_was_after_sixteen_recoveries)
{
	u32 i;

	reorder(self, 10, 400);
	duplicates(self, 1);
	for (i = 0; i < 16; i++) {
		EXPECT_EQ(2 * RTT / 4, reordering_window(self, next(self)));
		ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
		all_acked(self);
	}
	EXPECT_EQ(RTT / 4, reordering_window(self, next(self)));
}

/* A duplicate is one whatever is out: of what was sent last it is told when nothing is. */
TEST_F(rig, duplicate_of_the_last_that_was_out)
{
	flight(self, 10, 0);
	sacked(self, 0, 1, 4);
	ASSERT_EQ(1, self->c.total_retrans);
	ASSERT_GT(U32_MAX, self->c.ssthresh);
	self->now += RTT / 10;
	acked(self, 10);
	sacked(self, 10, 0, 1);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPDSACKUndo]);
	EXPECT_EQ(U32_MAX, self->c.ssthresh);
	/* a second report is of the same round trip, until something was sent after it */
	sacked(self, 10, 0, 1);
	EXPECT_TRUE(self->c.rec.rack_mult == 1);
	EXPECT_EQ(0, atcp_conn_deadline(&self->c));
}

/* shows RFC8985-32 */
TEST_F(rig, reordering_timer_is_the_only_one)
{
	flight(self, 10, 0);
	/* the timeout is due a little later, and the window ends after that */
	self->now = atcp_conn_deadline(&self->c) - RTT / 8;
	sacked(self, 0, 1, 2);
	EXPECT_EQ(self->now + RTT / 4, atcp_conn_deadline(&self->c));
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPSackRecovery]);
}

/* shows RFC8985-34 */
TEST_F(rig, lost_segments_wait_for_the_window)
{
	flight(self, 10, 0);
	sacked(self, 0, 7, 10);
	ASSERT_EQ(7 * RIG_MSS, self->c.lost);
	/* as many as have arrived */
	EXPECT_EQ(3, stub.sent);
	EXPECT_LE(atcp_conn_pipe(&self->c), self->c.cwnd);
	acked(self, 0);
	EXPECT_EQ(3, stub.sent);
}

/* shows RFC8985-36 */
TEST_F(rig, lost_retransmission_slows_down)
{
	u32 i;

	flight(self, 20, 40);
	sacked(self, 0, 1, 4);
	for (i = 5; i <= 20; i++)
		sacked(self, 0, 1, i);
	ASSERT_EQ(10 * RIG_MSS, self->c.ssthresh);
	/* the first for the second time, and nine new ones, of which the first arrives */
	ASSERT_EQ(10 * RIG_MSS, atcp_conn_pipe(&self->c));
	stub.sent = 0;
	self->now += RTT;
	sacked(self, 0, 1, 21);
	/* as many as have left the network, the lost one among them */
	ASSERT_EQ(2 * RIG_MSS, rig_bytes());
	EXPECT_EQ(0, number_of(0));
	EXPECT_EQ(10 * RIG_MSS, atcp_conn_pipe(&self->c));
}

TEST_HARNESS_MAIN
