// SPDX-License-Identifier: GPL-2.0-only
/* The host, the user and the peer of a connection, in the hands of a test of its cells. */
#include <stdio.h>
#include <stdlib.h>

#include "cells.h"
#include "endpoint.h"
#include "port.h"

#define SEC		ATCP_NS_PER_SEC
#define TOLD_NOT	(ATCP_EV_STATE | ATCP_EV_RCVBUF | ATCP_EV_ROUTE)

static const char *const flag_names = "FSRPAUEC";

static struct bench *bench_of(const struct atcp_conn *c)
{
	return (struct bench *)((char *)c - offsetof(struct bench, c));
}

bool bench_want(struct bench *b, bool good, const char *what, const char *file, int line)
{
	if (!good) {
		printf("# %s: %s:%d: not so: %s\n", b->where, file, line, what);
		b->ok = false;
	}
	return good;
}

static const char *show(const struct atcp_seg *s, const struct bench *b, char *buf, size_t size)
{
	char flags[9], *p = flags;
	int i;

	for (i = 0; i < 8; i++)
		if (s->flags & BIT(i))
			*p++ = flag_names[i];
	*p = 0;
	snprintf(buf, size, "%s seq %#x (SND.NXT%+d) ack %#x (RCV.NXT%+d) len %u", flags, s->seq,
		 (s32)(s->seq - b->snd_nxt), s->ack, (s32)(s->ack - b->rcv_nxt), s->len);
	return buf;
}

bool bench_sent(struct bench *b, u8 flags, u32 seq, u32 ack, u32 len, const char *file, int line)
{
	const struct atcp_seg want = { .flags = flags, .seq = seq, .ack = ack, .len = len };
	struct atcp_seg got;
	char one[100], two[100];

	if (!bench_want(b, b->nout > 0, "a segment was sent", file, line))
		return false;
	got = b->out[0];
	b->nout--;
	memmove(b->out, b->out + 1, b->nout * sizeof(got));
	if (!(flags & ATCP_ACK))
		got.ack = ack;
	if (got.flags == flags && got.seq == seq && got.ack == ack && got.len == len)
		return true;
	printf("# %s: %s:%d: sent %s, not %s\n", b->where, file, line,
	       show(&got, b, one, sizeof(one)), show(&want, b, two, sizeof(two)));
	b->ok = false;
	return false;
}

static void sent(struct bench *b, const struct atcp_seg *s)
{
	if (WANT(b, b->nout < ARRAY_SIZE(b->out)))
		b->out[b->nout++] = *s;
}

u8 bench_state(const struct bench *b)
{
	switch (b->holder) {
	case HELD_REQ:
		return b->req.state;
	case HELD_TW:
		return b->tw.state;
	default:
		return b->c.state;
	}
}

void bench_collect(struct bench *b)
{
	b->told |= b->c.ev & ~TOLD_NOT;
	b->c.ev = 0;
	if (b->holder == HELD_CONN && b->c.state == ATCP_TIME_WAIT) {
		WANT(b, b->told & ATCP_EV_TIMEWAIT);
		atcp_tw_init(&b->tw, &b->c, b->now);
		b->holder = HELD_TW;
	}
}

/* From now on, this is new. Seconds go by: limits on answers are not what is tried. */
void bench_mark(struct bench *b)
{
	b->now += SEC;
	b->nout = 0;
	b->told = 0;
	b->delivered = 0;
	switch (b->holder) {
	case HELD_CONN:
		b->snd_nxt = b->c.snd_nxt;
		b->snd_una = b->c.snd_una;
		b->rcv_nxt = b->c.rcv_nxt;
		break;
	case HELD_REQ:
		b->snd_nxt = b->req.iss + 1;
		b->snd_una = b->req.iss;
		b->rcv_nxt = b->req.irs + 1;
		break;
	case HELD_TW:
		b->snd_nxt = b->tw.snd_nxt;
		b->snd_una = b->tw.snd_nxt;
		b->rcv_nxt = b->tw.rcv_nxt;
		break;
	case HELD_LISTEN:
		break;
	}
	if (b->holder == HELD_LISTEN || bench_state(b) == ATCP_CLOSED)
		b->snd_nxt = CELLS_ISS;
	if (b->holder == HELD_LISTEN || bench_state(b) == ATCP_CLOSED ||
	    bench_state(b) == ATCP_SYN_SENT)
		b->rcv_nxt = CELLS_IRS;
}

static void conn_input(struct bench *b, const struct atcp_seg *s)
{
	struct atcp_rxseg *rx = NULL;

	if (s->len) {
		rx = calloc(1, sizeof(*rx));
		if (!rx)
			abort();
		rx->seq = s->seq;
		rx->len = s->len;
		rx->mss = 0;
		rx->flags = s->flags & (ATCP_FIN | ATCP_PSH);
	}
	if (!atcp_conn_input(&b->c, s, rx, b->now))
		free(rx);
	bench_collect(b);
}

