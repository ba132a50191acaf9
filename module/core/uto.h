/* SPDX-License-Identifier: GPL-2.0-only */
/* The user timeout and the option that tells the peer of it: RFC 5482. */
#ifndef _ATCP_CORE_UTO_H
#define _ATCP_CORE_UTO_H

#include "conn.h"
#include "segment.h"

#define ATCP_UTO_MAX_SECS	(0x7fffU * 60)	/* what the option can say */

/* Seconds as the option has them, above 32767 in minutes, rounded up; at most ATCP_UTO_MAX_SECS. */
u16 atcp_uto_code(u32 secs);

/* The inverse. */
u32 atcp_uto_secs(u16 code);

/**
 * atcp_conn_advertise() - RFC 5482: use the user timeout option, or do not
 * @c: in any state
 * @secs: ADV_UTO, at most ATCP_UTO_MAX_SECS; 0: neither send the option nor heed it
 *
 * The peer is told by the next segment that goes out.
 */
void atcp_conn_advertise(struct atcp_conn *c, u32 secs);

/* What an acceptable segment of the peer's says of its user timeout. */
void atcp_uto_take(struct atcp_conn *c, const struct atcp_opts *o);

/**
 * atcp_uto_limit() - USER_TIMEOUT: how long data may remain unacknowledged
 * @c: connection, not an orphan
 *
 * Return: ns; 0 where it is the number of retransmissions that limits it (RFC 9293 3.8.3).
 */
u64 atcp_uto_limit(const struct atcp_conn *c);

#endif /* _ATCP_CORE_UTO_H */
