// SPDX-License-Identifier: GPL-2.0-only
/* port.h for the simulator: payload is real bytes, each allocation is counted. */
#include <stdlib.h>
#include <port.h>
#include <seq.h>
#include <text.h>
#include "legal.h"
#include "sim.h"

static struct sim_tx *tx_of(struct atcp_txseg *t)
{
	return container_of(t, struct sim_tx, t);
}

struct sim_tx *sim_tx_new(struct sim_conn *sc, u64 pos, u32 len, u32 cap)
{
	struct sim_tx *tx = malloc(sizeof(*tx) + cap);

	memset(&tx->t, 0, sizeof(tx->t));
	tx->t.len = len;
	tx->pos = pos;
	tx->off = 0;
	tx->cap = cap;
	memcpy(tx->data, sim_pattern(sc->h->app.key, pos), len);
	sc->tx_bytes += len;
	sim.live_tx++;
	return tx;
}

struct sim_rx *sim_rx_new(const struct atcp_seg *s, const u8 *payload)
{
	struct sim_rx *rx = malloc(sizeof(*rx) + s->len);

	rx->r.next = NULL;
	rx->r.seq = s->seq;
	rx->r.len = s->len;
	rx->r.mss = sim.rx_mss;
	rx->r.flags = s->flags & (ATCP_FIN | ATCP_PSH);
	rx->cap = s->len;
	memcpy(rx->data, payload, s->len);
	sim.live_rx++;
	return rx;
}

/* One segment of a burst: FIN and PSH belong to its last, CWR to its first (as TSO does). */
static void send_cut(struct sim_conn *sc, const struct atcp_txseg *t, const struct atcp_seg *s,
		     u32 at, u32 len, u32 mss)
{
	const u8 *data = t && t->len ? tx_of((struct atcp_txseg *)t)->data : NULL;
	u32 off = data ? tx_of((struct atcp_txseg *)t)->off : 0;
	struct atcp_seg cut = *s;

	cut.seq = s->seq + at;
	cut.len = len;
	if (t && at + len < t->len)
		cut.flags &= (u8)~(ATCP_FIN | ATCP_PSH);
	if (at)
		cut.flags &= (u8)~ATCP_CWR;
	sim_wire(sc->h, &cut);
	sim_net_send(!sc->h->id, &cut, data ? data + off + at : NULL, len > mss ? mss : 0,
		     false);
}

int atcp_port_transmit(struct atcp_conn *c, struct atcp_txseg *t,
		       const struct atcp_seg *s, u32 mss)
{
	struct sim_conn *sc = sim_conn(c);
	u32 len = t ? t->len : 0, at = 0, step;

	sim_check_transmit(sc, t, s, mss);
	if (sim.failed)
		return 0;
	if (sim_ppm(&sim.rng, sim.fail_transmit)) {
		bool local = sim_one_in(&sim.rng, 2);

		sim_note(sc->h, "transmit fails (%s)", local ? "-ENOBUFS" : "1");
		return local ? -ENOBUFS : 1;
	}
	step = sc->h->gro ? len : mss;
	do {
		u32 n = min(step, len - at);

		send_cut(sc, t, s, at, n, mss);
		at += n;
	} while (at < len);
	return 0;
}

/* Full, and some time later no more. */
static bool waits(struct atcp_conn *c, u32 ppm)
{
	struct sim_host *h = sim_conn(c)->h;

	if (!sim_ppm(&sim.rng, ppm))
		return false;
	if (!h->drained_at)
		h->drained_at = sim.now + sim_log(&sim.rng, SIM_US, 20 * SIM_MS);
	return true;
}

bool atcp_port_queue_full(struct atcp_conn *c, const struct atcp_txseg *t, bool again)
{
	return waits(c, again ? sim.queue_full / 2 : sim.queue_full);
}

