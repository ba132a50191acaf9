// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel memory of many connections, both ends of each: bytes a connection.
 *
 * conns-idle has them open after a byte each way. conns-timewait has closed
 * them, the server first, as an HTTP server does: one TIME_WAIT for each.
 * What the program is called chooses between the two.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "memory.h"

#define WARM_UP		500
#define MOST		50000

static bool time_wait;
static int fds[MOST];

static void serve(const struct bench *b, int listener)
{
	(void)b;
	for (;;) {
		int fd = bench_accept(listener);
		char c;

		bench_recv(fd, &c, 1);
		bench_send(fd, &c, 1);
		if (time_wait)
			close(fd);
	}
}

static void open_one(const struct bench *b, int *fd)
{
	char c = 'x';

	*fd = bench_connect(b);
	bench_send(*fd, &c, 1);
	bench_recv(*fd, &c, 1);
	if (!time_wait)
		return;
	if (recv(*fd, &c, 1, 0) != 0)
		bench_die("end of the stream");
	close(*fd);
}

/* A reset at each: the next run's memory has no TIME_WAIT of this one in it. */
static void drop(int fd)
{
	struct linger now = { .l_onoff = 1 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) < 0)
		bench_die("SO_LINGER");
	close(fd);
}

int main(int argc, char **argv)
{
	struct bench b = bench_arguments(argc, argv, 10000);
	long long before, after;
	long i;

	time_wait = strstr(argv[0], "timewait");
	if (b.count > MOST) {
		fprintf(stderr, "at most %d\n", MOST);
		return 2;
	}
	/* Touched before, or its pages would count. */
	memset(fds, 0xff, sizeof(fds));
	bench_serve(&b, serve);
	for (i = 0; i < WARM_UP; i++)
		open_one(&b, &fds[0]);
	before = memory_used();
	for (i = 0; i < b.count; i++)
		open_one(&b, &fds[i]);
	after = memory_used();
	printf("%lld\n", (after - before) / b.count);
	for (i = 0; !time_wait && i < b.count; i++)
		drop(fds[i]);
	bench_end(&b);
	return 0;
}
