// SPDX-License-Identifier: GPL-2.0-only
/* RFC 6298 on whole connections: what is measured, and when the timer comes. */
#include "rig.h"

#define MS	ATCP_NS_PER_MS
#define RTT	(100 * MS)

/* What the test itself makes of the samples: section 2, in seconds. */
struct reference {
	double srtt, rttvar;
};

static void take(struct reference *r, double sample)
{
	double off = r->srtt > sample ? r->srtt - sample : sample - r->srtt;

	if (!r->srtt) {
		r->srtt = sample;
		r->rttvar = sample / 2;
		return;
	}
	r->rttvar = (1 - 0.25) * r->rttvar + 0.25 * off;
	r->srtt = (1 - 0.125) * r->srtt + 0.125 * sample;
}

static double timeout_of(const struct reference *r, double floor)
{
	return r->srtt + (4 * r->rttvar > floor ? 4 * r->rttvar : floor);
}

/* ESTABLISHED after a round trip of @rtt ns. */
static void establish(RIG, u64 rtt)
{
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	self->now += rtt;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt = (struct atcp_opts){ 0 };
	stub.sent = 0;
}

/* A segment is acknowledged after @ns. */
static void exchange(RIG, u64 ns)
{
	rig_write(self, 100);
	self->now += ns;
	rig_ack(self, self->c.snd_nxt - OURS(0), 20000);
}

/* shows RFC6298-1 */
TEST_F(rig, timeout_follows_the_algorithm)
{
	struct reference ref = { 0 };
	u32 i, random = 1;

	establish(self, RTT);
	take(&ref, 0.1);
	for (i = 0; i < 300; i++) {
		double rto = timeout_of(&ref, self->cfg.rto_min / 1e9);
		u64 delay = atcp_conn_rto(&self->c);

		rig_write(self, 100);
		EXPECT_EQ(self->now + delay, atcp_conn_deadline(&self->c));
		/* nanoseconds are lost by rounding */
		EXPECT_GT(100, delay - rto * 1e9);
		EXPECT_LT(-100, delay - rto * 1e9);
		random = random * 1664525 + 1013904223;
		delay = min(MS + (random >> 16 & 0x3ff) * 2 * MS, delay - MS);
		self->now += delay;
		rig_ack(self, self->c.snd_nxt - OURS(0), 20000);
		take(&ref, delay / 1e9);
	}
}

/* shows RFC6298-2 */
TEST_F(rig, nothing_goes_again_before_its_time)
{
	static const u32 rtts[] = { 900, 100, 500, 1500, 30 };
	struct reference ref = { 0 };
	double least;
	u64 before;
	u32 i;

	establish(self, RTT);
	take(&ref, 0.1);
	for (i = 0; i < ARRAY_SIZE(rtts); i++) {
		exchange(self, rtts[i] * MS);
		take(&ref, rtts[i] / 1e3);
	}
	/* the variance has the say here, not the floor, which is atcp's own */
	ASSERT_LT(self->cfg.rto_min / 1e9, 4 * ref.rttvar);
	least = timeout_of(&ref, 0);
	rig_write(self, 100);
	for (i = 0; i < 5; i++, least *= 2) {
		before = self->now;
		stub.sent = 0;
		ASSERT_TRUE(rig_timer(self));
		ASSERT_EQ(1, stub.sent);
		EXPECT_LE(least * 1e9 - 1000, self->now - before);
	}
}

/* shows RFC6298-3 */
TEST_F(rig, a_second_before_the_first_measure)
{
	u64 start = self->now;

	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(start + RIG_SEC, self->now);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(start + 3 * RIG_SEC, self->now);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(start + 7 * RIG_SEC, self->now);
	EXPECT_EQ(4, stub.sent);
}

/* shows RFC6298-11 */
TEST_F(rig, an_ack_of_old_and_new_measures_nothing)
{
	u64 srtt, rttvar;

	establish(self, RTT);
	rig_write(self, 3 * RIG_MSS);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(1, self->c.total_retrans);
	srtt = self->c.rtt.srtt;
	rttvar = self->c.rtt.rttvar;
	self->now += 2 * RTT;
	/* the first was sent twice: neither alone nor with what it kept from being read */
	rig_ack(self, 1 + RIG_MSS / 2, 20000);
	rig_ack(self, 1 + 3 * RIG_MSS, 20000);
	EXPECT_EQ(OURS(1 + 3 * RIG_MSS), self->c.snd_una);
	EXPECT_EQ(srtt, self->c.rtt.srtt);
	EXPECT_EQ(rttvar, self->c.rtt.rttvar);
}

