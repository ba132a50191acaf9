// SPDX-License-Identifier: GPL-2.0-only
/* RFC 7323 section 2: window scaling, of both opens. */
#include "rig.h"

#define THEIR_SHIFT	9
#define OUR_SHIFT	6	/* what 3 MB take */
#define SPACE		(3U << 20)
#define BUF		200000	/* of what we receive at the start: more than a field says */

/* An active open that is over; @shift is the peer's, or -1 where it has none. */
static void connect_to(RIG, int shift)
{
	self->c.rcv_buf = BUF;
	self->c.rcv_buf_max = SPACE;
	self->in.wnd = 5000;
	if (shift >= 0) {
		self->in.opt.has |= ATCP_OPT_WSCALE;
		self->in.opt.wscale = shift;
	}
	rig_connect(self);
}

/* The same of a passive one, in ESTABLISHED by an ACK with that window. */
static void accept_from(RIG, int shift, u16 wnd, struct atcp_seg *synack)
{
	struct atcp_listen l = {
		.mtu = 1480, .default_mss = 536, .rcv_buf = BUF, .rcv_buf_max = SPACE,
	};
	struct atcp_req req;

	self->c.rcv_buf = BUF;
	self->c.rcv_buf_max = SPACE;
	self->in.wnd = 5000;
	if (shift >= 0) {
		self->in.opt.has |= ATCP_OPT_WSCALE;
		self->in.opt.wscale = shift;
	}
	atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, 0, self->now, &req, synack);
	atcp_conn_accept(&self->c, &req, self->now);
	self->in = (struct atcp_seg){ .ack = OURS(1), .wnd = wnd };
	rig_feed(self, THEIRS(1), 0, ATCP_ACK);
}

/* shows RFC7323-1 */
TEST_F(rig, scaling_takes_the_option_of_both)
{
	u32 i;

	for (i = 0; i < 4; i++) {
		bool ours = i & 1, theirs = i & 2;

		self->cfg.window_scaling = ours;
		atcp_conn_purge(&self->c);
		memset(&self->c, 0, sizeof(self->c));
		atcp_conn_init(&self->c, &self->cfg);
		self->c.mtu = 1480;
		self->c.adv_mss = 1460;
		self->in = (struct atcp_seg){ .opt.has = ATCP_OPT_MSS, .opt.mss = RIG_MSS };
		connect_to(self, theirs ? THEIR_SHIFT : -1);
		EXPECT_EQ(ours && theirs ? THEIR_SHIFT : 0, self->c.snd_wscale);
		EXPECT_EQ(ours && theirs ? OUR_SHIFT : 0, (u8)self->c.rcv_wscale);
	}
}

/* shows RFC7323-2 */
TEST_F(rig, shift_of_no_syn_is_ignored)
{
	struct atcp_seg synack;

	accept_from(self, -1, 500, &synack);
	self->in.opt.has = ATCP_OPT_WSCALE;
	self->in.opt.wscale = THEIR_SHIFT;
	rig_ack(self, 1, 600);
	EXPECT_EQ(0, self->c.snd_wscale);
	EXPECT_EQ(0, (u8)self->c.rcv_wscale);
	EXPECT_EQ(600, self->c.snd_wnd);
}

/* Another than the one of the SYN is no better. */
TEST_F(rig, shift_of_no_syn_changes_nothing)
{
	connect_to(self, THEIR_SHIFT);
	self->in.opt.has = ATCP_OPT_WSCALE;
	self->in.opt.wscale = 1;
	rig_ack(self, 1, 10);
	EXPECT_EQ(THEIR_SHIFT, self->c.snd_wscale);
	EXPECT_EQ(10 << THEIR_SHIFT, self->c.snd_wnd);
}

/* shows RFC7323-3 */
TEST_F(rig, window_of_a_syn_is_not_scaled)
{
	self->c.rcv_buf = 40000;
	self->c.rcv_buf_max = SPACE;
	self->in.wnd = 5000;
	self->in.opt.has |= ATCP_OPT_WSCALE;
	self->in.opt.wscale = THEIR_SHIFT;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	EXPECT_EQ(40000, stub.last.wnd);
	/* nor in the SYN,ACK of a simultaneous open, ours and theirs */
	rig_feed(self, RIG_PEER, 0, ATCP_SYN);
	ASSERT_EQ(ATCP_SYN | ATCP_ACK, stub.last.flags);
	EXPECT_EQ(40000, stub.last.wnd);
	EXPECT_EQ(5000, self->c.snd_wnd);
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	ASSERT_EQ(ATCP_ESTABLISHED, self->c.state);
	EXPECT_EQ(5000, self->c.snd_wnd);
}

