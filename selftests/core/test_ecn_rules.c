// SPDX-License-Identifier: GPL-2.0-only
/* What RFC 3168 demands of a TCP, sentence by sentence; test_ecn.c has how it works together. */
#include "ecn.h"
#include "rig.h"

#define BOTH	(ATCP_ECE | ATCP_CWR)
#define RTT	(RIG_SEC / 10)
#define FIRST	10	/* segments that may go out at first */

/* In CLOSED, as that sysctl has it; the peer's SYN is in self->in. */
static void anew(RIG, enum atcp_ecn_mode mode)
{
	atcp_conn_purge(&self->c);
	memset(&self->c, 0, sizeof(self->c));
	self->cfg.ecn = mode;
	atcp_conn_init(&self->c, &self->cfg);
	self->c.mtu = 1480;
	self->c.adv_mss = 1460;
	self->c.default_mss = 536;
	self->c.rcv_buf = 20000;
	self->c.gso_max = RIG_MSS;
	self->in = (struct atcp_seg){ .seq = RIG_PEER, .wnd = 60000, .flags = ATCP_SYN };
	self->in.opt.has = ATCP_OPT_MSS | ATCP_OPT_SACK_OK;
	self->in.opt.mss = RIG_MSS;
}

/* The peer's SYN,ACK with these flags beside; nothing counts as sent. */
static void answered(RIG, u8 flags)
{
	self->now += RTT;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK | flags);
	self->in.opt = (struct atcp_opts){ 0 };
	stub.sent = 0;
}

/* Our SYN, and the peer's answer to it. */
static void connect_to(RIG, enum atcp_ecn_mode mode, u8 flags)
{
	anew(self, mode);
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	answered(self, flags);
}

/* SYNs that cross: the peer's with these flags. Its SYN,ACK is to come. */
static void cross(RIG, u8 flags)
{
	anew(self, ATCP_ECN_ASK);
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | flags);
}

/* A listener's answer to a SYN with these flags. */
static struct atcp_seg listen_to(RIG, enum atcp_ecn_mode mode, u8 flags, struct atcp_req *req)
{
	struct atcp_listen l = { .mtu = 1480, .default_mss = 536, .rcv_buf = 20000 };
	struct atcp_seg out;

	anew(self, mode);
	self->in.flags |= flags;
	atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, 0, self->now, req, &out);
	return out;
}

/* The child of that handshake; nothing counts as sent. */
static void accept_it(RIG, const struct atcp_req *req)
{
	atcp_conn_accept(&self->c, req, self->now);
	self->in = (struct atcp_seg){ .seq = THEIRS(1), .ack = OURS(1), .wnd = 60000 };
	rig_feed(self, THEIRS(1), 0, ATCP_ACK);
	stub.sent = 0;
}

/* What we send now is ECN-capable. */
static bool sends_ect(RIG)
{
	rig_write(self, 10);
	return stub.last.len && stub.last.ect;
}

/* The next ten bytes of the peer's are marked: we say so. */
static bool tells_of_mark(RIG)
{
	self->in.ce = true;
	rig_feed(self, self->c.rcv_nxt, 10, ATCP_ACK);
	self->in.ce = false;
	atcp_conn_quickack(&self->c, self->now);
	return stub.last.flags & ATCP_ECE;
}

/* An ACK of all below segment @n, with these flags beside. */
static void ack(RIG, u32 n, u8 flags)
{
	self->in.ack = OURS(1 + n * RIG_MSS);
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_ACK | flags);
}

/* The same with a report that the peer has segments [@from, @to). */
static void sack(RIG, u32 n, u32 from, u32 to)
{
	self->in.opt.nsacks = 1;
	self->in.opt.sacks[0].start = OURS(1 + from * RIG_MSS);
	self->in.opt.sacks[0].end = OURS(1 + to * RIG_MSS);
	ack(self, n, 0);
	self->in.opt.nsacks = 0;
}

/* ECN agreed on; ten segments are out for a round trip, and @more wait. */
static void ten(RIG, u32 more)
{
	connect_to(self, ATCP_ECN_ASK, ATCP_ECE);
	rig_write(self, (FIRST + more) * RIG_MSS);
	self->now += RTT;
}

