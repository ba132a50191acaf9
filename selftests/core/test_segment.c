// SPDX-License-Identifier: GPL-2.0-only
/* Headers: what is read from bytes by hand, what is written, and that nothing else is touched. */

#include <arpa/inet.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "segment.h"
#include "seq.h"

#define SEED	20260101
#define ROUNDS	200000

/* A header with @n bytes of options in @opt, in memory of exactly its size */
static u8 *header(const u8 *opt, u32 n)
{
	static const u8 fixed[ATCP_HDR_MIN] = {
		0x30, 0x39, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0xf1, 0xf2, 0xf3, 0xf4,
		0x50, 0x18, 0xab, 0xcd, 0x11, 0x22, 0x33, 0x44,
	};
	u8 *p = malloc(ATCP_HDR_MIN + n);

	if (!p)
		abort();
	memcpy(p, fixed, ATCP_HDR_MIN);
	if (n)
		memcpy(p + ATCP_HDR_MIN, opt, n);
	p[12] = (ATCP_HDR_MIN + n) / 4 << 4;
	return p;
}

/* Parse the options in @opt; a failure shows as a header length of 0 */
static struct atcp_seg options(const u8 *opt, u32 n)
{
	struct atcp_seg s = { 0 };
	u8 *p = header(opt, n);

	if (atcp_seg_parse(&s, p, ATCP_HDR_MIN + n, ATCP_HDR_MIN + n))
		s.hdr_len = 0;
	free(p);
	return s;
}

#define OPTIONS(...) options((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

TEST(fields)
{
	struct atcp_seg s;
	u8 *p = header(NULL, 0);

	ASSERT_EQ(0, atcp_seg_parse(&s, p, ATCP_HDR_MIN, ATCP_HDR_MIN + 1000));
	EXPECT_EQ(0x01020304, s.seq);
	EXPECT_EQ(0xf1f2f3f4, s.ack);
	EXPECT_EQ(ATCP_ACK | ATCP_PSH, s.flags);
	EXPECT_EQ(0xabcd, s.wnd);
	EXPECT_EQ(0x3344, s.urg);
	EXPECT_EQ(ATCP_HDR_MIN, s.hdr_len);
	EXPECT_EQ(1000, s.len);
	EXPECT_EQ(0, s.opt.has);
	EXPECT_EQ(0, s.opt.nsacks);
	EXPECT_FALSE(s.ce);
	free(p);
}

TEST(span_counts_syn_and_fin)
{
	struct atcp_seg s = { .len = 10, .flags = ATCP_ACK };

	EXPECT_EQ(10, atcp_seg_span(&s));
	s.flags = ATCP_SYN;
	EXPECT_EQ(11, atcp_seg_span(&s));
	s.flags = ATCP_SYN | ATCP_FIN;
	EXPECT_EQ(12, atcp_seg_span(&s));
}

TEST(data_offset_out_of_bounds)
{
	struct atcp_seg s;
	u8 *p = header(NULL, 0);
	u32 words;

	for (words = 0; words < 16; words++) {
		p[12] = words << 4;
		EXPECT_EQ(words == 5 ? 0 : -EINVAL, atcp_seg_parse(&s, p, 20, 20));
		EXPECT_EQ(words == 5 ? 0 : -EINVAL, atcp_seg_parse(&s, p, 20, 1500));
	}
	p[12] = 5 << 4;
	EXPECT_EQ(-EINVAL, atcp_seg_parse(&s, p, 20, 19));
	EXPECT_EQ(-EINVAL, atcp_seg_parse(&s, p, 19, 20));
	EXPECT_EQ(-EINVAL, atcp_seg_parse(&s, p, 0, 0));
	free(p);
}

TEST(timestamps_in_both_layouts)
{
	struct atcp_seg fast = OPTIONS(1, 1, 8, 10, 0, 0, 0x12, 0x34, 0xff, 0xfe, 0xfd, 0xfc);
	struct atcp_seg slow = OPTIONS(8, 10, 0, 0, 0x12, 0x34, 0xff, 0xfe, 0xfd, 0xfc, 1, 1);

	EXPECT_EQ(ATCP_OPT_TS, fast.opt.has);
	EXPECT_EQ(0x1234, fast.opt.tsval);
	EXPECT_EQ(0xfffefdfc, fast.opt.tsecr);
	EXPECT_EQ(ATCP_OPT_TS, slow.opt.has);
	EXPECT_EQ(fast.opt.tsval, slow.opt.tsval);
	EXPECT_EQ(fast.opt.tsecr, slow.opt.tsecr);
	EXPECT_EQ(32, fast.hdr_len);
}

