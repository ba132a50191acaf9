// SPDX-License-Identifier: GPL-2.0-only
/* Loss detection by time: RFC 8985, RACK. The steps are those of its section 6.2. */
#include "rack.h"
#include "api.h"
#include "loss.h"
#include "output.h"
#include "port.h"
#include "seq.h"

#define MULT_MAX	15	/* what atcp_recovery.rack_mult can hold */
#define KEEP		15	/* and rack_keep: 16 recoveries, with the one that finds it 0 */

/* RACK_sent_after(): what was sent in one burst is told apart by its numbers. */
static bool sent_after(u64 sent_ns, u32 end, u64 than_ns, u32 than_end)
{
	return sent_ns > than_ns || (sent_ns == than_ns && atcp_after(end, than_end));
}

/*
 * Step 2: is the ACK too early for the retransmission of @t? Then it is the original's. Of what is
 * SACKed the echo says nothing: RFC 7323 section 4.3, it is of what came before the hole.
 */
static bool original_arrived(const struct atcp_conn *c, const struct atcp_txseg *t,
			     const struct atcp_news *n)
{
	if (!(t->mark & ATCP_TX_EVER))
		return false;
	if (c->ts_ok && n->s->opt.has & ATCP_OPT_TS && atcp_before(t->seq, n->s->ack) &&
	    atcp_before(n->s->opt.tsecr, atcp_tsval(c->ts_off, t->sent_ns)))
		return true;
	return atcp_elapsed(t->sent_ns, n->now) < c->rtt.min;
}

/* Step 3. */
static void detect_reordering(struct atcp_conn *c, const struct atcp_txseg *t)
{
	struct atcp_recovery *r = &c->rec;
	u32 end = atcp_tx_end(t);

	if (atcp_after(end, r->fack)) {
		r->fack = end;
	} else if (end != r->fack && !(t->mark & ATCP_TX_EVER) && !c->reordering) {
		c->reordering = 1;
		atcp_port_count(c, ATCP_C_TCPSACKReorder);
	}
}

void atcp_rack_delivered(struct atcp_conn *c, const struct atcp_txseg *t, struct atcp_news *n)
{
	struct atcp_recovery *r = &c->rec;
	u64 took;

	if (t->flags & ATCP_SYN)
		return;
	if (!c->rack_ns)
		r->fack = c->iss;
	detect_reordering(c, t);
	if (!(t->mark & ATCP_TX_EVER) && !atcp_after(atcp_tx_end(t), c->recover))
		n->original = 1;
	if (original_arrived(c, t, n))
		return;
	if (t->sent_ns >= n->sent_ns) {
		n->sent_ns = t->sent_ns;
		took = atcp_elapsed(t->sent_ns, n->now);
		r->rack_rtt_us = min_t(u64, div_u64(took, ATCP_NS_PER_US), ATCP_RACK_RTT_MAX);
	}
	if (c->rack_ns && !sent_after(t->sent_ns, atcp_tx_end(t), c->rack_ns, r->rack_end))
		return;
	c->rack_ns = t->sent_ns;
	r->rack_end = atcp_tx_end(t);
}

/* DupThresh segments have been SACKed: on a path that keeps the order this proves a loss. */
static bool enough_sacked(const struct atcp_conn *c)
{
	const struct atcp_txseg *t = c->tx_next;
	u32 segs = 0;

	if (c->sacked > (ATCP_DUP_THRESH - 1) * c->mss)
		return true;
	t = t ? list_prev_entry(t, node) : list_last_entry(&c->txq, struct atcp_txseg, node);
	list_for_each_entry_from_reverse(t, &c->txq, node)
		if (t->mark & ATCP_TX_SACKED && ++segs == ATCP_DUP_THRESH)
			return true;
	return false;
}

/* Step 4: RACK_update_reo_wnd(), ns */
static u64 reordering_window(const struct atcp_conn *c)
{
	if (!c->reordering && (c->ca_state >= ATCP_CA_RECOVERY || enough_sacked(c)))
		return 0;
	return min_t(u64, (c->rec.rack_mult + 1) * (c->rtt.min / 4), c->rtt.srtt);
}

/* So long after it was sent a segment is lost, where what was sent later has arrived. */
static u64 slack_of(const struct atcp_conn *c)
{
	return c->rec.rack_rtt_us * ATCP_NS_PER_US + reordering_window(c);
}

bool atcp_rack_expired(const struct atcp_conn *c, const struct atcp_txseg *t, u64 now)
{
	return !c->rack_ns || t->sent_ns + slack_of(c) <= now;
}

u64 atcp_rack_detect(struct atcp_conn *c, u64 now)
{
	u64 slack, wait = 0;
	struct atcp_txseg *t;

	if (!c->rack_ns)
		return 0;
	slack = slack_of(c);
	/* step 5 */
	list_for_each_entry(t, &c->txq, node) {
		if (t == c->tx_next)
			break;
		if (t->mark & ATCP_TX_SACKED ||
		    (t->mark & (ATCP_TX_LOST | ATCP_TX_RETRANS)) == ATCP_TX_LOST ||
		    !sent_after(c->rack_ns, c->rec.rack_end, t->sent_ns, atcp_tx_end(t)))
			continue;
		if (t->sent_ns + slack > now)
			wait = max(wait, t->sent_ns + slack - now);
		else
			atcp_loss_mark(c, t);
	}
	return wait;
}

void atcp_rack_dsack(struct atcp_conn *c)
{
	struct atcp_recovery *r = &c->rec;

	if (c->dsack_round && !atcp_before(c->snd_una, r->dsack_end))
		c->dsack_round = 0;
	if (c->dsack_round)
		return;
	c->dsack_round = 1;
	/* a round trip more of what is sent next, where nothing is out */
	r->dsack_end = c->snd_nxt + (c->snd_una == c->snd_nxt);
	r->rack_keep = KEEP;
	if (r->rack_mult < MULT_MAX)
		r->rack_mult++;
}

void atcp_rack_recovered(struct atcp_conn *c)
{
	if (c->rec.rack_keep)
		c->rec.rack_keep--;
	else
		c->rec.rack_mult = 0;
}
