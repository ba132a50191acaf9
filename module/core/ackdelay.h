/* SPDX-License-Identifier: GPL-2.0-only */
/* How long an ACK may be kept: by the peer, before silence means loss, and by us. */
#ifndef _ATCP_CORE_ACKDELAY_H
#define _ATCP_CORE_ACKDELAY_H

#include "conn.h"

/* So many SYNs, or SYN,ACKs, promise: an option that is not known may be what a middlebox drops. */
#define ATCP_ACKDELAY_TRIES	2

/**
 * atcp_ackdelay_ask() - a connection is about to be opened: what is our SYN to say?
 * @c: its settings are made
 *
 * With timers shorter than what an unknown peer's ACK may take, that we keep ours for no longer
 * than we say, which is kept to whether or not the peer says the same.
 */
void atcp_ackdelay_ask(struct atcp_conn *c);

/* What an end with these settings promises, us; at least 1. */
u16 atcp_ackdelay_promise(const struct atcp_cfg *cfg);

/* How long we keep an ACK, ns; at least 1. */
u64 atcp_ackdelay_own(const struct atcp_conn *c);

/*
 * How long the peer may keep the ACK of what is out, ns: the least that a timeout allows for the
 * variation of the round trip.
 */
u64 atcp_ackdelay_peer(const struct atcp_conn *c);

/* When the ACK of what is out has been missing for long enough to probe: PTO of RFC 8985, ns. */
u64 atcp_ackdelay_probe(const struct atcp_conn *c);

/* All that was out is acknowledged, @took ns after the last of it was sent, and sent but once. */
void atcp_ackdelay_measure(struct atcp_conn *c, u64 took);

/* A probe was for nothing: the peer keeps ACKs for longer than was thought. */
void atcp_ackdelay_misjudged(struct atcp_conn *c);

#endif /* _ATCP_CORE_ACKDELAY_H */
