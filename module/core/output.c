// SPDX-License-Identifier: GPL-2.0-only
/* What may be sent now: retransmissions, then new data. RFC 9293 sections 3.7.4 and 3.8.6. */
#include "output.h"
#include "api.h"
#include "loss.h"
#include "pace.h"
#include "port.h"
#include "seq.h"
#include "timers.h"
#include "tlp.h"
#include "xmit.h"

#define HOLD	U32_MAX

void atcp_tx_drop(struct atcp_conn *c, struct atcp_txseg *t)
{
	if (c->rtx_hint == t)
		c->rtx_hint = NULL;
	if (t == &c->syn)
		memset(&c->rec, 0, sizeof(c->rec));
	else if (t != &c->fin)
		atcp_port_tx_free(c, t);
}

struct atcp_txseg *atcp_tx_split(struct atcp_conn *c, struct atcp_txseg *t, u32 at)
{
	struct atcp_txseg *rest = atcp_port_split(c, t, at);

	if (!rest)
		return NULL;
	rest->seq = t->seq + at;
	rest->len = t->len - at;
	rest->sent_ns = t->sent_ns;
	rest->flags = t->flags;
	rest->mark = t->mark;
	rest->sent = t->sent;
	t->len = at;
	t->flags &= ~(ATCP_FIN | ATCP_PSH);
	list_add(&rest->node, &t->node);
	return rest;
}

/* Of the queue no more than one segment is out, however long it may be. */
static bool one_out(const struct atcp_conn *c)
{
	const struct list_head *last = c->tx_next ? c->tx_next->node.prev : c->txq.prev;

	return last == &c->txq || last->prev == &c->txq;
}

bool atcp_tx_held(struct atcp_conn *c, const struct atcp_txseg *t, bool again)
{
	/* a device that is slow to say what has left gets a second one to be busy with */
	return !one_out(c) && atcp_port_queue_full(c, t, again);
}

bool atcp_tx_still_here(struct atcp_conn *c, const struct atcp_txseg *t)
{
	if (!atcp_port_in_queue(c, t))
		return false;
	atcp_port_count(c, ATCP_C_TCPSpuriousRtxHostQueues);
	return true;
}

static u32 window_room(const struct atcp_conn *c, u32 seq)
{
	u32 edge = c->snd_una + c->snd_wnd;

	return atcp_after(edge, seq) ? edge - seq : 0;
}

/* cwnd holds something back, or would: there is no room for another segment. */
static void window_full(struct atcp_conn *c)
{
	c->cwnd_limited = 1;
	c->cwnd_full = c->snd_nxt;
}

/* The next lost segments, as far as cwnd goes. SHLD-16: only inside the peer's window. */
static void retransmit(struct atcp_conn *c, u32 mss, u64 now)
{
	struct atcp_txseg *t = c->rtx_hint;

	if (!t)
		t = list_first_entry(&c->txq, struct atcp_txseg, node);
	list_for_each_entry_from(t, &c->txq, node) {
		u32 pipe, room, want;

		if (t == c->tx_next || c->lost <= c->retrans)
			break;
		if ((t->mark & (ATCP_TX_LOST | ATCP_TX_RETRANS)) != ATCP_TX_LOST)
			continue;
		c->rtx_hint = t;
		want = min(t->len, mss);
		room = want;
		if (!c->fast_rtx) {
			if (atcp_pace_wait(c, now))
				return;
			pipe = atcp_conn_pipe(c);
			if (pipe + want > c->cwnd) {
				/* what was lost fills the window too: it may grow (slow start) */
				window_full(c);
				return;
			}
			if (want > window_room(c, t->seq))
				return;
			room = min3(c->cwnd - pipe, window_room(c, t->seq),
				    atcp_pace_burst(c, mss));
			if (room > mss)
				room -= room % mss;
		}
		if (atcp_tx_still_here(c, t))
			return;
		if (t->len > room && !atcp_tx_split(c, t, room))
			return;
		if (atcp_tx_held(c, t, true))
			return;
		c->fast_rtx = 0;
		if (atcp_xmit(c, t, mss, now))
			return;
	}
}

