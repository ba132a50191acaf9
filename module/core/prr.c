// SPDX-License-Identifier: GPL-2.0-only
/* RFC 6937, Proportional Rate Reduction, in bytes. */
#include "prr.h"
#include "api.h"

void atcp_prr_start(struct atcp_conn *c)
{
	c->rec.prr_delivered = 0;
	c->rec.prr_out = 0;
	c->rec.flight = max_t(u32, c->snd_nxt - c->snd_una, 1);
}

/* In proportion to what arrives, so that the window is ssthresh when all of it has. */
static u32 proportional(const struct atcp_conn *c)
{
	const struct atcp_recovery *r = &c->rec;
	u64 due = (u64)r->prr_delivered * c->ssthresh + r->flight - 1;

	due = div_u64(due, r->flight);
	return due > r->prr_out ? due - r->prr_out : 0;
}

/* PRR-SSRB: the network took more than it should have; no faster than slow start. */
static u32 reduction_bound(const struct atcp_conn *c, u32 pipe, u32 delivered, bool safe)
{
	const struct atcp_recovery *r = &c->rec;
	u32 limit = r->prr_delivered > r->prr_out ? r->prr_delivered - r->prr_out : 0;

	limit = max(limit, delivered);
	if (safe)
		limit += c->mss;
	return min(c->ssthresh - pipe, limit);
}

void atcp_prr_ack(struct atcp_conn *c, u32 delivered, bool safe)
{
	u32 pipe = atcp_conn_pipe(c);
	u32 more;

	c->rec.prr_delivered += delivered;
	more = pipe > c->ssthresh ? proportional(c) : reduction_bound(c, pipe, delivered, safe);
	/* what was lost goes out at once, whatever the window */
	if (!c->rec.prr_out)
		more = max(more, c->mss);
	c->cwnd = pipe + more;
}
