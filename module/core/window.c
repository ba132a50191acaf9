// SPDX-License-Identifier: GPL-2.0-only
/* The receive window and when to acknowledge: RFC 9293 sections 3.8.6.2.2 and 3.8.6.3. */
#include "window.h"
#include "ackdelay.h"
#include "api.h"
#include "handshake.h"
#include "port.h"
#include "seq.h"
#include "timers.h"
#include "xmit.h"

u32 atcp_conn_rcv_wnd(const struct atcp_conn *c)
{
	return atcp_after(c->rcv_adv, c->rcv_nxt) ? c->rcv_adv - c->rcv_nxt : 0;
}

/* Segments that are offered while memory is short: what is on offer already stays so. */
#define TIGHT_SEGS	4

static u32 free_space(const struct atcp_conn *c)
{
	u32 space = c->rcv_buf > c->rcv_used ? c->rcv_buf - c->rcv_used : 0;

	if (unlikely(c->mem_tight))
		space = min_t(u32, space, TIGHT_SEGS * c->adv_mss);
	return min_t(u32, space, 0xffffU << c->rcv_wscale);
}

/* MUST-39: the edge moves by a segment or by half the buffer, whichever is less. */
static bool worth_opening(const struct atcp_conn *c, u32 cur, u32 space)
{
	return space > cur && space - cur >= min(c->rcv_buf / 2, c->rcv_mss);
}

u16 atcp_window_offer(struct atcp_conn *c, u8 shift)
{
	u32 cur = atcp_conn_rcv_wnd(c);
	u32 wnd = cur;
	u32 space = free_space(c);
	u32 field;

	if (worth_opening(c, cur, space))
		wnd = space;
	/*
	 * SHLD-14: rounding must not take back what was offered, so an unchanged edge is
	 * rounded up and a new one down.
	 */
	field = wnd == cur ? (wnd + (1U << shift) - 1) >> shift : wnd >> shift;
	if ((field << shift) < cur)
		field++;
	/*
	 * Segments smaller than the unit would be rounded up again and again, and the edge leave
	 * the buffer behind: a unit is the most. RFC 7323 section 2.4 allows for the edge shown to
	 * recede by less than that; rcv_adv stays, what was sent up to it is taken.
	 */
	if ((field << shift) > cur && (field << shift) >= space + (1U << shift))
		field--;
	field = min_t(u32, field, 0xffff);
	if (atcp_after(c->rcv_nxt + (field << shift), c->rcv_adv))
		c->rcv_adv = c->rcv_nxt + (field << shift);
	if (!field && cur)
		atcp_port_count(c, ATCP_C_TCPToZeroWindowAdv);
	return field;
}

void atcp_window_acked(struct atcp_conn *c)
{
	c->rcv_wup = c->rcv_nxt;
	c->ack_now = 0;
	if (!c->ack_sched)
		return;
	c->ack_sched = 0;
	if (c->quickack)
		c->quickack--;
	atcp_timer_clear(c, ATCP_T_DELACK);
}

/*
 * The end of what is longer than a segment: its sender has nothing behind it whose ACK would say
 * that it came, and waits for this one, as long as it is delayed and with a timer set for its loss.
 * RFC 1122 4.2.3.2 leaves open when an ACK is sent before its time.
 */
static bool tail_came(const struct atcp_conn *c)
{
	return c->rcv_nxt - c->rcv_wup < c->rcv_mss && c->rcv_nxt - c->rcv_msg > c->rcv_mss &&
	       !c->quickack_off;
}

void atcp_window_ack_policy(struct atcp_conn *c, u64 now)
{
	if ((!c->ack_sched && !c->ack_now) || c->ack_hold)
		return;
	/* SHLD-19: every second full segment; a slow start at the peer lives on early ACKs */
	if (c->ack_now || c->rcv_nxt - c->rcv_wup > c->rcv_mss ||
	    (c->quickack && !c->quickack_off && c->rcv_nxt - c->rcv_wup == c->rcv_mss)) {
		atcp_xmit_ack(c, now);
		return;
	}
	if (tail_came(c)) {
		c->rcv_msg = c->rcv_nxt;
		atcp_xmit_ack(c, now);
		return;
	}
	if (!c->timer[ATCP_T_DELACK])
		atcp_timer_set(c, ATCP_T_DELACK, now + atcp_ackdelay_own(c));
}

void atcp_window_measure(struct atcp_conn *c, const struct atcp_rxseg *rx)
{
	u32 len = min_t(u32, rx->mss ? rx->mss : rx->len, c->adv_mss);

	if (len > c->rcv_mss)
		c->rcv_mss = len;
}

/* Dynamic right-sizing: twice what the user took in a round trip: the window never binds. */
static void autotune(struct atcp_conn *c, u64 now)
{
	u32 took;
	u64 rtt = c->rtt.srtt;
	u64 want;

	if (!c->rcv_buf_max || !c->cfg->moderate_rcvbuf || !rtt || c->mem_tight)
		return;
	if (now - c->rcv_space_at < rtt)
		return;
	took = c->copied_seq - c->rcv_space_seq;
	if (took > c->rcv_space && now - c->rcv_space_at < 8 * rtt) {
		want = 2ULL * took + 16ULL * c->adv_mss;
		want = min_t(u64, want, c->rcv_buf_max);
		if (want > c->rcv_buf) {
			c->rcv_buf = want;
			c->ev |= ATCP_EV_RCVBUF;
		}
		c->rcv_space = took;
	}
	c->rcv_space_at = now;
	c->rcv_space_seq = c->copied_seq;
}

void atcp_conn_consumed(struct atcp_conn *c, u32 bytes, u64 now)
{
	u32 cur, space;

	c->copied_seq += bytes;
	c->rcv_used -= min(bytes, c->rcv_used);
	autotune(c, now);
	if (c->state != ATCP_ESTABLISHED && c->state != ATCP_FIN_WAIT_1 &&
	    c->state != ATCP_FIN_WAIT_2)
		return;
	/* an ACK that waited for the user goes with the window it has opened */
	if (c->ack_sched && c->rcv_nxt - c->rcv_wup > c->rcv_mss) {
		atcp_xmit_ack(c, now);
		return;
	}
	cur = atcp_conn_rcv_wnd(c);
	space = free_space(c);
	/* an update of its own is for a window that has become small: at least twice as much */
	if (space / 2 >= cur && worth_opening(c, cur, space)) {
		if (!cur)
			atcp_port_count(c, ATCP_C_TCPFromZeroWindowAdv);
		atcp_xmit_ack(c, now);
	}
}

void atcp_conn_quickack(struct atcp_conn *c, u64 now)
{
	if (c->ack_sched)
		atcp_xmit_ack(c, now);
}

void atcp_conn_hold_acks(struct atcp_conn *c)
{
	c->ack_hold = 1;
}

void atcp_conn_release_acks(struct atcp_conn *c, u64 now)
{
	c->ack_hold = 0;
	switch (c->state) {
	case ATCP_CLOSED:
	case ATCP_LISTEN:
	case ATCP_SYN_SENT:
	case ATCP_TIME_WAIT:
		return;
	}
	atcp_window_ack_policy(c, now);
}
