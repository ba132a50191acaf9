// SPDX-License-Identifier: GPL-2.0-only
/* The scoreboard, and the episodes of loss recovery: RFC 6675, RFC 5681, RFC 6582. */
#include "loss.h"
#include "api.h"
#include "ecn.h"
#include "output.h"
#include "port.h"
#include "prr.h"
#include "rack.h"
#include "seq.h"
#include "timers.h"
#include "undo.h"

u32 atcp_conn_pipe(const struct atcp_conn *c)
{
	u32 gone = c->sacked + c->lost + c->dup_bytes;
	u32 out = c->snd_nxt - c->snd_una + c->retrans;

	return out > gone ? out - gone : 0;
}

void atcp_loss_forget(struct atcp_conn *c, struct atcp_txseg *t)
{
	u32 span = atcp_tx_span(t);

	if (t->mark & ATCP_TX_SACKED)
		c->sacked -= span;
	if (t->mark & ATCP_TX_LOST)
		c->lost -= span;
	if (t->mark & ATCP_TX_RETRANS)
		c->retrans -= span;
	t->mark &= ~(ATCP_TX_SACKED | ATCP_TX_LOST | ATCP_TX_RETRANS);
}

void atcp_loss_remember(struct atcp_conn *c, struct atcp_txseg *t, u8 mark)
{
	u32 span = atcp_tx_span(t);

	if (mark & ATCP_TX_SACKED)
		c->sacked += span;
	if (mark & ATCP_TX_LOST)
		c->lost += span;
	if (mark & ATCP_TX_RETRANS)
		c->retrans += span;
	t->mark |= mark;
}

void atcp_loss_retransmitted(struct atcp_conn *c, struct atcp_txseg *t)
{
	if (!(t->mark & ATCP_TX_LOST) || t->mark & ATCP_TX_RETRANS)
		return;
	atcp_loss_remember(c, t, ATCP_TX_RETRANS);
	atcp_port_count(c, c->ca_state == ATCP_CA_LOSS ? ATCP_C_TCPSlowStartRetrans :
							 ATCP_C_TCPFastRetrans);
}

void atcp_loss_mark(struct atcp_conn *c, struct atcp_txseg *t)
{
	if (!(t->mark & ATCP_TX_LOST))
		atcp_loss_remember(c, t, ATCP_TX_LOST);
	if (t->mark & ATCP_TX_RETRANS) {
		c->retrans -= atcp_tx_span(t);
		t->mark &= ~ATCP_TX_RETRANS;
	}
	if (c->rtx_hint && atcp_before(t->seq, c->rtx_hint->seq))
		c->rtx_hint = t;
}

static void mark_head(struct atcp_conn *c)
{
	struct atcp_txseg *t;

	list_for_each_entry(t, &c->txq, node) {
		if (t == c->tx_next)
			return;
		if (t->mark & ATCP_TX_SACKED)
			continue;
		if (t->len > c->mss)
			atcp_tx_split(c, t, c->mss);
		if (!(t->mark & ATCP_TX_LOST))
			atcp_loss_mark(c, t);
		return;
	}
}

static void reduce(struct atcp_conn *c, u64 now)
{
	c->ssthresh = c->cc->ssthresh(c, now);
	atcp_ecn_reduced(c);
}

void atcp_loss_echo(struct atcp_conn *c, u64 now)
{
	/* RFC 4015 section 3.2: the smaller window has a reason of its own */
	c->undo = 0;
	if (c->ca_state >= ATCP_CA_CWR)
		return;
	/* RFC 3168 section 6.1.2: less than this is a longer time between segments */
	if (c->cwnd <= c->mss) {
		c->ecn_wait = 1;
		atcp_rtx_arm(c, ATCP_RTX_TIMEOUT, now + atcp_conn_rto(c));
	}
	reduce(c, now);
	/* RFC 9438 section 4.6: ssthresh is two segments at least, cwnd goes down to one */
	c->cwnd = c->cwnd > c->ssthresh ? c->ssthresh : min(c->cwnd, c->mss);
	c->recover = c->snd_nxt;
	c->ca_state = ATCP_CA_CWR;
}