/* shows RFC3168-2 */
TEST_F(rig, mark_costs_what_a_loss_costs)
{
	static const struct atcp_cc_ops *const ccs[] = { &atcp_cc_newreno, &atcp_cc_cubic };
	u32 i, ssthresh;

	for (i = 0; i < ARRAY_SIZE(ccs); i++) {
		self->cfg.cc = ccs[i];
		ten(self, 40);
		ASSERT_EQ(FIRST * RIG_MSS, self->c.cwnd);
		sack(self, 0, 1, 4);
		ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
		ssthresh = self->c.ssthresh;
		ten(self, 40);
		ack(self, 0, ATCP_ECE);
		EXPECT_EQ(ssthresh, self->c.ssthresh);
		EXPECT_EQ(ssthresh, self->c.cwnd);
	}
}

/* What no duplicate ACK nor timeout would miss is not capable; shows RFC3168-4 */
TEST_F(rig, only_data_that_would_be_missed_is_capable)
{
	u32 i;

	ten(self, 0);
	/* a challenge, a tail loss probe, a timeout, an ACK, a FIN, a reset */
	rig_feed(self, THEIRS(1), 0, ATCP_SYN);
	self->cfg.early_retrans = 3;
	ack(self, 1, 0);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPTimeouts]);
	ack(self, 10, 0);
	rig_feed(self, THEIRS(1), 100, ATCP_ACK);
	atcp_conn_quickack(&self->c, self->now);
	atcp_conn_close(&self->c, self->now);
	EXPECT_TRUE(!!(stub.last.flags & ATCP_FIN));
	atcp_conn_abort(&self->c, self->now);
	ASSERT_LE(16, stub.sent);
	for (i = 0; i < stub.sent; i++)
		EXPECT_EQ(i < FIRST, stub.out[i].ect);
}

/* shows RFC3168-5, RFC3168-21 */
TEST_F(rig, pure_ack_is_not_capable)
{
	u32 i;

	connect_to(self, ATCP_ECN_ASK, ATCP_ECE);
	/* delayed, out of order, of a mark, of a duplicate, a challenge, a window that opens */
	rig_feed(self, THEIRS(1), 100, ATCP_ACK);
	atcp_conn_quickack(&self->c, self->now);
	rig_feed(self, THEIRS(501), 100, ATCP_ACK);
	self->in.ce = true;
	rig_feed(self, THEIRS(101), 100, ATCP_ACK);
	rig_feed(self, THEIRS(101), 100, ATCP_ACK);
	rig_feed(self, THEIRS(101), 0, ATCP_SYN);
	self->c.rcv_adv = self->c.rcv_nxt;
	atcp_conn_consumed(&self->c, 200, self->now);
	ASSERT_LE(6, stub.sent);
	for (i = 0; i < stub.sent; i++) {
		EXPECT_EQ(0, stub.out[i].len);
		EXPECT_FALSE(stub.out[i].ect);
	}
}

/* shows RFC3168-8 */
TEST_F(rig, agreement_is_for_those_who_ask)
{
	static const u8 syns[] = { 0, ATCP_ECE, ATCP_CWR, BOTH };
	struct atcp_req req;
	u32 i, mode;

	for (i = 0; i < ARRAY_SIZE(syns); i++) {
		bool asks = syns[i] == BOTH;

		for (mode = ATCP_ECN_ASK; mode <= ATCP_ECN_AGREE; mode++)
			EXPECT_EQ(asks ? ATCP_ECE : 0,
				  listen_to(self, mode, syns[i], &req).flags & BOTH);
		cross(self, syns[i]);
		EXPECT_EQ(ATCP_SYN | ATCP_ACK, stub.last.flags & ~BOTH);
		EXPECT_EQ(asks ? ATCP_ECE : 0, stub.last.flags & BOTH);
	}
}

/* shows RFC3168-9 */
TEST_F(rig, capable_once_both_have_said_so)
{
	struct atcp_req req;

	connect_to(self, ATCP_ECN_ASK, ATCP_ECE);
	EXPECT_TRUE(sends_ect(self));
	cross(self, BOTH);
	answered(self, ATCP_ECE);
	EXPECT_TRUE(sends_ect(self));
	listen_to(self, ATCP_ECN_AGREE, BOTH, &req);
	accept_it(self, &req);
	EXPECT_TRUE(sends_ect(self));
	/* we have not */
	connect_to(self, ATCP_ECN_AGREE, ATCP_ECE);
	EXPECT_FALSE(sends_ect(self));
	listen_to(self, ATCP_ECN_OFF, BOTH, &req);
	accept_it(self, &req);
	EXPECT_FALSE(sends_ect(self));
	/* nor always: the second SYN */
	anew(self, ATCP_ECN_ASK);
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(ATCP_SYN, stub.last.flags);
	answered(self, ATCP_ECE);
	EXPECT_FALSE(sends_ect(self));
}

