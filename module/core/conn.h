/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of one connection (the TCB). What may be done with it is in api.h. */
#ifndef _ATCP_CORE_CONN_H
#define _ATCP_CORE_CONN_H

#include "cc.h"
#include "config.h"
#include "deadline.h"
#include "event.h"
#include "fsm.h"
#include "payload.h"
#include "reasm.h"
#include "recovery.h"
#include "rtt.h"

/**
 * struct atcp_conn - the TCB. All sequence numbers and byte counts in host order;
 * the host's lock of the connection covers it all, other code may read single fields for display
 *
 * Fields that do not say what they are for are the RFC's by that name.
 */
struct atcp_conn {
	/* received segments and sends look here first */
	u8 state;		/* enum atcp_state; written by atcp_fsm_step() only */
	u8 ca_state;		/* enum atcp_ca_state */
	u8 snd_wscale;		/* shift of windows that we receive */
	u8 rcv_wscale:4;	/* shift of windows that we send */
	u8 ect:1;		/* new data goes out as ECN-capable */
	u8 ecn_echo:1;		/* our ACKs say ECE, until the peer says CWR */
	u8 ecn_cwr:1;		/* the next new data says CWR */
	u8 rst_answers:1;	/* our RST answers a segment, that of ts_recent */
	u8 sack_ok:1, ts_ok:1, wscale_ok:1, ecn_ok:1;
	u8 passive:1;		/* SYN_RECEIVED came from a passive open, MUST-11 */
	u8 nodelay:1, cork:1;
	u8 quickack_off:1;	/* TCP_QUICKACK 0: as delayed as allowed */
	u8 ack_now:1;		/* the segment at hand wants its ACK at once */
	u8 ack_sched:1;		/* an ACK is owed */
	u8 ack_hold:1;		/* more segments are queued: no ACK before the last, MUST-59 */
	u8 fin_queued:1;	/* our FIN has its place in the send queue */
	u8 rcv_fin:1;		/* the peer's FIN was received, at rcv_fin_seq */
	u8 fin_newest:1;	/* and nothing out of order has come since */
	u8 urg_mode:1;		/* snd_up is ahead of snd_una */
	u8 urg_rcvd:1;		/* rcv_up is valid */
	u8 orphan:1;		/* no user any more */
	u8 keepalive:1;
	u8 cwnd_limited:1;	/* what is acknowledged now was out while cwnd was full */
	u8 fast_rtx:1;		/* one retransmission is due whatever cwnd says */
	u8 close_pending:1;	/* CLOSE came in SYN_RECEIVED with data queued */
	u8 rtx_why:2;		/* enum atcp_rtx_why */
	u8 frto:2;		/* RFC 5682: after a timeout, ACKs still to be judged by */
	u8 reordering:1;	/* the path was seen to reorder, RFC 8985 */
	u8 quickack:5;		/* segments still to be acknowledged at once */
	u8 tlp_out:1;		/* a tail loss probe is out: it ends at rec.tlp_end */
	u8 tlp_again:1;		/* it is a retransmission */
	u8 ip_opts;		/* bytes of options in each IP header, set by the host */
	u8 paced:2;		/* enum atcp_paced, set by the host */
	u8 uto_due:1;		/* the next segment tells of adv_uto */
	u8 pruned:1;		/* what was reported is not held any more, RFC 2018 section 8 */
	u8 mem_tight:1;		/* memory is short, set by the host: see window.c */
	u8 tlp_unmeasured:1;	/* no round trip was measured since the last one */
	u8 undo:1;		/* the last loss episode may turn out to be none */
	u8 undo_tick:1;		/* what was sent before has other timestamps than rec.undo_tsval */
	u8 undo_retrans:7;	/* its retransmissions that no DSACK has named; 127: too many */
	u8 dsack_round:1;	/* rec.dsack_end is valid */
	u8 misjudged:2;		/* times that the peer was thought to be prompt, and was not */
	u8 prompt;		/* flights in a row that were acknowledged in time: ackdelay.c */
	u8 ecn_wait:1;		/* nothing goes before the timer of what is out has come */
	u8 rtx_count;		/* timeouts in a row without an answer */
	u8 probes;		/* keepalive or window probes without an answer */
	u8 dupacks;		/* in a row; stops at 255 */
	u32 snd_una, snd_nxt;
	u32 snd_wnd;		/* bytes, scaled */
	u32 snd_wl1, snd_wl2;
	u32 max_window;		/* largest snd_wnd seen, RFC 9293 3.8.6.2.1 */
	u32 write_seq;		/* number that the next byte of the user's gets */
	u32 snd_up;		/* octet after the urgent data, MUST-62 */
	u32 rcv_nxt;
	u32 rcv_adv;		/* right edge of the window offered: never moves left */
	u32 rcv_wup;		/* rcv_nxt when an ACK was last sent */
	u32 rcv_msg;		/* rcv_nxt when data was last sent, or a tail acknowledged */
	u32 rcv_up;
	u32 mss;		/* payload bytes a segment now, timestamps taken off */
	u32 rcv_mss;		/* estimate of the peer's segment size */
	u32 cwnd, ssthresh;	/* bytes */
	u32 cwnd_full;		/* snd_nxt when cwnd was last full; with cwnd_limited */
	u32 sacked, lost, retrans; /* numbers of the flight with these marks */
	u32 dup_bytes;		/* without SACK: what duplicate ACKs say has left the pipe */
	u32 recover;		/* snd_nxt when the loss episode began */
	u32 snd_sml;		/* end of the last partial segment sent, for Nagle */
	u32 ts_recent;
	u32 ts_off;		/* added to our TSval */
	u32 gso_max;		/* payload bytes at most for one transmit call */
	u64 ts_recent_at;	/* when it was taken, ns */
	struct list_head txq;	/* atcp_txseg: sent and unacknowledged, then unsent */
	struct atcp_txseg *tx_next; /* first unsent; NULL if none */
	struct atcp_txseg *rtx_hint; /* nothing LOST and not retransmitted before it; or NULL */
	union {
		struct atcp_txseg syn;	/* ours, while it is in txq; zeroed when it leaves */
		struct atcp_recovery rec;
	};
	struct atcp_txseg fin;	/* likewise, where it could not ride on data */
	/* receive queue */
	u32 rcv_buf;		/* bytes of payload we are ready to hold */
	u32 rcv_used;		/* bytes delivered and not consumed */
	u32 copied_seq;		/* number of the next byte that the user reads */
	u32 rcv_fin_seq;
	struct atcp_reasm ooo;
	struct atcp_sack dsack;	/* to report with the next ACK; start == end if none */
	/* time */
	struct atcp_rtt rtt;
	u64 timer[ATCP_NTIMERS];/* ns; 0 is off; written by timer.c only */
	u64 last_rcv;		/* last segment from the peer */
	u64 last_snd;		/* last data segment to it */
	u64 rtx_start;		/* of the row of timeouts or probes without an answer; 0 none */
	u64 rack_ns;		/* latest transmission time of what was delivered, RFC 8985 */
	u64 pace_at;		/* when the next data may leave, ns */
	u64 pace_max;		/* bytes a second; 0: no limit of the user's */
	u64 challenge_at;	/* last challenge ACK, RFC 5961 section 7 */
	u64 rcv_space_at;	/* receive autotuning: start of the measure */
	u32 rcv_space_seq, rcv_space;
	/* settings */
	const struct atcp_cfg *cfg;
	const struct atcp_cc_ops *cc;
	u64 cc_priv[ATCP_CC_PRIV];
	u32 rto_min_us;		/* 0: cfg's */
	u32 time_wait_us;	/* 0: cfg's */
	u32 user_timeout_ms;	/* 0: by retries2 */
	u32 keep_idle_ms, keep_intvl_ms; /* 0: cfg's */
	u32 linger2_ms;		/* FIN_WAIT_2 limit; 0: cfg's */
	u32 iss, irs;
	u32 mtu;		/* bytes of IP payload that the path takes */
	u16 peer_mss, user_mss;	/* user_mss 0: not set */
	u16 adv_mss;		/* what we tell the peer, MUST-67 */
	u16 default_mss;	/* of a peer that tells none: 536 or 1220, MUST-15 */
	u16 own_ack_us, peer_ack_us; /* ACKs are kept for no longer; 0: nothing was said */
	u8 keep_probes, syn_retries; /* 0: cfg's */
	u16 adv_uto, peer_uto;	/* RFC 5482, as in the option; 0: off, or none came */
	/* for the host */
	u16 ev;			/* ATCP_EV_* */
	u16 err, soft_err;	/* positive errno */
	u32 rcv_buf_max;	/* autotuning's limit; 0: fixed by the user */
	/* counters for TCP_INFO */
	u64 bytes_acked, bytes_received, bytes_sent, bytes_retrans;
	u32 segs_in, segs_out, data_segs_in, data_segs_out, total_retrans;
	u32 dsacks;
};

#endif /* _ATCP_CORE_CONN_H */
