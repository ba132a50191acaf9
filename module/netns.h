/* SPDX-License-Identifier: GPL-2.0-only */
/* What atcp keeps for a network namespace. */
#ifndef _ATCP_NETNS_H
#define _ATCP_NETNS_H

#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/timerqueue.h>
#include <net/netns/generic.h>
#include "core/config.h"
#include "core/counters.h"

struct ctl_table_header;

struct atcp_mib {
	u64 count[ATCP_NCOUNTERS];
};

/**
 * struct atcp_expiry - records ordered by deadline, with one hrtimer for the first
 * @lock: taken in softirq and process context (bh)
 * @queue: of timerqueue_node, expiry in ns of CLOCK_MONOTONIC
 * @timer: soft hrtimer, armed for the first
 * @count: records in @queue
 */
struct atcp_expiry {
	spinlock_t lock;
	struct timerqueue_head queue;	/* under @lock */
	struct hrtimer timer;		/* armed under @lock */
	u32 count;			/* written under @lock, read anywhere */
};

/**
 * struct atcp_net - per namespace
 * @net: back
 * @cfg: sysctl net.atcp.*, read locklessly
 * @ports_used: a bit a local port that atcp has: the early exit of the hook
 * @ports: the held ports, see ports.c
 * @tw: TIME_WAIT records
 * @req: handshakes
 * @mib: counters, per CPU
 */
struct atcp_net {
	struct net *net;
	struct atcp_cfg cfg;
	unsigned long *ports_used;	/* 65536 bits; set under the ports' lock, read under RCU */
	struct atcp_ports *ports;
	struct atcp_expiry tw;
	struct atcp_expiry req;
	struct atcp_mib __percpu *mib;
	struct ctl_table_header *sysctl;
	u32 max_tw_buckets;
	u32 wmem[3], rmem[3];		/* sk_sndbuf, sk_rcvbuf: min, default, max; bytes */
	u32 tw_reuse;
	struct proc_dir_entry *proc_stat;
	struct dentry *debugfs;
};

extern unsigned int atcp_net_id;

static inline struct atcp_net *atcp_pernet(const struct net *net)
{
	return net_generic(net, atcp_net_id);
}

#endif /* _ATCP_NETNS_H */
