// SPDX-License-Identifier: GPL-2.0-only
/* The command line of the exploration: the searches that a test run makes, or one of one's own. */
#include <argp.h>
#include <stdlib.h>
#include "explore.h"
#include "legal.h"

/* Of a search of one's own, where the command line does not say otherwise. */
struct x_bounds bounds = {
	.opens = 2, .listens = 1, .aborts = 1, .faults = 2, .queue = 2, .retries = 1, .sack = 1,
	.states = 20000000,
};

static const struct {
	const char *name;
	struct x_bounds b;
} searches[] = {
	{ "one connection after another",
	  { .opens = 2, .listens = 2, .aborts = 1, .faults = 1, .queue = 3, .retries = 1,
	    .sack = 1, .states = 20000000 } },
	{ "any timer at any time",
	  { .opens = 2, .listens = 1, .aborts = 1, .faults = 1, .queue = 2, .hasty = X_ALWAYS,
	    .sack = 1, .states = 20000000 } },
	{ "both open at once, and have data before",
	  { .opens = 2, .faults = 1, .data = 1, .early = 1, .queue = 2, .retries = 1, .sack = 1,
	    .states = 20000000 } },
	{ "data both ways",
	  { .opens = 1, .listens = 1, .faults = 1, .data = 1, .queue = 3, .retries = 1, .sack = 1,
	    .timestamps = 1, .states = 20000000 } },
	{ "three faults",
	  { .opens = 1, .listens = 1, .faults = 3, .queue = 4, .retries = 1, .sack = 1,
	    .states = 20000000 } },
	{ "data, and an abort",
	  { .opens = 1, .listens = 1, .aborts = 1, .faults = 1, .data = 1, .queue = 3,
	    .retries = 1, .sack = 1, .timestamps = 1, .states = 20000000 } },
	{ "any timer at any time, with data",
	  { .opens = 1, .listens = 1, .faults = 1, .data = 1, .queue = 2, .hasty = X_ALWAYS,
	    .sack = 1, .states = 20000000 } },
	{ "two timers too early, with data, retries and an abort",
	  { .opens = 1, .listens = 1, .aborts = 1, .data = 1, .queue = 2, .hasty = 2,
	    .retries = 1, .sack = 1, .states = 20000000 } },
	{ "keepalive, and a peer that is gone",
	  { .opens = 1, .listens = 1, .aborts = 1, .faults = 2, .queue = 2, .keep = 2,
	    .retries = 1, .sack = 1, .states = 20000000 } },
	{ "keepalive beside data",
	  { .opens = 1, .listens = 1, .faults = 1, .data = 1, .queue = 2, .keep = 1,
	    .sack = 1, .states = 20000000 } },
	{ "data that is paced",
	  { .opens = 1, .listens = 1, .faults = 1, .data = 2, .queue = 2, .pace = 1,
	    .sack = 1, .states = 20000000 } },
};

static const char *replay;
static bool own, first;

#define NUMBER(field) { #field, offsetof(struct x_bounds, field) }

static const struct {
	const char *name;
	size_t at;
} numbers[] = {
	NUMBER(opens), NUMBER(listens), NUMBER(aborts), NUMBER(faults), NUMBER(data),
	NUMBER(queue), NUMBER(retries), NUMBER(early), NUMBER(timestamps), NUMBER(sack),
	NUMBER(hasty), NUMBER(keep), NUMBER(pace), NUMBER(verify),
};

/* of the options that stand for numbers, in their order */
#define KEY_NUMBER	256
#define KEY_STATES	512
#define KEY_REPLAY	513
#define KEY_FIRST	514

