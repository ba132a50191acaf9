// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments are claimed where IP hands its packets to the transport: at LOCAL_IN, after the
 * user's rules. What is not ours goes on untouched; an early exit by the destination port keeps
 * the price for it at a few instructions. What IP and native TCP do after LOCAL_IN is owed to
 * the segments that are taken away from them, and done here.
 */
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <net/route.h>
#include <net/xfrm.h>
#include "compat.h"
#include "demux.h"
#include "mib.h"
#include "rcv.h"
#include "records.h"
#include "sock.h"
#include "trace.h"

#define PORTS		65536
#define EXTHDRS_MAX	8	/* more than any sane packet has */
#define PADDING_MAX	7	/* in a row: it aligns to 8 bytes */
#define SKIP_UNKNOWN	0	/* of the type's two highest bits: RFC 8200 section 4.2 */

/* What the first look takes of a TCP header. */
struct ports {
	__be16 source;
	__be16 dest;
};

/**
 * struct target - whom a segment is for
 * @key: the segment's ends as we see them
 * @flow: connection, handshake or TIME_WAIT record; or NULL
 * @sk: the connection's socket, or the listener
 * @tos: traffic class of the packet
 * @ttl: hop limit of the packet
 */
struct target {
	struct atcp_flow key;
	struct atcp_flow *flow;
	struct sock *sk;
	u8 tos;
	u8 ttl;
};

/* SO_REUSEADDR puts a listener of ours on a port where native TCP has connections, or had. */
static bool native_has(const struct atcp_flow *key)
{
	struct sock *sk;

	if (key->v6)
		sk = atcp_native_lookup6(key->net, &key->raddr, key->rport, &key->laddr,
					 key->lport, key->ifindex);
	else
		sk = atcp_native_lookup4(key->net, key->raddr.s6_addr32[3], key->rport,
					 key->laddr.s6_addr32[3], key->lport, key->ifindex);
	if (likely(!sk))
		return false;
	sock_gen_put(sk);
	return true;
}

/* Whose is it? Return: false if not ours. */
static bool find(struct target *t)
{
	t->flow = atcp_lookup(&t->key);
	if (!t->flow) {
		t->sk = atcp_lookup_listener(&t->key);
		return t->sk && !native_has(&t->key);
	}
	switch (t->flow->kind) {
	case ATCP_FLOW_SOCK:
		t->sk = &container_of(t->flow, struct atcp_sock, flow)->inet.sk;
		break;
	case ATCP_FLOW_REQUEST:
		t->sk = container_of(t->flow, struct atcp_request, flow)->listener;
		break;
	default:
		t->sk = NULL;
		break;
	}
	return true;
}

/*
 * Data moves from the IP header to the TCP header, as behind LOCAL_IN. IPv6's extension headers
 * may reach beyond the linear part. Return: false without memory.
 */
static bool pull_ip(struct sk_buff *skb, bool v6)
{
	skb_clear_delivery_time(skb);
	if (!pskb_pull(skb, skb_transport_offset(skb)))
		return false;
	/* The IPv4 header's sum is 0 */
	if (v6)
		skb_postpull_rcsum(skb, skb_network_header(skb), skb_network_header_len(skb));
	return true;
}

static bool checksum_bad(struct sk_buff *skb, bool v6)
{
	if (likely(skb_csum_unnecessary(skb)))
		return false;
	if (v6)
		return skb_checksum_validate(skb, IPPROTO_TCP, ip6_compute_pseudo);
	return skb_checksum_validate(skb, IPPROTO_TCP, inet_compute_pseudo);
}

/* Header in the linear part, well-formed, its checksum good. */
static bool take_header(const struct atcp_net *an, struct sk_buff *skb, bool v6,
			struct atcp_seg *s)
{
	u32 len;

