/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's test harness as clang-tidy and cppcheck are to see it: a test is a function, an
 * expectation uses its operands. Of the real one, which has a dozen loops and calls for each line,
 * cppcheck cannot read the macros, and clang-tidy says what is not of ours, after minutes.
 */
#ifndef _LINT_KSELFTEST_HARNESS_H
#define _LINT_KSELFTEST_HARNESS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"

struct __test_metadata {
	const char *name;
	int skip;
};

#define FIXTURE_DATA(fixture)		struct _test_data_##fixture
#define FIXTURE_VARIANT(fixture)	struct _fixture_variant_##fixture
#define FIXTURE(fixture)		FIXTURE_DATA(fixture)
#define FIXTURE_VARIANT_ADD(fixture, name) \
	const FIXTURE_VARIANT(fixture) fixture##_##name =
#define FIXTURE_ARGS(fixture) \
	(struct __test_metadata *_metadata, struct _test_data_##fixture *self, \
	 const struct _fixture_variant_##fixture *variant)
#define FIXTURE_SETUP(fixture)		void fixture##_setup FIXTURE_ARGS(fixture)
#define FIXTURE_TEARDOWN(fixture)	void fixture##_teardown FIXTURE_ARGS(fixture)
#define TEST(name)			void name(struct __test_metadata *_metadata)
#define TEST_F(fixture, name)		void fixture##_##name FIXTURE_ARGS(fixture)
#define TEST_F_TIMEOUT(fixture, name, seconds)	TEST_F(fixture, name)
#define SKIP(statement, ...)		do { lint_log(__VA_ARGS__); statement; } while (0)
#define TH_LOG(...)			lint_log(__VA_ARGS__)
#define TEST_HARNESS_MAIN

void lint_log(const char *fmt, ...);
void lint_use(int unused, ...);

/* Either may have a block behind it. An assertion is known to hold from there on. */
#define lint_expect(a, b)		for (lint_use(0, a, b, 0); 0; )
#define lint_assert(held)		for ((held) ? (void)0 : abort(); 0; )
#define EXPECT_EQ(a, b)			lint_expect(a, b)
#define EXPECT_NE(a, b)			lint_expect(a, b)
#define EXPECT_LT(a, b)			lint_expect(a, b)
#define EXPECT_LE(a, b)			lint_expect(a, b)
#define EXPECT_GT(a, b)			lint_expect(a, b)
#define EXPECT_GE(a, b)			lint_expect(a, b)
#define EXPECT_TRUE(a)			lint_expect(a, 1)
#define EXPECT_FALSE(a)			lint_expect(a, 0)
#define EXPECT_STREQ(a, b)		lint_expect(strlen(a), strlen(b))
#define ASSERT_EQ(a, b)			lint_assert((a) == (b))
#define ASSERT_NE(a, b)			lint_assert((a) != (b))
#define ASSERT_LT(a, b)			lint_assert((a) < (b))
#define ASSERT_LE(a, b)			lint_assert((a) <= (b))
#define ASSERT_GT(a, b)			lint_assert((a) > (b))
#define ASSERT_GE(a, b)			lint_assert((a) >= (b))
#define ASSERT_TRUE(a)			lint_assert(a)
#define ASSERT_FALSE(a)			lint_assert(!(a))

#endif /* _LINT_KSELFTEST_HARNESS_H */
