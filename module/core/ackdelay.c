// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long an ACK may be kept. Where timers are no shorter than the longest that a peer may take,
 * not much depends on it; where they are, being wrong costs a retransmission and a window.
 *
 * From its ACKs alone nobody learns what a peer may do next. Native TCP acknowledges at once as
 * long as it believes the sender to be in slow start, after each pause and each loss anew; as long
 * as its user answers at once, because the answer carries the ACK; as long as its user reads at
 * once, which goes for more than a segment too where only that opens the window. The first time
 * that this ends, after any number of segments, it takes 40 ms, on long paths up to 200 ms. So an
 * end whose timers are short promises in its SYN how long it keeps ACKs, and is promised the same
 * by a peer that knows what this means. Of any other peer the worst is assumed.
 */
#include "ackdelay.h"
#include "timers.h"

/* RFC 8985 section 7.2, and native TCP's longest; RFC 9293 would allow for 500 ms. */
#define UNKNOWN		(200 * ATCP_NS_PER_MS)
#define MARGIN		ATCP_NS_PER_MS	/* timers that come late, at either end */

/* Native TCP's wait for a reader, with ticks of 10 ms; a round trip where that is longer. */
#define UNREAD		(60 * ATCP_NS_PER_MS)

/* Of what is promised, what is taken: the timer may be late, and the ACK wait for a lock. */
#define TAKEN_PERCENT	80

/* Of the longest delay, what we take at least: a round trip is shorter. */
#define LEAST(cfg)	((cfg)->delack_max / 10)

/*
 * Of atcp_conn.prompt: flights that show that the peer does not keep an ACK for long. Four times as
 * many after a probe for nothing, which may be the fault of a lost ACK; after the third it would
 * be more than are counted.
 */
#define PROMPT_ENOUGH	8

static bool prompt(const struct atcp_conn *c)
{
	return c->prompt >= PROMPT_ENOUGH << 2 * c->misjudged;
}

/* Are the timers shorter than what an unknown peer may take? */
static bool timers_are_short(const struct atcp_conn *c)
{
	return atcp_rto_min(c) < UNKNOWN;
}

u16 atcp_ackdelay_promise(const struct atcp_cfg *cfg)
{
	u64 us = div_u64(LEAST(cfg), ATCP_NS_PER_US * TAKEN_PERCENT / 100);

	return clamp_t(u64, us, 1, U16_MAX);
}

void atcp_ackdelay_ask(struct atcp_conn *c)
{
	if (timers_are_short(c))
		c->own_ack_us = atcp_ackdelay_promise(c->cfg);
}

u64 atcp_ackdelay_own(const struct atcp_conn *c)
{
	u64 delay = c->cfg->delack_max;

	/* not longer than the peer needs to see a loss: a fraction of its timeout */
	if (c->rtt.srtt && c->rtt.srtt < delay)
		delay = max_t(u64, c->rtt.srtt, LEAST(c->cfg));
	if (c->own_ack_us)
		delay = min_t(u64, delay, c->own_ack_us * (ATCP_NS_PER_US * TAKEN_PERCENT / 100));
	return max_t(u64, delay, 1);
}

/* More than a segment is out: who has promised something acknowledges it at once, see window.c. */
static bool several(const struct atcp_conn *c)
{
	return c->snd_nxt - c->snd_una > c->mss;
}

u64 atcp_ackdelay_peer(const struct atcp_conn *c)
{
	if (!c->peer_ack_us)
		return UNKNOWN;
	return several(c) ? 0 : c->peer_ack_us * ATCP_NS_PER_US;
}

/* What is out is acknowledged in that time by who keeps an ACK for no more than @delay. */
static u64 kept(const struct atcp_conn *c, u64 delay)
{
	return c->rtt.srtt + max(c->rtt.srtt, delay) + MARGIN;
}

u64 atcp_ackdelay_probe(const struct atcp_conn *c)
{
	bool certain = timers_are_short(c);

	if (several(c))
		return certain && !c->peer_ack_us ? kept(c, UNREAD) : 2 * c->rtt.srtt;
	if (c->peer_ack_us)
		return kept(c, c->peer_ack_us * ATCP_NS_PER_US);
	if (prompt(c) && !certain)
		return kept(c, LEAST(c->cfg));
	return 2 * c->rtt.srtt + UNKNOWN;
}

void atcp_ackdelay_measure(struct atcp_conn *c, u64 took)
{
	if (!c->rtt.srtt)
		return;
	/* a peer that is prompt is not thought to take longer than we would */
	if (took > kept(c, LEAST(c->cfg)))
		c->prompt = 0;
	else if (c->prompt < U8_MAX)
		c->prompt++;
}

void atcp_ackdelay_misjudged(struct atcp_conn *c)
{
	if (prompt(c))
		c->misjudged++;
	c->prompt = 0;
}
