// SPDX-License-Identifier: GPL-2.0-only
/* RFC 9293 at the receiver: checks of a segment (3.10.7.4), the window (3.8.6), ACKs (3.8.6.3). */
#include "rig.h"

/* Past the first ACKs, which are sent at once for the peer's slow start. */
static void settled(RIG)
{
	rig_connect(self);
	self->c.quickack = 0;
	self->c.rcv_mss = RIG_MSS;
	self->c.rcv_buf = 1 << 20;
}

static bool is_ack_at(const struct atcp_seg *s, u32 rcv_nxt)
{
	return s->flags == ATCP_ACK && !s->len && s->ack == THEIRS(rcv_nxt);
}

/* shows SHLD-18, RFC5681-36 */
TEST_F(rig, ack_waits)
{
	settled(self);
	rig_feed(self, THEIRS(1), 10, ATCP_ACK);
	EXPECT_EQ(0, stub.sent);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_TRUE(is_ack_at(&stub.last, 11));
}

/* shows MUST-40, RFC5681-37 */
TEST_F(rig, ack_waits_less_than_half_a_second)
{
	settled(self);
	self->c.rtt.srtt = 10 * RIG_SEC;
	rig_feed(self, THEIRS(1), 10, ATCP_ACK);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.sent);
	EXPECT_LT(self->now - RIG_START, RIG_SEC / 2);
}

/* shows RFC5681-39 */
TEST_F(rig, first_of_many_small_segments_waits_no_longer)
{
	u32 i;

	settled(self);
	self->c.rtt.srtt = RIG_SEC;
	for (i = 0; !stub.sent && i < 100; i++) {
		rig_feed(self, THEIRS(1 + 5 * i), 5, ATCP_ACK);
		self->now += 10 * ATCP_NS_PER_MS;
		atcp_conn_timer(&self->c, self->now);
	}
	EXPECT_GE(RIG_START + RIG_SEC / 2, self->now);
}

/* shows SHLD-19, RFC5681-38 */
TEST_F(rig, every_second_full_segment_has_its_ack)
{
	u32 i;

	settled(self);
	for (i = 0; i < 10; i++) {
		rig_feed(self, THEIRS(1 + i * RIG_MSS), RIG_MSS, ATCP_ACK);
		EXPECT_EQ((i + 1) / 2, stub.sent);
	}
	EXPECT_TRUE(is_ack_at(&stub.last, 1 + 10 * RIG_MSS));
}

/* shows MUST-58 */
TEST_F(rig, one_ack_for_many_small_segments)
{
	u32 i;

	settled(self);
	for (i = 0; i < 50; i++)
		rig_feed(self, THEIRS(1 + 10 * i), 10, ATCP_ACK);
	EXPECT_EQ(0, stub.sent);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.sent);
	EXPECT_TRUE(is_ack_at(&stub.last, 501));
}

/* shows MUST-59 */
TEST_F(rig, queued_segments_are_all_processed_before_an_ack)
{
	u32 i;

	settled(self);
	atcp_conn_hold_acks(&self->c);
	for (i = 0; i < 10; i++)
		rig_feed(self, THEIRS(1 + i * RIG_MSS), RIG_MSS, ATCP_ACK);
	rig_feed(self, THEIRS(20001), 100, ATCP_ACK);
	EXPECT_EQ(0, stub.sent);
	atcp_conn_release_acks(&self->c, self->now);
	EXPECT_EQ(1, stub.sent);
	EXPECT_TRUE(is_ack_at(&stub.last, 10001));
	/* and from now on as always */
	rig_feed(self, THEIRS(20101), 100, ATCP_ACK);
	EXPECT_EQ(2, stub.sent);
}

/* shows SHLD-31 */
TEST_F(rig, out_of_order_is_kept)
{
	settled(self);
	rig_feed(self, THEIRS(101), 100, ATCP_ACK);
	rig_feed(self, THEIRS(201), 100, ATCP_ACK);
	EXPECT_EQ(0, self->c.bytes_received);
	rig_feed(self, THEIRS(1), 100, ATCP_ACK);
	EXPECT_EQ(300, self->c.bytes_received);
	EXPECT_EQ(THEIRS(301), self->c.rcv_nxt);
}

/* shows MAY-13, RFC5681-22 */
TEST_F(rig, out_of_order_is_acknowledged_at_once)
{
	settled(self);
	rig_feed(self, THEIRS(101), 100, ATCP_ACK);
	EXPECT_EQ(1, stub.sent);
	EXPECT_TRUE(is_ack_at(&stub.last, 1));
}

