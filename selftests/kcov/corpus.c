// SPDX-License-Identifier: GPL-2.0-only
/*
 * The inputs that are kept, in memory and in a file: of each the number of its steps in a byte,
 * and the steps.
 */
#include "fuzz.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define MOST_KEPT	1024

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct input kept[MOST_KEPT], loaded[MOST_KEPT];
static unsigned int count, loaded_count, given;

struct rng step_rng(const struct step *s)
{
	struct rng r;

	memcpy(&r.state, &s->b[STEP_BYTES - sizeof(r.state)], sizeof(r.state));
	return r;
}

static void any_step(struct rng *r, struct step *s)
{
	uint64_t words[STEP_BYTES / sizeof(uint64_t)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = rng_next(r);
	memcpy(s->b, words, sizeof(words));
}

static void remove_step(struct input *in, unsigned int at)
{
	memmove(&in->step[at], &in->step[at + 1], (in->n - at - 1) * sizeof(in->step[0]));
	in->n--;
}

/* Room for a step; false if there is none. */
static bool insert_step(struct input *in, unsigned int at)
{
	if (in->n == MOST_STEPS)
		return false;
	memmove(&in->step[at + 1], &in->step[at], (in->n - at) * sizeof(in->step[0]));
	in->n++;
	return true;
}

/* The end of another. Call with the lock held. */
static void splice(struct rng *r, struct input *in)
{
	const struct input *other = &kept[rng_below(r, count)];
	unsigned int at = rng_below(r, in->n), from = rng_below(r, other->n);

	for (in->n = at; from < other->n && in->n < MOST_STEPS; from++)
		in->step[in->n++] = other->step[from];
}

static void mutate(struct rng *r, struct input *in)
{
	unsigned int at = rng_below(r, in->n);
	struct step copy;

	switch (rng_below(r, 8)) {
	case 0:
		if (in->n > 1)
			remove_step(in, at);
		break;
	case 1:
		if (insert_step(in, at))
			any_step(r, &in->step[at]);
		break;
	case 2:
		copy = in->step[rng_below(r, in->n)];
		if (insert_step(in, at))
			in->step[at] = copy;
		break;
	case 3:
		any_step(r, &in->step[at]);
		break;
	case 4:
		splice(r, in);
		break;
	default:
		in->step[at].b[rng_below(r, STEP_BYTES)] = rng_next(r);
	}
}

static bool read_input(FILE *f, struct input *in)
{
	int n = getc(f);

	if (n < 1 || n > MOST_STEPS)
		return false;
	in->n = n;
	return fread(in->step, sizeof(in->step[0]), n, f) == (size_t)n;
}

int corpus_load(const char *path)
{
	FILE *f = fopen(path, "r");
	bool whole;

	if (!f)
		return -1;
	while (loaded_count < MOST_KEPT && read_input(f, &loaded[loaded_count]))
		loaded_count++;
	whole = loaded_count && getc(f) == EOF;
	fclose(f);
	if (!whole) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

int corpus_save(const char *path)
{
	FILE *f = fopen(path, "w");
	unsigned int i;

	if (!f)
		return -1;
	for (i = 0; i < count; i++) {
		putc(kept[i].n, f);
		fwrite(kept[i].step, sizeof(kept[i].step[0]), kept[i].n, f);
	}
	return fclose(f);
}

bool corpus_next(struct rng *r, struct input *in)
{
	bool replay;
	unsigned int i;

	pthread_mutex_lock(&lock);
	replay = given < loaded_count;
	if (replay) {
		*in = loaded[given++];
	} else if (count && !rng_chance(r, 4)) {
		*in = kept[rng_below(r, count)];
		do
			mutate(r, in);
		while (!rng_chance(r, 3));
	} else {
		in->n = 1 + rng_below(r, MOST_STEPS);
		for (i = 0; i < in->n; i++)
			any_step(r, &in->step[i]);
	}
	pthread_mutex_unlock(&lock);
	if (!in->n)
		in->n = 1;
	return replay;
}

void corpus_keep(const struct input *in)
{
	pthread_mutex_lock(&lock);
	if (count < MOST_KEPT)
		kept[count++] = *in;
	pthread_mutex_unlock(&lock);
}

unsigned int corpus_size(void)
{
	return count;
}

unsigned int corpus_left(void)
{
	unsigned int left;

	pthread_mutex_lock(&lock);
	left = loaded_count - given;
	pthread_mutex_unlock(&lock);
	return left;
}
