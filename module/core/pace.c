// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pacing by the earliest departure time of each segment: one after the other at the connection's
 * rate, in the device's queue if that keeps to it, else by a timer.
 */

#include "pace.h"
#include "api.h"
#include "timers.h"

/* More than a window a round trip, or nothing could grow; as much as slow start needs to double. */
#define SLOW_START_PERCENT	200
#define AVOIDANCE_PERCENT	120

/* A minimal round trip below this makes up for the whole of a burst; each doubling for half. */
#define SHORT_PATH_SHIFT	19	/* ns: half a millisecond */

u64 atcp_conn_rate(const struct atcp_conn *c)
{
	u32 percent = c->cwnd < c->ssthresh / 2 ? SLOW_START_PERCENT : AVOIDANCE_PERCENT;
	/* in recovery cwnd may be 0 for a moment */
	u32 window = max3(c->cwnd, atcp_conn_pipe(c), c->mss);
	u64 rate = U64_MAX;

	if (c->rtt.srtt)
		rate = div64_u64((u64)window * (ATCP_NS_PER_SEC / 100 * percent), c->rtt.srtt);
	/* a byte a second, so that nothing waits for ever */
	return max_t(u64, c->pace_max ? min(rate, c->pace_max) : rate, 1);
}

u32 atcp_pace_burst(const struct atcp_conn *c, u32 mss)
{
	u64 most = c->gso_max;
	u64 shift = c->rtt.min >> SHORT_PATH_SHIFT;

	/* an urgent pointer is right for one segment only, not for the copies that GSO makes */
	if (unlikely(c->urg_mode) || most <= mss)
		return mss;
	if (shift) {
		most = atcp_conn_rate(c) / 1000 + (shift < 32 ? c->gso_max >> shift : 0);
		most = clamp_t(u64, most, min(2 * mss, c->gso_max), c->gso_max);
	}
	/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): atcp_xmit_mss() is never 0 */
	return (u32)most - (u32)most % mss;
}

bool atcp_pace_wait(struct atcp_conn *c, u64 now)
{
	if (likely(c->paced != ATCP_PACE_TIMER) || c->pace_at <= now)
		return false;
	atcp_timer_set(c, ATCP_T_PACE, c->pace_at);
	return true;
}

u64 atcp_conn_departure(const struct atcp_conn *c, u64 now)
{
	return max(c->pace_at, now);
}

u64 atcp_pace_sent(struct atcp_conn *c, u32 bytes, u64 now)
{
	u64 leaves;

	if (likely(c->paced == ATCP_PACE_OFF) || !bytes)
		return now;
	leaves = atcp_conn_departure(c, now);
	/* the first window may go at once: that is what an initial window is for */
	if (c->data_segs_out >= c->cfg->init_cwnd || c->pace_max)
		c->pace_at = leaves + div64_u64(bytes * ATCP_NS_PER_SEC, atcp_conn_rate(c));
	/* a retransmission that does not wait has left before its time */
	return c->paced == ATCP_PACE_STAMP ? leaves : now;
}
