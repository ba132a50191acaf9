// SPDX-License-Identifier: GPL-2.0-only
/* The scoreboard and loss recovery: RFC 6675, RFC 5681, RFC 6582. */
#include "loss.h"
#include "api.h"
#include "output.h"
#include "port.h"
#include "seq.h"

/* Splits that strangers' SACK blocks may cause end at this many segments a connection. */
#define SPLIT_LIMIT	4096

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

static void set_lost(struct atcp_conn *c, struct atcp_txseg *t)
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

void atcp_loss_delivered(struct atcp_conn *c, const struct atcp_txseg *t, u64 now)
{
	/* RFC 8985 6.2 step 2: an ACK too early for a retransmission is the original's */
	if (t->mark & ATCP_TX_EVER && now - t->sent_ns < c->rtt.min)
		return;
	if (t->sent_ns > c->rack_ns)
		c->rack_ns = t->sent_ns;
}

/*
 * The part of @t that the block holds, as a segment of its own; cuts are made only where
 * segments were cut on the wire, so that a block of odd numbers cannot make crumbs.
 */
static struct atcp_txseg *carve(struct atcp_conn *c, struct atcp_txseg *t, u32 start, u32 end)
{
	u32 at;

	if (atcp_before(t->seq, start)) {
		at = start - t->seq + c->mss - 1;
		at -= at % c->mss;
		if (at >= t->len)
			return NULL;
		t = atcp_tx_split(c, t, at);
		if (!t)
			return NULL;
	}
	if (atcp_after(atcp_tx_end(t), end)) {
		if (!atcp_after(end, t->seq))
			return NULL;
		at = end - t->seq;
		at -= at % c->mss;
		if (!at || at >= t->len || !atcp_tx_split(c, t, at))
			return NULL;
	}
	return t;
}

static u32 sack_block(struct atcp_conn *c, u32 start, u32 end, u64 now)
{
	struct atcp_txseg *t, *next;
	u32 sacked = 0, walked = 0;

	list_for_each_entry_safe(t, next, &c->txq, node) {
		if (t == c->tx_next || !atcp_before(t->seq, end))
			break;
		if (!atcp_after(atcp_tx_end(t), start) || t->mark & ATCP_TX_SACKED)
			continue;
		if (atcp_before(t->seq, start) || atcp_after(atcp_tx_end(t), end)) {
			if (++walked > SPLIT_LIMIT)
				break;
			t = carve(c, t, start, end);
			if (!t)
				continue;
			next = list_next_entry(t, node);
		}
		atcp_loss_delivered(c, t, now);
		atcp_loss_forget(c, t);
		atcp_loss_remember(c, t, ATCP_TX_SACKED);
		if (c->rtx_hint == t)
			c->rtx_hint = NULL;
		sacked += atcp_tx_span(t);
	}
	return sacked;
}

/* RFC 2883 section 4: a first block below the ACK, or inside the second, reports a duplicate. */
static bool is_dsack(const struct atcp_seg *s)
{
	const struct atcp_sack *b = s->opt.sacks;

	if (!atcp_after(b[0].end, s->ack))
		return true;
	return s->opt.nsacks > 1 && !atcp_after(b[0].end, b[1].end) &&
	       !atcp_before(b[0].start, b[1].start);
}

u32 atcp_loss_sack(struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	u32 sacked = 0;
	int i;

	for (i = 0; i < s->opt.nsacks; i++) {
		u32 start = s->opt.sacks[i].start, end = s->opt.sacks[i].end;

		if (!i && is_dsack(s)) {
			c->dsacks++;
			atcp_port_count(c, ATCP_C_TCPDSACKRecv);
			continue;
		}
		if (!atcp_before(start, end) || atcp_after(end, c->snd_nxt) ||
		    !atcp_after(end, c->snd_una)) {
			atcp_port_count(c, ATCP_C_TCPSackDiscard);
			continue;
		}
		if (atcp_before(start, c->snd_una))
			start = c->snd_una;
		sacked += sack_block(c, start, end, now);
	}
	return sacked;
}

/*
 * RFC 6675 section 4, IsLost(): DupThresh separate pieces, or more than (DupThresh - 1) * SMSS
 * bytes, are SACKed above. A retransmission is lost when something sent clearly later has
 * arrived (RFC 8985).
 */
static void mark_lost(struct atcp_conn *c)
{
	struct atcp_txseg *t = c->tx_next;
	u32 above = 0, pieces = 0;
	bool piece = false;

	t = t ? list_prev_entry(t, node) : list_last_entry(&c->txq, struct atcp_txseg, node);
	list_for_each_entry_from_reverse(t, &c->txq, node) {
		if (t->mark & ATCP_TX_SACKED) {
			above += atcp_tx_span(t);
			pieces += !piece;
			piece = true;
			continue;
		}
		piece = false;
		if (pieces < ATCP_DUP_THRESH && above <= (ATCP_DUP_THRESH - 1) * c->mss)
			continue;
		if (!(t->mark & ATCP_TX_LOST) ||
		    (t->mark & ATCP_TX_RETRANS && t->sent_ns + c->rtt.min / 4 < c->rack_ns))
			set_lost(c, t);
	}
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
			set_lost(c, t);
		return;
	}
}

