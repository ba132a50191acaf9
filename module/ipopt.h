/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of the IPv4 header: what a user asks for by IP_OPTIONS, and routes for the way back. */
#ifndef _ATCP_IPOPT_H
#define _ATCP_IPOPT_H

#include <linux/types.h>

struct atcp_seg;
struct ip_options_rcu;
struct iphdr;
struct net;
struct rtable;
struct sk_buff;
struct sock;

/* The options of a connection, or NULL; @sk is locked. */
const struct ip_options_rcu *atcp_ipopt(const struct sock *sk);

/* Bytes that they take in each header. @opt may be NULL. */
u32 atcp_ipopt_len(const struct ip_options_rcu *opt);

/* Where packets to @daddr go first: there, or by a source route. @opt may be NULL. */
__be32 atcp_ipopt_hop(const struct ip_options_rcu *opt, __be32 daddr);

/* May a strict source route not begin like that? RFC 791: its first hop is a neighbour. */
bool atcp_ipopt_strays(const struct ip_options_rcu *opt, const struct rtable *rt);

/**
 * atcp_ipopt_build() - write the options behind a header
 * @skb: network header set, with room for atcp_ipopt_len() bytes; saddr is filled in
 * @opt: not NULL
 * @daddr: at the end of the route
 *
 * Sets IPCB(), which IP wants when it cuts the packet.
 */
void atcp_ipopt_build(struct sk_buff *skb, const struct ip_options_rcu *opt, __be32 daddr);

/**
 * atcp_ipopt_return() - the way back of a source-routed segment: MUST-53
 * @net: namespace
 * @skb: of IPv4 or IPv6, its network header in the linear part; IP has checked its options
 *
 * Any context. Return: options for the replies, for kfree_rcu(); NULL if it came without a
 * source route, or without memory.
 */
struct ip_options_rcu *atcp_ipopt_return(struct net *net, const struct sk_buff *skb);

/* A copy for a child; NULL without memory. */
struct ip_options_rcu *atcp_ipopt_copy(const struct ip_options_rcu *opt);

/**
 * atcp_ipopt_learn() - a segment of a connection that was opened by a source route: SHLD-24
 * @sk: locked
 * @skb: the segment
 * @s: its header
 *
 * Another route takes the place of the one in use, unless the user has set his own (MUST-52).
 */
void atcp_ipopt_learn(struct sock *sk, const struct sk_buff *skb, const struct atcp_seg *s);

/* IP_OPTIONS was set: route and segment size follow. Takes the socket's lock. */
void atcp_ipopt_changed(struct sock *sk);

#endif /* _ATCP_IPOPT_H */
