// SPDX-License-Identifier: GPL-2.0-only
/* The state machine, RFC 9293 figure 5 and section 3.10, and the only writes of a state. */
#include "port.h"

#define GO(state, acts) { ATCP_##state, acts }
#define DIE	ATCP_A_DIE
#define RST_DIE	(ATCP_A_SEND_RST | ATCP_A_DIE)

/*
 * What is not named here cannot happen: the cell is all zero. Where an event of the RFC
 * leaves the state as it is (a CLOSE after a CLOSE, an ACK of data), no event is raised.
 */
static const struct atcp_cell table[ATCP_NSTATES][ATCP_E_NEVENTS] = {
	[ATCP_CLOSED] = {
		[ATCP_E_PASSIVE_OPEN]	= GO(LISTEN, 0),
		[ATCP_E_ACTIVE_OPEN]	= GO(SYN_SENT, ATCP_A_SEND_SYN),
	},
	[ATCP_LISTEN] = {
		[ATCP_E_ACTIVE_OPEN]	= GO(SYN_SENT, ATCP_A_SEND_SYN),
		[ATCP_E_SYN]		= GO(SYN_RECV, ATCP_A_SEND_SYN),
		[ATCP_E_CLOSE]		= GO(CLOSED, DIE),
		[ATCP_E_ABORT]		= GO(CLOSED, DIE),
	},
	[ATCP_SYN_SENT] = {
		[ATCP_E_SYN]		= GO(SYN_RECV, ATCP_A_SEND_SYN),
		[ATCP_E_SYN_ACK]	= GO(ESTABLISHED, ATCP_A_CONNECTED),
		[ATCP_E_CLOSE]		= GO(CLOSED, DIE),
		[ATCP_E_RST]		= GO(CLOSED, DIE),
		[ATCP_E_ABORT]		= GO(CLOSED, DIE),
		[ATCP_E_TIMEOUT]	= GO(CLOSED, DIE),
	},
	[ATCP_SYN_RECV] = {
		[ATCP_E_ACK_OF_SYN]	= GO(ESTABLISHED, ATCP_A_CONNECTED),
		[ATCP_E_CLOSE]		= GO(FIN_WAIT_1, 0),
		[ATCP_E_FIN]		= GO(CLOSE_WAIT, ATCP_A_CONNECTED | ATCP_A_EOF),
		[ATCP_E_RST]		= GO(CLOSED, DIE),
		[ATCP_E_RETURN]		= GO(LISTEN, DIE),
		[ATCP_E_ABORT]		= GO(CLOSED, RST_DIE),
		[ATCP_E_TIMEOUT]	= GO(CLOSED, DIE),
	},
	[ATCP_ESTABLISHED] = {
		[ATCP_E_CLOSE]		= GO(FIN_WAIT_1, 0),
		[ATCP_E_FIN]		= GO(CLOSE_WAIT, ATCP_A_EOF),
		[ATCP_E_RST]		= GO(CLOSED, DIE),
		[ATCP_E_ABORT]		= GO(CLOSED, RST_DIE),
		[ATCP_E_TIMEOUT]	= GO(CLOSED, DIE),
	},
	[ATCP_FIN_WAIT_1] = {
		[ATCP_E_ACK_OF_FIN]	= GO(FIN_WAIT_2, ATCP_A_FIN_SENT_DONE),
		[ATCP_E_FIN]		= GO(CLOSING, ATCP_A_EOF),
		[ATCP_E_FIN_ACK]	= GO(TIME_WAIT, ATCP_A_EOF | ATCP_A_TIME_WAIT),
		[ATCP_E_RST]		= GO(CLOSED, DIE),
		[ATCP_E_ABORT]		= GO(CLOSED, RST_DIE),
		[ATCP_E_TIMEOUT]	= GO(CLOSED, DIE),
	},
	[ATCP_FIN_WAIT_2] = {
		[ATCP_E_FIN]		= GO(TIME_WAIT, ATCP_A_EOF | ATCP_A_TIME_WAIT),
		[ATCP_E_RST]		= GO(CLOSED, DIE),
		[ATCP_E_ABORT]		= GO(CLOSED, RST_DIE),
		[ATCP_E_TIMEOUT]	= GO(CLOSED, DIE),
	},
	[ATCP_CLOSE_WAIT] = {
		[ATCP_E_CLOSE]		= GO(LAST_ACK, 0),
		[ATCP_E_RST]		= GO(CLOSED, DIE),
		[ATCP_E_ABORT]		= GO(CLOSED, RST_DIE),
		[ATCP_E_TIMEOUT]	= GO(CLOSED, DIE),
	},
	[ATCP_CLOSING] = {
		[ATCP_E_ACK_OF_FIN]	= GO(TIME_WAIT, ATCP_A_TIME_WAIT),
		[ATCP_E_RST]		= GO(CLOSED, DIE),
		[ATCP_E_ABORT]		= GO(CLOSED, DIE),
		[ATCP_E_TIMEOUT]	= GO(CLOSED, DIE),
	},
	[ATCP_LAST_ACK] = {
		[ATCP_E_ACK_OF_FIN]	= GO(CLOSED, DIE),
		[ATCP_E_RST]		= GO(CLOSED, DIE),
		[ATCP_E_ABORT]		= GO(CLOSED, DIE),
		[ATCP_E_TIMEOUT]	= GO(CLOSED, DIE),
	},
	[ATCP_TIME_WAIT] = {
		[ATCP_E_SYN]		= GO(SYN_RECV, ATCP_A_SEND_SYN),
		[ATCP_E_RST]		= GO(CLOSED, DIE),
		[ATCP_E_ABORT]		= GO(CLOSED, DIE),
		[ATCP_E_2MSL]		= GO(CLOSED, DIE),
	},
};

