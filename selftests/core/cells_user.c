// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user's calls, RFC 9293 3.10.1 to 3.10.6, in each state.
 *
 * What a call returns where it is refused ("connection exists", "connection closing") is the
 * socket's business: the core is not called then. Here such cells show that the core itself would
 * not move, and send nothing; the errno is asked of sockets in selftests/wire/cells.py. These are
 * OPEN but in CLOSED and LISTEN, SEND in CLOSED, LISTEN and after our FIN, RECEIVE where there is
 * nothing to receive, and the second CLOSE. A handshake of a listener's has no user yet: what its
 * listener's CLOSE and ABORT do to it is for the wire's tests as well.
 */
#include <stdio.h>

#include "cells_row.h"

#define WITH_USER	(FROM_SYN_SENT | FROM_ACCEPT)

static void active_open(struct bench *b)
{
	b->holder = HELD_CONN;
	atcp_conn_open(&b->c, CELLS_ISS, 0, b->now);
}

static void queue(struct bench *b)
{
	bench_queue(b, 100);
}

static void push(struct bench *b)
{
	atcp_conn_push(&b->c, false, b->now);
}

static void send_urgent(struct bench *b)
{
	bench_queue(b, 100);
	atcp_conn_urgent(&b->c);
	atcp_conn_push(&b->c, false, b->now);
	WANT(b, b->nout == 1 && b->out[0].urg == 100);
	WANT(b, b->c.snd_up == b->snd_nxt + 100);
}

static void take_nothing(struct bench *b)
{
	atcp_conn_consumed(&b->c, 0, b->now);
}

static void close_conn(struct bench *b)
{
	atcp_conn_close(&b->c, b->now);
}

/* A socket that is still there in TIME_WAIT has the connection, beside the record. */
static void abort_conn(struct bench *b)
{
	if (b->holder == HELD_TW)
		b->holder = HELD_CONN;
	atcp_conn_abort(&b->c, b->now);
}

const struct cells_row cells_user_rows[] = {
	{ CLOSED | LISTEN, "OPEN", CALL(active_open), TO(SYN_SENT), SENDS(S) },

	{ CLOSED | LISTEN | F1 | F2 | CG | LA | TW, "SEND", CALL(push) },
	{ EST | CW, "SEND", CALL(bench_send), SENDS(P | A, 0, 100) },
	{ EST | CW, "SEND", CALL(send_urgent), SENDS(P | A | U, 0, 100) },

	{ CLOSED | LISTEN | SS | SYNCED | TW, "RECEIVE", CALL(take_nothing) },
	{ SR, "RECEIVE", WITH_USER, CALL(take_nothing) },

	{ LISTEN, "CLOSE", CALL(close_conn), TO(CLOSED), TELLS(E_GONE) },
	{ SS, "CLOSE", .before = queue, CALL(close_conn), TO(CLOSED), TELLS(E_GONE) },
	{ SR, "CLOSE", WITH_USER, CALL(close_conn), TO(FIN_WAIT_1), SENDS(F | A) },
	{ EST, "CLOSE", CALL(close_conn), TO(FIN_WAIT_1), SENDS(F | A) },
	{ EST, "CLOSE", .before = bench_send, CALL(close_conn), TO(FIN_WAIT_1), SENDS(F | A) },
	{ EST, "CLOSE", .before = queue, CALL(close_conn), TO(FIN_WAIT_1),
	  SENDS(F | P | A, 0, 100) },
	{ CW, "CLOSE", CALL(close_conn), TO(LAST_ACK), SENDS(F | A) },
	{ CW, "CLOSE", .before = queue, CALL(close_conn), TO(LAST_ACK),
	  SENDS(F | P | A, 0, 100) },
	{ CLOSED | F1 | F2 | CG | LA | TW, "CLOSE", CALL(close_conn) },

	{ CLOSED, "ABORT", CALL(abort_conn) },
	{ LISTEN, "ABORT", CALL(abort_conn), TO(CLOSED), TELLS(E_GONE) },
	{ SS, "ABORT", .before = queue, CALL(abort_conn), TO(CLOSED), TELLS(E_GONE) },
	{ SR, "ABORT", WITH_USER, .before = queue, CALL(abort_conn), TO(CLOSED), SENDS(R | A),
	  TELLS(E_GONE) },
	{ EST | F1 | F2 | CW, "ABORT", CALL(abort_conn), TO(CLOSED), SENDS(R | A), TELLS(E_GONE) },
	{ EST | CW, "ABORT", .before = bench_send, CALL(abort_conn), TO(CLOSED), SENDS(R | A),
	  TELLS(E_GONE) },
	{ CG | LA | TW, "ABORT", CALL(abort_conn), TO(CLOSED), TELLS(E_GONE) },
	{ 0 }
};

static void open_numbers(struct bench *b, u8 state)
{
	active_open(b);
	WANT(b, b->c.iss == CELLS_ISS);
	WANT(b, b->c.snd_una == CELLS_ISS);
	WANT(b, b->c.snd_nxt == CELLS_ISS + 1);
}

