// SPDX-License-Identifier: GPL-2.0-only
/* Reassembly, by example and against a model that holds one flag a byte. */

#include <stdlib.h>

#include "kselftest_harness.h"
#include "port_stub.h"
#include "reasm.h"
#include "seq.h"

#define SEED	20260102
#define SPACE	600	/* bytes of the model */
#define ROUNDS	3000

static int insert(struct atcp_reasm *r, u32 seq, u32 len, u32 rcv_nxt, struct atcp_sack *dup)
{
	struct atcp_rxseg *rx = stub_rx(seq, len);
	int err = atcp_reasm_insert(r, rx, rcv_nxt, dup);

	if (err)
		free(rx);
	return err;
}

/* Where the ranges break a rule of struct atcp_reasm; NULL if nowhere */
static const char *broken(const struct atcp_reasm *r)
{
	u32 bytes = 0, i;

	if (r->n > ATCP_REASM_MIN << r->order ||
	    ATCP_REASM_MIN << r->order > ATCP_REASM_MAX || r->nrecent > ATCP_MAX_SACKS)
		return "a count is out of range";
	for (i = 0; i < r->n; i++) {
		const struct atcp_range *g = &r->ranges[i];
		const struct atcp_rxseg *rx;
		u32 end = g->start;

		if (!atcp_before(g->start, g->end))
			return "an empty range";
		if (i && !atcp_after(g->start, g[-1].end))
			return "not sorted, disjoint and apart";
		for (rx = g->head; rx; rx = rx->next) {
			if (atcp_after(rx->seq, end))
				return "a hole in a chain";
			if (atcp_after(rx->seq + rx->len, end))
				end = rx->seq + rx->len;
			if (!rx->next && rx != g->tail)
				return "tail is not the last";
		}
		if (end != g->end)
			return "a range is not what its chain holds";
		bytes += g->end - g->start;
	}
	return bytes == r->bytes ? NULL : "bytes miscounted";
}

FIXTURE(reasm) {
	struct atcp_reasm r;
	struct atcp_sack dup;
	struct atcp_sack sack[ATCP_MAX_SACKS];
};

FIXTURE_SETUP(reasm)
{
	memset(&stub, 0, sizeof(stub));
}

FIXTURE_TEARDOWN(reasm)
{
	EXPECT_EQ(NULL, broken(&self->r));
	atcp_reasm_purge(&self->r);
	EXPECT_EQ(0, self->r.n);
	EXPECT_EQ(0, self->r.bytes);
	EXPECT_EQ(0, stub.allocated);
}

TEST_F(reasm, one_segment)
{
	struct atcp_rxseg *rx;

	ASSERT_EQ(0, insert(&self->r, 110, 10, 100, &self->dup));
	EXPECT_EQ(self->dup.start, self->dup.end);
	EXPECT_EQ(10, self->r.bytes);
	EXPECT_EQ(NULL, atcp_reasm_pull(&self->r, 100));
	EXPECT_EQ(NULL, atcp_reasm_pull(&self->r, 109));
	rx = atcp_reasm_pull(&self->r, 112);
	ASSERT_NE(NULL, rx);
	EXPECT_EQ(110, rx->seq);
	EXPECT_EQ(0, self->r.n);
	EXPECT_EQ(0, self->r.bytes);
	EXPECT_EQ(0, self->r.nrecent);
	free(rx);
}

TEST_F(reasm, what_is_passed_is_freed)
{
	ASSERT_EQ(0, insert(&self->r, 110, 10, 100, &self->dup));
	ASSERT_EQ(0, insert(&self->r, 130, 10, 100, &self->dup));
	EXPECT_EQ(NULL, atcp_reasm_pull(&self->r, 125));
	EXPECT_EQ(1, stub.rx_freed);
	EXPECT_EQ(1, self->r.n);
	EXPECT_EQ(10, self->r.bytes);
}

TEST_F(reasm, neighbours_merge)
{
	ASSERT_EQ(0, insert(&self->r, 110, 10, 100, &self->dup));
	ASSERT_EQ(0, insert(&self->r, 130, 10, 100, &self->dup));
	EXPECT_EQ(2, self->r.n);
	ASSERT_EQ(0, insert(&self->r, 120, 10, 100, &self->dup));
	EXPECT_EQ(self->dup.start, self->dup.end);
	ASSERT_EQ(1, self->r.n);
	EXPECT_EQ(110, self->r.ranges[0].start);
	EXPECT_EQ(140, self->r.ranges[0].end);
	EXPECT_EQ(30, self->r.bytes);
}

