// SPDX-License-Identifier: GPL-2.0-only
/* The bounded ring behind the trace: many writers, many readers, each reader with its own place. */
#include <linux/ktime.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include "ring.h"

static struct {
	/*
	 * Covers all of it. Writers are softirq and process context, with interrupts
	 * possibly off. Positions only grow; record n is at n % ATCP_RING_RECORDS.
	 */
	spinlock_t lock;
	struct atcp_trace_rec *recs;
	u64 first;	/* the oldest that may be read */
	u64 head;	/* where the next one goes */
} ring = {
	.lock = __SPIN_LOCK_UNLOCKED(ring.lock),
};

DECLARE_WAIT_QUEUE_HEAD(atcp_ring_wait);

int atcp_ring_alloc(void)
{
	struct atcp_trace_rec *recs;

	if (READ_ONCE(ring.recs))
		return 0;
	recs = vzalloc(array_size(ATCP_RING_RECORDS, sizeof(*recs)));
	if (!recs)
		return -ENOMEM;
	spin_lock_irq(&ring.lock);
	if (!ring.recs)
		swap(ring.recs, recs);
	spin_unlock_irq(&ring.lock);
	vfree(recs);
	return 0;
}

void atcp_ring_clear(void)
{
	spin_lock_irq(&ring.lock);
	ring.first = ring.head;
	spin_unlock_irq(&ring.lock);
}

void atcp_ring_exit(void)
{
	struct atcp_trace_rec *recs;

	spin_lock_irq(&ring.lock);
	recs = ring.recs;
	ring.recs = NULL;
	spin_unlock_irq(&ring.lock);
	vfree(recs);
}

void atcp_ring_put(struct atcp_trace_rec *rec)
{
	unsigned long flags;

	spin_lock_irqsave(&ring.lock, flags);
	if (ring.recs) {
		/* Under the lock, so that records are in the order of their times. */
		rec->ns = ktime_get_ns();
		ring.recs[ring.head++ % ATCP_RING_RECORDS] = *rec;
		if (ring.head - ring.first > ATCP_RING_RECORDS)
			ring.first = ring.head - ATCP_RING_RECORDS;
	}
	spin_unlock_irqrestore(&ring.lock, flags);
	if (wq_has_sleeper(&atcp_ring_wait))
		wake_up_interruptible_poll(&atcp_ring_wait, EPOLLIN | EPOLLRDNORM);
}

bool atcp_ring_get(u64 *pos, struct atcp_trace_rec *rec, u64 *lost)
{
	bool found = false;

	*lost = 0;
	spin_lock_irq(&ring.lock);
	if (*pos < ring.first) {
		*lost = ring.first - *pos;
		*pos = ring.first;
	}
	if (*pos < ring.head) {
		*rec = ring.recs[*pos % ATCP_RING_RECORDS];
		(*pos)++;
		found = true;
	}
	spin_unlock_irq(&ring.lock);
	return found;
}

u64 atcp_ring_oldest(void)
{
	u64 pos;

	spin_lock_irq(&ring.lock);
	pos = ring.first;
	spin_unlock_irq(&ring.lock);
	return pos;
}

u64 atcp_ring_end(void)
{
	u64 pos;

	spin_lock_irq(&ring.lock);
	pos = ring.head;
	spin_unlock_irq(&ring.lock);
	return pos;
}
