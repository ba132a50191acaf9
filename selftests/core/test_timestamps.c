// SPDX-License-Identifier: GPL-2.0-only
/* RFC 7323 sections 3 and 4: the timestamps option, and what it measures. */
#include "timewait.h"
#include "ts_rig.h"

/* shows RFC7323-18 */
TEST_F(rig, syn_echoes_nothing)
{
	self->cfg.timestamps = 1;
	self->c.ts_recent = 4711;
	atcp_conn_open(&self->c, RIG_ISN, TS_OFF, self->now);
	ASSERT_TRUE(has_ts(&stub.last));
	EXPECT_EQ(0, stub.last.opt.tsecr);
	EXPECT_EQ(atcp_tsval(TS_OFF, self->now), stub.last.opt.tsval);
}

/* shows RFC7323-19 */
TEST_F(rig, what_acknowledges_echoes)
{
	connect_ts(self);
	data_at(self, 1, RIG_MSS, FIRST + 1);
	data_at(self, 1 + RIG_MSS, RIG_MSS, FIRST + 2);
	ASSERT_EQ(ATCP_ACK, stub.last.flags);
	EXPECT_EQ(FIRST + 1, stub.last.opt.tsecr);
	rig_write(self, 10);
	EXPECT_EQ(FIRST + 1, stub.last.opt.tsecr);
}

/* shows RFC7323-19 */
TEST_F(rig, answer_to_a_syn_echoes)
{
	struct atcp_listen l = { .mtu = 1480, .rcv_buf = 20000 };
	struct atcp_seg out;
	struct atcp_req req;

	self->cfg.timestamps = 1;
	self->in.opt.has |= ATCP_OPT_TS;
	self->in.opt.tsval = FIRST;
	atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, TS_OFF, self->now, &req, &out);
	ASSERT_TRUE(has_ts(&out));
	EXPECT_EQ(FIRST, out.opt.tsecr);
}

/* shows RFC7323-20 */
TEST_F(rig, echo_in_a_segment_without_ack_says_nothing)
{
	self->cfg.timestamps = 1;
	atcp_conn_open(&self->c, RIG_ISN, TS_OFF, self->now);
	/* with an ACK an echo from the future is another connection's */
	self->in.opt.has |= ATCP_OPT_TS;
	self->in.opt.tsval = FIRST;
	self->in.opt.tsecr = atcp_tsval(TS_OFF, self->now) + 1000;
	rig_feed(self, RIG_PEER, 0, ATCP_SYN);
	EXPECT_EQ(ATCP_SYN_RECV, self->c.state);
	EXPECT_EQ(ATCP_SYN | ATCP_ACK, stub.last.flags);
	EXPECT_EQ(0, self->c.rtt.srtt);
}

/* shows RFC7323-21 */
TEST_F(rig, timestamps_are_in_every_segment)
{
	u32 i;

	connect_ts(self);
	/* data, an ACK, a challenge, a probe of the window, a retransmission, a FIN */
	rig_write(self, 10);
	data_at(self, 1, 2 * RIG_MSS, FIRST + 1);
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_SYN);
	rig_timer(self);
	self->now += RIG_SEC;
	self->in.opt.tsval++;
	rig_ack(self, 11, 0);
	rig_write(self, 10);
	rig_timer(self);
	rig_timer(self);
	rig_ack(self, 11, 1000);
	atcp_conn_close(&self->c, self->now);
	ASSERT_LE(7, stub.sent);
	ASSERT_TRUE(!!(stub.last.flags & ATCP_FIN));
	for (i = 0; i < stub.sent; i++) {
		EXPECT_TRUE(has_ts(&stub.out[i])) {
			TH_LOG("segment %u, flags %#x", i, stub.out[i].flags);
		}
	}
}

/* shows RFC7323-22 */
TEST_F(rig, timestamps_are_in_a_reset)
{
	connect_ts(self);
	data_at(self, 1, 2 * RIG_MSS, FIRST + 1);
	self->c.keepalive = 1;
	self->c.keep_probes = 1;
	atcp_conn_keepalive(&self->c, true, self->now);
	while (self->c.state != ATCP_CLOSED)
		ASSERT_TRUE(rig_timer(self));
	ASSERT_TRUE(!!(stub.last.flags & ATCP_RST));
	EXPECT_TRUE(has_ts(&stub.last));
}

/* shows RFC7323-23 */
TEST_F(rig, that_both_have_them_is_remembered)
{
	connect_ts(self);
	EXPECT_TRUE(!!self->c.ts_ok);
}

/* shows RFC7323-23 */
TEST_F(rig, that_they_have_none_is_remembered)
{
	self->cfg.timestamps = 1;
	rig_connect(self);
	EXPECT_FALSE(!!self->c.ts_ok);
	rig_write(self, 10);
	EXPECT_FALSE(has_ts(&stub.last));
}

/* shows RFC7323-24 */
TEST_F(rig, without_its_timestamp_a_segment_is_dropped_silently)
{
	connect_ts(self);
	rig_write(self, 10);
	stub.sent = 0;
	self->in.opt.has = 0;
	self->in.ack = OURS(11);
	rig_feed(self, THEIRS(1), 100, ATCP_ACK);
	rig_feed(self, THEIRS(1), 0, ATCP_ACK | ATCP_FIN);
	rig_feed(self, THEIRS(1), 0, ATCP_SYN);
	EXPECT_EQ(0, stub.sent);
	EXPECT_EQ(THEIRS(1), self->c.rcv_nxt);
	EXPECT_EQ(OURS(1), self->c.snd_una);
}

