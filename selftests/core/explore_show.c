// SPDX-License-Identifier: GPL-2.0-only
/* Actions by name, so that a path can be typed, and the ladder that they draw. */
#include <stdarg.h>
#include "explore.h"

bool x_ladder;

/* The second letter of an action; its first is the host, the direction, or ~ for what is held */
static const char letters[X_NWHAT] = {
	[X_LISTEN] = 'l', [X_OPEN] = 'o', [X_WRITE] = 'w', [X_CLOSE] = 'c', [X_LEAVE] = 'e',
	[X_ABORT] = 'a', [X_UNLISTEN] = 'u', [X_RTX] = 'r', [X_DELACK] = 'd', [X_KEEP] = 'k',
	[X_STATE] = 's', [X_PACE] = 'p', [X_REQ] = 'h', [X_TW] = 't', [X_DELIVER] = 'd',
	[X_LOSE] = 'l', [X_DOUBLE] = '2', [X_HOLD] = 'h',
};

static const char *const sentences[X_DELIVER] = {
	[X_LISTEN] = "passive OPEN", [X_OPEN] = "active OPEN", [X_WRITE] = "SEND of a byte",
	[X_CLOSE] = "CLOSE", [X_LEAVE] = "the user leaves for good", [X_ABORT] = "ABORT",
	[X_UNLISTEN] = "CLOSE of the listener", [X_RTX] = "retransmission timeout",
	[X_DELACK] = "delayed ACK due", [X_KEEP] = "keepalive due",
	[X_STATE] = "FIN_WAIT_2 timeout", [X_PACE] = "the next byte's time",
	[X_REQ] = "handshake timeout", [X_TW] = "2 MSL over",
};

const char *x_name(struct x_action a)
{
	static char name[4];

	if (a.what == X_HELD)
		snprintf(name, sizeof(name), "~%c", '0' + a.n);
	else
		snprintf(name, sizeof(name), "%c%c",
			 a.what < X_DELIVER ? 'A' + a.n : a.n ? '>' : '<', letters[a.what]);
	return name;
}

bool x_named(const char *name, struct x_action *a)
{
	unsigned int what;
	u8 n;

	if (name[0] == '~' && name[1] >= '0' && name[1] < '0' + X_LATE) {
		*a = (struct x_action){ X_HELD, name[1] - '0' };
		return true;
	}
	for (what = 0; what < X_HELD; what++) {
		for (n = 0; n < 2; n++) {
			*a = (struct x_action){ what, n };
			if (!strncmp(name, x_name(*a), 2))
				return true;
		}
	}
	return false;
}

void x_say(const char *fmt, ...)
{
	va_list ap;

	if (!x_ladder)
		return;
	va_start(ap, fmt);
	printf("#     ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
}

void x_describe(struct x_action a)
{
	if (x_ladder)
		printf("#   %c: %s\n", 'A' + a.n, sentences[a.what]);
}

static const char *state_of(const struct x_host *h)
{
	if (h->live)
		return atcp_state_name(h->c.state);
	if (h->req_live)
		return "(handshake)";
	if (h->tw_live)
		return "TIME_WAIT";
	return h->listening ? "LISTEN" : "CLOSED";
}

/* Numbers as distances from the initial one: the first of the n-th initial number is n.0 */
static void number(const char *what, u32 whose, u32 v)
{
	u32 at = v - x_base(whose) + (1U << 23);

	if (!v)
		printf(" %s 0", what);
	else
		printf(" %s %c%u%+d", what, 'A' + whose, at >> 24,
		       (int)(at & 0xffffff) - (1 << 23));
}

void x_draw(const struct x_pkt *p, const char *what)
{
	static const char names[] = "FSRPAUEC";
	const struct atcp_seg *s = &p->s;
	char flags[9];
	u32 i, n = 0;

	if (!x_ladder)
		return;
	for (i = 0; i < 8; i++)
		if (s->flags & (1 << i))
			flags[n++] = names[i];
	flags[n] = 0;
	printf("# %-12s %s %-12s %-4s", state_of(&world.host[0]), p->to ? "--->" : "<---",
	       state_of(&world.host[1]), flags);
	number("seq", !p->to, s->seq);
	if (s->flags & ATCP_ACK)
		number("ack", p->to, s->ack);
	if (s->len)
		printf(" len %u", s->len);
	for (i = 0; i < s->opt.nsacks; i++)
		number("sack", p->to, s->opt.sacks[i].start);
	printf(*what ? " [%s]\n" : " %s\n", what);
}

void x_show_states(void)
{
	printf("# A %s, B %s\n", state_of(&world.host[0]), state_of(&world.host[1]));
}
