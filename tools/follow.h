/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the trace, live or saved, until there is a reason to stop. */
#ifndef ATCP_TOOLS_FOLLOW_H
#define ATCP_TOOLS_FOLLOW_H

#include <stdio.h>

#include "ladder.h"

struct follow {
	const char *path;	/* NULL: the kernel's; "-": standard input */
	FILE *save;		/* copy of the records that pass, or NULL */
	FILE *raw;		/* the same as the output of the command, or NULL */
	struct ladder *ladder;
	bool oldest;		/* from the oldest record that the kernel has */
	bool until_closed;
	unsigned long long count;	/* records at most; 0 no limit */
	unsigned long long duration;	/* seconds; 0 no limit */
	/* what passes: 0, NULL for all */
	unsigned long long port, netns;
	const struct endpoint *addr;
};

/* Returns an exit status; errors have been reported. A signal ends it like the end of the file. */
int follow(struct follow *f);

#endif /* ATCP_TOOLS_FOLLOW_H */
