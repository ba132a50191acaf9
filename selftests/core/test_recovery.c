// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loss detection and recovery: RFC 8985 (RACK-TLP), RFC 6937 (PRR), RFC 5682 (F-RTO), and what
 * undoes an episode that was none (RFC 3522, 3708, 4015). Ten segments of 1000 bytes are out.
 */
#include "recovery_rig.h"

/* shows RFC8985-2: step 4 of section 6.2, three segments above prove a loss */
TEST_F(recovery, three_sacked)
{
	ten(self, true, false, 0);
	ack(self, 0, 1, 2);
	ack(self, 0, 1, 3);
	EXPECT_EQ(10, stub.sent);
	ack(self, 0, 1, 4);
	ASSERT_EQ(11, stub.sent);
	EXPECT_EQ(0, sent(self, 10));
	EXPECT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	/* that a retransmission arrives below what came before is no reordering */
	self->now += RTT;
	ack(self, 4, 0, 0);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPSACKReorder]);
}

/* Step 2: the ACK came too early to be the retransmission's: it tells nothing of the rest. */
TEST_F(recovery, ack_of_the_original)
{
	ten(self, true, false, 0);
	ack(self, 0, 1, 4);
	ASSERT_EQ(11, stub.sent);
	self->now += RTT / 10;
	ack(self, 4, 0, 0);
	EXPECT_EQ(0, self->c.lost);
	EXPECT_EQ(11, stub.sent);
}

/* shows RFC8985-13: step 5, fewer prove it a quarter of a round trip later */
TEST_F(recovery, one_sacked_and_time)
{
	ten(self, true, false, 0);
	ack(self, 0, 1, 2);
	EXPECT_EQ(10, stub.sent);
	EXPECT_EQ(RTT / 4, timer_comes(self));
	ASSERT_LE(11, stub.sent);
	EXPECT_EQ(0, sent(self, 10));
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPSackRecovery]);
}

/* shows RFC8985-33: step 3, a path that reorders gets the time, however many are above */
TEST_F(recovery, reordering)
{
	ten(self, true, false, 0);
	ack(self, 0, 1, 2);
	ack(self, 2, 0, 0);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPSACKReorder]);
	stub.sent = 0;
	ack(self, 2, 3, 8);
	EXPECT_EQ(0, stub.sent);
	EXPECT_EQ(ATCP_CA_DISORDER, self->c.ca_state);
	EXPECT_EQ(RTT / 4, timer_comes(self));
	ASSERT_EQ(1, stub.sent);
	EXPECT_EQ(2, sent(self, 0));
}

/* Step 2: what comes late tells how long the rest may take, though it was not sent last. */
TEST_F(recovery, late_comers_time)
{
	u64 start;

	establish(self, true, false);
	start = self->now;
	queue(self, 5);
	self->now = start + RTT / 10;
	queue(self, 5);
	self->now = start + RTT / 2;
	ack(self, 0, 5, 6);
	EXPECT_EQ(start + RTT * 65 / 100, atcp_conn_deadline(&self->c));
	self->now = start + RTT * 6 / 10;
	ack(self, 0, 1, 2);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPSACKReorder]);
	EXPECT_EQ(start + RTT * 85 / 100, atcp_conn_deadline(&self->c));
	EXPECT_EQ(10, stub.sent);
}

/* Step 2: of what one ACK delivers the one sent last tells, be it the first in number. */
TEST_F(recovery, retransmissions_time)
{
	ten(self, true, false, 4);
	ack(self, 0, 1, 4);
	ASSERT_LE(11, stub.sent);
	EXPECT_EQ(0, sent(self, 10));
	self->now += RTT;
	ack(self, 9, 0, 0);
	EXPECT_TRUE(self->c.rec.rack_rtt_us == RTT / ATCP_NS_PER_US);
}

/* Step 4: a DSACK says that the window was too small; it grows once in a round trip. */
TEST_F(recovery, dsack_widens_the_window)
{
	ten(self, true, false, 0);
	ack(self, 0, 1, 2);
	ack(self, 2, 0, 0);
	ack_twice(self, 2, 0);
	ack_twice(self, 2, 1);
	ack(self, 2, 3, 4);
	EXPECT_EQ(RTT / 2, timer_comes(self));
}

