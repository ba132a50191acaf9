// SPDX-License-Identifier: GPL-2.0-only
/* Handshakes of listeners. */
#include <linux/slab.h>
#include <linux/timerqueue.h>
#include <net/dst.h>
#include <net/ipv6.h>
#include <net/tcp_states.h>
#include "core/api.h"
#include "core/cookie.h"
#include "demux.h"
#include "ipopt.h"
#include "listen.h"
#include "mib.h"
#include "output.h"
#include "rcv.h"
#include "records.h"
#include "secret.h"
#include "sock.h"
#include "timer.h"
#include "trace.h"

/* Records that one run of the timer serves before it lets others run. */
#define BATCH	128

static struct kmem_cache *req_cache;

int atcp_request_init(void)
{
	req_cache = KMEM_CACHE(atcp_request, 0);
	return req_cache ? 0 : -ENOMEM;
}

void atcp_request_exit(void)
{
	kmem_cache_destroy(req_cache);
}

static struct atcp_request *of_node(struct timerqueue_node *n)
{
	return container_of(n, struct atcp_request, expiry);
}

static void free_record(struct atcp_request *r)
{
	kfree(r->route);
	kmem_cache_free(req_cache, r);
}

static void free_rcu(struct rcu_head *rcu)
{
	free_record(container_of(rcu, struct atcp_request, rcu));
}

/* Of all who want to end it one gets true, and has to finish(). */
static bool claim(struct atcp_request *r)
{
	return !atomic_xchg(&r->done, 1);
}

static void finish(struct atcp_request *r)
{
	struct atcp_net *an = atcp_pernet(r->flow.net);

	atcp_hash_remove(&r->flow);
	/* no place is left for it where a connection has been made */
	if (unlikely(r->before))
		atcp_timewait_back(r->before);
	spin_lock_bh(&an->req.lock);
	atcp_expiry_del(&an->req, &r->expiry);
	spin_unlock_bh(&an->req.lock);
	atcp_listen_req_give(r->listener);
	sock_put(r->listener);
	call_rcu(&r->rcu, free_rcu);
}

static void end(struct atcp_request *r)
{
	if (claim(r))
		finish(r);
}

/* Findable, and in the queue. Return: false if there is no place for it (any more). */
static bool enqueue(struct atcp_net *an, struct atcp_request *r)
{
	bool ok;

	spin_lock_bh(&an->req.lock);
	/* A listener that has closed looks through the queue afterwards, under its lock. */
	ok = READ_ONCE(r->listener->sk_state) == TCP_LISTEN &&
	     !atcp_hash_insert(&r->flow, NULL);
	if (ok)
		atcp_expiry_add(&an->req, &r->expiry, r->req.deadline);
	spin_unlock_bh(&an->req.lock);
	return ok;
}

/* What there is for one more handshake. */
enum room {
	ROOM_NONE,
	ROOM_COOKIE,	/* no record */
	ROOM_RECORD,	/* to be given back */
};

/* As native TCP: not while nobody accepts either. */
static enum room take_room(const struct atcp_net *an, struct sock *listener)
{
	u32 cookies = READ_ONCE(an->syncookies);
	bool full = false, record = false;

	if (cookies < 2) {
		record = atcp_listen_req_take(listener);
		full = !record;
	}
	if (full && !cookies) {
		atcp_count(an, ATCP_C_TCPReqQFullDrop);
		atcp_count(an, ATCP_C_ListenDrops);
		return ROOM_NONE;
	}
	if (atcp_listen_accept_full(listener)) {
		if (record)
			atcp_listen_req_give(listener);
		atcp_count(an, ATCP_C_ListenOverflows);
		atcp_count(an, ATCP_C_ListenDrops);
		return ROOM_NONE;
	}
	if (full)
		atcp_count(an, ATCP_C_TCPReqQFullDoCookies);
	return record ? ROOM_RECORD : ROOM_COOKIE;
}

