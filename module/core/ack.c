// SPDX-License-Identifier: GPL-2.0-only
/* The acknowledgment field of a segment: RFC 9293 3.10.7.4, fifth check. */
#include "ack.h"
#include "ackdelay.h"
#include "api.h"
#include "life.h"
#include "loss.h"
#include "output.h"
#include "port.h"
#include "rack.h"
#include "sack.h"
#include "seq.h"
#include "timers.h"
#include "tlp.h"

/*
 * The window field counts when the segment is no older than the one it was last taken from. An
 * ACK that is new makes it newer whatever its number (a retransmission): the old window at the
 * new ACK would reach past the edge that the peer offers.
 */
static bool update_window(struct atcp_conn *c, const struct atcp_seg *s)
{
	/* RFC 7323 section 2.2: the window of a SYN is not scaled */
	u32 wnd = (u32)s->wnd << (s->flags & ATCP_SYN ? 0 : c->snd_wscale);
	bool changed;

	if (!(atcp_after(s->ack, c->snd_una) || atcp_before(c->snd_wl1, s->seq) ||
	      (c->snd_wl1 == s->seq && !atcp_after(c->snd_wl2, s->ack))))
		return false;
	changed = wnd != c->snd_wnd;
	c->snd_wnd = wnd;
	c->snd_wl1 = s->seq;
	c->snd_wl2 = s->ack;
	if (wnd > c->max_window)
		c->max_window = wnd;
	return changed;
}

/* RFC 6298 section 3 (Karn); RFC 7323 section 4: timestamps measure a retransmission too. */
static void measure_rtt(struct atcp_conn *c, const struct atcp_seg *s, u64 sent_ns, u64 now)
{
	u32 ms;

	if (sent_ns) {
		c->tlp_unmeasured = 0;
		atcp_rtt_sample(&c->rtt, atcp_elapsed(sent_ns, now), now);
		atcp_cc_rtt(c, max_t(u64, atcp_elapsed(sent_ns, now), 1));
		return;
	}
	if (!c->ts_ok || !(s->opt.has & ATCP_OPT_TS) || !s->opt.tsecr)
		return;
	ms = atcp_tsval(c->ts_off, now) - s->opt.tsecr;
	/* an echo of something we never sent, or too coarse a clock for this path */
	if (ms < c->cfg->rto_max / ATCP_NS_PER_MS) {
		c->tlp_unmeasured = 0;
		atcp_rtt_sample(&c->rtt, max_t(u64, ms, 1) * ATCP_NS_PER_MS, now);
	}
}

/*
 * Take what is acknowledged out of the queue. Return: send time of the latest segment, for a
 * sample; 0 if a retransmission is among them: what follows the hole that it filled may have
 * arrived long ago.
 */
static u64 clean_queue(struct atcp_conn *c, struct atcp_news *n)
{
	struct atcp_txseg *t, *next;
	u32 ack = n->s->ack;
	bool again = false;
	u64 sent_ns = 0;
	u8 mark;

	list_for_each_entry_safe(t, next, &c->txq, node) {
		if (t == c->tx_next || !atcp_before(t->seq, ack))
			break;
		if (!(t->mark & ATCP_TX_SACKED))
			atcp_rack_delivered(c, t, n);
		mark = t->mark;
		atcp_loss_forget(c, t);
		if (atcp_after(atcp_tx_end(t), ack)) {
			/* acknowledged in part: a peer with a window, or a middlebox, of its own */
			atcp_port_tx_trim(c, t, ack - t->seq);
			t->len -= ack - t->seq;
			t->seq = ack;
			atcp_loss_remember(c, t, mark);
			break;
		}
		if (mark & ATCP_TX_EVER)
			again = true;
		else if (!(mark & ATCP_TX_SACKED))
			sent_ns = t->sent_ns;
		list_del(&t->node);
		atcp_tx_drop(c, t);
	}
	return again ? 0 : sent_ns;
}

static void fin_acked(struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	/* Figure 5, note 2: with the peer's FIN in the same segment it is one step, see text.c */
	if (c->state == ATCP_FIN_WAIT_1 && s->flags & ATCP_FIN)
		return;
	atcp_life_event(c, ATCP_E_ACK_OF_FIN, now);
}

