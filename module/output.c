// SPDX-License-Identifier: GPL-2.0-only
/* TCP and IP headers, routes, and the way to IP. */
#include <linux/ip.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/tcp.h>
#include "compat.h"
#include "core/api.h"
#include "core/pace.h"
#include "core/port.h"
#include "ipopt.h"
#include "mib.h"
#include "output.h"
#include "skb.h"
#include "sock.h"
#include "timer.h"
#include "trace.h"

static u32 ip_hdr_len(bool v6)
{
	return v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
}

u32 atcp_dst_mtu(const struct dst_entry *dst, bool v6)
{
	u32 mtu = dst_mtu(dst);

	return mtu > ip_hdr_len(v6) ? mtu - ip_hdr_len(v6) : 0;
}

/* The header, its checksum left for the device to finish. */
static void push_tcp(struct sk_buff *skb, const struct atcp_flow *f, const struct atcp_seg *s)
{
	struct tcphdr *th = skb_push(skb, atcp_seg_hdr_len(s));

	skb_reset_transport_header(skb);
	atcp_seg_build(s, f->lport, f->rport, th);
	if (f->v6)
		th->check = ~tcp_v6_check(skb->len, &f->laddr, &f->raddr, 0);
	else
		th->check = ~tcp_v4_check(skb->len, f->laddr.s6_addr32[3],
					  f->raddr.s6_addr32[3], 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
}

/* TCP never wants its packets cut on the way, unless the user has put path MTU discovery off. */
static void push_ip4(struct net *net, struct sock *sk, struct sk_buff *skb,
		     const struct atcp_flow *f, const struct ip_options_rcu *opt, u8 tos, u8 ttl)
{
	u32 len = sizeof(struct iphdr) + atcp_ipopt_len(opt);
	struct iphdr *iph = skb_push(skb, len);
	__be32 daddr = f->raddr.s6_addr32[3];

	skb_reset_network_header(skb);
	*(__be16 *)iph = htons(4 << 12 | (len / 4) << 8 | tos);
	iph->frag_off = !sk || ip_dont_fragment(sk, skb_dst(skb)) ? htons(IP_DF) : 0;
	iph->ttl = ttl;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = f->laddr.s6_addr32[3];
	iph->daddr = atcp_ipopt_hop(opt, daddr);
	if (unlikely(opt))
		atcp_ipopt_build(skb, opt, daddr);
	ip_select_ident_segs(net, skb, sk, skb_shinfo(skb)->gso_segs ? : 1);
}

static void push_ip6(struct sk_buff *skb, const struct atcp_flow *f, u8 tclass, __be32 label,
		     u8 hops)
{
	struct ipv6hdr *hdr = skb_push(skb, sizeof(*hdr));

	skb_reset_network_header(skb);
	ip6_flow_hdr(hdr, tclass, label);
	hdr->nexthdr = IPPROTO_TCP;
	hdr->hop_limit = hops;
	hdr->saddr = f->laddr;
	hdr->daddr = f->raddr;
	skb->protocol = htons(ETH_P_IPV6);
}

static void fill_fl4(struct flowi4 *fl4, const struct atcp_flow *f,
		     const struct ip_options_rcu *opt, const struct atcp_via *via, u8 flags,
		     kuid_t uid)
{
	__be32 daddr = atcp_ipopt_hop(opt, f->raddr.s6_addr32[3]);

	flowi4_init_output(fl4, via->oif, via->mark, via->tos & IPTOS_RT_MASK, RT_SCOPE_UNIVERSE,
			   IPPROTO_TCP, flags, daddr, f->laddr.s6_addr32[3], f->rport, f->lport,
			   uid);
}

static void fill_fl6(struct flowi6 *fl6, const struct atcp_flow *f, const struct atcp_via *via,
		     kuid_t uid)
{
	*fl6 = (struct flowi6){
		.daddr = f->raddr,
		.saddr = f->laddr,
		.flowlabel = ip6_make_flowinfo(via->tos, 0),
		.flowi6_oif = via->oif,
		.flowi6_mark = via->mark,
		.flowi6_proto = IPPROTO_TCP,
		.flowi6_uid = uid,
		.fl6_dport = f->rport,
		.fl6_sport = f->lport,
	};
}

struct atcp_via atcp_via_sock(const struct sock *sk, const struct atcp_flow *f)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct atcp_via via = {
		.oif = f->ifindex,
		.mark = READ_ONCE(sk->sk_mark),
	};

	if (f->v6) {
		via.tos = inet->pinet6->tclass;
		via.ttl = inet->pinet6->hop_limit < 0 ? 0 : inet->pinet6->hop_limit;
	} else {
		via.tos = inet->tos;
		via.ttl = inet->uc_ttl < 0 ? 0 : inet->uc_ttl;
	}
	if (!via.oif)
		via.oif = READ_ONCE(sk->sk_bound_dev_if);
	return via;
}

