/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_NET_OPTIONS_H
#define SELFTESTS_NET_OPTIONS_H

#include <stddef.h>

/**
 * struct option_case - an option that takes an int, and what to try with it
 * @name: for the record
 * @level: SOL_SOCKET, SOL_TCP, ...
 * @option: its number at that level
 * @values: in this order, each read back
 * @count: of @values
 */
struct option_case {
	const char *name;
	int level;
	int option;
	const int *values;
	size_t count;
};

#define INT_OPTION(level, option, ...) {				\
	#option, level, option, (const int[]){ __VA_ARGS__ },		\
	sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int)		\
}

/* What is read before anything was set, every value set and read back. */
void option_values(int fd, const struct option_case *c);

/* Lengths and pointers that are wrong or unusual, for reading and writing. */
void option_misuse(int fd, const struct option_case *c);

/* Both, for each of @cases; @what is for the record. */
void option_on(const char *what, int fd, const struct option_case *cases, size_t count);

/* All of it, on a fresh socket, a listener and both ends of a connection. */
void option_everywhere(const struct option_case *cases, size_t count);

#endif