/* shows RFC5681-23 */
TEST_F(rig, filling_a_gap_is_acknowledged_at_once)
{
	settled(self);
	rig_feed(self, THEIRS(101), 100, ATCP_ACK);
	rig_feed(self, THEIRS(301), 100, ATCP_ACK);
	stub.sent = 0;
	/* a part of the first, all of it, and of the second */
	rig_feed(self, THEIRS(1), 50, ATCP_ACK);
	EXPECT_EQ(1, stub.sent);
	EXPECT_TRUE(is_ack_at(&stub.last, 51));
	rig_feed(self, THEIRS(51), 50, ATCP_ACK);
	EXPECT_EQ(2, stub.sent);
	EXPECT_TRUE(is_ack_at(&stub.last, 201));
	rig_feed(self, THEIRS(201), 100, ATCP_ACK);
	EXPECT_EQ(3, stub.sent);
	EXPECT_TRUE(is_ack_at(&stub.last, 401));
}

/* shows RFC5681-40 */
TEST_F(rig, one_ack_a_segment_at_most)
{
	static const struct {
		u32 seq, len;
		u8 flags;
	} in[] = {
		{ 1, 1000, 0 }, { 1001, 1000, 0 }, { 2001, 3000, ATCP_PSH }, { 1, 1000, 0 },
		{ 8001, 500, 0 }, { 8001, 500, 0 }, { 5001, 1000, 0 }, { 6001, 2000, 0 },
		{ 100001, 10, 0 }, { 8501, 10, ATCP_URG }, { 8521, 0, ATCP_FIN },
		{ 9000, 0, 0 }, { 8400, 121, ATCP_FIN }, { 8511, 10, ATCP_FIN },
		{ 8511, 10, ATCP_FIN },
	};
	u32 i, j, acks;

	settled(self);
	self->in.wnd = 20000;
	/* data of ours that waits for an ACK of theirs carries the answer to it */
	self->c.cwnd = RIG_MSS;
	for (i = 0; i < ARRAY_SIZE(in); i++) {
		/* the limit on what is provoked is not asked here */
		self->now += RIG_SEC;
		if (i == 4)
			rig_write(self, 3 * RIG_MSS);
		self->in.ack = self->c.snd_nxt;
		stub.sent = 0;
		rig_feed(self, THEIRS(in[i].seq), in[i].len, ATCP_ACK | in[i].flags);
		for (acks = 0, j = 0; j < stub.sent; j++)
			acks += !stub.out[j].len;
		EXPECT_GE(stub.sent > acks ? 0 : 1, acks);
	}
	EXPECT_EQ(ATCP_CLOSE_WAIT, self->c.state);
}

/* shows SHLD-14 */
TEST_F(rig, right_edge_never_moves_left)
{
	u32 i, edge, last = 0;

	settled(self);
	self->c.rcv_buf = 20000;
	for (i = 0; i < 18; i++) {
		rig_feed(self, THEIRS(1 + i * RIG_MSS), RIG_MSS, ATCP_ACK | ATCP_PSH);
		/* less room than was promised */
		if (i == 5)
			self->c.rcv_buf = 12000;
		while (!stub.sent)
			ASSERT_TRUE(rig_timer(self));
		edge = stub.last.ack - THEIRS(0) + (stub.last.wnd << self->c.rcv_wscale);
		EXPECT_GE(edge, last);
		last = edge;
		stub.sent = 0;
	}
}

/* shows MUST-39 */
TEST_F(rig, window_opens_by_a_segment_or_not_at_all)
{
	u32 i;

	settled(self);
	self->c.rcv_buf = 20000;
	for (i = 0; i < 20; i++)
		rig_feed(self, THEIRS(1 + i * RIG_MSS), RIG_MSS, ATCP_ACK);
	EXPECT_EQ(0, atcp_conn_rcv_wnd(&self->c));
	stub.sent = 0;
	atcp_conn_consumed(&self->c, RIG_MSS - 1, self->now);
	rig_feed(self, THEIRS(0), 0, ATCP_ACK);
	EXPECT_EQ(0, stub.last.wnd);
	atcp_conn_consumed(&self->c, 1, self->now);
	EXPECT_EQ(RIG_MSS, atcp_conn_rcv_wnd(&self->c));
}

