// SPDX-License-Identifier: GPL-2.0-only
/* The ladder: what was sent, what became of it, and the states, with times. */
#include <stdarg.h>
#include "sim.h"

static void stamp(void)
{
	printf("# %14.6f ms  ", (double)(sim.now - sim.start) / 1e6);
}

static const char *state_of(const struct sim_host *h)
{
	if (h->down)
		return "down";
	if (h->sc)
		return atcp_state_name(h->sc->c.state);
	if (h->req_live)
		return "syn_received";
	if (h->tw_live)
		return "time_wait";
	return h->listening ? "listen" : "closed";
}

void sim_draw(const struct sim_pkt *p, const char *what)
{
	static const char letters[] = "FSRPAUEC";
	const struct sim_host *from = &sim.host[!p->to], *to = &sim.host[p->to];
	struct atcp_seg s;
	char flags[9];
	u32 i, n = 0;

	if (!sim.ladder || atcp_seg_parse(&s, p->bytes, p->hdr, p->hdr + p->len))
		return;
	for (i = 0; i < 8; i++)
		if (s.flags & (1 << i))
			flags[n++] = letters[i];
	flags[n] = 0;
	stamp();
	if (p->to)
		printf("%-12s ---> %-12s ", state_of(from), state_of(to));
	else
		printf("%-12s <--- %-12s ", state_of(to), state_of(from));
	printf("%-4s seq %u len %u", flags, s.seq, s.len);
	if (s.flags & ATCP_ACK)
		printf(" ack %u", s.ack);
	printf(" win %u", s.wnd);
	if (s.opt.has & ATCP_OPT_MSS)
		printf(" mss %u", s.opt.mss);
	if (s.opt.has & ATCP_OPT_WSCALE)
		printf(" wscale %u", s.opt.wscale);
	if (s.opt.has & ATCP_OPT_TS)
		printf(" ts %u/%u", s.opt.tsval, s.opt.tsecr);
	for (i = 0; i < s.opt.nsacks; i++)
		printf(" sack %u-%u", s.opt.sacks[i].start, s.opt.sacks[i].end);
	if (s.flags & ATCP_URG)
		printf(" urg %u", s.urg);
	if (p->forged)
		printf(" FORGED");
	if (*what)
		printf(" [%s]", what);
	else
		printf(" [arrives %.6f]", (double)(p->at - sim.start) / 1e6);
	printf("\n");
}

void sim_note(const struct sim_host *h, const char *fmt, ...)
{
	va_list ap;

	if (!sim.ladder)
		return;
	stamp();
	if (h && h->id)
		printf("%20s", "");
	if (h)
		printf("%c: ", 'A' + h->id);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}
