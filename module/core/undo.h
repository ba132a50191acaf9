/* SPDX-License-Identifier: GPL-2.0-only */
/* Loss episodes that were none: RFC 3522 and 4015 (Eifel), RFC 3708 (DSACK), RFC 5682 (F-RTO). */
#ifndef _ATCP_CORE_UNDO_H
#define _ATCP_CORE_UNDO_H

#include "ack.h"

/* An episode begins, ssthresh is not yet changed. */
void atcp_undo_start(struct atcp_conn *c, u64 now);

/* A retransmission of @segs segments has gone out. */
void atcp_undo_sent(struct atcp_conn *c, u32 segs);

/* The duplicate [@start, @end) was reported. Return: now all that went out again was needless. */
bool atcp_undo_dsack(struct atcp_conn *c, u32 start, u32 end);

/* Does the ACK prove that nothing was lost? If so, the windows are set as RFC 4015 says. */
bool atcp_undo_ack(struct atcp_conn *c, const struct atcp_news *n);

/* Does the ACK's timestamp prove that it answers what was sent since the episode began? */
bool atcp_undo_answered(const struct atcp_conn *c, const struct atcp_news *n);

#endif /* _ATCP_CORE_UNDO_H */
