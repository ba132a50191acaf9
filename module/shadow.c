// SPDX-License-Identifier: GPL-2.0-only
/* Local ports in native TCP's bind table. */
#include <linux/ipv6.h>
#include <net/inet_hashtables.h>
#include <net/ipv6.h>
#include "shadow.h"

/* Without a hash table of its own, so that the namespace's of native TCP is used. */
static struct proto shadow_prot = {
	.name = "ATCP-PORT",
};

static struct sock *shadow_sk(struct atcp_shadow *s)
{
	return (struct sock *)s->mem;
}

static void set_addr(struct sock *sk, const struct in6_addr *addr, bool v6only)
{
	bool mapped = ipv6_addr_v4mapped(addr) || !ipv6_mod_enabled();

	sk->sk_family = mapped ? AF_INET : AF_INET6;
	sk->sk_v6_rcv_saddr = *addr;
	sk->sk_rcv_saddr = mapped ? addr->s6_addr32[3] : 0;
	sk->sk_ipv6only = !mapped && v6only;
}

int atcp_shadow_take(struct atcp_shadow *s, struct net *net, const struct in6_addr *addr,
		     bool v6only, u16 port)
{
	struct sock *sk = shadow_sk(s);

	sock_net_set(sk, net);
	sk->sk_prot = &shadow_prot;
	/* A listener lets nobody reuse its port. Of no type, it is never asked for more. */
	sk->sk_state = TCP_LISTEN;
	rwlock_init(&sk->sk_callback_lock);
	set_addr(sk, addr, v6only);
	return inet_csk_get_port(sk, port);
}

void atcp_shadow_put(struct atcp_shadow *s)
{
	inet_put_port(shadow_sk(s));
}

static bool covers(const struct sock *sk, const struct in6_addr *addr, bool v6only)
{
	if (sk->sk_family == AF_INET)
		return ipv6_addr_v4mapped(addr) &&
		       (!sk->sk_rcv_saddr || sk->sk_rcv_saddr == addr->s6_addr32[3]);
	if (!ipv6_addr_any(&sk->sk_v6_rcv_saddr))
		return ipv6_addr_equal(&sk->sk_v6_rcv_saddr, addr);
	if (!sk->sk_ipv6only)
		return true;
	return !ipv6_addr_v4mapped(addr) && (v6only || !ipv6_addr_any(addr));
}

int atcp_shadow_widen(struct atcp_shadow *s, const struct in6_addr *addr, bool v6only)
{
	struct sock *sk = shadow_sk(s);
	struct in6_addr was = sk->sk_v6_rcv_saddr;
	bool was_v6only = sk->sk_ipv6only;
	u16 port = inet_sk(sk)->inet_num;
	int err;

	if (covers(sk, addr, v6only))
		return 0;
	atcp_shadow_put(s);
	set_addr(sk, &in6addr_any, false);
	err = inet_csk_get_port(sk, port);
	if (!err)
		return 0;
	/*
	 * Should a native socket have taken the old place meanwhile, the port stays with both:
	 * each segment still goes to the connection or listener that fits it.
	 */
	set_addr(sk, &was, was_v6only);
	inet_csk_get_port(sk, port);
	return err;
}
