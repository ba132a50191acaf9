// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random system calls on atcp sockets, by processes that also connect to each other.
 *
 * What is wrong shows in the kernel's log and in what is left afterwards; here, that no
 * errno of the kernel's own comes out and that nothing longer than its buffer does.
 */
#include "calls.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS		4
/* A call that waits is interrupted after so long; again, if it had not yet begun to wait. */
#define TICK_US		2000
#define AGAIN_US	50000
/* Every call has to succeed once, on a kernel however slow. */
#define PATIENCE_MS	400000
#define NOBODY		65534

struct score {
	unsigned long done;
	unsigned long ok;
};

static void on_tick(int sig)
{
	(void)sig;
}

static int prepare(unsigned int number)
{
	struct sigaction act = { .sa_handler = on_tick };

	if (calls_prepare())
		return -1;
	/* half of them may not do what root may */
	if (number & 1 && setresuid(NOBODY, NOBODY, NOBODY))
		return -1;
	return sigaction(SIGALRM, &act, NULL);
}

/* How often a call has succeeded, for all workers together. */
static struct score sum(const struct score *scores, size_t i)
{
	struct score all = { };
	size_t w;

	for (w = 0; w < WORKERS; w++) {
		all.done += scores[w * calls_count() + i].done;
		all.ok += scores[w * calls_count() + i].ok;
	}
	return all;
}

/* There are no pairs in this family, and luck in whom to accept. */
static bool enough(const struct score *scores)
{
	size_t i;

	for (i = 0; i < calls_count(); i++)
		if (!sum(scores, i).ok && !calls_by_luck(i))
			return false;
	return true;
}

static int work(unsigned int number, const struct params *p, struct score *scores)
{
	struct itimerval tick = { { 0, AGAIN_US }, { 0, TICK_US } };
	struct score *mine = scores + number * calls_count();
	int64_t deadline = now_ms() + p->seconds * 1000LL;
	int64_t limit = deadline + PATIENCE_MS;
	struct rng r = rng_of(p->seed, number);
	size_t i;
	int ret;

	if (prepare(number)) {
		printf("# worker %u: %s\n", number, strerror(errno));
		return 2;
	}
	while (now_ms() < deadline || (now_ms() < limit && !enough(scores))) {
		i = calls_any(&r);
		setitimer(ITIMER_REAL, &tick, NULL);
		ret = calls_make(i, &r);
		if (ret < 0)
			return 1;
		mine[i].done++;
		mine[i].ok += ret;
	}
	return 0;
}

static void report(const struct score *scores)
{
	size_t i;

	for (i = 0; i < calls_count(); i++) {
		struct score all = sum(scores, i);

		printf("# %s %lu of %lu\n", calls_name(i), all.ok, all.done);
	}
}

int main(int argc, char **argv)
{
	struct params p = { .seconds = 20 };
	struct score *scores;
	int wrong = 0, status;
	unsigned int i;

	common_params(&p, argc, argv);
	scores = mmap(NULL, sizeof(*scores) * calls_count() * WORKERS, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (scores == MAP_FAILED)
		return 2;
	for (i = 0; i < WORKERS; i++)
		if (!fork()) {
			status = work(i, &p, scores);
			fflush(stdout);
			_exit(status);
		}
	while (wait(&status) > 0) {
		if (!status)
			continue;
		printf("# a worker ended with status %#x\n", status);
		wrong = 1;
	}
	report(scores);
	if (wrong || !enough(scores))
		return 1;
	puts("done");
	return 0;
}