/* shows RFC3168-10 */
TEST_F(rig, not_capable_once_the_peer_has_not_said_so)
{
	struct atcp_seg out;
	struct atcp_req req;

	connect_to(self, ATCP_ECN_ASK, 0);
	EXPECT_FALSE(sends_ect(self));
	/* its SYN asks, what follows does not: the SYN once more, or the SYN,ACK */
	listen_to(self, ATCP_ECN_ASK, BOTH, &req);
	self->in.flags = ATCP_SYN;
	atcp_req_input(&req, &self->cfg, &self->in, self->now, &out);
	accept_it(self, &req);
	EXPECT_FALSE(sends_ect(self));
	cross(self, BOTH);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN);
	answered(self, ATCP_ECE);
	EXPECT_FALSE(sends_ect(self));
	cross(self, BOTH);
	answered(self, 0);
	EXPECT_FALSE(sends_ect(self));
}

/* The next new data says CWR, and what comes after does not. */
static bool says_so_once(RIG)
{
	u32 at = stub.sent;

	/* beyond what is lost */
	self->c.cwnd = 100 * RIG_MSS;
	rig_write(self, 4 * RIG_MSS);
	for (; at < stub.sent; at++)
		if (stub.out[at].ect)
			break;
	if (at + 4 > stub.sent || !(stub.out[at].flags & ATCP_CWR))
		return false;
	while (++at < stub.sent)
		if (stub.out[at].flags & ATCP_CWR)
			return false;
	return true;
}

/* The window is made smaller by a mark, a loss, a probe, a timeout, another; shows RFC3168-11 */
TEST_F(rig, cwr_tells_of_every_reduction)
{
	u32 i;

	ten(self, 0);
	for (i = 0; i < stub.sent; i++)
		EXPECT_EQ(0, stub.out[i].flags & ATCP_CWR);
	ack(self, 5, ATCP_ECE);
	EXPECT_TRUE(says_so_once(self));

	ten(self, 0);
	sack(self, 0, 1, 10);
	self->now += RTT;
	EXPECT_TRUE(says_so_once(self));

	self->cfg.early_retrans = 3;
	ten(self, 0);
	ack(self, 9, 0);
	ASSERT_TRUE(rig_timer(self));
	ack(self, 10, 0);
	rig_write(self, RIG_MSS);
	self->now += RTT;
	ack(self, 11, 0);
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPLossProbeRecovery]);
	EXPECT_TRUE(says_so_once(self));

	self->cfg.early_retrans = 0;
	ten(self, 0);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_TRUE(says_so_once(self));
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(RIG_MSS, self->c.cwnd);
	EXPECT_TRUE(says_so_once(self));
}

/* shows RFC3168-12 */
TEST_F(rig, marks_are_told_of)
{
	struct atcp_req req;

	connect_to(self, ATCP_ECN_ASK, ATCP_ECE);
	EXPECT_TRUE(tells_of_mark(self));
	cross(self, BOTH);
	answered(self, ATCP_ECE);
	EXPECT_TRUE(tells_of_mark(self));
	listen_to(self, ATCP_ECN_AGREE, BOTH, &req);
	accept_it(self, &req);
	EXPECT_TRUE(tells_of_mark(self));
	/* one of our SYNs has asked: that is enough */
	anew(self, ATCP_ECN_ASK);
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	ASSERT_TRUE(rig_timer(self));
	answered(self, ATCP_ECE);
	EXPECT_TRUE(tells_of_mark(self));
}

/* shows RFC3168-13 */
TEST_F(rig, unwilling_with_both_flags_clear)
{
	struct atcp_req req;
	u32 mode;

	for (mode = ATCP_ECN_OFF; mode <= ATCP_ECN_AGREE; mode++) {
		if (mode == ATCP_ECN_ASK)
			continue;
		anew(self, mode);
		atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
		EXPECT_EQ(ATCP_SYN, stub.last.flags);
		ASSERT_TRUE(rig_timer(self));
		EXPECT_EQ(ATCP_SYN, stub.last.flags);
		rig_feed(self, RIG_PEER, 0, ATCP_SYN | BOTH);
		EXPECT_EQ(ATCP_SYN | ATCP_ACK, stub.last.flags);
	}
	EXPECT_EQ(ATCP_SYN | ATCP_ACK, listen_to(self, ATCP_ECN_OFF, BOTH, &req).flags);
}