/* Step 2 with 5: what was sent after a retransmission arrives before it: it is lost too. */
TEST_F(recovery, lost_retransmission)
{
	ten(self, true, false, 20);
	ack(self, 0, 1, 10);
	ASSERT_LE(12, stub.sent);
	EXPECT_EQ(0, sent(self, 10));
	EXPECT_EQ(10, sent(self, 11));
	stub.sent = 0;
	self->now += RTT;
	ack(self, 0, 1, 11);
	ASSERT_LE(1, stub.sent);
	EXPECT_EQ(0, sent(self, 0));
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
}

/* RFC 8985 7.2 and 7.3: the tail is lost; two round trips later its end goes out again. */
TEST_F(recovery, tail)
{
	establish(self, true, false);
	queue(self, 3);
	EXPECT_EQ(2 * RTT, timer_comes(self));
	ASSERT_EQ(4, stub.sent);
	EXPECT_EQ(2, sent(self, 3));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
	self->now += RTT;
	/* it shows the holes: they are filled without a timeout */
	ack(self, 0, 2, 3);
	ASSERT_LE(5, stub.sent);
	EXPECT_EQ(0, sent(self, 4));
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
}

/* shows RFC8985-27: of a burst that the host cuts, the last segment goes */
TEST_F(recovery, tail_of_a_burst)
{
	self->c.gso_max = 65535;
	establish(self, true, false);
	/* on a long path it would be less */
	self->c.rtt.min = 1;
	queue(self, 3);
	ASSERT_EQ(1, stub.sent);
	timer_comes(self);
	ASSERT_EQ(2, stub.sent);
	EXPECT_EQ(2, sent(self, 1));
	EXPECT_EQ(MSS, stub.last.len);
}

/* New data goes before a retransmission, whatever cwnd says; one probe in a flight. */
TEST_F(recovery, probe_with_new_data)
{
	establish(self, true, false);
	queue(self, 30);
	ASSERT_EQ(10, stub.sent);
	EXPECT_EQ(2 * RTT, timer_comes(self));
	ASSERT_EQ(11, stub.sent);
	EXPECT_EQ(10, sent(self, 10));
	EXPECT_TRUE(self->c.rtx_why == ATCP_RTX_TIMEOUT);
	self->now += RTT;
	ack(self, 5, 0, 0);
	EXPECT_TRUE(self->c.rtx_why == ATCP_RTX_TIMEOUT);
	ack(self, 11, 0, 0);
	EXPECT_FALSE(!!self->c.tlp_out);
	EXPECT_EQ(U32_MAX, self->c.ssthresh);
}

/* RFC 8985 7.2: the ACK of one segment may be delayed; and no probe comes after the timeout. */
TEST_F(recovery, probe_of_one_segment)
{
	u64 rto;

	establish(self, true, false);
	rto = atcp_conn_rto(&self->c);
	queue(self, 1);
	EXPECT_EQ(min_t(u64, rto, 2 * RTT + 200 * ATCP_NS_PER_MS), timer_comes(self));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
}

TEST_F(recovery, no_probe_where_it_is_switched_off)
{
	self->cfg.early_retrans = 0;
	establish(self, true, false);
	queue(self, 3);
	EXPECT_EQ(atcp_conn_rto(&self->c), timer_comes(self));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPTimeouts]);
}

/* RFC 8985 7.4: the probe has repaired the loss of the last segment, which was congestion. */
TEST_F(recovery, probe_that_repairs)
{
	establish(self, true, false);
	queue(self, 3);
	self->now += RTT;
	ack(self, 2, 0, 0);
	timer_comes(self);
	ack(self, 3, 0, 0);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPLossProbeRecovery]);
	queue(self, 1);
	ack(self, 4, 0, 0);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPLossProbeRecovery]);
	EXPECT_GT(10 * MSS, self->c.cwnd);
}