bool atcp_port_in_queue(struct atcp_conn *c, const struct atcp_txseg *t)
{
	if (!(t->mark & ATCP_TX_SENT))
		sim_fail("is what was never sent in the queue?");
	return waits(c, sim.in_queue);
}

struct atcp_txseg *atcp_port_split(struct atcp_conn *c, struct atcp_txseg *t, u32 at)
{
	struct sim_tx *tx = tx_of(t), *rest;
	u32 len;

	if (sim_is_ctl(c, t) || !at || at >= t->len) {
		sim_fail("split at %u of %u", at, t->len);
		return NULL;
	}
	if (sim_ppm(&sim.rng, sim.fail_split))
		return NULL;
	len = t->len - at;
	rest = malloc(sizeof(*rest) + len);
	/* What the core has to fill in itself is not given to it for nothing. */
	memset(&rest->t, 0x5a, sizeof(rest->t));
	rest->pos = tx->pos + at;
	rest->off = 0;
	rest->t.spare = t->spare;
	rest->cap = len;
	memcpy(rest->data, tx->data + tx->off + at, len);
	sim.live_tx++;
	return &rest->t;
}

void atcp_port_tx_free(struct atcp_conn *c, struct atcp_txseg *t)
{
	struct sim_conn *sc = sim_conn(c);

	if (sim_is_ctl(c, t)) {
		sim_fail("tx_free of the control segment");
		return;
	}
	if (sc->tx_bytes < t->len)
		sim_fail("freed more payload than was queued");
	sc->tx_bytes -= t->len;
	sim.live_tx--;
	free(tx_of(t));
}

void atcp_port_tx_trim(struct atcp_conn *c, struct atcp_txseg *t, u32 bytes)
{
	struct sim_tx *tx = tx_of(t);

	if (sim_is_ctl(c, t) || !bytes || bytes >= t->len + !!(t->flags & ATCP_FIN)) {
		sim_fail("trim of %u bytes of %u", bytes, t->len);
		return;
	}
	tx->off += bytes;
	tx->pos += bytes;
	sim_conn(c)->tx_bytes -= bytes;
}

/* One handle with the bytes of a whole range, as a host makes that saves memory. */
static void squeeze(struct atcp_range *g)
{
	u32 len = g->end - g->start;
	struct sim_rx *to = malloc(sizeof(*to) + len);
	struct atcp_rxseg *r = g->head;

	to->r = *r;
	to->r.next = NULL;
	to->r.seq = g->start;
	to->r.len = len;
	to->cap = len;
	while (r) {
		struct sim_rx *rx = container_of(r, struct sim_rx, r);
		u32 skip = atcp_before(r->seq, g->start) ? g->start - r->seq : 0;

		r = r->next;
		if (skip < rx->r.len)
			memcpy(to->data + (rx->r.seq + skip - g->start), rx->data + skip,
			       rx->r.len - skip);
		sim.live_rx--;
		free(rx);
	}
	sim.live_rx++;
	g->head = &to->r;
	g->tail = &to->r;
}

bool atcp_port_rx_admit(struct atcp_conn *c, struct atcp_rxseg *rx)
{
	struct sim_host *h = sim_conn(c)->h;
	u32 end = rx->seq + rx->len, i;

	for (i = 0; i < c->ooo.n; i++)
		if (sim_ppm(&sim.rng, sim.squeeze))
			squeeze(&c->ooo.ranges[i]);
	if (sim_ppm(&sim.rng, sim.prune) &&
	    atcp_conn_prune(c, atcp_after(rx->seq, c->rcv_nxt) ? end : c->rcv_nxt)) {
		sim_note(h, "drops what is out of order, %u bytes are left", c->ooo.bytes);
		h->reneged = true;
	}
	c->mem_tight = sim_ppm(&sim.rng, sim.shortage);
	return !sim_ppm(&sim.rng, sim.fail_admit);
}

