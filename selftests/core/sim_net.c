// SPDX-License-Identifier: GPL-2.0-only
/* The simulated network: what is lost, doubled, damaged, late or too big. */
#include <stdlib.h>
#include "sim.h"

#define ARCHIVE 64

static struct {
	struct sim_pkt **heap;
	u32 n, cap;
	struct sim_pkt *old[ARCHIVE]; /* what was sent, for the replay of stale segments */
	u32 nold;
} net;

static bool earlier(const struct sim_pkt *a, const struct sim_pkt *b)
{
	return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static void push(struct sim_pkt *p)
{
	u32 i = net.n++;

	if (net.n > net.cap) {
		net.cap = net.cap ? net.cap * 2 : 256;
		net.heap = realloc(net.heap, net.cap * sizeof(*net.heap));
	}
	p->order = sim.order++;
	for (; i && earlier(p, net.heap[(i - 1) / 2]); i = (i - 1) / 2)
		net.heap[i] = net.heap[(i - 1) / 2];
	net.heap[i] = p;
}

u64 sim_net_next(void)
{
	return net.n ? net.heap[0]->at : 0;
}

struct sim_pkt *sim_net_pop(void)
{
	struct sim_pkt *top = net.heap[0], *last = net.heap[--net.n];
	u32 i = 0, k;

	while ((k = 2 * i + 1) < net.n) {
		if (k + 1 < net.n && earlier(net.heap[k + 1], net.heap[k]))
			k++;
		if (!earlier(net.heap[k], last))
			break;
		net.heap[i] = net.heap[k];
		i = k;
	}
	net.heap[i] = last;
	return top;
}

/* Any single byte that differs shows. */
static u64 digest(const u8 *p, u32 len)
{
	u64 h = 0xcbf29ce484222325ULL;

	while (len--)
		h = (h ^ *p++) * 0x100000001b3ULL;
	return h;
}

bool sim_net_intact(const struct sim_pkt *p)
{
	return !p->sum || p->sum == digest(p->bytes, p->hdr + p->len);
}

static struct sim_pkt *copy_of(const struct sim_pkt *p)
{
	size_t size = sizeof(*p) + p->hdr + p->len;
	struct sim_pkt *q = malloc(size);

	memcpy(q, p, size);
	return q;
}

static bool lost(struct sim_link *l)
{
	if (l->cut)
		return true;
	if (l->bad ? sim_ppm(&sim.rng, l->burst_out) : sim_ppm(&sim.rng, l->burst_in))
		l->bad = !l->bad;
	return l->bad || sim_ppm(&sim.rng, l->loss);
}

/* When a packet of @bytes that is sent now will arrive; 0: the queue is full. */
static u64 arrival(struct sim_link *l, u32 bytes)
{
	u64 at = sim.now;

	if (l->rate) {
		u64 wait = l->busy > at ? l->busy - at : 0;

		if (wait * l->rate / SIM_SEC > l->queue)
			return 0;
		at += wait + bytes * SIM_SEC / l->rate;
		l->busy = at;
	}
	at += l->delay + sim_below(&sim.rng, l->jitter + 1);
	if (sim_ppm(&sim.rng, l->reorder))
		at += sim_below(&sim.rng, 4 * l->delay + SIM_MS);
	return at;
}

static void archive(const struct sim_pkt *p)
{
	struct sim_pkt **slot = &net.old[net.nold++ % ARCHIVE];

	free(*slot);
	*slot = copy_of(p);
}

/* What a middlebox that cuts segments anew might send: a part of what @p holds. */
static void recut(struct sim_pkt *p)
{
	u32 from = (u32)sim_below(&sim.rng, p->len);
	u32 len = (u32)sim_range(&sim.rng, 1, p->len - from);

	if (from + len < p->len)
		p->bytes[13] &= (u8)~(ATCP_FIN | ATCP_PSH);
	p->bytes[13] &= (u8)~ATCP_URG;
	put_unaligned_be32(p->seq + from, p->bytes + 4);
	memmove(p->bytes + p->hdr, p->bytes + p->hdr + from, len);
	p->len = len;
}

static void carry(struct sim_pkt *p)
{
	struct sim_link *l = &sim.link[p->to];

	if (l->mtu && p->hdr + p->len > l->mtu) {
		sim_draw(p, "too big");
		if (!sim_ppm(&sim.rng, l->hole))
			sim_net_icmp(!p->to, p->seq, EMSGSIZE, l->mtu, l->delay);
		free(p);
		return;
	}
	if (lost(l)) {
		sim_draw(p, "lost");
		free(p);
		return;
	}
	p->at = arrival(l, p->hdr + p->len);
	if (!p->at) {
		sim_draw(p, "queue full");
		free(p);
		return;
	}
	if (sim_ppm(&sim.rng, l->dup)) {
		struct sim_pkt *q = copy_of(p);

		q->at = arrival(l, 0) + sim_below(&sim.rng, 4 * l->delay + 1);
		if (q->len && !(q->bytes[13] & ATCP_SYN) && sim_one_in(&sim.rng, 2))
			recut(q);
		sim_draw(q, "doubled");
		push(q);
	}
	if (sim_ppm(&sim.rng, l->corrupt)) {
		p->sum = digest(p->bytes, p->hdr + p->len);
		p->bytes[sim_below(&sim.rng, p->hdr + p->len)] ^=
			(u8)(1 << sim_below(&sim.rng, 8));
		sim_draw(p, "damaged");
	} else {
		sim_draw(p, "");
	}
	push(p);
}

void sim_net_send(u8 to, const struct atcp_seg *s, const u8 *payload, u32 mss, bool forged)
{
	struct atcp_seg lie = *s;
	bool attack = forged;
	struct sim_pkt *p;
	u32 hdr;

	if (!forged && sim_ppm(&sim.rng, sim.link[to].liar)) {
		sim_lie(&lie);
		s = &lie;
		forged = true;
	}
	if (!forged && sim_ppm(&sim.rng, sim.link[to].shrink)) {
		lie.wnd = sim_one_in(&sim.rng, 2) ? 0 : (u16)sim_below(&sim.rng, s->wnd + 1);
		s = &lie;
	}
	hdr = atcp_seg_hdr_len(s);
	p = malloc(sizeof(*p) + hdr + s->len);
	p->kind = SIM_PKT_SEGMENT;
	p->to = to;
	p->forged = forged;
	p->incarnation = sim.incarnation;
	p->seq = s->seq;
	p->value = mss;
	p->ce = s->ect && sim_ppm(&sim.rng, sim.link[to].mark);
	p->sum = 0;
	p->hdr = hdr;
	p->len = s->len;
	if (atcp_seg_build(s, 0x1111, 0x2222, p->bytes) != hdr)
		sim_fail("atcp_seg_hdr_len() and atcp_seg_build() disagree");
	if (s->len)
		memcpy(p->bytes + hdr, payload, s->len);
	if (sim.incarnations > 1 && !forged)
		archive(p);
	if (attack) {
		/* at once: a number that was a bad guess must not have become the right one */
		p->at = sim.now;
		sim_draw(p, "");
		push(p);
		return;
	}
	carry(p);
}

void sim_net_icmp(u8 to, u32 seq, int err, u32 mtu, u64 delay)
{
	struct sim_pkt *p = calloc(1, sizeof(*p));

	p->kind = SIM_PKT_ICMP;
	p->to = to;
	p->seq = seq;
	p->err = err;
	p->value = mtu;
	p->at = sim.now + delay;
	push(p);
}

void sim_net_replay(bool any)
{
	const struct sim_pkt *p = net.old[sim_below(&sim.rng, ARCHIVE)];
	struct sim_pkt *q;

	if (!p || (!any && p->incarnation == sim.incarnation))
		return;
	/* these are judged by their number alone, and the number may have come round again */
	if (sim.tight && (p->bytes[13] & (ATCP_RST | ATCP_SYN)))
		return;
	q = copy_of(p);
	q->at = sim.now + sim.link[q->to].delay + sim_below(&sim.rng, sim.link[q->to].delay + 1);
	sim_draw(q, "stale");
	push(q);
}

void sim_net_heal(void)
{
	struct sim_link *l;

	for (l = sim.link; l < sim.link + 2; l++) {
		l->loss = 0;
		l->dup = 0;
		l->corrupt = 0;
		l->reorder = 0;
		l->burst_in = 0;
		l->mark = 0;
		l->liar = 0;
		l->shrink = 0;
		l->hole = 0;
		l->bad = false;
		l->cut = false;
		if (l->rate && l->rate < 20000)
			l->rate = 20000;
	}
}

void sim_net_purge(void)
{
	u32 i;

	for (i = 0; i < net.n; i++)
		free(net.heap[i]);
	for (i = 0; i < ARCHIVE; i++)
		free(net.old[i]);
	memset(net.old, 0, sizeof(net.old));
	net.n = 0;
	net.nold = 0;
	free(net.heap);
	net.heap = NULL;
	net.cap = 0;
}