/* Case 1: it came twice, nothing was lost. */
TEST_F(recovery, probe_that_was_needless)
{
	establish(self, true, false);
	queue(self, 3);
	self->now += RTT;
	ack(self, 2, 0, 0);
	timer_comes(self);
	ack(self, 3, 0, 0);
	ack_twice(self, 3, 2);
	queue(self, 1);
	ack_twice(self, 3, 2);
	ack(self, 4, 0, 0);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPLossProbeRecovery]);
	EXPECT_EQ(U32_MAX, self->c.ssthresh);
}

/*
 * shows RFC8985-35
 *
 * RFC 6937 section 3.1: of ten segments the first is lost, ssthresh is half. The ACK that begins
 * recovery and the six after it tell of seven. While more than ssthresh is out, five twelfths of
 * that may be sent, and the hole at once; then what keeps it at ssthresh.
 */
TEST_F(recovery, proportional_rate)
{
	static const u32 most[] = { 1, 1, 1, 1, 1, 2, 3 };
	u32 i;

	ten(self, true, false, 20);
	/* by limited transmit a new one for each, RFC 3042 */
	ack(self, 0, 1, 2);
	ack(self, 0, 1, 3);
	ASSERT_EQ(12, stub.sent);
	stub.sent = 0;
	for (i = 0; i < ARRAY_SIZE(most); i++) {
		ack(self, 0, 1, 4 + i);
		EXPECT_EQ(most[i], stub.sent);
	}
	EXPECT_EQ(5 * MSS, self->c.ssthresh);
	self->now += RTT;
	ack(self, 13, 0, 0);
	EXPECT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	EXPECT_EQ(5 * MSS, self->c.cwnd);
}

/* The same with twice the window: ten of twenty-two for each that arrives. */
TEST_F(recovery, proportional_rate_of_a_large_window)
{
	static const u32 most[] = { 1, 1, 1, 1, 2, 2, 3, 3, 4 };
	u32 i;

	self->cfg.init_cwnd = 20;
	ten(self, true, false, 30);
	ASSERT_EQ(20, stub.sent);
	ack(self, 0, 1, 2);
	ack(self, 0, 1, 3);
	ASSERT_EQ(22, stub.sent);
	stub.sent = 0;
	for (i = 0; i < ARRAY_SIZE(most); i++) {
		ack(self, 0, 1, 4 + i);
		EXPECT_EQ(most[i], stub.sent);
	}
}

/* RFC 3522: the ACK of the hole carries the timestamp of what was sent before recovery. */
TEST_F(recovery, timestamps_undo)
{
	ten(self, true, true, 20);
	ack(self, 0, 1, 4);
	ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	ASSERT_EQ(5 * MSS, self->c.ssthresh);
	self->now += RTT / 10;
	ack(self, 4, 0, 0);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPPartialUndo]);
	EXPECT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	EXPECT_EQ(U32_MAX, self->c.ssthresh);
	EXPECT_LE(10 * MSS, self->c.cwnd);
}

TEST_F(recovery, timestamps_of_the_retransmission)
{
	ten(self, true, true, 20);
	ack(self, 0, 1, 4);
	self->in.opt.tsecr = atcp_tsval(0, self->now);
	self->now += RTT;
	ack(self, 4, 0, 0);
	EXPECT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	EXPECT_EQ(5 * MSS, self->c.ssthresh);
}

/* RFC 3708: the peer names every retransmission as a duplicate. */
TEST_F(recovery, dsack_undoes)
{
	ten(self, true, false, 20);
	ack(self, 0, 1, 4);
	ASSERT_EQ(5 * MSS, self->c.ssthresh);
	self->now += RTT / 10;
	ack(self, 10, 0, 0);
	EXPECT_EQ(5 * MSS, self->c.ssthresh);
	ack_twice(self, 10, 0);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPDSACKUndo]);
	EXPECT_EQ(U32_MAX, self->c.ssthresh);
	/* and a second time there is nothing to undo */
	self->c.ssthresh = 5 * MSS;
	ack_twice(self, 10, 0);
	EXPECT_EQ(5 * MSS, self->c.ssthresh);
}

