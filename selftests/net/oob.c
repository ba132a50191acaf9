// SPDX-License-Identifier: GPL-2.0-only
/* Urgent data (RFC 9293 3.8.5, RFC 6093): one byte out of band, a mark in it. */
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "variants.h"

static int at_mark(int fd)
{
	int mark = -2;

	MUST(ioctl(fd, SIOCATMARK, &mark) == 0);
	return mark;
}

static void note_read(int fd, size_t size, int flags)
{
	char text[64] = "";
	int n = recv(fd, text, size, flags);

	if (n < 0)
		net_note("read: %s\n", strerrorname_np(errno));
	else
		net_note("read: %d bytes, %.*s\n", n, n, text);
}

NET_TEST(none)
{
	struct net_pair p = net_connected();

	note_read(p.srv, 1, MSG_OOB);
	GIVES(0, at_mark(p.srv));
	CALL(ioctl(p.listener, SIOCATMARK, &(int){ 0 }));
	CALL(ioctl(net_socket(SRV, 0), SIOCATMARK, &(int){ 0 }));
	FAILS(EFAULT, ioctl(p.srv, SIOCATMARK, NULL));
	note_read(net_socket(SRV, 0), 1, MSG_OOB);
	note_read(p.listener, 1, MSG_OOB);
	GIVES(0, shutdown(p.cli, SHUT_WR));
	MUST(net_wait(p.srv, POLLRDHUP));
	note_read(p.srv, 1, MSG_OOB);
}

NET_TEST(a_byte)
{
	struct net_pair p = net_connected();

	GIVES(3, send(p.cli, "abC", 3, MSG_OOB));
	CALL(net_wait(p.srv, POLLPRI));
	UNTIL(net_queued(p.srv) == 2);
	GIVES(0, at_mark(p.srv));
	note_read(p.srv, 8, MSG_OOB | MSG_PEEK);
	note_read(p.srv, 8, MSG_OOB);
	note_read(p.srv, 8, MSG_OOB);
	CALL(net_poll(p.srv));
	note_read(p.srv, 8, 0);
	GIVES(1, at_mark(p.srv));
	CALL(net_queued(p.srv));
	CALL(net_poll(p.srv));
	note_read(p.srv, 8, MSG_DONTWAIT);
	GIVES(2, send(p.cli, "de", 2, 0));
	note_read(p.srv, 8, 0);
	GIVES(0, at_mark(p.srv));
}

/* One read never runs over the mark. */
NET_TEST(mark_ends_a_read)
{
	struct net_pair p = net_connected();

	GIVES(3, send(p.cli, "abC", 3, MSG_OOB));
	GIVES(2, send(p.cli, "de", 2, 0));
	UNTIL(net_queued(p.srv) >= 4 || (net_poll(p.srv) & POLLPRI));
	UNTIL(net_queued(p.srv) == 2);
	note_read(p.srv, 64, 0);
	GIVES(1, at_mark(p.srv));
	CALL(net_queued(p.srv));
	note_read(p.srv, 64, 0);
	GIVES(0, at_mark(p.srv));
	/* Passed over: it is lost. */
	note_read(p.srv, 1, MSG_OOB);
	CALL(net_poll(p.srv));
}

NET_TEST(mark_and_waitall)
{
	struct net_pair p = net_connected();

	GIVES(3, send(p.cli, "abC", 3, MSG_OOB));
	GIVES(4, send(p.cli, "defg", 4, 0));
	MUST(net_wait(p.srv, POLLPRI));
	UNTIL(net_queued(p.srv) == 2);
	note_read(p.srv, 1, 0);
	note_read(p.srv, 4, MSG_PEEK);
	note_read(p.srv, 1, MSG_WAITALL);
	CALL(at_mark(p.srv));
	note_read(p.srv, 3, MSG_WAITALL);
	note_read(p.srv, 1, MSG_WAITALL);
}