/* The SYN that comes first to a listener, or to TIME_WAIT and so to a listener */
static enum atcp_verdict listen_input(struct bench *b, const struct atcp_seg *s, u32 isn,
				      struct atcp_seg *out)
{
	enum atcp_verdict v;

	v = atcp_listen_input(&b->l, &b->cfg, s, isn, 0, b->now, &b->req, out);
	if (v == ATCP_V_NEW)
		b->holder = HELD_REQ;
	return v;
}

void bench_input(struct bench *b, struct atcp_seg *s)
{
	enum atcp_verdict v = ATCP_V_DROP;
	struct atcp_seg out;

	s->wnd = s->wnd ? s->wnd : CELLS_WND;
	if (b->holder == HELD_LISTEN) {
		v = listen_input(b, s, CELLS_ISS, &out);
	} else if (b->holder == HELD_REQ) {
		v = atcp_req_input(&b->req, &b->cfg, s, b->now, &out);
		if (v == ATCP_V_ACCEPT) {
			endpoint_conn(&b->c, &b->cfg, CELLS_WND);
			b->holder = HELD_CONN;
			atcp_conn_accept(&b->c, &b->req, b->now);
			conn_input(b, s);
		}
	} else if (b->holder == HELD_TW) {
		v = atcp_tw_input(&b->tw, &b->cfg, s, b->now, &out);
		if (v == ATCP_V_REOPEN) {
			atcp_tw_reopen(&b->tw);
			WANT(b, b->tw.state == ATCP_SYN_RECV);
			v = listen_input(b, s, CELLS_ISS + 1000, &out);
		}
	} else if (b->c.state == ATCP_CLOSED) {
		v = atcp_closed_input(s, &out) ? ATCP_V_REPLY : ATCP_V_DROP;
	} else {
		conn_input(b, s);
	}
	if (v == ATCP_V_REPLY || v == ATCP_V_NEW || v == ATCP_V_FORGET_REPLY)
		sent(b, &out);
}

void bench_arrives(struct bench *b, u8 flags, s32 seq, s32 ack, u32 len)
{
	struct atcp_seg s = {
		.flags = flags, .seq = b->rcv_nxt + seq, .len = len,
		.ack = flags & ATCP_ACK ? b->snd_nxt + ack : 0,
	};

	bench_input(b, &s);
}

/* What is in order, acknowledges nothing new and shows a window */
void bench_window(struct bench *b, s32 seq, u32 len, u16 wnd)
{
	struct atcp_seg s = {
		.flags = ATCP_ACK, .seq = b->rcv_nxt + seq, .ack = b->snd_una, .len = len,
		.wnd = wnd,
	};

	bench_input(b, &s);
}

/* Fill the window that we offer to the last byte */
void bench_shut(struct bench *b)
{
	u32 i;

	for (i = 0; i < CELLS_WND / 1000; i++) {
		b->nout = 0;
		bench_window(b, i * 1000, 1000, 5000);
		WANT(b, b->c.rcv_nxt == b->rcv_nxt + (i + 1) * 1000);
	}
	bench_mark(b);
	WANT(b, !atcp_conn_rcv_wnd(&b->c));
}

void bench_queue(struct bench *b, u32 len)
{
	struct atcp_txseg *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->len = len;
	atcp_conn_queue(&b->c, t);
}

/* Of 100 bytes */
void bench_send(struct bench *b)
{
	bench_queue(b, 100);
	atcp_conn_push(&b->c, false, b->now);
	bench_collect(b);
}

void bench_timer(struct bench *b)
{
	b->now = max(b->now, atcp_conn_deadline(&b->c));
	atcp_conn_timer(&b->c, b->now);
	bench_collect(b);
}

static void close_it(struct bench *b)
{
	if (b->data)
		bench_queue(b, b->data);
	atcp_conn_close(&b->c, b->now);
}

static void enter_syn_received(struct bench *b, u8 from)
{
	if (from == FROM_SYN_SENT)
		bench_enter(b, ATCP_SYN_SENT, 0, b->data);
	else
		bench_enter(b, ATCP_LISTEN, 0, b->data);
	bench_arrives(b, ATCP_SYN, 0, 0, 0);
	if (from == FROM_ACCEPT) {
		endpoint_conn(&b->c, &b->cfg, CELLS_WND);
		b->holder = HELD_CONN;
		atcp_conn_accept(&b->c, &b->req, b->now);
	}
}

