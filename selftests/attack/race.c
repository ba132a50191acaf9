// SPDX-License-Identifier: GPL-2.0-only
/*
 * Races of a socket's calls with each other, with timers, with segments that arrive,
 * and with those that look at it from outside. --mode says which:
 *
 *	shared		any call on any of a few sockets, which are replaced all the time
 *	accept		close and shutdown of a listener against accept, poll and peers
 *	handshake	listeners that close in the middle of handshakes
 *	switch		as shared, while the trace is switched on and off
 *
 * What is wrong shows in the kernel's log and in what is left afterwards; here
 * only that all of it has happened, however long that takes.
 */
#include "race.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/atcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#define BURST	8
#define THREADS	8
/* What has not happened this long after the end is not going to. */
#define GIVE_UP_MS	300000

unsigned long counts[NCOUNTS];
int epoll_fd;

static const char * const names[NCOUNTS] = {
	"connected", "accepted", "listened", "disconnected", "sent", "received", "dumps", "reads",
	"rounds",
};

struct worker {
	pthread_t thread;
	struct rng rng;
	void (*step)(struct rng *r);
};

struct mode {
	const char *name;
	enum count needed[6];
	unsigned long least;	/* connections */

	void (*steps[THREADS])(struct rng *r);
};

static const struct mode *mode;
static int64_t deadline;

/* So that a kernel that is many times slower gets there: more time, the longer it takes. */
static unsigned int pause_ms(unsigned int usual)
{
	int64_t late = deadline ? now_ms() - deadline : 0;

	return usual + (late > 0 ? late / 20 : 0);
}

int race_socket(bool v6, bool nonblock)
{
	unsigned int ms = pause_ms(CALL_MS);
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	int fd = socket(AF_ATCP, SOCK_STREAM | (nonblock ? SOCK_NONBLOCK : 0), v6);
	int one = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return fd;
}

int race_listener(bool v6, uint16_t port, int backlog)
{
	struct sockaddr_storage at;
	socklen_t len = loopback(&at, v6, port);
	int fd = race_socket(v6, false);

	if (fd >= 0 && (bind(fd, (void *)&at, len) || listen(fd, backlog))) {
		close(fd);
		return -1;
	}
	return fd;
}

void race_place(int fd, int slot)
{
	if (fd < 0)
		return;
	dup3(fd, slot, O_CLOEXEC);
	close(fd);
}

