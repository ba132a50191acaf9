// SPDX-License-Identifier: GPL-2.0-only
/* Explicit Congestion Notification: RFC 3168 section 6.1, both ends of it. */
#include <stdlib.h>

#include "ecn.h"
#include "endpoint.h"
#include "kselftest_harness.h"
#include "port_stub.h"

#define MSS	1000U
#define ISN	0xffffe000U	/* the numbers wrap on the way */
#define PEER	5000U
#define RTT	(100 * ATCP_NS_PER_MS)
#define NAMED(n) (ISN + 1 + (n) * MSS)	/* the number of segment n, from 0 */
#define BOTH	(ATCP_ECE | ATCP_CWR)

FIXTURE(ecn) {
	struct atcp_cfg cfg;
	struct atcp_conn c;
	struct atcp_seg in;
	u64 now;
};

FIXTURE_SETUP(ecn)
{
	memset(&stub, 0, sizeof(stub));
	atcp_cfg_init(&self->cfg);
	self->cfg.ecn = ATCP_ECN_ASK;
	self->cfg.cc = &atcp_cc_newreno;
	self->cfg.timestamps = 0;
	endpoint_conn(&self->c, &self->cfg, 20000);
	self->c.gso_max = MSS;
	self->now = 1000 * ATCP_NS_PER_SEC;
}

FIXTURE_TEARDOWN(ecn)
{
	atcp_conn_purge(&self->c);
}

static void open_with(struct _test_data_ecn *self, u8 flags)
{
	atcp_conn_open(&self->c, ISN, 0, self->now);
	self->now += RTT;
	self->in = (struct atcp_seg){
		.seq = PEER, .ack = ISN + 1, .wnd = 60000, .flags = ATCP_SYN | ATCP_ACK | flags,
		.opt = { .has = ATCP_OPT_MSS | ATCP_OPT_SACK_OK, .mss = MSS },
	};
	atcp_conn_input(&self->c, &self->in, NULL, self->now);
	self->in.seq = PEER + 1;
	self->in.flags = ATCP_ACK;
	self->in.opt = (struct atcp_opts){ };
}

static void queue(struct _test_data_ecn *self, u32 segs)
{
	struct atcp_txseg *t = calloc(1, sizeof(*t));

	t->len = segs * MSS;
	atcp_conn_queue(&self->c, t);
	atcp_conn_push(&self->c, false, self->now);
}

/* Ten segments are out, since a round trip; @more wait. */
static void ten(struct _test_data_ecn *self, u32 more)
{
	open_with(self, ATCP_ECE);
	queue(self, 10 + more);
	self->now += RTT;
}

static void ack(struct _test_data_ecn *self, u32 n, u8 flags)
{
	self->in.ack = NAMED(n);
	self->in.flags = ATCP_ACK | flags;
	atcp_conn_input(&self->c, &self->in, NULL, self->now);
}

/* The next full segment of the peer's, marked or not. */
static void data(struct _test_data_ecn *self, bool ce, u8 flags)
{
	struct atcp_rxseg *rx = stub_rx(self->in.seq, MSS);

	self->in.flags = ATCP_ACK | flags;
	self->in.len = MSS;
	self->in.ce = ce;
	rx->mss = MSS;
	if (!atcp_conn_input(&self->c, &self->in, rx, self->now))
		free(rx);
	self->in.seq += MSS;
	self->in.len = 0;
	self->in.ce = false;
}

