// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports are one space that atcp and native TCP share. In the variants with
 * one end of each kind the first socket is the server's, the second the
 * client's, so both orders of the two stacks are met.
 */
#include <linux/atcp.h>

#include "variants.h"

static int try_bind(enum net_side side, struct net_addr a, int reuse)
{
	int fd = net_socket(side, 0);

	if (reuse)
		net_set_int(fd, SOL_SOCKET, reuse, 1);
	if (bind(fd, &a.sa, a.len) == 0)
		return fd;
	close(fd);
	return -1;
}

NET_TEST(bound)
{
	int fd = net_bound(SRV, 0);
	uint16_t port = net_port(fd);

	FAILS(EADDRINUSE, try_bind(CLI, net_local(CLI, port), 0));
	FAILS(EADDRINUSE, try_bind(CLI, net_any(CLI, port), 0));
	FAILS(EADDRINUSE, try_bind(SRV, net_local(SRV, port), 0));
	MUST(close(fd) == 0);
	GIVES(1, try_bind(CLI, net_local(CLI, port), 0) >= 0);
}

NET_TEST(bound_to_any)
{
	struct net_addr any = net_any(SRV, 0);
	int fd = try_bind(SRV, any, 0);
	uint16_t port = net_port(fd);

	if (net_mode.ip == IP4_MAPPED) {
		/* Linux 6.1 looks for it in the wrong bucket, and lets two have the place. */
		net_note("a mapped wildcard\n");
		CHECK(!net_mode.atcp[SRV] ||
		      (try_bind(CLI, net_local(CLI, port), 0) < 0 && errno == EADDRINUSE));
		return;
	}
	FAILS(EADDRINUSE, try_bind(CLI, net_local(CLI, port), 0));
	FAILS(EADDRINUSE, try_bind(CLI, net_any(CLI, port), 0));
	FAILS(EADDRINUSE, try_bind(SRV, net_local(SRV, port), 0));
	MUST(close(fd) == 0);
	GIVES(1, try_bind(CLI, net_any(CLI, port), 0) >= 0);
}

NET_TEST(listening)
{
	int l = net_listener(4);
	uint16_t port = net_port(l);

	/* Who listens shares with nobody who did not ask for the same. */
	FAILS(EADDRINUSE, try_bind(CLI, net_local(CLI, port), 0));
	FAILS(EADDRINUSE, try_bind(CLI, net_any(CLI, port), 0));
	FAILS(EADDRINUSE, try_bind(CLI, net_local(CLI, port), SO_REUSEADDR));
	FAILS(EADDRINUSE, try_bind(CLI, net_local(CLI, port), SO_REUSEPORT));
	FAILS(EADDRINUSE, try_bind(SRV, net_local(SRV, port), SO_REUSEADDR));
	MUST(close(l) == 0);
	GIVES(1, try_bind(CLI, net_local(CLI, port), 0) >= 0);
}

