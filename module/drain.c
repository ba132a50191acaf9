// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much of a connection waits in the device's queue, by sk_wmem_alloc, and what goes on when
 * some of it has left.
 *
 * It leaves in any context: with a queue's lock held, or in the middle of this connection's own
 * transmit. So the connection is put on a list of this CPU's, for a tasklet to send. It is on one
 * list at most, and has a reference for that.
 *
 *	ATCP_QUEUE_HELD		set by who finds the queue full, who then looks again; taken away by
 *				who frees something, who puts the connection on the list
 *	ATCP_QUEUE_LISTED	from there on until just before the tasklet takes the lock
 */
#include <linux/interrupt.h>
#include <linux/llist.h>
#include <linux/percpu.h>
#include <net/sock.h>
#include "compat.h"
#include "core/api.h"
#include "core/pace.h"
#include "core/port.h"
#include "drain.h"
#include "netns.h"
#include "output.h"
#include "skb.h"
#include "timer.h"

struct drain {
	struct tasklet_struct tasklet;
	struct llist_head socks;	/* atcp_sock.drain_node */
};

static DEFINE_PER_CPU(struct drain, drains);

void atcp_drain_push(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);

	/* of a dead one nothing is to be settled, its namespace may be gone */
	if (!as->hashed)
		return;
	atcp_conn_push(&as->conn, false, atcp_now());
	atcp_sock_settle(sk);
}

static void drain_sock(struct atcp_sock *as)
{
	struct sock *sk = &as->inet.sk;

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk))
		set_bit(ATCP_DEFER_WRITE, &as->deferred);
	else
		atcp_drain_push(sk);
	bh_unlock_sock(sk);
}

static void drain_run(struct tasklet_struct *t)
{
	struct drain *d = container_of(t, struct drain, tasklet);
	struct atcp_sock *as, *next;

	llist_for_each_entry_safe(as, next, llist_del_all(&d->socks), drain_node) {
		/* what is freed from here on lists it again: the node has been read, see below */
		smp_mb__before_atomic();
		clear_bit(ATCP_QUEUE_LISTED, &as->deferred);
		/* what was freed before that is seen when the queue is looked at */
		smp_mb__after_atomic();
		drain_sock(as);
		sock_put(&as->inet.sk);
	}
}

void atcp_drain_kick(struct atcp_sock *as)
{
	struct drain *d;

	if (!test_and_clear_bit(ATCP_QUEUE_HELD, &as->deferred) ||
	    test_and_set_bit(ATCP_QUEUE_LISTED, &as->deferred))
		return;
	/* sk_wmem_alloc keeps the memory, but nobody has the socket any more: nothing to send */
	if (!refcount_inc_not_zero(&as->inet.sk.sk_refcnt))
		return;
	d = raw_cpu_ptr(&drains);
	if (llist_add(&as->drain_node, &d->socks))
		tasklet_schedule(&d->tasklet);
}

/* Say that something is held back, for who frees something; the caller looks once more. */
static void hold(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);

	if (test_bit(ATCP_QUEUE_HELD, &as->deferred))
		return;
	set_bit(ATCP_QUEUE_HELD, &as->deferred);
	/* pairs with that of atcp_drain_freed() */
	smp_mb__after_atomic();
}

/* Of a header alone, which has no sk_buff before it is sent. */
static u32 truesize(const struct atcp_txseg *t)
{
	return t->len ? atcp_tx_skb((struct atcp_txseg *)t)->truesize :
			SKB_TRUESIZE(ATCP_HEADROOM);
}

/*
 * As native TCP has it: two segments, or a millisecond's worth (sk_pacing_shift). Where a queue
 * holds each until its time there is no need for net.atcp.limit_output_bytes.
 */
static bool over(const struct sock *sk, const struct atcp_conn *c, u32 two, bool again)
{
	u32 queued = sk_wmem_alloc_get(sk) >> again;

	if (likely(!queued))
		return false;
	if (c->paced == ATCP_PACE_OFF &&
	    queued > READ_ONCE(atcp_cfg_net(c->cfg)->limit_output))
		return true;
	return queued > two && queued > atcp_conn_rate(c) >> READ_ONCE(sk->sk_pacing_shift);
}

bool atcp_port_queue_full(struct atcp_conn *c, const struct atcp_txseg *t, bool again)
{
	struct sock *sk = atcp_conn_sk(c);
	u32 two = 2 * truesize(t);

	if (likely(!over(sk, c, two, again)))
		return false;
	hold(sk);
	return over(sk, c, two, again);
}

bool atcp_port_in_queue(struct atcp_conn *c, const struct atcp_txseg *t)
{
	struct sock *sk = atcp_conn_sk(c);
	const struct sk_buff *skb;

	if (!t->len)
		return false;
	skb = atcp_tx_skb((struct atcp_txseg *)t);
	/* not where the device, or a queue that delays, has let go of the sender's claim to it */
	if (likely(!skb_fclone_busy(sk, skb)))
		return false;
	hold(sk);
	return skb_fclone_busy(sk, skb);
}

void atcp_drain_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct drain *d = per_cpu_ptr(&drains, cpu);

		init_llist_head(&d->socks);
		tasklet_setup(&d->tasklet, drain_run);
	}
}

void atcp_drain_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu_ptr(&drains, cpu)->tasklet);
}