	atcp_count(an, ATCP_C_InSegs);
	if (!pskb_may_pull(skb, ATCP_HDR_MIN))
		goto bad;
	len = (skb->data[12] >> 4) * 4;
	if (len > ATCP_HDR_MIN && !pskb_may_pull(skb, len))
		goto bad;
	if (checksum_bad(skb, v6)) {
		atcp_count(an, ATCP_C_InCsumErrors);
		goto bad;
	}
	if (atcp_seg_parse(s, skb->data, skb_headlen(skb), skb->len))
		goto bad;
	return true;
bad:
	atcp_count(an, ATCP_C_InErrs);
	return false;
}

static u8 min_ttl(const struct sock *sk, bool v6)
{
	if (v6)
		return READ_ONCE(inet_sk(sk)->pinet6->min_hopcount);
	return READ_ONCE(inet_sk(sk)->min_ttl);
}

static bool policy_ok(struct sock *sk, struct sk_buff *skb, bool v6)
{
	return v6 ? xfrm6_policy_check(sk, XFRM_POLICY_IN, skb) :
		    xfrm4_policy_check(sk, XFRM_POLICY_IN, skb);
}

/* What a user has put in front of his socket. */
static bool socket_takes(const struct atcp_net *an, struct sock *sk, struct sk_buff *skb,
			 const struct target *t, u32 hdr_len)
{
	if (unlikely(t->ttl < min_ttl(sk, t->key.v6))) {
		atcp_count(an, ATCP_C_TCPMinTTLDrop);
		return false;
	}
	if (unlikely(rcu_access_pointer(sk->sk_filter) || skb_pfmemalloc(skb)))
		return !sk_filter_trim_cap(sk, skb, hdr_len);
	return true;
}

static void deliver(struct target *t, struct sk_buff *skb, struct atcp_seg *s)
{
	if (!t->flow) {
		atcp_trace_segment(ATCP_TRACE_IN, &t->key, s, ATCP_LISTEN);
		return atcp_listener_rcv(t->sk, &t->key, s, NULL, skb);
	}
	switch (t->flow->kind) {
	case ATCP_FLOW_SOCK:
		return atcp_sock_rcv(t->sk, skb, s);
	case ATCP_FLOW_REQUEST:
		return atcp_request_rcv(container_of(t->flow, struct atcp_request, flow), s, skb);
	default:
		atcp_trace_segment(ATCP_TRACE_IN, &t->key, s, ATCP_TIME_WAIT);
		return atcp_timewait_rcv(container_of(t->flow, struct atcp_timewait, flow),
					 &t->key, s, skb);
	}
}

/* RFC 7323 section 2.3: as much as a window may be scaled by is taken, and the error logged. */
static void log_shift(const struct atcp_flow *key, const struct atcp_seg *s)
{
	if (s->opt.has & ATCP_OPT_WSCALE && s->opt.wscale > ATCP_MAX_WSCALE)
		net_info_ratelimited("atcp: a window scale of %u from %pI6c counts as %u\n",
				     s->opt.wscale, &key->raddr, ATCP_MAX_WSCALE);
}

/* The segment is ours now. Bottom halves are off: rules may queue a packet to a process. */
static void claim(const struct atcp_net *an, struct target *t, struct sk_buff *skb)
{
	bool v6 = t->key.v6;
	struct atcp_seg s;

	if (!atcp_confirm_ct(skb))
		goto drop;
	if (!pull_ip(skb, v6) || !policy_ok(t->sk, skb, v6))
		goto drop;
	nf_reset_ct(skb);
	if (!take_header(an, skb, v6, &s))
		goto drop;
	s.ce = INET_ECN_is_ce(t->tos);
	if (unlikely(s.flags & ATCP_SYN))
		log_shift(&t->key, &s);
	if (t->sk && !socket_takes(an, t->sk, skb, t, s.hdr_len))
		goto drop;
	/* A filter may have cut the payload. */
	s.len = skb->len - s.hdr_len;
	deliver(t, skb, &s);
	return;
drop:
	kfree_skb(skb);
}

static unsigned int claim_bh(const struct atcp_net *an, struct target *t, struct sk_buff *skb)
{
	local_bh_disable();
	claim(an, t, skb);
	local_bh_enable();
	return NF_STOLEN;
}

