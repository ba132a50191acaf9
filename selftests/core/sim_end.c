// SPDX-License-Identifier: GPL-2.0-only
/* How a connection may end, and what must have been delivered by then. */
#include <seq.h>
#include "sim.h"

/* Native TCP's times of R2: back-offs from 200 ms on. */
static u64 r2_time(const struct atcp_cfg *cfg, u32 retries)
{
	u64 step = 200 * SIM_MS, sum = 0;
	u32 i;

	for (i = 0; i <= retries; i++) {
		sum += step;
		step = min_t(u64, 2 * step, cfg->rto_max);
	}
	return sum;
}

/* MUST-20, -21, -37: a connection is given up only after the silence that the settings name. */
static void check_timeout(const struct sim_conn *sc)
{
	const struct sim_host *h = sc->h;
	const struct atcp_cfg *cfg = &h->cfg;
	u64 silent = sim.now - sc->w.rx_at, stuck = sim.now - sc->w.una_at, limit;

	if (sc->w.connected) {
		limit = r2_time(cfg, h->app.orphaned ? cfg->orphan_retries : cfg->retries2);
		if (h->app.keepalive)
			limit = min_t(u64, limit, cfg->keep_idle + cfg->keep_intvl *
						  cfg->keep_probes);
		if (h->user_timeout)
			limit = min_t(u64, limit, h->user_timeout);
		/* the time counts from when the data was sent, which is somewhat before */
		if (stuck < limit - limit / 8 && silent < limit - limit / 8)
			sim_fail("timed out after %llu ms, limit %llu ms",
				 max(stuck, silent) / SIM_MS, limit / SIM_MS);
		return;
	}
	if (h->user_timeout && sim.now - sim.start >= h->user_timeout)
		return;
	if (sc->w.tx_since_una <= cfg->syn_retries)
		sim_fail("gave up after %u SYNs", sc->w.tx_since_una);
}

void sim_check_error(struct sim_conn *sc)
{
	const struct sim_host *h = sc->h, *peer = sim_peer(h);

	if (!sc->c.err)
		sim_fail("an error without a number");
	sim_note(h, "error %d", sc->c.err);
	if (sim.hostile)
		return;
	if (sc->c.err == ETIMEDOUT) {
		check_timeout(sc);
		sim.excused = true;
		return;
	}
	if (sim.excused || peer->app.orphaned || !peer->sc || peer->down)
		return;
	sim_fail("error %d while both ends are there", sc->c.err);
}

/* Whatever happened: the end of the stream is its end. */
static void check_stream(const struct sim_host *to)
{
	const struct sim_app *from = &sim_peer(to)->app, *a = &to->app;

	if (sim.hostile)
		return;
	if (a->eof && !from->shut)
		sim_fail("%c read an end that was not there", 'A' + to->id);
	else if (a->eof && a->got != from->all)
		sim_fail("%c read the end after %llu of %llu bytes", 'A' + to->id, a->got,
			 from->all);
	else if (!sim.excused && (!a->eof || a->got != from->all))
		sim_fail("%c got %llu of %llu bytes%s, error %d", 'A' + to->id, a->got,
			 from->written, a->eof ? "" : " and no end", a->err);
}

/*
 * RFC 9293 3.5.1: what the peer still had gives way. Only a SYN of before the reboot may meet that
 * of after it, as if both had opened at once: that ends like figure 9, and the user may try again.
 */
static void check_reborn(const struct sim_host *h)
{
	if (h && !h->app.connected && (sim.quiet || h->app.err != ECONNREFUSED))
		sim_fail("after the reboot there was no connection, error %d", h->app.err);
}

void sim_check_end(void)
{
	/* A peer that never got to see the connection did not lose anything. */
	if (!sim.host[0].app.started || !sim.host[1].app.started)
		sim.excused = true;
	check_reborn(sim.reborn);
	/* the peer's record is of the connection before */
	if (sim.reborn && !sim.met)
		return;
	check_stream(&sim.host[0]);
	check_stream(&sim.host[1]);
	if (sim.host[1].app.got < sim.least)
		sim_fail("only %llu of %llu bytes came", sim.host[1].app.got, sim.least);
}