/* shows RFC7323-24 */
TEST_F(rig, without_its_timestamp_a_handshake_goes_on_waiting)
{
	struct atcp_listen l = { .mtu = 1480, .rcv_buf = 20000 };
	struct atcp_seg out;
	struct atcp_req req;
	u32 i;

	self->cfg.timestamps = 1;
	self->in.opt.has |= ATCP_OPT_TS;
	atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, TS_OFF, self->now, &req, &out);
	/* in the window, out of it, with an ACK of ours and of what we never sent */
	for (i = 0; i < 4; i++) {
		self->in = (struct atcp_seg){ .flags = ATCP_ACK };
		self->in.seq = THEIRS(1) + (i & 1) * 100000;
		self->in.ack = OURS(i & 2 ? 1 : 1000);
		EXPECT_EQ(ATCP_V_DROP,
			  atcp_req_input(&req, &self->cfg, &self->in, self->now, &out));
	}
}

/* shows RFC7323-24 */
TEST_F(rig, without_its_timestamp_a_fin_does_not_prolong_time_wait)
{
	struct atcp_seg out;
	struct atcp_tw tw;
	u64 was;

	connect_ts(self);
	atcp_tw_init(&tw, &self->c, self->now);
	was = tw.deadline;
	self->in.opt.has = 0;
	self->in.seq = self->c.rcv_nxt - 1;
	self->in.flags = ATCP_FIN | ATCP_ACK;
	self->in.ack = self->c.snd_nxt;
	EXPECT_EQ(ATCP_V_DROP, atcp_tw_input(&tw, &self->cfg, &self->in, self->now + MS, &out));
	EXPECT_EQ(was, tw.deadline);
}

/* shows RFC7323-25 */
TEST_F(rig, missing_timestamps_end_nothing)
{
	u32 i;

	accept_ts(self);
	for (i = 0; i < 300; i++) {
		self->in.opt.has = 0;
		rig_feed(self, THEIRS(1), i % 3, ATCP_ACK | (i & 1 ? ATCP_FIN : 0));
	}
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
	self->in.opt.has = ATCP_OPT_TS;
	rig_feed(self, THEIRS(1), 100, ATCP_ACK);
	EXPECT_EQ(THEIRS(101), self->c.rcv_nxt);
}

/* shows RFC7323-26 */
TEST_F(rig, timestamps_that_were_not_agreed_on_are_ignored)
{
	u32 srtt;

	self->cfg.timestamps = 1;
	rig_connect(self);
	self->in.opt.has = ATCP_OPT_TS;
	/* such as would be old, in order or not */
	data_at(self, 1, 100, 5000);
	data_at(self, 101, 100, 4000);
	EXPECT_EQ(THEIRS(201), self->c.rcv_nxt);
	data_at(self, 301, 100, 0x80000005);
	EXPECT_EQ(1, self->c.ooo.n);
	EXPECT_FALSE(has_ts(&stub.last));
	EXPECT_EQ(0, self->c.ts_recent);
	/* no round trip is measured by them */
	srtt = self->c.rtt.srtt;
	rig_write(self, 10);
	rig_timer(self);
	self->in.opt.tsecr = atcp_tsval(0, self->now - 5 * MS);
	rig_ack(self, 11, 20000);
	ASSERT_EQ(self->c.snd_nxt, self->c.snd_una);
	EXPECT_EQ(srtt, self->c.rtt.srtt);
}

/* shows RFC7323-27 */
TEST_F(rig, clock_goes_with_the_time)
{
	u32 first, i;

	connect_ts(self);
	rig_write(self, 10);
	first = stub.last.opt.tsval;
	for (i = 1; i < 10; i++) {
		self->now += 7 * RIG_SEC;
		self->in.opt.tsval++;
		rig_ack(self, self->c.snd_nxt - OURS(0), 20000);
		rig_write(self, 10);
		EXPECT_EQ(first + i * 7000, stub.last.opt.tsval);
	}
}

/* shows RFC7323-29 */
TEST_F(rig, delayed_ack_echoes_the_earliest)
{
	connect_ts(self);
	data_at(self, 1, 100, FIRST + 1);
	ASSERT_EQ(0, stub.sent);
	data_at(self, 101, 100, FIRST + 20);
	ASSERT_EQ(0, stub.sent);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(THEIRS(201), stub.last.ack);
	EXPECT_EQ(FIRST + 1, stub.last.opt.tsecr);
	/* the next is the earliest of the next */
	data_at(self, 201, 2 * RIG_MSS, FIRST + 30);
	EXPECT_EQ(FIRST + 30, stub.last.opt.tsecr);
}

/* shows RFC7323-30 */
TEST_F(rig, out_of_order_echoes_what_advanced_last)
{
	connect_ts(self);
	data_at(self, 1, 2 * RIG_MSS, FIRST + 1);
	ASSERT_EQ(FIRST + 1, stub.last.opt.tsecr);
	data_at(self, 5001, RIG_MSS, FIRST + 20);
	EXPECT_EQ(2, stub.sent);
	EXPECT_EQ(FIRST + 1, stub.last.opt.tsecr);
	data_at(self, 9001, RIG_MSS, FIRST + 30);
	EXPECT_EQ(3, stub.sent);
	EXPECT_EQ(FIRST + 1, stub.last.opt.tsecr);
}

/* shows RFC7323-31 */
TEST_F(rig, what_fills_a_hole_is_echoed)
{
	connect_ts(self);
	data_at(self, 1, 2 * RIG_MSS, FIRST + 1);
	data_at(self, 2001 + RIG_MSS, RIG_MSS, FIRST + 20);
	data_at(self, 2001, RIG_MSS, FIRST + 300);
	EXPECT_EQ(THEIRS(2001 + 2 * RIG_MSS), stub.last.ack);
	EXPECT_EQ(FIRST + 300, stub.last.opt.tsecr);
}

TEST_HARNESS_MAIN