static void fill_listen(struct atcp_listen *l, const struct sock *sk, const struct atcp_cfg *cfg,
			u32 mtu, bool v6)
{
	u32 rcvbuf = READ_ONCE(sk->sk_rcvbuf) / 2;

	l->mtu = mtu;
	l->default_mss = v6 ? 1220 : 536;
	l->user_mss = atcp_sk(sk)->conn.user_mss;
	l->adv_uto = READ_ONCE(atcp_sk(sk)->conn.adv_uto);
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK) {
		l->rcv_buf = rcvbuf;
		l->rcv_buf_max = rcvbuf;
	} else {
		l->rcv_buf = max(READ_ONCE(cfg->rcv_buf_default), rcvbuf);
		l->rcv_buf_max = READ_ONCE(cfg->rcv_buf_max);
	}
}

/* @dst: as atcp_send_bare() has it */
static void reply(const struct atcp_request *r, struct dst_entry *dst, const struct atcp_seg *out,
		  u8 state)
{
	struct atcp_via via = atcp_via_sock(r->listener, &r->flow);

	atcp_send_bare(&r->flow, &via, r->route, dst, out, state);
}

/* The connection was not made: does the peer have to hear of it? Return: true if it did. */
static bool refuse(const struct atcp_request *r, const struct atcp_seg *s)
{
	struct atcp_net *an = atcp_pernet(r->flow.net);
	struct atcp_seg out;

	if (!READ_ONCE(an->cfg.abort_on_overflow) || !atcp_listen_accept_full(r->listener))
		return false;
	if (atcp_closed_input(s, &out))
		reply(r, NULL, &out, ATCP_CLOSED);
	return true;
}

static struct atcp_request *make_record(struct sock *listener, const struct atcp_flow *key,
					const struct sk_buff *skb)
{
	struct atcp_request *r = kmem_cache_alloc(req_cache, GFP_ATOMIC | __GFP_NOWARN);

	if (!r)
		return NULL;
	r->flow = *key;
	r->flow.kind = ATCP_FLOW_REQUEST;
	/* Without the device a link-local address says nothing. */
	r->flow.ifindex = READ_ONCE(listener->sk_bound_dev_if);
	if (!r->flow.ifindex && key->v6 &&
	    ipv6_addr_type(&key->raddr) & IPV6_ADDR_LINKLOCAL)
		r->flow.ifindex = key->ifindex;
	INIT_HLIST_NODE(&r->flow.node);
	r->listener = listener;
	r->route = atcp_ipopt_return(key->net, skb);
	r->before = NULL;
	r->defer_until = 0;
	spin_lock_init(&r->lock);
	atomic_set(&r->done, 0);
	return r;
}

/* A handshake that has no record: the trace finds its flow as it does that of one that has. */
struct bare_request {
	struct atcp_flow flow;
	struct atcp_req req;
};

static_assert(offsetof(struct bare_request, req) == sizeof(struct atcp_flow));

/* A SYN: our SYN, and nothing that is kept. */
static void send_cookie(struct sock *listener, const struct atcp_flow *key,
			const struct atcp_seg *s, const struct sk_buff *skb)
{
	struct atcp_cookie k = { .mac = atcp_cookie_mac, .ends = key };
	struct atcp_via via = atcp_via_sock(listener, key);
	struct atcp_net *an = atcp_pernet(key->net);
	struct ip_options_rcu *route = atcp_ipopt_return(key->net, skb);
	struct atcp_listen l;
	struct bare_request r = { .flow = *key };
	struct dst_entry *dst;
	struct atcp_seg out;
	u64 now = atcp_now();

	dst = atcp_via_route(key, &via, route);
	if (!dst)
		goto out;
	fill_listen(&l, listener, &an->cfg, atcp_dst_mtu(dst, key->v6), key->v6);
	if (atcp_listen_input(&l, &an->cfg, s, 0, atcp_ts_offset(key), now, &r.req,
			      &out) != ATCP_V_NEW) {
		dst_release(dst);
		goto out;
	}
	atcp_cookie_make(&k, &l, &r.req, now, &out);
	atcp_listen_cookie_sent(listener, now);
	atcp_count(an, ATCP_C_SyncookiesSent);
	atcp_send_bare(key, &via, route, dst, &out, ATCP_SYN_RECV);
out:
	kfree(route);
}

