/* SPDX-License-Identifier: GPL-2.0-only */
/* Of the programs that attack atcp: numbers from a seed, time, parameters. */
#ifndef SELFTESTS_ATTACK_COMMON_H
#define SELFTESTS_ATTACK_COMMON_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* One per thread. */
struct rng {
	uint64_t state;
};

/* What all programs are given. */
struct params {
	unsigned int seconds;
	unsigned int count;
	uint64_t seed;
	const char *mode;
	const char *corpus;
	const char *save;
};

/**
 * common_params() - read --seconds=N, --count=N, --seed=N, --mode=WORD, --corpus=FILE and
 *	--save=FILE, print the seed
 * @p: defaults on entry; a @p->seed of 0 is replaced by a random one
 *
 * Does not return after a wrong option.
 */
void common_params(struct params *p, int argc, char **argv);

struct rng rng_of(uint64_t seed, unsigned int thread);
uint64_t rng_next(struct rng *r);
/* 0 to @n - 1; @n is not 0. */
uint32_t rng_below(struct rng *r, uint32_t n);
bool rng_chance(struct rng *r, uint32_t one_in);

/* CLOCK_MONOTONIC. */
int64_t now_ms(void);

/* The loopback address of either version. Returns its length. */
socklen_t loopback(struct sockaddr_storage *ss, bool v6, uint16_t port);

#endif
