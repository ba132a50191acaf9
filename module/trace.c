// SPDX-License-Identifier: GPL-2.0-only
/* Making and formatting the records of the trace. Documentation/trace.rst has the format. */
#include <linux/inet.h>
#include "core/port.h"
#include "core/uto.h"
#include "flow.h"
#include "ring.h"
#include "trace.h"

#define CREATE_TRACE_POINTS
#include "trace_events.h"

DEFINE_STATIC_KEY_FALSE(atcp_trace_key);

static void start_rec(struct atcp_trace_rec *rec, const struct atcp_flow *f)
{
	memset(rec, 0, sizeof(*rec));
	rec->netns = f->net->ns.inum;
	rec->v6 = f->v6;
	rec->laddr = f->laddr;
	rec->raddr = f->raddr;
	rec->lport = f->lport;
	rec->rport = f->rport;
}

void __atcp_trace_segment(enum atcp_trace_dir dir, const struct atcp_flow *f,
			  const struct atcp_seg *s, u8 state)
{
	struct atcp_trace_rec rec;

	trace_atcp_segment(dir, f, s, state);
	if (!static_branch_unlikely(&atcp_trace_key))
		return;
	start_rec(&rec, f);
	rec.kind = dir == ATCP_TRACE_IN ? ATCP_REC_IN : ATCP_REC_OUT;
	rec.from = state;
	rec.seg = *s;
	atcp_ring_put(&rec);
}

void __atcp_trace_state(const struct atcp_flow *f, u8 from, u8 to, enum atcp_event event)
{
	struct atcp_trace_rec rec;

	trace_atcp_state(f, from, to, event);
	if (!static_branch_unlikely(&atcp_trace_key))
		return;
	start_rec(&rec, f);
	rec.kind = ATCP_REC_STATE;
	rec.from = from;
	rec.to = to;
	rec.event = event;
	atcp_ring_put(&rec);
}

void atcp_port_transition(const void *who, u8 from, u8 to, enum atcp_event event)
{
	atcp_trace_state(atcp_flow_of(who), from, to, event);
}

static int format_address(char *buf, size_t size, bool v6, const struct in6_addr *addr,
			  __be16 port)
{
	if (v6)
		return scnprintf(buf, size, " [%pI6c]:%u", addr, ntohs(port));
	return scnprintf(buf, size, " %pI4:%u", &addr->s6_addr32[3], ntohs(port));
}

static int format_flags(char *buf, size_t size, u8 flags)
{
	static const struct {
		u8 bit;
		const char *name;
	} names[] = {
		{ ATCP_SYN, "SYN" }, { ATCP_FIN, "FIN" }, { ATCP_RST, "RST" }, { ATCP_PSH, "PSH" },
		{ ATCP_ACK, "ACK" }, { ATCP_URG, "URG" }, { ATCP_ECE, "ECE" }, { ATCP_CWR, "CWR" },
	};
	int n = 0, i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].bit)
			n += scnprintf(buf + n, size - n, "%s%s", n ? "," : " ", names[i].name);
	return n ? n : scnprintf(buf, size, " -");
}

static int format_options(char *buf, size_t size, const struct atcp_opts *o)
{
	int n = 0, i;

	if (o->has & ATCP_OPT_MSS)
		n += scnprintf(buf + n, size - n, " mss=%u", o->mss);
	if (o->has & ATCP_OPT_WSCALE)
		n += scnprintf(buf + n, size - n, " wscale=%u", o->wscale);
	if (o->has & ATCP_OPT_SACK_OK)
		n += scnprintf(buf + n, size - n, " sackok");
	if (o->has & ATCP_OPT_TS)
		n += scnprintf(buf + n, size - n, " ts=%u:%u", o->tsval, o->tsecr);
	if (o->has & ATCP_OPT_UTO)
		n += scnprintf(buf + n, size - n, " uto=%u", atcp_uto_secs(o->uto));
	if (o->has & ATCP_OPT_ACKDELAY)
		n += scnprintf(buf + n, size - n, " ackdelay=%u", o->ack_us);
	for (i = 0; i < min_t(int, o->nsacks, ATCP_MAX_SACKS); i++)
		n += scnprintf(buf + n, size - n, "%s%u-%u", i ? "," : " sack=",
			       o->sacks[i].start, o->sacks[i].end);
	return n;
}

static int format_segment(char *buf, size_t size, const struct atcp_seg *s)
{
	int n = format_flags(buf, size, s->flags);

	n += scnprintf(buf + n, size - n, " seq=%u ack=%u len=%u win=%u", s->seq, s->ack,
		       s->len, s->wnd);
	if (s->flags & ATCP_URG)
		n += scnprintf(buf + n, size - n, " urg=%u", s->urg);
	return n + format_options(buf + n, size - n, &s->opt);
}

int atcp_trace_format(const struct atcp_trace_rec *rec, char *buf)
{
	static const char * const kinds[] = {
		[ATCP_REC_OUT] = "out", [ATCP_REC_IN] = "in", [ATCP_REC_STATE] = "state",
	};
	const size_t size = ATCP_TRACE_LINE;
	int n = scnprintf(buf, size, "%llu %u %s", rec->ns, rec->netns, kinds[rec->kind]);

	n += format_address(buf + n, size - n, rec->v6, &rec->laddr, rec->lport);
	n += format_address(buf + n, size - n, rec->v6, &rec->raddr, rec->rport);
	if (rec->kind == ATCP_REC_STATE)
		return n + scnprintf(buf + n, size - n, " %s %s event=%s\n",
				     atcp_state_name(rec->from), atcp_state_name(rec->to),
				     atcp_event_name(rec->event));
	n += format_segment(buf + n, size - n, &rec->seg);
	return n + scnprintf(buf + n, size - n, " state=%s\n", atcp_state_name(rec->from));
}
