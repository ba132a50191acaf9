/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the benchmarks share: a client in the namespace where the program was
 * started, a server in another, both of the same stack.
 */
#ifndef SELFTESTS_BENCH_H
#define SELFTESTS_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct bench - one run
 * @atcp: the stack of both ends
 * @count: how much of whatever the program counts
 * @server_ns: name of the server's network namespace, as ip-netns(8) has it
 * @server_ip: IPv4 address that the server has there
 * @port: where the server listens; set by bench_serve()
 * @server: its process; set by bench_serve()
 */
struct bench {
	bool atcp;
	long count;
	const char *server_ns;
	const char *server_ip;
	uint16_t port;
	pid_t server;
};

/**
 * bench_arguments() - read the command line, or explain it and leave
 *
 * -f native|atcp, -n COUNT, -N NAMESPACE and -a ADDRESS; @count is what -n is
 * without one.
 */
struct bench bench_arguments(int argc, char **argv, long count);

/**
 * bench_serve() - start the server and wait until it listens
 *
 * @serve runs in a child, in the server's namespace, with the listening
 * socket, until bench_end().
 */
void bench_serve(struct bench *b, void (*serve)(const struct bench *b, int listener));

/* All that the server had is gone when this returns: the next run starts clean. */
void bench_end(struct bench *b);

/* A blocking connection to the server. */
int bench_connect(const struct bench *b);

/* Any error ends the run with a message: a measurement has no use for it. */
void bench_die(const char *what) __attribute__((noreturn));
void bench_send(int fd, const void *data, size_t len);
void bench_recv(int fd, void *data, size_t len);
int bench_accept(int listener);

uint64_t bench_now_ns(void);

#endif
