// SPDX-License-Identifier: GPL-2.0-only
/* The port of the unit tests: it carries no payload and keeps count of what it was asked. */

#include <stdlib.h>

#include "api.h"
#include "port_stub.h"

struct port_stub stub;

struct atcp_rxseg *stub_rx(u32 seq, u32 len)
{
	struct atcp_rxseg *rx = calloc(1, sizeof(*rx));

	if (!rx)
		abort();
	rx->seq = seq;
	rx->len = len;
	return rx;
}

void stub_feed(struct atcp_conn *c, struct atcp_seg *in, u32 seq, u32 len, u8 flags, u64 now)
{
	struct atcp_rxseg *rx = len ? stub_rx(seq, len) : NULL;

	in->seq = seq;
	in->len = len;
	in->flags = flags;
	if (rx)
		rx->flags = flags & ATCP_FIN;
	if (!atcp_conn_input(c, in, rx, now))
		free(rx);
}

int atcp_port_transmit(struct atcp_conn *c, struct atcp_txseg *t,
		       const struct atcp_seg *s, u32 mss)
{
	if (stub.sent < ARRAY_SIZE(stub.seq))
		stub.seq[stub.sent] = s->seq;
	if (stub.sent < STUB_LOG)
		stub.out[stub.sent] = *s;
	stub.sent++;
	stub.last = *s;
	return 0;
}

bool atcp_port_queue_full(struct atcp_conn *c, const struct atcp_txseg *t, bool again)
{
	return again ? stub.full_again : stub.full;
}

bool atcp_port_in_queue(struct atcp_conn *c, const struct atcp_txseg *t)
{
	return stub.queued && t->seq == stub.queued;
}

struct atcp_txseg *atcp_port_split(struct atcp_conn *c, struct atcp_txseg *t, u32 at)
{
	return stub.no_memory ? NULL : calloc(1, sizeof(*t));
}

void atcp_port_tx_free(struct atcp_conn *c, struct atcp_txseg *t)
{
	free(t);
}

void atcp_port_tx_trim(struct atcp_conn *c, struct atcp_txseg *t, u32 bytes)
{
}

bool atcp_port_rx_admit(struct atcp_conn *c, struct atcp_rxseg *rx)
{
	return !stub.no_memory;
}

void atcp_port_deliver(struct atcp_conn *c, struct atcp_rxseg *rx, u32 skip)
{
	free(rx);
}

void atcp_port_rx_free(struct atcp_rxseg *rx)
{
	stub.rx_freed++;
	free(rx);
}

void *atcp_port_realloc(void *old, size_t old_size, size_t size)
{
	void *p;

	if (!size) {
		free(old);
		stub.allocated -= old_size;
		return NULL;
	}
	if (stub.no_memory)
		return NULL;
	p = realloc(old, size);
	if (p)
		stub.allocated += size - old_size;
	return p;
}

void atcp_port_count(const struct atcp_conn *c, enum atcp_counter what)
{
	stub.counts[what]++;
}

void atcp_port_transition(const void *who, u8 from, u8 to, enum atcp_event event)
{
	stub.transitions++;
	stub.from = from;
	stub.to = to;
	stub.event = event;
}

u32 atcp_port_random(u32 ceil)
{
	return ceil / 2;
}
