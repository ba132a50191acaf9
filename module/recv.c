// SPDX-License-Identifier: GPL-2.0-only
/* recv(2): hand the receive queue to the user, up to the urgent mark. */
#include <linux/sched/signal.h>
#include <net/sock.h>
#include "calls.h"
#include "core/api.h"
#include "core/seq.h"
#include "mem.h"
#include "skb.h"
#include "timer.h"

/**
 * struct reader - one recvmsg() call
 * @sk: locked
 * @msg: where it goes
 * @left: bytes still wanted
 * @target: bytes that are enough to return
 * @copied: bytes that the user has
 * @pos: number of the next byte
 * @eaten: bytes taken off the queue that the core does not know of yet
 * @skipped: urgent bytes that were passed over by a peek
 * @flags: MSG_*
 * @timeo: jiffies
 */
struct reader {
	struct sock *sk;
	struct msghdr *msg;
	size_t left;
	size_t target;
	int copied;
	u32 pos;
	u32 eaten;
	u32 skipped;
	int flags;
	long timeo;
};

/* SO_RCVBUF on a connection: the window's edge does not move left, so it shrinks as it is used. */
static void take_rcvbuf(struct sock *sk)
{
	struct atcp_conn *c = &atcp_sk(sk)->conn;

	c->rcv_buf = max_t(u32, sk->sk_rcvbuf / 2, c->rcv_used + atcp_conn_rcv_wnd(c));
	c->rcv_buf_max = 0;
}

/* Tell the core, so that the window opens: before waiting, and at the end. */
static void flush(struct reader *r)
{
	if (!r->eaten)
		return;
	if (unlikely(r->sk->sk_userlocks & SOCK_RCVBUF_LOCK))
		take_rcvbuf(r->sk);
	atcp_mem_look(r->sk);
	atcp_conn_consumed(&atcp_sk(r->sk)->conn, r->eaten, atcp_now());
	r->eaten = 0;
	atcp_sock_settle(r->sk);
}

static void advance(struct reader *r, u32 n)
{
	struct atcp_sock *as = atcp_sk(r->sk);

	r->pos += n;
	if (r->flags & MSG_PEEK)
		return;
	r->eaten += n;
	if (unlikely(as->urg_state) && atcp_after(r->pos, as->urg_seq))
		WRITE_ONCE(as->urg_state, ATCP_URG_NONE);
}

static void eat(struct reader *r, struct sk_buff *skb)
{
	const struct atcp_rxseg *rx = atcp_skb_rx(skb);

	if (!(r->flags & MSG_PEEK) && !atcp_before(r->pos, rx->seq + rx->len)) {
		__skb_unlink(skb, &r->sk->sk_receive_queue);
		__kfree_skb(skb);
	}
}

/* The first segment with something at @pos; what is wholly before it goes. */
static struct sk_buff *find(struct reader *r)
{
	struct sk_buff *skb, *next;

	skb_queue_walk_safe(&r->sk->sk_receive_queue, skb, next) {
		const struct atcp_rxseg *rx = atcp_skb_rx(skb);

		if (likely(atcp_before(r->pos, rx->seq + rx->len)))
			return skb;
		eat(r, skb);
	}
	return NULL;
}

/* One piece of one segment. Return: above 0; 0 if there is nothing; -EFAULT. */
static int take(struct reader *r)
{
	struct atcp_sock *as = atcp_sk(r->sk);
	struct sk_buff *skb = find(r);
	u32 off, n;

	if (!skb)
		return 0;
	off = r->pos - atcp_skb_rx(skb)->seq;
	n = min_t(size_t, r->left, atcp_skb_rx(skb)->len - off);
	if (unlikely(as->urg_state) && as->urg_seq - r->pos < n) {
		if (as->urg_seq != r->pos) {
			n = as->urg_seq - r->pos;
		} else if (!sock_flag(r->sk, SOCK_URGINLINE)) {
			advance(r, 1);
			r->skipped++;
			eat(r, skb);
			return 1;
		}
	}
	if (!(r->flags & MSG_TRUNC) &&
	    unlikely(skb_copy_datagram_msg(skb, off, r->msg, n)))
		return -EFAULT;
	r->copied += n;
	r->left -= n;
	advance(r, n);
	eat(r, skb);
	return n ? : 1;
}

