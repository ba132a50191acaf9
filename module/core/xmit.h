/* SPDX-License-Identifier: GPL-2.0-only */
/* One segment of a connection on its way out: header fields, window, options. */
#ifndef _ATCP_CORE_XMIT_H
#define _ATCP_CORE_XMIT_H

#include "conn.h"

/* Payload bytes a segment has room for now, with the SACK blocks that are due. */
u32 atcp_xmit_mss(const struct atcp_conn *c);

/**
 * atcp_xmit() - send a segment of the send queue, the first time or again
 * @c: connection
 * @t: in txq; as long as the caller wants it to be
 * @mss: payload bytes a segment
 * @now: ns
 *
 * Keeps the books of @t and of the flight. Return: 0, or a negative errno if it was not sent.
 */
int atcp_xmit(struct atcp_conn *c, struct atcp_txseg *t, u32 mss, u64 now);

/* A bare ACK now, whatever is owed. Without memory the delayed ACK's timer tries again. */
void atcp_xmit_ack(struct atcp_conn *c, u64 now);

/* A segment that the peer must answer with an ACK: window probe and keepalive. */
void atcp_xmit_probe(struct atcp_conn *c, u64 now);

/* <SEQ=SND.NXT><CTL=RST,ACK>: of ABORT. */
void atcp_xmit_rst(struct atcp_conn *c, u64 now);

/* <SEQ=SEG.ACK><CTL=RST>: the answer to an unacceptable ACK, that of @cause. */
void atcp_xmit_rst_for(struct atcp_conn *c, const struct atcp_seg *cause);

/* RFC 5961 section 7: an ACK that a stranger can provoke, limited for each connection. */
void atcp_xmit_challenge(struct atcp_conn *c, u64 now);

#endif /* _ATCP_CORE_XMIT_H */
