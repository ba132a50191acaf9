// SPDX-License-Identifier: GPL-2.0-only
/* connect(): every way in which it succeeds, waits or fails. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <sys/time.h>

#include "paths.h"
#include "variants.h"

/* An address of this machine where nothing listens, and nothing will. */
static struct net_addr closed_port(void)
{
	int fd = net_bound(CLI, 0);

	return net_local(CLI, net_port(fd));
}

NET_TEST(refused)
{
	struct net_addr to = closed_port();
	int fd = net_socket(CLI, 0);
	char c;

	FAILS(ECONNREFUSED, connect(fd, &to.sa, to.len));
	CALL(net_so_error(fd));
	CALL(net_poll(fd));
	CALL(recv(fd, &c, 1, MSG_DONTWAIT));
	CALL(send(fd, "x", 1, MSG_NOSIGNAL));
	/* The socket is as good as new. */
	FAILS(ECONNREFUSED, connect(fd, &to.sa, to.len));
	to = net_local(CLI, net_port(net_listener(1)));
	GIVES(0, connect(fd, &to.sa, to.len));
}

NET_TEST(refused_later)
{
	struct net_addr to = closed_port();
	int fd = net_socket(CLI, SOCK_NONBLOCK);
	socklen_t len = sizeof(to.ss);

	FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
	CALL(net_wait(fd, POLLOUT));
	GIVES(ECONNREFUSED, net_so_error(fd));
	GIVES(0, net_so_error(fd));
	CALL(net_poll(fd));
	FAILS(ENOTCONN, getpeername(fd, &to.sa, &len));
	to = closed_port();
	/* The attempt is over only when connect() has said so. */
	CALL(connect(fd, &to.sa, to.len));
	FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
	CALL(net_wait(fd, POLLOUT));
	/* The error is given once, by the call that comes first. */
	FAILS(ECONNREFUSED, connect(fd, &to.sa, to.len));
	CALL(net_so_error(fd));
}

NET_TEST(refused_then_read)
{
	struct net_addr to = closed_port();
	int fd = net_socket(CLI, SOCK_NONBLOCK);
	char c;

	FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
	CALL(net_wait(fd, POLLOUT));
	CALL(recv(fd, &c, 1, 0));
	CALL(recv(fd, &c, 1, 0));
	CALL(send(fd, "x", 1, MSG_NOSIGNAL));
	CALL(net_so_error(fd));
}

NET_TEST(established_later)
{
	int l = net_listener(4);
	struct net_addr to = net_local(CLI, net_port(l));
	int fd = net_socket(CLI, SOCK_NONBLOCK);

	FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
	GIVES(POLLOUT | POLLWRNORM, net_wait(fd, POLLOUT));
	GIVES(0, net_so_error(fd));
	GIVES(0, connect(fd, &to.sa, to.len));
	FAILS(EISCONN, connect(fd, &to.sa, to.len));
	CALL(net_wait(l, POLLIN));
	CALL(accept(l, NULL, NULL) >= 0);
}

NET_TEST(already)
{
	struct net_pair p = net_connected();
	struct net_addr to = net_local(CLI, net_port(p.listener));
	struct net_addr back = net_local(SRV, net_port(p.cli));

	FAILS(EISCONN, connect(p.cli, &to.sa, to.len));
	CALL(connect(p.srv, &back.sa, back.len));
	CALL(connect(p.listener, &back.sa, back.len));
	CALL(bind(p.cli, &to.sa, to.len));
	CALL(listen(p.cli, 1));
	CALL(accept(p.cli, NULL, NULL));
	CALL(net_poll(p.cli));
}

