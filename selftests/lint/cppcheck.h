/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What cppcheck is told of the kernel's and the test harness's macros: it reads none of their
 * headers. A loop that sets its variable, an operand that is used, a function that begins.
 */
#ifndef _LINT_CPPCHECK_H
#define _LINT_CPPCHECK_H

#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, v)	((x) = (v))
#define likely(x)		(x)
#define unlikely(x)		(x)
#define fallthrough
#define static_assert(...)
#define BIT(n)			(1UL << (n))

#define lint_loop(p, head)	for ((p) = lint_first(head); (p); (p) = lint_next(p))
#define for_each_possible_cpu(cpu)			for ((cpu) = 0; (cpu) < 2; (cpu)++)
#define llist_for_each_entry_safe(p, n, head, node)	lint_loop(p, head)
#define list_for_each_entry(p, head, node)		lint_loop(p, head)
#define list_for_each_entry_reverse(p, head, node)	lint_loop(p, head)
#define list_for_each_entry_rcu(p, head, node)		lint_loop(p, head)
#define list_for_each_entry_safe(p, n, head, node)	lint_loop(p, head)
#define hlist_for_each_entry(p, head, node)		lint_loop(p, head)
#define hlist_for_each_entry_rcu(p, head, node)		lint_loop(p, head)
#define hlist_for_each_entry_safe(p, n, head, node)	lint_loop(p, head)
#define list_for_each_entry_from(p, head, node)		for (; (p); (p) = lint_next(p))
#define json_object_foreach(object, key, value) \
	for ((key) = lint_key(object); ((value) = lint_value(key)); (key) = lint_next(key))

#define TEST(name)		static void name(void)
#define TEST_F(fixture, name)	static void fixture##_##name(struct _test_data_##fixture *self)
#define EXPECT_EQ(a, b)		while (lint_use(a, b))
#define EXPECT_NE(a, b)		while (lint_use(a, b))
#define EXPECT_LT(a, b)		while (lint_use(a, b))
#define EXPECT_LE(a, b)		while (lint_use(a, b))
#define EXPECT_GT(a, b)		while (lint_use(a, b))
#define EXPECT_GE(a, b)		while (lint_use(a, b))
#define EXPECT_TRUE(a)		while (lint_use(a, 1))
#define EXPECT_FALSE(a)		while (lint_use(a, 0))
#define ASSERT_EQ(a, b)		EXPECT_EQ(a, b)
#define ASSERT_NE(a, b)		EXPECT_NE(a, b)
#define ASSERT_TRUE(a)		EXPECT_TRUE(a)
#define ASSERT_FALSE(a)		EXPECT_FALSE(a)
#define EXPECT_STREQ(a, b)	EXPECT_EQ(a, b)
#define TEST_HARNESS_MAIN

#endif /* _LINT_CPPCHECK_H */