/* Neither is what we send capable, nor do marks and echoes mean anything. */
static bool without_ecn(RIG)
{
	u32 cwnd = self->c.cwnd;

	if (self->c.state != ATCP_ESTABLISHED || tells_of_mark(self) || sends_ect(self))
		return false;
	self->in.ack = OURS(1);
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_ACK | ATCP_ECE);
	return self->c.cwnd == cwnd;
}

/* shows RFC3168-14 */
TEST_F(rig, all_forms_of_not_asking)
{
	static const u8 syns[] = { 0, ATCP_ECE, ATCP_CWR };
	static const u8 answers[] = { 0, ATCP_CWR, BOTH };
	struct atcp_req req;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(syns); i++) {
		listen_to(self, ATCP_ECN_ASK, syns[i], &req);
		accept_it(self, &req);
		EXPECT_TRUE(without_ecn(self));
		cross(self, syns[i]);
		answered(self, 0);
		EXPECT_TRUE(without_ecn(self));
	}
	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		connect_to(self, ATCP_ECN_ASK, answers[i]);
		EXPECT_TRUE(without_ecn(self));
	}
}

/* shows RFC3168-15 */
TEST_F(rig, syn_is_not_capable)
{
	struct atcp_seg out;
	struct atcp_req req;
	u32 i;

	anew(self, ATCP_ECN_ASK);
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	ASSERT_TRUE(rig_timer(self));
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | BOTH);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(4, stub.sent);
	for (i = 0; i < stub.sent; i++)
		EXPECT_FALSE(stub.out[i].ect);
	EXPECT_FALSE(listen_to(self, ATCP_ECN_ASK, BOTH, &req).ect);
	ASSERT_EQ(ATCP_V_REPLY, atcp_req_timer(&req, &self->cfg, self->now, &out));
	EXPECT_FALSE(out.ect);
}

/* In slow start, and after a timeout; shows RFC3168-17 */
TEST_F(rig, no_growth_by_an_ack_that_tells_of_congestion)
{
	ten(self, 40);
	ack(self, 2, ATCP_ECE);
	EXPECT_GE(FIRST * RIG_MSS, self->c.cwnd);
	ten(self, 40);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(RIG_MSS, self->c.cwnd);
	self->cfg.frto = 0;
	self->now += RTT;
	ack(self, 1, ATCP_ECE);
	EXPECT_EQ(ATCP_CA_LOSS, self->c.ca_state);
	EXPECT_EQ(RIG_MSS, self->c.cwnd);
	ack(self, 2, 0);
	EXPECT_EQ(2 * RIG_MSS, self->c.cwnd);
}

/* By the scoreboard, by the timer, by a probe; shows RFC3168-19 */
TEST_F(rig, no_cwr_on_what_is_sent_again)
{
	u32 i, more;

	for (i = 0; i < 3; i++) {
		self->cfg.early_retrans = i == 2 ? 3 : 0;
		ten(self, 0);
		ack(self, 1, ATCP_ECE);
		if (i == 0)
			sack(self, 1, 2, 6);
		else
			ASSERT_TRUE(rig_timer(self));
		ASSERT_LT(FIRST, stub.sent);
		for (more = FIRST; more < stub.sent; more++)
			EXPECT_EQ(0, stub.out[more].flags & ATCP_CWR);
		EXPECT_TRUE(!!self->c.ecn_cwr);
	}
}

/* shows RFC3168-20 */
TEST_F(rig, cwr_on_the_first_new_data_alone)
{
	u32 i;

	self->cfg.cc = &atcp_cc_newreno;
	ten(self, 40);
	ack(self, 5, ATCP_ECE);
	/* an ACK does not say it */
	rig_feed(self, THEIRS(101), 100, ATCP_ACK);
	EXPECT_EQ(FIRST + 1, stub.sent);
	for (i = 6; i <= 10; i++)
		ack(self, i, 0);
	ASSERT_EQ(FIRST + 1 + 5, stub.sent);
	for (i = 0; i < stub.sent; i++)
		EXPECT_EQ(i == FIRST + 1, !!(stub.out[i].flags & ATCP_CWR));
	EXPECT_EQ(OURS(1 + FIRST * RIG_MSS), stub.out[FIRST + 1].seq);
}

