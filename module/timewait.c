// SPDX-License-Identifier: GPL-2.0-only
/* TIME_WAIT records. */
#include <linux/slab.h>
#include <linux/timerqueue.h>
#include <net/ip.h>
#include "core/api.h"
#include "demux.h"
#include "ipopt.h"
#include "mib.h"
#include "output.h"
#include "ports.h"
#include "records.h"
#include "sock.h"
#include "timer.h"

/* Records that one run of the timer takes out before it lets others run. */
#define BATCH	256

/* How far a new connection starts beyond an old one: more than an unscaled window. */
#define ISN_GAP	(65535 + 2)

static struct kmem_cache *tw_cache;

int atcp_timewait_init(void)
{
	tw_cache = KMEM_CACHE(atcp_timewait, 0);
	return tw_cache ? 0 : -ENOMEM;
}

void atcp_timewait_exit(void)
{
	kmem_cache_destroy(tw_cache);
}

static struct atcp_timewait *of_node(struct timerqueue_node *n)
{
	return container_of(n, struct atcp_timewait, expiry);
}

static void free_rcu(struct rcu_head *rcu)
{
	struct atcp_timewait *t = container_of(rcu, struct atcp_timewait, rcu);

	kfree(t->route);
	kmem_cache_free(tw_cache, t);
}

/* Out of the queue, so that nobody but the caller ends it. Return: false if it was out. */
static bool take_out(struct atcp_net *an, struct atcp_timewait *t)
{
	lockdep_assert_held(&an->tw.lock);
	if (t->done)
		return false;
	t->done = true;
	atcp_expiry_del(&an->tw, &t->expiry);
	return true;
}

/* After take_out(); no lock held. */
static void finish(struct atcp_timewait *t)
{
	atcp_hash_remove(&t->flow);
	if (t->port)
		atcp_port_put(t->port);
	call_rcu(&t->rcu, free_rcu);
}

/* The same once more, in neither table nor queue; NULL without memory. */
static struct atcp_timewait *copy_record(const struct atcp_timewait *t)
{
	struct atcp_timewait *copy = kmem_cache_alloc(tw_cache, GFP_ATOMIC | __GFP_NOWARN);

	if (!copy)
		return NULL;
	copy->flow = t->flow;
	INIT_HLIST_NODE(&copy->flow.node);
	copy->tw = t->tw;
	copy->port = t->port ? atcp_port_get(t->port) : NULL;
	copy->via = t->via;
	copy->route = t->route ? atcp_ipopt_copy(t->route) : NULL;
	copy->done = false;
	return copy;
}

void atcp_timewait_free(struct atcp_timewait *t)
{
	if (t->port)
		atcp_port_put(t->port);
	kfree(t->route);
	kmem_cache_free(tw_cache, t);
}

void atcp_timewait_back(struct atcp_timewait *t)
{
	struct atcp_net *an = atcp_pernet(t->flow.net);
	bool in;

	spin_lock_bh(&an->tw.lock);
	in = t->tw.deadline > atcp_now() && !atcp_hash_insert(&t->flow, NULL);
	if (in)
		atcp_expiry_add(&an->tw, &t->expiry, t->tw.deadline);
	spin_unlock_bh(&an->tw.lock);
	if (!in)
		atcp_timewait_free(t);
}

u32 atcp_timewait_isn(const struct atcp_timewait *t)
{
	return t->tw.snd_nxt + ISN_GAP;
}

static struct atcp_timewait *make_record(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_net *an = atcp_pernet(sock_net(sk));
	const struct ip_options_rcu *opt = atcp_ipopt(sk);
	struct atcp_timewait *t = NULL;

	if (READ_ONCE(an->tw.count) < READ_ONCE(an->max_tw_buckets))
		t = kmem_cache_alloc(tw_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!t) {
		atcp_count(an, ATCP_C_TimeWaitOverflow);
		return NULL;
	}
	t->flow = as->flow;
	t->flow.kind = ATCP_FLOW_TIMEWAIT;
	INIT_HLIST_NODE(&t->flow.node);
	t->via = atcp_via_sock(sk, &t->flow);
	/* without memory the peer's FIN is answered the straight way */
	t->route = unlikely(opt) ? atcp_ipopt_copy(opt) : NULL;
	t->done = false;
	t->port = as->port ? atcp_port_get(as->port) : NULL;
	atcp_tw_init(&t->tw, &as->conn, atcp_now());
	return t;
}

void atcp_timewait_enter(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_net *an = atcp_pernet(sock_net(sk));
	struct atcp_timewait *t;
	bool was;

	if (!as->hashed)
		return;
	t = make_record(sk);
	as->hashed = 0;
	as->was_hashed = 1;
	if (!t) {
		was = atcp_hash_remove(&as->flow);
	} else {
		spin_lock_bh(&an->tw.lock);
		was = atcp_hash_replace(&as->flow, &t->flow);
		atcp_expiry_add(&an->tw, &t->expiry, t->tw.deadline);
		if (!was)
			take_out(an, t);
		spin_unlock_bh(&an->tw.lock);
		if (was)
			atcp_count(an, ATCP_C_TW);
		else
			finish(t);
	}
	if (was)
		sock_put(sk);
}

/*
 * MAY-2, RFC 6191: the SYN goes to a listener. Without one there is nobody to open anything. What
 * was is kept until the handshake is over, as the SYN may be an old one after all.
 */
