// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reassembly queue against a map that has a byte for each number: segments of any place and
 * size in a window, arrivals in order, failing memory.
 */
#include <stdlib.h>
#include <reasm.h>
#include <seq.h>
#include "fuzz.h"
#include "../core/port_stub.h"

#define WINDOW 4096	/* numbers after rcv_nxt that segments may take */

static struct {
	struct atcp_reasm r;
	u32 rcv_nxt;
	u32 made, given;	/* receive handles */
	u8 have[2 * WINDOW];	/* by the number's low bits */
} f;

static u8 *have(u32 seq)
{
	return &f.have[seq % sizeof(f.have)];
}

static u32 run_end(u32 at, u32 end, bool held)
{
	while (at != end) {
		u32 low = at % sizeof(f.have);
		u32 n = min_t(u32, end - at, sizeof(f.have) - low);
		const u8 *other = memchr(&f.have[low], held ? 0 : 1, n);

		if (other)
			return at + (u32)(other - &f.have[low]);
		at += n;
	}
	return end;
}

/* The ranges are the map's runs, neither more nor fewer nor others. */
static void check_ranges(void)
{
	u32 at = f.rcv_nxt, end = f.rcv_nxt + 2 * WINDOW - 1, bytes = 0;
	u16 n = 0;

	while ((at = run_end(at, end, false)) != end) {
		u32 stop = run_end(at, end, true);

		FUZZ_CHECK(n < f.r.n, "no range for %u..%u", at, stop);
		FUZZ_CHECK(f.r.ranges[n].start == at && f.r.ranges[n].end == stop,
			   "range %u is %u..%u, not %u..%u", n, f.r.ranges[n].start,
			   f.r.ranges[n].end, at, stop);
		bytes += stop - at;
		at = stop;
		n++;
	}
	FUZZ_CHECK(n == f.r.n, "%u ranges, not %u", f.r.n, n);
	FUZZ_CHECK(bytes == f.r.bytes, "%u bytes, not %u", f.r.bytes, bytes);
	FUZZ_CHECK(n <= ATCP_REASM_MAX && f.r.nrecent <= ATCP_MAX_SACKS, "%u, %u", n, f.r.nrecent);
}

/* Blocks are ranges, each told once, as many as there is room for. */
static void check_sacks(u8 max)
{
	struct atcp_sack out[ATCP_MAX_SACKS];
	u8 n = atcp_reasm_sacks(&f.r, out, max), i, j;

	FUZZ_CHECK(n == min_t(u16, max, f.r.n), "%u blocks of %u ranges", n, f.r.n);
	for (i = 0; i < n; i++) {
		FUZZ_CHECK(*have(out[i].start) && !*have(out[i].start - 1),
			   "%u starts no range", out[i].start);
		FUZZ_CHECK(run_end(out[i].start, out[i].start + 2 * WINDOW - 1, true) ==
			   out[i].end, "%u ends no range", out[i].end);
		for (j = 0; j < i; j++)
			FUZZ_CHECK(out[i].start != out[j].start, "%u is told twice", out[i].start);
	}
}

static void check_dup(u32 start, u32 end, const struct atcp_sack *dup)
{
	u32 from = run_end(start, end, false), to = run_end(from, end, true);

	if (from == end) {
		FUZZ_CHECK(dup->start == dup->end, "%u..%u told as known", dup->start, dup->end);
		return;
	}
	FUZZ_CHECK(dup->start == from && dup->end == to, "%u..%u told as known, not %u..%u",
		   dup->start, dup->end, from, to);
}

static void insert(u32 off, u32 len)
{
	u32 start = f.rcv_nxt + 1 + off, end = start + len, at;
	struct atcp_rxseg *rx = stub_rx(start, len);
	struct atcp_sack dup, first;
	bool joins = *have(start - 1) || run_end(start, end + 1, false) != end + 1;
	int err;

	f.made++;
	err = atcp_reasm_insert(&f.r, rx, f.rcv_nxt, &dup);
	check_dup(start, end, &dup);
	if (err) {
		free(rx);
		f.given++;
		if (err == -EEXIST)
			FUZZ_CHECK(run_end(start, end, true) == end, "%u..%u is new", start, end);
		else if (err == -ENOSPC)
			FUZZ_CHECK(f.r.n == ATCP_REASM_MAX && !joins, "%u ranges", f.r.n);
		else
			FUZZ_CHECK(err == -ENOMEM && stub.no_memory && !joins, "%d", err);
		return;
	}
	FUZZ_CHECK(run_end(start, end, true) != end, "%u..%u was known", start, end);
	for (at = start; at != end; at++)
		*have(at) = 1;
	/* RFC 2018 section 4: the first block is of the segment that came last */
	FUZZ_CHECK(atcp_reasm_sacks(&f.r, &first, 1) == 1 &&
		   !atcp_after(first.start, start) && !atcp_before(first.end, end),
		   "%u..%u is not in the first block", start, end);
}