NET_TEST(in_progress)
{
	struct net_addr to = path_swallowed();
	struct net_addr any = net_any(CLI, 0);
	int fd = net_socket(CLI, SOCK_NONBLOCK);
	socklen_t len = sizeof(any.ss);
	char c;

	FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
	FAILS(EALREADY, connect(fd, &to.sa, to.len));
	CALL(net_poll(fd));
	CALL(net_tcp_state(fd));
	CALL(send(fd, "x", 1, MSG_NOSIGNAL));
	CALL(recv(fd, &c, 1, 0));
	CALL(getpeername(fd, &any.sa, &len));
	CALL(listen(fd, 1));
	any = net_any(CLI, 0);
	CALL(bind(fd, &any.sa, any.len));
	CALL(shutdown(fd, SHUT_WR));
	CALL(net_poll(fd));
	CALL(net_so_error(fd));
	CALL(connect(fd, &to.sa, to.len));
	CALL(close(fd));
}

NET_SLOW_TEST(gives_up_after_retries)
{
	struct net_addr to = path_swallowed();
	int fd = net_socket(CLI, 0);
	int64_t start;

	net_set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 1);
	start = net_now_ms();
	FAILS(ETIMEDOUT, connect(fd, &to.sa, to.len));
	/* 1 s for the SYN and 2 s for its only repetition. */
	CHECK(net_now_ms() - start >= 2500);
	CALL(net_so_error(fd));
	CALL(net_poll(fd));
	CALL(net_tcp_state(fd));
}

NET_SLOW_TEST(gives_up_at_user_timeout)
{
	struct net_addr to = path_swallowed();
	int fd = net_socket(CLI, SOCK_NONBLOCK);

	net_set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 300);
	FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
	CALL(net_wait(fd, POLLOUT));
	GIVES(ETIMEDOUT, net_so_error(fd));
	CALL(net_poll(fd));
}

NET_TEST(send_timeout_bounds_it)
{
	struct net_addr to = path_swallowed();
	struct timeval tv = { .tv_usec = 50000 };
	int fd = net_socket(CLI, 0);

	MUST(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) == 0);
	CALL(connect(fd, &to.sa, to.len));
	CALL(connect(fd, &to.sa, to.len));
	CALL(net_tcp_state(fd));
}

/* Local decisions: no segment leaves. */
NET_TEST(no_way_there)
{
	static const char * const ips[][2] = {
		{ "192.0.2.1", "2001:db8::1" }, { "224.0.0.1", "ff02::1" },
		{ "255.255.255.255", "fe80::1" }, { "240.0.0.1", "ff0e::1" },
		{ "127.255.255.255", "::ffff:192.0.2.1" }, { "127.0.0.9", "::ffff:224.0.0.1" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ips); i++) {
		struct net_addr to = net_ip(CLI, ips[i][0], ips[i][1], 4000);
		int fd = net_socket(CLI, 0);

		net_note("%s, %s ", ips[i][0], ips[i][1]);
		CALL(connect(fd, &to.sa, to.len));
		CALL(net_so_error(fd));
		CALL(net_tcp_state(fd));
		CALL(net_port(fd) != 0);
		close(fd);
	}
}

NET_TEST(wildcard_is_here)
{
	int l = net_listener(4);
	struct net_addr to = net_any(CLI, net_port(l));
	struct net_addr peer = { .len = sizeof(peer.ss) };
	int fd = net_socket(CLI, 0);

	CALL(connect(fd, &to.sa, to.len));
	MUST(getpeername(fd, &peer.sa, &peer.len) == 0);
	CALL(peer.len);
	CALL(memcmp(&peer.in6.sin6_addr, &in6addr_loopback, 16) == 0);
	CALL(peer.in.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
}

NET_TEST(port_zero)
{
	struct net_addr to = net_local(CLI, 0);
	int fd = net_socket(CLI, 0);

	CALL(connect(fd, &to.sa, to.len));
	CALL(net_so_error(fd));
}

NET_TEST(bad_addresses)
{
	static const int lens[] = { -1, 0, 1, 2, 8, 15, 16, 23, 24, 28, 128, 129 };
	struct net_addr to = closed_port();
	int fd = net_socket(CLI, 0);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		net_note("length %d ", lens[i]);
		CALL(connect(fd, &to.sa, lens[i]));
	}
	FAILS(EFAULT, connect(fd, NULL, to.len));
	for (i = 1; i < 48; i++) {
		to.sa.sa_family = i;
		if (i == (size_t)net_af(CLI))
			continue;
		net_note("family %zu ", i);
		CALL(connect(fd, &to.sa, to.len));
	}
}

