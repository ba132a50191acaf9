/* SPDX-License-Identifier: GPL-2.0-only */
/* The bench of the tests of timestamps: a connection that has them, and what the peer says. */
#ifndef _ATCP_TS_RIG_H
#define _ATCP_TS_RIG_H

#include "rig.h"

#define MS	ATCP_NS_PER_MS
#define TS_OFF	1000000U	/* of our timestamps */
#define FIRST	5000U		/* the peer's first */

/* An active open with timestamps on both sides, and no delay of ACKs but where they are delayed. */
static inline void connect_ts(RIG)
{
	self->cfg.timestamps = 1;
	atcp_conn_open(&self->c, RIG_ISN, TS_OFF, self->now);
	self->now += 100 * MS;
	self->in.ack = OURS(1);
	self->in.opt.has |= ATCP_OPT_TS;
	self->in.opt.tsval = FIRST;
	self->in.opt.tsecr = atcp_tsval(TS_OFF, self->now - 100 * MS);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt.has = ATCP_OPT_TS;
	self->c.quickack = 0;
	self->c.rcv_mss = RIG_MSS;
	stub.sent = 0;
}

/* The same of a listener. */
static inline void accept_ts(RIG)
{
	self->cfg.timestamps = 1;
	self->in.opt.has |= ATCP_OPT_TS;
	self->in.opt.tsval = FIRST;
	rig_accept(self);
	self->in.opt = (struct atcp_opts){ .has = ATCP_OPT_TS, .tsval = FIRST };
	rig_feed(self, THEIRS(1), 0, ATCP_ACK);
	self->c.quickack = 0;
	self->c.rcv_mss = RIG_MSS;
	stub.sent = 0;
}

/* Data of the peer's with this timestamp. */
static inline void data_at(RIG, u32 seq, u32 len, u32 tsval)
{
	self->in.opt.tsval = tsval;
	rig_feed(self, THEIRS(seq), len, ATCP_ACK);
}

static inline bool has_ts(const struct atcp_seg *s)
{
	return s->opt.has & ATCP_OPT_TS;
}

#endif /* _ATCP_TS_RIG_H */
