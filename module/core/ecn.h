/* SPDX-License-Identifier: GPL-2.0-only */
/* Explicit Congestion Notification: RFC 3168 section 6.1. */
#ifndef _ATCP_CORE_ECN_H
#define _ATCP_CORE_ECN_H

#include "conn.h"
#include "segment.h"

/* Of atcp_cfg.ecn; numbered as native TCP's tcp_ecn. */
enum atcp_ecn_mode {
	ATCP_ECN_OFF,
	ATCP_ECN_ASK,		/* in our SYNs, and agree to a peer's */
	ATCP_ECN_AGREE		/* to a peer's only */
};

/* Of atcp_req.ecn. */
#define ATCP_ECN_OK	0x1	/* both sides have agreed */
#define ATCP_ECN_ECT	0x2	/* what we send may be marked, section 6.1.1 */

/* Of a SYN without ACK: is it an ECN-setup SYN? */
bool atcp_ecn_asked(const struct atcp_seg *s);

/**
 * atcp_ecn_agreed() - the peer's SYN, or SYN,ACK, answers ours
 * @c: in SYN_SENT
 * @s: with SYN
 */
void atcp_ecn_agreed(struct atcp_conn *c, const struct atcp_seg *s);

/* Another SYN of the peer's, or a SYN,ACK after its SYN: does it ask, or agree, still? */
void atcp_ecn_again(struct atcp_conn *c, const struct atcp_seg *s);

/* ECE and CWR of our SYN, or of our SYN,ACK in a simultaneous open. */
u8 atcp_ecn_syn_flags(const struct atcp_conn *c, bool ack);

/* A segment with payload, not yet taken: is there congestion to tell of, or is it known? */
void atcp_ecn_received(struct atcp_conn *c, const struct atcp_seg *s);

/* Payload @t is about to be sent: what its headers say. */
void atcp_ecn_sending(const struct atcp_conn *c, const struct atcp_txseg *t, struct atcp_seg *s);

/* The window was reduced: the peer will be told with the next new data. */
void atcp_ecn_reduced(struct atcp_conn *c);

#endif /* _ATCP_CORE_ECN_H */
