// SPDX-License-Identifier: GPL-2.0-only
/* Options of socket(7), ip(7) and ipv6(7). */
#include <linux/atcp.h>
#include <linux/in6.h>
#include <net/if.h>

#include "options.h"
#include "paths.h"
#include "variants.h"

#define AT(name, ...) INT_OPTION(SOL_SOCKET, name, __VA_ARGS__)
#define MOST 0x7fffffff

NET_TEST(socket_level)
{
	const struct option_case cases[] = {
		AT(SO_REUSEADDR, 1, 0, 2, -1),
		AT(SO_KEEPALIVE, 1, 0, 5, -1), AT(SO_OOBINLINE, 1, 0, 7),
		AT(SO_DONTROUTE, 1, 0), AT(SO_BROADCAST, 1, 0), AT(SO_TIMESTAMP, 1, 0),
		AT(SO_PRIORITY, 0, 6, 7, 3, -1), AT(SO_NO_CHECK, 1, 0),
		AT(SO_RCVLOWAT, 1, 0, 100, -1, MOST),
		AT(SO_SNDLOWAT, 1, 2), AT(SO_ACCEPTCONN, 1), AT(SO_TYPE, 1), AT(SO_ERROR, 1),
		AT(SO_MARK, 0, 1, -1, 7), AT(SO_BUSY_POLL, 0, 1, -1),
		AT(SO_PEEK_OFF, -1), AT(SO_MAX_PACING_RATE, -1),
		AT(9999, 1), AT(-1, 1), AT(SO_BSDCOMPAT, 1),
	};

	option_everywhere(cases, ARRAY_SIZE(cases));
}

NET_TEST(buffers)
{
	const struct option_case cases[] = {
		AT(SO_SNDBUF, 0, 1, 4096, 65536, 100000, -1, MOST, 1 << 30),
		AT(SO_RCVBUF, 0, 1, 4096, 65536, 100000, -1, MOST, 1 << 30),
		AT(SO_SNDBUFFORCE, 0, 1 << 24, -1), AT(SO_RCVBUFFORCE, 0, 1 << 24, -1),
		AT(SO_SNDBUF, 0), AT(SO_RCVBUF, 0),
	};
	struct net_pair p = net_connected();

	option_on("fresh server", net_socket(SRV, 0), cases, ARRAY_SIZE(cases));
	option_on("fresh client", net_socket(CLI, 0), cases, ARRAY_SIZE(cases));
	option_on("listener", p.listener, cases, ARRAY_SIZE(cases));
	/* How far a stack has tuned its own is its own affair; what it was told is not. */
	net_set_int(p.srv, SOL_SOCKET, SO_SNDBUF, 65536);
	net_set_int(p.srv, SOL_SOCKET, SO_RCVBUF, 65536);
	option_on("server", p.srv, cases, ARRAY_SIZE(cases));
	net_set_int(p.cli, SOL_SOCKET, SO_SNDBUF, 65536);
	net_set_int(p.cli, SOL_SOCKET, SO_RCVBUF, 65536);
	option_on("client", p.cli, cases, ARRAY_SIZE(cases));
}

NET_PLAIN_TEST(what_it_is)
{
	bool atcp = net_mode.atcp[SRV];
	int fd = net_socket(SRV, 0);
	int value;
	socklen_t len = sizeof(value);
	int inet = net_af(SRV) == AF_INET;

	GIVES(0, getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len));
	GIVES(SOCK_STREAM, value);
	/* Here the two are meant to differ: the family is its own. */
	GIVES(0, getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len));
	if (!atcp)
		GIVES(inet ? AF_INET : AF_INET6, value);
	else
		GIVES(net_atcp_family(), value);
	GIVES(0, getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &len));
	if (!atcp)
		GIVES(IPPROTO_TCP, value);
	else
		GIVES(inet ? ATCPPROTO_INET : ATCPPROTO_INET6, value);
}

static int own_option(int fd, int option)
{
	int value = -2;

	MUST(getsockopt(fd, SOL_ATCP, option, &value, &(socklen_t){ sizeof(value) }) == 0);
	return value;
}

static int try_own(int fd, int option, int value)
{
	return setsockopt(fd, SOL_ATCP, option, &value, sizeof(value));
}

