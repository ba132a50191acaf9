// SPDX-License-Identifier: GPL-2.0-only
/* How fast data goes out, and how much of it at once. */
#include "pace.h"
#include "rig.h"

#define RTT	(RIG_SEC / 10)
#define MANY	(60 * RIG_MSS)

/* ESTABLISHED over a path of that round trip, all windows wide open; GSO as far as it goes. */
static void path(RIG, u64 rtt)
{
	self->c.gso_max = 65535;
	/* no ACK comes for as long as that */
	self->cfg.rto_min = 10 * RIG_SEC;
	rig_connect(self);
	self->now += rtt;
	rig_ack(self, 1, 65535);
	self->c.snd_wnd = 1 << 30;
	self->c.max_window = 1 << 30;
	self->c.cwnd = 100 * RIG_MSS;
	self->c.rtt.srtt = rtt;
	self->c.rtt.rttvar = rtt / 2;
	self->c.rtt.min = rtt;
	self->c.data_segs_out = 100;
	self->c.last_snd = self->now;
	stub.sent = 0;
}

/* cwnd a round trip, and more where it is to grow. */
TEST_F(rig, rate)
{
	path(self, RTT);
	self->c.ssthresh = U32_MAX;
	EXPECT_EQ(2 * 100 * RIG_MSS * 10, atcp_conn_rate(&self->c));
	self->c.ssthresh = 100 * RIG_MSS;
	EXPECT_EQ(100 * RIG_MSS * 12, atcp_conn_rate(&self->c));
	self->c.pace_max = 5000;
	EXPECT_EQ(5000, atcp_conn_rate(&self->c));
	self->c.rtt.srtt = 0;
	EXPECT_EQ(5000, atcp_conn_rate(&self->c));
	self->c.pace_max = 0;
	EXPECT_EQ(U64_MAX, atcp_conn_rate(&self->c));
	/* recovery may leave no window for a moment */
	self->c.cwnd = 0;
	self->c.rtt.srtt = RTT;
	self->c.ssthresh = 0;
	EXPECT_EQ(RIG_MSS * 12, atcp_conn_rate(&self->c));
	self->c.rtt.srtt = 1ULL << 50;
	EXPECT_EQ(1, atcp_conn_rate(&self->c));
	/* the widest window over the shortest path is no overflow */
	self->c.cwnd = U32_MAX;
	self->c.rtt.srtt = 1;
	self->c.ssthresh = U32_MAX;
	EXPECT_EQ((u64)U32_MAX * ATCP_NS_PER_SEC / 100 * 120, atcp_conn_rate(&self->c));
}

/* A millisecond's worth at once, two segments at least, on a short path more. */
TEST_F(rig, burst)
{
	path(self, RTT);
	self->c.ssthresh = 100 * RIG_MSS;
	/* 1200 bytes a millisecond */
	EXPECT_EQ(2 * RIG_MSS, atcp_pace_burst(&self->c, RIG_MSS));
	self->c.cwnd = 1000 * RIG_MSS;
	EXPECT_EQ(12 * RIG_MSS, atcp_pace_burst(&self->c, RIG_MSS));
	self->c.cwnd = 100000 * RIG_MSS;
	EXPECT_EQ(65 * RIG_MSS, atcp_pace_burst(&self->c, RIG_MSS));
	self->c.cwnd = 10 * RIG_MSS;
	self->c.rtt.min = 2 << 19;
	EXPECT_EQ(16 * RIG_MSS, atcp_pace_burst(&self->c, RIG_MSS));
	self->c.rtt.min = 1 << 18;
	EXPECT_EQ(65 * RIG_MSS, atcp_pace_burst(&self->c, RIG_MSS));
	self->c.gso_max = 0;
	EXPECT_EQ(RIG_MSS, atcp_pace_burst(&self->c, RIG_MSS));
	self->c.rtt.min = RTT;
	self->c.gso_max = RIG_MSS + 1;
	EXPECT_EQ(RIG_MSS, atcp_pace_burst(&self->c, RIG_MSS));
}

TEST_F(rig, burst_is_cut_to_it)
{
	path(self, RTT);
	self->c.ssthresh = 100 * RIG_MSS;
	rig_write(self, MANY);
	EXPECT_EQ(30, stub.sent);
	EXPECT_EQ(2 * RIG_MSS, stub.out[0].len);
	EXPECT_EQ(MANY, rig_bytes());
}

