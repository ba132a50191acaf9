// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters and /proc/net/atcp_stat, which has the format of /proc/net/netstat; and
 * /proc/net/atcp_sockstat.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include "core/port.h"
#include "mib.h"
#include "sock.h"

static const struct {
	const char *group;
	const char *name;
} names[ATCP_NCOUNTERS] = {
#define ATCP_COUNTER_NAME(g, n) { #g, #n },
	ATCP_COUNTERS(ATCP_COUNTER_NAME)
};

void atcp_port_count(const struct atcp_conn *c, enum atcp_counter what)
{
	atcp_count(atcp_pernet(sock_net(atcp_conn_sk(c))), what);
}

u64 atcp_count_read(const struct atcp_net *an, enum atcp_counter what)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(an->mib, cpu)->count[what]);
	return sum;
}

/* Two lines for the counters from @first on that are of one group: names, values. */
static int show_group(struct seq_file *m, const struct atcp_net *an, int first)
{
	const char *group = names[first].group;
	int i;

	seq_printf(m, "%s:", group);
	for (i = first; i < ATCP_NCOUNTERS && !strcmp(names[i].group, group); i++)
		seq_printf(m, " %s", names[i].name);
	seq_printf(m, "\n%s:", group);
	for (i = first; i < ATCP_NCOUNTERS && !strcmp(names[i].group, group); i++)
		seq_printf(m, " %llu", atcp_count_read(an, i));
	seq_putc(m, '\n');
	return i;
}

static int stat_show(struct seq_file *m, void *v)
{
	const struct atcp_net *an = atcp_pernet(seq_file_single_net(m));
	int i = 0;

	while (i < ATCP_NCOUNTERS)
		i = show_group(m, an, i);
	return 0;
}

/* What there is now, in the words of /proc/net/sockstat; mem in pages. */
static int sockstat_show(struct seq_file *m, void *v)
{
	struct atcp_net *an = atcp_pernet(seq_file_single_net(m));

	seq_printf(m, "TCP: orphan %lld tw %u request %u mem %lld pressure %u\n",
		   percpu_counter_sum_positive(&an->orphans), READ_ONCE(an->tw.count),
		   READ_ONCE(an->req.count), percpu_counter_sum_positive(&an->mem),
		   READ_ONCE(an->mem_pressure));
	return 0;
}

int atcp_mib_net_init(struct atcp_net *an)
{
	an->mib = alloc_percpu(struct atcp_mib);
	if (!an->mib)
		return -ENOMEM;
	an->proc_stat = proc_create_net_single("atcp_stat", 0444, an->net->proc_net, stat_show,
					       NULL);
	an->proc_sockstat = proc_create_net_single("atcp_sockstat", 0444, an->net->proc_net,
						   sockstat_show, NULL);
	if ((an->proc_stat && an->proc_sockstat) || !IS_ENABLED(CONFIG_PROC_FS))
		return 0;
	atcp_mib_net_exit(an);
	return -ENOMEM;
}

void atcp_mib_net_exit(struct atcp_net *an)
{
	if (an->proc_stat)
		remove_proc_entry("atcp_stat", an->net->proc_net);
	if (an->proc_sockstat)
		remove_proc_entry("atcp_sockstat", an->net->proc_net);
	an->proc_stat = NULL;
	an->proc_sockstat = NULL;
	free_percpu(an->mib);
	an->mib = NULL;
}
