// SPDX-License-Identifier: GPL-2.0-only
/* What must hold after every event, for every segment sent, and at the end. */
#include <ecn.h>
#include <port.h>
#include <seq.h>
#include "sim.h"

void sim_watch_start(struct sim_conn *sc)
{
	struct sim_watch *w = &sc->w;

	w->state = sc->c.state;
	w->snd_una = sc->c.snd_una;
	w->snd_top = sc->c.snd_nxt;
	w->rcv_nxt = sc->c.rcv_nxt;
	w->rcv_adv = sc->c.rcv_adv;
	w->una_at = sim.now;
	w->rx_at = sim.now;
	w->rcv_buf = sc->c.rcv_buf;
}

/* A SACKed segment is out of danger: the peer has it. */
static void check_sacked(const struct sim_conn *sc, struct atcp_txseg *t)
{
	const struct sim_conn *peer = sim_peer(sc->h)->sc;
	const struct atcp_reasm *r;
	u32 end = t->seq + t->len;
	u16 i;

	t->spare = 1;
	/* nor can an end that has rebooted still have it */
	if (!peer || peer->c.irs != sc->c.iss)
		return;
	if (sim.hostile || peer->h->reneged || !atcp_after(end, peer->c.rcv_nxt))
		return;
	r = &peer->c.ooo;
	for (i = 0; i < r->n; i++)
		if (!atcp_before(t->seq, r->ranges[i].start) && !atcp_after(end, r->ranges[i].end))
			return;
	if (t->len && atcp_after(t->seq, peer->c.rcv_nxt))
		sim_fail("%u+%u is marked SACKed, the peer does not have it", t->seq, t->len);
}

struct counts {
	u32 sacked, lost, retrans, out, bytes;
};

static u32 span(const struct atcp_txseg *t)
{
	return t->len + !!(t->flags & (ATCP_SYN | ATCP_FIN));
}

/* Walk the send queue: one sequence without a hole, sent before unsent. */
static bool recount(struct sim_conn *sc, const struct atcp_txseg *except, struct counts *n)
{
	const struct atcp_conn *c = &sc->c;
	struct atcp_txseg *t;
	u32 at = c->snd_una, nxt = c->snd_una;
	bool unsent = false;

	sc->queue_len = 0;
	memset(n, 0, sizeof(*n));
	list_for_each_entry(t, &c->txq, node) {
		if (t->seq != at) {
			sim_fail("hole in the send queue: %u after %u", t->seq, at);
			return false;
		}
		at += span(t);
		sc->queue_len++;
		n->bytes += sim_is_ctl(c, t) ? 0 : t->len;
		if (t == c->tx_next)
			unsent = true;
		if (unsent != !(t->mark & ATCP_TX_SENT)) {
			sim_fail("tx_next is not the first unsent");
			return false;
		}
		if (unsent) {
			if (t->mark & ~ATCP_TX_SENT)
				sim_fail("mark %#x before it was sent", t->mark);
			continue;
		}
		nxt = at;
		if (t->mark & ATCP_TX_SACKED)
			check_sacked(sc, t);
		if (t == except)
			continue;
		n->out += span(t);
		n->sacked += t->mark & ATCP_TX_SACKED ? span(t) : 0;
		n->lost += t->mark & ATCP_TX_LOST ? span(t) : 0;
		n->retrans += t->mark & ATCP_TX_RETRANS ? span(t) : 0;
	}
	if (!except && !unsent && c->tx_next)
		sim_fail("tx_next is not in the queue");
	if (!except && nxt != c->snd_nxt)
		sim_fail("snd_nxt %u, the queue says %u", c->snd_nxt - c->iss, nxt - c->iss);
	return !sim.failed;
}

/* Where gigabytes are sent, what is this long is not walked at every event. */
#define LONG_QUEUE 1024

static bool walk_due(const struct sim_conn *sc)
{
	return !sim.sparse || sc->queue_len < LONG_QUEUE || sim.events % (sc->queue_len / 2) == 0;
}

