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
 * bucket, the fields by which it judges conflicts. It allows no reuse, so it conflicts with
 * everyone on the same address. A struct socket would cost five times the memory and a sleep.
 */
struct atcp_shadow {
	u8 mem[offsetofend(struct inet_connection_sock, icsk_bind2_hash)]
		__aligned(__alignof__(struct inet_connection_sock));
};

/**
 * atcp_shadow_take() - hold a port on an address
 * @s: zeroed memory, or one that was put
 * @net: namespace
 * @addr: IPv4 as a mapped one; the unspecified IPv6 address stands for IPv4 too
 * @v6only: leave IPv4 alone
 * @port: host order
 *
 * Any context. Return: 0; -EADDRINUSE when a native socket is in the way, or without memory.
 */
int atcp_shadow_take(struct atcp_shadow *s, struct net *net, const struct in6_addr *addr,
		     bool v6only, u16 port);

/* Let go of it. Any context. */
void atcp_shadow_put(struct atcp_shadow *s);

/**
 * atcp_shadow_widen() - hold the port for one more address
 * @s: taken
 * @addr: as for atcp_shadow_take()
 * @v6only: likewise
 *
 * A shadow has one address: with a second one that it does not cover it takes all of them.
 * Return: 0; -EADDRINUSE with @s as it was.
 */
int atcp_shadow_widen(struct atcp_shadow *s, const struct in6_addr *addr, bool v6only);

#endif /* _ATCP_SHADOW_H */
