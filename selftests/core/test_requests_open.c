// SPDX-License-Identifier: GPL-2.0-only
/* RFC 9293: options (3.1), initial numbers (3.4.1), opening (3.5) and segment sizes (3.7.1). */
#include "rig.h"

#define HDR	ATCP_HDR_MIN
#define USER_TIMEOUT 28		/* above 8 the one kind that is known: RFC 5482 */

/* A header of these flags with that many bytes of options, and room for them behind it. */
static u8 *header(u8 *p, u8 flags, u32 optlen)
{
	memset(p, 0, ATCP_HDR_MAX);
	p[12] = (HDR + optlen) / 4 << 4;
	p[13] = flags;
	return p + HDR;
}

/* shows MUST-4 */
TEST(end_nop_and_mss_are_understood)
{
	const u8 opts[] = { 1, 1, 2, 4, 0x03, 0xe8, 0, 0 };
	const u8 after_end[] = { 1, 0, 2, 4, 0x03, 0xe8, 0, 0 };
	struct atcp_seg s = { 0 };
	u8 p[ATCP_HDR_MAX];

	memcpy(header(p, ATCP_SYN, 8), opts, 8);
	ASSERT_EQ(0, atcp_seg_parse(&s, p, HDR + 8, HDR + 8));
	EXPECT_EQ(ATCP_OPT_MSS, s.opt.has);
	EXPECT_EQ(1000, s.opt.mss);
	memcpy(header(p, ATCP_SYN, 8), after_end, 8);
	ASSERT_EQ(0, atcp_seg_parse(&s, p, HDR + 8, HDR + 8));
	EXPECT_EQ(0, s.opt.has);
}

/* shows MUST-5 */
TEST(options_in_any_segment)
{
	const u8 opts[] = { 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0 };
	struct atcp_seg s;
	u8 p[ATCP_HDR_MAX];
	u32 flags;

	for (flags = 0; flags < 256; flags++) {
		memcpy(header(p, flags, 12), opts, 12);
		ASSERT_EQ(0, atcp_seg_parse(&s, p, HDR + 12, HDR + 12 + 100));
		EXPECT_EQ(ATCP_OPT_TS, s.opt.has);
		EXPECT_EQ(7, s.opt.tsval);
		EXPECT_EQ(9, s.opt.tsecr);
	}
}

/* shows MUST-64 */
TEST(options_begin_at_any_byte)
{
	struct atcp_seg s;
	u8 p[ATCP_HDR_MAX];
	u32 nops;

	for (nops = 0; nops < 4; nops++) {
		u8 *o = header(p, ATCP_SYN, 20);

		memset(o, 1, nops);
		memcpy(o + nops, (const u8[]){ 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 2, 4, 5, 0xb4 }, 14);
		ASSERT_EQ(0, atcp_seg_parse(&s, p, HDR + 20, HDR + 20));
		EXPECT_EQ(ATCP_OPT_TS | ATCP_OPT_MSS, s.opt.has);
		EXPECT_EQ(7, s.opt.tsval);
		EXPECT_EQ(9, s.opt.tsecr);
		EXPECT_EQ(1460, s.opt.mss);
	}
}

/* shows MUST-6 */
TEST(unknown_kinds_are_passed_over)
{
	struct atcp_seg s;
	u8 p[ATCP_HDR_MAX];
	u32 kind, len;

	for (kind = 9; kind < 256; kind++) {
		for (len = 2; kind != USER_TIMEOUT && len <= 36; len++) {
			u8 *o = header(p, ATCP_SYN, 40);

			o[0] = kind;
			o[1] = len;
			memset(o + 2, 2, len - 2);
			memcpy(o + len, (const u8[]){ 2, 4, 5, 0xb4 }, 4);
			ASSERT_EQ(0, atcp_seg_parse(&s, p, HDR + 40, HDR + 40));
			ASSERT_EQ(ATCP_OPT_MSS, s.opt.has);
			ASSERT_EQ(1460, s.opt.mss);
		}
	}
}

