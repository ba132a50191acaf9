// SPDX-License-Identifier: GPL-2.0-only
/* SEGMENT ARRIVES: RFC 9293 section 3.10.7, with RFC 5961 and RFC 7323. */
#include "ack.h"
#include "api.h"
#include "ecn.h"
#include "life.h"
#include "output.h"
#include "port.h"
#include "seq.h"
#include "text.h"
#include "timers.h"
#include "uto.h"
#include "window.h"
#include "xmit.h"

#define TS_RECENT_AGE	(24ULL * 24 * 3600 * ATCP_NS_PER_SEC)	/* RFC 7323 section 5.5 */

/* What a call leaves to be sent: data carries an ACK along, so it goes first. */
static void answer(struct atcp_conn *c, u64 now)
{
	if (c->tx_next || c->lost > c->retrans)
		atcp_output(c, ATCP_PUSH_NORMAL, now);
	atcp_window_ack_policy(c, now);
}

/* RFC 7323 section 4.3 (2) and (3) */
static void update_ts_recent(struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	if (!(s->opt.has & ATCP_OPT_TS) || atcp_after(s->seq, c->rcv_wup))
		return;
	if ((s32)(s->opt.tsval - c->ts_recent) < 0 && now - c->ts_recent_at < TS_RECENT_AGE)
		return;
	c->ts_recent = s->opt.tsval;
	c->ts_recent_at = now;
}

/*
 * Header prediction: the next segment of an undisturbed connection. Everything that a check of
 * the long way would catch sends it there.
 */
static bool predicted(const struct atcp_conn *c, const struct atcp_seg *s)
{
	const u8 mask = ATCP_FIN | ATCP_SYN | ATCP_RST | ATCP_URG | ATCP_ACK;

	if (c->state != ATCP_ESTABLISHED || (s->flags & mask) != ATCP_ACK)
		return false;
	if (s->seq != c->rcv_nxt || s->opt.nsacks || s->opt.has & ATCP_OPT_UTO ||
	    c->ca_state != ATCP_CA_OPEN || c->ooo.n || c->rcv_fin)
		return false;
	if (s->ack - c->snd_una > c->snd_nxt - c->snd_una)
		return false;
	if (c->ts_ok && (!(s->opt.has & ATCP_OPT_TS) || (s32)(s->opt.tsval - c->ts_recent) < 0))
		return false;
	return s->len <= atcp_conn_rcv_wnd(c) && !c->orphan;
}

static bool fast_path(struct atcp_conn *c, const struct atcp_seg *s, struct atcp_rxseg *rx, u64 now)
{
	bool kept = false;

	if (c->ts_ok)
		update_ts_recent(c, s, now);
	c->last_rcv = now;
	atcp_ack_input(c, s, now);
	if (s->len) {
		if (c->ecn_ok)
			atcp_ecn_received(c, s);
		kept = atcp_text_next(c, rx);
		if (!kept) {
			atcp_port_count(c, ATCP_C_TCPRcvQDrop);
			c->ack_now = 1;
		}
	}
	answer(c, now);
	return kept;
}

/* RFC 7323 section 5.3 (R1): an old duplicate. A RST is judged by its number (section 5.2). */
static bool paws_reject(const struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	if (!c->ts_ok || s->flags & ATCP_RST)
		return false;
	return (s32)(s->opt.tsval - c->ts_recent) < 0 && now - c->ts_recent_at < TS_RECENT_AGE;
}

/*
 * First check, table 6. A segment that ends where we last acknowledged, or later, is let in as
 * well: it is trimmed, and a pure ACK that data has overtaken is not answered (appendix A.2).
 */
static bool acceptable(const struct atcp_conn *c, const struct atcp_seg *s)
{
	return !atcp_before(s->seq + atcp_seg_span(s), c->rcv_wup) &&
	       !atcp_after(s->seq, c->rcv_nxt + atcp_conn_rcv_wnd(c));
}

