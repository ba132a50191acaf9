// SPDX-License-Identifier: GPL-2.0-only
/* RFC 5681 at the sender, on whole connections: ten segments of 1000 bytes are the first window. */
#include "rig.h"

#define RTT	(100 * ATCP_NS_PER_MS)
#define WND	60000		/* the peer's window, bytes */
#define MANY	80		/* segments that a path can keep account of */

/* ESTABLISHED under Reno after a round trip of 100 ms, with self->in a bare ACK. */
static void establish(RIG, bool sack)
{
	self->c.cc = &atcp_cc_newreno;
	/* what the judgement of a timeout sends is not asked here */
	self->cfg.frto = 0;
	self->in.wnd = WND;
	if (!sack)
		self->in.opt.has &= ~ATCP_OPT_SACK_OK;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	self->now += RTT;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt = (struct atcp_opts){ 0 };
	stub.sent = 0;
}

/* The same with @out segments sent a round trip ago, and @more that wait. */
static void flight(RIG, bool sack, u32 out, u32 more)
{
	self->cfg.init_cwnd = out;
	establish(self, sack);
	rig_write(self, (out + more) * RIG_MSS);
	self->now += RTT;
	stub.sent = 0;
}

/* All below segment @n has arrived. */
static void acked(RIG, u32 n)
{
	rig_ack(self, 1 + n * RIG_MSS, WND);
}

/* The same, and of what is above it the segments [@from, @to). */
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

/* A path and a peer behind it: what is sent arrives a round trip later, or is in @lose. */
struct path {
	bool lose[MANY];	/* the first copy of it */
	bool here[MANY];
	u32 next;		/* the first that is missing */
};

/* The ACK for what is here when @came has come: the block that it is in, and what lies below. */
static void path_ack(RIG, struct path *p, u32 came)
{
	u32 i = came, n = 0;

	p->here[came] = true;
	while (p->next < MANY && p->here[p->next])
		p->next++;
	while (i + 1 < MANY && p->here[i + 1])
		i++;
	for (; i > p->next && n < 3; i--) {
		if (!p->here[i])
			continue;
		self->in.opt.sacks[n].end = OURS(1 + (i + 1) * RIG_MSS);
		while (p->here[i - 1])
			i--;
		self->in.opt.sacks[n++].start = OURS(1 + i * RIG_MSS);
	}
	self->in.opt.nsacks = self->c.sack_ok ? n : 0;
	acked(self, p->next);
	self->in.opt.nsacks = 0;
}

/*
 * A round trip of the segments that stub.out[] has: each that arrives is acknowledged, and what is
 * sent on that is in stub.out[] when it is over. Return: how much of this was sent in recovery.
 */
static u32 round_trip(RIG, struct path *p)
{
	u32 i, sent, in_recovery = 0, count = stub.sent;
	u32 numbers[MANY];

	for (i = 0; i < count; i++)
		numbers[i] = number_of(i);
	self->now += RTT;
	stub.sent = 0;
	for (i = 0; i < count; i++) {
		if (p->lose[numbers[i]]) {
			p->lose[numbers[i]] = false;
			continue;
		}
		sent = stub.sent;
		path_ack(self, p, numbers[i]);
		if (self->c.ca_state == ATCP_CA_RECOVERY)
			in_recovery += stub.sent - sent;
	}
	return in_recovery;
}

/* shows RFC5681-1 */
TEST_F(rig, the_lesser_of_both_windows)
{
	u32 i;

	establish(self, false);
	rig_write(self, 100 * RIG_MSS);
	EXPECT_EQ(OURS(1 + 10 * RIG_MSS), self->c.snd_nxt);
	for (i = 1; i <= 10; i++) {
		rig_ack(self, 1 + i * RIG_MSS, 15500);
		EXPECT_LE(self->c.snd_nxt - self->c.snd_una, min(self->c.cwnd, 15500U));
	}
	EXPECT_LT(15500, self->c.cwnd);
	EXPECT_EQ(OURS(1 + 25 * RIG_MSS), self->c.snd_nxt);
}

