/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core needs from its host: defined once by the kernel side, once by
 * the userspace library, resolved at link time.
 *
 * All of it is called with the connection's lock held, in any context: none may sleep.
 */
#ifndef _ATCP_CORE_PORT_H
#define _ATCP_CORE_PORT_H

#include "conn.h"
#include "counters.h"
#include "segment.h"

/**
 * atcp_port_transmit() - put one segment, or a burst of equal ones, on the wire
 * @c: connection
 * @t: payload, all of it; NULL or t->len == 0 for a bare header
 * @s: the header: the host cuts @t into segments of at most @mss bytes (GSO), each with this header
 * @mss: payload bytes a segment
 *
 * The payload stays the core's: the host sends a copy or a reference.
 *
 * Return: 0 sent; 1 sent or dropped by the local queue, which is congested; negative errno: not
 * sent.
 */
int atcp_port_transmit(struct atcp_conn *c, struct atcp_txseg *t,
		       const struct atcp_seg *s, u32 mss);

/**
 * atcp_port_queue_full() - does as much of the connection's wait in this host's own queue as may?
 * @c: connection
 * @t: what would go next, as long as it would be sent
 * @again: a retransmission: twice as much may wait
 *
 * Return: true: not now. Once something has left the queue the host calls atcp_conn_push().
 */
bool atcp_port_queue_full(struct atcp_conn *c, const struct atcp_txseg *t, bool again);

/**
 * atcp_port_in_queue() - does what was last sent of a segment still wait in this host's own queue?
 * @c: connection
 * @t: sent before
 *
 * Return: true: it has not reached the network. As soon as it has the host calls atcp_conn_push().
 * A host that cannot tell says false.
 */
bool atcp_port_in_queue(struct atcp_conn *c, const struct atcp_txseg *t);

/**
 * atcp_port_split() - cut a segment in two
 * @c: connection
 * @t: keeps its first @at bytes; the host changes the payload only
 * @at: 0 < @at < t->len
 *
 * Return: a fresh atcp_txseg (all fields but the payload are the core's to fill in)
 * that carries the rest; NULL without memory, with @t unchanged.
 */
struct atcp_txseg *atcp_port_split(struct atcp_conn *c, struct atcp_txseg *t, u32 at);

/* Give back a segment whose payload is no longer needed; never called for &c->syn and &c->fin. */
void atcp_port_tx_free(struct atcp_conn *c, struct atcp_txseg *t);

/*
 * Drop the first @bytes of @t's payload: they are acknowledged. 0 < @bytes <= t->len; all of it
 * where the FIN is what is left.
 */
void atcp_port_tx_trim(struct atcp_conn *c, struct atcp_txseg *t, u32 bytes);

/* May this payload be kept? Accounting of memory: a false makes the core drop the segment. */
bool atcp_port_rx_admit(struct atcp_conn *c, struct atcp_rxseg *rx);

/**
 * atcp_port_deliver() - hand payload to the user, in order, each byte once
 * @c: connection; the first byte handed over is rcv_nxt
 * @rx: now the host's
 * @skip: leading bytes that the user has already: 0 <= @skip < rx->len
 */
void atcp_port_deliver(struct atcp_conn *c, struct atcp_rxseg *rx, u32 skip);

/* Free received payload that was stored in the reassembly queue. */
void atcp_port_rx_free(struct atcp_rxseg *rx);

/* Grow (or with @size 0 free) an array of the core's; NULL without memory, @old stays. */
void *atcp_port_realloc(void *old, size_t old_size, size_t size);

/* Count an event of the connection's namespace. */
void atcp_port_count(const struct atcp_conn *c, enum atcp_counter what);

/* A state was written: see atcp_fsm_step(). @who is a connection, handshake or TIME_WAIT record. */
void atcp_port_transition(const void *who, u8 from, u8 to, enum atcp_event event);

/* A random number below @ceil, for what must not be guessed. */
u32 atcp_port_random(u32 ceil);

#endif /* _ATCP_CORE_PORT_H */
