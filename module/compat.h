/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between kernels: the only file that asks for a version or a feature. */
#ifndef _ATCP_COMPAT_H
#define _ATCP_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/memcontrol.h>
#include <linux/netfilter.h>
#include <linux/random.h>
#include <linux/skbuff.h>
#include <linux/sysctl.h>
#include <linux/version.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/inet_sock.h>
#include <net/ip6_fib.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "atcp needs Linux 6.1 or newer"
#endif

/* hrtimer_setup() came with 6.13, hrtimer_init() went with 6.15. */
static inline void atcp_hrtimer_setup(struct hrtimer *t,
				      enum hrtimer_restart (*fn)(struct hrtimer *t))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(t, fn, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_SOFT);
#else
	hrtimer_init(t, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_SOFT);
	t->function = fn;
#endif
}

/* From 6.6 on the size of the table is told, without an empty last entry. */
static inline struct ctl_table_header *atcp_register_sysctl(struct net *net, const char *path,
							    struct ctl_table *t, size_t n)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return register_net_sysctl_sz(net, path, t, n);
#else
	return register_net_sysctl(net, path, t);
#endif
}

static inline struct ctl_table *atcp_sysctl_table(const struct ctl_table_header *h)
{
	return (struct ctl_table *)h->ctl_table_arg;
}

/* The first argument of a handler became const in 6.11. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define atcp_ctl_table const struct ctl_table
#else
#define atcp_ctl_table struct ctl_table
#endif

/*
 * A child's memory is charged to its listener's cgroup. sk_clone_lock() leaves that to accept(),
 * where native TCP charges who accepts, with what has come by then; no module can do the latter.
 */
static inline void atcp_memcg_inherit(struct sock *child, const struct sock *listener)
{
#ifdef CONFIG_MEMCG
	struct mem_cgroup *memcg = listener->sk_memcg;

	if (memcg && css_tryget(&memcg->css))
		child->sk_memcg = memcg;
#endif
}

/* prandom_u32_max() went in 6.2; get_random_u32_below() is in 6.1's stable releases too. */
static inline u32 atcp_random_below(u32 ceil)
{
	return ((u64)get_random_u32() * ceil) >> 32;
}

/* Bits became atomic flags in 6.6. */
static inline bool atcp_freebind(const struct sock *sk)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return inet_test_bit(FREEBIND, sk) || inet_test_bit(TRANSPARENT, sk);
#else
	return inet_sk(sk)->freebind || inet_sk(sk)->transparent;
#endif
}

/* struct sock.sk_v6_daddr and the IPv6 part: arguments changed in 6.19. */
static inline u32 atcp_ip6_dst_cookie(struct dst_entry *dst)
{
	return rt6_get_cookie(container_of(dst, struct rt6_info, dst));
}

/*
 * Conntrack confirms its new entries at the very end of LOCAL_IN, behind us; its hook is
 * reached by the pointer that other parts of the kernel use, without needing its module.
 */
static inline bool atcp_confirm_ct(struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	struct nf_conntrack *nfct = skb_nfct(skb);
	const struct nf_ct_hook *hook;

	if (!nfct ||
	    nf_ct_is_confirmed(container_of(nfct, struct nf_conn, ct_general)))
		return true;
	hook = rcu_dereference(nf_ct_hook);
	return !hook || hook->confirm(skb) == NF_ACCEPT;
#else
	return true;
#endif
}

/* Native TCP's connection or TIME_WAIT, with a reference; the tables' argument went in 6.17. */
static inline struct sock *atcp_native_lookup4(struct net *net, __be32 saddr, __be16 sport,
					       __be32 daddr, __be16 dport, int dif)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	return __inet_lookup_established(net, saddr, sport, daddr, ntohs(dport), dif, 0);
#else
	return __inet_lookup_established(net, net->ipv4.tcp_death_row.hashinfo, saddr, sport,
					 daddr, ntohs(dport), dif, 0);
#endif
}

static inline struct sock *atcp_native_lookup6(struct net *net, const struct in6_addr *saddr,
					       __be16 sport, const struct in6_addr *daddr,
					       __be16 dport, int dif)
{
#if !IS_ENABLED(CONFIG_IPV6)
	return NULL;
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	return __inet6_lookup_established(net, saddr, sport, daddr, ntohs(dport), dif, 0);
#else
	return __inet6_lookup_established(net, net->ipv4.tcp_death_row.hashinfo, saddr, sport,
					  daddr, ntohs(dport), dif, 0);
#endif
}

#endif /* _ATCP_COMPAT_H */
