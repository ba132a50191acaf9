// SPDX-License-Identifier: GPL-2.0-only
/* The core's payload is an sk_buff: its atcp_txseg or atcp_rxseg lives in skb->cb. */
#include <linux/slab.h>
#include <net/sock.h>
#include "calls.h"
#include "core/port.h"
#include "mem.h"
#include "output.h"
#include "skb.h"

#define TX_HEADROOM	ALIGN(ATCP_HEADROOM, 8)

struct sk_buff *atcp_tx_alloc(struct sock *sk, u32 linear, bool force, gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb_fclone(TX_HEADROOM + linear, gfp);

	if (unlikely(!skb))
		return NULL;
	if (unlikely(!atcp_wmem_take(sk, skb->truesize))) {
		if (!force) {
			__kfree_skb(skb);
			return NULL;
		}
		atcp_mem_force(sk, skb->truesize);
	}
	skb_reserve(skb, TX_HEADROOM);
	skb->ip_summed = CHECKSUM_PARTIAL;
	/* clones may write their headers into the headroom: nobody reads it but them */
	__skb_header_release(skb);
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
	return skb;
}

/* Make the page fragments @skb's own: clones of it may be in a qdisc or at a neighbour's. */
static bool tx_unshare(struct sk_buff *skb)
{
	u32 truesize = skb->truesize;

	if (!skb_cloned(skb))
		return true;
	if (pskb_expand_head(skb, 0, 0, GFP_ATOMIC))
		return false;
	/* what the socket is charged for stays the same */
	skb->truesize = truesize;
	__skb_header_release(skb);
	return true;
}

/* Drop @n bytes from the front; fragments are the skb's own. */
static void tx_drop_front(struct sk_buff *skb, u32 n)
{
	struct skb_shared_info *si = skb_shinfo(skb);
	u32 linear = min_t(u32, n, skb_headlen(skb));
	int i, kept = 0;

	__skb_pull(skb, linear);
	n -= linear;
	skb->len -= n;
	skb->data_len -= n;
	for (i = 0; i < si->nr_frags; i++) {
		u32 size = skb_frag_size(&si->frags[i]);

		if (size <= n) {
			skb_frag_unref(skb, i);
			n -= size;
			continue;
		}
		si->frags[kept] = si->frags[i];
		skb_frag_off_add(&si->frags[kept], n);
		skb_frag_size_sub(&si->frags[kept], n);
		n = 0;
		kept++;
	}
	si->nr_frags = kept;
}

bool atcp_tx_sync(struct atcp_txseg *t)
{
	struct sk_buff *skb = atcp_tx_skb(t);

	if (likely(skb->len == t->len))
		return true;
	if (!tx_unshare(skb))
		return false;
	tx_drop_front(skb, skb->len - t->len);
	return true;
}

/*
 * The payload stays as it is until somebody needs the rest alone, which is seldom: most of
 * what is partly acknowledged is acknowledged in full before it would be sent again.
 */
void atcp_port_tx_trim(struct atcp_conn *c, struct atcp_txseg *t, u32 bytes)
{
}

struct atcp_txseg *atcp_port_split(struct atcp_conn *c, struct atcp_txseg *t, u32 at)
{
	struct sock *sk = atcp_conn_sk(c);
	struct sk_buff *skb = atcp_tx_skb(t), *rest;
	u32 linear, moved;

	if (!atcp_tx_sync(t) || !tx_unshare(skb))
		return NULL;
	linear = skb_headlen(skb) > at ? skb_headlen(skb) - at : 0;
	/* what is queued has to go out, or nothing would ever be given back */
	rest = atcp_tx_alloc(sk, linear, true, GFP_ATOMIC);
	if (!rest)
		return NULL;
	moved = skb->len - at - linear;
	skb_split(skb, rest, at);
	skb->truesize -= moved;
	rest->truesize += moved;
	memset(atcp_skb_tx(rest), 0, sizeof(struct atcp_txseg));
	return atcp_skb_tx(rest);
}

void atcp_port_tx_free(struct atcp_conn *c, struct atcp_txseg *t)
{
	struct sock *sk = atcp_conn_sk(c);
	struct sk_buff *skb = atcp_tx_skb(t);

	sk_wmem_queued_add(sk, -(int)skb->truesize);
	sk_mem_uncharge(sk, skb->truesize);
	__kfree_skb(skb);
}

/* Nobody will read what comes: RFC 9293 3.10.7.1 by way of MUST-13, the peer gets a RST. */
static bool unwanted(const struct sock *sk)
{
	return (sk->sk_shutdown & RCV_SHUTDOWN) &&
	       ((1 << sk->sk_state) & (TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2));
}

/* The payload of @skb goes on where @tail's ends, and its pages can be taken over. */
static bool coalesce(struct sock *sk, struct sk_buff *tail, struct sk_buff *skb)
{
	struct atcp_rxseg *to = atcp_skb_rx(tail), *from = atcp_skb_rx(skb);
	bool stolen;
	int delta;

	if (skb_cloned(tail) || to->len != tail->len || from->len != skb->len ||
	    to->seq + to->len != from->seq ||
	    !skb_try_coalesce(tail, skb, &stolen, &delta))
		return false;
	to->len += from->len;
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	kfree_skb_partial(skb, stolen);
	return true;
}

void atcp_port_deliver(struct atcp_conn *c, struct atcp_rxseg *rx, u32 skip)
{
	struct sock *sk = atcp_conn_sk(c);
	struct atcp_sock *as = atcp_sk(sk);
	struct sk_buff *skb = atcp_rx_skb(rx);
	struct sk_buff *tail;

	if (unlikely(unwanted(sk))) {
		as->abort_due = 1;
		__kfree_skb(skb);
		return;
	}
	if (unlikely(c->ev & ATCP_EV_URGENT)) {
		c->ev &= ~ATCP_EV_URGENT;
		atcp_urg_announced(sk);
	}
	if (unlikely(as->urg_state == ATCP_URG_NOTYET))
		atcp_urg_arrived(sk, skb);
	/* with @skip the first bytes are before rcv_nxt: the reader passes over them */
	tail = skb_peek_tail(&sk->sk_receive_queue);
	if (!tail || skip || !coalesce(sk, tail, skb))
		__skb_queue_tail(&sk->sk_receive_queue, skb);
}

void atcp_port_rx_free(struct atcp_rxseg *rx)
{
	__kfree_skb(atcp_rx_skb(rx));
}

void *atcp_port_realloc(void *old, size_t old_size, size_t size)
{
	if (!size) {
		kfree(old);
		return NULL;
	}
	return krealloc(old, size, GFP_ATOMIC | __GFP_NOWARN);
}
