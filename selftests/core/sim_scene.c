// SPDX-License-Identifier: GPL-2.0-only
/* The scenes: what kind of trouble a world has. */
#include "sim.h"

/* More than the plan was drawn for, in no more writes than a small one takes. */
static void set_total(struct sim_app *a, u64 total)
{
	a->total = total;
	a->write_max = (u32)max_t(u64, a->write_max, 1 + total / 64);
}

static void both(u32 *a, u32 *b, u32 lo, u32 hi)
{
	*a = sim_one_in(&sim.rng, 4) ? 0 : (u32)sim_log(&sim.rng, lo, hi);
	*b = sim_one_in(&sim.rng, 4) ? 0 : (u32)sim_log(&sim.rng, lo, hi);
}

#define BOTH(field, lo, hi) both(&sim.link[0].field, &sim.link[1].field, lo, hi)

static void go(void)
{
	sim.host[1].listening = true;
	sim_open(&sim.host[0]);
}

/*
 * Timeouts that allow for timers that are late, and for the peer's delayed ACKs if that is not what
 * it promises: where nothing is lost, none may strike.
 */
static void patient(void)
{
	bool promised = sim.host[0].cfg.rto_min < 200 * SIM_MS;
	u32 i;

	sim.once = true;
	/* what a probe allows for */
	sim.timer_late = min_t(u64, sim.timer_late, SIM_MS / 2);
	for (i = 0; i < 2; i++) {
		struct atcp_cfg *cfg = &sim.host[i].cfg, *peer = &sim.host[!i].cfg;
		/* a fifth of the time promised is for late timers */
		u64 allow = promised ? 6 * sim.timer_late : peer->delack_max + 2 * sim.timer_late;

		cfg->rto_initial = SIM_SEC;
		cfg->rto_min = max_t(u64, cfg->rto_min, allow + 2 * SIM_MS);
	}
}

static void clean(void)
{
	sim_draw_world();
	if (sim_one_in(&sim.rng, 2))
		patient();
	go();
}

static void loss(void)
{
	sim_draw_world();
	BOTH(loss, 5000, 300000);
	go();
}

static void set_burst_out(u32 ppm)
{
	sim.link[0].burst_out = ppm;
	sim.link[1].burst_out = ppm;
}

static void burst(void)
{
	sim_draw_world();
	BOTH(burst_in, 5000, 100000);
	set_burst_out((u32)sim_log(&sim.rng, 50000, 500000));
	go();
}

static void reorder(void)
{
	u64 rtt = sim_draw_world();

	BOTH(reorder, 10000, 500000);
	sim.link[0].jitter = sim_one_in(&sim.rng, 2) ? 0 : sim_log(&sim.rng, 1, rtt);
	sim.link[1].jitter = sim_one_in(&sim.rng, 2) ? 0 : sim_log(&sim.rng, 1, rtt);
	go();
}

static void duplicate(void)
{
	sim_draw_world();
	BOTH(dup, 10000, 800000);
	go();
}

static void corrupt(void)
{
	sim_draw_world();
	BOTH(corrupt, 10000, 300000);
	go();
}

static void chaos_net(void)
{
	BOTH(loss, 5000, 200000);
	BOTH(reorder, 10000, 300000);
	BOTH(dup, 10000, 300000);
	BOTH(corrupt, 10000, 100000);
	BOTH(burst_in, 1000, 20000);
	set_burst_out(300000);
}

static void chaos(void)
{
	u32 i;

	sim_draw_world();
	chaos_net();
	for (i = 0; i < 2; i++) {
		sim.host[i].app.resize = 50000;
		sim.host[i].app.urgent = sim_one_in(&sim.rng, 4) ? 200000 : 0;
	}
	go();
}

static void delay_tick(void)
{
	u32 i;

	sim.min_rtt = 0;
	for (i = 0; i < 2; i++) {
		sim.link[i].delay = sim_log(&sim.rng, 10 * SIM_US, 400 * SIM_MS);
		sim.link[i].cut = !sim.healed && sim_one_in(&sim.rng, 8);
	}
	if (!sim.healed)
		sim.script_at = sim.now + sim_log(&sim.rng, SIM_MS, SIM_SEC);
}