static noinline unsigned int seen4(const struct atcp_net *an, struct sk_buff *skb,
				   const struct ports *p)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct target t;

	/* MUST-57: nothing is opened by broadcast or multicast */
	if (skb->pkt_type != PACKET_HOST ||
	    skb_rtable(skb)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST))
		return NF_ACCEPT;
	t.key.net = an->net;
	ipv6_addr_set_v4mapped(iph->daddr, &t.key.laddr);
	ipv6_addr_set_v4mapped(iph->saddr, &t.key.raddr);
	t.key.lport = p->dest;
	t.key.rport = p->source;
	t.key.ifindex = inet_iif(skb);
	t.key.v6 = 0;
	t.tos = iph->tos;
	t.ttl = iph->ttl;
	return find(&t) ? claim_bh(an, &t, skb) : NF_ACCEPT;
}

static noinline unsigned int seen6(const struct atcp_net *an, struct sk_buff *skb,
				   const struct ports *p, u32 off)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);
	struct target t;

	if (skb->pkt_type != PACKET_HOST || ipv6_addr_is_multicast(&hdr->daddr))
		return NF_ACCEPT;
	t.key.net = an->net;
	t.key.laddr = hdr->daddr;
	t.key.raddr = hdr->saddr;
	t.key.lport = p->dest;
	t.key.rport = p->source;
	t.key.ifindex = inet6_iif(skb);
	t.key.v6 = 1;
	t.tos = ipv6_get_dsfield(hdr);
	t.ttl = hdr->hop_limit;
	if (!find(&t))
		return NF_ACCEPT;
	/* MUST-63: native TCP, which has no listener here, would answer by a RST */
	if (ipv6_addr_v4mapped(&hdr->saddr))
		return NF_DROP;
	skb_set_transport_header(skb, off);
	return claim_bh(an, &t, skb);
}

static unsigned int hook4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct atcp_net *an = priv;
	const struct iphdr *iph = ip_hdr(skb);
	const struct ports *p;
	struct ports buf;

	if (iph->protocol != IPPROTO_TCP) {
		if (iph->protocol == IPPROTO_ICMP)
			atcp_icmp4_rcv(an, skb);
		return NF_ACCEPT;
	}
	p = skb_header_pointer(skb, skb_network_offset(skb) + iph->ihl * 4, sizeof(buf), &buf);
	if (!p || !test_bit(ntohs(p->dest), an->ports_used))
		return NF_ACCEPT;
	buf = *p;
	return seen4(an, skb, &buf);
}

/*
 * May all of these destination options be passed over? For the others the packet is discarded,
 * some with an ICMPv6 error: IPv6 does that, by the very limits kept here, to what is declined.
 */
static bool may_skip(const struct net *net, const struct sk_buff *skb, int off, int len)
{
	int left = READ_ONCE(net->ipv6.sysctl.max_dst_opts_cnt);
	int padding = 0;
	const u8 *option;
	u8 buf[2];
	int n;

	for (; len > 0; off += n, len -= n) {
		option = skb_header_pointer(skb, off, sizeof(buf), buf);
		if (!option)
			return false;
		n = option[0] == IPV6_TLV_PAD1 ? 1 : option[1] + 2;
		if (option[0] == IPV6_TLV_PAD1 || option[0] == IPV6_TLV_PADN) {
			padding += n;
			if (padding > PADDING_MAX)
				return false;
		} else {
			if (option[0] >> 6 != SKIP_UNKNOWN || --left < 0)
				return false;
			padding = 0;
		}
	}
	return !len;
}

/*
 * Offset of the header behind the extension headers, and its protocol. Return: -1 where
 * there is one that IPv6 itself has to act on, a fragment's above all.
 */