TEST_F(reasm, nothing_new)
{
	ASSERT_EQ(0, insert(&self->r, 110, 30, 100, &self->dup));
	EXPECT_EQ(-EEXIST, insert(&self->r, 115, 10, 100, &self->dup));
	EXPECT_EQ(115, self->dup.start);
	EXPECT_EQ(125, self->dup.end);
	EXPECT_EQ(-EEXIST, insert(&self->r, 110, 30, 100, &self->dup));
	EXPECT_EQ(30, self->r.bytes);
}

TEST_F(reasm, first_duplicate_is_told)
{
	ASSERT_EQ(0, insert(&self->r, 110, 10, 100, &self->dup));
	ASSERT_EQ(0, insert(&self->r, 130, 10, 100, &self->dup));
	ASSERT_EQ(0, insert(&self->r, 115, 20, 100, &self->dup));
	EXPECT_EQ(115, self->dup.start);
	EXPECT_EQ(120, self->dup.end);
	EXPECT_EQ(30, self->r.bytes);
	EXPECT_EQ(0, stub.rx_freed);
}

TEST_F(reasm, what_is_covered_is_freed)
{
	ASSERT_EQ(0, insert(&self->r, 110, 10, 100, &self->dup));
	ASSERT_EQ(0, insert(&self->r, 130, 10, 100, &self->dup));
	ASSERT_EQ(0, insert(&self->r, 105, 60, 100, &self->dup));
	EXPECT_EQ(2, stub.rx_freed);
	EXPECT_EQ(1, self->r.n);
	EXPECT_EQ(60, self->r.bytes);
}

TEST_F(reasm, most_recent_block_first)
{
	u32 seq;

	for (seq = 200; seq <= 700; seq += 100)
		ASSERT_EQ(0, insert(&self->r, seq, 10, 100, &self->dup));
	ASSERT_EQ(4, atcp_reasm_sacks(&self->r, self->sack, 4));
	EXPECT_EQ(700, self->sack[0].start);
	EXPECT_EQ(710, self->sack[0].end);
	EXPECT_EQ(400, self->sack[3].start);
	/* an old one grows: it comes first, and whole */
	ASSERT_EQ(0, insert(&self->r, 310, 10, 100, &self->dup));
	ASSERT_EQ(3, atcp_reasm_sacks(&self->r, self->sack, 3));
	EXPECT_EQ(300, self->sack[0].start);
	EXPECT_EQ(320, self->sack[0].end);
	EXPECT_EQ(700, self->sack[1].start);
	EXPECT_EQ(600, self->sack[2].start);
	EXPECT_EQ(0, atcp_reasm_sacks(&self->r, self->sack, 0));
}

TEST_F(reasm, blocks_are_not_repeated_nor_left_out)
{
	u32 seq;
	u8 i;

	for (seq = 200; seq <= 700; seq += 100)
		ASSERT_EQ(0, insert(&self->r, seq, 10, 100, &self->dup));
	/* Three of the four most recent become one: two others fill the room. */
	ASSERT_EQ(0, insert(&self->r, 500, 210, 100, &self->dup));
	ASSERT_EQ(4, atcp_reasm_sacks(&self->r, self->sack, 4));
	EXPECT_EQ(500, self->sack[0].start);
	EXPECT_EQ(710, self->sack[0].end);
	EXPECT_EQ(400, self->sack[1].start);
	for (i = 1; i < 4; i++)
		EXPECT_NE(self->sack[i].start, self->sack[i - 1].start);
	EXPECT_EQ(900, self->sack[2].start + self->sack[3].start + 400);
}

TEST_F(reasm, numbers_wrap)
{
	u32 base = 0xfffffff0;
	struct atcp_rxseg *rx;

	ASSERT_EQ(0, insert(&self->r, base + 30, 10, base, &self->dup));
	ASSERT_EQ(0, insert(&self->r, base + 5, 5, base, &self->dup));
	ASSERT_EQ(0, insert(&self->r, base + 12, 8, base, &self->dup));
	ASSERT_EQ(3, self->r.n);
	EXPECT_EQ(base + 5, self->r.ranges[0].start);
	EXPECT_EQ(base + 12, self->r.ranges[1].start);
	EXPECT_EQ(NULL, atcp_reasm_pull(&self->r, base));
	rx = atcp_reasm_pull(&self->r, base + 5);
	ASSERT_NE(NULL, rx);
	free(rx);
}

