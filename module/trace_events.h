/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints atcp:atcp_segment and atcp:atcp_state. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM atcp

#if !defined(_ATCP_TRACE_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _ATCP_TRACE_EVENTS_H

#include <linux/tracepoint.h>
#include "trace.h"

TRACE_EVENT(atcp_segment,
	    TP_PROTO(enum atcp_trace_dir dir, const struct atcp_flow *f, const struct atcp_seg *s,
		     u8 state),
	    TP_ARGS(dir, f, s, state),
	    TP_STRUCT__entry(__field(u32, netns)
			     __field(u8, dir)
			     __field(u8, state)
			     __field(u8, flags)
			     __field(u8, nsacks)
			     __array(u8, laddr, 16)
			     __array(u8, raddr, 16)
			     __field(u16, lport)
			     __field(u16, rport)
			     __field(u32, seq)
			     __field(u32, ack)
			     __field(u32, len)
			     __field(u16, wnd)
	    ),
	    TP_fast_assign(__entry->netns = f->net->ns.inum;
			   __entry->dir = dir;
			   __entry->state = state;
			   __entry->flags = s->flags;
			   __entry->nsacks = s->opt.nsacks;
			   memcpy(__entry->laddr, &f->laddr, 16);
			   memcpy(__entry->raddr, &f->raddr, 16);
			   __entry->lport = ntohs(f->lport);
			   __entry->rport = ntohs(f->rport);
			   __entry->seq = s->seq;
			   __entry->ack = s->ack;
			   __entry->len = s->len;
			   __entry->wnd = s->wnd;
	    ),
	    TP_printk("netns=%u %s laddr=%pI6c lport=%u raddr=%pI6c rport=%u flags=%s seq=%u ack=%u len=%u win=%u nsacks=%u state=%u",
		      __entry->netns, __entry->dir ? "in" : "out",
		      __entry->laddr, __entry->lport, __entry->raddr, __entry->rport,
		      __print_flags(__entry->flags, ",", { ATCP_SYN, "SYN" }, { ATCP_FIN, "FIN" },
				    { ATCP_RST, "RST" }, { ATCP_PSH, "PSH" }, { ATCP_ACK, "ACK" },
				    { ATCP_URG, "URG" }, { ATCP_ECE, "ECE" }, { ATCP_CWR, "CWR" }),
		      __entry->seq, __entry->ack, __entry->len, __entry->wnd, __entry->nsacks,
		      __entry->state)
);

TRACE_EVENT(atcp_state,
	    TP_PROTO(const struct atcp_flow *f, u8 from, u8 to, enum atcp_event event),
	    TP_ARGS(f, from, to, event),
	    TP_STRUCT__entry(__field(u32, netns)
			     __field(u8, from)
			     __field(u8, to)
			     __field(u8, event)
			     __array(u8, laddr, 16)
			     __array(u8, raddr, 16)
			     __field(u16, lport)
			     __field(u16, rport)
	    ),
	    TP_fast_assign(__entry->netns = f->net->ns.inum;
			   __entry->from = from;
			   __entry->to = to;
			   __entry->event = event;
			   memcpy(__entry->laddr, &f->laddr, 16);
			   memcpy(__entry->raddr, &f->raddr, 16);
			   __entry->lport = ntohs(f->lport);
			   __entry->rport = ntohs(f->rport);
	    ),
	    TP_printk("netns=%u laddr=%pI6c lport=%u raddr=%pI6c rport=%u from=%u to=%u event=%u",
		      __entry->netns, __entry->laddr, __entry->lport, __entry->raddr,
		      __entry->rport, __entry->from, __entry->to, __entry->event)
);

#endif /* _ATCP_TRACE_EVENTS_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH ..	/* from module/env, which is among the include paths */
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace_events
#include <trace/define_trace.h>