static void check_queue(struct sim_conn *sc)
{
	const struct atcp_conn *c = &sc->c;
	struct counts n;

	if (!walk_due(sc))
		return;
	if (!recount(sc, NULL, &n))
		return;
	if (n.sacked != c->sacked || n.lost != c->lost || n.retrans != c->retrans)
		sim_fail("scoreboard: sacked %u (%u), lost %u (%u), retrans %u (%u)",
			 c->sacked, n.sacked, c->lost, n.lost, c->retrans, n.retrans);
	if (atcp_conn_pipe(c) > 2 * (c->snd_nxt - c->snd_una))
		sim_fail("pipe %u with %u in flight", atcp_conn_pipe(c), c->snd_nxt - c->snd_una);
	if (n.bytes != sc->tx_bytes)
		sim_fail("the queue holds %u bytes, handles %llu", n.bytes, sc->tx_bytes);
	if (c->write_seq - c->fin_queued != c->iss + 1 + (u32)sc->h->app.written)
		sim_fail("write_seq %u after %llu bytes", c->write_seq - c->iss,
			 sc->h->app.written);
}

static void check_numbers(struct sim_conn *sc)
{
	const struct atcp_conn *c = &sc->c;
	struct sim_watch *w = &sc->w;

	if (atcp_before(c->snd_una, w->snd_una))
		sim_fail("snd_una moved left");
	if (atcp_after(c->snd_una, c->snd_nxt))
		sim_fail("snd_una is right of snd_nxt");
	if (c->state != ATCP_SYN_SENT && w->connected) {
		if (atcp_before(c->rcv_nxt, w->rcv_nxt))
			sim_fail("rcv_nxt moved left");
		if (atcp_before(c->rcv_adv, w->rcv_adv))
			sim_fail("rcv_adv moved left");
		/* a FIN takes a number, for which no room is needed */
		if (atcp_after(c->rcv_nxt, c->rcv_adv + 1))
			sim_fail("received %u past the window", c->rcv_nxt - c->rcv_adv);
	}
	w->probed = c->tlp_out;
	if (w->snd_una != c->snd_una) {
		w->tx_since_una = 0;
		w->una_at = sim.now;
	}
	if (list_empty(&c->txq))
		w->una_at = sim.now;
	w->snd_una = c->snd_una;
	w->rcv_nxt = c->rcv_nxt;
	w->rcv_adv = c->rcv_adv;
	w->connected = c->state != ATCP_SYN_SENT && c->state != ATCP_SYN_RECV;
}

static void check_timers(const struct sim_conn *sc)
{
	const struct atcp_conn *c = &sc->c;

	if (c->snd_una != c->snd_nxt && !c->timer[ATCP_T_RTX])
		sim_fail("%u in flight and no timer", c->snd_nxt - c->snd_una);
	else if (!list_empty(&c->txq) && !c->timer[ATCP_T_RTX] && !c->timer[ATCP_T_PACE])
		sim_fail("data waits and no timer runs");
	if (c->ack_sched && !c->timer[ATCP_T_DELACK] && c->state != ATCP_SYN_SENT)
		sim_fail("an ACK is owed and no timer runs");
}

/* Karn: an ACK is never taken for that of a transmission it cannot belong to. */
static void check_rtt(const struct sim_conn *sc)
{
	const struct atcp_conn *c = &sc->c;
	u64 rto = atcp_conn_rto(c);

	/* timestamps count milliseconds */
	if (!sim.hostile && c->rtt.min && c->rtt.min + SIM_MS < sim.min_rtt)
		sim_fail("a round trip of %llu us, the path takes %llu us", c->rtt.min / SIM_US,
			 sim.min_rtt / SIM_US);
	if (rto > c->cfg->rto_max || (c->rtt.srtt && rto < c->cfg->rto_max &&
				      rto < c->rtt.srtt + c->cfg->rto_min))
		sim_fail("rto %llu us, srtt %llu us", rto / SIM_US, c->rtt.srtt / SIM_US);
}

