// SPDX-License-Identifier: GPL-2.0-only
/* Timers shorter than what an ACK may be delayed, towards peers that have promised and others. */
#include "cookie.h"
#include "rig.h"

#define MS		ATCP_NS_PER_MS
#define US		ATCP_NS_PER_US
#define RTT		MS
#define WND		60000
#define LEAST		100	/* us, net.atcp.rto_min_us */
#define PROMISE		5000	/* us, what an end says by default */
#define PEER_DELACK	(200 * MS)
#define UNREAD		(60 * MS)	/* what native TCP waits for its user, at most */

/* A SYN is out, of a namespace with short timers. */
static void ask(RIG)
{
	self->cfg.rto_min = LEAST * US;
	self->cfg.early_retrans = 3;
	self->c.cc = &atcp_cc_newreno;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
}

/* ESTABLISHED; @promise: what the peer has said, us, or 0. */
static void establish(RIG, u16 promise)
{
	ask(self);
	self->now += RTT;
	self->in.ack = OURS(1);
	self->in.wnd = WND;
	self->in.opt.has |= promise ? ATCP_OPT_ACKDELAY : 0;
	self->in.opt.ack_us = promise;
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt = (struct atcp_opts){ 0 };
	self->c.nodelay = 1;
	stub.sent = 0;
}

static void acked(RIG)
{
	rig_ack(self, self->c.snd_nxt - OURS(0), WND);
}

/* Segments that go out one at a time, and are acknowledged after @took each. */
static void one_by_one(RIG, u32 count, u64 took)
{
	while (count--) {
		rig_write(self, RIG_MSS);
		self->now += took;
		acked(self);
	}
}

static u64 due_in(RIG)
{
	return atcp_conn_deadline(&self->c) - self->now;
}

TEST_F(rig, a_syn_promises_where_timers_are_short)
{
	ask(self);
	EXPECT_EQ(ATCP_OPT_ACKDELAY, stub.last.opt.has & ATCP_OPT_ACKDELAY);
	EXPECT_EQ(PROMISE, stub.last.opt.ack_us);
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(ATCP_OPT_ACKDELAY, stub.last.opt.has & ATCP_OPT_ACKDELAY);
	/* perhaps it is why they were dropped */
	ASSERT_TRUE(rig_timer(self));
	ASSERT_EQ(3, stub.sent);
	EXPECT_EQ(0, stub.last.opt.has & ATCP_OPT_ACKDELAY);
}

TEST_F(rig, a_syn_promises_for_one_socket)
{
	self->c.rto_min_us = LEAST;
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	EXPECT_EQ(PROMISE, stub.last.opt.ack_us);
}

TEST_F(rig, by_default_a_syn_promises_nothing)
{
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	EXPECT_EQ(0, stub.last.opt.has & ATCP_OPT_ACKDELAY);
	EXPECT_EQ(0, self->c.own_ack_us);
}

/* Whatever its own timers are, so that the peer's may be short. */
TEST_F(rig, a_listener_promises_who_asks)
{
	struct atcp_listen l = { .mtu = 1480, .default_mss = 536, .rcv_buf = 20000 };
	struct atcp_seg out;
	struct atcp_req req;
	u32 again;

	atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, 0, self->now, &req, &out);
	EXPECT_EQ(0, out.opt.has & ATCP_OPT_ACKDELAY);
	self->in.opt.has |= ATCP_OPT_ACKDELAY;
	self->in.opt.ack_us = 700;
	atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, 0, self->now, &req, &out);
	EXPECT_EQ(ATCP_OPT_ACKDELAY, out.opt.has & ATCP_OPT_ACKDELAY);
	EXPECT_EQ(PROMISE, out.opt.ack_us);
	atcp_conn_accept(&self->c, &req, self->now);
	EXPECT_EQ(PROMISE, self->c.own_ack_us);
	EXPECT_EQ(700, self->c.peer_ack_us);
	for (again = 1; again <= 2; again++) {
		self->now = req.deadline;
		ASSERT_EQ(ATCP_V_REPLY, atcp_req_timer(&req, &self->cfg, self->now, &out));
		EXPECT_EQ(again < 2, !!(out.opt.has & ATCP_OPT_ACKDELAY));
	}
}

static u32 no_mac(const void *ends, u32 irs, u32 count, u32 word)
{
	return 0;
}

