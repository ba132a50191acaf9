/* SPDX-License-Identifier: GPL-2.0-only */
/* The records of the trace: a bounded ring that overwrites its oldest ones. */
#ifndef _ATCP_RING_H
#define _ATCP_RING_H

#include <linux/in6.h>
#include <linux/wait.h>
#include "core/fsm.h"
#include "core/segment.h"

#define ATCP_RING_RECORDS	16384
#define ATCP_TRACE_LINE		512	/* bytes of a formatted record, at most */

enum atcp_trace_kind {
	ATCP_REC_OUT,
	ATCP_REC_IN,
	ATCP_REC_STATE
};

/**
 * struct atcp_trace_rec - one record
 * @ns: CLOCK_MONOTONIC, written by atcp_ring_put()
 * @netns: inode number of the namespace
 * @kind: enum atcp_trace_kind
 * @v6: IPv6 on the wire
 * @from: state that a segment leaves or meets; state before the change
 * @to: state after it
 * @event: enum atcp_event of a change
 * @seg: of a segment
 */
struct atcp_trace_rec {
	u64 ns;
	u32 netns;
	u8 kind;
	u8 v6;
	u8 from;
	u8 to;
	u8 event;
	__be16 lport;
	__be16 rport;
	struct in6_addr laddr;
	struct in6_addr raddr;
	struct atcp_seg seg;
};

/* Memory for the records; kept until atcp_ring_exit(). May sleep. Return: 0 or -ENOMEM. */
int atcp_ring_alloc(void);

/* Forget what is recorded. */
void atcp_ring_clear(void);

/* No reader is left; what writers still put is dropped. */
void atcp_ring_exit(void);

/* Store a record under the time of now. Any context. */
void atcp_ring_put(struct atcp_trace_rec *rec);

/**
 * atcp_ring_get() - the record at a position
 * @pos: where the reader is; moved past the record, or to the oldest one that is left
 * @rec: filled in
 * @lost: records that the reader was too slow for
 *
 * Return: true; false when there is nothing new.
 */
bool atcp_ring_get(u64 *pos, struct atcp_trace_rec *rec, u64 *lost);

/* Positions of the oldest record and behind the newest. */
u64 atcp_ring_oldest(void);
u64 atcp_ring_end(void);

/* Woken by every atcp_ring_put(). */
extern wait_queue_head_t atcp_ring_wait;

/* trace_file.c: the files trace and trace_on. */
extern const struct file_operations atcp_trace_fops;
extern const struct file_operations atcp_trace_on_fops;

/* Line of a record, newline included; returns its length, below ATCP_TRACE_LINE. */
int atcp_trace_format(const struct atcp_trace_rec *rec, char *buf);

#endif /* _ATCP_RING_H */
