// SPDX-License-Identifier: GPL-2.0-only
/* RFC 5482: the user timeout option. */
#include "rig.h"
#include "uto.h"

#define SECS(n)	((n) * RIG_SEC)

/* ESTABLISHED by an active open that advertises @ours, with a SYN,ACK that tells @theirs. */
static void connect_uto(RIG, u32 ours, u32 theirs)
{
	atcp_conn_advertise(&self->c, ours);
	if (theirs) {
		self->in.opt.has |= ATCP_OPT_UTO;
		self->in.opt.uto = atcp_uto_code(theirs);
	}
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	self->now += RIG_SEC / 10;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt = (struct atcp_opts){ 0 };
}

static bool tells(const struct atcp_seg *s, u32 secs)
{
	return s->opt.has & ATCP_OPT_UTO && atcp_uto_secs(s->opt.uto) == secs;
}

static bool tells_none(const struct atcp_seg *s)
{
	return !(s->opt.has & ATCP_OPT_UTO);
}

/* Data that nobody acknowledges. Return: the seconds until the connection is given up. */
static u32 time_until_given_up(RIG)
{
	u64 start = self->now;

	rig_write(self, 10);
	while (self->c.state != ATCP_CLOSED && rig_timer(self))
		;
	return (self->now - start) / RIG_SEC;
}

TEST_F(rig, seconds_and_minutes)
{
	EXPECT_EQ(1, atcp_uto_code(1));
	EXPECT_EQ(0x7fff, atcp_uto_code(32767));
	/* rounded up: who says a minute less would be given up too soon */
	EXPECT_EQ(0x8000 | 547, atcp_uto_code(32768));
	EXPECT_EQ(0x8000 | 547, atcp_uto_code(547 * 60));
	EXPECT_EQ(0xffff, atcp_uto_code(ATCP_UTO_MAX_SECS));
	EXPECT_EQ(0xffff, atcp_uto_code(U32_MAX));
	EXPECT_EQ(32767, atcp_uto_secs(0x7fff));
	EXPECT_EQ(547 * 60, atcp_uto_secs(0x8000 | 547));
	EXPECT_EQ(ATCP_UTO_MAX_SECS, atcp_uto_secs(0xffff));
}

/* Section 3: ENABLED is false at first. */
TEST_F(rig, nothing_is_told_unless_asked_for)
{
	u32 i;

	connect_uto(self, 0, 500);
	rig_write(self, 10);
	rig_feed(self, THEIRS(1), 2 * RIG_MSS, ATCP_ACK);
	ASSERT_LE(3, stub.sent);
	for (i = 0; i < stub.sent; i++)
		EXPECT_TRUE(tells_none(&stub.out[i]));
	/* nor heeded */
	EXPECT_EQ(0, self->c.peer_uto);
	EXPECT_EQ(0, atcp_uto_limit(&self->c));
}

/* shows RFC5482-1 */
TEST_F(rig, user_has_the_last_word)
{
	self->c.user_timeout_ms = 20000;
	connect_uto(self, 200, 500);
	EXPECT_EQ(SECS(20), atcp_uto_limit(&self->c));
	EXPECT_GE(40, time_until_given_up(self));
}

TEST_F(rig, syn_and_what_follows_it_tell)
{
	connect_uto(self, 300, 0);
	ASSERT_EQ(2, stub.sent);
	EXPECT_EQ(ATCP_SYN, stub.out[0].flags);
	EXPECT_TRUE(tells(&stub.out[0], 300));
	EXPECT_EQ(ATCP_ACK, stub.out[1].flags);
	EXPECT_TRUE(tells(&stub.out[1], 300));
	/* that is enough */
	rig_write(self, 10);
	EXPECT_TRUE(tells_none(&stub.last));
}

/* shows RFC5482-2 */
TEST_F(rig, first_segment_that_is_no_syn_tells)
{
	atcp_conn_advertise(&self->c, 300);
	rig_accept(self);
	EXPECT_EQ(0, stub.sent);
	rig_feed(self, THEIRS(1), 0, ATCP_ACK);
	ASSERT_EQ(ATCP_ESTABLISHED, self->c.state);
	rig_write(self, 10);
	EXPECT_TRUE(tells(&stub.out[0], 300));
	rig_write(self, RIG_MSS);
	ASSERT_LE(2, stub.sent);
	EXPECT_TRUE(tells_none(&stub.out[1]));
}