struct dst_entry *atcp_via_route(const struct atcp_flow *f, const struct atcp_via *via,
				 const struct ip_options_rcu *opt)
{
	kuid_t uid = sock_net_uid(f->net, NULL);
	struct dst_entry *dst;
	struct flowi4 fl4;
	struct flowi6 fl6;
	struct rtable *rt;

	if (f->v6) {
		fill_fl6(&fl6, f, via, uid);
		dst = ip6_route_output(f->net, NULL, &fl6);
		if (!dst->error)
			return dst;
		dst_release(dst);
		return NULL;
	}
	fill_fl4(&fl4, f, opt, via, 0, uid);
	rt = ip_route_output_flow(f->net, &fl4, NULL);
	if (IS_ERR(rt))
		return NULL;
	if (atcp_ipopt_strays(opt, rt)) {
		ip_rt_put(rt);
		return NULL;
	}
	return &rt->dst;
}

static void count_out(const struct atcp_net *an, const struct atcp_seg *s, u32 segs)
{
	atcp_count_add(an, ATCP_C_OutSegs, segs);
	if (unlikely(s->flags & ATCP_RST))
		atcp_count(an, ATCP_C_OutRsts);
}

void atcp_send_bare(const struct atcp_flow *f, const struct atcp_via *via,
		    const struct ip_options_rcu *opt, struct dst_entry *dst,
		    const struct atcp_seg *s, u8 state)
{
	struct sk_buff *skb;

	if (!dst)
		dst = atcp_via_route(f, via, opt);
	if (!dst)
		return;
	skb = alloc_skb(ATCP_HEADROOM, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb) {
		dst_release(dst);
		return;
	}
	skb_reserve(skb, ATCP_HEADROOM);
	skb_dst_set(skb, dst);
	skb->mark = via->mark;
	push_tcp(skb, f, s);
	count_out(atcp_pernet(f->net), s, 1);
	atcp_trace_segment(ATCP_TRACE_OUT, f, s, state);
	if (f->v6) {
		push_ip6(skb, f, via->tos, 0, via->ttl ? : ip6_dst_hoplimit(dst));
		ip6_local_out(f->net, NULL, skb);
	} else {
		push_ip4(f->net, NULL, skb, f, opt, via->tos, via->ttl ? : ip4_dst_hoplimit(dst));
		ip_local_out(f->net, NULL, skb);
	}
}

/* The route and what the device behind it can do, lock held. */
static void set_route(struct sock *sk, struct dst_entry *dst, bool v6)
{
	sk->sk_gso_type = v6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
	if (v6)
		ip6_dst_store(sk, dst, NULL, NULL);
	else
		sk_setup_caps(sk, dst);
	atcp_sk(sk)->conn.gso_max = sk_can_gso(sk) ? sk->sk_gso_max_size : 0;
	if (!sk->sk_txhash)
		sk_set_txhash(sk);
}

static void take_route(struct sock *sk, struct dst_entry *dst, bool v6)
{
	set_route(sk, dst, v6);
	atcp_sk(sk)->conn.mtu = atcp_dst_mtu(dst, v6);
	atcp_sk(sk)->conn.ip_opts = v6 ? 0 : atcp_ipopt_len(atcp_ipopt(sk));
}

static struct dst_entry *route4(struct sock *sk, struct flowi4 *fl4)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_via via = atcp_via_sock(sk, &as->flow);
	const struct ip_options_rcu *opt = atcp_ipopt(sk);
	struct rtable *rt;

	fill_fl4(fl4, &as->flow, opt, &via, inet_sk_flowi_flags(sk), sk->sk_uid);
	if (sock_flag(sk, SOCK_LOCALROUTE))
		fl4->flowi4_tos |= RTO_ONLINK;
	security_sk_classify_flow(sk, flowi4_to_flowi_common(fl4));
	rt = ip_route_output_flow(sock_net(sk), fl4, sk);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	if (atcp_ipopt_strays(opt, rt)) {
		ip_rt_put(rt);
		return ERR_PTR(-EHOSTUNREACH);
	}
	return &rt->dst;
}

