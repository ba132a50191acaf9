// SPDX-License-Identifier: GPL-2.0-only
/*
 * RFC 9438 by numbers worked out from its formulas, with segments of 1000 bytes: a loss at 100
 * segments makes K the cube root of 30 / 0.4, 4.21716 s. An ACK of a whole window takes cwnd to
 * the curve one round trip later, so that this is what is looked at.
 */

#include "api.h"
#include "kselftest_harness.h"
#include "port_stub.h"

#define MSS	1000
#define MS	ATCP_NS_PER_MS
#define SEC	ATCP_NS_PER_SEC
#define RTT	(100 * MS)
#define K	(4217 * MS + 163 * ATCP_NS_PER_US)
#define START	(12345 * SEC)

/* within what the clock's tick of a millisecond makes of the steepest slope here */
#define EXPECT_NEAR(want, got) ({					\
	s64 off_ = (s64)(want) - (s64)(got);				\
	EXPECT_LE(off_ < 0 ? -off_ : off_, 50) {			\
		TH_LOG("expected %lld, got %lld", (long long)(want), (long long)(got)); \
	}								\
})

FIXTURE(cubic) {
	struct atcp_cfg cfg;
	struct atcp_conn c;
	const struct atcp_cc_ops *cc;
};

static void flight(struct atcp_conn *c, u32 bytes)
{
	c->snd_nxt = c->snd_una + bytes;
}

FIXTURE_SETUP(cubic)
{
	struct atcp_conn *c = &self->c;

	atcp_cfg_init(&self->cfg);
	c->cfg = &self->cfg;
	c->mss = MSS;
	c->gso_max = MSS;
	c->cwnd = 100 * MSS;
	c->ssthresh = U32_MAX;
	c->cwnd_limited = 1;
	c->rtt.srtt = RTT;
	c->snd_una = 0xffffff00;
	flight(c, c->cwnd);
	self->cc = atcp_cc_find("cubic");
	ASSERT_NE(NULL, self->cc);
	ASSERT_EQ(self->cc, &atcp_cc_cubic);
	c->cc = self->cc;
	self->cc->init(c, START);
}

FIXTURE_TEARDOWN(cubic)
{
}

/* What fast recovery does, from its beginning to its end. */
static void lose(struct atcp_conn *c, u64 now)
{
	flight(c, c->cwnd);
	c->ssthresh = c->cc->ssthresh(c, now);
	c->cwnd = c->ssthresh;
	flight(c, c->cwnd);
}

static void time_out(struct atcp_conn *c, u64 now)
{
	flight(c, c->cwnd);
	c->ca_state = ATCP_CA_LOSS;
	c->ssthresh = c->cc->ssthresh(c, now);
	c->ca_state = ATCP_CA_OPEN;
	c->cwnd = c->mss;
}

/* An ACK of a whole window. */
static u32 ack(struct atcp_conn *c, u64 now)
{
	c->cc->acked(c, c->cwnd, now);
	return c->cwnd;
}

/* Of cwnd: how little the user had to send when something was lost tells nothing of the path. */
TEST_F(cubic, seven_tenths_of_the_window)
{
	struct atcp_conn *c = &self->c;

	EXPECT_EQ(70 * MSS, self->cc->ssthresh(c, START));
	flight(c, 33 * MSS);
	EXPECT_EQ(70 * MSS, self->cc->ssthresh(c, START));
	flight(c, 500 * MSS);
	EXPECT_EQ(70 * MSS, self->cc->ssthresh(c, START));
	c->cwnd = 33 * MSS;
	EXPECT_EQ(23100, self->cc->ssthresh(c, START));
	c->cwnd = 2 * MSS;
	EXPECT_EQ(2 * MSS, self->cc->ssthresh(c, START));
}

/* shows RFC9438-5, RFC9438-6, RFC9438-20, RFC9438-21 */
TEST_F(cubic, concave_then_convex)
{
	struct atcp_conn *c = &self->c;

	lose(c, START);
	EXPECT_EQ(70 * MSS, c->cwnd);
	/* C * (t - K)^3 + W_max, t being a round trip later than the ACK */
	EXPECT_NEAR(72084, ack(c, START));
	EXPECT_NEAR(87888, ack(c, START + SEC));
	EXPECT_NEAR(96205, ack(c, START + 2 * SEC));
	EXPECT_NEAR(99443, ack(c, START + 3 * SEC));
	EXPECT_NEAR(100 * MSS, ack(c, START + K - RTT));
	EXPECT_NEAR(103200, ack(c, START + K + 2 * SEC - RTT));
	EXPECT_NEAR(150 * MSS, ack(c, START + K + 5 * SEC - RTT));
}

