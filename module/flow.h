/* SPDX-License-Identifier: GPL-2.0-only */
/* Who talks to whom: the key under which connections, handshakes and TIME_WAIT are found. */
#ifndef _ATCP_FLOW_H
#define _ATCP_FLOW_H

#include <linux/in6.h>
#include <linux/types.h>
#include <net/net_namespace.h>

enum atcp_flow_kind {
	ATCP_FLOW_SOCK,		/* struct atcp_sock: a connection, from SYN_SENT on */
	ATCP_FLOW_REQUEST,	/* struct atcp_request: a handshake of a listener */
	ATCP_FLOW_TIMEWAIT,	/* struct atcp_timewait */
	ATCP_FLOW_LISTENER,	/* struct atcp_sock in the listeners' table */
};

/**
 * struct atcp_flow - addresses and ports of one connection, seen from this end
 * @node: in the connections' or the listeners' table; under the bucket's lock, read under RCU
 * @net: namespace; no reference: what is in a table is gone before its namespace is
 * @laddr: local address, IPv4 as a mapped one; any for a listener on all addresses
 * @raddr: the peer's, IPv4 as a mapped one; both of one kind
 * @lport: local port
 * @rport: the peer's
 * @ifindex: device that the socket is bound to, 0 for none
 * @kind: what the flow is part of
 * @v6: IPv6 on the wire (listener: an IPv6 socket, which may take IPv4 too)
 *
 * The core's struct (atcp_conn, atcp_req, atcp_tw) follows its flow directly, so that
 * atcp_flow_of() finds it for the trace. All but @node is fixed while @node is in a table.
 */
struct atcp_flow {
	struct hlist_node node;
	struct net *net;
	struct in6_addr laddr;
	struct in6_addr raddr;
	__be16 lport;
	__be16 rport;
	int ifindex;
	u8 kind;
	u8 v6;
};

/* The flow of a core struct, which stands right behind it. */
static inline const struct atcp_flow *atcp_flow_of(const void *core)
{
	return (const struct atcp_flow *)core - 1;
}

#endif /* _ATCP_FLOW_H */
