/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small-queue limit: of one connection little waits in the device's queue. What has to stay
 * behind is sent on as soon as something has left that queue.
 */
#ifndef _ATCP_DRAIN_H
#define _ATCP_DRAIN_H

#include "sock.h"

/* Slow path of atcp_drain_freed(). */
void atcp_drain_kick(struct atcp_sock *as);

/*
 * Something that was sent has left, and is no longer in sk_wmem_alloc: called by sock_wfree(), in
 * any context, with or without locks of the queue's or the socket's.
 */
static inline void atcp_drain_freed(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);

	/* pairs with the barrier of hold(), drain.c: one of the two sees what the other has done */
	smp_mb__after_atomic();
	if (unlikely(test_bit(ATCP_QUEUE_HELD, &as->deferred)))
		atcp_drain_kick(as);
}

/* Send what was held; lock held. */
void atcp_drain_push(struct sock *sk);

void atcp_drain_init(void);

/* After the last socket is gone. */
void atcp_drain_exit(void);

#endif /* _ATCP_DRAIN_H */
