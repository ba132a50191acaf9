/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segments that meet no connection: a listener's handshakes, kept as compact records until the
 * third segment proves that the peer is there, and what CLOSED answers. RFC 9293 3.10.7.1, .2, .4.
 */
#ifndef _ATCP_CORE_HANDSHAKE_H
#define _ATCP_CORE_HANDSHAKE_H

#include "config.h"
#include "fsm.h"
#include "segment.h"

/* What the host has to do with a segment and the record it met. */
enum atcp_verdict {
	ATCP_V_DROP,
	ATCP_V_REPLY,		/* send the segment that was written to @out, keep the record */
	ATCP_V_NEW,		/* listen: keep a record for this handshake and send @out */
	ATCP_V_ACCEPT,		/* handshake: make a connection, then feed it this segment */
	ATCP_V_FORGET,		/* delete the record */
	ATCP_V_FORGET_REPLY,	/* delete the record and send @out */
	ATCP_V_REOPEN,		/* TIME_WAIT: delete the record, give this SYN to a listener */
};

/**
 * struct atcp_req - a handshake in SYN_RECEIVED
 * @state: enum atcp_state, written by atcp_fsm_step() only
 * @wscale: the peer's shift
 * @rcv_wscale: ours
 * @retries: SYN,ACKs sent again, for whatever reason: with any, @sent_ns is no RTT sample (Karn)
 * @timeouts: of these, those for which the deadline had come
 * @ecn: ATCP_ECN_*
 * @got_ack: the third segment came but was not taken (accept queue full, TCP_DEFER_ACCEPT)
 * @has: ATCP_OPT_*: what both sides agreed to
 * @mss: the peer's, bytes; the default where it sent none (MUST-15)
 * @adv_mss: ours, bytes
 * @wnd: window of our SYN,ACK, bytes; not scaled (RFC 7323 2.2)
 * @peer_wnd: of the SYN, bytes
 * @adv_uto: our user timeout, as the option has it; 0: none is told (RFC 5482)
 * @peer_uto: the peer's; 0 where it told none
 * @own_ack_us: where @peer_ack_us is not 0, that we keep ACKs for no longer, us
 * @peer_ack_us: what the SYN said of the peer's; 0 for nothing
 * @sent_ns: time of the latest SYN,ACK
 * @deadline: of the next SYN,ACK, ns; the host keeps the records ordered by it
 * @challenge_at: when a stray segment was last answered, ns
 */
struct atcp_req {
	u8 state;
	u8 wscale;
	u8 rcv_wscale;
	u8 retries;
	u8 timeouts;
	u8 has;
	u8 ecn;
	bool got_ack;
	u16 mss;
	u16 adv_mss;
	u16 wnd;
	u16 peer_wnd;
	u16 adv_uto;
	u16 peer_uto;
	u32 iss;
	u32 irs;
	u32 ts_recent;
	u32 ts_off;
	u16 own_ack_us;
	u16 peer_ack_us;
	u64 sent_ns;
	u64 deadline;
	u64 challenge_at;
};

/**
 * struct atcp_listen - what a listener says of the connections to come
 * @mtu: bytes of IP payload on the way to the peer
 * @default_mss: where the SYN has no MSS option: 536 or 1220 (MUST-15)
 * @user_mss: TCP_MAXSEG; 0 if not set
 * @adv_uto: ATCP_UTO, as the option has it; 0 if not set
 * @rcv_buf: bytes of window at the start
 * @rcv_buf_max: bytes that the window may grow to: sets the shift
 */
struct atcp_listen {
	u32 mtu;
	u16 default_mss;
	u16 user_mss;
	u16 adv_uto;
	u32 rcv_buf;
	u32 rcv_buf_max;
};

/**
 * atcp_listen_input() - a segment met a listener
 * @l: the listener's settings
 * @cfg: the namespace's
 * @s: the segment
 * @isn: for our side, should it come to that
 * @ts_off: likewise
 * @now: ns
 * @req: filled in on ATCP_V_NEW
 * @out: filled in on ATCP_V_NEW and ATCP_V_REPLY
 *
 * Return: ATCP_V_DROP, ATCP_V_REPLY (a RST) or ATCP_V_NEW.
 */
enum atcp_verdict atcp_listen_input(const struct atcp_listen *l, const struct atcp_cfg *cfg,
				    const struct atcp_seg *s, u32 isn, u32 ts_off, u64 now,
				    struct atcp_req *req, struct atcp_seg *out);

/* A segment met a handshake. Return: any verdict but NEW and REOPEN; @out as they say. */
enum atcp_verdict atcp_req_input(struct atcp_req *req, const struct atcp_cfg *cfg,
				 const struct atcp_seg *s, u64 now, struct atcp_seg *out);

/* The deadline came. Return: ATCP_V_REPLY (SYN,ACK again; new deadline set) or ATCP_V_FORGET. */
enum atcp_verdict atcp_req_timer(struct atcp_req *req, const struct atcp_cfg *cfg, u64 now,
				 struct atcp_seg *out);

/* RFC 9293 3.10.7.1: the RST for a segment that meets nothing. Return: false if none is due. */
bool atcp_closed_input(const struct atcp_seg *s, struct atcp_seg *out);

/* The smallest shift by which @space bytes fit a 16-bit window; at most ATCP_MAX_WSCALE. */
u8 atcp_wscale_for(u32 space);

#endif /* _ATCP_CORE_HANDSHAKE_H */
