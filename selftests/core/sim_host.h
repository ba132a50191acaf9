/* SPDX-License-Identifier: GPL-2.0-only */
/* A simulated host: its connection, and the records that stand for one before and after it. */
#ifndef _SIM_HOST_H
#define _SIM_HOST_H

#include <api.h>
#include <handshake.h>
#include <timewait.h>
#include "sim_app.h"

struct sim_host;
struct sim_pkt;

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
	bool probed;		/* the tail loss probe that is out was seen */
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
	u32 isn;		/* that its latest connection began with */
	u32 mtu, gso_max, rcv_buf, rcv_buf_max;
	u16 adv_mss;
	u64 rto_min, user_timeout;
	u64 pace_max;		/* bytes a second; 0: not paced */
	u8 paced;		/* enum atcp_paced */
	u64 drained_at;		/* its own queue has room again for what was held; 0: nothing was */
	bool gro;		/* the wire carries bursts whole */
	bool reneged;		/* it has dropped what was acknowledged selectively */
	u32 accepts;		/* of this incarnation */
	u32 shown;		/* rightmost edge of the receive window that went out */
	u32 shown_to;		/* the peer that it was meant for: its initial number */
	bool shown_valid;
	struct sim_app app;
	struct sim_app past;	/* before a reboot: of the connection that began with past_isn */
	u32 past_isn;
};

static inline struct sim_conn *sim_conn(const struct atcp_conn *c)
{
	return container_of((struct atcp_conn *)c, struct sim_conn, c);
}

/* SYN and FIN that ride on no payload are the connection's own, not the host's. */
static inline bool sim_is_ctl(const struct atcp_conn *c, const struct atcp_txseg *t)
{
	return t == &c->syn || t == &c->fin;
}

/* sim_host.c, sim_port.c */
void sim_open(struct sim_host *h);
/* The same host with nothing of what it knew; opens later. */
void sim_reboot(struct sim_host *h);
void sim_input(struct sim_host *h, const struct sim_pkt *p);
void sim_icmp(struct sim_host *h, const struct sim_pkt *p);
void sim_reap(struct sim_host *h);
void sim_forget(struct sim_host *h);
u64 sim_host_deadline(struct sim_host *h);
void sim_host_timer(struct sim_host *h);
void sim_host_drained(struct sim_host *h);
struct sim_rx *sim_rx_new(const struct atcp_seg *s, const u8 *payload);
struct sim_tx *sim_tx_new(struct sim_conn *sc, u64 pos, u32 len, u32 cap);
void sim_wire(struct sim_host *h, const struct atcp_seg *s);

#endif /* _SIM_HOST_H */