/* shows RFC7323-3 */
TEST_F(rig, window_of_a_listeners_syn_is_not_scaled)
{
	struct atcp_listen l = { .mtu = 1480, .rcv_buf = 40000, .rcv_buf_max = SPACE };
	struct atcp_seg synack;
	struct atcp_req req;

	self->in.wnd = 5000;
	self->in.opt.has |= ATCP_OPT_WSCALE;
	self->in.opt.wscale = THEIR_SHIFT;
	atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, 0, self->now, &req, &synack);
	EXPECT_EQ(OUR_SHIFT, synack.opt.wscale);
	EXPECT_EQ(40000, synack.wnd);
	atcp_conn_accept(&self->c, &req, self->now);
	EXPECT_EQ(5000, self->c.snd_wnd);
}

/* shows RFC7323-4 */
TEST_F(rig, shift_is_answered_with_a_shift)
{
	struct atcp_seg synack;

	accept_from(self, 0, 500, &synack);
	EXPECT_TRUE(!!(synack.opt.has & ATCP_OPT_WSCALE));
}

/* shows RFC7323-5 */
TEST_F(rig, shift_is_what_the_buffer_will_take)
{
	struct atcp_seg synack;
	u32 shift;

	for (shift = 0; shift <= ATCP_MAX_WSCALE; shift++) {
		struct atcp_listen l = { .mtu = 1480, .rcv_buf_max = 65535U << shift };
		struct atcp_req req;

		self->in.opt.has |= ATCP_OPT_WSCALE;
		atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, 0, self->now, &req, &synack);
		EXPECT_EQ(shift, synack.opt.wscale);
	}
	connect_to(self, 0);
	EXPECT_EQ(OUR_SHIFT, (u8)self->c.rcv_wscale);
}

/* shows RFC7323-5 */
TEST_F(rig, shift_of_an_active_open_is_what_the_buffer_will_take)
{
	self->c.rcv_buf_max = SPACE;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	ASSERT_TRUE(!!(stub.last.opt.has & ATCP_OPT_WSCALE));
	EXPECT_EQ(OUR_SHIFT, stub.last.opt.wscale);
}

/* shows RFC7323-6 */
TEST_F(rig, their_shift_is_for_what_they_say)
{
	struct atcp_seg synack;

	accept_from(self, THEIR_SHIFT, 500, &synack);
	EXPECT_EQ(THEIR_SHIFT, self->c.snd_wscale);
}

/* shows RFC7323-6 */
TEST_F(rig, their_shift_in_a_synack_is_for_what_they_say)
{
	connect_to(self, THEIR_SHIFT);
	EXPECT_EQ(THEIR_SHIFT, self->c.snd_wscale);
}

/* shows RFC7323-7 */
TEST_F(rig, our_shift_is_for_what_we_say)
{
	struct atcp_seg synack;

	accept_from(self, THEIR_SHIFT, 500, &synack);
	EXPECT_EQ(synack.opt.wscale, (u8)self->c.rcv_wscale);
	EXPECT_EQ(OUR_SHIFT, (u8)self->c.rcv_wscale);
}

/* shows RFC7323-7 */
TEST_F(rig, our_shift_in_a_syn_is_for_what_we_say)
{
	connect_to(self, THEIR_SHIFT);
	EXPECT_EQ(OUR_SHIFT, (u8)self->c.rcv_wscale);
}

/* shows RFC7323-8 */
TEST_F(rig, without_their_option_neither_scales)
{
	struct atcp_seg synack;

	accept_from(self, -1, 500, &synack);
	EXPECT_FALSE(!!(synack.opt.has & ATCP_OPT_WSCALE));
	EXPECT_EQ(0, self->c.snd_wscale);
	EXPECT_EQ(0, (u8)self->c.rcv_wscale);
}

/* shows RFC7323-8 */
TEST_F(rig, without_their_option_in_a_synack_neither_scales)
{
	connect_to(self, -1);
	EXPECT_EQ(0, self->c.snd_wscale);
	EXPECT_EQ(0, (u8)self->c.rcv_wscale);
	rig_feed(self, THEIRS(1), 100, ATCP_ACK);
	EXPECT_EQ(65535, stub.last.wnd);
}

