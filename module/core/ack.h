/* SPDX-License-Identifier: GPL-2.0-only */
/* The acknowledgment field of a segment: RFC 9293 3.10.7.4, fifth check. */
#ifndef _ATCP_CORE_ACK_H
#define _ATCP_CORE_ACK_H

#include "conn.h"
#include "segment.h"

/**
 * atcp_ack_input() - take in ACK, window and SACK blocks
 * @c: in a synchronized state, or SYN_RECEIVED with an acceptable ACK
 * @s: its ACK is in [SND.UNA - MAX.SND.WND, SND.NXT]
 * @now: ns
 */
void atcp_ack_input(struct atcp_conn *c, const struct atcp_seg *s, u64 now);

#endif /* _ATCP_CORE_ACK_H */
