// SPDX-License-Identifier: GPL-2.0-only
/*
 * listen(2), accept(2), and the children in between.
 *
 * A child is in the queue of its listener from its birth: on @pending until its handshake
 * is done, on @ready until accept(). The queue's lock nests inside of the sockets' locks.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include "calls.h"
#include "compat.h"
#include "core/api.h"
#include "core/cookie.h"
#include "demux.h"
#include "ipopt.h"
#include "listen.h"
#include "mem.h"
#include "mib.h"
#include "netns.h"
#include "output.h"
#include "ports.h"
#include "records.h"
#include "timer.h"

/**
 * struct atcp_accept_queue - of one listener; lives as long as its socket
 * @lock: bh
 * @ready: children to be accepted, oldest first; under @lock
 * @pending: children whose connection is not established yet; under @lock
 * @open: the socket listens; under @lock
 * @sk: the listener
 * @reqs: handshakes
 * @cookies_until: when the last SYN cookie is too old, ns; 0: there was none
 *
 * A child is counted in the listener's sk_ack_backlog, under @lock. The queue owns one
 * reference to it.
 */
struct atcp_accept_queue {
	spinlock_t lock;		/* of all but @reqs and @cookies_until */
	struct list_head ready;
	struct list_head pending;
	bool open;
	struct sock *sk;
	atomic_t reqs;
	u64 cookies_until;
};

/* The queue of a socket that listens or has listened; NULL of another, a child above all. */
static struct atcp_accept_queue *own_queue(const struct sock *sk)
{
	/* pairs with the release of queue_make() */
	struct atcp_accept_queue *q = smp_load_acquire(&atcp_sk(sk)->queue);

	return q && q->sk == sk ? q : NULL;
}

bool atcp_listen_req_take(struct sock *listener)
{
	/*
	 * As of connections, a backlog takes one more: that of 0 takes one. listen(2) has held it
	 * against somaxconn.
	 */
	u32 room = min(READ_ONCE(listener->sk_max_ack_backlog) + 1,
		       READ_ONCE(atcp_pernet(sock_net(listener))->max_syn_backlog));
	atomic_t *reqs = &atcp_sk(listener)->queue->reqs;
	int now = atomic_read(reqs);

	do {
		if ((u32)now >= room)
			return false;
	} while (!atomic_try_cmpxchg(reqs, &now, now + 1));
	return true;
}

void atcp_listen_req_give(struct sock *listener)
{
	atomic_dec(&atcp_sk(listener)->queue->reqs);
}

void atcp_listen_cookie_sent(struct sock *listener, u64 now)
{
	WRITE_ONCE(atcp_sk(listener)->queue->cookies_until, now + 2 * ATCP_COOKIE_PERIOD);
}

bool atcp_listen_cookie_expected(const struct sock *listener, u64 now)
{
	return now < READ_ONCE(atcp_sk(listener)->queue->cookies_until);
}

bool atcp_listen_accept_full(const struct sock *listener)
{
	return sk_acceptq_is_full(listener);
}

void atcp_listen_free(struct sock *sk)
{
	kfree(own_queue(sk));
	atcp_sk(sk)->queue = NULL;
}

/* A queue that is still shut. */
static int queue_make(struct sock *sk)
{
	struct atcp_accept_queue *q = own_queue(sk);

	if (!q) {
		q = kzalloc(sizeof(*q), GFP_KERNEL);
		if (!q)
			return -ENOMEM;
		spin_lock_init(&q->lock);
		INIT_LIST_HEAD(&q->ready);
		INIT_LIST_HEAD(&q->pending);
		q->sk = sk;
		/* pairs with the acquire of accept(), which may run already */
		smp_store_release(&atcp_sk(sk)->queue, q);
	}
	return 0;
}

/* The socket has its port: a handshake of its previous life may come to an end here. */
static void queue_open(struct sock *sk)
{
	struct atcp_accept_queue *q = atcp_sk(sk)->queue;

	spin_lock_bh(&q->lock);
	q->open = true;
	WRITE_ONCE(sk->sk_ack_backlog, 0);
	spin_unlock_bh(&q->lock);
}

