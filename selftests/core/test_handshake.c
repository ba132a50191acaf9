// SPDX-License-Identifier: GPL-2.0-only
/* What a listener, a handshake and CLOSED answer: RFC 9293 3.10.7.1, .2 and .4 for SYN_RECEIVED. */

#include "endpoint.h"
#include "kselftest_harness.h"
#include "port_stub.h"

#define SEC	ATCP_NS_PER_SEC
#define START	(1000 * SEC)
#define ISN	0xfffffffeU
#define PEER	0x7ffffffeU	/* the peer's ISN */
#define TS_OFF	77

FIXTURE(handshake) {
	struct atcp_cfg cfg;
	struct atcp_listen l;
	struct atcp_req req;
	struct atcp_seg in;
	struct atcp_seg out;
};

FIXTURE_SETUP(handshake)
{
	atcp_cfg_init(&self->cfg);
	self->l = endpoint_listener(40000);
	self->l.rcv_buf_max = 3 << 20;
	self->in = (struct atcp_seg){
		.seq = PEER, .wnd = 5000, .flags = ATCP_SYN,
		.opt = {
			.has = ATCP_OPT_MSS | ATCP_OPT_WSCALE | ATCP_OPT_SACK_OK | ATCP_OPT_TS,
			.mss = 1400, .wscale = 9, .tsval = 1000,
		},
	};
	memset(&stub, 0, sizeof(stub));
	memset(&self->out, 0xee, sizeof(self->out));
}

FIXTURE_TEARDOWN(handshake)
{
}

static enum atcp_verdict to_listener(struct _test_data_handshake *self)
{
	memset(&self->req, 0xee, sizeof(self->req));
	return atcp_listen_input(&self->l, &self->cfg, &self->in, ISN, TS_OFF, START,
				 &self->req, &self->out);
}

/* Open a handshake, and make @in a plausible third segment. */
static bool open_half(struct _test_data_handshake *self)
{
	if (to_listener(self) != ATCP_V_NEW)
		return false;
	self->in = (struct atcp_seg){
		.seq = PEER + 1, .ack = ISN + 1, .wnd = 500, .flags = ATCP_ACK,
		.opt = { .has = ATCP_OPT_TS, .tsval = 1001, .tsecr = self->out.opt.tsval },
	};
	memset(&self->out, 0xee, sizeof(self->out));
	return true;
}

static enum atcp_verdict to_req(struct _test_data_handshake *self, u64 now)
{
	return atcp_req_input(&self->req, &self->cfg, &self->in, now, &self->out);
}

/* The ACK that says where we are: of RFC 5961 and for what is not acceptable */
static bool is_challenge(const struct atcp_seg *s)
{
	return s->flags == ATCP_ACK && s->seq == ISN + 1 && s->ack == PEER + 1 && !s->len &&
	       s->wnd == 40000 >> 6 && s->opt.has == ATCP_OPT_TS;
}

static bool is_synack(const struct atcp_seg *s)
{
	return s->flags == (ATCP_SYN | ATCP_ACK) && s->seq == ISN && s->ack == PEER + 1 &&
	       s->wnd == 40000;
}

TEST_F(handshake, syn_opens)
{
	ASSERT_EQ(ATCP_V_NEW, to_listener(self));
	EXPECT_EQ(ATCP_SYN_RECV, self->req.state);
	EXPECT_EQ(1, stub.transitions);
	EXPECT_EQ(ATCP_LISTEN, stub.from);
	EXPECT_EQ(ATCP_SYN_RECV, stub.to);
	EXPECT_EQ(ISN, self->req.iss);
	EXPECT_EQ(PEER, self->req.irs);
	EXPECT_EQ(5000, self->req.peer_wnd);
	EXPECT_EQ(1400, self->req.mss);
	EXPECT_EQ(9, self->req.wscale);
	EXPECT_EQ(1000, self->req.ts_recent);
	EXPECT_EQ(START + SEC, self->req.deadline);
	EXPECT_EQ(START, self->req.sent_ns);
	EXPECT_EQ(0, self->req.retries);
	EXPECT_FALSE(self->req.got_ack);

	EXPECT_TRUE(is_synack(&self->out));
	EXPECT_EQ(0, self->out.len);
	EXPECT_EQ(self->in.opt.has, self->out.opt.has);
	EXPECT_EQ(1460, self->out.opt.mss);
	EXPECT_EQ(6, self->out.opt.wscale);
	EXPECT_EQ(atcp_tsval(TS_OFF, START), self->out.opt.tsval);
	EXPECT_EQ(1000, self->out.opt.tsecr);
	EXPECT_EQ(0, self->out.opt.nsacks);
}

