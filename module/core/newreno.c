// SPDX-License-Identifier: GPL-2.0-only
/* RFC 5681 counted in bytes (RFC 3465). What happens in fast recovery is not decided here. */

#include "api.h"

#define CWND_MAX	((u32)BIT(30))	/* no window of RFC 7323 is larger */

/* cc_priv[] */
#define ACKED	0	/* bytes acknowledged since cwnd last grew, in congestion avoidance */

static void newreno_init(struct atcp_conn *c, u64 now)
{
	c->cc_priv[ACKED] = 0;
}

/* Return: the bytes that are left for congestion avoidance. */
static u32 slow_start(struct atcp_conn *c, u32 bytes)
{
	u32 grow = min(bytes, c->ssthresh - c->cwnd);

	/*
	 * RFC 3465 lets an ACK open the window by two segments at most, which takes an ACK
	 * for every other segment. A receiver that merges segments sends one for dozens: the
	 * bound is kept where the RFC has most need of it, after a timeout.
	 */
	if (c->ca_state == ATCP_CA_LOSS)
		grow = min(grow, 2 * c->mss);
	c->cwnd += grow;
	return bytes - grow;
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
	if (c->cwnd < c->ssthresh) {
		bytes = slow_start(c, bytes);
		if (c->cwnd < c->ssthresh)
			bytes = 0;
	}
	if (bytes)
		avoid_congestion(c, bytes);
	c->cwnd = min(c->cwnd, CWND_MAX);
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
