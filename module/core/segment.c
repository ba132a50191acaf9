// SPDX-License-Identifier: GPL-2.0-only
/* TCP headers: parsing and building. RFC 9293 sections 3.1, 3.2, RFC 7323, RFC 2018, RFC 5482. */

#include "segment.h"

enum {
	OPT_END		= 0,
	OPT_NOP		= 1,
	OPT_MSS		= 2,
	OPT_WSCALE	= 3,
	OPT_SACK_OK	= 4,
	OPT_SACK	= 5,
	OPT_TS		= 8,
	OPT_UTO		= 28,
	OPT_TRIAL	= 253,	/* RFC 6994: which experiment is in the four bytes that follow */
};

#define LEN_MSS		4
#define LEN_WSCALE	3
#define LEN_SACK_OK	2
#define LEN_TS		10
#define LEN_UTO		4
#define LEN_ACKDELAY	8
#define LEN_SACK(n)	(2 + 8 * (n))

/* How everybody lays out timestamps on a segment of an open connection (RFC 7323 appendix A) */
#define TS_LAYOUT	(OPT_NOP << 24 | OPT_NOP << 16 | OPT_TS << 8 | LEN_TS)

/* "atcp": the option that tells how long ACKs are kept, which no document defines */
#define TRIAL_ACKDELAY	0x61746370U

/* Bytes of the options in a built header, each padded to four */
#define WORD_MSS	4
#define WORD_WSCALE	4
#define WORD_SACK_OK	4
#define WORD_UTO	4
#define WORD_SACK(n)	(4 + 8 * (n))
#define WORD_ACKDELAY	8

static void parse_ts(struct atcp_opts *o, const u8 *p)
{
	o->has |= ATCP_OPT_TS;
	o->tsval = get_unaligned_be32(p);
	o->tsecr = get_unaligned_be32(p + 4);
}

static void parse_sacks(struct atcp_opts *o, const u8 *p, u32 n)
{
	u32 i;

	o->nsacks = n;
	for (i = 0; i < n; i++, p += 8) {
		o->sacks[i].start = get_unaligned_be32(p);
		o->sacks[i].end = get_unaligned_be32(p + 4);
	}
}

/* @len is the length at @p, which fits; an option of another length than its kind's is unknown */
static void parse_option(struct atcp_opts *o, const u8 *p, u8 len)
{
	switch (p[0]) {
	case OPT_MSS:
		/* An MSS of zero says nothing: the default stays in force. */
		if (len != LEN_MSS || !get_unaligned_be16(p + 2))
			return;
		o->has |= ATCP_OPT_MSS;
		o->mss = get_unaligned_be16(p + 2);
		return;
	case OPT_WSCALE:
		if (len != LEN_WSCALE)
			return;
		o->has |= ATCP_OPT_WSCALE;
		o->wscale = p[2];
		return;
	case OPT_SACK_OK:
		if (len == LEN_SACK_OK)
			o->has |= ATCP_OPT_SACK_OK;
		return;
	case OPT_SACK:
		if (len >= LEN_SACK(1) && len <= LEN_SACK(ATCP_MAX_SACKS) && (len - 2) % 8 == 0)
			parse_sacks(o, p + 2, (len - 2) / 8);
		return;
	case OPT_TS:
		if (len == LEN_TS)
			parse_ts(o, p + 2);
		return;
	case OPT_UTO:
		/* RFC 5482 section 3.3: a value of 0 is reserved, whatever its unit */
		if (len != LEN_UTO || !(get_unaligned_be16(p + 2) & 0x7fff))
			return;
		o->has |= ATCP_OPT_UTO;
		o->uto = get_unaligned_be16(p + 2);
		return;
	case OPT_TRIAL:
		if (len != LEN_ACKDELAY || get_unaligned_be32(p + 2) != TRIAL_ACKDELAY ||
		    !get_unaligned_be16(p + 6))
			return;
		o->has |= ATCP_OPT_ACKDELAY;
		o->ack_us = get_unaligned_be16(p + 6);
		return;
	}
}

static void parse_options(struct atcp_opts *o, const u8 *p, const u8 *end)
{
	while (p < end && *p != OPT_END) {
		if (*p == OPT_NOP) {
			p++;
			continue;
		}
		/* MUST-7: no trust in a length that cannot be */
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			return;
		parse_option(o, p, p[1]);
		p += p[1];
	}
}

int atcp_seg_parse(struct atcp_seg *s, const void *hdr, u32 avail, u32 total)
{
	const u8 *p = hdr;
	u32 hdr_len;

	if (avail < ATCP_HDR_MIN)
		return -EINVAL;
	hdr_len = (p[12] >> 4) * 4;
	if (hdr_len < ATCP_HDR_MIN || hdr_len > avail || hdr_len > total)
		return -EINVAL;

	s->seq = get_unaligned_be32(p + 4);
	s->ack = get_unaligned_be32(p + 8);
	s->len = total - hdr_len;
	s->wnd = get_unaligned_be16(p + 14);
	s->urg = get_unaligned_be16(p + 18);
	s->flags = p[13];
	s->hdr_len = hdr_len;
	s->ce = false;
	s->opt.has = 0;
	s->opt.nsacks = 0;

	if (hdr_len == ATCP_HDR_MIN)
		return 0;
	if (likely(hdr_len == ATCP_HDR_MIN + ATCP_TS_LEN &&
		   get_unaligned_be32(p + ATCP_HDR_MIN) == TS_LAYOUT))
		parse_ts(&s->opt, p + ATCP_HDR_MIN + 4);
	else
		parse_options(&s->opt, p + ATCP_HDR_MIN, p + hdr_len);
	return 0;
}