static const struct argp_option options[] = {
	{ "opens", KEY_NUMBER, "N", 0, "active OPENs of both ends together", 0 },
	{ "listens", KEY_NUMBER + 1, "N", 0, "passive OPENs", 0 },
	{ "aborts", KEY_NUMBER + 2, "N", 0, "ABORTs", 0 },
	{ "faults", KEY_NUMBER + 3, "N", 0, "segments that are lost, doubled or held back", 0 },
	{ "data", KEY_NUMBER + 4, "N", 0, "bytes that each end of a connection may send", 0 },
	{ "queue", KEY_NUMBER + 5, "N", 0, "segments under way in one direction", 0 },
	{ "retries", KEY_NUMBER + 6, "N", 0, "retransmissions before an end gives up", 0 },
	{ "early", KEY_NUMBER + 7, "0|1", 0, "SEND in SYN_SENT and SYN_RECEIVED too", 0 },
	{ "timestamps", KEY_NUMBER + 8, "0|1", 0, "RFC 7323", 0 },
	{ "sack", KEY_NUMBER + 9, "0|1", 0, "RFC 2018", 0 },
	{ "hasty", KEY_NUMBER + 10, "N", 0, "timers that fire while segments are under way", 0 },
	{ "keep", KEY_NUMBER + 11, "N", 0, "keepalive probes before an end gives up; 0 is off", 0 },
	{ "pace", KEY_NUMBER + 12, "0|1", 0, "each byte waits for the one before it", 0 },
	{ "verify", KEY_NUMBER + 13, "0|1", 0,
	  "see that equal keys lead to equal keys; takes several times as long", 0 },
	{ "states", KEY_STATES, "N", 0, "give up beyond so many", 0 },
	{ "first", KEY_FIRST, NULL, 0, "end with the first search that fails", 0 },
	{ "replay", KEY_REPLAY, "PATH", 0, "draw one path", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	if (key >= KEY_NUMBER && key < KEY_NUMBER + (int)ARRAY_SIZE(numbers)) {
		*(u32 *)((char *)&bounds + numbers[key - KEY_NUMBER].at) = strtoul(arg, NULL, 0);
		own = true;
		return 0;
	}
	switch (key) {
	case KEY_STATES:
		bounds.states = strtoull(arg, NULL, 0);
		own = true;
		return 0;
	case KEY_FIRST:
		first = true;
		return 0;
	case KEY_REPLAY:
		replay = arg;
		return 0;
	case ARGP_KEY_END:
		if (bounds.queue > X_QUEUE || bounds.faults > X_LATE || bounds.data > X_DATA)
			argp_error(state, "at most %d segments, %d faults and %d bytes", X_QUEUE,
				   X_LATE, X_DATA);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Visit all joint states of two endpoints of the protocol engine.",
};

void x_show_bounds(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		printf(" --%s=%u", numbers[i].name, *(u32 *)((char *)&bounds + numbers[i].at));
}

static u32 tests;
static bool failed;

static void result(bool good, const char *what)
{
	printf("%s %u %s\n", good ? "ok" : "not ok", ++tests, what);
	failed |= !good;
}

/* Of the legal transitions and the pairs of states that are none. */
static void count_pairs(u32 *seen, u32 *forbidden)
{
	unsigned int from, to;

	*seen = 0;
	*forbidden = 0;
	for (from = 1; from < ATCP_NSTATES; from++) {
		for (to = 1; to < ATCP_NSTATES; to++) {
			if (from == to)
				continue;
			if (!legal_transition(from, to))
				*forbidden += !!x_seen[from][to];
			else if (x_seen[from][to])
				++*seen;
			else
				printf("# not seen: %s -> %s\n", atcp_state_name(from),
				       atcp_state_name(to));
		}
	}
	printf("# %u of the %u legal transitions seen, %u of the %u forbidden pairs\n", *seen,
	       LEGAL_PAIRS, *forbidden, LEGAL_FORBIDDEN);
}

/* An action that the bounds leave out, or that nothing leads to, is no part of any search. */
static bool all_taken(void)
{
	bool all = true;
	struct x_action a;

	for (a = (struct x_action){ 0 }; a.what < X_NWHAT; a.what++) {
		if (!x_tally.taken[a.what])
			printf("# never taken: %s\n", x_name(a));
		all &= !!x_tally.taken[a.what];
	}
	return all;
}

static int run_all(void)
{
	u32 i, seen, forbidden, n = own ? 1 : ARRAY_SIZE(searches);

	printf("TAP version 13\n1..%u\n", n + (own ? 2 : 5));
	for (i = 0; i < n; i++) {
		if (!own)
			bounds = searches[i].b;
		result(x_search(), own ? "within the given bounds" : searches[i].name);
		if (failed && first)
			return failed;
	}
	printf("# %llu stale SYNs arrived, %llu of them began a handshake\n",
	       (unsigned long long)x_tally.stale_syns,
	       (unsigned long long)x_tally.stale_handshakes);
	printf("# %llu segments found no room\n", (unsigned long long)x_tally.overflows);
	printf("# %llu times keepalive was answered, %llu times it gave up\n",
	       (unsigned long long)x_tally.kept, (unsigned long long)x_tally.given_up);
	count_pairs(&seen, &forbidden);
	if (!own) {
		result(seen == LEGAL_PAIRS, "every legal transition was seen");
		result(all_taken(), "every action was taken");
		result(x_tally.kept && x_tally.given_up, "keepalive was answered, and gave up");
	}
	result(!forbidden, "no forbidden transition was seen");
	/* if any came at all */
	result(!x_mixed && (own || x_tally.stale_handshakes), "no stale SYN led to a connection");
	return failed;
}

int main(int argc, char **argv)
{
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (replay)
		return !x_replay(replay);
	return run_all();
}
