// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals: those that interrupt a call, and those that a socket sends. A timer
 * that repeats interrupts whatever sleeps, however late it fell asleep.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include "paths.h"
#include "variants.h"

#define TICK_US 20000

static char room[65536];
static volatile sig_atomic_t ticks;
static int rescue_fd;
static void (*rescue)(void);

static void tick(int sig)
{
	int err = errno;

	(void)sig;
	/* The call that restarted after the first two is let go at the third. */
	if (++ticks == 3 && rescue)
		rescue();
	errno = err;
}

static void start_ticking(int flags, void (*then)(void), int fd)
{
	struct itimerval every = { { 0, TICK_US }, { 0, TICK_US } };
	struct sigaction sa = { .sa_handler = tick, .sa_flags = flags };

	ticks = 0;
	rescue = then;
	rescue_fd = fd;
	MUST(sigaction(SIGALRM, &sa, NULL) == 0);
	MUST(setitimer(ITIMER_REAL, &every, NULL) == 0);
}

static void stop_ticking(void)
{
	struct itimerval never = { 0 };

	MUST(setitimer(ITIMER_REAL, &never, NULL) == 0);
}

static void rescue_reader(void)
{
	if (send(rescue_fd, "x", 1, 0) != 1)
		_exit(1);
}

static void rescue_writer(void)
{
	shutdown(rescue_fd, SHUT_WR);
}

static void rescue_by_shutdown(void)
{
	shutdown(rescue_fd, SHUT_RDWR);
}

static void rescue_acceptor(void)
{
	struct net_addr to = net_local(CLI, net_port(rescue_fd));
	int fd = net_socket(CLI, SOCK_NONBLOCK);

	/* in progress, or it is the acceptor that says that nobody came */
	(void)connect(fd, &to.sa, to.len);
}

static void limit(int fd, int which)
{
	struct timeval tv = { .tv_sec = 20 };

	MUST(setsockopt(fd, SOL_SOCKET, which, &tv, sizeof(tv)) == 0);
}

NET_TEST(interrupted_read)
{
	struct net_pair p = net_connected();

	start_ticking(0, NULL, -1);
	FAILS(EINTR, recv(p.srv, room, 8, 0));
	FAILS(EINTR, recv(p.srv, room, 8, MSG_WAITALL));
	FAILS(EINTR, recv(p.srv, room, 8, MSG_PEEK));
	GIVES(3, send(p.cli, "abc", 3, 0));
	/* What has come is handed over, not lost. */
	GIVES(3, recv(p.srv, room, 8, MSG_WAITALL));
	stop_ticking();
	start_ticking(SA_RESTART, rescue_reader, p.cli);
	GIVES(1, recv(p.srv, room, 8, 0));
	GIVES(1, ticks >= 3);
	stop_ticking();
	/* With a limit there is no restart: it would begin anew. */
	limit(p.srv, SO_RCVTIMEO);
	start_ticking(SA_RESTART, NULL, -1);
	FAILS(EINTR, recv(p.srv, room, 8, 0));
	stop_ticking();
}

/* Until it is stuck: what the peer's window lets go makes room for a while. */
static long write_until_stuck(int fd)
{
	long n;

	do {
		n = send(fd, room, sizeof(room), 0);
	} while (n > 0);
	return n;
}

NET_TEST(interrupted_write)
{
	struct net_pair p = net_connected();

	start_ticking(0, NULL, -1);
	FAILS(EINTR, write_until_stuck(p.cli));
	stop_ticking();
	limit(p.cli, SO_SNDTIMEO);
	start_ticking(SA_RESTART, NULL, -1);
	FAILS(EINTR, write_until_stuck(p.cli));
	stop_ticking();
}

/* A long write that a signal cuts short says how far it came. */
NET_TEST(shortened_write)
{
	static char big[64 << 20];
	struct net_pair p = net_connected();
	long n;

	start_ticking(SA_RESTART, NULL, -1);
	n = send(p.cli, big, sizeof(big), 0);
	stop_ticking();
	GIVES(1, n > 0 && n < (long)sizeof(big));
}

NET_TEST(interrupted_accept)
{
	int l = net_listener(4);

	start_ticking(0, NULL, -1);
	FAILS(EINTR, accept(l, NULL, NULL));
	stop_ticking();
	start_ticking(SA_RESTART, rescue_acceptor, l);
	GIVES(1, accept(l, NULL, NULL) >= 0);
	GIVES(1, ticks >= 3);
	stop_ticking();
	limit(l, SO_RCVTIMEO);
	start_ticking(SA_RESTART, NULL, -1);
	FAILS(EINTR, accept(l, NULL, NULL));
	stop_ticking();
}

