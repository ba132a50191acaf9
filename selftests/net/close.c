// SPDX-License-Identifier: GPL-2.0-only
/* The ways a connection ends, seen from both ends (RFC 9293 3.6, 3.10.4). */
#include <fcntl.h>
#include <sys/wait.h>

#include "paths.h"
#include "variants.h"

/* tcpi_state, as net/tcp_states.h of the kernel numbers it. */
enum { ESTABLISHED = 1, FIN_WAIT1 = 4, FIN_WAIT2 = 5, CLOSED = 7, CLOSE_WAIT = 8, LAST_ACK = 9 };

static char room[65536];

static void note_end(const char *who, int fd)
{
	net_note("%s\n", who);
	CALL(net_poll(fd));
	CALL(net_tcp_state(fd));
	CALL(recv(fd, room, 8, MSG_DONTWAIT));
	CALL(recv(fd, room, 8, MSG_DONTWAIT));
	CALL(send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
	CALL(net_so_error(fd));
}

static void linger(int fd, int on, int seconds)
{
	struct linger l = { on, seconds };

	MUST(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)) == 0);
}

NET_TEST(client_first)
{
	struct net_pair p = net_connected();

	GIVES(ESTABLISHED, net_tcp_state(p.cli));
	GIVES(ESTABLISHED, net_tcp_state(p.srv));
	GIVES(0, shutdown(p.cli, SHUT_WR));
	UNTIL(net_tcp_state(p.cli) == FIN_WAIT2);
	UNTIL(net_tcp_state(p.srv) == CLOSE_WAIT);
	GIVES(0, shutdown(p.srv, SHUT_WR));
	/* A descriptor in TIME_WAIT has nothing to do with it any more. */
	UNTIL(net_tcp_state(p.cli) == CLOSED);
	UNTIL(net_tcp_state(p.srv) == CLOSED);
	note_end("client", p.cli);
	note_end("server", p.srv);
}

NET_TEST(server_first)
{
	struct net_pair p = net_connected();

	GIVES(0, shutdown(p.srv, SHUT_WR));
	UNTIL(net_tcp_state(p.srv) == FIN_WAIT2);
	UNTIL(net_tcp_state(p.cli) == CLOSE_WAIT);
	GIVES(0, shutdown(p.cli, SHUT_WR));
	UNTIL(net_tcp_state(p.cli) == CLOSED);
	UNTIL(net_tcp_state(p.srv) == CLOSED);
	note_end("client", p.cli);
	note_end("server", p.srv);
}

/* Nobody acknowledges the FIN, then somebody does. */
NET_SLOW_TEST(fin_unanswered)
{
	struct net_pair p = path_pair();

	path_cut();
	GIVES(0, shutdown(p.cli, SHUT_WR));
	GIVES(FIN_WAIT1, net_tcp_state(p.cli));
	GIVES(ESTABLISHED, net_tcp_state(p.srv));
	path_mend();
	UNTIL(net_tcp_state(p.cli) == FIN_WAIT2);
	GIVES(CLOSE_WAIT, net_tcp_state(p.srv));
	path_cut();
	GIVES(0, shutdown(p.srv, SHUT_WR));
	GIVES(LAST_ACK, net_tcp_state(p.srv));
	path_mend();
	UNTIL(net_tcp_state(p.srv) == CLOSED);
	UNTIL(net_tcp_state(p.cli) == CLOSED);
}

NET_TEST(data_after_close)
{
	struct net_pair p = net_connected();

	GIVES(0, close(p.srv));
	MUST(net_wait(p.cli, POLLRDHUP));
	CALL(net_tcp_state(p.cli));
	GIVES(1, send(p.cli, "x", 1, 0));
	/* Its answer is a reset. */
	UNTIL(net_poll(p.cli) & POLLERR);
	note_end("client", p.cli);
}

NET_TEST(data_after_close_then_read)
{
	struct net_pair p = net_connected();

	GIVES(3, send(p.srv, "abc", 3, 0));
	GIVES(0, close(p.srv));
	MUST(net_wait(p.cli, POLLRDHUP));
	GIVES(1, send(p.cli, "x", 1, 0));
	UNTIL(net_poll(p.cli) & POLLERR);
	CALL(recv(p.cli, room, 8, 0));
	CALL(recv(p.cli, room, 8, 0));
	CALL(recv(p.cli, room, 8, 0));
}

/* RFC 2525 2.17: a close that loses data is a reset. */
NET_TEST(unread_data)
{
	struct net_pair p = net_connected();

	GIVES(3, send(p.cli, "abc", 3, 0));
	UNTIL(net_queued(p.srv) == 3);
	GIVES(0, close(p.srv));
	UNTIL(net_poll(p.cli) & POLLERR);
	note_end("client", p.cli);
}

