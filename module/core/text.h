/* SPDX-License-Identifier: GPL-2.0-only */
/* The text of a segment and its FIN: RFC 9293 3.10.7.4, sixth to eighth check. */
#ifndef _ATCP_CORE_TEXT_H
#define _ATCP_CORE_TEXT_H

#include "conn.h"
#include "segment.h"

/**
 * atcp_text_input() - take in payload and FIN
 * @c: in a synchronized state
 * @s: some of it is in the window
 * @rx: payload or NULL
 * @now: ns
 *
 * Return: true if @rx was kept.
 */
bool atcp_text_input(struct atcp_conn *c, const struct atcp_seg *s,
		     struct atcp_rxseg *rx, u64 now);

/* Payload that starts at rcv_nxt, nothing being out of order: the common case. Kept if true. */
bool atcp_text_next(struct atcp_conn *c, struct atcp_rxseg *rx);

/**
 * atcp_conn_prune() - drop the last part of what came out of order, for want of memory
 * @c: connection; may be called from atcp_port_rx_admit()
 * @from: nothing before this number goes; rcv_nxt or after it
 *
 * The peer may have seen it acknowledged selectively and has to send it again (RFC 2018 section 8),
 * perhaps after a timeout: the last resort.
 *
 * Return: false if there was nothing to drop.
 */
bool atcp_conn_prune(struct atcp_conn *c, u32 from);

#endif /* _ATCP_CORE_TEXT_H */