static void delay(void)
{
	sim_draw_world();
	sim.script_at = sim.now + sim_log(&sim.rng, SIM_MS, SIM_SEC);
	go();
}

/* A bottleneck with a short queue; enough data to fill it. */
static void rate(void)
{
	u32 i;

	sim_draw_world();
	for (i = 0; i < 2; i++) {
		sim.link[i].rate = sim_log(&sim.rng, 10000, 100000000);
		sim.link[i].queue = (u32)sim_log(&sim.rng, 3000, 200000);
		set_total(&sim.host[i].app, sim_log(&sim.rng, 1, 300000));
	}
	/* segments of 64 KB through a queue of 3: timeout after timeout, at rto_max each */
	sim.limit += 10000 * SIM_SEC;
	go();
}

static void window(void)
{
	u64 rtt = sim_draw_world();
	u32 i;

	if (sim_one_in(&sim.rng, 2))
		BOTH(loss, 5000, 200000);
	else
		patient();
	for (i = 0; i < 2; i++) {
		struct sim_host *h = &sim.host[i];

		h->rcv_buf = (u32)sim_log(&sim.rng, 300, 5000);
		h->listen.rcv_buf = h->rcv_buf;
		h->app.nap = sim_log(&sim.rng, 1000, 8 * rtt + SIM_SEC);
		h->app.read_max = (u32)sim_log(&sim.rng, 1, 5000);
		h->app.resize = sim_one_in(&sim.rng, 2) ? 100000 : 0;
		if (sim_one_in(&sim.rng, 2))
			h->app.stall_until = sim.now + sim_log(&sim.rng, SIM_MS, 100 * SIM_SEC);
		set_total(&h->app, sim_log(&sim.rng, 1, 10000));
	}
	go();
}

/* Both ends close, this way and that, within a few round trips. */
static void closing(void)
{
	u64 rtt = sim_draw_world();
	u32 i;

	if (sim_one_in(&sim.rng, 2))
		chaos_net();
	for (i = 0; i < 2; i++) {
		struct sim_app *a = &sim.host[i].app;

		a->total = sim_one_in(&sim.rng, 2) ? 0 : sim_log(&sim.rng, 1, 3000);
		a->end = (enum sim_end)sim_below(&sim.rng, 5);
		a->end_at = sim.now + sim_below(&sim.rng, 4 * rtt + 1);
	}
	go();
}

static void aborts(void)
{
	u64 rtt = sim_draw_world();
	struct sim_app *a = &sim.host[sim_below(&sim.rng, 2)].app;

	if (sim_one_in(&sim.rng, 2))
		chaos_net();
	a->end = SIM_END_ABORT;
	a->end_at = sim.now + sim_below(&sim.rng, 10 * rtt + 1);
	go();
}

static void simultaneous_tick(void)
{
	sim_open(&sim.host[1]);
}

static void simultaneous(void)
{
	u64 rtt = sim_draw_world();
	u32 i;

	if (sim_one_in(&sim.rng, 2))
		chaos_net();
	for (i = 0; i < 2; i++) {
		struct sim_app *a = &sim.host[i].app;

		if (sim_one_in(&sim.rng, 4)) {
			a->end = (enum sim_end)sim_below(&sim.rng, 5);
			a->end_at = sim.now + sim_below(&sim.rng, 4 * rtt + 1);
		}
	}
	sim_open(&sim.host[0]);
	/* before the first SYN gets there: afterwards it is refused */
	sim.script_at = sim.now + 1 + sim_below(&sim.rng, sim.link[1].delay - 1);
}

static void mtu_tick(void)
{
	u32 i = (u32)sim_below(&sim.rng, 2);

	sim.link[i].mtu = (u32)sim_log(&sim.rng, 500, 1400);
	if (!sim.healed)
		sim.script_at = sim.now + sim_log(&sim.rng, SIM_MS, SIM_SEC);
}

