/* SPDX-License-Identifier: GPL-2.0-only */
/* What loss detection and recovery remember of a connection. */
#ifndef _ATCP_CORE_RECOVERY_H
#define _ATCP_CORE_RECOVERY_H

#include <atcp/env.h>

/* Of atcp_conn.ca_state; numbered as native TCP's TCP_CA_*. */
enum atcp_ca_state {
	ATCP_CA_OPEN,
	ATCP_CA_DISORDER,
	ATCP_CA_CWR,
	ATCP_CA_RECOVERY,
	ATCP_CA_LOSS
};

#define ATCP_RACK_RTT_MAX	0xffffffU	/* us that rack_rtt_us can hold */

/**
 * struct atcp_recovery - of RFC 8985, RFC 6937, RFC 4015: zero at the start, and used only once our
 * SYN is acknowledged: it lies where that SYN was
 * @rack_rtt_us: round trip of the segment sent last of those that the latest ACK delivered, us
 * @rack_mult: the reordering window in quarters of the smallest round trip, less one
 * @rack_keep: recoveries after which @rack_mult goes back to 0
 * @rack_end: end of the segment sent last of those delivered
 * @fack: the highest number delivered; what arrives below it was reordered
 * @dsack_end: snd_nxt when @rack_mult last grew: it grows once in a round trip
 * @tlp_end: snd_nxt after the tail loss probe; not in recovery
 * @prr_delivered: bytes delivered since recovery began; in recovery only
 * @prr_out: bytes sent since then
 * @flight: bytes between snd_una and snd_nxt when it began
 * @undo_una: snd_una when the episode began that could be undone
 * @undo_tsval: our TSval then
 * @undo_ssthresh: RFC 4015's pipe_prev, bytes
 */
struct atcp_recovery {
	u32 rack_rtt_us:24;
	u32 rack_mult:4;
	u32 rack_keep:4;
	u32 rack_end;
	u32 fack;
	u32 dsack_end;
	union {
		u32 tlp_end;
		u32 prr_delivered;
	};
	u32 prr_out;
	u32 flight;
	u32 undo_una;
	u32 undo_tsval;
	u32 undo_ssthresh;
};

#endif /* _ATCP_CORE_RECOVERY_H */
