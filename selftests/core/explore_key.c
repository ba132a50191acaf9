// SPDX-License-Identifier: GPL-2.0-only
/*
 * A joint state as 64 bits, without what makes no difference: which of the two ends is called A,
 * how many initial sequence numbers have gone by, statistics, and the time.
 *
 * Sequence numbers are written as the rank of their initial number among those that are still
 * in use anywhere, and the distance from it. What is left out must not change what can happen
 * next: --verify looks.
 */
#include <stdlib.h>
#include <output.h>
#include "explore.h"

#define WORDS	512
#define INC	24
#define INCS	64

struct key {
	u32 word[WORDS];
	u32 n;
	u8 rank[2][INCS];	/* of the initial numbers of either end; 0 unused */
	bool ranking;		/* first pass: which are in use? */
	u8 flip;		/* the host that comes first */
};

static void put(struct key *k, u32 v)
{
	if (k->n < WORDS)
		k->word[k->n++] = v;
	else
		x_fail("a joint state is too large");
}

/* @whose: the host in whose sequence space @v is */
static void put_seq(struct key *k, u32 whose, u32 v)
{
	u32 at = v - x_base(whose) + (1U << (INC - 1));
	u32 inc = at >> INC;

	if (!v) {
		put(k, U32_MAX);
		return;
	}
	if (inc >= INCS) {
		x_fail("sequence number %u of %c is from nowhere", v, 'A' + whose);
		return;
	}
	if (k->ranking)
		k->rank[whose][inc] = 1;
	put(k, (u32)k->rank[whose][inc] << INC | (at & ((1U << INC) - 1)));
}

/* A window never binds here, it is thousands of times what is sent; unless it should be shut */
static u32 is_open(u32 wnd)
{
	return wnd > X_DATA + 2;
}

static void put_queue(struct key *k, u32 me, const struct atcp_conn *c)
{
	const struct atcp_txseg *t;

	list_for_each_entry(t, &c->txq, node) {
		put(k, 0x100 | (t == c->tx_next) << 1 | (t == c->rtx_hint));
		put_seq(k, me, t->seq);
		put(k, t->len << 16 | t->flags << 8 | t->mark);
	}
	put(k, 0);
}

static void put_ranges(struct key *k, u32 peer, const struct atcp_conn *c)
{
	const struct atcp_rxseg *rx;
	u32 i;

	put(k, c->ooo.n);
	for (i = 0; i < c->ooo.n; i++) {
		put_seq(k, peer, c->ooo.ranges[i].start);
		put_seq(k, peer, c->ooo.ranges[i].end);
		for (rx = c->ooo.ranges[i].head; rx; rx = rx->next) {
			put_seq(k, peer, rx->seq);
			put(k, rx->len << 8 | rx->flags);
		}
	}
	if (c->dsack.start != c->dsack.end) {
		put_seq(k, peer, c->dsack.start);
		put_seq(k, peer, c->dsack.end);
	}
	if (c->rcv_fin)
		put_seq(k, peer, c->rcv_fin_seq);
}

static void put_recovery(struct key *k, u32 me, const struct atcp_conn *c)
{
	put(k, c->frto | c->undo << 2 | c->reordering << 3 | c->tlp_out << 4 | c->tlp_again << 5 |
	       c->dsack_round << 6 | !!c->rack_ns << 7 | c->rec.rack_mult << 8 |
	       c->tlp_unmeasured << 15 | c->undo_retrans << 16 | c->undo_tick << 23);
	if (c->rack_ns) {
		put_seq(k, me, c->rec.rack_end);
		put_seq(k, me, c->rec.fack);
	}
	if (c->tlp_out)
		put_seq(k, me, c->rec.tlp_end);
	if (c->dsack_round)
		put_seq(k, me, c->rec.dsack_end);
	if (c->undo)
		put_seq(k, me, c->rec.undo_una);
	if (c->ca_state == ATCP_CA_RECOVERY)
		put(k, c->rec.prr_delivered << 16 | c->rec.prr_out << 8 | c->rec.flight);
}

