/* SPDX-License-Identifier: GPL-2.0-only */
/* Congestion control: one algorithm a file, behind these few calls. */
#ifndef _ATCP_CORE_CC_H
#define _ATCP_CORE_CC_H

#include <atcp/env.h>

#define ATCP_CC_NAME_MAX 16	/* as TCP_CA_NAME_MAX */
#define ATCP_CC_PRIV	4	/* u64 words an algorithm may keep in a connection */
#define ATCP_CWND_MAX	((u32)BIT(30))	/* bytes: no window of RFC 7323 is larger */

struct atcp_conn;

/**
 * struct atcp_cc_ops - an algorithm. It reads the connection and writes cwnd and its own words
 * @name: for TCP_CONGESTION
 * @init: the connection is established, or changed over to this algorithm
 * @rtt: the ACK that acked() will be told of gave a sample, ns; NULL if there is no use for it
 * @acked: @bytes were newly acknowledged or SACKed outside of recovery
 * @ssthresh: a loss episode begins, by a timeout if ca_state is ATCP_CA_LOSS: the new ssthresh,
 *	bytes
 * @undo: the episode that ssthresh() was last called for was spurious, ssthresh is to be what it
 *	was: the cwnd to go back to at most, bytes; 0: it is too late, all stays as it is; NULL for
 *	the default
 */
struct atcp_cc_ops {
	const char *name;
	void (*init)(struct atcp_conn *c, u64 now);
	void (*rtt)(struct atcp_conn *c, u64 ns);
	void (*acked)(struct atcp_conn *c, u32 bytes, u64 now);
	u32 (*ssthresh)(struct atcp_conn *c, u64 now);
	u32 (*undo)(struct atcp_conn *c);
};

extern const struct atcp_cc_ops atcp_cc_newreno, atcp_cc_cubic;

/* Find an algorithm by name; NULL if there is none. */
const struct atcp_cc_ops *atcp_cc_find(const char *name);

/* The names, each one separated from the next by a blank; returns bytes as snprintf does. */
int atcp_cc_names(char *buf, size_t size);

/* Tell the algorithm of a sample of the round-trip time, ns. */
void atcp_cc_rtt(struct atcp_conn *c, u64 ns);

/**
 * atcp_cc_slow_start() - RFC 5681 section 3.1, up to ssthresh
 * @c: cwnd is below ssthresh
 * @bytes: newly acknowledged
 *
 * Return: the bytes that are left for congestion avoidance, 0 while cwnd is below ssthresh
 */
u32 atcp_cc_slow_start(struct atcp_conn *c, u32 bytes);

#endif /* _ATCP_CORE_CC_H */
