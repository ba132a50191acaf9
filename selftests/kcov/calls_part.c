// SPDX-License-Identifier: GPL-2.0-only
/* System calls, by threads that share their sockets. */
#include "fuzz.h"

static int run(const struct input *in)
{
	unsigned int i;

	for (i = 0; i < in->n; i++) {
		struct rng r = step_rng(&in->step[i]);

		if (calls_make(calls_any(&r), &r) < 0)
			return -1;
	}
	return 0;
}

const struct part calls_part = {
	.name = "calls", .threads = 3, .least = 500, .prepare = calls_prepare, .run = run,
};