/* The flow of a listener: where it is bound, from anywhere. */
static void listen_flow(struct sock *sk)
{
	struct atcp_flow *f = &atcp_sk(sk)->flow;

	f->net = sock_net(sk);
	f->kind = ATCP_FLOW_LISTENER;
	f->v6 = atcp_is_v6_sock(sk);
	f->ifindex = sk->sk_bound_dev_if;
	f->lport = inet_sk(sk)->inet_sport;
	f->rport = 0;
	f->raddr = in6addr_any;
	if (f->v6)
		f->laddr = sk->sk_v6_rcv_saddr;
	else
		ipv6_addr_set_v4mapped(inet_sk(sk)->inet_rcv_saddr, &f->laddr);
}

static int listen_start(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	bool had_port = as->port;
	int err;

	err = queue_make(sk);
	if (err)
		return err;
	/* seen by who binds or listens at the same time: conflicts are judged by it */
	atcp_set_state(sk, TCP_LISTEN);
	err = had_port ? atcp_port_listen(sk) : atcp_port_bind(sk, 0);
	if (err) {
		atcp_set_state(sk, TCP_CLOSE);
		return had_port ? -EADDRINUSE : err;
	}
	atcp_sock_fresh_conn(sk);
	atcp_fsm_step(&as->conn.state, ATCP_E_PASSIVE_OPEN, &as->conn);
	listen_flow(sk);
	sk_dst_reset(sk);
	queue_open(sk);
	atcp_hash_listener(sk);
	return 0;
}