/* One of two was needless: the other was not. */
TEST_F(recovery, dsack_of_one_of_two)
{
	ten(self, true, false, 20);
	ack(self, 0, 2, 10);
	self->now += RTT / 10;
	ack(self, 10, 0, 0);
	ASSERT_EQ(2, self->c.total_retrans);
	ack_twice(self, 10, 0);
	EXPECT_EQ(5 * MSS, self->c.ssthresh);
	ack_twice(self, 10, 1);
	EXPECT_EQ(U32_MAX, self->c.ssthresh);
}

/* RFC 5682 2.1: the ACK of the first leads to new data, that of the second shows the mistake. */
TEST_F(recovery, spurious_timeout)
{
	time_out(self);
	ASSERT_EQ(11, stub.sent);
	EXPECT_EQ(0, sent(self, 10));
	ack(self, 1, 0, 0);
	ASSERT_LE(12, stub.sent);
	EXPECT_EQ(10, sent(self, 11));
	ack(self, 2, 0, 0);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPSpuriousRTOs]);
	EXPECT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	EXPECT_EQ(U32_MAX, self->c.ssthresh);
	EXPECT_EQ(0, self->c.lost);
	EXPECT_EQ(1, self->c.total_retrans);
}

/* Step 3a: the new data arrives, what was sent before it has not: it is lost. */
TEST_F(recovery, genuine_timeout)
{
	time_out(self);
	ack(self, 1, 0, 0);
	stub.sent = 0;
	ack(self, 1, 10, 11);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPSpuriousRTOs]);
	ASSERT_LE(1, stub.sent);
	EXPECT_EQ(1, sent(self, 0));
	EXPECT_EQ(5 * MSS, self->c.ssthresh);
}

TEST_F(recovery, no_judgement_where_it_is_switched_off)
{
	self->cfg.frto = 0;
	time_out(self);
	ack(self, 1, 0, 0);
	ASSERT_LE(12, stub.sent);
	EXPECT_EQ(1, sent(self, 11));
}

/* With nothing new to send the lost goes on: nobody else would ask for an ACK. */
TEST_F(recovery, judgement_without_new_data)
{
	self->cfg.early_retrans = 0;
	establish(self, true, false);
	queue(self, 5);
	timer_comes(self);
	ack(self, 1, 0, 0);
	ASSERT_LE(7, stub.sent);
	EXPECT_EQ(1, sent(self, 6));
}

/* Nor where the window takes no more. */
TEST_F(recovery, judgement_without_room)
{
	time_out(self);
	stub.sent = 0;
	self->in.wnd = 9 * MSS;
	ack(self, 1, 0, 0);
	ASSERT_LE(1, stub.sent);
	EXPECT_EQ(1, sent(self, 0));
}

/* A smaller path MTU has let none of what is out through, but for what is SACKed. */
TEST_F(recovery, path_mtu_with_holes)
{
	ten(self, true, true, 0);
	ack(self, 0, 5, 7);
	atcp_conn_mtu(&self->c, self->c.mtu - 600, self->now);
	EXPECT_EQ(2 * MSS, self->c.sacked);
	EXPECT_EQ(8 * MSS, self->c.lost);
}

/* A retransmission that is lost is no mistake: the timeout in recovery cannot be undone. */
TEST_F(recovery, timeout_in_recovery)
{
	ten(self, true, true, 20);
	ack(self, 0, 1, 4);
	ASSERT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	timer_comes(self);
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
	timer_comes(self);
	EXPECT_EQ(ATCP_CA_LOSS, self->c.ca_state);
	EXPECT_FALSE(!!self->c.undo);
	EXPECT_FALSE(!!self->c.frto);
}

/* RFC 6298 (5.5), but for so many as net.atcp.linear_timeouts says. */
TEST_F(recovery, linear_timeouts)
{
	u64 rto;

	self->cfg.linear_timeouts = 2;
	time_out(self);
	rto = atcp_conn_rto(&self->c);
	EXPECT_EQ(rto, timer_comes(self));
	EXPECT_EQ(rto, timer_comes(self));
	EXPECT_EQ(2 * rto, timer_comes(self));
	EXPECT_EQ(4 * rto, timer_comes(self));
	/* another row of them */
	ack(self, 1, 0, 0);
	rto = atcp_conn_rto(&self->c);
	timer_comes(self);
	EXPECT_EQ(rto, timer_comes(self));
}