static void put_conn(struct key *k, u32 me, const struct atcp_conn *c)
{
	u32 peer = !me, i, armed = 0;

	for (i = 0; i < ATCP_NTIMERS; i++)
		armed |= !!c->timer[i] << i;
	armed |= (c->pace_at > X_NOW) << ATCP_NTIMERS;
	put(k, c->state | armed << 8 | c->ca_state << 16 | !!c->challenge_at << 24);
	put(k, c->sack_ok | c->ts_ok << 1 | c->passive << 3 | c->rtx_why << 24 |
	       c->ack_now << 5 | c->ack_sched << 6 | c->fin_queued << 7 | c->rcv_fin << 8 |
	       c->orphan << 9 | c->fast_rtx << 10 | c->close_pending << 11 |
	       !!c->ts_recent << 12 | c->rtx_count << 16);
	put(k, c->probes | (u32)c->rtt.backoff << 8 | min_t(u32, c->dupacks, 3) << 16);
	put(k, c->rtx_start ? 1 + (X_NOW - c->rtx_start) / ATCP_NS_PER_MS : 0);
	put_seq(k, me, c->iss);
	put_seq(k, me, c->snd_una);
	put_seq(k, me, c->snd_nxt);
	put_seq(k, me, c->write_seq);
	if (c->state != ATCP_SYN_SENT) {
		put_seq(k, peer, c->irs);
		put_seq(k, peer, c->rcv_nxt);
		put_seq(k, peer, c->rcv_wup);
	}
	put(k, is_open(c->snd_wnd) | is_open(c->max_window) << 1);
	put(k, c->sacked << 24 | c->lost << 16 | c->retrans << 8);
	put(k, c->dup_bytes);
	if (c->ca_state >= ATCP_CA_RECOVERY)
		put_seq(k, me, c->recover);
	if (c->state != ATCP_SYN_SENT && c->state != ATCP_SYN_RECV && !atcp_syn_out(c))
		put_recovery(k, me, c);
	put_queue(k, me, c);
	put_ranges(k, peer, c);
}

static void put_host(struct key *k, u32 me)
{
	const struct x_host *h = &world.host[me];

	put(k, h->live | h->listening << 1 | h->req_live << 2 | h->tw_live << 3 |
	       h->shut << 4 | h->left << 5 | h->connected << 6 | h->stale << 7 |
	       h->written << 8 | h->got << 16);
	if (h->live)
		put_conn(k, me, &h->c);
	if (h->req_live) {
		put(k, h->req.state | h->req.timeouts << 8 | !!h->req.challenge_at << 16 |
		       h->req.has << 24);
		put_seq(k, me, h->req.iss);
		put_seq(k, !me, h->req.irs);
		put(k, is_open(h->req.peer_wnd) << 16 | h->req.mss);
	}
	if (h->tw_live) {
		put(k, h->tw.state | !!h->tw.challenge_at << 8 | h->tw.ts_ok << 16);
		put_seq(k, me, h->tw.snd_nxt);
		put_seq(k, !me, h->tw.rcv_nxt);
		put(k, is_open(h->tw.rcv_wnd));
	}
}

static void put_pkt(struct key *k, const struct x_pkt *p)
{
	const struct atcp_seg *s = &p->s;
	u32 i, from = !p->to;

	put(k, s->flags | s->len << 8 | (p->to ^ k->flip) << 12 | is_open(s->wnd) << 16);
	put(k, s->opt.has | s->opt.nsacks << 8 | !!s->opt.tsecr << 24 |
	       (s->len && p->byte != x_pattern(s->seq)) << 16);
	put_seq(k, from, s->seq);
	if (s->flags & ATCP_ACK)
		put_seq(k, p->to, s->ack);
	for (i = 0; i < s->opt.nsacks; i++) {
		put_seq(k, p->to, s->opt.sacks[i].start);
		put_seq(k, p->to, s->opt.sacks[i].end);
	}
}

static u64 mix(u64 h, u64 v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

static u64 digest(const struct key *k, u32 from)
{
	u64 h = 0x2545f4914f6cdd1dULL;
	u32 i;

	for (i = from; i < k->n; i++)
		h = mix(h, k->word[i]);
	h = mix(h, k->n - from);
	return h ^ h >> 32;
}

static void put_world(struct key *k)
{
	u64 sum = 0;
	u32 i, n;

	k->n = 0;
	put(k, world.opens | world.listens << 8 | world.aborts << 16 | world.faults << 24);
	put(k, world.hasty);
	put_host(k, k->flip);
	put_host(k, !k->flip);
	for (n = 0; n < 2; n++) {
		u32 to = n ^ k->flip;

		put(k, world.queued[to]);
		for (i = 0; i < world.queued[to]; i++)
			put_pkt(k, &world.queue[to][i]);
	}
	/* what is held back has no order */
	for (i = 0; i < world.lates; i++) {
		u32 at = k->n;

		put_pkt(k, &world.late[i]);
		sum += digest(k, at);
		if (!k->ranking)
			k->n = at;
	}
	put(k, (u32)sum);
	put(k, (u32)(sum >> 32));
}

static u64 key_of(u8 flip)
{
	struct key k;
	u32 whose, i;

	memset(&k.rank, 0, sizeof(k.rank));
	k.flip = flip;
	k.ranking = true;
	put_world(&k);
	for (whose = 0; whose < 2; whose++) {
		u8 rank = 0;

		for (i = 0; i < INCS; i++)
			if (k.rank[whose][i])
				k.rank[whose][i] = ++rank;
	}
	k.ranking = false;
	put_world(&k);
	return digest(&k, 0);
}

u64 x_key(void)
{
	u64 a = key_of(0), b = key_of(1);
	u64 key = min(a, b);

	return key ? key : 1;
}
