// SPDX-License-Identifier: GPL-2.0-only
/* What is received is let in, where memory is short by making room for it. */
#include <net/sock.h>
#include "core/port.h"
#include "core/seq.h"
#include "core/text.h"
#include "mem.h"
#include "mib.h"
#include "skb.h"

/* What a segment that others are copied into has room for. */
#define DENSE		SKB_WITH_OVERHEAD(PAGE_SIZE)
/* Little payload in much memory. */
static bool sparse(const struct atcp_rxseg *rx)
{
	return atcp_rx_skb((struct atcp_rxseg *)rx)->truesize >= 4 * rx->len;
}

/**
 * struct run - sparse segments of a chain, one behind the other, that fit into one
 * @first: of the chain
 * @past: behind the last
 * @tail: the last
 * @end: after their last byte
 * @truesize: the memory that they take
 * @count: segments
 */
struct run {
	struct atcp_rxseg *first, *past, *tail;
	u32 end;
	u32 truesize;
	u32 count;
};

static void find_run(struct run *r, struct atcp_rxseg *first)
{
	struct atcp_rxseg *rx;

	*r = (struct run){ .first = first, .tail = first, .end = first->seq };
	for (rx = first; rx && sparse(rx); rx = rx->next) {
		u32 end = rx->seq + rx->len;

		if (atcp_after(end, r->end)) {
			if (end - first->seq > DENSE)
				break;
			r->end = end;
		}
		r->truesize += atcp_rx_skb(rx)->truesize;
		r->tail = rx;
		r->count++;
	}
	r->past = rx;
}

/* One segment with the bytes of a run, to take its place; NULL if nothing is won by it. */
static struct atcp_rxseg *squeeze_run(struct sock *sk, const struct run *r)
{
	struct atcp_rxseg *rx = r->first, *to;
	u32 size = r->end - rx->seq;
	struct sk_buff *skb;

	if (r->count < 2)
		return NULL;
	skb = alloc_skb(size, GFP_ATOMIC | __GFP_NOWARN);
	if (!skb)
		return NULL;
	if (skb->truesize >= r->truesize)
		goto keep;
	to = atcp_skb_rx(skb);
	*to = *rx;
	to->len = 0;
	for (; rx != r->past; rx = rx->next) {
		u32 skip = to->seq + to->len - rx->seq;

		if (skip >= rx->len)
			continue;
		if (skb_copy_bits(atcp_rx_skb(rx), skip, skb_put(skb, rx->len - skip),
				  rx->len - skip))
			goto keep;
		to->len += rx->len - skip;
	}
	to->next = r->past;
	skb_set_owner_r(skb, sk);
	return to;

keep:
	__kfree_skb(skb);
	return NULL;
}

static void free_run(struct sock *sk, const struct run *r)
{
	struct atcp_rxseg *rx = r->first, *next;

	for (; rx != r->past; rx = next) {
		next = rx->next;
		__kfree_skb(atcp_rx_skb(rx));
	}
	atcp_count_add(atcp_pernet(sock_net(sk)), ATCP_C_TCPRcvCollapsed, r->count);
}

/*
 * Of a chain in which each segment starts no later than where those before it end. Return: its
 * last segment.
 */
static struct atcp_rxseg *squeeze_chain(struct sock *sk, struct atcp_rxseg **link)
{
	struct atcp_rxseg *tail = NULL;

	while (*link) {
		struct atcp_rxseg *dense;
		struct run r;

		find_run(&r, *link);
		dense = squeeze_run(sk, &r);
		if (dense) {
			free_run(sk, &r);
			*link = dense;
			tail = dense;
		} else {
			tail = r.tail;
		}
		link = &tail->next;
	}
	return tail;
}

/* The receive queue as a chain, and back. */
static void squeeze_queue(struct sock *sk)
{
	struct atcp_rxseg *head = NULL, **link = &head, *rx, *next;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&sk->sk_receive_queue))) {
		*link = atcp_skb_rx(skb);
		link = &atcp_skb_rx(skb)->next;
	}
	*link = NULL;
	squeeze_chain(sk, &head);
	for (rx = head; rx; rx = next) {
		next = rx->next;
		rx->next = NULL;
		__skb_queue_tail(&sk->sk_receive_queue, atcp_rx_skb(rx));
	}
}

/* Eighths of the buffer that are in use. */
static u8 eighths(const struct sock *sk)
{
	u32 each = max(sk->sk_rcvbuf / 8, 1);

	return min_t(u32, atomic_read(&sk->sk_rmem_alloc) / each, U8_MAX - 1);
}

/* Not for each segment: when the memory in use has changed. */
static void squeeze(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	u8 used = eighths(sk);
	u16 i;

	if (used < as->squeeze_at && as->squeeze_at - used <= 2)
		return;
	squeeze_queue(sk);
	for (i = 0; i < as->conn.ooo.n; i++) {
		struct atcp_range *g = &as->conn.ooo.ranges[i];

		g->tail = squeeze_chain(sk, &g->head);
	}
	as->squeeze_at = eighths(sk) + 1;
}

static bool charge(struct sock *sk, struct sk_buff *skb)
{
	return atcp_mem_take(sk, skb->truesize, SK_MEM_RECV) &&
	       sk_rmem_schedule(sk, skb, skb->truesize);
}

/*
 * Half of the buffer is offered as window, and what is not to be squeezed takes less than four
 * times its length: what the peer was promised fits in twice.
 */
static bool fits(const struct sock *sk)
{
	return atomic_read(&sk->sk_rmem_alloc) / 2 <= sk->sk_rcvbuf;
}

/* Return: false if there is none. */
static bool make_room(struct sock *sk, struct atcp_rxseg *rx)
{
	struct atcp_conn *c = &atcp_sk(sk)->conn;
	struct sk_buff *skb = atcp_rx_skb(rx);
	/* what is nearer to being in order goes before what is not */
	u32 keep = atcp_after(rx->seq, c->rcv_nxt) ? rx->seq + rx->len : c->rcv_nxt;

	atcp_mem_look(sk);
	atcp_port_count(c, ATCP_C_PruneCalled);
	squeeze(sk);
	do {
		if (fits(sk) && charge(sk, skb))
			return true;
	} while (atcp_conn_prune(c, keep));
	/* What fills the hole at rcv_nxt lets a user go on who has nothing to read: it gets in. */
	if (!atcp_after(rx->seq, c->rcv_nxt) && skb_queue_empty(&sk->sk_receive_queue)) {
		atcp_mem_force(sk, skb->truesize);
		return true;
	}
	atcp_port_count(c, ATCP_C_RcvPruned);
	return false;
}

bool atcp_port_rx_admit(struct atcp_conn *c, struct atcp_rxseg *rx)
{
	struct sock *sk = atcp_conn_sk(c);
	struct sk_buff *skb = atcp_rx_skb(rx);

	if (unlikely(atomic_read(&sk->sk_rmem_alloc) > sk->sk_rcvbuf || c->mem_tight ||
		     !charge(sk, skb)) &&
	    !make_room(sk, rx))
		return false;
	skb_dst_drop(skb);
	skb_set_owner_r(skb, sk);
	return true;
}
