// SPDX-License-Identifier: GPL-2.0-only
/* epoll: level, edge and one shot. */
#include <fcntl.h>
#include <sys/epoll.h>

#include "variants.h"

#define LIMIT_MS 20000

static char room[65536];

static int watch(int fd, uint32_t events)
{
	struct epoll_event e = { .events = events };
	int ep = epoll_create1(0);

	MUST(ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == 0);
	return ep;
}

/* The events that come within @ms, 0 for none. */
static unsigned int next(int ep, int ms)
{
	struct epoll_event e = { 0 };
	int n = epoll_wait(ep, &e, 1, ms);

	MUST(n >= 0);
	return n ? e.events : 0;
}

static void drain(int fd)
{
	while (recv(fd, room, sizeof(room), MSG_DONTWAIT) > 0)
		;
	MUST(errno == EAGAIN);
}

#define ALL (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI)

NET_TEST(level)
{
	struct net_pair p = net_connected();
	int ep = watch(p.srv, EPOLLIN | EPOLLRDHUP);

	GIVES(0, next(ep, 0));
	GIVES(3, send(p.cli, "abc", 3, 0));
	GIVES(EPOLLIN, next(ep, LIMIT_MS));
	GIVES(EPOLLIN, next(ep, LIMIT_MS));
	GIVES(1, recv(p.srv, room, 1, 0));
	GIVES(EPOLLIN, next(ep, LIMIT_MS));
	GIVES(2, recv(p.srv, room, 8, 0));
	GIVES(0, next(ep, 0));
	GIVES(0, shutdown(p.cli, SHUT_WR));
	GIVES(EPOLLIN | EPOLLRDHUP, next(ep, LIMIT_MS));
	GIVES(0, shutdown(p.srv, SHUT_WR));
	UNTIL(next(ep, 0) & EPOLLHUP);
	CALL(next(ep, 0));
}

NET_TEST(edge_in)
{
	struct net_pair p = net_connected();
	int ep = watch(p.srv, EPOLLIN | EPOLLRDHUP | EPOLLET);

	GIVES(0, next(ep, 0));
	GIVES(3, send(p.cli, "abc", 3, 0));
	GIVES(EPOLLIN, next(ep, LIMIT_MS));
	/* Told once, although two bytes are left. */
	GIVES(1, recv(p.srv, room, 1, 0));
	GIVES(0, next(ep, 0));
	/* More data is more news, read or not. */
	GIVES(3, send(p.cli, "def", 3, 0));
	GIVES(EPOLLIN, next(ep, LIMIT_MS));
	drain(p.srv);
	GIVES(0, next(ep, 0));
	GIVES(1, send(p.cli, "g", 1, 0));
	GIVES(EPOLLIN, next(ep, LIMIT_MS));
	drain(p.srv);
	GIVES(0, shutdown(p.cli, SHUT_WR));
	GIVES(EPOLLIN | EPOLLRDHUP, next(ep, LIMIT_MS));
	GIVES(0, next(ep, 0));
}

NET_TEST(edge_out)
{
	struct net_pair p = net_connected();
	int ep = watch(p.cli, EPOLLOUT | EPOLLET);
	unsigned int events = 0;
	long n, sent, got, round;

	GIVES(EPOLLOUT, next(ep, LIMIT_MS));
	GIVES(0, next(ep, 0));
	for (round = 0; round < 3; round++) {
		sent = 0;
		got = 0;
		/* Nobody reads, so an edge that comes means more can be taken, and is used up. */
		do {
			while ((n = send(p.cli, room, sizeof(room), MSG_DONTWAIT)) > 0)
				sent += n;
			MUST(errno == EAGAIN);
		} while (net_poll(p.cli) & POLLOUT || next(ep, 0));
		while (got < sent) {
			n = recv(p.srv, room, sizeof(room), 0);
			MUST(n > 0);
			got += n;
		}
		/* EAGAIN has armed it again. */
		events = next(ep, LIMIT_MS);
		GIVES(EPOLLOUT, events);
	}
}

