// SPDX-License-Identifier: GPL-2.0-only
/*
 * Print Documentation/states.rst from the state machine's table: the table, and the diagram for
 * graphviz. `make docs` writes it; test_fsm sees that it is current.
 */
#include <stdio.h>
#include <string.h>

#include "fsm.h"
#include "show_states.h"

/* In the order in which RFC 9293 lists them. */
const unsigned char show_order[SHOW_STATES] = {
	ATCP_CLOSED, ATCP_LISTEN, ATCP_SYN_SENT, ATCP_SYN_RECV, ATCP_ESTABLISHED,
	ATCP_FIN_WAIT_1, ATCP_FIN_WAIT_2, ATCP_CLOSE_WAIT, ATCP_CLOSING, ATCP_LAST_ACK,
	ATCP_TIME_WAIT,
};

static const struct {
	unsigned char bit;
	const char *text;
} actions[] = {
	{ ATCP_A_CONNECTED, "tell the user, start data transfer" },
	{ ATCP_A_SEND_SYN, "send SYN" },
	{ ATCP_A_SEND_RST, "send RST" },
	{ ATCP_A_EOF, "tell the user: end of data" },
	{ ATCP_A_FIN_SENT_DONE, "all that we sent has arrived" },
	{ ATCP_A_TIME_WAIT, "stop the other timers, start 2 MSL" },
	{ ATCP_A_DIE, "delete the TCB" },
};

static void show_actions(FILE *f, unsigned char acts)
{
	const char *sep = "";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		if (!(acts & actions[i].bit))
			continue;
		fprintf(f, "%s%s", sep, actions[i].text);
		sep = "; ";
	}
	fprintf(f, "%s\n", acts ? "" : "none");
}

static void show_table(FILE *f)
{
	unsigned int i, event;

	fprintf(f, ".. list-table::\n   :header-rows: 1\n\n"
		"   * - state\n     - event\n     - next state\n     - actions\n");
	for (i = 0; i < SHOW_STATES; i++) {
		for (event = 0; event < ATCP_E_NEVENTS; event++) {
			const struct atcp_cell *cell = atcp_fsm_cell(show_order[i], event);

			if (!cell->next)
				continue;
			fprintf(f, "   * - %s\n     - %s\n     - %s\n     - ",
				atcp_state_name(show_order[i]), atcp_event_name(event),
				atcp_state_name(cell->next));
			show_actions(f, cell->actions);
		}
	}
}

static void show_diagram(FILE *f)
{
	unsigned int i, event;

	fprintf(f, ".. graphviz::\n\n   digraph states {\n      node [shape=box];\n");
	for (i = 0; i < SHOW_STATES; i++) {
		for (event = 0; event < ATCP_E_NEVENTS; event++) {
			const struct atcp_cell *cell = atcp_fsm_cell(show_order[i], event);

			/* what ends a connection from everywhere would hide the picture */
			if (!cell->next || event == ATCP_E_RST || event == ATCP_E_ABORT ||
			    event == ATCP_E_TIMEOUT)
				continue;
			fprintf(f, "      %s -> %s [label=\"%s\"];\n",
				atcp_state_name(show_order[i]), atcp_state_name(cell->next),
				atcp_event_name(event));
		}
	}
	fprintf(f, "   }\n");
}

void show_states(FILE *f)
{
	fprintf(f, ".. %s-License-Identifier: GPL-2.0-only\n"
		".. Written by ``make docs`` from module/core/fsm.c: change it there.\n\n"
		"=================\nThe state machine\n=================\n\n"
		"Each row is a cell of the table in ``module/core/fsm.c``: in this state, at this\n"
		"event, the connection moves to the next state and carries out the actions. A pair\n"
		"of state and event that has no row cannot happen or changes nothing. The events\n"
		"are those of RFC 9293 section 3.10, a segment being reduced to the one or two that\n"
		"it stands for.\n\n",
		"SPDX");
	show_table(f);
	fprintf(f, "\nThe same as a diagram; RST, ABORT and the timeouts, which lead to CLOSED\n"
		"from nearly everywhere, are left out.\n\n");
	show_diagram(f);
}
