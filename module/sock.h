/* SPDX-License-Identifier: GPL-2.0-only */
/* An AF_ATCP socket: a connection or a listener. */
#ifndef _ATCP_SOCK_H
#define _ATCP_SOCK_H

#include <linux/hrtimer.h>
#include <linux/ipv6.h>
#include <linux/llist.h>
#include <linux/skbuff.h>
#include <net/inet_sock.h>
#include "core/conn.h"
#include "flow.h"

struct atcp_port;
struct atcp_accept_queue;

/* atcp_sock.deferred, atomic bits: what softirq left for atcp_release_cb() ... */
enum atcp_deferred {
	ATCP_DEFER_TIMER,	/* the timer fired while the user held the lock */
	ATCP_DEFER_ICMP_MTU,	/* pending_mtu is to be taken in */
	ATCP_DEFER_ICMP_ERR,	/* pending_icmp is to be taken in */
	ATCP_DEFER_WRITE,	/* the device queue has drained: push */
	ATCP_DEFER_ACK,		/* ACKs are held until the backlog is empty */
	/* ... and what of the connection waits for the device queue, see drain.c */
	ATCP_QUEUE_HELD,	/* something: the next that leaves the queue is to say so */
	ATCP_QUEUE_LISTED,	/* it has: drain_node is in a list */
};

#define ATCP_DEFERRED	(BIT(ATCP_QUEUE_HELD) - 1)

/**
 * struct atcp_sock - the socket
 * @inet: generic part; addresses and ports in it are kept for ip(7) options and diag.
 *	sk_family is the module's family, sk_protocol ATCPPROTO_*, sk_state mirrors conn.state
 * @flow: key in the tables; written before hashing, under the socket lock
 * @conn: the TCB; under the socket lock. Directly behind @flow (atcp_flow_of())
 * @timer: one soft hrtimer for every deadline of @conn; may be armed earlier than the deadline
 * @timer_at: when @timer is armed for, ns; 0: not armed. Under the socket lock
 * @deferred: bits of enum atcp_deferred
 * @pending_mtu: with ATCP_DEFER_ICMP_MTU
 * @pending_icmp: with ATCP_DEFER_ICMP_ERR: quoted number, errno, hard; under the socket spinlock
 * @port: the local port that is held, with its shadow; NULL before bind
 * @queue: of a socket that has listened, its own, freed with the socket; of a child that is not
 *	accepted yet its listener's, under that queue's lock
 * @accept_node: in the parent's accept queue, under its lock
 * @defer_accept: TCP_DEFER_ACCEPT in ns; 0 off
 * @urg_seq: number of the urgent byte, rcv_up - 1
 * @urg_state: ATCP_URG_*
 * @urg_byte: the urgent byte once it has come
 * @hashed: @flow is in the table of connections, or was taken out by another
 * @was_hashed: readers of a table may stand on it still: see atcp_demux_settle()
 * @abort_due: payload came that nobody will read: atcp_sock_settle() aborts
 * @linger2_neg: TCP_LINGER2 below 0: no FIN_WAIT_2 for orphans
 * @cc_set: TCP_CONGESTION was set, and holds for what the socket accepts
 * @route_learned: inet_opt is the way back of a source route, not what the user has set
 * @mem_pages: charged to the namespace, see mem.h; under the socket lock
 * @squeeze_at: eighths of sk_rcvbuf in use at which the queues are worth a walk again; see admit.c
 * @counted_orphan: in atcp_net.orphans
 * @window_clamp: TCP_WINDOW_CLAMP, bytes; 0: none
 * @drain_node: with ATCP_QUEUE_LISTED
 * @notsent_lowat: TCP_NOTSENT_LOWAT, bytes; 0: not set
 *
 * What is not looked up or traced lies in the place of inet.cork: that is for the sockets which
 * build datagrams piece by piece, and nothing that a stream socket comes by touches it.
 *
 * Lifetime: SOCK_RCU_FREE: look-ups under RCU take no reference. A hashed socket holds
 * one reference for the table.
 */
struct atcp_sock {
	union {
		struct inet_sock inet;	/* first: inet_sk() casts */
		struct {
			u8 generic[offsetof(struct inet_sock, cork)];
			struct hrtimer timer;
			u64 timer_at;
			unsigned long deferred;
			u32 pending_mtu;
			struct {
				u32 seq;
				u16 err;
				bool hard;
			} pending_icmp;
			u32 notsent_lowat;
			struct atcp_port *port;
			struct atcp_accept_queue *queue;
			struct list_head accept_node;
			u64 defer_accept;
			u32 urg_seq;
			u8 urg_state;
			u8 urg_byte;
			u8 squeeze_at;
			u8 hashed:1, was_hashed:1;
			u8 abort_due:1, linger2_neg:1, cc_set:1;
			u8 route_learned:1, counted_orphan:1;
			u8 end_of_cork[];
		};
	};
	struct atcp_flow flow;
	struct atcp_conn conn;
	u32 window_clamp;
	u32 mem_pages;
	struct llist_node drain_node;
};

/* atcp_sock.urg_state */
enum atcp_urg {
	ATCP_URG_NONE,
	ATCP_URG_NOTYET,	/* announced, the byte is still to come */
	ATCP_URG_VALID,		/* the byte is in urg_byte */
	ATCP_URG_READ,		/* and was read with MSG_OOB */
};

struct atcp6_sock {
	struct atcp_sock atcp;	/* first */
	struct ipv6_pinfo inet6;
};

static_assert(offsetof(struct atcp_sock, end_of_cork) <= offsetofend(struct inet_sock, cork));
static_assert(offsetof(struct atcp_sock, conn) ==
	      offsetof(struct atcp_sock, flow) + sizeof(struct atcp_flow));

static inline struct atcp_sock *atcp_sk(const struct sock *sk)
{
	return (struct atcp_sock *)sk;
}

static inline struct sock *atcp_conn_sk(const struct atcp_conn *c)
{
	return (struct sock *)container_of(c, struct atcp_sock, conn);
}

/* An IPv6 socket, whatever its connection speaks on the wire. */
static inline bool atcp_is_v6_sock(const struct sock *sk)
{
	return inet_sk(sk)->pinet6;
}

/* sock.c */
/* Make the connection dead for the tables and the timer; lock held; idempotent. */
void atcp_sock_done(struct sock *sk);

/* close.c: an orphan whose peer is silent ends where there are too many; then settle. Lock held. */
void atcp_orphan_check(struct sock *sk);

/* event.c: after every call into the core: what conn.ev says is carried out. Lock held. */
void atcp_sock_settle(struct sock *sk);

#endif /* _ATCP_SOCK_H */
