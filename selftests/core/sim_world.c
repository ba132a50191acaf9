// SPDX-License-Identifier: GPL-2.0-only
/* One world from its first event to its last. */
#include <stdarg.h>
#include <stdlib.h>
#include "sim.h"

#define MAX_EVENTS 20000000

struct sim sim;

void sim_fail(const char *fmt, ...)
{
	va_list ap;

	if (sim.failed)
		return;
	sim.failed = true;
	va_start(ap, fmt);
	vsnprintf(sim.why, sizeof(sim.why), fmt, ap);
	va_end(ap);
	sim_note(NULL, "FAILED: %s", sim.why);
}

static bool idle(const struct sim_host *h)
{
	return !h->sc && !h->req_live && (!h->tw_live || sim.incarnation < sim.incarnations);
}

/* Open once more, from the side that may, over what an earlier connection left behind. */
static void next_incarnation(void)
{
	struct sim_host *a = &sim.host[0], *b = &sim.host[1];
	struct sim_host *h;

	sim_check_end();
	if (sim.failed)
		return;
	sim.incarnation++;
	/* a new timestamp: an old one that is the same would not show as old */
	sim.now += 2 * SIM_MS;
	sim.excused = false;
	for (h = sim.host; h < sim.host + 2; h++) {
		sim_app_renew(h);
		h->shown_valid = false;
	}
	sim_note(NULL, "incarnation %u", sim.incarnation);
	if (sim_one_in(&sim.rng, 2))
		swap(a, b);
	b->listening = true;
	a->listening = false;
	sim_open(a);
}

static void heal(void)
{
	struct sim_host *h;

	sim.healed = true;
	sim_note(NULL, "the network heals");
	sim_net_heal();
	sim.fail_split = 0;
	sim.fail_admit = 0;
	sim.prune = 0;
	sim.fail_alloc = 0;
	sim.fail_transmit = 0;
	sim.fail_accept = 0;
	sim.queue_full = 0;
	sim.in_queue = 0;
	for (h = sim.host; h < sim.host + 2; h++) {
		h->app.stall_until = 0;
		h->app.think = min_t(u64, h->app.think, SIM_MS);
		h->app.nap = min_t(u64, h->app.nap, SIM_MS);
		h->app.next_read = 0;
		h->app.next_write = 0;
		h->app.read_max = max_t(u32, h->app.read_max, 65536);
	}
}

/*
 * An end that hears nothing any more, since the other one is gone without a word: TCP leaves
 * it as it is, its user loses patience. Return: whether there is one.
 */
static bool impatience(void)
{
	struct sim_host *h;

	for (h = sim.host; h < sim.host + 2; h++) {
		if (!h->sc || sim_peer(h)->sc || h->app.orphaned)
			continue;
		sim_app_leave(h);
		return true;
	}
	return false;
}

static void packet(void)
{
	struct sim_pkt *p = sim_net_pop();
	struct sim_host *h = &sim.host[p->to];

	if (p->kind == SIM_PKT_ICMP) {
		sim_note(h, "ICMP %d mtu %u", p->err, p->value);
		sim_icmp(h, p);
	} else {
		sim_input(h, p);
	}
	/* a timer that comes before its time does no harm */
	if (h->sc && sim_one_in(&sim.rng, 64)) {
		atcp_conn_timer(&h->sc->c, sim.now);
		sim_reap(h);
	}
	free(p);
}

/* The earliest of all that may happen. Return: false if nothing ever will. */
static bool step(void)
{
	u64 net = sim_net_next(), next = net, timer[2], app[2];
	struct sim_host *h;
	u32 i;

	for (i = 0; i < 2; i++) {
		timer[i] = sim_host_deadline(&sim.host[i]);
		app[i] = sim_app_next(&sim.host[i]);
		next = sim_earlier(sim_earlier(next, timer[i]), app[i]);
		next = sim_earlier(next, sim.host[i].drained_at);
	}
	next = sim_earlier(next, sim.script_at);
	if (!sim.healed)
		next = sim_earlier(next, sim.heal_at);
	if (!next)
		return false;
	if (next > sim.now)
		sim.now = next;
	if (!sim.healed && sim.heal_at <= sim.now) {
		heal();
	} else if (sim.script_at && sim.script_at <= sim.now) {
		sim.script_at = 0;
		sim.scene->tick();
	} else if (net && net <= sim.now) {
		packet();
	} else {
		for (i = 0; i < 2; i++)
			if (timer[i] && timer[i] <= sim.now)
				sim_host_timer(&sim.host[i]);
	}
	for (h = sim.host; h < sim.host + 2 && !sim.failed; h++) {
		sim_host_drained(h);
		sim_app_run(h);
	}
	for (h = sim.host; h < sim.host + 2 && !sim.failed; h++)
		sim_check(h);
	return true;
}

static void run(void)
{
	while (!sim.failed) {
		if (!sim.awaited && idle(&sim.host[0]) && idle(&sim.host[1])) {
			if (sim.incarnation >= sim.incarnations)
				break;
			next_incarnation();
			continue;
		}
		if (!step() && !impatience()) {
			sim_fail("nothing will ever happen: A %s, B %s",
				 sim.host[0].sc ? atcp_state_name(sim.host[0].sc->c.state) : "-",
				 sim.host[1].sc ? atcp_state_name(sim.host[1].sc->c.state) : "-");
			break;
		}
		if (sim.now > sim.limit)
			sim_fail("no end %llu s after the network has healed: A %s, B %s",
				 (sim.now - sim.heal_at) / SIM_SEC,
				 sim.host[0].sc ? atcp_state_name(sim.host[0].sc->c.state) : "-",
				 sim.host[1].sc ? atcp_state_name(sim.host[1].sc->c.state) : "-");
		if (++sim.events > MAX_EVENTS)
			sim_fail("more than %u events", MAX_EVENTS);
	}
}

bool sim_run(const struct sim_scene *scene, u64 seed, bool ladder)
{
	u32 i;

	memset(&sim, 0, sizeof(sim));
	sim.seed = seed;
	sim.scene = scene;
	sim.rng.state = seed * 0x2545f4914f6cdd1dULL + 1;
	sim.ladder = ladder;
	sim.incarnations = 1;
	sim.incarnation = 1;
	sim.host[1].id = 1;
	scene->setup();
	run();
	if (!sim.failed)
		sim_check_end();
	for (i = 0; i < 2; i++)
		sim_forget(&sim.host[i]);
	sim_net_purge();
	if (!sim.failed && (sim.live_tx || sim.live_rx || sim.live_mem))
		sim_fail("not freed: %llu send handles, %llu receive handles, %llu arrays",
			 sim.live_tx, sim.live_rx, sim.live_mem);
	return !sim.failed;
}