/* shows RFC9438-5 */
TEST_F(cubic, as_much_as_was_acknowledged)
{
	struct atcp_conn *c = &self->c;
	u32 i;

	lose(c, START);
	/* (target - cwnd) / cwnd a segment: nearly all of it in a window of them */
	for (i = 0; i < 70; i++)
		self->cc->acked(c, MSS, START);
	EXPECT_GT(c->cwnd, 71250);
	EXPECT_LT(c->cwnd, 72084);
	/* and of an ACK that says more than the window no more */
	c->cwnd = 100 * MSS;
	lose(c, START);
	self->cc->acked(c, 130 * MSS, START);
	EXPECT_NEAR(72084, c->cwnd);
}

TEST_F(cubic, half_a_window_a_round_trip_at_most)
{
	struct atcp_conn *c = &self->c;

	lose(c, START);
	ack(c, START);
	c->cwnd = 80 * MSS;
	EXPECT_EQ(120 * MSS, ack(c, START + K + 30 * SEC));
	EXPECT_EQ(180 * MSS, ack(c, START + K + 30 * SEC));
}

TEST_F(cubic, never_down)
{
	struct atcp_conn *c = &self->c;

	lose(c, START);
	ack(c, START);
	c->cwnd = 95 * MSS;
	EXPECT_EQ(95 * MSS, ack(c, START + SEC));
}

/*
 * A window of 10 and 1 ms: the curve hardly moves while Reno's window grows; shows RFC9438-2,
 * RFC9438-3, RFC9438-4
 */
TEST_F(cubic, reno_friendly)
{
	struct atcp_conn *c = &self->c;
	u32 i;

	c->rtt.srtt = MS;
	c->cwnd = 20 * MSS;
	lose(c, START);
	EXPECT_EQ(14 * MSS, c->cwnd);
	/* 17/9 of a window are 26.4 segments; the curve rises by 16 bytes */
	self->cc->acked(c, 26 * MSS, START);
	EXPECT_LE(c->cwnd, 14 * MSS + 20);
	self->cc->acked(c, MSS, START);
	EXPECT_EQ(15 * MSS, c->cwnd);
	/* 17/9 of 15 + 16 + 17 + 18 + 19 segments to cwnd_prior: 160.6, of which 0.5 are there */
	for (i = 0; i < 159; i++)
		self->cc->acked(c, MSS, START);
	EXPECT_EQ(19 * MSS, c->cwnd);
	self->cc->acked(c, 1100, START);
	EXPECT_EQ(20 * MSS, c->cwnd);
	/* alpha is 1 from there: a segment a window */
	self->cc->acked(c, 19 * MSS, START);
	EXPECT_EQ(20 * MSS, c->cwnd);
	self->cc->acked(c, MSS, START);
	EXPECT_EQ(21 * MSS, c->cwnd);
	self->cc->acked(c, 20 * MSS, START);
	EXPECT_EQ(21 * MSS, c->cwnd);
	self->cc->acked(c, MSS, START);
	EXPECT_EQ(22 * MSS, c->cwnd);
}

/* 80 after 100: W_max is 0.85 * 80 = 68, cwnd 56, K = cube root of 30; shows RFC9438-13 */
TEST_F(cubic, fast_convergence)
{
	struct atcp_conn *c = &self->c;
	const u64 k = 3107 * MS;	/* 3.10723 s */

	lose(c, START);
	ack(c, START);
	c->cwnd = 80 * MSS;
	lose(c, START + SEC);
	EXPECT_EQ(56 * MSS, c->cwnd);
	EXPECT_NEAR(57121, ack(c, START + SEC));
	EXPECT_NEAR(64760, ack(c, START + 2 * SEC));
	EXPECT_NEAR(68 * MSS, ack(c, START + SEC + k - RTT));
	EXPECT_NEAR(71200, ack(c, START + SEC + k + 2 * SEC - RTT));
}

TEST_F(cubic, no_convergence_at_the_same_height)
{
	struct atcp_conn *c = &self->c;

	lose(c, START);
	ack(c, START);
	c->cwnd = 100 * MSS;
	lose(c, START + SEC);
	ack(c, START + SEC);
	EXPECT_NEAR(100 * MSS, ack(c, START + SEC + K - RTT));
}

