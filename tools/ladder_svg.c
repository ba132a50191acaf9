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

/* Pixels. */
#define WIDTH		1100
#define LEFT_X		262.0
#define RIGHT_X		838.0
#define BOX_WIDTH	122
#define BOX_HEIGHT	20
#define BOX_GAP		22	/* between life line and box */
#define TIME_GAP	154	/* between life line and time */
#define LINE_WIDTH	8
#define HEADER		92
#define FOOTER		38
#define LABEL_CHARS	80

static const char style[] =
	"text{font-family:'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace;"
	"font-size:11px;fill:#263238}"
	".title{font-family:'DejaVu Sans','Liberation Sans',Helvetica,Arial,sans-serif;"
	"font-size:17px;font-weight:bold}"
	".note{font-family:'DejaVu Sans','Liberation Sans',Helvetica,Arial,sans-serif;"
	"fill:#607d8b}"
	".end{font-size:13px;font-weight:bold;fill:#fff}"
	".role{font-family:'DejaVu Sans','Liberation Sans',Helvetica,Arial,sans-serif;"
	"font-size:10.5px;fill:#cfd8dc}"
	".time{font-size:10.5px;fill:#78909c}"
	".state{font-size:11px;font-weight:bold;fill:#fff}"
	".label{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}"
	".flags{font-weight:bold}";

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

/* The marker of the same name is made for each of them in prologue(). */
static const struct {
	const char *name, *color;
} arrow_colors[] = {
	{ "syn", "#2e7d32" }, { "fin", "#6a1b9a" }, { "rst", "#b71c1c" }, { "data", "#1565c0" },
	{ "ack", "#78909c" }, { "again", "#e65100" }, { "lost", "#c62828" },
};

enum { SYN, FIN, RST, DATA, ACK, AGAIN, LOST, NARROWS };

