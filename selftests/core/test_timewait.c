// SPDX-License-Identifier: GPL-2.0-only
/* TIME_WAIT: what is answered, what ends it, and which SYN may pass. */

#include "api.h"
#include "kselftest_harness.h"
#include "port_stub.h"
#include "timewait.h"

#define SEC	ATCP_NS_PER_SEC
#define DAY	(86400 * SEC)
#define START	(1000 * SEC)
#define OURS	0x10U		/* snd_nxt */
#define THEIRS	0xffffffffU	/* rcv_nxt */

FIXTURE(timewait) {
	struct atcp_cfg cfg;
	struct atcp_conn c;
	struct atcp_tw tw;
	struct atcp_seg in;
	struct atcp_seg out;
};

FIXTURE_SETUP(timewait)
{
	struct atcp_conn *c = &self->c;

	atcp_cfg_init(&self->cfg);
	c->cfg = &self->cfg;
	c->state = ATCP_TIME_WAIT;
	c->ts_ok = 1;
	c->snd_una = OURS;
	c->snd_nxt = OURS;
	c->rcv_nxt = THEIRS;
	c->rcv_adv = THEIRS + 30000;
	c->copied_seq = THEIRS - 1;
	c->rcv_buf = 30000;
	c->ts_recent = 5000;
	c->ts_off = 99;
	c->ts_recent_at = START;
	atcp_tw_init(&self->tw, c, START);
	self->tw.rcv_wnd = 30000;
	/* the peer's FIN, sent again */
	self->in = (struct atcp_seg){
		.seq = THEIRS - 1, .ack = OURS, .wnd = 100, .flags = ATCP_FIN | ATCP_ACK,
		.opt = { .has = ATCP_OPT_TS, .tsval = 5001 },
	};
	memset(&stub, 0, sizeof(stub));
	memset(&self->out, 0xee, sizeof(self->out));
}

FIXTURE_TEARDOWN(timewait)
{
}

static enum atcp_verdict input(struct _test_data_timewait *self, u64 after)
{
	return atcp_tw_input(&self->tw, &self->cfg, &self->in, START + after, &self->out);
}

/* Make @in a SYN with nothing in its favour */
static void old_syn(struct _test_data_timewait *self)
{
	self->in = (struct atcp_seg){ .seq = THEIRS - 1000, .flags = ATCP_SYN };
}

static bool is_ack(const struct atcp_seg *s)
{
	return s->flags == ATCP_ACK && s->seq == OURS && s->ack == THEIRS && s->wnd == 30000 &&
	       !s->len && s->opt.has == ATCP_OPT_TS;
}

/* shows MUST-13 */
TEST_F(timewait, taken_over)
{
	EXPECT_EQ(ATCP_TIME_WAIT, self->tw.state);
	EXPECT_EQ(60 * SEC, self->tw.length);
	EXPECT_EQ(START + 60 * SEC, self->tw.deadline);
	EXPECT_EQ(OURS, self->tw.snd_nxt);
	EXPECT_EQ(THEIRS, self->tw.rcv_nxt);
	EXPECT_EQ(5000, self->tw.ts_recent);
	self->c.time_wait_us = 3 * SEC / ATCP_NS_PER_US;
	self->c.rcv_wscale = 7;
	atcp_tw_init(&self->tw, &self->c, START);
	EXPECT_EQ(START + 3 * SEC, self->tw.deadline);
	EXPECT_EQ(7, self->tw.rcv_wscale);
	EXPECT_EQ(atcp_conn_rcv_wnd(&self->c), self->tw.rcv_wnd);
}

TEST_F(timewait, fin_sent_again)
{
	ASSERT_EQ(ATCP_V_REPLY, input(self, 10 * SEC));
	EXPECT_TRUE(is_ack(&self->out));
	EXPECT_EQ(atcp_tsval(99, START + 10 * SEC), self->out.opt.tsval);
	EXPECT_EQ(5001, self->out.opt.tsecr);
	EXPECT_EQ(START + 70 * SEC, self->tw.deadline);
	/* each time, and with the data that came before it */
	self->in.seq -= 100;
	self->in.len = 100;
	ASSERT_EQ(ATCP_V_REPLY, input(self, 10 * SEC + 1));
	EXPECT_EQ(START + 70 * SEC + 1, self->tw.deadline);
	EXPECT_EQ(0, stub.transitions);
}

