// SPDX-License-Identifier: GPL-2.0-only
#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/atcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG	4096

void bench_die(const char *what)
{
	perror(what);
	exit(1);
}

static void explain(const char *program)
{
	fprintf(stderr, "usage: %s -f native|atcp [-n COUNT] -N NAMESPACE -a ADDRESS\n", program);
	exit(2);
}

struct bench bench_arguments(int argc, char **argv, long count)
{
	struct bench b = { .count = count };
	struct rlimit files = { 1 << 17, 1 << 17 };
	bool family = false;
	int c;

	while ((c = getopt(argc, argv, "f:n:N:a:")) != -1) {
		switch (c) {
		case 'f':
			b.atcp = !strcmp(optarg, "atcp");
			family = b.atcp || !strcmp(optarg, "native");
			break;
		case 'n':
			b.count = atol(optarg);
			break;
		case 'N':
			b.server_ns = optarg;
			break;
		case 'a':
			b.server_ip = optarg;
			break;
		default:
			explain(argv[0]);
		}
	}
	if (!family || b.count <= 0 || !b.server_ns || !b.server_ip)
		explain(argv[0]);
	/* Where this is denied, the limit in force is met when it is met. */
	setrlimit(RLIMIT_NOFILE, &files);
	return b;
}

static int stream_socket(const struct bench *b)
{
	int fd = b->atcp ? socket(AF_ATCP, SOCK_STREAM, ATCPPROTO_INET) :
			   socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		bench_die(b->atcp ? "socket of atcp" : "socket");
	return fd;
}

static struct sockaddr_in server_address(const struct bench *b)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(b->port) };

	if (inet_pton(AF_INET, b->server_ip, &a.sin_addr) != 1) {
		fprintf(stderr, "%s is no IPv4 address\n", b->server_ip);
		exit(2);
	}
	return a;
}

static int listening_socket(struct bench *b)
{
	struct sockaddr_in a = server_address(b);
	socklen_t len = sizeof(a);
	int fd = stream_socket(b);

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		bench_die("bind");
	if (listen(fd, BACKLOG) < 0)
		bench_die("listen");
	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		bench_die("getsockname");
	b->port = ntohs(a.sin_port);
	return fd;
}

static void enter_namespace(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		bench_die(path);
	close(fd);
}

void bench_serve(struct bench *b, void (*serve)(const struct bench *b, int listener))
{
	int ready[2];
	int listener;

	if (pipe(ready) < 0)
		bench_die("pipe");
	b->server = fork();
	if (b->server < 0)
		bench_die("fork");
	if (b->server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		enter_namespace(b->server_ns);
		listener = listening_socket(b);
		if (write(ready[1], &b->port, sizeof(b->port)) < 0)
			bench_die("write");
		serve(b, listener);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &b->port, sizeof(b->port)) != sizeof(b->port))
		exit(1);
	close(ready[0]);
}

void bench_end(struct bench *b)
{
	kill(b->server, SIGKILL);
	if (waitpid(b->server, NULL, 0) < 0)
		bench_die("waitpid");
}

int bench_connect(const struct bench *b)
{
	struct sockaddr_in a = server_address(b);
	int fd = stream_socket(b);

	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		bench_die("connect");
	return fd;
}

int bench_accept(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		bench_die("accept");
	return fd;
}

void bench_send(int fd, const void *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, 0);

		if (n < 0)
			bench_die("send");
		data = (const char *)data + n;
		len -= n;
	}
}

void bench_recv(int fd, void *data, size_t len)
{
	ssize_t n = recv(fd, data, len, MSG_WAITALL);

	if (n < 0)
		bench_die("recv");
	if ((size_t)n != len) {
		fprintf(stderr, "the stream ended early\n");
		exit(1);
	}
}

uint64_t bench_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}
