// SPDX-License-Identifier: GPL-2.0-only
/* RFC 9438 on whole connections, where it is not congestion control alone that has to hold it. */
#include "rig.h"
#include "ecn.h"

#define RTT	(100 * ATCP_NS_PER_MS)
#define WND	65000		/* the peer's window, bytes */

/* ESTABLISHED under CUBIC with @cwnd segments out since a round trip, and many more that wait. */
static void flight(RIG, u32 cwnd, u8 ecn)
{
	self->cfg.ecn = ecn ? ATCP_ECN_ASK : ATCP_ECN_OFF;
	self->cfg.init_cwnd = cwnd;
	self->in.wnd = WND;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	self->now += RTT;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK | ecn);
	self->in.opt = (struct atcp_opts){ 0 };
	rig_write(self, 300 * RIG_MSS);
	self->now += RTT;
	stub.sent = 0;
}

static void sacked(RIG, u32 n, u32 from, u32 to)
{
	self->in.opt.sacks[0] = (struct atcp_sack){ OURS(1 + from * RIG_MSS),
						    OURS(1 + to * RIG_MSS) };
	self->in.opt.nsacks = 1;
	rig_ack(self, 1 + n * RIG_MSS, WND);
	self->in.opt.nsacks = 0;
}

/* shows RFC9438-7, RFC9438-8 */
TEST_F(rig, a_loss_reduces_at_once)
{
	flight(self, 20, 0);
	sacked(self, 0, 1, 3);
	ASSERT_EQ(U32_MAX, self->c.ssthresh);
	sacked(self, 0, 1, 4);
	EXPECT_EQ(14 * RIG_MSS, self->c.ssthresh);
	/* by PRR, down to the same */
	EXPECT_GT(20 * RIG_MSS, self->c.cwnd);
	self->now += RTT;
	rig_ack(self, self->c.recover - OURS(0), WND);
	EXPECT_EQ(14 * RIG_MSS, self->c.cwnd);
}

static void marks_reduce_to_one_segment(struct __test_metadata *_metadata, RIG,
					const struct atcp_cc_ops *cc)
{
	u32 i, before;

	self->c.cc = cc;
	flight(self, 10, ATCP_ECE);
	ASSERT_TRUE(!!self->c.ecn_ok);
	self->c.cc = cc;
	for (i = 0; i < 12; i++) {
		before = self->c.cwnd;
		self->in.ack = self->c.snd_nxt;
		rig_feed(self, self->c.rcv_nxt, 0, ATCP_ACK | ATCP_ECE);
		EXPECT_TRUE(self->c.cwnd < before || before == RIG_MSS);
		EXPECT_LE(RIG_MSS, self->c.cwnd);
		EXPECT_LE(2 * RIG_MSS, self->c.ssthresh);
		while (self->c.snd_una == self->c.snd_nxt)
			ASSERT_TRUE(rig_timer(self));
		self->now += RTT;
	}
	EXPECT_EQ(RIG_MSS, self->c.cwnd);
	/* what is not marked makes it grow again */
	for (i = 0; i < 5; i++, self->now += RTT)
		rig_ack(self, self->c.snd_nxt - OURS(0), WND);
	EXPECT_LT(2 * RIG_MSS, self->c.cwnd);
}

/* shows RFC9438-11 */
TEST_F(rig, marks_reduce_to_one_segment)
{
	ASSERT_EQ(&atcp_cc_cubic, self->cfg.cc);
	marks_reduce_to_one_segment(_metadata, self, self->cfg.cc);
}

TEST_F(rig, marks_reduce_reno_to_one_segment)
{
	marks_reduce_to_one_segment(_metadata, self, &atcp_cc_newreno);
}

/* How long it is from a segment to the next, where the window is one and each ACK is such. */
static u64 between_segments(RIG, u8 flags)
{
	u64 start = self->now;

	stub.sent = 0;
	self->now += RTT;
	self->in.ack = self->c.snd_nxt;
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_ACK | flags);
	while (!stub.sent && rig_timer(self))
		;
	return self->now - start;
}

/* shows RFC9438-12 */
TEST_F(rig, from_there_on_marks_reduce_the_rate)
{
	u32 i;

	marks_reduce_to_one_segment(_metadata, self, self->cfg.cc);
	for (i = 0; i < 10; i++) {
		self->c.cwnd = RIG_MSS;
		EXPECT_LE(2 * RTT, between_segments(self, ATCP_ECE));
		EXPECT_EQ(1, stub.sent);
	}
	EXPECT_EQ(RTT, between_segments(self, 0));
}

/* All of it stays as it is: also ssthresh, which is not congestion control's alone. */
TEST_F(rig, undo_too_late_changes_nothing)
{
	u32 ssthresh;

	flight(self, 20, 0);
	sacked(self, 0, 1, 4);
	ssthresh = self->c.ssthresh;
	self->now += RTT / 10;
	rig_ack(self, self->c.recover - OURS(0), WND);
	ASSERT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	self->c.cwnd = 30 * RIG_MSS;
	sacked(self, (self->c.snd_una - OURS(1)) / RIG_MSS, 0, 1);
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPDSACKUndo]);
	EXPECT_EQ(ssthresh, self->c.ssthresh);
	EXPECT_EQ(30 * RIG_MSS, self->c.cwnd);
	EXPECT_FALSE(!!self->c.undo);
}

TEST_HARNESS_MAIN
