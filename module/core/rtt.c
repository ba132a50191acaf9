// SPDX-License-Identifier: GPL-2.0-only
/* RFC 6298: the estimator of the round-trip time and the timeout that follows from it. */

#include "rtt.h"

void atcp_rtt_sample(struct atcp_rtt *r, u64 ns)
{
	u64 dev;

	ns = max_t(u64, ns, 1);
	if (!r->min || ns < r->min)
		r->min = ns;
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
