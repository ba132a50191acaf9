// SPDX-License-Identifier: GPL-2.0-only
/* Tail loss probes, RFC 8985 section 7: no ACK shows the loss of the last segments. */
#include "tlp.h"
#include "ackdelay.h"
#include "api.h"
#include "ecn.h"
#include "output.h"
#include "port.h"
#include "seq.h"
#include "timers.h"
#include "xmit.h"

#define PTO_MIN		ATCP_NS_PER_MS		/* a timer a burst costs more than it saves */

/* After a loss that is known, and since a timeout, if there was one, ACKs come again. */
static bool repairing(const struct atcp_conn *c)
{
	return c->ca_state >= ATCP_CA_RECOVERY && !c->frto;
}

/*
 * Section 7.3: one at a time, and none where no round trip was measured since the last, so that
 * probes do not keep a longer one from being seen. Section 7.2 has none with holes known or in
 * recovery, where other means are; none of these shows that the last of what was sent again is lost
 * too, so there is one for that.
 */
bool atcp_tlp_allowed(const struct atcp_conn *c)
{
	bool open = (c->ca_state == ATCP_CA_OPEN || c->ca_state == ATCP_CA_CWR) && !c->sacked;

	return c->sack_ok && c->cfg->early_retrans && (open || repairing(c)) && !c->tlp_out &&
	       c->rtt.srtt && !c->tlp_unmeasured && !c->rtx_count &&
	       c->snd_una != c->snd_nxt && c->rtx_why != ATCP_RTX_PERSIST;
}

/* How long after what was sent last. What fills a hole is acknowledged at once, RFC 5681 4.2. */
static u64 timeout(const struct atcp_conn *c)
{
	u64 pto = c->sacked ? 2 * c->rtt.srtt : atcp_ackdelay_probe(c);

	return max_t(u64, pto, PTO_MIN);
}

void atcp_tlp_schedule(struct atcp_conn *c, u64 now)
{
	const struct atcp_txseg *head;
	u64 rto_at;

	/* the reordering window ends first, and what it finds is sent then */
	if (!atcp_tlp_allowed(c) || c->rtx_why == ATCP_RTX_REORDER)
		return;
	head = list_first_entry(&c->txq, struct atcp_txseg, node);
	if (head->flags & ATCP_SYN)
		return;
	/* no later than the timeout, which new data does not put off: RFC 6298 (5.1) */
	rto_at = c->timer[ATCP_T_RTX];
	if (c->rtx_why != ATCP_RTX_TIMEOUT)
		rto_at = max(rto_at, head->sent_ns + atcp_conn_rto(c));
	if (rto_at <= now)
		return;
	atcp_rtx_arm(c, ATCP_RTX_PROBE, min(now + timeout(c), rto_at));
}

/* New data if there is some, and the peer has room for it. Return: it went out. */
static bool probe_new(struct atcp_conn *c, u32 mss, u64 now)
{
	struct atcp_txseg *t = c->tx_next;
	u32 edge = c->snd_una + c->snd_wnd;

	if (!t || !t->len || atcp_after(t->seq + min(t->len, mss), edge))
		return false;
	if ((t->len > mss && !atcp_tx_split(c, t, mss)) || atcp_tx_held(c, t, false))
		return false;
	return !atcp_xmit(c, t, mss, now);
}

/* The last segment that was sent: its ACK, or SACK, shows what is missing before it. */
static bool probe_again(struct atcp_conn *c, u32 mss, u64 now)
{
	struct atcp_txseg *t = c->tx_next, *rest;

	t = t ? list_prev_entry(t, node) : list_last_entry(&c->txq, struct atcp_txseg, node);
	/* SHLD-16: not into a window that has shrunk */
	if (atcp_after(t->seq + t->len, c->snd_una + c->snd_wnd) || atcp_tx_still_here(c, t))
		return false;
	if (t->len > mss) {
		rest = atcp_tx_split(c, t, (t->len - 1) / mss * mss);
		if (!rest)
			return false;
		t = rest;
	}
	return !atcp_xmit(c, t, mss, now);
}

/* The oldest that is missing: its ACK goes on with recovery, and shows what else is lost again. */
static void probe_repair(struct atcp_conn *c, u32 mss, u64 now)
{
	struct atcp_txseg *t = list_first_entry(&c->txq, struct atcp_txseg, node);

	/* taken back by the peer, or out of its window: the timeout's business */
	if (t->mark & ATCP_TX_SACKED ||
	    atcp_after(t->seq + min(t->len, mss), c->snd_una + c->snd_wnd))
		return;
	if (atcp_tx_still_here(c, t) || (t->len > mss && !atcp_tx_split(c, t, mss)))
		return;
	if (atcp_xmit(c, t, mss, now))
		return;
	c->tlp_unmeasured = 1;
	atcp_port_count(c, ATCP_C_TCPLossProbes);
}

void atcp_tlp_timer(struct atcp_conn *c, u64 now)
{
	u32 mss = atcp_xmit_mss(c);

	atcp_rtx_arm(c, ATCP_RTX_TIMEOUT, now + atcp_conn_rto(c));
	if (!atcp_tlp_allowed(c))
		return;
	if (repairing(c)) {
		probe_repair(c, mss, now);
		return;
	}
	c->tlp_out = 1;
	c->tlp_again = 0;
	if (!probe_new(c, mss, now)) {
		c->tlp_again = 1;
		c->tlp_out = probe_again(c, mss, now);
	}
	if (!c->tlp_out)
		return;
	c->tlp_unmeasured = 1;
	c->rec.tlp_end = c->snd_nxt;
	atcp_port_count(c, ATCP_C_TCPLossProbes);
}

void atcp_tlp_ack(struct atcp_conn *c, const struct atcp_news *n)
{
	const struct atcp_sack *first = n->s->opt.sacks;
	u32 end = c->rec.tlp_end;

	if (atcp_before(n->s->ack, end))
		return;
	if (!c->tlp_again) {
		/* it was new data */
		c->tlp_out = 0;
	} else if (n->dsack && first->end == end) {
		/* it came twice: nothing was lost */
		c->tlp_out = 0;
		atcp_ackdelay_misjudged(c);
	} else if (atcp_after(n->s->ack, end)) {
		/* the probe has repaired a loss, which is a sign of congestion all the same */
		c->tlp_out = 0;
		c->undo = 0;
		c->ssthresh = c->cc->ssthresh(c, n->now);
		c->cwnd = min(c->cwnd, c->ssthresh);
		atcp_ecn_reduced(c);
		atcp_port_count(c, ATCP_C_TCPLossProbeRecovery);
	} else if (!n->acked && !n->window && !n->s->opt.nsacks && !atcp_seg_span(n->s)) {
		/* an ACK for each of the two */
		c->tlp_out = 0;
		atcp_ackdelay_misjudged(c);
	}
}
