// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done where a later RFC has replaced what RFC 5681 and RFC 6937 say: the initial window of
 * RFC 6928, recovery by RFC 6937, and the reduction bound that RFC 9937 has in place of its two.
 */
#include "rig.h"

#define RTT	(100 * ATCP_NS_PER_MS)
#define WND	65000		/* the peer's window, bytes */
#define TEN	10		/* RFC 6928 section 2 */

/* ESTABLISHED under Reno with a peer that takes segments of @mss, and much to send. */
static void establish(RIG, bool sack, u32 mss)
{
	self->c.cc = &atcp_cc_newreno;
	self->in.wnd = WND;
	self->in.opt.mss = mss;
	self->c.mtu = mss + ATCP_HDR_MIN;
	if (!sack)
		self->in.opt.has &= ~ATCP_OPT_SACK_OK;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	self->now += RTT;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt = (struct atcp_opts){ 0 };
	stub.sent = 0;
	rig_write(self, 300 * mss);
	self->now += RTT;
}

/* shows RFC5681-2 */
TEST_F(rig, ten_segments_and_twice_as_many_each_round_trip)
{
	u32 round, i;

	establish(self, false, 500);
	for (round = 0; round < 3; round++) {
		u32 to = self->c.snd_nxt - OURS(1);

		EXPECT_EQ((TEN << round) * 500, self->c.snd_nxt - self->c.snd_una);
		self->now += RTT;
		for (i = (self->c.snd_una - OURS(1)) / 500 + 1; i <= to / 500; i++)
			rig_ack(self, 1 + i * 500, WND);
	}
}

/* shows RFC5681-4 */
TEST_F(rig, initial_window_has_a_bound)
{
	establish(self, false, 536);
	EXPECT_EQ(TEN * 536, self->c.cwnd);
	EXPECT_EQ(TEN * 536, self->c.snd_nxt - self->c.snd_una);
	EXPECT_TRUE(!!self->c.tx_next);
}

/* shows RFC5681-6 */
TEST_F(rig, ten_segments_of_1460_bytes_at_first)
{
	establish(self, false, 1460);
	EXPECT_EQ(TEN * 1460, rig_bytes());
}

/* shows RFC5681-7 */
TEST_F(rig, ten_small_segments_at_first)
{
	establish(self, false, 1095);
	EXPECT_EQ(TEN * 1095, rig_bytes());
}

/* @n duplicate ACKs, without SACK. */
static void duplicates(RIG, u32 n)
{
	while (n--)
		rig_ack(self, 1, WND);
}

/* shows RFC5681-31 */
TEST_F(rig, window_is_what_is_out_and_what_prr_lets_go)
{
	u32 pipe;

	self->cfg.init_cwnd = 20;
	establish(self, false, RIG_MSS);
	duplicates(self, 2);
	pipe = atcp_conn_pipe(&self->c);
	stub.sent = 0;
	duplicates(self, 1);
	ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	ASSERT_EQ(10 * RIG_MSS, self->c.ssthresh);
	/* a segment has left, the first loss goes; ssthresh and three would be 13 */
	EXPECT_EQ(1, stub.sent);
	EXPECT_EQ(OURS(1), stub.out[0].seq);
	EXPECT_GE(pipe, self->c.cwnd);
	EXPECT_LT(13 * RIG_MSS, self->c.cwnd);
}

/* shows RFC5681-32 */
TEST_F(rig, a_further_duplicate_lets_ssthresh_of_the_flight_go)
{
	self->cfg.init_cwnd = 20;
	establish(self, false, RIG_MSS);
	duplicates(self, 3);
	ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	/* two went by limited transmit; by RFC 5681 the last two of eleven would let one go each */
	ASSERT_EQ(22 * RIG_MSS, self->c.snd_nxt - self->c.snd_una);
	stub.sent = 0;
	duplicates(self, 11);
	EXPECT_EQ((1 + 11) * 10 / 22 - 1, stub.sent);
}

/* Most of twenty segments are lost, which shows at once: less than ssthresh is out. */
static void much_is_lost(RIG)
{
	self->cfg.init_cwnd = 20;
	establish(self, true, RIG_MSS);
	self->in.opt.sacks[0] = (struct atcp_sack){ OURS(1 + 16 * RIG_MSS),
						    OURS(1 + 20 * RIG_MSS) };
	self->in.opt.nsacks = 1;
	rig_ack(self, 1, WND);
	self->in.opt.nsacks = 0;
}

/* shows RFC6937-9 */
TEST_F(rig, a_segment_more_only_where_it_goes_well)
{
	u32 i;

	much_is_lost(self);
	ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	ASSERT_GT(self->c.ssthresh, atcp_conn_pipe(&self->c));
	/* SND.UNA did not move: what four have left, and no more */
	EXPECT_EQ(4 * RIG_MSS, self->c.rec.prr_out);
	/* it moves, nothing more is lost: slow start */
	for (i = 1; i <= 2; i++) {
		stub.sent = 0;
		self->now += RTT / 10;
		rig_ack(self, 1 + i * RIG_MSS, WND);
		ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
		EXPECT_EQ(2, stub.sent);
	}
}

TEST_HARNESS_MAIN