TEST(options_of_a_syn)
{
	struct atcp_seg s = OPTIONS(2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0,
				    1, 3, 3, 7);

	EXPECT_EQ(ATCP_OPT_MSS | ATCP_OPT_SACK_OK | ATCP_OPT_TS | ATCP_OPT_WSCALE, s.opt.has);
	EXPECT_EQ(1460, s.opt.mss);
	EXPECT_EQ(7, s.opt.wscale);
	EXPECT_EQ(9, s.opt.tsval);
}

TEST(user_timeout)
{
	struct atcp_seg s = OPTIONS(28, 4, 0x81, 0x02);

	EXPECT_EQ(ATCP_OPT_UTO, s.opt.has);
	EXPECT_EQ(0x8102, s.opt.uto);
	/* of another length it is another option */
	s = OPTIONS(28, 3, 0x81, 1);
	EXPECT_EQ(0, s.opt.has);
	s = OPTIONS(28, 6, 0x81, 1, 1, 1, 1, 1);
	EXPECT_EQ(0, s.opt.has);
	s = OPTIONS(1, 1, 28, 4);
	EXPECT_EQ(0, s.opt.has);
}

/* shows RFC5482-11 */
TEST(user_timeout_of_zero)
{
	struct atcp_seg s = OPTIONS(28, 4, 0, 0);

	EXPECT_EQ(0, s.opt.has);
	s = OPTIONS(28, 4, 0x80, 0);
	EXPECT_EQ(0, s.opt.has);
}

TEST(sack_blocks)
{
	struct atcp_seg s = OPTIONS(1, 1, 5, 18, 0, 0, 1, 0, 0, 0, 2, 0,
				    0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 5);

	ASSERT_EQ(2, s.opt.nsacks);
	EXPECT_EQ(0x100, s.opt.sacks[0].start);
	EXPECT_EQ(0x200, s.opt.sacks[0].end);
	EXPECT_EQ(0xfffffff0, s.opt.sacks[1].start);
	EXPECT_EQ(5, s.opt.sacks[1].end);
	/* Lengths that hold no whole number of blocks, none, or more than four */
	EXPECT_EQ(0, OPTIONS(5, 9, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0).opt.nsacks);
	EXPECT_EQ(0, OPTIONS(5, 2, 1, 1).opt.nsacks);
	EXPECT_EQ(0, OPTIONS(5, 12, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0).opt.nsacks);
}

TEST(unknown_option_is_passed_over)
{
	struct atcp_seg s = OPTIONS(254, 6, 0xf9, 0x89, 1, 2, 2, 4, 2, 0x18, 0, 0);

	EXPECT_EQ(ATCP_OPT_MSS, s.opt.has);
	EXPECT_EQ(536, s.opt.mss);
	/* so is one that we know, of a length that is not its own */
	s = OPTIONS(3, 4, 7, 7, 2, 3, 9, 4, 2, 2, 4, 2, 0x18, 1, 1, 1);
	EXPECT_EQ(ATCP_OPT_MSS | ATCP_OPT_SACK_OK, s.opt.has);
	EXPECT_EQ(536, s.opt.mss);
}

TEST(illegal_length_ends_the_options)
{
	/* zero, one, and beyond the header; what was read before stays */
	EXPECT_EQ(ATCP_OPT_SACK_OK, OPTIONS(4, 2, 9, 0, 2, 4, 5, 6).opt.has);
	EXPECT_EQ(ATCP_OPT_SACK_OK, OPTIONS(4, 2, 9, 1, 2, 4, 5, 6).opt.has);
	EXPECT_EQ(ATCP_OPT_SACK_OK, OPTIONS(4, 2, 9, 7, 2, 4, 5, 6).opt.has);
	EXPECT_EQ(ATCP_OPT_SACK_OK, OPTIONS(4, 2, 1, 8).opt.has);
	EXPECT_EQ(ATCP_OPT_SACK_OK, OPTIONS(4, 2, 8, 10, 0, 0, 0, 0).opt.has);
	EXPECT_EQ(24, OPTIONS(9, 0, 1, 1).hdr_len);
}