static void mtu(void)
{
	sim_draw_world();
	if (sim_one_in(&sim.rng, 2))
		BOTH(loss, 5000, 100000);
	sim.host[0].gro = false;
	sim.host[1].gro = false;
	sim.script_at = sim.now + 1;
	go();
}

/* Of what is too big nobody hears anything, for a while: only what is sent again can tell. */
static void blackhole(void)
{
	u32 i;

	mtu();
	BOTH(hole, 300000, 1000000);
	for (i = 0; i < 2; i++) {
		struct sim_host *h = &sim.host[i];

		/* more patience than the bad times take: nobody gives up, nobody leaves before */
		h->cfg.retries2 = 15;
		h->cfg.orphan_retries = 15;
		h->cfg.rto_max = max(h->cfg.rto_max, 20 * SIM_SEC);
		h->app.end = SIM_END_SHUT;
		set_total(&h->app, sim_log(&sim.rng, 1000, 50000));
	}
	sim.least = sim.host[0].app.total;
}

static void vanish(struct sim_host *h)
{
	sim_note(h, "is gone");
	sim.excused = true;
	sim_forget(h);
	h->req_live = false;
	h->tw_live = false;
}

static void crash_tick(void)
{
	struct sim_host *h = &sim.host[sim_below(&sim.rng, 2)];

	h->down = true;
	vanish(h);
}

static void crash(void)
{
	u64 rtt = sim_draw_world();

	/* data in flight is given up after 15 back-offs, up to rto_max each */
	sim.limit += 4000 * SIM_SEC;
	sim.host[0].app.keepalive = sim_one_in(&sim.rng, 2);
	sim.host[1].app.keepalive = sim_one_in(&sim.rng, 2);
	if (sim_one_in(&sim.rng, 3))
		sim.host[0].user_timeout = sim_log(&sim.rng, SIM_SEC, 100 * SIM_SEC);
	sim.script_at = sim.now + sim_below(&sim.rng, 10 * rtt) + 1;
	go();
}

static void reboot_tick(void)
{
	vanish(&sim.host[sim_below(&sim.rng, 2)]);
}

static void reboot(void)
{
	u64 rtt = sim_draw_world();

	sim.script_at = sim.now + sim_below(&sim.rng, 10 * rtt) + 1;
	sim.host[0].app.keepalive = true;
	sim.host[1].app.keepalive = true;
	go();
}

/* It opens once it is up again, whatever the peer still has of what was there before. */
static void reopen_tick(void)
{
	struct sim_host *h = sim.reborn, *peer;
	u64 pause;

	if (h) {
		h->down = false;
		h->listening = false;
		sim.awaited = false;
		sim_open(h);
		return;
	}
	h = &sim.host[sim_below(&sim.rng, 2)];
	peer = sim_peer(h);
	vanish(h);
	h->down = true;
	peer->listening = true;
	sim_reboot(h);
	pause = sim_log(&sim.rng, SIM_US, 10 * SIM_SEC);
	/* RFC 9293 3.4.3 */
	sim.quiet = pause > sim.link[0].delay + sim.link[1].delay;
	sim.script_at = sim.now + pause;
}

/*
 * RFC 9293 3.5.1: the half-open end answers the SYN with an ACK, that with a RST, and the SYN that
 * comes again is the first of a connection.
 */
static void reopen(void)
{
	u64 rtt = sim_draw_world();
	bool lossy = sim_one_in(&sim.rng, 2);
	u32 i;

	if (lossy)
		BOTH(loss, 5000, 200000);
	for (i = 0; i < 2; i++) {
		struct sim_host *h = &sim.host[i];

		/* a SYN may meet TIME_WAIT, loss, and challenges that are not due yet */
		h->cfg.syn_retries = 100;
		h->cfg.rto_max = min(h->cfg.rto_max, 10 * SIM_SEC);
		/* the peer's probe is no answer: where those are lost it gives up */
		h->app.keepalive = !lossy && sim_one_in(&sim.rng, 2);
	}
	sim.awaited = true;
	sim.script_at = sim.now + sim_below(&sim.rng, 10 * rtt) + 1;
	go();
}