TEST_F(handshake, what_opens_nothing)
{
	u32 flags;

	for (flags = 0; flags < 256; flags++) {
		const bool syn = (flags & ATCP_SYN) && !(flags & (ATCP_FIN | ATCP_RST | ATCP_ACK));
		enum atcp_verdict want = syn ? ATCP_V_NEW :
			(flags & ATCP_ACK) && !(flags & ATCP_RST) ? ATCP_V_REPLY : ATCP_V_DROP;

		self->in.flags = flags;
		self->in.ack = 0x1234;
		EXPECT_EQ(want, to_listener(self)) {
			TH_LOG("flags %#x", flags);
		}
		if (want != ATCP_V_REPLY)
			continue;
		EXPECT_EQ(ATCP_RST, self->out.flags);
		EXPECT_EQ(0x1234, self->out.seq);
		EXPECT_EQ(ATCP_OPT_TS, self->out.opt.has);
	}
}

TEST_F(handshake, options_are_agreed_one_by_one)
{
	u32 theirs, ours;

	for (theirs = 0; theirs < 16; theirs++) {
		for (ours = 0; ours < 16; ours += 2) {
			self->cfg.window_scaling = !!(ours & ATCP_OPT_WSCALE);
			self->cfg.sack = !!(ours & ATCP_OPT_SACK_OK);
			self->cfg.timestamps = !!(ours & ATCP_OPT_TS);
			self->in.opt.has = theirs;
			ASSERT_EQ(ATCP_V_NEW, to_listener(self));
			EXPECT_EQ((theirs & ours) | ATCP_OPT_MSS, self->out.opt.has);
			EXPECT_EQ(theirs & ours & ATCP_OPT_WSCALE ? 9 : 0, self->req.wscale);
			EXPECT_EQ(theirs & ours & ATCP_OPT_WSCALE ? 6 : 0, self->req.rcv_wscale);
			EXPECT_EQ(theirs & ATCP_OPT_MSS ? 1400 : 536, self->req.mss);
		}
	}
}

TEST_F(handshake, shift_above_fourteen)
{
	self->in.opt.wscale = 15;
	ASSERT_EQ(ATCP_V_NEW, to_listener(self));
	EXPECT_EQ(14, self->req.wscale);
	self->in.opt.wscale = 255;
	ASSERT_EQ(ATCP_V_NEW, to_listener(self));
	EXPECT_EQ(14, self->req.wscale);
}

TEST_F(handshake, segment_sizes)
{
	self->in.opt.mss = 1;
	ASSERT_EQ(ATCP_V_NEW, to_listener(self));
	EXPECT_EQ(self->cfg.min_snd_mss, self->req.mss);
	self->l.user_mss = 600;
	self->in.opt.mss = 1400;
	ASSERT_EQ(ATCP_V_NEW, to_listener(self));
	EXPECT_EQ(600, self->req.mss);
	EXPECT_EQ(600, self->out.opt.mss);
	self->l.user_mss = 0;
	self->l.mtu = 65536 * 2;
	ASSERT_EQ(ATCP_V_NEW, to_listener(self));
	EXPECT_EQ(65535, self->out.opt.mss);
	self->l.mtu = 0;
	ASSERT_EQ(ATCP_V_NEW, to_listener(self));
	EXPECT_EQ(40, self->out.opt.mss);
}

TEST_F(handshake, window_of_the_synack_is_not_scaled)
{
	self->l.rcv_buf = 1 << 20;
	ASSERT_EQ(ATCP_V_NEW, to_listener(self));
	EXPECT_EQ(65535, self->out.wnd);
}

TEST_F(handshake, shift_for_a_space)
{
	EXPECT_EQ(0, atcp_wscale_for(0));
	EXPECT_EQ(0, atcp_wscale_for(65535));
	EXPECT_EQ(1, atcp_wscale_for(65536));
	EXPECT_EQ(1, atcp_wscale_for(131071));
	EXPECT_EQ(14, atcp_wscale_for(1 << 30));
	EXPECT_EQ(14, atcp_wscale_for(U32_MAX));
}

