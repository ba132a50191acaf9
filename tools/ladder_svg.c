// SPDX-License-Identifier: GPL-2.0-only
/*
 * One drawing for each conversation, one below the other: two life lines coloured by
 * state, boxes where the state changes, slanted arrows between.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "svg.h"

/* Pixels. */
#define WIDTH		1100
#define LEFT_X		262.0
#define RIGHT_X		838.0
#define BOX_WIDTH	122
#define BOX_HEIGHT	20
#define BOX_GAP		22	/* between life line and box */
#define TIME_GAP	154	/* between life line and time */
#define LINE_WIDTH	8
#define END_WIDTH	250	/* the header of a life line */
#define END_HEIGHT	42
#define HEADER		92
#define FOOTER		38
#define LABEL_CHARS	80
#define REACH		0.62	/* how far a lost segment gets */

static const struct {
	const char *state, *color;
} state_colors[] = {
	{ "CLOSED", "#90a4ae" },	{ "LISTEN", "#5c6bc0" },
	{ "SYN_SENT", "#f57f17" },	{ "SYN_RECEIVED", "#ef6c00" },
	{ "ESTABLISHED", "#2e7d32" },	{ "FIN_WAIT_1", "#0277bd" },
	{ "FIN_WAIT_2", "#01579b" },	{ "CLOSE_WAIT", "#00838f" },
	{ "CLOSING", "#4527a0" },	{ "LAST_ACK", "#6a1b9a" },
	{ "TIME_WAIT", "#ad1457" },
};

static const char *state_color(const char *state)
{
	size_t i;

	for (i = 0; i < sizeof(state_colors) / sizeof(state_colors[0]); i++)
		if (!strcmp(state, state_colors[i].state))
			return state_colors[i].color;
	return "#cfd8dc";
}

static enum svg_arrow arrow_kind(const struct row *r)
{
	if (r->lost)
		return SVG_LOST;
	if (r->rec.flags & TF_RST)
		return SVG_RST;
	if (r->retrans || r->dup)
		return SVG_AGAIN;
	if (r->rec.flags & TF_SYN)
		return SVG_SYN;
	if (r->rec.flags & TF_FIN)
		return SVG_FIN;
	return r->rec.len ? SVG_DATA : SVG_ACK;
}

static double life_x(int side)
{
	return side ? RIGHT_X : LEFT_X;
}

/* Away from the arrows. */
static int outward(int side)
{
	return side ? 1 : -1;
}

static void draw_end(FILE *to, const struct conv *c, int side, double y)
{
	double x = life_x(side);
	char text[ENDPOINT_TEXT];

	svg_rect(to, x - END_WIDTH / 2.0, y, END_WIDTH, END_HEIGHT, 6, "#37474f", NULL);
	svg_text_begin(to, "end", x, y + 18, SVG_MIDDLE);
	svg_put(to, endpoint_text(&c->end[side], text), sizeof(text));
	svg_text_end(to);
	svg_text_begin(to, "sans role", x, y + 34, SVG_MIDDLE);
	if (c->traced[side])
		fprintf(to, "%s, network namespace %" PRIu64, side ? "passive" : "active",
			c->netns[side]);
	else
		fprintf(to, "%s, not traced", side ? "passive" : "active");
	svg_text_end(to);
}

static void draw_band(FILE *to, int side, double from, double until, const char *state)
{
	svg_rect(to, life_x(side) - LINE_WIDTH / 2.0, from, LINE_WIDTH, until - from, 0,
		 state_color(state), *state ? state : "not traced");
}

/* The state before the first change; what a segment says where there is no change. */
static const char *first_state(const struct layout *l, const struct conv *c, int side)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].kind == MARK_CHANGE && l->v[i].side == side)
			return l->v[i].row->rec.from;
	return c->state[side];
}

static void draw_life(FILE *to, const struct layout *l, const struct conv *c, int side)
{
	const char *state = first_state(l, c, side);
	double y = l->top - 14;
	size_t i;

	for (i = 0; i < l->n; i++) {
		const struct mark *m = &l->v[i];

		if (m->kind != MARK_CHANGE || m->side != side)
			continue;
		draw_band(to, side, y, m->y, state);
		state = m->row->rec.to;
		y = m->y;
	}
	draw_band(to, side, y, l->bottom, state);
}

