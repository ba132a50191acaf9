/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What core/ takes from its surroundings, in userspace: the twin of the header
 * of this name in module/env. Only what core/ uses, with the kernel's names.
 */
#ifndef _ATCP_ENV_H
#define _ATCP_ENV_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <linux/types.h>

#include "list.h"

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#define U8_MAX		UINT8_MAX
#define U16_MAX		UINT16_MAX
#define U32_MAX		UINT32_MAX
#define U64_MAX		UINT64_MAX
#define S32_MAX		INT32_MAX
#define S32_MIN		INT32_MIN

#define BIT(n)		(1UL << (n))
#define ARRAY_SIZE(arr)	(sizeof(arr) / sizeof((arr)[0]))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define fallthrough	__attribute__((fallthrough))
#define __must_check	__attribute__((warn_unused_result))
#define READ_ONCE(x)	__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELAXED)

/* As in the kernel, operands of different types do not compile: min_t() says which is meant. */
#define ENV_PICK(a, op, b) ({ \
	typeof(a) __l = (a); \
	typeof(b) __r = (b); \
	static_assert(__builtin_types_compatible_p(typeof(a), typeof(b)), "types differ"); \
	__l op __r ? __l : __r; })

#define min(a, b)	ENV_PICK(a, <, b)
#define max(a, b)	ENV_PICK(a, >, b)
#define min3(a, b, c)	min(a, min(b, c))
#define min_t(type, a, b) ({ type __l = (a); type __r = (b); __l < __r ? __l : __r; })
#define max_t(type, a, b) ({ type __l = (a); type __r = (b); __l > __r ? __l : __r; })
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define max3(a, b, c)		max(max(a, b), c)
#define clamp_t(type, v, lo, hi) min_t(type, max_t(type, v, lo), hi)
#define swap(a, b) ({ \
	typeof(a) *__p = &(a); \
	typeof(b) *__q = &(b); \
	typeof(a) __t = *__p; \
	*__p = *__q; \
	*__q = __t; })

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

static inline u64 mul_u64_u32_div(u64 a, u32 mul, u32 divisor)
{
	return (u64)((__uint128_t)a * mul / divisor);
}

static inline u64 mul_u64_u64_div_u64(u64 a, u64 mul, u64 divisor)
{
	return (u64)((__uint128_t)a * mul / divisor);
}

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline u16 get_unaligned_be16(const void *p)
{
	const u8 *b = p;

	return (u16)(b[0] << 8 | b[1]);
}

static inline u32 get_unaligned_be32(const void *p)
{
	return (u32)get_unaligned_be16(p) << 16 | get_unaligned_be16((const u8 *)p + 2);
}

static inline void put_unaligned_be16(u16 v, void *p)
{
	u8 *b = p;

	b[0] = (u8)(v >> 8);
	b[1] = (u8)v;
}

static inline void put_unaligned_be32(u32 v, void *p)
{
	put_unaligned_be16((u16)(v >> 16), p);
	put_unaligned_be16((u16)v, (u8 *)p + 2);
}

#endif /* _ATCP_ENV_H */
