// SPDX-License-Identifier: GPL-2.0-only
/* What the core says of a connection, told to the socket and to who waits for it. */
#include <net/sock.h>
#include "calls.h"
#include "core/api.h"
#include "demux.h"
#include "drain.h"
#include "mem.h"
#include "netns.h"
#include "records.h"
#include "timer.h"

#define EV_RARE	(ATCP_EV_STATE | ATCP_EV_CONNECTED | ATCP_EV_EOF | ATCP_EV_ERROR | \
		 ATCP_EV_SOFT | ATCP_EV_URGENT | ATCP_EV_TIMEWAIT | ATCP_EV_CLOSED | \
		 ATCP_EV_RCVBUF | ATCP_EV_TXSHUT | ATCP_EV_ROUTE)

bool atcp_stream_memory_free(const struct sock *sk, int wake)
{
	const struct atcp_sock *as = atcp_sk(sk);
	u32 unsent = READ_ONCE(as->conn.write_seq) - READ_ONCE(as->conn.snd_nxt);
	u32 most = READ_ONCE(as->notsent_lowat);

	if (!most)
		most = READ_ONCE(atcp_cfg_net(as->conn.cfg)->notsent_lowat);
	return (unsent << wake) < most;
}

/* Also called by sock_wfree(), without the socket's lock. */
void atcp_write_space(struct sock *sk)
{
	struct socket *sock = READ_ONCE(sk->sk_socket);
	struct socket_wq *wq;

	atcp_drain_freed(sk);
	if (!sock || !test_bit(SOCK_NOSPACE, &sock->flags) || !__sk_stream_is_writeable(sk, 1))
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait,
					   EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}

/*
 * As much as is on the way and as much again, so that an ACK finds something to send. Counted
 * in segments that each take an allocation of their own, the least dense they can be.
 */
static void tune_sndbuf(struct sock *sk)
{
	const struct atcp_conn *c = &atcp_sk(sk)->conn;
	u32 each = roundup_pow_of_two(c->mss + SKB_TRUESIZE(MAX_HEADER)) +
		   SKB_DATA_ALIGN(sizeof(struct sk_buff));
	u64 want = 2ULL * max_t(u32, c->cwnd / c->mss, c->cfg->init_cwnd) * each;
	u32 most = READ_ONCE(atcp_pernet(sock_net(sk))->wmem[2]);

	if (want <= sk->sk_sndbuf || (sk->sk_userlocks & SOCK_SNDBUF_LOCK))
		return;
	want = min_t(u64, want, most);
	atcp_mem_look(sk);
	if (want > sk->sk_sndbuf && !c->mem_tight)
		WRITE_ONCE(sk->sk_sndbuf, want);
}

static void space(struct sock *sk)
{
	tune_sndbuf(sk);
	if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		sk->sk_write_space(sk);
}

static void tune_rcvbuf(struct sock *sk)
{
	const struct atcp_conn *c = &atcp_sk(sk)->conn;
	u32 want = min_t(u64, 2ULL * c->rcv_buf, INT_MAX);

	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK) && want > sk->sk_rcvbuf)
		WRITE_ONCE(sk->sk_rcvbuf, want);
}

/* Fields first, wake-ups after: poll() reads without the lock. */
static void take_errors(struct sock *sk, u16 ev)
{
	const struct atcp_conn *c = &atcp_sk(sk)->conn;

	if (ev & ATCP_EV_SOFT) {
		sk->sk_err_soft = c->soft_err;
		if (c->soft_err &&
		    (atcp_sk(sk)->flow.v6 ? inet6_sk(sk)->recverr : inet_sk(sk)->recverr))
			sk->sk_err = c->soft_err;
	}
	if (ev & ATCP_EV_ERROR) {
		sk->sk_err = c->err;
		/* pairs with the barrier of poll(): who sees the state sees the error */
		smp_wmb();
	}
}

static void take_shutdown(struct sock *sk, u16 ev)
{
	u8 how = 0;

	if (ev & (ATCP_EV_CLOSED | ATCP_EV_TIMEWAIT))
		how = SHUTDOWN_MASK;
	if (ev & ATCP_EV_EOF) {
		how |= RCV_SHUTDOWN;
		sock_set_flag(sk, SOCK_DONE);
	}
	if (ev & ATCP_EV_TXSHUT)
		how |= SEND_SHUTDOWN;
	if (how)
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | how);
}

static void take_state(struct sock *sk, u16 ev)
{
	const struct atcp_conn *c = &atcp_sk(sk)->conn;

	if (ev & (ATCP_EV_CLOSED | ATCP_EV_TIMEWAIT))
		atcp_set_state(sk, TCP_CLOSE);
	else if (ev & ATCP_EV_STATE)
		atcp_set_state(sk, c->state);
}

static void wake(struct sock *sk, u16 ev)
{
	if (ev & ATCP_EV_ERROR || (ev & ATCP_EV_SOFT && sk->sk_err))
		sk_error_report(sk);
	if (ev & (ATCP_EV_CONNECTED | ATCP_EV_EOF | ATCP_EV_TXSHUT |
		  ATCP_EV_CLOSED | ATCP_EV_TIMEWAIT))
		sk->sk_state_change(sk);
	if (ev & ATCP_EV_CONNECTED)
		sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
	if (ev & ATCP_EV_EOF)
		sk_wake_async(sk, SOCK_WAKE_WAITD,
			      sk->sk_shutdown == SHUTDOWN_MASK ? POLL_HUP : POLL_IN);
}

static void settle_rare(struct sock *sk, u16 ev)
{
	bool handshake = sk->sk_state == TCP_SYN_RECV;

	if (ev & ATCP_EV_URGENT)
		atcp_urg_announced(sk);
	if (ev & ATCP_EV_RCVBUF)
		tune_rcvbuf(sk);
	if (ev & ATCP_EV_ROUTE)
		dst_negative_advice(sk);
	take_errors(sk, ev);
	take_shutdown(sk, ev);
	take_state(sk, ev);
	if (ev & ATCP_EV_TIMEWAIT)
		atcp_timewait_enter(sk);
	if (ev & (ATCP_EV_CLOSED | ATCP_EV_TIMEWAIT))
		atcp_sock_done(sk);
	if (!sock_flag(sk, SOCK_DEAD))
		wake(sk, ev);
	if (!handshake)
		return;
	if (ev & ATCP_EV_CONNECTED)
		atcp_child_ready(sk);
	else if (ev & ATCP_EV_CLOSED)
		atcp_child_gone(sk);
}

void atcp_sock_settle(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	u16 ev = as->conn.ev;

	if (unlikely(as->abort_due)) {
		as->abort_due = 0;
		as->conn.err = ECONNRESET;
		as->conn.ev |= ATCP_EV_ERROR;
		atcp_conn_abort(&as->conn, atcp_now());
		ev = as->conn.ev;
	}
	as->conn.ev = 0;
	if (unlikely(ev & EV_RARE))
		settle_rare(sk, ev);
	if (ev & ATCP_EV_DATA && !sock_flag(sk, SOCK_DEAD) &&
	    (sock_flag(sk, SOCK_DONE) || atcp_readable(sk, sk->sk_rcvlowat)))
		sk->sk_data_ready(sk);
	atcp_mem_fit(sk);
	if (ev & ATCP_EV_SPACE)
		space(sk);
	atcp_timer_sync(sk);
}