static void draw_box(FILE *to, const struct mark *m)
{
	const struct record *r = &m->row->rec;
	double edge = life_x(m->side) + outward(m->side) * BOX_GAP;
	double x = m->side ? edge : edge - BOX_WIDTH;
	char hint[3 * NAME_MAX_LEN + 16];

	snprintf(hint, sizeof(hint), "%s to %s: %s", r->from, r->to, r->event);
	svg_line(to, life_x(m->side), m->y, edge, m->y, state_color(r->to), 2, NULL);
	svg_rect(to, x, m->y - BOX_HEIGHT / 2.0, BOX_WIDTH, BOX_HEIGHT, 5, state_color(r->to),
		 hint);
	svg_text_begin(to, "state", x + BOX_WIDTH / 2.0, m->y + 4, SVG_MIDDLE);
	svg_put(to, r->to, NAME_MAX_LEN);
	svg_text_end(to);
}

static void draw_time(FILE *to, const struct mark *m, uint64_t origin)
{
	svg_text_begin(to, "time", life_x(m->side) + outward(m->side) * TIME_GAP, m->y + 4,
		       m->side ? SVG_START : SVG_END);
	svg_duration(to, m->ns > origin ? m->ns - origin : 0);
	svg_text_end(to);
}

/* Along the arrow, beside the sender: @dx and @dy lead from the sender to the other end. */
static void draw_label(FILE *to, const struct row *r, double x, double y, double dx, double dy,
		       const struct label_options *o)
{
	double angle = atan2(dx < 0 ? -dy : dy, fabs(dx)) * 180 / M_PI;
	char label[LABEL_TEXT];
	size_t flags;

	ladder_label(r, o, label);
	flags = strcspn(label, " ");
	svg_text_turned(to, "label", x, y, angle, dx < 0 ? -14 : 14, -4,
			dx < 0 ? SVG_END : SVG_START);
	svg_strong(to, svg_arrow_color(arrow_kind(r)), label, flags);
	svg_put(to, label + flags, LABEL_CHARS - flags);
	if (r->lost || r->retrans || r->dup)
		svg_put(to, " ", 1);
	if (r->lost)
		svg_strong(to, svg_arrow_color(SVG_LOST), "lost", 10);
	else if (r->retrans)
		svg_strong(to, svg_arrow_color(SVG_AGAIN), "sent again", 12);
	else if (r->dup)
		svg_strong(to, svg_arrow_color(SVG_AGAIN), "duplicate", 12);
	svg_text_end(to);
}

/* How far an arrow falls whose other end nobody saw: as its neighbours of the same sender do. */
static double usual_fall(const struct layout *l, const struct mark *m)
{
	const struct mark *from = NULL, *to;
	double fall = MARK_SLANT;
	size_t i;

	for (i = 0; i < l->n; i++) {
		from = &l->v[i];
		if (from->kind != MARK_SEND || from->side != m->row->side)
			continue;
		to = layout_other_end(l, from);
		if (to)
			fall = to->y - from->y;
		if (from > m && to)
			break;
	}
	return fall;
}

/* Drawn from the mark of the sender, or of the receiver where the sender was not seen. */
static void draw_arrow(FILE *to, const struct layout *l, const struct mark *m,
		       const struct label_options *o, bool labels)
{
	const struct mark *other = layout_other_end(l, m);
	const struct row *r = m->row;
	int sender = r->side;
	double x1 = life_x(sender) - outward(sender) * (LINE_WIDTH / 2 + 1);
	double x2 = life_x(!sender) + outward(sender) * (LINE_WIDTH / 2 + 1);
	double y1 = m->y, y2 = m->y + MARK_SLANT;

	if (m->kind == MARK_RECEIVE && other)
		return;
	if (m->kind == MARK_RECEIVE) {
		y1 = m->y - MARK_SLANT;
		y2 = m->y;
	} else if (other) {
		y2 = other->y;
	} else if (r->lost) {
		y2 = y1 + usual_fall(l, m) * REACH;
		x2 = x1 + (x2 - x1) * REACH;
	}
	if (labels)
		draw_label(to, r, x1, y1, x2 - x1, y2 - y1, o);
	else
		svg_arrow(to, x1, y1, x2, y2, arrow_kind(r));
}

