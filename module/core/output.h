/* SPDX-License-Identifier: GPL-2.0-only */
/* What may be sent now: retransmissions, then new data. */
#ifndef _ATCP_CORE_OUTPUT_H
#define _ATCP_CORE_OUTPUT_H

#include "conn.h"

enum atcp_push {
	ATCP_PUSH_NORMAL,	/* Nagle, cork and silly-window avoidance apply */
	ATCP_PUSH_MORE,		/* the user has more to come: no partial segment */
	ATCP_PUSH_FORCE,	/* a timer's override: what fits goes */
};

/* Send what loss recovery, the windows and Nagle allow; see to the timers. */
void atcp_output(struct atcp_conn *c, enum atcp_push how, u64 now);

/**
 * atcp_tx_split() - cut a segment of the send queue in two
 * @c: connection
 * @t: in txq
 * @at: payload bytes that stay in @t; the rest follows it in the queue, with the same marks
 *
 * Return: the second part, NULL without memory.
 */
struct atcp_txseg *atcp_tx_split(struct atcp_conn *c, struct atcp_txseg *t, u32 at);

/**
 * atcp_tx_held() - has a segment to wait until something has left this host's own queue?
 * @c: connection
 * @t: in txq, about to be sent
 * @again: it was sent before
 *
 * Return: true: it has; the host sees to it that atcp_output() is called then.
 */
bool atcp_tx_held(struct atcp_conn *c, const struct atcp_txseg *t, bool again);

/* What was last sent of @t has not left this host: to send it again would be to send it twice. */
bool atcp_tx_still_here(struct atcp_conn *c, const struct atcp_txseg *t);

/* Sequence numbers that a segment of the queue takes. */
static inline u32 atcp_tx_span(const struct atcp_txseg *t)
{
	return t->len + !!(t->flags & (ATCP_SYN | ATCP_FIN));
}

static inline u32 atcp_tx_end(const struct atcp_txseg *t)
{
	return t->seq + atcp_tx_span(t);
}

/* Our SYN waits for its ACK: nothing behind it can be lost. */
static inline bool atcp_syn_out(const struct atcp_conn *c)
{
	return !list_empty(&c->txq) &&
	       list_first_entry(&c->txq, struct atcp_txseg, node) == &c->syn;
}

/* Free a segment that has left the queue. */
void atcp_tx_drop(struct atcp_conn *c, struct atcp_txseg *t);

#endif /* _ATCP_CORE_OUTPUT_H */