NET_TEST(inline_byte)
{
	struct net_pair p = net_connected();

	net_set_int(p.srv, SOL_SOCKET, SO_OOBINLINE, 1);
	GIVES(3, send(p.cli, "abC", 3, MSG_OOB));
	GIVES(2, send(p.cli, "de", 2, 0));
	CALL(net_wait(p.srv, POLLPRI));
	note_read(p.srv, 1, MSG_OOB);
	/* It counts as data, for it is. */
	UNTIL(net_queued(p.srv) == 5);
	GIVES(0, at_mark(p.srv));
	note_read(p.srv, 64, 0);
	GIVES(1, at_mark(p.srv));
	CALL(net_poll(p.srv));
	note_read(p.srv, 64, 0);
	GIVES(0, at_mark(p.srv));
	CALL(net_poll(p.srv));
}

/* A second urgent byte takes the place of the first, which joins the stream. */
NET_TEST(second_byte)
{
	struct net_pair p = net_connected();

	GIVES(2, send(p.cli, "aB", 2, MSG_OOB));
	MUST(net_wait(p.srv, POLLPRI));
	UNTIL(net_queued(p.srv) == 1);
	GIVES(2, send(p.cli, "cD", 2, MSG_OOB));
	UNTIL(net_queued(p.srv) >= 2);
	CALL(net_queued(p.srv));
	note_read(p.srv, 1, MSG_OOB);
	note_read(p.srv, 64, 0);
	CALL(at_mark(p.srv));
	note_read(p.srv, 64, MSG_DONTWAIT);
}

NET_TEST(read_first)
{
	struct net_pair p = net_connected();

	GIVES(1, send(p.cli, "A", 1, MSG_OOB));
	MUST(net_wait(p.srv, POLLPRI));
	GIVES(1, at_mark(p.srv));
	CALL(net_queued(p.srv));
	CALL(net_poll(p.srv));
	note_read(p.srv, 1, MSG_DONTWAIT);
	note_read(p.srv, 1, MSG_OOB);
	GIVES(2, send(p.cli, "bC", 2, MSG_OOB));
	MUST(net_wait(p.srv, POLLPRI));
	note_read(p.srv, 1, MSG_OOB);
	note_read(p.srv, 0, MSG_OOB);
	GIVES(0, shutdown(p.cli, SHUT_WR));
	MUST(net_wait(p.srv, POLLRDHUP));
	note_read(p.srv, 64, 0);
	note_read(p.srv, 64, 0);
}

/* shows MUST-32 */
NET_TEST(signal)
{
	struct timespec limit = { .tv_sec = 20 };
	struct net_pair p = net_connected();
	siginfo_t info;
	sigset_t urg;

	sigemptyset(&urg);
	sigaddset(&urg, SIGURG);
	/* What is ignored by default, and blocked, is kept for us all the same. */
	MUST(sigprocmask(SIG_BLOCK, &urg, NULL) == 0);
	GIVES(0, fcntl(p.srv, F_SETOWN, getpid()));
	GIVES(getpid() > 0, fcntl(p.srv, F_GETOWN) == getpid());
	GIVES(1, send(p.cli, "A", 1, MSG_OOB));
	GIVES(SIGURG, sigtimedwait(&urg, &info, &limit));
	/* Nobody owns this one. */
	GIVES(0, fcntl(p.srv, F_SETOWN, 0));
	note_read(p.srv, 1, MSG_OOB);
	GIVES(1, send(p.cli, "B", 1, MSG_OOB));
	MUST(net_wait(p.srv, POLLPRI));
	limit.tv_sec = 0;
	FAILS(EAGAIN, sigtimedwait(&urg, &info, &limit));
}

NET_TEST(nothing_to_send)
{
	struct net_pair p = net_connected();

	CALL(send(p.cli, "", 0, MSG_OOB));
	CALL(net_poll(p.srv));
	CALL(send(net_socket(CLI, 0), "x", 1, MSG_OOB | MSG_NOSIGNAL));
	GIVES(0, shutdown(p.cli, SHUT_WR));
	FAILS(EPIPE, send(p.cli, "x", 1, MSG_OOB | MSG_NOSIGNAL));
}

TEST_HARNESS_MAIN
