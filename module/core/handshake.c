// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passive opens up to the third segment, and the answers of CLOSED:
 * RFC 9293 3.10.7.1, .2 and, for SYN_RECEIVED, .4.
 */

#include "ackdelay.h"
#include "api.h"
#include "ecn.h"
#include "handshake.h"
#include "seq.h"

/* What says whether a segment opens, ends or confirms something */
#define CONTROL		(ATCP_SYN | ATCP_FIN | ATCP_RST | ATCP_ACK)

#define WND_MAX		65535U	/* of an unscaled window field */

u8 atcp_wscale_for(u32 space)
{
	u8 shift = 0;

	while (shift < ATCP_MAX_WSCALE && space >> shift > WND_MAX)
		shift++;
	return shift;
}

bool atcp_closed_input(const struct atcp_seg *s, struct atcp_seg *out)
{
	if (s->flags & ATCP_RST)
		return false;
	*out = (struct atcp_seg){ .flags = ATCP_RST };
	if (s->flags & ATCP_ACK) {
		out->seq = s->ack;
	} else {
		out->flags |= ATCP_ACK;
		out->ack = s->seq + atcp_seg_span(s);
	}
	atcp_seg_echo(out, s);
	return true;
}

static void fill_reply(const struct atcp_req *req, u64 now, struct atcp_seg *out)
{
	*out = (struct atcp_seg){ .flags = ATCP_ACK, .ack = req->irs + 1 };
	if (req->has & ATCP_OPT_TS) {
		out->opt.has = ATCP_OPT_TS;
		out->opt.tsval = atcp_tsval(req->ts_off, now);
		out->opt.tsecr = req->ts_recent;
	}
}

static void fill_synack(struct atcp_req *req, u64 now, struct atcp_seg *out)
{
	fill_reply(req, now, out);
	out->flags |= ATCP_SYN | (req->ecn ? ATCP_ECE : 0);
	out->seq = req->iss;
	out->wnd = req->wnd;
	out->opt.has |= ATCP_OPT_MSS | req->has;
	out->opt.mss = req->adv_mss;
	out->opt.wscale = req->rcv_wscale;
	if (req->adv_uto) {
		out->opt.has |= ATCP_OPT_UTO;
		out->opt.uto = req->adv_uto;
	}
	if (req->own_ack_us && req->retries < ATCP_ACKDELAY_TRIES) {
		out->opt.has |= ATCP_OPT_ACKDELAY;
		out->opt.ack_us = req->own_ack_us;
	}
	req->sent_ns = now;
}

/* The options that both sides want: RFC 7323 sections 2.2 and 3.2, RFC 2018 section 2 */
static u8 agree(const struct atcp_cfg *cfg, const struct atcp_opts *o)
{
	u8 ours = 0;

	if (cfg->timestamps)
		ours |= ATCP_OPT_TS;
	if (cfg->window_scaling)
		ours |= ATCP_OPT_WSCALE;
	if (cfg->sack)
		ours |= ATCP_OPT_SACK_OK;
	return ours & o->has;
}

/* The payload that we send in a segment at most: MUST-15 and MUST-16 */
static u16 peer_mss(const struct atcp_listen *l, const struct atcp_cfg *cfg,
		    const struct atcp_opts *o)
{
	u32 mss = o->has & ATCP_OPT_MSS ? o->mss : l->default_mss;

	if (l->user_mss)
		mss = min_t(u32, mss, l->user_mss);
	return min_t(u32, max(mss, cfg->min_snd_mss), U16_MAX);
}

/* What we say in our MSS option: RFC 6691, the options are not taken off */
static u16 our_mss(const struct atcp_listen *l)
{
	u32 mss = max_t(u32, l->mtu, ATCP_HDR_MAX) - ATCP_HDR_MIN;

	if (l->user_mss)
		mss = min_t(u32, mss, l->user_mss);
	return min_t(u32, mss, U16_MAX);
}

static void fill_req(struct atcp_req *req, const struct atcp_listen *l,
		     const struct atcp_cfg *cfg, const struct atcp_seg *s)
{
	*req = (struct atcp_req){
		.has = agree(cfg, &s->opt),
		.mss = peer_mss(l, cfg, &s->opt),
		.adv_mss = our_mss(l),
		.wnd = min(l->rcv_buf, WND_MAX),
		.peer_wnd = s->wnd,
		.irs = s->seq,
		.adv_uto = l->adv_uto,
	};
	atcp_fsm_inherit(&req->state, ATCP_LISTEN);
	if (req->has & ATCP_OPT_WSCALE) {
		req->wscale = min_t(u8, s->opt.wscale, ATCP_MAX_WSCALE);
		req->rcv_wscale = atcp_wscale_for(max(l->rcv_buf, l->rcv_buf_max));
	}
	if (req->has & ATCP_OPT_TS)
		req->ts_recent = s->opt.tsval;
	if (l->adv_uto && s->opt.has & ATCP_OPT_UTO)
		req->peer_uto = s->opt.uto;
	if (s->opt.has & ATCP_OPT_ACKDELAY) {
		req->peer_ack_us = s->opt.ack_us;
		req->own_ack_us = atcp_ackdelay_promise(cfg);
	}
	/* RFC 3168 section 6.1.1: no SYN is ECN-capable: one that is marked was tampered with */
	if (cfg->ecn != ATCP_ECN_OFF && atcp_ecn_asked(s) && !s->ce)
		req->ecn = ATCP_ECN_OK | ATCP_ECN_ECT;
}

