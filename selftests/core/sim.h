/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A world: two hosts that run the protocol engine, the network between them, a
 * clock, and dice. There is one at a time; all of it follows from a seed.
 */
#ifndef _SIM_H
#define _SIM_H

#include "sim_host.h"
#include "sim_net.h"

#define SIM_US ATCP_NS_PER_US
#define SIM_MS ATCP_NS_PER_MS
#define SIM_SEC ATCP_NS_PER_SEC

struct sim_scene {
	const char *name;
	u32 share;		/* of a run over all scenes; 0: only by name, or now and then */
	void (*setup)(void);
	void (*tick)(void);	/* at sim.script_at */
};

struct sim {
	u64 seed, now, start, heal_at, limit, script_at, timer_late;
	struct sim_rng rng;
	const struct sim_scene *scene;
	struct sim_host host[2];
	struct sim_link link[2]; /* [n] leads to host n */
	u32 incarnation, incarnations;
	bool healed, ladder, failed;
	bool faulty;		/* the host itself fails at times */
	bool excused;		/* the connection may end early or in error */
	bool hostile;		/* falsified numbers: windows on the wire prove nothing */
	bool tight;		/* sequence numbers go on from the last incarnation's: PAWS only */
	bool round;		/* and a connection's numbers are an earlier one's again */
	bool once;		/* no reason to send anything twice */
	bool sparse;		/* long queues for long: they are not walked at every event */
	struct sim_host *reborn; /* it has rebooted, and opens the same ports again */
	bool awaited;		/* that is still to come */
	bool met;		/* and its peer has accepted that */
	bool quiet;		/* nothing was on its way any more when it did */
	u32 fail_split, fail_admit, fail_alloc, fail_transmit, fail_accept; /* per million */
	u32 prune, squeeze, shortage; /* of segments that arrive, per million: memory is short */
	u32 queue_full, in_queue; /* a host's own queue has no room, or that segment; likewise */
	u64 live_tx, live_rx, live_mem; /* allocations that were not given back */
	u64 events, order;
	u16 rx_mss;		/* of the packet that is being received: of what it was merged */
	u64 min_rtt;		/* of the path, ns: no sample can be smaller */
	u64 least;		/* bytes that host 1 has to get, whatever is excused */
	char why[512];
	u32 seen[ATCP_NSTATES][ATCP_NSTATES];
};

extern struct sim sim;

static inline struct sim_host *sim_peer(const struct sim_host *h)
{
	return &sim.host[h->id ? 0 : 1];
}

/* sim_main.c */
void sim_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* sim_world.c: returns false if an invariant broke, see sim.why */
bool sim_run(const struct sim_scene *scene, u64 seed, bool ladder);

/* sim_draw.c: a good network between two hosts of any kind; returns its largest round trip, ns */
u64 sim_draw_world(void);

/* sim_scene.c */
extern const struct sim_scene sim_scenes[];
extern const unsigned int sim_nscenes;

/* sim_attack.c */
void sim_attack(struct sim_host *victim);
void sim_lie(struct atcp_seg *s);

/* sim_check.c */
void sim_check(struct sim_host *h);
void sim_check_transmit(struct sim_conn *sc, const struct atcp_txseg *t,
			const struct atcp_seg *s, u32 mss);
void sim_check_error(struct sim_conn *sc);
void sim_check_end(void);
void sim_watch_start(struct sim_conn *sc);

/* sim_ladder.c */
void sim_draw(const struct sim_pkt *p, const char *what);
void sim_note(const struct sim_host *h, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* _SIM_H */
