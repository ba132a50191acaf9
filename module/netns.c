// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces. A socket that a user has holds its namespace, so that at a namespace's end there
 * are only records and connections that were closed: they hold nothing and end here.
 */
#include <net/net_namespace.h>
#include "compat.h"
#include "core/api.h"
#include "demux.h"
#include "mem.h"
#include "mib.h"
#include "netns.h"
#include "rcv.h"
#include "records.h"
#include "sock.h"
#include "timer.h"

unsigned int atcp_net_id __read_mostly;

static int net_init(struct net *net)
{
	struct atcp_net *an = atcp_pernet(net);
	int err;

	an->net = net;
	mutex_init(&an->hook_mutex);
	atcp_request_net_init(an);
	atcp_timewait_net_init(an);
	err = atcp_mem_net_init(an);
	if (err)
		return err;
	err = atcp_mib_net_init(an);
	if (err)
		goto no_mib;
	err = atcp_sysctl_net_init(an);
	if (err)
		goto no_sysctl;
	return 0;

no_sysctl:
	atcp_mib_net_exit(an);
no_mib:
	atcp_mem_net_exit(an);
	return err;
}

static void net_pre_exit(struct net *net)
{
	atcp_hook_disable(atcp_pernet(net));
}

/* One connection of @net with a reference, or NULL: each call finds the next, as they go. */
static struct sock *find_orphan(const struct net *net, unsigned int *bucket)
{
	struct sock *sk;
	struct atcp_flow *f;

	rcu_read_lock();
	for (; *bucket < atcp_demux_buckets(); ++*bucket) {
		hlist_for_each_entry_rcu(f, atcp_demux_bucket(*bucket), node) {
			if (f->kind != ATCP_FLOW_SOCK || !net_eq(f->net, net))
				continue;
			sk = &container_of(f, struct atcp_sock, flow)->inet.sk;
			if (!refcount_inc_not_zero(&sk->sk_refcnt))
				continue;
			rcu_read_unlock();
			return sk;
		}
	}
	rcu_read_unlock();
	return NULL;
}

/* The peer is told by a RST; nobody else is there to be told. */
static void abort_orphans(const struct net *net)
{
	unsigned int bucket = 0;
	struct sock *sk;

	while ((sk = find_orphan(net, &bucket))) {
		lock_sock(sk);
		atcp_conn_abort(&atcp_sk(sk)->conn, atcp_now());
		atcp_sock_settle(sk);
		atcp_sock_done(sk);
		release_sock(sk);
		sock_put(sk);
	}
}

static void net_exit(struct net *net)
{
	struct atcp_net *an = atcp_pernet(net);

	abort_orphans(net);
	atcp_request_net_exit(an);
	atcp_timewait_net_exit(an);
	atcp_sysctl_net_exit(an);
	/* Readers of the tables and timers that ran may count still, or give up a port. */
	synchronize_rcu();
	atcp_hook_free(an);
	atcp_mib_net_exit(an);
	atcp_mem_net_exit(an);
}

static struct pernet_operations net_ops = {
	.init		= net_init,
	.pre_exit	= net_pre_exit,
	.exit		= net_exit,
	.id		= &atcp_net_id,
	.size		= sizeof(struct atcp_net),
};

int atcp_netns_init(void)
{
	return register_pernet_subsys(&net_ops);
}

void atcp_netns_exit(void)
{
	unregister_pernet_subsys(&net_ops);
}
