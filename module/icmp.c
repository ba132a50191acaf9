// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP errors that quote a segment of ours. The message itself goes on its way: native code
 * finds no socket for it and counts it. RFC 9293 3.9.2.2, RFC 1191, RFC 8201, RFC 5927.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/route.h>
#include "core/api.h"
#include "core/seq.h"
#include "demux.h"
#include "mib.h"
#include "netns.h"
#include "output.h"
#include "rcv.h"
#include "records.h"
#include "sock.h"
#include "timer.h"

/* What every error quotes of the segment. */
struct quoted {
	__be16 source;
	__be16 dest;
	__be32 seq;
};

/**
 * struct verdict - what an error stands for
 * @err: positive errno, 0 for nothing
 * @hard: it may end a connection that is not established yet
 * @mtu: of the path, bytes of IP packet; 0 if the error is of another kind
 */
struct verdict {
	int err;
	bool hard;
	u32 mtu;
};

void atcp_mtu_reduced(struct sock *sk, u32 mtu)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct dst_entry *dst;
	u32 was = as->conn.mtu;

	if (as->conn.state == ATCP_CLOSED || as->conn.state == ATCP_LISTEN)
		return;
	rcu_read_lock();
	dst = __sk_dst_get(sk);
	if (dst) {
		/* Routing has its own floor, and may put an exception in the place of the route. */
		dst->ops->update_pmtu(dst, sk, NULL, mtu, true);
		if (!atcp_route(sk) && as->conn.mtu < was) {
			u32 now_mtu = as->conn.mtu;

			as->conn.mtu = was;
			atcp_conn_mtu(&as->conn, now_mtu, atcp_now());
			atcp_sock_settle(sk);
		}
	}
	rcu_read_unlock();
}

void atcp_icmp_error(struct sock *sk, u32 seq, int err, bool hard)
{
	struct atcp_conn *c = &atcp_sk(sk)->conn;

	if (c->state == ATCP_CLOSED || c->state == ATCP_LISTEN)
		return;
	atcp_conn_icmp(c, seq, err, hard, atcp_now());
	atcp_sock_settle(sk);
}

/* RFC 5927 section 4: an error has to quote what is on the way. */
static bool in_flight(const struct atcp_conn *c, u32 seq)
{
	return atcp_in_window(seq, c->snd_una, c->snd_nxt - c->snd_una + 1);
}

static void tell_sock(const struct atcp_net *an, struct sock *sk, u32 seq, const struct verdict *v)
{
	struct atcp_sock *as = atcp_sk(sk);

	bh_lock_sock(sk);
	if (!in_flight(&as->conn, seq)) {
		atcp_count(an, ATCP_C_OutOfWindowIcmps);
	} else if (sock_owned_by_user(sk)) {
		/* A connect() owns its socket while the first SYN may be answered already. */
		if (v->mtu) {
			as->pending_mtu = v->mtu;
			set_bit(ATCP_DEFER_ICMP_MTU, &as->deferred);
		} else if (!test_bit(ATCP_DEFER_ICMP_ERR, &as->deferred)) {
			as->pending_icmp.seq = seq;
			as->pending_icmp.err = v->err;
			as->pending_icmp.hard = v->hard;
			set_bit(ATCP_DEFER_ICMP_ERR, &as->deferred);
		} else {
			atcp_count(an, ATCP_C_LockDroppedIcmps);
		}
	} else if (v->mtu) {
		atcp_mtu_reduced(sk, v->mtu);
	} else {
		atcp_icmp_error(sk, seq, v->err, v->hard);
	}
	bh_unlock_sock(sk);
}

static void tell(const struct atcp_net *an, const struct atcp_flow *key, u32 seq,
		 const struct verdict *v)
{
	struct atcp_flow *f = atcp_lookup(key);

	if (!f)
		return;
	local_bh_disable();
	if (f->kind == ATCP_FLOW_SOCK)
		tell_sock(an, &container_of(f, struct atcp_sock, flow)->inet.sk, seq, v);
	else if (f->kind == ATCP_FLOW_REQUEST && !v->mtu)
		atcp_request_icmp(container_of(f, struct atcp_request, flow), seq, v->hard);
	local_bh_enable();
}