TEST_F(ecn, negotiation)
{
	static const struct {
		u8 mode, syn, answer;
		bool ok;
	} cases[] = {
		{ ATCP_ECN_ASK, ATCP_SYN | BOTH, ATCP_ECE, true },
		{ ATCP_ECN_ASK, ATCP_SYN | BOTH, 0, false },
		{ ATCP_ECN_ASK, ATCP_SYN | BOTH, BOTH, false },	/* reflects what we sent */
		{ ATCP_ECN_ASK, ATCP_SYN | BOTH, ATCP_CWR, false },
		{ ATCP_ECN_AGREE, ATCP_SYN, ATCP_ECE, false },
		{ ATCP_ECN_OFF, ATCP_SYN, ATCP_ECE, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		atcp_conn_purge(&self->c);
		endpoint_conn(&self->c, &self->cfg, 20000);
		self->cfg.ecn = cases[i].mode;
		atcp_conn_open(&self->c, ISN, 0, self->now);
		EXPECT_EQ(cases[i].syn, stub.last.flags);
		EXPECT_FALSE(stub.last.ect);
		self->in = (struct atcp_seg){ .seq = PEER, .ack = ISN + 1, .wnd = 60000,
					      .flags = ATCP_SYN | ATCP_ACK | cases[i].answer };
		atcp_conn_input(&self->c, &self->in, NULL, self->now);
		EXPECT_EQ(ATCP_ESTABLISHED, self->c.state);
		EXPECT_EQ(cases[i].ok, !!self->c.ecn_ok);
		/* the ACK of the SYN,ACK */
		EXPECT_EQ(ATCP_ACK, stub.last.flags);
		EXPECT_FALSE(stub.last.ect);
		queue(self, 1);
		EXPECT_EQ(cases[i].ok, stub.last.ect);
	}
}

/* Section 6.1.1.1: a SYN that asks may be what is dropped. Then nothing of ours is marked. */
TEST_F(ecn, second_syn_does_not_ask)
{
	atcp_conn_open(&self->c, ISN, 0, self->now);
	self->now = atcp_conn_deadline(&self->c);
	atcp_conn_timer(&self->c, self->now);
	EXPECT_EQ(ATCP_SYN, stub.last.flags);
	self->in = (struct atcp_seg){ .seq = PEER, .ack = ISN + 1, .wnd = 60000,
				      .flags = ATCP_SYN | ATCP_ACK | ATCP_ECE };
	atcp_conn_input(&self->c, &self->in, NULL, self->now);
	queue(self, 1);
	EXPECT_FALSE(stub.last.ect);
	/* the peer may have the first one, and what it sends be marked */
	self->in.seq = PEER + 1;
	data(self, true, 0);
	EXPECT_EQ(ATCP_ACK | ATCP_ECE, stub.last.flags);
}

TEST_F(ecn, simultaneous_open)
{
	atcp_conn_open(&self->c, ISN, 0, self->now);
	self->in = (struct atcp_seg){ .seq = PEER, .wnd = 60000, .flags = ATCP_SYN | BOTH };
	atcp_conn_input(&self->c, &self->in, NULL, self->now);
	EXPECT_EQ(ATCP_SYN | ATCP_ACK | ATCP_ECE, stub.last.flags);
	EXPECT_TRUE(!!self->c.ecn_ok);
}

/* What a listener does with the flags of a SYN, and with those of its copy. */
TEST_F(ecn, listener)
{
	static const struct {
		u8 mode, flags;
		bool ce;
		u8 ecn;
	} cases[] = {
		{ ATCP_ECN_AGREE, BOTH, false, ATCP_ECN_OK | ATCP_ECN_ECT },
		{ ATCP_ECN_ASK, BOTH, false, ATCP_ECN_OK | ATCP_ECN_ECT },
		{ ATCP_ECN_OFF, BOTH, false, 0 },
		{ ATCP_ECN_AGREE, ATCP_ECE, false, 0 },
		{ ATCP_ECN_AGREE, ATCP_CWR, false, 0 },
		{ ATCP_ECN_AGREE, 0, false, 0 },
		{ ATCP_ECN_AGREE, BOTH, true, 0 },
	};
	struct atcp_listen l = endpoint_listener(20000);
	struct atcp_req req;
	struct atcp_seg out;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		self->cfg.ecn = cases[i].mode;
		self->in = (struct atcp_seg){ .seq = PEER, .wnd = 5000, .ce = cases[i].ce,
					      .flags = ATCP_SYN | cases[i].flags };
		ASSERT_EQ(ATCP_V_NEW, atcp_listen_input(&l, &self->cfg, &self->in, ISN, 0,
							self->now, &req, &out));
		EXPECT_EQ(cases[i].ecn, req.ecn);
		EXPECT_EQ(ATCP_SYN | ATCP_ACK, out.flags & ~ATCP_ECE);
		EXPECT_EQ(!!cases[i].ecn, !!(out.flags & ATCP_ECE));
		EXPECT_FALSE(out.ect);
		atcp_conn_purge(&self->c);
		endpoint_conn(&self->c, &self->cfg, 20000);
		atcp_conn_accept(&self->c, &req, self->now);
		EXPECT_EQ(!!cases[i].ecn, !!self->c.ecn_ok);
		EXPECT_EQ(!!cases[i].ecn, !!self->c.ect);
	}
	/* section 6.1.1: a copy that does not ask; the peer's may be marked all the same */
	self->in.flags = ATCP_SYN | BOTH;
	self->in.ce = false;
	atcp_listen_input(&l, &self->cfg, &self->in, ISN, 0, self->now, &req, &out);
	self->in.flags = ATCP_SYN;
	EXPECT_EQ(ATCP_V_REPLY, atcp_req_input(&req, &self->cfg, &self->in, self->now, &out));
	EXPECT_EQ(ATCP_ECN_OK, req.ecn);
}

