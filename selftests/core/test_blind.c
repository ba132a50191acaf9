// SPDX-License-Identifier: GPL-2.0-only
/* What a stranger sends who knows addresses and ports, and guesses numbers: RFC 5961. */
#include "rig.h"
#include "seq.h"

static const u8 states[] = {
	ATCP_ESTABLISHED, ATCP_CLOSE_WAIT, ATCP_FIN_WAIT_1, ATCP_FIN_WAIT_2, ATCP_CLOSING,
	ATCP_LAST_ACK,
};

/* A new connection in that state; the peer has acknowledged nothing but our SYN and FIN. */
static void reach(RIG, u8 state)
{
	struct atcp_conn *c = &self->c;

	atcp_conn_purge(c);
	memset(c, 0, sizeof(*c));
	atcp_conn_init(c, &self->cfg);
	c->mtu = 1480;
	c->adv_mss = 1460;
	c->default_mss = 536;
	c->rcv_buf = 20000;
	self->in = (struct atcp_seg){ .seq = RIG_PEER, .wnd = 20000, .flags = ATCP_SYN };
	self->in.opt.has = ATCP_OPT_MSS;
	self->in.opt.mss = RIG_MSS;
	rig_connect(self);
	if (state == ATCP_CLOSE_WAIT || state == ATCP_LAST_ACK)
		rig_feed(self, c->rcv_nxt, 0, ATCP_ACK | ATCP_FIN);
	if (state != ATCP_ESTABLISHED && state != ATCP_CLOSE_WAIT)
		atcp_conn_close(c, self->now);
	if (state == ATCP_FIN_WAIT_2)
		rig_ack(self, 2, 20000);
	if (state == ATCP_CLOSING)
		rig_feed(self, c->rcv_nxt, 0, ATCP_ACK | ATCP_FIN);
	self->now += RIG_SEC;
	c->ev = 0;
	stub.sent = 0;
}

/* The one thing sent is an ACK with the numbers that come next. */
#define EXPECT_CHALLENGE() do {						\
	EXPECT_EQ(1, stub.sent);					\
	EXPECT_EQ(ATCP_ACK, stub.last.flags);				\
	EXPECT_EQ(self->c.snd_nxt, stub.last.seq);			\
	EXPECT_EQ(self->c.rcv_nxt, stub.last.ack);			\
	EXPECT_EQ(0, stub.last.len);					\
} while (0)

/* shows RFC5961-3 RFC5961-11 */
TEST_F(rig, rst_with_the_next_number_resets)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		reach(self, states[i]);
		ASSERT_EQ(states[i], self->c.state);
		rig_feed(self, self->c.rcv_nxt, 0, ATCP_RST);
		EXPECT_EQ(ATCP_CLOSED, self->c.state);
		EXPECT_TRUE(self->c.ev & ATCP_EV_CLOSED);
		EXPECT_EQ(0, stub.sent);
	}
}

/* shows RFC5961-2 RFC5961-4 */
TEST_F(rig, rst_elsewhere_in_the_window_is_challenged)
{
	u32 i, k, wnd;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		for (k = 0; k < 3; k++) {
			reach(self, states[i]);
			wnd = atcp_conn_rcv_wnd(&self->c);
			rig_feed(self, self->c.rcv_nxt + (k == 0 ? 1 : k == 1 ? wnd / 2 : wnd - 1),
				 0, k == 1 ? ATCP_RST | ATCP_ACK : ATCP_RST);
			EXPECT_CHALLENGE();
			EXPECT_EQ(states[i], self->c.state);
			EXPECT_EQ(0, self->c.ev);
		}
}

