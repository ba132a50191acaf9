// SPDX-License-Identifier: GPL-2.0-only
/* listen(), accept() and what becomes of those who wait to be accepted. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>

#include "variants.h"

NET_TEST(listen_states)
{
	struct net_pair p = net_connected();
	int fd = net_socket(SRV, 0);

	GIVES(0, listen(fd, 1));
	/* It was bound to a port of the kernel's choice. */
	GIVES(1, net_port(fd) != 0);
	GIVES(0, listen(fd, 100));
	GIVES(0, listen(fd, -1));
	GIVES(0, listen(fd, 0));
	FAILS(EINVAL, listen(p.cli, 1));
	FAILS(EINVAL, listen(p.srv, 1));
	CALL(shutdown(fd, SHUT_RDWR));
	CALL(net_poll(fd));
	CALL(listen(fd, 1));
	CALL(net_tcp_state(fd));
}

NET_TEST(accept_errors)
{
	struct net_addr a = { .len = sizeof(a.ss) };
	struct net_pair p = net_connected();
	int fresh = net_socket(SRV, 0);
	int fd;

	FAILS(EINVAL, accept(fresh, NULL, NULL));
	FAILS(EINVAL, accept(net_bound(SRV, 0), NULL, NULL));
	CALL(accept(p.srv, NULL, NULL));
	FAILS(EINVAL, accept4(p.listener, NULL, NULL, 0x40));
	MUST(fcntl(p.listener, F_SETFL, O_NONBLOCK) == 0);
	FAILS(EAGAIN, accept(p.listener, NULL, NULL));
	a.len = -1;
	fd = net_connect(p.listener, 0);
	UNTIL(net_poll(p.listener) & POLLIN);
	CALL(accept(p.listener, &a.sa, &a.len));
	/* Did the connection survive the mistake? */
	CALL(net_poll(p.listener));
	/* it did not: the end comes to the peer when the call is over */
	UNTIL(net_poll(fd) & POLLIN);
	CALL(net_poll(fd));
	fd = net_connect(p.listener, 0);
	UNTIL(net_poll(p.listener) & POLLIN);
	CALL(accept(p.listener, (void *)8, &(socklen_t){ 16 }));
	CALL(net_poll(p.listener));
	/* it did not: the end comes to the peer when the call is over */
	UNTIL(net_poll(fd) & POLLIN);
	CALL(net_poll(fd));
}

