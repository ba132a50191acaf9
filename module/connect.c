// SPDX-License-Identifier: GPL-2.0-only
/* connect(2): active OPEN. The waiting is done by inet_stream_connect(). */
#include <linux/random.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include "calls.h"
#include "core/api.h"
#include "output.h"
#include "ports.h"
#include "secret.h"
#include "timer.h"

static bool unbound_addr(const struct in6_addr *a)
{
	return ipv6_addr_any(a) || ipv6_addr_v4mapped_any(a);
}

/* Where the socket is bound: the local end of the flow to be. */
static void fill_local(struct sock *sk, struct atcp_flow *f)
{
	f->net = sock_net(sk);
	f->kind = ATCP_FLOW_SOCK;
	f->ifindex = sk->sk_bound_dev_if;
	f->lport = inet_sk(sk)->inet_num ? htons(inet_sk(sk)->inet_num) : 0;
	if (!f->v6)
		ipv6_addr_set_v4mapped(inet_sk(sk)->inet_saddr, &f->laddr);
	else
		f->laddr = inet6_sk(sk)->saddr;
}

static void send_syn(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	u64 now = atcp_now();
	/* not 0: the connection comes after one in TIME_WAIT, and starts beyond it (RFC 6191) */
	u32 isn = as->conn.iss;

	/* what became of an earlier connection is past */
	sk->sk_err = 0;
	atcp_sock_sizes(sk);
	sk_set_txhash(sk);
	atomic_set(&as->inet.inet_id, get_random_u16());
	atcp_conn_open(&as->conn, isn ? : atcp_isn(atcp_isn_prf(&as->flow), now),
		       atcp_ts_offset(&as->flow), now);
	atcp_sock_settle(sk);
}

/* flow.raddr, rport and v6 are set. */
static int open_flow(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	int err;

	fill_local(sk, &as->flow);
	atcp_sock_fresh_conn(sk);
	err = atcp_route_connect(sk);
	if (err)
		return err;
	atcp_sock_addrs(sk);
	err = as->port ? atcp_port_rehash(sk) : atcp_port_connect(sk);
	if (err)
		goto failed;
	atcp_sock_addrs(sk);
	send_syn(sk);
	return 0;

failed:
	sk->sk_route_caps = 0;
	inet_sk(sk)->inet_dport = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK)) {
		inet_sk(sk)->inet_saddr = 0;
		inet_sk(sk)->inet_rcv_saddr = 0;
		if (atcp_is_v6_sock(sk)) {
			sk->sk_v6_rcv_saddr = in6addr_any;
			inet6_sk(sk)->saddr = in6addr_any;
		}
	}
	return err;
}

static int open_v4(struct sock *sk, __be32 daddr, __be16 dport)
{
	struct atcp_flow *f = &atcp_sk(sk)->flow;

	/* BSD: connect() to any address means this host */
	if (!daddr)
		daddr = inet_sk(sk)->inet_saddr ? : htonl(INADDR_LOOPBACK);
	f->v6 = 0;
	f->rport = dport;
	ipv6_addr_set_v4mapped(daddr, &f->raddr);
	return open_flow(sk);
}

int atcp_v4_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in *sin = (struct sockaddr_in *)uaddr;

	if (addr_len < sizeof(*sin))
		return -EINVAL;
	if (sin->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	return open_v4(sk, sin->sin_addr.s_addr, sin->sin_port);
}

/* IPV6_FLOWINFO_SEND: a label that the user names must be one that he has leased. */
static int take_flowlabel(struct sock *sk, const struct sockaddr_in6 *sin)
{
	struct ip6_flowlabel *leased;
	__be32 label = 0;

	if (inet6_sk(sk)->sndflow)
		label = sin->sin6_flowinfo & IPV6_FLOWINFO_MASK;
	if (label & IPV6_FLOWLABEL_MASK) {
		leased = fl6_sock_lookup(sk, label);
		if (IS_ERR(leased))
			return -EINVAL;
		fl6_sock_release(leased);
	}
	inet6_sk(sk)->flow_label = label;
	return 0;
}

/* A link-local address means nothing without a link. */
static int take_scope(struct sock *sk, const struct sockaddr_in6 *sin, int addr_len)
{
	if (addr_len >= sizeof(*sin) && sin->sin6_scope_id) {
		if (!sk_dev_equal_l3scope(sk, sin->sin6_scope_id))
			return -EINVAL;
		sk->sk_bound_dev_if = sin->sin6_scope_id;
	}
	return sk->sk_bound_dev_if ? 0 : -EINVAL;
}

int atcp_v6_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len)
{
	const struct sockaddr_in6 *sin = (struct sockaddr_in6 *)uaddr;
	struct atcp_flow *f = &atcp_sk(sk)->flow;
	bool bound_v4 = ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr);
	struct in6_addr daddr;
	int type, err;

	if (addr_len < SIN6_LEN_RFC2133)
		return -EINVAL;
	if (sin->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	err = take_flowlabel(sk, sin);
	if (err)
		return err;
	daddr = sin->sin6_addr;
	if (ipv6_addr_any(&daddr)) {
		if (bound_v4)
			ipv6_addr_set_v4mapped(htonl(INADDR_LOOPBACK), &daddr);
		else
			daddr = in6addr_loopback;
	}
	type = ipv6_addr_type(&daddr);
	if (type & IPV6_ADDR_MULTICAST)
		return -ENETUNREACH;
	if (type & IPV6_ADDR_LINKLOCAL) {
		err = take_scope(sk, sin, addr_len);
		if (err)
			return err;
	}
	if (type & IPV6_ADDR_MAPPED) {
		if (ipv6_only_sock(sk) ||
		    (!bound_v4 && !unbound_addr(&sk->sk_v6_rcv_saddr)))
			return -ENETUNREACH;
		return open_v4(sk, daddr.s6_addr32[3], sin->sin6_port);
	}
	if (bound_v4)
		return -EAFNOSUPPORT;
	f->v6 = 1;
	f->raddr = daddr;
	f->rport = sin->sin6_port;
	return open_flow(sk);
}
