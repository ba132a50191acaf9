/* SPDX-License-Identifier: GPL-2.0-only */
/* The state machine as a document. */
#ifndef SHOW_STATES_H
#define SHOW_STATES_H

#include <stdio.h>

#define SHOW_STATES 11

extern const unsigned char show_order[SHOW_STATES];

/* Write Documentation/states.rst to @f. */
void show_states(FILE *f);

#endif /* SHOW_STATES_H */