/* Nothing is there: is that the end? Return: true with r->copied final. */
static bool stop(struct reader *r)
{
	struct sock *sk = r->sk;

	if (r->copied)
		return sk->sk_err || sk->sk_state == TCP_CLOSE ||
		       (sk->sk_shutdown & RCV_SHUTDOWN) || !r->timeo ||
		       signal_pending(current);
	if (sock_flag(sk, SOCK_DONE))
		return true;
	if (sk->sk_err)
		r->copied = sock_error(sk);
	else if (sk->sk_shutdown & RCV_SHUTDOWN)
		return true;
	else if (sk->sk_state == TCP_CLOSE)
		r->copied = -ENOTCONN;
	else if (!r->timeo)
		r->copied = -EAGAIN;
	else if (signal_pending(current))
		r->copied = sock_intr_errno(r->timeo);
	return r->copied;
}

/* More is wanted. Return: false if the call is over. */
static bool wait_more(struct reader *r)
{
	struct sock *sk = r->sk;
	struct atcp_conn *c = &atcp_sk(sk)->conn;
	int rc = 0;

	flush(r);
	if (r->copied >= r->target) {
		/* what waits in the backlog comes along */
		release_sock(sk);
		lock_sock(sk);
	} else {
		rc = sk_wait_data(sk, &r->timeo, skb_peek_tail(&sk->sk_receive_queue));
	}
	if (rc < 0) {
		r->copied = r->copied ? : rc;
		return false;
	}
	if (!(r->flags & MSG_PEEK))
		r->pos = c->copied_seq;
	else if (r->pos - r->copied - r->skipped != c->copied_seq)
		r->pos = c->copied_seq;	/* another reader was quicker */
	return true;
}

/* Return: true if a read that has bytes, or is interrupted, ends at the urgent mark. */
static bool at_mark(struct reader *r)
{
	const struct atcp_sock *as = atcp_sk(r->sk);

	if (likely(!as->urg_state) || as->urg_seq != r->pos)
		return false;
	if (r->copied)
		return true;
	if (!signal_pending(current))
		return false;
	r->copied = r->timeo ? sock_intr_errno(r->timeo) : -EAGAIN;
	return true;
}

static void read_stream(struct reader *r)
{
	do {
		int n;

		if (at_mark(r))
			break;
		n = take(r);
		if (n > 0)
			continue;
		if (n < 0) {
			r->copied = r->copied ? : n;
			break;
		}
		if (r->copied >= r->target && !READ_ONCE(r->sk->sk_backlog.tail))
			break;
		if (stop(r) || !wait_more(r))
			break;
	} while (r->left);
	flush(r);
}

int atcp_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags)
{
	struct sock *sk = sock->sk;
	struct reader r = {
		.sk = sk,
		.msg = msg,
		.left = size,
		.flags = flags,
	};

	if (unlikely(flags & MSG_ERRQUEUE))
		return -EAGAIN;
	lock_sock(sk);
	if (unlikely(sk->sk_state == TCP_LISTEN)) {
		r.copied = -ENOTCONN;
	} else {
		r.timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
		if (unlikely(flags & MSG_OOB)) {
			r.copied = atcp_urg_recv(sk, msg, size, flags);
		} else {
			r.target = sock_rcvlowat(sk, flags & MSG_WAITALL, size);
			r.pos = atcp_sk(sk)->conn.copied_seq;
			read_stream(&r);
		}
	}
	release_sock(sk);
	return r.copied;
}
