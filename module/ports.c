// SPDX-License-Identifier: GPL-2.0-only
/* Local ports. */
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/netns/hash.h>
#include "compat.h"
#include "demux.h"
#include "netns.h"
#include "ports.h"
#include "records.h"
#include "rcv.h"
#include "secret.h"
#include "shadow.h"
#include "sock.h"
#include "timer.h"

#define PORT_BUCKETS	2048U
#define PERTURB_SIZE	256U

/**
 * struct atcp_port - a local port in use
 * @node: in its bucket, under the bucket's lock
 * @owners: sockets that bind() put here, by sk_bind_node; under the bucket's lock
 * @net: namespace
 * @refs: holders; from 0 nobody takes it up again
 * @nowners: entries of @owners; under the bucket's lock
 * @port: host order
 * @bound: some socket has asked for it: no choice for others' connect(); under the bucket's lock
 * @reuse: all holders so far had SO_REUSEADDR; under the bucket's lock
 * @reuseport: all holders so far had SO_REUSEPORT and @uid; under the bucket's lock
 * @uid: of the first holder
 * @shadow: the place in native TCP's table
 */
struct atcp_port {
	struct hlist_node node;
	struct hlist_head owners;
	struct net *net;
	refcount_t refs;
	u32 nowners;
	u16 port;
	bool bound;
	bool reuse;
	bool reuseport;
	kuid_t uid;
	struct atcp_shadow shadow;
};

struct port_bucket {
	spinlock_t lock;		/* bh; outside of the locks of native TCP's bind table */
	struct hlist_head head;
};

static struct port_bucket buckets[PORT_BUCKETS];
static struct kmem_cache *port_cache;

/* RFC 6056 algorithm 4: where the last search of a class of destinations ended; no lock needed. */
static u32 perturb[PERTURB_SIZE];

int atcp_ports_init(void)
{
	u32 i;

	for (i = 0; i < PORT_BUCKETS; i++)
		spin_lock_init(&buckets[i].lock);
	get_random_bytes(perturb, sizeof(perturb));
	port_cache = KMEM_CACHE(atcp_port, 0);
	return port_cache ? 0 : -ENOMEM;
}

void atcp_ports_exit(void)
{
	kmem_cache_destroy(port_cache);
}

static struct port_bucket *bucket_of(const struct net *net, u16 port)
{
	return &buckets[(net_hash_mix(net) + port) & (PORT_BUCKETS - 1)];
}

static struct atcp_port *port_find(struct port_bucket *b, const struct net *net, u16 port)
{
	struct atcp_port *p;

	lockdep_assert_held(&b->lock);
	hlist_for_each_entry(p, &b->head, node)
		if (p->port == port && net_eq(p->net, net))
			return p;
	return NULL;
}

/* Where a socket is bound, or its connection's end is. */
static struct in6_addr local_addr(const struct sock *sk)
{
	struct in6_addr a;

	if (atcp_is_v6_sock(sk))
		return sk->sk_v6_rcv_saddr;
	ipv6_addr_set_v4mapped(inet_sk(sk)->inet_rcv_saddr, &a);
	return a;
}

static struct atcp_place place_of(const struct sock *sk, bool reuse)
{
	return (struct atcp_place){
		.addr = local_addr(sk),
		.dev = READ_ONCE(sk->sk_bound_dev_if),
		.v6only = ipv6_only_sock(sk),
		.reuse = reuse,
	};
}

/* Can a segment be for both? */
static bool overlap(const struct atcp_place *a, const struct atcp_place *b)
{
	bool a4 = ipv6_addr_v4mapped(&a->addr), b4 = ipv6_addr_v4mapped(&b->addr);
	__be32 addr = a->addr.s6_addr32[3], addr2 = b->addr.s6_addr32[3];

	if (a->dev && b->dev && a->dev != b->dev)
		return false;
	if (a4 && b4)
		return !addr || !addr2 || addr == addr2;
	if (ipv6_addr_any(&a->addr))
		return !(b4 && a->v6only);
	if (ipv6_addr_any(&b->addr))
		return !(a4 && b->v6only);
	return ipv6_addr_equal(&a->addr, &b->addr);
}

/* Does socket @sk2, which has the port, keep @sk from it? Native TCP's rule of bind(2). */
static bool owner_conflicts(const struct sock *sk, struct sock *sk2, kuid_t uid)
{
	struct atcp_place at = place_of(sk, false), at2 = place_of(sk2, false);

	if (sk == sk2)
		return false;
	if (sk->sk_reuse && sk2->sk_reuse && sk2->sk_state != TCP_LISTEN)
		return false;
	if (sk->sk_reuseport && sk2->sk_reuseport && uid_eq(uid, sock_i_uid(sk2)))
		return false;
	return overlap(&at, &at2);
}

