// SPDX-License-Identifier: GPL-2.0-only
/* One segment of a connection on its way out: header fields, window, options. */
#include "xmit.h"
#include "ackdelay.h"
#include "api.h"
#include "ecn.h"
#include "loss.h"
#include "output.h"
#include "pace.h"
#include "port.h"
#include "seq.h"
#include "timers.h"
#include "undo.h"
#include "window.h"

#define SACK_OPT_LEN(blocks)	(4 + 8 * (blocks))	/* with two NOPs */
#define UTO_OPT_LEN		4

/* The peer's FIN is here, but data before it is not. */
static bool fin_waits(const struct atcp_conn *c)
{
	return unlikely(c->rcv_fin) && atcp_after(c->rcv_fin_seq, c->rcv_nxt);
}

/* The block that a FIN belongs to: that of the data which it ends, or its own. */
static u32 fin_block(const struct atcp_conn *c)
{
	const struct atcp_range *last = c->ooo.n ? &c->ooo.ranges[c->ooo.n - 1] : NULL;

	return last && last->end == c->rcv_fin_seq ? last->start : c->rcv_fin_seq;
}

static bool blocks_owed(const struct atcp_conn *c)
{
	return c->ooo.n || c->dsack.start != c->dsack.end || fin_waits(c);
}

/* SACK blocks that are owed, and fit beside the timestamps. */
static u32 sack_blocks(const struct atcp_conn *c)
{
	u32 n;

	if (!c->sack_ok)
		return 0;
	n = c->ooo.n + (c->dsack.start != c->dsack.end);
	if (fin_waits(c) && fin_block(c) == c->rcv_fin_seq)
		n++;
	return min_t(u32, n, c->ts_ok ? 3 - c->uto_due : 4);
}

u32 atcp_xmit_mss(const struct atcp_conn *c)
{
	u32 blocks = sack_blocks(c);
	u32 more = c->uto_due ? UTO_OPT_LEN : 0;

	if (unlikely(blocks))
		more += SACK_OPT_LEN(blocks);
	return c->mss > more + 1 ? c->mss - more : 1;
}

/*
 * RFC 2018 section 4: what has come last is in the first block, and that may be a bare FIN: its
 * sender has probed with it, and has no other answer. @b: blocks of data, @n of them.
 */
static u8 add_fin(const struct atcp_conn *c, struct atcp_sack *b, u8 n, u8 room)
{
	const struct atcp_sack fin = { fin_block(c), c->rcv_fin_seq + 1 };
	u8 at = 0;

	while (at < n && b[at].start != fin.start)
		at++;
	if (at == n && n < room)
		n++;
	if (c->fin_newest) {
		if (at == room)
			at--;
		memmove(b + 1, b, at * sizeof(*b));
		at = 0;
	}
	if (at < room)
		b[at] = fin;
	return n;
}

static void fill_sacks(struct atcp_conn *c, struct atcp_opts *o)
{
	u32 room = sack_blocks(c);
	struct atcp_sack *data;
	u8 n;

	/* RFC 2883 section 4: the duplicate comes first, and is reported once */
	if (c->dsack.start != c->dsack.end) {
		o->sacks[o->nsacks++] = c->dsack;
		c->dsack.start = c->dsack.end;
	}
	if (room == o->nsacks)
		return;
	data = o->sacks + o->nsacks;
	room -= o->nsacks;
	n = atcp_reasm_sacks(&c->ooo, data, room);
	o->nsacks += fin_waits(c) ? add_fin(c, data, n, room) : n;
}

static void fill_uto(const struct atcp_conn *c, struct atcp_opts *o)
{
	o->has |= ATCP_OPT_UTO;
	o->uto = c->adv_uto;
}

