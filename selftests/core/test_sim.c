// SPDX-License-Identifier: GPL-2.0-only
/* The simulator's command line: so many connections, or so many seconds, from a seed. */
#include <argp.h>
#include <limits.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "legal.h"
#include "sim.h"

#define HANG_SECONDS	300	/* of processor time, in one world, of a few ms as a rule */
#define DEFAULT_CONNS	100000
#define ROUND_CONNS	3000	/* between two looks at the clock */
#define RARE_ROUNDS	64	/* of those, one with the scenes that have no share */

static struct {
	u64 seed;
	u64 conns;
	u64 seconds;
	const char *scene;
	bool ladder;
	bool first;
} opt = { .seed = 1 };

static const struct argp_option options[] = {
	{ "seed", 's', "N", 0, "the first seed (1)", 0 },
	{ "conns", 'n', "N", 0, "simulated connections (100000), or of a round of --seconds", 0 },
	{ "seconds", 't', "N", 0, "run on for so long, with new seeds", 0 },
	{ "scenario", 'c', "NAME", 0, "only this one; 'list' names them", 0 },
	{ "first", 'f', NULL, 0, "end with the first failure", 0 },
	{ "ladder", 'l', NULL, 0, "draw every segment and state", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)state;
	switch (key) {
	case 's':
		opt.seed = strtoull(arg, NULL, 0);
		return 0;
	case 'n':
		opt.conns = strtoull(arg, NULL, 0);
		return 0;
	case 't':
		opt.seconds = strtoull(arg, NULL, 0);
		return 0;
	case 'c':
		opt.scene = arg;
		return 0;
	case 'f':
		opt.first = true;
		return 0;
	case 'l':
		opt.ladder = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Run the protocol engine through bad networks, each world replayable from its seed.",
};

/* Freed memory is not used again for a while; more of it would only be cold. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=16";
}

/* the replay is typed in a directory of the reader's choice */
static char program[PATH_MAX];

/*
 * A signal ends the only thread, whose stdio locks are its own: at worst a line is garbled.
 * NOLINTBEGIN(bugprone-signal-handler)
 */
static void replay_line(void)
{
	printf("# replay: %s --scenario=%s --seed=%llu --conns=1 --ladder\n", program,
	       sim.scene ? sim.scene->name : "?", (unsigned long long)sim.seed);
	fflush(stdout);
}

static void died(int sig)
{
	printf("# %s after %llu events\n", sig == SIGVTALRM ? "no end of one world" : "died",
	       (unsigned long long)sim.events);
	replay_line();
	signal(SIGABRT, SIG_DFL);
	abort();
}

/* NOLINTEND(bugprone-signal-handler) */

static u32 seen[ATCP_NSTATES][ATCP_NSTATES];

static void see(void)
{
	u32 i;

	for (i = 0; i < ATCP_NSTATES * ATCP_NSTATES; i++)
		(&seen[0][0])[i] |= (&sim.seen[0][0])[i];
}

/* Of the legal ones; the listener's own belong to the host. */
static void show_transitions(void)
{
	u32 from, to, n = 0;

	for (from = 0; from < ATCP_NSTATES; from++)
		for (to = 0; to < ATCP_NSTATES; to++)
			n += from != to && seen[from][to];
	printf("# %u of the %u transitions; not seen:", n, LEGAL_PAIRS);
	for (from = 1; from < ATCP_NSTATES; from++)
		for (to = 1; to < ATCP_NSTATES; to++)
			if (legal_transition((u8)from, (u8)to) && !seen[from][to])
				printf(" %s-%s", atcp_state_name((u8)from),
				       atcp_state_name((u8)to));
	printf("\n");
}

static void watch(int seconds)
{
	const struct itimerval limit = { .it_value.tv_sec = seconds };

	setitimer(ITIMER_VIRTUAL, &limit, NULL);
}

/* Worlds of one scene from @seed on. Return: the number of connections. */
static u64 run_scene(const struct sim_scene *scene, u64 seed, u64 conns, bool *ok)
{
	u64 n = 0, events = 0;

	*ok = true;
	while (n < conns) {
		watch(HANG_SECONDS);
		if (!sim_run(scene, seed, opt.ladder)) {
			printf("# %s: %s\n", scene->name, sim.why);
			replay_line();
			*ok = false;
			break;
		}
		see();
		n += sim.incarnation;
		events += sim.events;
		seed++;
	}
	watch(0);
	printf("# %s: %llu connections, %llu events\n", scene->name, (unsigned long long)n,
	       (unsigned long long)events);
	return n;
}

/* A seed is worth something only if all of a world follows from it. */
static bool same_twice(const struct sim_scene *scene, u64 seed)
{
	u64 events, now, state;

	watch(HANG_SECONDS);
	sim_run(scene, seed, false);
	events = sim.events;
	now = sim.now;
	state = sim.rng.state;
	sim_run(scene, seed, false);
	watch(0);
	if (events == sim.events && now == sim.now && state == sim.rng.state)
		return true;
	printf("# %s: %llu events the first time, %llu the second\n", scene->name,
	       (unsigned long long)events, (unsigned long long)sim.events);
	replay_line();
	return false;
}

static u64 seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec;
}

static int result(bool ok, unsigned int number, const char *name)
{
	printf("%s %u %s\n", ok ? "ok" : "not ok", number, name);
	fflush(stdout);
	return !ok;
}

/* @rare: once each of those that take too long to have a share */
static int run_all(u64 seed, u64 conns, bool rare)
{
	const struct sim_scene *s;
	u32 shares = 0, number = 0;
	u64 some, total = 0;
	int failed = 0;
	bool ok;

	for (s = sim_scenes; s < sim_scenes + sim_nscenes; s++)
		shares += s->share;
	for (s = sim_scenes; s < sim_scenes + sim_nscenes; s++) {
		if (opt.scene ? strcmp(s->name, opt.scene) : !s->share && !rare)
			continue;
		some = opt.scene ? conns : (conns * s->share + shares - 1) / shares;
		total += run_scene(s, seed, max_t(u64, some, 1), &ok);
		if (!opt.scene && s->share)
			ok &= same_twice(s, seed);
		failed += result(ok, ++number, s->name);
		if (failed && opt.first)
			break;
	}
	printf("# %llu connections in all\n", (unsigned long long)total);
	if (!opt.scene)
		show_transitions();
	return failed;
}

int main(int argc, char **argv)
{
	u64 end;
	u32 i, plan = 0, round = 0;
	int failed = 0;

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (!opt.conns)
		opt.conns = opt.seconds ? ROUND_CONNS : DEFAULT_CONNS;
	if (!realpath("/proc/self/exe", program))
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < sim_nscenes; i++) {
		if (opt.scene && !strcmp(opt.scene, "list"))
			puts(sim_scenes[i].name);
		plan += opt.scene ? !strcmp(opt.scene, sim_scenes[i].name) :
				    sim_scenes[i].share > 0;
	}
	if (!plan)
		return opt.scene && !strcmp(opt.scene, "list") ? 0 : 2;
	__sanitizer_set_death_callback(replay_line);
	signal(SIGVTALRM, died);
	signal(SIGABRT, died);
	sim_pattern_init();
	printf("TAP version 13\n1..%u\n", plan);
	end = seconds_now() + opt.seconds;
	do {
		printf("# seeds from %llu\n", (unsigned long long)opt.seed);
		failed = run_all(opt.seed, opt.conns, opt.seconds && !(++round % RARE_ROUNDS));
		opt.seed += opt.conns;
	} while (!failed && seconds_now() < end);
	return failed ? 1 : 0;
}
