// SPDX-License-Identifier: GPL-2.0-only
/*
 * Headers off the wire: nothing is read past their end, what is read is what a second, slow
 * reading of RFC 9293 section 3.1 finds, and what is built of it reads the same again.
 */
#include <stdlib.h>
#include "fuzz.h"

static u32 be(const u8 *p, u32 n)
{
	u32 v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

/* One option of known kind and the length that is its own. */
static void read_option(const u8 *p, struct atcp_opts *o)
{
	u32 i;

	if (p[0] == 2 && p[1] == 4 && be(p + 2, 2)) {
		o->has |= ATCP_OPT_MSS;
		o->mss = (u16)be(p + 2, 2);
	} else if (p[0] == 3 && p[1] == 3) {
		o->has |= ATCP_OPT_WSCALE;
		o->wscale = p[2];
	} else if (p[0] == 4 && p[1] == 2) {
		o->has |= ATCP_OPT_SACK_OK;
	} else if (p[0] == 8 && p[1] == 10) {
		o->has |= ATCP_OPT_TS;
		o->tsval = be(p + 2, 4);
		o->tsecr = be(p + 6, 4);
	} else if (p[0] == 28 && p[1] == 4 && be(p + 2, 2) & 0x7fff) {
		o->has |= ATCP_OPT_UTO;
		o->uto = (u16)be(p + 2, 2);
	} else if (p[0] == 253 && p[1] == 8 && be(p + 2, 4) == 0x61746370 && be(p + 6, 2)) {
		o->has |= ATCP_OPT_ACKDELAY;
		o->ack_us = (u16)be(p + 6, 2);
	} else if (p[0] == 5 && p[1] >= 10 && p[1] <= 34 && p[1] % 8 == 2) {
		o->nsacks = p[1] / 8;
		for (i = 0; i < o->nsacks; i++) {
			o->sacks[i].start = be(p + 2 + 8 * i, 4);
			o->sacks[i].end = be(p + 6 + 8 * i, 4);
		}
	}
}

static void read_options(const u8 *p, u32 len, struct atcp_opts *o)
{
	u32 at = 0;

	memset(o, 0, sizeof(*o));
	while (at < len && p[at]) {
		if (p[at] == 1) {
			at++;
			continue;
		}
		if (at + 1 == len || p[at + 1] < 2 || at + p[at + 1] > len)
			return;
		read_option(p + at, o);
		at += p[at + 1];
	}
}

static void same_options(const struct atcp_opts *a, const struct atcp_opts *b)
{
	u32 i;

	FUZZ_CHECK(a->has == b->has, "%#x, %#x", a->has, b->has);
	FUZZ_CHECK(a->nsacks == b->nsacks, "%u, %u", a->nsacks, b->nsacks);
	FUZZ_CHECK(!(a->has & ATCP_OPT_MSS) || a->mss == b->mss, "%u, %u", a->mss, b->mss);
	FUZZ_CHECK(!(a->has & ATCP_OPT_WSCALE) || a->wscale == b->wscale, "%u, %u", a->wscale,
		   b->wscale);
	FUZZ_CHECK(!(a->has & ATCP_OPT_UTO) || a->uto == b->uto, "%u, %u", a->uto, b->uto);
	FUZZ_CHECK(!(a->has & ATCP_OPT_ACKDELAY) || a->ack_us == b->ack_us, "%u, %u", a->ack_us,
		   b->ack_us);
	FUZZ_CHECK(!(a->has & ATCP_OPT_TS) || a->tsval == b->tsval, "%u, %u", a->tsval, b->tsval);
	FUZZ_CHECK(!(a->has & ATCP_OPT_TS) || a->tsecr == b->tsecr, "%u, %u", a->tsecr, b->tsecr);
	for (i = 0; i < a->nsacks; i++) {
		FUZZ_CHECK(a->sacks[i].start == b->sacks[i].start, "block %u", i);
		FUZZ_CHECK(a->sacks[i].end == b->sacks[i].end, "block %u", i);
	}
}

/* Memory of the exact size: a byte more is found by the sanitizer. */
static u8 *exactly(const u8 *data, u32 len)
{
	u8 *p = malloc(len ? len : 1);

	if (!p)
		abort();
	if (data)
		memcpy(p, data, len);
	return p;
}

/* Build @s twice, with a reading between: the same bytes, and the same meaning. */
static void round_trip(struct atcp_seg *s)
{
	u32 len = atcp_seg_hdr_len(s);
	u8 *first = exactly(NULL, len), *second;
	struct atcp_seg r;

	FUZZ_CHECK(len <= ATCP_HDR_MAX && len % 4 == 0, "%u", len);
	FUZZ_CHECK(atcp_seg_build(s, 0x1234, 0x5678, first) == len, "%u", len);
	FUZZ_CHECK(!atcp_seg_parse(&r, first, len, len + s->len), "hdr_len %u", len);
	FUZZ_CHECK(r.seq == s->seq, "%u, %u", r.seq, s->seq);
	FUZZ_CHECK(r.ack == (s->flags & ATCP_ACK ? s->ack : 0), "%u, %u", r.ack, s->ack);
	FUZZ_CHECK(r.urg == (s->flags & ATCP_URG ? s->urg : 0), "%u, %u", r.urg, s->urg);
	FUZZ_CHECK(r.flags == s->flags && r.wnd == s->wnd && r.len == s->len && r.hdr_len == len,
		   "flags %#x, %#x", r.flags, s->flags);
	/* what does not fit is left out from behind */
	FUZZ_CHECK(r.opt.nsacks <= s->opt.nsacks, "%u, %u", r.opt.nsacks, s->opt.nsacks);
	FUZZ_CHECK(r.opt.nsacks == s->opt.nsacks || len > ATCP_HDR_MAX - 12, "%u left out of %u",
		   s->opt.nsacks - r.opt.nsacks, len);
	s->opt.nsacks = r.opt.nsacks;
	same_options(&r.opt, &s->opt);

	FUZZ_CHECK(atcp_seg_hdr_len(&r) == len, "%u, then %u", len, atcp_seg_hdr_len(&r));
	second = exactly(NULL, len);
	atcp_seg_build(&r, 0x1234, 0x5678, second);
	FUZZ_CHECK(!memcmp(first, second, len), "built anew of what was read");
	free(first);
	free(second);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct atcp_opts opts;
	struct atcp_seg s;
	u32 avail, total;
	u8 *hdr;
	int err;

	/* how much of the input is contiguous, and whether the segment is longer */
	if (size < 2 || size > 200)
		return 0;
	total = (u32)size - 2 + data[0];
	avail = data[1] < size - 2 ? data[1] : (u32)size - 2;
	hdr = exactly(data + 2, avail);
	memset(&s, 0xa5, sizeof(s));
	err = atcp_seg_parse(&s, hdr, avail, total);
	if (avail < ATCP_HDR_MIN || hdr[12] / 16 < 5 || hdr[12] / 16 * 4U > min(avail, total)) {
		FUZZ_CHECK(err == -EINVAL, "%d", err);
		free(hdr);
		return 0;
	}
	FUZZ_CHECK(!err, "%d", err);
	FUZZ_CHECK(s.hdr_len == hdr[12] / 16 * 4 && s.len == total - s.hdr_len, "%u + %u of %u",
		   s.hdr_len, s.len, total);
	FUZZ_CHECK(s.seq == be(hdr + 4, 4) && s.ack == be(hdr + 8, 4), "%u, %u", s.seq, s.ack);
	FUZZ_CHECK(s.flags == hdr[13] && s.wnd == be(hdr + 14, 2) && s.urg == be(hdr + 18, 2) &&
		   !s.ce, "flags %#x", s.flags);
	read_options(hdr + ATCP_HDR_MIN, s.hdr_len - ATCP_HDR_MIN, &opts);
	same_options(&s.opt, &opts);
	free(hdr);
	round_trip(&s);
	return 0;
}
