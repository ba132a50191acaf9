/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exhaustive exploration: every joint state of two endpoints and the segments between them that
 * can be reached, whatever the users, the timers and a network with so many faults do.
 *
 * All of a joint state is in one struct at one address, payload too: to keep a state is to copy
 * it, and pointers stay good when it is copied back.
 */
#ifndef _EXPLORE_H
#define _EXPLORE_H

#include <api.h>
#include <handshake.h>
#include <timewait.h>

#define X_NOW	(1000000 * ATCP_NS_PER_SEC)	/* time stands still: see x_fire() */
#define X_QUEUE	8	/* segments under way in one direction, at most */
#define X_LATE	4	/* segments held back or doubled, at most */
#define X_DATA	2	/* bytes a connection sends, at most */
#define X_POOL	8
#define X_MEM	256

struct x_pkt {
	struct atcp_seg s;
	u8 to;
	u8 byte;		/* the payload: one byte or none */
};

struct x_tx {
	struct atcp_txseg t;
	bool used;
	u8 byte;
};

struct x_rx {
	struct atcp_rxseg r;
	bool used;
	u8 byte;
};

struct x_mem {
	u64 words[X_MEM / 8];
	bool used;
};

struct x_host {
	struct atcp_conn c;
	struct atcp_conn listener;
	struct atcp_req req;
	struct atcp_tw tw;
	bool live, listening, req_live, tw_live;
	bool shut;		/* the user called CLOSE */
	bool left;		/* and will not read either */
	bool connected;		/* the core said so */
	bool stale;		/* the handshake began with a SYN that nobody stands behind */
	u8 written, got;	/* bytes */
	u8 isns;		/* initial sequence numbers that were used */
};

struct x_world {
	struct x_host host[2];
	struct x_pkt queue[2][X_QUEUE];	/* [n] leads to host n */
	struct x_pkt late[X_LATE];
	struct x_tx tx[X_POOL];
	struct x_rx rx[X_POOL];
	struct x_mem mem[X_POOL];
	u8 queued[2], lates;
	u8 opens, listens, aborts, faults, hasty; /* what has been used of the bounds */
};

/* What bounds the search. */
struct x_bounds {
	u32 opens, listens, aborts, faults; /* in all */
	u32 hasty;		/* timers that fire while segments are under way */
	u32 data;		/* bytes a connection sends */
	u32 queue;		/* segments each way; one more is lost */
	u32 retries;		/* of a SYN, a SYN,ACK, and of data */
	u32 early;		/* SEND in SYN_SENT and SYN_RECEIVED too */
	u32 timestamps, sack;
	u32 keep;		/* keepalive probes before an end gives up; 0: it is off */
	u32 pace;		/* each byte waits for the one before it */
	u32 verify;		/* that equal keys lead to equal keys */
	u64 states;		/* give up beyond so many */
};

enum x_what {
	X_LISTEN, X_OPEN, X_WRITE, X_CLOSE, X_LEAVE, X_ABORT, X_UNLISTEN,
	X_RTX, X_DELACK, X_KEEP, X_STATE, X_PACE, X_REQ, X_TW,
	X_DELIVER, X_LOSE, X_DOUBLE, X_HOLD, X_HELD,
	X_NWHAT
};

/* @n: the host that acts, or to which the segment goes; of X_HELD the number of the segment */
struct x_action {
	u8 what, n;
};

#define X_ACTIONS	64
#define X_ALWAYS	255	/* of bounds.hasty */

extern struct x_world world;
extern struct x_bounds bounds;
extern char x_why[256];		/* what broke; empty if nothing did */
extern bool x_ladder;
extern u64 x_seen[ATCP_NSTATES][ATCP_NSTATES];
extern struct x_tally {
	u64 stale_syns, stale_handshakes, overflows;
	u64 kept, given_up;	/* by keepalive: its probes were answered, or not */
	u64 taken[X_NWHAT];
} x_tally;

extern bool x_mixed;		/* an old SYN led to a connection, or two ends to a wrong one */

void x_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* explore_host.c: the two endpoints */
void x_setup(void);
void x_act(struct x_action a);
u32 x_actions(struct x_action *list);
bool x_over(void);
bool x_hasty(u8 what);
void x_send(u32 to, const struct atcp_seg *s, u8 byte);
u8 x_pattern(u32 seq);

/* explore_check.c: what must hold after every action; the action of a fair end, or false */
void x_check(void);
bool x_heal(struct x_action *a);

/* explore_key.c: 64 bits of what is left of a state without numbering and names */
u64 x_key(void);
u32 x_base(u32 host);

/* explore_show.c */
void x_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void x_draw(const struct x_pkt *p, const char *what);
void x_show_states(void);
const char *x_name(struct x_action a);
bool x_named(const char *name, struct x_action *a);
void x_describe(struct x_action a);

/* explore.c: the bounds as they are typed */
void x_show_bounds(void);

/* explore_search.c: false if something broke */
bool x_search(void);
bool x_replay(const char *path);

#endif /* _EXPLORE_H */
