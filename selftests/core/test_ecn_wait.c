// SPDX-License-Identifier: GPL-2.0-only
/* RFC 3168 section 6.1.2: a window of one segment, and the peer still tells of congestion. */
#include "ecn.h"
#include "rig.h"

#define RTT	(RIG_SEC / 10)

/* ECN agreed on, and a window of @cwnd segments that is open; nothing counts as sent. */
static void establish(RIG, u32 cwnd)
{
	self->cfg.cc = &atcp_cc_newreno;
	self->cfg.ecn = ATCP_ECN_ASK;
	self->cfg.init_cwnd = cwnd;
	atcp_conn_purge(&self->c);
	memset(&self->c, 0, sizeof(self->c));
	atcp_conn_init(&self->c, &self->cfg);
	self->c.mtu = 1480;
	self->c.adv_mss = 1460;
	self->c.default_mss = 536;
	self->c.rcv_buf = 20000;
	self->c.gso_max = RIG_MSS;
	self->in.wnd = 60000;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	self->now += RTT;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK | ATCP_ECE);
	self->in.opt = (struct atcp_opts){ 0 };
	stub.sent = 0;
}

/* Marks have made the window one segment, of which nothing is out, and much waits. */
static void one_segment(RIG)
{
	establish(self, 10);
	rig_write(self, 50 * RIG_MSS);
	self->now += RTT;
	while (self->c.cwnd > RIG_MSS) {
		self->in.ack = self->c.snd_nxt;
		rig_feed(self, self->c.rcv_nxt, 0, ATCP_ACK | ATCP_ECE);
		self->now += RTT;
	}
	stub.sent = 0;
	stub.counts[ATCP_C_TCPTimeouts] = 0;
}

/* All that is out is acknowledged, with these flags. */
static void all(RIG, u8 flags)
{
	self->in.ack = self->c.snd_nxt;
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_ACK | flags);
}

/* shows RFC3168-18 */
TEST_F(rig, with_one_segment_the_timer_lets_the_next_go)
{
	u64 rto;

	one_segment(self);
	all(self, ATCP_ECE);
	ASSERT_EQ(RIG_MSS, self->c.cwnd);
	rto = atcp_conn_rto(&self->c);
	EXPECT_EQ(self->now + rto, self->c.timer[ATCP_T_RTX]);
	/* not because there is more to send, or because of what else the peer says */
	rig_write(self, 10);
	all(self, 0);
	all(self, ATCP_ECE);
	EXPECT_EQ(0, stub.sent);
	EXPECT_EQ(self->now + rto, self->c.timer[ATCP_T_RTX]);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.sent);
	EXPECT_EQ(RIG_MSS, stub.last.len);
	EXPECT_EQ(self->c.snd_nxt, stub.last.seq + RIG_MSS);
	EXPECT_EQ(ATCP_CWR, stub.last.flags & ATCP_CWR);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_FALSE(!!self->c.rtt.backoff);
	/* that was not marked */
	self->now += RTT;
	all(self, 0);
	EXPECT_LT(1, stub.sent);
}

/* The time is the same for what is written only then; shows RFC3168-18 */
TEST_F(rig, with_one_segment_and_nothing_to_send)
{
	one_segment(self);
	while (self->c.snd_nxt != self->c.write_seq) {
		self->c.cwnd = 60 * RIG_MSS;
		all(self, 0);
		self->now += RTT;
	}
	self->c.cwnd = RIG_MSS;
	stub.sent = 0;
	all(self, ATCP_ECE);
	ASSERT_EQ(self->c.snd_una, self->c.snd_nxt);
	rig_write(self, RIG_MSS);
	EXPECT_EQ(0, stub.sent);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.sent);
	self->now += RTT;
	all(self, ATCP_ECE);
	/* with nothing at all the time passes too */
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(0, self->c.timer[ATCP_T_RTX]);
	rig_write(self, RIG_MSS);
	EXPECT_EQ(2, stub.sent);
}

/* What is out still may be lost: then the same timer is its timeout. */
TEST_F(rig, with_one_segment_that_is_lost)
{
	u32 una;

	self->cfg.early_retrans = 3;
	one_segment(self);
	una = self->c.snd_una;
	/* of nothing: it is still out */
	self->in.ack = una;
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_ACK | ATCP_ECE);
	EXPECT_EQ(self->now + atcp_conn_rto(&self->c), self->c.timer[ATCP_T_RTX]);
	EXPECT_TRUE(self->c.rtx_why == ATCP_RTX_TIMEOUT);
	ASSERT_EQ(0, stub.sent);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_EQ(una, stub.last.seq);
	EXPECT_EQ(1, stub.sent);
}

/* Half of the window's one segment is acknowledged: no probe of the rest comes before. */
TEST_F(rig, with_one_segment_no_probe)
{
	self->cfg.early_retrans = 3;
	one_segment(self);
	self->in.ack = self->c.snd_una + RIG_MSS / 2;
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_ACK | ATCP_ECE);
	EXPECT_TRUE(self->c.rtx_why == ATCP_RTX_TIMEOUT);
	EXPECT_EQ(self->now + atcp_conn_rto(&self->c), self->c.timer[ATCP_T_RTX]);
	EXPECT_EQ(0, stub.sent);
}

/* Nor does the time that reordering is given end the other. */
TEST_F(rig, with_one_segment_and_reordering)
{
	establish(self, 1);
	self->c.nodelay = 1;
	rig_write(self, RIG_MSS / 2);
	rig_write(self, RIG_MSS / 2);
	ASSERT_EQ(2, stub.sent);
	self->now += RTT;
	self->in.opt.nsacks = 1;
	self->in.opt.sacks[0].start = self->c.snd_una + RIG_MSS / 2;
	self->in.opt.sacks[0].end = self->c.snd_nxt;
	rig_ack(self, 1, 60000);
	ASSERT_EQ(RIG_MSS / 2, self->c.sacked);
	ASSERT_TRUE(self->c.rtx_why == ATCP_RTX_REORDER);
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_ACK | ATCP_ECE);
	EXPECT_TRUE(self->c.rtx_why == ATCP_RTX_TIMEOUT);
	EXPECT_EQ(self->now + atcp_conn_rto(&self->c), self->c.timer[ATCP_T_RTX]);
}

/* What is known to be lost goes when the time has come, and is no timeout. */
TEST_F(rig, with_one_segment_and_a_hole)
{
	one_segment(self);
	self->in.ack = self->c.snd_una;
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_ACK | ATCP_ECE);
	atcp_conn_mtu(&self->c, self->c.mtu - 500, self->now);
	ASSERT_LT(self->c.retrans, self->c.lost);
	EXPECT_EQ(0, stub.sent);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_LE(1, stub.sent);
	EXPECT_EQ(self->c.snd_una, stub.out[0].seq);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_NE(0, self->c.timer[ATCP_T_RTX]);
}

/* Of the window that has just been reduced to one segment, another mark is no news. */
TEST_F(rig, mark_in_the_same_window)
{
	establish(self, 2);
	rig_write(self, 10 * RIG_MSS);
	self->now += RTT;
	self->in.ack = OURS(1 + RIG_MSS);
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_ACK | ATCP_ECE);
	stub.sent = 0;
	all(self, ATCP_ECE);
	EXPECT_EQ(1, stub.sent);
}

TEST_HARNESS_MAIN