static void open_passive(struct bench *b, u8 state)
{
	atcp_fsm_step(&b->c.state, ATCP_E_PASSIVE_OPEN, &b->c);
	WANT(b, b->c.state == ATCP_LISTEN);
	SILENT(b);
}

/* "connection already exists" is the socket's to say; the state machine has no way either */
static void open_again(struct bench *b, u8 state)
{
	u8 now = bench_state(b);

	WANT(b, atcp_fsm_step(&now, ATCP_E_PASSIVE_OPEN, NULL) == ATCP_A_ILLEGAL);
	WANT(b, atcp_fsm_step(&now, ATCP_E_ACTIVE_OPEN, NULL) == ATCP_A_ILLEGAL);
	WANT(b, now == state);
}

/* Queued until the connection is there, then sent */
static void send_waits(struct bench *b, u8 state)
{
	const bool ss = state == ATCP_SYN_SENT;

	bench_send(b);
	SILENT(b);
	WANT(b, bench_state(b) == state);
	bench_arrives(b, ss ? S | A : A, 0, 0, 0);
	SENT(b, P | A, 0, ss, 100);
	SILENT(b);
	WANT(b, bench_state(b) == ATCP_ESTABLISHED);
}

/* No data yet, but there will be */
static void receive_waits(struct bench *b, u8 state)
{
	const bool ss = state == ATCP_SYN_SENT;

	take_nothing(b);
	SILENT(b);
	bench_arrives(b, ss ? S | A : A, 0, 0, 1000);
	WANT(b, b->told & ATCP_EV_DATA);
	WANT(b, b->delivered == 1000);
	SENT(b, A, 0, 1000 + ss, 0);
}

/* What the user takes is room again: told to a peer that waits for it */
static void receive_opens(struct bench *b, u8 state)
{
	bench_shut(b);
	WANT(b, b->c.rcv_used == CELLS_WND);
	atcp_conn_consumed(&b->c, CELLS_WND, b->now);
	WANT(b, b->nout == 1 && b->out[0].wnd == CELLS_WND);
	SENT(b, A, 0, 0, 0);
	WANT(b, bench_state(b) == state);
	WANT(b, b->c.copied_seq == b->rcv_nxt);
}

/* What is on hand, and then the end: no window needs to be opened any more */
static void receive_rest(struct bench *b, u8 state)
{
	bench_enter(b, ATCP_ESTABLISHED, 0, 0);
	bench_arrives(b, F | A, 0, 0, CELLS_WND - 1);
	SENT(b, A, 0, CELLS_WND, 0);
	WANT(b, b->told == (ATCP_EV_DATA | ATCP_EV_EOF));
	WANT(b, bench_state(b) == state);
	atcp_conn_consumed(&b->c, CELLS_WND - 1, b->now);
	SILENT(b);
	WANT(b, !b->c.rcv_used);
}

/* The FIN stays behind what is queued, until there is a connection */
static void close_waits(struct bench *b, u8 state)
{
	bench_queue(b, 100);
	close_conn(b);
	SILENT(b);
	WANT(b, bench_state(b) == state);
	bench_arrives(b, A, 0, 0, 0);
	SENT(b, F | P | A, 0, 0, 100);
	SILENT(b);
	WANT(b, bench_state(b) == ATCP_FIN_WAIT_1);
}

static void status(struct bench *b, u8 state)
{
	static const char *const names[ATCP_NSTATES] = {
		[ATCP_CLOSED] = "CLOSED", [ATCP_LISTEN] = "LISTEN", [ATCP_SYN_SENT] = "SYN_SENT",
		[ATCP_SYN_RECV] = "SYN_RECEIVED", [ATCP_ESTABLISHED] = "ESTABLISHED",
		[ATCP_FIN_WAIT_1] = "FIN_WAIT_1", [ATCP_FIN_WAIT_2] = "FIN_WAIT_2",
		[ATCP_CLOSE_WAIT] = "CLOSE_WAIT", [ATCP_CLOSING] = "CLOSING",
		[ATCP_LAST_ACK] = "LAST_ACK", [ATCP_TIME_WAIT] = "TIME_WAIT",
	};

	WANT(b, !strcmp(atcp_state_name(bench_state(b)), names[state]));
	SILENT(b);
}

const struct cells_tale cells_user_tales[] = {
	{ CLOSED, "OPEN", .run = open_numbers },
	{ CLOSED, "OPEN", .run = open_passive },
	{ SS | SR | SYNCED | TW, "OPEN", .run = open_again },
	{ SS, "SEND", .run = send_waits },
	{ SR, "SEND", WITH_USER, .run = send_waits },
	{ SS, "RECEIVE", .run = receive_waits },
	{ SR, "RECEIVE", WITH_USER, .run = receive_waits },
	{ EST | F1 | F2, "RECEIVE", .run = receive_opens },
	{ CW, "RECEIVE", .run = receive_rest },
	{ SR, "CLOSE", WITH_USER, .run = close_waits },
	{ CLOSED | LISTEN | SS | SR | SYNCED | TW, "STATUS", .run = status },
	{ 0 }
};