NET_TEST(v6only)
{
	struct net_addr to = net_local(CLI, 4000);
	int fd = net_socket(CLI, 0);

	CALL(net_af(CLI));
	if (net_af(CLI) == AF_INET)
		return;
	net_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	MUST(inet_pton(AF_INET6, "::ffff:127.0.0.1", &to.in6.sin6_addr) == 1);
	CALL(connect(fd, &to.sa, to.len));
	CALL(net_so_error(fd));
	fd = net_bound(CLI, 0);
	/* Bound to one version, connecting to the other. */
	MUST(inet_pton(AF_INET6, net_mode.ip == IP6 ? "::ffff:127.0.0.1" : "::1",
		       &to.in6.sin6_addr) == 1);
	CALL(connect(fd, &to.sa, to.len));
}

NET_TEST(dissolved)
{
	struct net_addr none = { .sa.sa_family = AF_UNSPEC, .len = sizeof(none.sa) };
	int l = net_listener(8);
	struct net_addr to = net_local(CLI, net_port(l));
	int fd = net_socket(CLI, 0);
	socklen_t len = sizeof(none.ss);
	int srv;
	char c;

	CALL(connect(fd, &none.sa, none.len));
	GIVES(0, connect(fd, &to.sa, to.len));
	srv = accept(l, NULL, NULL);
	GIVES(0, connect(fd, &none.sa, none.len));
	CALL(net_wait(srv, POLLIN));
	CALL(recv(srv, &c, 1, 0));
	CALL(net_poll(fd));
	CALL(net_tcp_state(fd));
	CALL(net_port(fd) == 0);
	CALL(getpeername(fd, &none.sa, &len));
	/* Free for another connection, of either kind. */
	GIVES(0, connect(fd, &to.sa, to.len));
	MUST((srv = accept(l, NULL, NULL)) >= 0);
	GIVES(1, send(fd, "x", 1, 0));
	GIVES(1, recv(srv, &c, 1, 0));
	none.sa.sa_family = AF_UNSPEC;
	CALL(connect(fd, &none.sa, none.len));
	CALL(listen(fd, 1));
	CALL(net_tcp_state(fd));
	CALL(connect(fd, &none.sa, none.len));
	CALL(net_tcp_state(fd));
}

NET_TEST(dissolved_in_progress)
{
	struct net_addr to = path_swallowed();
	struct net_addr none = { .sa.sa_family = AF_UNSPEC, .len = sizeof(none.sa) };
	int fd = net_socket(CLI, SOCK_NONBLOCK);

	FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
	CALL(connect(fd, &none.sa, none.len));
	CALL(net_tcp_state(fd));
	CALL(net_so_error(fd));
	CALL(net_poll(fd));
	FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
}

/* RFC 9293 3.5: a SYN that meets itself is a simultaneous open. */
NET_TEST(with_itself)
{
	int fd = net_bound(CLI, 0);
	struct net_addr self = net_local(CLI, net_port(fd));
	char text[8];

	GIVES(0, connect(fd, &self.sa, self.len));
	CALL(net_tcp_state(fd));
	GIVES(5, send(fd, "hello", 5, 0));
	GIVES(5, recv(fd, text, sizeof(text), 0));
	GIVES(0, memcmp(text, "hello", 5));
	CALL(shutdown(fd, SHUT_WR));
	CALL(recv(fd, text, sizeof(text), 0));
	CALL(net_poll(fd));
}

/* Two ports and no more: the third connection finds none. */
NET_TEST(ports_exhausted)
{
	struct net_addr to;
	int l, i;

	path_swallowed();
	l = net_listener(8);
	to = net_local(CLI, net_port(l));
	MUST(system("echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range") == 0);
	for (i = 0; i < 2; i++)
		GIVES(0, connect(net_socket(CLI, 0), &to.sa, to.len));
	FAILS(EADDRNOTAVAIL, connect(net_socket(CLI, 0), &to.sa, to.len));
}

TEST_HARNESS_MAIN
