/* SPDX-License-Identifier: GPL-2.0-only */
/* Sequence number arithmetic modulo 2^32, RFC 9293 section 3.4. */
#ifndef _ATCP_CORE_SEQ_H
#define _ATCP_CORE_SEQ_H

#include <atcp/env.h>

static inline bool atcp_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool atcp_after(u32 a, u32 b)
{
	return (s32)(b - a) < 0;
}

/**
 * atcp_in_window() - is @seq one of the @len numbers that start at @start?
 * @seq: sequence number to look for
 * @start: first number of the window
 * @len: size of the window; an empty one holds nothing
 */
static inline bool atcp_in_window(u32 seq, u32 start, u32 len)
{
	return seq - start < len;
}

#endif /* _ATCP_CORE_SEQ_H */
