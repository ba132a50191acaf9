// SPDX-License-Identifier: GPL-2.0-only
/* One stream: nanoseconds a megabyte (1,000,000 bytes). -n is in megabytes. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define MB		1000000ULL
#define WARM_UP_MB	20

static char buffer[128 * 1024];

static void sink(const struct bench *b, int listener)
{
	(void)b;
	for (;;) {
		int fd = bench_accept(listener);
		ssize_t n;

		do {
			n = recv(fd, buffer, sizeof(buffer), 0);
		} while (n > 0);
		if (n < 0)
			bench_die("recv");
		close(fd);
	}
}

/* Until the server has read the last byte: it closes then. */
static uint64_t transfer(const struct bench *b, uint64_t bytes)
{
	uint64_t start = bench_now_ns();
	int fd = bench_connect(b);
	char c;

	while (bytes) {
		size_t n = bytes < sizeof(buffer) ? bytes : sizeof(buffer);

		bench_send(fd, buffer, n);
		bytes -= n;
	}
	if (shutdown(fd, SHUT_WR) < 0)
		bench_die("shutdown");
	if (recv(fd, &c, 1, 0) != 0)
		bench_die("end of the stream");
	close(fd);
	return bench_now_ns() - start;
}

int main(int argc, char **argv)
{
	struct bench b = bench_arguments(argc, argv, 200);

	bench_serve(&b, sink);
	transfer(&b, WARM_UP_MB * MB);
	printf("%llu\n", (unsigned long long)transfer(&b, b.count * MB) / b.count);
	bench_end(&b);
	return 0;
}
