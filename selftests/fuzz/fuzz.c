// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdlib.h>
#include "fuzz.h"

/* Freed memory is not used again for a while; more of it would only be cold. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=16";
}

u8 fuzz_u8(struct fuzz_in *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

u16 fuzz_u16(struct fuzz_in *in)
{
	u8 high = fuzz_u8(in);

	return (u16)(high << 8 | fuzz_u8(in));
}

u32 fuzz_u32(struct fuzz_in *in)
{
	u32 high = fuzz_u16(in);

	return high << 16 | fuzz_u16(in);
}

u32 fuzz_number(struct fuzz_in *in, u8 how, u32 near, u32 span)
{
	switch (how & 7) {
	case 0:
		return near;
	case 1:
		return near + span;
	case 2:
		return near + (u32)(s8)fuzz_u8(in);
	case 3:
		return near + span + (u32)(s8)fuzz_u8(in);
	case 4:
		return near + fuzz_u16(in);
	case 5:
		return near - fuzz_u16(in);
	case 6:
		return near + 0x80000000U + (u32)(s8)fuzz_u8(in);
	default:
		return fuzz_u32(in);
	}
}

/* Small ones, and some of the size of a segment or a burst. */
static u32 payload(u8 code)
{
	return code < 200 ? code : (code - 199U) * 300;
}

static void sacks(struct fuzz_in *in, const struct fuzz_near *near, struct atcp_opts *o)
{
	u8 i;

	for (i = 0; i < o->nsacks; i++) {
		u8 how = fuzz_u8(in);

		o->sacks[i].start = fuzz_number(in, how, near->ack, near->ack_span);
		o->sacks[i].end = fuzz_number(in, how >> 4, near->ack, near->ack_span);
	}
}

void fuzz_segment(struct fuzz_in *in, const struct fuzz_near *near, struct atcp_seg *s)
{
	u8 how, opts;

	*s = (struct atcp_seg){ .flags = fuzz_u8(in) };
	how = fuzz_u8(in);
	opts = fuzz_u8(in);
	s->seq = fuzz_number(in, how, near->seq, near->seq_span);
	s->ack = fuzz_number(in, how >> 4, near->ack, near->ack_span);
	s->wnd = fuzz_u16(in);
	s->len = how & 0x08 ? payload(fuzz_u8(in)) : 0;
	s->urg = s->flags & ATCP_URG ? fuzz_u16(in) : 0;
	s->ce = how & 0x80;
	s->opt.has = (opts & 0x0f) | (opts & 0x80 ? ATCP_OPT_UTO : 0);
	s->opt.nsacks = opts >> 4 & 3;
	s->opt.mss = opts & ATCP_OPT_MSS ? max_t(u16, fuzz_u16(in), 1) : 0;
	s->opt.wscale = opts & ATCP_OPT_WSCALE ? fuzz_u8(in) : 0;
	if (opts & ATCP_OPT_TS) {
		how = opts & 0x40 ? fuzz_u8(in) : 0;
		s->opt.tsval = fuzz_number(in, how, near->tsval, 0);
		s->opt.tsecr = fuzz_number(in, how >> 4, near->tsecr, 0);
	}
	s->opt.uto = opts & 0x80 ? max_t(u16, fuzz_u16(in) & 0x7fff, 1) : 0;
	sacks(in, near, &s->opt);
}

void fuzz_fail(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	va_start(ap, fmt);
	fputs("FAILED: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	abort();
}
