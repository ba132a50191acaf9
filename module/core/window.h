/* SPDX-License-Identifier: GPL-2.0-only */
/* The receive window and when to acknowledge: RFC 9293 sections 3.8.6.2.2 and 3.8.6.3. */
#ifndef _ATCP_CORE_WINDOW_H
#define _ATCP_CORE_WINDOW_H

#include "conn.h"

/*
 * Of atcp_conn.quickack: full segments that are acknowledged one by one. Its first ones, and those
 * that follow a loss or a duplicate, a peer sends with a small window, which each ACK opens.
 */
#define ATCP_QUICKACK_SEGS	16

/*
 * Choose the window for a segment that goes out now; @shift is 0 for a SYN (RFC 7323 section 2.2).
 * Return: the field; moves rcv_adv.
 */
u16 atcp_window_offer(struct atcp_conn *c, u8 shift);

/* A segment that carried our ACK went out. */
void atcp_window_acked(struct atcp_conn *c);

/* Acknowledge now, or see to it that it is done in time. */
void atcp_window_ack_policy(struct atcp_conn *c, u64 now);

/* What does the peer send at a time? */
void atcp_window_measure(struct atcp_conn *c, const struct atcp_rxseg *rx);

#endif /* _ATCP_CORE_WINDOW_H */
