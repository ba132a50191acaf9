// SPDX-License-Identifier: GPL-2.0-only
/* RFC 6937, Proportional Rate Reduction, on whole connections: segments of 1000 bytes. */
#include "rig.h"

#define RTT	(100 * ATCP_NS_PER_MS)
#define WND	65000		/* the peer's window, bytes */
#define GOAL	(12U * RIG_MSS)	/* ssthresh of this file's own algorithm, of a window of 20 */

/* What the test itself keeps of a recovery: section 3. */
struct reference {
	u32 delivered, out, flight;
};

static u32 goal(struct atcp_conn *c, u64 now)
{
	return GOAL;
}

static struct atcp_cc_ops algorithm;

/* ESTABLISHED, @out segments were sent a round trip ago, many more wait. */
static void flight(RIG, bool sack, u32 out)
{
	algorithm = atcp_cc_newreno;
	algorithm.ssthresh = goal;
	self->c.cc = &algorithm;
	self->cfg.init_cwnd = out;
	self->in.wnd = WND;
	if (!sack)
		self->in.opt.has &= ~ATCP_OPT_SACK_OK;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	self->now += RTT;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt = (struct atcp_opts){ 0 };
	rig_write(self, 300 * RIG_MSS);
	self->now += RTT;
	stub.sent = 0;
}

/* All below segment @n has arrived. */
static void acked(RIG, u32 n)
{
	rig_ack(self, 1 + n * RIG_MSS, WND);
}

/* The same, and of what is above it the segments [@from, @to). */
static void sacked(RIG, u32 n, u32 from, u32 to)
{
	self->in.opt.sacks[0] = (struct atcp_sack){ OURS(1 + from * RIG_MSS),
						    OURS(1 + to * RIG_MSS) };
	self->in.opt.nsacks = 1;
	acked(self, n);
	self->in.opt.nsacks = 0;
}

/* Two of the three that show that segment @n is lost; the next ACK begins recovery. */
static void almost(RIG, struct reference *r, u32 n)
{
	sacked(self, n, n + 1, n + 2);
	sacked(self, n, n + 1, n + 3);
	*r = (struct reference){ .flight = self->c.snd_nxt - self->c.snd_una };
	stub.sent = 0;
}

/*
 * An ACK has come that tells of @delivered bytes. Return: sndcnt, by the bound that is the larger
 * of the two; *@pipe: what was out when it came.
 */
static u32 sndcnt(RIG, struct reference *r, u32 delivered, u32 *pipe)
{
	u32 limit;

	*pipe = atcp_conn_pipe(&self->c) - rig_bytes();
	r->delivered += delivered;
	if (*pipe > GOAL)
		return (r->delivered * GOAL + r->flight - 1) / r->flight - r->out;
	limit = (r->delivered > r->out ? r->delivered - r->out : 0);
	limit = max(limit, delivered) + RIG_MSS;
	return min(GOAL - *pipe, limit);
}

/* The same, and whole segments of just that have gone; the first loss goes in any case. */
static void follows(struct __test_metadata *_metadata, RIG, struct reference *r, u32 delivered)
{
	u32 pipe, count = sndcnt(self, r, delivered, &pipe);

	if (!r->out)
		count = max(count, (u32)RIG_MSS);
	EXPECT_EQ(count / RIG_MSS * RIG_MSS, rig_bytes());
	r->out += rig_bytes();
	stub.sent = 0;
}

/* The first of twenty is lost, all ACKs come; as segment @n of the stream. */
static void one_loss(struct __test_metadata *_metadata, RIG, u32 n)
{
	struct reference r;
	u32 i, end;

	almost(self, &r, n);
	end = (self->c.snd_nxt - OURS(1)) / RIG_MSS;
	for (i = n + 4; i <= end; i++) {
		sacked(self, n, n + 1, i);
		follows(_metadata, self, &r, RIG_MSS);
	}
}

/* shows RFC6937-1 */
TEST_F(rig, comes_to_what_the_algorithm_says)
{
	flight(self, true, 20);
	one_loss(_metadata, self, 0);
	EXPECT_EQ(GOAL, atcp_conn_pipe(&self->c));
	self->now += RTT;
	rig_ack(self, self->c.recover - OURS(0), WND);
	EXPECT_EQ(GOAL, self->c.cwnd);
}

/* shows RFC6937-2 */
TEST_F(rig, each_recovery_begins_anew)
{
	flight(self, true, 20);
	one_loss(_metadata, self, 0);
	self->now += RTT;
	rig_ack(self, self->c.snd_nxt - OURS(0), WND);
	ASSERT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	/* twenty again */
	self->c.cwnd = 20 * RIG_MSS;
	atcp_conn_push(&self->c, false, self->now);
	self->now += RTT;
	one_loss(_metadata, self, (self->c.snd_una - OURS(1)) / RIG_MSS);
	EXPECT_EQ(2, stub.counts[ATCP_C_TCPSackRecovery]);
}

/* shows RFC6937-3 */
TEST_F(rig, in_proportion_to_what_was_out)
{
	struct reference r;

	flight(self, true, 20);
	/* by limited transmit there are two more than the window has */
	almost(self, &r, 0);
	ASSERT_EQ(22 * RIG_MSS, r.flight);
	sacked(self, 0, 1, 4);
	r.out = rig_bytes();
	ASSERT_EQ(RIG_MSS, r.out);
	stub.sent = 0;
	/* 5 * 12 / 22 is a little less than three, 5 * 12 / 20 would be three */
	sacked(self, 0, 1, 8);
	EXPECT_EQ(RIG_MSS, rig_bytes());
}