static void enter_recovery(struct atcp_conn *c, u64 now)
{
	atcp_prr_start(c);
	c->tlp_out = 0;
	/* once for what was out together */
	if (c->ca_state != ATCP_CA_CWR) {
		atcp_undo_start(c, now);
		reduce(c, now);
	}
	c->recover = c->snd_nxt;
	c->ca_state = ATCP_CA_RECOVERY;
	if (!c->sack_ok)
		mark_head(c);
	/* RFC 6675 section 5 (4.3): the first goes out at once */
	c->fast_rtx = 1;
	atcp_port_count(c, c->sack_ok ? ATCP_C_TCPSackRecovery : ATCP_C_TCPRenoRecovery);
}

static void leave_recovery(struct atcp_conn *c)
{
	if (c->ca_state == ATCP_CA_RECOVERY)
		c->cwnd = max(c->ssthresh, c->mss);
	if (c->ca_state >= ATCP_CA_RECOVERY)
		atcp_rack_recovered(c);
	c->ca_state = ATCP_CA_OPEN;
	c->dupacks = 0;
	c->dup_bytes = 0;
	c->fast_rtx = 0;
	c->frto = 0;
}

/* Nothing was lost: no more is to be sent again. */
static void unmark_all(struct atcp_conn *c)
{
	struct atcp_txseg *t;

	list_for_each_entry(t, &c->txq, node) {
		if (t == c->tx_next)
			break;
		if (!(t->mark & ATCP_TX_LOST))
			continue;
		/* the retransmission too: the counts go by pairs, see atcp_output() */
		atcp_loss_forget(c, t);
	}
	c->rtx_hint = NULL;
	c->ca_state = ATCP_CA_OPEN;
	c->dupacks = 0;
	c->dup_bytes = 0;
	c->fast_rtx = 0;
}

/* Without SACK each duplicate ACK says that one segment has left the network: RFC 5681 3.2. */
static void count_dup(struct atcp_conn *c, const struct atcp_news *n)
{
	u32 flight = c->snd_nxt - c->snd_una;

	if (n->acked)
		c->dupacks = 0;
	else if (n->dup && c->dupacks < 255)
		c->dupacks++;
	if (c->sack_ok)
		return;
	if (n->acked)
		c->dup_bytes -= min(c->dup_bytes, n->acked > c->mss ? n->acked - c->mss : 0);
	else if (n->dup)
		c->dup_bytes += c->mss;
	c->dup_bytes = min(c->dup_bytes, flight > c->mss ? flight - c->mss : 0);
}

/*
 * RFC 5682 section 2.1: the first ACK after a timeout may be the retransmission's, so new data goes
 * before more of these (2b); the second ACK tells, see undo.c. Else it was a loss (3a); so it was
 * where the timestamp says whose the first is, and a round trip is not spent on finding out.
 */
static void judge_timeout(struct atcp_conn *c, const struct atcp_news *n)
{
	if (c->frto == ATCP_FRTO_FIRST && n->acked && c->tx_next && !atcp_undo_answered(c, n))
		c->frto = ATCP_FRTO_SECOND;
	else
		c->frto = 0;
}

static void in_recovery(struct atcp_conn *c, const struct atcp_news *n, u32 lost)
{
	u32 arrived = n->acked + c->sacked + c->dup_bytes;

	/* RFC 6582: a partial ACK shows the next hole */
	if (n->acked && !c->sack_ok) {
		mark_head(c);
		c->fast_rtx = 1;
	}
	atcp_prr_ack(c, arrived > n->gone ? arrived - n->gone : 0, n->acked && c->lost <= lost);
}

u64 atcp_loss_ack(struct atcp_conn *c, const struct atcp_news *n)
{
	u32 lost = c->lost;
	u64 wait = 0;

	count_dup(c, n);
	if (atcp_undo_ack(c, n))
		unmark_all(c);
	if (c->ca_state >= ATCP_CA_CWR && !atcp_before(c->snd_una, c->recover))
		leave_recovery(c);
	if (c->snd_una == c->snd_nxt) {
		c->ca_state = ATCP_CA_OPEN;
		return 0;
	}
	if (c->sack_ok && (c->sacked || c->ca_state != ATCP_CA_OPEN))
		wait = atcp_rack_detect(c, n->now);
	if (c->ca_state < ATCP_CA_RECOVERY) {
		if (c->sack_ok ? c->lost : c->dupacks >= ATCP_DUP_THRESH)
			enter_recovery(c, n->now);
		else if (c->ca_state != ATCP_CA_CWR)
			c->ca_state = c->dupacks || c->sacked ? ATCP_CA_DISORDER : ATCP_CA_OPEN;
	}
	if (c->ca_state == ATCP_CA_LOSS)
		judge_timeout(c, n);
	else if (c->ca_state == ATCP_CA_RECOVERY)
		in_recovery(c, n, lost);
	return wait;
}