/* The port of a connection that never called bind(). */
NET_TEST(ephemeral)
{
	struct linger now = { .l_onoff = 1 };
	struct net_pair p = net_connected();
	uint16_t port = net_port(p.cli);

	FAILS(EADDRINUSE, try_bind(SRV, net_local(SRV, port), 0));
	FAILS(EADDRINUSE, try_bind(SRV, net_any(SRV, port), 0));
	FAILS(EADDRINUSE, try_bind(CLI, net_local(CLI, port), 0));
	/* Its last trace is gone with a reset. */
	MUST(setsockopt(p.cli, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	MUST(close(p.cli) == 0);
	GIVES(1, try_bind(SRV, net_local(SRV, port), 0) >= 0);
}

NET_TEST(ephemeral_of_failed_connect)
{
	int closed = net_bound(SRV, 0);
	struct net_addr to = net_local(CLI, net_port(closed));
	int fd = net_socket(CLI, 0);

	FAILS(ECONNREFUSED, connect(fd, &to.sa, to.len));
	CALL(net_port(fd) != 0);
	fd = net_bound(CLI, 0);
	FAILS(ECONNREFUSED, connect(fd, &to.sa, to.len));
	CALL(net_port(fd) != 0);
	/* A port that the kernel chose goes with the attempt, ... */
	CALL(try_bind(SRV, net_local(SRV, net_port(fd)), 0) >= 0);
	MUST((fd = try_bind(CLI, net_local(CLI, 4001), 0)) >= 0);
	FAILS(ECONNREFUSED, connect(fd, &to.sa, to.len));
	/* ... one that the user chose stays. */
	GIVES(4001, net_port(fd));
	FAILS(EADDRINUSE, try_bind(SRV, net_local(SRV, 4001), 0));
}

NET_TEST(time_wait)
{
	struct net_pair p = net_connected();
	uint16_t port = net_port(p.cli);
	char c;

	MUST(close(p.cli) == 0);
	GIVES(0, recv(p.srv, &c, 1, 0));
	MUST(close(p.srv) == 0);
	FAILS(EADDRINUSE, try_bind(SRV, net_local(SRV, port), 0));
	FAILS(EADDRINUSE, try_bind(CLI, net_local(CLI, port), 0));
	CALL(try_bind(CLI, net_local(CLI, port), SO_REUSEADDR) >= 0);
}

/* The server's port outlives the listener in the connections it accepted. */
/* What is in TIME_WAIT on one address leaves the port to the others, and to the other stack. */
static void elsewhere(enum net_side side)
{
	struct net_pair p = net_connected();
	uint16_t port = net_port(p.cli);
	struct net_addr other = net_ip(side, "127.0.0.2", "::ffff:127.0.0.2", port);

	MUST(close(p.cli) == 0);
	MUST(net_wait(p.srv, POLLRDHUP));
	MUST(close(p.srv) == 0);
	FAILS(EADDRINUSE, try_bind(CLI, net_local(CLI, port), 0));
	GIVES(1, try_bind(side, other, 0) >= 0);
	FAILS(EADDRINUSE, try_bind(side, other, 0));
	FAILS(EADDRINUSE, try_bind(CLI, net_any(CLI, port), 0));
}

NET_TEST(time_wait_elsewhere)
{
	elsewhere(CLI);
}

NET_TEST(time_wait_elsewhere_other)
{
	elsewhere(SRV);
}

NET_TEST(restart_of_a_server)
{
	struct net_pair p = net_connected();
	uint16_t port = net_port(p.listener);
	int fd;

	MUST(close(p.listener) == 0);
	FAILS(EADDRINUSE, try_bind(SRV, net_local(SRV, port), 0));
	FAILS(EADDRINUSE, try_bind(CLI, net_local(CLI, port), 0));
	CALL(try_bind(SRV, net_local(SRV, port), SO_REUSEADDR) >= 0);
	/* It closes first, as an HTTP server does. */
	MUST(close(p.srv) == 0);
	MUST(net_wait(p.cli, POLLRDHUP));
	MUST(close(p.cli) == 0);
	FAILS(EADDRINUSE, try_bind(CLI, net_local(CLI, port), 0));
	CALL(try_bind(SRV, net_local(SRV, port), 0) >= 0);
	CALL((fd = try_bind(SRV, net_local(SRV, port), SO_REUSEADDR)) >= 0);
	CALL(fd < 0 ? 0 : listen(fd, 4));
}

NET_TEST(reuseaddr_servers_restart)
{
	struct net_addr at = net_local(SRV, 0);
	struct net_addr to;
	int l, cli, srv;

	MUST((l = try_bind(SRV, at, SO_REUSEADDR)) >= 0);
	MUST(listen(l, 4) == 0);
	at = net_local(SRV, net_port(l));
	to = net_local(CLI, net_port(l));
	cli = net_socket(CLI, 0);
	MUST(connect(cli, &to.sa, to.len) == 0);
	MUST((srv = accept(l, NULL, NULL)) >= 0);
	MUST(close(l) == 0);
	/* With a connection alive ... */
	MUST((l = try_bind(SRV, at, SO_REUSEADDR)) >= 0);
	GIVES(0, listen(l, 4));
	MUST(close(srv) == 0 && close(l) == 0);
	MUST(net_wait(cli, POLLRDHUP));
	MUST(close(cli) == 0);
	/* ... and with one in TIME_WAIT. */
	MUST((l = try_bind(SRV, at, SO_REUSEADDR)) >= 0);
	GIVES(0, listen(l, 4));
	cli = net_socket(CLI, 0);
	GIVES(0, connect(cli, &to.sa, to.len));
}

/* Two sockets of one kind, with each choice of options and state. */
NET_TEST(reuse_matrix)
{
	static const int options[] = { 0, SO_REUSEADDR, SO_REUSEPORT };
	unsigned int i, j, listens;

	net_own_namespace();
	for (i = 0; i < 18; i++) {
		int first = options[i % 3], second = options[i / 3 % 3];
		int a, b;

		listens = i / 9;
		net_note("first %d, second %d, listens %u\n", first, second, listens);
		for (j = 0; j < 2; j++) {
			struct net_addr at = net_local(SRV, 0);

			MUST((a = try_bind(SRV, at, first)) >= 0);
			MUST(!listens || listen(a, 1) == 0);
			at = j ? net_any(SRV, net_port(a)) : net_local(SRV, net_port(a));
			CALL((b = try_bind(SRV, at, second)) >= 0);
			/* Binding is no promise that listening will work. */
			if (b >= 0) {
				CALL(listen(b, 1));
				/* Linux 6.1 looks for a mapped wildcard in the wrong bucket. */
				if (!j || net_mode.ip != IP4_MAPPED || second != SO_REUSEADDR)
					CALL(listen(a, 1));
				else if (net_mode.atcp[SRV])
					CHECK(listen(a, 1) < 0 && errno == EADDRINUSE);
				close(b);
			}
			close(a);
		}
	}
}

NET_TEST(reuseport_shares_the_load)
{
	struct net_addr at = net_local(SRV, 0);
	struct net_addr to;
	int a, b, i, n = 0;

	MUST((a = try_bind(SRV, at, SO_REUSEPORT)) >= 0 && listen(a, 64) == 0);
	at = net_local(SRV, net_port(a));
	to = net_local(CLI, net_port(a));
	MUST((b = try_bind(SRV, at, SO_REUSEPORT)) >= 0);
	GIVES(0, listen(b, 64));
	for (i = 0; i < 64; i++) {
		int fd = net_socket(CLI, 0);

		MUST(connect(fd, &to.sa, to.len) == 0);
	}
	/* Each is in one queue; that one gets none has odds of 2^-63. */
	UNTIL((net_poll(a) & POLLIN) && (net_poll(b) & POLLIN));
	for (i = 0; i < 64; i++) {
		int from = net_poll(a) & POLLIN ? a : b;

		n += accept(from, NULL, NULL) >= 0;
	}
	GIVES(64, n);
	GIVES(0, net_poll(a));
	GIVES(0, net_poll(b));
	/* A stranger cannot join. */
	MUST(seteuid(65534) == 0);
	FAILS(EADDRINUSE, try_bind(SRV, at, SO_REUSEPORT));
	MUST(seteuid(0) == 0);
	/* Those who come after one has gone all reach the other. */
	MUST(close(a) == 0);
	for (i = 0; i < 8; i++) {
		GIVES(0, connect(net_socket(CLI, 0), &to.sa, to.len));
		GIVES(1, accept(b, NULL, NULL) >= 0);
	}
}

/* One version's wildcard stands in the way of the other's, or not. */
static int wildcard(enum net_side side, int af, int v6only, uint16_t port)
{
	struct net_addr a = { .sa.sa_family = af };
	int fd;

	a.len = af == AF_INET ? sizeof(a.in) : sizeof(a.in6);
	a.in.sin_port = htons(port);
	if (net_mode.atcp[side])
		fd = socket(net_atcp_family(), SOCK_STREAM,
			    af == AF_INET ? ATCPPROTO_INET : ATCPPROTO_INET6);
	else
		fd = socket(af, SOCK_STREAM, 0);
	MUST(fd >= 0);
	if (af == AF_INET6)
		net_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, v6only);
	if (bind(fd, &a.sa, a.len) == 0 && listen(fd, 1) == 0)
		return fd;
	close(fd);
	return -1;
}

NET_TEST(versions)
{
	int a, b, v6only;

	/* What other scripts left in TIME_WAIT has ports too. */
	net_own_namespace();
	for (v6only = 0; v6only < 2; v6only++) {
		net_note("v6only %d\n", v6only);
		MUST((a = wildcard(SRV, AF_INET6, v6only, 0)) >= 0);
		CALL((b = wildcard(CLI, AF_INET, 0, net_port(a))) >= 0);
		close(a);
		close(b);
		MUST((a = wildcard(SRV, AF_INET, 0, 0)) >= 0);
		CALL((b = wildcard(CLI, AF_INET6, v6only, net_port(a))) >= 0);
		close(a);
		close(b);
		MUST((a = wildcard(SRV, AF_INET6, v6only, 0)) >= 0);
		FAILS(EADDRINUSE, wildcard(CLI, AF_INET6, 0, net_port(a)));
		FAILS(EADDRINUSE, wildcard(CLI, AF_INET6, 1, net_port(a)));
		close(a);
	}
}

/* Nobody is given a port that somebody has. */
NET_TEST(ephemeral_ports_differ)
{
	static uint8_t taken[65536];
	struct net_pair p = net_connected();
	struct net_addr to = net_local(CLI, net_port(p.listener));
	int i, twice = 0;

	for (i = 0; i < 200; i++) {
		enum net_side side = i & 1 ? CLI : SRV;
		int fd = net_bound(side, 0);

		twice += taken[net_port(fd)]++;
		if (i % 4)
			continue;
		fd = net_socket(CLI, 0);
		MUST(connect(fd, &to.sa, to.len) == 0);
		close(accept(p.listener, NULL, NULL));
		twice += taken[net_port(fd)]++;
	}
	GIVES(0, twice);
}

TEST_HARNESS_MAIN
