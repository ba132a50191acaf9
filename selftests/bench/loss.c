// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic for networks that lose packets; loss.py makes the network. The word after the options
 * says what is done COUNT times:
 *
 *	stream		COUNT kilobytes (1000 bytes) to the server: one time for all of them
 *	transfer	a request, and 16 KB (16384 bytes) back, on one connection
 *	connect		a new connection
 *	tail		on a new connection 16 KB to the server, whose second half goes out marked
 *			TAIL_TOS, for the network to lose, what is sent again is not marked
 *	incast		a request to each of 64 connections at once, and 16 KB back from each
 *
 * Each line is a time in nanoseconds. Whoever receives data looks at every byte of it.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <signal.h>
#include <unistd.h>

#include "bench.h"

#define KB		1000ULL
#define BLOCK		16384
#define SENDERS		64
#define TAIL_TOS	0x40
#define WARM_UP		4

/* No power of two: data that is not where it belongs does not look as if it were. */
#define PERIOD		65521

/* What a request asks for; also what the client of a tail or a stream is answered with. */
static const char request[16] = "sixteen kilobyte";

static unsigned char pattern[2 * PERIOD];

static void make_pattern(void)
{
	uint32_t x = 2463534242;
	size_t i;

	for (i = 0; i < PERIOD; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		pattern[i] = x >> 24;
	}
	memcpy(pattern + PERIOD, pattern, PERIOD);
}

/* A connection's data, which goes on where the last piece of it ended. */
static void send_data(int fd, uint64_t *at, size_t len)
{
	while (len) {
		size_t n = len < PERIOD ? len : PERIOD;

		bench_send(fd, pattern + *at % PERIOD, n);
		*at += n;
		len -= n;
	}
}

static void check_data(const void *data, uint64_t *at, size_t len)
{
	if (memcmp(data, pattern + *at % PERIOD, len)) {
		fprintf(stderr, "wrong data after byte %llu\n", (unsigned long long)*at);
		exit(1);
	}
	*at += len;
}

/* Return: bytes, at most @len; 0 at the end of the stream. */
static size_t recv_data(int fd, uint64_t *at, size_t len)
{
	static unsigned char buffer[PERIOD];
	ssize_t n = recv(fd, buffer, len < PERIOD ? len : PERIOD, 0);

	if (n < 0)
		bench_die("recv");
	check_data(buffer, at, n);
	return n;
}

static void recv_all(int fd, uint64_t *at, size_t len)
{
	while (len) {
		size_t n = recv_data(fd, at, len);

		if (!n) {
			fprintf(stderr, "the stream ended early\n");
			exit(1);
		}
		len -= n;
	}
}

static void no_delay(int fd)
{
	int one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		bench_die("TCP_NODELAY");
}

static void mark(int fd, int tos)
{
	if (setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)) < 0)
		bench_die("IP_TOS");
}

static void show(uint64_t ns)
{
	printf("%llu\n", (unsigned long long)ns);
}

static void ask(int fd)
{
	bench_send(fd, request, sizeof(request));
}

/* Return: false where the client has gone. */
static bool asked(int fd)
{
	char got[sizeof(request)];
	ssize_t n = recv(fd, got, sizeof(got), MSG_WAITALL);

	if (n < 0)
		bench_die("recv");
	if (n && (n != sizeof(got) || memcmp(got, request, sizeof(got)))) {
		fprintf(stderr, "a wrong request\n");
		exit(1);
	}
	return n;
}

/* Each connection has a process: none waits for what another one has lost. */
static void serve_each(int listener, void (*serve)(int fd))
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = bench_accept(listener);
		pid_t pid = fork();

		if (pid < 0)
			bench_die("fork");
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(listener);
			no_delay(fd);
			serve(fd);
			_exit(0);
		}
		close(fd);
	}
}

static void sink_one(int fd)
{
	uint64_t at = 0;

	while (recv_data(fd, &at, PERIOD))
		;
	ask(fd);
}

static void sink(const struct bench *b, int listener)
{
	(void)b;
	serve_each(listener, sink_one);
}

static void send_one(int fd)
{
	uint64_t at = 0;

	while (asked(fd))
		send_data(fd, &at, BLOCK);
}

static void source(const struct bench *b, int listener)
{
	(void)b;
	serve_each(listener, send_one);
}

