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
/* May the listener take one more handshake / finished connection? */
bool atcp_listen_req_full(const struct sock *listener);
bool atcp_listen_accept_full(const struct sock *listener);
void atcp_listen_req_added(struct sock *listener);
void atcp_listen_req_removed(struct sock *listener);

#endif /* _ATCP_LISTEN_H */
