// SPDX-License-Identifier: GPL-2.0-only
/* RFC 8985 section 7.2: how long the ACK of a segment that is alone may be delayed. */
#include "recovery_rig.h"

/* Segments that go out one at a time, from @first on, and are acknowledged after @took. */
static void one_by_one(struct _test_data_recovery *self, u32 first, u32 count, u64 took)
{
	while (count--) {
		queue(self, 1);
		self->now += took;
		ack(self, ++first, 0, 0);
	}
}

/* A peer that is not known may delay it by 200 ms: this is after the timeout. */
TEST_F(recovery, unknown_peer)
{
	establish(self, true, false);
	one_by_one(self, 0, 7, RTT);
	queue(self, 1);
	EXPECT_EQ(atcp_conn_rto(&self->c), timer_comes(self));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
}

/* One that has always answered in time delays it no longer than we would. */
TEST_F(recovery, prompt_peer)
{
	establish(self, true, false);
	one_by_one(self, 0, 8, RTT);
	queue(self, 1);
	EXPECT_EQ(2 * RTT + ATCP_NS_PER_MS, timer_comes(self));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
	EXPECT_EQ(8, sent(self, 9));
}

/* On a short path what we would take is no fraction of the round trip. */
TEST_F(recovery, prompt_peer_nearby)
{
	u64 rtt = ATCP_NS_PER_MS / 2;

	establish(self, true, false);
	self->c.rtt.srtt = rtt;
	one_by_one(self, 0, 8, rtt);
	queue(self, 1);
	EXPECT_EQ(rtt + self->cfg.delack_max / 10 + ATCP_NS_PER_MS, timer_comes(self));
}

/* Once it takes its time it has to show the contrary anew. */
TEST_F(recovery, peer_that_hesitates)
{
	establish(self, true, false);
	one_by_one(self, 0, 7, RTT);
	one_by_one(self, 7, 1, 2 * RTT + RTT / 2);
	one_by_one(self, 8, 7, RTT);
	queue(self, 1);
	EXPECT_EQ(atcp_conn_rto(&self->c), timer_comes(self));
}

/* Is the peer, after @more prompt ACKs, taken to be prompt? A probe for nothing follows. */
static bool taken_for_prompt(struct _test_data_recovery *self, u32 *at, u32 more)
{
	bool early;

	stub.sent = 0;
	one_by_one(self, *at, more, RTT);
	*at += more;
	queue(self, 1);
	early = timer_comes(self) < atcp_conn_rto(&self->c);
	ack_twice(self, *at + 1, *at);
	*at += 1;
	/* a round trip is measured again */
	one_by_one(self, *at, 1, 2 * RTT + RTT / 2);
	*at += 1;
	return early;
}

/* After a probe for nothing more is asked of the peer, after the third there is none any more. */
TEST_F(recovery, probe_for_nothing)
{
	u32 at = 0;

	establish(self, true, false);
	EXPECT_TRUE(taken_for_prompt(self, &at, 8));
	EXPECT_FALSE(!!self->c.tlp_out);
	EXPECT_FALSE(taken_for_prompt(self, &at, 31));
	EXPECT_TRUE(taken_for_prompt(self, &at, 32));
	EXPECT_FALSE(taken_for_prompt(self, &at, 127));
	EXPECT_TRUE(taken_for_prompt(self, &at, 128));
	EXPECT_FALSE(taken_for_prompt(self, &at, 1000));
}

/* The same, of a peer that knows SACK but not DSACK. */
TEST_F(recovery, probe_for_nothing_and_two_acks)
{
	establish(self, true, false);
	one_by_one(self, 0, 8, RTT);
	queue(self, 1);
	timer_comes(self);
	ack(self, 9, 0, 0);
	queue(self, 1);
	ack(self, 9, 0, 0);
	EXPECT_FALSE(!!self->c.tlp_out);
	self->now += RTT;
	ack(self, 10, 0, 0);
	one_by_one(self, 10, 20, RTT);
	queue(self, 1);
	EXPECT_EQ(atcp_conn_rto(&self->c), timer_comes(self));
}

/* Two segments are acknowledged at once, as they always were. */
TEST_F(recovery, two_wait_for_no_delay)
{
	establish(self, true, false);
	queue(self, 2);
	EXPECT_EQ(2 * RTT, timer_comes(self));
}

TEST_HARNESS_MAIN
