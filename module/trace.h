/* SPDX-License-Identifier: GPL-2.0-only */
/* The trace of every segment and every state change: costs a patched-out branch while off. */
#ifndef _ATCP_TRACE_H
#define _ATCP_TRACE_H

#include <linux/jump_label.h>
#include <linux/tracepoint-defs.h>
#include "core/fsm.h"
#include "core/segment.h"
#include "flow.h"

enum atcp_trace_dir {
	ATCP_TRACE_OUT,
	ATCP_TRACE_IN
};

DECLARE_STATIC_KEY_FALSE(atcp_trace_key);
DECLARE_TRACEPOINT(atcp_segment);
DECLARE_TRACEPOINT(atcp_state);

void __atcp_trace_segment(enum atcp_trace_dir dir, const struct atcp_flow *f,
			  const struct atcp_seg *s, u8 state);
void __atcp_trace_state(const struct atcp_flow *f, u8 from, u8 to, enum atcp_event event);

/**
 * atcp_trace_segment() - a segment is about to leave, or has come in
 * @dir: ATCP_TRACE_OUT before it is given to IP, ATCP_TRACE_IN before the state machine sees it
 * @f: this end and the peer; a key that the hook has filled in will do
 * @s: host byte order; len may cover more than one segment of the wire (GSO, GRO)
 * @state: enum atcp_state that it leaves or meets; ATCP_CLOSED where there is no connection
 *
 * Any context.
 */
static inline void atcp_trace_segment(enum atcp_trace_dir dir, const struct atcp_flow *f,
				      const struct atcp_seg *s, u8 state)
{
	if (static_branch_unlikely(&atcp_trace_key) || tracepoint_enabled(atcp_segment))
		__atcp_trace_segment(dir, f, s, state);
}

/* A state was written; atcp_port_transition() calls it for the core. Any context. */
static inline void atcp_trace_state(const struct atcp_flow *f, u8 from, u8 to,
				    enum atcp_event event)
{
	if (static_branch_unlikely(&atcp_trace_key) || tracepoint_enabled(atcp_state))
		__atcp_trace_state(f, from, to, event);
}

#endif /* _ATCP_TRACE_H */