/* RFC 9293 3.7.4 with Minshall's refinement: one partial segment at a time may be out. */
static bool partial_ok(const struct atcp_conn *c, const struct atcp_txseg *t, enum atcp_push how)
{
	if (how == ATCP_PUSH_FORCE || t->flags & ATCP_FIN || c->urg_mode)
		return true;
	if (how == ATCP_PUSH_MORE || c->cork)
		return false;
	return c->nodelay || c->snd_una == c->snd_nxt || !atcp_after(c->snd_sml, c->snd_una);
}

/* MUST-38, RFC 9293 3.8.6.2.1: bytes of @t that may go now, HOLD for none. */
static u32 allowance(struct atcp_conn *c, struct atcp_txseg *t, u32 mss, enum atcp_push how)
{
	u32 room = window_room(c, t->seq);
	u32 pipe = atcp_conn_pipe(c);
	u32 n = min(t->len, room);
	u32 cwnd;

	if (!t->len)
		return room ? 0 : HOLD;
	if (!n)
		return HOLD;
	cwnd = c->cwnd > pipe ? c->cwnd - pipe : 0;
	if (cwnd < min(n, mss))
		return HOLD;
	n = min(n, cwnd);
	if (n > mss)
		n = min(n, atcp_pace_burst(c, mss));
	if (n < t->len) {
		if (n >= mss)
			return n - n % mss;
		/* the window cuts it short: half of the largest ever seen, or a timer's word */
		return how == ATCP_PUSH_FORCE || n >= c->max_window / 2 ? n : HOLD;
	}
	if (n % mss == 0 || !list_is_last(&t->node, &c->txq) || partial_ok(c, t, how))
		return n;
	return n > mss ? n - n % mss : HOLD;
}

/* RFC 5681 section 4.1: after an idle time the ACK clock is gone. */
static void restart_after_idle(struct atcp_conn *c, u64 now)
{
	u32 initial = c->cfg->init_cwnd * c->mss;

	if (c->cwnd <= initial || !c->cfg->slow_start_idle || c->snd_una != c->snd_nxt)
		return;
	if (now - c->last_snd > atcp_conn_rto(c))
		c->cwnd = initial;
}

static void send_new(struct atcp_conn *c, u32 mss, enum atcp_push how, u64 now)
{
	u32 sent_to = c->snd_nxt;
	struct atcp_txseg *t;
	bool held = false;

	restart_after_idle(c, now);
	while ((t = c->tx_next)) {
		u32 n = allowance(c, t, mss, how);

		if (n == HOLD)
			break;
		held = n && atcp_pace_wait(c, now);
		if (held || (n < t->len && !atcp_tx_split(c, t, n)) || atcp_tx_held(c, t, false))
			break;
		if (atcp_xmit(c, t, mss, now))
			break;
	}
	if (atcp_conn_pipe(c) + mss > c->cwnd)
		window_full(c);
	/* nothing is out that would bring an ACK: only a timer can go on */
	if (c->tx_next && c->snd_una == c->snd_nxt && !held)
		atcp_persist_start(c, now);
	else if (c->snd_nxt != sent_to)
		atcp_tlp_schedule(c, now);
}

/* RFC 5682 section 2.1 (2b). Return: false where there is nothing new to send. */
static bool send_before_lost(struct atcp_conn *c, u32 mss, enum atcp_push how, u64 now)
{
	if (c->frto != ATCP_FRTO_SECOND)
		return false;
	if (c->tx_next)
		send_new(c, mss, how, now);
	if (atcp_after(c->snd_nxt, c->recover))
		return true;
	c->frto = 0;
	return false;
}

void atcp_output(struct atcp_conn *c, enum atcp_push how, u64 now)
{
	u64 again;
	u32 mss;

	switch (c->state) {
	case ATCP_ESTABLISHED:
	case ATCP_CLOSE_WAIT:
	case ATCP_FIN_WAIT_1:
	case ATCP_CLOSING:
	case ATCP_LAST_ACK:
		break;
	default:
		return;
	}
	if (unlikely(c->ecn_wait))
		return;
	mss = atcp_xmit_mss(c);
	if (unlikely(c->lost > c->retrans)) {
		if (send_before_lost(c, mss, how, now))
			return;
		again = c->bytes_retrans;
		retransmit(c, mss, now);
		if (c->bytes_retrans != again)
			atcp_tlp_schedule(c, now);
		/* RFC 6675 section 5 (C): what is lost goes before what is new */
		if (c->lost > c->retrans)
			return;
	}
	if (c->tx_next)
		send_new(c, mss, how, now);
}