int atcp_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED ||
	    !((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		goto out;
	WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
	err = sk->sk_state == TCP_LISTEN ? 0 : listen_start(sk);
out:
	release_sock(sk);
	return err;
}

/* Nobody will accept it: the peer gets a RST. */
static void drop_child(struct sock *child)
{
	lock_sock_nested(child, SINGLE_DEPTH_NESTING);
	if (child->sk_state != TCP_CLOSE)
		atcp_conn_abort(&atcp_sk(child)->conn, atcp_now());
	sock_orphan(child);
	atcp_sock_settle(child);
	atcp_sock_done(child);
	__skb_queue_purge(&child->sk_receive_queue);
	atcp_mem_fit(child);
	release_sock(child);
	sock_put(child);
}

void atcp_listen_stop(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk), *child, *next;
	struct atcp_accept_queue *q = as->queue;
	LIST_HEAD(orphans);

	atcp_unhash_listener(sk);
	spin_lock_bh(&q->lock);
	q->open = false;
	list_splice_init(&q->ready, &orphans);
	list_splice_init(&q->pending, &orphans);
	list_for_each_entry(child, &orphans, accept_node)
		WRITE_ONCE(child->queue, NULL);
	WRITE_ONCE(sk->sk_ack_backlog, 0);
	spin_unlock_bh(&q->lock);
	list_for_each_entry_safe(child, next, &orphans, accept_node) {
		list_del_init(&child->accept_node);
		drop_child(&child->inet.sk);
	}
	atcp_conn_close(&as->conn, atcp_now());
	as->conn.ev = 0;
	atcp_set_state(sk, TCP_CLOSE);
	/* who looked it up before it was unhashed adds no handshake from here on */
	atcp_request_drop_all(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		atcp_port_unbind(sk);
}

/* Take the child that was ready first out of the queue; the queue's reference with it. */
static struct sock *pop_ready(struct atcp_accept_queue *q)
{
	struct atcp_sock *child;

	spin_lock_bh(&q->lock);
	child = list_first_entry_or_null(&q->ready, struct atcp_sock, accept_node);
	if (child) {
		list_del_init(&child->accept_node);
		WRITE_ONCE(child->queue, NULL);
		sk_acceptq_removed(q->sk);
	}
	spin_unlock_bh(&q->lock);
	return child ? &child->inet.sk : NULL;
}

bool atcp_accept_ready(const struct sock *sk)
{
	const struct atcp_accept_queue *q = own_queue(sk);

	return q && !list_empty_careful(&q->ready);
}

/* Exclusive: one child wakes one of those who wait. */
static int wait_ready(struct sock *sk, long *timeo)
{
	DEFINE_WAIT(wait);
	int err = 0;

	for (;;) {
		prepare_to_wait_exclusive(sk_sleep(sk), &wait, TASK_INTERRUPTIBLE);
		if (atcp_accept_ready(sk))
			break;
		err = -EINVAL;
		if (READ_ONCE(sk->sk_state) != TCP_LISTEN)
			break;
		err = sock_intr_errno(*timeo);
		if (signal_pending(current))
			break;
		err = -EAGAIN;
		if (!*timeo)
			break;
		err = 0;
		*timeo = schedule_timeout(*timeo);
	}
	finish_wait(sk_sleep(sk), &wait);
	return err;
}

struct sock *atcp_accept(struct sock *sk, int flags, int *err, bool kern)
{
	long timeo = sock_rcvtimeo(sk, flags & O_NONBLOCK);
	struct atcp_accept_queue *q;
	struct sock *child;

	*err = -EINVAL;
	for (;;) {
		q = own_queue(sk);
		if (!q || READ_ONCE(sk->sk_state) != TCP_LISTEN)
			return NULL;
		child = pop_ready(q);
		if (child)
			return child;
		if (!timeo) {
			*err = -EAGAIN;
			return NULL;
		}
		*err = wait_ready(sk, &timeo);
		if (*err)
			return NULL;
		*err = -EINVAL;
	}
}

/* The queue that a child is in; not that of a connection whose socket has listened before. */
static struct atcp_accept_queue *parent_queue(const struct sock *sk)
{
	struct atcp_accept_queue *q = READ_ONCE(atcp_sk(sk)->queue);

	return q && q->sk != sk ? q : NULL;
}

void atcp_child_ready(struct sock *sk)
{
	struct atcp_accept_queue *q;
	bool ours;

	rcu_read_lock();
	q = parent_queue(sk);
	if (q) {
		spin_lock_bh(&q->lock);
		ours = atcp_sk(sk)->queue;
		if (ours)
			list_move_tail(&atcp_sk(sk)->accept_node, &q->ready);
		spin_unlock_bh(&q->lock);
		/* the queue lives as long as its listener, and that for a grace period */
		if (ours)
			q->sk->sk_data_ready(q->sk);
	}
	rcu_read_unlock();
}

void atcp_child_gone(struct sock *sk)
{
	struct atcp_accept_queue *q;
	bool ours = false;

	rcu_read_lock();
	q = parent_queue(sk);
	if (q) {
		spin_lock_bh(&q->lock);
		ours = atcp_sk(sk)->queue;
		if (ours) {
			list_del_init(&atcp_sk(sk)->accept_node);
			WRITE_ONCE(atcp_sk(sk)->queue, NULL);
			sk_acceptq_removed(q->sk);
		}
		spin_unlock_bh(&q->lock);
	}
	rcu_read_unlock();
	if (ours) {
		sock_set_flag(sk, SOCK_DEAD);
		sock_put(sk);
	}
}

static bool queue_child(struct atcp_accept_queue *q, struct sock *child)
{
	bool open;

	spin_lock_bh(&q->lock);
	open = q->open;
	if (open) {
		/* an open listener has its port: it is given up after the queue is closed */
		atcp_sk(child)->port = atcp_port_get(atcp_sk(q->sk)->port);
		list_add_tail(&atcp_sk(child)->accept_node, &q->pending);
		WRITE_ONCE(atcp_sk(child)->queue, q);
		sk_acceptq_added(q->sk);
	}
	spin_unlock_bh(&q->lock);
	return open;
}

/* What a clone has of its listener and must not have. */
static void child_own(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct inet_sock *inet = inet_sk(sk);

	INIT_HLIST_NODE(&sk->sk_bind_node);
	INIT_HLIST_NODE(&as->flow.node);
	INIT_LIST_HEAD(&as->accept_node);
	as->queue = NULL;
	as->port = NULL;
	as->hashed = 0;
	as->route_learned = 0;
	as->mem_pages = 0;
	as->squeeze_at = 0;
	as->deferred = 0;
	atcp_timer_init(sk);
	sk->sk_max_ack_backlog = 0;
	sk->sk_ack_backlog = 0;
	sk->sk_err_soft = 0;
	as->defer_accept = 0;
	inet->mc_list = NULL;
	RCU_INIT_POINTER(inet->inet_opt, NULL);
	if (atcp_is_v6_sock(sk)) {
		struct ipv6_pinfo *np = &((struct atcp6_sock *)sk)->inet6;

		inet->pinet6 = np;
		np->ipv6_mc_list = NULL;
		np->ipv6_ac_list = NULL;
		np->ipv6_fl_list = NULL;
		np->pktoptions = NULL;
		np->rxpmtu = NULL;
		RCU_INIT_POINTER(np->opt, NULL);
	}
}

/* MUST-53: what came by a source route is answered by it. Return: false without memory. */
static bool child_route(struct sock *sk, const struct atcp_request *req)
{
	struct ip_options_rcu *opt;

	if (likely(!req->route))
		return true;
	opt = atcp_ipopt_copy(req->route);
	if (!opt)
		return false;
	RCU_INIT_POINTER(inet_sk(sk)->inet_opt, opt);
	atcp_sk(sk)->route_learned = 1;
	return true;
}

static void child_unlock(struct sock *sk)
{
	/* sk_clone_lock() has locked it, which sparse does not see */
	__acquire(&sk->sk_lock.slock);
	bh_unlock_sock(sk);
}

/* The end of a child that nobody has seen yet. */
static void child_abandon(struct sock *sk)
{
	atcp_set_state(sk, TCP_CLOSE);
	sock_set_flag(sk, SOCK_DEAD);
	atcp_sock_done(sk);
	child_unlock(sk);
	sock_put(sk);
	sock_put(sk);
}

static void child_flow(struct sock *sk, const struct atcp_request *req)
{
	struct atcp_flow *f = &atcp_sk(sk)->flow;

	f->net = req->flow.net;
	f->laddr = req->flow.laddr;
	f->raddr = req->flow.raddr;
	f->lport = req->flow.lport;
	f->rport = req->flow.rport;
	f->ifindex = req->flow.ifindex;
	f->v6 = req->flow.v6;
	f->kind = ATCP_FLOW_SOCK;
	sk->sk_bound_dev_if = f->ifindex;
	atcp_sock_addrs(sk);
}

struct sock *atcp_listen_child(struct sock *listener, struct atcp_request *req,
			       struct sk_buff *skb)
{
	struct atcp_accept_queue *q = atcp_sk(listener)->queue;
	struct atcp_sock *as;
	struct sock *sk;
	u64 now = atcp_now();

	if (atcp_listen_accept_full(listener))
		return NULL;
	sk = sk_clone_lock(listener, GFP_ATOMIC);
	if (!sk)
		return NULL;
	as = atcp_sk(sk);
	child_own(sk);
	atcp_memcg_inherit(sk, listener);
	child_flow(sk, req);
	atcp_sock_fresh_conn(sk);
	if (!as->cc_set)
		as->conn.cc = READ_ONCE(as->conn.cfg->cc);
	if (!child_route(sk, req) || atcp_route(sk))
		goto failed;
	atcp_sock_sizes(sk);
	sk_set_txhash(sk);
	atomic_set(&as->inet.inet_id, get_random_u16());
	atcp_conn_accept(&as->conn, &req->req, now);
	atcp_set_state(sk, as->conn.state);
	if (!queue_child(q, sk))
		goto failed;
	if (!atcp_hash_replace(&req->flow, &as->flow)) {
		/* the handshake was given up, or taken by another CPU */
		spin_lock_bh(&q->lock);
		if (as->queue) {
			list_del_init(&as->accept_node);
			as->queue = NULL;
			sk_acceptq_removed(listener);
			spin_unlock_bh(&q->lock);
			goto failed;
		}
		spin_unlock_bh(&q->lock);
		/* the listener closes: it has the child, and waits for its lock to end it */
		child_unlock(sk);
		sock_put(sk);
		return NULL;
	}
	as->hashed = 1;
	return sk;

failed:
	child_abandon(sk);
	return NULL;
}
