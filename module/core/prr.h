/* SPDX-License-Identifier: GPL-2.0-only */
/* How fast recovery shrinks the window: RFC 6937, Proportional Rate Reduction. */
#ifndef _ATCP_CORE_PRR_H
#define _ATCP_CORE_PRR_H

#include "conn.h"

/* Fast recovery begins; ssthresh is its goal. */
void atcp_prr_start(struct atcp_conn *c);

/**
 * atcp_prr_ack() - set cwnd to what this ACK allows to be out
 * @c: in fast recovery
 * @delivered: bytes that it says have left the network
 * @safe: it moved snd_una and showed no further loss
 */
void atcp_prr_ack(struct atcp_conn *c, u32 delivered, bool safe);

#endif /* _ATCP_CORE_PRR_H */
