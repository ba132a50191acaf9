// SPDX-License-Identifier: GPL-2.0-only
/* What every world is drawn from: two hosts of any kind, with their users, and a good network. */
#include <ecn.h>
#include <pace.h>
#include "sim.h"

static void draw_cfg(struct sim_host *h)
{
	struct atcp_cfg *cfg = &h->cfg;

	atcp_cfg_init(cfg);
	cfg->rto_min = sim_log(&sim.rng, 100 * SIM_US, 200 * SIM_MS);
	cfg->rto_max = sim_log(&sim.rng, 2 * SIM_SEC, 120 * SIM_SEC);
	cfg->rto_initial = sim_log(&sim.rng, 50 * SIM_MS, SIM_SEC);
	cfg->delack_max = sim_log(&sim.rng, SIM_MS, 200 * SIM_MS);
	cfg->time_wait = sim_log(&sim.rng, SIM_MS, 60 * SIM_SEC);
	cfg->fin_timeout = sim_log(&sim.rng, SIM_SEC, 60 * SIM_SEC);
	cfg->keep_idle = sim_log(&sim.rng, SIM_SEC, 100 * SIM_SEC);
	cfg->keep_intvl = sim_log(&sim.rng, SIM_SEC, 10 * SIM_SEC);
	cfg->keep_probes = (u32)sim_range(&sim.rng, 2, 9);
	cfg->challenge_intvl = sim_log(&sim.rng, SIM_MS, SIM_SEC);
	cfg->syn_retries = (u32)sim_range(&sim.rng, 4, 8);
	cfg->synack_retries = (u32)sim_range(&sim.rng, 4, 8);
	cfg->retries2 = (u32)sim_range(&sim.rng, 8, 15);
	cfg->orphan_retries = (u32)sim_range(&sim.rng, 5, 8);
	cfg->timestamps = !sim_one_in(&sim.rng, 4);
	cfg->window_scaling = !sim_one_in(&sim.rng, 4);
	cfg->sack = !sim_one_in(&sim.rng, 4);
	cfg->rfc1337 = sim_one_in(&sim.rng, 4);
	cfg->cc = atcp_cc_find(sim_one_in(&sim.rng, 2) ? "reno" : "cubic");
	cfg->slow_start_idle = !sim_one_in(&sim.rng, 4);
	cfg->moderate_rcvbuf = !sim_one_in(&sim.rng, 4);
	cfg->ecn = (u8)sim_range(&sim.rng, ATCP_ECN_OFF, ATCP_ECN_AGREE);
}

/* As often as not near the place where 32 bits wrap. */
static u32 draw_isn(void)
{
	u64 r = sim_rand(&sim.rng);

	return r & 1 ? 0xffffff00U + ((r >> 8) & 0xff) - ((r >> 16) & 0xfff) : (u32)(r >> 32);
}

static void draw_app(struct sim_app *a, u64 rtt)
{
	a->key = sim_rand(&sim.rng);
	a->total = sim_one_in(&sim.rng, 5) ? 0 : sim_log(&sim.rng, 1, 20000);
	a->sndbuf = (u32)sim_log(&sim.rng, 2000, 200000);
	a->write_max = (u32)sim_log(&sim.rng, 1 + a->total / 64, 32000);
	a->read_max = (u32)sim_log(&sim.rng, 500, 65536);
	a->think = sim_one_in(&sim.rng, 2) ? 0 : sim_log(&sim.rng, 1000, 2 * rtt + 2000);
	a->nap = sim_one_in(&sim.rng, 2) ? 0 : sim_log(&sim.rng, 1000, 2 * rtt + 2000);
	a->end = sim_one_in(&sim.rng, 3) ? SIM_END_LAST : SIM_END_SHUT;
	if (sim_one_in(&sim.rng, 8))
		a->end = SIM_END_CLOSE;
	a->nodelay = sim_one_in(&sim.rng, 2);
	a->cork = sim_one_in(&sim.rng, 16);
	a->more = sim_one_in(&sim.rng, 4) ? 500000 : 0;
	a->quickack = sim_one_in(&sim.rng, 4) ? 300000 : 0;
}

static void draw_host(struct sim_host *h)
{
	u32 mtu = (u32)sim_range(&sim.rng, 0, 3);

	draw_cfg(h);
	h->mtu = mtu == 0 ? 1480 : mtu == 1 ? (u32)sim_log(&sim.rng, 556, 9000) :
		 mtu == 2 ? 65483 : 1280;
	h->adv_mss = (u16)(h->mtu - ATCP_HDR_MIN);
	h->rcv_buf = (u32)sim_log(&sim.rng, 2000, 300000);
	h->rcv_buf_max = sim_one_in(&sim.rng, 2) ? 0 : h->rcv_buf * 8;
	h->iss = draw_isn();
	h->ts_off = sim_one_in(&sim.rng, 2) ? (u32)sim_rand(&sim.rng) :
		    0U - (u32)(sim.now / SIM_MS) - (u32)sim_below(&sim.rng, 20000);
	h->gso_max = sim_one_in(&sim.rng, 2) ? 65535 : (u32)sim_log(&sim.rng, 536, 65535);
	h->gro = sim_one_in(&sim.rng, 3);
	if (sim_one_in(&sim.rng, 4)) {
		/* this world has no queue that keeps to departure times */
		h->paced = ATCP_PACE_TIMER;
		h->pace_max = sim_one_in(&sim.rng, 2) ? 0 : sim_log(&sim.rng, 1000000, 1 << 30);
	}
	h->listen.mtu = h->mtu;
	h->listen.default_mss = 536;
	h->listen.rcv_buf = h->rcv_buf;
	h->listen.rcv_buf_max = h->rcv_buf_max;
}

u64 sim_draw_world(void)
{
	u64 delay = sim_log(&sim.rng, 10 * SIM_US, 200 * SIM_MS);
	u32 i;

	sim.now = sim_log(&sim.rng, 1, 1ULL << 62);
	sim.start = sim.now;
	for (i = 0; i < 2; i++) {
		sim.link[i].delay = delay + (sim_one_in(&sim.rng, 2) ?
					     sim_below(&sim.rng, delay) : 0);
		sim.link[i].mark = sim_one_in(&sim.rng, 2) ? 0 :
				   (u32)sim_log(&sim.rng, 1000, 1000000);
		draw_host(&sim.host[i]);
		draw_app(&sim.host[i].app, 2 * delay);
	}
	sim.min_rtt = sim.link[0].delay + sim.link[1].delay;
	sim.timer_late = sim_one_in(&sim.rng, 2) ? 0 : sim_log(&sim.rng, 1000, 4 * SIM_MS);
	sim.heal_at = sim.now + sim_log(&sim.rng, SIM_SEC, 60 * SIM_SEC);
	sim.limit = sim.heal_at + 600 * SIM_SEC;
	return 2 * delay;
}
