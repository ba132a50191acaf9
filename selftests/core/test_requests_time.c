// SPDX-License-Identifier: GPL-2.0-only
/* RFC 9293 by the clock: giving up (3.8.3), keepalive (3.8.4), window probes (3.8.6.1). */
#include "rig.h"

/* The peer is silent until the connection is given up. Return: how long that took, ns. */
static u64 until_given_up(RIG)
{
	u64 start = self->now;

	while (!(self->c.ev & ATCP_EV_ERROR) && rig_timer(self))
		;
	return self->now - start;
}

/* shows MUST-23 */
TEST_F(rig, syn_is_tried_for_three_minutes)
{
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	EXPECT_GE(until_given_up(self), 180 * RIG_SEC);
	EXPECT_EQ(ETIMEDOUT, self->c.err);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
}

/* shows MUST-22 */
TEST_F(rig, syn_has_both_thresholds)
{
	self->cfg.retries1 = 3;
	self->c.syn_retries = 5;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	while (stub.sent < 4) {
		EXPECT_EQ(0, self->c.ev & ATCP_EV_ROUTE);
		ASSERT_TRUE(rig_timer(self));
	}
	EXPECT_TRUE(self->c.ev & ATCP_EV_ROUTE);
	/* "including notification of the application layer" */
	EXPECT_TRUE(self->c.ev & ATCP_EV_SOFT);
	EXPECT_EQ(ETIMEDOUT, self->c.soft_err);
	EXPECT_EQ(ATCP_SYN_SENT, self->c.state);
	until_given_up(self);
	EXPECT_EQ(1 + 5, stub.sent);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
	EXPECT_EQ(ETIMEDOUT, self->c.err);
}

/* shows MUST-20 */
TEST_F(rig, data_has_both_thresholds)
{
	u32 retries = 0;

	rig_connect(self);
	rig_write(self, 100);
	self->c.ev = 0;
	while (!(self->c.ev & ATCP_EV_ROUTE)) {
		ASSERT_TRUE(rig_timer(self));
		retries++;
	}
	EXPECT_EQ(self->cfg.retries1, retries);
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
	until_given_up(self);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
	EXPECT_EQ(ETIMEDOUT, self->c.err);
	EXPECT_GT(stub.sent, 1 + retries);
}

/* shows SHLD-10 */
TEST_F(rig, three_retransmissions_before_anybody_is_told)
{
	rig_connect(self);
	rig_write(self, 100);
	self->c.ev = 0;
	do {
		EXPECT_EQ(0, self->c.ev & (ATCP_EV_ROUTE | ATCP_EV_SOFT | ATCP_EV_ERROR));
		ASSERT_TRUE(rig_timer(self));
	} while (stub.sent < 1 + 3);
}

/* shows SHLD-11 */
TEST_F(rig, data_is_tried_for_a_hundred_seconds)
{
	rig_connect(self);
	self->c.rto_min_us = 1000;
	self->now += 1000;
	rig_write(self, 100);
	EXPECT_GE(until_given_up(self), 100 * RIG_SEC);
}

/* shows MUST-21 */
TEST_F(rig, user_sets_how_long_data_is_tried)
{
	rig_connect(self);
	self->c.user_timeout_ms = 20000;
	rig_write(self, 100);
	EXPECT_LT(until_given_up(self), 60 * RIG_SEC);
	EXPECT_GE(self->now - RIG_START, 20 * RIG_SEC);
	EXPECT_EQ(ETIMEDOUT, self->c.err);
}

/* shows SHLD-9, RULE-1 */
TEST_F(rig, user_is_told_between_the_thresholds)
{
	rig_connect(self);
	rig_write(self, 100);
	self->c.ev = 0;
	while (!(self->c.ev & ATCP_EV_SOFT))
		ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1 + self->cfg.retries1, stub.sent);
	EXPECT_EQ(ETIMEDOUT, self->c.soft_err);
	EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
	/* once for a row of timeouts, and over with it */
	self->c.ev = 0;
	rig_timer(self);
	EXPECT_EQ(0, self->c.ev & ATCP_EV_SOFT);
	rig_ack(self, 101, 20000);
	EXPECT_EQ(0, self->c.soft_err);
	EXPECT_TRUE(self->c.ev & ATCP_EV_SOFT);
}

TEST_F(rig, user_is_told_at_the_first_timeout)
{
	self->cfg.retries1 = 0;
	rig_connect(self);
	rig_write(self, 100);
	self->c.ev = 0;
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(2, stub.sent);
	EXPECT_TRUE(self->c.ev & ATCP_EV_SOFT);
	EXPECT_EQ(ETIMEDOUT, self->c.soft_err);
}

