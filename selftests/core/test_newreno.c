// SPDX-License-Identifier: GPL-2.0-only
/* RFC 5681 in bytes, and the registry of algorithms. */

#include "api.h"
#include "kselftest_harness.h"
#include "port_stub.h"

#define MSS	1000

FIXTURE(newreno) {
	struct atcp_cfg cfg;
	struct atcp_conn c;
	const struct atcp_cc_ops *cc;
};

FIXTURE_SETUP(newreno)
{
	atcp_cfg_init(&self->cfg);
	self->c.cfg = &self->cfg;
	self->c.mss = MSS;
	self->c.cwnd = 10 * MSS;
	self->c.ssthresh = U32_MAX;
	self->c.cwnd_limited = 1;
	self->cc = atcp_cc_find("reno");
	ASSERT_NE(NULL, self->cc);
	self->cc->init(&self->c, 1);
}

FIXTURE_TEARDOWN(newreno)
{
}

/* shows MUST-19 */
TEST_F(newreno, slow_start_doubles)
{
	u32 i;

	for (i = 0; i < 10; i++)
		self->cc->acked(&self->c, MSS, 1);
	EXPECT_EQ(20 * MSS, self->c.cwnd);
	/* ACKs of many segments, as after GRO, do no less */
	self->cc->acked(&self->c, 20 * MSS, 1);
	EXPECT_EQ(40 * MSS, self->c.cwnd);
}

TEST_F(newreno, idle_window_proves_nothing)
{
	self->c.cwnd_limited = 0;
	self->cc->acked(&self->c, 10 * MSS, 1);
	self->c.ssthresh = MSS;
	self->cc->acked(&self->c, 100 * MSS, 1);
	EXPECT_EQ(10 * MSS, self->c.cwnd);
}

/* shows MUST-19, RFC5681-15 */
TEST_F(newreno, one_segment_a_window)
{
	u32 i;

	self->c.ssthresh = 10 * MSS;
	for (i = 0; i < 9; i++)
		self->cc->acked(&self->c, MSS, 1);
	EXPECT_EQ(10 * MSS, self->c.cwnd);
	self->cc->acked(&self->c, MSS, 1);
	EXPECT_EQ(11 * MSS, self->c.cwnd);
	for (i = 0; i < 22; i++)
		self->cc->acked(&self->c, MSS / 2, 1);
	EXPECT_EQ(12 * MSS, self->c.cwnd);
	/* No more than one at a time, whatever one ACK covers */
	self->cc->acked(&self->c, 50 * MSS, 1);
	EXPECT_EQ(13 * MSS, self->c.cwnd);
}

/* shows RFC5681-16 */
TEST_F(newreno, one_segment_an_ack_at_most)
{
	static const u32 sizes[] = { 1, MSS, 10 * MSS, 25 * MSS, 200 * MSS, 1 << 29 };
	u32 i, before;

	self->c.ssthresh = 10 * MSS;
	for (i = 0; i < 100; i++) {
		before = self->c.cwnd;
		self->cc->acked(&self->c, sizes[i % ARRAY_SIZE(sizes)], 1);
		EXPECT_LE(before, self->c.cwnd);
		EXPECT_GE(before + MSS, self->c.cwnd);
	}
}

/* shows RFC5681-17 */
TEST_F(newreno, bytes_are_counted)
{
	static const u32 sizes[] = { 1, 999, 2 * MSS, 500, 3 * MSS, 7 };
	u32 i, cwnd = 10 * MSS, bytes = 0;

	self->c.ssthresh = 10 * MSS;
	for (i = 0; i < 600; i++) {
		self->cc->acked(&self->c, sizes[i % ARRAY_SIZE(sizes)], 1);
		bytes += sizes[i % ARRAY_SIZE(sizes)];
		if (bytes >= cwnd) {
			bytes -= cwnd;
			cwnd += MSS;
		}
		EXPECT_EQ(cwnd, self->c.cwnd);
	}
	EXPECT_LT(20 * MSS, cwnd);
}