enum atcp_verdict atcp_listen_input(const struct atcp_listen *l, const struct atcp_cfg *cfg,
				    const struct atcp_seg *s, u32 isn, u32 ts_off, u64 now,
				    struct atcp_req *req, struct atcp_seg *out)
{
	if (s->flags & ATCP_ACK)
		return atcp_closed_input(s, out) ? ATCP_V_REPLY : ATCP_V_DROP;
	/* A FIN beside the SYN is no opening that anybody means: only probes look like this. */
	if ((s->flags & CONTROL) != ATCP_SYN)
		return ATCP_V_DROP;

	fill_req(req, l, cfg, s);
	req->iss = isn;
	req->ts_off = ts_off;
	req->deadline = now + cfg->rto_initial;
	atcp_fsm_step(&req->state, ATCP_E_SYN, req);
	fill_synack(req, now, out);
	return ATCP_V_NEW;
}

/* RFC 5961 section 7: what a stranger can provoke is limited. */
static bool may_answer(struct atcp_req *req, const struct atcp_cfg *cfg, u64 now)
{
	if (req->challenge_at && now - req->challenge_at < cfg->challenge_intvl)
		return false;
	req->challenge_at = now;
	return true;
}

static enum atcp_verdict challenge(struct atcp_req *req, const struct atcp_cfg *cfg, u64 now,
				   struct atcp_seg *out)
{
	if (!may_answer(req, cfg, now))
		return ATCP_V_DROP;
	fill_reply(req, now, out);
	out->seq = req->iss + 1;
	out->wnd = req->wnd >> req->rcv_wscale;
	return ATCP_V_REPLY;
}

static enum atcp_verdict synack_again(struct atcp_req *req, const struct atcp_cfg *cfg, u64 now,
				      struct atcp_seg *out)
{
	if (!may_answer(req, cfg, now))
		return ATCP_V_DROP;
	req->retries += req->retries < U8_MAX;
	fill_synack(req, now, out);
	return ATCP_V_REPLY;
}

/* RFC 9293 3.10.7.4, the four cases of an acceptable segment */
static bool acceptable(const struct atcp_req *req, const struct atcp_seg *s)
{
	u32 rcv_nxt = req->irs + 1;
	u32 span = atcp_seg_span(s);

	if (!span && !req->wnd)
		return s->seq == rcv_nxt;
	return atcp_in_window(s->seq, rcv_nxt, req->wnd) ||
	       (span && atcp_in_window(s->seq + span - 1, rcv_nxt, req->wnd));
}

/* RFC 7323 section 5.2. A RST is never checked, nor a SYN without the option. */
static bool paws_old(const struct atcp_req *req, const struct atcp_seg *s)
{
	return (req->has & ATCP_OPT_TS) && (s->opt.has & ATCP_OPT_TS) &&
	       !(s->flags & ATCP_RST) && atcp_before(s->opt.tsval, req->ts_recent);
}

/* RFC 7323 section 3.2. A SYN may be of a peer that began anew. */
static bool lacks_ts(const struct atcp_req *req, const struct atcp_seg *s)
{
	return req->has & ~s->opt.has & ATCP_OPT_TS && !(s->flags & (ATCP_RST | ATCP_SYN));
}

enum atcp_verdict atcp_req_input(struct atcp_req *req, const struct atcp_cfg *cfg,
				 const struct atcp_seg *s, u64 now, struct atcp_seg *out)
{
	if (paws_old(req, s))
		return challenge(req, cfg, now, out);
	if ((s->flags & CONTROL) == ATCP_SYN && s->seq == req->irs) {
		/* Sent again: the SYN,ACK was lost, or is late. The echo is of the newest SYN. */
		if (req->has & s->opt.has & ATCP_OPT_TS)
			req->ts_recent = s->opt.tsval;
		/* RFC 3168 section 6.1.1: now it does not ask */
		if (!atcp_ecn_asked(s))
			req->ecn &= ~ATCP_ECN_ECT;
		return synack_again(req, cfg, now, out);
	}
	if (lacks_ts(req, s))
		return ATCP_V_DROP;
	if (!acceptable(req, s))
		return s->flags & ATCP_RST ? ATCP_V_DROP : challenge(req, cfg, now, out);
	if (s->flags & ATCP_RST) {
		/* RFC 5961 section 3.2: only the very number ends it. */
		if (s->seq != req->irs + 1)
			return challenge(req, cfg, now, out);
		atcp_fsm_step(&req->state, ATCP_E_RETURN, req);
		return ATCP_V_FORGET;
	}
	if (s->flags & ATCP_SYN) {
		/* Of a passive open: back to LISTEN, where the peer's next SYN starts anew. */
		atcp_fsm_step(&req->state, ATCP_E_RETURN, req);
		return ATCP_V_FORGET;
	}
	if (!(s->flags & ATCP_ACK))
		return ATCP_V_DROP;
	if (s->ack != req->iss + 1)
		return atcp_closed_input(s, out) ? ATCP_V_REPLY : ATCP_V_DROP;
	return ATCP_V_ACCEPT;
}

enum atcp_verdict atcp_req_timer(struct atcp_req *req, const struct atcp_cfg *cfg, u64 now,
				 struct atcp_seg *out)
{
	u32 tries = READ_ONCE(cfg->synack_retries);
	u64 timeout;

	if (req->timeouts >= tries || req->timeouts == U8_MAX) {
		atcp_fsm_step(&req->state, ATCP_E_TIMEOUT, req);
		return ATCP_V_FORGET;
	}
	req->timeouts++;
	req->retries += req->retries < U8_MAX;
	timeout = min(cfg->rto_initial << min_t(u8, req->timeouts, 16), cfg->rto_max);
	req->deadline = now + timeout;
	fill_synack(req, now, out);
	return ATCP_V_REPLY;
}