/* shows MUST-7 */
TEST(impossible_lengths_end_the_options)
{
	/* a good option in front, which is kept; the last bytes of the header */
	static const u8 bad[][8] = {
		{ 2, 4, 5, 0xb4, 2, 0, 1, 1 }, { 2, 4, 5, 0xb4, 3, 1, 7, 1 },
		{ 2, 4, 5, 0xb4, 8, 10, 0, 0 }, { 2, 4, 5, 0xb4, 253, 5, 0, 0 },
		{ 2, 4, 5, 0xb4, 5, 255, 0, 0 }, { 2, 4, 5, 0xb4, 1, 1, 1, 8 },
	};
	struct atcp_seg s;
	u8 p[ATCP_HDR_MAX];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		/* a byte too far is one that the sanitizer sees */
		u8 *exact = malloc(HDR + 8);

		ASSERT_NE(NULL, exact);
		memcpy(header(p, ATCP_SYN, 8), bad[i], 8);
		memcpy(exact, p, HDR + 8);
		ASSERT_EQ(0, atcp_seg_parse(&s, exact, HDR + 8, HDR + 8));
		EXPECT_EQ(ATCP_OPT_MSS, s.opt.has);
		EXPECT_EQ(1460, s.opt.mss);
		free(exact);
	}
}

/* All that is ever built, and whether it is right. */
static bool all_built(bool (*right)(const u8 *p, const u8 *end))
{
	u32 has, nsacks;

	for (has = 0; has < 32; has++) {
		for (nsacks = 0; nsacks <= ATCP_MAX_SACKS; nsacks++) {
			struct atcp_seg s = { .flags = ATCP_ACK, .opt.has = has, .opt.mss = 1460,
					      .opt.nsacks = nsacks, .opt.wscale = 7 };
			u8 p[ATCP_HDR_MAX];
			u32 len;

			memset(p, 0xee, sizeof(p));
			len = atcp_seg_build(&s, 0, 0, p);
			if (len % 4 || len != p[12] >> 4 << 2 || !right(p + HDR, p + len))
				return false;
		}
	}
	return true;
}

static bool have_lengths(const u8 *p, const u8 *end)
{
	while (p < end && *p) {
		u32 len = *p == 1 ? 1 : end - p < 2 ? 0 : p[1];

		if (!len || (*p != 1 && len < 2) || len > end - p)
			return false;
		p += len;
	}
	return true;
}

/* shows MUST-68 */
TEST(every_option_sent_has_its_length)
{
	EXPECT_TRUE(all_built(have_lengths));
}

static bool zero_padded(const u8 *p, const u8 *end)
{
	while (p < end && *p)
		p += *p == 1 ? 1 : p[1];
	while (p < end)
		if (*p++)
			return false;
	return p == end;
}

/* shows MUST-69 */
TEST(nothing_but_zeroes_behind_the_end_of_options)
{
	EXPECT_TRUE(all_built(zero_padded));
}

/* shows MUST-8 */
TEST(isn_follows_a_clock_of_four_microseconds)
{
	const u64 t = 123456789 * ATCP_NS_PER_US;

	EXPECT_EQ(1, atcp_isn(77, t + 4000) - atcp_isn(77, t));
	EXPECT_EQ(250000, atcp_isn(77, t + RIG_SEC) - atcp_isn(77, t));
	/* round the whole space in 4.77 hours */
	EXPECT_EQ(atcp_isn(77, t), atcp_isn(77, t + (4000ULL << 32)));
}

/* shows SHLD-1 RFC6528-1 */
TEST(isn_is_clock_and_secret_together)
{
	EXPECT_EQ(0x12345678, atcp_isn(0x22345678, RIG_START) - atcp_isn(0x10000000, RIG_START));
}

