/* SPDX-License-Identifier: GPL-2.0-only */
/* A local port held in native TCP's table, so that native bind() and connect() pass it by. */
#ifndef _ATCP_SHADOW_H
#define _ATCP_SHADOW_H

#include <net/inet_connection_sock.h>

/**
 * struct atcp_shadow - what native TCP sees of a port of ours
 * @mem: a struct inet_connection_sock as far as its bind buckets
 *
 * It is never looked up, sent from or listed: native TCP only reads, under the lock of its bind
 * bucket, the fields by which it judges conflicts. While somebody is bound here it looks like a
 * listener, who lets nobody reuse his port. A struct socket would cost five times the memory and
 * a sleep.
 */
struct atcp_shadow {
	u8 mem[offsetofend(struct inet_connection_sock, icsk_bind2_hash)]
		__aligned(__alignof__(struct inet_connection_sock));
};

/**
 * struct atcp_place - where in a port a socket of ours is
 * @addr: IPv4 as a mapped one; the unspecified IPv6 address stands for IPv4 too
 * @dev: index of the device that it is bound to; 0: all
 * @v6only: leave IPv4 alone
 * @reuse: SO_REUSEADDR of bind(): native connections and TIME_WAITs that had it do not matter
 */
struct atcp_place {
	struct in6_addr addr;
	int dev;
	bool v6only;
	bool reuse;
};

/**
 * atcp_shadow_take() - hold a port on an address
 * @s: zeroed memory, or one that was put
 * @net: namespace
 * @at: where
 * @port: host order
 *
 * Any context. Return: 0; -EADDRINUSE when a native socket is in the way, or without memory.
 */
int atcp_shadow_take(struct atcp_shadow *s, struct net *net, const struct atcp_place *at,
		     u16 port);

/* Let go of it. Any context. */
void atcp_shadow_put(struct atcp_shadow *s);

/**
 * atcp_shadow_widen() - hold the port for one more connection
 * @s: taken
 * @at: where
 *
 * A shadow has one address: with a second one that it does not cover it takes all of them.
 * Return: 0; -EADDRINUSE with @s as it was.
 */
int atcp_shadow_widen(struct atcp_shadow *s, const struct atcp_place *at);

/* The same for bind(): native sockets that came after atcp_shadow_relax() are in the way. */
int atcp_shadow_rebind(struct atcp_shadow *s, const struct atcp_place *at);

/* Where native TCP sees it: every holder of the port is within that. */
struct atcp_place atcp_shadow_place(const struct atcp_shadow *s);

/**
 * atcp_shadow_relax() - nobody is bound here any more, but connections are
 * @s: taken
 * @reuse: all of them had SO_REUSEADDR: a native bind() that has it may come beside them
 */
void atcp_shadow_relax(struct atcp_shadow *s, bool reuse);

#endif /* _ATCP_SHADOW_H */
