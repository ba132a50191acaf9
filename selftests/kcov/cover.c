// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coverage of the module by this thread: what its system calls reach, and what they run with
 * softirqs off in its own context, as a TUN device's write() does with the receive path.
 * What runs in softirqs, timers and loopback traffic is not seen.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcov.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define KCOV		"/sys/kernel/debug/kcov"
#define MOST_PCS	262144	/* of one input */

static unsigned long base, size;
static unsigned char *seen;
static unsigned int total;
static bool known;
static __thread unsigned long *area;

int cover_init(void)
{
	FILE *f = fopen("/proc/modules", "r");
	char line[256];

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "atcp %lu %*s %*s %*s %lx", &size, &base) == 2)
			break;
	fclose(f);
	seen = calloc(1, size + 1);
	if (!base || !seen) {
		errno = ENXIO;
		return -1;
	}
	known = !access(KCOV, F_OK);
	return 0;
}

bool cover_known(void)
{
	return known;
}

int cover_thread(void)
{
	int fd;

	if (!known)
		return 0;
	fd = open(KCOV, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, MOST_PCS))
		return -1;
	area = mmap(NULL, MOST_PCS * sizeof(*area), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (area == MAP_FAILED || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		return -1;
	/* the area holds the file, and the thread's end ends the tracing */
	return close(fd);
}

void cover_start(void)
{
	if (known)
		__atomic_store_n(&area[0], 0, __ATOMIC_RELAXED);
}

unsigned int cover_new(void)
{
	unsigned int fresh = 0;
	unsigned long i, n;

	if (!known)
		return 0;
	n = __atomic_load_n(&area[0], __ATOMIC_RELAXED);
	for (i = 1; i <= n && i < MOST_PCS; i++) {
		unsigned long at = area[i] - base;

		if (at < size && !__atomic_exchange_n(&seen[at], 1, __ATOMIC_RELAXED))
			fresh++;
	}
	__atomic_add_fetch(&total, fresh, __ATOMIC_RELAXED);
	return fresh;
}

unsigned int cover_total(void)
{
	return __atomic_load_n(&total, __ATOMIC_RELAXED);
}