static void reopen(struct atcp_timewait *t, const struct atcp_flow *key,
		   const struct atcp_seg *s, struct sk_buff *skb)
{
	struct atcp_net *an = atcp_pernet(t->flow.net);
	struct sock *listener = atcp_lookup_listener(key);
	struct atcp_timewait *before = NULL;
	struct atcp_seg out;

	if (!listener) {
		if (atcp_closed_input(s, &out))
			atcp_send_bare(&t->flow, &t->via, t->route, NULL, &out, ATCP_CLOSED);
		kfree_skb(skb);
		return;
	}
	spin_lock_bh(&an->tw.lock);
	if (!t->done)
		before = copy_record(t);
	if (before) {
		take_out(an, t);
		atcp_tw_reopen(&t->tw);
	}
	spin_unlock_bh(&an->tw.lock);
	if (!before) {
		kfree_skb(skb);
		return;
	}
	finish(t);
	atcp_count(an, ATCP_C_TWRecycled);
	atcp_listener_rcv(listener, key, s, before, skb);
}

void atcp_timewait_rcv(struct atcp_timewait *t, const struct atcp_flow *key,
		       const struct atcp_seg *s, struct sk_buff *skb)
{
	struct atcp_net *an = atcp_pernet(t->flow.net);
	enum atcp_verdict v = ATCP_V_DROP;
	struct atcp_seg out;
	bool gone = false;

	spin_lock_bh(&an->tw.lock);
	if (!t->done)
		v = atcp_tw_input(&t->tw, &an->cfg, s, atcp_now(), &out);
	if (v == ATCP_V_FORGET)
		gone = take_out(an, t);
	spin_unlock_bh(&an->tw.lock);

	if (v == ATCP_V_REOPEN)
		return reopen(t, key, s, skb);
	if (v == ATCP_V_REPLY)
		atcp_send_bare(&t->flow, &t->via, t->route, NULL, &out, ATCP_TIME_WAIT);
	if (gone) {
		atcp_count(an, ATCP_C_TWKilled);
		finish(t);
	}
	consume_skb(skb);
}

static bool on_loopback(const struct atcp_flow *f)
{
	if (f->ifindex == LOOPBACK_IFINDEX)
		return true;
	if (f->v6)
		return ipv6_addr_loopback(&f->laddr) || ipv6_addr_loopback(&f->raddr);
	return ipv4_is_loopback(f->laddr.s6_addr32[3]) || ipv4_is_loopback(f->raddr.s6_addr32[3]);
}

/* Native TCP's conditions: timestamps tell old from new, once their clock has moved on. */
static bool may_give_way(const struct atcp_timewait *t, const struct atcp_net *an, bool bound)
{
	u32 reuse = READ_ONCE(an->reuse_tw);

	if (t->done || !t->tw.ts_ok)
		return false;
	if (bound)
		return true;
	if (!reuse || (reuse == 2 && !on_loopback(&t->flow)))
		return false;
	return atcp_now() - t->tw.ts_recent_at > ATCP_NS_PER_SEC;
}

bool atcp_timewait_give_way(struct atcp_timewait *t, struct atcp_sock *as, bool bound)
{
	struct atcp_net *an = atcp_pernet(t->flow.net);
	u32 isn = atcp_timewait_isn(t);
	bool yes;

	spin_lock_bh(&an->tw.lock);
	yes = may_give_way(t, an, bound) && atcp_hash_replace(&t->flow, &as->flow);
	if (yes)
		take_out(an, t);
	spin_unlock_bh(&an->tw.lock);
	if (!yes)
		return false;
	as->conn.iss = isn ? isn : 1;
	finish(t);
	atcp_count(an, ATCP_C_TWRecycled);
	return true;
}

/* The first record that is over, out of the queue; NULL with the timer armed for the next. */
static struct atcp_timewait *next_over(struct atcp_net *an, u64 now)
{
	struct timerqueue_node *n;
	struct atcp_timewait *t = NULL;

	spin_lock_bh(&an->tw.lock);
	while ((n = timerqueue_getnext(&an->tw.queue)) && ktime_to_ns(n->expires) <= now) {
		t = of_node(n);
		if (t->tw.deadline <= now) {
			take_out(an, t);
			atcp_tw_expire(&t->tw);
			break;
		}
		/* A FIN that came again has moved the deadline. */
		atcp_expiry_del(&an->tw, n);
		atcp_expiry_add(&an->tw, n, t->tw.deadline);
		t = NULL;
	}
	if (!t)
		atcp_expiry_rearm(&an->tw);
	spin_unlock_bh(&an->tw.lock);
	return t;
}

static enum hrtimer_restart expire(struct hrtimer *timer)
{
	struct atcp_net *an = container_of(timer, struct atcp_net, tw.timer);
	u64 now = atcp_now();
	struct atcp_timewait *t;
	int i;

	for (i = 0; i < BATCH; i++) {
		t = next_over(an, now);
		if (!t)
			return HRTIMER_NORESTART;
		finish(t);
	}
	spin_lock_bh(&an->tw.lock);
	atcp_expiry_rearm(&an->tw);
	spin_unlock_bh(&an->tw.lock);
	return HRTIMER_NORESTART;
}

void atcp_timewait_net_init(struct atcp_net *an)
{
	atcp_expiry_init(&an->tw, expire);
}

void atcp_timewait_net_exit(struct atcp_net *an)
{
	struct timerqueue_node *n;

	for (;;) {
		spin_lock_bh(&an->tw.lock);
		n = timerqueue_getnext(&an->tw.queue);
		if (n)
			take_out(an, of_node(n));
		spin_unlock_bh(&an->tw.lock);
		if (!n)
			break;
		finish(of_node(n));
		cond_resched();
	}
	atcp_expiry_stop(&an->tw);
}