/* RFC 5961 section 7: so often, and no stranger holds back the answer to the peer's FIN. */
TEST_F(timewait, challenges_are_limited)
{
	const u64 interval = self->cfg.challenge_intvl;
	const struct atcp_seg fin = self->in;

	ASSERT_LT(1, interval);
	old_syn(self);
	ASSERT_EQ(ATCP_V_REPLY, input(self, SEC));
	EXPECT_EQ(ATCP_V_DROP, input(self, SEC));
	EXPECT_EQ(ATCP_V_DROP, input(self, SEC + interval - 1));
	EXPECT_EQ(ATCP_V_REPLY, input(self, SEC + interval));
	/* whatever calls for it */
	self->in = (struct atcp_seg){ .seq = THEIRS + 1, .flags = ATCP_RST };
	EXPECT_EQ(ATCP_V_DROP, input(self, SEC + interval + 1));
	EXPECT_EQ(ATCP_V_REPLY, input(self, SEC + 2 * interval));
	self->in = fin;
	EXPECT_EQ(ATCP_V_REPLY, input(self, SEC + 2 * interval + 1));
	/* none is limited where the setting says so */
	old_syn(self);
	EXPECT_EQ(ATCP_V_DROP, input(self, SEC + 2 * interval + 2));
	self->cfg.challenge_intvl = 0;
	EXPECT_EQ(ATCP_V_REPLY, input(self, SEC + 2 * interval + 2));
}

TEST_F(timewait, fin_that_is_not_the_peers)
{
	self->in.ack = OURS + 1;
	ASSERT_EQ(ATCP_V_REPLY, input(self, SEC));
	EXPECT_TRUE(is_ack(&self->out));
	self->in.ack = OURS;
	self->in.opt.tsval = 4999;
	EXPECT_EQ(ATCP_V_DROP, input(self, SEC + 1));
	ASSERT_EQ(ATCP_V_REPLY, input(self, 2 * SEC));
	self->in.opt.tsval = 5001;
	self->in.seq++;
	ASSERT_EQ(ATCP_V_REPLY, input(self, 3 * SEC));
	self->in.seq--;
	self->in.flags = ATCP_FIN;
	EXPECT_EQ(ATCP_V_DROP, input(self, 4 * SEC));
	EXPECT_EQ(START + 60 * SEC, self->tw.deadline);
	EXPECT_EQ(5000, self->tw.ts_recent);
}

TEST_F(timewait, ack_in_order_says_nothing)
{
	self->in.flags = ATCP_ACK;
	self->in.seq = THEIRS;
	EXPECT_EQ(ATCP_V_DROP, input(self, SEC));
	EXPECT_EQ(5001, self->tw.ts_recent);
	EXPECT_EQ(START + SEC, self->tw.ts_recent_at);
	EXPECT_EQ(START + 60 * SEC, self->tw.deadline);
}

TEST_F(timewait, old_data_is_acknowledged_at_intervals)
{
	self->in.flags = ATCP_ACK;
	self->in.seq = THEIRS - 500;
	self->in.len = 100;
	ASSERT_EQ(ATCP_V_REPLY, input(self, SEC));
	EXPECT_TRUE(is_ack(&self->out));
	EXPECT_EQ(ATCP_V_DROP, input(self, SEC + SEC / 10));
	EXPECT_EQ(ATCP_V_REPLY, input(self, 2 * SEC));
	EXPECT_EQ(START + 60 * SEC, self->tw.deadline);
	/* data after a FIN */
	self->in.seq = THEIRS;
	EXPECT_EQ(ATCP_V_REPLY, input(self, 3 * SEC));
	/* far out of any window */
	self->in.len = 0;
	self->in.seq = THEIRS + 0x40000000;
	EXPECT_EQ(ATCP_V_REPLY, input(self, 4 * SEC));
}

