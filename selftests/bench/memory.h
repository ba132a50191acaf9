/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_BENCH_MEMORY_H
#define SELFTESTS_BENCH_MEMORY_H

/**
 * memory_used() - memory that is not free, in bytes, once it has settled
 *
 * All that the system has less what is free, after the page cache and all
 * reclaimable objects have been dropped. Slab alone would miss page fragments,
 * hash tables and whatever else a stack takes in pages; this counts a byte
 * whoever asked for it. Readings differ by some 100 KB, which is small beside
 * 10,000 connections.
 */
long long memory_used(void);

#endif
