// SPDX-License-Identifier: GPL-2.0-only
/* RFC 7323 section 5: what timestamps keep out, and those of a reset. */
#include "timewait.h"
#include "ts_rig.h"

/* shows RFC7323-32 */
TEST_F(rig, what_is_kept_never_decreases)
{
	static const u32 steps[] = { 1, 0, 5, 4, 0x7fffffff, 1, 0xffffff00, 0x7fffffff, 9 };
	u32 i, at = 1, last = FIRST, tsval = FIRST;

	connect_ts(self);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		tsval += steps[i];
		data_at(self, at, 2 * RIG_MSS, tsval);
		at = self->c.rcv_nxt - THEIRS(0);
		EXPECT_FALSE((s32)(self->c.ts_recent - last) < 0);
		last = self->c.ts_recent;
		tsval = last;
	}
	/* nor by what is old, out of order or not */
	data_at(self, at, 100, last - 1);
	data_at(self, at + 100, 100, last - 1);
	EXPECT_EQ(last, self->c.ts_recent);
}

/* A reset that answers a segment with a timestamp; the three that follow look at it. */
static const struct atcp_seg *reset_by_data(RIG)
{
	connect_ts(self);
	data_at(self, 1, 2 * RIG_MSS, FIRST + 1);
	atcp_conn_close(&self->c, self->now);
	atcp_conn_orphan(&self->c, self->now);
	/* out of order, so that it would not be echoed otherwise */
	data_at(self, 5001, RIG_MSS, FIRST + 77);
	return &stub.last;
}

static void reset_by_wrong_ack(RIG, struct atcp_seg *out)
{
	self->in.opt.has |= ATCP_OPT_TS;
	self->in.opt.tsval = FIRST + 77;
	self->in.flags = ATCP_ACK;
	atcp_closed_input(&self->in, out);
}

/* shows RFC7323-33 */
TEST_F(rig, reset_has_timestamps_where_its_cause_has)
{
	struct atcp_seg out;

	reset_by_wrong_ack(self, &out);
	EXPECT_TRUE(has_ts(&out));
	self->in.flags = ATCP_SYN;
	atcp_closed_input(&self->in, &out);
	EXPECT_TRUE(has_ts(&out));
	self->in.opt.has &= ~ATCP_OPT_TS;
	atcp_closed_input(&self->in, &out);
	EXPECT_FALSE(has_ts(&out));
}

/* shows RFC7323-33 */
TEST_F(rig, reset_of_syn_sent_has_timestamps_where_its_cause_has)
{
	self->cfg.timestamps = 1;
	atcp_conn_open(&self->c, RIG_ISN, TS_OFF, self->now);
	self->in.ack = OURS(500);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	ASSERT_EQ(ATCP_RST, stub.last.flags);
	EXPECT_FALSE(has_ts(&stub.last));
	self->in.opt.has |= ATCP_OPT_TS;
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	ASSERT_EQ(ATCP_RST, stub.last.flags);
	EXPECT_TRUE(has_ts(&stub.last));
}

/* shows RFC7323-34 */
TEST_F(rig, reset_echoes_its_cause)
{
	struct atcp_seg out;

	reset_by_wrong_ack(self, &out);
	EXPECT_EQ(FIRST + 77, out.opt.tsecr);
}

/* shows RFC7323-34 */
TEST_F(rig, reset_of_a_connection_echoes_its_cause)
{
	const struct atcp_seg *rst = reset_by_data(self);

	ASSERT_TRUE(!!(rst->flags & ATCP_RST));
	EXPECT_EQ(FIRST + 77, rst->opt.tsecr);
}

/* shows RFC7323-35 */
TEST_F(rig, reset_for_a_cause_has_a_timestamp_of_zero)
{
	struct atcp_seg out;

	memset(&out, 0xee, sizeof(out));
	reset_by_wrong_ack(self, &out);
	EXPECT_EQ(0, out.opt.tsval);
}