TEST_F(timewait, reset)
{
	self->in.flags = ATCP_RST;
	EXPECT_EQ(ATCP_V_DROP, input(self, SEC));
	self->in.seq = THEIRS + 30000;
	EXPECT_EQ(ATCP_V_DROP, input(self, SEC));
	self->in.seq = THEIRS + 1;
	ASSERT_EQ(ATCP_V_REPLY, input(self, SEC));
	EXPECT_TRUE(is_ack(&self->out));
	EXPECT_EQ(ATCP_TIME_WAIT, self->tw.state);
	self->in.seq = THEIRS;
	EXPECT_EQ(ATCP_V_FORGET, input(self, SEC));
	EXPECT_EQ(ATCP_CLOSED, self->tw.state);
}

TEST_F(timewait, no_assassination)
{
	self->cfg.rfc1337 = 1;
	self->in.flags = ATCP_RST;
	self->in.seq = THEIRS;
	EXPECT_EQ(ATCP_V_DROP, input(self, SEC));
	self->in.flags = ATCP_RST | ATCP_SYN;
	EXPECT_EQ(ATCP_V_DROP, input(self, SEC));
	EXPECT_EQ(ATCP_TIME_WAIT, self->tw.state);
}

TEST_F(timewait, stale_syn_opens_nothing)
{
	old_syn(self);
	ASSERT_EQ(ATCP_V_REPLY, input(self, SEC));
	EXPECT_TRUE(is_ack(&self->out));
	/* the last number that was used, and half the space away */
	self->in.seq = THEIRS - 1;
	EXPECT_NE(ATCP_V_REOPEN, input(self, 2 * SEC));
	self->in.seq = THEIRS + 0x80000000;
	EXPECT_NE(ATCP_V_REOPEN, input(self, 3 * SEC));
	/* an old timestamp, whatever the number */
	self->in.opt = (struct atcp_opts){ .has = ATCP_OPT_TS, .tsval = 4999 };
	self->in.seq = THEIRS + 1000;
	EXPECT_NE(ATCP_V_REOPEN, input(self, 4 * SEC));
	self->in.opt.tsval = 5000;
	self->in.seq = THEIRS - 1000;
	EXPECT_NE(ATCP_V_REOPEN, input(self, 5 * SEC));
	EXPECT_EQ(ATCP_TIME_WAIT, self->tw.state);
	EXPECT_EQ(START + 60 * SEC, self->tw.deadline);
}

/* shows MAY-2 */
TEST_F(timewait, new_syn_by_its_number)
{
	old_syn(self);
	self->in.seq = THEIRS;
	EXPECT_EQ(ATCP_V_REOPEN, input(self, SEC));
	self->in.seq = THEIRS + 100000;
	EXPECT_EQ(ATCP_V_REOPEN, input(self, SEC));
	self->tw.ts_ok = false;
	EXPECT_EQ(ATCP_V_REOPEN, input(self, SEC));
	self->in.seq = THEIRS - 1;
	EXPECT_NE(ATCP_V_REOPEN, input(self, SEC));
	EXPECT_EQ(ATCP_TIME_WAIT, self->tw.state);
	atcp_tw_reopen(&self->tw);
	EXPECT_EQ(ATCP_E_SYN, stub.event);
}

/* shows SHLD-4 */
TEST_F(timewait, new_syn_by_its_timestamp)
{
	old_syn(self);
	self->in.opt = (struct atcp_opts){ .has = ATCP_OPT_TS, .tsval = 5001 };
	EXPECT_EQ(ATCP_V_REOPEN, input(self, SEC));
	self->in.opt.tsval = 5000;
	self->in.seq = THEIRS + 1;
	EXPECT_EQ(ATCP_V_REOPEN, input(self, SEC));
	/* timestamps came with this SYN: RFC 6191 takes that for a proof too */
	self->in.seq = THEIRS - 1000;
	self->tw.ts_ok = false;
	EXPECT_EQ(ATCP_V_REOPEN, input(self, SEC));
	/* but not if we would not use them */
	self->cfg.timestamps = 0;
	EXPECT_NE(ATCP_V_REOPEN, input(self, SEC));
	self->tw.ts_ok = true;
	self->in.opt.tsval = 6000;
	EXPECT_NE(ATCP_V_REOPEN, input(self, SEC));
}

/* A SYN with such a timestamp (0: with none) and number; what becomes of it later than all else. */
static bool opens(struct _test_data_timewait *self, u32 tsval, u32 seq)
{
	static u64 later;

	old_syn(self);
	self->in.seq = seq;
	if (tsval)
		self->in.opt = (struct atcp_opts){ .has = ATCP_OPT_TS, .tsval = tsval };
	later += SEC;
	return input(self, later) == ATCP_V_REOPEN;
}