/* shows RFC6937-4 */
TEST_F(rig, delivered_is_what_is_newly_acknowledged_or_sacked)
{
	struct reference r;
	u32 i;

	flight(self, true, 20);
	almost(self, &r, 0);
	/* segment 6 is lost as well */
	for (i = 4; i <= 6; i++) {
		sacked(self, 0, 1, i);
		follows(_metadata, self, &r, RIG_MSS);
	}
	sacked(self, 0, 7, 8);
	follows(_metadata, self, &r, RIG_MSS);
	/* the first is here: of the six that this acknowledges five are old news */
	self->now += RTT;
	sacked(self, 6, 7, 8);
	EXPECT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	r.delivered += RIG_MSS;
	EXPECT_EQ(r.delivered, self->c.rec.prr_delivered);
}

/* shows RFC6937-5 */
TEST_F(rig, a_duplicate_is_a_segment_without_sack)
{
	struct reference r;
	u32 i;

	flight(self, false, 20);
	acked(self, 0);
	acked(self, 0);
	r = (struct reference){ .flight = self->c.snd_nxt - self->c.snd_una };
	stub.sent = 0;
	for (i = 0; i < 19; i++) {
		acked(self, 0);
		follows(_metadata, self, &r, RIG_MSS);
	}
	EXPECT_EQ(GOAL, atcp_conn_pipe(&self->c));
}

/* Nineteen duplicates, then what fills the hole: that is one segment more. */
static void hole_filled(RIG, u32 to)
{
	u32 i;

	flight(self, false, 20);
	for (i = 0; i < 20; i++)
		acked(self, 0);
	stub.sent = 0;
	self->now += RTT;
	acked(self, to);
}

/* shows RFC6937-7 */
TEST_F(rig, sum_is_what_has_arrived)
{
	struct reference r;
	u32 i, before, end;

	flight(self, true, 20);
	almost(self, &r, 0);
	before = self->c.sacked;
	/* ACKs are lost, the numbers of others overlap */
	for (i = 5; i <= 20; i += 3)
		sacked(self, 0, i - 4, i);
	end = self->c.sacked;
	EXPECT_EQ(end - before, self->c.rec.prr_delivered);
	self->now += RTT;
	sacked(self, 12, 14, 15);
	ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	EXPECT_EQ(self->c.snd_una - OURS(1) + self->c.sacked - before, self->c.rec.prr_delivered);
}

/* shows RFC6937-7 */
TEST_F(rig, sum_is_what_has_arrived_without_sack)
{
	hole_filled(self, 10);
	ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	/* the two before recovery do not count: eighteen, and the one that was missing */
	EXPECT_EQ(19 * RIG_MSS, self->c.rec.prr_delivered);
}

/* shows RFC6937-8 */
TEST_F(rig, in_proportion_to_what_arrives)
{
	flight(self, true, 20);
	one_loss(_metadata, self, 0);
}

/* shows RFC6937-8 */
TEST_F(rig, lost_acks_make_no_difference)
{
	struct reference r;

	flight(self, true, 20);
	almost(self, &r, 0);
	sacked(self, 0, 1, 5);
	follows(_metadata, self, &r, 2 * RIG_MSS);
	sacked(self, 0, 1, 9);
	follows(_metadata, self, &r, 4 * RIG_MSS);
	ASSERT_LT(GOAL, atcp_conn_pipe(&self->c));
}

/* shows RFC6937-10 */
TEST_F(rig, no_more_than_the_goal_is_out)
{
	struct reference r;
	u32 pipe;

	flight(self, true, 20);
	almost(self, &r, 0);
	sacked(self, 0, 1, 4);
	follows(_metadata, self, &r, RIG_MSS);
	/* fifteen at once: as many could follow, but not all of them fit */
	sacked(self, 0, 1, 19);
	EXPECT_EQ(GOAL - 4 * RIG_MSS, sndcnt(self, &r, 15 * RIG_MSS, &pipe));
	EXPECT_EQ(4 * RIG_MSS, pipe);
	EXPECT_EQ(GOAL, atcp_conn_pipe(&self->c));
	EXPECT_LT(rig_bytes(), r.delivered - r.out);
}

/* shows RFC6937-11 */
TEST_F(rig, what_is_sent_again_counts_like_what_is_new)
{
	u64 before;
	u32 i;

	flight(self, true, 20);
	sacked(self, 0, 3, 4);
	sacked(self, 0, 3, 5);
	before = self->c.bytes_sent;
	/* three are lost: they go first */
	for (i = 6; i <= 14; i++)
		sacked(self, 0, 3, i);
	EXPECT_EQ(self->c.bytes_sent - before, self->c.rec.prr_out);
	EXPECT_EQ(3 * RIG_MSS, self->c.bytes_retrans);
	EXPECT_LT(self->c.bytes_retrans, self->c.rec.prr_out);
}

/* shows RFC6937-12 */
TEST_F(rig, never_more_than_sndcnt)
{
	struct reference r;
	u32 i, pipe, count;

	flight(self, true, 20);
	almost(self, &r, 0);
	/* most of the window is lost */
	sacked(self, 0, 1, 4);
	follows(_metadata, self, &r, RIG_MSS);
	for (i = 16; i <= 22; i++) {
		sacked(self, 0, 15, i);
		count = sndcnt(self, &r, RIG_MSS, &pipe);
		EXPECT_LE(rig_bytes(), count);
		EXPECT_GE(GOAL, atcp_conn_pipe(&self->c));
		r.out += rig_bytes();
		stub.sent = 0;
	}
	EXPECT_LT(3 * RIG_MSS, r.out);
}

TEST_HARNESS_MAIN