/* shows RFC7323-35 */
TEST_F(rig, reset_of_a_connection_for_a_cause_has_a_timestamp_of_zero)
{
	const struct atcp_seg *rst = reset_by_data(self);

	ASSERT_TRUE(!!(rst->flags & ATCP_RST));
	EXPECT_EQ(0, rst->opt.tsval);
}

/* shows RFC7323-36 */
TEST_F(rig, abort_sends_timestamps)
{
	connect_ts(self);
	self->now += RIG_SEC;
	atcp_conn_abort(&self->c, self->now);
	ASSERT_TRUE(!!(stub.last.flags & ATCP_RST));
	ASSERT_TRUE(has_ts(&stub.last));
	EXPECT_EQ(atcp_tsval(TS_OFF, self->now), stub.last.opt.tsval);
	EXPECT_EQ(FIRST, stub.last.opt.tsecr);
}

/* shows RFC7323-37 */
TEST_F(rig, reset_with_an_old_timestamp_counts)
{
	connect_ts(self);
	self->in.opt.tsval = FIRST - 1000;
	rig_feed(self, THEIRS(1), 0, ATCP_RST);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
}

/* shows RFC7323-37 */
TEST_F(rig, reset_without_a_timestamp_counts)
{
	connect_ts(self);
	self->in.opt.has = 0;
	rig_feed(self, THEIRS(1), 0, ATCP_RST);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
}

/* shows RFC7323-38 */
TEST_F(rig, timestamp_of_a_reset_is_not_kept)
{
	connect_ts(self);
	data_at(self, 1, 2 * RIG_MSS, FIRST + 1);
	/* challenged: it lies in the window */
	self->in.opt.tsval = FIRST + 1000;
	self->in.opt.tsecr = 1;
	rig_feed(self, self->c.rcv_nxt + 5, 0, ATCP_RST);
	/* nor dropped, for it lies before */
	rig_feed(self, THEIRS(1), 0, ATCP_RST | ATCP_ACK);
	ASSERT_EQ(ATCP_ESTABLISHED, self->c.state);
	EXPECT_EQ(FIRST + 1, self->c.ts_recent);
	rig_write(self, 10);
	EXPECT_EQ(FIRST + 1, stub.last.opt.tsecr);
}

/* An open with timestamps, up to that state. */
static void reach(RIG, u8 state)
{
	if (state == ATCP_SYN_RECV) {
		self->cfg.timestamps = 1;
		self->in.opt.has |= ATCP_OPT_TS;
		self->in.opt.tsval = FIRST;
		rig_accept(self);
		self->in.opt.has = ATCP_OPT_TS;
		return;
	}
	connect_ts(self);
	if (state == ATCP_CLOSE_WAIT || state == ATCP_LAST_ACK)
		rig_feed(self, THEIRS(1), 0, ATCP_ACK | ATCP_FIN);
	if (state != ATCP_CLOSE_WAIT && state != ATCP_ESTABLISHED)
		atcp_conn_close(&self->c, self->now);
	if (state == ATCP_FIN_WAIT_2)
		rig_ack(self, 2, 20000);
	if (state == ATCP_CLOSING)
		rig_feed(self, THEIRS(1), 0, ATCP_ACK | ATCP_FIN);
}

static void old_in(struct __test_metadata *_metadata, RIG, u8 state)
{
	u32 next;

	reach(self, state);
	ASSERT_EQ(state, self->c.state);
	next = self->c.rcv_nxt;
	stub.sent = 0;
	self->in.opt.tsval = FIRST - 1;
	rig_feed(self, next, 100, ATCP_ACK);
	EXPECT_EQ(1, stub.sent);
	EXPECT_EQ(ATCP_ACK, stub.last.flags & ~ATCP_SYN);
	EXPECT_EQ(next, stub.last.ack);
	EXPECT_EQ(next, self->c.rcv_nxt);
	EXPECT_EQ(state, self->c.state);
	EXPECT_EQ(FIRST, self->c.ts_recent);
	EXPECT_EQ(1, stub.counts[ATCP_C_PAWSEstab]);
}

