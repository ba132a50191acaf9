// SPDX-License-Identifier: GPL-2.0-only
/* RFC 9406: rounds, the delay that ends slow start, and Conservative Slow Start. */

#include "api.h"
#include "hystart.h"
#include "kselftest_harness.h"
#include "port_stub.h"

#define MSS	1000
#define MS	ATCP_NS_PER_MS
#define US	ATCP_NS_PER_US
#define BURST	(45 * MSS)

FIXTURE(hystart) {
	struct atcp_conn c;
	struct atcp_hystart h;
};

FIXTURE_SETUP(hystart)
{
	self->c.mss = MSS;
	self->c.gso_max = MSS;
	self->c.cwnd = 10 * MSS;
	self->c.cwnd_limited = 1;
	/* sequence numbers wrap in the second round */
	self->c.snd_una = 0U - 15 * MSS;
	self->c.snd_nxt = self->c.snd_una + 10 * MSS;
	atcp_hystart_init(&self->h, &self->c);
}

FIXTURE_TEARDOWN(hystart)
{
}

/* So many ACKs with this sample, none of which ends the round. Return: of the last. */
static bool some(struct _test_data_hystart *self, u32 n, u64 rtt)
{
	bool over = false;

	while (n--) {
		atcp_hystart_rtt(&self->h, rtt);
		over = atcp_hystart_acked(&self->h, &self->c);
	}
	return over;
}

/* The ACK of all that was out, and as much again sent. */
static bool end(struct _test_data_hystart *self, u64 rtt)
{
	bool over;

	self->c.snd_una = self->c.snd_nxt;
	/* what is sent upon the ACK is sent after it was looked at */
	self->c.snd_nxt += 10 * MSS;
	atcp_hystart_rtt(&self->h, rtt);
	over = atcp_hystart_acked(&self->h, &self->c);
	return over;
}

static bool round_of(struct _test_data_hystart *self, u64 rtt)
{
	some(self, 7, rtt);
	return end(self, rtt);
}

/* In Conservative Slow Start growth is a quarter. */
static bool in_css(struct _test_data_hystart *self)
{
	return atcp_hystart_grow(&self->h, &self->c, 4 * MSS) == MSS;
}

TEST_F(hystart, growth)
{
	EXPECT_EQ(0, atcp_hystart_grow(&self->h, &self->c, 0));
	EXPECT_EQ(2 * MSS, atcp_hystart_grow(&self->h, &self->c, 2 * MSS));
	/* L: 8 segments an ACK, or one burst of the host's */
	EXPECT_EQ(8 * MSS, atcp_hystart_grow(&self->h, &self->c, 9 * MSS));
	self->c.gso_max = BURST;
	EXPECT_EQ(9 * MSS, atcp_hystart_grow(&self->h, &self->c, 9 * MSS));
	EXPECT_EQ(BURST, atcp_hystart_grow(&self->h, &self->c, U32_MAX));
}

TEST_F(hystart, steady_delay_never_ends_it)
{
	u32 i;

	for (i = 0; i < 100; i++)
		EXPECT_FALSE(round_of(self, 40 * MS));
	EXPECT_FALSE(in_css(self));
}

/* An eighth of the last round's delay, and 4 ms at least, 16 ms at most. */
static const struct {
	u64 last, below, enough;
} delays[] = {
	{ 40 * MS, 45 * MS - US, 45 * MS },
	{ 100 * US, 4100 * US - US, 4100 * US },
	{ 32 * MS, 36 * MS - US, 36 * MS },
	{ 128 * MS, 144 * MS - US, 144 * MS },
	{ 500 * MS, 516 * MS - US, 516 * MS },
};

TEST_F(hystart, how_much_more_delay)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(delays); i++) {
		atcp_hystart_init(&self->h, &self->c);
		round_of(self, delays[i].last);
		some(self, 8, delays[i].below);
		EXPECT_FALSE(in_css(self));

		atcp_hystart_init(&self->h, &self->c);
		round_of(self, delays[i].last);
		some(self, 8, delays[i].enough);
		EXPECT_TRUE(in_css(self));
	}
}

