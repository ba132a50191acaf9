/* SPDX-License-Identifier: GPL-2.0-only */
/* Doubly linked circular lists with the names of the kernel's, for the userspace core. */
#ifndef _ATCP_ENV_LIST_H
#define _ATCP_ENV_LIST_H

#include <stdbool.h>
#include <stddef.h>

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *l)
{
	l->next = l;
	l->prev = l;
}

static inline void list_link(struct list_head *a, struct list_head *b)
{
	a->next = b;
	b->prev = a;
}

static inline void list_add(struct list_head *n, struct list_head *at)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a list is a ring, it has no NULL */
	list_link(n, at->next);
	list_link(at, n);
}

static inline void list_add_tail(struct list_head *n, struct list_head *at)
{
	list_add(n, at->prev);
}

/* The links are cleared, so that a use afterwards shows at once. */
static inline void list_del(struct list_head *n)
{
	list_link(n->prev, n->next);
	n->next = NULL;
	n->prev = NULL;
}

static inline void list_del_init(struct list_head *n)
{
	list_link(n->prev, n->next);
	INIT_LIST_HEAD(n);
}

static inline void list_move(struct list_head *n, struct list_head *at)
{
	list_link(n->prev, n->next);
	list_add(n, at);
}

static inline void list_move_tail(struct list_head *n, struct list_head *at)
{
	list_link(n->prev, n->next);
	list_add_tail(n, at);
}

static inline void list_replace(struct list_head *old, struct list_head *n)
{
	list_link(old->prev, n);
	list_link(n, old->next);
}

static inline bool list_empty(const struct list_head *l)
{
	return l->next == l;
}

static inline bool list_is_first(const struct list_head *n, const struct list_head *l)
{
	return n->prev == l;
}

static inline bool list_is_last(const struct list_head *n, const struct list_head *l)
{
	return n->next == l;
}

static inline bool list_is_singular(const struct list_head *l)
{
	return !list_empty(l) && l->next == l->prev;
}

/* Put what is in @l behind @at; @l is an empty list afterwards. */
static inline void list_splice_tail_init(struct list_head *l, struct list_head *at)
{
	if (list_empty(l))
		return;
	list_link(at->prev, l->next);
	list_link(l->prev, at);
	INIT_LIST_HEAD(l);
}

#define list_entry(n, type, member)	container_of(n, type, member)
#define list_first_entry(l, type, member) list_entry((l)->next, type, member)
#define list_last_entry(l, type, member) list_entry((l)->prev, type, member)
#define list_next_entry(e, member)	list_entry((e)->member.next, typeof(*(e)), member)
#define list_prev_entry(e, member)	list_entry((e)->member.prev, typeof(*(e)), member)
#define list_entry_is_head(e, l, member) (&(e)->member == (l))
#define list_first_entry_or_null(l, type, member) \
	({ struct list_head *__l = (l); \
	   list_empty(__l) ? NULL : list_first_entry(__l, type, member); })

#define list_for_each_entry_from(e, l, member) \
	for (; !list_entry_is_head(e, l, member); e = list_next_entry(e, member))

#define list_for_each_entry_from_reverse(e, l, member) \
	for (; !list_entry_is_head(e, l, member); e = list_prev_entry(e, member))

#define list_for_each_entry(e, l, member) \
	for (e = list_first_entry(l, typeof(*(e)), member); \
	     !list_entry_is_head(e, l, member); e = list_next_entry(e, member))

#define list_for_each_entry_reverse(e, l, member) \
	for (e = list_last_entry(l, typeof(*(e)), member); \
	     !list_entry_is_head(e, l, member); e = list_prev_entry(e, member))

#define list_for_each_entry_continue(e, l, member) \
	for (e = list_next_entry(e, member); \
	     !list_entry_is_head(e, l, member); e = list_next_entry(e, member))

#define list_for_each_entry_safe_from(e, n, l, member) \
	for (n = list_next_entry(e, member); !list_entry_is_head(e, l, member); \
	     e = n, n = list_next_entry(n, member))

#define list_for_each_entry_safe(e, n, l, member) \
	for (e = list_first_entry(l, typeof(*(e)), member), n = list_next_entry(e, member); \
	     !list_entry_is_head(e, l, member); e = n, n = list_next_entry(n, member))

#endif /* _ATCP_ENV_LIST_H */
