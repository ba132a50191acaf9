// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation in turn fails: an error for the caller, never a crash, never a leak.
 *
 * A scenario runs again and again, the first time its first allocation fails, the second time
 * its second, until one run has fewer allocations than that (/proc/self/fail-nth). What it has
 * left behind is for kmemleak and rmmod, at the end of the guest.
 *
 * Usage: failslab [TEXT]	only the scenarios with TEXT in their names
 *
 * Only a kernel with CONFIG_FAILSLAB and CONFIG_FAIL_PAGE_ALLOC can run this. It makes the kernel
 * itself dump its stack where a sysctl directory, a slab cache or an area of vmalloc() cannot be
 * made: vm/klog knows that of this program.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
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
#include "failslab.h"
#include "kselftest.h"

#define MOST		1000000	/* allocations of one scenario */
#define MODULE		"/run/vm/atcp.ko"

char why[256];

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		ksft_exit_skip("%s: %s\n", path, strerror(errno));
	close(fd);
}

/*
 * Without a stack dump each: it would look like a complaint. Pages are counted with the slabs'
 * objects, so what a new slab or a fragment of a segment is made of fails too. Pages of highmem
 * are the process's own and vmalloc()'s, which asks again for each that was not there.
 */
static void set_up_faults(void)
{
	static const char * const sets[][2] = {
		{ "failslab/ignore-gfp-wait", "N" }, { "failslab/verbose", "0" },
		{ "failslab/cache-filter", "N" },
		{ "fail_page_alloc/ignore-gfp-wait", "N" }, { "fail_page_alloc/verbose", "0" },
		{ "fail_page_alloc/ignore-gfp-highmem", "Y" }, { "fail_page_alloc/min-order", "0" },
	};
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", sets[i][0]);
		write_file(path, sets[i][1]);
	}
}

static int fail_nth_fd(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR);
}

static int nth_fd = -1;
static char held[16];

void hold_faults(void)
{
	memset(held, 0, sizeof(held));
	if (pread(nth_fd, held, sizeof(held) - 1, 0) < 0 || write(nth_fd, "0", 1) < 0)
		snprintf(why, sizeof(why), "fail-nth: %s", strerror(errno));
}

void release_faults(void)
{
	size_t len = strcspn(held, "\n");

	if (write(nth_fd, held, len) != (ssize_t)len)
		snprintf(why, sizeof(why), "fail-nth: %s", strerror(errno));
}

/* What a lack of memory may be called. The kernel's own files and namespaces have more names. */
bool any_error;
static char failed[64];	/* the last call that did */

static bool lack(int error)
{
	return any_error || error == ENOMEM || error == ENOBUFS || error == ENFILE ||
	       error == EMFILE;
}

bool did(const char *call, long ret, bool *lacked)
{
	if (ret >= 0)
		return true;
	snprintf(failed, sizeof(failed), "%s: %s", call, strerror(errno));
	if (!lack(errno))
		snprintf(why, sizeof(why), "%s: %s", call, strerror(errno));
	*lacked = true;
	return false;
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

/* Who looks at the trace first has its ring made. */
static bool first_look(void)
{
	bool lacked = false;
	int fd;

	any_error = true;
	fd = open("/sys/kernel/debug/atcp/trace", O_RDONLY | O_NONBLOCK);
	if (did("trace", fd, &lacked))
		close(fd);
	return !*why;
}

/* The module as it is after its load. */
static void reload(void)
{
	if (syscall(SYS_delete_module, "atcp", 0) ||
	    syscall(SYS_init_module, module, module_size, ""))
		printf("# the module cannot be loaded anew: %s\n", strerror(errno));
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
	nth_fd = fd;
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

	if (scenario == first_look)
		reload();
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

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		bool (*run)(void);
		int last;
	} tests[] = {
		{ "a connection from socket() to close(), IPv4", life4, 0 },
		{ "a connection from socket() to close(), IPv6", life6, 0 },
		{ "options, IPv4", options, 0 },
		{ "options, IPv6", options6, 0 },
		{ "urgent data, ioctl and epoll", aside, 0 },
		{ "splice and sendfile", pipes, 0 },
		{ "a reset and a refusal", reset, 0 },
		{ "a dump of sock_diag", listing, 0 },
		{ "debugfs and proc", look, 0 },
		{ "net.atcp", settings, 0 },
		{ "the trace's ring", first_look, 0 },
		{ "a namespace", namespace, 80 },
		{ "the module is loaded", load, 200 },
	};
	const char *wanted = argc > 1 ? argv[1] : "";
	size_t i, n = 0;

	ksft_print_header();
	if (access("/sys/kernel/debug/failslab", F_OK))
		ksft_exit_skip("this kernel has no failslab\n");
	set_up_faults();
	read_module();
	loopback_up();
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		n += !!strstr(tests[i].name, wanted);
	ksft_set_plan(n);
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		if (strstr(tests[i].name, wanted))
			ksft_test_result(each_in_turn(tests[i].name, tests[i].run, tests[i].last),
					 "each allocation fails: %s\n", tests[i].name);
	ksft_finished();
}
