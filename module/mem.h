/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a namespace's sockets, and its bound: net.atcp.mem.
 *
 * Charged is what the send, receive and out-of-order queues hold, in pages. A socket takes some
 * more than it needs at a time, and a counter per CPU keeps the sum: no segment costs an atomic
 * operation. The bounds of struct proto (all namespaces) and of the cgroup are the kernel's own,
 * by sk_forward_alloc, beside it.
 */
#ifndef _ATCP_MEM_H
#define _ATCP_MEM_H

#include <net/sock.h>
#include "netns.h"
#include "sock.h"

/**
 * atcp_mem_take() - charge for memory that is about to be queued
 * @sk: locked
 * @size: bytes
 * @kind: SK_MEM_SEND or SK_MEM_RECV
 *
 * Above the namespace's limit a socket that holds less than the least buffer (net.atcp.wmem,
 * net.atcp.rmem) has its way all the same, so that each connection goes on; and SO_SNDBUF of
 * another shrinks, so that its user waits.
 *
 * Return: false if there is no memory.
 */
bool atcp_mem_take(struct sock *sk, u32 size, int kind);

/* Memory of the send queue, by all the bounds that there are. */
static inline bool atcp_wmem_take(struct sock *sk, u32 size)
{
	return atcp_mem_take(sk, size, SK_MEM_SEND) && sk_wmem_schedule(sk, size);
}

/* atcp_mem_take() for what cannot be refused. */
void atcp_mem_force(struct sock *sk, u32 size);

/* Give back what the queues of a socket do not need: all where they are empty. Locked. */
void atcp_mem_fit(struct sock *sk);

/*
 * Write conn.mem_tight anew: is too much in use of the namespace, of all or of the cgroup? Also
 * done when a socket takes memory. Locked.
 */
void atcp_mem_look(struct sock *sk);

/**
 * atcp_orphan_begin() - a connection loses its user
 * @sk: socket, locked
 *
 * Return: false if it would be an orphan more than net.atcp.max_orphans, or one that holds memory
 * of which there is none left. It is not counted then, so that no timer of another sees too many.
 */
bool atcp_orphan_begin(struct sock *sk);

/* And ends. Lock held; does nothing for others. */
void atcp_orphan_end(struct sock *sk);

/**
 * atcp_orphan_excess() - is an orphan one too many?
 * @sk: orphan, locked
 * @doubt: it has shown signs of being useless: it counts twice
 *
 * Return: true if there are more than net.atcp.max_orphans, or if it holds memory of which there
 * is none left.
 */
bool atcp_orphan_excess(struct sock *sk, bool doubt);

/* The limits of a machine of this size, in pages: net.atcp.mem's default. */
void atcp_mem_limits(u32 limit[3]);

/* Return: 0 or -ENOMEM with nothing left behind. */
int atcp_mem_net_init(struct atcp_net *an);
void atcp_mem_net_exit(struct atcp_net *an);

#endif /* _ATCP_MEM_H */
