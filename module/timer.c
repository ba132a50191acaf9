// SPDX-License-Identifier: GPL-2.0-only
/*
 * hrtimers. A connection has one, which is armed for its earliest deadline or
 * before: a deadline that moves later costs nothing until the timer fires, looks
 * at the deadline and sleeps again.
 *
 * No reference is held for an armed timer: it is stopped before the socket's last
 * reference goes. Where its callback has armed it and is not back yet, it cannot be
 * taken out then; that is done after a grace period, which the softirq that runs a
 * callback delays, and before the socket is freed.
 */
#include <linux/timerqueue.h>
#include "compat.h"
#include "core/api.h"
#include "drain.h"
#include "mib.h"
#include "rcv.h"
#include "sock.h"
#include "timer.h"

static void timer_arm(struct atcp_sock *as, u64 at)
{
	as->timer_at = at;
	hrtimer_start(&as->timer, ns_to_ktime(at), HRTIMER_MODE_ABS_PINNED_SOFT);
}

void atcp_timer_sync(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	u64 at = atcp_conn_deadline(&as->conn);

	/* out of the table nothing keeps the memory until the timer comes */
	if (at && (!as->timer_at || at < as->timer_at) && as->hashed)
		timer_arm(as, at);
}

void atcp_timer_stop(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);

	as->timer_at = 0;
	if (hrtimer_is_queued(&as->timer))
		hrtimer_try_to_cancel(&as->timer);
}

void atcp_timer_end(struct sock *sk)
{
	hrtimer_cancel(&atcp_sk(sk)->timer);
}

/* Lock held. */
static void timer_serve(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_net *an = atcp_pernet(sock_net(sk));
	u64 at = atcp_conn_deadline(&as->conn);
	u64 now = atcp_now();

	atcp_count(an, ATCP_C_TimerEvents);
	if (!at || !as->hashed)
		return;
	if (at > now) {
		atcp_count(an, ATCP_C_TimerEarly);
		timer_arm(as, at);
	} else {
		atcp_conn_timer(&as->conn, now);
		/* before the timer is armed anew: its own function cannot cancel it again */
		atcp_orphan_check(sk);
		atcp_sock_settle(sk);
	}
}

static enum hrtimer_restart timer_fired(struct hrtimer *t)
{
	struct atcp_sock *as = container_of(t, struct atcp_sock, timer);
	struct sock *sk = &as->inet.sk;

	bh_lock_sock(sk);
	/* Not ours to serve if it was stopped, or armed anew for later, while we waited. */
	if (as->timer_at && !hrtimer_is_queued(t)) {
		as->timer_at = 0;
		if (sock_owned_by_user(sk))
			set_bit(ATCP_DEFER_TIMER, &as->deferred);
		else
			timer_serve(sk);
	}
	bh_unlock_sock(sk);
	return HRTIMER_NORESTART;
}

void atcp_timer_init(struct sock *sk)
{
	atcp_sk(sk)->timer_at = 0;
	atcp_hrtimer_setup(&atcp_sk(sk)->timer, timer_fired);
}

void atcp_release_cb(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);

	if (likely(!(READ_ONCE(as->deferred) & ATCP_DEFERRED)))
		return;
	if (test_and_clear_bit(ATCP_DEFER_ACK, &as->deferred)) {
		atcp_conn_release_acks(&as->conn, atcp_now());
		atcp_sock_settle(sk);
	}
	if (test_and_clear_bit(ATCP_DEFER_ICMP_MTU, &as->deferred))
		atcp_mtu_reduced(sk, as->pending_mtu);
	if (test_and_clear_bit(ATCP_DEFER_ICMP_ERR, &as->deferred))
		atcp_icmp_error(sk, as->pending_icmp.seq, as->pending_icmp.err,
				as->pending_icmp.hard);
	if (test_and_clear_bit(ATCP_DEFER_WRITE, &as->deferred))
		atcp_drain_push(sk);
	if (test_and_clear_bit(ATCP_DEFER_TIMER, &as->deferred))
		timer_serve(sk);
}

void atcp_expiry_init(struct atcp_expiry *e, enum hrtimer_restart (*fn)(struct hrtimer *t))
{
	spin_lock_init(&e->lock);
	timerqueue_init_head(&e->queue);
	e->count = 0;
	atcp_hrtimer_setup(&e->timer, fn);
}

void atcp_expiry_add(struct atcp_expiry *e, struct timerqueue_node *n, u64 at)
{
	lockdep_assert_held(&e->lock);
	timerqueue_init(n);
	n->expires = ns_to_ktime(at);
	if (timerqueue_add(&e->queue, n))
		hrtimer_start(&e->timer, n->expires, HRTIMER_MODE_ABS_PINNED_SOFT);
	WRITE_ONCE(e->count, e->count + 1);
}

void atcp_expiry_del(struct atcp_expiry *e, struct timerqueue_node *n)
{
	lockdep_assert_held(&e->lock);
	if (RB_EMPTY_NODE(&n->node))
		return;
	timerqueue_del(&e->queue, n);
	WRITE_ONCE(e->count, e->count - 1);
}

void atcp_expiry_rearm(struct atcp_expiry *e)
{
	struct timerqueue_node *next;

	lockdep_assert_held(&e->lock);
	next = timerqueue_getnext(&e->queue);
	if (next)
		hrtimer_start(&e->timer, next->expires, HRTIMER_MODE_ABS_PINNED_SOFT);
}

void atcp_expiry_stop(struct atcp_expiry *e)
{
	hrtimer_cancel(&e->timer);
}