/* By the scoreboard, by the timer, by a probe; shows RFC3168-22 */
TEST_F(rig, what_is_sent_again_is_not_capable)
{
	u32 i, more;

	for (i = 0; i < 3; i++) {
		self->cfg.early_retrans = i == 2 ? 3 : 0;
		ten(self, 0);
		if (i == 0)
			sack(self, 0, 1, 6);
		else
			ASSERT_TRUE(rig_timer(self));
		ASSERT_LT(FIRST, stub.sent);
		for (more = FIRST; more < stub.sent; more++)
			EXPECT_FALSE(stub.out[more].ect);
	}
}

/* Is ECE said after a marked segment of the peer's with these numbers? */
static bool mark_counts(RIG, u32 seq, u32 len)
{
	connect_to(self, ATCP_ECN_ASK, ATCP_ECE);
	rig_feed(self, THEIRS(1), 1000, ATCP_ACK);
	atcp_conn_quickack(&self->c, self->now);
	self->in.ce = true;
	rig_feed(self, seq, len, ATCP_ACK);
	self->in.ce = false;
	rig_feed(self, self->c.rcv_nxt, 1, ATCP_ACK);
	atcp_conn_quickack(&self->c, self->now);
	return stub.last.flags & ATCP_ECE;
}

/* shows RFC3168-23 */
TEST_F(rig, mark_outside_the_window_is_ignored)
{
	u32 edge;

	EXPECT_TRUE(mark_counts(self, THEIRS(1001), 100));
	EXPECT_TRUE(mark_counts(self, THEIRS(901), 101));
	EXPECT_TRUE(mark_counts(self, THEIRS(5001), 100));
	edge = self->c.rcv_nxt + atcp_conn_rcv_wnd(&self->c);
	EXPECT_FALSE(mark_counts(self, edge, 100));
	EXPECT_TRUE(mark_counts(self, edge - 1, 100));
	EXPECT_FALSE(mark_counts(self, edge + 1, 100));
	EXPECT_FALSE(mark_counts(self, THEIRS(901), 100));
	EXPECT_FALSE(mark_counts(self, THEIRS(1), 100));
	EXPECT_FALSE(mark_counts(self, THEIRS(0x40000000), 100));
}

/* Of a window that is shut, and of one that was taken back; shows RFC3168-24 */
TEST_F(rig, window_probe_is_neither_capable_nor_says_cwr)
{
	u32 i, out;

	for (out = 0; out < 2; out++) {
		ten(self, 5);
		self->in.wnd = 0;
		ack(self, out ? 5 : 10, ATCP_ECE);
		ASSERT_TRUE(!!self->c.ecn_cwr);
		stub.sent = 0;
		stub.counts[ATCP_C_TCPWinProbe] = 0;
		ASSERT_TRUE(rig_timer(self));
		ASSERT_TRUE(rig_timer(self));
		EXPECT_EQ(2, stub.counts[ATCP_C_TCPWinProbe]);
		ASSERT_EQ(2, stub.sent);
		for (i = 0; i < 2; i++) {
			EXPECT_FALSE(stub.out[i].ect);
			EXPECT_EQ(0, stub.out[i].flags & ATCP_CWR);
		}
		/* it is said when there is room */
		self->in.wnd = 60000;
		ack(self, 10, 0);
		ASSERT_LT(2, stub.sent);
		EXPECT_TRUE(!!(stub.out[2].flags & ATCP_CWR));
	}
}

/* shows RFC3168-25 */
TEST_F(rig, mark_on_a_window_probe)
{
	connect_to(self, ATCP_ECN_ASK, ATCP_ECE);
	self->c.rcv_buf = 0;
	self->c.rcv_adv = self->c.rcv_nxt;
	self->in.ce = true;
	rig_feed(self, self->c.rcv_nxt, 1, ATCP_ACK);
	EXPECT_EQ(ATCP_ACK | ATCP_ECE, stub.last.flags);
	EXPECT_EQ(0, stub.last.wnd);
	EXPECT_EQ(0, self->c.bytes_received);
}

TEST_HARNESS_MAIN
