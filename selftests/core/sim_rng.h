/* SPDX-License-Identifier: GPL-2.0-only */
/* The simulator's dice: all that happens in a world follows from its seed. */
#ifndef _SIM_RNG_H
#define _SIM_RNG_H

#include <atcp/env.h>

struct sim_rng {
	u64 state;
};

/* splitmix64 */
static inline u64 sim_rand(struct sim_rng *r)
{
	u64 z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* Below @ceil; 0 for an empty range. */
static inline u64 sim_below(struct sim_rng *r, u64 ceil)
{
	return ceil ? sim_rand(r) % ceil : 0;
}

static inline u64 sim_range(struct sim_rng *r, u64 lo, u64 hi)
{
	return lo + sim_below(r, hi - lo + 1);
}

static inline bool sim_ppm(struct sim_rng *r, u32 ppm)
{
	return ppm && sim_rand(r) % 1000000 < ppm;
}

static inline bool sim_one_in(struct sim_rng *r, u32 n)
{
	return sim_rand(r) % n == 0;
}

/* Every order of magnitude is as likely as the next. 0 < @lo <= @hi */
static inline u64 sim_log(struct sim_rng *r, u64 lo, u64 hi)
{
	unsigned int a = 63 - (unsigned int)__builtin_clzll(lo);
	unsigned int b = 63 - (unsigned int)__builtin_clzll(hi);
	u64 bit = 1ULL << sim_range(r, a, b);
	u64 v = bit + sim_below(r, bit);

	return v < lo ? lo : v > hi ? hi : v;
}

#endif /* _SIM_RNG_H */
