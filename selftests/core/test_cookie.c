// SPDX-License-Identifier: GPL-2.0-only
/* SYN cookies: RFC 4987 section 3.6. */

#include "cookie.h"
#include "endpoint.h"
#include "kselftest_harness.h"
#include "port_stub.h"

#define START	(100 * ATCP_COOKIE_PERIOD)
#define PEER	0x7ffffffeU	/* the peer's ISN */
#define TS_OFF	77
#define ALL	(ATCP_OPT_MSS | ATCP_OPT_WSCALE | ATCP_OPT_SACK_OK | ATCP_OPT_TS)

/* As good as a keyed one for whoever does not want to break it. */
static u32 mix(const void *ends, u32 irs, u32 count, u32 word)
{
	u64 h = *(const u32 *)ends;

	h = (h ^ irs) * 0x9e3779b97f4a7c15ULL;
	h = (h ^ (h >> 29) ^ count) * 0xbf58476d1ce4e5b9ULL;
	h = (h ^ (h >> 32) ^ word) * 0x94d049bb133111ebULL;
	return h >> 32;
}

FIXTURE(cookie) {
	struct atcp_cfg cfg;
	struct atcp_listen l;
	struct atcp_cookie k;
	u32 ends;
	struct atcp_seg in;
	struct atcp_seg out;
	struct atcp_req req;
};

FIXTURE_SETUP(cookie)
{
	atcp_cfg_init(&self->cfg);
	self->l = endpoint_listener(40000);
	self->l.rcv_buf_max = 3 << 20;
	self->ends = 4711;
	self->k = (struct atcp_cookie){ .mac = mix, .ends = &self->ends };
	self->in = (struct atcp_seg){
		.seq = PEER, .wnd = 5000, .flags = ATCP_SYN,
		.opt = { .has = ALL, .mss = 1400, .wscale = 9, .tsval = 1000 },
	};
	memset(&stub, 0, sizeof(stub));
}

FIXTURE_TEARDOWN(cookie)
{
}

/* A SYN is answered at @now, and @in made the third segment. */
static bool answer(struct _test_data_cookie *self, u64 now)
{
	u8 has = self->in.opt.has;

	if (atcp_listen_input(&self->l, &self->cfg, &self->in, 1, TS_OFF, now, &self->req,
			      &self->out) != ATCP_V_NEW)
		return false;
	atcp_cookie_make(&self->k, &self->l, &self->req, now, &self->out);
	self->in = (struct atcp_seg){
		.seq = PEER + 1, .ack = self->out.seq + 1, .wnd = 500, .flags = ATCP_ACK,
		.opt = { .has = has & ATCP_OPT_TS, .tsval = 1001, .tsecr = self->out.opt.tsval },
	};
	memset(&self->req, 0xee, sizeof(self->req));
	return true;
}

static bool check(struct _test_data_cookie *self, u64 now)
{
	return atcp_cookie_check(&self->k, &self->l, &self->cfg, &self->in, TS_OFF, now,
				 &self->req);
}

TEST_F(cookie, is_a_handshake_like_another)
{
	ASSERT_TRUE(answer(self, START));
	EXPECT_EQ(ATCP_SYN | ATCP_ACK, self->out.flags);
	EXPECT_EQ(PEER + 1, self->out.ack);
	EXPECT_EQ(40000, self->out.wnd);
	EXPECT_EQ(ALL, self->out.opt.has);
	EXPECT_EQ(1000, self->out.opt.tsecr);
	ASSERT_TRUE(check(self, START));
	EXPECT_EQ(ATCP_SYN_RECV, self->req.state);
	EXPECT_EQ(PEER, self->req.irs);
	EXPECT_EQ(self->out.seq, self->req.iss);
	EXPECT_EQ(ALL & ~ATCP_OPT_MSS, self->req.has);
	EXPECT_EQ(1400, self->req.mss);
	EXPECT_EQ(9, self->req.wscale);
	EXPECT_EQ(self->out.opt.wscale, self->req.rcv_wscale);
	EXPECT_EQ(40000, self->req.wnd);
	EXPECT_EQ(1001, self->req.ts_recent);
	EXPECT_EQ(TS_OFF, self->req.ts_off);
	EXPECT_EQ(0, self->req.ecn);
}

