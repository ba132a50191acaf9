/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A script is a sequence of calls that is run twice, each time in a child of
 * its own: once with native TCP at both ends, once with the ends of the
 * variant under test. Every call leaves a line with its result and errno, and
 * the two records must be equal: native TCP is the specification.
 */
#ifndef SELFTESTS_NET_H
#define SELFTESTS_NET_H

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum net_side { SRV, CLI };

enum net_ip {
	IP4,
	IP6,
	IP4_TO_DUAL,	/* an IPv4 client of a dual-stack listener */
	IP4_MAPPED,	/* IPv6 sockets, v4-mapped addresses */
};

/**
 * struct net_mode - the ends that a script runs between
 * @ip: the addresses
 * @atcp: indexed by side, whether this end is an atcp socket
 */
struct net_mode {
	enum net_ip ip;
	bool atcp[2];
};

struct net_addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_storage ss;
	};
	socklen_t len;
};

struct net_pair {
	int listener;
	int srv;
	int cli;
};

/* What the running script is between; constant for the script. */
extern struct net_mode net_mode;

/**
 * net_atcp_family() - the number that socket() is given for atcp
 *
 * Return: the value of the environment's ATCP_FAMILY, AF_ATCP without it,
 * and -1 where it says "none": then only native variants have a meaning.
 */
int net_atcp_family(void);

bool net_only_atcp(void);	/* ATCP_ONLY: only explicit expectations count */

/**
 * net_same_as_native() - run @script on native TCP and on @mode, compare
 * @mode: the ends under test
 * @script: the calls
 *
 * Return: 0 where both records are equal and no explicit expectation failed,
 * else the number of differences, which have been printed.
 */
int net_same_as_native(const struct net_mode *mode, void (*script)(void));

/* The same without the native run: only explicit expectations count. */
int net_holds(const struct net_mode *mode, void (*script)(void));

/* A network namespace with nothing but its loopback; -1 and errno without one. */
int net_own_namespace(void);

/* A line of the record; for what no call returns by itself. */
void net_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void net_called(int line, const char *expr, long ret);
void net_check(int line, const char *expr, bool ok);
void net_expected(int line, const char *expr, long ret, long want, int want_errno);
void net_must(int line, const char *expr, bool ok);
int64_t net_now_ms(void);
void net_yield(void);

/* Make the call and record what came of it. */
#define CALL(expr) ({							\
	long ret_ = (errno = 0, (long)(expr));				\
	net_called(__LINE__, #expr, ret_);				\
	ret_;								\
})

/* The same, for a call whose result is known without a look at native TCP. */
#define GIVES(want, expr) ({						\
	long ret_ = (errno = 0, (long)(expr));				\
	net_expected(__LINE__, #expr, ret_, want, 0);			\
	ret_;								\
})
#define FAILS(err, expr) ({						\
	long ret_ = (errno = 0, (long)(expr));				\
	net_expected(__LINE__, #expr, ret_, -1, err);			\
	ret_;								\
})

/* An expectation that native TCP need not share. */
#define CHECK(expr) net_check(__LINE__, #expr, expr)

/* What the script cannot go on without. */
#define MUST(expr) net_must(__LINE__, #expr, expr)

/* For a condition that no descriptor announces; the bound is generous. */
#define UNTIL(expr) ({							\
	int64_t end_ = net_now_ms() + 20000;				\
	bool held_;							\
									\
	while (!(held_ = (expr)) && net_now_ms() < end_)		\
		net_yield();						\
	net_must(__LINE__, "until " #expr, held_);			\
})

/* The address of this machine as @side writes it, port in host order. */
struct net_addr net_local(enum net_side side, uint16_t port);
struct net_addr net_any(enum net_side side, uint16_t port);
struct net_addr net_ip(enum net_side side, const char *ip4, const char *ip6, uint16_t port);
int net_af(enum net_side side);
uint16_t net_port(int fd);

int net_socket(enum net_side side, int flags);
int net_bound(enum net_side side, uint16_t port);
int net_listener(int backlog);
/* Connected or in progress; the descriptor blocks unless @flags says otherwise. */
int net_connect(int listener, int flags);
struct net_pair net_connected(void);

/* Wait for any of @events, then say all that poll() has; 0 after 20 s. */
int net_wait(int fd, int events);
int net_poll(int fd);
int net_so_error(int fd);
int net_tcp_state(int fd);
int net_queued(int fd);
void net_set_int(int fd, int level, int option, int value);

#endif
