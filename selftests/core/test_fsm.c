// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine's table against figure 5 of RFC 9293 as legal.h has it, and against the
 * document that is made from it.
 *
 *   test_fsm          run the tests
 *   test_fsm --show   print the document
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsm.h"
#include "kselftest_harness.h"
#include "legal.h"
#include "show_states.h"

/* tests run in their directory */
#define STATES_RST "../../Documentation/states.rst"

TEST(every_transition_of_the_rfc_and_no_other)
{
	unsigned int from, to, event, legal = 0, forbidden = 0;
	bool seen[ATCP_NSTATES][ATCP_NSTATES] = { 0 };

	for (from = 1; from < ATCP_NSTATES; from++)
		for (event = 0; event < ATCP_E_NEVENTS; event++)
			seen[from][atcp_fsm_cell(from, event)->next] = true;
	for (from = 1; from < ATCP_NSTATES; from++) {
		for (to = 1; to < ATCP_NSTATES; to++) {
			EXPECT_EQ(legal_transition(from, to), seen[from][to])
				TH_LOG("%s -> %s is %s", atcp_state_name(from),
				       atcp_state_name(to),
				       seen[from][to] ? "forbidden" : "missing");
			legal += legal_transition(from, to);
			forbidden += from != to && !legal_transition(from, to);
		}
	}
	EXPECT_EQ(LEGAL_PAIRS, legal);
	EXPECT_EQ(LEGAL_FORBIDDEN, forbidden);
}

TEST(an_illegal_event_changes_nothing)
{
	unsigned int i, event;

	for (i = 0; i < SHOW_STATES; i++) {
		for (event = 0; event < ATCP_E_NEVENTS; event++) {
			const struct atcp_cell *cell = atcp_fsm_cell(show_order[i], event);
			u8 state = show_order[i];
			u8 acts = atcp_fsm_step(&state, event, NULL);

			if (cell->next) {
				EXPECT_EQ(cell->next, state);
				EXPECT_EQ(cell->actions, acts);
			} else {
				EXPECT_EQ(show_order[i], state);
				EXPECT_EQ(ATCP_A_ILLEGAL, acts);
			}
		}
	}
}

/* Whatever ends in CLOSED frees the TCB, and nothing else does but the way back to LISTEN. */
TEST(closed_and_only_closed_dies)
{
	unsigned int i, event;

	for (i = 0; i < SHOW_STATES; i++) {
		for (event = 0; event < ATCP_E_NEVENTS; event++) {
			const struct atcp_cell *cell = atcp_fsm_cell(show_order[i], event);
			bool end = cell->next == ATCP_CLOSED || event == ATCP_E_RETURN;

			if (cell->next)
				EXPECT_EQ(end, !!(cell->actions & ATCP_A_DIE));
		}
	}
}

/* RFC 9293 3.10.5: ABORT sends a RST in these states only. */
TEST(abort_tells_the_peer_where_the_rfc_says_so)
{
	unsigned int i;

	for (i = 0; i < SHOW_STATES; i++) {
		u8 s = show_order[i];
		bool rst = s == ATCP_SYN_RECV || s == ATCP_ESTABLISHED || s == ATCP_FIN_WAIT_1 ||
			   s == ATCP_FIN_WAIT_2 || s == ATCP_CLOSE_WAIT;

		EXPECT_EQ(rst, !!(atcp_fsm_cell(s, ATCP_E_ABORT)->actions & ATCP_A_SEND_RST));
	}
}

TEST(names)
{
	EXPECT_STREQ("SYN_RECEIVED", atcp_state_name(ATCP_SYN_RECV));
	EXPECT_STREQ("?", atcp_state_name(0));
	EXPECT_STREQ("?", atcp_state_name(ATCP_NSTATES));
	EXPECT_STREQ("2 MSL", atcp_event_name(ATCP_E_2MSL));
	EXPECT_STREQ("?", atcp_event_name(ATCP_E_NEVENTS));
}

TEST(the_document_is_current)
{
	char *now, *text;
	size_t size, got;
	FILE *f;

	f = open_memstream(&now, &size);
	ASSERT_NE(NULL, f);
	show_states(f);
	fclose(f);
	f = fopen(STATES_RST, "r");
	ASSERT_NE(NULL, f)
		TH_LOG("cannot open %s", STATES_RST);
	text = calloc(1, size + 2);
	ASSERT_NE(NULL, text);
	got = fread(text, 1, size + 1, f);
	fclose(f);
	EXPECT_EQ(size, got);
	EXPECT_STREQ(now, text)
		TH_LOG("run make docs");
	free(text);
	free(now);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--show")) {
		show_states(stdout);
		return 0;
	}
	return test_harness_run(argc, argv);
}
