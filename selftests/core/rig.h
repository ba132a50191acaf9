/* SPDX-License-Identifier: GPL-2.0-only */
/* One connection of the core on a bench: the test is its peer, its user and its clock. */
#ifndef _ATCP_RIG_H
#define _ATCP_RIG_H

#include <stdlib.h>

#include "api.h"
#include "handshake.h"
#include "kselftest_harness.h"
#include "port_stub.h"

#define RIG_SEC		ATCP_NS_PER_SEC
#define RIG_START	(1000 * RIG_SEC)
#define RIG_ISN		0x7ffffffeU
#define RIG_PEER	0xfffffffeU	/* the peer's ISN */
#define RIG_MSS		1000

/* Relative numbers: the first byte of either side has number 1. */
#define OURS(n)		(RIG_ISN + (u32)(n))
#define THEIRS(n)	(RIG_PEER + (u32)(n))

FIXTURE(rig) {
	struct atcp_cfg cfg;
	struct atcp_conn c;
	struct atcp_seg in;
	u64 now;
};

/* In CLOSED, with the defaults of a namespace but for timestamps. */
FIXTURE_SETUP(rig)
{
	memset(&stub, 0, sizeof(stub));
	memset(self, 0, sizeof(*self));
	atcp_cfg_init(&self->cfg);
	self->cfg.timestamps = 0;
	/* a timer of data out is that of the RTO: no tail loss probes */
	self->cfg.early_retrans = 0;
	self->now = RIG_START;
	atcp_conn_init(&self->c, &self->cfg);
	self->c.mtu = 1480;
	self->c.adv_mss = 1460;
	self->c.default_mss = 536;
	self->c.rcv_buf = 20000;
	self->in = (struct atcp_seg){ .seq = RIG_PEER, .wnd = 20000, .flags = ATCP_SYN };
	self->in.opt.has = ATCP_OPT_MSS | ATCP_OPT_SACK_OK;
	self->in.opt.mss = RIG_MSS;
}

FIXTURE_TEARDOWN(rig)
{
	atcp_conn_purge(&self->c);
}

#define RIG struct _test_data_rig *self

/* A segment of the peer's arrives; the rest of it is in self->in. */
static inline void rig_feed(RIG, u32 seq, u32 len, u8 flags)
{
	stub_feed(&self->c, &self->in, seq, len, flags, self->now);
}

/* ESTABLISHED by an active open, with self->in a bare ACK; nothing counts as sent. */
static inline void rig_connect(RIG)
{
	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	self->in.opt = (struct atcp_opts){ 0 };
	stub.sent = 0;
}

/* SYN_RECEIVED of a listener's child, with self->in the third segment. */
static inline void rig_accept(RIG)
{
	struct atcp_listen l = { .mtu = 1480, .default_mss = 536, .rcv_buf = 20000 };
	struct atcp_seg out;
	struct atcp_req req;

	atcp_listen_input(&l, &self->cfg, &self->in, RIG_ISN, 0, self->now, &req, &out);
	atcp_conn_accept(&self->c, &req, self->now);
	self->in = (struct atcp_seg){ .seq = THEIRS(1), .ack = OURS(1), .wnd = 20000 };
}

/* The peer acknowledges up to a relative number and offers that window. */
static inline void rig_ack(RIG, u32 ack, u32 wnd)
{
	self->in.ack = OURS(ack);
	self->in.wnd = wnd;
	rig_feed(self, self->c.rcv_nxt, 0, ATCP_ACK);
}

/* The user writes. */
static inline void rig_write(RIG, u32 len)
{
	struct atcp_txseg *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->len = len;
	atcp_conn_queue(&self->c, t);
	atcp_conn_push(&self->c, false, self->now);
}

/* Time passes up to the next deadline; false if there is none. */
static inline bool rig_timer(RIG)
{
	u64 at = atcp_conn_deadline(&self->c);

	if (!at)
		return false;
	self->now = max(self->now, at);
	atcp_conn_timer(&self->c, self->now);
	return true;
}

/* Bytes of payload that have been sent since stub.sent was 0. */
static inline u32 rig_bytes(void)
{
	u32 i, n = 0;

	for (i = 0; i < stub.sent && i < STUB_LOG; i++)
		n += stub.out[i].len;
	return n;
}

#endif /* _ATCP_RIG_H */
