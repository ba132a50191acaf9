/* SPDX-License-Identifier: GPL-2.0-only */
/* What a connection waits for; timers.h sets it. */
#ifndef _ATCP_CORE_DEADLINE_H
#define _ATCP_CORE_DEADLINE_H

/* Deadlines a connection may have, served by one timer of the host. */
enum atcp_timer {
	ATCP_T_RTX,	/* what it is set for: atcp_conn.rtx_why */
	ATCP_T_DELACK,
	ATCP_T_KEEP,
	ATCP_T_STATE,	/* FIN_WAIT_2 and linger limits */
	ATCP_T_PACE,	/* the next data may go */
	ATCP_NTIMERS
};

/* Of atcp_conn.rtx_why: RFC 8985 section 8 serves these with one timer. */
enum atcp_rtx_why {
	ATCP_RTX_TIMEOUT,	/* RFC 6298 */
	ATCP_RTX_PERSIST,	/* window probe */
	ATCP_RTX_PROBE,		/* tail loss probe */
	ATCP_RTX_REORDER	/* the rest of the reordering window */
};

#endif /* _ATCP_CORE_DEADLINE_H */
