/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which state may follow which: RFC 9293 figure 5 and section 3.10, with the reopening of
 * TIME_WAIT (MAY-2). Written from the RFC, not from the table that it is there to judge.
 */
#ifndef _LEGAL_H
#define _LEGAL_H

#include <fsm.h>

#define LEGAL_PAIRS	29U
#define LEGAL_STATES	(ATCP_NSTATES - 1)	/* there is no state 0 */
#define LEGAL_FORBIDDEN	(LEGAL_STATES * (LEGAL_STATES - 1) - LEGAL_PAIRS)

#define LEGAL_TO(state) (1u << ATCP_##state)

static const u16 legal_next[ATCP_NSTATES] = {
	[ATCP_CLOSED] = LEGAL_TO(LISTEN) | LEGAL_TO(SYN_SENT),
	[ATCP_LISTEN] = LEGAL_TO(SYN_SENT) | LEGAL_TO(SYN_RECV) | LEGAL_TO(CLOSED),
	[ATCP_SYN_SENT] = LEGAL_TO(SYN_RECV) | LEGAL_TO(ESTABLISHED) | LEGAL_TO(CLOSED),
	[ATCP_SYN_RECV] = LEGAL_TO(ESTABLISHED) | LEGAL_TO(FIN_WAIT_1) | LEGAL_TO(LISTEN) |
			  LEGAL_TO(CLOSE_WAIT) | LEGAL_TO(CLOSED),
	[ATCP_ESTABLISHED] = LEGAL_TO(FIN_WAIT_1) | LEGAL_TO(CLOSE_WAIT) | LEGAL_TO(CLOSED),
	[ATCP_FIN_WAIT_1] = LEGAL_TO(FIN_WAIT_2) | LEGAL_TO(CLOSING) | LEGAL_TO(TIME_WAIT) |
			    LEGAL_TO(CLOSED),
	[ATCP_FIN_WAIT_2] = LEGAL_TO(TIME_WAIT) | LEGAL_TO(CLOSED),
	[ATCP_CLOSE_WAIT] = LEGAL_TO(LAST_ACK) | LEGAL_TO(CLOSED),
	[ATCP_CLOSING] = LEGAL_TO(TIME_WAIT) | LEGAL_TO(CLOSED),
	[ATCP_LAST_ACK] = LEGAL_TO(CLOSED),
	[ATCP_TIME_WAIT] = LEGAL_TO(CLOSED) | LEGAL_TO(SYN_RECV),
};

static_assert(LEGAL_FORBIDDEN == 81);

/* Whether a connection may go from one state to another one; to stay is no transition. */
static inline bool legal_transition(u8 from, u8 to)
{
	return legal_next[from] >> to & 1;
}

#endif /* _LEGAL_H */