/* Without a queue that does it: a burst, then nothing until its time has passed. */
TEST_F(rig, timer_holds_data_back)
{
	u64 started;
	u32 i;

	path(self, RTT);
	self->c.paced = ATCP_PACE_TIMER;
	self->c.pace_max = 100 * RIG_MSS;
	started = self->now;
	rig_write(self, MANY);
	EXPECT_EQ(1, stub.sent);
	/* a push by the user is no way round it */
	atcp_conn_push(&self->c, false, self->now);
	EXPECT_EQ(1, stub.sent);
	for (i = 2; i <= 30; i++) {
		ASSERT_TRUE(rig_timer(self));
		ASSERT_EQ(i, stub.sent);
		EXPECT_EQ(started + (i - 1) * 2 * RIG_SEC / 100, self->now);
	}
	EXPECT_EQ(MANY, rig_bytes());
}

/* What is sent again has a rate as well. */
TEST_F(rig, timer_holds_back_what_was_lost)
{
	u32 i;

	path(self, RTT);
	rig_write(self, MANY);
	stub.sent = 0;
	self->c.paced = ATCP_PACE_TIMER;
	self->c.pace_max = 100 * RIG_MSS;
	self->c.gso_max = 0;
	for (i = 1; i <= 3; i++) {
		self->in.opt.nsacks = 1;
		self->in.opt.sacks[0] = (struct atcp_sack){ OURS(1 + 20 * RIG_MSS),
							    OURS(1 + (20 + i) * RIG_MSS) };
		rig_ack(self, 1, 65535);
	}
	ASSERT_EQ(1, stub.sent);
	/* it is not the window that holds it back */
	self->c.cwnd = 100 * RIG_MSS;
	for (i = 2; i <= 20; i++) {
		u64 before = self->now;

		ASSERT_TRUE(rig_timer(self));
		ASSERT_EQ(i, stub.sent);
		EXPECT_EQ(OURS(1 + (i - 1) * RIG_MSS), stub.last.seq);
		EXPECT_EQ(before + RIG_SEC / 100, self->now);
	}
}

/* A queue that holds each segment until its time: all of it goes there at once. */
TEST_F(rig, stamps_are_one_after_the_other)
{
	const struct atcp_txseg *t;
	u64 leaves, rto;

	path(self, RTT);
	self->c.paced = ATCP_PACE_STAMP;
	self->c.pace_max = 100 * RIG_MSS;
	EXPECT_EQ(self->now, atcp_conn_departure(&self->c, self->now));
	leaves = self->now;
	rig_write(self, MANY);
	EXPECT_EQ(30, stub.sent);
	list_for_each_entry(t, &self->c.txq, node) {
		EXPECT_EQ(leaves, t->sent_ns);
		leaves += 2 * RIG_SEC / 100;
	}
	EXPECT_EQ(leaves, atcp_conn_departure(&self->c, self->now));
	/* the timer of what is out runs from when it leaves */
	rto = atcp_conn_rto(&self->c);
	EXPECT_GE(self->c.timer[ATCP_T_RTX], self->now + rto);
	/* an acknowledgment before that proves nothing of the round trip, and breaks nothing */
	rig_ack(self, 1 + MANY, 65535);
	EXPECT_EQ(OURS(1 + MANY), self->c.snd_una);
	EXPECT_LE(self->c.rtt.srtt, RTT);
}

/* It may go at once: that is what an initial window is for. */
TEST_F(rig, first_window_is_not_paced)
{
	path(self, RTT);
	self->c.data_segs_out = 0;
	self->c.cwnd = 10 * RIG_MSS;
	self->c.paced = ATCP_PACE_STAMP;
	rig_write(self, 10 * RIG_MSS);
	EXPECT_EQ(5, stub.sent);
	EXPECT_EQ(self->now, atcp_conn_departure(&self->c, self->now));
	self->c.cwnd = 11 * RIG_MSS;
	rig_write(self, RIG_MSS);
	EXPECT_LT(self->now, atcp_conn_departure(&self->c, self->now));
}

/* Nothing is out, and still this is no window to be probed. */
TEST_F(rig, waiting_is_no_closed_window)
{
	path(self, RTT);
	self->c.paced = ATCP_PACE_TIMER;
	self->c.pace_max = 1000;
	rig_write(self, RIG_MSS);
	rig_ack(self, 1 + RIG_MSS, 65535);
	rig_write(self, RIG_MSS);
	EXPECT_EQ(1, stub.sent);
	EXPECT_EQ(0, self->c.timer[ATCP_T_RTX]);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(2, stub.sent);
	EXPECT_EQ(RIG_START + RTT + RIG_SEC, self->now);
}

TEST_HARNESS_MAIN
