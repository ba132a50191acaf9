// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of the IPv4 header, source routes above all: RFC 9293 section 3.9.2.1, RFC 791 section
 * 3.1, RFC 1122 section 3.2.1.8. What IP has for them it does not give to modules.
 */
#include <linux/ip.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/route.h>
#include "core/api.h"
#include "ipopt.h"
#include "output.h"
#include "sock.h"

#define MAX_LEN		40	/* of all options of a header */
#define ROUTE_HEAD	3	/* bytes of an option: kind, length, pointer */
#define FIRST_SLOT	4	/* what the pointer says of the first address */
#define ADDR_LEN	4

const struct ip_options_rcu *atcp_ipopt(const struct sock *sk)
{
	return rcu_dereference_protected(inet_sk(sk)->inet_opt, lockdep_sock_is_held(sk));
}

u32 atcp_ipopt_len(const struct ip_options_rcu *opt)
{
	return opt ? opt->opt.optlen : 0;
}

__be32 atcp_ipopt_hop(const struct ip_options_rcu *opt, __be32 daddr)
{
	return opt && opt->opt.srr ? opt->opt.faddr : daddr;
}

bool atcp_ipopt_strays(const struct ip_options_rcu *opt, const struct rtable *rt)
{
	return opt && opt->opt.is_strictroute && rt->rt_uses_gateway;
}

/* Write into the slot that ends @before bytes before the one that an option points to. */
static void fill_slot(u8 *option, u32 before, __be32 value)
{
	memcpy(option + option[2] - 1 - before - ADDR_LEN, &value, ADDR_LEN);
}

void atcp_ipopt_build(struct sk_buff *skb, const struct ip_options_rcu *opt, __be32 daddr)
{
	const struct ip_options *o = &opt->opt;
	struct iphdr *iph = ip_hdr(skb);
	u8 *at = (u8 *)iph;

	IPCB(skb)->opt = *o;
	memcpy(iph + 1, o->__data, o->optlen);
	if (o->srr)
		memcpy(at + o->srr + at[o->srr + 1] - ADDR_LEN, &daddr, ADDR_LEN);
	/* IP has moved the pointers past what is for this host to fill in */
	if (o->rr_needaddr)
		fill_slot(at + o->rr, 0, iph->saddr);
	if (o->ts_needaddr)
		fill_slot(at + o->ts, o->ts_needtime ? ADDR_LEN : 0, iph->saddr);
	if (o->ts_needtime)
		fill_slot(at + o->ts, 0, inet_current_timestamp());
}

/* The source route in a header that IP has checked, or NULL. */
static const u8 *find_route(const struct iphdr *iph)
{
	const u8 *at = (const u8 *)(iph + 1), *end = (const u8 *)iph + iph->ihl * 4;

	while (at < end && *at != IPOPT_END) {
		if (*at == IPOPT_NOOP) {
			at++;
			continue;
		}
		if (end - at < ROUTE_HEAD || at[1] < ROUTE_HEAD - 1 || at[1] > end - at)
			return NULL;
		if (*at == IPOPT_LSRR || *at == IPOPT_SSRR)
			return at;
		at += at[1];
	}
	return NULL;
}

/*
 * As a user would give it to IP_OPTIONS: the hops of @route backwards. RFC 1122 section 3.2.1.8:
 * well-formed, even if the peer has put itself in front. Return: bytes, 0 if there is no hop.
 */
static u32 turn_round(const u8 *route, __be32 peer, u8 *to)
{
	u32 hops = (route[1] - ROUTE_HEAD) / ADDR_LEN, i;
	const u8 *first = route + ROUTE_HEAD;

	if (hops && !memcmp(first, &peer, ADDR_LEN)) {
		first += ADDR_LEN;
		hops--;
	}
	if (!hops)
		return 0;
	to[0] = route[0];
	to[1] = ROUTE_HEAD + hops * ADDR_LEN;
	to[2] = FIRST_SLOT;
	for (i = 0; i < hops; i++)
		memcpy(to + ROUTE_HEAD + i * ADDR_LEN, first + (hops - 1 - i) * ADDR_LEN,
		       ADDR_LEN);
	to[to[1]] = IPOPT_END;
	return ALIGN(to[1], 4);
}

static struct ip_options_rcu *alloc(void)
{
	return kzalloc(sizeof(struct ip_options_rcu) + MAX_LEN, GFP_ATOMIC | __GFP_NOWARN);
}

struct ip_options_rcu *atcp_ipopt_return(struct net *net, const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct ip_options_rcu *opt;
	const u8 *route;

	if (likely(skb->protocol != htons(ETH_P_IP) || iph->ihl == 5))
		return NULL;
	route = find_route(iph);
	/* completed: its pointer is past its end */
	if (!route || route[2] <= route[1])
		return NULL;
	opt = alloc();
	if (!opt)
		return NULL;
	opt->opt.optlen = turn_round(route, iph->saddr, opt->opt.__data);
	if (!opt->opt.optlen || ip_options_compile(net, &opt->opt, NULL)) {
		kfree(opt);
		return NULL;
	}
	return opt;
}

struct ip_options_rcu *atcp_ipopt_copy(const struct ip_options_rcu *opt)
{
	struct ip_options_rcu *copy = alloc();

	if (copy) {
		copy->opt = opt->opt;
		memcpy(copy->opt.__data, opt->opt.__data, opt->opt.optlen);
	}
	return copy;
}

static bool same(const struct ip_options *a, const struct ip_options *b)
{
	return a->optlen == b->optlen && a->faddr == b->faddr &&
	       !memcmp(a->__data, b->__data, a->optlen);
}

void atcp_ipopt_learn(struct sock *sk, const struct sk_buff *skb, const struct atcp_seg *s)
{
	const struct ip_options_rcu *known = atcp_ipopt(sk);
	struct ip_options_rcu *opt, *old;

	/* only of what comes next in order: a stranger would have to know its number */
	if (s->seq != atcp_sk(sk)->conn.rcv_nxt)
		return;
	opt = atcp_ipopt_return(sock_net(sk), skb);
	if (!opt)
		return;
	if (known && same(&known->opt, &opt->opt)) {
		kfree(opt);
		return;
	}
	old = rcu_replace_pointer(inet_sk(sk)->inet_opt, opt, lockdep_sock_is_held(sk));
	if (old)
		kfree_rcu(old, rcu);
	atcp_route_renew(sk);
}

void atcp_ipopt_changed(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);

	lock_sock(sk);
	as->route_learned = 0;
	if (as->hashed && !as->flow.v6) {
		local_bh_disable();
		atcp_route_renew(sk);
		atcp_sock_settle(sk);
		local_bh_enable();
	}
	release_sock(sk);
}