NET_TEST(accept_flags)
{
	int l = net_listener(4);
	int fd;

	net_connect(l, 0);
	MUST((fd = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0);
	GIVES(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	GIVES(FD_CLOEXEC, fcntl(fd, F_GETFD));
	MUST(fcntl(l, F_SETFL, O_NONBLOCK) == 0);
	net_connect(l, 0);
	UNTIL((fd = accept(l, NULL, NULL)) >= 0);
	/* Not inherited on Linux. */
	GIVES(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
	GIVES(0, fcntl(fd, F_GETFD));
}

NET_TEST(accept_names)
{
	static const int lens[] = { 0, 2, 8, 16, 28, 128 };
	struct net_addr a, c;
	int l = net_listener(8);
	char ip[64] = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		int fd = net_connect(l, 0);

		memset(&a, 0xee, sizeof(a));
		a.len = lens[i];
		c.len = sizeof(c.ss);
		net_note("length %d ", lens[i]);
		GIVES(1, accept(l, &a.sa, &a.len) >= 0);
		MUST(getsockname(fd, &c.sa, &c.len) == 0);
		net_note("%u bytes\n", a.len);
		if (a.len > (socklen_t)lens[i])
			continue;
		CALL(a.sa.sa_family);
		GIVES(1, c.in.sin_port == a.in.sin_port);
		if (a.sa.sa_family == AF_INET)
			inet_ntop(AF_INET, &a.in.sin_addr, ip, sizeof(ip));
		else
			inet_ntop(AF_INET6, &a.in6.sin6_addr, ip, sizeof(ip));
		net_note("%s\n", ip);
	}
}

/* Connections that wait for accept(). */
static unsigned int queued(int listener)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	MUST(getsockopt(listener, SOL_TCP, TCP_INFO, &info, &len) == 0);
	return info.tcpi_unacked;
}

/* A queue of n holds n + 1; the one after that is not answered. */
static void fill_queue(int backlog)
{
	int l = net_listener(backlog);
	int fd[8];
	int i;

	net_note("backlog %d\n", backlog);
	for (i = 0; i <= backlog; i++) {
		fd[i] = net_connect(l, SOCK_NONBLOCK);
		GIVES(POLLOUT | POLLWRNORM, net_wait(fd[i], POLLOUT));
		/* the third segment may still be on its way */
		UNTIL(queued(l) == (unsigned int)i + 1);
	}
	fd[i] = net_connect(l, SOCK_NONBLOCK);
	GIVES(0, net_poll(fd[i]));
	CALL(net_tcp_state(fd[i]));
	/* With room in the queue its next SYN is. */
	GIVES(1, accept(l, NULL, NULL) >= 0);
	GIVES(POLLOUT | POLLWRNORM, net_wait(fd[i], POLLOUT));
}

NET_SLOW_TEST(backlog)
{
	fill_queue(0);
	fill_queue(3);
}

NET_TEST(closed_by_peer_in_queue)
{
	int l = net_listener(4);
	int fd = net_connect(l, 0);
	struct net_addr a = { .len = sizeof(a.ss) };
	char text[8];

	GIVES(5, send(fd, "hello", 5, 0));
	GIVES(0, close(fd));
	MUST(net_wait(l, POLLIN));
	MUST((fd = accept(l, &a.sa, &a.len)) >= 0);
	CALL(net_wait(fd, POLLRDHUP));
	GIVES(5, recv(fd, text, sizeof(text), 0));
	GIVES(0, recv(fd, text, sizeof(text), 0));
	CALL(net_tcp_state(fd));
}

NET_TEST(reset_in_queue)
{
	struct linger now = { .l_onoff = 1 };
	int l = net_listener(4);
	int fd = net_connect(l, 0);
	struct net_addr a = { .len = sizeof(a.ss) };
	char c;

	MUST(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	/* on two CPUs the RST may overtake the handshake's last ACK */
	MUST(net_wait(l, POLLIN));
	GIVES(0, close(fd));
	/* Unlike BSD, Linux hands out the corpse. */
	CALL((fd = accept(l, &a.sa, &a.len)) >= 0);
	MUST(net_wait(fd, POLLERR));
	CALL(net_poll(fd));
	CALL(a.len);
	CALL(recv(fd, &c, 1, MSG_DONTWAIT));
	CALL(recv(fd, &c, 1, MSG_DONTWAIT));
	CALL(send(fd, "x", 1, MSG_NOSIGNAL));
	CALL(getpeername(fd, &a.sa, &a.len));
}

NET_TEST(listener_closes)
{
	int l = net_listener(4);
	struct net_addr to = net_local(CLI, net_port(l));
	int fd = net_connect(l, 0);
	char c;

	MUST(net_wait(l, POLLIN));
	GIVES(0, close(l));
	CALL(net_wait(fd, POLLIN));
	FAILS(ECONNRESET, recv(fd, &c, 1, 0));
	CALL(recv(fd, &c, 1, 0));
	FAILS(ECONNREFUSED, connect(net_socket(CLI, 0), &to.sa, to.len));
}

NET_TEST(listener_shut_down)
{
	static const int hows[] = { SHUT_WR, SHUT_RD, SHUT_RDWR };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hows); i++) {
		int l = net_listener(4);
		struct net_addr to = net_local(CLI, net_port(l));
		int fd = net_connect(l, 0);

		MUST(net_wait(l, POLLIN));
		net_note("how %d ", hows[i]);
		CALL(shutdown(l, hows[i]));
		CALL(net_tcp_state(l));
		CALL(hows[i] == SHUT_WR ? 0 : net_wait(fd, POLLIN));
		CALL(hows[i] == SHUT_WR ? 0 : connect(net_socket(CLI, 0), &to.sa, to.len));
		CALL(net_poll(l));
		MUST(fcntl(l, F_SETFL, O_NONBLOCK) == 0);
		CALL(accept(l, NULL, NULL) >= 0);
		CALL(shutdown(l, hows[i]));
		/* The port stays its own, and it may listen again. */
		CALL(net_port(l) == 0);
		CALL(listen(l, 2));
		CALL(connect(net_socket(CLI, 0), &to.sa, to.len));
		close(l);
	}
}

/* One connection for every caller who waits, none for two of them. */
NET_TEST(many)
{
	int l = net_listener(64);
	int cli[64], i;
	int seen = 0;

	for (i = 0; i < 64; i++) {
		cli[i] = net_connect(l, 0);
		MUST(send(cli[i], &(char){ i }, 1, 0) == 1);
	}
	for (i = 0; i < 64; i++) {
		int fd = accept(l, NULL, NULL);
		char c;

		MUST(fd >= 0 && recv(fd, &c, 1, 0) == 1);
		/* First come, first served. */
		GIVES(i, c);
		seen++;
		MUST(send(fd, &c, 1, 0) == 1);
		close(fd);
	}
	GIVES(64, seen);
	for (i = 0; i < 64; i++) {
		char c;

		MUST(recv(cli[i], &c, 1, 0) == 1 && c == i);
		GIVES(0, recv(cli[i], &c, 1, 0));
	}
}

TEST_HARNESS_MAIN