/* shows RFC7323-9 */
TEST_F(rig, windows_that_come_are_shifted_left)
{
	struct atcp_seg synack;

	accept_from(self, THEIR_SHIFT, 500, &synack);
	EXPECT_EQ(500 << THEIR_SHIFT, self->c.snd_wnd);
	rig_ack(self, 1, 65535);
	EXPECT_EQ(65535U << THEIR_SHIFT, self->c.snd_wnd);
}

/* shows RFC7323-10 */
TEST_F(rig, windows_that_go_are_shifted_right)
{
	connect_to(self, THEIR_SHIFT);
	rig_feed(self, THEIRS(1), 100, ATCP_ACK);
	EXPECT_LE(BUF - 100 - (1 << OUR_SHIFT), stub.last.wnd << OUR_SHIFT);
	EXPECT_GE(BUF, stub.last.wnd << OUR_SHIFT);
	rig_write(self, 100);
	EXPECT_LE(BUF - 100 - (1 << OUR_SHIFT), stub.last.wnd << OUR_SHIFT);
	EXPECT_GE(BUF, stub.last.wnd << OUR_SHIFT);
}

/* shows RFC7323-11 */
TEST_F(rig, no_shift_above_fourteen)
{
	EXPECT_EQ(14, atcp_wscale_for(U32_MAX));
	self->c.rcv_buf_max = U32_MAX;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	EXPECT_EQ(14, stub.last.opt.wscale);
}

/* shows RFC7323-13 */
TEST_F(rig, more_than_fourteen_counts_as_fourteen)
{
	struct atcp_seg synack;

	accept_from(self, 15, 2, &synack);
	EXPECT_EQ(2 << 14, self->c.snd_wnd);
}

/* shows RFC7323-13 */
TEST_F(rig, more_than_fourteen_in_a_synack_counts_as_fourteen)
{
	connect_to(self, 255);
	rig_ack(self, 1, 2);
	EXPECT_EQ(2 << 14, self->c.snd_wnd);
}

/* shows RFC7323-14 */
TEST_F(rig, window_that_shrinks_is_lived_with)
{
	connect_to(self, 3);
	rig_ack(self, 1, 4000 >> 3);
	rig_write(self, 6000);
	ASSERT_EQ(OURS(4001), self->c.snd_nxt);
	/* less than is out */
	stub.sent = 0;
	rig_ack(self, 1001, 1000 >> 3);
	EXPECT_EQ(0, stub.sent);
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
	/* what was sent is taken, and the rest follows */
	rig_ack(self, 4001, 4000 >> 3);
	EXPECT_EQ(OURS(6001), self->c.snd_nxt);
}

/* The window is open, then the buffer shrinks. */
static void shrink_ours(RIG)
{
	connect_to(self, THEIR_SHIFT);
	self->c.quickack = 0;
	rig_feed(self, THEIRS(1), 100, ATCP_ACK);
	while (!stub.sent)
		rig_timer(self);
	self->c.rcv_buf = 1000;
}

/* shows RFC7323-15 */
TEST_F(rig, what_any_ack_let_in_is_taken)
{
	u32 edge, i;

	shrink_ours(self);
	edge = stub.last.ack + (stub.last.wnd << OUR_SHIFT);
	for (i = 0; i < 10; i++)
		rig_feed(self, THEIRS(101 + i * 3), 3, ATCP_ACK);
	/* up to the last byte of it */
	rig_feed(self, edge - 100, 100, ATCP_ACK);
	ASSERT_EQ(1, self->c.ooo.n);
	EXPECT_EQ(edge, self->c.ooo.ranges[0].end);
}

/* shows RFC7323-16 */
TEST_F(rig, edge_is_kept_however_it_is_rounded)
{
	u32 edge, i;

	shrink_ours(self);
	edge = stub.last.ack + (stub.last.wnd << OUR_SHIFT);
	for (i = 0; i < 100; i++) {
		rig_feed(self, self->c.rcv_nxt, 3, ATCP_ACK);
		if (i % 3)
			rig_timer(self);
		EXPECT_FALSE((s32)(self->c.rcv_adv - edge) < 0);
		edge = self->c.rcv_adv;
	}
}

/* shows RFC7323-17 */
TEST_F(rig, new_data_goes_by_the_latest_window)
{
	connect_to(self, 3);
	rig_ack(self, 1, 4000 >> 3);
	rig_ack(self, 1, 2000 >> 3);
	rig_write(self, 6000);
	EXPECT_EQ(OURS(2001), self->c.snd_nxt);
	rig_ack(self, 2001, 1000 >> 3);
	EXPECT_EQ(OURS(3001), self->c.snd_nxt);
}

TEST_HARNESS_MAIN