TEST_F(handshake, third_segment)
{
	ASSERT_TRUE(open_half(self));
	EXPECT_EQ(ATCP_V_ACCEPT, to_req(self, START + 1));
	EXPECT_EQ(ATCP_SYN_RECV, self->req.state);
	/* with data, with a FIN, with both, and after another that was lost */
	self->in.len = 100;
	EXPECT_EQ(ATCP_V_ACCEPT, to_req(self, START + 1));
	self->in.flags |= ATCP_FIN | ATCP_PSH;
	EXPECT_EQ(ATCP_V_ACCEPT, to_req(self, START + 1));
	self->in.len = 0;
	EXPECT_EQ(ATCP_V_ACCEPT, to_req(self, START + 1));
	self->in.seq += 39998;
	EXPECT_EQ(ATCP_V_ACCEPT, to_req(self, START + 1));
	/* without the timestamp that was agreed on: RFC 7323 section 3.2 */
	self->in.seq = PEER + 1;
	self->in.opt.has = 0;
	EXPECT_EQ(ATCP_V_DROP, to_req(self, START + 1));
}

TEST_F(handshake, wrong_ack_is_reset)
{
	ASSERT_TRUE(open_half(self));
	self->in.ack = ISN;
	ASSERT_EQ(ATCP_V_REPLY, to_req(self, START + 1));
	EXPECT_EQ(ATCP_RST, self->out.flags);
	EXPECT_EQ(ISN, self->out.seq);
	self->in.ack = ISN + 2;
	ASSERT_EQ(ATCP_V_REPLY, to_req(self, START + 1));
	EXPECT_EQ(ISN + 2, self->out.seq);
	/* and does not end the handshake */
	self->in.ack = ISN + 1;
	EXPECT_EQ(ATCP_V_ACCEPT, to_req(self, START + 1));
}

TEST_F(handshake, no_ack_no_connection)
{
	static const u8 flags[] = {
		0, ATCP_PSH, ATCP_URG, ATCP_FIN, ATCP_FIN | ATCP_PSH | ATCP_URG
	};
	u32 i;

	ASSERT_TRUE(open_half(self));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		self->in.flags = flags[i];
		EXPECT_EQ(ATCP_V_DROP, to_req(self, START + 1));
	}
	EXPECT_EQ(ATCP_SYN_RECV, self->req.state);
}

TEST_F(handshake, out_of_window_is_acknowledged)
{
	static const u32 at[] = { PEER, PEER - 1000, PEER + 1 + 40000, PEER + 0x80000000 };
	u32 i;

	ASSERT_TRUE(open_half(self));
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		self->in.seq = at[i];
		ASSERT_EQ(ATCP_V_REPLY, to_req(self, START + i * SEC + 1));
		EXPECT_TRUE(is_challenge(&self->out));
		/* limited, RFC 5961 section 7 */
		EXPECT_EQ(ATCP_V_DROP, to_req(self, START + i * SEC + SEC / 10));
	}
	/* old data whose end is new is acceptable */
	self->in.seq = PEER;
	self->in.len = 2;
	EXPECT_EQ(ATCP_V_ACCEPT, to_req(self, START + 10 * SEC));
}

TEST_F(handshake, closed_window_takes_an_ack)
{
	self->l.rcv_buf = 0;
	ASSERT_TRUE(open_half(self));
	EXPECT_EQ(ATCP_V_ACCEPT, to_req(self, START + 1));
	self->in.len = 1;
	EXPECT_EQ(ATCP_V_REPLY, to_req(self, START + 1));
	self->in.len = 0;
	self->in.seq++;
	EXPECT_EQ(ATCP_V_DROP, to_req(self, START + 1));
}

TEST_F(handshake, paws)
{
	ASSERT_TRUE(open_half(self));
	self->in.opt.tsval = 999;
	ASSERT_EQ(ATCP_V_REPLY, to_req(self, START + 1));
	EXPECT_TRUE(is_challenge(&self->out));
	EXPECT_EQ(1000, self->out.opt.tsecr);
	self->in.opt.tsval = 1000;
	EXPECT_EQ(ATCP_V_ACCEPT, to_req(self, START + 1));
	/* of a RST nobody asks for one */
	self->in.opt.tsval = 999;
	self->in.flags = ATCP_RST;
	EXPECT_EQ(ATCP_V_FORGET, to_req(self, START + 1));
}

TEST_F(handshake, reset_in_syn_received)
{
	ASSERT_TRUE(open_half(self));
	self->in.flags = ATCP_RST;
	self->in.seq = PEER;
	EXPECT_EQ(ATCP_V_DROP, to_req(self, START + 1));
	self->in.seq = PEER + 1 + 40000;
	EXPECT_EQ(ATCP_V_DROP, to_req(self, START + 1));
	self->in.seq = PEER + 2;
	ASSERT_EQ(ATCP_V_REPLY, to_req(self, START + 1));
	EXPECT_TRUE(is_challenge(&self->out));
	EXPECT_EQ(ATCP_SYN_RECV, self->req.state);
	self->in.seq = PEER + 1;
	EXPECT_EQ(ATCP_V_FORGET, to_req(self, START + 1));
	EXPECT_EQ(ATCP_LISTEN, self->req.state);
}