/* Timestamps tell which of the two it was. */
TEST_F(rig, timestamps_measure_what_was_sent_twice)
{
	self->cfg.timestamps = 1;
	self->in.opt.has |= ATCP_OPT_TS;
	self->in.opt.tsval = 1;
	self->in.opt.tsecr = atcp_tsval(0, self->now);
	establish(self, RTT);
	self->in.opt.has = ATCP_OPT_TS;
	rig_write(self, 100);
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(1, self->c.total_retrans);
	self->in.opt.tsval = 2;
	self->in.opt.tsecr = atcp_tsval(0, self->now);
	self->now += 500 * MS;
	rig_ack(self, 101, 20000);
	EXPECT_EQ(RTT - RTT / 8 + 500 * MS / 8, self->c.rtt.srtt);
}

static u32 measures;

static void count_measure(struct atcp_conn *c, u64 ns)
{
	measures++;
}

/* shows RFC6298-12 */
TEST_F(rig, a_measure_in_every_round_trip)
{
	struct atcp_cc_ops spy = atcp_cc_newreno;
	u32 i;

	spy.rtt = count_measure;
	self->c.cc = &spy;
	establish(self, RTT);
	self->c.gso_max = 65535;
	rig_write(self, 300 * RIG_MSS);
	for (i = 0; i < 12; i++) {
		u64 srtt = self->c.rtt.srtt;
		u32 to = self->c.snd_nxt;

		measures = 0;
		/* longer each time, so that it can be seen */
		self->now += RTT + i * MS;
		/* every second segment is acknowledged */
		while (self->c.snd_una != to)
			rig_ack(self, min(self->c.snd_una + 2 * RIG_MSS - OURS(0), to - OURS(0)),
				20000);
		EXPECT_LE(1, measures);
		EXPECT_TRUE(!i || self->c.rtt.srtt > srtt);
	}
}

/* Of a segment: when it was sent last, and the timeout that was in force then. */
static void first_of_flight_is_not_hurried(struct __test_metadata *_metadata, RIG, bool sack)
{
	u64 again, rto;
	u32 i;

	if (!sack)
		self->in.opt.has &= ~ATCP_OPT_SACK_OK;
	establish(self, RTT);
	rto = atcp_conn_rto(&self->c);
	rig_write(self, 10 * RIG_MSS);
	self->now += RTT;
	stub.sent = 0;
	/* with SACK one ACK says as much as three */
	for (i = sack ? 3 : 1; i <= 3; i++) {
		self->in.opt.nsacks = sack;
		self->in.opt.sacks[0] = (struct atcp_sack){ OURS(1 + RIG_MSS),
							    OURS(1 + (1 + i) * RIG_MSS) };
		rig_ack(self, 1, 20000);
	}
	ASSERT_LE(1, stub.sent);
	ASSERT_EQ(OURS(1), stub.out[0].seq);
	again = self->now;
	while (!stub.counts[ATCP_C_TCPTimeouts])
		ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(OURS(1), stub.last.seq);
	EXPECT_EQ(again + rto, self->now);
}

/* shows RFC6298-14 */
TEST_F(rig, fast_retransmission_has_a_timeout_of_its_own)
{
	first_of_flight_is_not_hurried(_metadata, self, false);
}

/* shows RFC6298-14 */
TEST_F(rig, fast_retransmission_has_a_timeout_of_its_own_with_sack)
{
	first_of_flight_is_not_hurried(_metadata, self, true);
}

/* What is not the first of the flight leaves the timer alone: it is the first's. */
TEST_F(rig, other_retransmissions_leave_the_timer)
{
	u64 at;

	establish(self, RTT);
	self->c.cc = &atcp_cc_newreno;
	rig_write(self, 10 * RIG_MSS);
	self->now += RTT;
	self->in.opt.nsacks = 1;
	self->in.opt.sacks[0] = (struct atcp_sack){ OURS(1 + 2 * RIG_MSS), OURS(1 + 5 * RIG_MSS) };
	stub.sent = 0;
	rig_ack(self, 1, 20000);
	ASSERT_EQ(1, stub.sent);
	at = atcp_conn_deadline(&self->c);
	self->now += RTT / 4;
	self->in.opt.sacks[0].end = OURS(1 + 10 * RIG_MSS);
	rig_ack(self, 1, 20000);
	ASSERT_EQ(2, stub.sent);
	ASSERT_EQ(OURS(1 + RIG_MSS), stub.last.seq);
	EXPECT_EQ(at, atcp_conn_deadline(&self->c));
}

