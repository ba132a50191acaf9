// SPDX-License-Identifier: GPL-2.0-only
/*
 * setsockopt(2) at SOL_IPV6. The kernel's own ipv6_setsockopt() works on AF_INET6 sockets
 * alone; what ipv6(7) has for a stream socket is kept in the same fields here, so that
 * ipv6_getsockopt() and the routing read them as ever.
 */
#include <net/inet_ecn.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include "calls.h"

static int set_v6only(struct sock *sk, int val)
{
	/* too late once the address has been taken under the other rule */
	if (inet_sk(sk)->inet_num)
		return -EINVAL;
	sk->sk_ipv6only = !!val;
	return 0;
}

static int set_tclass(struct sock *sk, int val)
{
	struct ipv6_pinfo *np = inet6_sk(sk);

	/* the ECN bits are the protocol's */
	val = max(val, 0) & ~INET_ECN_MASK;
	val |= np->tclass & INET_ECN_MASK;
	if (np->tclass != val) {
		np->tclass = val;
		sk_dst_reset(sk);
	}
	return 0;
}

static int set_unicast_hops(struct sock *sk, int val)
{
	inet6_sk(sk)->hop_limit = val;
	return 0;
}

static int set_mtu_discover(struct sock *sk, int val)
{
	inet6_sk(sk)->pmtudisc = val;
	return 0;
}

static int set_recverr(struct sock *sk, int val)
{
	inet6_sk(sk)->recverr = !!val;
	return 0;
}

static int set_dontfrag(struct sock *sk, int val)
{
	inet6_sk(sk)->dontfrag = !!val;
	return 0;
}

static int set_flowinfo_send(struct sock *sk, int val)
{
	inet6_sk(sk)->sndflow = !!val;
	return 0;
}

static int set_autoflowlabel(struct sock *sk, int val)
{
	inet6_sk(sk)->autoflowlabel = !!val;
	inet6_sk(sk)->autoflowlabel_set = 1;
	return 0;
}

static int set_minhopcount(struct sock *sk, int val)
{
	inet6_sk(sk)->min_hopcount = val;
	return 0;
}

/* With fewer bytes than an int the value is 0: an error for all but IPV6_AUTOFLOWLABEL. */
static const struct option6 {
	int name;
	int min;
	int max;
	int (*set)(struct sock *sk, int val);	/* socket locked, value within the range */
} options[] = {
	{ IPV6_V6ONLY, INT_MIN, INT_MAX, set_v6only },
	{ IPV6_TCLASS, -1, 255, set_tclass },
	{ IPV6_UNICAST_HOPS, -1, 255, set_unicast_hops },
	{ IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT, IPV6_PMTUDISC_OMIT, set_mtu_discover },
	{ IPV6_MINHOPCOUNT, 0, 255, set_minhopcount },
	{ IPV6_RECVERR, INT_MIN, INT_MAX, set_recverr },
	{ IPV6_DONTFRAG, INT_MIN, INT_MAX, set_dontfrag },
	{ IPV6_FLOWINFO_SEND, INT_MIN, INT_MAX, set_flowinfo_send },
	{ IPV6_AUTOFLOWLABEL, INT_MIN, INT_MAX, set_autoflowlabel },
};

static const struct option6 *find(int name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].name == name)
			return &options[i];
	return NULL;
}

int atcp_set_ipv6(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	const struct option6 *o = find(name);
	int v = 0, err;

	if (!sockptr_is_null(val) && len >= sizeof(int) && copy_from_sockptr(&v, val, sizeof(v)))
		return -EFAULT;
	if (!o)
		return -ENOPROTOOPT;
	if (len < sizeof(int) && name != IPV6_AUTOFLOWLABEL)
		return -EINVAL;
	if (v < o->min || v > o->max)
		return -EINVAL;
	lock_sock(sk);
	err = o->set(sk, v);
	release_sock(sk);
	return err;
}