static struct dst_entry *route6(struct sock *sk, struct flowi6 *fl6)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_via via = atcp_via_sock(sk, &as->flow);

	fill_fl6(fl6, &as->flow, &via, sk->sk_uid);
	fl6->flowlabel |= inet6_sk(sk)->flow_label & IPV6_FLOWLABEL_MASK;
	security_sk_classify_flow(sk, flowi6_to_flowi_common(fl6));
	return ip6_dst_lookup_flow(sock_net(sk), sk, fl6, NULL);
}

static struct dst_entry *route(struct sock *sk, bool v6)
{
	struct flowi4 fl4;
	struct flowi6 fl6;

	return v6 ? route6(sk, &fl6) : route4(sk, &fl4);
}

int atcp_route(struct sock *sk)
{
	bool v6 = atcp_sk(sk)->flow.v6;
	struct dst_entry *dst = route(sk, v6);

	if (IS_ERR(dst))
		return PTR_ERR(dst);
	take_route(sk, dst, v6);
	return 0;
}

void atcp_route_renew(struct sock *sk)
{
	struct atcp_conn *c = &atcp_sk(sk)->conn;
	u32 was = c->mtu, mtu;

	sk_dst_reset(sk);
	if (atcp_route(sk))
		return;
	mtu = c->mtu;
	c->mtu = was;
	atcp_conn_mtu(c, mtu, atcp_now());
}

static int connect4(struct sock *sk)
{
	struct atcp_flow *f = &atcp_sk(sk)->flow;
	struct dst_entry *dst;
	struct flowi4 fl4;

	dst = route4(sk, &fl4);
	if (IS_ERR(dst)) {
		if (PTR_ERR(dst) == -ENETUNREACH)
			IP_INC_STATS(sock_net(sk), IPSTATS_MIB_OUTNOROUTES);
		return PTR_ERR(dst);
	}
	if (container_of(dst, struct rtable, dst)->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		dst_release(dst);
		return -ENETUNREACH;
	}
	/* 0.0.0.0 is this host: the route has made it 127.0.0.1. */
	if (atcp_ipopt_hop(atcp_ipopt(sk), 0) == 0)
		ipv6_addr_set_v4mapped(fl4.daddr, &f->raddr);
	ipv6_addr_set_v4mapped(fl4.saddr, &f->laddr);
	take_route(sk, dst, false);
	return 0;
}

static int connect6(struct sock *sk)
{
	struct atcp_flow *f = &atcp_sk(sk)->flow;
	struct dst_entry *dst;
	struct flowi6 fl6;

	if (ipv6_addr_is_multicast(&f->raddr))
		return -ENETUNREACH;
	dst = route6(sk, &fl6);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	f->laddr = fl6.saddr;
	take_route(sk, dst, true);
	return 0;
}

int atcp_route_connect(struct sock *sk)
{
	return atcp_sk(sk)->flow.v6 ? connect6(sk) : connect4(sk);
}

/* The cached route, or a new one: RCU read lock held, no reference of the caller's. */
static struct dst_entry *current_dst(struct sock *sk, bool v6)
{
	struct dst_entry *dst = __sk_dst_check(sk, v6 ? inet6_sk(sk)->dst_cookie : 0);

	if (likely(dst))
		return dst;
	/*
	 * A lost route may come back: the retransmission will ask for it again. A new one with a
	 * smaller MTU makes IP complain of what is sent (icmp.c): the core, which is sending just
	 * now, has cut its segments for the old one.
	 */
	dst = route(sk, v6);
	if (IS_ERR(dst))
		return NULL;
	set_route(sk, dst, v6);
	return dst;
}

/*
 * The skb that goes to IP: a clone that shares the payload. While an earlier one waits
 * in a queue its headers must not be written over: the copy has headers of its own.
 */
static struct sk_buff *wire_skb(struct sock *sk, struct atcp_txseg *t)
{
	struct sk_buff *skb;

	if (!t || !t->len) {
		skb = alloc_skb(ATCP_HEADROOM, GFP_ATOMIC | __GFP_NOWARN);
		if (skb)
			skb_reserve(skb, ATCP_HEADROOM);
		return skb;
	}
	if (!atcp_tx_sync(t))
		return NULL;
	skb = atcp_tx_skb(t);
	if (unlikely(skb_cloned(skb)))
		return pskb_copy(skb, GFP_ATOMIC | __GFP_NOWARN);
	return skb_clone(skb, GFP_ATOMIC | __GFP_NOWARN);
}

