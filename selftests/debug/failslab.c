// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation in turn fails: an error for the caller, never a crash, never a leak.
 *
 * A scenario runs again and again, the first time its first allocation fails, the second time
 * its second, until one run has fewer allocations than that (/proc/self/fail-nth). What it has
 * left behind is for kmemleak and rmmod, at the end of the guest.
 *
 * Only a kernel with CONFIG_FAILSLAB can run this. It makes the kernel itself dump its stack where
 * a sysctl directory or a slab cache cannot be made: vm/klog knows that of this program.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <net/if.h>

#include <linux/atcp.h>
#include "kselftest.h"

#define PATIENCE_MS	60000
#define MOST		1000000	/* allocations of one scenario */
#define MODULE		"/run/vm/atcp.ko"

static char why[256];

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		ksft_exit_skip("%s: %s\n", path, strerror(errno));
	close(fd);
}

/* Without a stack dump each: it would look like a complaint. */
static void set_up_faults(void)
{
	static const char * const sets[][2] = {
		{ "ignore-gfp-wait", "N" }, { "verbose", "0" }, { "cache-filter", "N" },
	};
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/failslab/%s", sets[i][0]);
		write_file(path, sets[i][1]);
	}
}

static int fail_nth_fd(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR);
}

/* What a lack of memory may be called. The kernel's own files and namespaces have more names. */
static bool any_error;
static char failed[64];	/* the last call that did */

static bool lack(int error)
{
	return any_error || error == ENOMEM || error == ENOBUFS || error == ENFILE ||
	       error == EMFILE;
}

/* A call that gave @ret: true if it did; a lack of memory is noted, all else is wrong. */
static bool did(const char *call, long ret, bool *lacked)
{
	if (ret >= 0)
		return true;
	snprintf(failed, sizeof(failed), "%s: %s", call, strerror(errno));
	if (!lack(errno))
		snprintf(why, sizeof(why), "%s: %s", call, strerror(errno));
	*lacked = true;
	return false;
}

static int loopback(struct sockaddr_storage *ss, bool v6)
{
	struct sockaddr_in6 *sin6 = (void *)ss;
	struct sockaddr_in *sin = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (v6) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_addr = in6addr_loopback;
		return sizeof(*sin6);
	}
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(*sin);
}

/* Everything that is sent arrives, unless a call said that it could not. */
static void exchange(int from, int to, bool *lacked)
{
	static char out[20000], in[20000];
	struct pollfd p = { .fd = to, .events = POLLIN };
	size_t sent = 0, got = 0;
	ssize_t n;

	memset(out, 'x', sizeof(out));
	while (sent < sizeof(out)) {
		n = send(from, out + sent, sizeof(out) - sent, MSG_NOSIGNAL);
		if (!did("send", n, lacked))
			break;
		sent += n;
	}
	while (got < sent) {
		n = poll(&p, 1, PATIENCE_MS);
		if (!did("poll", n, lacked))
			continue;
		if (!n) {
			snprintf(why, sizeof(why), "%zu of %zu bytes came", got, sent);
			return;
		}
		n = recv(to, in, sizeof(in), 0);
		if (did("recv", n, lacked))
			got += n;
	}
}

static int open_listener(bool v6, struct sockaddr_storage *ss, bool *lacked)
{
	socklen_t len = loopback(ss, v6);
	int fd = socket(AF_ATCP, SOCK_STREAM, v6 ? ATCPPROTO_INET6 : ATCPPROTO_INET);

	if (!did("socket", fd, lacked))
		return -1;
	if (did("bind", bind(fd, (void *)ss, len), lacked) &&
	    did("listen", listen(fd, 4), lacked) &&
	    did("getsockname", getsockname(fd, (void *)ss, &len), lacked))
		return fd;
	close(fd);
	return -1;
}

static bool life(bool v6)
{
	struct sockaddr_storage ss;
	bool lacked = false;
	int l, c, s = -1;

	l = open_listener(v6, &ss, &lacked);
	if (l < 0)
		return true;
	c = socket(AF_ATCP, SOCK_STREAM, v6 ? ATCPPROTO_INET6 : ATCPPROTO_INET);
	if (did("socket", c, &lacked)) {
		if (did("connect", connect(c, (void *)&ss, sizeof(ss)), &lacked))
			s = accept(l, NULL, NULL);
		if (s >= 0 || (errno && did("accept", s, &lacked))) {
			exchange(c, s, &lacked);
			exchange(s, c, &lacked);
		}
		close(c);
	}
	if (s >= 0)
		close(s);
	close(l);
	return !*why;
}

static bool life4(void)
{
	return life(false);
}

static bool life6(void)
{
	return life(true);
}

static bool options(void)
{
	const struct {
		int level, name;
		const void *value;
		socklen_t len;
	} set[] = {
		{ SOL_SOCKET, SO_BINDTODEVICE, "lo", 3 },
		{ IPPROTO_TCP, 13 /* TCP_CONGESTION */, "reno", 4 },
		{ IPPROTO_IP, IP_OPTIONS, "\1\1\1\1", 4 },
		{ IPPROTO_IP, IP_TOS, &(int){ 16 }, sizeof(int) },
		{ SOL_ATCP, ATCP_TIMEWAIT_US, &(int){ 1000 }, sizeof(int) },
	};
	bool lacked = false;
	int fd = socket(AF_ATCP, SOCK_STREAM, ATCPPROTO_INET);
	size_t i;

	if (!did("socket", fd, &lacked))
		return true;
	for (i = 0; i < ARRAY_SIZE(set); i++)
		did("setsockopt", setsockopt(fd, set[i].level, set[i].name, set[i].value,
					     set[i].len), &lacked);
	close(fd);
	return !*why;
}

