// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated host: which record a segment belongs to, and what becomes of it.
 * There is one pair of addresses and ports, so one record a kind is enough.
 */
#include <stdlib.h>
#include <seq.h>
#include "sim.h"

/*
 * The same pair of ports again: above all that was used before, RFC 6528, or among it, where the
 * numbers have come round.
 */
static u32 new_isn(struct sim_host *h)
{
	u32 isn = h->iss;

	if (sim.round)
		return isn + (u32)sim_below(&sim.rng, 2000);
	h->iss += sim.tight ? 2 : (u32)sim_range(&sim.rng, 1 << 25, 1 << 26);
	return isn;
}

static struct sim_conn *new_conn(struct sim_host *h)
{
	struct sim_conn *sc = calloc(1, sizeof(*sc));
	struct atcp_conn *c = &sc->c;

	sc->h = h;
	h->sc = sc;
	sc->w.state = ATCP_CLOSED;
	atcp_conn_init(c, &h->cfg);
	c->mtu = h->mtu;
	c->adv_mss = h->adv_mss;
	c->default_mss = h->listen.default_mss;
	c->rcv_buf = h->rcv_buf;
	c->rcv_buf_max = h->rcv_buf_max;
	c->gso_max = h->gso_max;
	c->paced = h->paced;
	c->pace_max = h->pace_max;
	c->rto_min_us = h->rto_min / ATCP_NS_PER_US;
	c->user_timeout_ms = h->user_timeout / ATCP_NS_PER_MS;
	c->nodelay = h->app.nodelay;
	c->cork = h->app.cork;
	return sc;
}

void sim_open(struct sim_host *h)
{
	struct sim_conn *sc;

	if (h->sc || h->req_live)
		return;
	h->tw_live = false; /* as a port that is taken again by an active open */
	sc = new_conn(h);
	sim_note(h, "opens");
	h->isn = new_isn(h);
	atcp_conn_open(&sc->c, h->isn, h->ts_off, sim.now);
	sim_watch_start(sc);
	sim_app_start(h);
	if (h->app.keepalive)
		atcp_conn_keepalive(&sc->c, true, sim.now);
	sim_reap(h);
}

void sim_reboot(struct sim_host *h)
{
	h->past = h->app;
	h->past_isn = h->isn;
	sim_app_renew(h);
	h->ts_off = (u32)sim_rand(&sim.rng);
	h->shown_valid = false;
	sim.reborn = h;
}

/* Free what is left of the connection. */
void sim_forget(struct sim_host *h)
{
	struct sim_conn *sc = h->sc;

	if (!sc)
		return;
	atcp_conn_purge(&sc->c);
	if (sc->tx_bytes)
		sim_fail("%llu bytes were still queued after the purge", sc->tx_bytes);
	h->app.done = true;
	if (!sim.round && atcp_before(h->iss, sc->c.snd_nxt))
		h->iss = sc->c.snd_nxt + (u32)sim_below(&sim.rng, 2000);
	h->sc = NULL;
	free(sc);
}

/* What a call left in c->ev. */
void sim_reap(struct sim_host *h)
{
	struct sim_conn *sc = h->sc;
	u16 ev;

	while (sc && h->sc == sc && sc->c.ev && !sim.failed) {
		ev = sc->c.ev;
		sc->c.ev = 0;
		if (ev & ATCP_EV_ERROR)
			sim_check_error(sc);
		if (ev & ATCP_EV_TIMEWAIT) {
			atcp_tw_init(&h->tw, &sc->c, sim.now);
			h->tw_state = h->tw.state;
			h->tw_live = true;
			if (h->tw.state != ATCP_TIME_WAIT)
				sim_fail("a TIME_WAIT record in %s", atcp_state_name(h->tw.state));
		}
		sim_app_event(h, ev);
		if (ev & (ATCP_EV_TIMEWAIT | ATCP_EV_CLOSED)) {
			if (atcp_conn_deadline(&sc->c))
				sim_fail("a timer outlives the connection");
			sim_forget(h);
			return;
		}
	}
}

static void reply(struct sim_host *h, const struct atcp_seg *out)
{
	sim_wire(h, out);
	sim_net_send(!h->id, out, NULL, 0, false);
}

