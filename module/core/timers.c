// SPDX-License-Identifier: GPL-2.0-only
/* Deadlines of a connection and what is done when they come. */
#include "timers.h"
#include "ackdelay.h"
#include "api.h"
#include "life.h"
#include "loss.h"
#include "output.h"
#include "port.h"
#include "seq.h"
#include "tlp.h"
#include "uto.h"
#include "xmit.h"

#define RTO_FALLBACK	(3 * ATCP_NS_PER_SEC)	/* RFC 6298 (5.7) */

/* RFC 9293 3.8.3: R2 is a time; native TCP counts it in back-offs of this minimum. */
#define R2_BASE_NS	(200 * ATCP_NS_PER_MS)

void atcp_timers_stop(struct atcp_conn *c)
{
	int i;

	for (i = 0; i < ATCP_NTIMERS; i++)
		atcp_timer_clear(c, i);
}

u64 atcp_conn_deadline(const struct atcp_conn *c)
{
	u64 first = 0;
	int i;

	for (i = 0; i < ATCP_NTIMERS; i++)
		if (c->timer[i] && (!first || c->timer[i] < first))
			first = c->timer[i];
	return first;
}

u64 atcp_conn_rto(const struct atcp_conn *c)
{
	u64 initial = c->cfg->rto_initial;
	u64 min = max_t(u64, atcp_rto_min(c), atcp_ackdelay_peer(c));

	/* the handshake gave no sample because it was sent again */
	if (!c->rtt.srtt && c->state != ATCP_SYN_SENT && c->state != ATCP_SYN_RECV)
		initial = max(initial, RTO_FALLBACK);
	return atcp_rtt_rto(&c->rtt, initial, min, c->cfg->rto_max);
}

void atcp_rtx_started(struct atcp_conn *c, u64 now)
{
	if (c->timer[ATCP_T_RTX] && c->rtx_why != ATCP_RTX_PERSIST) {
		/* what was alone is no more: its ACK is not to be delayed, see ackdelay.c */
		if (c->peer_ack_us && c->rtx_why == ATCP_RTX_TIMEOUT)
			atcp_timer_set(c, ATCP_T_RTX,
				       min(c->timer[ATCP_T_RTX], now + atcp_conn_rto(c)));
		return;
	}
	/* the silence that probes have met is not that of what is sent now */
	if (c->rtx_why == ATCP_RTX_PERSIST)
		c->rtx_start = 0;
	atcp_rtx_arm(c, ATCP_RTX_TIMEOUT, now + atcp_conn_rto(c));
}

void atcp_rtx_again(struct atcp_conn *c, u64 now)
{
	/* a probe or the reordering window is followed by a timeout of its own */
	if (c->rtx_why == ATCP_RTX_TIMEOUT)
		atcp_timer_set(c, ATCP_T_RTX, now + atcp_conn_rto(c));
}

void atcp_rtx_progress(struct atcp_conn *c, u64 now)
{
	if (unlikely(c->soft_err)) {
		c->soft_err = 0;
		c->ev |= ATCP_EV_SOFT;
	}
	c->rtx_count = 0;
	c->rtx_start = 0;
	c->rtx_why = ATCP_RTX_TIMEOUT;
	if (c->snd_una == c->snd_nxt && likely(!c->ecn_wait))
		atcp_timer_clear(c, ATCP_T_RTX);
	else
		atcp_timer_set(c, ATCP_T_RTX, now + atcp_conn_rto(c));
}

void atcp_rtx_reopened(struct atcp_conn *c, u64 now)
{
	c->rtx_start = 0;
	if (c->snd_una == c->snd_nxt || c->rtx_why == ATCP_RTX_PERSIST)
		return;
	c->rtt.backoff = 0;
	atcp_rtx_arm(c, ATCP_RTX_TIMEOUT, now + atcp_conn_rto(c));
}

void atcp_persist_start(struct atcp_conn *c, u64 now)
{
	if (c->rtx_why == ATCP_RTX_PERSIST)
		return;
	c->probes = 0;
	/* SHLD-29: the first probe after one RTO */
	atcp_rtx_arm(c, ATCP_RTX_PERSIST, now + atcp_conn_rto(c));
}

/* The time that @retries back-offs of a timeout of R2_BASE_NS take together. */
static u64 r2_time(const struct atcp_conn *c, u32 retries)
{
	u64 step = R2_BASE_NS, sum = 0;
	u32 i;

	for (i = 0; i <= retries && i < 64; i++) {
		sum += step;
		step = min_t(u64, 2 * step, c->cfg->rto_max);
	}
	return sum;
}

/* MUST-21: TCP_USER_TIMEOUT goes before the number of retries. */
static u64 r2_limit(const struct atcp_conn *c)
{
	u64 limit;

	if (c->orphan)
		return r2_time(c, c->cfg->orphan_retries);
	limit = atcp_uto_limit(c);
	return limit ? limit : r2_time(c, c->cfg->retries2);
}

