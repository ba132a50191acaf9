// SPDX-License-Identifier: GPL-2.0-only
#include "memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define SETTLED		(64 * 1024)	/* bytes between two readings */
#define MAX_READINGS	20

static void tell(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, 1) != 1)
		bench_die(path);
	close(fd);
}

/* The sum of the numbers after each @name that a line of @path begins with. */
static long long sum_of(const char *path, const char *name)
{
	FILE *f = fopen(path, "r");
	long long sum = 0;
	bool found = false;
	char line[256];

	if (!f)
		bench_die(path);
	while (fgets(line, sizeof(line), f)) {
		char word[64];
		long long n;

		if (sscanf(line, " %63[^:]: %lld", word, &n) == 2 && !strcmp(word, name)) {
			sum += n;
			found = true;
		}
	}
	fclose(f);
	if (!found) {
		fprintf(stderr, "%s has no %s\n", path, name);
		exit(1);
	}
	return sum;
}

static long long used_now(void)
{
	long long kept;

	tell("/proc/sys/vm/drop_caches", "3");
	/* Or the counters are what they were up to a second ago. */
	tell("/proc/sys/vm/stat_refresh", "1");
	/* The pages that each CPU keeps at hand are free, but not in MemFree. */
	kept = sum_of("/proc/zoneinfo", "count") * sysconf(_SC_PAGESIZE);
	return 1024 * (sum_of("/proc/meminfo", "MemTotal") - sum_of("/proc/meminfo", "MemFree")) -
	       kept;
}

long long memory_used(void)
{
	long long before, now = used_now();
	int i;

	/* What was freed through RCU or a work queue comes back a little later. */
	for (i = 0; i < MAX_READINGS; i++) {
		before = now;
		now = used_now();
		if (llabs(now - before) <= SETTLED)
			break;
	}
	return now;
}
