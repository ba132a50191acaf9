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

static void set_place(struct sock *sk, const struct atcp_place *at)
{
	bool mapped = ipv6_addr_v4mapped(&at->addr) || !ipv6_mod_enabled();

	sk->sk_family = mapped ? AF_INET : AF_INET6;
	sk->sk_v6_rcv_saddr = at->addr;
	sk->sk_rcv_saddr = mapped ? at->addr.s6_addr32[3] : 0;
	sk->sk_ipv6only = !mapped && at->v6only;
	sk->sk_bound_dev_if = at->dev;
	sk->sk_reuse = at->reuse;
	/* A listener lets nobody reuse its port. Of no type, it is never asked for more. */
	sk->sk_state = TCP_LISTEN;
}

int atcp_shadow_take(struct atcp_shadow *s, struct net *net, const struct atcp_place *at,
		     u16 port)
{
	struct sock *sk = shadow_sk(s);

	sock_net_set(sk, net);
	sk->sk_prot = &shadow_prot;
	rwlock_init(&sk->sk_callback_lock);
	set_place(sk, at);
	return inet_csk_get_port(sk, port);
}

void atcp_shadow_put(struct atcp_shadow *s)
{
	struct sock *sk = shadow_sk(s);

	/* one that could not be put back is nowhere */
	if (inet_csk(sk)->icsk_bind_hash)
		inet_put_port(sk);
}

static bool covers(const struct sock *sk, const struct atcp_place *at)
{
	const struct in6_addr *addr = &at->addr;

	if (sk->sk_bound_dev_if && sk->sk_bound_dev_if != at->dev)
		return false;
	if (sk->sk_family == AF_INET)
		return ipv6_addr_v4mapped(addr) &&
		       (!sk->sk_rcv_saddr || sk->sk_rcv_saddr == addr->s6_addr32[3]);
	if (!ipv6_addr_any(&sk->sk_v6_rcv_saddr))
		return ipv6_addr_equal(&sk->sk_v6_rcv_saddr, addr);
	if (!sk->sk_ipv6only)
		return true;
	return !ipv6_addr_v4mapped(addr) && (at->v6only || !ipv6_addr_any(addr));
}

static struct atcp_place place_of(const struct sock *sk)
{
	return (struct atcp_place){
		.addr = sk->sk_v6_rcv_saddr,
		.dev = sk->sk_bound_dev_if,
		.v6only = sk->sk_ipv6only,
		.reuse = sk->sk_reuse,
	};
}

struct atcp_place atcp_shadow_place(const struct atcp_shadow *s)
{
	return place_of((const struct sock *)s->mem);
}

/* Out of native TCP's table and in again, for @to. */
static int move(struct atcp_shadow *s, const struct atcp_place *to)
{
	struct sock *sk = shadow_sk(s);
	struct atcp_place was = place_of(sk);
	u8 state = sk->sk_state;
	u16 port = inet_sk(sk)->inet_num;
	int err;

	atcp_shadow_put(s);
	set_place(sk, to);
	err = inet_csk_get_port(sk, port);
	if (!err)
		return 0;
	/*
	 * Should a native socket have taken the old place meanwhile, the port stays with both:
	 * each segment still goes to the connection or listener that fits it.
	 */
	set_place(sk, &was);
	sk->sk_state = state;
	inet_csk_get_port(sk, port);
	inet_sk(sk)->inet_num = port;
	return err;
}

int atcp_shadow_widen(struct atcp_shadow *s, const struct atcp_place *at)
{
	const struct atcp_place all = { .reuse = at->reuse };

	return covers(shadow_sk(s), at) ? 0 : move(s, &all);
}

int atcp_shadow_rebind(struct atcp_shadow *s, const struct atcp_place *at)
{
	struct sock *sk = shadow_sk(s);
	struct atcp_place to = { .reuse = at->reuse };
	u8 state = sk->sk_state;
	bool reuse = sk->sk_reuse;
	int err;

	if (!covers(sk, at))
		return move(s, &to);
	if (sk->sk_bound_dev_if) {
		/* its device may have joined or left a VRF, and the place in the table with it */
		to = place_of(sk);
		to.reuse = at->reuse;
		return move(s, &to);
	}
	/* in its place: as listen(2) of native TCP, this looks at the others again */
	sk->sk_reuse = at->reuse;
	sk->sk_state = TCP_LISTEN;
	err = inet_csk_get_port(sk, inet_sk(sk)->inet_num);
	if (err) {
		sk->sk_reuse = reuse;
		sk->sk_state = state;
	}
	return err;
}

void atcp_shadow_relax(struct atcp_shadow *s, bool reuse)
{
	struct sock *sk = shadow_sk(s);

	/* Read by native TCP under a lock that is not ours: each of the two states is right. */
	sk->sk_reuse = reuse;
	WRITE_ONCE(sk->sk_state, TCP_CLOSE);
}