/* Sections 6.1.4 and 6.1.5: new data alone is ECN-capable. */
TEST_F(ecn, what_is_marked)
{
	self->cfg.early_retrans = 0;
	ten(self, 0);
	EXPECT_TRUE(stub.last.ect);
	/* a retransmission */
	stub.sent = 0;
	self->now += 10 * ATCP_NS_PER_SEC;
	atcp_conn_timer(&self->c, self->now);
	ASSERT_LT(0, stub.sent);
	EXPECT_EQ(NAMED(0), stub.seq[0]);
	EXPECT_FALSE(stub.last.ect);
	/* an ACK, and a FIN without data */
	ack(self, 10, 0);
	data(self, false, 0);
	data(self, false, 0);
	EXPECT_EQ(0, stub.last.len);
	EXPECT_FALSE(stub.last.ect);
	atcp_conn_close(&self->c, self->now);
	EXPECT_EQ(ATCP_ACK | ATCP_FIN, stub.last.flags);
	EXPECT_FALSE(stub.last.ect);
}

/* Section 6.1.3: ECE in every ACK from the mark to the CWR; shows SHLD-8. */
TEST_F(ecn, receiver)
{
	u32 sent;

	open_with(self, ATCP_ECE);
	atcp_conn_quickack(&self->c, self->now);
	self->c.quickack = 0;
	data(self, false, 0);
	sent = stub.sent;
	data(self, true, 0);
	/* at once, as of the congestion nobody should hear late */
	EXPECT_EQ(sent + 1, stub.sent);
	EXPECT_EQ(ATCP_ACK | ATCP_ECE, stub.last.flags);
	data(self, false, 0);
	data(self, false, 0);
	EXPECT_EQ(ATCP_ACK | ATCP_ECE, stub.last.flags);
	queue(self, 1);
	EXPECT_EQ(ATCP_ACK | ATCP_ECE | ATCP_PSH, stub.last.flags);
	/* a marked segment that says CWR: what it says is of an earlier mark */
	data(self, true, ATCP_CWR);
	data(self, false, 0);
	EXPECT_EQ(ATCP_ACK | ATCP_ECE, stub.last.flags);
	data(self, false, ATCP_CWR);
	data(self, false, 0);
	EXPECT_EQ(ATCP_ACK, stub.last.flags);
}

/* A pure ACK cannot be marked, and its CWR means nothing. */
TEST_F(ecn, pure_ack)
{
	open_with(self, ATCP_ECE);
	self->in.ce = true;
	atcp_conn_input(&self->c, &self->in, NULL, self->now);
	EXPECT_FALSE(!!self->c.ecn_echo);
	self->c.ecn_echo = 1;
	self->in.ce = false;
	self->in.flags = ATCP_ACK | ATCP_CWR;
	atcp_conn_input(&self->c, &self->in, NULL, self->now);
	EXPECT_TRUE(!!self->c.ecn_echo);
}

TEST_F(ecn, not_agreed)
{
	open_with(self, 0);
	data(self, true, 0);
	data(self, true, 0);
	EXPECT_EQ(ATCP_ACK, stub.last.flags);
	queue(self, 10);
	ack(self, 2, ATCP_ECE);
	EXPECT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	EXPECT_LE(10 * MSS, self->c.cwnd);
}

