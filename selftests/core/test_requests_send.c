// SPDX-License-Identifier: GPL-2.0-only
/* RFC 9293 at the sender: windows (3.8.6), urgent data (3.8.5), PSH and segment sizes (3.9.1.2). */
#include "rig.h"

/* ESTABLISHED, with a congestion window that does not bind. */
static void wide(RIG)
{
	self->cfg.slow_start_idle = 0;
	rig_connect(self);
	self->c.cwnd = 1 << 29;
}

/* shows MUST-1 */
TEST_F(rig, window_is_unsigned)
{
	wide(self);
	rig_ack(self, 1, 0xffff);
	EXPECT_EQ(0xffff, self->c.snd_wnd);
	rig_write(self, 70000);
	EXPECT_EQ(65000, rig_bytes());
}

/* shows REC-1 */
TEST_F(rig, windows_have_thirty_two_bits)
{
	self->in.opt.has |= ATCP_OPT_WSCALE;
	self->in.opt.wscale = 14;
	wide(self);
	self->c.gso_max = 1 << 30;
	rig_ack(self, 1, 0xffff);
	EXPECT_EQ(0xffffU << 14, self->c.snd_wnd);
	rig_write(self, 1U << 29);
	EXPECT_EQ(OURS(1) + (1U << 29), self->c.snd_nxt);
}

/* Three segments are out when the peer takes back half of the window. */
static void shrink(RIG)
{
	wide(self);
	rig_ack(self, 1, 3000);
	rig_write(self, 6000);
	stub.sent = 0;
	rig_ack(self, 1, 1500);
}

/* shows MUST-34 */
TEST_F(rig, usable_window_below_zero)
{
	shrink(self);
	EXPECT_EQ(OURS(3001), self->c.snd_nxt);
	EXPECT_EQ(1500, self->c.snd_wnd);
	EXPECT_EQ(0, stub.sent);
	/* the peer takes it all the same, and it goes on */
	rig_ack(self, 3001, 3000);
	EXPECT_EQ(OURS(3001), stub.out[0].seq);
	EXPECT_EQ(3000, rig_bytes());
}

/* shows SHLD-15 */
TEST_F(rig, no_new_data_beyond_a_shrunk_window)
{
	u32 i;

	shrink(self);
	rig_write(self, 1000);
	rig_ack(self, 1001, 1500);
	for (i = 0; i < 4; i++)
		ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(OURS(3001), self->c.snd_nxt);
	for (i = 0; i < stub.sent; i++)
		EXPECT_EQ(0, stub.out[i].seq == OURS(3001) && stub.out[i].len);
}

/* shows SHLD-16 */
TEST_F(rig, old_data_in_a_shrunk_window_comes_again)
{
	shrink(self);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.sent);
	EXPECT_EQ(OURS(1), stub.last.seq);
	EXPECT_EQ(1000, stub.last.len);
}

/* shows SHLD-17 */
TEST_F(rig, data_beyond_a_shrunk_window_does_not_time_out)
{
	const u64 day = 24 * 3600 * RIG_SEC;

	shrink(self);
	rig_ack(self, 1501, 0);
	while (self->now < RIG_START + day) {
		ASSERT_TRUE(rig_timer(self));
		rig_ack(self, 1501, 0);
		ASSERT_EQ(ATCP_ESTABLISHED, self->c.state);
	}
	/* but silence is silence */
	while (rig_timer(self))
		;
	EXPECT_EQ(ETIMEDOUT, self->c.err);
}

TEST_F(rig, an_old_ack_answers_no_probe)
{
	u32 i;

	shrink(self);
	rig_ack(self, 1501, 0);
	for (i = 0; i < 1000 && rig_timer(self); i++)
		rig_ack(self, 501, 0);
	EXPECT_EQ(ETIMEDOUT, self->c.err);
}

/* shows MUST-38 */
TEST_F(rig, no_silly_windows_are_filled)
{
	wide(self);
	rig_ack(self, 1, 10000);
	rig_write(self, 10000);
	/* less than a segment, less than half of the largest window seen */
	stub.sent = 0;
	rig_ack(self, 10001, 999);
	rig_write(self, 5000);
	EXPECT_EQ(0, stub.sent);
	rig_ack(self, 10001, 1000);
	EXPECT_EQ(1000, rig_bytes());
}

/* shows MUST-17 */
TEST_F(rig, nagle_can_be_turned_off)
{
	wide(self);
	rig_ack(self, 1, 20000);
	self->c.nodelay = 1;
	rig_write(self, 10);
	rig_write(self, 10);
	EXPECT_EQ(2, stub.sent);
}

