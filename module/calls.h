/* SPDX-License-Identifier: GPL-2.0-only */
/* The system calls on a socket, among the files that serve them. */
#ifndef _ATCP_CALLS_H
#define _ATCP_CALLS_H

#include <linux/net.h>
#include <linux/poll.h>
#include <linux/sockptr.h>
#include "sock.h"

struct tcp_info;

/* The one write of what the rest of the kernel sees of the state. */
static inline void atcp_set_state(struct sock *sk, int state)
{
	/* pairs with inet_sk_state_load() of poll(): the fields of a state go before it */
	smp_store_release(&sk->sk_state, state);
}

/* sock.c */
void atcp_sock_addrs(struct sock *sk);	/* write the addresses of flow into inet; lock held */
int atcp_disconnect(struct sock *sk, int flags);	/* lock held */
/* A TCB in CLOSED with the settings of the one before; lock held or new. */
void atcp_sock_fresh_conn(struct sock *sk);
/* conn's buffer and MSS from the socket's settings and its route; lock held or new. */
void atcp_sock_sizes(struct sock *sk);
/* Keep the receive window within TCP_WINDOW_CLAMP; lock held or new. */
void atcp_sock_clamp(struct sock *sk);

/* connect.c: proto.connect, lock held */
int atcp_v4_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len);
int atcp_v6_connect(struct sock *sk, struct sockaddr *uaddr, int addr_len);

/* close.c: proto.close, proto.shutdown (lock held) */
void atcp_close(struct sock *sk, long timeout);
void atcp_shutdown(struct sock *sk, int how);

/* listen.c */
int atcp_listen(struct socket *sock, int backlog);
struct sock *atcp_accept(struct sock *sk, int flags, int *err, bool kern);
bool atcp_accept_ready(const struct sock *sk);
void atcp_listen_stop(struct sock *sk);	/* lock held */
void atcp_listen_free(struct sock *sk);	/* with the socket */
void atcp_child_ready(struct sock *sk);	/* lock held: the handshake of a child is done */
void atcp_child_gone(struct sock *sk);	/* lock held: a child died before that */

/* send.c, recv.c */
int atcp_sendmsg(struct socket *sock, struct msghdr *msg, size_t size);
int atcp_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags);

/* urgent.c: lock held */
void atcp_urg_announced(struct sock *sk);
void atcp_urg_arrived(struct sock *sk, struct sk_buff *skb);
int atcp_urg_recv(struct sock *sk, struct msghdr *msg, int len, int flags);

/* poll.c */
__poll_t atcp_poll(struct file *file, struct socket *sock, poll_table *wait);
bool atcp_readable(const struct sock *sk, int target);
int atcp_set_rcvlowat(struct sock *sk, int val);

/* ioctl.c */
int atcp_ioctl(struct sock *sk, int cmd, unsigned long arg);

/* event.c */
void atcp_write_space(struct sock *sk);
bool atcp_stream_memory_free(const struct sock *sk, int wake);

/* payload.c */
/*
 * An empty segment with headroom, accounted for; @linear: bytes that are to fit behind it; @force:
 * even beyond the limits of memory.
 */
struct sk_buff *atcp_tx_alloc(struct sock *sk, u32 linear, bool force, gfp_t gfp);

/* sockopt.c */
int atcp_setsockopt(struct socket *sock, int level, int name, sockptr_t val, unsigned int len);
int atcp_getsockopt(struct socket *sock, int level, int name, char __user *val,
		    int __user *len);
void atcp_keepalive(struct sock *sk, int on);	/* proto.keepalive, lock held */

/* sockopt6.c */
int atcp_set_ipv6(struct sock *sk, int name, sockptr_t val, unsigned int len);

/* info.c */
void atcp_get_info(struct sock *sk, struct tcp_info *info);
/* The same without the lock, for listings: what it shows may be of several moments. */
void atcp_peek_info(const struct sock *sk, struct tcp_info *info);

#endif /* _ATCP_CALLS_H */