TEST_F(cubic, timeout)
{
	struct atcp_conn *c = &self->c;

	lose(c, START);
	ack(c, START);
	c->cwnd = 100 * MSS;
	time_out(c, START + SEC);
	EXPECT_EQ(70 * MSS, c->ssthresh);
	/* two segments an ACK, as after any timeout */
	c->ca_state = ATCP_CA_LOSS;
	self->cc->acked(c, 5 * MSS, START + SEC);
	EXPECT_EQ(3 * MSS, c->cwnd);
	c->ca_state = ATCP_CA_OPEN;
	self->cc->acked(c, 60 * MSS, START + 2 * SEC);
	EXPECT_EQ(63 * MSS, c->cwnd);
	/* the rest of an ACK is congestion avoidance's: K is 0, W_max 70 */
	self->cc->acked(c, 8 * MSS, START + 3 * SEC);
	EXPECT_NEAR(70 * MSS, c->cwnd);
	EXPECT_NEAR(70400, ack(c, START + 4 * SEC - RTT));
	EXPECT_NEAR(120 * MSS, (ack(c, START + 8 * SEC - RTT), ack(c, START + 8 * SEC - RTT)));
}

/* Reno's window begins where congestion avoidance does; shows RFC9438-15 */
TEST_F(cubic, reno_friendly_after_a_timeout)
{
	struct atcp_conn *c = &self->c;

	c->rtt.srtt = MS;
	c->cwnd = 20 * MSS;
	time_out(c, START);
	ASSERT_EQ(14 * MSS, c->ssthresh);
	self->cc->acked(c, 13 * MSS, START);
	ASSERT_EQ(14 * MSS, c->cwnd);
	/* 17/9 of a window */
	self->cc->acked(c, 26 * MSS, START);
	EXPECT_LE(c->cwnd, 14 * MSS + 20);
	self->cc->acked(c, MSS, START);
	EXPECT_EQ(15 * MSS, c->cwnd);
}

/* shows RFC9438-17 */
TEST_F(cubic, slow_start_ends_the_stage)
{
	struct atcp_conn *c = &self->c;

	lose(c, START);
	ack(c, START);
	/* back to the initial window after an idle time: slow start, then the curve to W_max */
	c->cwnd = 10 * MSS;
	self->cc->acked(c, 30 * MSS, START + 60 * SEC);
	EXPECT_EQ(40 * MSS, c->cwnd);
	self->cc->acked(c, 30 * MSS, START + 60 * SEC);
	EXPECT_EQ(70 * MSS, c->cwnd);
	EXPECT_NEAR(72084, ack(c, START + 61 * SEC));
	EXPECT_NEAR(87888, ack(c, START + 62 * SEC));
}

TEST_F(cubic, a_window_set_lower_begins_anew)
{
	struct atcp_conn *c = &self->c;

	u32 i;

	lose(c, START);
	ack(c, START);
	self->cc->acked(c, 70 * MSS, START);
	c->cwnd_limited = 0;
	ack(c, START);
	c->cwnd_limited = 1;
	/* the initial window is above ssthresh and below W_est */
	c->ssthresh = 8 * MSS;
	c->cwnd = 10 * MSS;
	ack(c, START);
	EXPECT_LE(c->cwnd, 15 * MSS);
	/* 90 segments below W_max: K = 6.08220 s */
	for (i = 0; i < 7; i++)
		ack(c, START + 6082 * MS - RTT);
	EXPECT_NEAR(100 * MSS, c->cwnd);
}

/* shows RFC9438-1 */
TEST_F(cubic, application_limited_time_does_not_count)
{
	struct atcp_conn *c = &self->c;

	lose(c, START);
	EXPECT_NEAR(72084, ack(c, START));
	c->cwnd_limited = 0;
	EXPECT_NEAR(72084, ack(c, START + SEC));
	EXPECT_NEAR(72084, ack(c, START + 2000 * SEC));
	c->cwnd_limited = 1;
	/* it is t = 1 s still */
	EXPECT_NEAR(87888, ack(c, START + 3000 * SEC));
	EXPECT_NEAR(96205, ack(c, START + 3001 * SEC));
	/* nothing more to send: idle from here */
	c->snd_una = c->snd_nxt;
	EXPECT_NEAR(99443, ack(c, START + 3002 * SEC));
	flight(c, c->cwnd);
	EXPECT_NEAR(99443, ack(c, START + 8000 * SEC));
	EXPECT_NEAR(100 * MSS, ack(c, START + 8000 * SEC + K - 3 * SEC - RTT));
	/* a loss in such a time */
	c->cwnd_limited = 0;
	ack(c, START + 9000 * SEC);
	lose(c, START + 9000 * SEC);
	c->cwnd_limited = 1;
	EXPECT_NEAR(72084, ack(c, START + 9000 * SEC));
}