u64 atcp_loss_timer(struct atcp_conn *c, u64 now)
{
	u64 wait = atcp_rack_detect(c, now);

	if (c->lost && c->ca_state < ATCP_CA_RECOVERY)
		enter_recovery(c, now);
	if (c->ca_state == ATCP_CA_RECOVERY)
		atcp_prr_ack(c, 0, false);
	return wait;
}

/* RFC 2018 section 8: what was SACKed and is at the head was taken back by the peer. */
static bool reneged(struct atcp_conn *c)
{
	return list_first_entry(&c->txq, struct atcp_txseg, node)->mark & ATCP_TX_SACKED;
}

static void mark_all(struct atcp_conn *c)
{
	struct atcp_txseg *t;

	list_for_each_entry(t, &c->txq, node) {
		if (t == c->tx_next)
			break;
		if (!(t->mark & ATCP_TX_SACKED))
			atcp_loss_mark(c, t);
	}
	c->rtx_hint = NULL;
	c->dup_bytes = 0;
	c->dupacks = 0;
}

static void forget_sacks(struct atcp_conn *c)
{
	struct atcp_txseg *t;

	list_for_each_entry(t, &c->txq, node) {
		if (t == c->tx_next)
			break;
		if (t->mark & ATCP_TX_SACKED)
			atcp_loss_forget(c, t);
	}
}

/* RFC 8985 section 6.3: the first, and of the others what was not sent just now. */
static void mark_expired(struct atcp_conn *c, u64 now)
{
	struct atcp_txseg *t;

	list_for_each_entry(t, &c->txq, node) {
		if (t == c->tx_next)
			break;
		if (list_is_first(&t->node, &c->txq) ||
		    (!(t->mark & ATCP_TX_SACKED) && atcp_rack_expired(c, t, now)))
			atcp_loss_mark(c, t);
	}
	c->rtx_hint = NULL;
	c->dupacks = 0;
}

void atcp_loss_timeout(struct atcp_conn *c, u64 now)
{
	bool first = c->ca_state < ATCP_CA_RECOVERY || !atcp_before(c->snd_una, c->recover);
	bool reneging = reneged(c);
	bool again = !first && c->ca_state == ATCP_CA_LOSS && c->rtx_count > 1;

	/* a timeout in recovery: what was sent again is lost too, there is nothing to undo */
	c->undo = 0;
	c->frto = 0;
	c->tlp_out = 0;
	if (first && !reneging && c->ca_state != ATCP_CA_CWR) {
		atcp_undo_start(c, now);
		c->frto = c->cfg->frto ? ATCP_FRTO_FIRST : 0;
	}
	c->ca_state = ATCP_CA_LOSS;
	/* RFC 5681 equation 4, once for a segment */
	if (!again)
		reduce(c, now);
	if (reneging)
		atcp_port_count(c, ATCP_C_TCPSACKReneging);
	if (c->sack_ok && !reneging) {
		mark_expired(c, now);
	} else {
		if (reneging)
			forget_sacks(c);
		mark_all(c);
	}
	c->recover = c->snd_nxt;
	c->cwnd = c->mss;
	/* each time: the CWR of the first may have gone out since */
	atcp_ecn_reduced(c);
	c->fast_rtx = 1;
}

void atcp_loss_resend(struct atcp_conn *c)
{
	mark_all(c);
	c->undo = 0;
	c->frto = 0;
	c->tlp_out = 0;
	c->recover = c->snd_nxt;
	/* the window stays as it was: what happened is no sign of congestion */
	if (c->ca_state < ATCP_CA_RECOVERY)
		c->ca_state = ATCP_CA_LOSS;
}
