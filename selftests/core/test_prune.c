// SPDX-License-Identifier: GPL-2.0-only
/* A receiver that is short of memory: what it drops, what it says of it, and what it offers. */
#include "rig.h"
#include "text.h"

/* Of the segments of the peer's: numbers are offsets from its first byte. */
static void arrives(RIG, u32 from, u32 to)
{
	rig_feed(self, THEIRS(1 + from), to - from, ATCP_ACK);
}

#define EXPECT_BLOCK(i, from, to) do {					\
	EXPECT_LT(i, stub.last.opt.nsacks);				\
	EXPECT_EQ(THEIRS(1 + (from)), stub.last.opt.sacks[i].start);	\
	EXPECT_EQ(THEIRS(1 + (to)), stub.last.opt.sacks[i].end);	\
} while (0)

/* shows RFC2018-16 */
/* Memory is short: the right end goes first, part by part, and no block tells of it any more. */
TEST_F(rig, pruned_data_is_not_reported)
{
	u32 i;

	rig_connect(self);
	/* 16 segments behind a hole of one, in a buffer of 20000 */
	for (i = 1; i <= 16; i++)
		arrives(self, 1000 * i, 1000 * i + 1000);
	EXPECT_BLOCK(0, 1000, 17000);
	ASSERT_TRUE(atcp_conn_prune(&self->c, self->c.rcv_nxt));
	EXPECT_EQ(1, stub.counts[ATCP_C_OfoPruned]);
	arrives(self, 1000, 2000);
	/* an eighth of the buffer, rounded to segments, is gone */
	EXPECT_BLOCK(0, 1000, 2000);
	EXPECT_BLOCK(1, 1000, 15000);
	EXPECT_FALSE(atcp_conn_prune(&self->c, THEIRS(15001)));
	EXPECT_TRUE(atcp_conn_prune(&self->c, THEIRS(14001)));
	EXPECT_EQ(13000, self->c.ooo.bytes);
	while (atcp_conn_prune(&self->c, self->c.rcv_nxt))
		;
	EXPECT_EQ(0, self->c.ooo.n);
	/* the hole is filled: the rest has to come again, and the right edge stays */
	i = self->c.rcv_adv;
	arrives(self, 0, 1000);
	EXPECT_EQ(THEIRS(1001), stub.last.ack);
	EXPECT_EQ(0, stub.last.opt.nsacks);
	EXPECT_EQ(i, self->c.rcv_adv);
}

/* shows RFC2018-14, RFC2018-15 */
TEST_F(rig, newest_segment_is_reported_even_if_it_is_discarded)
{
	rig_connect(self);
	arrives(self, 1000, 2000);
	arrives(self, 9000, 19000);
	ASSERT_TRUE(atcp_conn_prune(&self->c, self->c.rcv_nxt));
	stub.no_memory = true;
	arrives(self, 17000, 18000);
	EXPECT_BLOCK(0, 17000, 18000);
	EXPECT_BLOCK(1, 1000, 2000);
	EXPECT_EQ(2, stub.last.opt.nsacks);
	/* in the ACK of that segment alone, and not where nothing was discarded */
	stub.no_memory = false;
	arrives(self, 0, 1000);
	EXPECT_EQ(THEIRS(2001), stub.last.ack);
	arrives(self, 3000, 4000);
	stub.no_memory = true;
	arrives(self, 17000, 18000);
	EXPECT_BLOCK(0, 3000, 4000);
	EXPECT_EQ(1, stub.last.opt.nsacks);
}

/* One segment that is larger than the part that is given up: it goes all the same. */
TEST_F(rig, a_large_segment_can_be_pruned)
{
	rig_connect(self);
	arrives(self, 1000, 16000);
	EXPECT_TRUE(atcp_conn_prune(&self->c, self->c.rcv_nxt));
	EXPECT_EQ(0, self->c.ooo.n);
}

/* Memory is short: little more is offered, but the right edge stays where it was. */
TEST_F(rig, short_memory_shuts_the_window_as_it_is_used)
{
	u32 edge, i;

	rig_connect(self);
	self->c.rcv_mss = RIG_MSS;
	self->c.rcv_buf = 20000;
	rig_feed(self, THEIRS(1), RIG_MSS, ATCP_ACK);
	edge = self->c.rcv_adv;
	ASSERT_EQ(THEIRS(20001), edge);
	self->c.mem_tight = 1;
	for (i = 1; i < 14; i++) {
		atcp_conn_consumed(&self->c, RIG_MSS, self->now);
		rig_feed(self, THEIRS(1 + i * RIG_MSS), RIG_MSS, ATCP_ACK);
		EXPECT_EQ(edge, self->c.rcv_adv);
	}
	for (; i < 20; i++) {
		atcp_conn_consumed(&self->c, RIG_MSS, self->now);
		rig_feed(self, THEIRS(1 + i * RIG_MSS), RIG_MSS, ATCP_ACK);
	}
	EXPECT_GE(4U * self->c.adv_mss, atcp_conn_rcv_wnd(&self->c));
	EXPECT_LE(RIG_MSS, atcp_conn_rcv_wnd(&self->c));
	/* and there is enough again */
	self->c.mem_tight = 0;
	atcp_conn_consumed(&self->c, RIG_MSS, self->now);
	EXPECT_EQ(20000, atcp_conn_rcv_wnd(&self->c));
}

TEST_F(rig, short_memory_keeps_the_buffer_from_growing)
{
	u32 i, n, at = 1;

	rig_connect(self);
	self->c.rcv_mss = RIG_MSS;
	self->c.rcv_buf = 20000;
	self->c.rcv_buf_max = 1 << 20;
	self->c.rtt.srtt = RIG_SEC / 100;
	for (i = 0; i < 20; i++) {
		self->c.mem_tight = i < 10;
		for (n = 0; atcp_conn_rcv_wnd(&self->c) >= RIG_MSS; n += RIG_MSS, at += RIG_MSS)
			rig_feed(self, THEIRS(at), RIG_MSS, ATCP_ACK);
		self->now += RIG_SEC / 100;
		atcp_conn_consumed(&self->c, n, self->now);
		if (i < 10)
			EXPECT_EQ(20000, self->c.rcv_buf);
	}
	EXPECT_LT(20000, self->c.rcv_buf);
}

TEST_HARNESS_MAIN
