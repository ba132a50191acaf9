// SPDX-License-Identifier: GPL-2.0-only
/* RFC 9406 section 4.2. Its variables go by their names in hystart.h, its constants here. */
#include "hystart.h"
#include "api.h"
#include "seq.h"

/* RFC 9406 section 4.3 */
#define MIN_RTT_THRESH	4000	/* us */
#define MAX_RTT_THRESH	16000	/* us */
#define MIN_RTT_DIVISOR	8
#define N_RTT_SAMPLE	8
#define CSS_GROWTH_DIVISOR 4
#define CSS_ROUNDS	5
#define L		8	/* of a sender that does not pace */

#define RTT_MAX		((u32)BIT(28) - 1)	/* what the fields hold, us */

void atcp_hystart_init(struct atcp_hystart *h, const struct atcp_conn *c)
{
	*h = (struct atcp_hystart){ .round_end = c->snd_nxt };
}

void atcp_hystart_rtt(struct atcp_hystart *h, u64 ns)
{
	u32 us = clamp_t(u64, div_u64(ns, ATCP_NS_PER_US), 1, RTT_MAX);

	if (!h->this_min || us < h->this_min)
		h->this_min = us;
	if (h->samples < N_RTT_SAMPLE)
		h->samples++;
}

u32 atcp_hystart_grow(const struct atcp_hystart *h, const struct atcp_conn *c, u32 bytes)
{
	/*
	 * L keeps one ACK from releasing a burst. A host that hands down many segments in one
	 * call sends such bursts anyway, and a receiver that merges them answers with one ACK:
	 * a bound below one burst would make growth linear and bound nothing.
	 */
	bytes = min(bytes, max(L * c->mss, c->gso_max));
	return h->css_min ? bytes / CSS_GROWTH_DIVISOR : bytes;
}

static void judge_delay(struct atcp_hystart *h)
{
	u32 thresh = clamp_t(u32, h->last_min / MIN_RTT_DIVISOR, MIN_RTT_THRESH, MAX_RTT_THRESH);

	if (h->samples < N_RTT_SAMPLE)
		return;
	if (h->css_min) {
		/* the delay did not last: it was jitter */
		if (h->this_min < h->css_min)
			h->css_min = 0;
	} else if (h->last_min && h->this_min >= h->last_min + thresh) {
		h->css_min = h->this_min;
		h->css_rounds = 0;
	}
}

bool atcp_hystart_acked(struct atcp_hystart *h, const struct atcp_conn *c)
{
	/* a window that is not filled makes no queue, so that the delay is another's */
	if (c->cwnd_limited)
		judge_delay(h);
	if (atcp_before(c->snd_una, h->round_end))
		return false;
	h->round_end = c->snd_nxt;
	h->last_min = h->this_min;
	h->this_min = 0;
	h->samples = 0;
	/* the round in which it began counts, however little of it was left */
	return h->css_min && c->cwnd_limited && ++h->css_rounds >= CSS_ROUNDS;
}
