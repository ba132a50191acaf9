/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fuzzer that keeps what reached new code of the module, as KCOV tells it. On a kernel without
 * KCOV it goes by the corpus that one with it has left.
 *
 * An input is a sequence of steps of a few bytes each, any of which mean something.
 */
#ifndef SELFTESTS_KCOV_FUZZ_H
#define SELFTESTS_KCOV_FUZZ_H

#include "../attack/calls.h"

#define STEP_BYTES	16
#define MOST_STEPS	24

struct step {
	uint8_t b[STEP_BYTES];
};

struct input {
	unsigned int n;
	struct step step[MOST_STEPS];
};

/**
 * struct part - what is done with an input
 * @name: for --mode
 * @threads: that do it at once
 * @least: PCs that a run of a minute surely covers; fewer mean that nothing was tested
 * @prepare: once, before the threads; -1 and errno on failure
 * @run: in a thread whose coverage is taken; -1 if something was wrong, and printed
 */
struct part {
	const char *name;
	unsigned int threads;
	unsigned int least;
	int (*prepare)(void);
	int (*run)(const struct input *in);
};

extern const struct part calls_part, packets_part;

/* Numbers from the bytes of a step. */
struct rng step_rng(const struct step *s);

/* Find the module, and whether the kernel has KCOV. -1 and errno on failure. */
int cover_init(void);
/* Does the kernel say what is reached? */
bool cover_known(void);
/* Of this thread, from now on. -1 and errno on failure. */
int cover_thread(void);
void cover_start(void);
/* PCs since cover_start() that no thread had come to. */
unsigned int cover_new(void);
/* PCs of the module that any thread has come to. */
unsigned int cover_total(void);

/* Read the inputs to begin with. -1 and errno if that is no file of corpus_save(). */
int corpus_load(const char *path);
int corpus_save(const char *path);
/*
 * Each that was loaded, once, and then one from nothing, or from those that were kept. Is it one
 * that was loaded?
 */
bool corpus_next(struct rng *r, struct input *in);
void corpus_keep(const struct input *in);
unsigned int corpus_size(void);
/* Loaded and not yet given out. */
unsigned int corpus_left(void);

#endif