TEST(nothing_after_the_end)
{
	EXPECT_EQ(0, OPTIONS(0, 2, 4, 2).opt.has);
	EXPECT_EQ(ATCP_OPT_SACK_OK, OPTIONS(1, 4, 2, 0, 2, 4, 5, 6).opt.has);
}

TEST(last_of_two_counts)
{
	EXPECT_EQ(1000, OPTIONS(2, 4, 2, 0, 2, 4, 3, 232).opt.mss);
	EXPECT_EQ(9, OPTIONS(3, 3, 8, 3, 3, 9, 1, 1).opt.wscale);
}

TEST(odd_values)
{
	EXPECT_EQ(0, OPTIONS(2, 4, 0, 0).opt.has);
	EXPECT_EQ(255, OPTIONS(3, 3, 255, 1).opt.wscale);
}

TEST(built_syn_byte_by_byte)
{
	static const u8 want[40] = {
		0x04, 0x00, 0x00, 0x50, 0x0a, 0x0b, 0x0c, 0x0d, 0, 0, 0, 0,
		0xa0, 0x02, 0xff, 0xff, 0, 0, 0, 0,
		2, 4, 0x05, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 14,
	};
	struct atcp_seg s = {
		.seq = 0x0a0b0c0d,
		.ack = 77,	/* no ACK flag: not to be shown */
		.urg = 77,
		.flags = ATCP_SYN,
		.wnd = 0xffff,
		.opt = {
			.has = ATCP_OPT_MSS | ATCP_OPT_SACK_OK | ATCP_OPT_TS | ATCP_OPT_WSCALE,
			.mss = 1460, .wscale = 14, .tsval = 0x01020304,
		},
	};
	u8 buf[ATCP_HDR_MAX];

	memset(buf, 0xee, sizeof(buf));
	ASSERT_EQ(sizeof(want), atcp_seg_build(&s, htons(1024), htons(80), buf));
	EXPECT_EQ(sizeof(want), atcp_seg_hdr_len(&s));
	EXPECT_EQ(0, memcmp(want, buf, sizeof(want)));
	EXPECT_EQ(0xee, buf[sizeof(want)]);
}

/* Build @s into memory of exactly its size, and read it again. */
static int rebuild(const struct atcp_seg *s, struct atcp_seg *back)
{
	u32 len = atcp_seg_hdr_len(s);
	u8 *buf = malloc(len);
	int err = -1;

	if (len <= ATCP_HDR_MAX && len % 4 == 0 &&
	    atcp_seg_build(s, htons(1), htons(2), buf) == len)
		err = atcp_seg_parse(back, buf, len, len);
	free(buf);
	return err;
}

TEST(what_is_built_is_read)
{
	u32 has, n, i, fit;

	for (has = 0; has < 64; has++) {
		for (n = 0; n <= ATCP_MAX_SACKS; n++) {
			struct atcp_seg back, s = {
				.seq = 1 + has, .ack = 0x80000000 + n, .wnd = 3,
				.flags = ATCP_ACK | ATCP_URG | ATCP_ECE, .urg = 4,
				.opt = { .has = has, .wscale = 5, .nsacks = n, .mss = 6,
					 .uto = 0x8009, .ack_us = 9, .tsval = 7, .tsecr = 8 },
			};

			for (i = 0; i < n; i++)
				s.opt.sacks[i] = (struct atcp_sack){ 100 * i, 100 * i + 50 };
			ASSERT_EQ(0, rebuild(&s, &back));
			EXPECT_EQ(s.seq, back.seq);
			EXPECT_EQ(s.ack, back.ack);
			EXPECT_EQ(s.flags, back.flags);
			EXPECT_EQ(s.wnd, back.wnd);
			EXPECT_EQ(s.urg, back.urg);
			EXPECT_EQ(0, back.len);
			EXPECT_EQ(has, back.opt.has);
			fit = (40 - (back.hdr_len - 20 -
				     (back.opt.nsacks ? 4 + 8 * back.opt.nsacks : 0)) - 4) / 8;
			EXPECT_EQ(n < fit ? n : fit, back.opt.nsacks);
			EXPECT_EQ(0, memcmp(s.opt.sacks, back.opt.sacks,
					    back.opt.nsacks * sizeof(s.opt.sacks[0])));
			if (has & ATCP_OPT_MSS)
				EXPECT_EQ(6, back.opt.mss);
			if (has & ATCP_OPT_WSCALE)
				EXPECT_EQ(5, back.opt.wscale);
			if (has & ATCP_OPT_TS) {
				EXPECT_EQ(7, back.opt.tsval);
				EXPECT_EQ(8, back.opt.tsecr);
			}
			if (has & ATCP_OPT_UTO)
				EXPECT_EQ(0x8009, back.opt.uto);
			if (has & ATCP_OPT_ACKDELAY)
				EXPECT_EQ(9, back.opt.ack_us);
		}
	}
}

