// SPDX-License-Identifier: GPL-2.0-only
/* The text of a segment and its FIN: RFC 9293 3.10.7.4, sixth to eighth check. */
#include "text.h"
#include "api.h"
#include "life.h"
#include "port.h"
#include "seq.h"
#include "window.h"

/* One part of the buffer is given up at a time, lest each segment costs a walk. */
#define PRUNE_PARTS	8

static bool receiving(const struct atcp_conn *c)
{
	return c->state == ATCP_ESTABLISHED || c->state == ATCP_FIN_WAIT_1 ||
	       c->state == ATCP_FIN_WAIT_2 || c->state == ATCP_SYN_RECV;
}

static void deliver(struct atcp_conn *c, struct atcp_rxseg *rx)
{
	u32 skip = c->rcv_nxt - rx->seq;
	u32 fresh = rx->len - skip;

	atcp_port_deliver(c, rx, skip);
	c->rcv_nxt += fresh;
	c->rcv_used += fresh;
	c->bytes_received += fresh;
	c->ack_sched = 1;
	c->ev |= ATCP_EV_DATA;
}

/* RFC 2883 section 4 (1): what the newest segment repeats is reported, or nothing. */
static void forget_dsack(struct atcp_conn *c)
{
	c->dsack.start = c->dsack.end;
}

bool atcp_text_next(struct atcp_conn *c, struct atcp_rxseg *rx)
{
	if (unlikely(!atcp_port_rx_admit(c, rx)))
		return false;
	forget_dsack(c);
	c->data_segs_in++;
	atcp_window_measure(c, rx);
	deliver(c, rx);
	return true;
}

/* The holes that were filled. */
static void deliver_stored(struct atcp_conn *c)
{
	struct atcp_rxseg *rx;

	while (c->ooo.n && (rx = atcp_reasm_pull(&c->ooo, c->rcv_nxt)))
		deliver(c, rx);
}

static void set_dsack(struct atcp_conn *c, u32 start, u32 end)
{
	if (!c->sack_ok || !atcp_before(start, end))
		return;
	c->dsack.start = start;
	c->dsack.end = end;
}

bool atcp_conn_prune(struct atcp_conn *c, u32 from)
{
	u32 step = max_t(u32, c->rcv_buf / PRUNE_PARTS, 1);
	u32 at = c->ooo.n ? c->ooo.ranges[c->ooo.n - 1].end : from;

	while (atcp_after(at, from)) {
		at -= min_t(u32, step, at - from);
		if (!atcp_reasm_prune(&c->ooo, at))
			continue;
		atcp_port_count(c, ATCP_C_OfoPruned);
		c->pruned = 1;
		return true;
	}
	return false;
}

static bool store(struct atcp_conn *c, struct atcp_rxseg *rx)
{
	struct atcp_sack dup = { 0, 0 };
	int err;

	/* RFC 5681 section 4.2: at once, the sender counts these */
	c->ack_now = 1;
	c->quickack = ATCP_QUICKACK_SEGS;
	err = atcp_port_rx_admit(c, rx) ? atcp_reasm_insert(&c->ooo, rx, c->rcv_nxt, &dup) :
					  -ENOMEM;
	if (dup.start != dup.end) {
		set_dsack(c, dup.start, dup.end);
		atcp_port_count(c, ATCP_C_TCPDSACKOfoSent);
	} else if (err && c->pruned) {
		/* RFC 2018 section 8: the newest segment is in the first block even if discarded */
		set_dsack(c, rx->seq, rx->seq + rx->len);
	}
	atcp_port_count(c, err && err != -EEXIST ? ATCP_C_TCPOFODrop : ATCP_C_TCPOFOQueue);
	if (!err || err == -EEXIST)
		c->fin_newest = 0;
	return !err;
}

/* Payload beyond the right edge is not ours to keep; its FIN is out there too. */
static bool trim_to_window(struct atcp_conn *c, struct atcp_rxseg *rx)
{
	u32 wnd = atcp_conn_rcv_wnd(c);
	u32 offset = rx->seq - c->rcv_nxt;	/* negative where it starts before */
	s32 room = (s32)(wnd - offset);

	if (room >= (s32)rx->len)
		return false;
	rx->len = room > 0 ? room : 0;
	rx->flags &= ~ATCP_FIN;
	c->ack_now = 1;
	return true;
}

static void urgent(struct atcp_conn *c, const struct atcp_seg *s)
{
	u32 up = s->seq + s->urg;

	if (!atcp_after(up, c->rcv_nxt) || (c->urg_rcvd && !atcp_after(up, c->rcv_up)))
		return;
	c->rcv_up = up;
	c->urg_rcvd = 1;
	c->ev |= ATCP_EV_URGENT;
}

