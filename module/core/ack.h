/* SPDX-License-Identifier: GPL-2.0-only */
/* The acknowledgment field of a segment: RFC 9293 3.10.7.4, fifth check. */
#ifndef _ATCP_CORE_ACK_H
#define _ATCP_CORE_ACK_H

#include "conn.h"
#include "segment.h"

/**
 * struct atcp_news - what one ACK says of the data that is out
 * @s: its segment
 * @now: ns
 * @sent_ns: when that was sent which was sent last of what it newly acknowledges or SACKs
 * @acked: numbers newly acknowledged in sequence
 * @sacked: numbers newly SACKed
 * @gone: numbers SACKed, or taken for arrived by duplicate ACKs, before it came
 * @dup: a duplicate ACK as RFC 5681 section 2 defines it; with SACK, one with news above the ACK
 * @dsack: it reports a duplicate, RFC 2883
 * @needless: with that, all retransmissions of the loss episode are known to be needless
 * @window: it changes the window
 * @original: it covers something sent once, before the loss episode in progress began
 */
struct atcp_news {
	const struct atcp_seg *s;
	u64 now, sent_ns;
	u32 acked, sacked, gone;
	u8 dup:1, dsack:1, needless:1, window:1, original:1;
};

/**
 * atcp_ack_input() - take in ACK, window and SACK blocks
 * @c: in a synchronized state, or SYN_RECEIVED with an acceptable ACK
 * @s: its ACK is in [SND.UNA - MAX.SND.WND, SND.NXT]
 * @now: ns
 */
void atcp_ack_input(struct atcp_conn *c, const struct atcp_seg *s, u64 now);

#endif /* _ATCP_CORE_ACK_H */