/* shows SHLD-7 */
TEST_F(rig, nagle_holds_a_second_small_segment)
{
	wide(self);
	rig_ack(self, 1, 20000);
	rig_write(self, 10);
	rig_write(self, 10);
	EXPECT_EQ(1, stub.sent);
	rig_ack(self, 11, 20000);
	EXPECT_EQ(2, stub.sent);
	EXPECT_EQ(OURS(11), stub.last.seq);
}

/* shows SHLD-28 */
TEST_F(rig, segments_are_as_large_as_they_may)
{
	u32 i;

	wide(self);
	rig_ack(self, 1, 20000);
	rig_write(self, 10000);
	EXPECT_EQ(10, stub.sent);
	for (i = 0; i < stub.sent; i++)
		EXPECT_EQ(RIG_MSS, stub.out[i].len);
}

/* shows MUST-61 */
TEST_F(rig, last_of_what_is_buffered_is_pushed)
{
	u32 i;

	wide(self);
	rig_ack(self, 1, 20000);
	rig_write(self, 3500);
	ASSERT_EQ(4, stub.sent);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, stub.out[i].flags & ATCP_PSH);
	EXPECT_EQ(ATCP_PSH, stub.out[3].flags & ATCP_PSH);
}

/* shows SHLD-27 */
TEST_F(rig, many_writes_make_one_push)
{
	u32 i, pushes = 0;

	wide(self);
	rig_ack(self, 1, 20000);
	rig_write(self, 10);
	for (i = 0; i < 50; i++) {
		/* as the host does: what fits goes to the segment that is not sent yet */
		if (atcp_conn_tail(&self->c))
			atcp_conn_grow_tail(&self->c, 10);
		else
			rig_write(self, 10);
	}
	stub.sent = 0;
	rig_ack(self, 11, 20000);
	/* as large as it may be: 50 writes, one segment */
	EXPECT_EQ(1, stub.sent);
	EXPECT_EQ(500, rig_bytes());
	for (i = 0; i < stub.sent; i++)
		pushes += !!(stub.out[i].flags & ATCP_PSH);
	EXPECT_EQ(1, pushes);
}

/* shows MAY-16 */
TEST_F(rig, data_may_wait_for_more)
{
	struct atcp_txseg *t = calloc(1, sizeof(*t));

	ASSERT_NE(NULL, t);
	t->len = 10;
	wide(self);
	atcp_conn_queue(&self->c, t);
	atcp_conn_push(&self->c, true, self->now);
	EXPECT_EQ(0, stub.sent);
	atcp_conn_push(&self->c, false, self->now);
	EXPECT_EQ(10, rig_bytes());
}

/* shows MUST-31 */
TEST_F(rig, urgent_data_of_any_length)
{
	struct atcp_txseg *t = calloc(1, sizeof(*t));
	u32 i;

	ASSERT_NE(NULL, t);
	self->in.opt.has |= ATCP_OPT_WSCALE;
	self->in.opt.wscale = 10;
	wide(self);
	rig_ack(self, 1, 1000);
	t->len = 150000;
	atcp_conn_queue(&self->c, t);
	atcp_conn_urgent(&self->c);
	atcp_conn_push(&self->c, false, self->now);
	ASSERT_EQ(150, stub.sent);
	for (i = 0; i < stub.sent; i++) {
		u32 left = OURS(150001) - stub.out[i].seq;

		EXPECT_EQ(ATCP_URG, stub.out[i].flags & ATCP_URG);
		EXPECT_EQ(min(left, 0xffffU), stub.out[i].urg);
	}
}

/* shows MUST-62 */
TEST_F(rig, urgent_pointer_is_behind_the_urgent_data)
{
	struct atcp_txseg *t = calloc(1, sizeof(*t));

	ASSERT_NE(NULL, t);
	wide(self);
	t->len = 3;
	atcp_conn_queue(&self->c, t);
	atcp_conn_urgent(&self->c);
	atcp_conn_push(&self->c, false, self->now);
	EXPECT_EQ(ATCP_URG, stub.last.flags & ATCP_URG);
	EXPECT_EQ(OURS(1), stub.last.seq);
	EXPECT_EQ(3, stub.last.urg);
}

/* Half of the largest window is enough for the window to cut a segment short, not for cwnd. */
TEST_F(rig, congestion_window_cuts_no_segment_short)
{
	wide(self);
	rig_ack(self, 1, 5000);
	self->c.max_window = RIG_MSS;
	self->c.cwnd = 2 * RIG_MSS + 600;
	rig_write(self, 3 * RIG_MSS);
	EXPECT_EQ(2 * RIG_MSS, rig_bytes());
}

TEST_HARNESS_MAIN
