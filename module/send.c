// SPDX-License-Identifier: GPL-2.0-only
/*
 * send(2): copy the user's bytes into segments of the send queue.
 *
 * A segment holds as much as one transmit call takes, a multiple of the MSS, so that it
 * need not be cut later. A small write goes into the space that the allocator has left over
 * behind the headers, all else into page fragments.
 */
#include <linux/uio.h>
#include <net/sock.h>
#include "calls.h"
#include "core/api.h"
#include "core/port.h"
#include "mem.h"
#include "skb.h"
#include "timer.h"

#define CAN_SEND	(TCPF_ESTABLISHED | TCPF_CLOSE_WAIT)

/* Payload bytes that a segment is to have. */
static u32 size_goal(const struct atcp_conn *c)
{
	u32 most = min_t(u32, c->gso_max, c->max_window / 2);

	if (most < 2 * c->mss)
		return c->mss;
	return most - most % c->mss;
}

static int copy_linear(struct sk_buff *skb, struct msghdr *msg, u32 n)
{
	if (unlikely(!copy_from_iter_full(skb_put(skb, n), n, &msg->msg_iter))) {
		__skb_trim(skb, skb->len - n);
		return -EFAULT;
	}
	return n;
}

/* Return: bytes copied; -ENOBUFS: no memory; -EMSGSIZE: @skb is full; -EFAULT. */
static int copy_frag(struct sock *sk, struct sk_buff *skb, struct msghdr *msg, u32 most)
{
	struct page_frag *pfrag = sk_page_frag(sk);
	int i = skb_shinfo(skb)->nr_frags;
	bool merge;
	u32 n;
	int err;

	if (unlikely(!sk_page_frag_refill(sk, pfrag)))
		return -ENOBUFS;
	merge = skb_can_coalesce(skb, i, pfrag->page, pfrag->offset);
	if (!merge && i >= MAX_SKB_FRAGS)
		return -EMSGSIZE;
	n = min_t(u32, most, pfrag->size - pfrag->offset);
	if (unlikely(!atcp_wmem_take(sk, n)))
		return -ENOBUFS;
	err = skb_copy_to_page_nocache(sk, &msg->msg_iter, skb, pfrag->page,
				       pfrag->offset, n);
	if (unlikely(err))
		return err;
	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[i - 1], n);
	} else {
		skb_fill_page_desc(skb, i, pfrag->page, pfrag->offset, n);
		page_ref_inc(pfrag->page);
	}
	pfrag->offset += n;
	return n;
}

/* Fill @skb up to @goal bytes. Return: bytes copied, or why there are none. */
static int fill(struct sock *sk, struct sk_buff *skb, struct msghdr *msg, u32 goal)
{
	int done = 0, n;

	while (skb->len < goal && msg_data_left(msg)) {
		u32 most = min_t(size_t, goal - skb->len, msg_data_left(msg));

		if (!skb->data_len && most <= skb_tailroom(skb))
			n = copy_linear(skb, msg, most);
		else
			n = copy_frag(sk, skb, msg, most);
		if (unlikely(n < 0))
			return done ? : n;
		done += n;
	}
	return done ? : -EMSGSIZE;
}

static int new_segment(struct sock *sk, struct msghdr *msg, u32 goal)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_txseg *t;
	struct sk_buff *skb;
	int n;

	if (!sk_stream_memory_free(sk))
		return -ENOBUFS;
	/* who has nothing queued would never hear that there is memory again */
	skb = atcp_tx_alloc(sk, 0, !sk->sk_wmem_queued, sk->sk_allocation);
	if (unlikely(!skb))
		return -ENOBUFS;
	t = atcp_skb_tx(skb);
	n = fill(sk, skb, msg, goal);
	if (unlikely(n < 0)) {
		atcp_port_tx_free(&as->conn, t);
		return n;
	}
	t->len = n;
	atcp_conn_queue(&as->conn, t);
	return n;
}

/* As much as goes into one segment. Return: bytes; -ENOBUFS: wait; -EFAULT. */
static int append(struct sock *sk, struct msghdr *msg)
{
	struct atcp_conn *c = &atcp_sk(sk)->conn;
	struct atcp_txseg *tail = atcp_conn_tail(c);
	u32 goal = size_goal(c);
	int n;

	if (tail && tail->len && tail->len < goal) {
		n = fill(sk, atcp_tx_skb(tail), msg, goal);
		if (n > 0)
			atcp_conn_grow_tail(c, n);
		if (n != -EMSGSIZE)
			return n;
	}
	return new_segment(sk, msg, goal);
}

static int wait_for_room(struct sock *sk, long *timeo)
{
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	atcp_conn_push(&atcp_sk(sk)->conn, false, atcp_now());
	atcp_sock_settle(sk);
	return sk_stream_wait_memory(sk, timeo);
}

static int send_all(struct sock *sk, struct msghdr *msg, long *timeo, size_t *sent)
{
	struct atcp_conn *c = &atcp_sk(sk)->conn;
	int n;

	while (msg_data_left(msg)) {
		if (unlikely(sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN)))
			return -EPIPE;
		n = append(sk, msg);
		if (n == -ENOBUFS) {
			n = wait_for_room(sk, timeo);
			if (n)
				return n;
			continue;
		}
		if (n < 0)
			return n;
		*sent += n;
		if (msg_data_left(msg))
			atcp_conn_push(c, true, atcp_now());
	}
	return 0;
}

static int check_control(struct sock *sk, struct msghdr *msg)
{
	struct sockcm_cookie sockc;

	if (!msg->msg_controllen)
		return 0;
	sockcm_init(&sockc, sk);
	return sock_cmsg_send(sk, msg, &sockc);
}

static int send_locked(struct sock *sk, struct msghdr *msg)
{
	struct atcp_conn *c = &atcp_sk(sk)->conn;
	int flags = msg->msg_flags;
	long timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);
	size_t sent = 0;
	int err = 0;

	if (unlikely(!((1 << sk->sk_state) & CAN_SEND))) {
		err = sk_stream_wait_connect(sk, &timeo);
		if (err)
			return sk_stream_error(sk, flags, err);
	}
	err = check_control(sk, msg);
	if (unlikely(err))
		return err;
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	if (unlikely(sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN)))
		err = -EPIPE;
	else
		err = send_all(sk, msg, &timeo, &sent);
	if (sent) {
		if (flags & MSG_OOB && !msg_data_left(msg))
			atcp_conn_urgent(c);
		atcp_conn_push(c, flags & MSG_MORE, atcp_now());
		atcp_sock_settle(sk);
		return sent;
	}
	if (!err)
		return 0;
	err = sk_stream_error(sk, flags, err);
	/* an edge-triggered waiter of an empty queue would sleep forever */
	if (err == -EAGAIN && list_empty(&c->txq))
		sk->sk_write_space(sk);
	return err;
}

int atcp_sendmsg(struct socket *sock, struct msghdr *msg, size_t size)
{
	struct sock *sk = sock->sk;
	int ret;

	if (msg->msg_flags & MSG_FASTOPEN)
		return -EOPNOTSUPP;
	lock_sock(sk);
	ret = send_locked(sk, msg);
	release_sock(sk);
	return ret;
}
