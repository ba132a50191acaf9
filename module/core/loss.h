/* SPDX-License-Identifier: GPL-2.0-only */
/* The scoreboard and loss recovery: RFC 6675, RFC 5681, RFC 6582. */
#ifndef _ATCP_CORE_LOSS_H
#define _ATCP_CORE_LOSS_H

#include "conn.h"
#include "segment.h"

#define ATCP_DUP_THRESH	3	/* RFC 5681: segments */

/* Take in the SACK blocks of an ACK. Return: numbers newly SACKed. */
u32 atcp_loss_sack(struct atcp_conn *c, const struct atcp_seg *s, u64 now);

/**
 * atcp_loss_ack() - an ACK was taken in: find losses, enter, go on with or leave recovery
 * @c: connection
 * @acked: numbers newly acknowledged in sequence
 * @sacked: numbers newly SACKed
 * @dup: a duplicate ACK as RFC 5681 section 2 defines it
 * @now: ns
 */
void atcp_loss_ack(struct atcp_conn *c, u32 acked, u32 sacked, bool dup, u64 now);

/* The retransmission timer expired: all that is out and not SACKed is taken to be lost. */
void atcp_loss_timeout(struct atcp_conn *c, u64 now);

/* All that is out was too large for the path: send it again, with no blame on congestion. */
void atcp_loss_resend(struct atcp_conn *c);

/* @t was delivered: what was sent well before it and is still missing is lost (RFC 8985). */
void atcp_loss_delivered(struct atcp_conn *c, const struct atcp_txseg *t, u64 now);

/* @t is about to leave the queue or to lose its marks: take it out of the counts. */
void atcp_loss_forget(struct atcp_conn *c, struct atcp_txseg *t);

/* @t, its sequence range changed, has the marks @mark again. */
void atcp_loss_remember(struct atcp_conn *c, struct atcp_txseg *t, u8 mark);

/* Of a retransmission: into the counts of the pipe. */
void atcp_loss_retransmitted(struct atcp_conn *c, struct atcp_txseg *t);

#endif /* _ATCP_CORE_LOSS_H */
