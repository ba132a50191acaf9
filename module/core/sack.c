// SPDX-License-Identifier: GPL-2.0-only
/* The SACK blocks of an ACK: RFC 2018, RFC 2883. */
#include "sack.h"
#include "loss.h"
#include "output.h"
#include "port.h"
#include "rack.h"
#include "seq.h"
#include "undo.h"

/*
 * The part of @t that the block holds, as a segment of its own. Cuts are made only where
 * segments were cut on the wire: a block of odd numbers cannot make crumbs, and however many
 * blocks a stranger sends, there are no more pieces than the data had segments.
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

static void sack_block(struct atcp_conn *c, const struct atcp_sack *b, struct atcp_news *n)
{
	u32 start = atcp_before(b->start, c->snd_una) ? c->snd_una : b->start;
	struct atcp_txseg *t, *next;

	list_for_each_entry_safe(t, next, &c->txq, node) {
		if (t == c->tx_next || !atcp_before(t->seq, b->end))
			break;
		if (!atcp_after(atcp_tx_end(t), start) || t->mark & ATCP_TX_SACKED)
			continue;
		if (atcp_before(t->seq, start) || atcp_after(atcp_tx_end(t), b->end)) {
			t = carve(c, t, start, b->end);
			if (!t)
				continue;
			next = list_next_entry(t, node);
		}
		atcp_rack_delivered(c, t, n);
		atcp_loss_forget(c, t);
		atcp_loss_remember(c, t, ATCP_TX_SACKED);
		if (c->rtx_hint == t)
			c->rtx_hint = NULL;
		n->sacked += atcp_tx_span(t);
	}
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

static void dsack(struct atcp_conn *c, const struct atcp_sack *b, struct atcp_news *n)
{
	n->dsack = 1;
	c->dsacks++;
	atcp_port_count(c, ATCP_C_TCPDSACKRecv);
	/* a stranger's numbers are no reason for anything */
	if (!atcp_before(b->start, b->end) || atcp_after(b->end, c->snd_nxt) ||
	    b->end - b->start > c->max_window)
		return;
	atcp_rack_dsack(c);
	n->needless = atcp_undo_dsack(c, b->start, b->end);
}

void atcp_sack_input(struct atcp_conn *c, struct atcp_news *n)
{
	const struct atcp_opts *o = &n->s->opt;
	const struct atcp_sack *order[ATCP_MAX_SACKS];
	u32 i, j, count = 0;

	for (i = 0; i < o->nsacks; i++) {
		const struct atcp_sack *b = &o->sacks[i];

		if (!i && is_dsack(n->s)) {
			dsack(c, b, n);
			continue;
		}
		if (!atcp_before(b->start, b->end) || atcp_after(b->end, c->snd_nxt) ||
		    !atcp_after(b->end, c->snd_una)) {
			atcp_port_count(c, ATCP_C_TCPSackDiscard);
			continue;
		}
		/* in the order of numbers: what is news to us alone was not reordered */
		for (j = count++; j && atcp_after(order[j - 1]->start, b->start); j--)
			order[j] = order[j - 1];
		order[j] = b;
	}
	for (i = 0; i < count; i++)
		sack_block(c, order[i], n);
}