static void take_one(int fd)
{
	uint64_t at = 0;
	char c;

	while (recv(fd, &c, 1, MSG_PEEK) == 1) {
		recv_all(fd, &at, BLOCK);
		ask(fd);
	}
}

static void taker(const struct bench *b, int listener)
{
	(void)b;
	serve_each(listener, take_one);
}

/* Nobody waits for the end of one connection to take the next. */
static void greeter(const struct bench *b, int listener)
{
	(void)b;
	for (;;)
		close(bench_accept(listener));
}

static void stream(const struct bench *b)
{
	int fd = bench_connect(b);
	uint64_t at = 0, start = bench_now_ns();

	send_data(fd, &at, b->count * KB);
	if (shutdown(fd, SHUT_WR) < 0)
		bench_die("shutdown");
	if (!asked(fd)) {
		fprintf(stderr, "the server has not read all\n");
		exit(1);
	}
	show(bench_now_ns() - start);
	close(fd);
}

static void transfer(const struct bench *b)
{
	int fd = bench_connect(b);
	uint64_t at = 0;
	long i;

	no_delay(fd);
	for (i = -WARM_UP; i < b->count; i++) {
		uint64_t start = bench_now_ns();

		ask(fd);
		recv_all(fd, &at, BLOCK);
		if (i >= 0)
			show(bench_now_ns() - start);
	}
	close(fd);
}

static void connects(const struct bench *b)
{
	long i;

	for (i = 0; i < b->count; i++) {
		uint64_t start = bench_now_ns();
		int fd = bench_connect(b);

		show(bench_now_ns() - start);
		close(fd);
	}
}

static void tail(const struct bench *b)
{
	long i;

	for (i = 0; i < b->count; i++) {
		int round, fd = bench_connect(b);
		uint64_t at = 0, start = 0;

		no_delay(fd);
		for (round = 0; round <= WARM_UP; round++) {
			send_data(fd, &at, BLOCK / 2);
			if (round == WARM_UP)
				mark(fd, TAIL_TOS);
			start = bench_now_ns();
			/* all of it leaves within this call: the window has room for it */
			send_data(fd, &at, BLOCK / 2);
			mark(fd, 0);
			if (!asked(fd))
				bench_die("end of the stream");
		}
		show(bench_now_ns() - start);
		close(fd);
	}
}

static void incast_round(struct pollfd *fds, uint64_t *at)
{
	uint64_t left = SENDERS * BLOCK;
	int i;

	for (i = 0; i < SENDERS; i++)
		ask(fds[i].fd);
	while (left) {
		if (poll(fds, SENDERS, -1) < 0)
			bench_die("poll");
		for (i = 0; i < SENDERS; i++) {
			size_t n;

			if (!fds[i].revents)
				continue;
			n = recv_data(fds[i].fd, &at[i], PERIOD);
			if (!n || n > left) {
				fprintf(stderr, "not the bytes that were asked for\n");
				exit(1);
			}
			left -= n;
		}
	}
}

static void incast(const struct bench *b)
{
	struct pollfd fds[SENDERS];
	uint64_t at[SENDERS] = {};
	long i;

	for (i = 0; i < SENDERS; i++) {
		fds[i] = (struct pollfd){ .fd = bench_connect(b), .events = POLLIN };
		no_delay(fds[i].fd);
	}
	for (i = 0; i < b->count; i++) {
		uint64_t start = bench_now_ns();

		incast_round(fds, at);
		show(bench_now_ns() - start);
	}
	for (i = 0; i < SENDERS; i++)
		close(fds[i].fd);
}

static const struct {
	const char *name;
	void (*serve)(const struct bench *b, int listener);
	void (*run)(const struct bench *b);
} modes[] = {
	{ "stream", sink, stream },
	{ "transfer", source, transfer },
	{ "connect", greeter, connects },
	{ "tail", taker, tail },
	{ "incast", source, incast },
};

int main(int argc, char **argv)
{
	struct bench b = bench_arguments(argc, argv, 100);
	size_t i;

	make_pattern();
	for (i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (!argv[optind] || strcmp(argv[optind], modes[i].name))
			continue;
		bench_serve(&b, modes[i].serve);
		modes[i].run(&b);
		bench_end(&b);
		return 0;
	}
	fprintf(stderr, "what is %s?\n", argv[optind] ? argv[optind] : "to be done");
	return 2;
}
