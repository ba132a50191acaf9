// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feed the module with inputs for a while:
 *
 *	fuzz --mode=calls|packets --seconds=N --seed=N [--corpus=FILE] [--save=FILE]
 *
 * What is wrong shows in the kernel's log. Here, that the corpus was replayed to its end and, as
 * far as the kernel tells, that the module was reached at all. The same seed gives the same
 * inputs only as far as threads and timers take the same turns.
 */
#include "fuzz.h"

#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#define MOST_THREADS	8
/* A call that waits is interrupted after so long. */
#define TICK_NS		5000000

struct worker {
	pthread_t thread;
	struct rng rng;
	unsigned long inputs;
};

static const struct part *part;
static int64_t deadline;
static bool failed;

static void fail(const char *what)
{
	printf("# %s: %s\n", what, strerror(errno));
	failed = true;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct input in;
	bool replay;

	if (cover_thread()) {
		fail("KCOV");
		return NULL;
	}
	while ((now_ms() < deadline || corpus_left()) && !failed) {
		replay = corpus_next(&w->rng, &in);
		cover_start();
		if (part->run(&in))
			failed = true;
		w->inputs++;
		if (cover_new() || (replay && !cover_known()))
			corpus_keep(&in);
	}
	return NULL;
}

static void on_tick(int sig)
{
	(void)sig;
}

/* Interrupt what waits, until all are done. */
static void tick(struct worker *workers)
{
	struct timespec ts = { .tv_nsec = TICK_NS };
	unsigned int i, left = part->threads;
	bool done[MOST_THREADS] = { };

	while (left) {
		nanosleep(&ts, NULL);
		for (i = 0; i < part->threads; i++) {
			if (done[i])
				continue;
			if (!pthread_tryjoin_np(workers[i].thread, NULL)) {
				done[i] = true;
				left--;
			} else {
				pthread_kill(workers[i].thread, SIGALRM);
			}
		}
	}
}

static int own_namespace(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	if (unshare(CLONE_NEWNET))
		return -1;
	return ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SIOCSIFFLAGS, &lo);
}

static void report(const struct params *p, const struct worker *workers)
{
	unsigned long inputs = 0;
	unsigned int i;

	for (i = 0; i < part->threads; i++)
		inputs += workers[i].inputs;
	printf("# %lu inputs, %u kept, seed %llu\n", inputs, corpus_size(),
	       (unsigned long long)p->seed);
	if (corpus_left()) {
		printf("# %u of the corpus were not tried\n", corpus_left());
		failed = true;
	}
	if (!cover_known()) {
		puts("# a kernel without KCOV: led by the corpus alone");
		return;
	}
	printf("# %u PCs of the module\n", cover_total());
	if (cover_total() < part->least) {
		printf("# fewer than %u PCs: the module was hardly reached\n", part->least);
		failed = true;
	}
}

int main(int argc, char **argv)
{
	struct params p = { .seconds = 60, .mode = "calls" };
	struct sigaction act = { .sa_handler = on_tick };
	struct worker workers[MOST_THREADS] = { };
	unsigned int i;

	puts("KTAP version 1\n1..1");
	common_params(&p, argc, argv);
	part = strcmp(p.mode, "packets") ? &calls_part : &packets_part;
	sigaction(SIGALRM, &act, NULL);
	if ((p.corpus && corpus_load(p.corpus)) || own_namespace() || cover_init() ||
	    part->prepare()) {
		fail("cannot begin");
		puts("not ok 1 fuzz");
		return 1;
	}
	deadline = now_ms() + p.seconds * 1000LL;
	for (i = 0; i < part->threads; i++) {
		workers[i].rng = rng_of(p.seed, i);
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			return 1;
	}
	tick(workers);
	report(&p, workers);
	if (p.save && corpus_save(p.save))
		fail(p.save);
	printf("%s 1 %s\n", failed ? "not ok" : "ok", part->name);
	return failed;
}
