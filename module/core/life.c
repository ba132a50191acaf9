// SPDX-License-Identifier: GPL-2.0-only
/* Beginning and end of a connection: OPEN, CLOSE, ABORT and what transitions ask for. */
#include "life.h"
#include "ackdelay.h"
#include "api.h"
#include "ecn.h"
#include "handshake.h"
#include "output.h"
#include "port.h"
#include "seq.h"
#include "timers.h"
#include "uto.h"
#include "window.h"
#include "xmit.h"

#define RCV_MSS_GUESS	536	/* until a segment has been seen */

void atcp_conn_init(struct atcp_conn *c, const struct atcp_cfg *cfg)
{
	atcp_fsm_init(&c->state);
	c->cfg = cfg;
	c->cc = READ_ONCE(cfg->cc);
	INIT_LIST_HEAD(&c->txq);
	c->ssthresh = U32_MAX;
	c->rcv_mss = RCV_MSS_GUESS;
}

void atcp_life_mss(struct atcp_conn *c)
{
	u32 mss = c->mtu - ATCP_HDR_MIN;

	/* MUST-16: the least of what the peer takes, the path takes and the user wants */
	mss = min_t(u32, mss, c->peer_mss);
	if (c->user_mss)
		mss = min_t(u32, mss, c->user_mss);
	if (c->ts_ok)
		mss -= min_t(u32, mss - 1, ATCP_TS_LEN);
	/* RFC 9293 section 3.7.1: neither counts IP's options in */
	mss -= min_t(u32, mss - 1, c->ip_opts);
	c->mss = max_t(u32, mss, 1);
}

static void free_txq(struct atcp_conn *c)
{
	struct atcp_txseg *t, *next;

	list_for_each_entry_safe(t, next, &c->txq, node) {
		list_del(&t->node);
		atcp_tx_drop(c, t);
	}
	c->tx_next = NULL;
	c->sacked = 0;
	c->lost = 0;
	c->retrans = 0;
	c->dup_bytes = 0;
}

void atcp_conn_purge(struct atcp_conn *c)
{
	free_txq(c);
	atcp_reasm_purge(&c->ooo);
}

static void queue_tail(struct atcp_conn *c, struct atcp_txseg *t)
{
	t->seq = c->write_seq;
	t->mark = 0;
	t->sent = 0;
	t->sent_ns = 0;
	list_add_tail(&t->node, &c->txq);
	if (!c->tx_next)
		c->tx_next = t;
	c->write_seq = atcp_tx_end(t);
}

static void send_syn(struct atcp_conn *c, u64 now)
{
	if (list_empty(&c->txq) || list_first_entry(&c->txq, struct atcp_txseg, node) != &c->syn) {
		c->syn.len = 0;
		c->syn.flags = ATCP_SYN;
		queue_tail(c, &c->syn);
	}
	/* a timeout sends it again where the host could not */
	if (atcp_xmit(c, &c->syn, c->mss, now) && !(c->syn.mark & ATCP_TX_SENT)) {
		c->syn.mark |= ATCP_TX_SENT;
		c->snd_nxt = atcp_tx_end(&c->syn);
		c->tx_next = NULL;
		atcp_rtx_started(c, now);
	}
}

static void start_transfer(struct atcp_conn *c, u64 now)
{
	c->quickack = ATCP_QUICKACK_SEGS;
	c->rcv_space_at = now;
	c->rcv_space_seq = c->copied_seq;
	c->rcv_space = c->cfg->init_cwnd * c->adv_mss;
	/* RFC 6928 section 2: a SYN lost more than once is congestion, not an accident */
	c->cwnd = (c->total_retrans > 1 ? 1 : c->cfg->init_cwnd) * c->mss;
	c->cc->init(c, now);
	if (c->keepalive)
		atcp_conn_keepalive(c, true, now);
}

static void connected(struct atcp_conn *c, u64 now)
{
	c->ev |= ATCP_EV_CONNECTED;
	c->rtt.backoff = 0;
	start_transfer(c, now);
}

static void fin_timeout_start(struct atcp_conn *c, u64 now)
{
	atcp_timer_set(c, ATCP_T_STATE, now +
		       atcp_setting_ns(c->linger2_ms, ATCP_NS_PER_MS, c->cfg->fin_timeout));
}