static void enter_recovery(struct atcp_conn *c, u64 now)
{
	c->ssthresh = c->cc->ssthresh(c, now);
	c->recover = c->snd_nxt;
	c->ca_state = ATCP_CA_RECOVERY;
	mark_head(c);
	c->cwnd = c->ssthresh;
	/* RFC 6675 section 5 (4.3): the first goes out at once */
	c->fast_rtx = 1;
	atcp_port_count(c, c->sack_ok ? ATCP_C_TCPSackRecovery : ATCP_C_TCPRenoRecovery);
}

static void leave_recovery(struct atcp_conn *c)
{
	if (c->ca_state == ATCP_CA_RECOVERY)
		c->cwnd = max(c->ssthresh, c->mss);
	c->ca_state = ATCP_CA_OPEN;
	c->dupacks = 0;
	c->dup_bytes = 0;
	c->fast_rtx = 0;
}

/* Without SACK each duplicate ACK says that one segment has left the network: RFC 5681 3.2. */
static void count_dup(struct atcp_conn *c, u32 acked, bool dup)
{
	u32 flight = c->snd_nxt - c->snd_una;

	if (acked)
		c->dupacks = 0;
	else if (dup && c->dupacks < 255)
		c->dupacks++;
	if (c->sack_ok)
		return;
	if (acked)
		c->dup_bytes -= min(c->dup_bytes, acked > c->mss ? acked - c->mss : 0);
	else if (dup)
		c->dup_bytes += c->mss;
	c->dup_bytes = min(c->dup_bytes, flight > c->mss ? flight - c->mss : 0);
}

void atcp_loss_ack(struct atcp_conn *c, u32 acked, u32 sacked, bool dup, u64 now)
{
	count_dup(c, acked, dup);
	if (c->ca_state >= ATCP_CA_RECOVERY && !atcp_before(c->snd_una, c->recover))
		leave_recovery(c);
	if (c->snd_una == c->snd_nxt) {
		c->ca_state = ATCP_CA_OPEN;
		return;
	}
	if (c->sacked)
		mark_lost(c);
	if (c->ca_state >= ATCP_CA_RECOVERY) {
		/* RFC 6582: a partial ACK shows the next hole */
		if (c->ca_state == ATCP_CA_RECOVERY && acked && !c->sack_ok) {
			mark_head(c);
			c->fast_rtx = 1;
		}
		return;
	}
	if (c->lost || c->dupacks >= ATCP_DUP_THRESH)
		enter_recovery(c, now);
	else
		c->ca_state = c->dupacks || c->sacked ? ATCP_CA_DISORDER : ATCP_CA_OPEN;
}

/* RFC 2018 section 8: what was SACKed and is at the head was taken back by the peer. */
static bool reneged(struct atcp_conn *c)
{
	return list_first_entry(&c->txq, struct atcp_txseg, node)->mark & ATCP_TX_SACKED;
}

static void mark_all(struct atcp_conn *c, bool sacked_too)
{
	struct atcp_txseg *t;

	list_for_each_entry(t, &c->txq, node) {
		if (t == c->tx_next)
			break;
		if (t->mark & ATCP_TX_SACKED) {
			if (!sacked_too)
				continue;
			atcp_loss_forget(c, t);
		}
		set_lost(c, t);
	}
	c->rtx_hint = NULL;
	c->dup_bytes = 0;
	c->dupacks = 0;
}

void atcp_loss_timeout(struct atcp_conn *c, u64 now)
{
	bool reneging = reneged(c);

	/* RFC 5681 equation 4, once for an episode */
	if (c->ca_state != ATCP_CA_LOSS || !atcp_before(c->snd_una, c->recover))
		c->ssthresh = c->cc->ssthresh(c, now);
	if (reneging)
		atcp_port_count(c, ATCP_C_TCPSACKReneging);
	mark_all(c, reneging);
	c->recover = c->snd_nxt;
	c->ca_state = ATCP_CA_LOSS;
	c->cwnd = c->mss;
	c->fast_rtx = 1;
}

void atcp_loss_resend(struct atcp_conn *c)
{
	mark_all(c, false);
	c->recover = c->snd_nxt;
	/* the window stays as it was: what happened is no sign of congestion */
	if (c->ca_state < ATCP_CA_RECOVERY)
		c->ca_state = ATCP_CA_LOSS;
}