/* Nobody knows when the SYN,ACK was sent. */
TEST_F(cookie, is_no_sample_of_the_round_trip)
{
	struct atcp_conn c = { };

	ASSERT_TRUE(answer(self, START));
	ASSERT_TRUE(check(self, START + 1));
	atcp_conn_init(&c, &self->cfg);
	c.mtu = ENDPOINT_MTU;
	c.adv_mss = ENDPOINT_MSS;
	c.rcv_buf = 40000;
	atcp_conn_accept(&c, &self->req, START + 2);
	EXPECT_EQ(ATCP_SYN_RECV, c.state);
	EXPECT_EQ(0, c.rtt.srtt);
	EXPECT_EQ(self->cfg.rto_initial, atcp_conn_rto(&c));
	atcp_conn_purge(&c);
}

/* Each option for itself comes through, and so does its lack. */
TEST_F(cookie, keeps_every_option)
{
	const struct atcp_seg syn = self->in;
	u32 has, ecn, shift;

	for (has = 0; has < 8; has++)
		for (ecn = 0; ecn < 2; ecn++)
			for (shift = 0; shift <= ATCP_MAX_WSCALE; shift++) {
				self->in = syn;
				self->in.opt.has = ATCP_OPT_MSS | ATCP_OPT_TS;
				self->in.opt.has |= has & 1 ? ATCP_OPT_SACK_OK : 0;
				self->in.opt.has |= has & 2 ? ATCP_OPT_WSCALE : 0;
				self->in.flags |= ecn ? ATCP_ECE | ATCP_CWR : 0;
				self->in.opt.wscale = shift;
				self->in.wnd = has;
				ASSERT_TRUE(answer(self, START + (has << 20)));
				EXPECT_EQ(!!ecn, !!(self->out.flags & ATCP_ECE));
				ASSERT_TRUE(check(self, START));
				EXPECT_EQ(!!(has & 1), !!(self->req.has & ATCP_OPT_SACK_OK));
				EXPECT_EQ(!!(has & 2), !!(self->req.has & ATCP_OPT_WSCALE));
				EXPECT_EQ(has & 2 ? shift : 0, self->req.wscale);
				EXPECT_EQ(!!ecn, !!self->req.ecn);
			}
}

/* Where there is no timestamp to keep them nothing is promised. */
TEST_F(cookie, without_timestamps_has_no_options)
{
	self->in.opt.has = ALL & ~ATCP_OPT_TS;
	self->in.flags |= ATCP_ECE | ATCP_CWR;
	ASSERT_TRUE(answer(self, START));
	EXPECT_EQ(ATCP_SYN | ATCP_ACK, self->out.flags);
	EXPECT_EQ(ATCP_OPT_MSS, self->out.opt.has);
	ASSERT_TRUE(check(self, START));
	EXPECT_EQ(0, self->req.has);
	EXPECT_EQ(0, self->req.wscale);
	EXPECT_EQ(0, self->req.rcv_wscale);
	EXPECT_EQ(0, self->req.ecn);
	/* and a timestamp cannot bring them back */
	self->in.opt.has = ATCP_OPT_TS;
	self->in.opt.tsecr = 0x39;
	EXPECT_FALSE(check(self, START));
}

/* Never more than the peer takes, and of the common sizes all of it. MUST-15: none said is 536 */
TEST_F(cookie, keeps_the_mss)
{
	static const u16 kept[] = { 64, 536, 1220, 1360, 1400, 1440, 1460, 8940 };
	static const u16 less[][2] = { { 65, 64 }, { 535, 64 }, { 537, 536 }, { 1459, 1440 },
				       { 1461, 1460 }, { 65535, 8940 } };
	const struct atcp_seg syn = self->in;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kept) + ARRAY_SIZE(less); i++) {
		u16 mss = i < ARRAY_SIZE(kept) ? kept[i] : less[i - ARRAY_SIZE(kept)][0];
		u16 want = i < ARRAY_SIZE(kept) ? mss : less[i - ARRAY_SIZE(kept)][1];

		self->in = syn;
		self->in.opt.mss = mss;
		ASSERT_TRUE(answer(self, START));
		ASSERT_TRUE(check(self, START));
		EXPECT_EQ(want, self->req.mss);
	}
	self->in = syn;
	self->in.opt.has = 0;
	self->l.default_mss = 536;
	ASSERT_TRUE(answer(self, START));
	ASSERT_TRUE(check(self, START));
	EXPECT_EQ(536, self->req.mss);
}

