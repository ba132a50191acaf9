// SPDX-License-Identifier: GPL-2.0-only
/* Pairing what one end sent with what the other received. */
#include <stdlib.h>
#include <string.h>

#include "ladder.h"

#define SECOND	1000000000ULL

void ladder_init(struct ladder *l, void (*emit)(const struct row *row, void *arg), void *arg)
{
	memset(l, 0, sizeof(*l));
	l->tail = &l->convs;
	l->emit = emit;
	l->arg = arg;
}

static void emit(struct ladder *l, struct row *row)
{
	l->emit(row, l->arg);
}

static uint32_t span(const struct record *r)
{
	return r->len + !!(r->flags & TF_SYN) + !!(r->flags & TF_FIN);
}

static bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static bool opens(const struct record *r)
{
	if (r->kind == REC_STATE)
		return !strcmp(r->from, "CLOSED") || !strcmp(r->from, "LISTEN");
	return (r->flags & (TF_SYN | TF_ACK)) == TF_SYN;
}

/* Is the local end of this record the one that opens the connection, as far as it shows? */
static bool local_opens(const struct record *r)
{
	bool out = r->kind == REC_OUT;

	if (r->kind == REC_STATE)
		return strcmp(r->from, "LISTEN") && strcmp(r->to, "SYN_RECEIVED");
	if (!(r->flags & TF_SYN))
		return true;
	return r->flags & TF_ACK ? !out : out;
}

static bool is_over(const struct conv *c)
{
	return (!c->traced[0] || c->closed[0]) && (!c->traced[1] || c->closed[1]);
}

/* The latest conversation of these two; a new one where the old is over and this opens one. */
static struct conv *find(struct ladder *l, const struct record *r)
{
	struct conv *c, *found = NULL;

	for (c = l->convs; c; c = c->next)
		if ((endpoint_equal(&c->end[0], &r->local) &&
		     endpoint_equal(&c->end[1], &r->remote)) ||
		    (endpoint_equal(&c->end[1], &r->local) &&
		     endpoint_equal(&c->end[0], &r->remote)))
			found = c;
	return found && is_over(found) && opens(r) ? NULL : found;
}

static struct conv *begin(struct ladder *l, const struct record *r)
{
	struct conv *c = calloc(1, sizeof(*c));
	struct row row = { .kind = ROW_BEGIN, .conv = c };
	int local = local_opens(r) ? 0 : 1;

	if (!c)
		return NULL;
	c->number = ++l->nconvs;
	c->end[local] = r->local;
	c->end[!local] = r->remote;
	c->origin = r->ns;
	c->wscale[0] = -1;
	c->wscale[1] = -1;
	c->tail = &c->pending;
	*l->tail = c;
	l->tail = &c->next;
	emit(l, &row);
	return c;
}

/* Take @p, to which @link points, out of the list and free it. */
static void forget(struct conv *c, struct pending **link, struct pending *p)
{
	*link = p->next;
	if (c->tail == &p->next)
		c->tail = link;
	free(p);
}

static void find_and_forget(struct conv *c, struct pending *p)
{
	struct pending **link = &c->pending;

	while (*link != p)
		link = &(*link)->next;
	forget(c, link, p);
}

static void arrived(struct ladder *l, struct pending *p, const struct record *r)
{
	struct conv *c = p->row.conv;

	p->row.received = true;
	p->row.recv_ns = r->ns;
	strcpy(p->row.recv_state, r->state);
	if (r->ns - p->row.sent_ns > c->max_delay)
		c->max_delay = r->ns - p->row.sent_ns;
	emit(l, &p->row);
}

/*
 * Cut @p in two at @at, a number within its payload: the devices did, and one part may be lost.
 * Returns the second part; NULL without memory, with @p as it was.
 */
static struct pending *cut(struct conv *c, struct pending *p, uint32_t at)
{
	struct pending *rest = malloc(sizeof(*rest));
	uint32_t len = at - p->row.rec.seq;

	if (!rest)
		return NULL;
	*rest = *p;
	rest->row.rec.seq = at;
	rest->row.rec.len -= len;
	p->row.rec.len = len;
	p->row.rec.flags &= ~(TF_FIN | TF_PSH);
	p->next = rest;
	if (c->tail == &p->next)
		c->tail = &rest->next;
	return rest;
}

