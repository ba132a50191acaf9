// SPDX-License-Identifier: GPL-2.0-only
/* Calls on the sockets that all threads share. */
#include "race.h"

#include <fcntl.h>
#include <linux/atcp.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int any_slot(struct rng *r)
{
	return FIRST_SLOT + rng_below(r, SLOTS);
}

static uint16_t any_port(struct rng *r)
{
	return FIRST_PORT + rng_below(r, PORTS);
}

static void do_socket(struct rng *r, int fd)
{
	race_place(race_socket(rng_chance(r, 2), !rng_chance(r, 4)), fd);
}

static void do_connect(struct rng *r, int fd)
{
	struct sockaddr_storage to;
	socklen_t len = loopback(&to, rng_chance(r, 2), any_port(r));

	if (connect(fd, (void *)&to, len))
		return;
	count(CONNECTED);
	if (send(fd, "hello", 5, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
		count(SENT);
}

static void do_disconnect(struct rng *r, int fd)
{
	struct sockaddr to = { AF_UNSPEC };

	(void)r;
	if (!connect(fd, &to, sizeof(to)))
		count(DISCONNECTED);
}

static void do_listen(struct rng *r, int fd)
{
	struct sockaddr_storage at;
	socklen_t len = loopback(&at, rng_chance(r, 2), any_port(r));

	/* it may well fail: a listener without a port, or a port that is bound, is a case too */
	(void)bind(fd, (void *)&at, len);
	if (!listen(fd, rng_below(r, 16)))
		count(LISTENED);
}

static void do_accept(struct rng *r, int fd)
{
	int got = accept4(fd, NULL, NULL, rng_chance(r, 2) ? SOCK_NONBLOCK : 0);

	if (got < 0)
		return;
	count(ACCEPTED);
	if (send(got, "hello", 5, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
		count(SENT);
	if (rng_chance(r, 3))
		close(got);
	else
		race_place(got, any_slot(r));
}

static void do_shutdown(struct rng *r, int fd)
{
	shutdown(fd, rng_below(r, 3));
}

static void do_send(struct rng *r, int fd)
{
	static const int flags[] = { 0, MSG_DONTWAIT, MSG_MORE, MSG_OOB, MSG_DONTWAIT };
	static const char data[65536];
	uint32_t size = rng_chance(r, 3) ? sizeof(data) : 2000;

	if (send(fd, data, rng_below(r, size),
		 MSG_NOSIGNAL | flags[rng_below(r, ARRAY_SIZE(flags))]) > 0)
		count(SENT);
}

static void do_recv(struct rng *r, int fd)
{
	static const int flags[] = { 0, MSG_DONTWAIT, MSG_PEEK, MSG_OOB, MSG_TRUNC, MSG_WAITALL };
	char buf[16384];

	if (recv(fd, buf, rng_below(r, sizeof(buf)),
		 flags[rng_below(r, ARRAY_SIZE(flags))]) > 0)
		count(RECEIVED);
}

static void do_poll(struct rng *r, int fd)
{
	struct pollfd p[4] = { { fd, rng_next(r) } };
	size_t i;

	for (i = 1; i < ARRAY_SIZE(p); i++)
		p[i] = (struct pollfd){ any_slot(r), POLLIN | POLLOUT | POLLRDHUP };
	poll(p, ARRAY_SIZE(p), rng_below(r, 3));
}

static void do_epoll(struct rng *r, int fd)
{
	static const int ops[] = { EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL };
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP }, got[8];

	if (rng_chance(r, 2))
		ev.events |= rng_chance(r, 2) ? EPOLLET : EPOLLONESHOT;
	epoll_ctl(epoll_fd, ops[rng_below(r, ARRAY_SIZE(ops))], fd, &ev);
	epoll_wait(epoll_fd, got, ARRAY_SIZE(got), rng_below(r, 2));
}

static void do_ask(struct rng *r, int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char info[256];
	int n;

	switch (rng_below(r, 6)) {
	case 0:
		getsockname(fd, (void *)&ss, &len);
		break;
	case 1:
		getpeername(fd, (void *)&ss, &len);
		break;
	case 2:
		ioctl(fd, SIOCOUTQ, &n);
		break;
	case 3:
		ioctl(fd, FIONREAD, &n);
		break;
	case 4:
		len = sizeof(n);
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &n, &len);
		break;
	default:
		len = sizeof(info);
		getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len);
		break;
	}
}

static void set(int fd, int level, int name, int value)
{
	setsockopt(fd, level, name, &value, sizeof(value));
}

/* Settings that make timers run soon. */
static void do_set(struct rng *r, int fd)
{
	struct linger linger = { rng_below(r, 2), 0 };

	switch (rng_below(r, 8)) {
	case 0:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		break;
	case 1:
		set(fd, SOL_ATCP, ATCP_TIMEWAIT_US, 1 + rng_below(r, 20000));
		break;
	case 2:
		set(fd, SOL_ATCP, ATCP_RTO_MIN_US, 1 + rng_below(r, 2000));
		break;
	case 3:
		set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1 + rng_below(r, 20));
		break;
	case 4:
		set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
		set(fd, SOL_SOCKET, SO_KEEPALIVE, rng_below(r, 2));
		break;
	case 5:
		set(fd, SOL_SOCKET, SO_RCVBUF, 1 + rng_below(r, 30000));
		break;
	case 6:
		set(fd, IPPROTO_TCP, TCP_CORK, rng_below(r, 2));
		break;
	default:
		set(fd, IPPROTO_TCP, TCP_LINGER2, 1);
		break;
	}
}

void race_call(struct rng *r)
{
	static void (* const calls[])(struct rng *r, int fd) = {
		do_socket, do_socket, do_socket, do_connect, do_connect, do_connect, do_connect,
		do_disconnect, do_listen, do_listen, do_accept, do_accept, do_accept, do_accept,
		do_shutdown, do_send, do_send, do_recv, do_recv, do_poll, do_epoll, do_ask, do_set,
	};

	calls[rng_below(r, ARRAY_SIZE(calls))](r, any_slot(r));
}