static void unacceptable(struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	if (s->flags & ATCP_RST)
		return;
	if (s->len && c->sack_ok && atcp_before(s->seq, c->rcv_nxt)) {
		c->dsack.start = s->seq;
		c->dsack.end = atcp_before(s->seq + s->len, c->rcv_nxt) ? s->seq + s->len :
									  c->rcv_nxt;
		atcp_port_count(c, ATCP_C_TCPDSACKOldSent);
	}
	/*
	 * Two ends that each find the other out of window must not answer each other for ever; nor
	 * is there a SYN that is not limited, RFC 5961 section 7
	 */
	if (!(s->flags & ATCP_SYN) && (s->len || s->flags & ATCP_FIN))
		atcp_xmit_ack(c, now);
	else
		atcp_xmit_challenge(c, now);
}

/* Second check, RFC 5961 section 3. */
static void input_rst(struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	u16 err = ECONNRESET;

	if (s->seq != c->rcv_nxt) {
		if (atcp_in_window(s->seq, c->rcv_nxt, atcp_conn_rcv_wnd(c)))
			atcp_xmit_challenge(c, now);
		return;
	}
	if (c->state == ATCP_SYN_RECV) {
		atcp_port_count(c, ATCP_C_AttemptFails);
		atcp_life_fail(c, c->passive ? ATCP_E_RETURN : ATCP_E_RST, ECONNREFUSED, now);
		return;
	}
	if (c->state == ATCP_ESTABLISHED || c->state == ATCP_CLOSE_WAIT)
		atcp_port_count(c, ATCP_C_EstabResets);
	if (c->state == ATCP_CLOSE_WAIT)
		err = EPIPE;
	atcp_life_fail(c, ATCP_E_RST, err, now);
}

/*
 * Fourth check. Return: true for the SYN,ACK of a simultaneous open, which goes on; false if the
 * segment was dealt with.
 */
static bool input_syn(struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	if (c->state == ATCP_SYN_RECV && s->seq == c->irs) {
		atcp_ecn_again(c, s);
		if (s->flags & ATCP_ACK)
			return true;
		/* our SYN,ACK was lost: the peer repeats its SYN */
		if (!c->passive)
			atcp_xmit(c, &c->syn, c->mss, now);
		return false;
	}
	if (c->state == ATCP_SYN_RECV && c->passive &&
	    atcp_in_window(s->seq, c->rcv_nxt, atcp_conn_rcv_wnd(c))) {
		atcp_life_fail(c, ATCP_E_RETURN, ECONNREFUSED, now);
		return false;
	}
	atcp_port_count(c, ATCP_C_TCPSYNChallenge);
	atcp_xmit_challenge(c, now);
	return false;
}

/* Fifth check up to the acceptance of the ACK. Return: false if the segment was dealt with. */
static bool check_ack(struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	u32 oldest = c->snd_una - c->max_window;

	if (!(s->flags & ATCP_ACK))
		return false;
	if (c->state == ATCP_SYN_RECV) {
		if (!atcp_after(s->ack, c->snd_una) || atcp_after(s->ack, c->snd_nxt)) {
			atcp_xmit_rst_for(c, s);
			return false;
		}
		return true;
	}
	/* RFC 5961 section 5, MAY-12: less than 2^31 numbers, and what lies beyond does not wrap */
	if (s->ack - oldest > c->snd_nxt - oldest) {
		atcp_xmit_challenge(c, now);
		return false;
	}
	return true;
}

static void synchronized(struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	/* the window of the ACK of our SYN is the first scaled one: it counts in any case */
	c->snd_wl1 = s->seq - 1;
	atcp_ack_input(c, s, now);
	/* with the peer's FIN in the same segment it is one step, see text.c */
	if ((s->flags & (ATCP_SYN | ATCP_FIN)) != ATCP_FIN)
		atcp_life_event(c, ATCP_E_ACK_OF_SYN, now);
}

