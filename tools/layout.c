// SPDX-License-Identifier: GPL-2.0-only
/* Placing the marks of a conversation, and leaving out the middle of a long one. */
#include <stdlib.h>
#include <string.h>

#include "layout.h"

#define MS		1000000ULL
#define LONG_SILENCE	(400 * MS)
#define BREAK_HEIGHT	30
#define BOX_STEP	25	/* between two boxes of states */
#define SMALLEST_RUN	4	/* not worth a break */

static struct mark *add_mark(struct layout *l)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 256;
		void *v = reallocarray(l->v, cap, sizeof(*l->v));

		if (!v)
			return NULL;
		l->v = v;
		l->cap = cap;
	}
	memset(&l->v[l->n], 0, sizeof(*l->v));
	l->v[l->n].order = l->n;
	return &l->v[l->n++];
}

static uint64_t row_time(const struct row *r)
{
	if (r->kind == ROW_CHANGE)
		return r->rec.ns;
	return r->sent ? r->sent_ns : r->recv_ns;
}

static int add_row(struct layout *l, const struct row *r)
{
	struct mark *m;

	if (r->kind == ROW_CHANGE) {
		m = add_mark(l);
		if (!m)
			return -1;
		m->kind = MARK_CHANGE;
		m->row = r;
		m->side = r->side;
		m->ns = r->rec.ns;
		return 0;
	}
	if (r->sent) {
		m = add_mark(l);
		if (!m)
			return -1;
		m->kind = MARK_SEND;
		m->row = r;
		m->side = r->side;
		m->ns = r->sent_ns;
	}
	if (r->received) {
		m = add_mark(l);
		if (!m)
			return -1;
		m->kind = MARK_RECEIVE;
		m->row = r;
		m->side = !r->side;
		m->ns = r->recv_ns;
	}
	return 0;
}

static int by_row_time(const void *a, const void *b)
{
	const struct row *x = *(const struct row * const *)a;
	const struct row *y = *(const struct row * const *)b;

	if (row_time(x) != row_time(y))
		return row_time(x) < row_time(y) ? -1 : 1;
	/* The pieces of one burst. */
	if (x->side == y->side && x->rec.seq != y->rec.seq)
		return (int32_t)(x->rec.seq - y->rec.seq);
	return x < y ? -1 : x > y;
}

static int by_time(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/*
 * Of n arrows, those that are drawn: the first and the last, and from the middle what went wrong
 * and what came right before and after it, as far as the limit goes.
 */
static void choose(struct row **rows, size_t n, bool *keep, unsigned int limit)
{
	size_t head = limit * 4 / 10, tail = limit * 3 / 10, budget = limit - head - tail;
	size_t i, j;

	memset(keep, 0, n);
	for (i = 0; i < n; i++)
		keep[i] = !limit || n <= limit || i < head || i >= n - tail ||
			  rows[i]->rec.flags & (TF_SYN | TF_FIN | TF_RST);
	for (i = head; i < n && budget; i++) {
		if (keep[i] || !(rows[i]->lost || rows[i]->retrans))
			continue;
		for (j = i - 1; j < i + 3 && j < n && budget; j++) {
			budget -= !keep[j];
			keep[j] = true;
		}
	}
	/* A short run takes less room than the remark that it is left out. */
	for (i = 0; i < n; i = j + 1) {
		for (j = i; j < n && !keep[j]; j++)
			;
		if (j - i < SMALLEST_RUN)
			memset(keep + i, 1, j - i);
	}
}

static int add_chosen(struct layout *l, struct row **rows, size_t n, const bool *keep)
{
	struct mark *pause = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		l->arrows++;
		l->lost += rows[i]->lost;
		if (rows[i]->sent)
			l->bytes += rows[i]->rec.len;
		if (keep[i]) {
			pause = NULL;
			if (add_row(l, rows[i]))
				return -1;
			continue;
		}
		if (!pause) {
			pause = add_mark(l);
			if (!pause)
				return -1;
			pause->kind = MARK_BREAK;
			pause->ns = row_time(rows[i]);
		}
		pause->skipped++;
		pause->lost += rows[i]->lost;
		l->skipped++;
	}
	return 0;
}