/* A header with our present ACK and options; the window is the caller's. */
static void fill(struct atcp_conn *c, struct atcp_seg *s, u8 flags, u32 seq, u64 now)
{
	s->seq = seq;
	s->ack = c->rcv_nxt;
	s->len = 0;
	s->flags = flags | ATCP_ACK;
	s->wnd = 0;
	s->urg = 0;
	s->ect = false;
	s->opt.has = 0;
	s->opt.nsacks = 0;
	if (unlikely(c->ecn_echo))
		s->flags |= ATCP_ECE;
	if (c->ts_ok) {
		s->opt.has = ATCP_OPT_TS;
		s->opt.tsval = atcp_tsval(c->ts_off, now);
		s->opt.tsecr = c->ts_recent;
	}
	if (unlikely(c->uto_due))
		fill_uto(c, &s->opt);
	if (c->sack_ok && unlikely(blocks_owed(c)))
		fill_sacks(c, &s->opt);
	/* MUST-62: the pointer names the octet after the urgent data */
	if (unlikely(c->urg_mode) && atcp_after(c->snd_up, seq)) {
		s->flags |= ATCP_URG;
		s->urg = min_t(u32, c->snd_up - seq, 0xffff);
	}
}

/* Of a SYN, or SYN,ACK in a simultaneous open: what we offer, or agree to. */
static void fill_syn(struct atcp_conn *c, struct atcp_seg *s, u64 now)
{
	bool ack = c->state != ATCP_SYN_SENT;

	s->seq = c->iss;
	s->ack = ack ? c->rcv_nxt : 0;
	s->len = 0;
	s->flags = ATCP_SYN | (ack ? ATCP_ACK : 0) | atcp_ecn_syn_flags(c, ack);
	s->ect = false;
	s->wnd = atcp_window_offer(c, 0);
	s->urg = 0;
	s->opt.has = ATCP_OPT_MSS;
	s->opt.mss = c->adv_mss;
	s->opt.nsacks = 0;
	if (c->wscale_ok) {
		s->opt.has |= ATCP_OPT_WSCALE;
		s->opt.wscale = c->rcv_wscale;
	}
	if (c->sack_ok)
		s->opt.has |= ATCP_OPT_SACK_OK;
	if (c->adv_uto)
		fill_uto(c, &s->opt);
	if (c->ts_ok) {
		s->opt.has |= ATCP_OPT_TS;
		s->opt.tsval = atcp_tsval(c->ts_off, now);
		s->opt.tsecr = ack ? c->ts_recent : 0;
	}
	if (c->own_ack_us && c->syn.sent < ATCP_ACKDELAY_TRIES) {
		s->opt.has |= ATCP_OPT_ACKDELAY;
		s->opt.ack_us = c->own_ack_us;
	}
}

/* What has gone out for the first time, or again, in the books. */
static void account(struct atcp_conn *c, struct atcp_txseg *t, u32 mss, u64 now, u64 leaves)
{
	u32 segs = t->len > mss ? (t->len + mss - 1) / mss : 1;

	c->segs_out += segs;
	if (t->len) {
		c->data_segs_out += segs;
		c->bytes_sent += t->len;
		c->last_snd = now;
	}
	if (c->ca_state == ATCP_CA_RECOVERY)
		c->rec.prr_out += t->len;
	t->sent_ns = leaves;
	if (t->sent < 255)
		t->sent++;
	if (t->mark & ATCP_TX_SENT) {
		t->mark |= ATCP_TX_EVER;
		c->total_retrans += segs;
		c->bytes_retrans += t->len;
		atcp_port_count(c, t->flags & ATCP_SYN ? ATCP_C_TCPSynRetrans : ATCP_C_RetransSegs);
		atcp_loss_retransmitted(c, t);
		atcp_undo_sent(c, segs);
		return;
	}
	t->mark |= ATCP_TX_SENT;
	if (t->len < mss)
		c->snd_sml = atcp_tx_end(t);
	c->snd_nxt = atcp_tx_end(t);
	c->tx_next = list_is_last(&t->node, &c->txq) ? NULL : list_next_entry(t, node);
}