/* A round trip: what is out is acknowledged, one by one. Return: bytes that go out meanwhile. */
static u32 one_round(RIG)
{
	u32 to = self->c.snd_nxt;

	self->now += RTT;
	while (self->c.snd_una != to)
		acked(self, (self->c.snd_una - OURS(1)) / RIG_MSS + 1);
	return self->c.snd_nxt - to;
}

static void slow_start_and_avoidance(struct __test_metadata *_metadata, RIG,
				     const struct atcp_cc_ops *cc)
{
	u32 i, before, now;

	establish(self, false);
	self->c.cc = cc;
	cc->init(&self->c, self->now);
	self->c.ssthresh = 20 * RIG_MSS;
	rig_write(self, 500 * RIG_MSS);
	now = one_round(self);
	EXPECT_EQ(20 * RIG_MSS, now);
	for (i = 0; i < 5; i++) {
		before = now;
		now = one_round(self);
		EXPECT_LE(before, now);
		EXPECT_LE(now, before + RIG_MSS);
	}
}

/* shows RFC5681-3 */
TEST_F(rig, slow_start_then_congestion_avoidance)
{
	slow_start_and_avoidance(_metadata, self, &atcp_cc_newreno);
	EXPECT_EQ(25 * RIG_MSS, self->c.cwnd);
}

/* shows RFC5681-3 */
TEST_F(rig, slow_start_then_congestion_avoidance_by_default)
{
	ASSERT_EQ(&atcp_cc_cubic, self->cfg.cc);
	slow_start_and_avoidance(_metadata, self, self->cfg.cc);
}

/* shows RFC5681-10 */
TEST_F(rig, smaller_segments_are_no_larger_burst)
{
	flight(self, false, 10, 20);
	atcp_conn_mtu(&self->c, 520, self->now);
	ASSERT_EQ(500, self->c.mss);
	EXPECT_EQ(OURS(1), stub.out[0].seq);
	EXPECT_EQ(500, stub.out[0].len);
	EXPECT_GE(10, stub.sent);
}

/* shows RFC5681-11 */
TEST_F(rig, window_shrinks_as_the_segments_do)
{
	flight(self, false, 10, 20);
	atcp_conn_mtu(&self->c, 520, self->now);
	EXPECT_EQ(10 * 500, self->c.cwnd);
	/* likewise of a large window, with nothing out */
	acked(self, 10);
	while (self->c.snd_una != self->c.snd_nxt)
		rig_ack(self, self->c.snd_nxt - OURS(0), WND);
	self->c.cwnd = 1 << 29;
	atcp_conn_mtu(&self->c, 270, self->now);
	EXPECT_EQ(1 << 28, self->c.cwnd);
	atcp_conn_mtu(&self->c, 520, self->now);
	EXPECT_EQ(1 << 28, self->c.cwnd);
}

/* shows RFC5681-12 */
TEST_F(rig, slow_start_goes_up_to_any_window)
{
	establish(self, true);
	EXPECT_LE(0xffffU << ATCP_MAX_WSCALE, self->c.ssthresh);
}

/* shows RFC5681-13 */
TEST_F(rig, duplicates_lower_ssthresh)
{
	u32 i;

	flight(self, false, 10, 0);
	for (i = 0; i < 3; i++)
		acked(self, 0);
	EXPECT_GT(10 * RIG_MSS, self->c.ssthresh);
}

/* shows RFC5681-13 */
TEST_F(rig, silence_lowers_ssthresh_by_default)
{
	establish(self, true);
	self->c.cc = self->cfg.cc;
	self->c.cc->init(&self->c, self->now);
	rig_write(self, 10 * RIG_MSS);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_GT(10 * RIG_MSS, self->c.ssthresh);
}