/* shows RFC5681-18 */
TEST_F(newreno, one_segment_a_round_trip_at_most)
{
	u32 i, n, left, random = 1;

	self->c.ssthresh = 10 * MSS;
	for (i = 0; i < 50; i++) {
		u32 before = self->c.cwnd;

		/* a window in pieces, as an attacker may divide it */
		for (left = before; left; left -= n) {
			random = random * 1664525 + 1013904223;
			n = min(left, 1 + (random >> 16) % (i % 2 ? 100 : 4 * MSS));
			self->cc->acked(&self->c, n, 1);
		}
		EXPECT_GE(before + MSS, self->c.cwnd);
	}
	EXPECT_LT(50 * MSS, self->c.cwnd);
}

TEST_F(newreno, slow_start_ends_at_ssthresh)
{
	self->c.ssthresh = 12 * MSS;
	self->cc->acked(&self->c, 5 * MSS, 1);
	/* two went into slow start, three count for the next segment */
	EXPECT_EQ(12 * MSS, self->c.cwnd);
	self->cc->acked(&self->c, 9 * MSS - 1, 1);
	EXPECT_EQ(12 * MSS, self->c.cwnd);
	self->cc->acked(&self->c, 1, 1);
	EXPECT_EQ(13 * MSS, self->c.cwnd);
}

TEST_F(newreno, two_segments_an_ack_after_a_timeout)
{
	self->c.ca_state = ATCP_CA_LOSS;
	self->c.cwnd = MSS;
	self->c.ssthresh = 10 * MSS;
	self->cc->acked(&self->c, 5 * MSS, 1);
	EXPECT_EQ(3 * MSS, self->c.cwnd);
	self->cc->acked(&self->c, MSS, 1);
	EXPECT_EQ(4 * MSS, self->c.cwnd);
}

TEST_F(newreno, ssthresh_is_half_the_flight)
{
	self->c.snd_una = 0xfffff000;
	self->c.cwnd = 30 * MSS;
	self->c.snd_nxt = self->c.snd_una + 30 * MSS;
	EXPECT_EQ(15 * MSS, self->cc->ssthresh(&self->c, 1));
	/* what is lost or SACKed was in the flight; what limited transmit added was not */
	self->c.lost = 10 * MSS;
	self->c.sacked = 10 * MSS;
	self->c.snd_nxt += 2 * MSS;
	EXPECT_EQ(15 * MSS, self->cc->ssthresh(&self->c, 1));
	self->c.snd_nxt = self->c.snd_una + 3 * MSS;
	EXPECT_EQ(2 * MSS, self->cc->ssthresh(&self->c, 1));
}

TEST_F(newreno, bounded)
{
	self->c.cwnd = (1U << 30) - MSS;
	self->cc->acked(&self->c, U32_MAX, 1);
	EXPECT_EQ(1U << 30, self->c.cwnd);
	self->c.ssthresh = MSS;
	self->cc->acked(&self->c, U32_MAX, 1);
	self->cc->acked(&self->c, U32_MAX, 1);
	EXPECT_EQ(1U << 30, self->c.cwnd);
}

/* shows MAY-18 */
TEST(names)
{
	char buf[64], small[4];

	EXPECT_EQ(NULL, atcp_cc_find("reno "));
	EXPECT_EQ(NULL, atcp_cc_find(""));
	ASSERT_EQ(10, atcp_cc_names(buf, sizeof(buf)));
	EXPECT_STREQ("reno cubic", buf);
	EXPECT_EQ(10, atcp_cc_names(small, sizeof(small)));
	EXPECT_STREQ("ren", small);
	EXPECT_EQ(10, atcp_cc_names(NULL, 0));
	EXPECT_GT(ATCP_CC_NAME_MAX, strlen(atcp_cc_newreno.name));
	EXPECT_GT(ATCP_CC_NAME_MAX, strlen(atcp_cc_cubic.name));
}

TEST_HARNESS_MAIN