/* A listener's: in the SYN,ACK as often as that is sent. */
TEST_F(rig, synack_tells)
{
	struct atcp_listen l = {
		.mtu = 1480, .default_mss = 536, .rcv_buf = 20000, .adv_uto = atcp_uto_code(300),
	};
	struct atcp_seg out;
	struct atcp_req req;

	self->in.opt.has |= ATCP_OPT_UTO;
	self->in.opt.uto = 400;
	atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, 0, self->now, &req, &out);
	EXPECT_TRUE(tells(&out, 300));
	atcp_req_timer(&req, &self->cfg, req.deadline, &out);
	EXPECT_TRUE(tells(&out, 300));
	/* what the SYN told is kept */
	self->c.adv_uto = l.adv_uto;
	atcp_conn_accept(&self->c, &req, self->now);
	EXPECT_EQ(SECS(400), atcp_uto_limit(&self->c));
	/* but not where the option is off */
	l.adv_uto = 0;
	atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, 0, self->now, &req, &out);
	EXPECT_TRUE(tells_none(&out));
	EXPECT_EQ(0, req.peer_uto);
}

/* shows RFC5482-3 */
TEST_F(rig, new_value_is_in_the_next_segment)
{
	connect_uto(self, 300, 0);
	stub.sent = 0;
	atcp_conn_advertise(&self->c, 40000);
	EXPECT_EQ(0, stub.sent);
	rig_write(self, 10);
	rig_write(self, RIG_MSS);
	ASSERT_EQ(2, stub.sent);
	EXPECT_TRUE(tells(&stub.out[0], 667 * 60));
	EXPECT_TRUE(tells_none(&stub.out[1]));
	/* be it an ACK alone */
	atcp_conn_advertise(&self->c, 200);
	self->in.ack = self->c.snd_nxt;
	rig_feed(self, THEIRS(1), 2 * RIG_MSS, ATCP_ACK);
	EXPECT_EQ(ATCP_ACK, stub.last.flags);
	EXPECT_TRUE(tells(&stub.last, 200));
}

/* shows RFC5482-4 */
TEST_F(rig, limits)
{
	connect_uto(self, 5, 7);
	EXPECT_EQ(SECS(100), atcp_uto_limit(&self->c));
	self->c.adv_uto = atcp_uto_code(90000);
	EXPECT_EQ(SECS(3600), atcp_uto_limit(&self->c));
	self->cfg.uto_max = SECS(500);
	EXPECT_EQ(SECS(500), atcp_uto_limit(&self->c));
}

/* shows RFC5482-8 */
TEST_F(rig, longer_of_both)
{
	connect_uto(self, 200, 300);
	EXPECT_EQ(SECS(300), atcp_uto_limit(&self->c));
	/* a later one replaces it, also a shorter one */
	self->in.opt.has = ATCP_OPT_UTO;
	self->in.opt.uto = 250;
	rig_ack(self, 1, 20000);
	EXPECT_EQ(SECS(250), atcp_uto_limit(&self->c));
	self->in.opt.uto = 150;
	rig_feed(self, THEIRS(1), 10, ATCP_ACK);
	EXPECT_EQ(SECS(200), atcp_uto_limit(&self->c));
	EXPECT_EQ(150, self->c.peer_uto);
}

/* shows RFC5482-5 */
TEST_F(rig, who_has_set_it_is_not_overridden)
{
	connect_uto(self, 200, 0);
	self->c.user_timeout_ms = 20000;
	self->in.opt.has = ATCP_OPT_UTO;
	self->in.opt.uto = 500;
	rig_ack(self, 1, 20000);
	EXPECT_EQ(SECS(20), atcp_uto_limit(&self->c));
	EXPECT_EQ(20000, self->c.user_timeout_ms);
}

/* shows RFC5482-6 */
TEST_F(rig, who_has_set_it_can_see_the_peers)
{
	self->c.user_timeout_ms = 20000;
	connect_uto(self, 200, 500);
	EXPECT_EQ(500, self->c.peer_uto);
}

/* shows RFC5482-7 */
TEST_F(rig, what_the_peer_tells_is_heeded)
{
	connect_uto(self, 200, 0);
	EXPECT_EQ(SECS(200), atcp_uto_limit(&self->c));
	self->in.opt.has = ATCP_OPT_UTO;
	self->in.opt.uto = 500;
	rig_ack(self, 1, 20000);
	EXPECT_EQ(SECS(500), atcp_uto_limit(&self->c));
}

/* shows RFC5482-8 */
TEST_F(rig, longer_of_both_is_waited_for)
{
	u32 took;

	connect_uto(self, 150, 200);
	took = time_until_given_up(self);
	EXPECT_LE(200, took);
	EXPECT_GT(200 + 121, took);
}