/* What native TCP has no counterpart of, and knows nothing of. */
NET_PLAIN_TEST(own_level)
{
	static const int options[] = { ATCP_TIMEWAIT_US, ATCP_RTO_MIN_US };
	static const int defaults[] = { 60000000, 200000 };
	int fd = net_socket(SRV, 0);
	int value = 1, i;
	socklen_t len = sizeof(value);

	if (!net_mode.atcp[SRV]) {
		FAILS(ENOPROTOOPT, try_own(fd, ATCP_TIMEWAIT_US, 1));
		CHECK(getsockopt(fd, SOL_ATCP, ATCP_TIMEWAIT_US, &value, &len) < 0);
		return;
	}
	for (i = 0; i < 2; i++) {
		GIVES(defaults[i], own_option(fd, options[i]));
		GIVES(0, try_own(fd, options[i], 12345));
		GIVES(12345, own_option(fd, options[i]));
		FAILS(EINVAL, try_own(fd, options[i], -1));
		FAILS(EINVAL, setsockopt(fd, SOL_ATCP, options[i], &value, 3));
		FAILS(EFAULT, setsockopt(fd, SOL_ATCP, options[i], NULL, sizeof(value)));
		FAILS(EFAULT, getsockopt(fd, SOL_ATCP, options[i], NULL, &len));
		FAILS(EFAULT, getsockopt(fd, SOL_ATCP, options[i], &value, NULL));
		GIVES(12345, own_option(fd, options[i]));
		/* 0 is the namespace's again */
		GIVES(0, try_own(fd, options[i], 0));
		GIVES(defaults[i], own_option(fd, options[i]));
	}
	/* net.atcp.rto_max_ms is the ceiling of both */
	GIVES(0, try_own(fd, ATCP_RTO_MIN_US, 120000000));
	FAILS(EINVAL, try_own(fd, ATCP_RTO_MIN_US, 120000001));
	GIVES(0, own_option(fd, ATCP_REUSEPORT));
	GIVES(0, try_own(fd, ATCP_REUSEPORT, 7));
	GIVES(1, own_option(fd, ATCP_REUSEPORT));
	GIVES(0, getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, &len));
	GIVES(1, value);
	GIVES(0, own_option(fd, ATCP_UTO));
	GIVES(0, try_own(fd, ATCP_UTO, 300));
	GIVES(300, own_option(fd, ATCP_UTO));
	/* the option says these in minutes */
	GIVES(0, try_own(fd, ATCP_UTO, 40000));
	GIVES(667 * 60, own_option(fd, ATCP_UTO));
	GIVES(0, try_own(fd, ATCP_UTO, 1966020));
	FAILS(EINVAL, try_own(fd, ATCP_UTO, 1966021));
	FAILS(EINVAL, try_own(fd, ATCP_UTO, -1));
	GIVES(0, own_option(fd, ATCP_PEER_UTO));
	FAILS(ENOPROTOOPT, try_own(fd, ATCP_PEER_UTO, 0));
	FAILS(ENOPROTOOPT, try_own(fd, 0, 1));
	FAILS(ENOPROTOOPT, try_own(fd, 99, 1));
	FAILS(ENOPROTOOPT, getsockopt(fd, SOL_ATCP, 99, &value, &len));
	len = -1;
	FAILS(EINVAL, getsockopt(fd, SOL_ATCP, ATCP_RTO_MIN_US, &value, &len));
}

/* What a listener was told holds for those that it accepts. */
NET_PLAIN_TEST(own_level_inherited)
{
	struct net_addr to;
	int l, srv, fd;

	if (!net_mode.atcp[SRV])
		return;
	l = net_listener(4);
	to = net_local(CLI, net_port(l));
	fd = net_socket(CLI, 0);
	GIVES(0, try_own(l, ATCP_TIMEWAIT_US, 5000));
	GIVES(0, try_own(l, ATCP_RTO_MIN_US, 7000));
	MUST(connect(fd, &to.sa, to.len) == 0);
	MUST((srv = accept(l, NULL, NULL)) >= 0);
	GIVES(5000, own_option(srv, ATCP_TIMEWAIT_US));
	GIVES(7000, own_option(srv, ATCP_RTO_MIN_US));
}

NET_TEST(ip_level)
{
	const struct option_case cases[] = {
		INT_OPTION(IPPROTO_IP, IP_TOS, 0, 0x10, 0xb8, 0xff, 0x100, -1, 3),
		INT_OPTION(IPPROTO_IP, IP_TTL, 1, 64, 255, 0, 256, -1, -2),
		INT_OPTION(IPPROTO_IP, IP_RECVERR, 1, 0, 2),
		INT_OPTION(IPPROTO_IP, IP_MTU_DISCOVER, 0, 1, 2, 3, 4, 5, 6, -1),
		INT_OPTION(IPPROTO_IP, IP_FREEBIND, 1, 0),
		INT_OPTION(IPPROTO_IP, IP_TRANSPARENT, 1, 0),
		INT_OPTION(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1, 0),
		INT_OPTION(IPPROTO_IP, IP_MTU, 1500),
		INT_OPTION(IPPROTO_IP, 9999, 1),
	};

	option_everywhere(cases, ARRAY_SIZE(cases));
}

