// SPDX-License-Identifier: GPL-2.0-only
/* Segments that are acknowledged one by one, so that the peer gets on: RFC 5681 section 4.2. */
#include "rig.h"

#define ONE	RIG_MSS

/* Full segments from the peer, in order. */
static void take(RIG, u32 segs)
{
	while (segs--) {
		rig_feed(self, self->c.rcv_nxt, ONE, ATCP_ACK);
		atcp_conn_consumed(&self->c, self->c.rcv_used, self->now);
	}
}

/* In a connection that is past its start every second is acknowledged. */
static void settle(RIG)
{
	rig_connect(self);
	while (self->c.quickack)
		take(self, 1);
	take(self, 3);
	while (rig_timer(self))
		;
	stub.sent = 0;
}

TEST_F(rig, every_second_segment)
{
	settle(self);
	take(self, 1);
	EXPECT_EQ(0, stub.sent);
	take(self, 1);
	EXPECT_EQ(1, stub.sent);
}

/* Who has lost something has a small window: each ACK it gets late is one it waits for. */
TEST_F(rig, after_a_hole)
{
	settle(self);
	rig_feed(self, self->c.rcv_nxt + ONE, ONE, ATCP_ACK);
	EXPECT_EQ(1, stub.sent);
	rig_feed(self, self->c.rcv_nxt, ONE, ATCP_ACK);
	EXPECT_EQ(2, stub.sent);
	take(self, 1);
	EXPECT_EQ(3, stub.sent);
	take(self, 1);
	EXPECT_EQ(4, stub.sent);
	EXPECT_EQ(0, self->c.timer[ATCP_T_DELACK]);
}

/* So has who sends again what is here: the ACK was lost, or came too late. */
TEST_F(rig, after_a_duplicate)
{
	settle(self);
	rig_feed(self, self->c.rcv_nxt - ONE, ONE, ATCP_ACK);
	EXPECT_EQ(1, stub.sent);
	take(self, 1);
	EXPECT_EQ(2, stub.sent);
}

/* It ends. */
TEST_F(rig, and_then_every_second)
{
	settle(self);
	rig_feed(self, self->c.rcv_nxt - ONE, ONE, ATCP_ACK);
	take(self, 100);
	EXPECT_GE(70, stub.sent);
	EXPECT_FALSE(!!self->c.quickack);
}

/* TCP_QUICKACK 0: as late as allowed. */
TEST_F(rig, not_against_the_users_word)
{
	self->c.quickack_off = 1;
	rig_connect(self);
	rig_feed(self, self->c.rcv_nxt + ONE, ONE, ATCP_ACK);
	rig_feed(self, self->c.rcv_nxt, ONE, ATCP_ACK);
	stub.sent = 0;
	take(self, 1);
	EXPECT_EQ(0, stub.sent);
	take(self, 1);
	EXPECT_EQ(1, stub.sent);
}

/* A message's last segment, which nothing follows that would bring its ACK along. */
TEST_F(rig, tail)
{
	settle(self);
	take(self, 2);
	EXPECT_EQ(1, stub.sent);
	rig_feed(self, self->c.rcv_nxt, ONE / 2, ATCP_ACK);
	EXPECT_EQ(2, stub.sent);
	/* a short message is no tail */
	rig_feed(self, self->c.rcv_nxt, ONE / 2, ATCP_ACK);
	EXPECT_EQ(2, stub.sent);
	EXPECT_TRUE(!!self->c.timer[ATCP_T_DELACK]);
}

TEST_F(rig, no_tail_of_what_was_answered)
{
	settle(self);
	take(self, 2);
	rig_write(self, 1);
	stub.sent = 0;
	rig_feed(self, self->c.rcv_nxt, ONE / 2, ATCP_ACK);
	EXPECT_EQ(0, stub.sent);
}

TEST_F(rig, no_tail_against_the_users_word)
{
	settle(self);
	self->c.quickack_off = 1;
	take(self, 2);
	rig_feed(self, self->c.rcv_nxt, ONE / 2, ATCP_ACK);
	EXPECT_EQ(1, stub.sent);
}

TEST_HARNESS_MAIN