/* Return: false if there is nothing in it for a connection. */
static bool judge4(const struct icmphdr *ih, struct verdict *v)
{
	*v = (struct verdict){ };
	switch (ih->type) {
	case ICMP_DEST_UNREACH:
		if (ih->code > NR_ICMP_UNREACH)
			return false;
		if (ih->code == ICMP_FRAG_NEEDED) {
			v->mtu = ntohs(ih->un.frag.mtu);
			return v->mtu;
		}
		v->err = icmp_err_convert[ih->code].errno;
		v->hard = icmp_err_convert[ih->code].fatal;
		return true;
	case ICMP_PARAMETERPROB:
		v->err = EPROTO;
		return true;
	case ICMP_TIME_EXCEEDED:
		v->err = EHOSTUNREACH;
		return true;
	default:
		/* Redirects are routing's; source quench is to be ignored (MUST-55). */
		return false;
	}
}

void atcp_icmp4_rcv(const struct atcp_net *an, struct sk_buff *skb)
{
	int off = skb_network_offset(skb) + ip_hdr(skb)->ihl * 4;
	const struct icmphdr *ih;
	const struct iphdr *iph;
	const struct quoted *q;
	struct atcp_flow key;
	struct icmphdr ibuf;
	struct iphdr hbuf;
	struct quoted qbuf;
	struct verdict v;

	ih = skb_header_pointer(skb, off, sizeof(ibuf), &ibuf);
	if (!ih || !judge4(ih, &v))
		return;
	iph = skb_header_pointer(skb, off + sizeof(*ih), sizeof(hbuf), &hbuf);
	if (!iph || iph->protocol != IPPROTO_TCP || iph->ihl < 5 ||
	    iph->frag_off & htons(IP_OFFSET))
		return;
	q = skb_header_pointer(skb, off + sizeof(*ih) + iph->ihl * 4, sizeof(qbuf), &qbuf);
	if (!q || !test_bit(ntohs(q->source), an->ports_used) ||
	    nf_ip_checksum(skb, NF_INET_LOCAL_IN, off, IPPROTO_ICMP))
		return;
	key.net = an->net;
	ipv6_addr_set_v4mapped(iph->saddr, &key.laddr);
	ipv6_addr_set_v4mapped(iph->daddr, &key.raddr);
	key.lport = q->source;
	key.rport = q->dest;
	key.ifindex = inet_iif(skb);
	key.v6 = 0;
	tell(an, &key, ntohl(q->seq), &v);
}

static bool judge6(const struct icmp6hdr *ih, struct verdict *v)
{
	*v = (struct verdict){ };
	if (ih->icmp6_type == ICMPV6_PKT_TOOBIG) {
		v->mtu = max_t(u32, ntohl(ih->icmp6_mtu), IPV6_MIN_MTU);
		return true;
	}
	if (ih->icmp6_type != ICMPV6_DEST_UNREACH && ih->icmp6_type != ICMPV6_TIME_EXCEED &&
	    ih->icmp6_type != ICMPV6_PARAMPROB)
		return false;
	/* MUST-56: hard are the codes 1 and 4 of Destination Unreachable, and what they became */
	v->hard = icmpv6_err_convert(ih->icmp6_type, ih->icmp6_code, &v->err) &&
		  ih->icmp6_type == ICMPV6_DEST_UNREACH;
	return v->err;
}

void atcp_icmp6_rcv(const struct atcp_net *an, struct sk_buff *skb, unsigned int off)
{
	const struct icmp6hdr *ih;
	const struct ipv6hdr *hdr;
	const struct quoted *q;
	struct atcp_flow key;
	struct icmp6hdr ibuf;
	struct ipv6hdr hbuf;
	struct quoted qbuf;
	struct verdict v;

	ih = skb_header_pointer(skb, off, sizeof(ibuf), &ibuf);
	if (!ih || !judge6(ih, &v))
		return;
	hdr = skb_header_pointer(skb, off + sizeof(*ih), sizeof(hbuf), &hbuf);
	if (!hdr || hdr->nexthdr != IPPROTO_TCP)
		return;
	q = skb_header_pointer(skb, off + sizeof(*ih) + sizeof(*hdr), sizeof(qbuf), &qbuf);
	if (!q || !test_bit(ntohs(q->source), an->ports_used) ||
	    nf_ip6_checksum(skb, NF_INET_LOCAL_IN, off, IPPROTO_ICMPV6))
		return;
	key.net = an->net;
	key.laddr = hdr->saddr;
	key.raddr = hdr->daddr;
	key.lport = q->source;
	key.rport = q->dest;
	key.ifindex = inet6_iif(skb);
	key.v6 = 1;
	tell(an, &key, ntohl(q->seq), &v);
}
