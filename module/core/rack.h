/* SPDX-License-Identifier: GPL-2.0-only */
/* Loss detection by time: RFC 8985, RACK. For connections with SACK. */
#ifndef _ATCP_CORE_RACK_H
#define _ATCP_CORE_RACK_H

#include "ack.h"

/* @t was newly acknowledged or SACKed by the ACK @n; its marks are those from before. */
void atcp_rack_delivered(struct atcp_conn *c, const struct atcp_txseg *t, struct atcp_news *n);

/**
 * atcp_rack_detect() - mark as lost what was sent a reordering window before something delivered
 * @c: connection
 * @now: ns
 *
 * Return: ns until the next segment has to be taken for lost; 0 if there is none.
 */
u64 atcp_rack_detect(struct atcp_conn *c, u64 now);

/* Section 6.3: the timer expired; was @t sent long enough ago to have been acknowledged? */
bool atcp_rack_expired(const struct atcp_conn *c, const struct atcp_txseg *t, u64 now);

/* An ACK has reported a duplicate: a retransmission was needless, the window is too small. */
void atcp_rack_dsack(struct atcp_conn *c);

/* Recovery is over. */
void atcp_rack_recovered(struct atcp_conn *c);

#endif /* _ATCP_CORE_RACK_H */