void atcp_port_deliver(struct atcp_conn *c, struct atcp_rxseg *r, u32 skip)
{
	struct sim_rx *rx = container_of(r, struct sim_rx, r);
	struct sim_host *h = sim_conn(c)->h;
	const struct sim_host *peer = sim_peer(h);
	const struct sim_app *from = &peer->app;
	u32 len = r->len - skip;

	/* what is left of an earlier life goes to the connection that was with it, and no other */
	if (sim.reborn == peer && c->irs == peer->past_isn)
		from = &peer->past;
	if (skip >= r->len || r->len > rx->cap)
		sim_fail("deliver: skip %u of %u, had %u", skip, r->len, rx->cap);
	else if (h->app.orphaned)
		sim_fail("%u bytes delivered to nobody", len);
	else if (h->app.eof)
		sim_fail("%u bytes delivered after the end", len);
	else if (h->app.got + len > from->written)
		sim_fail("delivered up to byte %llu, only %llu were sent",
			 h->app.got + len, from->written);
	else if (memcmp(rx->data + skip, sim_pattern(from->key, h->app.got), len))
		sim_fail("wrong bytes delivered at %llu, length %u", h->app.got, len);
	else if (r->seq + skip != c->irs + 1 + (u32)h->app.got)
		sim_fail("delivered seq %u for byte %llu", r->seq + skip - c->irs,
			 h->app.got);
	h->app.got += len;
	sim.live_rx--;
	free(rx);
}

void atcp_port_rx_free(struct atcp_rxseg *rx)
{
	sim.live_rx--;
	free(container_of(rx, struct sim_rx, r));
}

void *atcp_port_realloc(void *old, size_t old_size, size_t size)
{
	void *p;

	if (!size) {
		if (old)
			sim.live_mem--;
		free(old);
		return NULL;
	}
	if (sim_ppm(&sim.rng, sim.fail_alloc))
		return NULL;
	/* Always moves: a pointer kept to the old place is caught. */
	p = malloc(size);
	if (old)
		memcpy(p, old, min(old_size, size));
	else
		sim.live_mem++;
	free(old);
	return p;
}

void atcp_port_count(const struct atcp_conn *c, enum atcp_counter what)
{
	(void)c;
	if (what >= ATCP_NCOUNTERS)
		sim_fail("counter %d", what);
}

void atcp_port_transition(const void *who, u8 from, u8 to, enum atcp_event event)
{
	struct sim_host *h;
	u8 *shadow = NULL;

	for (h = sim.host; h < sim.host + 2; h++) {
		if (h->sc && who == &h->sc->c)
			shadow = &h->sc->w.state;
		else if (who == &h->req)
			shadow = &h->req_state;
		else if (who == &h->tw)
			shadow = &h->tw_state;
		if (shadow)
			break;
	}
	if (from >= ATCP_NSTATES || to >= ATCP_NSTATES || event >= ATCP_E_NEVENTS) {
		sim_fail("transition %u -> %u by %d", from, to, event);
		return;
	}
	if (shadow) {
		sim_note(h, "%s -> %s (%s)", atcp_state_name(from), atcp_state_name(to),
			 atcp_event_name(event));
		if (*shadow != from && who != &h->req && who != &h->tw)
			sim_fail("transition from %s, was in %s", atcp_state_name(from),
				 atcp_state_name(*shadow));
		*shadow = to;
	}
	if (from != to && !legal_transition(from, to))
		sim_fail("illegal transition %s -> %s by %s", atcp_state_name(from),
			 atcp_state_name(to), atcp_event_name(event));
	/* the peer's FIN came too late for an end that nobody waits at */
	if (from == ATCP_FIN_WAIT_2 && event == ATCP_E_TIMEOUT && shadow && h->app.orphaned)
		sim.excused = true;
	sim.seen[from][to]++;
}

u32 atcp_port_random(u32 ceil)
{
	return (u32)sim_below(&sim.rng, ceil);
}
