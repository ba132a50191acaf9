// SPDX-License-Identifier: GPL-2.0-only
#include "net.h"

#include <arpa/inet.h>
#include <linux/atcp.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECORD_SIZE	(256 * 1024)
#define WAIT_MS		20000

struct record {
	size_t len;
	int failures;
	char text[RECORD_SIZE];
};

struct net_mode net_mode;
static struct record *record;

int net_atcp_family(void)
{
	const char *name = getenv("ATCP_FAMILY");

	if (!name)
		return AF_ATCP;
	return strcmp(name, "none") ? atoi(name) : -1;
}

bool net_only_atcp(void)
{
	return getenv("ATCP_ONLY");
}

static void vnote(const char *fmt, va_list args)
{
	size_t room = sizeof(record->text) - record->len;
	int n = vsnprintf(record->text + record->len, room, fmt, args);

	if (n > 0)
		record->len += (size_t)n < room ? (size_t)n : room - 1;
}

void net_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vnote(fmt, args);
	va_end(args);
}

static void note_result(int line, const char *expr, long ret)
{
	int err = errno;

	if (ret == -1)
		net_note("%d: %s = -1 %s\n", line, expr, strerrorname_np(err));
	else
		net_note("%d: %s = %ld\n", line, expr, ret);
}

void net_called(int line, const char *expr, long ret)
{
	int err = errno;

	note_result(line, expr, ret);
	errno = err;
}

void net_expected(int line, const char *expr, long ret, long want, int want_errno)
{
	int err = errno;
	bool ok = ret == want && (want != -1 || err == want_errno);

	note_result(line, expr, ret);
	if (!ok) {
		record->failures++;
		printf("# line %d: %s gave %ld (%s), expected %ld (%s)\n", line, expr, ret,
		       ret == -1 ? strerrorname_np(err) : "", want,
		       want == -1 ? strerrorname_np(want_errno) : "");
	}
	errno = err;
}

void net_check(int line, const char *expr, bool ok)
{
	if (ok)
		return;
	record->failures++;
	printf("# line %d: %s does not hold (last errno %s)\n", line, expr,
	       strerrorname_np(errno));
}

void net_must(int line, const char *expr, bool ok)
{
	net_check(line, expr, ok);
	if (ok)
		return;
	net_note("%d: gave up at %s\n", line, expr);
	fflush(stdout);
	_exit(1);
}

int64_t net_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void net_yield(void)
{
	sched_yield();
}

static struct record *run(const struct net_mode *mode, void (*script)(void))
{
	struct record *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;
	pid_t pid;

	if (r == MAP_FAILED)
		abort();
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		abort();
	record = r;
	if (pid == 0) {
		net_mode = *mode;
		script();
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	/* A signal is an outcome like any other: SIGPIPE's is looked for. */
	if (WIFSIGNALED(status))
		net_note("ended by signal %s\n", sigabbrev_np(WTERMSIG(status)));
	return r;
}

static int diff(char *native, char *tested)
{
	char *n, *t, *save_n, *save_t;
	int differences = 0;

	n = strtok_r(native, "\n", &save_n);
	t = strtok_r(tested, "\n", &save_t);
	while (n || t) {
		if (!n || !t || strcmp(n, t)) {
			differences++;
			printf("# native: %s\n# tested: %s\n", n ? n : "(end)", t ? t : "(end)");
		}
		n = n ? strtok_r(NULL, "\n", &save_n) : NULL;
		t = t ? strtok_r(NULL, "\n", &save_t) : NULL;
	}
	return differences;
}

int net_own_namespace(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int ret, fd;

	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ret = ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
	return ret;
}

static int holds(const struct net_mode *mode, void (*script)(void), const char *good_signal)
{
	static const char ended[] = "ended by signal ";
	struct record *r = run(mode, script);
	const char *how = strstr(r->text, ended);
	int bad = r->failures;

	if (how && strncmp(how + strlen(ended), good_signal, strlen(good_signal)))
		bad++;
	if (bad)
		printf("%s", r->text);
	munmap(r, sizeof(*r));
	fflush(stdout);
	return bad;
}

int net_same_as_native(const struct net_mode *mode, void (*script)(void))
{
	struct net_mode native = { .ip = mode->ip };
	struct record *n, *t;
	int bad;

	if (net_only_atcp())
		return holds(mode, script, "PIPE");
	n = run(&native, script);
	t = run(mode, script);
	bad = n->failures + t->failures;
	if (!n->len) {
		printf("# the script recorded nothing\n");
		bad++;
	}
	bad += diff(n->text, t->text);
	munmap(n, sizeof(*n));
	munmap(t, sizeof(*t));
	fflush(stdout);
	return bad;
}

int net_holds(const struct net_mode *mode, void (*script)(void))
{
	return holds(mode, script, "none");
}

int net_af(enum net_side side)
{
	switch (net_mode.ip) {
	case IP4:
		return AF_INET;
	case IP4_TO_DUAL:
		return side == SRV ? AF_INET6 : AF_INET;
	default:
		return AF_INET6;
	}
}

struct net_addr net_ip(enum net_side side, const char *ip4, const char *ip6, uint16_t port)
{
	struct net_addr a = { 0 };
	char mapped[64];

