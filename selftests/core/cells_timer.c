// SPDX-License-Identifier: GPL-2.0-only
/* The timeouts, RFC 9293 3.10.8: in each state the timer that it has, or that it has none. */
#include "cells_row.h"

#define TRIES	50	/* of any timer that ends a connection */

/* The peer does not answer: what has to be there for it to be missed */
static void leave_unanswered(struct bench *b, u8 state)
{
	if (BIT(state) & (EST | CW))
		bench_send(b);
	else if (BIT(state) & F2)
		atcp_conn_keepalive(&b->c, true, b->now);
	bench_mark(b);
}

static void req_timeout(struct bench *b)
{
	enum atcp_verdict v = ATCP_V_REPLY;
	struct atcp_seg out;
	u32 i;

	for (i = 0; i < TRIES && v == ATCP_V_REPLY; i++) {
		b->now = b->req.deadline;
		v = atcp_req_timer(&b->req, &b->cfg, b->now, &out);
	}
	WANT(b, v == ATCP_V_FORGET);
	WANT(b, b->req.state == ATCP_CLOSED);
}

static void user_timeout(struct bench *b, u8 state)
{
	u32 i;

	if (b->holder == HELD_REQ) {
		req_timeout(b);
		return;
	}
	b->c.user_timeout_ms = 5000;
	leave_unanswered(b, state);
	if (BIT(state) & (CLOSED | LISTEN | TW)) {
		/* nothing is waited for but, in TIME_WAIT, its own end */
		WANT(b, !atcp_conn_deadline(&b->c));
		return;
	}
	for (i = 0; i < TRIES && b->c.state != ATCP_CLOSED; i++) {
		b->nout = 0;
		bench_timer(b);
	}
	WANT(b, b->c.state == ATCP_CLOSED);
	WANT(b, b->told == (ATCP_EV_ERROR | ATCP_EV_CLOSED));
	WANT(b, b->c.err == ETIMEDOUT);
	WANT(b, list_empty(&b->c.txq));
	WANT(b, !atcp_conn_deadline(&b->c));
	/* an idle connection that is found dead is reset, RFC 9293 3.8.4 */
	if (state == ATCP_FIN_WAIT_2)
		SENT(b, R | A, 0, 0, 0);
	SILENT(b);
}

/* The front of the queue goes again, and the timer is set anew for twice the time. */
static void retransmission(struct bench *b, u8 state)
{
	u64 wait = 0;
	u32 i;

	leave_unanswered(b, state);
	if (BIT(state) & (CLOSED | LISTEN | F2 | TW)) {
		WANT(b, !b->c.timer[ATCP_T_RTX]);
		return;
	}
	for (i = 0; i < 3; i++) {
		bench_timer(b);
		if (BIT(state) & SS)
			SENT(b, S, -1, 0, 0);
		else if (BIT(state) & SR)
			SENT(b, S | A, -1, 0, 0);
		else if (BIT(state) & UNACKED)
			SENT(b, F | A, -1, 0, 0);
		else
			SENT(b, P | A, -100, 0, 100);
		SILENT(b);
		WANT(b, bench_state(b) == state);
		WANT(b, atcp_conn_deadline(&b->c) - b->now >= 2 * wait);
		wait = atcp_conn_deadline(&b->c) - b->now;
		WANT(b, wait);
	}
}

static void req_retransmission(struct bench *b, u8 state)
{
	struct atcp_seg out;
	u64 was = b->req.deadline;

	b->now = was;
	WANT(b, atcp_req_timer(&b->req, &b->cfg, b->now, &out) == ATCP_V_REPLY);
	WANT(b, out.flags == (S | A) && out.seq == CELLS_ISS && out.ack == b->rcv_nxt);
	WANT(b, b->req.deadline > was);
	WANT(b, bench_state(b) == state);
}

static void time_wait(struct bench *b, u8 state)
{
	u8 now = bench_state(b);

	if (state != ATCP_TIME_WAIT) {
		WANT(b, atcp_fsm_step(&now, ATCP_E_2MSL, NULL) == ATCP_A_ILLEGAL);
		return;
	}
	/* bench_mark() has let a second go by */
	WANT(b, b->tw.deadline == b->now - ATCP_NS_PER_SEC + b->cfg.time_wait);
	atcp_tw_expire(&b->tw);
	WANT(b, bench_state(b) == ATCP_CLOSED);
	SILENT(b);
}

const struct cells_tale cells_timer_tales[] = {
	{ CLOSED | LISTEN | SS | SYNCED | TW, "USER_TIMEOUT", .run = user_timeout },
	{ SR, "USER_TIMEOUT", FROM_SYN_SENT | FROM_LISTEN, .run = user_timeout },
	{ CLOSED | LISTEN | SS | SYNCED | TW, "RETRANSMISSION_TIMEOUT", .run = retransmission },
	{ SR, "RETRANSMISSION_TIMEOUT", FROM_SYN_SENT, .run = retransmission },
	{ SR, "RETRANSMISSION_TIMEOUT", FROM_LISTEN, .run = req_retransmission },
	{ CLOSED | LISTEN | SS | SR | SYNCED | TW, "TIME_WAIT_TIMEOUT", .run = time_wait },
	{ 0 }
};