static void check_ranges(const struct atcp_reasm *r, u32 rcv_nxt)
{
	u32 at = rcv_nxt, bytes = 0;
	u16 i;

	for (i = 0; i < r->n; i++) {
		if (!atcp_after(r->ranges[i].start, at) || !r->ranges[i].head ||
		    !atcp_before(r->ranges[i].start, r->ranges[i].end))
			sim_fail("range %u of %u starts %u after the one before", i, r->n,
				 r->ranges[i].start - at);
		at = r->ranges[i].end;
		bytes += at - r->ranges[i].start;
	}
	if (bytes != r->bytes)
		sim_fail("%u bytes out of order, the ranges have %u", r->bytes, bytes);
}

static bool receiving(const struct atcp_conn *c)
{
	return (c->state == ATCP_ESTABLISHED || c->state == ATCP_FIN_WAIT_1 ||
		c->state == ATCP_FIN_WAIT_2) && !c->rcv_fin;
}

/* What is offered and what is held fit the buffer; and what has become free is offered. */
static void check_window(struct sim_conn *sc)
{
	const struct atcp_conn *c = &sc->c;
	u32 wnd = atcp_conn_rcv_wnd(c), free;

	sc->w.rcv_buf = max(sc->w.rcv_buf, c->rcv_buf);
	if (!receiving(c))
		return;
	if (wnd + c->rcv_used > sc->w.rcv_buf + (1U << c->rcv_wscale))
		sim_fail("offers %u with %u of %u bytes in use", wnd, c->rcv_used, c->rcv_buf);
	if (sc->h->shown_valid && sc->h->shown_to == c->irs && !sim.faulty &&
	    atcp_after(c->rcv_adv, sc->h->shown))
		sim_fail("takes %u bytes more than it offered", c->rcv_adv - sc->h->shown);
	free = c->rcv_buf > c->rcv_used ? c->rcv_buf - c->rcv_used : 0;
	if (!wnd && free >= max_t(u32, c->rcv_buf / 2, c->adv_mss) && !sim.faulty)
		sim_fail("the window stays shut with %u of %u bytes free", free, c->rcv_buf);
}

/* What the other end and its network can make a host hold has its bound in the host's settings. */
static void check_memory(const struct sim_conn *sc)
{
	const struct atcp_conn *c = &sc->c;
	u64 rx = 0, tx = 0;
	u32 i;

	check_ranges(&c->ooo, c->rcv_nxt);
	if (c->ooo.n > ATCP_REASM_MAX)
		sim_fail("%u ranges", c->ooo.n);
	if (c->ooo.bytes + c->rcv_used > sc->w.rcv_buf + (1U << c->rcv_wscale))
		sim_fail("%u bytes out of order and %u unread, the buffer has %u", c->ooo.bytes,
			 c->rcv_used, sc->w.rcv_buf);
	/*
	 * Every handle holds a byte that no other has, or a FIN whose payload was acknowledged
	 * without it; every connection has one array.
	 */
	for (i = 0; i < 2; i++) {
		if (!sim.host[i].sc)
			continue;
		rx += sim.host[i].sc->c.ooo.bytes;
		tx += sim.host[i].sc->tx_bytes + sim.host[i].sc->c.fin_queued;
	}
	if (sim.live_rx > rx || sim.live_tx > tx || sim.live_mem > 2)
		sim_fail("handles: %llu for %llu bytes in, %llu for %llu to send, arrays: %llu",
			 sim.live_rx, rx, sim.live_tx, tx, sim.live_mem);
}

void sim_check(struct sim_host *h)
{
	struct sim_conn *sc = h->sc;

	if (!sc)
		return;
	if (sc->c.state != sc->w.state)
		sim_fail("the state is %s, the last transition led to %s",
			 atcp_state_name(sc->c.state), atcp_state_name(sc->w.state));
	if (sc->c.state == ATCP_CLOSED || sc->c.state == ATCP_TIME_WAIT ||
	    sc->c.state == ATCP_LISTEN)
		sim_fail("in %s and the host was not told", atcp_state_name(sc->c.state));
	if (sc->c.keepalive && sc->w.connected && !sc->c.timer[ATCP_T_KEEP])
		sim_fail("keepalive is on and its timer is not");
	if (sc->c.rcv_used != h->app.got - h->app.taken)
		sim_fail("rcv_used %u, unread %llu", sc->c.rcv_used, h->app.got - h->app.taken);
	check_numbers(sc);
	check_timers(sc);
	check_rtt(sc);
	check_window(sc);
	check_memory(sc);
	if (!sim.failed)
		check_queue(sc);
}

