// SPDX-License-Identifier: GPL-2.0-only
/* ioctl(2) on a socket: SIOCINQ (FIONREAD), SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK. */
#include <linux/sockios.h>
#include <asm/ioctls.h>
#include <net/sock.h>
#include "calls.h"
#include "core/seq.h"

/* Bytes that a read would give, up to the urgent mark. */
static int readable_bytes(struct sock *sk)
{
	const struct atcp_sock *as = atcp_sk(sk);
	const struct atcp_conn *c = &as->conn;
	u32 to_mark = as->urg_seq - c->copied_seq;

	if (as->urg_state && !sock_flag(sk, SOCK_URGINLINE) && to_mark < c->rcv_used)
		return to_mark;
	return c->rcv_used;
}

static bool has_queues(const struct sock *sk)
{
	return !((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_CLOSE));
}

int atcp_ioctl(struct sock *sk, int cmd, unsigned long arg)
{
	const struct atcp_sock *as = atcp_sk(sk);
	int answer;

	switch (cmd) {
	case SIOCINQ:
	case SIOCATMARK:
	case SIOCOUTQ:
	case SIOCOUTQNSD:
		break;
	default:
		return -ENOIOCTLCMD;
	}
	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN && cmd != SIOCATMARK)
		answer = -EINVAL;
	else if (cmd == SIOCINQ)
		answer = readable_bytes(sk);
	else if (cmd == SIOCATMARK)
		answer = as->urg_state && as->urg_seq == as->conn.copied_seq;
	else if (!has_queues(sk))
		answer = 0;
	else
		answer = as->conn.write_seq -
			 (cmd == SIOCOUTQ ? as->conn.snd_una : as->conn.snd_nxt);
	release_sock(sk);
	return answer < 0 ? answer : put_user(answer, (int __user *)arg);
}
