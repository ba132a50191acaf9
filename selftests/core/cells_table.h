/* SPDX-License-Identifier: GPL-2.0-only */
/* The cells of RFC 9293 section 3.10: what has to come of an event in a state. */
#ifndef _ATCP_CELLS_TABLE_H
#define _ATCP_CELLS_TABLE_H

#include "cells.h"

#define CELLS_NCELLS	165	/* that the RFC has */

/**
 * struct cells_in - a segment that arrives
 * @flags: ATCP_SYN ...
 * @seq: less RCV.NXT
 * @ack: less SND.NXT
 * @len: bytes
 * @urg: urgent pointer
 */
struct cells_in {
	u8 flags;
	s32 seq;
	s32 ack;
	u16 len;
	u16 urg;
};

/**
 * struct cells_out - the one segment that is sent; its numbers follow from the flags
 * @flags: 0: nothing is sent
 * @ack: less RCV.NXT before the event
 * @len: bytes
 *
 * SEQ is SND.NXT and ACK is RCV.NXT + @ack; of a SYN, SEQ is ISS and ACK is SEG.SEQ + 1; of a RST
 * without ACK, SEQ is SEG.ACK; of CLOSED's RST with ACK, SEQ is 0 and ACK SEG.SEQ + SEG.LEN.
 */
struct cells_out {
	u8 flags;
	s32 ack;
	u16 len;
};

/**
 * struct cells_row - what one event has to do: a part of a cell, on a connection of its own
 * @states: it is tried in each of these, BIT(ATCP_...)
 * @event: the cell's
 * @from: FROM_*: for SYN_RECEIVED, 0 for all
 * @data: see struct bench
 * @before: is called first, in the state
 * @call: the user's call; NULL where @in arrives
 * @in: the segment
 * @out: the answer
 * @next: the state afterwards; 0: the same
 * @told: ATCP_EV_* but ATCP_EV_STATE: exactly what the host is told
 * @err: the errno with it
 */
struct cells_row {
	u32 states;
	const char *event;
	u8 from;
	u32 data;
	void (*before)(struct bench *b);
	void (*call)(struct bench *b);
	struct cells_in in;
	struct cells_out out;
	u8 next;
	u16 told;
	u16 err;
};

/* What takes more than one event: in @states each, on a bench that is there already */
struct cells_tale {
	u32 states;
	const char *event;
	u8 from;
	u32 data;
	void (*run)(struct bench *b, u8 state);
};

/* Both end with an entry that has no event. */
extern const struct cells_row cells_user_rows[];
extern const struct cells_row cells_segment_rows[];
extern const struct cells_tale cells_user_tales[];
extern const struct cells_tale cells_segment_tales[];
extern const struct cells_tale cells_timer_tales[];

/**
 * bench_row() - try a row in one of its states
 * @row: of a table
 * @state: the state
 * @from: one FROM_*
 * @ok: set to false if something is wrong, which is printed
 */
void bench_row(const struct cells_row *row, u8 state, u8 from, bool *ok);

#endif /* _ATCP_CELLS_TABLE_H */