TEST_F(rig, a_cookie_promises_nothing)
{
	struct atcp_listen l = { .mtu = 1480, .default_mss = 536, .rcv_buf = 20000 };
	struct atcp_cookie k = { .mac = no_mac };
	struct atcp_seg out;
	struct atcp_req req;

	self->cfg.timestamps = 1;
	self->in.opt.has |= ATCP_OPT_ACKDELAY | ATCP_OPT_TS;
	self->in.opt.ack_us = 700;
	atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, 0, self->now, &req, &out);
	ASSERT_EQ(ATCP_OPT_ACKDELAY, out.opt.has & ATCP_OPT_ACKDELAY);
	atcp_cookie_make(&k, &l, &req, self->now, &out);
	EXPECT_EQ(0, out.opt.has & ATCP_OPT_ACKDELAY);
}

/* On a long path too, and with time to spare. */
TEST_F(rig, a_promise_is_kept)
{
	establish(self, 0);
	self->c.rtt.srtt = 100 * MS;
	self->c.quickack = 0;
	rig_feed(self, self->c.rcv_nxt, 1, ATCP_ACK);
	ASSERT_EQ(0, stub.sent);
	EXPECT_EQ(PROMISE * US * 4 / 5, due_in(self));
}

TEST_F(rig, a_promise_of_little)
{
	self->cfg.delack_max = 0;
	establish(self, 0);
	EXPECT_EQ(1, self->c.own_ack_us);
	self->c.quickack = 0;
	rig_feed(self, self->c.rcv_nxt, 1, ATCP_ACK);
	EXPECT_EQ(1, due_in(self));
}

/* A peer that promises acknowledges two segments at once, and one in that time. */
TEST_F(rig, timeout_of_a_promising_peer)
{
	establish(self, PROMISE);
	self->cfg.early_retrans = 0;
	one_by_one(self, 40, RTT);
	ASSERT_GT(LEAST * US, 4 * self->c.rtt.rttvar);
	rig_write(self, RIG_MSS);
	EXPECT_EQ(self->c.rtt.srtt + PROMISE * US, due_in(self));
	self->now += RTT;
	acked(self);
	rig_write(self, 2 * RIG_MSS);
	EXPECT_EQ(self->c.rtt.srtt + LEAST * US, due_in(self));
}

/* What is left when the first are acknowledged is alone again. */
TEST_F(rig, odd_segment_of_a_promising_peer)
{
	establish(self, PROMISE);
	self->cfg.early_retrans = 0;
	rig_write(self, 3 * RIG_MSS);
	self->now += RTT;
	rig_ack(self, 1 + 2 * RIG_MSS, WND);
	EXPECT_EQ(self->c.rtt.srtt + PROMISE * US, due_in(self));
}

TEST_F(rig, promise_below_the_least_timeout)
{
	establish(self, 10);
	self->cfg.early_retrans = 0;
	one_by_one(self, 40, RTT);
	rig_write(self, RIG_MSS);
	EXPECT_EQ(self->c.rtt.srtt + LEAST * US, due_in(self));
}

TEST_F(rig, probe_of_a_promising_peer)
{
	establish(self, 3000);
	self->cfg.rto_min = RIG_SEC;
	rig_write(self, RIG_MSS);
	EXPECT_EQ(RTT + 3 * MS + MS, due_in(self));
	rig_write(self, RIG_MSS);
	EXPECT_EQ(2 * RTT, due_in(self));
	/* with short timers too, where the timeout does not come first */
	self->cfg.rto_min = LEAST * US;
	self->c.rtt.rttvar = RIG_SEC;
	rig_write(self, RIG_MSS);
	EXPECT_EQ(2 * RTT, due_in(self));
}

/* Nothing comes before native TCP would give up waiting, however prompt the peer has been. */
TEST_F(rig, timeout_of_an_unknown_peer)
{
	u32 segs;

	for (segs = 1; segs <= 2; segs++) {
		establish(self, 0);
		self->cfg.early_retrans = 0;
		one_by_one(self, 40, RTT);
		rig_write(self, segs * RIG_MSS);
		EXPECT_EQ(self->c.rtt.srtt + PEER_DELACK, due_in(self));
		atcp_conn_purge(&self->c);
		memset(&self->c, 0, sizeof(self->c));
		atcp_conn_init(&self->c, &self->cfg);
		self->c.mtu = 1480;
		self->c.adv_mss = 1460;
		self->c.rcv_buf = 20000;
		self->in = (struct atcp_seg){ .seq = RIG_PEER, .wnd = WND };
		self->in.opt = (struct atcp_opts){ .has = ATCP_OPT_MSS, .mss = RIG_MSS };
	}
}

