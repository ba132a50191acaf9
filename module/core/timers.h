/* SPDX-License-Identifier: GPL-2.0-only */
/* Deadlines of a connection: call sites say what happened, here it is known when to look again. */
#ifndef _ATCP_CORE_TIMERS_H
#define _ATCP_CORE_TIMERS_H

#include "conn.h"

static inline void atcp_timer_set(struct atcp_conn *c, enum atcp_timer which, u64 at)
{
	c->timer[which] = at;
}

static inline void atcp_timer_clear(struct atcp_conn *c, enum atcp_timer which)
{
	c->timer[which] = 0;
}

/* A setting of the user's in ns, where he has made one: @val in units of @unit ns. */
static inline u64 atcp_setting_ns(u32 val, u64 unit, u64 otherwise)
{
	return val ? val * unit : otherwise;
}

/* The least that the user wants allowed for the variation of the round trip, ns. */
static inline u64 atcp_rto_min(const struct atcp_conn *c)
{
	return atcp_setting_ns(c->rto_min_us, ATCP_NS_PER_US, c->cfg->rto_min);
}

void atcp_timers_stop(struct atcp_conn *c);

/* The one timer of what is out, and of what cannot go out. */
static inline void atcp_rtx_arm(struct atcp_conn *c, enum atcp_rtx_why why, u64 at)
{
	c->rtx_why = why;
	atcp_timer_set(c, ATCP_T_RTX, at);
}

/* Something was sent that wants an answer: RFC 6298 (5.1). */
void atcp_rtx_started(struct atcp_conn *c, u64 now);

/* The first of what is out was sent again: it has one RTO from now on, RFC 6298 section 5. */
void atcp_rtx_again(struct atcp_conn *c, u64 now);

/* New data was acknowledged: RFC 6298 (5.2) and (5.3). */
void atcp_rtx_progress(struct atcp_conn *c, u64 now);

/* A window that was taken back is open again: what was probed for is sent again after one RTO. */
void atcp_rtx_reopened(struct atcp_conn *c, u64 now);

/* Unsent data waits for the window, or for more data, and no ACK is to be expected: MUST-36. */
void atcp_persist_start(struct atcp_conn *c, u64 now);

#endif /* _ATCP_CORE_TIMERS_H */