/* RFC 6675's pipe, or what stands for it where the peer has no SACK. */
static u32 in_network(const struct atcp_conn *c, const struct counts *n)
{
	u32 pipe = n->out - n->sacked - n->lost + n->retrans;

	return pipe - min(pipe, c->dup_bytes);
}

/*
 * Sent again: within the congestion window, too, but for the first in the queue: RFC 5681 section
 * 3.2 and RFC 6298 section 5.4 send that at once. Beyond a window that has shrunk it may go.
 */
static void check_again(struct sim_conn *sc, const struct atcp_txseg *t)
{
	const struct atcp_conn *c = &sc->c;
	struct counts n;

	if (list_is_first(&t->node, &c->txq) || !t->len || (c->tlp_out && c->tlp_again))
		return;
	if (!walk_due(sc) || !recount(sc, t, &n))
		return;
	if (in_network(c, &n) + t->len > c->cwnd + c->mss)
		sim_fail("sent again: pipe %u + %u over cwnd %u", in_network(c, &n), t->len,
			 c->cwnd);
}

/* New data: within the peer's window, within the congestion window. */
static void check_new(struct sim_conn *sc, const struct atcp_txseg *t)
{
	const struct atcp_conn *c = &sc->c;
	const struct sim_host *peer = sim_peer(sc->h);
	u32 end = t->seq + t->len, pipe, slack;
	struct counts n;

	if (!sim.hostile && peer->shown_valid && peer->shown_to == c->iss &&
	    atcp_after(end, peer->shown))
		sim_fail("%u bytes past what the peer has ever offered", end - peer->shown);
	if (atcp_after(end, c->snd_una + c->snd_wnd))
		sim_fail("%u bytes past the send window", end - c->snd_una - c->snd_wnd);
	if (!walk_due(sc) || !recount(sc, t, &n))
		return;
	/* RFC 8985 section 7.3: a tail loss probe is no matter of cwnd */
	if (c->tlp_out && !c->tlp_again && !sc->w.probed) {
		sc->w.probed = true;
		return;
	}
	pipe = in_network(c, &n);
	/* RFC 3042: two segments beyond the window by the first duplicate ACKs */
	slack = c->sack_ok ? c->mss : 3 * c->mss;
	if (t->len && pipe + t->len > c->cwnd + slack)
		sim_fail("new data: pipe %u + %u over cwnd %u", pipe, t->len, c->cwnd);
}

static void check_payload(struct sim_conn *sc, const struct atcp_txseg *t,
			  const struct atcp_seg *s, u32 mss)
{
	const struct atcp_conn *c = &sc->c;
	const struct sim_tx *tx = container_of(t, struct sim_tx, t);
	u32 opts = atcp_seg_hdr_len(s) - ATCP_HDR_MIN;
	u32 most = min(t->len, mss) + opts;
	u32 peer_mss = sim_peer(sc->h)->adv_mss;

	if (t->seq != c->iss + 1 + (u32)tx->pos)
		sim_fail("byte %llu is sent as number %u", tx->pos, t->seq - c->iss);
	if (!mss || most > max_t(u32, min_t(u32, peer_mss, c->mtu - ATCP_HDR_MIN),
				 c->cfg->min_snd_mss))
		sim_fail("segments of %u and %u bytes of options; mtu %u, peer's mss %u",
			 min(t->len, mss), opts, c->mtu, peer_mss);
	if (t->len > max(c->gso_max, mss))
		sim_fail("a burst of %u, the host takes %u", t->len, c->gso_max);
	if (s->flags & (ATCP_SYN | ATCP_RST))
		sim_fail("payload with flags %#x", s->flags);
}