TEST_F(reasm, bounded)
{
	u32 i, base = 0xffffff00;

	for (i = 0; i < ATCP_REASM_MAX; i++)
		ASSERT_EQ(0, insert(&self->r, base + 1 + 4 * i, 2, base, &self->dup));
	EXPECT_EQ(-ENOSPC, insert(&self->r, base + 1 + 4 * i, 2, base, &self->dup));
	EXPECT_EQ(NULL, broken(&self->r));
	/* what needs no range of its own is still taken */
	EXPECT_EQ(0, insert(&self->r, base + 3, 2, base, &self->dup));
	EXPECT_EQ(ATCP_REASM_MAX - 1, self->r.n);
	EXPECT_EQ(ATCP_REASM_MAX * sizeof(struct atcp_range), stub.allocated);
}

TEST_F(reasm, pruned_from_the_right)
{
	u32 seq;

	for (seq = 200; seq <= 700; seq += 100)
		ASSERT_EQ(0, insert(&self->r, seq, 10, 100, &self->dup));
	EXPECT_EQ(0, atcp_reasm_prune(&self->r, 710));
	EXPECT_EQ(0, stub.rx_freed);
	EXPECT_EQ(20, atcp_reasm_prune(&self->r, 510));
	EXPECT_EQ(2, stub.rx_freed);
	EXPECT_EQ(4, self->r.n);
	EXPECT_EQ(40, self->r.bytes);
	/* RFC 2018 section 8: no block of what is not held any more */
	ASSERT_EQ(4, atcp_reasm_sacks(&self->r, self->sack, 4));
	EXPECT_EQ(500, self->sack[0].start);
	EXPECT_EQ(400, self->sack[1].start);
	EXPECT_EQ(40, atcp_reasm_prune(&self->r, 100));
	EXPECT_EQ(0, self->r.n);
	EXPECT_EQ(0, self->r.nrecent);
	EXPECT_EQ(0, atcp_reasm_sacks(&self->r, self->sack, 4));
	/* and what comes again is new */
	ASSERT_EQ(0, insert(&self->r, 700, 10, 100, &self->dup));
	EXPECT_EQ(self->dup.start, self->dup.end);
}

TEST_F(reasm, pruned_within_a_range)
{
	u32 seq;

	for (seq = 200; seq < 300; seq += 10)
		ASSERT_EQ(0, insert(&self->r, seq, 10, 100, &self->dup));
	ASSERT_EQ(1, self->r.n);
	/* whole segments only: the one that 245 is in stays */
	EXPECT_EQ(50, atcp_reasm_prune(&self->r, 245));
	EXPECT_EQ(5, stub.rx_freed);
	EXPECT_EQ(250, self->r.ranges[0].end);
	EXPECT_EQ(0, atcp_reasm_prune(&self->r, 249));
	EXPECT_EQ(10, atcp_reasm_prune(&self->r, 240));
	ASSERT_EQ(1, atcp_reasm_sacks(&self->r, self->sack, 1));
	EXPECT_EQ(200, self->sack[0].start);
	EXPECT_EQ(240, self->sack[0].end);
	/* the chain goes on where it was cut */
	ASSERT_EQ(0, insert(&self->r, 240, 10, 100, &self->dup));
	EXPECT_EQ(1, self->r.n);
	EXPECT_EQ(250, self->r.ranges[0].end);
}

TEST_F(reasm, pruned_where_segments_overlap)
{
	ASSERT_EQ(0, insert(&self->r, 200, 100, 100, &self->dup));
	ASSERT_EQ(0, insert(&self->r, 250, 100, 100, &self->dup));
	ASSERT_EQ(0, insert(&self->r, 220, 200, 100, &self->dup));
	EXPECT_EQ(420, self->r.ranges[0].end);
	EXPECT_EQ(NULL, broken(&self->r));
	/* up to 300 the first has all: the others are of no use for it */
	EXPECT_EQ(120, atcp_reasm_prune(&self->r, 300));
	EXPECT_EQ(300, self->r.ranges[0].end);
}

TEST_F(reasm, no_memory)
{
	u32 i;

	stub.no_memory = true;
	EXPECT_EQ(-ENOMEM, insert(&self->r, 110, 10, 100, &self->dup));
	EXPECT_EQ(0, self->r.n);
	stub.no_memory = false;
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, insert(&self->r, 110 + 20 * i, 10, 100, &self->dup));
	stub.no_memory = true;
	EXPECT_EQ(-ENOMEM, insert(&self->r, 300, 10, 100, &self->dup));
	EXPECT_EQ(4, self->r.n);
	EXPECT_EQ(40, self->r.bytes);
}

struct model {
	bool held[SPACE];
	u32 base;
	u32 rcv_nxt;	/* index */
};

