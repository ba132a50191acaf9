// SPDX-License-Identifier: GPL-2.0-only
/*
 * Urgent data: RFC 9293 3.8.5, RFC 6093. The pointer names the number after the urgent byte, so
 * the byte is the one before it. It is taken out of the stream unless SO_OOBINLINE.
 */
#include <net/sock.h>
#include "calls.h"
#include "core/seq.h"
#include "skb.h"

/* A new mark before the user has come to the old one: the old byte is ordinary data no more. */
static void skip_passed_mark(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_conn *c = &as->conn;

	if (!as->urg_state || as->urg_seq != c->copied_seq || !c->rcv_used ||
	    sock_flag(sk, SOCK_URGINLINE))
		return;
	WRITE_ONCE(c->copied_seq, c->copied_seq + 1);
	WRITE_ONCE(c->rcv_used, c->rcv_used - 1);
}

void atcp_urg_announced(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_conn *c = &as->conn;
	u32 seq = c->rcv_up - 1;

	/* read already, or no news */
	if (atcp_before(seq, c->copied_seq) ||
	    (as->urg_state && !atcp_after(seq, as->urg_seq)))
		return;
	sk_send_sigurg(sk);
	skip_passed_mark(sk);
	WRITE_ONCE(as->urg_seq, seq);
	WRITE_ONCE(as->urg_state, ATCP_URG_NOTYET);
}

void atcp_urg_arrived(struct sock *sk, struct sk_buff *skb)
{
	struct atcp_sock *as = atcp_sk(sk);
	const struct atcp_rxseg *rx = atcp_skb_rx(skb);
	u32 off = as->urg_seq - rx->seq;

	if (as->urg_state != ATCP_URG_NOTYET || off >= rx->len ||
	    skb_copy_bits(skb, off, &as->urg_byte, 1))
		return;
	WRITE_ONCE(as->urg_state, ATCP_URG_VALID);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}

int atcp_urg_recv(struct sock *sk, struct msghdr *msg, int len, int flags)
{
	struct atcp_sock *as = atcp_sk(sk);

	if (sock_flag(sk, SOCK_URGINLINE) || !as->urg_state || as->urg_state == ATCP_URG_READ)
		return -EINVAL;
	if (sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (as->urg_state == ATCP_URG_VALID) {
		if (!(flags & MSG_PEEK))
			WRITE_ONCE(as->urg_state, ATCP_URG_READ);
		msg->msg_flags |= MSG_OOB;
		if (len <= 0) {
			msg->msg_flags |= MSG_TRUNC;
			return 0;
		}
		if (!(flags & MSG_TRUNC) && memcpy_to_msg(msg, &as->urg_byte, 1))
			return -EFAULT;
		return 1;
	}
	if (sk->sk_state == TCP_CLOSE || (sk->sk_shutdown & RCV_SHUTDOWN))
		return 0;
	return -EAGAIN;
}