/* shows MUST-18, RFC6298-10 */
TEST_F(rig, what_was_sent_twice_is_not_measured)
{
	u64 srtt, rto;

	rig_connect(self);
	self->c.rtt = (struct atcp_rtt){ .srtt = RIG_SEC / 10, .rttvar = RIG_SEC / 100 };
	srtt = self->c.rtt.srtt;
	rto = atcp_conn_rto(&self->c);
	/* RFC 6298 2.3: srtt plus four times the variance, of which there is a minimum */
	EXPECT_EQ(srtt + self->cfg.rto_min, rto);
	rig_write(self, 100);
	EXPECT_EQ(self->now + rto, atcp_conn_deadline(&self->c));
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(2, stub.sent);
	self->now += RIG_SEC;
	rig_ack(self, 101, 20000);
	EXPECT_EQ(srtt, self->c.rtt.srtt);
	/* and the timeout stays backed off until there is a measure: Karn's algorithm */
	EXPECT_EQ(2 * rto, atcp_conn_rto(&self->c));
	rig_write(self, 100);
	self->now += RIG_SEC / 5;
	rig_ack(self, 201, 20000);
	EXPECT_GT(self->c.rtt.srtt, srtt);
	EXPECT_LT(atcp_conn_rto(&self->c), 2 * rto);
}

/* shows MUST-25 */
TEST_F(rig, no_keepalive_unless_asked_for)
{
	rig_connect(self);
	while (rig_timer(self))
		;
	EXPECT_FALSE(!!self->c.keepalive);
	EXPECT_EQ(0, stub.sent);
}

/* shows MUST-24, MAY-5 */
TEST_F(rig, keepalive_on_and_off)
{
	rig_connect(self);
	atcp_conn_keepalive(&self->c, true, self->now);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.sent);
	atcp_conn_keepalive(&self->c, false, self->now);
	EXPECT_FALSE(rig_timer(self));
	EXPECT_EQ(1, stub.sent);
}

/* shows MUST-28 */
TEST_F(rig, keepalive_waits_two_hours)
{
	rig_connect(self);
	atcp_conn_keepalive(&self->c, true, self->now);
	while (!stub.sent)
		ASSERT_TRUE(rig_timer(self));
	EXPECT_GE(self->now - RIG_START, 7200 * RIG_SEC);
}

/* shows MUST-27 */
TEST_F(rig, keepalive_waits_as_long_as_the_user_says)
{
	rig_connect(self);
	self->c.keep_idle_ms = 30000;
	atcp_conn_keepalive(&self->c, true, self->now);
	while (!stub.sent)
		ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(30 * RIG_SEC, self->now - RIG_START);
}

/* shows MUST-26 */
TEST_F(rig, keepalive_of_an_idle_connection_only)
{
	rig_connect(self);
	self->c.keep_idle_ms = 1000;
	self->c.rto_min_us = 10000000;
	self->c.rtt.srtt = RIG_SEC;
	atcp_conn_keepalive(&self->c, true, self->now);
	/* what the peer sends starts the interval anew */
	self->now += RIG_SEC / 2;
	rig_feed(self, THEIRS(1), 0, ATCP_ACK);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(0, stub.sent);
	EXPECT_EQ(RIG_START + RIG_SEC + RIG_SEC / 2, atcp_conn_deadline(&self->c));
	/* with data on the way there is no probe: that has a timer of its own */
	rig_write(self, 100);
	stub.sent = 0;
	ASSERT_TRUE(rig_timer(self));
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(0, stub.sent);
	rig_ack(self, 101, 20000);
	while (!stub.sent)
		ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(OURS(100), stub.last.seq);
}

/* shows MUST-29 */
TEST_F(rig, one_lost_probe_ends_nothing)
{
	u32 i;

	rig_connect(self);
	atcp_conn_keepalive(&self->c, true, self->now);
	for (i = 1; i <= 3; i++) {
		while (stub.sent < i)
			ASSERT_TRUE(rig_timer(self));
		EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
	}
	rig_feed(self, THEIRS(1), 0, ATCP_ACK);
	EXPECT_EQ(0, self->c.probes);
	until_given_up(self);
	EXPECT_EQ(3 + self->cfg.keep_probes + 1, stub.sent);
}

/* shows SHLD-12 */
TEST_F(rig, keepalive_carries_no_data)
{
	rig_connect(self);
	atcp_conn_keepalive(&self->c, true, self->now);
	while (!stub.sent)
		ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(0, stub.last.len);
	EXPECT_EQ(ATCP_ACK, stub.last.flags);
	EXPECT_EQ(OURS(0), stub.last.seq);
}