NET_TEST(unread_data_of_a_half)
{
	struct net_pair p = net_connected();

	GIVES(3, send(p.cli, "abc", 3, 0));
	GIVES(0, shutdown(p.cli, SHUT_WR));
	MUST(net_wait(p.srv, POLLRDHUP));
	GIVES(0, close(p.srv));
	UNTIL(net_poll(p.cli) & POLLHUP);
	note_end("client", p.cli);
}

NET_TEST(linger_zero)
{
	struct net_pair p = net_connected();

	GIVES(3, send(p.srv, "abc", 3, 0));
	UNTIL(net_queued(p.cli) == 3);
	linger(p.srv, 1, 0);
	GIVES(0, close(p.srv));
	UNTIL(net_poll(p.cli) & POLLERR);
	note_end("client", p.cli);
}

NET_TEST(linger_zero_of_a_half)
{
	struct net_pair p = net_connected();

	GIVES(0, shutdown(p.cli, SHUT_WR));
	MUST(net_wait(p.srv, POLLRDHUP));
	linger(p.srv, 1, 0);
	GIVES(0, close(p.srv));
	UNTIL(net_poll(p.cli) & POLLERR);
	note_end("client", p.cli);
}

static void fill(int fd)
{
	do {
		while (send(fd, room, sizeof(room), MSG_DONTWAIT) > 0)
			;
	} while (net_poll(fd) & POLLOUT);
}

NET_SLOW_TEST(lingers)
{
	struct net_pair p = net_connected();
	int64_t start = net_now_ms();

	/* Until the peer has everything, or the time is up. */
	fill(p.cli);
	linger(p.cli, 1, 1);
	GIVES(0, close(p.cli));
	CHECK(net_now_ms() - start >= 950);
}

NET_TEST(lingers_no_longer_than_it_must)
{
	struct net_pair p = net_connected();
	int64_t start = net_now_ms();

	GIVES(3, send(p.cli, "abc", 3, 0));
	linger(p.cli, 1, 50);
	GIVES(0, close(p.cli));
	CHECK(net_now_ms() - start < 20000);
	GIVES(3, recv(p.srv, room, 8, 0));
	GIVES(0, recv(p.srv, room, 8, 0));
}

/* An orphan delivers what it was given, however slowly it is read. */
NET_TEST(orphan_delivers)
{
	struct net_pair p = net_connected();
	long n, sent = 0, got = 0;

	do {
		while ((n = send(p.cli, room, sizeof(room), MSG_DONTWAIT)) > 0)
			sent += n;
	} while (net_poll(p.cli) & POLLOUT);
	GIVES(0, close(p.cli));
	while ((n = recv(p.srv, room, 7777, 0)) > 0)
		got += n;
	GIVES(0, n);
	GIVES(1, got == sent);
}

/* The connection is the last descriptor's. */
NET_TEST(two_descriptors)
{
	struct net_pair p = net_connected();
	int fd = dup(p.cli);

	GIVES(0, close(p.cli));
	GIVES(1, send(fd, "x", 1, 0));
	GIVES(1, recv(p.srv, room, 8, 0));
	CALL(net_poll(p.srv));
	GIVES(0, close(fd));
	GIVES(0, recv(p.srv, room, 8, 0));
}

NET_TEST(process_exits)
{
	struct net_pair p = net_connected();
	int status;
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid == 0)
		_exit(send(p.cli, "bye", 3, 0) != 3);
	MUST(close(p.cli) == 0);
	MUST(waitpid(pid, &status, 0) == pid && status == 0);
	GIVES(3, recv(p.srv, room, 8, 0));
	GIVES(0, recv(p.srv, room, 8, 0));
}

/* Both in one go: neither loses what the other wrote before. */
NET_TEST(both_close)
{
	struct net_pair p = net_connected();

	GIVES(3, send(p.cli, "abc", 3, 0));
	GIVES(3, send(p.srv, "def", 3, 0));
	GIVES(0, shutdown(p.cli, SHUT_WR));
	GIVES(0, shutdown(p.srv, SHUT_WR));
	GIVES(3, recv(p.srv, room, 8, MSG_WAITALL));
	GIVES(3, recv(p.cli, room, 8, MSG_WAITALL));
	UNTIL(net_tcp_state(p.cli) == CLOSED);
	UNTIL(net_tcp_state(p.srv) == CLOSED);
	GIVES(0, close(p.cli));
	GIVES(0, close(p.srv));
}

TEST_HARNESS_MAIN