static bool port_conflicts(const struct atcp_port *p, struct sock *sk)
{
	kuid_t uid = sock_i_uid(sk);
	struct atcp_place at, held;
	struct sock *sk2;

	sk_for_each_bound(sk2, &p->owners)
		if (owner_conflicts(sk, sk2, uid))
			return true;
	/* Connections and TIME_WAIT: only one who reuses comes in beside those that allowed it. */
	if (refcount_read(&p->refs) == p->nowners || (sk->sk_reuse && p->reuse) ||
	    (sk->sk_reuseport && p->reuseport && uid_eq(uid, p->uid)))
		return false;
	at = place_of(sk, false);
	held = atcp_shadow_place(&p->shadow);
	return overlap(&at, &held);
}

/*
 * Bucket's lock held. @asked: the user named the port: SO_REUSEADDR counts.
 * Return: 0 with *@np in use for @sk, and *@np NULL; or -EADDRINUSE.
 */
static int port_create(struct port_bucket *b, struct sock *sk, u16 port, bool asked,
		       struct atcp_port **np)
{
	struct atcp_place at = place_of(sk, asked && sk->sk_reuse);
	struct atcp_net *an = atcp_pernet(sock_net(sk));
	struct atcp_port *p = *np;
	int err;

	err = atcp_shadow_take(&p->shadow, sock_net(sk), &at, port);
	if (err)
		return err;
	p->net = sock_net(sk);
	p->port = port;
	p->bound = false;
	p->reuse = sk->sk_reuse;
	p->reuseport = sk->sk_reuseport;
	p->uid = sock_i_uid(sk);
	p->nowners = 0;
	INIT_HLIST_HEAD(&p->owners);
	refcount_set(&p->refs, 1);
	hlist_add_head(&p->node, &b->head);
	set_bit(port, an->ports_used);
	*np = NULL;
	return 0;
}

/* Bucket's lock held: one more holder of a port that is there. */
static int port_join(struct atcp_port *p, struct sock *sk, bool bind)
{
	struct atcp_place at = place_of(sk, bind && sk->sk_reuse);
	int err;

	if (bind && !p->nowners)
		err = atcp_shadow_rebind(&p->shadow, &at);
	else
		err = atcp_shadow_widen(&p->shadow, &at);
	if (err)
		return err;
	p->reuse &= !!sk->sk_reuse;
	p->reuseport &= sk->sk_reuseport && uid_eq(sock_i_uid(sk), p->uid);
	refcount_inc(&p->refs);
	return 0;
}

static void set_port(struct sock *sk, struct atcp_port *p)
{
	atcp_sk(sk)->port = p;
	inet_sk(sk)->inet_num = p->port;
	inet_sk(sk)->inet_sport = htons(p->port);
}

/* @only_free: the port was not asked for by number. */
static int bind_to(struct sock *sk, u16 port, bool only_free, struct atcp_port **np)
{
	struct port_bucket *b = bucket_of(sock_net(sk), port);
	struct atcp_port *p;
	int err = -EADDRINUSE;

	spin_lock_bh(&b->lock);
	p = port_find(b, sock_net(sk), port);
	if (!p) {
		p = *np;
		err = port_create(b, sk, port, !only_free, np);
	} else if (!only_free && !port_conflicts(p, sk)) {
		err = port_join(p, sk, true);
	}
	if (!err) {
		p->bound = true;
		p->nowners++;
		sk_add_bind_node(sk, &p->owners);
		set_port(sk, p);
	}
	spin_unlock_bh(&b->lock);
	return err;
}

/* Every port of the range, one parity first: @odd with the lowest port as 0. */
static int search(struct sock *sk, u32 start, bool odd,
		  int (*try)(struct sock *sk, u16 port, struct atcp_port **np),
		  struct atcp_port **np, u32 *tried)
{
	struct net *net = sock_net(sk);
	int low, high, err;
	u32 n, i, pass;

	inet_sk_get_local_port_range(sk, &low, &high);
	n = high - low + 1;
	if (n > 1)
		n &= ~1U;
	start = (start % n & ~1U) | (odd && n > 1);
	for (pass = 0; pass < 2; pass++, start ^= 1) {
		for (i = 0; i < n; i += 2) {
			u16 port = low + (start + i) % n;

			if (inet_is_local_reserved_port(net, port))
				continue;
			err = try(sk, port, np);
			if (err != -EADDRINUSE) {
				*tried = i;
				return err;
			}
			cond_resched();
		}
		if (n == 1)
			break;
	}
	return -EADDRINUSE;
}

static int bind_free(struct sock *sk, u16 port, struct atcp_port **np)
{
	return bind_to(sk, port, true, np);
}