/* shows RFC5681-20 */
TEST_F(rig, timeout_halves_ssthresh)
{
	flight(self, true, 20, 40);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(10 * RIG_MSS, self->c.ssthresh);
	/* not for the same segment again */
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(2, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_EQ(10 * RIG_MSS, self->c.ssthresh);
	/* but for the next, which no timer has sent again yet */
	acked(self, 1);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(3, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_GE(19 * RIG_MSS / 2, self->c.ssthresh);
}

/* shows RFC5681-20 */
TEST_F(rig, timeout_leaves_two_segments)
{
	flight(self, true, 3, 0);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(2 * RIG_MSS, self->c.ssthresh);
}

/* A window that was found too large for a link is no loss: what is lost then is. */
TEST_F(rig, timeout_after_a_smaller_mtu)
{
	flight(self, true, 20, 40);
	atcp_conn_mtu(&self->c, 520, self->now);
	ASSERT_EQ(U32_MAX, self->c.ssthresh);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(10 * 500, self->c.ssthresh);
}

/* shows RFC5681-21 */
TEST_F(rig, timeout_leaves_a_window_of_one_segment)
{
	u32 i;

	flight(self, true, 20, 40);
	for (i = 0; i < 3; i++) {
		stub.sent = 0;
		ASSERT_TRUE(rig_timer(self));
		EXPECT_EQ(RIG_MSS, self->c.cwnd);
		EXPECT_EQ(1, stub.sent);
		EXPECT_EQ(RIG_MSS, rig_bytes());
	}
}

/* shows RFC5681-24 */
TEST_F(rig, three_duplicates_show_a_loss)
{
	flight(self, false, 10, 0);
	acked(self, 0);
	acked(self, 0);
	EXPECT_EQ(0, stub.sent);
	acked(self, 0);
	EXPECT_EQ(1, stub.sent);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
}

/* shows RFC5681-25 */
TEST_F(rig, two_duplicates_bring_new_data)
{
	flight(self, false, 10, 20);
	acked(self, 0);
	ASSERT_EQ(1, stub.sent);
	EXPECT_EQ(10, number_of(0));
	acked(self, 0);
	ASSERT_EQ(2, stub.sent);
	EXPECT_EQ(11, number_of(1));
	EXPECT_EQ(2 * RIG_MSS, rig_bytes());
}

/* shows RFC5681-25 */
TEST_F(rig, duplicates_bring_nothing_past_the_window)
{
	establish(self, false);
	rig_ack(self, 1, 11 * RIG_MSS);
	rig_write(self, 30 * RIG_MSS);
	stub.sent = 0;
	rig_ack(self, 1, 11 * RIG_MSS);
	rig_ack(self, 1, 11 * RIG_MSS);
	ASSERT_EQ(1, stub.sent);
	EXPECT_EQ(10, number_of(0));
}

/* shows RFC5681-26 */
TEST_F(rig, limited_transmit_leaves_the_window_alone)
{
	flight(self, false, 10, 20);
	acked(self, 0);
	acked(self, 0);
	ASSERT_EQ(2, stub.sent);
	EXPECT_EQ(10 * RIG_MSS, self->c.cwnd);
}

/* shows RFC5681-27 */
TEST_F(rig, duplicates_without_news_bring_nothing)
{
	flight(self, true, 10, 20);
	acked(self, 0);
	EXPECT_EQ(0, stub.sent);
	sacked(self, 0, 1, 2);
	EXPECT_EQ(1, stub.sent);
	sacked(self, 0, 1, 2);
	EXPECT_EQ(1, stub.sent);
}

/* shows RFC5681-28 */
TEST_F(rig, third_duplicate_halves_ssthresh)
{
	u32 i;

	flight(self, false, 10, 0);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(U32_MAX, self->c.ssthresh);
		acked(self, 0);
	}
	EXPECT_EQ(5 * RIG_MSS, self->c.ssthresh);
}

/* shows RFC5681-29 */
TEST_F(rig, limited_transmit_does_not_count)
{
	u32 i;

	flight(self, false, 10, 20);
	for (i = 0; i < 3; i++)
		acked(self, 0);
	ASSERT_LE(OURS(1 + 12 * RIG_MSS), self->c.snd_nxt);
	EXPECT_EQ(5 * RIG_MSS, self->c.ssthresh);
}

/* shows RFC5681-30 */
TEST_F(rig, first_of_what_is_out_goes_again)
{
	flight(self, false, 10, 20);
	acked(self, 0);
	acked(self, 0);
	stub.sent = 0;
	acked(self, 0);
	ASSERT_EQ(1, stub.sent);
	EXPECT_EQ(OURS(1), stub.out[0].seq);
	EXPECT_EQ(RIG_MSS, stub.out[0].len);
}

/* shows RFC5681-33 */
TEST_F(rig, new_data_goes_while_a_loss_is_repaired)
{
	u32 i;

	flight(self, false, 10, 20);
	/* of twelve, two by limited transmit, all but the first arrive */
	for (i = 0; i < 3; i++)
		acked(self, 0);
	stub.sent = 0;
	for (; i < 11; i++)
		acked(self, 0);
	ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	ASSERT_LE(1, stub.sent);
	for (i = 0; i < stub.sent; i++) {
		EXPECT_EQ(12 + i, number_of(i));
		EXPECT_EQ(RIG_MSS, stub.out[i].len);
	}
}

/* shows RFC5681-34 */
TEST_F(rig, window_is_ssthresh_once_it_is_repaired)
{
	u32 i;

	flight(self, false, 10, 0);
	for (i = 0; i < 9; i++)
		acked(self, 0);
	ASSERT_EQ(5 * RIG_MSS, self->c.ssthresh);
	acked(self, 10);
	EXPECT_EQ(5 * RIG_MSS, self->c.cwnd);
}

/* shows RFC5681-35 */
TEST_F(rig, window_is_small_after_idle_time)
{
	u32 i;

	establish(self, true);
	rig_write(self, 70 * RIG_MSS);
	for (i = 0; i < 10 && self->c.snd_una != self->c.snd_nxt; i++)
		one_round(self);
	ASSERT_EQ(self->c.write_seq, self->c.snd_una);
	ASSERT_LE(20 * RIG_MSS, self->c.cwnd);
	self->now = self->c.last_snd + atcp_conn_rto(&self->c) + 1;
	stub.sent = 0;
	rig_write(self, 40 * RIG_MSS);
	EXPECT_EQ(10 * RIG_MSS, rig_bytes());
	/* RW is the window itself where that is less */
	while (self->c.snd_una != self->c.write_seq)
		one_round(self);
	self->c.cwnd = 4 * RIG_MSS;
	self->now = self->c.last_snd + atcp_conn_rto(&self->c) + 1;
	stub.sent = 0;
	rig_write(self, 40 * RIG_MSS);
	EXPECT_EQ(4 * RIG_MSS, rig_bytes());
}

/* shows RFC5681-41 */
TEST_F(rig, first_loss_of_a_window_halves_ssthresh)
{
	flight(self, true, 20, 40);
	sacked(self, 0, 1, 2);
	sacked(self, 0, 1, 3);
	ASSERT_EQ(U32_MAX, self->c.ssthresh);
	sacked(self, 0, 1, 4);
	EXPECT_EQ(10 * RIG_MSS, self->c.ssthresh);
}

/* Three of twenty segments are lost. */
static void lossy(RIG, struct path *p)
{
	p->lose[0] = true;
	p->lose[5] = true;
	p->lose[10] = true;
	flight(self, true, 20, 50);
	/* they are still to arrive */
	self->now -= RTT;
	stub.sent = 20;
}

/* shows RFC5681-42 */
TEST_F(rig, half_as_many_in_each_round_trip_of_recovery)
{
	struct path p = { 0 };
	u32 rounds = 0, sent;

	lossy(self, &p);
	do {
		sent = round_trip(self, &p);
		EXPECT_GE(20 / 2, sent);
		rounds++;
	} while (self->c.ca_state == ATCP_CA_RECOVERY && rounds < 10);
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPSackRecovery]);
	ASSERT_LE(2, rounds);
	EXPECT_GT(10, rounds);
}

