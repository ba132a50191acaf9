/* SPDX-License-Identifier: GPL-2.0-only */
/* Listeners and their children, for who handles the segments of a handshake. */
#ifndef _ATCP_LISTEN_H
#define _ATCP_LISTEN_H

#include <linux/types.h>

struct atcp_request;
struct sk_buff;
struct sock;

/**
 * atcp_listen_child() - make the socket of a finished handshake
 * @listener: looked up under RCU, not locked
 * @req: in the table; replaced there by the child's flow on success, and then freed
 *	by the caller's atcp_request_done()
 * @skb: the third segment, for device and addresses; stays the caller's
 *
 * Softirq, RCU. Return: the child, bh-locked (bh_lock_sock_nested), in SYN_RECEIVED, hashed,
 * already in the accept queue (woken for accept by settle once ESTABLISHED); NULL: queue full
 * or no memory.
 */
struct sock *atcp_listen_child(struct sock *listener, struct atcp_request *req,
			       struct sk_buff *skb);
/* May the listener have one more finished connection? */
bool atcp_listen_accept_full(const struct sock *listener);

/**
 * atcp_listen_req_take() - room for one more handshake, if the listener has any left
 * @listener: looked up under RCU, not locked
 *
 * What is taken is given back with atcp_listen_req_give(): room that was seen and not taken at
 * the same moment another CPU may have taken as well. Return: true if it is taken.
 */
bool atcp_listen_req_take(struct sock *listener);
void atcp_listen_req_give(struct sock *listener);

/* A SYN cookie is sent. @now: ns, as for the next. */
void atcp_listen_cookie_sent(struct sock *listener, u64 now);

/* May one come back that is good? Else nobody has to look at it. */
bool atcp_listen_cookie_expected(const struct sock *listener, u64 now);

#endif /* _ATCP_LISTEN_H */