TEST_F(rig, probe_of_an_unknown_peer)
{
	establish(self, 0);
	one_by_one(self, 40, RTT);
	rig_write(self, RIG_MSS);
	EXPECT_LE(RTT + PEER_DELACK, due_in(self));
	/* two may wait until somebody reads */
	rig_write(self, RIG_MSS);
	EXPECT_EQ(self->c.rtt.srtt + UNREAD + MS, due_in(self));
	self->c.rtt.srtt = 2 * UNREAD;
	rig_write(self, RIG_MSS);
	EXPECT_EQ(4 * UNREAD + MS, due_in(self));
}

/* With the timers of native TCP there is no reason to wait longer than it does. */
TEST_F(rig, two_segments_and_long_timers)
{
	establish(self, 0);
	self->cfg.rto_min = PEER_DELACK;
	rig_write(self, 2 * RIG_MSS);
	EXPECT_EQ(2 * self->c.rtt.srtt, due_in(self));
}

/*
 * A receiver as native TCP is: so many segments are acknowledged at once, then an ACK waits for a
 * second segment, or for @delay. @at: when it is due, of what is below @got.
 */
struct native {
	u32 quick;
	u64 delay, at;
};

/* The writes of @len bytes, one every @every ns, towards such a receiver. */
static void stream(RIG, struct native *n, u32 len, u32 count, u64 every)
{
	u64 next = self->now;
	u32 got = self->c.snd_nxt, wup = got;

	while (count || self->c.snd_una != self->c.snd_nxt) {
		u64 timer = atcp_conn_deadline(&self->c);
		/* what is out arrives half a round trip later, its ACK as much after that */
		u64 arrives = got != self->c.snd_nxt ? self->c.last_snd + RTT : U64_MAX;

		self->now = min3(count ? next : U64_MAX, timer ? timer : U64_MAX,
				 min(arrives, n->at ? n->at : U64_MAX));
		if (self->now == arrives) {
			got = self->c.snd_nxt;
			if (n->quick || got - wup > RIG_MSS)
				n->at = self->now;
			else if (!n->at)
				n->at = self->now + n->delay;
			n->quick -= !!n->quick;
		}
		if (self->now == n->at) {
			n->at = 0;
			wup = got;
			rig_ack(self, got - OURS(0), WND);
		} else if (count && self->now == next) {
			count--;
			next += every;
			rig_write(self, len);
		} else if (self->now == timer) {
			rig_timer(self);
		}
	}
}

static void nothing_again(struct __test_metadata *_metadata, RIG)
{
	EXPECT_EQ(0, stub.counts[ATCP_C_RetransSegs]);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPTimeouts]);
	EXPECT_EQ(0, stub.counts[ATCP_C_TCPLossProbes]);
}

/* Prompt for 16 segments, and then not; an idle time, and the same again. */
TEST_F(rig, prompt_only_at_first)
{
	struct native n = { .quick = 16, .delay = 40 * MS };

	establish(self, 0);
	stream(self, &n, 100, 40, 3 * MS);
	self->now += 10 * RIG_SEC;
	n.quick = 16;
	stream(self, &n, RIG_MSS, 40, 60 * MS);
	stream(self, &n, 3 * RIG_MSS + 1, 40, 60 * MS);
	nothing_again(_metadata, self);
}

TEST_F(rig, prompt_for_very_long)
{
	struct native n = { .quick = 500, .delay = 200 * MS };

	establish(self, 0);
	stream(self, &n, 100, 600, 7 * MS);
	self->c.nodelay = 0;
	stream(self, &n, 100, 100, 7 * MS);
	nothing_again(_metadata, self);
}

/* The bench itself: with what a peer has promised and does not keep to it does see something. */
TEST_F(rig, promise_that_is_broken)
{
	struct native n = { .delay = 40 * MS };

	establish(self, PROMISE);
	stream(self, &n, 100, 2, 100 * MS);
	EXPECT_NE(0, stub.counts[ATCP_C_TCPLossProbes] + stub.counts[ATCP_C_TCPTimeouts]);
}

TEST_HARNESS_MAIN