/* Until all that was lost is repaired. */
static void repair(RIG, struct path *p)
{
	u32 i;

	lossy(self, p);
	for (i = 0; i < 10; i++) {
		round_trip(self, p);
		if (self->c.ca_state == ATCP_CA_OPEN)
			return;
	}
}

/* shows RFC5681-43 */
TEST_F(rig, window_is_ssthresh_after_recovery)
{
	struct path p = { 0 };

	lossy(self, &p);
	round_trip(self, &p);
	self->now += RTT;
	ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	ASSERT_EQ(10 * RIG_MSS, self->c.ssthresh);
	rig_ack(self, self->c.recover - OURS(0), WND);
	ASSERT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	EXPECT_GE(self->c.ssthresh, self->c.cwnd);
}

/* shows RFC5681-44 */
TEST_F(rig, congestion_avoidance_after_recovery)
{
	u32 before, i;

	flight(self, false, 20, 400);
	for (i = 0; i < 3; i++)
		acked(self, 0);
	self->now += RTT;
	rig_ack(self, self->c.snd_nxt - OURS(0), WND);
	ASSERT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	before = self->c.cwnd;
	ASSERT_EQ(10 * RIG_MSS, before);
	for (i = 1; i <= 4; i++) {
		one_round(self);
		EXPECT_EQ(before + i * RIG_MSS, self->c.cwnd);
	}
}