static void advance(struct atcp_conn *c, struct atcp_news *n)
{
	u64 sent_ns;

	n->acked = n->s->ack - c->snd_una;
	c->snd_una = n->s->ack;
	c->bytes_acked += n->acked;
	sent_ns = clean_queue(c, n);
	if (sent_ns && c->snd_una == c->snd_nxt)
		atcp_ackdelay_measure(c, n->now - sent_ns);
	measure_rtt(c, n->s, sent_ns, n->now);
	if (c->urg_mode && !atcp_after(c->snd_up, c->snd_una))
		c->urg_mode = 0;
	c->ev |= ATCP_EV_SPACE;
}

/* RFC 5681 section 2; with SACK, RFC 6675: news above the ACK. */
static bool duplicate(const struct atcp_conn *c, const struct atcp_news *n)
{
	if (n->acked)
		return false;
	if (c->sack_ok)
		return n->sacked;
	return !n->window && !atcp_seg_span(n->s);
}

/* What the timer of what is out waits for now: a probe, the reordering window, the timeout. */
static void set_timer(struct atcp_conn *c, const struct atcp_news *n, u64 wait)
{
	bool ended = c->rtx_why == ATCP_RTX_REORDER;

	if (n->acked)
		atcp_rtx_progress(c, n->now);
	if (c->snd_una == c->snd_nxt || c->ecn_wait)
		return;
	if (wait) {
		atcp_rtx_arm(c, ATCP_RTX_REORDER, n->now + wait);
		return;
	}
	if (ended || (c->rtx_why == ATCP_RTX_PROBE && !atcp_tlp_allowed(c)))
		atcp_rtx_arm(c, ATCP_RTX_TIMEOUT, n->now + atcp_conn_rto(c));
	if (n->acked || ended)
		atcp_tlp_schedule(c, n->now);
}

/* Its own business sets cwnd; of recovery, RFC 6675 section 5 (A) has it at ssthresh at the end. */
static bool reducing(const struct atcp_conn *c)
{
	return c->ca_state == ATCP_CA_RECOVERY || c->ca_state == ATCP_CA_CWR;
}

static void grow_window(struct atcp_conn *c, const struct atcp_news *n, bool held)
{
	/* RFC 7661: of what went out into a window with room in it nothing is learned */
	if (n->acked && !atcp_before(c->snd_una - n->acked, c->cwnd_full))
		c->cwnd_limited = 0;
	if (n->acked && !held && !reducing(c))
		c->cc->acked(c, n->acked, n->now);
}

/* Of the data that is out. */
static void flight_input(struct atcp_conn *c, struct atcp_news *n)
{
	bool held = reducing(c);
	u64 wait = 0;

	if (unlikely(n->s->flags & ATCP_ECE) && c->ecn_ok && !(n->s->flags & ATCP_SYN)) {
		atcp_loss_echo(c, n->now);
		/* RFC 3168 section 6.1.2: no growth, whatever the state */
		held = true;
	}
	if (n->s->ack != c->snd_una)
		advance(c, n);
	if (n->s->opt.nsacks && c->sack_ok && !atcp_syn_out(c))
		atcp_sack_input(c, n);
	n->dup = duplicate(c, n);
	if (c->tlp_out)
		atcp_tlp_ack(c, n);
	if (n->sacked || n->dup || n->needless || c->ca_state != ATCP_CA_OPEN)
		wait = atcp_loss_ack(c, n);
	else
		c->dupacks = 0;
	grow_window(c, n, held);
	set_timer(c, n, wait);
	if (n->acked && c->fin_queued && c->snd_una == c->write_seq)
		fin_acked(c, n->s, n->now);
}

/* Nothing is out; that some of it came twice is told of only then, of the last of it. */
static void quiet_input(struct atcp_conn *c, struct atcp_news *n)
{
	if (n->s->opt.nsacks && c->sack_ok)
		atcp_sack_input(c, n);
	if (c->tlp_out)
		atcp_tlp_ack(c, n);
	if (n->needless)
		atcp_loss_ack(c, n);
	if (c->rtx_why == ATCP_RTX_PERSIST && n->window && c->snd_wnd)
		c->rtt.backoff = 0;
}

void atcp_ack_input(struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	struct atcp_news n = { .s = s, .now = now, .gone = c->sacked + c->dup_bytes };
	bool shut = !c->snd_wnd;

	/* old: it says nothing that is not known */
	if (atcp_before(s->ack, c->snd_una))
		return;
	n.window = update_window(c, s);
	/* the peer is there: a probe has been answered */
	c->probes = 0;
	if (c->snd_una != c->snd_nxt) {
		flight_input(c, &n);
		if (shut && c->snd_wnd)
			atcp_rtx_reopened(c, now);
	} else {
		quiet_input(c, &n);
	}
}