/*
 * The third segment of a handshake whose record it is itself. Others find the record, and leave it
 * alone as one that is ended. Return: false if it is no such segment; else @skb is consumed.
 */
static bool accept_cookie(struct sock *listener, const struct atcp_flow *key,
			  const struct atcp_seg *s, struct sk_buff *skb)
{
	struct atcp_cookie k = { .mac = atcp_cookie_mac, .ends = key };
	struct atcp_net *an = atcp_pernet(key->net);
	struct bare_request bare = { .flow = *key };
	struct sock *child = NULL;
	struct atcp_request *r;
	struct atcp_listen l;
	u64 now = atcp_now();

	if (!READ_ONCE(an->syncookies) || !atcp_listen_cookie_expected(listener, now))
		return false;
	fill_listen(&l, listener, &an->cfg, 0, key->v6);
	if (!atcp_cookie_check(&k, &l, &an->cfg, s, atcp_ts_offset(key), now, &bare.req)) {
		atcp_count(an, ATCP_C_SyncookiesFailed);
		return false;
	}
	atcp_count(an, ATCP_C_SyncookiesRecv);
	/* who finds the record finds the listener by it */
	if (!refcount_inc_not_zero(&listener->sk_refcnt))
		goto drop;
	r = make_record(listener, key, skb);
	if (!r)
		goto put;
	r->req = bare.req;
	atomic_set(&r->done, 1);
	if (atcp_hash_insert(&r->flow, NULL)) {
		free_record(r);
		goto put;
	}
	child = atcp_listen_child(listener, r, skb);
	if (!child) {
		atcp_hash_remove(&r->flow);
		refuse(r, s);
	}
	call_rcu(&r->rcu, free_rcu);
put:
	sock_put(listener);
drop:
	if (child)
		atcp_child_rcv(child, skb, s);
	else
		consume_skb(skb);
	return true;
}

/*
 * A SYN: a record of the handshake, and our SYN. Return: true if there is a record, which has
 * @before; or a cookie, which needs its place.
 */
static bool open_request(struct sock *listener, const struct atcp_flow *key,
			 const struct atcp_seg *s, struct atcp_timewait *before,
			 const struct sk_buff *skb)
{
	struct atcp_net *an = atcp_pernet(key->net);
	struct atcp_request *r;
	struct dst_entry *dst;
	struct atcp_listen l;
	struct atcp_via via;
	struct atcp_seg out;
	u64 now = atcp_now();
	u32 isn = before ? atcp_timewait_isn(before) : atcp_isn(atcp_isn_prf(key), now);
	u64 defer = READ_ONCE(atcp_sk(listener)->defer_accept);

	switch (take_room(an, listener)) {
	case ROOM_NONE:
		return false;
	case ROOM_COOKIE:
		send_cookie(listener, key, s, skb);
		if (before)
			atcp_timewait_free(before);
		return true;
	case ROOM_RECORD:
		break;
	}
	r = make_record(listener, key, skb);
	if (!r)
		goto give;
	via = atcp_via_sock(listener, &r->flow);
	dst = atcp_via_route(&r->flow, &via, r->route);
	if (!dst)
		goto drop;
	fill_listen(&l, listener, &an->cfg, atcp_dst_mtu(dst, key->v6), key->v6);
	if (atcp_listen_input(&l, &an->cfg, s, isn, atcp_ts_offset(key), now, &r->req,
			      &out) != ATCP_V_NEW)
		goto release;
	if (defer)
		r->defer_until = now + defer;
	/* It was found without a reference, and may have lost its last one since. */
	if (!refcount_inc_not_zero(&listener->sk_refcnt))
		goto release;
	r->before = before;
	if (enqueue(an, r)) {
		reply(r, dst, &out, ATCP_SYN_RECV);
		return true;
	}
	sock_put(listener);
release:
	dst_release(dst);
drop:
	free_record(r);
give:
	/* its queue is there until the RCU read lock is given up */
	atcp_listen_req_give(listener);
	return false;
}

