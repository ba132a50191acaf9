// SPDX-License-Identifier: GPL-2.0-only
/*
 * One line a row:
 *
 *	   TIME STATE        |-- label ------------------>|  STATE        TIME
 *
 * with the time and state of either end on its own side of the arrow.
 */
#include <inttypes.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ladder_text.h"

#define TIME_WIDTH	12
#define STATE_WIDTH	12
#define SIDE_WIDTH	(TIME_WIDTH + 1 + STATE_WIDTH + 1)
#define MIN_WIDTH	100
#define FILE_WIDTH	140	/* where there is no terminal to ask */
#define MAX_WIDTH	250

struct glyphs {
	const char *line, *dash, *right, *left, *lost, *box;
};

static const struct glyphs unicode = { "│", "─", "▶", "◀", "✗", "■" };
static const struct glyphs ascii = { "|", "-", ">", "<", "X", "*" };

void ladder_text_setup(struct text_options *o)
{
	struct winsize size;

	if (strcmp(nl_langinfo(CODESET), "UTF-8"))
		o->ascii = true;
	o->color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	o->width = FILE_WIDTH;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		o->width = size.ws_col;
	if (o->width < MIN_WIDTH)
		o->width = MIN_WIDTH;
	if (o->width > MAX_WIDTH)
		o->width = MAX_WIDTH;
}

static void repeat(const char *glyph, int n)
{
	while (n-- > 0)
		fputs(glyph, stdout);
}

static void color(const struct text_options *o, const char *code)
{
	if (o->color)
		printf("\033[%sm", code);
}

static void print_time(const struct conv *c, uint64_t ns)
{
	uint64_t us = ns > c->origin ? (ns - c->origin) / 1000 : 0;

	printf("%*" PRIu64 ".%06" PRIu64, TIME_WIDTH - 7, us / 1000000, us % 1000000);
}

static void left_cell(const struct conv *c, bool seen, uint64_t ns, const char *state)
{
	if (seen)
		print_time(c, ns);
	else
		repeat(" ", TIME_WIDTH);
	printf(" %-*.*s ", STATE_WIDTH, STATE_WIDTH, state);
}

static void right_cell(const struct conv *c, bool seen, uint64_t ns, const char *state)
{
	printf(" %-*.*s ", STATE_WIDTH, STATE_WIDTH, state);
	if (seen)
		print_time(c, ns);
}

/* The line between the two ends: @label beside the sender, the head at the receiver. */
static void print_arrow(const struct row *row, const char *label, const struct text_options *o,
			const struct glyphs *g)
{
	int space = o->width - 2 * SIDE_WIDTH - 2;
	int n = strlen(label);
	int line, left;

	if (n > space - 7)
		n = space - 7;
	line = space - n - 4;
	if (row->lost)
		line /= 2;
	left = space - n - 4 - line;
	if (row->side == 0) {
		repeat(g->dash, 2);
		printf(" %.*s ", n, label);
		repeat(g->dash, line - 1);
		fputs(row->lost ? g->lost : g->right, stdout);
		repeat(" ", left);
	} else {
		repeat(" ", left);
		fputs(row->lost ? g->lost : g->left, stdout);
		repeat(g->dash, line - 1);
		printf(" %.*s ", n, label);
		repeat(g->dash, 2);
	}
}

static void arrow_row(const struct row *row, const struct text_options *o, const struct glyphs *g)
{
	const struct row *r = row;
	bool from_left = row->side == 0;
	char label[LABEL_TEXT + 24];

	ladder_label(row, &o->label, label);
	if (row->lost)
		strcat(label, " (lost)");
	else if (row->retrans)
		strcat(label, " (again)");
	else if (row->dup)
		strcat(label, " (duplicate)");
	left_cell(row->conv, from_left ? r->sent : r->received, from_left ? r->sent_ns : r->recv_ns,
		  from_left ? r->sent_state : r->recv_state);
	fputs(g->line, stdout);
	if (row->lost)
		color(o, "31");
	else if (row->retrans || row->dup)
		color(o, "33");
	print_arrow(row, label, o, g);
	if (row->lost || row->retrans || row->dup)
		color(o, "0");
	fputs(g->line, stdout);
	right_cell(row->conv, from_left ? r->received : r->sent,
		   from_left ? r->recv_ns : r->sent_ns, from_left ? r->recv_state : r->sent_state);
	putchar('\n');
}

static void change_row(const struct row *row, const struct text_options *o,
		       const struct glyphs *g)
{
	int space = o->width - 2 * SIDE_WIDTH - 2;
	char text[3 * NAME_MAX_LEN + 16];
	const struct record *r = &row->rec;

	snprintf(text, sizeof(text), "%s > %s (%s)", r->from, r->to, r->event);
	left_cell(row->conv, row->side == 0, r->ns, row->side == 0 ? r->to : "");
	fputs(row->side == 0 ? g->box : g->line, stdout);
	color(o, "36");
	printf(row->side == 0 ? " %-*s" : "%*s ", space - 1, text);
	color(o, "0");
	fputs(row->side == 1 ? g->box : g->line, stdout);
	right_cell(row->conv, row->side == 1, r->ns, row->side == 1 ? r->to : "");
	putchar('\n');
}

static void begin_row(const struct row *row, const struct text_options *o)
{
	char a[ENDPOINT_TEXT], b[ENDPOINT_TEXT];

	color(o, "1");
	printf("#%u  %s  %s  %s", row->conv->number, endpoint_text(&row->conv->end[0], a),
	       o->ascii ? "<->" : "⇄", endpoint_text(&row->conv->end[1], b));
	color(o, "0");
	putchar('\n');
}

void ladder_text_row(const struct row *row, struct text_options *o)
{
	const struct glyphs *g = o->ascii ? &ascii : &unicode;

	if (row->kind == ROW_MISSING) {
		printf("... %" PRIu64 " records of the trace were lost here\n", row->rec.lost);
		return;
	}
	/* Rows of several connections come mixed. */
	if (row->kind == ROW_BEGIN || o->shown != row->conv->number)
		begin_row(row, o);
	o->shown = row->conv->number;
	if (row->kind == ROW_ARROW)
		arrow_row(row, o, g);
	else if (row->kind == ROW_CHANGE)
		change_row(row, o, g);
}
