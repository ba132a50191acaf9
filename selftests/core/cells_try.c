// SPDX-License-Identifier: GPL-2.0-only
/* One row of a table: does its event do what it says? */
#include <stdio.h>

#include "cells_table.h"

static void check_answer(struct bench *b, const struct cells_row *row, u8 state)
{
	const struct cells_in *in = &row->in;
	const struct cells_out *out = &row->out;
	u32 seq = b->snd_nxt, ack = b->rcv_nxt + out->ack;
	u32 span = in->len + !!(in->flags & ATCP_SYN) + !!(in->flags & ATCP_FIN);

	if (out->flags & ATCP_SYN) {
		seq = CELLS_ISS + (state == ATCP_TIME_WAIT ? 1000 : 0);
		ack = b->rcv_nxt + in->seq + 1;
		/* a SYN that came again does not move */
		if (state == ATCP_SYN_RECV)
			ack = b->rcv_nxt;
	} else if (out->flags == ATCP_RST) {
		seq = b->snd_nxt + in->ack;
	} else if (state == ATCP_CLOSED) {
		seq = 0;
		ack = b->rcv_nxt + in->seq + span;
	}
	if (out->flags)
		bench_sent(b, out->flags, seq, ack, out->len, __FILE__, __LINE__);
	SILENT(b);
}

static void check_books(struct bench *b, const struct cells_row *row)
{
	WANT(b, b->told == row->told);
	WANT(b, b->c.err == row->err);
	WANT(b, b->delivered == (row->told & ATCP_EV_DATA ? row->in.len : 0));
	if (b->holder != HELD_CONN)
		return;
	if (row->told & ATCP_EV_SPACE)
		WANT(b, b->c.snd_una == b->snd_nxt + row->in.ack);
	else if (!row->call)
		WANT(b, b->c.snd_una == b->snd_una);
	if (bench_state(b) == ATCP_CLOSED) {
		WANT(b, list_empty(&b->c.txq));
		WANT(b, !atcp_conn_deadline(&b->c));
	}
}

void bench_row(const struct cells_row *row, u8 state, u8 from, bool *ok)
{
	struct atcp_seg s = { .flags = row->in.flags, .len = row->in.len, .urg = row->in.urg };
	enum cells_holder holder;
	static struct bench b;
	char where[100];

	snprintf(where, sizeof(where), "%s x %s (flags %#x seq %+d ack %+d len %u from %u)",
		 atcp_state_name(state), row->event, row->in.flags, row->in.seq, row->in.ack,
		 row->in.len, from);
	b.where = where;
	bench_enter(&b, state, from, row->data);
	if (row->before) {
		row->before(&b);
		bench_mark(&b);
	}
	holder = b.holder;
	if (row->call) {
		row->call(&b);
		bench_collect(&b);
	} else {
		s.seq = b.rcv_nxt + row->in.seq;
		s.ack = row->in.flags & ATCP_ACK ? b.snd_nxt + row->in.ack : 0;
		bench_input(&b, &s);
	}
	check_answer(&b, row, state);
	if (!WANT(&b, bench_state(&b) == (row->next ? row->next : state)))
		printf("# %s: it is %s\n", where, atcp_state_name(bench_state(&b)));
	/* what does not move is not handed on either */
	if (state == ATCP_SYN_RECV && bench_state(&b) == state)
		WANT(&b, b.holder == holder);
	check_books(&b, row);
	bench_leave(&b);
	*ok &= b.ok;
}