static int skip_exthdrs(const struct net *net, const struct sk_buff *skb, int off, u8 *proto)
{
	const struct ipv6_rt_hdr *h;
	struct ipv6_rt_hdr buf;
	int i, len;

	for (i = 0; i < EXTHDRS_MAX; i++) {
		if ((*proto != NEXTHDR_HOP || i) && *proto != NEXTHDR_DEST &&
		    *proto != NEXTHDR_ROUTING)
			return ipv6_ext_hdr(*proto) ? -1 : off;
		h = skb_header_pointer(skb, off, sizeof(buf), &buf);
		if (!h || (*proto == NEXTHDR_ROUTING && h->segments_left))
			return -1;
		len = (h->hdrlen + 1) * 8;
		if (*proto == NEXTHDR_DEST && !may_skip(net, skb, off + 2, len - 2))
			return -1;
		*proto = h->nexthdr;
		off += len;
	}
	return -1;
}

static unsigned int hook6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct atcp_net *an = priv;
	int off = skb_network_offset(skb) + sizeof(struct ipv6hdr);
	u8 proto = ipv6_hdr(skb)->nexthdr;
	const struct ports *p;
	struct ports buf;

	if (unlikely(proto != IPPROTO_TCP)) {
		off = skip_exthdrs(an->net, skb, off, &proto);
		if (off < 0)
			return NF_ACCEPT;
		if (proto == IPPROTO_ICMPV6)
			atcp_icmp6_rcv(an, skb, off);
		if (proto != IPPROTO_TCP)
			return NF_ACCEPT;
	}
	p = skb_header_pointer(skb, off, sizeof(buf), &buf);
	if (!p || !test_bit(ntohs(p->dest), an->ports_used))
		return NF_ACCEPT;
	buf = *p;
	return seen6(an, skb, &buf, off);
}

static void fill_ops(struct atcp_net *an)
{
	an->hooks[0] = (struct nf_hook_ops){
		.hook = hook4, .priv = an, .pf = NFPROTO_IPV4, .hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_CONNTRACK_CONFIRM - 1,
	};
	an->hooks[1] = (struct nf_hook_ops){
		.hook = hook6, .priv = an, .pf = NFPROTO_IPV6, .hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP6_PRI_LAST - 2,
	};
}

/*
 * Without this IPv6 puts fragments together behind LOCAL_IN. The module that does it before
 * is loaded on demand: a kernel without it has no fragmented segments for us, that is all.
 */
static void defrag(struct atcp_net *an, bool on)
{
	int (*enable)(struct net *net) = NULL;
	void (*disable)(struct net *net) = NULL;

	if (!ipv6_mod_enabled())
		return;
	if (on)
		request_module("nf_defrag_ipv6");
	enable = symbol_get(nf_defrag_ipv6_enable);
	disable = enable ? symbol_get(nf_defrag_ipv6_disable) : NULL;
	if (on && disable)
		an->defrag = !enable(an->net);
	else if (!on && disable && an->defrag)
		disable(an->net);
	if (disable)
		symbol_put(nf_defrag_ipv6_disable);
	if (enable)
		symbol_put(nf_defrag_ipv6_enable);
}

static int hook_up(struct atcp_net *an)
{
	unsigned long *ports = bitmap_zalloc(PORTS, GFP_KERNEL_ACCOUNT);
	int err;

	if (!ports)
		return -ENOMEM;
	an->ports_used = ports;
	fill_ops(an);
	err = nf_register_net_hooks(an->net, an->hooks, ARRAY_SIZE(an->hooks));
	if (err) {
		an->ports_used = NULL;
		bitmap_free(ports);
		return err;
	}
	defrag(an, true);
	/* pairs with the acquire in atcp_hook_enable() */
	smp_store_release(&an->hooked, true);
	return 0;
}

int atcp_hook_enable(struct atcp_net *an)
{
	int err = 0;

	/* pairs with the release in hook_up(): who sees it may use ports_used */
	if (likely(smp_load_acquire(&an->hooked)))
		return 0;
	mutex_lock(&an->hook_mutex);
	if (!an->hooked)
		err = hook_up(an);
	mutex_unlock(&an->hook_mutex);
	return err;
}

void atcp_hook_disable(struct atcp_net *an)
{
	if (!an->hooked)
		return;
	defrag(an, false);
	nf_unregister_net_hooks(an->net, an->hooks, ARRAY_SIZE(an->hooks));
}

void atcp_hook_free(struct atcp_net *an)
{
	bitmap_free(an->ports_used);
}