static void stale_tick(void)
{
	sim_net_replay(sim_one_in(&sim.rng, 4));
	if (!sim.healed)
		sim.script_at = sim.now + sim_log(&sim.rng, SIM_US, 100 * SIM_MS);
}

/* The same ports again and again, with segments of earlier connections still on their way. */
static void stale(void)
{
	u32 i;

	sim_draw_world();
	sim.incarnations = (u32)sim_range(&sim.rng, 2, 5);
	sim.tight = sim.host[0].cfg.timestamps && sim.host[1].cfg.timestamps;
	sim.round = sim.tight && sim_one_in(&sim.rng, 2);
	for (i = 0; i < 2; i++)
		sim.host[i].app.total = sim_log(&sim.rng, 1, 4000);
	sim.script_at = sim.now + SIM_MS;
	go();
}

static void attack_tick(void)
{
	sim_attack(&sim.host[sim_below(&sim.rng, 2)]);
	if (!sim.healed)
		sim.script_at = sim.now + sim_log(&sim.rng, SIM_US, 20 * SIM_MS);
}

static void attack(void)
{
	sim_draw_world();
	sim.script_at = sim.now + 1;
	go();
}

static void liar(void)
{
	u32 i;

	sim_draw_world();
	BOTH(liar, 10000, 500000);
	/* who was told that lost data had arrived can only time out */
	sim.limit += 4000 * SIM_SEC;
	sim.hostile = true;
	sim.excused = true;
	for (i = 0; i < 2; i++)
		set_total(&sim.host[i].app, sim_log(&sim.rng, 1, 50000));
	go();
}

/* RFC 9293 MUST-34: a peer that takes its window back, now and then or until all is well */
static void shrink(void)
{
	u32 i;

	sim_draw_world();
	if (sim_one_in(&sim.rng, 2))
		BOTH(loss, 5000, 100000);
	BOTH(shrink, 10000, 1000000);
	for (i = 0; i < 2; i++)
		set_total(&sim.host[i].app, sim_log(&sim.rng, 1, 50000));
	go();
}

static void nomem(void)
{
	sim_draw_world();
	if (sim_one_in(&sim.rng, 2))
		BOTH(loss, 5000, 100000);
	sim.faulty = true;
	sim.fail_split = (u32)sim_log(&sim.rng, 1000, 500000);
	sim.fail_admit = (u32)sim_log(&sim.rng, 1000, 300000);
	sim.fail_alloc = (u32)sim_log(&sim.rng, 1000, 500000);
	sim.fail_transmit = (u32)sim_log(&sim.rng, 1000, 300000);
	sim.fail_accept = (u32)sim_log(&sim.rng, 1000, 300000);
	go();
}

/* Memory is short: what came out of order is copied together, or dropped though it was SACKed. */
static void prune(void)
{
	sim_draw_world();
	BOTH(loss, 5000, 200000);
	sim.prune = (u32)sim_log(&sim.rng, 10000, 500000);
	sim.squeeze = (u32)sim_log(&sim.rng, 1000, 500000);
	sim.shortage = (u32)sim_log(&sim.rng, 1000, 1000000);
	/* what was SACKed and is not there any more is sent again after a timeout */
	sim.limit += 4000 * SIM_SEC;
	go();
}

/* Devices that are slower than their connections */
static void queue(void)
{
	sim_draw_world();
	if (sim_one_in(&sim.rng, 2))
		BOTH(loss, 5000, 100000);
	sim.queue_full = (u32)sim_log(&sim.rng, 10000, 990000);
	sim.in_queue = (u32)sim_log(&sim.rng, 10000, 500000);
	go();
}