/* shows RFC5681-45 */
TEST_F(rig, losses_in_two_windows_count_twice)
{
	struct path p = { 0 };
	u32 next;

	repair(self, &p);
	ASSERT_EQ(10 * RIG_MSS, self->c.ssthresh);
	next = (self->c.snd_una - OURS(1)) / RIG_MSS;
	sacked(self, next, next + 1, next + 4);
	EXPECT_GE(11 * RIG_MSS / 2, self->c.ssthresh);
	EXPECT_GE(11 * RIG_MSS, self->c.cwnd);
	round_trip(self, &p);
	round_trip(self, &p);
	EXPECT_GE(7 * RIG_MSS, self->c.cwnd);
	EXPECT_EQ(2, stub.counts[ATCP_C_TCPSackRecovery]);
}

/* Half a window is lost, and repaired before there is a timeout. */
static void many_losses(struct __test_metadata *_metadata, RIG, bool sack)
{
	struct path p = { 0 };
	u32 i;

	for (i = 0; i < 20; i += 2)
		p.lose[i] = true;
	flight(self, sack, 20, 0);
	self->now -= RTT;
	stub.sent = 20;
	for (i = 0; i < 20 && self->c.snd_una != self->c.write_seq; i++)
		round_trip(self, &p);
	EXPECT_EQ(self->c.write_seq, self->c.snd_una);
	EXPECT_EQ(10, self->c.total_retrans);
}

/* shows RFC5681-47 */
TEST_F(rig, many_losses_of_a_window_with_sack)
{
	many_losses(_metadata, self, true);
}

/* shows RFC5681-47 */
TEST_F(rig, many_losses_of_a_window_without_sack)
{
	many_losses(_metadata, self, false);
}

/* shows RFC5681-48 */
TEST_F(rig, an_ack_in_pieces_is_no_more)
{
	u32 i;

	establish(self, true);
	rig_write(self, 100 * RIG_MSS);
	for (i = 1; i <= 100; i++)
		rig_ack(self, 1 + i * 10, WND);
	EXPECT_EQ(11 * RIG_MSS, self->c.cwnd);
}

TEST_HARNESS_MAIN