/* MUST-20: has the peer been silent for too long? */
static bool gave_up(const struct atcp_conn *c, u64 now)
{
	if (!c->rtx_start)
		return false;
	if (c->state == ATCP_SYN_SENT || c->state == ATCP_SYN_RECV) {
		if (c->user_timeout_ms &&
		    now - c->rtx_start >= c->user_timeout_ms * ATCP_NS_PER_MS)
			return true;
		return c->rtx_count > (c->syn_retries ? c->syn_retries : c->cfg->syn_retries);
	}
	return now - c->rtx_start >= r2_limit(c);
}

static void give_up(struct atcp_conn *c, u64 now)
{
	atcp_port_count(c, ATCP_C_TCPAbortOnTimeout);
	atcp_life_fail(c, ATCP_E_TIMEOUT, c->soft_err ? c->soft_err : ETIMEDOUT, now);
}

static void backoff(struct atcp_conn *c, u64 now)
{
	if (c->rtt.backoff < 63)
		c->rtt.backoff++;
	atcp_timer_set(c, ATCP_T_RTX, now + atcp_conn_rto(c));
}

/* Past R1: IP is told (MUST-20 b), and the user where no error has told more already (SHLD-9). */
static void past_r1(struct atcp_conn *c)
{
	c->ev |= ATCP_EV_ROUTE;
	/* once in a row of timeouts; the first is past no retries at all */
	if (c->rtx_count != max(c->cfg->retries1, 1U) || c->soft_err)
		return;
	c->soft_err = ETIMEDOUT;
	c->ev |= ATCP_EV_SOFT;
}

/* Has the peer been silent for too long? An ACK older than snd_una answers no probe. */
static bool probes_unanswered(struct atcp_conn *c, u64 now)
{
	if (!c->probes)
		c->rtx_start = now;
	else if (now - c->rtx_start >= r2_limit(c))
		return true;
	if (c->probes < 255)
		c->probes++;
	return false;
}

/*
 * The peer has taken back the window of what is out, down to nothing. What lies right of its edge
 * does not time out (SHLD-17): it is probed like any shut window, MUST-35.
 */
static void shrunk_timer(struct atcp_conn *c, u64 now)
{
	if (probes_unanswered(c, now)) {
		give_up(c, now);
		return;
	}
	c->rtx_count = 0;
	backoff(c, now);
	atcp_port_count(c, ATCP_C_TCPWinProbe);
	atcp_xmit_probe(c, now);
}

static void rtx_timer(struct atcp_conn *c, u64 now)
{
	struct atcp_txseg *head = list_first_entry(&c->txq, struct atcp_txseg, node);

	if (!c->snd_wnd && !(head->flags & ATCP_SYN)) {
		shrunk_timer(c, now);
		return;
	}
	/* the silence began when the timer was started, not when the head was first sent */
	if (!c->rtx_start)
		c->rtx_start = now - min(now - 1, atcp_conn_rto(c));
	/* it cannot be late where it has not left yet: that is no timeout, but silence it is */
	if (atcp_tx_still_here(c, head) && !gave_up(c, now)) {
		atcp_timer_set(c, ATCP_T_RTX, now + atcp_conn_rto(c));
		return;
	}
	if (c->rtx_count < 255)
		c->rtx_count++;
	if (gave_up(c, now)) {
		give_up(c, now);
		return;
	}
	atcp_port_count(c, ATCP_C_TCPTimeouts);
	if (c->rtx_count >= c->cfg->retries1)
		past_r1(c);
	if (c->rtx_count > c->cfg->linear_timeouts || head->flags & ATCP_SYN)
		backoff(c, now);
	else
		atcp_timer_set(c, ATCP_T_RTX, now + atcp_conn_rto(c));
	if (head->flags & ATCP_SYN) {
		atcp_xmit(c, head, c->mss, now);
		return;
	}
	atcp_loss_timeout(c, now);
	atcp_output(c, ATCP_PUSH_NORMAL, now);
}

/*
 * The window is shut, or too small for the silly-window rule: MUST-35, -36. As long as the
 * peer answers the connection stays, whatever its window (MUST-37); silence is counted.
 */
static void persist_timer(struct atcp_conn *c, u64 now)
{
	if (!c->tx_next) {
		c->rtx_why = ATCP_RTX_TIMEOUT;
		c->rtx_start = 0;
		return;
	}
	if (probes_unanswered(c, now)) {
		give_up(c, now);
		return;
	}
	/* MUST-60: what was held back goes, as far as the window lets it */
	atcp_output(c, ATCP_PUSH_FORCE, now);
	if (c->rtx_why != ATCP_RTX_PERSIST)
		return;
	backoff(c, now);
	atcp_port_count(c, ATCP_C_TCPWinProbe);
	atcp_xmit_probe(c, now);
}