static void reach_fin(struct atcp_conn *c, u64 now)
{
	bool acked = c->state == ATCP_FIN_WAIT_1 && c->snd_una == c->write_seq;

	/* RFC 9293 3.10.7.4, eighth check */
	if (!c->rcv_fin || c->rcv_nxt != c->rcv_fin_seq)
		return;
	c->rcv_nxt++;
	/* what a peer sent past the end of its stream is no part of it */
	if (c->ooo.n)
		atcp_reasm_purge(&c->ooo);
	c->ack_now = 1;
	c->ack_sched = 1;
	atcp_life_event(c, acked ? ATCP_E_FIN_ACK : ATCP_E_FIN, now);
}

/* Of a segment that is the next in part: the first piece that was here before. */
static void report_overlap(struct atcp_conn *c, const struct atcp_rxseg *rx)
{
	const struct atcp_range *first = c->ooo.ranges;
	u32 end = rx->seq + rx->len;

	if (rx->seq != c->rcv_nxt) {
		set_dsack(c, rx->seq, c->rcv_nxt);
		/* a later segment must not find it unreported */
		c->ack_now = 1;
	} else if (c->ooo.n && atcp_before(first->start, end)) {
		set_dsack(c, first->start, atcp_before(first->end, end) ? first->end : end);
		atcp_port_count(c, ATCP_C_TCPDSACKOfoSent);
	}
}

static bool payload_input(struct atcp_conn *c, struct atcp_rxseg *rx)
{
	c->data_segs_in++;
	forget_dsack(c);
	atcp_window_measure(c, rx);
	trim_to_window(c, rx);
	if (!rx->len)
		return false;
	if (atcp_after(rx->seq, c->rcv_nxt))
		return store(c, rx);
	if (!atcp_after(rx->seq + rx->len, c->rcv_nxt)) {
		set_dsack(c, rx->seq, rx->seq + rx->len);
		atcp_port_count(c, ATCP_C_TCPDSACKOldSent);
		c->ack_now = 1;
		c->quickack = ATCP_QUICKACK_SEGS;
		return false;
	}
	if (!atcp_port_rx_admit(c, rx)) {
		atcp_port_count(c, ATCP_C_TCPRcvQDrop);
		c->ack_now = 1;
		return false;
	}
	report_overlap(c, rx);
	/* RFC 5681 section 4.2: filling a hole is acknowledged at once */
	if (c->ooo.n)
		c->ack_now = 1;
	deliver(c, rx);
	deliver_stored(c);
	if (!c->ooo.n)
		c->pruned = 0;
	return true;
}

/* @end: the number after the FIN. @held: the data before it was kept, or there is none. */
static void fin_input(struct atcp_conn *c, u32 end, bool held)
{
	c->ack_now = 1;
	c->fin_newest = 1;
	if (c->rcv_fin)
		return;
	/* it counts where all before it has been taken, or is held until the hole is filled */
	if (end - 1 == c->rcv_nxt || (atcp_after(end - 1, c->rcv_nxt) && held)) {
		c->rcv_fin = 1;
		c->rcv_fin_seq = end - 1;
	}
}

bool atcp_text_input(struct atcp_conn *c, const struct atcp_seg *s,
		     struct atcp_rxseg *rx, u64 now)
{
	u32 end = s->seq + atcp_seg_span(s);
	bool fin = s->flags & ATCP_FIN;
	bool kept = false;

	if (!receiving(c)) {
		/* nothing new can be in it: a FIN sent again, whose ACK was lost */
		if (atcp_seg_span(s))
			c->ack_now = 1;
		if (!atcp_after(s->seq + s->len, c->rcv_nxt))
			set_dsack(c, s->seq, s->seq + s->len);
		return false;
	}
	if (s->flags & ATCP_URG)
		urgent(c, s);
	/* SHLD-3: bytes that nobody will read are refused */
	if (c->orphan && s->len && atcp_after(s->seq + s->len, c->rcv_nxt)) {
		atcp_port_count(c, ATCP_C_TCPAbortOnData);
		/* RFC 7323 section 5.2: the RST echoes this segment, in order or not */
		c->rst_answers = c->ts_ok;
		if (c->ts_ok)
			c->ts_recent = s->opt.tsval;
		atcp_life_event(c, ATCP_E_ABORT, now);
		return false;
	}
	if (rx && rx->len) {
		/* what the window cut off is not there, its FIN neither */
		if ((s32)(end - c->rcv_adv) > (s32)fin)
			fin = false;
		kept = payload_input(c, rx);
	}
	if (fin)
		fin_input(c, end, kept || !s->len);
	reach_fin(c, now);
	/* the FIN that was to be one step with the ACK did not come to count */
	if (c->state == ATCP_SYN_RECV)
		atcp_life_event(c, ATCP_E_ACK_OF_SYN, now);
	if (c->state == ATCP_FIN_WAIT_1 && c->snd_una == c->write_seq)
		atcp_life_event(c, ATCP_E_ACK_OF_FIN, now);
	return kept;
}
