/* SPDX-License-Identifier: GPL-2.0-only */
/* What the scenarios of failslab share: each says what went wrong in `why`, if anything did. */
#ifndef _FAILSLAB_H
#define _FAILSLAB_H

#include <stdbool.h>

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define PATIENCE_MS	60000

extern char why[256];

/* Set by a scenario in which the kernel's own files have more names for a lack of memory. */
extern bool any_error;

/* A call that gave @ret: true if it did; a lack of memory is noted, all else is wrong. */
bool did(const char *call, long ret, bool *lacked);

/* What other scenarios lose each allocation of need not be lost again: no fault in between. */
void hold_faults(void);
void release_faults(void);

/* scenarios.c: true if all went as it may. */
bool life4(void);
bool life6(void);
bool options(void);
bool options6(void);
bool aside(void);
bool pipes(void);
bool reset(void);
bool listing(void);
bool look(void);
bool settings(void);

#endif