static int arrow_kind(const struct row *r)
{
	if (r->lost)
		return LOST;
	if (r->rec.flags & TF_RST)
		return RST;
	if (r->retrans || r->dup)
		return AGAIN;
	if (r->rec.flags & TF_SYN)
		return SYN;
	if (r->rec.flags & TF_FIN)
		return FIN;
	return r->rec.len ? DATA : ACK;
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

static void put_text(FILE *to, const char *text, size_t max)
{
	for (; *text && max; text++, max--) {
		if (*text == '<')
			fputs("&lt;", to);
		else if (*text == '>')
			fputs("&gt;", to);
		else if (*text == '&')
			fputs("&amp;", to);
		else
			fputc(*text < ' ' || *text > '~' ? '?' : *text, to);
	}
}

static void put_duration(FILE *to, uint64_t ns)
{
	if (ns < 1000000000)
		fprintf(to, "%.3f ms", ns / 1e6);
	else
		fprintf(to, "%.6f s", ns / 1e9);
}

static void prologue(FILE *to, double height, const char *title)
{
	int i;

	fprintf(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
		"viewBox=\"0 0 %d %.0f\">\n<style>%s</style>\n<defs>\n",
		WIDTH, height, WIDTH, height, style);
	for (i = 0; i < NARROWS; i++)
		fprintf(to, "<marker id=\"%s\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" "
			"markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" "
			"orient=\"auto\"><path d=\"M0 1L10 5L0 9z\" fill=\"%s\"/></marker>\n",
			arrow_colors[i].name, arrow_colors[i].color);
	fprintf(to, "</defs>\n<rect width=\"%d\" height=\"%.0f\" rx=\"10\" fill=\"#fff\" "
		"stroke=\"#cfd8dc\"/>\n", WIDTH, height);
	if (title) {
		fprintf(to, "<text class=\"title\" x=\"%d\" y=\"32\" text-anchor=\"middle\">",
			WIDTH / 2);
		put_text(to, title, 100);
		fputs("</text>\n", to);
	}
}

static void draw_end(FILE *to, const struct conv *c, int side, double y)
{
	double x = life_x(side), width = 250;
	char text[ENDPOINT_TEXT];

	fprintf(to, "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"42\" rx=\"6\" "
		"fill=\"#37474f\"/>\n<text class=\"end\" x=\"%.0f\" y=\"%.0f\" "
		"text-anchor=\"middle\">%s</text>\n", x - width / 2, y, width, x, y + 18,
		endpoint_text(&c->end[side], text));
	fprintf(to, "<text class=\"role\" x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\">%s",
		x, y + 34, side ? "passive" : "active");
	if (c->traced[side])
		fprintf(to, ", network namespace %" PRIu64, c->netns[side]);
	else
		fputs(", not traced: the arrows are what the other end saw", to);
	fputs("</text>\n", to);
}

static void draw_band(FILE *to, int side, double from, double until, const char *state)
{
	fprintf(to, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"%s\">"
		"<title>%s</title></rect>\n", life_x(side) - LINE_WIDTH / 2.0, from, LINE_WIDTH,
		until - from, state_color(state), *state ? state : "not traced");
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

	fprintf(to, "<path d=\"M%.1f %.1fH%.1f\" stroke=\"%s\" stroke-width=\"2\"/>",
		life_x(m->side), m->y, edge, state_color(r->to));
	fprintf(to, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"5\" fill=\"%s\">"
		"<title>%s to %s: %s</title></rect>", x, m->y - BOX_HEIGHT / 2.0, BOX_WIDTH,
		BOX_HEIGHT, state_color(r->to), r->from, r->to, r->event);
	fprintf(to, "<text class=\"state\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
		x + BOX_WIDTH / 2.0, m->y + 4, r->to);
}

static void draw_time(FILE *to, const struct mark *m, uint64_t origin)
{
	fprintf(to, "<text class=\"time\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
		life_x(m->side) + outward(m->side) * TIME_GAP, m->y + 4,
		m->side ? "start" : "end");
	put_duration(to, m->ns > origin ? m->ns - origin : 0);
	fputs("</text>\n", to);
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
	fprintf(to, "<text class=\"label\" transform=\"translate(%.1f %.1f) rotate(%.2f)\" "
		"x=\"%d\" y=\"-4\" text-anchor=\"%s\"><tspan class=\"flags\" fill=\"%s\">", x, y,
		angle, dx < 0 ? -14 : 14, dx < 0 ? "end" : "start",
		arrow_colors[arrow_kind(r)].color);
	put_text(to, label, flags);
	fputs("</tspan>", to);
	put_text(to, label + flags, LABEL_CHARS - flags);
	if (r->lost)
		fputs(" <tspan class=\"flags\" fill=\"#c62828\">lost</tspan>", to);
	else if (r->retrans)
		fputs(" <tspan class=\"flags\" fill=\"#e65100\">sent again</tspan>", to);
	else if (r->dup)
		fputs(" <tspan class=\"flags\" fill=\"#e65100\">duplicate</tspan>", to);
	fputs("</text>\n", to);
}

static void draw_line(FILE *to, double x1, double y1, double x2, double y2, int kind)
{
	fprintf(to, "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\" stroke-width=\"1.5\" ", x1, y1,
		x2, y2, arrow_colors[kind].color);
	if (kind == LOST)
		fprintf(to, "stroke-dasharray=\"6 4\"/><path d=\"M%.1f %.1fl10 10m0 -10l-10 10\" "
			"stroke=\"%s\" stroke-width=\"2.5\"/>\n", x2 - 5, y2 - 5,
			arrow_colors[LOST].color);
	else
		fprintf(to, "marker-end=\"url(#%s)\"/>\n", arrow_colors[kind].name);
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
	}
	if (r->lost)
		x2 = x1 + (x2 - x1) * 0.86;
	if (labels)
		draw_label(to, r, x1, y1, x2 - x1, y2 - y1, o);
	else
		draw_line(to, x1, y1, x2, y2, arrow_kind(r));
}

static void draw_break(FILE *to, const struct mark *m)
{
	fprintf(to, "<rect x=\"%.0f\" y=\"%.1f\" width=\"%.0f\" height=\"18\" fill=\"#fff\"/>"
		"<path d=\"M%.0f %.1fH%.0fM%.0f %.1fH%.0f\" stroke=\"#b0bec5\" "
		"stroke-dasharray=\"2 4\"/>"
		"<text class=\"note\" x=\"%d\" y=\"%.1f\" text-anchor=\"middle\">",
		LEFT_X - 10, m->y - 9, RIGHT_X - LEFT_X + 20, LEFT_X - 10, m->y - 9, RIGHT_X + 10,
		LEFT_X - 10, m->y + 9, RIGHT_X + 10, WIDTH / 2, m->y + 4);
	if (m->skipped) {
		fprintf(to, "%u more segments, not drawn", m->skipped);
		if (m->lost)
			fprintf(to, "; %u of them lost", m->lost);
	} else {
		put_duration(to, m->gap);
		fputs(" pass", to);
	}
	fputs("</text>\n", to);
}

static void draw_footer(FILE *to, const struct layout *l)
{
	fprintf(to, "<text class=\"note\" x=\"%d\" y=\"%.1f\" text-anchor=\"middle\">"
		"%u segments, %" PRIu64 " bytes of payload sent, %u lost. Times count from the first "
		"event; distances are not to scale.</text>\n", WIDTH / 2, l->bottom + 26,
		l->arrows, l->bytes, l->lost);
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
		prologue(to, y + 8, o->title);
		for (i = 0; i < made; i++)
			draw_conv(to, &l[i], convs[i], o);
		fputs("</svg>\n", to);
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