int atcp_xmit(struct atcp_conn *c, struct atcp_txseg *t, u32 mss, u64 now)
{
	struct atcp_seg s;
	u64 leaves;
	int err;

	if (t->flags & ATCP_SYN) {
		fill_syn(c, &s, now);
	} else {
		fill(c, &s, t->flags & ATCP_FIN, t->seq, now);
		s.wnd = atcp_window_offer(c, c->rcv_wscale);
		s.len = t->len;
		/* MUST-61: the last of what is buffered is pushed */
		if (t->len && (list_is_last(&t->node, &c->txq) || t->flags & ATCP_PSH))
			s.flags |= ATCP_PSH;
		atcp_ecn_sending(c, t, &s);
	}
	err = atcp_port_transmit(c, t, &s, mss);
	if (err < 0)
		return err;
	if (s.flags & ATCP_CWR)
		c->ecn_cwr = 0;
	/* RFC 5482 section 3: in the first that is no SYN too */
	if (!(s.flags & ATCP_SYN))
		c->uto_due = 0;
	if (s.flags & ATCP_ACK)
		atcp_window_acked(c);
	if (t->len)
		c->rcv_msg = c->rcv_nxt;
	leaves = atcp_pace_sent(c, t->len, now);
	account(c, t, mss, now, leaves);
	atcp_rtx_started(c, leaves);
	/* of a SYN not: who repeats his own would put off its end for ever */
	if (t->mark & ATCP_TX_EVER && list_is_first(&t->node, &c->txq) && !(t->flags & ATCP_SYN))
		atcp_rtx_again(c, leaves);
	return 0;
}

void atcp_xmit_ack(struct atcp_conn *c, u64 now)
{
	struct atcp_seg s;

	fill(c, &s, 0, c->snd_nxt, now);
	s.wnd = atcp_window_offer(c, c->rcv_wscale);
	if (atcp_port_transmit(c, NULL, &s, c->mss) < 0) {
		/* TIME_WAIT has no timer of the connection's: a FIN that comes again has its ACK */
		if (c->state == ATCP_TIME_WAIT || c->state == ATCP_CLOSED)
			return;
		c->ack_sched = 1;
		atcp_timer_set(c, ATCP_T_DELACK, now + c->cfg->delack_max);
		return;
	}
	c->uto_due = 0;
	c->segs_out++;
	atcp_window_acked(c);
}

/*
 * Its number is out of the peer's window, so that the peer takes neither ACK nor window from it:
 * what is owed stays owed, and no new window counts as shown.
 */
void atcp_xmit_probe(struct atcp_conn *c, u64 now)
{
	struct atcp_seg s;

	fill(c, &s, 0, c->snd_una - 1, now);
	s.wnd = min_t(u32, atcp_conn_rcv_wnd(c) >> c->rcv_wscale, U16_MAX);
	if (atcp_port_transmit(c, NULL, &s, c->mss) >= 0)
		c->segs_out++;
}

void atcp_xmit_rst(struct atcp_conn *c, u64 now)
{
	struct atcp_seg s;

	fill(c, &s, ATCP_RST, c->snd_nxt, now);
	s.opt.nsacks = 0;
	s.opt.has &= ~ATCP_OPT_UTO;
	s.flags &= ~(ATCP_URG | ATCP_ECE);
	s.urg = 0;
	if (c->rst_answers)
		s.opt.tsval = 0;
	atcp_port_transmit(c, NULL, &s, c->mss);
	c->segs_out++;
	atcp_port_count(c, ATCP_C_OutRsts);
}

void atcp_xmit_rst_for(struct atcp_conn *c, const struct atcp_seg *cause)
{
	struct atcp_seg s;

	s.seq = cause->ack;
	s.ack = 0;
	s.len = 0;
	s.wnd = 0;
	s.urg = 0;
	s.flags = ATCP_RST;
	s.ect = false;
	s.opt.nsacks = 0;
	atcp_seg_echo(&s, cause);
	atcp_port_transmit(c, NULL, &s, c->mss);
	c->segs_out++;
	atcp_port_count(c, ATCP_C_OutRsts);
}

void atcp_xmit_challenge(struct atcp_conn *c, u64 now)
{
	if (c->challenge_at && now - c->challenge_at < c->cfg->challenge_intvl) {
		atcp_port_count(c, ATCP_C_TCPACKSkippedChallenge);
		return;
	}
	c->challenge_at = now;
	atcp_port_count(c, ATCP_C_TCPChallengeACK);
	atcp_xmit_ack(c, now);
}