/* The sender itself takes for lost what it sends again with @r. */
static void give_up_resent(struct ladder *l, struct conv *c, int side, const struct record *r)
{
	struct pending **link = &c->pending, *p;

	/* Whether the other end is traced shows when something arrives there, or comes from it. */
	if (!c->traced[!side])
		return;
	while ((p = *link)) {
		const struct record *old = &p->row.rec;

		if (p->row.side != side || !span(old) ||
		    !before(old->seq, r->seq + span(r)) || !before(r->seq, old->seq + span(old)) ||
		    r->ns - p->row.sent_ns <= c->max_delay) {
			link = &p->next;
			continue;
		}
		p->row.lost = true;
		emit(l, &p->row);
		forget(c, link, p);
	}
}

static bool same_segment(const struct record *a, const struct record *b)
{
	return a->seq == b->seq && a->len == b->len && a->ack == b->ack && a->tsval == b->tsval &&
	       ((a->flags ^ b->flags) & (TF_SYN | TF_FIN | TF_RST | TF_ACK)) == 0;
}

/* One of them may be a piece of the other: segmentation and merging by the devices. */
static bool overlaps(const struct record *a, const struct record *b)
{
	return a->len && b->len && a->len != b->len && before(a->seq, b->seq + b->len) &&
	       before(b->seq, a->seq + a->len);
}

/* Leave of @p what @r has brought, and its other parts on their way. Returns that part. */
static struct pending *narrow(struct conv *c, struct pending *p, const struct record *r)
{
	struct pending *rest;

	if (before(p->row.rec.seq, r->seq)) {
		rest = cut(c, p, r->seq);
		if (!rest)
			return p;
		p = rest;
	}
	if (before(r->seq + r->len, p->row.rec.seq + p->row.rec.len))
		cut(c, p, r->seq + r->len);
	return p;
}

/* Returns true if @r is (part of) something that was sent. */
static bool match(struct ladder *l, struct conv *c, const struct record *r, int sender)
{
	struct pending *p, *next;
	bool found = false;

	for (p = c->pending; p; p = p->next) {
		if (p->row.side != sender || !same_segment(&p->row.rec, r))
			continue;
		if (p->row.retrans)
			give_up_resent(l, c, sender, &p->row.rec);
		arrived(l, p, r);
		find_and_forget(c, p);
		return true;
	}
	for (p = c->pending; p; p = next) {
		next = p->next;
		if (p->row.side != sender || !overlaps(&p->row.rec, r))
			continue;
		found = true;
		p = narrow(c, p, r);
		next = p->next;
		arrived(l, p, r);
		find_and_forget(c, p);
	}
	return found;
}

/* Everything from @side that the trace will tell no more of, up to what was sent at @until. */
static void give_up(struct ladder *l, struct conv *c, int side, uint64_t until, bool lost)
{
	struct pending **link = &c->pending, *p;

	while ((p = *link)) {
		if (p->row.side != side || p->row.sent_ns > until) {
			link = &p->next;
			continue;
		}
		p->row.lost = lost;
		emit(l, &p->row);
		forget(c, link, p);
	}
}

/* A keepalive or window probe takes no sequence numbers: it is none. */
static bool is_resent(struct conv *c, int side, const struct record *r)
{
	uint32_t end = r->seq + span(r);
	bool again = false;

	if (!span(r))
		return false;
	again = c->has_max[side] && before(r->seq, c->snd_max[side]);
	if (!c->has_max[side] || before(c->snd_max[side], end))
		c->snd_max[side] = end;
	c->has_max[side] = true;
	return again;
}

static int sent(struct ladder *l, struct conv *c, const struct record *r, int side)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	p->row = (struct row) {
		.kind = ROW_ARROW, .conv = c, .rec = *r, .side = side,
		.sent = true, .sent_ns = r->ns,
	};
	strcpy(p->row.sent_state, r->state);
	p->row.retrans = is_resent(c, side, r);
	if (p->row.retrans)
		give_up_resent(l, c, side, r);
	if (c->peer_untraced) {
		emit(l, &p->row);
		free(p);
		return 0;
	}
	*c->tail = p;
	c->tail = &p->next;
	return 0;
}

