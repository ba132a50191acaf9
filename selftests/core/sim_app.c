// SPDX-License-Identifier: GPL-2.0-only
/* The application of one endpoint: writes, reads and ends as its plan says. */
#include "sim.h"

static u8 pattern[SIM_PATTERN + 65536 * 2];

void sim_pattern_init(void)
{
	struct sim_rng rng = { 1 };
	u32 i;

	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = i < SIM_PATTERN ? (u8)sim_rand(&rng) : pattern[i - SIM_PATTERN];
}

const u8 *sim_pattern(u64 key, u64 pos)
{
	return pattern + (key + pos) % SIM_PATTERN;
}

static u64 after(u64 mean)
{
	return mean ? sim.now + sim_below(&sim.rng, 2 * mean) : 0;
}

static bool may_write(u8 state)
{
	return state == ATCP_ESTABLISHED || state == ATCP_CLOSE_WAIT;
}

/* An end that cannot wait for the peer's data breaks the connection off, as close(2) does. */
void sim_app_leave(struct sim_host *h)
{
	struct sim_app *a = &h->app;
	const struct sim_app *peer = &sim_peer(h)->app;

	if (a->orphaned || !h->sc)
		return;
	a->orphaned = true;
	a->shut = true;
	a->total = a->written;
	a->all = a->written;
	if (!a->connected || (!a->eof && (peer->total > a->got || !sim_peer(h)->sc)))
		sim.excused = true;
	if (a->got > a->taken) {
		sim_note(h, "closes with data unread: aborts");
		a->aborted = true;
		sim.excused = true;
		atcp_conn_abort(&h->sc->c, sim.now);
	} else {
		sim_note(h, "closes for good");
		atcp_conn_close(&h->sc->c, sim.now);
		if (h->sc)
			atcp_conn_orphan(&h->sc->c, sim.now);
	}
	sim_reap(h);
}

static void shut(struct sim_host *h)
{
	struct sim_app *a = &h->app;

	if (a->shut)
		return;
	a->shut = true;
	a->all = a->written;
	a->total = a->written;
	sim_note(h, "closes after %llu bytes", a->written);
	if (a->end == SIM_END_CLOSE || a->end == SIM_END_EARLY) {
		sim_app_leave(h);
		return;
	}
	atcp_conn_close(&h->sc->c, sim.now);
	sim_reap(h);
}

/* Add to the unsent last segment if there is room, as the kernel fills up its page fragments. */
static u32 grow(struct sim_conn *sc, u32 len)
{
	struct atcp_txseg *t = atcp_conn_tail(&sc->c);
	struct sim_tx *tx;
	u32 room;

	if (!t || sim_one_in(&sim.rng, 8))
		return 0;
	if (sim_is_ctl(&sc->c, t)) {
		sim_fail("the control segment is offered as tail");
		return 0;
	}
	tx = container_of(t, struct sim_tx, t);
	room = min(tx->cap - tx->off - t->len, 65535 - t->len);
	len = min(len, room);
	if (!len)
		return 0;
	memcpy(tx->data + tx->off + t->len, sim_pattern(sc->h->app.key, sc->h->app.written), len);
	sc->tx_bytes += len;
	atcp_conn_grow_tail(&sc->c, len);
	return len;
}

static void write_some(struct sim_host *h)
{
	struct sim_app *a = &h->app;
	struct sim_conn *sc = h->sc;
	u32 len = (u32)sim_range(&sim.rng, a->write_max > 60000 ? 32768 : 1, a->write_max);
	u32 cap, grown;
	bool more;

	len = (u32)min_t(u64, len, a->total - a->written);
	len = (u32)min_t(u64, len, a->sndbuf - sc->tx_bytes);
	grown = grow(sc, len);
	a->written += grown;
	len -= grown;
	if (len) {
		struct sim_tx *tx;

		cap = sim_one_in(&sim.rng, 2) ? len : min_t(u32, 2 * len + 200, 65535);
		tx = sim_tx_new(sc, a->written, len, cap);
		a->written += len;
		atcp_conn_queue(&sc->c, &tx->t);
	}
	more = a->written < a->total && sim_ppm(&sim.rng, a->more);
	if (sim_ppm(&sim.rng, a->urgent))
		atcp_conn_urgent(&sc->c);
	sim_note(h, "writes up to %llu%s", a->written, more ? " (more)" : "");
	atcp_conn_push(&sc->c, more, sim.now);
	a->next_write = after(a->think);
	sim_reap(h);
}

static bool can_write(const struct sim_host *h)
{
	const struct sim_app *a = &h->app;

	return h->sc && a->connected && !a->shut && a->written < a->total &&
	       h->sc->tx_bytes < a->sndbuf && may_write(h->sc->c.state);
}