/* shows MAY-8 */
TEST_F(rig, window_may_stay_shut)
{
	const u64 day = 24 * 3600 * RIG_SEC;
	u32 i;

	settled(self);
	self->c.rcv_buf = 2000;
	self->c.rcv_adv = THEIRS(2001);
	rig_feed(self, THEIRS(1), 1000, ATCP_ACK);
	rig_feed(self, THEIRS(1001), 1000, ATCP_ACK);
	for (i = 0; i < 1000; i++) {
		self->now += day / 1000;
		stub.sent = 0;
		rig_feed(self, THEIRS(2001), 1, ATCP_ACK);
		ASSERT_EQ(1, stub.sent);
		ASSERT_EQ(0, stub.last.wnd);
		ASSERT_TRUE(is_ack_at(&stub.last, 2001));
	}
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
}

/* shows MUST-66 */
TEST_F(rig, reset_and_urgent_with_the_window_shut)
{
	settled(self);
	self->c.rcv_adv = self->c.rcv_nxt;
	self->c.rcv_buf = 0;
	self->in.urg = 5;
	rig_feed(self, THEIRS(1), 0, ATCP_ACK | ATCP_URG);
	EXPECT_TRUE(self->c.ev & ATCP_EV_URGENT);
	EXPECT_EQ(THEIRS(6), self->c.rcv_up);
	rig_feed(self, THEIRS(1), 0, ATCP_RST);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
}

/* shows MUST-30 */
TEST_F(rig, urgent_data_is_told_of)
{
	settled(self);
	self->in.urg = 3;
	rig_feed(self, THEIRS(1), 2, ATCP_ACK | ATCP_URG);
	EXPECT_TRUE(!!self->c.urg_rcvd);
	EXPECT_EQ(THEIRS(4), self->c.rcv_up);
}

/* shows MUST-32, RULE-1 */
TEST_F(rig, news_of_the_urgent_pointer_only)
{
	settled(self);
	self->c.ev = 0;
	self->in.urg = 3;
	rig_feed(self, THEIRS(1), 0, ATCP_ACK | ATCP_URG);
	EXPECT_TRUE(self->c.ev & ATCP_EV_URGENT);
	self->c.ev = 0;
	rig_feed(self, THEIRS(1), 0, ATCP_ACK | ATCP_URG);
	EXPECT_EQ(0, self->c.ev & ATCP_EV_URGENT);
	/* it moves on */
	self->in.urg = 4;
	rig_feed(self, THEIRS(1), 0, ATCP_ACK | ATCP_URG);
	EXPECT_TRUE(self->c.ev & ATCP_EV_URGENT);
}

/* shows SHLD-2 */
TEST_F(rig, reset_with_data)
{
	settled(self);
	rig_feed(self, THEIRS(1), 20, ATCP_RST);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
	EXPECT_EQ(ECONNRESET, self->c.err);
	EXPECT_EQ(0, self->c.bytes_received);
}

/* shows RULE-4 */
TEST_F(rig, reset_at_the_next_number)
{
	settled(self);
	rig_feed(self, THEIRS(1), 0, ATCP_RST);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
	EXPECT_EQ(0, stub.sent);
}

/* shows RULE-5 */
TEST_F(rig, reset_elsewhere_in_the_window)
{
	settled(self);
	rig_feed(self, THEIRS(2), 0, ATCP_RST);
	EXPECT_EQ(1, stub.sent);
	EXPECT_TRUE(is_ack_at(&stub.last, 1));
	self->now += RIG_SEC;
	rig_feed(self, THEIRS(20000), 0, ATCP_RST);
	EXPECT_EQ(2, stub.sent);
	EXPECT_TRUE(is_ack_at(&stub.last, 1));
}

/* shows RULE-6 */
TEST_F(rig, reset_elsewhere_is_dropped)
{
	settled(self);
	rig_write(self, 100);
	self->in.ack = OURS(101);
	rig_feed(self, THEIRS(2), 50, ATCP_RST | ATCP_ACK);
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
	EXPECT_EQ(OURS(1), self->c.snd_una);
	EXPECT_EQ(0, self->c.ooo.n);
	EXPECT_EQ(THEIRS(1), self->c.rcv_nxt);
}

