/* SPDX-License-Identifier: GPL-2.0-only */
/* The SACK blocks of an ACK: RFC 2018, RFC 2883. */
#ifndef _ATCP_CORE_SACK_H
#define _ATCP_CORE_SACK_H

#include "ack.h"

/* Mark in the send queue what the blocks of @n's segment name; their sum goes into @n. */
void atcp_sack_input(struct atcp_conn *c, struct atcp_news *n);

#endif /* _ATCP_CORE_SACK_H */
