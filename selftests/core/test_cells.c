// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 165 cells of RFC 9293 section 3.10, state x event, each by its name: which state is next,
 * what is sent (flags, SEQ, ACK) and what the host is told.
 *
 *   test_cells            all of them
 *   test_cells SUBSTRING  those whose name has this in it
 *
 * User calls: 6 in 11 states. SEGMENT ARRIVES: 3 cases of CLOSED, 4 of LISTEN, 5 of SYN_SENT, and
 * in each of the other 8 states 8 checks and the 2 that RFC 5961 changes; the 4 cases of table 6;
 * 3 timeouts. Together 66 + 3 + 4 + 5 + 64 + 16 + 4 + 3.
 */
#include <stdio.h>
#include <string.h>

#include "cells_row.h"
#include "kselftest.h"

#define ALL	(CLOSED | LISTEN | SS | SR | SYNCED | TW)
#define MAX_EVENTS 11

/* A part of the RFC's table: these events in each of these states, one cell each */
static const struct group {
	u32 states;
	const char *as_one;	/* all states make one cell, of this name */
	const char *events[MAX_EVENTS];
} grid[] = {
	{ ALL, NULL, { "OPEN", "SEND", "RECEIVE", "CLOSE", "ABORT", "STATUS" } },
	{ CLOSED, NULL, { "RST", "ACK_off", "ACK_on" } },
	{ LISTEN, NULL, { "RST", "ACK", "SYN", "other" } },
	{ SS, NULL, { "ACK", "RST", "security", "SYN", "neither" } },
	{ EIGHT, NULL, { "sequence", "RST", "RST_in_window", "security", "SYN", "ACK",
			 "ACK_outside", "URG", "text", "FIN" } },
	{ EST, "table 6", { "LEN_0_WND_0", "LEN_0_WND", "LEN_WND_0", "LEN_WND" } },
	{ ALL, "any", { "USER_TIMEOUT", "RETRANSMISSION_TIMEOUT", "TIME_WAIT_TIMEOUT" } },
};

static const struct cells_row *const rows[] = { cells_user_rows, cells_segment_rows };
static const struct cells_tale *const tales[] = {
	cells_user_tales, cells_segment_tales, cells_timer_tales
};

static const u8 froms[] = { FROM_SYN_SENT, FROM_LISTEN, FROM_ACCEPT };

/* Is this way into a state meant? Only SYN_RECEIVED has several. */
static bool way(u8 state, u8 wanted, u8 from)
{
	if (state != ATCP_SYN_RECV)
		return from == froms[0];
	return !wanted || wanted & from;
}

static u32 try_rows(const struct cells_row *r, u8 state, const char *event, bool *ok)
{
	u32 i, tried = 0;

	for (; r->event; r++) {
		if (!(r->states & BIT(state)) || strcmp(r->event, event))
			continue;
		for (i = 0; i < ARRAY_SIZE(froms); i++) {
			if (!way(state, r->from, froms[i]))
				continue;
			bench_row(r, state, froms[i], ok);
			tried++;
		}
	}
	return tried;
}

static u32 try_tales(const struct cells_tale *t, u8 state, const char *event, bool *ok)
{
	static struct bench b;
	char where[100];
	u32 i, tried = 0;

	for (; t->event; t++) {
		if (!(t->states & BIT(state)) || strcmp(t->event, event))
			continue;
		for (i = 0; i < ARRAY_SIZE(froms); i++) {
			if (!way(state, t->from, froms[i]))
				continue;
			snprintf(where, sizeof(where), "%s x %s", atcp_state_name(state), event);
			b.where = where;
			bench_enter(&b, state, froms[i], t->data);
			t->run(&b, state);
			bench_leave(&b);
			*ok &= b.ok;
			tried++;
		}
	}
	return tried;
}

/* All that is said of one event in one state. Return: how much that is */
static u32 try_state(u8 state, const char *event, bool *ok)
{
	u32 i, tried = 0;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		tried += try_rows(rows[i], state, event, ok);
	for (i = 0; i < ARRAY_SIZE(tales); i++)
		tried += try_tales(tales[i], state, event, ok);
	return tried;
}

struct tally {
	const char *only;
	u32 cells;	/* that the grid has */
	u32 tried;	/* of these, with something to try */
	u32 parts;	/* that were tried, all together */
};

static void result(struct tally *t, const char *name, bool ok, u32 tried)
{
	t->cells++;
	t->tried += !!tried;
	t->parts += tried;
	if (!tried)
		printf("# nothing is known of %s\n", name);
	if (!t->only || strstr(name, t->only))
		ksft_test_result(ok && tried, "%s\n", name);
}

static void try_event(const struct group *g, const char *event, struct tally *t)
{
	u32 tried = 0;
	char name[100];
	unsigned int state;
	bool ok = true;

	for (state = 1; state < ATCP_NSTATES; state++) {
		if (!(g->states & BIT(state)))
			continue;
		tried += try_state(state, event, &ok);
		if (g->as_one)
			continue;
		snprintf(name, sizeof(name), "%s x %s", atcp_state_name(state), event);
		result(t, name, ok, tried);
		ok = true;
		tried = 0;
	}
	if (g->as_one) {
		snprintf(name, sizeof(name), "%s x %s", g->as_one, event);
		result(t, name, ok, tried);
	}
}

/* The states of the grid in which an event has cells */
static u32 known(const char *event)
{
	u32 g, i, states = 0;

	for (g = 0; g < ARRAY_SIZE(grid); g++)
		for (i = 0; i < MAX_EVENTS && grid[g].events[i]; i++)
			if (!strcmp(grid[g].events[i], event))
				states |= grid[g].states;
	return states;
}

/* What no cell asks for would never be tried: a name is wrong. */
static bool none_is_lost(void)
{
	const struct cells_tale *t;
	const struct cells_row *r;
	bool ok = true;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (r = rows[i]; r->event; r++) {
			if (r->states & ~known(r->event) || !r->states) {
				printf("# a row of %s is in no cell\n", r->event);
				ok = false;
			}
		}
	}
	for (i = 0; i < ARRAY_SIZE(tales); i++) {
		for (t = tales[i]; t->event; t++) {
			if (t->states & ~known(t->event) || !t->states) {
				printf("# a tale of %s is in no cell\n", t->event);
				ok = false;
			}
		}
	}
	return ok;
}

int main(int argc, char **argv)
{
	struct tally t = { .only = argc > 1 ? argv[1] : NULL };
	u32 g, i;

	ksft_print_header();
	if (!t.only)
		ksft_set_plan(CELLS_NCELLS + 2);
	for (g = 0; g < ARRAY_SIZE(grid); g++)
		for (i = 0; i < MAX_EVENTS && grid[g].events[i]; i++)
			try_event(&grid[g], grid[g].events[i], &t);
	printf("# %u cells, %u of them tried, by %u events\n", t.cells, t.tried, t.parts);
	if (t.only)
		return !!ksft_get_fail_cnt();
	ksft_test_result(t.cells == CELLS_NCELLS && t.tried == CELLS_NCELLS,
			 "all %u cells were tried\n", CELLS_NCELLS);
	ksft_test_result(none_is_lost(), "every row is in a cell\n");
	ksft_finished();
}