/* shows RFC5961-5 */
TEST_F(rig, rst_that_is_challenged_brings_nothing)
{
	u32 una, nxt;

	reach(self, ATCP_ESTABLISHED);
	rig_write(self, RIG_MSS);
	una = self->c.snd_una;
	nxt = self->c.rcv_nxt;
	self->in.ack = self->c.snd_nxt;
	self->in.wnd = 1;
	rig_feed(self, nxt + 1, 100, ATCP_RST | ATCP_ACK | ATCP_FIN);
	EXPECT_EQ(una, self->c.snd_una);
	EXPECT_EQ(20000, self->c.snd_wnd);
	EXPECT_EQ(nxt, self->c.rcv_nxt);
	EXPECT_EQ(0, self->c.ooo.n);
	/* and what comes next is dealt with as ever */
	rig_feed(self, nxt, 100, ATCP_ACK);
	EXPECT_EQ(nxt + 100, self->c.rcv_nxt);
	EXPECT_EQ(self->c.snd_nxt, self->c.snd_una);
}

/* shows RFC5961-6 */
TEST_F(rig, rst_out_of_the_window_is_dropped_silently)
{
	u32 i, k, wnd;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		for (k = 0; k < 4; k++) {
			reach(self, states[i]);
			wnd = atcp_conn_rcv_wnd(&self->c);
			rig_feed(self, self->c.rcv_nxt + (k == 0 ? -1U : k == 1 ? wnd :
							  k == 2 ? 1U << 31 : wnd + 1),
				 0, k & 1 ? ATCP_RST | ATCP_ACK : ATCP_RST);
			EXPECT_EQ(0, stub.sent);
			EXPECT_EQ(states[i], self->c.state);
			EXPECT_EQ(0, self->c.ev);
		}
}

/* shows RFC5961-7 */
TEST_F(rig, rst_in_syn_sent_has_to_acknowledge_the_syn)
{
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	self->c.ev = 0;
	stub.sent = 0;
	rig_feed(self, 0, 0, ATCP_RST);
	rig_feed(self, RIG_PEER, 0, ATCP_RST | ATCP_SYN);
	self->in.ack = OURS(0);
	rig_feed(self, 0, 0, ATCP_RST | ATCP_ACK);
	self->in.ack = OURS(2);
	rig_feed(self, 0, 0, ATCP_RST | ATCP_ACK);
	EXPECT_EQ(ATCP_SYN_SENT, self->c.state);
	EXPECT_EQ(0, stub.sent);
	EXPECT_EQ(0, self->c.ev);
	self->in.ack = OURS(1);
	rig_feed(self, 0, 0, ATCP_RST | ATCP_ACK);
	EXPECT_EQ(ATCP_CLOSED, self->c.state);
	EXPECT_EQ(ECONNREFUSED, self->c.err);
}

/* shows RFC5961-8 RFC5961-9 */
TEST_F(rig, syn_is_challenged_whatever_its_number)
{
	u32 i, k, wnd;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		for (k = 0; k < 5; k++) {
			reach(self, states[i]);
			wnd = atcp_conn_rcv_wnd(&self->c);
			rig_feed(self, k == 0 ? self->c.irs : self->c.rcv_nxt +
				 (k == 1 ? 0 : k == 2 ? wnd / 2 : k == 3 ? wnd + 1000 : 1U << 31),
				 0, k & 1 ? ATCP_SYN : ATCP_SYN | ATCP_ACK);
			EXPECT_CHALLENGE();
			EXPECT_EQ(states[i], self->c.state);
			EXPECT_EQ(0, self->c.ev);
		}
}

/* shows RFC5961-10 */
TEST_F(rig, syn_that_is_challenged_brings_nothing)
{
	u32 una, nxt;

	reach(self, ATCP_ESTABLISHED);
	rig_write(self, RIG_MSS);
	una = self->c.snd_una;
	nxt = self->c.rcv_nxt;
	self->in.ack = self->c.snd_nxt;
	self->in.wnd = 1;
	rig_feed(self, nxt, 100, ATCP_SYN | ATCP_ACK);
	EXPECT_EQ(una, self->c.snd_una);
	EXPECT_EQ(20000, self->c.snd_wnd);
	EXPECT_EQ(nxt, self->c.rcv_nxt);
	EXPECT_EQ(0, self->c.ooo.n);
}