/* The listener of mode accept is in the first slot. */
static void accept_serve(struct rng *r)
{
	struct pollfd p = { FIRST_SLOT, POLLIN };
	int fd;

	if (rng_chance(r, 2))
		poll(&p, 1, 1);
	fd = accept4(FIRST_SLOT, NULL, NULL, rng_chance(r, 2) ? SOCK_NONBLOCK : 0);
	if (fd < 0)
		return;
	count(ACCEPTED);
	if (rng_chance(r, 2) && send(fd, "hello", 5, MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
		count(SENT);
	close(fd);
}

static void accept_renew(struct rng *r)
{
	bool v6 = rng_chance(r, 2);
	int fd;

	switch (rng_below(r, 3)) {
	case 0:
		shutdown(FIRST_SLOT, SHUT_RDWR);
		if (!listen(FIRST_SLOT, 16))
			count(LISTENED);
		break;
	default:
		race_place(race_socket(v6, false), FIRST_SLOT);
		fd = race_listener(v6, FIRST_PORT, 16);
		if (fd >= 0)
			count(LISTENED);
		race_place(fd, FIRST_SLOT);
		break;
	}
	usleep(rng_below(r, 1000 * pause_ms(3)));
	count(ROUNDS);
}

static void accept_call(struct rng *r)
{
	struct linger linger = { 1, 0 };
	struct sockaddr_storage to;
	bool v6 = rng_chance(r, 2);
	socklen_t len = loopback(&to, v6, FIRST_PORT);
	int fd = race_socket(v6, rng_chance(r, 3));
	char buf[16];

	if (fd < 0)
		return;
	if (!connect(fd, (void *)&to, len))
		count(CONNECTED);
	if (rng_chance(r, 2))
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	else if (recv(fd, buf, sizeof(buf), rng_chance(r, 2) ? MSG_DONTWAIT : 0) > 0)
		count(RECEIVED);
	close(fd);
}

static void switch_trace(struct rng *r)
{
	race_trace(rng_chance(r, 2));
	usleep(rng_below(r, 20000));
}

/* Clients come in bursts; the listener goes while their segments are under way. */
static void handshake_round(struct rng *r)
{
	uint16_t port = FIRST_PORT + rng_below(r, PORTS);
	int fds[BURST], i, lfd, afd;
	struct sockaddr_storage to;
	bool v6 = rng_chance(r, 2);
	socklen_t len = loopback(&to, v6, port);

	lfd = race_listener(v6, port, 1 + rng_below(r, BURST));
	if (lfd < 0)
		return;
	for (i = 0; i < BURST; i++) {
		fds[i] = race_socket(v6, true);
		if (fds[i] >= 0 && connect(fds[i], (void *)&to, len) && errno == EINPROGRESS)
			count(CONNECTED);
	}
	if (rng_chance(r, 4)) {
		afd = accept4(lfd, NULL, NULL, 0);
		if (afd >= 0) {
			count(ACCEPTED);
			close(afd);
		}
	} else {
		usleep(rng_below(r, 1000 * pause_ms(4)));
	}
	close(lfd);
	for (i = 0; i < BURST; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	count(ROUNDS);
}

static const struct mode modes[] = {
	{ "shared", { ACCEPTED, DISCONNECTED, SENT, RECEIVED, DUMPS, READS }, 200,
	  { race_call, race_call, race_call, race_call, race_call, race_call, race_call,
	    race_watch } },
	{ "switch", { ACCEPTED, DISCONNECTED, SENT, RECEIVED, DUMPS, READS }, 0,
	  { race_call, race_call, race_call, race_call, race_call, switch_trace, race_watch,
	    race_watch } },
	{ "accept", { CONNECTED, ACCEPTED, LISTENED, ROUNDS, DUMPS, READS }, 500,
	  { accept_serve, accept_serve, accept_serve, accept_renew, accept_call,
	    accept_call, accept_call, race_watch } },
	{ "handshake", { CONNECTED, ACCEPTED, ROUNDS, DUMPS, READS, READS }, 2000,
	  { handshake_round, handshake_round, handshake_round, handshake_round,
	    handshake_round, handshake_round, race_watch, race_watch } },
};

static unsigned long seen(enum count what)
{
	return __atomic_load_n(&counts[what], __ATOMIC_RELAXED);
}

/* The first of what has to happen and has not, or NCOUNTS. */
static enum count missing(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mode->needed); i++)
		if (!seen(mode->needed[i]))
			return mode->needed[i];
	return seen(CONNECTED) < mode->least ? CONNECTED : NCOUNTS;
}

static bool go_on(void)
{
	int64_t now = now_ms();

	return now < deadline || (now < deadline + GIVE_UP_MS && missing() != NCOUNTS);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (go_on())
		w->step(&w->rng);
	return NULL;
}

static int run(const struct mode *m, const struct params *p)
{
	struct worker workers[ARRAY_SIZE(m->steps)];
	size_t i;

	/* QEMU's threads may hang in a static key that is switched under traffic */
	race_trace(true);
	mode = m;
	deadline = now_ms() + p->seconds * 1000LL;
	for (i = 0; i < ARRAY_SIZE(workers); i++) {
		workers[i].rng = rng_of(p->seed, i);
		workers[i].step = m->steps[i];
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			return 2;
	}
	for (i = 0; i < ARRAY_SIZE(workers); i++)
		pthread_join(workers[i].thread, NULL);
	race_trace(false);
	for (i = 0; i < NCOUNTS; i++)
		printf("# %s %lu\n", names[i], counts[i]);
	if (missing() == NCOUNTS)
		return 0;
	printf("# too little was %s\n", names[missing()]);
	return 1;
}

int main(int argc, char **argv)
{
	struct params p = { .seconds = 20, .mode = "shared" };
	size_t i;
	int fd;

	common_params(&p, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	for (i = 0; i < SLOTS; i++) {
		fd = race_socket(i & 1, i & 2);
		if (fd < 0) {
			printf("# no socket: %s\n", strerror(errno));
			return 2;
		}
		race_place(fd, FIRST_SLOT + i);
	}
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		if (strcmp(p.mode, modes[i].name))
			continue;
		if (run(&modes[i], &p))
			return 1;
		puts("done");
		return 0;
	}
	fprintf(stderr, "race: no mode %s\n", p.mode);
	return 2;
}
