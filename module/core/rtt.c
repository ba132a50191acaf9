// SPDX-License-Identifier: GPL-2.0-only
/* RFC 6298: the estimator of the round-trip time and the timeout that follows from it. */

#include "rtt.h"

#define TICK_SHIFT	30		/* of the time that is kept for the filter: 1.07 s */
#define TICK_MASK	0xffffffU
#define MIN_WINDOW	280		/* ticks, 300 s */
#define NEXT_MAX	(((u64)1 << 40) - 1)

/*
 * RFC 8985 section 6.2 step 1: of the smallest sample no more is said than what the window of time
 * that it is of shows, so that a path that has become longer is noticed after two of them.
 */
static void take_min(struct atcp_rtt *r, u64 ns, u64 now)
{
	u32 at = (u32)(now >> TICK_SHIFT) & TICK_MASK;

	ns = min_t(u64, ns, NEXT_MAX);
	if (r->min && ns > r->min) {
		if (!r->next || ns < r->next)
			r->next = ns;
		if (((at - (u32)r->since) & TICK_MASK) < MIN_WINDOW)
			return;
		ns = r->next;
	}
	r->min = ns;
	r->next = 0;
	r->since = at;
}

void atcp_rtt_sample(struct atcp_rtt *r, u64 ns, u64 now)
{
	u64 dev;

	ns = max_t(u64, ns, 1);
	take_min(r, ns, now);
	r->backoff = 0;
	if (!r->srtt) {
		/* (2.2) */
		r->srtt = ns;
		r->rttvar = ns / 2;
		return;
	}
	/* (2.3), with alpha 1/8 and beta 1/4; rttvar first, as it needs the old srtt */
	dev = ns > r->srtt ? ns - r->srtt : r->srtt - ns;
	r->rttvar = r->rttvar - r->rttvar / 4 + dev / 4;
	r->srtt = r->srtt - r->srtt / 8 + ns / 8;
}

u64 atcp_rtt_rto(const struct atcp_rtt *r, u64 initial, u64 min, u64 max)
{
	u64 rto = initial;

	if (r->srtt)
		rto = r->srtt + max_t(u64, 4 * r->rttvar, min);
	if (r->backoff >= 63 || rto > max >> r->backoff)
		return max;
	return rto << r->backoff;
}