/* Insert at random and compare the answer with what the model knows. */
static const char *model_insert(struct model *m, struct atcp_reasm *r)
{
	u32 at = m->rcv_nxt + 1 + random() % (SPACE - m->rcv_nxt - 1);
	u32 len = 1 + random() % min_t(u32, SPACE - at, random() % 8 ? 20 : 150);
	u32 i, first = at + len, last, before = stub.rx_freed;
	struct atcp_sack dup;
	int err;

	for (i = at + len; i-- > at;)
		if (m->held[i])
			first = i;
	for (last = first; last < at + len && m->held[last]; last++)
		;
	err = insert(r, m->base + at, len, m->base + m->rcv_nxt, &dup);
	if (err == -EEXIST) {
		if (first != at || last != at + len)
			return "EEXIST for something new";
	} else if (err) {
		return "refused";
	} else if (first == at && last == at + len) {
		return "took what it had";
	}
	if (dup.end - dup.start != last - first ||
	    (last != first && dup.start != m->base + first))
		return "wrong duplicate";
	if (err && before != stub.rx_freed)
		return "freed what was the caller's";
	memset(&m->held[at], true, len);
	return NULL;
}

/* The missing bytes come: what follows must be pulled, each byte once. */
static const char *model_pull(struct model *m, struct atcp_reasm *r)
{
	struct atcp_rxseg *rx;
	u32 at;

	m->rcv_nxt += random() % 20;
	if (m->rcv_nxt >= SPACE - 1)
		m->rcv_nxt = SPACE - 2;
	while ((rx = atcp_reasm_pull(r, m->base + m->rcv_nxt))) {
		u32 seq = rx->seq, end = rx->seq + rx->len;

		at = m->base + m->rcv_nxt;
		free(rx);
		if (atcp_after(seq, at) || !atcp_after(end, at))
			return "pulled what is not next";
		for (; at != end; at++, m->rcv_nxt++)
			if (!m->held[m->rcv_nxt])
				return "pulled what was not put in";
	}
	if (m->rcv_nxt < SPACE && m->held[m->rcv_nxt])
		return "left what is next";
	return NULL;
}

/* What is needed for numbers before one that is picked stays; what goes, goes from the right. */
static const char *model_prune(struct model *m, struct atcp_reasm *r)
{
	u32 from = m->rcv_nxt + 1 + random() % (SPACE - m->rcv_nxt - 1), i;
	u32 had = r->bytes, dropped = atcp_reasm_prune(r, m->base + from), last, kept = 0;

	if (dropped != had - r->bytes)
		return "told another number of bytes than it dropped";
	last = r->n ? r->ranges[r->n - 1].end - m->base : 0;
	for (i = m->rcv_nxt; i < SPACE; i++) {
		if (i < from)
			kept += m->held[i];
		else if (i < last && !m->held[i])
			return "kept more than one segment too many";
		else if (i >= last)
			m->held[i] = false;
	}
	return r->bytes < kept ? "dropped what was to stay" : NULL;
}

static const char *model_sacks(const struct model *m, const struct atcp_reasm *r)
{
	struct atcp_sack sack[ATCP_MAX_SACKS];
	u8 i, n = atcp_reasm_sacks(r, sack, ATCP_MAX_SACKS);
	u32 at;

	if (n != min_t(u16, r->n, ATCP_MAX_SACKS))
		return "number of SACK blocks";
	for (i = 0; i < n; i++)
		for (at = sack[i].start - m->base; at != sack[i].end - m->base; at++)
			if (at >= SPACE || !m->held[at])
				return "SACK of what is not held";
	return NULL;
}

TEST_F(reasm, against_the_model)
{
	const char *bad = NULL;
	u32 round, op;

	TH_LOG("seed %d", SEED);
	srandom(SEED);
	for (round = 0; round < ROUNDS && !bad; round++) {
		struct model m = { .base = random() % 2 ? -(random() % SPACE) : random() };

		for (op = 0; op < 40 && !bad && m.rcv_nxt < SPACE - 2; op++) {
			u32 dice = random() % 24;

			bad = dice < 4 ? model_pull(&m, &self->r) :
			      dice < 5 ? model_prune(&m, &self->r) : model_insert(&m, &self->r);
			bad = bad ? bad : broken(&self->r);
			bad = bad ? bad : model_sacks(&m, &self->r);
		}
		atcp_reasm_purge(&self->r);
	}
	EXPECT_STREQ("", bad ? bad : "") {
		TH_LOG("round %u", round);
	}
}

TEST_HARNESS_MAIN