/* The trace and the list of connections, with one there. */
static bool look(void)
{
	static const char * const files[] = {
		"/sys/kernel/debug/atcp/connections", "/sys/kernel/debug/atcp/trace",
		"/proc/self/net/atcp_stat", "/proc/self/net/atcp_sockstat",
	};
	bool lacked = false;
	char buf[4096];
	size_t i;
	int fd;

	any_error = true;
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		fd = open(files[i], O_RDONLY | O_NONBLOCK);
		if (!did(files[i], fd, &lacked))
			continue;
		if (read(fd, buf, sizeof(buf)) < 0 && errno != EAGAIN)
			did(files[i], -1, &lacked);
		close(fd);
	}
	return !*why;
}

/* A namespace with all that belongs to it; it goes with the process. */
static bool namespace(void)
{
	bool lacked = false;

	any_error = true;
	if (did("unshare", unshare(CLONE_NEWNET), &lacked))
		close(socket(AF_ATCP, SOCK_STREAM, ATCPPROTO_INET));
	return !*why;
}

/* In memory: the guest's file system does not survive the loss of its own. */
static void *module;
static size_t module_size;

static void read_module(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		ksft_exit_fail_msg("%s: %s\n", MODULE, strerror(errno));
	module_size = st.st_size;
	module = malloc(module_size);
	if (!module || read(fd, module, module_size) != (ssize_t)module_size)
		ksft_exit_fail_msg("%s cannot be read\n", MODULE);
	close(fd);
}

static bool load(void)
{
	bool lacked = false;

	any_error = true;
	syscall(SYS_delete_module, "atcp", O_NONBLOCK);
	did("init_module", syscall(SYS_init_module, module, module_size, ""), &lacked);
	return !*why;
}

/* In a process of its own: what is left to count of @nth, 0 if that allocation failed; or -1. */
static int run_nth(bool (*scenario)(void), int nth)
{
	char text[16];
	int fd, left;

	fd = fail_nth_fd();
	if (fd < 0) {
		printf("# /proc/thread-self/fail-nth: %s\n", strerror(errno));
		return -1;
	}
	snprintf(text, sizeof(text), "%d", nth);
	if (write(fd, text, strlen(text)) < 0)
		return -1;
	errno = 0;
	if (!scenario()) {
		printf("# with allocation %d failing: %s\n", nth, why);
		return -1;
	}
	memset(text, 0, sizeof(text));
	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		return -1;
	left = atoi(text);
	if (left && write(fd, "0", 1) < 0)
		return -1;
	if (left && *failed) {
		printf("# %s, where every allocation was made up to one in %d\n", failed, left);
		return -1;
	}
	return left;
}

static int fork_nth(bool (*scenario)(void), int nth)
{
	int ends[2], left = -1;
	pid_t pid;

	if (pipe(ends))
		return -1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		left = run_nth(scenario, nth);
		fflush(stdout);
		_exit(write(ends[1], &left, sizeof(left)) < 0);
	}
	close(ends[1]);
	if (read(ends[0], &left, sizeof(left)) != sizeof(left))
		printf("# with allocation %d failing the process was killed\n", nth);
	close(ends[0]);
	waitpid(pid, NULL, 0);
	return left;
}

/*
 * @last: only so many, where the module's own come after hundreds of the kernel's; 0: all of
 * them. The count differs a little from run to run: the end is where none is left to fail.
 */
static bool each_in_turn(const char *name, bool (*scenario)(void), int last)
{
	int left, first = 1, nth;

	if (last) {
		left = fork_nth(scenario, MOST);
		if (left < 0)
			return false;
		if (MOST - left > last)
			first = MOST - left - last;
	}
	for (nth = first; nth < MOST; nth++) {
		left = fork_nth(scenario, nth);
		if (left)
			break;
	}
	printf("# %s: allocations %d to %d\n", name, first, nth - 1);
	return left > 0 && nth > first;
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (unshare(CLONE_NEWNET) || ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &ifr))
		ksft_exit_skip("no network of its own: %s\n", strerror(errno));
	close(fd);
}

int main(void)
{
	static const struct {
		const char *name;
		bool (*run)(void);
		int last;
	} tests[] = {
		{ "a connection from socket() to close(), IPv4", life4, 0 },
		{ "a connection from socket() to close(), IPv6", life6, 0 },
		{ "options", options, 0 },
		{ "debugfs and proc", look, 0 },
		{ "a namespace", namespace, 80 },
		{ "the module is loaded", load, 200 },
	};
	size_t i;

	ksft_print_header();
	if (access("/sys/kernel/debug/failslab", F_OK))
		ksft_exit_skip("this kernel has no failslab\n");
	set_up_faults();
	read_module();
	loopback_up();
	ksft_set_plan(ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		ksft_test_result(each_in_turn(tests[i].name, tests[i].run, tests[i].last),
				 "each allocation fails: %s\n", tests[i].name);
	ksft_finished();
}
