/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of atcp ss: what a socket is, where it comes from, which ones are wanted. */
#ifndef ATCP_TOOLS_SS_H
#define ATCP_TOOLS_SS_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>

#define SS_CMD "ss"

/* The kernel's TCP_* states, which no header of linux/ has for programs. */
enum {
	SS_ESTABLISHED = 1,
	SS_SYN_SENT,
	SS_SYN_RECV,
	SS_FIN_WAIT1,
	SS_FIN_WAIT2,
	SS_TIME_WAIT,
	SS_CLOSE,
	SS_CLOSE_WAIT,
	SS_LAST_ACK,
	SS_LISTEN,
	SS_CLOSING
};

struct ss_socket {
	struct inet_diag_msg msg;
	bool has_info, has_mem, v6only;
	uint8_t shutdown, tos;
	uint32_t mark;
	uint32_t mem[9];		/* SK_MEMINFO_* */
	struct tcp_info info;		/* 0 where the kernel has less to say */
	char cong[16];
};

/* Which sockets are wanted; ports in host order, 0 for any. */
struct ss_filter {
	uint32_t states;		/* a bit each, 1 << TCP_* */
	uint16_t sport, dport;
	bool v4, v6;
};

/* ss_filter.c: "state X", "exclude X", "sport = :N", "dport = :N", "and"; an exit status. */
int ss_filter_parse(struct ss_filter *f, int argc, char **argv);
bool ss_filter_match(const struct ss_filter *f, const struct ss_socket *s);
const char *ss_state_name(unsigned int state);

/**
 * ss_dump() - ask the kernel
 * @family: number of the family
 * @filter: what to ask for
 * @ext: bits 1 << (INET_DIAG_* - 1)
 * @each: called for each socket that matches; nonzero ends the dump
 * @arg: for @each
 *
 * Return: an exit status; errors have been reported.
 */
int ss_dump(int family, const struct ss_filter *filter, uint8_t ext,
	    int (*each)(const struct ss_socket *s, void *arg), void *arg);

/* ss_proc.c: which processes hold which sockets. */
struct ss_holder {
	uint32_t inode;
	int pid, fd;
	char comm[16];
};

struct ss_holders {
	struct ss_holder *v;
	unsigned int n, cap;
};

/* Read /proc; processes that may not be looked at are left out. Returns 0, or -1 without memory. */
int ss_holders_read(struct ss_holders *h);
void ss_holders_free(struct ss_holders *h);

/* The holders of @inode are h->v[*first] and the following ones; returns how many. */
unsigned int ss_holders_find(const struct ss_holders *h, uint32_t inode, unsigned int *first);

#endif /* ATCP_TOOLS_SS_H */