/* A handshake backs off from the first on. */
TEST_F(recovery, no_linear_timeouts_of_a_handshake)
{
	u64 first;

	self->cfg.linear_timeouts = 2;
	self->now = 1000 * ATCP_NS_PER_SEC;
	atcp_conn_open(&self->c, ISN, 0, self->now);
	first = timer_comes(self);
	EXPECT_EQ(2 * first, timer_comes(self));
}

static int spy_state;

static u32 spy_ssthresh(struct atcp_conn *c, u64 now)
{
	spy_state = c->ca_state;
	return atcp_cc_newreno.ssthresh(c, now);
}

/* Congestion control sees which episode is a timeout, also where one was undone just before. */
TEST_F(recovery, timeouts_are_told_apart)
{
	struct atcp_cc_ops spy = atcp_cc_newreno;

	spy.ssthresh = spy_ssthresh;
	self->c.cc = &spy;
	time_out(self);
	EXPECT_EQ(ATCP_CA_LOSS, spy_state);
	ack(self, 0, 1, 2);
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPSpuriousRTOs]);
	self->now += 2 * RTT;
	ack(self, 0, 1, 12);
	EXPECT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	EXPECT_NE(ATCP_CA_LOSS, spy_state);
}

/* The probe has repaired a loss since: what is reduced for that stays reduced. */
TEST_F(recovery, dsack_after_a_probe_that_helped)
{
	ten(self, true, false, 0);
	ack(self, 0, 1, 4);
	self->now += RTT / 10;
	ack(self, 10, 0, 0);
	queue(self, 2);
	timer_comes(self);
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPLossProbes]);
	queue(self, 2);
	self->now += RTT;
	ack(self, 13, 0, 0);
	ASSERT_EQ(1, stub.counts[ATCP_C_TCPLossProbeRecovery]);
	/* of both that were sent again, if anybody counts still */
	ack_twice(self, 13, 0);
	ack_twice(self, 13, 1);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPDSACKUndo]);
	EXPECT_EQ(2 * MSS, self->c.ssthresh);
}

/* CUBIC's first slow start goes on after a timeout that was none. */
TEST_F(recovery, spurious_timeout_with_cubic)
{
	u32 cwnd;

	self->c.cc = &atcp_cc_cubic;
	time_out(self);
	EXPECT_EQ(7 * MSS, self->c.ssthresh);
	ack(self, 1, 0, 0);
	ack(self, 2, 0, 0);
	EXPECT_EQ(U32_MAX, self->c.ssthresh);
	cwnd = self->c.cwnd;
	EXPECT_LE(10 * MSS, cwnd);
	ack(self, 5, 0, 0);
	EXPECT_EQ(cwnd + 3 * MSS, self->c.cwnd);
}

/* Without SACK: three duplicate ACKs, RFC 5681 3.2; no probe, for it would tell nothing. */
TEST_F(recovery, without_sack)
{
	u32 i;

	ten(self, false, false, 0);
	EXPECT_TRUE(self->c.rtx_why == ATCP_RTX_TIMEOUT);
	for (i = 0; i < 2; i++)
		ack(self, 0, 0, 0);
	EXPECT_EQ(ATCP_CA_DISORDER, self->c.ca_state);
	ack(self, 0, 0, 0);
	EXPECT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPRenoRecovery]);
	EXPECT_EQ(5 * MSS, self->c.ssthresh);
}

/* MUST-20 (b): past R1 IP is told, by the timeout that reaches it and by each after. */
TEST_F(recovery, retries1)
{
	int i;

	self->cfg.retries1 = 2;
	self->cfg.early_retrans = 0;
	ten(self, true, false, 0);
	for (i = 1; i <= 4; i++) {
		self->c.ev = 0;
		timer_comes(self);
		EXPECT_EQ(i >= 2, !!(self->c.ev & ATCP_EV_ROUTE));
	}
}

TEST_HARNESS_MAIN
