// SPDX-License-Identifier: GPL-2.0-only
/* poll(2): what a socket is ready for. Reads without the socket's lock, as native TCP does. */
#include <linux/poll.h>
#include <net/sock.h>
#include "calls.h"
#include "core/api.h"
#include "netns.h"

bool atcp_readable(const struct sock *sk, int target)
{
	const struct atcp_conn *c = &atcp_sk(sk)->conn;
	u32 avail = READ_ONCE(c->rcv_used);

	if (!avail)
		return false;
	/* the user is woken before his low-water mark if no more can come: the window is shut */
	return avail >= target || sk_under_memory_pressure(sk) ||
	       atcp_conn_rcv_wnd(c) <= c->rcv_mss;
}

static bool writeable(struct sock *sk)
{
	if (__sk_stream_is_writeable(sk, 1))
		return true;
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* room may have come between the look and the flag; pairs with the ACK's side */
	smp_mb__after_atomic();
	return __sk_stream_is_writeable(sk, 1);
}

static __poll_t poll_connection(struct sock *sk, u8 shutdown)
{
	const struct atcp_sock *as = atcp_sk(sk);
	int target = sock_rcvlowat(sk, 0, INT_MAX);
	u8 urg = READ_ONCE(as->urg_state);
	__poll_t mask = 0;

	/* an urgent byte at the mark is not there for an ordinary read */
	if (urg && READ_ONCE(as->urg_seq) == READ_ONCE(as->conn.copied_seq) &&
	    !sock_flag(sk, SOCK_URGINLINE))
		target++;
	if (atcp_readable(sk, target))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (shutdown & SEND_SHUTDOWN || writeable(sk))
		mask |= EPOLLOUT | EPOLLWRNORM;
	if (urg == ATCP_URG_VALID)
		mask |= EPOLLPRI;
	return mask;
}

__poll_t atcp_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask = 0;
	u8 shutdown;
	int state;

	sock_poll_wait(file, sock, wait);
	state = inet_sk_state_load(sk);
	if (state == TCP_LISTEN)
		return atcp_accept_ready(sk) ? EPOLLIN | EPOLLRDNORM : 0;
	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state != TCP_SYN_SENT && state != TCP_SYN_RECV)
		mask |= poll_connection(sk, shutdown);
	/* pairs with the barrier of settle: who saw the state sees the error */
	smp_rmb();
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}

int atcp_set_rcvlowat(struct sock *sk, int val)
{
	struct atcp_conn *c = &atcp_sk(sk)->conn;
	int most = sk->sk_userlocks & SOCK_RCVBUF_LOCK ?
		   sk->sk_rcvbuf / 2 : READ_ONCE(atcp_pernet(sock_net(sk))->rmem[2]) / 2;

	val = min(val, most);
	WRITE_ONCE(sk->sk_rcvlowat, val ? : 1);
	if (atcp_readable(sk, sk->sk_rcvlowat))
		sk->sk_data_ready(sk);
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		return 0;
	if (2 * val > sk->sk_rcvbuf)
		WRITE_ONCE(sk->sk_rcvbuf, 2 * val);
	if (val > c->rcv_buf)
		c->rcv_buf = val;
	return 0;
}