int atcp_port_bind(struct sock *sk, u16 port)
{
	struct atcp_port *new;
	u32 tried;
	int err;

	err = atcp_hook_enable(atcp_pernet(sock_net(sk)));
	if (err)
		return err;
	new = kmem_cache_zalloc(port_cache, GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	if (port)
		err = bind_to(sk, port, false, &new);
	else
		err = search(sk, get_random_u32(), true, bind_free, &new, &tried);
	if (new)
		kmem_cache_free(port_cache, new);
	return err;
}

int atcp_port_listen(struct sock *sk)
{
	struct port_bucket *b = bucket_of(sock_net(sk), inet_sk(sk)->inet_num);
	const struct atcp_port *p = atcp_sk(sk)->port;
	kuid_t uid = sock_i_uid(sk);
	struct sock *sk2;
	int err = 0;

	spin_lock_bh(&b->lock);
	sk_for_each_bound(sk2, &p->owners)
		if (owner_conflicts(sk, sk2, uid))
			err = -EADDRINUSE;
	spin_unlock_bh(&b->lock);
	return err;
}

/* The flow of @sk is in the table but for a TIME_WAIT record that may give way (RFC 6191). */
static int hash_flow(struct sock *sk, bool bound)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_flow *exist;
	int err;

	atcp_demux_settle(sk);
	sock_hold(sk);
	rcu_read_lock();
	err = atcp_hash_insert(&as->flow, &exist);
	if (err && exist->kind == ATCP_FLOW_TIMEWAIT && exist->ifindex == as->flow.ifindex &&
	    atcp_timewait_give_way(container_of(exist, struct atcp_timewait, flow), as, bound))
		err = 0;
	rcu_read_unlock();
	if (err)
		sock_put(sk);
	else
		as->hashed = 1;
	return err;
}

static int connect_from(struct sock *sk, u16 port, struct atcp_port **np)
{
	struct port_bucket *b = bucket_of(sock_net(sk), port);
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_port *p;
	int err = -EADDRINUSE;

	spin_lock_bh(&b->lock);
	p = port_find(b, sock_net(sk), port);
	if (!p) {
		p = *np;
		err = port_create(b, sk, port, false, np);
	} else if (!p->bound) {
		err = port_join(p, sk, false);
	}
	spin_unlock_bh(&b->lock);
	if (err)
		return err;
	as->flow.lport = htons(port);
	if (hash_flow(sk, false)) {
		atcp_port_put(p);
		/* The port that was made for this try went with it. */
		if (!*np)
			*np = kmem_cache_zalloc(port_cache, GFP_KERNEL);
		return *np ? -EADDRINUSE : -ENOMEM;
	}
	set_port(sk, p);
	return 0;
}

int atcp_port_connect(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	u32 *last = &perturb[atcp_port_offset(&as->flow) & (PERTURB_SIZE - 1)];
	struct atcp_port *new;
	u32 tried;
	int err;

	err = atcp_hook_enable(atcp_pernet(sock_net(sk)));
	if (err)
		return err;
	new = kmem_cache_zalloc(port_cache, GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	err = search(sk, READ_ONCE(*last) + (atcp_port_offset(&as->flow) >> 8), false,
		     connect_from, &new, &tried);
	if (!err)
		WRITE_ONCE(*last, READ_ONCE(*last) + 2 +
			   max(tried, atcp_random_below(8) * 2));
	if (new)
		kmem_cache_free(port_cache, new);
	return err == -EADDRINUSE ? -EADDRNOTAVAIL : err;
}

int atcp_port_rehash(struct sock *sk)
{
	return hash_flow(sk, true);
}

struct atcp_port *atcp_port_get(struct atcp_port *p)
{
	refcount_inc(&p->refs);
	return p;
}

/* The last holder has gone; bucket's lock held. */
static void port_free(struct atcp_port *p)
{
	clear_bit(p->port, atcp_pernet(p->net)->ports_used);
	hlist_del(&p->node);
	atcp_shadow_put(&p->shadow);
	kmem_cache_free(port_cache, p);
}

void atcp_port_put(struct atcp_port *p)
{
	struct port_bucket *b = bucket_of(p->net, p->port);

	if (refcount_dec_not_one(&p->refs))
		return;
	spin_lock_bh(&b->lock);
	if (refcount_dec_and_test(&p->refs))
		port_free(p);
	spin_unlock_bh(&b->lock);
}

void atcp_port_unbind(struct sock *sk)
{
	struct atcp_port *p = atcp_sk(sk)->port;

	if (!p)
		return;
	if (!hlist_unhashed(&sk->sk_bind_node)) {
		struct port_bucket *b = bucket_of(p->net, p->port);

		spin_lock_bh(&b->lock);
		__sk_del_bind_node(sk);
		INIT_HLIST_NODE(&sk->sk_bind_node);
		if (!--p->nowners)
			atcp_shadow_relax(&p->shadow, p->reuse);
		spin_unlock_bh(&b->lock);
	}
	atcp_sk(sk)->port = NULL;
	inet_sk(sk)->inet_num = 0;
	atcp_port_put(p);
}
