/* SPDX-License-Identifier: GPL-2.0-only */
/* A host that does nothing but remember: what the unit tests link the core to. */
#ifndef _ATCP_PORT_STUB_H
#define _ATCP_PORT_STUB_H

#include "port.h"

#define STUB_LOG	256

/**
 * struct port_stub - what the core asked for; a test may set it to zero at any time
 * @no_memory: set by the test: atcp_port_realloc() fails
 * @full, @full_again: set by the test: the host's queue has no room for new data, or for what was
 *	sent before
 * @queued: set by the test: number of a segment that is still in that queue; 0: none
 * @allocated: bytes of arrays in use
 * @rx_freed: calls of atcp_port_rx_free()
 * @sent: calls of atcp_port_transmit(), the last of them with the header @last, the first
 *	STUB_LOG of them in @out
 * @seq: the numbers of the first of them
 * @transitions: calls of atcp_port_transition(), the last of them in @from, @to and @event
 * @counts: by enum atcp_counter
 */
struct port_stub {
	bool no_memory;
	bool full;
	bool full_again;
	u32 queued;
	size_t allocated;
	u32 rx_freed;
	u32 sent;
	struct atcp_seg last;
	u32 seq[64];
	struct atcp_seg out[STUB_LOG];
	u32 transitions;
	u8 from;
	u8 to;
	enum atcp_event event;
	u32 counts[ATCP_NCOUNTERS];
};

extern struct port_stub stub;

/* Received payload from the heap, as atcp_port_rx_free() expects it */
struct atcp_rxseg *stub_rx(u32 seq, u32 len);

/* A segment of the peer's arrives, with these numbers; the rest of its header is in @in. */
void stub_feed(struct atcp_conn *c, struct atcp_seg *in, u32 seq, u32 len, u8 flags, u64 now);

#endif /* _ATCP_PORT_STUB_H */