NET_TEST(interrupted_connect)
{
	struct net_addr to = path_swallowed();
	int fd = net_socket(CLI, 0);

	start_ticking(0, NULL, -1);
	FAILS(EINTR, connect(fd, &to.sa, to.len));
	/* It goes on all the same. */
	CALL(connect(fd, &to.sa, to.len));
	stop_ticking();
	CALL(net_tcp_state(fd));
	CALL(net_poll(fd));
	MUST(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	CALL(connect(fd, &to.sa, to.len));
	fd = net_socket(CLI, 0);
	limit(fd, SO_SNDTIMEO);
	start_ticking(SA_RESTART, NULL, -1);
	CALL(connect(fd, &to.sa, to.len));
	stop_ticking();
}

NET_TEST(interrupted_poll)
{
	struct net_pair p = net_connected();
	struct pollfd f = { .fd = p.srv, .events = POLLIN };

	start_ticking(SA_RESTART, NULL, -1);
	FAILS(EINTR, poll(&f, 1, -1));
	stop_ticking();
}

/* Someone else ends the connection under a reader who sleeps. */
NET_TEST(reader_released)
{
	struct net_pair p = net_connected();

	start_ticking(SA_RESTART, rescue_writer, p.cli);
	GIVES(0, recv(p.srv, room, 8, 0));
	GIVES(1, ticks >= 3);
	stop_ticking();
}

/* An own shutdown() wakes those who sleep in the socket. */
NET_TEST(own_shutdown)
{
	struct net_pair p = net_connected();

	start_ticking(SA_RESTART, rescue_by_shutdown, p.srv);
	GIVES(0, recv(p.srv, room, 8, 0));
	GIVES(1, ticks >= 3);
	stop_ticking();
}

NET_TEST(listener_released)
{
	int l = net_listener(4);

	start_ticking(SA_RESTART, rescue_by_shutdown, l);
	CALL(accept(l, NULL, NULL));
	GIVES(1, ticks >= 3);
	stop_ticking();
	CALL(accept(l, NULL, NULL));
}

NET_TEST(broken_pipe)
{
	struct net_pair p = net_connected();

	MUST(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	GIVES(0, shutdown(p.cli, SHUT_WR));
	FAILS(EPIPE, send(p.cli, "x", 1, 0));
	FAILS(EPIPE, write(p.cli, "x", 1));
	MUST(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	FAILS(EPIPE, send(p.cli, "x", 1, MSG_NOSIGNAL));
	/* The record ends with what ended the script. */
	CALL(write(p.cli, "x", 1));
	net_note("survived\n");
}

NET_TEST(broken_pipe_unconnected)
{
	CALL(send(net_socket(CLI, 0), "x", 1, MSG_NOSIGNAL));
	CALL(send(net_socket(CLI, 0), "x", 1, 0));
	net_note("survived\n");
}

/* SIGPIPE is for those who write again after they were told. */
NET_TEST(reset_then_write)
{
	struct linger now = { .l_onoff = 1 };
	struct net_pair p = net_connected();

	MUST(setsockopt(p.srv, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	MUST(close(p.srv) == 0);
	MUST(net_wait(p.cli, POLLIN));
	CALL(send(p.cli, "x", 1, 0));
	CALL(send(p.cli, "x", 1, MSG_NOSIGNAL));
	CALL(recv(p.cli, room, 1, 0));
	CALL(send(p.cli, "x", 1, 0));
	net_note("survived\n");
}

static int wait_signal(int sig, siginfo_t *info)
{
	struct timespec bound = { .tv_sec = 20 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return sigtimedwait(&set, info, &bound);
}

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	MUST(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
}

NET_TEST(input_signal)
{
	struct net_pair p = net_connected();
	siginfo_t info;

	block(SIGIO);
	MUST(fcntl(p.srv, F_SETOWN, getpid()) == 0);
	GIVES(0, fcntl(p.srv, F_SETFL, O_ASYNC));
	GIVES(1, send(p.cli, "x", 1, 0));
	GIVES(SIGIO, wait_signal(SIGIO, &info));
	GIVES(1, recv(p.srv, room, 8, 0));
	GIVES(0, shutdown(p.cli, SHUT_WR));
	GIVES(SIGIO, wait_signal(SIGIO, &info));
}

NET_TEST(input_signal_of_choice)
{
	struct net_pair p = net_connected();
	siginfo_t info;

	block(SIGRTMIN + 1);
	MUST(fcntl(p.srv, F_SETOWN, getpid()) == 0);
	MUST(fcntl(p.srv, F_SETSIG, SIGRTMIN + 1) == 0);
	MUST(fcntl(p.srv, F_SETFL, O_ASYNC) == 0);
	GIVES(1, send(p.cli, "x", 1, 0));
	GIVES(SIGRTMIN + 1, wait_signal(SIGRTMIN + 1, &info));
	GIVES(1, info.si_fd == p.srv);
	CALL(info.si_code);
	CALL(info.si_band);
}

NET_TEST(listener_signal)
{
	int l = net_listener(4);
	siginfo_t info;

	block(SIGIO);
	MUST(fcntl(l, F_SETOWN, getpid()) == 0);
	MUST(ioctl(l, FIOASYNC, &(int){ 1 }) == 0);
	net_connect(l, 0);
	GIVES(SIGIO, wait_signal(SIGIO, &info));
}

TEST_HARNESS_MAIN
