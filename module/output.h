/* SPDX-License-Identifier: GPL-2.0-only */
/* Segments on their way to IP. */
#ifndef _ATCP_OUTPUT_H
#define _ATCP_OUTPUT_H

#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include "core/segment.h"
#include "flow.h"

struct dst_entry;
struct ip_options_rcu;
struct sk_buff;
struct sock;

/*
 * Room that a payload's skb has to leave in front of it. IPv4's options are rare: they take of the
 * link layer's, which makes its own where that is too little.
 */
#define ATCP_HEADROOM	(MAX_HEADER + sizeof(struct ipv6hdr) + ATCP_HDR_MAX)

/**
 * struct atcp_via - what a header without a socket of its own needs to know besides its flow
 * @oif: device, 0 for the route's
 * @mark: firewall mark
 * @ttl: hop limit, 0 for the route's
 * @tos: or traffic class
 */
struct atcp_via {
	int oif;
	u32 mark;
	u8 ttl;
	u8 tos;
};

/* What the options of @sk say of segments to @f. */
struct atcp_via atcp_via_sock(const struct sock *sk, const struct atcp_flow *f);

/* A route, with a reference; NULL if there is none. RCU read lock held, @opt may be NULL. */
struct dst_entry *atcp_via_route(const struct atcp_flow *f, const struct atcp_via *via,
				 const struct ip_options_rcu *opt);

/**
 * atcp_send_bare() - send a header: for handshakes, TIME_WAIT and CLOSED
 * @f: local and remote end
 * @via: the rest
 * @opt: options of the IPv4 header, or NULL
 * @dst: from atcp_via_route(), its reference is consumed; or NULL
 * @s: the header
 * @state: enum atcp_state of the sender, for the trace
 *
 * Softirq or process context, RCU read lock held. Losing it is the wire's right: no error.
 */
void atcp_send_bare(const struct atcp_flow *f, const struct atcp_via *via,
		    const struct ip_options_rcu *opt, struct dst_entry *dst,
		    const struct atcp_seg *s, u8 state);

/**
 * atcp_route() - find or renew the route of a connection
 * @sk: locked, addresses in flow
 *
 * Sets the socket's dst, sk_route_caps, conn.mtu and conn.gso_max.
 * Return: 0 or -errno of the routing.
 */
int atcp_route(struct sock *sk);

/* The options of the IPv4 header have changed: another route and segment size. Lock held. */
void atcp_route_renew(struct sock *sk);

/**
 * atcp_route_connect() - connect(2): route, and source address where none is bound (MUST-44)
 * @sk: locked; flow.raddr, rport, v6 are set, laddr is a bound one or unspecified (in either form)
 *
 * Sets flow.laddr besides what atcp_route() sets.
 * Return: 0; -ENETUNREACH, -EHOSTUNREACH, -EINVAL ...; -ENETUNREACH for broadcast and
 * multicast, as native TCP (MUST-46).
 */
int atcp_route_connect(struct sock *sk);

/* Bytes of IP payload that a route takes. */
u32 atcp_dst_mtu(const struct dst_entry *dst, bool v6);

#endif /* _ATCP_OUTPUT_H */
