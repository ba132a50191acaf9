// SPDX-License-Identifier: GPL-2.0-only
/* Loss recovery with timestamps: what the echo in an ACK tells of a retransmission. */
#include "recovery_rig.h"

/*
 * RFC 7323 section 4.3: above a hole the peer echoes what came before it. So RFC 8985 section 7.3:
 * a probe shows the holes all the same.
 */
TEST_F(recovery, tail)
{
	establish(self, true, true);
	queue(self, 3);
	timer_comes(self);
	ASSERT_EQ(4, stub.sent);
	EXPECT_EQ(2, sent(self, 3));
	self->now += RTT;
	ack(self, 0, 2, 3);
	EXPECT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	ASSERT_LE(5, stub.sent);
	EXPECT_EQ(0, sent(self, 4));
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
}

/* RFC 8985 section 6.2, step 2: at the left edge the echo is that of the original. */
TEST_F(recovery, echo_of_the_original)
{
	ten(self, true, true, 0);
	ack(self, 0, 1, 4);
	ASSERT_EQ(11, stub.sent);
	self->now += RTT;
	/* nothing is to be undone: this is about what the rest is measured by */
	self->c.undo = 0;
	ack(self, 4, 0, 0);
	EXPECT_EQ(0, self->c.lost);
	EXPECT_EQ(11, stub.sent);
}

TEST_HARNESS_MAIN
