/* SPDX-License-Identifier: GPL-2.0-only */
/* How fast data goes out: the rate of a connection, and what follows from it. */
#ifndef _ATCP_CORE_PACE_H
#define _ATCP_CORE_PACE_H

#include "conn.h"

/* atcp_conn.paced */
enum atcp_paced {
	ATCP_PACE_OFF,
	ATCP_PACE_STAMP,	/* the device's queue holds each segment until its time */
	ATCP_PACE_TIMER,	/* there is no such queue: it is held here */
};

/**
 * atcp_pace_burst() - bytes at most for one call of the host, whole segments
 * @c: connection
 * @mss: payload bytes a segment, at least 1
 *
 * What is handed over at once leaves at once: no more than a millisecond's worth, as far as that
 * is two segments; more where the path is so short that there is no long queue in it.
 */
u32 atcp_pace_burst(const struct atcp_conn *c, u32 mss);

/* Has the next data to wait? Then a timer is set for it. */
bool atcp_pace_wait(struct atcp_conn *c, u64 now);

/* @bytes of payload went out, or into the queue that holds them. Return: when they leave, ns. */
u64 atcp_pace_sent(struct atcp_conn *c, u32 bytes, u64 now);

#endif /* _ATCP_CORE_PACE_H */