NET_TEST(edge_of_a_connect)
{
	int l = net_listener(4);
	struct net_addr to = net_local(CLI, net_port(l));
	int fd = net_socket(CLI, SOCK_NONBLOCK);
	int ep = watch(fd, ALL | EPOLLET);
	int listening = watch(l, EPOLLIN | EPOLLET);

	/* An unconnected socket has hung up. */
	CALL(next(ep, 0));
	FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
	GIVES(EPOLLOUT, next(ep, LIMIT_MS));
	GIVES(0, next(ep, 0));
	GIVES(EPOLLIN, next(listening, LIMIT_MS));
	GIVES(0, next(listening, 0));
	net_connect(l, 0);
	GIVES(EPOLLIN, next(listening, LIMIT_MS));
	MUST(accept(l, NULL, NULL) >= 0 && accept(l, NULL, NULL) >= 0);
	GIVES(0, next(listening, 0));
}

NET_TEST(edge_of_a_refusal)
{
	int closed = net_bound(CLI, 0);
	struct net_addr to = net_local(CLI, net_port(closed));
	int fd = net_socket(CLI, SOCK_NONBLOCK);
	int ep = watch(fd, ALL | EPOLLET);

	CALL(next(ep, 0));
	FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
	CALL(next(ep, LIMIT_MS));
	CALL(next(ep, 0));
	GIVES(ECONNREFUSED, net_so_error(fd));
}

NET_TEST(edge_of_a_reset)
{
	struct linger now = { .l_onoff = 1 };
	struct net_pair p = net_connected();
	int ep = watch(p.cli, ALL | EPOLLET);

	CALL(next(ep, 0));
	MUST(setsockopt(p.srv, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	GIVES(0, close(p.srv));
	CALL(next(ep, LIMIT_MS));
	GIVES(0, next(ep, 0));
	GIVES(ECONNRESET, net_so_error(p.cli));
}

NET_TEST(edge_of_an_urgent_byte)
{
	struct net_pair p = net_connected();
	int ep = watch(p.srv, EPOLLPRI | EPOLLET);

	GIVES(1, send(p.cli, "x", 1, MSG_OOB));
	GIVES(EPOLLPRI, next(ep, LIMIT_MS));
	GIVES(1, recv(p.srv, room, 1, MSG_OOB));
	GIVES(1, send(p.cli, "y", 1, MSG_OOB));
	GIVES(EPOLLPRI, next(ep, LIMIT_MS));
}

NET_TEST(one_shot)
{
	struct net_pair p = net_connected();
	int ep = watch(p.srv, EPOLLIN | EPOLLONESHOT);
	struct epoll_event again = { .events = EPOLLIN | EPOLLONESHOT };

	GIVES(1, send(p.cli, "x", 1, 0));
	GIVES(EPOLLIN, next(ep, LIMIT_MS));
	GIVES(0, next(ep, 0));
	GIVES(0, epoll_ctl(ep, EPOLL_CTL_MOD, p.srv, &again));
	GIVES(EPOLLIN, next(ep, LIMIT_MS));
	GIVES(0, next(ep, 0));
}

/* A descriptor that is closed leaves the set by itself. */
NET_TEST(closed)
{
	struct net_pair p = net_connected();
	int ep = watch(p.srv, EPOLLIN);

	GIVES(1, send(p.cli, "x", 1, 0));
	GIVES(EPOLLIN, next(ep, LIMIT_MS));
	MUST(close(p.srv) == 0);
	GIVES(0, next(ep, 0));
}

/* A change of what is watched looks at what is so already. */
NET_TEST(modified)
{
	struct net_pair p = net_connected();
	int ep = watch(p.cli, EPOLLIN | EPOLLET);
	struct epoll_event both = { .events = EPOLLIN | EPOLLOUT | EPOLLET };

	GIVES(0, next(ep, 0));
	GIVES(0, epoll_ctl(ep, EPOLL_CTL_MOD, p.cli, &both));
	GIVES(EPOLLOUT, next(ep, LIMIT_MS));
	GIVES(0, next(ep, 0));
	GIVES(1, send(p.srv, "x", 1, 0));
	CALL(next(ep, LIMIT_MS));
}

TEST_HARNESS_MAIN
