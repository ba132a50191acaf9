/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What cppcheck is told of the kernel's macros, as it reads none of its headers: a loop that sets
 * its variable, an operand that is used. For the test harness see env/kselftest_harness.h.
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

#endif /* _LINT_CPPCHECK_H */
