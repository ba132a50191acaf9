// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reassembly: what came out of order, until what is missing before it has come.
 *
 * Within a range the chain is ordered so that each segment starts no later than
 * where those before it end: pulled in turn they leave no hole.
 */

#include "port.h"
#include "reasm.h"
#include "seq.h"

/* The first range that ends at @seq or after it: the first that may touch what starts there */
static u16 find_range(const struct atcp_reasm *r, u32 seq)
{
	u16 lo = 0, hi = r->n;

	while (lo < hi) {
		u16 mid = (lo + hi) / 2;

		if (atcp_before(r->ranges[mid].end, seq))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void free_chain(struct atcp_rxseg *rx)
{
	while (rx) {
		struct atcp_rxseg *next = rx->next;

		atcp_port_rx_free(rx);
		rx = next;
	}
}

static void recent_drop(struct atcp_reasm *r, u32 start)
{
	u8 i;

	for (i = 0; i < r->nrecent; i++) {
		if (r->recent[i] != start)
			continue;
		r->nrecent--;
		memmove(&r->recent[i], &r->recent[i + 1],
			(r->nrecent - i) * sizeof(r->recent[0]));
		return;
	}
}

static void recent_push(struct atcp_reasm *r, u32 start)
{
	r->nrecent = min_t(u8, r->nrecent + 1, ATCP_MAX_SACKS);
	memmove(&r->recent[1], &r->recent[0], (r->nrecent - 1) * sizeof(r->recent[0]));
	r->recent[0] = start;
}

static void remove_ranges(struct atcp_reasm *r, u16 at, u16 count)
{
	memmove(&r->ranges[at], &r->ranges[at + count],
		(r->n - at - count) * sizeof(r->ranges[0]));
	r->n -= count;
}

/* Ranges that there is memory for. */
static u32 capacity(const struct atcp_reasm *r)
{
	return r->ranges ? ATCP_REASM_MIN << r->order : 0;
}

static int make_room(struct atcp_reasm *r)
{
	struct atcp_range *ranges;
	u32 cap = capacity(r);
	u8 order = r->ranges ? r->order + 1 : 0;

	if (r->n == ATCP_REASM_MAX)
		return -ENOSPC;
	if (r->n < cap)
		return 0;
	ranges = atcp_port_realloc(r->ranges, cap * sizeof(*ranges),
				   (ATCP_REASM_MIN << order) * sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	r->ranges = ranges;
	r->order = order;
	return 0;
}

/* The first part of [start, end) that is held by the @count ranges at @at */
static void find_dup(const struct atcp_reasm *r, u16 at, u16 count, u32 start, u32 end,
		     struct atcp_sack *dup)
{
	u16 i;

	for (i = at; i < at + count; i++) {
		const struct atcp_range *g = &r->ranges[i];
		u32 lo = atcp_after(g->start, start) ? g->start : start;
		u32 hi = atcp_before(g->end, end) ? g->end : end;

		if (!atcp_before(lo, hi))
			continue;
		dup->start = lo;
		dup->end = hi;
		return;
	}
}

/* Put @m, which is the new segment alone, in the place of the ranges that it touches. */
static void merge(struct atcp_reasm *r, u16 at, u16 count, struct atcp_range *m)
{
	const u32 start = m->start, end = m->end;
	u16 i;

	for (i = at; i < at + count; i++) {
		struct atcp_range *g = &r->ranges[i];

		recent_drop(r, g->start);
		r->bytes -= g->end - g->start;
		if (atcp_before(g->start, start)) {
			g->tail->next = m->head;
			m->head = g->head;
			m->start = g->start;
		} else if (atcp_after(g->end, end)) {
			m->tail->next = g->head;
			m->tail = g->tail;
			m->end = g->end;
		} else {
			free_chain(g->head);
		}
	}
	r->ranges[at] = *m;
	remove_ranges(r, at + 1, count - 1);
}

int atcp_reasm_insert(struct atcp_reasm *r, struct atcp_rxseg *rx, u32 rcv_nxt,
		      struct atcp_sack *dup)
{
	struct atcp_range m = {
		.start = rx->seq,
		.end = rx->seq + rx->len,
		.head = rx,
		.tail = rx,
	};
	u16 at = find_range(r, m.start);
	u16 past = at;
	int err;

	dup->start = rcv_nxt;
	dup->end = rcv_nxt;
	while (past < r->n && !atcp_after(r->ranges[past].start, m.end))
		past++;
	find_dup(r, at, past - at, m.start, m.end, dup);
	if (dup->end - dup->start == rx->len) {
		/* RFC 2883 section 4 (4): its block follows the duplicate */
		recent_drop(r, r->ranges[at].start);
		recent_push(r, r->ranges[at].start);
		return -EEXIST;
	}

	rx->next = NULL;
	if (at < past) {
		merge(r, at, past - at, &m);
	} else {
		err = make_room(r);
		if (err)
			return err;
		memmove(&r->ranges[at + 1], &r->ranges[at],
			(r->n - at) * sizeof(r->ranges[0]));
		r->ranges[at] = m;
		r->n++;
	}
	r->bytes += m.end - m.start;
	recent_push(r, m.start);
	return 0;
}

/* Take the first segment out of the first range, and forget the range when it was the last. */
static struct atcp_rxseg *pop(struct atcp_reasm *r)
{
	struct atcp_range *g = &r->ranges[0];
	struct atcp_rxseg *rx = g->head;
	u32 end = rx->seq + rx->len;
	u8 i;

	if (atcp_after(end, g->start)) {
		for (i = 0; i < r->nrecent; i++)
			if (r->recent[i] == g->start)
				r->recent[i] = end;
		r->bytes -= end - g->start;
		g->start = end;
	}
	g->head = rx->next;
	rx->next = NULL;
	if (!g->head) {
		recent_drop(r, g->start);
		remove_ranges(r, 0, 1);
	}
	return rx;
}

struct atcp_rxseg *atcp_reasm_pull(struct atcp_reasm *r, u32 rcv_nxt)
{
	while (r->n && !atcp_after(r->ranges[0].start, rcv_nxt)) {
		struct atcp_rxseg *rx = pop(r);

		if (atcp_after(rx->seq + rx->len, rcv_nxt))
			return rx;
		atcp_port_rx_free(rx);
	}
	return NULL;
}

/* Free of @g what nothing before @from, which lies in it, depends on. Return: bytes freed. */
static u32 cut(struct atcp_range *g, u32 from)
{
	struct atcp_rxseg *rx = g->head;
	u32 end = rx->seq + rx->len, was = g->end;

	/* in the order of the chain there is no hole, nor behind any part of it */
	while (atcp_before(end, from)) {
		rx = rx->next;
		if (atcp_after(rx->seq + rx->len, end))
			end = rx->seq + rx->len;
	}
	free_chain(rx->next);
	rx->next = NULL;
	g->tail = rx;
	g->end = end;
	return was - end;
}

u32 atcp_reasm_prune(struct atcp_reasm *r, u32 from)
{
	u32 had = r->bytes;

	while (r->n) {
		struct atcp_range *g = &r->ranges[r->n - 1];

		if (!atcp_after(g->end, from))
			break;
		if (atcp_before(g->start, from)) {
			r->bytes -= cut(g, from);
			break;
		}
		r->bytes -= g->end - g->start;
		free_chain(g->head);
		recent_drop(r, g->start);
		r->n--;
	}
	return had - r->bytes;
}

/* The range that starts at @start, or NULL */
static const struct atcp_range *range_at(const struct atcp_reasm *r, u32 start)
{
	u16 i = find_range(r, start);

	if (i < r->n && r->ranges[i].start == start)
		return &r->ranges[i];
	return NULL;
}

static bool reported(const struct atcp_sack *out, u8 n, u32 start)
{
	while (n--)
		if (out[n].start == start)
			return true;
	return false;
}

u8 atcp_reasm_sacks(const struct atcp_reasm *r, struct atcp_sack *out, u8 max)
{
	u8 n = 0;
	u16 i;

	for (i = 0; i < r->nrecent && n < max; i++) {
		const struct atcp_range *g = range_at(r, r->recent[i]);

		if (!g)
			continue;
		out[n].start = g->start;
		out[n++].end = g->end;
	}
	/* The room that is left says again what was said before (RFC 2018 section 4). */
	for (i = 0; i < r->n && n < max; i++) {
		if (reported(out, n, r->ranges[i].start))
			continue;
		out[n].start = r->ranges[i].start;
		out[n++].end = r->ranges[i].end;
	}
	return n;
}

void atcp_reasm_purge(struct atcp_reasm *r)
{
	u16 i;

	for (i = 0; i < r->n; i++)
		free_chain(r->ranges[i].head);
	if (r->ranges)
		atcp_port_realloc(r->ranges, capacity(r) * sizeof(r->ranges[0]), 0);
	memset(r, 0, sizeof(*r));
}