TEST_F(hystart, eight_samples)
{
	round_of(self, 40 * MS);
	some(self, 7, 80 * MS);
	EXPECT_FALSE(in_css(self));
	some(self, 1, 80 * MS);
	EXPECT_TRUE(in_css(self));
}

TEST_F(hystart, the_least_of_a_round_counts)
{
	round_of(self, 40 * MS);
	some(self, 4, 80 * MS);
	some(self, 1, 41 * MS);
	some(self, 20, 80 * MS);
	EXPECT_FALSE(in_css(self));
	/* of the last round, not of all: this one is compared with 41 ms */
	end(self, 80 * MS);
	some(self, 8, 46 * MS);
	EXPECT_FALSE(in_css(self));
	end(self, 46 * MS);
	some(self, 8, 50 * MS);
	EXPECT_FALSE(in_css(self));
}

TEST_F(hystart, a_round_without_samples)
{
	round_of(self, 40 * MS);
	self->c.snd_una = self->c.snd_nxt;
	self->c.snd_nxt += 10 * MSS;
	EXPECT_FALSE(atcp_hystart_acked(&self->h, &self->c));
	/* nothing to compare with */
	some(self, 8, 400 * MS);
	EXPECT_FALSE(in_css(self));
}

TEST_F(hystart, five_rounds_then_congestion_avoidance)
{
	u32 i;

	round_of(self, 40 * MS);
	some(self, 8, 50 * MS);
	EXPECT_TRUE(in_css(self));
	/* what was left of this round is the first */
	EXPECT_FALSE(end(self, 50 * MS));
	for (i = 0; i < 3; i++)
		EXPECT_FALSE(round_of(self, 50 * MS + i * MS));
	EXPECT_FALSE(some(self, 20, 50 * MS));
	EXPECT_TRUE(end(self, 50 * MS));
}

TEST_F(hystart, delay_that_does_not_last)
{
	u32 i;

	round_of(self, 40 * MS);
	round_of(self, 50 * MS);
	EXPECT_TRUE(in_css(self));
	some(self, 7, 50 * MS - US);
	EXPECT_TRUE(in_css(self));
	some(self, 1, 50 * MS);
	EXPECT_FALSE(in_css(self));
	/* late in a round of many samples */
	end(self, 50 * MS);
	round_of(self, 60 * MS);
	EXPECT_TRUE(in_css(self));
	some(self, 16, 60 * MS);
	some(self, 1, 59 * MS);
	EXPECT_FALSE(in_css(self));
	end(self, 50 * MS);
	/* and the whole of it once more: five rounds again */
	end(self, 50 * MS);
	for (i = 0; i < 4; i++) {
		EXPECT_FALSE(round_of(self, 60 * MS));
		EXPECT_TRUE(in_css(self));
	}
	EXPECT_TRUE(round_of(self, 60 * MS));
}

TEST_F(hystart, the_delay_of_others)
{
	u32 i;

	self->c.cwnd_limited = 0;
	for (i = 1; i < 20; i++)
		EXPECT_FALSE(round_of(self, i * 20 * MS));
	EXPECT_FALSE(in_css(self));
	/* rounds go on, so that the first that fills the window is compared with its neighbour */
	self->c.cwnd_limited = 1;
	EXPECT_FALSE(round_of(self, 380 * MS));
	EXPECT_FALSE(in_css(self));
	EXPECT_FALSE(round_of(self, 400 * MS));
	EXPECT_TRUE(in_css(self));
	self->c.cwnd_limited = 0;
	for (i = 0; i < 20; i++)
		EXPECT_FALSE(round_of(self, 400 * MS));
}

TEST_F(hystart, any_sample)
{
	round_of(self, 0);
	round_of(self, U64_MAX);
	EXPECT_TRUE(in_css(self));
	round_of(self, U64_MAX);
	EXPECT_TRUE(in_css(self));
	atcp_hystart_init(&self->h, &self->c);
	round_of(self, U64_MAX);
	round_of(self, U64_MAX);
	EXPECT_FALSE(in_css(self));
	/* one more than the field holds */
	atcp_hystart_init(&self->h, &self->c);
	round_of(self, 40 * MS);
	round_of(self, BIT(28) * US);
	EXPECT_TRUE(in_css(self));
}

TEST_HARNESS_MAIN
