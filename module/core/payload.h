/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Payload as the core sees it: a sequence range with the book-keeping of the
 * protocol. The host embeds these in whatever carries the bytes (the kernel in
 * skb->cb, which is why neither may grow past 48 bytes).
 */
#ifndef _ATCP_CORE_PAYLOAD_H
#define _ATCP_CORE_PAYLOAD_H

#include <atcp/env.h>

/* atcp_txseg.mark: what the scoreboard knows of a sent segment */
#define ATCP_TX_SACKED	0x01	/* the peer holds it out of order */
#define ATCP_TX_LOST	0x02	/* taken to be lost, not in the pipe */
#define ATCP_TX_RETRANS	0x04	/* a retransmission of it is in the pipe */
#define ATCP_TX_EVER	0x08	/* retransmitted at some time: no RTT sample (Karn) */
#define ATCP_TX_SENT	0x10	/* transmitted at least once */

/**
 * struct atcp_txseg - a range of the send sequence space
 * @node: in atcp_conn.txq, in sequence order
 * @seq: first sequence number
 * @len: payload bytes; SYN and FIN in @flags take one number each besides
 * @sent_ns: time of the latest transmission
 * @flags: ATCP_SYN, ATCP_FIN, ATCP_PSH
 * @mark: ATCP_TX_*
 * @sent: number of transmissions
 * @spare: for the host, kept by the core as it is
 */
struct atcp_txseg {
	struct list_head node;
	u32 seq;
	u32 len;
	u64 sent_ns;
	u8 flags;
	u8 mark;
	u8 sent;
	u8 spare;
};

/**
 * struct atcp_rxseg - received payload on its way to the user
 * @next: the next of its reassembly range
 * @seq: first sequence number of the payload
 * @len: payload bytes; a FIN in @flags takes one number more
 * @mss: payload bytes of each of the segments that the host has merged into it; 0: it is one
 * @flags: ATCP_FIN, ATCP_PSH
 */
struct atcp_rxseg {
	struct atcp_rxseg *next;
	u32 seq;
	u32 len;
	u16 mss;
	u8 flags;
};

#endif /* _ATCP_CORE_PAYLOAD_H */