static u32 set_gso(const struct sock *sk, struct sk_buff *skb, const struct atcp_seg *s, u32 mss)
{
	struct skb_shared_info *si = skb_shinfo(skb);

	if (s->len <= mss) {
		si->gso_size = 0;
		si->gso_segs = 0;
		si->gso_type = 0;
		return 1;
	}
	si->gso_size = mss;
	si->gso_segs = DIV_ROUND_UP(s->len, mss);
	si->gso_type = sk->sk_gso_type;
	/* CWR is for the first segment alone: not every device knows */
	if (s->flags & ATCP_CWR)
		si->gso_type |= SKB_GSO_TCP_ECN;
	return si->gso_segs;
}

static __be32 flow_label(struct sock *sk, struct sk_buff *skb, const struct atcp_flow *f)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);
	struct net *net = sock_net(sk);
	bool autolabel = np->autoflowlabel_set ? np->autoflowlabel :
						 ip6_default_np_autolabel(net);

	/* skb_set_owner_w() has set a hash: the flow is not looked at */
	return ip6_make_flowlabel(net, skb, np->flow_label, autolabel, NULL);
}

/* Give a complete segment to IP. Return: as ip_local_out(). */
static int to_ip(struct sock *sk, struct sk_buff *skb, const struct atcp_flow *f,
		 struct dst_entry *dst, bool ect)
{
	u8 ecn = ect ? INET_ECN_ECT_0 : INET_ECN_NOT_ECT;
	const struct inet_sock *inet = inet_sk(sk);
	struct net *net = sock_net(sk);
	int hops;

	skb->priority = READ_ONCE(sk->sk_priority);
	skb->mark = READ_ONCE(sk->sk_mark);
	skb_dst_set_noref(skb, dst);
	if (f->v6) {
		hops = inet->pinet6->hop_limit;
		push_ip6(skb, f, inet->pinet6->tclass | ecn, flow_label(sk, skb, f),
			 hops < 0 ? ip6_dst_hoplimit(dst) : hops);
		return ip6_local_out(net, sk, skb);
	}
	hops = inet->uc_ttl;
	push_ip4(net, sk, skb, f, atcp_ipopt(sk), inet->tos | ecn,
		 hops < 0 ? ip4_dst_hoplimit(dst) : hops);
	return ip_local_out(net, sk, skb);
}

/* SO_MAX_PACING_RATE asks for it; with fq the queue says so, and does the rest. */
static void pace(struct atcp_conn *c, struct sock *sk, struct sk_buff *skb)
{
	unsigned long most = READ_ONCE(sk->sk_max_pacing_rate);

	c->pace_max = most == ~0UL ? 0 : most;
	if (READ_ONCE(sk->sk_pacing_status) == SK_PACING_NEEDED) {
		c->paced = ATCP_PACE_TIMER;
	} else {
		c->paced = ATCP_PACE_STAMP;
		skb_set_delivery_time(skb, atcp_conn_departure(c, atcp_now()), true);
	}
}

int atcp_port_transmit(struct atcp_conn *c, struct atcp_txseg *t, const struct atcp_seg *s,
		       u32 mss)
{
	struct sock *sk = atcp_conn_sk(c);
	const struct atcp_flow *f = &atcp_sk(sk)->flow;
	struct dst_entry *dst;
	struct sk_buff *skb;
	int err;

	rcu_read_lock();
	dst = current_dst(sk, f->v6);
	if (unlikely(!dst)) {
		err = -EHOSTUNREACH;
		goto out;
	}
	skb = wire_skb(sk, t);
	if (unlikely(!skb)) {
		err = -ENOBUFS;
		goto out;
	}
	/* IP takes the control block for its own. */
	memset(skb->cb, 0, sizeof(skb->cb));
	skb->tstamp = 0;
	if (unlikely(READ_ONCE(sk->sk_pacing_status) != SK_PACING_NONE) && t && t->len)
		pace(c, sk, skb);
	skb->ooo_okay = sk_wmem_alloc_get(sk) < SKB_TRUESIZE(1);
	skb_set_owner_w(skb, sk);
	skb_set_dst_pending_confirm(skb, READ_ONCE(sk->sk_dst_pending_confirm));
	count_out(atcp_pernet(f->net), s, set_gso(sk, skb, s, mss));
	push_tcp(skb, f, s);
	atcp_trace_segment(ATCP_TRACE_OUT, f, s, c->state);
	err = to_ip(sk, skb, f, dst, s->ect);
	if (unlikely(err > 0))
		err = 1;
out:
	rcu_read_unlock();
	return err;
}