/* shows RFC5961-1 RFC5961-12 RFC5961-13 */
TEST_F(rig, ack_out_of_range_is_dropped_and_answered)
{
	static const u8 with[] = { ATCP_ACK, ATCP_ACK | ATCP_FIN, ATCP_ACK | ATCP_PSH };
	u32 i, k, what, nxt;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		for (k = 0; k < 4; k++)
			for (what = 0; what < 3; what++) {
				reach(self, states[i]);
				nxt = self->c.rcv_nxt;
				self->in.ack = k == 0 ? self->c.snd_nxt + 1 :
					       k == 1 ? self->c.snd_nxt + (1U << 31) :
					       k == 2 ? self->c.snd_una - 20001 :
							self->c.snd_una - (1U << 31);
				self->in.wnd = 1;
				rig_feed(self, nxt, what == 2 ? 100 : 0, with[what]);
				EXPECT_CHALLENGE();
				EXPECT_EQ(states[i], self->c.state);
				EXPECT_EQ(nxt, self->c.rcv_nxt);
				EXPECT_EQ(20000, self->c.snd_wnd);
			}
	/* just within it data is taken */
	reach(self, ATCP_ESTABLISHED);
	self->in.ack = self->c.snd_una - 20000;
	nxt = self->c.rcv_nxt;
	rig_feed(self, nxt, 100, ATCP_ACK);
	EXPECT_EQ(nxt + 100, self->c.rcv_nxt);
}

/* All that is answered with a challenge, one after the other: how many answers are there? */
static u32 provoke(RIG)
{
	u32 nxt = self->c.rcv_nxt, una = self->c.snd_una;

	stub.sent = 0;
	self->in.ack = una;
	rig_feed(self, nxt + 1, 0, ATCP_RST);
	rig_feed(self, nxt, 0, ATCP_SYN);
	rig_feed(self, nxt + (1U << 31), 0, ATCP_SYN);
	rig_feed(self, nxt - 1000, 0, ATCP_ACK);
	self->in.ack = self->c.snd_nxt + 1;
	rig_feed(self, nxt, 0, ATCP_ACK);
	rig_feed(self, nxt, 100, ATCP_ACK);
	rig_feed(self, nxt, 0, ATCP_ACK | ATCP_FIN);
	self->in.ack = una;
	return stub.sent;
}

/* shows RFC5961-15 */
TEST_F(rig, challenges_are_limited)
{
	reach(self, ATCP_ESTABLISHED);
	EXPECT_EQ(1, provoke(self));
	EXPECT_EQ(0, provoke(self));
	self->now += self->cfg.challenge_intvl - 1;
	EXPECT_EQ(0, provoke(self));
	self->now += 1;
	EXPECT_EQ(1, provoke(self));
}

/* Nor is there a way round it by a timestamp that is old. */
TEST_F(rig, old_timestamp_is_no_way_round_the_limit)
{
	self->cfg.timestamps = 1;
	self->in.opt.has |= ATCP_OPT_TS;
	self->in.opt.tsval = 5000;
	rig_connect(self);
	self->in.opt = (struct atcp_opts){ .has = ATCP_OPT_TS, .tsval = 4000 };
	self->now += RIG_SEC;
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_SYN);
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_SYN);
	rig_feed(self, self->c.rcv_nxt + 1000, 0, ATCP_SYN);
	EXPECT_EQ(1, stub.sent);
	EXPECT_EQ(ATCP_ACK, stub.last.flags);
}

/* shows RFC5961-16 */
TEST_F(rig, interval_of_the_limit_can_be_set)
{
	self->cfg.challenge_intvl = 10 * RIG_SEC;
	reach(self, ATCP_ESTABLISHED);
	EXPECT_EQ(1, provoke(self));
	self->now += 10 * RIG_SEC - 1;
	EXPECT_EQ(0, provoke(self));
	self->now += 1;
	EXPECT_EQ(1, provoke(self));
	self->cfg.challenge_intvl = 0;
	EXPECT_EQ(7, provoke(self));
}

TEST_HARNESS_MAIN
