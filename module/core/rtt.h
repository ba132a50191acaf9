/* SPDX-License-Identifier: GPL-2.0-only */
/* Round-trip time and retransmission timeout, RFC 6298, in nanoseconds. */
#ifndef _ATCP_CORE_RTT_H
#define _ATCP_CORE_RTT_H

#include <atcp/env.h>

/**
 * struct atcp_rtt - the estimator
 * @srtt: smoothed RTT, ns; 0 before the first sample
 * @rttvar: mean deviation, ns
 * @min: smallest sample of late, ns; 0 before the first
 * @backoff: doublings of the timeout in force
 * @next: smallest sample since @since but for @min, ns; 0 for none
 * @since: when @min was measured, or else became what it is; of rtt.c
 */
struct atcp_rtt {
	u64 srtt;
	u64 rttvar;
	u64 min : 56;
	u64 backoff : 8;
	u64 next : 40;
	u64 since : 24;
};

/* From @then to @now, ns; 0 for what was to leave later and is acknowledged all the same. */
static inline u64 atcp_elapsed(u64 then, u64 now)
{
	return now > then ? now - then : 0;
}

/* Take in a sample of @ns (at least 1 is counted) at @now; ends the back-off, RFC 6298 (5.7). */
void atcp_rtt_sample(struct atcp_rtt *r, u64 ns, u64 now);

/**
 * atcp_rtt_rto() - the timeout in force: RFC 6298 (2.1) to (2.5) and (5.5)
 * @r: the estimator
 * @initial: before the first sample, ns
 * @min: floor of srtt + max(G, 4 * rttvar), ns: applied to the variance term, as native TCP does,
 *	so that rto >= srtt + min
 * @max: ceiling, also of the back-off, ns
 */
u64 atcp_rtt_rto(const struct atcp_rtt *r, u64 initial, u64 min, u64 max);

#endif /* _ATCP_CORE_RTT_H */
