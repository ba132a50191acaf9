/* SPDX-License-Identifier: GPL-2.0-only */
/* Beginning and end of a connection, for the other files of the core. */
#ifndef _ATCP_CORE_LIFE_H
#define _ATCP_CORE_LIFE_H

#include "conn.h"
#include "segment.h"

/* Step the state machine and carry out the actions of the cell. */
void atcp_life_event(struct atcp_conn *c, enum atcp_event event, u64 now);

/* The connection ends with an error (positive errno) for the user. */
void atcp_life_fail(struct atcp_conn *c, enum atcp_event event, u16 err, u64 now);

/* Take the peer's SYN: its sequence number, options and window. */
void atcp_life_peer_syn(struct atcp_conn *c, const struct atcp_seg *s, u64 now);

/* The segment size follows from path, peer, user and options. */
void atcp_life_mss(struct atcp_conn *c);

#endif /* _ATCP_CORE_LIFE_H */