/* shows RFC7323-39 */
TEST_F(rig, old_timestamps_in_syn_received)
{
	old_in(_metadata, self, ATCP_SYN_RECV);
}

/* shows RFC7323-39 */
TEST_F(rig, old_timestamps_in_established)
{
	old_in(_metadata, self, ATCP_ESTABLISHED);
}

/* shows RFC7323-39 */
TEST_F(rig, old_timestamps_in_fin_wait_1)
{
	old_in(_metadata, self, ATCP_FIN_WAIT_1);
}

/* shows RFC7323-39 */
TEST_F(rig, old_timestamps_in_fin_wait_2)
{
	old_in(_metadata, self, ATCP_FIN_WAIT_2);
}

/* shows RFC7323-39 */
TEST_F(rig, old_timestamps_in_close_wait)
{
	old_in(_metadata, self, ATCP_CLOSE_WAIT);
}

/* shows RFC7323-39 */
TEST_F(rig, old_timestamps_in_closing)
{
	old_in(_metadata, self, ATCP_CLOSING);
}

/* shows RFC7323-39 */
TEST_F(rig, old_timestamps_in_last_ack)
{
	old_in(_metadata, self, ATCP_LAST_ACK);
}

/* shows RFC7323-39 */
TEST_F(rig, old_timestamps_in_time_wait)
{
	struct atcp_seg out;
	struct atcp_tw tw;

	connect_ts(self);
	atcp_tw_init(&tw, &self->c, self->now);
	/* with a later one it would only be taken note of */
	self->in.opt.tsval = FIRST;
	self->in.seq = self->c.rcv_nxt;
	self->in.flags = ATCP_ACK;
	EXPECT_EQ(ATCP_V_DROP, atcp_tw_input(&tw, &self->cfg, &self->in, self->now, &out));
	self->in.opt.tsval = FIRST - 1;
	EXPECT_EQ(ATCP_V_REPLY, atcp_tw_input(&tw, &self->cfg, &self->in, self->now, &out));
	EXPECT_EQ(ATCP_ACK, out.flags);
	EXPECT_EQ(FIRST, out.opt.tsecr);
}

/* shows RFC7323-40 */
TEST_F(rig, old_timestamp_goes_before_the_number)
{
	connect_ts(self);
	data_at(self, 1, 2 * RIG_MSS, FIRST + 10);
	/* the number would make it dropped too; of both it is the timestamp that is found */
	data_at(self, 1 << 20, 100, FIRST);
	EXPECT_EQ(1, stub.counts[ATCP_C_PAWSEstab]);
	data_at(self, 1, 100, FIRST);
	EXPECT_EQ(2, stub.counts[ATCP_C_PAWSEstab]);
}

/* shows RFC7323-41 */
TEST_F(rig, what_waits_is_not_checked_again)
{
	connect_ts(self);
	data_at(self, 1001, RIG_MSS, FIRST + 1);
	/* what fills the hole is later than what waits behind it */
	data_at(self, 1, RIG_MSS, FIRST + 1000);
	EXPECT_EQ(THEIRS(2001), self->c.rcv_nxt);
	EXPECT_EQ(0, stub.counts[ATCP_C_PAWSEstab]);
}

/* shows RFC7323-42 */
TEST_F(rig, clock_is_not_too_slow)
{
	/* a tick for 2^31 bytes at a rate of 2 TB/s, which no link has */
	EXPECT_NE(atcp_tsval(TS_OFF, self->now), atcp_tsval(TS_OFF, self->now + MS));
}

/* shows RFC7323-44 */
TEST_F(rig, clock_is_not_too_fast)
{
	u32 start = atcp_tsval(TS_OFF, self->now), s;

	/* 255 seconds: the longest that an MSL can be */
	for (s = 1; s <= 255; s++)
		EXPECT_LT(0, (s32)(atcp_tsval(TS_OFF, self->now + s * RIG_SEC) - start));
}

TEST_HARNESS_MAIN