TEST_F(cookie, is_good_for_a_minute_or_two)
{
	ASSERT_TRUE(answer(self, START));
	EXPECT_TRUE(check(self, START + 2 * ATCP_COOKIE_PERIOD - 1));
	EXPECT_FALSE(check(self, START + 2 * ATCP_COOKIE_PERIOD));
	EXPECT_FALSE(check(self, START + 3 * ATCP_COOKIE_PERIOD));
	/* when the two bits of its time come round */
	EXPECT_FALSE(check(self, START + 4 * ATCP_COOKIE_PERIOD));
	EXPECT_FALSE(check(self, START - 1));
}

/* One bit off in any number, and it is none of ours. */
TEST_F(cookie, is_not_to_be_guessed)
{
	struct atcp_seg in;
	u32 i;

	ASSERT_TRUE(answer(self, START));
	in = self->in;
	for (i = 0; i < 32; i++) {
		self->in = in;
		self->in.ack ^= 1U << i;
		EXPECT_FALSE(check(self, START));
		self->in = in;
		self->in.seq ^= 1U << i;
		EXPECT_FALSE(check(self, START));
	}
	for (i = 0; i < 6; i++) {
		self->in = in;
		self->in.opt.tsecr ^= 1U << i;
		EXPECT_FALSE(check(self, START));
	}
	self->in = in;
	self->ends++;
	EXPECT_FALSE(check(self, START));
	self->ends--;
	/* an ACK that loses its timestamp on the way: without it there are no options */
	self->in.opt.has = 0;
	EXPECT_FALSE(check(self, START));
	self->in = in;
	EXPECT_TRUE(check(self, START));
	/* a segment that is none of ours is no event of the state machine */
	stub.transitions = 0;
	self->in.ack++;
	EXPECT_FALSE(check(self, START));
	EXPECT_EQ(0, stub.transitions);
}

/* All of the number is used. */
TEST_F(cookie, is_of_every_bit)
{
	const struct atcp_seg syn = self->in;
	u32 i, ones = 0, zeros = 0;

	for (i = 0; i < 1000; i++) {
		self->in = syn;
		self->in.seq = i;
		self->in.opt.mss = i * 10;
		ASSERT_TRUE(answer(self, START + i * ATCP_COOKIE_PERIOD));
		ones |= self->out.seq;
		zeros |= ~self->out.seq;
	}
	EXPECT_EQ(U32_MAX, ones);
	EXPECT_EQ(U32_MAX, zeros);
}

/* The peer goes by what the SYN,ACK has said. */
TEST_F(cookie, of_other_settings_is_none)
{
	struct atcp_listen l = self->l;
	struct atcp_cfg cfg = self->cfg;

	ASSERT_TRUE(answer(self, START));
	self->l.rcv_buf -= 1;
	EXPECT_FALSE(check(self, START));
	self->l = l;
	self->l.rcv_buf_max *= 2;
	EXPECT_FALSE(check(self, START));
	self->l = l;
	self->cfg.sack = 0;
	EXPECT_FALSE(check(self, START));
	self->cfg = cfg;
	self->cfg.timestamps = 0;
	EXPECT_FALSE(check(self, START));
	self->cfg = cfg;
	EXPECT_TRUE(check(self, START));
}

/* RFC 7323 section 5.3: what comes after the SYN,ACK must not look older. */
TEST_F(cookie, is_never_ahead_of_the_clock)
{
	const struct atcp_seg syn = self->in;
	u64 now;

	for (now = START; now < START + 200 * ATCP_NS_PER_MS; now += ATCP_NS_PER_MS) {
		self->in = syn;
		self->in.opt.wscale = now % 15;
		ASSERT_TRUE(answer(self, now));
		EXPECT_GE((s32)(atcp_tsval(TS_OFF, now) - self->out.opt.tsval), 0);
		EXPECT_LT((s32)(atcp_tsval(TS_OFF, now) - self->out.opt.tsval), 64);
		EXPECT_TRUE(check(self, now));
	}
}

/* A network that marks SYNs is not to be trusted with ECN: as without a cookie. */
TEST_F(cookie, of_a_marked_syn_has_no_ecn)
{
	self->in.flags |= ATCP_ECE | ATCP_CWR;
	self->in.ce = true;
	ASSERT_TRUE(answer(self, START));
	EXPECT_FALSE(self->out.flags & ATCP_ECE);
	ASSERT_TRUE(check(self, START));
	EXPECT_EQ(0, self->req.ecn);
}

TEST_HARNESS_MAIN
