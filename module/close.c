// SPDX-License-Identifier: GPL-2.0-only
/* close(2) and shutdown(2). */
#include <linux/sched/signal.h>
#include <net/sock.h>
#include "calls.h"
#include "core/api.h"
#include "mem.h"
#include "mib.h"
#include "netns.h"
#include "ports.h"
#include "timer.h"

/* The states in which our FIN is still on its way. */
#define LINGERING (TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK)

void atcp_shutdown(struct sock *sk, int how)
{
	if (!(how & SEND_SHUTDOWN) || sk->sk_state == TCP_CLOSE)
		return;
	atcp_conn_close(&atcp_sk(sk)->conn, atcp_now());
	atcp_sock_settle(sk);
}

/* SO_LINGER: wait until the peer has all, the time is over or a signal comes. */
static void linger(struct sock *sk, long timeout)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue(sk_sleep(sk), &wait);
	while (timeout && ((1 << sk->sk_state) & LINGERING) && !signal_pending(current))
		sk_wait_event(sk, &timeout, !((1 << READ_ONCE(sk->sk_state)) & LINGERING), &wait);
	remove_wait_queue(sk_sleep(sk), &wait);
}

static void abort_conn(struct sock *sk, enum atcp_counter why, u64 now)
{
	atcp_count(atcp_pernet(sock_net(sk)), why);
	atcp_conn_abort(&atcp_sk(sk)->conn, now);
}

/* RFC 9293 3.10.4 and MUST-13: data that is lost on the user is told to the peer by a RST. */
static void close_conn(struct sock *sk, u64 now)
{
	struct atcp_conn *c = &atcp_sk(sk)->conn;
	bool unread = c->rcv_used;

	__skb_queue_purge(&sk->sk_receive_queue);
	sk_mem_reclaim(sk);
	if (unread)
		abort_conn(sk, ATCP_C_TCPAbortOnClose, now);
	else if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime)
		abort_conn(sk, ATCP_C_TCPAbortOnData, now);
	else
		atcp_conn_close(c, now);
}

/* From here on the connection is on its own. */
static void orphan(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	u64 now = atcp_now();

	if (sk->sk_state == TCP_CLOSE)
		return;
	if (sk->sk_state == TCP_FIN_WAIT2 && as->linger2_neg)
		abort_conn(sk, ATCP_C_TCPAbortOnLinger, now);
	else if (atcp_orphan_begin(sk))
		atcp_conn_orphan(&as->conn, now);
	else
		abort_conn(sk, ATCP_C_TCPAbortOnMemory, now);
	atcp_sock_settle(sk);
}

void atcp_orphan_check(struct sock *sk)
{
	const struct atcp_conn *c = &atcp_sk(sk)->conn;

	if (!atcp_sk(sk)->counted_orphan || c->state == ATCP_CLOSED ||
	    !(c->rtx_count || c->probes) || !atcp_orphan_excess(sk, c->soft_err))
		return;
	abort_conn(sk, ATCP_C_TCPAbortOnMemory, atcp_now());
}

/*
 * A connection that goes on without a user does not keep its namespace alive: the namespace's
 * end is the connection's (netns.c), which waits for the lock that is held here.
 */
static void leave_net(struct sock *sk)
{
	struct net *net = sock_net(sk);

	if (!sk->sk_net_refcnt || !atcp_sk(sk)->hashed)
		return;
	sk->sk_net_refcnt = 0;
	sock_inuse_add(net, -1);
	put_net_track(net, &sk->ns_tracker);
}

void atcp_close(struct sock *sk, long timeout)
{
	lock_sock(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sk->sk_state == TCP_LISTEN)
		atcp_listen_stop(sk);
	else if (sk->sk_state != TCP_CLOSE)
		close_conn(sk, atcp_now());
	atcp_sock_settle(sk);
	if (timeout)
		linger(sk, timeout);
	sock_orphan(sk);
	orphan(sk);
	if (sk->sk_state == TCP_CLOSE) {
		__skb_queue_purge(&sk->sk_receive_queue);
		atcp_sock_done(sk);
	}
	leave_net(sk);
	/* the backlog may end the connection: it is looked at with the socket an orphan already */
	release_sock(sk);
	sock_put(sk);
}
