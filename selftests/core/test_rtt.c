// SPDX-License-Identifier: GPL-2.0-only
/* RFC 6298, clause by clause. */

#include "config.h"
#include "kselftest_harness.h"
#include "rtt.h"

#define MS	ATCP_NS_PER_MS
#define INITIAL	(1000 * MS)
#define MIN	(200 * MS)
#define MAX	(120000 * MS)

FIXTURE(rtt) {
	struct atcp_rtt r;
};

FIXTURE_SETUP(rtt)
{
}

FIXTURE_TEARDOWN(rtt)
{
}

static u64 rto(const struct atcp_rtt *r)
{
	return atcp_rtt_rto(r, INITIAL, MIN, MAX);
}

TEST_F(rtt, initial)
{
	EXPECT_EQ(INITIAL, rto(&self->r));
	self->r.backoff = 2;
	EXPECT_EQ(4 * INITIAL, rto(&self->r));
}

/* shows RFC6298-4 */
TEST_F(rtt, first_sample)
{
	atcp_rtt_sample(&self->r, 400 * MS, 0);
	EXPECT_EQ(400 * MS, self->r.srtt);
	EXPECT_EQ(200 * MS, self->r.rttvar);
	EXPECT_EQ(400 * MS, (u64)self->r.min);
	EXPECT_EQ(1200 * MS, rto(&self->r));
}

/* shows RFC6298-5, RFC6298-7 */
TEST_F(rtt, second_sample)
{
	atcp_rtt_sample(&self->r, 400 * MS, 0);
	atcp_rtt_sample(&self->r, 480 * MS, 0);
	/* rttvar = 3/4 * 200 + 1/4 * |400 - 480|, by the srtt from before */
	EXPECT_EQ(170 * MS, self->r.rttvar);
	EXPECT_EQ(410 * MS, self->r.srtt);
	EXPECT_EQ(400 * MS, (u64)self->r.min);
	atcp_rtt_sample(&self->r, 10 * MS, 0);
	EXPECT_EQ(227500000, self->r.rttvar);
	EXPECT_EQ(360 * MS, self->r.srtt);
	EXPECT_EQ(10 * MS, (u64)self->r.min);
}

/* shows RFC6298-6 */
TEST_F(rtt, deviation_is_from_the_old_mean)
{
	atcp_rtt_sample(&self->r, 800 * MS, 0);
	atcp_rtt_sample(&self->r, 1600 * MS, 0);
	/* of 800 ms; it would be 700 of the new mean, which is 900 */
	EXPECT_EQ(300 * MS + 200 * MS, self->r.rttvar);
	EXPECT_EQ(900 * MS, self->r.srtt);
}

/* shows RFC6298-8 */
TEST_F(rtt, timeout_follows_each_sample)
{
	u32 i;

	for (i = 1; i <= 20; i++) {
		atcp_rtt_sample(&self->r, i % 3 * 700 * MS + 300 * MS, 0);
		EXPECT_LT(MIN, 4 * self->r.rttvar);
		EXPECT_EQ(self->r.srtt + 4 * self->r.rttvar, rto(&self->r));
	}
}

/* shows RFC6298-13 */
TEST_F(rtt, no_variance_is_a_tick)
{
	self->r.srtt = 400 * MS;
	/* the least that can be set is more than a tick, which is 1 ns */
	EXPECT_EQ(400 * MS + ATCP_NS_PER_US, atcp_rtt_rto(&self->r, INITIAL, ATCP_NS_PER_US, MAX));
	EXPECT_EQ(400 * MS + MIN, rto(&self->r));
}

TEST_F(rtt, floor_is_on_the_variance)
{
	u32 i;

	for (i = 0; i < 200; i++)
		atcp_rtt_sample(&self->r, 50 * MS, 0);
	EXPECT_LE(49 * MS, self->r.srtt);
	EXPECT_GE(50 * MS, self->r.srtt);
	EXPECT_GT(MS, self->r.rttvar);
	EXPECT_EQ(self->r.srtt + MIN, rto(&self->r));
	EXPECT_EQ(self->r.srtt + 5 * MS, atcp_rtt_rto(&self->r, INITIAL, 5 * MS, MAX));
}

TEST_F(rtt, follows_a_change)
{
	u32 i;

	for (i = 0; i < 50; i++)
		atcp_rtt_sample(&self->r, 20 * MS, 0);
	for (i = 0; i < 50; i++)
		atcp_rtt_sample(&self->r, 300 * MS, 0);
	EXPECT_LE(295 * MS, self->r.srtt);
	EXPECT_GE(300 * MS, self->r.srtt);
	EXPECT_LE(300 * MS, rto(&self->r));
}

/* shows MUST-19 */
TEST_F(rtt, back_off_doubles_up_to_the_ceiling)
{
	u32 i;

	atcp_rtt_sample(&self->r, 400 * MS, 0);
	for (i = 0; i < 256; i++) {
		self->r.backoff = i;
		EXPECT_EQ(i < 7 ? (1200 * MS) << i : MAX, rto(&self->r));
	}
}

TEST_F(rtt, ceiling_without_back_off)
{
	atcp_rtt_sample(&self->r, 200000 * MS, 0);
	EXPECT_EQ(MAX, rto(&self->r));
}

TEST_F(rtt, sample_ends_the_back_off)
{
	self->r.backoff = 5;
	atcp_rtt_sample(&self->r, 400 * MS, 0);
	EXPECT_EQ(0, (u64)self->r.backoff);
	EXPECT_EQ(1200 * MS, rto(&self->r));
}

TEST_F(rtt, zero_counts_as_one)
{
	u32 i;

	atcp_rtt_sample(&self->r, 0, 0);
	EXPECT_EQ(1, self->r.srtt);
	EXPECT_EQ(1, (u64)self->r.min);
	for (i = 0; i < 20; i++)
		atcp_rtt_sample(&self->r, 0, 0);
	/* an srtt of 0 would say that there was no sample */
	EXPECT_LE(1, self->r.srtt);
	EXPECT_EQ(self->r.srtt + MIN, rto(&self->r));
}

/* shows RFC8985-12 */
TEST_F(rtt, smallest_of_late)
{
	u64 now = 1000000 * MS;
	u32 i;

	atcp_rtt_sample(&self->r, 20 * MS, now);
	/* the path has become longer */
	for (i = 0; i < 650; i++, now += 1000 * MS) {
		EXPECT_TRUE(i > 250 || self->r.min == 20 * MS);
		EXPECT_TRUE(i != 400 || self->r.min == 140 * MS);
		atcp_rtt_sample(&self->r, (i == 100 ? 140 : 150) * MS, now);
		atcp_rtt_sample(&self->r, 160 * MS, now);
	}
	EXPECT_EQ(150 * MS, (u64)self->r.min);
	/* and shorter again at once */
	atcp_rtt_sample(&self->r, 90 * MS, now);
	EXPECT_EQ(90 * MS, (u64)self->r.min);
}

TEST_HARNESS_MAIN
