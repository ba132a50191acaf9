/* SPDX-License-Identifier: GPL-2.0-only */
/* The hrtimers: one a connection, whatever number of deadlines it has. */
#ifndef _ATCP_TIMER_H
#define _ATCP_TIMER_H

#include <linux/ktime.h>
#include "netns.h"

struct sock;

static inline u64 atcp_now(void)
{
	return ktime_get_ns();
}

void atcp_timer_init(struct sock *sk);

/**
 * atcp_timer_sync() - see to it that the timer fires no later than the connection's next deadline
 * @sk: lock held (owned or bh)
 *
 * A timer armed for earlier stays: on expiry it looks at the deadline and sleeps again.
 */
void atcp_timer_sync(struct sock *sk);

/* Lock held: it does nothing any more, though a callback may run, or be queued behind one. */
void atcp_timer_stop(struct sock *sk);

/* The socket is dead and a grace period over: the timer is out, and no callback runs. */
void atcp_timer_end(struct sock *sk);

/* proto.release_cb: what softirq left while the user held the lock. */
void atcp_release_cb(struct sock *sk);

/* One soft hrtimer for an expiry-ordered queue of records: see struct atcp_expiry. */
/* @fn takes what is due from the queue, then calls atcp_expiry_rearm(). */
void atcp_expiry_init(struct atcp_expiry *e, enum hrtimer_restart (*fn)(struct hrtimer *t));

/* All below with the queue's lock held. @n is in no queue; @at in ns. */
void atcp_expiry_add(struct atcp_expiry *e, struct timerqueue_node *n, u64 at);

/* Does nothing where @n was taken out before. */
void atcp_expiry_del(struct atcp_expiry *e, struct timerqueue_node *n);

/* Arm the timer for the first of the queue. */
void atcp_expiry_rearm(struct atcp_expiry *e);

/* Lock not held, may sleep: nothing is in the queue and nothing is added any more. */
void atcp_expiry_stop(struct atcp_expiry *e);

#endif /* _ATCP_TIMER_H */