/* shows RULE-7 */
TEST_F(rig, syn_is_challenged_wherever_it_is)
{
	static const s32 at[] = { 0, 1, 100, 19999, 20002, -1000, 0x40000000, -0x40000000 };
	u32 i;

	settled(self);
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		self->now += RIG_SEC;
		rig_feed(self, THEIRS(at[i]), 0, ATCP_SYN);
		EXPECT_EQ(i + 1, stub.sent);
		EXPECT_TRUE(is_ack_at(&stub.last, 1));
	}
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
}

/* shows RULE-8 */
TEST_F(rig, syn_is_dropped_with_all_it_carries)
{
	settled(self);
	rig_write(self, 100);
	self->in.ack = OURS(101);
	rig_feed(self, THEIRS(1), 50, ATCP_SYN | ATCP_ACK | ATCP_FIN);
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
	EXPECT_EQ(OURS(1), self->c.snd_una);
	EXPECT_EQ(THEIRS(1), self->c.rcv_nxt);
	EXPECT_EQ(0, self->c.bytes_received);
}

/* The peer's data with that acknowledgment: taken, or challenged and dropped? */
static bool ack_is_taken(RIG, s32 ack)
{
	u64 before = self->c.bytes_received;
	u32 sent = stub.sent;

	self->now += RIG_SEC;
	self->in.ack = OURS(ack);
	rig_feed(self, self->c.rcv_nxt, 10, ATCP_ACK);
	if (self->c.bytes_received != before)
		return true;
	return stub.sent != sent + 1 || stub.last.flags != ATCP_ACK || stub.last.len;
}

/* shows RULE-9, MAY-12 */
TEST_F(rig, acknowledgments_have_a_range)
{
	settled(self);
	rig_ack(self, 1, 20000);
	self->c.cwnd = 1 << 20;
	rig_write(self, 500);
	EXPECT_TRUE(ack_is_taken(self, 1));
	EXPECT_TRUE(ack_is_taken(self, 1 - 20000));
	EXPECT_FALSE(ack_is_taken(self, -20000));
	EXPECT_FALSE(ack_is_taken(self, 502));
	EXPECT_TRUE(ack_is_taken(self, 501));
}

/* shows RULE-10 */
TEST_F(rig, strange_acknowledgment_is_answered_and_dropped)
{
	settled(self);
	self->in.ack = OURS(1000000);
	rig_feed(self, THEIRS(1), 10, ATCP_ACK);
	EXPECT_EQ(1, stub.sent);
	EXPECT_TRUE(is_ack_at(&stub.last, 1));
	EXPECT_EQ(OURS(1), stub.last.seq);
	EXPECT_EQ(0, self->c.bytes_received);
}

/* shows MUST-12 */
TEST_F(rig, normal_close_is_not_an_abort)
{
	settled(self);
	self->c.ev = 0;
	rig_feed(self, THEIRS(1), 0, ATCP_ACK | ATCP_FIN);
	EXPECT_TRUE(self->c.ev & ATCP_EV_EOF);
	EXPECT_EQ(0, self->c.ev & ATCP_EV_ERROR);
	EXPECT_EQ(0, self->c.err);
	self->c.ev = 0;
	rig_feed(self, THEIRS(2), 0, ATCP_RST);
	EXPECT_TRUE(self->c.ev & ATCP_EV_ERROR);
	EXPECT_NE(0, self->c.err);
}

/* shows MUST-56 */
TEST_F(rig, soft_errors_abort_in_no_state)
{
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	atcp_conn_icmp(&self->c, RIG_ISN, EHOSTUNREACH, false, self->now);
	EXPECT_EQ(ATCP_SYN_SENT, self->c.state);
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	rig_write(self, 100);
	atcp_conn_icmp(&self->c, OURS(1), EHOSTUNREACH, false, self->now);
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
}

/* shows SHLD-25, RULE-1 */
TEST_F(rig, soft_errors_are_told)
{
	rig_connect(self);
	rig_write(self, 100);
	self->c.ev = 0;
	atcp_conn_icmp(&self->c, OURS(1), EHOSTUNREACH, false, self->now);
	EXPECT_TRUE(self->c.ev & ATCP_EV_SOFT);
	EXPECT_EQ(EHOSTUNREACH, self->c.soft_err);
}

/* shows SHLD-26 */
TEST_F(rig, hard_errors_end_an_open)
{
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	atcp_conn_icmp(&self->c, RIG_ISN, ECONNREFUSED, true, self->now);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
	EXPECT_EQ(ECONNREFUSED, self->c.err);
}

TEST_HARNESS_MAIN