/* Data waits for a window that the peer has shut after taking all that was sent. */
static void shut(RIG)
{
	rig_connect(self);
	self->c.rtt.srtt = RIG_SEC;
	rig_write(self, 1000);
	rig_ack(self, 1001, 0);
	rig_write(self, 1000);
	stub.sent = 0;
}

/* shows SHLD-29 */
TEST_F(rig, first_probe_after_one_timeout)
{
	shut(self);
	EXPECT_EQ(self->now + atcp_conn_rto(&self->c), atcp_conn_deadline(&self->c));
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.sent);
}

/* shows SHLD-30 */
TEST_F(rig, probes_back_off)
{
	u64 gap, before;
	u32 i;

	shut(self);
	gap = atcp_conn_deadline(&self->c) - self->now;
	for (i = 0; i < 5; i++) {
		ASSERT_TRUE(rig_timer(self));
		EXPECT_EQ(i + 1, stub.sent);
		before = gap;
		gap = atcp_conn_deadline(&self->c) - self->now;
		EXPECT_EQ(2 * before, gap);
	}
}

/* shows MUST-36 */
TEST_F(rig, shut_window_is_probed_until_it_opens)
{
	u32 i;

	shut(self);
	for (i = 1; i <= 4; i++) {
		ASSERT_TRUE(rig_timer(self));
		EXPECT_EQ(i, stub.sent);
		/* out of the peer's window, so that it has to answer */
		EXPECT_EQ(OURS(1000), stub.last.seq);
		EXPECT_EQ(0, stub.last.len);
	}
	rig_ack(self, 1001, 5000);
	EXPECT_EQ(OURS(1001), stub.last.seq);
	EXPECT_EQ(1000, stub.last.len);
}

/* shows MUST-37 */
TEST_F(rig, answered_probes_keep_it_open_for_a_week)
{
	const u64 week = 7 * 24 * 3600 * RIG_SEC;

	shut(self);
	while (self->now < RIG_START + week) {
		ASSERT_TRUE(rig_timer(self));
		rig_ack(self, 1001, 0);
		ASSERT_EQ(ATCP_ESTABLISHED, self->c.state);
	}
	rig_ack(self, 1001, 5000);
	EXPECT_EQ(1000, stub.last.len);
}

TEST_F(rig, an_old_ack_answers_no_probe_of_a_shut_window)
{
	u32 i;

	shut(self);
	for (i = 0; i < 1000 && rig_timer(self); i++)
		rig_ack(self, 501, 0);
	EXPECT_EQ(ETIMEDOUT, self->c.err);
}

TEST_F(rig, data_after_probes_has_all_its_time)
{
	shut(self);
	/* nearly given up when the window opens */
	while (self->now < RIG_START + 800 * RIG_SEC)
		ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(0, self->c.err);
	rig_ack(self, 1001, 5000);
	EXPECT_EQ(1000, stub.last.len);
	EXPECT_GE(until_given_up(self), 800 * RIG_SEC);
}

/* shows MUST-35 */
TEST_F(rig, window_that_shrinks_to_nothing_is_probed)
{
	const u64 day = 24 * 3600 * RIG_SEC;
	u32 probes = 0;

	rig_connect(self);
	self->c.rtt.srtt = RIG_SEC;
	rig_write(self, 3000);
	rig_ack(self, 1001, 0);
	stub.sent = 0;
	while (self->now < RIG_START + day) {
		ASSERT_TRUE(rig_timer(self));
		if (stub.sent != probes) {
			probes = stub.sent;
			EXPECT_EQ(OURS(1000), stub.last.seq);
			EXPECT_EQ(0, stub.last.len);
		}
		rig_ack(self, 1001, 0);
		ASSERT_EQ(ATCP_ESTABLISHED, self->c.state);
	}
	EXPECT_GT(probes, 100);
	/* it opens: what was in flight may have been thrown away, and comes again soon */
	stub.sent = 0;
	rig_ack(self, 1001, 20000);
	EXPECT_LE(atcp_conn_deadline(&self->c), self->now + 3 * RIG_SEC);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(OURS(1001), stub.out[0].seq);
	EXPECT_NE(0, rig_bytes());
}

/* shows MUST-60 */
TEST_F(rig, what_is_held_back_goes_in_time)
{
	rig_connect(self);
	self->c.cork = 1;
	rig_write(self, 10);
	EXPECT_EQ(0, stub.sent);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(10, rig_bytes());
	/* the same of a window that is too small to be filled with good grace */
	rig_ack(self, 11, 100);
	self->c.cork = 0;
	rig_write(self, 1000);
	stub.sent = 0;
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(100, rig_bytes());
}

TEST_HARNESS_MAIN
