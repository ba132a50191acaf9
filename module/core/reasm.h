/* SPDX-License-Identifier: GPL-2.0-only */
/* Out-of-order data as a sorted, bounded array of ranges, each with its chain of payload. */
#ifndef _ATCP_CORE_REASM_H
#define _ATCP_CORE_REASM_H

#include "payload.h"
#include "segment.h"

#define ATCP_REASM_MIN	4	/* ranges allocated at first */
#define ATCP_REASM_MAX	1024	/* ranges: more holes than this and segments are dropped */

/**
 * struct atcp_range - payload without a hole
 * @start: its first number
 * @end: after the last payload byte; a FIN is not in it
 * @head: the chain: each segment starts no later than where those before it end
 * @tail: its last
 *
 * Between two calls the host may put other segments that hold the same bytes, by the same rule, in
 * the place of a chain's, to save memory.
 */
struct atcp_range {
	u32 start;
	u32 end;
	struct atcp_rxseg *head;
	struct atcp_rxseg *tail;
};

/**
 * struct atcp_reasm - what was received beyond rcv_nxt
 * @ranges: sorted, disjoint, not adjacent; grown by doubling up to ATCP_REASM_MAX
 * @n: ranges in use
 * @order: ranges allocated: ATCP_REASM_MIN << @order
 * @bytes: payload bytes held, overlaps counted once
 * @recent: starts of the ranges that came last, whole or in part, newest first, for RFC 2018
 *	section 4
 * @nrecent: valid entries of @recent
 */
struct atcp_reasm {
	struct atcp_range *ranges;
	u16 n;
	u8 order;
	u8 nrecent;
	u32 bytes;
	u32 recent[ATCP_MAX_SACKS];
};

/**
 * atcp_reasm_insert() - keep a segment for later
 * @r: the queue
 * @rx: payload with rx->len > 0 that starts after @rcv_nxt; owned by the queue on success.
 *	A FIN flag is the caller's to remember.
 * @rcv_nxt: origin for comparisons
 * @dup: set to the part that was held already (start == end if none), for a DSACK
 *
 * Time O(log n) comparisons, one memmove, and what the ranges merged cost once. Overlaps: the
 * segment that starts first wins; a range that @rx covers is freed, other chains may go on to
 * overlap with it: atcp_reasm_pull() delivers each byte once.
 *
 * Return: 0 kept; -EEXIST nothing new in it; -ENOSPC too many ranges; -ENOMEM.
 * On error the caller still owns @rx.
 */
int atcp_reasm_insert(struct atcp_reasm *r, struct atcp_rxseg *rx, u32 rcv_nxt,
		      struct atcp_sack *dup);

/**
 * atcp_reasm_pull() - take the next segment that has become in order
 * @r: the queue
 * @rcv_nxt: next byte expected
 *
 * Segments that lie wholly before @rcv_nxt are freed on the way (atcp_port_rx_free()).
 *
 * Return: a segment, now the caller's, with seq <= rcv_nxt < seq + len; NULL if there is none.
 */
struct atcp_rxseg *atcp_reasm_pull(struct atcp_reasm *r, u32 rcv_nxt);

/**
 * atcp_reasm_prune() - drop what is farthest from being in order
 * @r: the queue
 * @from: what holds a byte before this number stays, and with it what else it holds
 *
 * The peer may have been told that it is here (RFC 2018 section 8): the blocks of
 * atcp_reasm_sacks() are of what is still held.
 *
 * Return: bytes dropped.
 */
u32 atcp_reasm_prune(struct atcp_reasm *r, u32 from);

/**
 * atcp_reasm_sacks() - the blocks to report, the most recent first (RFC 2018 section 4)
 * @r: the queue
 * @out: room for @max
 * @max: most blocks wanted
 *
 * Return: number of blocks written.
 */
u8 atcp_reasm_sacks(const struct atcp_reasm *r, struct atcp_sack *out, u8 max);

/* Free all that is held, and the array. */
void atcp_reasm_purge(struct atcp_reasm *r);

#endif /* _ATCP_CORE_REASM_H */