/* shows MUST-14 */
TEST_F(rig, mss_is_sent_and_taken)
{
	struct atcp_listen l = { .mtu = 1480, .default_mss = 536, .rcv_buf = 20000 };
	struct atcp_seg out;
	struct atcp_req req;

	ASSERT_EQ(ATCP_V_NEW, atcp_listen_input(&l, &self->cfg, &self->in, 1, 0, self->now, &req,
						&out));
	EXPECT_EQ(ATCP_OPT_MSS, out.opt.has & ATCP_OPT_MSS);
	EXPECT_EQ(1460, out.opt.mss);
	EXPECT_EQ(RIG_MSS, req.mss);
	rig_connect(self);
	EXPECT_EQ(ATCP_OPT_MSS, stub.out[0].opt.has & ATCP_OPT_MSS);
	EXPECT_EQ(1460, stub.out[0].opt.mss);
	EXPECT_EQ(RIG_MSS, self->c.mss);
}

/* shows SHLD-5, MAY-3 */
TEST_F(rig, mss_is_in_every_syn_even_the_default)
{
	self->c.adv_mss = 536;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	EXPECT_EQ(536, stub.last.opt.mss);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(2, stub.sent);
	EXPECT_EQ(ATCP_OPT_MSS, stub.last.opt.has & ATCP_OPT_MSS);
	/* and in that of a simultaneous open */
	rig_feed(self, RIG_PEER, 0, ATCP_SYN);
	EXPECT_EQ(ATCP_SYN | ATCP_ACK, stub.last.flags);
	EXPECT_EQ(ATCP_OPT_MSS, stub.last.opt.has & ATCP_OPT_MSS);
}

/* shows MUST-65 */
TEST_F(rig, mss_is_in_nothing_but_a_syn)
{
	u32 i;

	rig_connect(self);
	rig_write(self, 500);
	rig_timer(self);
	rig_feed(self, THEIRS(100), 10, ATCP_ACK);
	rig_feed(self, THEIRS(50), 0, ATCP_RST);
	atcp_conn_close(&self->c, self->now);
	rig_ack(self, 501, 20000);
	atcp_conn_abort(&self->c, self->now);
	ASSERT_GE(stub.sent, 6);
	for (i = 0; i < stub.sent; i++) {
		EXPECT_EQ(0, stub.out[i].flags & ATCP_SYN);
		EXPECT_EQ(0, stub.out[i].opt.has & ATCP_OPT_MSS);
	}
}

/* shows MUST-15 */
TEST_F(rig, mss_of_who_says_none)
{
	struct atcp_listen l = { .mtu = 1480, .rcv_buf = 20000 };
	static const u32 of_ip[] = { 536, 1220 };
	struct atcp_seg out;
	struct atcp_req req;
	u32 i;

	self->in.opt.has = 0;
	for (i = 0; i < ARRAY_SIZE(of_ip); i++) {
		l.default_mss = of_ip[i];
		ASSERT_EQ(ATCP_V_NEW, atcp_listen_input(&l, &self->cfg, &self->in, 1, 0, self->now,
							&req, &out));
		EXPECT_EQ(of_ip[i], req.mss);
	}
	self->c.default_mss = 1220;
	rig_connect(self);
	EXPECT_EQ(1220, self->c.mss);
}

/* shows MUST-16 */
TEST_F(rig, segments_fit_the_peer_and_the_path_with_their_options)
{
	self->cfg.timestamps = 1;
	self->in.opt.has |= ATCP_OPT_TS;
	self->in.opt.tsval = 1;
	rig_connect(self);
	EXPECT_EQ(RIG_MSS - ATCP_TS_LEN, self->c.mss);
	self->in.opt = (struct atcp_opts){ .has = ATCP_OPT_TS, .tsval = 1 };
	rig_write(self, 5 * self->c.mss);
	EXPECT_EQ(RIG_MSS - ATCP_TS_LEN, stub.out[0].len);
	/* a hole in what the peer sends takes room for a SACK block */
	rig_feed(self, THEIRS(101), 10, ATCP_ACK);
	rig_ack(self, 1 + 2 * self->c.mss, 20000);
	stub.sent = 0;
	rig_write(self, 5000);
	EXPECT_EQ(RIG_MSS - ATCP_TS_LEN - 12, stub.out[0].len);
	/* the path is narrower than the peer */
	atcp_conn_mtu(&self->c, 620, self->now);
	EXPECT_EQ(600 - ATCP_TS_LEN, self->c.mss);
}

