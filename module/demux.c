// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hash tables of connections and listeners.
 *
 * Readers walk a bucket under RCU and compare; nothing is written. Writers hold
 * the spinlock of the bucket (a bucket shares its lock with others). What leaves
 * a table is freed a grace period later at the earliest.
 */
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/netns/hash.h>
#include "demux.h"
#include "sock.h"

#define CONN_BUCKETS_MIN	1024U
#define CONN_BUCKETS_MAX	(512U << 10)
#define BYTES_PER_BUCKET	(128U << 10)	/* of the machine's memory, as native TCP */
#define CONN_LOCKS		1024U
#define LISTEN_BUCKETS		256U

struct listen_bucket {
	spinlock_t lock;		/* bh */
	struct hlist_head head;		/* written under @lock, read under RCU */
};

static struct hlist_head *conn_heads __read_mostly;	/* under conn_locks, read under RCU */
static spinlock_t *conn_locks __read_mostly;		/* bh */
static u32 conn_mask __read_mostly;
static u32 hash_seed __read_mostly;
static struct listen_bucket listeners[LISTEN_BUCKETS];

static_assert(offsetof(struct atcp_flow, rport) == offsetof(struct atcp_flow, lport) + 2);
static_assert(offsetof(struct atcp_flow, lport) == offsetof(struct atcp_flow, laddr) + 32);

int atcp_demux_init(void)
{
	u64 want = ((u64)totalram_pages() << PAGE_SHIFT) / BYTES_PER_BUCKET;
	u32 n = roundup_pow_of_two(clamp_t(u64, want, CONN_BUCKETS_MIN, CONN_BUCKETS_MAX));
	u32 i;

	conn_heads = kvcalloc(n, sizeof(*conn_heads), GFP_KERNEL);
	conn_locks = kvmalloc_array(CONN_LOCKS, sizeof(*conn_locks), GFP_KERNEL);
	if (!conn_heads || !conn_locks) {
		atcp_demux_exit();
		return -ENOMEM;
	}
	for (i = 0; i < CONN_LOCKS; i++)
		spin_lock_init(&conn_locks[i]);
	for (i = 0; i < LISTEN_BUCKETS; i++)
		spin_lock_init(&listeners[i].lock);
	conn_mask = n - 1;
	hash_seed = get_random_u32();
	return 0;
}

void atcp_demux_exit(void)
{
	kvfree(conn_heads);
	kvfree(conn_locks);
	conn_heads = NULL;
	conn_locks = NULL;
}

/* Both ports as one word. */
static u32 ports_of(const struct atcp_flow *f)
{
	return *(const u32 *)&f->lport;
}

static u32 flow_hash(const struct atcp_flow *f)
{
	u32 seed = hash_seed ^ net_hash_mix(f->net);

	if (f->v6)
		return jhash2((const u32 *)&f->laddr, 9, seed);
	return jhash_3words((__force u32)f->laddr.s6_addr32[3],
			    (__force u32)f->raddr.s6_addr32[3], ports_of(f), seed);
}

static bool same_addrs(const struct atcp_flow *a, const struct atcp_flow *b)
{
	return ports_of(a) == ports_of(b) && ipv6_addr_equal(&a->raddr, &b->raddr) &&
	       ipv6_addr_equal(&a->laddr, &b->laddr) && a->v6 == b->v6 &&
	       net_eq(a->net, b->net);
}

/* A segment belongs to @f: a socket bound to a device hears that device only. */
static bool flow_takes(const struct atcp_flow *f, const struct atcp_flow *key)
{
	return same_addrs(f, key) && (!f->ifindex || f->ifindex == key->ifindex);
}

struct atcp_flow *atcp_lookup(const struct atcp_flow *key)
{
	struct atcp_flow *f;

	hlist_for_each_entry_rcu(f, &conn_heads[flow_hash(key) & conn_mask], node)
		if (likely(flow_takes(f, key)))
			return f;
	return NULL;
}

/* The lock of a bucket */
static spinlock_t *lock_of(u32 hash)
{
	return &conn_locks[hash & conn_mask & (CONN_LOCKS - 1)];
}

/* Would segments of one reach the other? */
static bool flow_clashes(const struct atcp_flow *a, const struct atcp_flow *b)
{
	return same_addrs(a, b) &&
	       (!a->ifindex || !b->ifindex || a->ifindex == b->ifindex);
}

int atcp_hash_insert(struct atcp_flow *f, struct atcp_flow **exist)
{
	u32 hash = flow_hash(f);
	struct hlist_head *head = &conn_heads[hash & conn_mask];
	spinlock_t *lock = lock_of(hash);
	struct atcp_flow *other;
	int err = 0;

	spin_lock_bh(lock);
	hlist_for_each_entry(other, head, node) {
		if (!flow_clashes(other, f))
			continue;
		if (exist)
			*exist = other;
		err = -EADDRNOTAVAIL;
		goto out;
	}
	hlist_add_head_rcu(&f->node, head);
out:
	spin_unlock_bh(lock);
	return err;
}

