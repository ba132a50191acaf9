// SPDX-License-Identifier: GPL-2.0-only
/* shutdown() in every state, and what calls say on either side of it. */
#include <fcntl.h>

#include "paths.h"
#include "variants.h"

static void try_all(const char *when, int fd)
{
	char text[64];

	net_note("%s\n", when);
	CALL(net_poll(fd));
	CALL(net_tcp_state(fd));
	CALL(recv(fd, text, sizeof(text), MSG_DONTWAIT));
	CALL(recv(fd, text, sizeof(text), MSG_DONTWAIT));
	CALL(send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
	CALL(net_so_error(fd));
}

NET_TEST(before_connecting)
{
	static const int hows[] = { SHUT_RD, SHUT_WR, SHUT_RDWR, 3, -1, 99 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hows); i++) {
		int fd = net_socket(CLI, 0);
		int l = net_listener(2);
		struct net_addr to = net_local(CLI, net_port(l));

		net_note("how %d ", hows[i]);
		CALL(shutdown(fd, hows[i]));
		CALL(net_poll(fd));
		CALL(shutdown(net_bound(CLI, 0), hows[i]));
		CALL(connect(fd, &to.sa, to.len));
		try_all("connected after it", fd);
	}
}

NET_TEST(while_connecting)
{
	struct net_addr to = path_swallowed();
	static const int hows[] = { SHUT_RD, SHUT_WR, SHUT_RDWR };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hows); i++) {
		int fd = net_socket(CLI, SOCK_NONBLOCK);

		FAILS(EINPROGRESS, connect(fd, &to.sa, to.len));
		net_note("how %d ", hows[i]);
		CALL(shutdown(fd, hows[i]));
		try_all("after it", fd);
		CALL(connect(fd, &to.sa, to.len));
		close(fd);
	}
}

NET_TEST(write_side)
{
	struct net_pair p = net_connected();
	char text[64];

	GIVES(5, send(p.cli, "hello", 5, 0));
	GIVES(0, shutdown(p.cli, SHUT_WR));
	FAILS(EPIPE, send(p.cli, "x", 1, MSG_NOSIGNAL));
	GIVES(0, shutdown(p.cli, SHUT_WR));
	/* Data, then the end of it, and the other direction goes on. */
	CALL(net_wait(p.srv, POLLRDHUP));
	GIVES(5, recv(p.srv, text, sizeof(text), 0));
	GIVES(0, recv(p.srv, text, sizeof(text), 0));
	GIVES(0, recv(p.srv, text, sizeof(text), 0));
	CALL(net_poll(p.srv));
	GIVES(5, send(p.srv, "world", 5, 0));
	GIVES(5, recv(p.cli, text, sizeof(text), 0));
	FAILS(EAGAIN, recv(p.cli, text, sizeof(text), MSG_DONTWAIT));
	GIVES(0, shutdown(p.srv, SHUT_WR));
	GIVES(0, recv(p.cli, text, sizeof(text), 0));
	UNTIL(net_poll(p.srv) & POLLHUP);
	try_all("client at the end", p.cli);
	try_all("server at the end", p.srv);
	CALL(shutdown(p.cli, SHUT_WR));
	CALL(shutdown(p.srv, SHUT_RDWR));
}

NET_TEST(read_side)
{
	struct net_pair p = net_connected();
	char text[64];

	GIVES(5, send(p.cli, "hello", 5, 0));
	MUST(net_wait(p.srv, POLLIN));
	GIVES(0, shutdown(p.srv, SHUT_RD));
	CALL(net_poll(p.srv));
	CALL(recv(p.srv, text, sizeof(text), MSG_DONTWAIT));
	CALL(recv(p.srv, text, sizeof(text), 0));
	/* The wire knows nothing of it: more data can come. */
	GIVES(5, send(p.cli, "again", 5, 0));
	UNTIL(net_queued(p.srv) == 5);
	CALL(net_poll(p.srv));
	CALL(recv(p.srv, text, sizeof(text), 0));
	CALL(recv(p.srv, text, sizeof(text), 0));
	CALL(net_poll(p.cli));
	GIVES(1, send(p.srv, "x", 1, 0));
	GIVES(1, recv(p.cli, text, sizeof(text), 0));
}

NET_TEST(both_sides)
{
	struct net_pair p = net_connected();
	char text[64];

	GIVES(3, send(p.srv, "abc", 3, 0));
	MUST(net_wait(p.cli, POLLIN));
	GIVES(0, shutdown(p.cli, SHUT_RDWR));
	MUST(net_wait(p.srv, POLLRDHUP));
	try_all("peer", p.srv);
	CALL(net_poll(p.cli));
	CALL(recv(p.cli, text, sizeof(text), MSG_DONTWAIT));
	CALL(recv(p.cli, text, sizeof(text), MSG_DONTWAIT));
	FAILS(EPIPE, send(p.cli, "x", 1, MSG_NOSIGNAL));
	CALL(shutdown(p.srv, SHUT_WR));
}

NET_TEST(after_reset)
{
	struct linger now = { .l_onoff = 1 };
	struct net_pair p = net_connected();

	MUST(setsockopt(p.srv, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	GIVES(0, close(p.srv));
	MUST(net_wait(p.cli, POLLIN));
	CALL(shutdown(p.cli, SHUT_RD));
	CALL(shutdown(p.cli, SHUT_WR));
	CALL(shutdown(p.cli, SHUT_RDWR));
	try_all("after it", p.cli);
}

/* Both FINs on their way at once: neither end waits for the other's. */
NET_TEST(crossing)
{
	struct net_pair p = net_connected();
	char c;

	GIVES(0, shutdown(p.cli, SHUT_WR));
	GIVES(0, shutdown(p.srv, SHUT_WR));
	GIVES(0, recv(p.cli, &c, 1, 0));
	GIVES(0, recv(p.srv, &c, 1, 0));
	UNTIL(net_poll(p.cli) & POLLHUP);
	UNTIL(net_poll(p.srv) & POLLHUP);
	CALL(net_so_error(p.cli));
	CALL(net_so_error(p.srv));
}

TEST_HARNESS_MAIN
