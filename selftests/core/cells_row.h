/* SPDX-License-Identifier: GPL-2.0-only */
/* How the rows of the tables of cells are written. */
#ifndef _ATCP_CELLS_ROW_H
#define _ATCP_CELLS_ROW_H

#include "cells_table.h"

/* Flags of a segment */
#define F	ATCP_FIN
#define S	ATCP_SYN
#define R	ATCP_RST
#define P	ATCP_PSH
#define A	ATCP_ACK
#define U	ATCP_URG

/* Sets of states */
#define CLOSED	BIT(ATCP_CLOSED)
#define LISTEN	BIT(ATCP_LISTEN)
#define SS	BIT(ATCP_SYN_SENT)
#define SR	BIT(ATCP_SYN_RECV)
#define EST	BIT(ATCP_ESTABLISHED)
#define F1	BIT(ATCP_FIN_WAIT_1)
#define F2	BIT(ATCP_FIN_WAIT_2)
#define CW	BIT(ATCP_CLOSE_WAIT)
#define CG	BIT(ATCP_CLOSING)
#define LA	BIT(ATCP_LAST_ACK)
#define TW	BIT(ATCP_TIME_WAIT)

/* States with a connection that both ends know */
#define SYNCED	(EST | F1 | F2 | CW | CG | LA)
/* States in which our FIN is sent and not acknowledged */
#define UNACKED	(F1 | CG | LA)
/* The eight of RFC 9293 3.10.7.4 */
#define EIGHT	(SR | SYNCED | TW)

/* A segment: flags, SEQ - RCV.NXT, ACK - SND.NXT, bytes, urgent pointer */
#define SEG(...)	SEG_OF(__VA_ARGS__, 0, 0, 0, 0, 0)
#define SEG_OF(flags_, seq_, ack_, len_, urg_, ...) \
	.in = { .flags = flags_, .seq = seq_, .ack = ack_, .len = len_, .urg = urg_ }
/* What is sent: flags, ACK - RCV.NXT, bytes */
#define SENDS(...)	SENDS_OF(__VA_ARGS__, 0, 0, 0)
#define SENDS_OF(flags_, ack_, len_, ...) \
	.out = { .flags = flags_, .ack = ack_, .len = len_ }
#define CALL(function)	.call = function
#define TO(state)	.next = ATCP_##state
#define TELLS(events)	.told = events
#define FAILS(events, errno)	.told = ATCP_EV_ERROR | (events), .err = errno

#define E_DATA		ATCP_EV_DATA
#define E_EOF		ATCP_EV_EOF
#define E_UP		ATCP_EV_CONNECTED
#define E_SPACE		ATCP_EV_SPACE
#define E_URG		ATCP_EV_URGENT
#define E_GONE		ATCP_EV_CLOSED
#define E_TXSHUT	ATCP_EV_TXSHUT
#define E_TW		ATCP_EV_TIMEWAIT

#endif /* _ATCP_CELLS_ROW_H */