NET_TEST(ipv6_level)
{
	const struct option_case cases[] = {
		INT_OPTION(IPPROTO_IPV6, IPV6_V6ONLY, 1, 0, 2, -1),
		INT_OPTION(IPPROTO_IPV6, IPV6_TCLASS, 0, 0x10, 0xb8, 255, 256, -1, -2),
		INT_OPTION(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1, 64, 255, 0, 256, -1, -2),
		INT_OPTION(IPPROTO_IPV6, IPV6_RECVERR, 1, 0),
		INT_OPTION(IPPROTO_IPV6, IPV6_MTU_DISCOVER, 0, 1, 2, 3, 4, 5, 6, -1),
		INT_OPTION(IPPROTO_IPV6, 9999, 1),
	};

	option_everywhere(cases, ARRAY_SIZE(cases));
}

/* Native TCP turns into another socket by this; atcp cannot, and says so. */
NET_PLAIN_TEST(addrform)
{
	struct net_pair p = net_connected();
	int value = AF_INET;

	if (net_mode.atcp[SRV] && net_af(SRV) == AF_INET6)
		CHECK(setsockopt(p.srv, IPPROTO_IPV6, IPV6_ADDRFORM, &value, sizeof(value)) < 0);
	GIVES(1, send(p.cli, "x", 1, 0));
	GIVES(1, recv(p.srv, &value, 1, 0));
}

NET_TEST(unknown_levels)
{
	static const int levels[] = { -1, 17, 132, 136, 255, 263, 270, 9999 };
	int fd = net_socket(SRV, 0);
	int value = 1;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		net_note("level %d ", levels[i]);
		CALL(setsockopt(fd, levels[i], 1, &value, sizeof(value)));
		CALL(getsockopt(fd, levels[i], 1, &value, &(socklen_t){ sizeof(value) }));
	}
}

NET_TEST(linger_values)
{
	static const struct linger values[] = {
		{ 1, 0 }, { 1, 10 }, { 0, 99 }, { 1, -1 }, { 7, 3 }, { 1, MOST },
	};
	int fd = net_socket(SRV, 0);
	struct linger l;
	socklen_t len;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		CALL(setsockopt(fd, SOL_SOCKET, SO_LINGER, &values[i], sizeof(l)));
		len = sizeof(l);
		CALL(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
		net_note("%d %d, %u bytes\n", l.l_onoff, l.l_linger, len);
	}
	CALL(setsockopt(fd, SOL_SOCKET, SO_LINGER, &values[0], 4));
	CALL(setsockopt(fd, SOL_SOCKET, SO_LINGER, NULL, sizeof(l)));
}

NET_TEST(device)
{
	static const char * const names[] = { "lo", "", "nosuch", "averyveryverylongname" };
	char back[IFNAMSIZ];
	int fd = net_socket(SRV, 0);
	socklen_t len;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		net_note("%s ", names[i]);
		CALL(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, names[i], strlen(names[i]) + 1));
		len = sizeof(back);
		memset(back, 0, sizeof(back));
		CALL(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, back, &len));
		net_note("%s, %u bytes\n", back, len);
	}
	CALL(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, NULL, 2));
	CALL(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, NULL, 0));
	len = 2;
	MUST(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0);
	CALL(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, back, &len));
}

/* Who is bound to a link hears nothing from another. */
NET_TEST(device_divides)
{
	struct net_addr at = net_any(SRV, 0);
	struct net_addr to, far;
	int l, fd;

	far = path_swallowed();
	MUST((l = net_socket(SRV, 0)) >= 0);
	MUST(setsockopt(l, SOL_SOCKET, SO_BINDTODEVICE, "va", 3) == 0);
	MUST(bind(l, &at.sa, at.len) == 0 && listen(l, 4) == 0);
	to = net_local(CLI, net_port(l));
	CALL(connect(net_socket(CLI, 0), &to.sa, to.len));
	MUST(setsockopt(l, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0);
	CALL(connect(net_socket(CLI, 0), &to.sa, to.len));
	/* And goes nowhere else either. */
	fd = net_socket(CLI, SOCK_NONBLOCK);
	MUST(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0);
	CALL(connect(fd, &far.sa, far.len));
	CALL(net_tcp_state(fd));
}

/* A mark chooses the route, here one that leads nowhere. */
NET_TEST(mark)
{
	struct net_addr to = path_swallowed();
	int fd = net_socket(CLI, SOCK_NONBLOCK);

	MUST(system("ip rule add fwmark 7 unreachable") == 0);
	MUST(system("ip -6 rule add fwmark 7 unreachable") == 0);
	FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
	fd = net_socket(CLI, SOCK_NONBLOCK);
	net_set_int(fd, SOL_SOCKET, SO_MARK, 7);
	CALL(connect(fd, &to.sa, to.len));
	CALL(net_so_error(fd));
	MUST(seteuid(65534) == 0);
	FAILS(EPERM, setsockopt(fd, SOL_SOCKET, SO_MARK, &(int){ 1 }, sizeof(int)));
	FAILS(EPERM, setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &(int){ 7 }, sizeof(int)));
	CALL(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
}

TEST_HARNESS_MAIN
