/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls with arguments as nobody in his right mind would choose them. */
#ifndef SELFTESTS_ATTACK_CALLS_H
#define SELFTESTS_ATTACK_CALLS_H

#include "common.h"
#include <stddef.h>

#define PORTS		6
#define FIRST_PORT	7200

/* Map the memory that pointers point to; before the others. Returns -1 and errno on failure. */
int args_init(void);

/*
 * A pointer to some bytes: most often to random bytes that are there, else null, to
 * nowhere, to the kernel, to memory that must not be written, or to a few bytes before
 * the end of what is mapped.
 */
void *arg_pointer(struct rng *r);
/* Surely good, for @size bytes (at most 64 KB), which are random. */
void *arg_bytes(struct rng *r, size_t size);
/* Most often small, else anything. */
long arg_number(struct rng *r);
/* A length for what is @right bytes long. */
uint32_t arg_length(struct rng *r, uint32_t right);
/* An address, right or wrong; its length, right or wrong. */
struct sockaddr *arg_address(struct rng *r, socklen_t *len);
/* Options at all levels, and what is none. */
void arg_option(struct rng *r, int *level, int *name);
/* What an option may be given; its length, right or wrong. */
void *arg_value(struct rng *r, socklen_t *len);
/* Flags of send and receive calls. */
int arg_flags(struct rng *r);
/* A message with control data, right or wrong. */
struct msghdr *arg_message(struct rng *r);

/* The calls; each worker has called calls_prepare() first: -1 and errno on failure. */
int calls_prepare(void);
size_t calls_count(void);
const char *calls_name(size_t i);
/* One of them, some more often than others. */
size_t calls_any(struct rng *r);
/* It may well never succeed. */
bool calls_by_luck(size_t i);
/*
 * Make the call on one of the worker's sockets. Returns whether it succeeded, or -1 if it
 * gave an errno of the kernel's own.
 */
int calls_make(size_t i, struct rng *r);

#endif