/* Nor does the first, while the timer is that of the reordering window, which others wait for. */
TEST_F(rig, reordering_window_goes_before_the_timeout)
{
	establish(self, RTT);
	rig_write(self, RIG_MSS);
	self->now += RTT / 2;
	rig_write(self, 9 * RIG_MSS);
	self->now += RTT;
	self->in.opt.nsacks = 1;
	self->in.opt.sacks[0] = (struct atcp_sack){ OURS(1 + 5 * RIG_MSS), OURS(1 + 6 * RIG_MSS) };
	stub.sent = 0;
	rig_ack(self, 1, 20000);
	ASSERT_EQ(1, stub.sent);
	ASSERT_EQ(OURS(1), stub.last.seq);
	EXPECT_EQ(self->now + RTT / 4, atcp_conn_deadline(&self->c));
}

/* shows RFC6298-15 */
TEST_F(rig, timer_of_what_is_out)
{
	u64 rto, at;

	establish(self, RTT);
	self->c.nodelay = 1;
	rto = atcp_conn_rto(&self->c);
	EXPECT_EQ(0, atcp_conn_deadline(&self->c));
	/* (5.1) */
	rig_write(self, 100);
	at = self->now + rto;
	EXPECT_EQ(at, atcp_conn_deadline(&self->c));
	self->now += RTT / 2;
	rig_write(self, 100);
	EXPECT_EQ(at, atcp_conn_deadline(&self->c));
	/* (5.3) */
	self->now += RTT / 2;
	rig_ack(self, 101, 20000);
	EXPECT_EQ(self->now + atcp_conn_rto(&self->c), atcp_conn_deadline(&self->c));
	/* but not by an ACK of nothing new */
	at = atcp_conn_deadline(&self->c);
	self->now += RTT / 2;
	rig_ack(self, 101, 20000);
	EXPECT_EQ(at, atcp_conn_deadline(&self->c));
	/* (5.2) */
	rig_ack(self, 201, 20000);
	EXPECT_EQ(0, atcp_conn_deadline(&self->c));
	/* (5.4), (5.6) */
	rig_write(self, RIG_MSS);
	rig_write(self, RIG_MSS);
	rto = atcp_conn_rto(&self->c);
	stub.sent = 0;
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(1, stub.sent);
	EXPECT_EQ(OURS(201), stub.last.seq);
	EXPECT_EQ(self->now + 2 * rto, atcp_conn_deadline(&self->c));
}

/* shows RFC6298-16 */
TEST_F(rig, each_timeout_is_twice_the_last)
{
	u64 rto, before;
	u32 i;

	establish(self, RTT);
	rto = atcp_conn_rto(&self->c);
	rig_write(self, 100);
	for (i = 0; i < 6; i++) {
		before = self->now;
		ASSERT_TRUE(rig_timer(self));
		EXPECT_EQ(rto << i, self->now - before);
		EXPECT_EQ(rto << (i + 1), atcp_conn_rto(&self->c));
	}
}

/* shows RFC6298-17 */
TEST_F(rig, three_seconds_after_a_lost_syn)
{
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	ASSERT_TRUE(rig_timer(self));
	self->now += RTT;
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	rig_write(self, 100);
	EXPECT_EQ(self->now + 3 * RIG_SEC, atcp_conn_deadline(&self->c));
}

/* shows RFC6298-17 */
TEST_F(rig, three_seconds_after_a_lost_answer_to_a_syn)
{
	struct atcp_listen l = { .mtu = 1480, .default_mss = 536, .rcv_buf = 20000 };
	struct atcp_seg out;
	struct atcp_req req;

	atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, 0, self->now, &req, &out);
	self->now = req.deadline;
	ASSERT_EQ(ATCP_V_REPLY, atcp_req_timer(&req, &self->cfg, self->now, &out));
	self->now += RTT;
	atcp_conn_accept(&self->c, &req, self->now);
	self->in.ack = OURS(1);
	self->in.opt = (struct atcp_opts){ 0 };
	rig_feed(self, THEIRS(1), 0, ATCP_ACK);
	ASSERT_EQ(ATCP_ESTABLISHED, self->c.state);
	rig_write(self, 100);
	EXPECT_EQ(self->now + 3 * RIG_SEC, atcp_conn_deadline(&self->c));
}

TEST_HARNESS_MAIN
