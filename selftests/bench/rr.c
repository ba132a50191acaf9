// SPDX-License-Identifier: GPL-2.0-only
/* A byte there and a byte back, on one connection: nanoseconds a transaction. */
#include <stdio.h>
#include <sys/socket.h>

#include "bench.h"

#define WARM_UP	1000

static void echo(const struct bench *b, int listener)
{
	int fd = bench_accept(listener);
	char c;

	(void)b;
	while (recv(fd, &c, 1, 0) == 1)
		bench_send(fd, &c, 1);
}

static uint64_t transactions(int fd, long count)
{
	uint64_t start = bench_now_ns();
	char c = 'x';

	while (count--) {
		bench_send(fd, &c, 1);
		bench_recv(fd, &c, 1);
	}
	return bench_now_ns() - start;
}

int main(int argc, char **argv)
{
	struct bench b = bench_arguments(argc, argv, 20000);
	int fd;

	bench_serve(&b, echo);
	fd = bench_connect(&b);
	transactions(fd, WARM_UP);
	printf("%llu\n", (unsigned long long)transactions(fd, b.count) / b.count);
	bench_end(&b);
	return 0;
}