/* @len bytes came in order: with them what they join up with. */
static void arrive(u32 len)
{
	u32 want = run_end(f.rcv_nxt + len, f.rcv_nxt + len + WINDOW, true), at;
	struct atcp_rxseg *rx;

	for (at = f.rcv_nxt; at != want; at++)
		*have(at) = 0;
	f.rcv_nxt += len;
	while ((rx = atcp_reasm_pull(&f.r, f.rcv_nxt))) {
		FUZZ_CHECK(!rx->next && !atcp_after(rx->seq, f.rcv_nxt) &&
			   atcp_after(rx->seq + rx->len, f.rcv_nxt),
			   "%u+%u at %u", rx->seq, rx->len, f.rcv_nxt);
		f.rcv_nxt = rx->seq + rx->len;
		f.given++;
		free(rx);
	}
	FUZZ_CHECK(f.rcv_nxt == want, "at %u, not %u", f.rcv_nxt, want);
}

/* Many small segments with gaps between: a hole each. */
static void comb(u32 off, u32 count, u32 step)
{
	while (count-- && off < WINDOW - 4) {
		insert(off, 1);
		off += step;
	}
}

/* What is before @off stays, and what the segments there hold beyond; the rest goes. */
static void prune(u32 off)
{
	u32 from = f.rcv_nxt + 1 + off, end = f.rcv_nxt + 2 * WINDOW - 1, had = f.r.bytes, at;
	u32 dropped = atcp_reasm_prune(&f.r, from);

	FUZZ_CHECK(dropped == had - f.r.bytes, "%u of %u bytes, %u left", dropped, had, f.r.bytes);
	at = f.r.n ? f.r.ranges[f.r.n - 1].end : f.rcv_nxt;
	if (atcp_before(at, from))
		at = from;
	FUZZ_CHECK(run_end(from, at, true) == at, "a hole in what is left after %u", from);
	for (; at != end; at++)
		*have(at) = 0;
}

static void step(struct fuzz_in *in)
{
	u16 op = fuzz_u16(in);
	u32 off = op % WINDOW;

	stub.no_memory = (op >> 12) == 15;
	switch (op >> 12) {
	case 0:
	case 1:
		arrive(1 + off % 1500);
		break;
	case 2:
		comb(off, 4 * fuzz_u8(in), 2 + off % 3);
		break;
	case 3:
		check_sacks(off % (ATCP_MAX_SACKS + 1));
		break;
	case 14:
		prune(off);
		break;
	case 4:
		/* to where a range starts, or a byte beside: where merging may go wrong */
		if (f.r.n)
			off = f.r.ranges[off % f.r.n].start - f.rcv_nxt - off % 3;
		off = min_t(u32, off, WINDOW - 4);
		insert(off, 1 + fuzz_u8(in) % (WINDOW - off - 2));
		break;
	default:
		off = min_t(u32, off, WINDOW - 4);
		insert(off, 1 + (op >> 12 & 1 ? fuzz_u16(in) : fuzz_u8(in)) % (WINDOW - off - 2));
	}
	check_ranges();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_in in = { data, size };

	memset(&f, 0, sizeof(f));
	memset(&stub, 0, sizeof(stub));
	f.rcv_nxt = 0U - fuzz_u16(&in);
	while (in.left)
		step(&in);
	check_sacks(ATCP_MAX_SACKS);
	atcp_reasm_purge(&f.r);
	FUZZ_CHECK(f.made == f.given + stub.rx_freed, "%u segments, %u freed", f.made,
		   f.given + stub.rx_freed);
	FUZZ_CHECK(!stub.allocated, "%zu bytes are left", stub.allocated);
	return 0;
}