TEST_F(cubic, a_window_with_more_behind_it_is_no_idle_time)
{
	struct atcp_conn *c = &self->c;
	struct atcp_txseg unsent = { .len = MSS };

	lose(c, START);
	ack(c, START);
	c->snd_una = c->snd_nxt;
	c->tx_next = &unsent;
	ack(c, START + SEC);
	EXPECT_NEAR(96205, ack(c, START + 2 * SEC));
}

/* shows RFC9438-9 */
TEST_F(cubic, nothing_proved_nothing_grown)
{
	struct atcp_conn *c = &self->c;

	c->cwnd_limited = 0;
	EXPECT_EQ(100 * MSS, ack(c, START));
	c->ssthresh = 200 * MSS;
	EXPECT_EQ(100 * MSS, ack(c, START));
	c->ssthresh = 50 * MSS;
	EXPECT_EQ(100 * MSS, ack(c, START));
	EXPECT_EQ(100 * MSS, ack(c, START + 100 * SEC));
}

TEST_F(cubic, undo)
{
	struct atcp_conn *c = &self->c;
	struct atcp_conn same;
	u32 cwnd;

	lose(c, START);
	ack(c, START);
	ack(c, START + SEC);
	same = *c;
	cwnd = c->cwnd;
	lose(c, START + 1200 * MS);
	EXPECT_EQ(cwnd * 7ULL / 10, c->cwnd);
	ack(c, START + 1300 * MS);
	EXPECT_EQ(cwnd, self->cc->undo(c));
	c->cwnd = cwnd;
	c->ssthresh = same.ssthresh;
	/* it is as if nothing had been */
	EXPECT_EQ(ack(&same, START + 2 * SEC), ack(c, START + 2 * SEC));
	EXPECT_NEAR(96205, c->cwnd);
	EXPECT_EQ(ack(&same, START + 8 * SEC), ack(c, START + 8 * SEC));
}

/* RFC 4015 has the window grow back by slow start: the curve is where it was when it is there. */
TEST_F(cubic, undo_above_w_max)
{
	struct atcp_conn *c = &self->c;

	lose(c, START);
	ack(c, START);
	EXPECT_NEAR(103200, ack(c, START + K + 2 * SEC - RTT));
	lose(c, START + K + 2 * SEC);
	EXPECT_NEAR(103200, self->cc->undo(c));
	c->ssthresh = 103200;
	c->cwnd = 50 * MSS;
	self->cc->acked(c, 53200, START + K + 3 * SEC);
	EXPECT_EQ(103200, c->cwnd);
	EXPECT_NEAR(150 * MSS, ack(c, START + K + 5 * SEC - RTT));
}

/* Reno's segment a window from cwnd_prior on, whatever the window of the loss that was none. */
TEST_F(cubic, undo_of_the_prior_window)
{
	struct atcp_conn *c = &self->c;

	c->rtt.srtt = MS;
	c->cwnd = 10 * MSS;
	lose(c, START);
	c->cwnd = 20 * MSS;
	self->cc->acked(c, MSS, START);
	EXPECT_NEAR(20 * MSS, c->cwnd);
	c->cwnd = 30 * MSS;
	lose(c, START);
	EXPECT_EQ(30 * MSS, self->cc->undo(c));
	c->ssthresh = 7 * MSS;
	c->cwnd = 20 * MSS;
	self->cc->acked(c, 20 * MSS, START);
	EXPECT_EQ(21 * MSS, c->cwnd);
}

TEST_F(cubic, undo_of_a_loss_without_data_to_send)
{
	struct atcp_conn *c = &self->c;

	lose(c, START);
	ack(c, START);
	c->cwnd_limited = 0;
	ack(c, START + SEC);
	lose(c, START + 5000 * SEC);
	atcp_cc_rtt(c, 500 * MS);
	EXPECT_NEAR(72084, self->cc->undo(c));
	c->cwnd = 72084;
	c->cwnd_limited = 1;
	EXPECT_NEAR(87888, ack(c, START + 5000 * SEC));
	EXPECT_NEAR(96205, ack(c, START + 5001 * SEC));
}

/* shows RFC9438-16 */
TEST_F(cubic, undo_too_late)
{
	struct atcp_conn *c = &self->c;
	struct atcp_conn same;

	lose(c, START);
	ack(c, START);
	c->cwnd = 101 * MSS;
	memcpy(&same, c, sizeof(same));
	EXPECT_EQ(0, self->cc->undo(c));
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): the copy has its padding too */
	EXPECT_EQ(0, memcmp(c, &same, sizeof(same)));
}