/* Silence gets a mark of its own, so that 60 s of TIME_WAIT do not look like nothing. */
static int add_silences(struct layout *l)
{
	size_t n = l->n, i;

	for (i = 1; i < n; i++) {
		uint64_t gap = l->v[i].ns - l->v[i - 1].ns;
		uint64_t ns = l->v[i].ns;
		struct mark *m;

		if (gap < LONG_SILENCE)
			continue;
		m = add_mark(l);
		if (!m)
			return -1;
		m->kind = MARK_BREAK;
		m->gap = gap;
		m->ns = ns - 1;
	}
	return 0;
}

/* More room for longer times, without being to scale. */
static double room(uint64_t gap)
{
	if (gap < MS / 10)
		return 2;
	if (gap < MS)
		return 4;
	return gap < 10 * MS ? 8 : 14;
}

static double lowest(double a, double b)
{
	return a > b ? a : b;
}

static const struct mark *other_end(const struct layout *l, size_t n, const struct mark *m)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (l->v[i].row == m->row && &l->v[i] != m)
			return &l->v[i];
	return NULL;
}

static void place(struct layout *l, double top)
{
	double last[2] = { top, top }, box[2] = { top, top }, y = top;
	const struct mark *from;
	size_t i;

	for (i = 0; i < l->n; i++) {
		struct mark *m = &l->v[i];

		y += i ? room(m->ns - l->v[i - 1].ns) : 0;
		if (m->kind == MARK_BREAK) {
			y = lowest(y, lowest(last[0], last[1]) + 8) + BREAK_HEIGHT / 2;
			m->y = y;
			y += BREAK_HEIGHT / 2;
			last[0] = y;
			last[1] = y;
			continue;
		}
		y = lowest(y, last[m->side] + MARK_TIME_STEP);
		if (m->kind == MARK_CHANGE)
			y = lowest(y, box[m->side] + BOX_STEP);
		from = m->kind == MARK_RECEIVE ? other_end(l, i, m) : NULL;
		if (from)
			y = lowest(y, from->y + MARK_SLANT);
		else if (m->kind == MARK_RECEIVE)
			y += MARK_SLANT;
		m->y = y;
		last[m->side] = y;
		if (m->kind == MARK_CHANGE)
			box[m->side] = y;
	}
	l->bottom = y + MARK_SLANT;
}

static int fill(struct layout *l, const struct row_list *rows, const struct conv *c,
		struct row **arrows, bool *keep, unsigned int limit)
{
	size_t n = 0, i;

	for (i = 0; i < rows->n; i++)
		if (rows->v[i].conv == c && rows->v[i].kind == ROW_ARROW)
			arrows[n++] = &rows->v[i];
	qsort(arrows, n, sizeof(*arrows), by_row_time);
	choose(arrows, n, keep, limit);
	if (add_chosen(l, arrows, n, keep))
		return -1;
	for (i = 0; i < rows->n; i++)
		if (rows->v[i].conv == c && rows->v[i].kind == ROW_CHANGE &&
		    add_row(l, &rows->v[i]))
			return -1;
	return 0;
}

int layout_make(struct layout *l, const struct row_list *rows, const struct conv *c,
		unsigned int limit, double top)
{
	struct row **arrows = calloc(rows->n + 1, sizeof(*arrows));
	bool *keep = calloc(rows->n + 1, sizeof(*keep));
	int err = -1;

	memset(l, 0, sizeof(*l));
	l->top = top;
	if (arrows && keep)
		err = fill(l, rows, c, arrows, keep, limit);
	free(arrows);
	free(keep);
	if (!err && l->n) {
		qsort(l->v, l->n, sizeof(*l->v), by_time);
		err = add_silences(l);
		qsort(l->v, l->n, sizeof(*l->v), by_time);
	}
	if (err)
		layout_free(l);
	else
		place(l, top);
	return err;
}

const struct mark *layout_other_end(const struct layout *l, const struct mark *m)
{
	return other_end(l, l->n, m);
}

void layout_free(struct layout *l)
{
	free(l->v);
	memset(l, 0, sizeof(*l));
}