/* shows MUST-67 */
TEST_F(rig, mss_told_is_what_ip_takes_less_twenty)
{
	struct atcp_listen l = { .default_mss = 536, .rcv_buf = 20000 };
	struct atcp_seg out;
	struct atcp_req req;

	for (l.mtu = 576; l.mtu < 65535; l.mtu += 97) {
		ASSERT_EQ(ATCP_V_NEW, atcp_listen_input(&l, &self->cfg, &self->in, 1, 0, self->now,
							&req, &out));
		EXPECT_EQ(l.mtu - 20, out.opt.mss);
	}
}

/* shows MUST-10 */
TEST_F(rig, both_open_at_once)
{
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN);
	EXPECT_EQ(ATCP_SYN_RECV, self->c.state);
	EXPECT_EQ(ATCP_SYN | ATCP_ACK, stub.last.flags);
	EXPECT_EQ(RIG_ISN, stub.last.seq);
	EXPECT_EQ(THEIRS(1), stub.last.ack);
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
	EXPECT_TRUE(self->c.ev & ATCP_EV_CONNECTED);
}

/* shows MUST-11 */
TEST_F(rig, who_opened_shows_in_a_reset)
{
	rig_accept(self);
	ASSERT_EQ(ATCP_SYN_RECV, self->c.state);
	rig_feed(self, THEIRS(1), 0, ATCP_RST);
	EXPECT_EQ(ATCP_E_RETURN, stub.event);
	/* the other one had called connect(), and is told */
	atcp_conn_purge(&self->c);
	memset(&self->c, 0, sizeof(self->c));
	atcp_conn_init(&self->c, &self->cfg);
	self->c.rcv_buf = 20000;
	self->c.mtu = 1480;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN);
	ASSERT_EQ(ATCP_SYN_RECV, self->c.state);
	rig_feed(self, THEIRS(1), 0, ATCP_RST);
	EXPECT_EQ(ATCP_E_RST, stub.event);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
	EXPECT_EQ(ECONNREFUSED, self->c.err);
}

/* shows RULE-3 */
TEST_F(rig, queued_data_rides_on_the_ack_of_the_syn)
{
	struct atcp_txseg *t = calloc(1, sizeof(*t));

	ASSERT_NE(NULL, t);
	t->len = 10;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	atcp_conn_queue(&self->c, t);
	stub.sent = 0;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	EXPECT_EQ(1, stub.sent);
	EXPECT_EQ(10, stub.last.len);
	EXPECT_EQ(THEIRS(1), stub.last.ack);
	EXPECT_EQ(ATCP_ACK | ATCP_PSH, stub.last.flags);
}

/* shows RULE-2 */
TEST_F(rig, reset_of_a_syn_has_to_know_its_number)
{
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	rig_feed(self, 0, 0, ATCP_RST);
	EXPECT_EQ(ATCP_SYN_SENT, self->c.state);
	self->in.ack = OURS(2);
	rig_feed(self, 0, 0, ATCP_RST | ATCP_ACK);
	self->in.ack = OURS(0);
	rig_feed(self, 0, 0, ATCP_RST | ATCP_ACK);
	EXPECT_EQ(ATCP_SYN_SENT, self->c.state);
	EXPECT_EQ(1, stub.sent);
	self->in.ack = OURS(1);
	rig_feed(self, 0, 0, ATCP_RST | ATCP_ACK);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
}

/* shows RFC5681-8 */
TEST_F(rig, handshake_opens_no_window)
{
	rig_connect(self);
	EXPECT_EQ(self->cfg.init_cwnd * RIG_MSS, self->c.cwnd);
}

/* shows RFC5681-8 */
TEST_F(rig, handshake_of_a_listener_opens_no_window)
{
	rig_accept(self);
	rig_feed(self, THEIRS(1), 0, ATCP_ACK);
	ASSERT_EQ(ATCP_ESTABLISHED, self->c.state);
	EXPECT_EQ(self->cfg.init_cwnd * RIG_MSS, self->c.cwnd);
}

TEST_HARNESS_MAIN
