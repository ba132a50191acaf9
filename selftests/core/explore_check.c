// SPDX-License-Identifier: GPL-2.0-only
/* What may be done in a joint state, what must hold in it, and how it ends when all goes well. */
#include <port.h>
#include "explore.h"

static bool in(const struct x_host *h, u8 state)
{
	return h->live && h->c.state == state;
}

static bool quiet(const struct x_host *h)
{
	return !h->live && !h->req_live && !h->tw_live;
}

/* Both ends in CLOSED, nothing under way */
bool x_over(void)
{
	return quiet(&world.host[0]) && quiet(&world.host[1]) && !world.host[0].listening &&
	       !world.host[1].listening && !world.queued[0] && !world.queued[1] && !world.lates;
}

/* What is not held back arrives before a timer of its length fires, as a rule */
bool x_hasty(u8 what)
{
	return what >= X_RTX && what <= X_TW && (world.queued[0] || world.queued[1]);
}

static bool may_write(const struct x_host *h)
{
	if (!h->live || h->shut || h->written >= bounds.data)
		return false;
	return in(h, ATCP_ESTABLISHED) || in(h, ATCP_CLOSE_WAIT) ||
	       (bounds.early && (in(h, ATCP_SYN_SENT) || in(h, ATCP_SYN_RECV)));
}

static bool may_leave(const struct x_host *h)
{
	return h->live && h->shut && !h->left &&
	       (in(h, ATCP_FIN_WAIT_1) || in(h, ATCP_FIN_WAIT_2));
}

static bool user_may(const struct x_host *h, u8 what)
{
	if (x_hasty(what) && world.hasty >= bounds.hasty)
		return false;
	switch (what) {
	case X_LISTEN:
		return world.listens < bounds.listens && !h->listening && !h->live;
	case X_OPEN:
		return world.opens < bounds.opens && quiet(h);
	case X_WRITE:
		return may_write(h);
	case X_CLOSE:
		return h->live && !h->shut;
	case X_LEAVE:
		return may_leave(h);
	case X_ABORT:
		return h->live && world.aborts < bounds.aborts;
	case X_UNLISTEN:
		return h->listening;
	case X_REQ:
		return h->req_live;
	case X_TW:
		return h->tw_live;
	default:
		return h->live && h->c.timer[what - X_RTX];
	}
}

u32 x_actions(struct x_action *list)
{
	unsigned int what;
	u32 n = 0;
	u8 i;

	for (i = 0; i < 2; i++) {
		for (what = X_LISTEN; what <= X_TW; what++)
			if (user_may(&world.host[i], what))
				list[n++] = (struct x_action){ what, i };
		if (!world.queued[i])
			continue;
		list[n++] = (struct x_action){ X_DELIVER, i };
		if (world.faults >= bounds.faults)
			continue;
		list[n++] = (struct x_action){ X_LOSE, i };
		if (world.lates == X_LATE)
			continue;
		list[n++] = (struct x_action){ X_DOUBLE, i };
		list[n++] = (struct x_action){ X_HOLD, i };
	}
	for (i = 0; i < world.lates; i++)
		list[n++] = (struct x_action){ X_HELD, i };
	return n;
}

/*
 * The network heals, the timers take their time and the users have had enough: what comes next.
 * Nobody aborts: every state must lead to the end by the protocol's own means.
 */
bool x_heal(struct x_action *a)
{
	static const u8 order[] = {
		X_REQ, X_DELACK, X_PACE, X_CLOSE, X_UNLISTEN, X_LEAVE, X_RTX, X_STATE, X_TW,
		X_KEEP,
	};
	u32 i, n;

	for (n = 0; n < 2; n++) {
		*a = (struct x_action){ X_DELIVER, n };
		if (world.queued[n])
			return true;
	}
	*a = (struct x_action){ X_HELD, 0 };
	if (world.lates)
		return true;
	for (n = 0; n < 2; n++) {
		*a = (struct x_action){ X_RTX, n };
		if ((in(&world.host[n], ATCP_SYN_SENT) || in(&world.host[n], ATCP_SYN_RECV)) &&
		    world.host[n].c.timer[ATCP_T_RTX])
			return true;
	}
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		for (n = 0; n < 2; n++) {
			*a = (struct x_action){ order[i], n };
			if (user_may(&world.host[n], order[i]))
				return true;
		}
	}
	return false;
}

static void check_conn(const struct x_host *h)
{
	const struct atcp_conn *c = &h->c;

	if (c->state == ATCP_CLOSED || c->state == ATCP_TIME_WAIT || c->state == ATCP_LISTEN)
		x_fail("in %s and the host was not told", atcp_state_name(c->state));
	if (!list_empty(&c->txq) && !c->timer[ATCP_T_RTX] && !c->timer[ATCP_T_PACE])
		x_fail("%u numbers in flight or waiting, and no timer runs in %s",
		       c->write_seq - c->snd_una, atcp_state_name(c->state));
	if (c->ack_sched && !c->timer[ATCP_T_DELACK] && c->state != ATCP_SYN_SENT)
		x_fail("an ACK is owed and no timer runs");
	if (c->keepalive && h->connected && !c->timer[ATCP_T_KEEP])
		x_fail("keepalive is on and its timer is not");
	if (c->rtx_count > bounds.retries + 2)
		x_fail("%u timeouts in a row and no end", c->rtx_count);
	if (c->probes > bounds.keep)
		x_fail("%u probes without an answer and no end", c->probes);
	if (h->tw_live && h->tw.state != ATCP_TIME_WAIT)
		x_fail("a TIME_WAIT record in %s", atcp_state_name(h->tw.state));
	if (h->req_live)
		x_fail("a connection and a handshake of the same name");
}

/* Of the three pools, what a connection has a use for */
static u32 held(const struct x_host *h)
{
	const struct atcp_conn *c = &h->c;
	const struct atcp_txseg *t;
	const struct atcp_rxseg *rx;
	u32 i, n = !!c->ooo.ranges;

	if (!h->live)
		return 0;
	list_for_each_entry(t, &c->txq, node)
		n += t != &c->syn && t != &c->fin;
	for (i = 0; c->ooo.ranges && i < c->ooo.n; i++)
		for (rx = c->ooo.ranges[i].head; rx; rx = rx->next)
			n++;
	return n;
}

static u32 used(void)
{
	u32 i, n = 0;

	for (i = 0; i < X_POOL; i++)
		n += world.tx[i].used + world.rx[i].used + world.mem[i].used;
	return n;
}

void x_check(void)
{
	const struct x_host *a = &world.host[0], *b = &world.host[1];
	u32 i;

	for (i = 0; i < 2; i++) {
		const struct x_host *h = &world.host[i];

		if (h->live)
			check_conn(h);
		if (h->req_live && h->req.state != ATCP_SYN_RECV)
			x_fail("a handshake in %s", atcp_state_name(h->req.state));
		if (h->req_live && h->req.timeouts > bounds.retries)
			x_fail("%u timeouts of a handshake and no end", h->req.timeouts);
		if (h->listening && h->listener.state != ATCP_LISTEN)
			x_fail("a listener in %s", atcp_state_name(h->listener.state));
	}
	/* RFC 9293 3.5: whatever old SYNs do, who is connected is connected with the other */
	if (a->live && b->live && a->connected && b->connected &&
	    (a->c.iss != b->c.irs || b->c.iss != a->c.irs)) {
		x_mixed = true;
		x_fail("both ends are connected, and not with each other");
	}
	if (used() != held(a) + held(b))
		x_fail("payload is left over");
}
