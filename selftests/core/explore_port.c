// SPDX-License-Identifier: GPL-2.0-only
/* port.h for the exploration: all memory is part of the joint state. */
#include <port.h>
#include "explore.h"
#include "legal.h"

static struct x_host *host_of(const struct atcp_conn *c)
{
	return c == &world.host[0].c ? &world.host[0] : &world.host[1];
}

int atcp_port_transmit(struct atcp_conn *c, struct atcp_txseg *t,
		       const struct atcp_seg *s, u32 mss)
{
	const struct x_tx *tx = container_of(t, struct x_tx, t);

	if (t && t->len != s->len)
		x_fail("the header says %u bytes, the payload has %u", s->len, t->len);
	if (s->len > 1)
		x_fail("%u bytes sent, each was written by itself", s->len);
	x_send(host_of(c) == &world.host[0], s, t && t->len ? tx->byte : 0);
	return 0;
}

bool atcp_port_queue_full(struct atcp_conn *c, const struct atcp_txseg *t, bool again)
{
	return false;
}

bool atcp_port_in_queue(struct atcp_conn *c, const struct atcp_txseg *t)
{
	return false;
}

struct atcp_txseg *atcp_port_split(struct atcp_conn *c, struct atcp_txseg *t, u32 at)
{
	x_fail("split of a segment of %u bytes at %u", t->len, at);
	return NULL;
}

void atcp_port_tx_free(struct atcp_conn *c, struct atcp_txseg *t)
{
	struct x_tx *tx = container_of(t, struct x_tx, t);

	if (tx < world.tx || tx >= world.tx + X_POOL || !tx->used) {
		x_fail("free of a segment that was not ours to free");
		return;
	}
	memset(tx, 0, sizeof(*tx));
}

void atcp_port_tx_trim(struct atcp_conn *c, struct atcp_txseg *t, u32 bytes)
{
	x_fail("%u of %u bytes acknowledged", bytes, t->len);
}

bool atcp_port_rx_admit(struct atcp_conn *c, struct atcp_rxseg *rx)
{
	return true;
}

void atcp_port_rx_free(struct atcp_rxseg *r)
{
	struct x_rx *rx = container_of(r, struct x_rx, r);

	if (!rx->used)
		x_fail("received payload was freed twice");
	memset(rx, 0, sizeof(*rx));
}

void atcp_port_deliver(struct atcp_conn *c, struct atcp_rxseg *r, u32 skip)
{
	const struct x_rx *rx = container_of(r, struct x_rx, r);
	struct x_host *h = host_of(c);
	u32 due = c->irs + 1 + h->got;

	if (skip || r->len != 1 || r->seq != due || c->rcv_nxt != due)
		x_fail("delivers number %u, byte %u was due", r->seq - c->irs, h->got);
	else if (rx->byte != x_pattern(due))
		x_fail("delivers a byte that was not sent as number %u", h->got);
	else if (h->left)
		x_fail("delivers to nobody");
	h->got++;
	atcp_port_rx_free(r);
}

void *atcp_port_realloc(void *old, size_t old_size, size_t size)
{
	struct x_mem *m;

	if (old && size) {
		x_fail("more out of order than can be");
		return NULL;
	}
	if (!size) {
		if (old)
			memset(container_of(old, struct x_mem, words), 0, sizeof(*m));
		return NULL;
	}
	for (m = world.mem; m < world.mem + X_POOL && size <= X_MEM; m++) {
		if (!m->used) {
			m->used = true;
			return m->words;
		}
	}
	x_fail("no memory for %zu bytes", size);
	return NULL;
}

void atcp_port_count(const struct atcp_conn *c, enum atcp_counter what)
{
}

static const char *who_is(const void *who)
{
	static const char *const names[2][4] = {
		{ "A", "A's listener", "A's handshake", "A's TIME_WAIT" },
		{ "B", "B's listener", "B's handshake", "B's TIME_WAIT" },
	};
	u32 i;

	for (i = 0; i < 2; i++) {
		const struct x_host *h = &world.host[i];

		if (who == &h->c)
			return names[i][0];
		if (who == &h->listener || who == &h->listener.state)
			return names[i][1];
		if (who == &h->req)
			return names[i][2];
		if (who == &h->tw)
			return names[i][3];
	}
	return "?";
}

void atcp_port_transition(const void *who, u8 from, u8 to, enum atcp_event event)
{
	if (from >= ATCP_NSTATES || to >= ATCP_NSTATES) {
		x_fail("state %u -> %u", from, to);
		return;
	}
	x_say("%s: %s -> %s (%s)", who_is(who), atcp_state_name(from), atcp_state_name(to),
	      atcp_event_name(event));
	x_seen[from][to]++;
	if (from != to && !legal_transition(from, to))
		x_fail("illegal transition %s -> %s by %s", atcp_state_name(from),
		       atcp_state_name(to), atcp_event_name(event));
}

u32 atcp_port_random(u32 ceil)
{
	return 0;
}
