/* SPDX-License-Identifier: GPL-2.0-only */
/* What a call leaves for the host to see to. */
#ifndef _ATCP_CORE_EVENT_H
#define _ATCP_CORE_EVENT_H

#include <atcp/env.h>

/* Of atcp_conn.ev: what the host has to see to after a call; it clears them. */
#define ATCP_EV_STATE	0x0001	/* the state has changed */
#define ATCP_EV_CONNECTED 0x0002
#define ATCP_EV_DATA	0x0004	/* bytes were delivered */
#define ATCP_EV_EOF	0x0008	/* the peer's FIN was reached */
#define ATCP_EV_SPACE	0x0010	/* send queue bytes were acknowledged */
#define ATCP_EV_ERROR	0x0020	/* @err is set, the connection is dead */
#define ATCP_EV_SOFT	0x0040	/* @soft_err is set or, as it is over, 0; the connection lives */
#define ATCP_EV_URGENT	0x0080	/* rcv_up has moved forward */
#define ATCP_EV_TIMEWAIT 0x0100	/* hand over to a TIME_WAIT record (timewait.h), then close */
#define ATCP_EV_CLOSED	0x0200	/* the TCB is deleted: forget the connection */
#define ATCP_EV_RCVBUF	0x0400	/* autotuning changed rcv_buf */
#define ATCP_EV_TXSHUT	0x0800	/* our FIN was acknowledged */
#define ATCP_EV_ROUTE	0x1000	/* R1 is reached: the route may be bad */

#endif /* _ATCP_CORE_EVENT_H */