/* shows RFC5482-9 */
TEST_F(rig, never_below_the_retransmission_timeout)
{
	connect_uto(self, 5, 7);
	self->c.rtt.srtt = SECS(60);
	self->c.rtt.rttvar = SECS(5);
	EXPECT_LT(atcp_conn_rto(&self->c), atcp_uto_limit(&self->c));
	self->cfg.uto_min = RIG_SEC;
	self->c.rtt.srtt = RIG_SEC;
	self->c.rtt.rttvar = 0;
	self->c.rto_min_us = 9000000;
	EXPECT_LT(atcp_conn_rto(&self->c), atcp_uto_limit(&self->c));
}

/* An unacceptable segment tells nothing. */
TEST_F(rig, strangers_tell_nothing)
{
	connect_uto(self, 200, 0);
	self->in.opt.has = ATCP_OPT_UTO;
	self->in.opt.uto = 999;
	rig_feed(self, THEIRS(1) + (1 << 20), 10, ATCP_ACK);
	self->in.ack = OURS(1 << 20);
	rig_feed(self, THEIRS(1), 10, ATCP_ACK);
	rig_feed(self, THEIRS(1), 0, ATCP_SYN);
	rig_feed(self, THEIRS(5), 0, ATCP_RST);
	EXPECT_EQ(0, self->c.peer_uto);
}

/* A reset tells nothing, and a probe does not count as having told. */
TEST_F(rig, what_does_not_tell)
{
	connect_uto(self, 200, 0);
	rig_ack(self, 1, 0);
	rig_write(self, 10);
	atcp_conn_advertise(&self->c, 300);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(OURS(0), stub.last.seq);
	rig_ack(self, 1, 1000);
	EXPECT_EQ(10, stub.last.len);
	EXPECT_TRUE(tells(&stub.last, 300));
	atcp_conn_advertise(&self->c, 301);
	atcp_conn_abort(&self->c, self->now);
	ASSERT_TRUE(!!(stub.last.flags & ATCP_RST));
	EXPECT_TRUE(tells_none(&stub.last));
}

/* Option space: with timestamps two SACK blocks are left, and segments are so much shorter. */
TEST_F(rig, beside_timestamps_and_sacks)
{
	u32 i;

	self->cfg.timestamps = 1;
	self->in.opt.has |= ATCP_OPT_TS | ATCP_OPT_WSCALE;
	self->in.opt.tsval = 1;
	connect_uto(self, 200, 300);
	/* MSS 4, timestamps and SACK permitted 12, shift 4, this 4 */
	EXPECT_EQ(20 + 24, atcp_seg_hdr_len(&stub.out[0]));
	self->in.opt.has = ATCP_OPT_TS;
	self->in.opt.tsval = 1;
	for (i = 1; i <= 5; i++)
		rig_feed(self, THEIRS(1 + 2000 * i), 100, ATCP_ACK);
	ASSERT_EQ(3, stub.last.opt.nsacks);
	atcp_conn_advertise(&self->c, 400);
	stub.sent = 0;
	rig_write(self, 2 * RIG_MSS);
	ASSERT_LE(2, stub.sent);
	EXPECT_TRUE(tells(&stub.out[0], 400));
	EXPECT_EQ(2, stub.out[0].opt.nsacks);
	EXPECT_EQ(60 - 4, atcp_seg_hdr_len(&stub.out[0]));
	/* the peer takes RIG_MSS and a header of 20 bytes */
	EXPECT_GE(RIG_MSS + 20, stub.out[0].len + atcp_seg_hdr_len(&stub.out[0]));
}

/* shows RFC5482-12 */
TEST_F(rig, keepalive_waits_longer)
{
	u64 start;

	connect_uto(self, 200, 1000);
	self->c.keep_idle_ms = 10000;
	self->c.quickack = 0;
	start = self->now;
	atcp_conn_keepalive(&self->c, true, self->now);
	stub.sent = 0;
	while (!stub.sent)
		ASSERT_TRUE(rig_timer(self));
	EXPECT_LT(SECS(1000), self->now - start);
	EXPECT_GT(SECS(1100), self->now - start);
	/* without the option as it was */
	atcp_conn_advertise(&self->c, 0);
	self->in.opt.has = 0;
	rig_ack(self, 1, 20000);
	start = self->now;
	atcp_conn_keepalive(&self->c, true, self->now);
	stub.sent = 0;
	while (!stub.sent)
		ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(SECS(10), self->now - start);
}

/* shows RFC5482-10 */
TEST_F(rig, zero_is_not_sent)
{
	connect_uto(self, 300, 0);
	atcp_conn_advertise(&self->c, 0);
	rig_write(self, 10);
	EXPECT_TRUE(tells_none(&stub.last));
	EXPECT_NE(0, atcp_uto_code(1) & 0x7fff);
	EXPECT_NE(0, atcp_uto_code(32768) & 0x7fff);
}

TEST_HARNESS_MAIN