/* RFC 5961 section 4: a SYN to a synchronized connection has to be answered with an ACK. */
static bool challenge_due(const struct atcp_conn *c, const struct atcp_seg *s)
{
	if (c->state == ATCP_SYN_SENT || c->state == ATCP_SYN_RECV || sim.faulty)
		return false;
	if ((s->flags & (ATCP_SYN | ATCP_RST)) != ATCP_SYN)
		return false;
	/* RFC 7323 section 3.2: without the timestamp it is dropped unseen */
	if (c->ts_ok && !(s->opt.has & ATCP_OPT_TS))
		return false;
	return !c->challenge_at || sim.now - c->challenge_at >= c->cfg->challenge_intvl;
}

static void conn_input(struct sim_host *h, const struct atcp_seg *s, const u8 *payload)
{
	struct sim_rx *rx = s->len ? sim_rx_new(s, payload) : NULL;
	bool due = challenge_due(&h->sc->c, s);
	u32 sent = h->sc->c.segs_out;

	if (!atcp_conn_input(&h->sc->c, s, rx ? &rx->r : NULL, sim.now) && rx) {
		sim.live_rx--;
		free(rx);
	}
	if (due && h->sc->c.segs_out == sent)
		sim_fail("a SYN was not challenged in %s", atcp_state_name(h->sc->c.state));
	sim_reap(h);
}

static void accept_req(struct sim_host *h, const struct atcp_seg *s, const u8 *payload)
{
	struct sim_conn *sc;

	if (sim_ppm(&sim.rng, sim.fail_accept) && !sim.healed) {
		sim_note(h, "accept queue full");
		return;
	}
	/* RFC 9293 3.5.1: it comes once the other end of what was there before is gone */
	if (sim.reborn == sim_peer(h) && !sim.awaited && h->req.irs == sim_peer(h)->isn) {
		sim.excused = sim_peer(h)->app.orphaned;
		sim.met = true;
		if (h->app.done)
			sim_app_renew(h);
	}
	sc = new_conn(h);
	h->isn = h->req.iss;
	if (++h->accepts > 1 && !sim.hostile)
		sim_fail("a second connection was accepted");
	atcp_conn_accept(&sc->c, &h->req, sim.now);
	h->req_live = false;
	sim_watch_start(sc);
	sim_app_start(h);
	if (h->app.keepalive)
		atcp_conn_keepalive(&sc->c, true, sim.now);
	conn_input(h, s, payload);
}

static void listen_input(struct sim_host *h, const struct atcp_seg *s)
{
	struct atcp_seg out;

	h->req_state = ATCP_LISTEN;
	switch (atcp_listen_input(&h->listen, &h->cfg, s, new_isn(h), h->ts_off, sim.now,
				  &h->req, &out)) {
	case ATCP_V_NEW:
		h->req_live = true;
		reply(h, &out);
		break;
	case ATCP_V_REPLY:
		reply(h, &out);
		break;
	case ATCP_V_DROP:
		break;
	default:
		sim_fail("a verdict that a listener cannot give");
	}
}

static void req_input(struct sim_host *h, const struct atcp_seg *s, const u8 *payload)
{
	struct atcp_seg out;

	switch (atcp_req_input(&h->req, &h->cfg, s, sim.now, &out)) {
	case ATCP_V_REPLY:
		reply(h, &out);
		break;
	case ATCP_V_ACCEPT:
		accept_req(h, s, payload);
		break;
	case ATCP_V_FORGET_REPLY:
		reply(h, &out);
		fallthrough;
	case ATCP_V_FORGET:
		h->req_live = false;
		break;
	case ATCP_V_DROP:
		break;
	default:
		sim_fail("a verdict that a handshake cannot give");
	}
}

static void tw_input(struct sim_host *h, const struct atcp_seg *s)
{
	struct atcp_seg out;

	switch (atcp_tw_input(&h->tw, &h->cfg, s, sim.now, &out)) {
	case ATCP_V_REPLY:
		reply(h, &out);
		break;
	case ATCP_V_FORGET:
		h->tw_live = false;
		break;
	case ATCP_V_REOPEN:
		/* Without a listener the SYN would be refused: native TCP keeps the record. */
		if (!h->listening)
			break;
		sim_note(h, "TIME_WAIT reopened");
		atcp_tw_reopen(&h->tw);
		h->tw_live = false;
		if (!sim.round && atcp_before(h->iss, h->tw.snd_nxt))
			h->iss = h->tw.snd_nxt;
		if (!sim.round)
			h->iss += sim.tight ? 1 : 65535 + 2;
		listen_input(h, s);
		break;
	case ATCP_V_DROP:
		break;
	default:
		sim_fail("a verdict that TIME_WAIT cannot give");
	}
}

static bool there(const struct sim_host *h)
{
	return h->sc || h->req_live || h->tw_live;
}

