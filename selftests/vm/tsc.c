// SPDX-License-Identifier: GPL-2.0-only
/*
 * Print the rate of this machine's time stamp counter in kHz.
 *
 * A guest without hardware virtualization reads the same counter. It measures the rate against
 * devices that QEMU emulates, and a machine that is busy at that moment makes its clock run several
 * times too fast.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define TRIES	1000

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Both clocks at one moment: of many looks the one that was disturbed least. */
static uint64_t look(uint64_t *ns)
{
	uint64_t best = UINT64_MAX, tsc = 0, before, between, after;
	int i;

	for (i = 0; i < TRIES; i++) {
		before = __rdtsc();
		between = now();
		after = __rdtsc();
		if (after - before < best) {
			best = after - before;
			tsc = before + best / 2;
			*ns = between;
		}
	}
	return tsc;
}

int main(void)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	uint64_t ns1, ns2, tsc1, tsc2;

	tsc1 = look(&ns1);
	nanosleep(&pause, NULL);
	tsc2 = look(&ns2);
	printf("%llu\n", (unsigned long long)((tsc2 - tsc1) * 1000000 / (ns2 - ns1)));
	return 0;
}
