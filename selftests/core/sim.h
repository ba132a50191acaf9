/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A world: two hosts that run the protocol engine, the network between them, a
 * clock, and dice. There is one at a time; all of it follows from a seed.
 */
#ifndef _SIM_H
#define _SIM_H

#include <api.h>
#include <handshake.h>
#include <timewait.h>
#include "sim_app.h"
#include "sim_net.h"

#define SIM_US ATCP_NS_PER_US
#define SIM_MS ATCP_NS_PER_MS
#define SIM_SEC ATCP_NS_PER_SEC

struct sim_host;

/* Payload to be sent, from @off on; @pos is the place of that byte in the stream. */
struct sim_tx {
	struct atcp_txseg t;
	u64 pos;
	u32 off, cap;
	u8 data[];
};

struct sim_rx {
	struct atcp_rxseg r;
	u32 cap;
	u8 data[];
};

/* What the checks remember of a connection between two events. */
struct sim_watch {
	u8 state;
	u32 snd_una, rcv_nxt, rcv_adv, snd_top;
	u32 tx_since_una, tx_since_rx;
	u64 una_at, rx_at;
	u32 spin;
	u32 rcv_buf;		/* the largest there was */
	bool eof, connected;
};

struct sim_conn {
	struct atcp_conn c;
	struct sim_host *h;
	struct sim_watch w;
	u64 armed, fire_at;	/* the deadline, and when the timer will serve it */
	u64 tx_bytes, ooo_bytes; /* payload held in either queue */
	u32 queue_len;		/* segments, when last counted */
};

struct sim_host {
	struct atcp_cfg cfg;
	struct atcp_listen listen;
	struct sim_conn *sc;
	struct atcp_req req;
	struct atcp_tw tw;
	bool listening, req_live, tw_live, down;
	u8 req_state, tw_state;
	u8 id;
	u32 iss, ts_off;
	u32 mtu, gso_max, rcv_buf, rcv_buf_max;
	u16 adv_mss;
	u64 rto_min, user_timeout;
	bool gro;		/* the wire carries bursts whole */
	u32 accepts;		/* of this incarnation */
	u32 shown;		/* rightmost edge of the receive window that went out */
	bool shown_valid;
	struct sim_app app;
};

struct sim_scene {
	const char *name;
	u32 share;		/* of a run over all scenes; 0: only by name */
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
	bool once;		/* no reason to send anything twice */
	u32 fail_split, fail_admit, fail_alloc, fail_transmit, fail_accept; /* per million */
	u64 live_tx, live_rx, live_mem; /* allocations that were not given back */
	u64 events, order;
	u64 min_rtt;		/* of the path, ns: no sample can be smaller */
	char why[512];
	u32 seen[ATCP_NSTATES][ATCP_NSTATES];
};

extern struct sim sim;

static inline struct sim_conn *sim_conn(const struct atcp_conn *c)
{
	return container_of((struct atcp_conn *)c, struct sim_conn, c);
}

/* SYN and FIN that ride on no payload are the connection's own, not the host's. */
static inline bool sim_is_ctl(const struct atcp_conn *c, const struct atcp_txseg *t)
{
	return t == &c->ctl;
}

static inline struct sim_host *sim_peer(const struct sim_host *h)
{
	return &sim.host[!h->id];
}

/* sim_main.c */
void sim_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* sim_host.c, sim_port.c */
void sim_open(struct sim_host *h);
void sim_input(struct sim_host *h, const struct sim_pkt *p);
void sim_icmp(struct sim_host *h, const struct sim_pkt *p);
void sim_reap(struct sim_host *h);
void sim_forget(struct sim_host *h);
u64 sim_host_deadline(struct sim_host *h);
void sim_host_timer(struct sim_host *h);
struct sim_rx *sim_rx_new(const struct atcp_seg *s, const u8 *payload);
struct sim_tx *sim_tx_new(struct sim_conn *sc, u64 pos, u32 len, u32 cap);
void sim_wire(struct sim_host *h, const struct atcp_seg *s);

/* sim_world.c: returns false if an invariant broke, see sim.why */
bool sim_run(const struct sim_scene *scene, u64 seed, bool ladder);

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
bool sim_legal(u8 from, u8 to);

/* sim_ladder.c */
void sim_draw(const struct sim_pkt *p, const char *what);
void sim_note(const struct sim_host *h, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* _SIM_H */