static void received(struct ladder *l, struct conv *c, const struct record *r, int side)
{
	int sender = !side;
	struct row row = {
		.kind = ROW_ARROW, .conv = c, .rec = *r, .side = sender,
		.received = true, .recv_ns = r->ns,
	};

	if (match(l, c, r, sender))
		return;
	row.dup = c->traced[sender];
	if (!c->traced[sender]) {
		c->peer_untraced = true;
		give_up(l, c, side, UINT64_MAX, false);
		row.retrans = is_resent(c, sender, r);
	}
	strcpy(row.recv_state, r->state);
	emit(l, &row);
}

static void changed(struct ladder *l, struct conv *c, const struct record *r, int side)
{
	struct row row = { .kind = ROW_CHANGE, .conv = c, .rec = *r, .side = side };

	/* A handshake's record and the connection made of it may both report the same state. */
	if (!strcmp(c->state[side], r->to))
		return;
	strcpy(c->state[side], r->to);
	c->closed[side] = !strcmp(r->to, "CLOSED");
	emit(l, &row);
}

/* Sequence numbers are shown relative to the SYN, or to the first that was seen. */
static void learn(struct conv *c, const struct record *r, int sender)
{
	if (r->flags & TF_SYN || !c->has_base[sender])
		c->base[sender] = r->flags & TF_SYN ? r->seq : r->seq - 1;
	c->has_base[sender] = true;
	if (r->flags & TF_ACK && !c->has_base[!sender]) {
		c->base[!sender] = r->ack - 1;
		c->has_base[!sender] = true;
	}
	if (r->flags & TF_SYN)
		c->wscale[sender] = r->has_wscale ? r->wscale : -1;
}

int ladder_add(struct ladder *l, const struct record *r)
{
	struct row missing = { .kind = ROW_MISSING, .rec = *r };
	struct conv *c;
	int side;

	if (r->kind == REC_LOST)
		emit(l, &missing);
	if (r->kind == REC_LOST || r->kind == REC_NONE || !r->remote.port)
		return 0;
	ladder_tick(l, r->ns);
	c = find(l, r);
	if (!c)
		c = begin(l, r);
	if (!c)
		return -1;
	side = endpoint_equal(&c->end[0], &r->local) ? 0 : 1;
	c->traced[side] = true;
	if (c->traced[!side])
		c->peer_untraced = false;
	c->netns[side] = r->netns;
	if (r->kind == REC_STATE) {
		changed(l, c, r, side);
		return 0;
	}
	if (!c->state[side][0])
		strcpy(c->state[side], r->state);
	if (!strcmp(r->state, "CLOSED"))
		c->closed[side] = true;
	learn(c, r, r->kind == REC_OUT ? side : !side);
	if (r->kind == REC_OUT)
		return sent(l, c, r, side);
	received(l, c, r, side);
	return 0;
}

/*
 * How long a segment from @side may be on its way, ns: eight times the longest delay so far, and a
 * second at least, which a busy machine may need. A SYN to where nothing was traced yet is waited
 * for longer: only when it is sent again may it show whether the other end is traced.
 */
static uint64_t patience(const struct conv *c, int side)
{
	if (!c->traced[!side])
		return 5 * SECOND;
	return 8 * c->max_delay > SECOND ? 8 * c->max_delay : SECOND;
}

void ladder_tick(struct ladder *l, uint64_t now)
{
	struct conv *c;
	uint64_t age;
	int side;

	for (c = l->convs; c; c = c->next) {
		for (side = 0; c->pending && side < 2; side++) {
			age = patience(c, side);
			if (now > age)
				give_up(l, c, side, now - age, c->traced[!side]);
		}
	}
}

void ladder_flush(struct ladder *l)
{
	struct conv *c;
	int side;

	for (c = l->convs; c; c = c->next)
		for (side = 0; side < 2; side++)
			give_up(l, c, side, UINT64_MAX, c->traced[!side]);
}

bool ladder_pending(const struct ladder *l)
{
	const struct conv *c;

	for (c = l->convs; c; c = c->next)
		if (c->pending)
			return true;
	return false;
}

bool ladder_all_closed(const struct ladder *l)
{
	const struct conv *c;

	for (c = l->convs; c; c = c->next)
		if (!is_over(c))
			return false;
	return l->convs;
}

void ladder_free(struct ladder *l)
{
	struct conv *c, *next;

	for (c = l->convs; c; c = next) {
		next = c->next;
		while (c->pending)
			forget(c, &c->pending, c->pending);
		free(c);
	}
	ladder_init(l, l->emit, l->arg);
}