bool atcp_hash_replace(struct atcp_flow *old, struct atcp_flow *new)
{
	u32 hash = flow_hash(old);
	spinlock_t *lock = lock_of(hash);
	bool there;

	spin_lock_bh(lock);
	there = !hlist_unhashed(&old->node);
	if (there) {
		/* Not hlist_replace_rcu(): @old has to be unhashed for who finds it later. */
		hlist_add_before_rcu(&new->node, &old->node);
		hlist_del_init_rcu(&old->node);
	}
	spin_unlock_bh(lock);
	return there;
}

bool atcp_hash_remove(struct atcp_flow *f)
{
	bool there;
	u32 hash;

	if (hlist_unhashed_lockless(&f->node))
		return false;
	hash = flow_hash(f);
	spin_lock_bh(lock_of(hash));
	there = !hlist_unhashed(&f->node);
	if (there)
		hlist_del_init_rcu(&f->node);
	spin_unlock_bh(lock_of(hash));
	return there;
}

void atcp_demux_settle(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);

	if (likely(!as->was_hashed))
		return;
	synchronize_rcu();
	as->was_hashed = 0;
}

static struct listen_bucket *listen_bucket_of(const struct net *net, __be16 port)
{
	return &listeners[(net_hash_mix(net) + ntohs(port)) & (LISTEN_BUCKETS - 1)];
}

void atcp_hash_listener(struct sock *sk)
{
	struct atcp_flow *f = &atcp_sk(sk)->flow;
	struct listen_bucket *b = listen_bucket_of(f->net, f->lport);

	atcp_demux_settle(sk);
	spin_lock_bh(&b->lock);
	hlist_add_head_rcu(&f->node, &b->head);
	spin_unlock_bh(&b->lock);
}

void atcp_unhash_listener(struct sock *sk)
{
	struct atcp_flow *f = &atcp_sk(sk)->flow;
	struct listen_bucket *b = listen_bucket_of(f->net, f->lport);

	spin_lock_bh(&b->lock);
	if (!hlist_unhashed(&f->node))
		hlist_del_init_rcu(&f->node);
	spin_unlock_bh(&b->lock);
	atcp_sk(sk)->was_hashed = 1;
}

static bool any_addr(const struct in6_addr *a)
{
	return ipv6_addr_any(a) || ipv6_addr_v4mapped_any(a);
}

/* How well a listener fits: 0 not at all; native TCP's order of preference. */
static int listen_score(const struct atcp_flow *f, const struct atcp_flow *key)
{
	const struct sock *sk = &container_of(f, struct atcp_sock, flow)->inet.sk;
	int dev = READ_ONCE(sk->sk_bound_dev_if);	/* may change while it listens */
	int score = 1;

	if (f->lport != key->lport || !net_eq(f->net, key->net))
		return 0;
	if (f->v6 ? !key->v6 && ipv6_only_sock(sk) : key->v6)
		return 0;
	if (!any_addr(&f->laddr)) {
		if (!ipv6_addr_equal(&f->laddr, &key->laddr))
			return 0;
		score += 8;
	} else if (key->v6 && ipv6_addr_v4mapped_any(&f->laddr)) {
		return 0;
	}
	if (dev) {
		if (dev != key->ifindex)
			return 0;
		score += 4;
	}
	if (f->v6 == key->v6)
		score += 2;
	if (READ_ONCE(sk->sk_incoming_cpu) == raw_smp_processor_id())
		score++;
	return score;
}

struct sock *atcp_lookup_listener(const struct atcp_flow *key)
{
	struct listen_bucket *b = listen_bucket_of(key->net, key->lport);
	struct atcp_flow *f, *best = NULL;
	u32 hash = 0, matches = 0;
	int top = 0;

	hlist_for_each_entry_rcu(f, &b->head, node) {
		int score = listen_score(f, key);

		if (score > top) {
			top = score;
			best = f;
			matches = 1;
		} else if (score && score == top) {
			/* SO_REUSEPORT: every one of n gets 1/n of the flows, each flow its own. */
			if (matches++ == 1)
				hash = flow_hash(key);
			if (!reciprocal_scale(hash, matches))
				best = f;
			hash = next_pseudo_random32(hash);
		}
	}
	return best ? &container_of(best, struct atcp_sock, flow)->inet.sk : NULL;
}

unsigned int atcp_demux_buckets(void)
{
	return conn_heads ? conn_mask + 1 : 0;
}

struct hlist_head *atcp_demux_bucket(unsigned int i)
{
	return &conn_heads[i];
}

unsigned int atcp_listen_buckets(void)
{
	return LISTEN_BUCKETS;
}

struct hlist_head *atcp_listen_bucket(unsigned int i)
{
	return &listeners[i].head;
}
