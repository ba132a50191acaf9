/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that work on the same sockets. The sockets are at descriptors that stay: a
 * new one is put in an old one's place by dup3(), which closes that under whoever
 * is in a call with it.
 */
#ifndef SELFTESTS_ATTACK_RACE_H
#define SELFTESTS_ATTACK_RACE_H

#include "common.h"

#define SLOTS		24
#define FIRST_SLOT	200
#define PORTS		2
#define FIRST_PORT	7000
/* No call on a socket takes longer. */
#define CALL_MS		5

/* What has succeeded, by all threads. */
enum count {
	CONNECTED, ACCEPTED, LISTENED, DISCONNECTED, SENT, RECEIVED, DUMPS, READS, ROUNDS,
	NCOUNTS
};

extern unsigned long counts[NCOUNTS];
extern int epoll_fd;

static inline void count(enum count what)
{
	__atomic_fetch_add(&counts[what], 1, __ATOMIC_RELAXED);
}

/* A socket whose calls end by themselves; -1 and errno. */
int race_socket(bool v6, bool nonblock);
/* A listener on the loopback address; -1 and errno. */
int race_listener(bool v6, uint16_t port, int backlog);
/* Put @fd in the place of @slot, close what was there. */
void race_place(int fd, int slot);

/* One call on a slot, of a random kind. */
void race_call(struct rng *r);

/* One look at the sockets from outside, of a random kind. */
void race_watch(struct rng *r);
/* Switch the trace, and with it a static key. */
void race_trace(bool on);

#endif