void atcp_listener_rcv(struct sock *listener, const struct atcp_flow *key,
		       const struct atcp_seg *s, struct atcp_timewait *before,
		       struct sk_buff *skb)
{
	struct atcp_net *an = atcp_pernet(key->net);
	struct atcp_listen none = { };
	struct ip_options_rcu *back;
	struct atcp_via via;
	struct atcp_seg out;

	if ((s->flags & (ATCP_SYN | ATCP_RST | ATCP_ACK)) == ATCP_ACK &&
	    accept_cookie(listener, key, s, skb))
		return;
	if ((s->flags & (ATCP_SYN | ATCP_FIN | ATCP_RST | ATCP_ACK)) == ATCP_SYN) {
		if (!open_request(listener, key, s, before, skb) && before)
			atcp_timewait_back(before);
	} else if (atcp_listen_input(&none, &an->cfg, s, 0, 0, atcp_now(), NULL,
				     &out) == ATCP_V_REPLY) {
		via = atcp_via_sock(listener, key);
		back = atcp_ipopt_return(key->net, skb);
		atcp_send_bare(key, &via, back, NULL, &out, ATCP_LISTEN);
		kfree(back);
	}
	consume_skb(skb);
}

/* The third segment: a connection, if the listener takes it. Return: true if @skb is consumed. */
static bool accept_request(struct atcp_request *r, const struct atcp_seg *s, struct sk_buff *skb)
{
	struct atcp_net *an = atcp_pernet(r->flow.net);
	struct sock *listener = r->listener;
	struct sock *child;

	if (r->defer_until && !s->len && !(s->flags & ATCP_FIN) && atcp_now() < r->defer_until) {
		atcp_count(an, ATCP_C_TCPDeferAcceptDrop);
		WRITE_ONCE(r->req.got_ack, true);
		atcp_trace_segment(ATCP_TRACE_IN, &r->flow, s, ATCP_SYN_RECV);
		return false;
	}
	child = atcp_listen_child(listener, r, skb);
	if (child) {
		end(r);
		atcp_child_rcv(child, skb, s);
		return true;
	}
	atcp_trace_segment(ATCP_TRACE_IN, &r->flow, s, ATCP_SYN_RECV);
	if (refuse(r, s))
		end(r);
	else
		WRITE_ONCE(r->req.got_ack, true);
	return false;
}

void atcp_request_rcv(struct atcp_request *r, const struct atcp_seg *s, struct sk_buff *skb)
{
	struct atcp_net *an = atcp_pernet(r->flow.net);
	enum atcp_verdict v = ATCP_V_DROP;
	struct atcp_seg out;

	spin_lock(&r->lock);
	if (!atomic_read(&r->done))
		v = atcp_req_input(&r->req, &an->cfg, s, atcp_now(), &out);
	spin_unlock(&r->lock);

	/* A connection that is made of it is fed the segment, and traces it then. */
	if (v != ATCP_V_ACCEPT)
		atcp_trace_segment(ATCP_TRACE_IN, &r->flow, s, ATCP_SYN_RECV);
	if (v == ATCP_V_REPLY || v == ATCP_V_FORGET_REPLY)
		reply(r, NULL, &out, ATCP_SYN_RECV);
	if (v == ATCP_V_FORGET || v == ATCP_V_FORGET_REPLY) {
		atcp_count(an, ATCP_C_EmbryonicRsts);
		end(r);
	}
	if (v != ATCP_V_ACCEPT || !accept_request(r, s, skb))
		consume_skb(skb);
}

