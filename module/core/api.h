/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of one connection: a segment arrived, the user called, time passed.
 *
 * Each call may transmit, deliver and free payload through port.h and leaves in
 * @c->ev what the host has to see to: wake, hand over to TIME_WAIT, forget. The
 * host holds the connection's lock, and calls atcp_conn_deadline() afterwards to
 * know when atcp_conn_timer() is due. @now is CLOCK_MONOTONIC in ns, never 0.
 */
#ifndef _ATCP_CORE_API_H
#define _ATCP_CORE_API_H

#include "conn.h"
#include "segment.h"

struct atcp_req;

/**
 * atcp_conn_init() - a connection in CLOSED with the defaults of its namespace
 * @c: zeroed memory
 * @cfg: outlives @c
 */
void atcp_conn_init(struct atcp_conn *c, const struct atcp_cfg *cfg);

/**
 * atcp_conn_open() - active OPEN: send a SYN
 * @c: in CLOSED, with mtu, adv_mss, default_mss, rcv_buf and gso_max set by the host
 * @isn: initial sequence number, by atcp_isn()
 * @ts_off: offset of our timestamps on this connection
 * @now: ns
 */
void atcp_conn_open(struct atcp_conn *c, u32 isn, u32 ts_off, u64 now);

/**
 * atcp_conn_accept() - the third segment came: make the connection of a handshake
 * @c: fresh from atcp_conn_init(), with mtu, adv_mss, rcv_buf and gso_max set
 * @req: the handshake's record; not needed afterwards
 * @now: ns
 *
 * The connection is in SYN_RECEIVED: feed it the segment with atcp_conn_input().
 */
void atcp_conn_accept(struct atcp_conn *c, const struct atcp_req *req, u64 now);

/**
 * atcp_conn_input() - SEGMENT ARRIVES, RFC 9293 section 3.10.7.3 and .4
 * @c: in any state but CLOSED, LISTEN and TIME_WAIT
 * @s: parsed header, its checksum good
 * @rx: its payload, seq, len and flags filled in from @s; NULL when there is none
 * @now: ns
 *
 * Return: true if @rx was kept (delivered, or stored); false: still the caller's.
 */
bool atcp_conn_input(struct atcp_conn *c, const struct atcp_seg *s,
		     struct atcp_rxseg *rx, u64 now);

/**
 * atcp_conn_queue() - append payload to the send queue; sends nothing yet
 * @c: where the user may send
 * @t: t->len payload bytes; the core takes it over
 */
void atcp_conn_queue(struct atcp_conn *c, struct atcp_txseg *t);

/* The last segment of the queue while it is unsent: the host may add payload to it, or NULL. */
struct atcp_txseg *atcp_conn_tail(struct atcp_conn *c);

/* @bytes were added to the payload of atcp_conn_tail(). */
void atcp_conn_grow_tail(struct atcp_conn *c, u32 bytes);

/**
 * atcp_conn_push() - send what may be sent: SEND
 * @c: connection
 * @more: the user has more to come (MSG_MORE): hold back a partial segment
 * @now: ns
 */
void atcp_conn_push(struct atcp_conn *c, bool more, u64 now);

/* The last byte queued is urgent: MSG_OOB. */
void atcp_conn_urgent(struct atcp_conn *c);

/* The user took @bytes: the window may open (RECEIVE). */
void atcp_conn_consumed(struct atcp_conn *c, u32 bytes, u64 now);

/* CLOSE or half-close: our FIN follows what is queued. Does nothing the second time. */
void atcp_conn_close(struct atcp_conn *c, u64 now);

/* ABORT: a RST to the peer where RFC 9293 3.10.5 says so; the connection is dead. */
void atcp_conn_abort(struct atcp_conn *c, u64 now);

/* Nobody will read or write any more: bounds on silence apply (FIN_WAIT_2, orphans). */
void atcp_conn_orphan(struct atcp_conn *c, u64 now);

/* When atcp_conn_timer() is due, ns; 0 for never. */
u64 atcp_conn_deadline(const struct atcp_conn *c);

/* Serve every deadline that has come. Early calls do no harm. */
void atcp_conn_timer(struct atcp_conn *c, u64 now);

/* The keepalive setting or its times were changed by the user. */
void atcp_conn_keepalive(struct atcp_conn *c, bool on, u64 now);

/*
 * Of a series of segments that are queued the one ACK is sent behind the last, RFC 9293 MUST-59:
 * hold before the first, release after the last. Challenge ACKs are not held.
 */
void atcp_conn_hold_acks(struct atcp_conn *c);
void atcp_conn_release_acks(struct atcp_conn *c, u64 now);

/* Acknowledge now what is owed: TCP_QUICKACK. */
void atcp_conn_quickack(struct atcp_conn *c, u64 now);

/**
 * atcp_conn_icmp() - an ICMP error quotes a segment of this connection
 * @c: connection
 * @seq: the quoted sequence number: ignored unless in flight (RFC 5927)
 * @err: positive errno that it stands for
 * @hard: it may abort (RFC 9293 3.9.2.2); in a synchronized state it is soft all the same
 * @now: ns
 */
void atcp_conn_icmp(struct atcp_conn *c, u32 seq, int err, bool hard, u64 now);

/* The path takes @mtu bytes of IP payload: make the segments fit, send again what did not. */
void atcp_conn_mtu(struct atcp_conn *c, u32 mtu, u64 now);

/* Window field to be shown and the receive window in force, bytes. */
u32 atcp_conn_rcv_wnd(const struct atcp_conn *c);

/* The congestion window's fill: bytes taken to be on the way. */
u32 atcp_conn_pipe(const struct atcp_conn *c);

/* Retransmission timeout in force with its back-off, ns. */
u64 atcp_conn_rto(const struct atcp_conn *c);

/* Bytes a second that data goes out with, at most; U64_MAX where nothing is known of the path. */
u64 atcp_conn_rate(const struct atcp_conn *c);

/* For the host, in atcp_port_transmit(): when this segment may leave, ns. */
u64 atcp_conn_departure(const struct atcp_conn *c, u64 now);

/* Free all payload that is held. The connection can only be forgotten afterwards. */
void atcp_conn_purge(struct atcp_conn *c);

/* RFC 6528: @prf is the keyed hash of the connection's addresses and ports. */
u32 atcp_isn(u32 prf, u64 now);

/* Our TSval at @now: milliseconds, offset by @off. */
u32 atcp_tsval(u32 off, u64 now);

#endif /* _ATCP_CORE_API_H */