static void read_some(struct sim_host *h)
{
	struct sim_app *a = &h->app;
	struct sim_conn *sc = h->sc;
	u64 n = min_t(u64, a->got - a->taken, sim_range(&sim.rng, 1, a->read_max));

	a->taken += n;
	a->next_read = after(a->nap);
	if (sim_ppm(&sim.rng, a->resize)) {
		sc->c.rcv_buf = (u32)sim_log(&sim.rng, 256, 200000);
		sc->c.rcv_buf_max = 0;
		sc->w.rcv_buf = max(sc->w.rcv_buf, sc->c.rcv_buf);
	}
	atcp_conn_consumed(&sc->c, (u32)n, sim.now);
	if (h->sc == sc && sim_ppm(&sim.rng, a->quickack))
		atcp_conn_quickack(&sc->c, sim.now);
	sim_reap(h);
}

static bool can_read(const struct sim_host *h)
{
	return h->sc && h->app.got > h->app.taken;
}

static bool end_due(const struct sim_host *h)
{
	const struct sim_app *a = &h->app;

	if (a->shut || a->orphaned || !h->sc)
		return false;
	if (a->end == SIM_END_EARLY && sim.now >= a->end_at)
		return true;
	if (!a->connected || a->written < a->total)
		return false;
	/* Two that wait for each other: the end of the bad times ends it. */
	return a->end != SIM_END_LAST || a->eof || sim.healed;
}

static void abort_now(struct sim_host *h)
{
	struct sim_app *a = &h->app;

	a->aborted = true;
	sim.excused = true;
	sim_note(h, "aborts");
	atcp_conn_abort(&h->sc->c, sim.now);
	sim_reap(h);
}

void sim_app_run(struct sim_host *h)
{
	struct sim_app *a = &h->app;
	bool idle;

	if (h->down || !a->started)
		return;
	do {
		idle = true;
		if (h->sc && a->end == SIM_END_ABORT && !a->aborted && sim.now >= a->end_at)
			abort_now(h);
		if (can_read(h) && sim.now >= max(a->next_read, a->stall_until)) {
			read_some(h);
			idle = false;
		}
		if (can_write(h) && sim.now >= a->next_write) {
			write_some(h);
			idle = false;
		}
		if (sim.failed)
			return;
	} while (!idle);
	if (end_due(h))
		shut(h);
	if (h->sc && a->eof && a->shut && a->got == a->taken)
		sim_app_leave(h);
}

u64 sim_app_next(const struct sim_host *h)
{
	const struct sim_app *a = &h->app;
	u64 next = 0;

	if (h->down || !h->sc || !a->started)
		return 0;
	if (can_read(h))
		next = max(max(a->next_read, a->stall_until), sim.now);
	if (can_write(h))
		next = sim_earlier(next, max(a->next_write, sim.now));
	if (!a->shut && !a->aborted && !a->orphaned &&
	    (a->end == SIM_END_ABORT || a->end == SIM_END_EARLY))
		next = sim_earlier(next, max(a->end_at, sim.now));
	return next;
}

void sim_app_event(struct sim_host *h, u16 ev)
{
	struct sim_app *a = &h->app;

	if (ev & ATCP_EV_CONNECTED)
		a->connected = true;
	if (ev & ATCP_EV_EOF) {
		if (a->eof)
			sim_fail("the end was told twice");
		a->eof = true;
		sim_note(h, "reads the end after %llu bytes", a->got);
	}
	if (ev & ATCP_EV_ERROR)
		a->err = h->sc->c.err;
	if (ev & ATCP_EV_RCVBUF && !h->sc->c.rcv_buf)
		sim_fail("autotuning took the receive buffer away");
}

void sim_app_start(struct sim_host *h)
{
	h->app.started = true;
}

void sim_app_again(struct sim_app *a)
{
	const struct sim_app old = *a;

	*a = (struct sim_app){
		.key = sim_rand(&sim.rng),
		.sndbuf = old.sndbuf,
		.write_max = old.write_max,
		.read_max = old.read_max,
		.think = old.think,
		.nap = old.nap,
		.end = old.end,
		.more = old.more,
		.urgent = old.urgent,
		.quickack = old.quickack,
		.resize = old.resize,
		.nodelay = old.nodelay,
		.cork = old.cork,
		.keepalive = old.keepalive,
	};
}

void sim_app_renew(struct sim_host *h)
{
	struct sim_app *a = &h->app;

	sim_app_again(a);
	a->total = sim_log(&sim.rng, 1, 4000) - 1;
	a->end_at = sim.now + sim_below(&sim.rng, SIM_SEC);
	h->accepts = 0;
}
