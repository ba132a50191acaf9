/* SPDX-License-Identifier: GPL-2.0-only */
/* Handshakes and TIME_WAIT as compact records, not sockets, each in one expiry-ordered queue. */
#ifndef _ATCP_RECORDS_H
#define _ATCP_RECORDS_H

#include <linux/timerqueue.h>
#include "core/handshake.h"
#include "core/timewait.h"
#include "flow.h"
#include "netns.h"
#include "output.h"

struct atcp_port;
struct atcp_sock;
struct atcp_timewait;
struct ip_options_rcu;
struct sk_buff;
struct sock;

/**
 * struct atcp_request - a handshake of a listener
 * @flow: key; the table's
 * @req: the core's record; under @lock. Directly behind @flow
 * @expiry: in atcp_net.req, under its lock
 * @next: of those that atcp_request_drop_all() has taken out
 * @rcu: freed after a grace period
 * @listener: reference held
 * @route: options of what we send, or NULL; goes with the record
 * @before: the TIME_WAIT whose place it has, or NULL: comes back if this was opened by an old SYN
 * @lock: bh; outside of atcp_net.req's
 * @done: claimed by who ends it, atomic
 * @defer_until: an ACK without data does not make a connection before (TCP_DEFER_ACCEPT), ns
 */
struct atcp_request {
	struct atcp_flow flow;
	struct atcp_req req;
	union {
		struct timerqueue_node expiry;
		struct rcu_head rcu;
	};
	struct atcp_request *next;
	struct sock *listener;
	struct ip_options_rcu *route;
	struct atcp_timewait *before;
	u64 defer_until;
	spinlock_t lock;	/* of req; bh */
	atomic_t done;
};

/**
 * struct atcp_timewait - what is left of a connection for 2 MSL
 * @flow: key; the table's
 * @tw: the core's record; under atcp_net.tw.lock. Directly behind @flow
 * @expiry: in atcp_net.tw, under its lock
 * @rcu: freed after a grace period
 * @port: held
 * @via: of the socket
 * @route: a copy of the socket's IPv4 options, or NULL; goes with the record
 * @done: on its way out; under atcp_net.tw.lock
 */
struct atcp_timewait {
	struct atcp_flow flow;
	struct atcp_tw tw;
	union {
		struct timerqueue_node expiry;
		struct rcu_head rcu;
	};
	struct atcp_port *port;
	struct atcp_via via;
	struct ip_options_rcu *route;
	bool done;
};

static_assert(offsetof(struct atcp_request, req) == sizeof(struct atcp_flow));
static_assert(offsetof(struct atcp_timewait, tw) == sizeof(struct atcp_flow));

/* net_exit deletes all records of a namespace, whose hooks are gone. */
int atcp_timewait_init(void);
void atcp_timewait_exit(void);
void atcp_timewait_net_init(struct atcp_net *an);
void atcp_timewait_net_exit(struct atcp_net *an);
int atcp_request_init(void);
void atcp_request_exit(void);
void atcp_request_net_init(struct atcp_net *an);
void atcp_request_net_exit(struct atcp_net *an);

/**
 * atcp_listener_rcv() - a segment met a listener
 * @listener: found under the RCU read lock
 * @key: the segment's
 * @s: its header
 * @before: NULL, or the TIME_WAIT that gave way, in no table: taken over
 * @skb: consumed
 *
 * Softirq, RCU read lock.
 */
void atcp_listener_rcv(struct sock *listener, const struct atcp_flow *key,
		       const struct atcp_seg *s, struct atcp_timewait *before,
		       struct sk_buff *skb);

/* A segment met a handshake. Softirq, RCU read lock; @skb is consumed. */
void atcp_request_rcv(struct atcp_request *r, const struct atcp_seg *s, struct sk_buff *skb);

/* An ICMP error quotes the SYN,ACK with number @seq: only a hard one ends the handshake. */
void atcp_request_icmp(struct atcp_request *r, u32 seq, bool hard);

/* The listener closes: all its handshakes go. */
void atcp_request_drop_all(struct sock *listener);

/**
 * atcp_timewait_enter() - a connection has entered TIME_WAIT: put a record in its place
 * @sk: lock held; out of the table afterwards, with the table's reference given back
 *
 * Beyond net.atcp.max_tw_buckets, or without memory, there is no record, as with native TCP.
 */
void atcp_timewait_enter(struct sock *sk);

/* A segment met a record. Softirq, RCU read lock; @skb is consumed. */
void atcp_timewait_rcv(struct atcp_timewait *t, const struct atcp_flow *key,
		       const struct atcp_seg *s, struct sk_buff *skb);

/**
 * atcp_timewait_back() - the SYN that a TIME_WAIT gave way to was an old one: MAY-2
 * @t: what atcp_listener_rcv() was given; goes to the table, or is freed where its time is over
 *	or its place is taken
 *
 * Any context but hard interrupts.
 */
void atcp_timewait_back(struct atcp_timewait *t);

/* It does not come back. */
void atcp_timewait_free(struct atcp_timewait *t);

/* The number that a connection in its place has to start from: beyond all that it used. */
u32 atcp_timewait_isn(const struct atcp_timewait *t);

/**
 * atcp_timewait_give_way() - connect() to where a TIME_WAIT record is (RFC 6191)
 * @t: found in the table, under the RCU read lock
 * @as: the same flow, not in the table yet
 * @bound: the user chose the port: net.atcp.tw_reuse is not asked
 *
 * On success @as is in its place, and @as->conn.iss is a number beyond all that the old connection
 * used, which the new one has to start from. Return: true; false if the record has to stay.
 */
bool atcp_timewait_give_way(struct atcp_timewait *t, struct atcp_sock *as, bool bound);

#endif /* _ATCP_RECORDS_H */
