// SPDX-License-Identifier: GPL-2.0-only
/* poll(), select(), SO_RCVLOWAT and the time limits: when is an end ready? */
#include <fcntl.h>
#include <sys/select.h>
#include <sys/time.h>

#include "paths.h"
#include "variants.h"

static char room[65536];

/* Until nothing more is taken; how much was is the stack's own affair. */
static long fill(int fd)
{
	long n, total = 0;

	while ((n = send(fd, room, sizeof(room), MSG_DONTWAIT)) > 0)
		total += n;
	MUST(n == -1 && errno == EAGAIN);
	return total;
}

/* No more is under way between the two when nothing more can be sent either. */
static long fill_both(struct net_pair *p)
{
	long total = fill(p->cli);

	/* What the peer's window takes makes room for more. */
	while (net_poll(p->cli) & POLLOUT)
		total += fill(p->cli);
	return total;
}

static long drain(int fd)
{
	long n, total = 0;

	while ((n = recv(fd, room, sizeof(room), MSG_DONTWAIT)) > 0)
		total += n;
	return total;
}

static void note_select(int fd)
{
	struct timeval now = { 0 };
	fd_set r, w, e;

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&e);
	FD_SET(fd, &r);
	FD_SET(fd, &w);
	FD_SET(fd, &e);
	CALL(select(fd + 1, &r, &w, &e, &now));
	net_note("r %d w %d e %d\n", !!FD_ISSET(fd, &r), !!FD_ISSET(fd, &w), !!FD_ISSET(fd, &e));
}

static void note_ready(const char *when, int fd)
{
	net_note("%s\n", when);
	CALL(net_poll(fd));
	note_select(fd);
}

NET_TEST(before_connecting)
{
	note_ready("fresh", net_socket(SRV, 0));
	note_ready("bound", net_bound(SRV, 0));
	note_ready("fresh client", net_socket(CLI, 0));
}

NET_TEST(listener)
{
	int l = net_listener(4);

	note_ready("none waits", l);
	net_connect(l, 0);
	CALL(net_wait(l, POLLIN));
	note_ready("one waits", l);
	MUST(accept(l, NULL, NULL) >= 0);
	note_ready("accepted", l);
}

NET_TEST(connecting)
{
	struct net_addr to = path_swallowed();
	int fd = net_socket(CLI, SOCK_NONBLOCK);

	FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
	note_ready("in progress", fd);
}

NET_TEST(data_and_urgent_data)
{
	struct net_pair p = net_connected();

	note_ready("idle", p.srv);
	GIVES(1, send(p.cli, "x", 1, 0));
	CALL(net_wait(p.srv, POLLIN));
	note_ready("a byte", p.srv);
	GIVES(1, recv(p.srv, room, 8, 0));
	note_ready("read", p.srv);
	GIVES(1, send(p.cli, "x", 1, MSG_OOB));
	CALL(net_wait(p.srv, POLLPRI));
	note_ready("an urgent byte", p.srv);
}

NET_TEST(half_closed)
{
	struct net_pair p = net_connected();

	GIVES(0, shutdown(p.cli, SHUT_WR));
	CALL(net_wait(p.srv, POLLRDHUP));
	note_ready("peer's FIN", p.srv);
	note_ready("own FIN", p.cli);
	GIVES(0, shutdown(p.srv, SHUT_WR));
	UNTIL(net_poll(p.srv) & POLLHUP);
	UNTIL(net_poll(p.cli) & POLLHUP);
	note_ready("both, at the passive end", p.srv);
	note_ready("both, at the active end", p.cli);
}