/* Section 6.1.2: half the window once in a round trip, CWR with new data; shows SHLD-8. */
TEST_F(ecn, sender)
{
	ten(self, 40);
	EXPECT_EQ(10 * MSS, self->c.cwnd);
	stub.sent = 0;
	ack(self, 1, ATCP_ECE);
	EXPECT_EQ(ATCP_CA_CWR, self->c.ca_state);
	EXPECT_EQ(5 * MSS, self->c.cwnd);
	EXPECT_EQ(5 * MSS, self->c.ssthresh);
	EXPECT_EQ(0, stub.sent);
	/* the rest of the window says it again and again */
	ack(self, 4, ATCP_ECE);
	EXPECT_EQ(0, stub.sent);
	ack(self, 6, ATCP_ECE);
	EXPECT_EQ(5 * MSS, self->c.cwnd);
	ASSERT_EQ(1, stub.sent);
	EXPECT_EQ(NAMED(10), stub.seq[0]);
	EXPECT_EQ(ATCP_CWR, stub.last.flags & BOTH);
	EXPECT_TRUE(stub.last.ect);
	ack(self, 7, ATCP_ECE);
	EXPECT_EQ(0, stub.last.flags & BOTH);
	/* all that was out is acknowledged: from now on it counts anew, and the window grows */
	ack(self, 10, 0);
	EXPECT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	EXPECT_EQ(5 * MSS, self->c.cwnd);
	ack(self, 13, ATCP_ECE);
	EXPECT_EQ(ATCP_CA_CWR, self->c.ca_state);
	EXPECT_EQ(5 * MSS / 2, self->c.cwnd);
}

/* The last ACK of all that is out. */
TEST_F(ecn, echo_with_the_last_ack)
{
	ten(self, 0);
	ack(self, 10, ATCP_ECE);
	EXPECT_EQ(5 * MSS, self->c.cwnd);
	EXPECT_EQ(ATCP_CA_OPEN, self->c.ca_state);
	/* of nothing */
	ack(self, 10, ATCP_ECE);
	EXPECT_EQ(5 * MSS, self->c.cwnd);
	queue(self, 1);
	EXPECT_EQ(ATCP_CWR, stub.last.flags & BOTH);
}

/* A loss among what was marked has one cause with the marks. */
TEST_F(ecn, loss_in_the_same_window)
{
	ten(self, 40);
	ack(self, 1, ATCP_ECE);
	self->in.opt.nsacks = 1;
	self->in.opt.sacks[0] = (struct atcp_sack){ NAMED(2), NAMED(6) };
	ack(self, 1, ATCP_ECE);
	EXPECT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	EXPECT_EQ(5 * MSS, self->c.ssthresh);
	EXPECT_FALSE(!!self->c.undo);
	/* the retransmission does not say CWR */
	EXPECT_EQ(0, stub.last.flags & BOTH);
	EXPECT_FALSE(stub.last.ect);
	EXPECT_TRUE(!!self->c.ecn_cwr);
}

TEST_F(ecn, loss_alone)
{
	ten(self, 40);
	self->in.opt.nsacks = 1;
	self->in.opt.sacks[0] = (struct atcp_sack){ NAMED(1), NAMED(5) };
	ack(self, 0, 0);
	EXPECT_EQ(ATCP_CA_RECOVERY, self->c.ca_state);
	EXPECT_TRUE(!!self->c.ecn_cwr);
	/* ECE says that it is no false alarm */
	EXPECT_TRUE(!!self->c.undo);
	self->in.opt.sacks[0].end = NAMED(6);
	ack(self, 0, ATCP_ECE);
	EXPECT_FALSE(!!self->c.undo);
	EXPECT_EQ(5 * MSS, self->c.ssthresh);
}

/* That is worse than a mark, and no false alarm. */
TEST_F(ecn, timeout_in_the_same_window)
{
	ten(self, 40);
	ack(self, 1, ATCP_ECE);
	self->now += 10 * ATCP_NS_PER_SEC;
	self->cfg.early_retrans = 0;
	atcp_conn_timer(&self->c, self->now);
	/* the probe may come first */
	self->now += 10 * ATCP_NS_PER_SEC;
	atcp_conn_timer(&self->c, self->now);
	EXPECT_EQ(ATCP_CA_LOSS, self->c.ca_state);
	EXPECT_EQ(5 * MSS / 2, self->c.ssthresh);
	EXPECT_EQ(MSS, self->c.cwnd);
	EXPECT_FALSE(!!self->c.undo);
}

TEST_HARNESS_MAIN
