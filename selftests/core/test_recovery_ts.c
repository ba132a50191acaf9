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

/* Ten segments time out, with no probe before; the first ACK echoes what goes out now. */
static void time_out_and_answer(struct _test_data_recovery *self, bool same_tick)
{
	self->cfg.early_retrans = 0;
	ten(self, true, true, 20);
	if (same_tick)
		self->c.last_snd = self->c.timer[ATCP_T_RTX];
	timer_comes(self);
	self->in.opt.tsecr = atcp_tsval(0, self->now);
	self->now += RTT;
	stub.sent = 0;
	ack(self, 1, 0, 0);
}

/* Whose ACK it is needs no new data to be found out: RFC 3522 has told already. */
TEST_F(recovery, timeout_whose_answer_is_known)
{
	time_out_and_answer(self, false);
	EXPECT_EQ(ATCP_CA_LOSS, self->c.ca_state);
	ASSERT_EQ(2, stub.sent);
	EXPECT_EQ(1, sent(self, 0));
	EXPECT_EQ(2, sent(self, 1));
}

/* Both have the same timestamp: RFC 5682 section 2.1 (2b). */
TEST_F(recovery, timeout_in_the_tick_of_what_it_was_about)
{
	time_out_and_answer(self, true);
	ASSERT_EQ(2, stub.sent);
	EXPECT_EQ(10, sent(self, 0));
	EXPECT_EQ(11, sent(self, 1));
}

TEST_HARNESS_MAIN