/* shows RFC6191-1 */
TEST_F(timewait, syn_where_timestamps_were_in_use)
{
	self->cfg.timestamps = 1;
	EXPECT_TRUE(opens(self, 5001, THEIRS - 1000));
	EXPECT_TRUE(opens(self, 5001 + 1000000, THEIRS + 1000));
	EXPECT_TRUE(opens(self, 5000, THEIRS));
	EXPECT_FALSE(opens(self, 5000, THEIRS - 1));
	EXPECT_FALSE(opens(self, 4999, THEIRS + 1000));
	EXPECT_FALSE(opens(self, 5000 + (1U << 31) + 1, THEIRS + 1000));
	EXPECT_TRUE(opens(self, 0, THEIRS));
	EXPECT_FALSE(opens(self, 0, THEIRS - 1));
	/* those that we would not use are none */
	self->cfg.timestamps = 0;
	EXPECT_TRUE(opens(self, 4999, THEIRS));
	EXPECT_FALSE(opens(self, 5001, THEIRS - 1));
}

/* shows RFC6191-2 */
TEST_F(timewait, syn_where_no_timestamps_were_in_use)
{
	self->tw.ts_ok = false;
	self->tw.ts_recent = 0;
	self->cfg.timestamps = 1;
	EXPECT_TRUE(opens(self, 1, THEIRS - 1000));
	EXPECT_TRUE(opens(self, 0xfffffff0, THEIRS - 1000));
	EXPECT_TRUE(opens(self, 0, THEIRS));
	EXPECT_FALSE(opens(self, 0, THEIRS - 1));
	self->cfg.timestamps = 0;
	EXPECT_TRUE(opens(self, 1, THEIRS));
	EXPECT_FALSE(opens(self, 1, THEIRS - 1));
}

TEST_F(timewait, timestamps_age)
{
	/* a FIN is an old segment by its timestamp, until the clock may have wrapped */
	self->in.opt.tsval = 1;
	EXPECT_EQ(ATCP_V_REPLY, input(self, 23 * DAY));
	EXPECT_EQ(START + 60 * SEC, self->tw.deadline);
	EXPECT_EQ(ATCP_V_REPLY, input(self, 25 * DAY));
	EXPECT_EQ(START + 25 * DAY + 60 * SEC, self->tw.deadline);
	old_syn(self);
	self->in.opt = (struct atcp_opts){ .has = ATCP_OPT_TS, .tsval = 1 };
	EXPECT_NE(ATCP_V_REOPEN, input(self, 23 * DAY));
	EXPECT_EQ(ATCP_V_REOPEN, input(self, 25 * DAY));
}

TEST_F(timewait, only_a_plain_syn)
{
	old_syn(self);
	self->in.seq = THEIRS + 1000;
	self->in.flags = ATCP_SYN | ATCP_FIN;
	EXPECT_EQ(ATCP_V_REPLY, input(self, SEC));
	EXPECT_TRUE(is_ack(&self->out));
	self->in.flags = ATCP_SYN | ATCP_ACK;
	EXPECT_EQ(ATCP_V_REPLY, input(self, 2 * SEC));
	self->in.flags = ATCP_SYN | ATCP_PSH;
	EXPECT_EQ(ATCP_V_REOPEN, input(self, 3 * SEC));
}

TEST_F(timewait, window_that_is_shown)
{
	self->tw.rcv_wscale = 4;
	self->tw.ts_ok = false;
	ASSERT_EQ(ATCP_V_REPLY, input(self, SEC));
	EXPECT_EQ(30000 >> 4, self->out.wnd);
	EXPECT_EQ(0, self->out.opt.has);
	self->tw.rcv_wnd = 1 << 30;
	ASSERT_EQ(ATCP_V_REPLY, input(self, SEC));
	EXPECT_EQ(65535, self->out.wnd);
}

TEST_F(timewait, two_msl)
{
	atcp_tw_expire(&self->tw);
	EXPECT_EQ(ATCP_CLOSED, self->tw.state);
	EXPECT_EQ(ATCP_E_2MSL, stub.event);
	EXPECT_EQ(1, stub.transitions);
}

TEST_HARNESS_MAIN