/* The checks that a segment has to pass; false: one of them has dealt with it. */
static bool in_order_of_checks(struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	/* RFC 7323 section 3.2: once agreed on, timestamps are in every segment */
	if (c->ts_ok && !(s->opt.has & ATCP_OPT_TS) && !(s->flags & ATCP_RST))
		return false;
	if (paws_reject(c, s, now)) {
		atcp_port_count(c, ATCP_C_PAWSEstab);
		unacceptable(c, s, now);
		return false;
	}
	if (s->flags & ATCP_RST) {
		input_rst(c, s, now);
		return false;
	}
	/* fourth check, before the first: RFC 5961 section 4 wants it whatever the number is */
	if (s->flags & ATCP_SYN && !input_syn(c, s, now))
		return false;
	if (!acceptable(c, s)) {
		unacceptable(c, s, now);
		return false;
	}
	return check_ack(c, s, now);
}

/* RFC 9293 3.10.7.4: SYN_RECEIVED and the states after it. */
static bool input_synchronized(struct atcp_conn *c, const struct atcp_seg *s,
			       struct atcp_rxseg *rx, u64 now)
{
	bool kept = false;

	if (!in_order_of_checks(c, s, now))
		return false;
	if (c->ts_ok)
		update_ts_recent(c, s, now);
	atcp_uto_take(c, &s->opt);
	c->last_rcv = now;
	if (c->state == ATCP_SYN_RECV)
		synchronized(c, s, now);
	else
		atcp_ack_input(c, s, now);
	if (c->state == ATCP_CLOSED || c->state == ATCP_TIME_WAIT)
		return false;
	if (c->ecn_ok && s->len)
		atcp_ecn_received(c, s);
	if (!(s->flags & ATCP_SYN) && (atcp_seg_span(s) || s->flags & ATCP_URG))
		kept = atcp_text_input(c, s, rx, now);
	if (c->close_pending) {
		c->close_pending = 0;
		atcp_conn_close(c, now);
	}
	if (c->state != ATCP_CLOSED)
		answer(c, now);
	return kept;
}

/* An echo of a timestamp that our SYN cannot have carried belongs to another connection. */
static bool echo_is_strange(const struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	return c->ts_ok && s->opt.has & ATCP_OPT_TS && s->opt.tsecr &&
	       atcp_after(s->opt.tsecr, atcp_tsval(c->ts_off, now));
}

/* RFC 9293 3.10.7.3 */
static bool input_syn_sent(struct atcp_conn *c, const struct atcp_seg *s,
			   struct atcp_rxseg *rx, u64 now)
{
	bool ack = s->flags & ATCP_ACK;
	bool kept = false;

	if (ack && (s->ack != c->snd_nxt || echo_is_strange(c, s, now))) {
		if (!(s->flags & ATCP_RST))
			atcp_xmit_rst_for(c, s);
		return false;
	}
	if (s->flags & ATCP_RST) {
		if (ack) {
			atcp_port_count(c, ATCP_C_AttemptFails);
			atcp_life_fail(c, ATCP_E_RST, ECONNREFUSED, now);
		}
		return false;
	}
	if (!(s->flags & ATCP_SYN))
		return false;
	c->last_rcv = now;
	atcp_life_peer_syn(c, s, now);
	if (!ack) {
		/* simultaneous open, MUST-10; text of this segment comes again */
		atcp_life_event(c, ATCP_E_SYN, now);
		return false;
	}
	c->snd_wl1 = s->seq;
	atcp_ack_input(c, s, now);
	atcp_life_event(c, ATCP_E_SYN_ACK, now);
	c->ack_now = 1;
	if (s->len || s->flags & ATCP_FIN) {
		struct atcp_seg text = *s;

		/* the SYN took the first number */
		text.seq++;
		text.flags &= ~ATCP_SYN;
		if (rx)
			rx->seq++;
		kept = atcp_text_input(c, &text, rx, now);
	}
	if (c->state != ATCP_CLOSED)
		answer(c, now);
	return kept;
}

bool atcp_conn_input(struct atcp_conn *c, const struct atcp_seg *s,
		     struct atcp_rxseg *rx, u64 now)
{
	c->segs_in++;
	if (likely(predicted(c, s)))
		return fast_path(c, s, rx, now);
	switch (c->state) {
	case ATCP_SYN_SENT:
		return input_syn_sent(c, s, rx, now);
	case ATCP_CLOSED:
	case ATCP_LISTEN:
	case ATCP_TIME_WAIT:
		return false;
	default:
		return input_synchronized(c, s, rx, now);
	}
}