	if (net_af(side) == AF_INET) {
		a.len = sizeof(a.in);
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons(port);
		MUST(inet_pton(AF_INET, ip4, &a.in.sin_addr) == 1);
		return a;
	}
	snprintf(mapped, sizeof(mapped), "::ffff:%s", ip4);
	a.len = sizeof(a.in6);
	a.in6.sin6_family = AF_INET6;
	a.in6.sin6_port = htons(port);
	MUST(inet_pton(AF_INET6, net_mode.ip == IP4_MAPPED ? mapped : ip6, &a.in6.sin6_addr) == 1);
	return a;
}

struct net_addr net_any(enum net_side side, uint16_t port)
{
	return net_ip(side, "0.0.0.0", "::", port);
}

struct net_addr net_local(enum net_side side, uint16_t port)
{
	/* An IPv4 client reaches a dual-stack listener at its wildcard. */
	if (net_mode.ip == IP4_TO_DUAL && side == SRV)
		return net_any(side, port);
	return net_ip(side, "127.0.0.1", "::1", port);
}

uint16_t net_port(int fd)
{
	struct net_addr a = { .len = sizeof(a.ss) };

	MUST(getsockname(fd, &a.sa, &a.len) == 0);
	return ntohs(a.sa.sa_family == AF_INET ? a.in.sin_port : a.in6.sin6_port);
}

int net_socket(enum net_side side, int flags)
{
	int af = net_af(side);
	int fd;

	if (net_mode.atcp[side])
		fd = socket(net_atcp_family(), SOCK_STREAM | flags,
			    af == AF_INET6 ? ATCPPROTO_INET6 : ATCPPROTO_INET);
	else
		fd = socket(af, SOCK_STREAM | flags, 0);
	MUST(fd >= 0);
	return fd;
}

int net_bound(enum net_side side, uint16_t port)
{
	struct net_addr a = net_local(side, port);
	int fd = net_socket(side, 0);

	MUST(bind(fd, &a.sa, a.len) == 0);
	return fd;
}

int net_listener(int backlog)
{
	int fd = net_bound(SRV, 0);

	MUST(listen(fd, backlog) == 0);
	return fd;
}

int net_connect(int listener, int flags)
{
	struct net_addr a = net_local(CLI, net_port(listener));
	int fd = net_socket(CLI, flags);

	MUST(connect(fd, &a.sa, a.len) == 0 || ((flags & SOCK_NONBLOCK) && errno == EINPROGRESS));
	return fd;
}

struct net_pair net_connected(void)
{
	struct net_pair p;

	p.listener = net_listener(8);
	p.cli = net_connect(p.listener, 0);
	p.srv = accept(p.listener, NULL, NULL);
	MUST(p.srv >= 0);
	return p;
}

#define ALL_EVENTS (POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM | POLLRDBAND | \
		    POLLWRNORM | POLLWRBAND | POLLMSG)

int net_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = ALL_EVENTS };

	MUST(poll(&p, 1, 0) >= 0);
	return p.revents;
}

int net_wait(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do {
		n = poll(&p, 1, WAIT_MS);
	} while (n < 0 && errno == EINTR);
	return n == 1 && p.revents ? net_poll(fd) : 0;
}

int net_so_error(int fd)
{
	socklen_t len = sizeof(int);
	int err;

	MUST(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0);
	return err;
}

int net_tcp_state(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	MUST(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0);
	return info.tcpi_state;
}

int net_queued(int fd)
{
	int n;

	MUST(ioctl(fd, FIONREAD, &n) == 0);
	return n;
}

void net_set_int(int fd, int level, int option, int value)
{
	int ret = setsockopt(fd, level, option, &value, sizeof(value));

	/* Linux 6.1 gives it to AF_INET and AF_INET6 alone. */
	if (ret < 0 && errno == EOPNOTSUPP && option == SO_REUSEPORT)
		ret = setsockopt(fd, SOL_ATCP, ATCP_REUSEPORT, &value, sizeof(value));
	MUST(ret == 0);
}