TEST_F(cubic, undo_of_a_timeout)
{
	struct atcp_conn *c = &self->c;

	lose(c, START);
	ack(c, START);
	time_out(c, START + 100 * MS);
	EXPECT_NEAR(72084, self->cc->undo(c));
	c->cwnd = 72084;
	EXPECT_NEAR(87888, ack(c, START + SEC));
}

TEST_F(cubic, undo_in_the_first_slow_start)
{
	struct atcp_conn *c = &self->c;

	lose(c, START);
	ack(c, START);
	EXPECT_EQ(100 * MSS, self->cc->undo(c));
	c->cwnd = 100 * MSS;
	c->ssthresh = U32_MAX;
	self->cc->acked(c, MSS, START + SEC);
	EXPECT_EQ(101 * MSS, c->cwnd);
}

/* One round of RTT samples, all of them acknowledged. */
static void hystart_round(struct atcp_conn *c, u64 rtt)
{
	u32 i;

	for (i = 0; i < 8; i++)
		atcp_cc_rtt(c, rtt);
	c->snd_una = c->snd_nxt;
	c->snd_nxt += c->cwnd;
	c->cc->acked(c, MSS, START);
}

/* shows RFC9438-19 */
TEST_F(cubic, hystart_ends_the_first_slow_start)
{
	struct atcp_conn *c = &self->c;
	u32 i;

	hystart_round(c, 40 * MS);
	hystart_round(c, 40 * MS);
	EXPECT_EQ(102 * MSS, c->cwnd);
	hystart_round(c, 45 * MS);
	EXPECT_EQ(103 * MSS, c->cwnd);
	EXPECT_EQ(U32_MAX, c->ssthresh);
	/* the round it began in counts: four more, of a quarter's growth */
	for (i = 0; i < 3; i++)
		hystart_round(c, 45 * MS);
	EXPECT_EQ(U32_MAX, c->ssthresh);
	hystart_round(c, 45 * MS);
	EXPECT_EQ(104 * MSS, c->cwnd);
	EXPECT_EQ(104 * MSS, c->ssthresh);
	/* cwnd_prior is no higher than cwnd: Reno's segment a window */
	self->cc->acked(c, 103 * MSS, START);
	EXPECT_EQ(104 * MSS, c->cwnd);
	self->cc->acked(c, MSS, START);
	EXPECT_EQ(105 * MSS, c->cwnd);
	/* W_max is 104, K is 0 */
	EXPECT_NEAR(107200, ack(c, START + 2 * SEC - RTT));
	/* no sample is looked at any more */
	hystart_round(c, 500 * MS);
	EXPECT_NEAR(110250, ack(c, START + 2500 * MS - RTT));
}

TEST_F(cubic, bounded)
{
	static const u32 sizes[] = { 1, 536, MSS, 65495 };
	struct atcp_conn *c = &self->c;
	u32 i, day, before;
	u64 now;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		c->mss = sizes[i];
		c->cwnd = ATCP_CWND_MAX;
		c->ssthresh = U32_MAX;
		self->cc->init(c, START);
		EXPECT_EQ(ATCP_CWND_MAX, ack(c, START));
		lose(c, START);
		EXPECT_EQ(ATCP_CWND_MAX * 7ULL / 10, c->cwnd);
		now = 1ULL << 62;
		for (day = 0; day < 100; day++) {
			before = c->cwnd;
			EXPECT_GE(ack(c, now), before);
			EXPECT_LE(c->cwnd, ATCP_CWND_MAX);
			now += 24 * 3600 * SEC;
		}
		EXPECT_EQ(ATCP_CWND_MAX, c->cwnd);
		self->cc->acked(c, U32_MAX, now);
		EXPECT_EQ(ATCP_CWND_MAX, c->cwnd);
	}
}

/* Above every window for good, not only until a clock of 32 bits has gone round. */
TEST_F(cubic, a_stage_of_months)
{
	struct atcp_conn *c = &self->c;
	u32 day;

	lose(c, START);
	ack(c, START);
	for (day = 1; day < 150; day++) {
		c->cwnd = 100 * MSS;
		self->cc->acked(c, MSS, START + day * 24 * 3600 * SEC);
		EXPECT_EQ(100 * MSS + MSS / 2, c->cwnd);
	}
}

TEST_HARNESS_MAIN
