// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connect, a byte there, a byte back, close: nanoseconds a connection. The
 * server closes first, as an HTTP server does, so TIME_WAIT is counted too.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define WARM_UP	200

static void answer(const struct bench *b, int listener)
{
	(void)b;
	for (;;) {
		int fd = bench_accept(listener);
		char c;

		bench_recv(fd, &c, 1);
		bench_send(fd, &c, 1);
		close(fd);
	}
}

static uint64_t connections(const struct bench *b, long count)
{
	uint64_t start = bench_now_ns();

	while (count--) {
		int fd = bench_connect(b);
		char c = 'x';

		bench_send(fd, &c, 1);
		bench_recv(fd, &c, 1);
		if (recv(fd, &c, 1, 0) != 0)
			bench_die("end of the stream");
		close(fd);
	}
	return bench_now_ns() - start;
}

int main(int argc, char **argv)
{
	struct bench b = bench_arguments(argc, argv, 3000);

	bench_serve(&b, answer);
	connections(&b, WARM_UP);
	printf("%llu\n", (unsigned long long)connections(&b, b.count) / b.count);
	bench_end(&b);
	return 0;
}