NET_TEST(reset)
{
	struct linger now = { .l_onoff = 1 };
	struct net_pair p = net_connected();

	GIVES(3, send(p.srv, "abc", 3, 0));
	MUST(net_wait(p.cli, POLLIN));
	MUST(setsockopt(p.srv, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	GIVES(0, close(p.srv));
	UNTIL(net_poll(p.cli) & POLLERR);
	note_ready("with data unread", p.cli);
	CALL(recv(p.cli, room, 8, 0));
	note_ready("after that was read", p.cli);
	CALL(recv(p.cli, room, 8, 0));
	note_ready("after the error", p.cli);
	CALL(recv(p.cli, room, 8, 0));
	CALL(send(p.cli, "x", 1, MSG_NOSIGNAL));
}

NET_TEST(full)
{
	struct net_pair p = net_connected();
	long sent = fill_both(&p);
	long got;

	CHECK(sent > 0);
	/* A window that opens a little lets a little more in, but is no event. */
	while (send(p.cli, "x", 1, MSG_DONTWAIT) == 1)
		sent++;
	CHECK(errno == EAGAIN);
	note_ready("full", p.cli);
	for (got = 0; got < sent; got += drain(p.srv))
		MUST(net_wait(p.srv, POLLIN));
	GIVES(1, got == sent);
	CALL(net_wait(p.cli, POLLOUT));
	note_ready("drained", p.cli);
}

/* Room enough for a write is not yet room enough to say so. */
NET_TEST(shut_down_while_full)
{
	struct net_pair p = net_connected();

	fill_both(&p);
	GIVES(0, shutdown(p.cli, SHUT_WR));
	note_ready("no more writes", p.cli);
	FAILS(EPIPE, send(p.cli, "x", 1, MSG_NOSIGNAL));
}

NET_TEST(low_water)
{
	struct net_pair p = net_connected();

	net_set_int(p.srv, SOL_SOCKET, SO_RCVLOWAT, 100);
	GIVES(99, send(p.cli, room, 99, 0));
	UNTIL(net_queued(p.srv) == 99);
	note_ready("99 of 100", p.srv);
	CALL(recv(p.srv, room, 10, MSG_DONTWAIT | MSG_PEEK));
	GIVES(1, send(p.cli, room, 1, 0));
	CALL(net_wait(p.srv, POLLIN));
	note_ready("100 of 100", p.srv);
	/* A blocking read that asks for more waits for the mark as well. */
	GIVES(100, recv(p.srv, room, 1000, 0));
	GIVES(10, send(p.cli, room, 10, 0));
	UNTIL(net_queued(p.srv) == 10);
	CALL(net_poll(p.srv));
	/* The end of the stream is worth a wake-up, however low it is. */
	GIVES(0, shutdown(p.cli, SHUT_WR));
	CALL(net_wait(p.srv, POLLIN));
	GIVES(10, recv(p.srv, room, 1000, 0));
	net_set_int(p.srv, SOL_SOCKET, SO_RCVLOWAT, 1);
}

static void limit(int fd, int which, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	MUST(setsockopt(fd, SOL_SOCKET, which, &tv, sizeof(tv)) == 0);
}

NET_TEST(receive_limit)
{
	struct net_pair p = net_connected();
	int64_t start;

	limit(p.srv, SO_RCVTIMEO, 40);
	limit(p.listener, SO_RCVTIMEO, 40);
	start = net_now_ms();
	FAILS(EAGAIN, recv(p.srv, room, 8, 0));
	/* In ticks, of which the first is not a whole one. */
	CHECK(net_now_ms() - start >= 25);
	FAILS(EAGAIN, accept(p.listener, NULL, NULL));
	GIVES(3, send(p.cli, "abc", 3, 0));
	UNTIL(net_queued(p.srv) == 3);
	/* Time is up: it gets what there is. */
	GIVES(3, recv(p.srv, room, 8, MSG_WAITALL));
	FAILS(EAGAIN, recv(p.srv, room, 8, MSG_WAITALL));
}

NET_TEST(send_limit)
{
	struct net_pair p = net_connected();
	int64_t start;
	int err;

	limit(p.cli, SO_SNDTIMEO, 40);
	start = net_now_ms();
	while (send(p.cli, room, sizeof(room), 0) > 0)
		;
	err = errno;
	GIVES(EAGAIN, err);
	CHECK(net_now_ms() - start >= 25);
}

/* A write that blocks is a write of all: the peer reads while it sleeps. */
NET_TEST(blocking_write)
{
	static char big[4 << 20];
	struct net_pair p = net_connected();
	long got = 0;
	pid_t pid;

	MUST((pid = fork()) >= 0);
	if (pid == 0) {
		while (got < (long)sizeof(big)) {
			long n = recv(p.srv, room, sizeof(room), 0);

			if (n <= 0)
				_exit(1);
			got += n;
		}
		_exit(send(p.srv, "k", 1, 0) != 1);
	}
	GIVES(sizeof(big), send(p.cli, big, sizeof(big), 0));
	GIVES(1, recv(p.cli, room, 8, 0));
}

TEST_HARNESS_MAIN