/* Bytes of all options but SACK */
static u32 fixed_options(const struct atcp_opts *o)
{
	u32 len = 0;

	if (o->has & ATCP_OPT_MSS)
		len += WORD_MSS;
	if (o->has & ATCP_OPT_TS)
		len += ATCP_TS_LEN;	/* SACK-permitted takes the place of the NOPs */
	else if (o->has & ATCP_OPT_SACK_OK)
		len += WORD_SACK_OK;
	if (o->has & ATCP_OPT_WSCALE)
		len += WORD_WSCALE;
	if (o->has & ATCP_OPT_UTO)
		len += WORD_UTO;
	if (o->has & ATCP_OPT_ACKDELAY)
		len += WORD_ACKDELAY;
	return len;
}

static u32 sacks_that_fit(const struct atcp_opts *o, u32 used)
{
	u32 room = ATCP_HDR_MAX - ATCP_HDR_MIN - used;

	if (!o->nsacks || room < WORD_SACK(1))
		return 0;
	return min_t(u32, min_t(u32, o->nsacks, ATCP_MAX_SACKS), (room - WORD_SACK(0)) / 8);
}

u32 atcp_seg_hdr_len(const struct atcp_seg *s)
{
	u32 len = fixed_options(&s->opt);
	u32 nsacks = sacks_that_fit(&s->opt, len);

	return ATCP_HDR_MIN + len + (nsacks ? WORD_SACK(nsacks) : 0);
}

static u8 *put_sacks(u8 *p, const struct atcp_opts *o, u32 n)
{
	u32 i;

	put_unaligned_be32(OPT_NOP << 24 | OPT_NOP << 16 | OPT_SACK << 8 | LEN_SACK(n), p);
	p += 4;
	for (i = 0; i < n; i++, p += 8) {
		put_unaligned_be32(o->sacks[i].start, p);
		put_unaligned_be32(o->sacks[i].end, p + 4);
	}
	return p;
}

static u8 *put_options(u8 *p, const struct atcp_opts *o)
{
	u32 nsacks = sacks_that_fit(o, fixed_options(o));

	if (o->has & ATCP_OPT_MSS) {
		put_unaligned_be32(OPT_MSS << 24 | LEN_MSS << 16 | o->mss, p);
		p += WORD_MSS;
	}
	if (o->has & ATCP_OPT_TS) {
		put_unaligned_be32(TS_LAYOUT, p);
		if (o->has & ATCP_OPT_SACK_OK)
			put_unaligned_be16(OPT_SACK_OK << 8 | LEN_SACK_OK, p);
		put_unaligned_be32(o->tsval, p + 4);
		put_unaligned_be32(o->tsecr, p + 8);
		p += ATCP_TS_LEN;
	} else if (o->has & ATCP_OPT_SACK_OK) {
		put_unaligned_be32(OPT_NOP << 24 | OPT_NOP << 16 |
				   OPT_SACK_OK << 8 | LEN_SACK_OK, p);
		p += WORD_SACK_OK;
	}
	if (o->has & ATCP_OPT_WSCALE) {
		put_unaligned_be32(OPT_NOP << 24 | OPT_WSCALE << 16 |
				   LEN_WSCALE << 8 | o->wscale, p);
		p += WORD_WSCALE;
	}
	if (o->has & ATCP_OPT_UTO) {
		put_unaligned_be32(OPT_UTO << 24 | LEN_UTO << 16 | o->uto, p);
		p += WORD_UTO;
	}
	if (o->has & ATCP_OPT_ACKDELAY) {
		put_unaligned_be16(OPT_TRIAL << 8 | LEN_ACKDELAY, p);
		put_unaligned_be32(TRIAL_ACKDELAY, p + 2);
		put_unaligned_be16(o->ack_us, p + 6);
		p += WORD_ACKDELAY;
	}
	if (nsacks)
		p = put_sacks(p, o, nsacks);
	return p;
}

u32 atcp_seg_build(const struct atcp_seg *s, __be16 sport, __be16 dport, void *buf)
{
	u8 *p = buf;
	u32 len = put_options(p + ATCP_HDR_MIN, &s->opt) - p;

	memcpy(p, &sport, sizeof(sport));
	memcpy(p + 2, &dport, sizeof(dport));
	put_unaligned_be32(s->seq, p + 4);
	put_unaligned_be32(s->flags & ATCP_ACK ? s->ack : 0, p + 8);
	p[12] = len / 4 << 4;
	p[13] = s->flags;
	put_unaligned_be16(s->wnd, p + 14);
	put_unaligned_be16(0, p + 16);
	put_unaligned_be16(s->flags & ATCP_URG ? s->urg : 0, p + 18);
	return len;
}
