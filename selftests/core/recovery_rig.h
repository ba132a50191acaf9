/* SPDX-License-Identifier: GPL-2.0-only */
/* The bench of the tests of loss recovery: ten segments of 1000 bytes are out. */
#ifndef _ATCP_RECOVERY_RIG_H
#define _ATCP_RECOVERY_RIG_H

#include <stdlib.h>

#include "api.h"
#include "kselftest_harness.h"
#include "port_stub.h"

#define MSS	1000U
#define ISN	0xffffe000U	/* the numbers wrap on the way */
#define PEER	5000U
#define RTT	(100 * ATCP_NS_PER_MS)
#define NAMED(n) (self->c.iss + 1 + (n) * MSS)	/* the number of segment n, from 0 */

FIXTURE(recovery) {
	struct atcp_cfg cfg;
	struct atcp_conn c;
	struct atcp_seg in;
	u64 now;
};

static inline void queue(struct _test_data_recovery *self, u32 segs)
{
	struct atcp_txseg *t = calloc(1, sizeof(*t));

	t->len = segs * MSS;
	atcp_conn_queue(&self->c, t);
	atcp_conn_push(&self->c, false, self->now);
}

/* Established, with a round trip of 100 ms known; @ts: with timestamps. */
static inline void establish(struct _test_data_recovery *self, bool sack, bool ts)
{
	self->cfg.timestamps = ts;
	self->now = 1000 * ATCP_NS_PER_SEC;
	atcp_conn_open(&self->c, ISN, 0, self->now);
	self->now += RTT;
	self->in = (struct atcp_seg){ .seq = PEER, .ack = ISN + 1, .wnd = 60000,
				      .flags = ATCP_SYN | ATCP_ACK };
	self->in.opt.has = ATCP_OPT_MSS | (sack ? ATCP_OPT_SACK_OK : 0) | (ts ? ATCP_OPT_TS : 0);
	self->in.opt.mss = ts ? MSS + ATCP_TS_LEN : MSS;
	self->in.opt.tsval = 1;
	self->in.opt.tsecr = atcp_tsval(0, self->now - RTT);
	atcp_conn_input(&self->c, &self->in, NULL, self->now);
	self->in.seq = PEER + 1;
	self->in.flags = ATCP_ACK;
	self->in.opt.has = ts ? ATCP_OPT_TS : 0;
	memset(&stub, 0, sizeof(stub));
}

FIXTURE_SETUP(recovery)
{
	memset(&stub, 0, sizeof(stub));
	memset(&self->c, 0, sizeof(self->c));
	atcp_cfg_init(&self->cfg);
	self->cfg.cc = &atcp_cc_newreno;
	atcp_conn_init(&self->c, &self->cfg);
	self->c.mtu = 1480;
	self->c.adv_mss = 1460;
	self->c.default_mss = 536;
	self->c.rcv_buf = 20000;
	self->c.gso_max = MSS;
}

FIXTURE_TEARDOWN(recovery)
{
	atcp_conn_purge(&self->c);
}

/* Ten segments are out, since a round trip; @more wait. */
static inline void ten(struct _test_data_recovery *self, bool sack, bool ts, u32 more)
{
	establish(self, sack, ts);
	queue(self, 10 + more);
	self->in.opt.tsecr = atcp_tsval(0, self->now);
	self->now += RTT;
}

/* An ACK of all below segment @ack; then one SACK block of the segments [@from, @to). */
static inline void ack(struct _test_data_recovery *self, u32 ack, u32 from, u32 to)
{
	self->in.ack = NAMED(ack);
	self->in.opt.nsacks = 0;
	if (from != to)
		self->in.opt.sacks[self->in.opt.nsacks++] =
			(struct atcp_sack){ NAMED(from), NAMED(to) };
	atcp_conn_input(&self->c, &self->in, NULL, self->now);
}

/* The same with a report that segment @n came twice, before the block. */
static inline void ack_twice(struct _test_data_recovery *self, u32 ack, u32 n)
{
	self->in.ack = NAMED(ack);
	self->in.opt.nsacks = 1;
	self->in.opt.sacks[0] = (struct atcp_sack){ NAMED(n), NAMED(n + 1) };
	atcp_conn_input(&self->c, &self->in, NULL, self->now);
}

/* The timer of what is out comes. Return: how long it took, ns. */
static inline u64 timer_comes(struct _test_data_recovery *self)
{
	u64 start = self->now;

	self->now = self->c.timer[ATCP_T_RTX];
	atcp_conn_timer(&self->c, self->now);
	return self->now - start;
}

/* Ten segments time out, with no probe before; twenty are still to be sent. */
static inline void time_out(struct _test_data_recovery *self)
{
	self->cfg.early_retrans = 0;
	ten(self, true, false, 20);
	timer_comes(self);
}

static inline u32 sent(struct _test_data_recovery *self, u32 i)
{
	return (stub.seq[i] - self->c.iss - 1) / MSS;
}

#endif /* _ATCP_RECOVERY_RIG_H */
