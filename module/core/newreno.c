// SPDX-License-Identifier: GPL-2.0-only
/* RFC 5681 counted in bytes (RFC 3465). What happens in fast recovery is not decided here. */

#include "api.h"

/* cc_priv[] */
#define ACKED	0	/* bytes acknowledged since cwnd last grew, in congestion avoidance */

static void newreno_init(struct atcp_conn *c, u64 now)
{
	c->cc_priv[ACKED] = 0;
}

/* RFC 5681 section 3.1: one segment more for each window that was acknowledged */
static void avoid_congestion(struct atcp_conn *c, u32 bytes)
{
	c->cc_priv[ACKED] += bytes;
	if (c->cc_priv[ACKED] < c->cwnd)
		return;
	c->cc_priv[ACKED] = min_t(u64, c->cc_priv[ACKED] - c->cwnd, c->cwnd);
	c->cwnd += c->mss;
}

static void newreno_acked(struct atcp_conn *c, u32 bytes, u64 now)
{
	/* A window that was not filled has proved nothing (RFC 9293 leaves it open, RFC 7661) */
	if (!c->cwnd_limited)
		return;
	if (c->cwnd < c->ssthresh)
		bytes = atcp_cc_slow_start(c, bytes);
	if (bytes)
		avoid_congestion(c, bytes);
	c->cwnd = min(c->cwnd, ATCP_CWND_MAX);
}

/* RFC 5681 equation (4); what limited transmit has sent does not count, RFC 3042 */
static u32 newreno_ssthresh(struct atcp_conn *c, u64 now)
{
	u32 flight = min(c->snd_nxt - c->snd_una, c->cwnd);

	c->cc_priv[ACKED] = 0;
	return max(flight / 2, 2 * c->mss);
}

const struct atcp_cc_ops atcp_cc_newreno = {
	.name = "reno",
	.init = newreno_init,
	.acked = newreno_acked,
	.ssthresh = newreno_ssthresh,
};
