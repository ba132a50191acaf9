/* SPDX-License-Identifier: GPL-2.0-only */
/* Counting of events: per namespace, per CPU, no lock and no shared cache line. */
#ifndef _ATCP_MIB_H
#define _ATCP_MIB_H

#include <linux/percpu.h>
#include "netns.h"

/* Count @n events of a namespace. Any context. */
static inline void atcp_count_add(const struct atcp_net *an, enum atcp_counter what, u32 n)
{
	this_cpu_add(an->mib->count[what], n);
}

static inline void atcp_count(const struct atcp_net *an, enum atcp_counter what)
{
	this_cpu_inc(an->mib->count[what]);
}

/* The sum over all CPUs; not a snapshot. */
u64 atcp_count_read(const struct atcp_net *an, enum atcp_counter what);

/* Make atcp_net.mib and the files in /proc/net. Return: 0 or -ENOMEM with nothing left behind. */
int atcp_mib_net_init(struct atcp_net *an);

/* After the last event of the namespace. Does nothing where init was not done. */
void atcp_mib_net_exit(struct atcp_net *an);

#endif /* _ATCP_MIB_H */
