/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * atcp: a second TCP for Linux, on sockets of a family of its own.
 *
 *	socket(AF_ATCP, SOCK_STREAM, ATCPPROTO_INET or ATCPPROTO_INET6)
 *
 * Addresses are plain struct sockaddr_in and sockaddr_in6 with AF_INET and
 * AF_INET6 in them. Options of tcp(7), ip(7), ipv6(7) and socket(7) keep their
 * names, numbers and units at SOL_TCP, SOL_IP, SOL_IPV6 and SOL_SOCKET; what
 * only atcp has is at SOL_ATCP, below.
 */
#ifndef _UAPI_LINUX_ATCP_H
#define _UAPI_LINUX_ATCP_H

#include <linux/types.h>

/* The number of the family, unless the module was loaded with another (family=N). */
#ifndef AF_ATCP
#define AF_ATCP		18
#define PF_ATCP		AF_ATCP
#endif

/* Third argument of socket(2). */
#define ATCPPROTO_INET	0	/* IPv4 */
#define ATCPPROTO_INET6	1	/* IPv6, and IPv4 by mapped addresses unless IPV6_V6ONLY */

#define SOL_ATCP	400

/* Options at SOL_ATCP; each takes an unsigned int. */
#define ATCP_TIMEWAIT_US	1	/* length of TIME_WAIT in us; 0: net.atcp.time_wait_us */
/*
 * Minimum RTO in us; 0: net.atcp.rto_min_us. Below 200000 it holds only for peers that have
 * promised in the handshake not to delay ACKs for long: set it before connect(), or on both ends
 * by sysctl.
 */
#define ATCP_RTO_MIN_US		2
#define ATCP_REUSEPORT		3	/* SO_REUSEPORT: Linux 6.1 keeps it from other families */
/*
 * RFC 5482's user timeout option: seconds that the peer is told data may remain unacknowledged, up
 * to 1966020, those above 32767 in minutes, rounded up. Both ends then wait for the longer of what
 * they told each other, within net.atcp.user_timeout_min and _max; who has set TCP_USER_TIMEOUT
 * keeps to that. 0, the default: the option is neither sent nor heeded. A listener's connections
 * inherit it.
 */
#define ATCP_UTO		4
#define ATCP_PEER_UTO		5	/* read only: what the peer told last, in s; 0: nothing */

/*
 * Sockets are listed through NETLINK_SOCK_DIAG: SOCK_DIAG_BY_FAMILY with struct inet_diag_req_v2,
 * whose sdiag_family is AF_ATCP, answered with struct inet_diag_msg and its INET_DIAG_*
 * attributes (linux/inet_diag.h). idiag_family of the answer is AF_INET or AF_INET6.
 */

#endif /* _UAPI_LINUX_ATCP_H */