void atcp_life_event(struct atcp_conn *c, enum atcp_event event, u64 now)
{
	u8 acts = atcp_fsm_step(&c->state, event, c);

	if (acts & ATCP_A_ILLEGAL)
		return;
	c->ev |= ATCP_EV_STATE;
	if (acts & ATCP_A_SEND_RST)
		atcp_xmit_rst(c, now);
	if (acts & ATCP_A_SEND_SYN)
		send_syn(c, now);
	if (acts & ATCP_A_CONNECTED)
		connected(c, now);
	if (acts & ATCP_A_EOF)
		c->ev |= ATCP_EV_EOF;
	if (acts & ATCP_A_FIN_SENT_DONE) {
		c->ev |= ATCP_EV_TXSHUT;
		if (c->orphan)
			fin_timeout_start(c, now);
	}
	if (acts & (ATCP_A_TIME_WAIT | ATCP_A_DIE)) {
		atcp_timers_stop(c);
		atcp_conn_purge(c);
		c->ev |= acts & ATCP_A_DIE ? ATCP_EV_CLOSED : ATCP_EV_TIMEWAIT;
	}
}

void atcp_life_fail(struct atcp_conn *c, enum atcp_event event, u16 err, u64 now)
{
	c->err = err;
	c->ev |= ATCP_EV_ERROR;
	atcp_life_event(c, event, now);
}

void atcp_conn_open(struct atcp_conn *c, u32 isn, u32 ts_off, u64 now)
{
	const struct atcp_cfg *cfg = c->cfg;

	c->iss = isn;
	c->snd_una = isn;
	c->snd_nxt = isn;
	c->snd_up = isn;
	c->snd_sml = isn;
	c->write_seq = isn;
	c->ts_off = ts_off;
	c->ts_ok = !!cfg->timestamps;
	c->sack_ok = !!cfg->sack;
	c->wscale_ok = !!cfg->window_scaling;
	c->ecn_ok = cfg->ecn == ATCP_ECN_ASK;
	c->rcv_wscale = c->wscale_ok ? atcp_wscale_for(max(c->rcv_buf, c->rcv_buf_max)) : 0;
	c->peer_mss = c->default_mss ? c->default_mss : RCV_MSS_GUESS;
	c->uto_due = !!c->adv_uto;
	c->last_rcv = now;
	atcp_ackdelay_ask(c);
	atcp_life_mss(c);
	atcp_port_count(c, ATCP_C_ActiveOpens);
	atcp_life_event(c, ATCP_E_ACTIVE_OPEN, now);
}

static void take_seq(struct atcp_conn *c, u32 irs, u32 wnd)
{
	c->irs = irs;
	c->rcv_nxt = irs + 1;
	c->rcv_wup = c->rcv_nxt;
	c->rcv_msg = c->rcv_nxt;
	c->rcv_adv = c->rcv_nxt + wnd;
	c->copied_seq = c->rcv_nxt;
	c->rcv_up = c->rcv_nxt;
}

void atcp_life_peer_syn(struct atcp_conn *c, const struct atcp_seg *s, u64 now)
{
	const struct atcp_opts *o = &s->opt;

	take_seq(c, s->seq, atcp_conn_rcv_wnd(c));
	if (o->has & ATCP_OPT_MSS)
		c->peer_mss = max_t(u32, o->mss, c->cfg->min_snd_mss);
	c->wscale_ok &= !!(o->has & ATCP_OPT_WSCALE);
	c->sack_ok &= !!(o->has & ATCP_OPT_SACK_OK);
	c->ts_ok &= !!(o->has & ATCP_OPT_TS);
	c->peer_ack_us = o->has & ATCP_OPT_ACKDELAY ? o->ack_us : 0;
	c->snd_wscale = c->wscale_ok ? min_t(u8, o->wscale, ATCP_MAX_WSCALE) : 0;
	if (!c->wscale_ok)
		c->rcv_wscale = 0;
	atcp_ecn_agreed(c, s);
	atcp_uto_take(c, o);
	if (c->ts_ok) {
		c->ts_recent = o->tsval;
		c->ts_recent_at = now;
	}
	/* RFC 7323 section 2.2: not scaled */
	c->snd_wnd = s->wnd;
	c->max_window = s->wnd;
	c->snd_wl1 = s->seq;
	c->snd_wl2 = s->ack;
	atcp_life_mss(c);
}