/* RFC 3168 sections 6.1.1, 6.1.4 and 6.1.5: new data alone may be marked, and says CWR. */
static void check_ecn(const struct sim_conn *sc, const struct atcp_txseg *t,
		      const struct atcp_seg *s)
{
	bool fresh = t && t->len && !(t->mark & ATCP_TX_SENT);
	bool agreed = sc->h->cfg.ecn != ATCP_ECN_OFF && sim_peer(sc->h)->cfg.ecn != ATCP_ECN_OFF;

	if (s->ect && (!fresh || (!agreed && !sim.hostile)))
		sim_fail("an ECN-capable segment %u+%u", s->seq, s->len);
	if (!(s->flags & ATCP_SYN) && s->flags & ATCP_CWR && !fresh)
		sim_fail("CWR without new data");
}

void sim_check_transmit(struct sim_conn *sc, const struct atcp_txseg *t,
			const struct atcp_seg *s, u32 mss)
{
	const struct atcp_conn *c = &sc->c;
	struct sim_watch *w = &sc->w;

	w->tx_since_una++;
	w->tx_since_rx++;
	if ((s->flags & ATCP_FIN) && !sc->h->app.shut)
		sim_fail("a FIN that nobody asked for");
	if (c->state != ATCP_SYN_SENT && c->state != ATCP_CLOSED &&
	    !(s->flags & (ATCP_ACK | ATCP_RST)))
		sim_fail("no ACK in %s", atcp_state_name(c->state));
	check_ecn(sc, t, s);
	if (!t)
		return;
	if (t->seq != s->seq || t->len != s->len)
		sim_fail("the header says %u+%u, the payload %u+%u", s->seq, s->len, t->seq,
			 t->len);
	if (t->len && !sim_is_ctl(c, t))
		check_payload(sc, t, s, mss);
	if (t->spare && !sim.hostile && !sim_peer(sc->h)->reneged && t->len)
		sim_fail("sent again what the peer had SACKed");
	if (sim.once && t->mark & ATCP_TX_SENT)
		sim_fail("sent again, though nothing was lost or late");
	if (sim.failed)
		return;
	if (t->mark & ATCP_TX_SENT)
		check_again(sc, t);
	else if (!(t->flags & ATCP_SYN))
		check_new(sc, t);
}

/* What a host shows of its window; it must not be taken back (SHLD-14), scaling apart. */
void sim_wire(struct sim_host *h, const struct atcp_seg *s)
{
	u8 scale = s->opt.has & ATCP_OPT_WSCALE ? s->opt.wscale : 0;
	u32 edge, unit = 0;

	/* an ACK before it may have rounded the edge up */
	if ((s->flags & ATCP_SYN) && !(h->sc && h->sc->c.rcv_nxt - h->sc->c.irs > 1) &&
	    (s->wnd < min_t(u32, h->rcv_buf, 0xffff) || s->wnd >= h->rcv_buf + (1U << scale)))
		sim_fail("a SYN with window %u, the buffer has %u", s->wnd, h->rcv_buf);
	if (!(s->flags & ATCP_ACK) || s->flags & ATCP_RST)
		return;
	if (!(s->flags & ATCP_SYN)) {
		if (h->sc)
			unit = h->sc->c.rcv_wscale;
		else if (h->req_live)
			unit = h->req.rcv_wscale;
		else
			return;
	}
	edge = s->ack + ((u32)s->wnd << unit);
	if (h->shown_to != (h->sc ? h->sc->c.irs : h->req.irs))
		h->shown_valid = false;
	h->shown_to = h->sc ? h->sc->c.irs : h->req.irs;
	if (h->shown_valid && h->sc && atcp_before(edge + (1U << unit) - 1, h->shown) &&
	    !sim.hostile && !(s->flags & ATCP_SYN))
		sim_fail("the window offered shrank by %u", h->shown - edge);
	if (!h->shown_valid || atcp_after(edge, h->shown))
		h->shown = edge;
	h->shown_valid = true;
}
