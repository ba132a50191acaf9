/* SPDX-License-Identifier: GPL-2.0-only */
/* What atcp keeps for a network namespace. */
#ifndef _ATCP_NETNS_H
#define _ATCP_NETNS_H

#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/percpu_counter.h>
#include <linux/spinlock.h>
#include <linux/timerqueue.h>
#include <net/netns/generic.h>
#include "core/config.h"
#include "core/counters.h"

struct ctl_table_header;
struct proc_dir_entry;

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
	spinlock_t lock;		/* bh */
	struct timerqueue_head queue;	/* under @lock */
	struct hrtimer timer;		/* armed under @lock */
	u32 count;			/* written under @lock, read anywhere */
};

/**
 * struct atcp_net - per namespace
 * @net: back; no reference
 * @cfg: sysctl net.atcp.*, read locklessly
 * @ports_used: a bit a local port that atcp has: the early exit of the hooks. 65536 bits; each
 *	is written under the lock of its port's bucket, read under RCU. NULL before @hooked
 * @hooked: the netfilter hooks are there: from the first bind() or connect() on
 * @defrag: IPv6 fragments are put together before the hooks
 * @hooks: IPv4 and IPv6
 * @hook_mutex: for the change of @hooked
 * @tw: TIME_WAIT records
 * @req: handshakes
 * @mib: counters, per CPU
 * @sysctl: net.atcp
 * @max_tw_buckets: most TIME_WAIT records
 * @reuse_tw: may connect() take the place of one: 0 no, 1 yes, 2 on the loopback device only
 * @syncookies: handshakes without a record: 0 never, 1 where there is no room for one, 2 always
 * @limit_output: bytes of a connection that wait in the device's queue, at most; see drain.c
 * @notsent_lowat: TCP_NOTSENT_LOWAT of sockets that have none of their own, bytes
 * @wmem: bytes of sk_sndbuf: min, default, max
 * @rmem: bytes of sk_rcvbuf: min, default, max
 * @mem: pages that sockets hold, see mem.h
 * @mem_limit: of @mem: low, pressure, high, as tcp(7) has tcp_mem
 * @mem_pressure: @mem has been above pressure, and not below low since
 * @orphans: connections without a user, TIME_WAIT not among them
 * @max_orphans: of them
 * @max_syn_backlog: handshakes of a listener
 * @proc_stat: /proc/net/atcp_stat
 * @proc_sockstat: /proc/net/atcp_sockstat
 */
struct atcp_net {
	struct net *net;
	struct atcp_cfg cfg;
	unsigned long *ports_used;
	bool hooked;
	bool defrag;
	struct nf_hook_ops hooks[2];
	struct mutex hook_mutex;	/* for hooked */
	struct atcp_expiry tw;
	struct atcp_expiry req;
	struct atcp_mib __percpu *mib;
	struct ctl_table_header *sysctl;
	u32 max_tw_buckets;
	u32 reuse_tw;
	u32 syncookies;
	u32 limit_output;
	u32 notsent_lowat;
	u32 wmem[3];
	u32 rmem[3];
	struct percpu_counter mem;
	u32 mem_limit[3];
	bool mem_pressure;
	struct percpu_counter orphans;
	u32 max_orphans;
	u32 max_syn_backlog;
	struct proc_dir_entry *proc_stat;
	struct proc_dir_entry *proc_sockstat;
};

extern unsigned int atcp_net_id;

static inline struct atcp_net *atcp_pernet(const struct net *net)
{
	return net_generic(net, atcp_net_id);
}

/* The namespace that settings are of: as atcp_pernet(), for where each instruction counts. */
static inline const struct atcp_net *atcp_cfg_net(const struct atcp_cfg *cfg)
{
	return container_of(cfg, struct atcp_net, cfg);
}

int atcp_netns_init(void);

/* Every namespace loses its hooks, its records and the connections that no user has any more. */
void atcp_netns_exit(void);

/* sysctl.c: the defaults, and net.atcp. Return: 0 or -ENOMEM. */
int atcp_sysctl_net_init(struct atcp_net *an);
void atcp_sysctl_net_exit(struct atcp_net *an);

#endif /* _ATCP_NETNS_H */