void atcp_conn_accept(struct atcp_conn *c, const struct atcp_req *req, u64 now)
{
	c->passive = 1;
	c->iss = req->iss;
	c->snd_una = req->iss;
	c->snd_nxt = req->iss + 1;
	c->write_seq = c->snd_nxt;
	c->snd_up = c->snd_nxt;
	c->snd_sml = c->snd_nxt;
	c->ts_off = req->ts_off;
	c->ts_ok = !!(req->has & ATCP_OPT_TS);
	c->sack_ok = !!(req->has & ATCP_OPT_SACK_OK);
	c->wscale_ok = !!(req->has & ATCP_OPT_WSCALE);
	c->snd_wscale = c->wscale_ok ? min_t(u8, req->wscale, ATCP_MAX_WSCALE) : 0;
	c->rcv_wscale = c->wscale_ok ? req->rcv_wscale : 0;
	c->ecn_ok = !!(req->ecn & ATCP_ECN_OK);
	c->ect = !!(req->ecn & ATCP_ECN_ECT);
	c->uto_due = !!c->adv_uto;
	c->peer_uto = req->peer_uto;
	c->own_ack_us = req->own_ack_us;
	c->peer_ack_us = req->peer_ack_us;
	c->peer_mss = req->mss;
	c->ts_recent = req->ts_recent;
	c->ts_recent_at = now;
	take_seq(c, req->irs, req->wnd);
	c->snd_wnd = req->peer_wnd;
	c->max_window = req->peer_wnd;
	c->snd_wl1 = req->irs;
	c->snd_wl2 = req->iss;
	c->last_rcv = now;
	c->total_retrans = req->retries;
	/* Karn: a handshake that was sent again gives no sample */
	if (!req->retries && now > req->sent_ns)
		atcp_rtt_sample(&c->rtt, now - req->sent_ns, now);
	atcp_life_mss(c);
	atcp_fsm_inherit(&c->state, req->state);
	atcp_port_count(c, ATCP_C_PassiveOpens);
}

void atcp_conn_queue(struct atcp_conn *c, struct atcp_txseg *t)
{
	t->flags = 0;
	queue_tail(c, t);
}

struct atcp_txseg *atcp_conn_tail(struct atcp_conn *c)
{
	/* what is unsent ends with the queue */
	if (!c->tx_next || c->fin_queued)
		return NULL;
	return list_last_entry(&c->txq, struct atcp_txseg, node);
}

void atcp_conn_grow_tail(struct atcp_conn *c, u32 bytes)
{
	list_last_entry(&c->txq, struct atcp_txseg, node)->len += bytes;
	c->write_seq += bytes;
}

void atcp_conn_push(struct atcp_conn *c, bool more, u64 now)
{
	atcp_output(c, more ? ATCP_PUSH_MORE : ATCP_PUSH_NORMAL, now);
}

void atcp_conn_urgent(struct atcp_conn *c)
{
	c->snd_up = c->write_seq;
	c->urg_mode = 1;
}

static void queue_fin(struct atcp_conn *c)
{
	struct atcp_txseg *tail = atcp_conn_tail(c);

	c->fin_queued = 1;
	if (tail && tail->len) {
		tail->flags |= ATCP_FIN;
		c->write_seq++;
		return;
	}
	c->fin.len = 0;
	c->fin.flags = ATCP_FIN;
	queue_tail(c, &c->fin);
}

void atcp_conn_close(struct atcp_conn *c, u64 now)
{
	switch (c->state) {
	case ATCP_LISTEN:
	case ATCP_SYN_SENT:
		atcp_life_event(c, ATCP_E_CLOSE, now);
		return;
	case ATCP_SYN_RECV:
		/* RFC 9293 3.10.4: behind data the FIN waits for ESTABLISHED */
		if (c->tx_next) {
			c->close_pending = 1;
			return;
		}
		start_transfer(c, now);
		break;
	case ATCP_ESTABLISHED:
	case ATCP_CLOSE_WAIT:
		break;
	default:
		return;
	}
	if (c->fin_queued)
		return;
	queue_fin(c);
	atcp_life_event(c, ATCP_E_CLOSE, now);
	atcp_output(c, ATCP_PUSH_NORMAL, now);
}

void atcp_conn_abort(struct atcp_conn *c, u64 now)
{
	if (c->state != ATCP_CLOSED)
		atcp_life_event(c, ATCP_E_ABORT, now);
}

void atcp_conn_orphan(struct atcp_conn *c, u64 now)
{
	c->orphan = 1;
	if (c->state == ATCP_FIN_WAIT_2)
		fin_timeout_start(c, now);
}

u32 atcp_isn(u32 prf, u64 now)
{
	/* RFC 6528: M, the 4 us clock, plus F */
	return prf + (u32)div_u64(now, 4 * ATCP_NS_PER_US);
}

u32 atcp_tsval(u32 off, u64 now)
{
	return off + (u32)div_u64(now, ATCP_NS_PER_MS);
}