void atcp_request_icmp(struct atcp_request *r, u32 seq, bool hard)
{
	struct atcp_net *an = atcp_pernet(r->flow.net);

	if (seq != r->req.iss)
		atcp_count(an, ATCP_C_OutOfWindowIcmps);
	else if (hard)
		end(r);
}

void atcp_request_drop_all(struct sock *listener)
{
	struct atcp_net *an = atcp_pernet(sock_net(listener));
	struct atcp_request *r, *list = NULL;
	struct timerqueue_node *n;

	spin_lock_bh(&an->req.lock);
	for (n = timerqueue_getnext(&an->req.queue); n; n = timerqueue_iterate_next(n)) {
		r = of_node(n);
		if (r->listener != listener || !claim(r))
			continue;
		r->next = list;
		list = r;
	}
	spin_unlock_bh(&an->req.lock);
	while ((r = list)) {
		list = r->next;
		finish(r);
	}
}

/* The deadline of a record that was taken from the queue. */
static void serve(struct atcp_net *an, struct atcp_request *r, u64 now)
{
	enum atcp_verdict v = ATCP_V_DROP;
	struct atcp_seg out;
	bool over;

	spin_lock(&r->lock);
	if (!atomic_read(&r->done)) {
		if (r->req.got_ack && now < r->defer_until)
			r->req.deadline = r->defer_until;
		else
			v = atcp_req_timer(&r->req, &an->cfg, now, &out);
	}
	spin_unlock(&r->lock);
	if (v == ATCP_V_FORGET || v == ATCP_V_FORGET_REPLY)
		return end(r);
	spin_lock(&an->req.lock);
	/* atcp_request_drop_all() does not see what is not in the queue just now */
	over = READ_ONCE(r->listener->sk_state) != TCP_LISTEN;
	if (!over && !atomic_read(&r->done))
		atcp_expiry_add(&an->req, &r->expiry, max(r->req.deadline, now + 1));
	spin_unlock(&an->req.lock);
	if (over)
		return end(r);
	if (v == ATCP_V_REPLY) {
		atcp_count(an, ATCP_C_RetransSegs);
		reply(r, NULL, &out, ATCP_SYN_RECV);
	}
}

static struct atcp_request *next_due(struct atcp_net *an, u64 now)
{
	struct atcp_request *r = NULL;
	struct timerqueue_node *n;

	spin_lock(&an->req.lock);
	n = timerqueue_getnext(&an->req.queue);
	if (n && ktime_to_ns(n->expires) <= now) {
		atcp_expiry_del(&an->req, n);
		r = of_node(n);
	} else {
		atcp_expiry_rearm(&an->req);
	}
	spin_unlock(&an->req.lock);
	return r;
}

static enum hrtimer_restart due(struct hrtimer *timer)
{
	struct atcp_net *an = container_of(timer, struct atcp_net, req.timer);
	u64 now = atcp_now();
	struct atcp_request *r;
	int i;

	rcu_read_lock();
	for (i = 0; i < BATCH; i++) {
		r = next_due(an, now);
		if (!r)
			break;
		serve(an, r, now);
	}
	rcu_read_unlock();
	if (i == BATCH) {
		spin_lock(&an->req.lock);
		atcp_expiry_rearm(&an->req);
		spin_unlock(&an->req.lock);
	}
	return HRTIMER_NORESTART;
}

void atcp_request_net_init(struct atcp_net *an)
{
	atcp_expiry_init(&an->req, due);
}

void atcp_request_net_exit(struct atcp_net *an)
{
	struct timerqueue_node *n;

	/* It has records of the queue in hand while it runs. */
	atcp_expiry_stop(&an->req);
	do {
		rcu_read_lock();
		spin_lock_bh(&an->req.lock);
		n = timerqueue_getnext(&an->req.queue);
		if (n)
			atcp_expiry_del(&an->req, n);
		spin_unlock_bh(&an->req.lock);
		if (n)
			end(of_node(n));
		rcu_read_unlock();
	} while (n);
	atcp_expiry_stop(&an->req);
}
