/* SPDX-License-Identifier: GPL-2.0-only */
/* What fuzz targets share: bytes off the input, segments made of them, the way to fail. */
#ifndef _FUZZ_H
#define _FUZZ_H

#include <segment.h>

/* What is left of an input. At its end it goes on with zeroes. */
struct fuzz_in {
	const u8 *p;
	size_t left;
};

/* Numbers that a segment is made near: @span many from each on may be acceptable. */
struct fuzz_near {
	u32 seq, seq_span;
	u32 ack, ack_span;
	u32 tsval, tsecr;
};

u8 fuzz_u8(struct fuzz_in *in);
u16 fuzz_u16(struct fuzz_in *in);
u32 fuzz_u32(struct fuzz_in *in);

/* A number at, in, just beside or far from the @span ones that start at @near: by @how. */
u32 fuzz_number(struct fuzz_in *in, u8 how, u32 near, u32 span);

/* Any segment at all, the likely ones with few bytes of input. */
void fuzz_segment(struct fuzz_in *in, const struct fuzz_near *near, struct atcp_seg *s);

/* Say what is wrong and die. */
void fuzz_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#define FUZZ_CHECK(cond, fmt, ...) do { \
	if (!(cond)) \
		fuzz_fail("%s:%d: %s: " fmt, __FILE__, __LINE__, #cond, ##__VA_ARGS__); \
	} while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif /* _FUZZ_H */