/* Step 5 of RFC 8985 section 6.2: the rest of a reordering window has passed. */
static void reorder_timer(struct atcp_conn *c, u64 now)
{
	u64 wait = atcp_loss_timer(c, now);

	if (wait)
		atcp_rtx_arm(c, ATCP_RTX_REORDER, now + wait);
	else
		atcp_rtx_arm(c, ATCP_RTX_TIMEOUT, now + atcp_conn_rto(c));
	atcp_output(c, ATCP_PUSH_NORMAL, now);
	if (c->rtx_why == ATCP_RTX_TIMEOUT)
		atcp_tlp_schedule(c, now);
}

/* RFC 3168 section 6.1.2: now one segment may go. Return: that is all, nothing has timed out. */
static bool waited(struct atcp_conn *c, u64 now)
{
	if (likely(!c->ecn_wait))
		return false;
	c->ecn_wait = 0;
	if (c->snd_una != c->snd_nxt && c->lost <= c->retrans)
		return false;
	if (c->snd_una != c->snd_nxt)
		atcp_rtx_arm(c, ATCP_RTX_TIMEOUT, now + atcp_conn_rto(c));
	atcp_output(c, ATCP_PUSH_NORMAL, now);
	return true;
}

static void serve_rtx(struct atcp_conn *c, u64 now)
{
	if (waited(c, now))
		return;
	if (list_empty(&c->txq)) {
		c->rtx_why = ATCP_RTX_TIMEOUT;
		return;
	}
	switch (c->rtx_why) {
	case ATCP_RTX_PERSIST:
		persist_timer(c, now);
		return;
	case ATCP_RTX_PROBE:
		atcp_tlp_timer(c, now);
		return;
	case ATCP_RTX_REORDER:
		reorder_timer(c, now);
		return;
	default:
		rtx_timer(c, now);
	}
}

static u64 keep_idle(const struct atcp_conn *c)
{
	u64 idle = atcp_setting_ns(c->keep_idle_ms, ATCP_NS_PER_MS, c->cfg->keep_idle);

	/* RFC 5482 section 4.2: a probe ends nothing that data would have left alone */
	return c->adv_uto ? max(idle, atcp_uto_limit(c) + ATCP_NS_PER_SEC) : idle;
}

static void keep_timer(struct atcp_conn *c, u64 now)
{
	u64 idle = keep_idle(c);
	u64 intvl = atcp_setting_ns(c->keep_intvl_ms, ATCP_NS_PER_MS, c->cfg->keep_intvl);
	u32 limit = c->keep_probes ? c->keep_probes : c->cfg->keep_probes;
	bool dead;

	atcp_timer_clear(c, ATCP_T_KEEP);
	if (!c->keepalive || c->state == ATCP_SYN_SENT)
		return;
	/* MUST-26: only while nothing is out, and after the idle time */
	if (c->snd_una != c->snd_nxt || c->tx_next) {
		atcp_timer_set(c, ATCP_T_KEEP, now + idle);
		return;
	}
	if (now - c->last_rcv < idle) {
		atcp_timer_set(c, ATCP_T_KEEP, c->last_rcv + idle);
		return;
	}
	dead = c->user_timeout_ms ?
		       c->probes && now - c->last_rcv >= c->user_timeout_ms * ATCP_NS_PER_MS :
				 c->probes >= limit;
	if (dead) {
		atcp_xmit_rst(c, now);
		give_up(c, now);
		return;
	}
	c->probes++;
	atcp_port_count(c, ATCP_C_TCPKeepAlive);
	atcp_xmit_probe(c, now);
	atcp_timer_set(c, ATCP_T_KEEP, now + intvl);
}

static bool due(const struct atcp_conn *c, enum atcp_timer which, u64 now)
{
	return c->timer[which] && c->timer[which] <= now;
}

void atcp_conn_timer(struct atcp_conn *c, u64 now)
{
	if (due(c, ATCP_T_DELACK, now)) {
		atcp_timer_clear(c, ATCP_T_DELACK);
		if (c->ack_sched) {
			atcp_port_count(c, ATCP_C_DelayedACKs);
			atcp_xmit_ack(c, now);
		}
	}
	if (due(c, ATCP_T_RTX, now)) {
		atcp_timer_clear(c, ATCP_T_RTX);
		serve_rtx(c, now);
	}
	if (due(c, ATCP_T_PACE, now)) {
		atcp_timer_clear(c, ATCP_T_PACE);
		atcp_output(c, ATCP_PUSH_NORMAL, now);
	}
	if (due(c, ATCP_T_KEEP, now))
		keep_timer(c, now);
	if (due(c, ATCP_T_STATE, now)) {
		atcp_timer_clear(c, ATCP_T_STATE);
		atcp_life_event(c, ATCP_E_TIMEOUT, now);
	}
}

void atcp_conn_keepalive(struct atcp_conn *c, bool on, u64 now)
{
	c->keepalive = on;
	c->probes = c->rtx_why == ATCP_RTX_PERSIST ? c->probes : 0;
	if (!on)
		atcp_timer_clear(c, ATCP_T_KEEP);
	else if (c->state != ATCP_CLOSED && c->state != ATCP_LISTEN)
		atcp_timer_set(c, ATCP_T_KEEP, now + keep_idle(c));
}