/* Long pauses, and a peer that is alive: keepalive and the user timeout must not end it. */
static void silence(void)
{
	u32 i;

	sim_draw_world();
	for (i = 0; i < 2; i++) {
		struct sim_host *h = &sim.host[i];

		h->app.keepalive = true;
		h->app.think = sim_log(&sim.rng, SIM_SEC, 100 * SIM_SEC);
		h->app.total = sim_log(&sim.rng, 1, 50);
		h->user_timeout = sim_one_in(&sim.rng, 2) ? 0 : 20 * SIM_SEC;
	}
	sim.heal_at = sim.now + 1000 * SIM_SEC;
	sim.limit = sim.heal_at + 600 * SIM_SEC;
	go();
}

/* Much data, large segments. */
static void bulk(void)
{
	u32 i;

	sim_draw_world();
	if (sim_one_in(&sim.rng, 2))
		BOTH(loss, 1000, 30000);
	for (i = 0; i < 2; i++) {
		struct sim_host *h = &sim.host[i];

		h->app.total = i ? 0 : sim_log(&sim.rng, 100000, 2000000);
		h->app.write_max = 65535;
		h->app.sndbuf = (u32)sim_log(&sim.rng, 100000, 4000000);
		h->app.think = 0;
		h->app.nap = 0;
		h->rcv_buf = (u32)sim_log(&sim.rng, 30000, 2000000);
		h->listen.rcv_buf = h->rcv_buf;
	}
	go();
}

/* More than there are sequence numbers. */
static void huge(void)
{
	u32 i;

	sim_draw_world();
	for (i = 0; i < 2; i++) {
		struct sim_host *h = &sim.host[i];

		h->cfg.window_scaling = true;
		h->mtu = 1480;
		h->adv_mss = 1460;
		h->listen.mtu = h->mtu;
		h->gso_max = 65535;
		h->gro = true;
		h->app.think = 0;
		h->app.nap = 0;
		h->app.cork = false;
		/* nobody leaves before all has come, whatever the dice say */
		h->app.end = SIM_END_SHUT;
		h->app.total = i ? 0 : (1ULL << 32) + sim_log(&sim.rng, 1, 1 << 28);
		h->app.write_max = 65535;
		h->app.read_max = 65535;
		h->app.sndbuf = 8000000;
		h->rcv_buf = 4000000;
		h->listen.rcv_buf = h->rcv_buf;
		sim.link[i].delay = SIM_MS;
		sim.link[i].loss = 20;
	}
	sim.min_rtt = 0;
	sim.sparse = true;
	sim.least = sim.host[0].app.total;
	go();
}

const struct sim_scene sim_scenes[] = {
	{ "clean", 10, clean, NULL },
	{ "loss", 10, loss, NULL },
	{ "burst", 6, burst, NULL },
	{ "reorder", 8, reorder, NULL },
	{ "duplicate", 6, duplicate, NULL },
	{ "corrupt", 4, corrupt, NULL },
	{ "chaos", 10, chaos, NULL },
	{ "delay", 5, delay, delay_tick },
	{ "rate", 2, rate, NULL },
	{ "window", 4, window, NULL },
	{ "closing", 14, closing, NULL },
	{ "abort", 6, aborts, NULL },
	{ "simultaneous", 8, simultaneous, simultaneous_tick },
	{ "mtu", 4, mtu, mtu_tick },
	{ "blackhole", 2, blackhole, mtu_tick },
	{ "crash", 4, crash, crash_tick },
	{ "reboot", 4, reboot, reboot_tick },
	{ "reopen", 4, reopen, reopen_tick },
	{ "stale", 4, stale, stale_tick },
	{ "attack", 4, attack, attack_tick },
	{ "liar", 4, liar, NULL },
	{ "shrink", 4, shrink, NULL },
	{ "nomem", 6, nomem, NULL },
	{ "prune", 6, prune, NULL },
	{ "queue", 6, queue, NULL },
	{ "silence", 2, silence, NULL },
	{ "bulk", 1, bulk, NULL },
	{ "huge", 0, huge, NULL },
};

const unsigned int sim_nscenes = ARRAY_SIZE(sim_scenes);
