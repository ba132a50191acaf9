/* SPDX-License-Identifier: GPL-2.0-only */
/* The scoreboard, and the episodes of loss recovery: RFC 6675, RFC 5681, RFC 6582. */
#ifndef _ATCP_CORE_LOSS_H
#define _ATCP_CORE_LOSS_H

#include "ack.h"

#define ATCP_DUP_THRESH	3	/* RFC 5681: segments */

/* Of atcp_conn.frto. */
enum atcp_frto {
	ATCP_FRTO_FIRST = 1,	/* the first ACK after the timeout is awaited */
	ATCP_FRTO_SECOND	/* it came: new data goes before what was marked lost */
};

/**
 * atcp_loss_ack() - an ACK was taken in: find losses, enter, go on with or leave recovery
 * @c: connection
 * @n: what it says
 *
 * Return: ns after which atcp_loss_timer() is due; 0 for never.
 */
u64 atcp_loss_ack(struct atcp_conn *c, const struct atcp_news *n);

/*
 * The peer says that the network has marked what we sent: less is to be out, once in a round trip.
 * With one segment the timer starts anew, and the next goes when it comes. RFC 3168 section 6.1.2.
 */
void atcp_loss_echo(struct atcp_conn *c, u64 now);

/* The reordering window of something has passed; the same is returned. */
u64 atcp_loss_timer(struct atcp_conn *c, u64 now);

/* The retransmission timer expired: all that is out and not SACKed is taken to be lost. */
void atcp_loss_timeout(struct atcp_conn *c, u64 now);

/* All that is out was too large for the path: send it again, with no blame on congestion. */
void atcp_loss_resend(struct atcp_conn *c);

/* @t is taken to be lost, or its retransmission is. */
void atcp_loss_mark(struct atcp_conn *c, struct atcp_txseg *t);

/* @t is about to leave the queue or to lose its marks: take it out of the counts. */
void atcp_loss_forget(struct atcp_conn *c, struct atcp_txseg *t);

/* @t, its sequence range changed, has the marks @mark again. */
void atcp_loss_remember(struct atcp_conn *c, struct atcp_txseg *t, u8 mark);

/* Of a retransmission: into the counts of the pipe. */
void atcp_loss_retransmitted(struct atcp_conn *c, struct atcp_txseg *t);

#endif /* _ATCP_CORE_LOSS_H */
