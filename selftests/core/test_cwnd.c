// SPDX-License-Identifier: GPL-2.0-only
/* What cwnd grows of: data that was out while it was full (RFC 7661, RFC 9438 section 4.6). */
#include "recovery_rig.h"

/* All that was out then counts, not only what is acknowledged while more still waits. */
TEST_F(recovery, of_what_was_out_when_it_was_full)
{
	ten(self, true, false, 2);
	ASSERT_EQ(10, stub.sent);
	ack(self, 2, 0, 0);
	EXPECT_EQ(12, stub.sent);
	EXPECT_EQ(12 * MSS, self->c.cwnd);
	ack(self, 4, 0, 0);
	EXPECT_EQ(14 * MSS, self->c.cwnd);
	ack(self, 10, 0, 0);
	EXPECT_EQ(20 * MSS, self->c.cwnd);
	/* these two went out into a window with room for more */
	ack(self, 12, 0, 0);
	EXPECT_EQ(20 * MSS, self->c.cwnd);
}

/* Less than a window has shown nothing, however often. */
TEST_F(recovery, not_of_less_than_a_window)
{
	u32 i;

	establish(self, true, false);
	for (i = 1; i <= 5; i++) {
		queue(self, 9);
		self->now += RTT;
		ack(self, 9 * i, 0, 0);
		EXPECT_EQ(10 * MSS, self->c.cwnd);
	}
}

/* RFC 9438 section 5.8: what leaves no room for a segment is no less than what is allowed. */
TEST_F(recovery, of_a_window_with_nothing_left_over)
{
	ten(self, true, false, 0);
	ASSERT_EQ(10, stub.sent);
	ack(self, 10, 0, 0);
	EXPECT_EQ(20 * MSS, self->c.cwnd);
}

/* The same, with less than a segment of it left. */
TEST_F(recovery, of_a_window_with_next_to_nothing_left_over)
{
	establish(self, true, false);
	self->c.last_snd = self->now;
	self->c.cwnd += MSS - 1;
	queue(self, 10);
	self->now += RTT;
	ack(self, 10, 0, 0);
	EXPECT_EQ(21 * MSS - 1, self->c.cwnd);
}

/* What is sent again fills the window like what is new. */
TEST_F(recovery, of_what_is_sent_again)
{
	self->cfg.early_retrans = 0;
	ten(self, true, false, 0);
	timer_comes(self);
	ASSERT_EQ(MSS, self->c.cwnd);
	self->now += RTT;
	ack(self, 1, 0, 0);
	EXPECT_EQ(2 * MSS, self->c.cwnd);
	self->now += RTT;
	ack(self, 2, 0, 0);
	EXPECT_EQ(3 * MSS, self->c.cwnd);
	ack(self, 3, 0, 0);
	EXPECT_EQ(4 * MSS, self->c.cwnd);
}

TEST_HARNESS_MAIN