/* The way to the states after ESTABLISHED, one event from the state before. */
static void enter_later(struct bench *b, u8 state)
{
	static const u8 before[ATCP_NSTATES] = {
		[ATCP_FIN_WAIT_1] = ATCP_ESTABLISHED, [ATCP_FIN_WAIT_2] = ATCP_FIN_WAIT_1,
		[ATCP_CLOSE_WAIT] = ATCP_ESTABLISHED, [ATCP_CLOSING] = ATCP_FIN_WAIT_1,
		[ATCP_LAST_ACK] = ATCP_CLOSE_WAIT, [ATCP_TIME_WAIT] = ATCP_FIN_WAIT_2,
	};

	bench_enter(b, before[state], 0, b->data);
	switch (state) {
	case ATCP_FIN_WAIT_1:
	case ATCP_LAST_ACK:
		close_it(b);
		break;
	case ATCP_FIN_WAIT_2:
		bench_arrives(b, ATCP_ACK, 0, 0, 0);
		break;
	case ATCP_CLOSING:
		bench_arrives(b, ATCP_FIN | ATCP_ACK, 0, -1 - (s32)b->data, 0);
		break;
	default:
		bench_arrives(b, ATCP_FIN | ATCP_ACK, 0, 0, 0);
	}
	bench_collect(b);
}

/* What has been used of the sequence spaces in a state: ours, the peer's */
static void check_numbers(struct bench *b, u8 state)
{
	const bool sent_fin = BIT(state) & (BIT(ATCP_FIN_WAIT_1) | BIT(ATCP_FIN_WAIT_2) |
		BIT(ATCP_CLOSING) | BIT(ATCP_LAST_ACK) | BIT(ATCP_TIME_WAIT));
	const bool got_fin = BIT(state) & (BIT(ATCP_CLOSE_WAIT) | BIT(ATCP_CLOSING) |
		BIT(ATCP_LAST_ACK) | BIT(ATCP_TIME_WAIT));

	WANT(b, bench_state(b) == state);
	if (state == ATCP_CLOSED || state == ATCP_LISTEN)
		return;
	WANT(b, b->snd_nxt == CELLS_ISS + 1 + (sent_fin ? b->data + 1 : 0));
	if (state != ATCP_SYN_SENT)
		WANT(b, b->rcv_nxt == CELLS_IRS + 1 + got_fin);
}

void bench_enter(struct bench *b, u8 state, u8 from, u32 data)
{
	b->data = data;
	switch (state) {
	case ATCP_CLOSED:
		b->ok = true;
		b->now = 1000 * SEC;
		b->holder = HELD_CONN;
		atcp_cfg_init(&b->cfg);
		b->l = endpoint_listener(CELLS_WND);
		endpoint_conn(&b->c, &b->cfg, CELLS_WND);
		break;
	case ATCP_LISTEN:
		bench_enter(b, ATCP_CLOSED, 0, data);
		atcp_fsm_step(&b->c.state, ATCP_E_PASSIVE_OPEN, &b->c);
		b->holder = HELD_LISTEN;
		break;
	case ATCP_SYN_SENT:
		bench_enter(b, ATCP_CLOSED, 0, data);
		atcp_conn_open(&b->c, CELLS_ISS, 0, b->now);
		break;
	case ATCP_SYN_RECV:
		enter_syn_received(b, from);
		break;
	case ATCP_ESTABLISHED:
		bench_enter(b, ATCP_SYN_SENT, 0, data);
		bench_arrives(b, ATCP_SYN | ATCP_ACK, 0, 0, 0);
		break;
	default:
		enter_later(b, state);
	}
	bench_mark(b);
	check_numbers(b, state);
}

void bench_leave(struct bench *b)
{
	atcp_conn_purge(&b->c);
}

/* The host */

int atcp_port_transmit(struct atcp_conn *c, struct atcp_txseg *t, const struct atcp_seg *s,
		       u32 mss)
{
	sent(bench_of(c), s);
	return 0;
}

bool atcp_port_queue_full(struct atcp_conn *c, const struct atcp_txseg *t, bool again)
{
	return false;
}

bool atcp_port_in_queue(struct atcp_conn *c, const struct atcp_txseg *t)
{
	return false;
}

struct atcp_txseg *atcp_port_split(struct atcp_conn *c, struct atcp_txseg *t, u32 at)
{
	return calloc(1, sizeof(*t));
}

void atcp_port_tx_free(struct atcp_conn *c, struct atcp_txseg *t)
{
	free(t);
}

void atcp_port_tx_trim(struct atcp_conn *c, struct atcp_txseg *t, u32 bytes)
{
}

bool atcp_port_rx_admit(struct atcp_conn *c, struct atcp_rxseg *rx)
{
	return true;
}

void atcp_port_deliver(struct atcp_conn *c, struct atcp_rxseg *rx, u32 skip)
{
	bench_of(c)->delivered += rx->len - skip;
	free(rx);
}

void atcp_port_rx_free(struct atcp_rxseg *rx)
{
	free(rx);
}

void *atcp_port_realloc(void *old, size_t old_size, size_t size)
{
	if (size)
		return realloc(old, size);
	free(old);
	return NULL;
}

void atcp_port_count(const struct atcp_conn *c, enum atcp_counter what)
{
}

void atcp_port_transition(const void *who, u8 from, u8 to, enum atcp_event event)
{
}

u32 atcp_port_random(u32 ceil)
{
	return ceil / 2;
}
