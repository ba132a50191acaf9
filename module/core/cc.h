/* SPDX-License-Identifier: GPL-2.0-only */
/* Congestion control: one algorithm a file, behind these few calls. */
#ifndef _ATCP_CORE_CC_H
#define _ATCP_CORE_CC_H

#include <atcp/env.h>

#define ATCP_CC_NAME_MAX 16	/* as TCP_CA_NAME_MAX */
#define ATCP_CC_PRIV	4	/* u64 words an algorithm may keep in a connection */

struct atcp_conn;

/**
 * struct atcp_cc_ops - an algorithm. It reads the connection and writes cwnd and its own words
 * @name: for TCP_CONGESTION
 * @init: the connection is established, or changed over to this algorithm
 * @acked: @bytes were newly acknowledged or SACKed outside of recovery
 * @ssthresh: a loss episode begins: the new ssthresh in bytes
 * @undo: the episode was spurious: the cwnd to go back to, bytes; NULL for the default
 */
struct atcp_cc_ops {
	const char *name;
	void (*init)(struct atcp_conn *c, u64 now);
	void (*acked)(struct atcp_conn *c, u32 bytes, u64 now);
	u32 (*ssthresh)(struct atcp_conn *c, u64 now);
	u32 (*undo)(struct atcp_conn *c);
};

extern const struct atcp_cc_ops atcp_cc_newreno;

/* Find an algorithm by name; NULL if there is none. */
const struct atcp_cc_ops *atcp_cc_find(const char *name);

/* The names, each one separated from the next by a blank; returns bytes as snprintf does. */
int atcp_cc_names(char *buf, size_t size);

#endif /* _ATCP_CORE_CC_H */
