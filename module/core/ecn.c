// SPDX-License-Identifier: GPL-2.0-only
/*
 * Explicit Congestion Notification, RFC 3168: a router marks a segment instead of dropping it, the
 * receiver says so until it hears that the sender's window is smaller. The window itself: loss.c.
 */
#include "ecn.h"
#include "api.h"
#include "seq.h"

#define BOTH	(ATCP_ECE | ATCP_CWR)

bool atcp_ecn_asked(const struct atcp_seg *s)
{
	return (s->flags & BOTH) == BOTH;
}

/* Section 6.1.1: of a SYN,ACK the flag CWR would say that it reflects our SYN's. */
static bool is_setup(const struct atcp_seg *s)
{
	return (s->flags & BOTH) == (s->flags & ATCP_ACK ? ATCP_ECE : BOTH);
}

void atcp_ecn_agreed(struct atcp_conn *c, const struct atcp_seg *s)
{
	if (!is_setup(s))
		c->ecn_ok = 0;
	/* section 6.1.1: never where one of our SYNs has not asked */
	c->ect = c->ecn_ok && !(c->syn.mark & ATCP_TX_EVER);
}

void atcp_ecn_again(struct atcp_conn *c, const struct atcp_seg *s)
{
	if (!is_setup(s))
		c->ect = 0;
}

u8 atcp_ecn_syn_flags(const struct atcp_conn *c, bool ack)
{
	if (!c->ecn_ok)
		return 0;
	if (ack)
		return ATCP_ECE;
	/* section 6.1.1.1: a SYN that asks may be what a middlebox drops */
	return c->syn.mark & ATCP_TX_SENT ? 0 : BOTH;
}

/* Section 6.1.5: what anybody may send means nothing; section 6.1.6: a window probe does. */
static bool in_window(const struct atcp_conn *c, const struct atcp_seg *s)
{
	u32 edge = c->rcv_nxt + atcp_conn_rcv_wnd(c);

	return atcp_after(s->seq + s->len, c->rcv_nxt) &&
	       (s->seq == c->rcv_nxt || atcp_before(s->seq, edge));
}

void atcp_ecn_received(struct atcp_conn *c, const struct atcp_seg *s)
{
	if (!in_window(c, s))
		return;
	if (s->flags & ATCP_CWR)
		c->ecn_echo = 0;
	/* section 6.1.3: a mark on the segment that has CWR is a new one */
	if (!s->ce)
		return;
	if (!c->ecn_echo)
		c->ack_now = 1;
	c->ecn_echo = 1;
}

void atcp_ecn_sending(const struct atcp_conn *c, const struct atcp_txseg *t, struct atcp_seg *s)
{
	/* section 6.1.5: a retransmission that is marked would say nothing reliable */
	if (!c->ecn_ok || !t->len || t->mark & ATCP_TX_SENT)
		return;
	s->ect = c->ect;
	if (c->ecn_cwr)
		s->flags |= ATCP_CWR;
}

void atcp_ecn_reduced(struct atcp_conn *c)
{
	c->ecn_cwr = c->ecn_ok;
}
