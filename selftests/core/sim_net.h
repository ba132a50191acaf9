/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulated network: a link each way, and the packets on their way. */
#ifndef _SIM_NET_H
#define _SIM_NET_H

#include <segment.h>
#include "sim_rng.h"

/**
 * struct sim_link - one direction; chances are per million
 * @burst_in: chance to enter the state in which all is lost
 * @burst_out: chance to leave it
 * @delay: ns
 * @jitter: ns on top, drawn a packet: reorders
 * @rate: bytes a second; 0 is no limit
 * @queue: bytes that may wait for @rate
 * @busy: when the last byte that was taken in has left
 * @mtu: bytes of IP payload that pass; 0 is no limit
 * @hole: chance that nobody tells the sender of what was larger
 * @cut: nothing passes
 * @mark: chance that what is ECN-capable is marked Congestion Experienced
 * @liar: chance that a genuine segment's numbers are falsified on the way
 * @shrink: chance that a segment offers less room than there is, and takes back what was offered
 */
struct sim_link {
	u32 loss, dup, corrupt, reorder, burst_in, burst_out, mark, liar, shrink, hole;
	bool bad, cut;
	u64 delay, jitter, rate, busy;
	u32 queue, mtu;
};

enum sim_pkt_kind {
	SIM_PKT_SEGMENT,
	SIM_PKT_ICMP,	/* "too big" or unreachable: @seq, @value and @err instead of bytes */
};

struct sim_pkt {
	u64 at;
	u64 order;
	enum sim_pkt_kind kind;
	u8 to;
	bool forged;	/* an attacker's, or falsified */
	bool ce;	/* marked on the way */
	u32 incarnation;
	u32 seq, value; /* value of a segment: the size of those merged into it, or 0 */
	int err;
	u64 sum;	/* of the bytes, as they were sent */
	u32 hdr, len;
	u8 bytes[];
};

/* Send a segment to host @to: @s and @s->len bytes at @payload. */
/* @mss: the size of the segments that were merged into it, or 0. */
void sim_net_send(u8 to, const struct atcp_seg *s, const u8 *payload, u32 mss, bool forged);
void sim_net_icmp(u8 to, u32 seq, int err, u32 mtu, u64 delay);
/* A copy of an earlier segment is sent again, from any incarnation if @old, else from past ones. */
void sim_net_replay(bool any);
u64 sim_net_next(void);
struct sim_pkt *sim_net_pop(void);
bool sim_net_intact(const struct sim_pkt *p);
void sim_net_heal(void);
void sim_net_purge(void);

#endif /* _SIM_NET_H */
