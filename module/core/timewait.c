// SPDX-License-Identifier: GPL-2.0-only
/*
 * TIME_WAIT without its connection: RFC 9293 3.10.7.4, RFC 5961 for RST and SYN,
 * RFC 1337 against assassination, RFC 6191 for a new connection of the same name.
 */

#include "api.h"
#include "seq.h"
#include "timers.h"
#include "timewait.h"

/* RFC 7323 section 5.5: after so long the peer's clock may have wrapped */
#define PAWS_IDLE	(24 * 86400 * ATCP_NS_PER_SEC)

void atcp_tw_init(struct atcp_tw *tw, const struct atcp_conn *c, u64 now)
{
	*tw = (struct atcp_tw){
		.rcv_wscale = c->rcv_wscale,
		.ts_ok = c->ts_ok,
		.snd_nxt = c->snd_nxt,
		.rcv_nxt = c->rcv_nxt,
		.rcv_wnd = atcp_conn_rcv_wnd(c),
		.ts_recent = c->ts_recent,
		.ts_off = c->ts_off,
		.ts_recent_at = c->ts_recent_at,
		.length = atcp_setting_ns(c->time_wait_us, ATCP_NS_PER_US, c->cfg->time_wait),
	};
	tw->deadline = now + tw->length;
	atcp_fsm_inherit(&tw->state, c->state);
}

static bool has_ts(const struct atcp_tw *tw, const struct atcp_seg *s)
{
	return tw->ts_ok && (s->opt.has & ATCP_OPT_TS);
}

static bool paws_old(const struct atcp_tw *tw, const struct atcp_seg *s, u64 now)
{
	return has_ts(tw, s) && atcp_before(s->opt.tsval, tw->ts_recent) &&
	       now - tw->ts_recent_at < PAWS_IDLE;
}

/* An ACK for a segment that is out of place; RFC 5961 section 7 limits them */
static enum atcp_verdict acknowledge(struct atcp_tw *tw, u64 now, struct atcp_seg *out)
{
	tw->challenge_at = now;
	*out = (struct atcp_seg){
		.seq = tw->snd_nxt,
		.ack = tw->rcv_nxt,
		.wnd = min_t(u32, tw->rcv_wnd >> tw->rcv_wscale, U16_MAX),
		.flags = ATCP_ACK,
	};
	if (tw->ts_ok) {
		out->opt.has = ATCP_OPT_TS;
		out->opt.tsval = atcp_tsval(tw->ts_off, now);
		out->opt.tsecr = tw->ts_recent;
	}
	return ATCP_V_REPLY;
}

static enum atcp_verdict challenge(struct atcp_tw *tw, const struct atcp_cfg *cfg, u64 now,
				   struct atcp_seg *out)
{
	if (tw->challenge_at && now - tw->challenge_at < cfg->challenge_intvl)
		return ATCP_V_DROP;
	return acknowledge(tw, now, out);
}

/* RFC 9293 MAY-2 with RFC 6191 section 2: is this SYN newer than all of the old connection? */
static bool surely_new(const struct atcp_tw *tw, const struct atcp_cfg *cfg,
		       const struct atcp_seg *s, u64 now)
{
	bool ts = cfg->timestamps && (s->opt.has & ATCP_OPT_TS);

	/* rcv_nxt follows the largest number that was used */
	if (!ts)
		return !atcp_before(s->seq, tw->rcv_nxt);
	if (!tw->ts_ok || now - tw->ts_recent_at >= PAWS_IDLE ||
	    atcp_after(s->opt.tsval, tw->ts_recent))
		return true;
	return s->opt.tsval == tw->ts_recent && !atcp_before(s->seq, tw->rcv_nxt);
}

static enum atcp_verdict reset(struct atcp_tw *tw, const struct atcp_cfg *cfg,
			       const struct atcp_seg *s, u64 now, struct atcp_seg *out)
{
	/* RFC 1337 section 3, fix F1 */
	if (cfg->rfc1337)
		return ATCP_V_DROP;
	if (s->seq != tw->rcv_nxt) {
		/* RFC 5961 section 3.2 */
		if (atcp_in_window(s->seq, tw->rcv_nxt, tw->rcv_wnd))
			return challenge(tw, cfg, now, out);
		return ATCP_V_DROP;
	}
	atcp_fsm_step(&tw->state, ATCP_E_RST, tw);
	return ATCP_V_FORGET;
}

/* RFC 7323 section 4.3, of a segment that begins at rcv_nxt or before */
static void take_ts(struct atcp_tw *tw, const struct atcp_seg *s, u64 now)
{
	if (!has_ts(tw, s) || atcp_before(s->opt.tsval, tw->ts_recent))
		return;
	tw->ts_recent = s->opt.tsval;
	tw->ts_recent_at = now;
}

/* The FIN that brought us here: the peer did not get our last ACK */
static enum atcp_verdict fin_again(struct atcp_tw *tw, const struct atcp_cfg *cfg,
				   const struct atcp_seg *s, u64 now, struct atcp_seg *out)
{
	if (!(s->flags & ATCP_ACK))
		return ATCP_V_DROP;
	if (atcp_after(s->ack, tw->snd_nxt))
		return challenge(tw, cfg, now, out);
	/* RFC 9293 3.10.7.4, eighth check: the peer has 2 MSL again for what it gets now */
	take_ts(tw, s, now);
	tw->deadline = now + tw->length;
	return acknowledge(tw, now, out);
}

enum atcp_verdict atcp_tw_input(struct atcp_tw *tw, const struct atcp_cfg *cfg,
				const struct atcp_seg *s, u64 now, struct atcp_seg *out)
{
	const u8 control = s->flags & (ATCP_SYN | ATCP_FIN | ATCP_RST | ATCP_ACK);

	if (control & ATCP_RST)
		return reset(tw, cfg, s, now, out);
	if (control & ATCP_SYN) {
		if (control == ATCP_SYN && surely_new(tw, cfg, s, now))
			return ATCP_V_REOPEN;
		return challenge(tw, cfg, now, out);
	}
	/* RFC 7323 section 3.2 */
	if (tw->ts_ok && !has_ts(tw, s))
		return ATCP_V_DROP;
	if (paws_old(tw, s, now))
		return challenge(tw, cfg, now, out);
	if ((control & ATCP_FIN) && s->seq + atcp_seg_span(s) == tw->rcv_nxt)
		return fin_again(tw, cfg, s, now, out);
	/* RFC 9293 3.10.7.4, fifth check: of what has passed the first */
	if (!(control & ATCP_ACK) && (s->seq == tw->rcv_nxt ||
				      atcp_in_window(s->seq, tw->rcv_nxt, tw->rcv_wnd)))
		return ATCP_V_DROP;
	/* Nothing but an ACK can still be in order; all else is old, or cannot be: RFC 5961 too */
	if (s->seq != tw->rcv_nxt || atcp_seg_span(s) || atcp_after(s->ack, tw->snd_nxt))
		return challenge(tw, cfg, now, out);
	take_ts(tw, s, now);
	return ATCP_V_DROP;
}

void atcp_tw_reopen(struct atcp_tw *tw)
{
	atcp_fsm_step(&tw->state, ATCP_E_SYN, tw);
}

void atcp_tw_expire(struct atcp_tw *tw)
{
	atcp_fsm_step(&tw->state, ATCP_E_2MSL, tw);
}