static void draw_break(FILE *to, const struct mark *m)
{
	const double left = LEFT_X - 10, right = RIGHT_X + 10;

	svg_rect(to, left, m->y - 9, right - left, 18, 0, "#fff", NULL);
	svg_line(to, left, m->y - 9, right, m->y - 9, "#b0bec5", 1, "2 4");
	svg_line(to, left, m->y + 9, right, m->y + 9, "#b0bec5", 1, "2 4");
	svg_text_begin(to, "sans note", WIDTH / 2.0, m->y + 4, SVG_MIDDLE);
	if (m->skipped) {
		fprintf(to, "%u more segments, not drawn", m->skipped);
		if (m->lost)
			fprintf(to, "; %u of them lost", m->lost);
	} else {
		svg_duration(to, m->gap);
		fputs(" pass", to);
	}
	svg_text_end(to);
}

static void draw_footer(FILE *to, const struct layout *l)
{
	svg_text_begin(to, "sans note", WIDTH / 2.0, l->bottom + 26, SVG_MIDDLE);
	fprintf(to, "%u segments, %" PRIu64 " bytes of payload sent, %u lost. ", l->arrows,
		l->bytes, l->lost);
	fputs("Times count from the first event; distances are not to scale.", to);
	svg_text_end(to);
}

static void draw_conv(FILE *to, const struct layout *l, const struct conv *c,
		      const struct svg_options *o)
{
	uint64_t origin = l->n ? l->v[0].ns : 0;
	size_t i;
	int side;

	for (side = 0; side < 2; side++) {
		draw_life(to, l, c, side);
		draw_end(to, c, side, l->top - 56);
	}
	/* Labels over lines: what crosses must stay readable. */
	for (i = 0; i < l->n; i++) {
		const struct mark *m = &l->v[i];

		if (m->kind == MARK_BREAK)
			draw_break(to, m);
		else if (m->kind == MARK_CHANGE)
			draw_box(to, m);
		else
			draw_arrow(to, l, m, &o->label, false);
		if (m->kind != MARK_BREAK)
			draw_time(to, m, origin);
	}
	for (i = 0; i < l->n; i++)
		if (l->v[i].kind == MARK_SEND || l->v[i].kind == MARK_RECEIVE)
			draw_arrow(to, l, &l->v[i], &o->label, true);
	draw_footer(to, l);
}

static void draw_title(FILE *to, const char *title)
{
	if (!title)
		return;
	svg_text_begin(to, "sans title", WIDTH / 2.0, 32, SVG_MIDDLE);
	svg_put(to, title, 100);
	svg_text_end(to);
}

static size_t count_convs(const struct row_list *rows)
{
	size_t n = 0, i;

	for (i = 0; i < rows->n; i++)
		n += rows->v[i].kind == ROW_BEGIN;
	return n;
}

int ladder_svg(FILE *to, const struct row_list *rows, const struct svg_options *o)
{
	size_t n = count_convs(rows), made = 0, i;
	struct layout *l = calloc(n + 1, sizeof(*l));
	const struct conv **convs = calloc(n + 1, sizeof(*convs));
	double y = o->title ? 48 : 16;
	int err = l && convs ? 0 : -1;

	for (i = 0; !err && i < rows->n; i++) {
		if (rows->v[i].kind != ROW_BEGIN)
			continue;
		convs[made] = rows->v[i].conv;
		err = layout_make(&l[made], rows, convs[made], o->limit, y + HEADER - 20);
		y = l[made].bottom + FOOTER;
		made += !err;
	}
	if (!err) {
		svg_begin(to, WIDTH, y + 8);
		draw_title(to, o->title);
		for (i = 0; i < made; i++)
			draw_conv(to, &l[i], convs[i], o);
		svg_end(to);
	}
	for (i = 0; i < made; i++)
		layout_free(&l[i]);
	free(convs);
	free(l);
	return err;
}

int row_list_add(struct row_list *list, const struct row *row)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 256;
		void *v = reallocarray(list->v, cap, sizeof(*list->v));

		if (!v)
			return -1;
		list->v = v;
		list->cap = cap;
	}
	list->v[list->n++] = *row;
	return 0;
}