/* The other end of its connection is gone with a reboot: what comes is of another one. */
static bool is_past(const struct sim_host *h)
{
	const struct sim_host *peer = sim_peer(h);

	return sim.reborn == peer && h->sc->c.irs == peer->past_isn;
}

void sim_input(struct sim_host *h, const struct sim_pkt *p)
{
	const u8 *payload = p->bytes + p->hdr;
	struct atcp_seg s, out;
	bool was = there(h);

	if (h->down || !sim_net_intact(p))
		return;
	if (atcp_seg_parse(&s, p->bytes, p->hdr, p->hdr + p->len)) {
		if (!p->forged)
			sim_fail("a segment of ours cannot be parsed");
		return;
	}
	if (h->sc && !p->forged && p->incarnation == sim.incarnation && !is_past(h)) {
		h->sc->w.rx_at = sim.now;
		h->sc->w.tx_since_rx = 0;
	}
	s.ce = p->ce;
	sim.rx_mss = p->value;
	if (h->sc)
		conn_input(h, &s, payload);
	else if (h->req_live)
		req_input(h, &s, payload);
	else if (h->tw_live)
		tw_input(h, &s);
	else if (h->listening)
		listen_input(h, &s);
	else if (atcp_closed_input(&s, &out))
		reply(h, &out);
	if (p->forged && !sim.hostile && was && !there(h))
		sim_fail("a forged segment ended it");
}

void sim_icmp(struct sim_host *h, const struct sim_pkt *p)
{
	if (h->down || !h->sc)
		return;
	if (p->err == EMSGSIZE)
		atcp_conn_mtu(&h->sc->c, p->value, sim.now);
	else
		atcp_conn_icmp(&h->sc->c, p->seq, p->err, true, sim.now);
	sim_reap(h);
}

/* When a timer of the host fires; 0 for never. */
u64 sim_host_deadline(struct sim_host *h)
{
	struct sim_conn *sc = h->sc;
	u64 d;

	if (h->down)
		return 0;
	if (sc) {
		d = atcp_conn_deadline(&sc->c);
		if (d != sc->armed) {
			sc->armed = d;
			sc->fire_at = d ? d + sim_below(&sim.rng, sim.timer_late + 1) : 0;
		}
		return sc->fire_at;
	}
	if (h->req_live)
		return h->req.deadline;
	return h->tw_live ? h->tw.deadline : 0;
}

static void req_timer(struct sim_host *h)
{
	struct atcp_seg out;
	u64 was = h->req.deadline;

	switch (atcp_req_timer(&h->req, &h->cfg, sim.now, &out)) {
	case ATCP_V_REPLY:
		reply(h, &out);
		if (h->req.deadline <= was)
			sim_fail("the deadline of a handshake did not move");
		break;
	case ATCP_V_FORGET:
		h->req_live = false;
		sim_note(h, "handshake given up");
		break;
	default:
		sim_fail("a verdict that a handshake's timer cannot give");
	}
}

void sim_host_drained(struct sim_host *h)
{
	if (!h->drained_at || h->drained_at > sim.now)
		return;
	h->drained_at = 0;
	if (h->down || !h->sc)
		return;
	atcp_conn_push(&h->sc->c, false, sim.now);
	sim_reap(h);
}

void sim_host_timer(struct sim_host *h)
{
	struct sim_conn *sc = h->sc;
	u8 timeouts;

	if (sc) {
		timeouts = sc->c.rtx_count;
		atcp_conn_timer(&sc->c, sim.now);
		/* RFC 5681 section 3.1: the loss window */
		if (sc->c.rtx_count > timeouts && sc->c.ca_state == ATCP_CA_LOSS &&
		    sc->c.state != ATCP_CLOSED && sc->c.cwnd > sc->c.mss)
			sim_fail("cwnd %u after a timeout", sc->c.cwnd);
		sim_reap(h);
		if (h->sc == sc && atcp_conn_deadline(&sc->c) &&
		    atcp_conn_deadline(&sc->c) <= sim.now && ++sc->w.spin > 3)
			sim_fail("the timer spins: due at %llu ns before now",
				 sim.now - atcp_conn_deadline(&sc->c));
		else if (h->sc == sc && atcp_conn_deadline(&sc->c) > sim.now)
			sc->w.spin = 0;
		return;
	}
	if (h->req_live) {
		req_timer(h);
		return;
	}
	atcp_tw_expire(&h->tw);
	if (h->tw_state != ATCP_CLOSED)
		sim_fail("an expired TIME_WAIT in %s", atcp_state_name(h->tw_state));
	h->tw_live = false;
}