static const char *const state_names[ATCP_NSTATES] = {
	[ATCP_ESTABLISHED]	= "ESTABLISHED",
	[ATCP_SYN_SENT]		= "SYN_SENT",
	[ATCP_SYN_RECV]		= "SYN_RECEIVED",
	[ATCP_FIN_WAIT_1]	= "FIN_WAIT_1",
	[ATCP_FIN_WAIT_2]	= "FIN_WAIT_2",
	[ATCP_TIME_WAIT]	= "TIME_WAIT",
	[ATCP_CLOSED]		= "CLOSED",
	[ATCP_CLOSE_WAIT]	= "CLOSE_WAIT",
	[ATCP_LAST_ACK]		= "LAST_ACK",
	[ATCP_LISTEN]		= "LISTEN",
	[ATCP_CLOSING]		= "CLOSING",
};

static const char *const event_names[ATCP_E_NEVENTS] = {
	[ATCP_E_PASSIVE_OPEN]	= "passive OPEN",
	[ATCP_E_ACTIVE_OPEN]	= "active OPEN",
	[ATCP_E_SYN]		= "rcv SYN",
	[ATCP_E_SYN_ACK]	= "rcv SYN,ACK",
	[ATCP_E_ACK_OF_SYN]	= "rcv ACK of SYN",
	[ATCP_E_CLOSE]		= "CLOSE",
	[ATCP_E_FIN]		= "rcv FIN",
	[ATCP_E_ACK_OF_FIN]	= "rcv ACK of FIN",
	[ATCP_E_FIN_ACK]	= "rcv FIN,ACK of FIN",
	[ATCP_E_RST]		= "rcv RST",
	[ATCP_E_RETURN]		= "rcv RST or SYN",
	[ATCP_E_ABORT]		= "ABORT",
	[ATCP_E_TIMEOUT]	= "timeout",
	[ATCP_E_2MSL]		= "2 MSL",
};

/* The cell of a pair, for tests and for the diagram; next is 0 where it is illegal. */
const struct atcp_cell *atcp_fsm_cell(u8 state, enum atcp_event event)
{
	return &table[state][event];
}

const char *atcp_state_name(u8 state)
{
	return state < ATCP_NSTATES && state_names[state] ? state_names[state] : "?";
}

const char *atcp_event_name(enum atcp_event event)
{
	return event < ATCP_E_NEVENTS ? event_names[event] : "?";
}

void atcp_fsm_init(u8 *state)
{
	*state = ATCP_CLOSED;
}

void atcp_fsm_inherit(u8 *state, u8 from)
{
	*state = from;
}

u8 atcp_fsm_step(u8 *state, enum atcp_event event, const void *who)
{
	const struct atcp_cell *cell = &table[*state][event];
	u8 from = *state;

	if (!cell->next)
		return ATCP_A_ILLEGAL;
	*state = cell->next;
	atcp_port_transition(who, from, cell->next, event);
	return cell->actions;
}
