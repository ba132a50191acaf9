// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine's table against figure 5 of RFC 9293, written down here a second time, and
 * against the document that is made from it.
 *
 *   test_fsm          run the tests
 *   test_fsm --show   print the document
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsm.h"
#include "kselftest_harness.h"
#include "show_states.h"

/* tests run in their directory */
#define STATES_RST "../../Documentation/states.rst"

#define PAIR(from, to) { ATCP_##from, ATCP_##to }

/* The 29 transitions of RFC 9293 section 3.10, the re-opening of TIME_WAIT (MAY-2) included. */
static const unsigned char legal[][2] = {
	PAIR(CLOSED, LISTEN), PAIR(CLOSED, SYN_SENT),
	PAIR(LISTEN, SYN_SENT), PAIR(LISTEN, SYN_RECV), PAIR(LISTEN, CLOSED),
	PAIR(SYN_SENT, SYN_RECV), PAIR(SYN_SENT, ESTABLISHED), PAIR(SYN_SENT, CLOSED),
	PAIR(SYN_RECV, ESTABLISHED), PAIR(SYN_RECV, FIN_WAIT_1), PAIR(SYN_RECV, LISTEN),
	PAIR(SYN_RECV, CLOSE_WAIT), PAIR(SYN_RECV, CLOSED),
	PAIR(ESTABLISHED, FIN_WAIT_1), PAIR(ESTABLISHED, CLOSE_WAIT), PAIR(ESTABLISHED, CLOSED),
	PAIR(FIN_WAIT_1, FIN_WAIT_2), PAIR(FIN_WAIT_1, CLOSING), PAIR(FIN_WAIT_1, TIME_WAIT),
	PAIR(FIN_WAIT_1, CLOSED),
	PAIR(FIN_WAIT_2, TIME_WAIT), PAIR(FIN_WAIT_2, CLOSED),
	PAIR(CLOSE_WAIT, LAST_ACK), PAIR(CLOSE_WAIT, CLOSED),
	PAIR(CLOSING, TIME_WAIT), PAIR(CLOSING, CLOSED),
	PAIR(LAST_ACK, CLOSED),
	PAIR(TIME_WAIT, CLOSED), PAIR(TIME_WAIT, SYN_RECV),
};

#define NLEGAL ARRAY_SIZE(legal)

static int find_legal(unsigned char from, unsigned char to)
{
	unsigned int i;

	for (i = 0; i < NLEGAL; i++)
		if (legal[i][0] == from && legal[i][1] == to)
			return i;
	return -1;
}

TEST(every_transition_of_the_rfc_and_no_other)
{
	unsigned int i, event, seen[NLEGAL] = { 0 };

	ASSERT_EQ(29, NLEGAL);
	for (i = 0; i < SHOW_STATES; i++) {
		for (event = 0; event < ATCP_E_NEVENTS; event++) {
			const struct atcp_cell *cell = atcp_fsm_cell(show_order[i], event);
			int at;

			if (!cell->next)
				continue;
			at = find_legal(show_order[i], cell->next);
			EXPECT_NE(-1, at) {
				TH_LOG("%s -> %s", atcp_state_name(show_order[i]),
				       atcp_state_name(cell->next));
				continue;
			}
			seen[at] = 1;
		}
	}
	for (i = 0; i < NLEGAL; i++) {
		EXPECT_EQ(1, seen[i])
			TH_LOG("%s -> %s is missing", atcp_state_name(legal[i][0]),
			       atcp_state_name(legal[i][1]));
	}
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