/* RFC 6994: the number of the option is that of other experiments too. */
TEST(option_of_our_own)
{
	struct atcp_seg s = OPTIONS(253, 8, 'a', 't', 'c', 'p', 0x12, 0x34);

	EXPECT_EQ(ATCP_OPT_ACKDELAY, s.opt.has);
	EXPECT_EQ(0x1234, s.opt.ack_us);
	s = OPTIONS(253, 8, 'a', 't', 'c', 'q', 0x12, 0x34);
	EXPECT_EQ(0, s.opt.has);
	s = OPTIONS(253, 8, 'a', 't', 'c', 'p', 0, 0);
	EXPECT_EQ(0, s.opt.has);
	s = OPTIONS(253, 6, 'a', 't', 'c', 'p', 1, 1);
	EXPECT_EQ(0, s.opt.has);
	s = OPTIONS(254, 8, 'a', 't', 'c', 'p', 0x12, 0x34);
	EXPECT_EQ(0, s.opt.has);
}

TEST(three_sacks_beside_timestamps)
{
	struct atcp_seg back, s = {
		.flags = ATCP_ACK,
		.opt = { .has = ATCP_OPT_TS, .nsacks = 4 },
	};

	ASSERT_EQ(0, rebuild(&s, &back));
	EXPECT_EQ(3, back.opt.nsacks);
	EXPECT_EQ(60, back.hdr_len);
	s.opt.has = 0;
	ASSERT_EQ(0, rebuild(&s, &back));
	EXPECT_EQ(4, back.opt.nsacks);
	EXPECT_EQ(56, back.hdr_len);
}

/* Whatever the bytes: no read beyond them (the sanitizer sees to that), no count out of range. */
TEST(random_headers)
{
	u32 round, i, len, bad = 0;
	struct atcp_seg s;

	TH_LOG("seed %d", SEED);
	srandom(SEED);
	for (round = 0; round < ROUNDS; round++) {
		u8 *p;

		len = random() % 61;
		p = malloc(len ? len : 1);
		for (i = 0; i < len; i++)
			p[i] = random() % 4 ? random() % 20 : random();
		if (len > 12 && random() % 4)
			p[12] = len / 4 << 4;
		if (atcp_seg_parse(&s, p, len, len + random() % 100) == 0)
			bad += s.opt.nsacks > ATCP_MAX_SACKS || s.opt.has > 31 ||
			       s.hdr_len > len || s.hdr_len < 20;
		free(p);
	}
	EXPECT_EQ(0, bad);
}

TEST(sequence_numbers_wrap)
{
	EXPECT_TRUE(atcp_before(0xffffffff, 0));
	EXPECT_FALSE(atcp_before(0, 0xffffffff));
	EXPECT_FALSE(atcp_before(5, 5));
	EXPECT_TRUE(atcp_after(3, 0xfffffff0));
	EXPECT_FALSE(atcp_after(5, 5));
	EXPECT_TRUE(atcp_in_window(2, 0xfffffffe, 5));
	EXPECT_FALSE(atcp_in_window(3, 0xfffffffe, 5));
	EXPECT_FALSE(atcp_in_window(0xfffffffd, 0xfffffffe, 5));
	EXPECT_FALSE(atcp_in_window(7, 7, 0));
}

TEST_HARNESS_MAIN
