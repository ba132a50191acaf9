/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state machine of RFC 9293 section 3.3.2 as a table: state x event ->
 * next state + actions. fsm.c holds the table and the only write of a state.
 */
#ifndef _ATCP_CORE_FSM_H
#define _ATCP_CORE_FSM_H

#include <atcp/env.h>

/* Numbered as the kernel's TCP_* states, which ss, TCP_INFO and students know. */
enum atcp_state {
	ATCP_ESTABLISHED = 1,
	ATCP_SYN_SENT,
	ATCP_SYN_RECV,
	ATCP_FIN_WAIT_1,
	ATCP_FIN_WAIT_2,
	ATCP_TIME_WAIT,
	ATCP_CLOSED,
	ATCP_CLOSE_WAIT,
	ATCP_LAST_ACK,
	ATCP_LISTEN,
	ATCP_CLOSING,
	ATCP_NSTATES
};

/* What can move a connection; a segment is first reduced to one or two of these. */
enum atcp_event {
	ATCP_E_PASSIVE_OPEN,	/* OPEN call, passive */
	ATCP_E_ACTIVE_OPEN,	/* OPEN call, active, or SEND in LISTEN */
	ATCP_E_SYN,		/* SYN without an ACK of our SYN */
	ATCP_E_SYN_ACK,		/* SYN and an ACK of our SYN */
	ATCP_E_ACK_OF_SYN,	/* ACK of our SYN,ACK */
	ATCP_E_CLOSE,		/* CLOSE call or half-close; our FIN is queued */
	ATCP_E_FIN,		/* the peer's FIN is next; in SYN_RECEIVED with an ACK of our SYN */
	ATCP_E_ACK_OF_FIN,	/* our FIN is acknowledged */
	ATCP_E_FIN_ACK,		/* both in one segment: figure 5, note 2 */
	ATCP_E_RST,		/* an acceptable RST */
	ATCP_E_RETURN,		/* the same, or a SYN, in SYN_RECEIVED of a passive open */
	ATCP_E_ABORT,		/* ABORT call */
	ATCP_E_TIMEOUT,		/* user timeout, R2, or a bound on a silent peer */
	ATCP_E_2MSL,		/* the TIME_WAIT timeout */
	ATCP_E_NEVENTS
};

/* What a transition asks of the connection; conn.c carries it out. */
enum atcp_action {
	ATCP_A_NONE	= 0,
	ATCP_A_CONNECTED = 1 << 0,	/* tell the user, start data transfer */
	ATCP_A_SEND_SYN	= 1 << 1,	/* SYN, or SYN,ACK when one was received */
	ATCP_A_SEND_RST	= 1 << 2,	/* RFC 9293 3.10.5: ABORT tells the peer */
	ATCP_A_EOF	= 1 << 3,	/* no more data will come: tell the user */
	ATCP_A_FIN_SENT_DONE = 1 << 4,	/* the peer has all that we sent */
	ATCP_A_TIME_WAIT = 1 << 5,	/* stop the other timers, start 2 MSL */
	ATCP_A_DIE	= 1 << 6,	/* flush the queues, delete the TCB */
	ATCP_A_ILLEGAL	= 1 << 7,	/* this event cannot be in this state */
};

struct atcp_cell {
	u8 next;	/* enum atcp_state; 0 where the event is illegal */
	u8 actions;	/* of enum atcp_action */
};

const struct atcp_cell *atcp_fsm_cell(u8 state, enum atcp_event event);
const char *atcp_state_name(u8 state);
const char *atcp_event_name(enum atcp_event event);

/**
 * atcp_fsm_step() - the only write of a state
 * @state: the state of a connection, a handshake or a TIME_WAIT record
 * @event: what happened
 * @who: passed on to atcp_port_transition(), for the trace
 *
 * An illegal pair leaves the state as it is.
 *
 * Return: the actions of the cell (enum atcp_action).
 */
u8 atcp_fsm_step(u8 *state, enum atcp_event event, const void *who);

/* A new connection is CLOSED. */
void atcp_fsm_init(u8 *state);

/* A record takes over from a listener or a connection, a connection from a handshake. */
void atcp_fsm_inherit(u8 *state, u8 from);

#endif /* _ATCP_CORE_FSM_H */
