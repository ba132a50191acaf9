// SPDX-License-Identifier: GPL-2.0-only
/* From a claimed segment to the state machine of its connection. */
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/busy_poll.h>
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/sock.h>
#include "core/api.h"
#include "ipopt.h"
#include "mib.h"
#include "rcv.h"
#include "skb.h"
#include "sock.h"
#include "timer.h"
#include "trace.h"

/* Room of the backlog beyond the socket's buffers: headers, and ACKs without data. */
#define BACKLOG_EXTRA	(64 << 10)

void atcp_sock_rcv_locked(struct sock *sk, struct sk_buff *skb, const struct atcp_seg *s)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_conn *c = &as->conn;
	struct atcp_rxseg *rx = NULL;
	u32 una = c->snd_una;

	/* It died while the segment waited for the lock: nothing is left that could answer. */
	if (unlikely(c->state == ATCP_CLOSED || c->state == ATCP_LISTEN)) {
		kfree_skb(skb);
		return;
	}
	atcp_trace_segment(ATCP_TRACE_IN, &as->flow, s, c->state);
	if (unlikely(as->route_learned))
		atcp_ipopt_learn(sk, skb, s);
	if (s->len) {
		__skb_pull(skb, s->hdr_len);
		rx = atcp_skb_rx(skb);
		rx->next = NULL;
		rx->seq = s->seq;
		rx->len = s->len;
		rx->mss = skb_shinfo(skb)->gso_size;
		rx->flags = s->flags & (ATCP_FIN | ATCP_PSH);
	}
	if (!atcp_conn_input(c, s, rx, atcp_now()))
		consume_skb(skb);
	if (c->snd_una != una)
		sk_dst_confirm(sk);
	atcp_sock_settle(sk);
}

/* Lock held by a user. */
static void to_backlog(struct sock *sk, struct sk_buff *skb)
{
	u32 limit = READ_ONCE(sk->sk_rcvbuf) + READ_ONCE(sk->sk_sndbuf) + BACKLOG_EXTRA;

	skb_dst_drop(skb);
	if (unlikely(sk_add_backlog(sk, skb, limit))) {
		atcp_count(atcp_pernet(sock_net(sk)), ATCP_C_TCPBacklogDrop);
		atomic_inc(&sk->sk_drops);
		kfree_skb(skb);
	}
}

void atcp_sock_rcv(struct sock *sk, struct sk_buff *skb, const struct atcp_seg *s)
{
	sk_incoming_cpu_update(sk);
	sk_mark_napi_id(sk, skb);
	sock_rps_save_rxhash(sk, skb);
	skb->dev = NULL;
	bh_lock_sock_nested(sk);
	if (likely(!sock_owned_by_user(sk)))
		atcp_sock_rcv_locked(sk, skb, s);
	else
		to_backlog(sk, skb);
	bh_unlock_sock(sk);
}

void atcp_child_rcv(struct sock *sk, struct sk_buff *skb, const struct atcp_seg *s)
	__releases(&sk->sk_lock.slock)
{
	atcp_sock_rcv_locked(sk, skb, s);
	bh_unlock_sock(sk);
}

static u8 dsfield(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IPV6) ? ipv6_get_dsfield(ipv6_hdr(skb)) :
						    ipv4_get_dsfield(ip_hdr(skb));
}

int atcp_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_seg s;

	/* atcp_release_cb() comes when the last is done */
	atcp_conn_hold_acks(&as->conn);
	if (!test_bit(ATCP_DEFER_ACK, &as->deferred))
		set_bit(ATCP_DEFER_ACK, &as->deferred);
	if (unlikely(atcp_seg_parse(&s, skb->data, skb_headlen(skb), skb->len))) {
		kfree_skb(skb);
		return 0;
	}
	s.ce = INET_ECN_is_ce(dsfield(skb));
	atcp_sock_rcv_locked(sk, skb, &s);
	return 0;
}
