/* SPDX-License-Identifier: GPL-2.0-only */
/* Segments to sockets. */
#ifndef _ATCP_RCV_H
#define _ATCP_RCV_H

#include "core/segment.h"

struct atcp_net;
struct nf_hook_state;
struct sk_buff;
struct sock;

/**
 * atcp_sock_rcv() - a segment for a connection
 * @sk: looked up under the RCU read lock, which is held; bottom halves are off
 * @skb: data and transport header at the TCP header, checksum good; consumed
 * @s: its parsed header
 *
 * Takes the socket's spinlock; goes to the backlog while a user owns the socket.
 */
void atcp_sock_rcv(struct sock *sk, struct sk_buff *skb, const struct atcp_seg *s);

/* Same, of a child whose lock came with it (atcp_listen_child()): the lock is given back. */
void atcp_child_rcv(struct sock *sk, struct sk_buff *skb, const struct atcp_seg *s);

/* Same, with the lock held (bh or owned). */
void atcp_sock_rcv_locked(struct sock *sk, struct sk_buff *skb, const struct atcp_seg *s);

/* proto.backlog_rcv: parses the header again. */
int atcp_backlog_rcv(struct sock *sk, struct sk_buff *skb);

/* hook.c: hooks and ports_used of a namespace, made when its first port is taken. May sleep. */
int atcp_hook_enable(struct atcp_net *an);
/* Nothing comes in any more; a hook that runs ends within a grace period. */
void atcp_hook_disable(struct atcp_net *an);
/* After that grace period. */
void atcp_hook_free(struct atcp_net *an);

/* icmp.c: an error for one of our connections may be in @skb, which is left as it is. */
void atcp_icmp4_rcv(const struct atcp_net *an, struct sk_buff *skb);
void atcp_icmp6_rcv(const struct atcp_net *an, struct sk_buff *skb, unsigned int off);

/* An ICMP error quotes number @seq: positive errno @err, @hard as the core has it. Lock held. */
void atcp_icmp_error(struct sock *sk, u32 seq, int err, bool hard);

/* The path takes @mtu bytes of IP packet: tell routing and the connection. Lock held. */
void atcp_mtu_reduced(struct sock *sk, u32 mtu);

#endif /* _ATCP_RCV_H */