TEST_F(handshake, syn_sent_again)
{
	struct atcp_seg syn = self->in;

	ASSERT_TRUE(open_half(self));
	self->in = syn;
	self->in.opt.tsval = 2000;
	ASSERT_EQ(ATCP_V_REPLY, to_req(self, START + SEC / 2));
	EXPECT_TRUE(is_synack(&self->out));
	EXPECT_EQ(2000, self->out.opt.tsecr);
	EXPECT_EQ(1, self->req.retries);
	/* the end of the handshake does not move for it */
	EXPECT_EQ(0, self->req.timeouts);
	EXPECT_EQ(START + SEC, self->req.deadline);
	EXPECT_EQ(ATCP_V_DROP, to_req(self, START + SEC / 2 + 1));
}

TEST_F(handshake, another_syn)
{
	struct atcp_seg syn = self->in;

	/* in the window: RFC 9293 3.10.7.4, fourth: back to LISTEN */
	ASSERT_TRUE(open_half(self));
	self->in = syn;
	self->in.seq = PEER + 100;
	EXPECT_EQ(ATCP_V_FORGET, to_req(self, START + 1));
	EXPECT_EQ(ATCP_LISTEN, self->req.state);
	/* outside: an ACK, to which a peer that began anew answers with a RST */
	self->in = syn;
	ASSERT_TRUE(open_half(self));
	self->in = syn;
	self->in.seq = PEER + 1000000;
	ASSERT_EQ(ATCP_V_REPLY, to_req(self, START + 1));
	EXPECT_TRUE(is_challenge(&self->out));
	EXPECT_EQ(ATCP_SYN_RECV, self->req.state);
}

TEST_F(handshake, synack_backs_off_and_gives_up)
{
	u64 at = START;
	u32 i;

	ASSERT_TRUE(open_half(self));
	for (i = 0; i < 5; i++) {
		at += SEC << i;
		ASSERT_EQ(at, self->req.deadline);
		ASSERT_EQ(ATCP_V_REPLY,
			  atcp_req_timer(&self->req, &self->cfg, at, &self->out));
		EXPECT_TRUE(is_synack(&self->out));
		EXPECT_EQ(i + 1, self->req.retries);
		EXPECT_EQ(atcp_tsval(TS_OFF, at), self->out.opt.tsval);
	}
	EXPECT_EQ(START + 63 * SEC, self->req.deadline);
	EXPECT_EQ(ATCP_V_FORGET,
		  atcp_req_timer(&self->req, &self->cfg, self->req.deadline, &self->out));
	EXPECT_EQ(ATCP_CLOSED, self->req.state);
}

TEST_F(handshake, back_off_has_a_ceiling)
{
	u32 i;

	self->cfg.synack_retries = 1000;
	ASSERT_TRUE(open_half(self));
	for (i = 0; i < 255; i++) {
		ASSERT_EQ(ATCP_V_REPLY,
			  atcp_req_timer(&self->req, &self->cfg, START, &self->out));
		EXPECT_GE(START + 120 * SEC, self->req.deadline);
	}
	EXPECT_EQ(START + 120 * SEC, self->req.deadline);
	EXPECT_EQ(ATCP_V_FORGET, atcp_req_timer(&self->req, &self->cfg, START, &self->out));
}

TEST_F(handshake, closed_answers)
{
	self->in.len = 10;
	ASSERT_TRUE(atcp_closed_input(&self->in, &self->out));
	EXPECT_EQ(ATCP_RST | ATCP_ACK, self->out.flags);
	EXPECT_EQ(0, self->out.seq);
	EXPECT_EQ(PEER + 11, self->out.ack);
	EXPECT_EQ(0, self->out.len);
	EXPECT_EQ(ATCP_OPT_TS, self->out.opt.has);
	self->in.flags = 0;
	ASSERT_TRUE(atcp_closed_input(&self->in, &self->out));
	EXPECT_EQ(PEER + 10, self->out.ack);
	self->in.flags = ATCP_ACK | ATCP_SYN;
	self->in.ack = 4711;
	ASSERT_TRUE(atcp_closed_input(&self->in, &self->out));
	EXPECT_EQ(ATCP_RST, self->out.flags);
	EXPECT_EQ(4711, self->out.seq);
	self->in.flags = ATCP_RST | ATCP_ACK;
	EXPECT_FALSE(atcp_closed_input(&self->in, &self->out));
	self->in.flags = ATCP_RST;
	EXPECT_FALSE(atcp_closed_input(&self->in, &self->out));
}

TEST_HARNESS_MAIN
