/* SPDX-License-Identifier: GPL-2.0-only */
/* TIME_WAIT as a compact record: RFC 9293 3.10.7.4, RFC 1337, RFC 6191. */
#ifndef _ATCP_CORE_TIMEWAIT_H
#define _ATCP_CORE_TIMEWAIT_H

#include "conn.h"
#include "handshake.h"

/**
 * struct atcp_tw - what is left of a connection
 * @state: enum atcp_state, written by atcp_fsm_step() only
 * @rcv_wscale: shift of the window that is still shown
 * @ts_ok: timestamps are in use
 * @snd_nxt: our sequence number, FIN included
 * @rcv_nxt: the peer's, FIN included
 * @rcv_wnd: bytes, shown in ACKs and used to judge what is old
 * @ts_recent: the peer's latest TSval
 * @ts_off: offset of ours
 * @ts_recent_at: when @ts_recent was taken, ns
 * @length: 2 MSL, ns
 * @deadline: its end, ns
 * @challenge_at: when an ACK was last sent from here, ns
 */
struct atcp_tw {
	u8 state;
	u8 rcv_wscale;
	bool ts_ok;
	u32 snd_nxt;
	u32 rcv_nxt;
	u32 rcv_wnd;
	u32 ts_recent;
	u32 ts_off;
	u64 ts_recent_at;
	u64 length;
	u64 deadline;
	u64 challenge_at;
};

/* Take over from a connection that has entered TIME_WAIT (ATCP_EV_TIMEWAIT). */
void atcp_tw_init(struct atcp_tw *tw, const struct atcp_conn *c, u64 now);

/**
 * atcp_tw_input() - a segment met a TIME_WAIT record
 * @tw: the record; a FIN sent again restarts 2 MSL: the host re-orders it if the deadline moved
 * @cfg: the namespace's
 * @s: the segment
 * @now: ns
 * @out: filled in on ATCP_V_REPLY
 *
 * Return: ATCP_V_DROP, ATCP_V_REPLY, ATCP_V_FORGET (a RST, unless cfg->rfc1337) or ATCP_V_REOPEN
 * (MAY-2, RFC 6191: the SYN is surely new; our ISN must be above tw->snd_nxt).
 */
enum atcp_verdict atcp_tw_input(struct atcp_tw *tw, const struct atcp_cfg *cfg,
				const struct atcp_seg *s, u64 now, struct atcp_seg *out);

/* A listener takes the SYN of ATCP_V_REOPEN: the record can be freed. Without one it stays. */
void atcp_tw_reopen(struct atcp_tw *tw);

/* The 2 MSL are over: the record is CLOSED and can be freed. */
void atcp_tw_expire(struct atcp_tw *tw);

#endif /* _ATCP_CORE_TIMEWAIT_H */
