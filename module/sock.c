// SPDX-License-Identifier: GPL-2.0-only
/* What beginnings and ends have in common: a socket's TCB, addresses and place in the tables. */
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/transp_v6.h>
#include <net/transp_v6.h>
#include "calls.h"
#include "core/api.h"
#include "demux.h"
#include "mem.h"
#include "netns.h"
#include "ports.h"
#include "timer.h"

void atcp_sock_done(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);

	atcp_timer_stop(sk);
	atcp_conn_purge(&as->conn);
	atcp_orphan_end(sk);
	atcp_mem_fit(sk);
	if (as->hashed) {
		as->hashed = 0;
		as->was_hashed = 1;
		if (atcp_hash_remove(&as->flow))
			sock_put(sk);
	}
	/* a port that the user asked for is his as long as he has the socket */
	if (as->port && (sock_flag(sk, SOCK_DEAD) || !(sk->sk_userlocks & SOCK_BINDPORT_LOCK)))
		atcp_port_unbind(sk);
}

/* What the user set on the TCB, which outlives a connection. */
struct settings {
	const struct atcp_cc_ops *cc;
	u32 rto_min_us, time_wait_us, user_timeout_ms, keep_idle_ms, keep_intvl_ms, linger2_ms;
	u16 user_mss, adv_uto;
	u8 keep_probes, syn_retries;
	u8 nodelay, cork, keepalive, quickack_off;
};

static void settings_save(struct settings *s, const struct atcp_conn *c)
{
	s->cc = c->cc;
	s->rto_min_us = c->rto_min_us;
	s->time_wait_us = c->time_wait_us;
	s->user_timeout_ms = c->user_timeout_ms;
	s->keep_idle_ms = c->keep_idle_ms;
	s->keep_intvl_ms = c->keep_intvl_ms;
	s->linger2_ms = c->linger2_ms;
	s->user_mss = c->user_mss;
	s->adv_uto = c->adv_uto;
	s->keep_probes = c->keep_probes;
	s->syn_retries = c->syn_retries;
	s->nodelay = c->nodelay;
	s->cork = c->cork;
	s->keepalive = c->keepalive;
	s->quickack_off = c->quickack_off;
}

static void settings_restore(struct atcp_conn *c, const struct settings *s)
{
	c->cc = s->cc;
	c->rto_min_us = s->rto_min_us;
	c->time_wait_us = s->time_wait_us;
	c->user_timeout_ms = s->user_timeout_ms;
	c->keep_idle_ms = s->keep_idle_ms;
	c->keep_intvl_ms = s->keep_intvl_ms;
	c->linger2_ms = s->linger2_ms;
	c->user_mss = s->user_mss;
	c->adv_uto = s->adv_uto;
	c->keep_probes = s->keep_probes;
	c->syn_retries = s->syn_retries;
	c->nodelay = s->nodelay;
	c->cork = s->cork;
	c->keepalive = s->keepalive;
	c->quickack_off = s->quickack_off;
}

/* All but the two pointers that are followed without the lock (info.c, diag.c, debugfs.c). */
static void clear_conn(struct atcp_conn *c)
{
	const size_t from = offsetof(struct atcp_conn, cfg);
	const size_t to = offsetofend(struct atcp_conn, cc);

	BUILD_BUG_ON(to - from != sizeof(c->cfg) + sizeof(c->cc));
	memset(c, 0, from);
	memset((u8 *)c + to, 0, sizeof(*c) - to);
}

void atcp_sock_fresh_conn(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct settings s;

	settings_save(&s, &as->conn);
	clear_conn(&as->conn);
	atcp_conn_init(&as->conn, &atcp_pernet(sock_net(sk))->cfg);
	settings_restore(&as->conn, &s);
	as->urg_state = ATCP_URG_NONE;
	as->abort_due = 0;
}

void atcp_sock_clamp(struct sock *sk)
{
	struct atcp_conn *c = &atcp_sk(sk)->conn;
	u32 clamp = atcp_sk(sk)->window_clamp;

	if (!clamp)
		return;
	c->rcv_buf = min(c->rcv_buf, clamp);
	c->rcv_buf_max = min(c->rcv_buf_max, clamp);
}

void atcp_sock_sizes(struct sock *sk)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct atcp_conn *c = &as->conn;

	/* MUST-67: what fits the link, headers without options taken off */
	c->adv_mss = min_t(u32, c->mtu - ATCP_HDR_MIN, U16_MAX);
	if (c->user_mss)
		c->adv_mss = min(c->adv_mss, c->user_mss);
	/* MUST-15, RFC 9293 3.7.1 */
	c->default_mss = as->flow.v6 ? 1220 : 536;
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK) {
		c->rcv_buf = sk->sk_rcvbuf / 2;
		c->rcv_buf_max = 0;
	} else {
		c->rcv_buf = max_t(u32, c->cfg->rcv_buf_default, sk->sk_rcvbuf / 2);
		c->rcv_buf_max = max(c->cfg->rcv_buf_max, c->rcv_buf);
		sk->sk_rcvbuf = max_t(int, sk->sk_rcvbuf, 2 * c->rcv_buf);
	}
	atcp_sock_clamp(sk);
}

void atcp_sock_addrs(struct sock *sk)
{
	const struct atcp_flow *f = &atcp_sk(sk)->flow;
	struct inet_sock *inet = inet_sk(sk);

	if (f->v6) {
		/* nothing IPv4 is to match these */
		inet->inet_saddr = LOOPBACK4_IPV6;
		inet->inet_rcv_saddr = LOOPBACK4_IPV6;
		inet->inet_daddr = LOOPBACK4_IPV6;
	} else {
		inet->inet_saddr = f->laddr.s6_addr32[3];
		inet->inet_rcv_saddr = f->laddr.s6_addr32[3];
		inet->inet_daddr = f->raddr.s6_addr32[3];
	}
	if (atcp_is_v6_sock(sk)) {
		sk->sk_v6_rcv_saddr = f->laddr;
		sk->sk_v6_daddr = f->raddr;
		inet6_sk(sk)->saddr = f->laddr;
	}
	inet->inet_sport = f->lport;
	inet->inet_num = ntohs(f->lport);
	inet->inet_dport = f->rport;
}

int atcp_disconnect(struct sock *sk, int flags)
{
	struct atcp_sock *as = atcp_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	int old = sk->sk_state;

	if (old == TCP_LISTEN) {
		atcp_listen_stop(sk);
	} else if (old != TCP_CLOSE) {
		atcp_conn_abort(&as->conn, atcp_now());
		atcp_sock_settle(sk);
		sk->sk_err = ECONNRESET;
	}
	atcp_sock_done(sk);
	__skb_queue_purge(&sk->sk_receive_queue);
	atcp_mem_fit(sk);
	inet->inet_dport = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK)) {
		inet->inet_saddr = 0;
		inet->inet_rcv_saddr = 0;
		if (atcp_is_v6_sock(sk)) {
			sk->sk_v6_rcv_saddr = in6addr_any;
			inet6_sk(sk)->saddr = in6addr_any;
		}
	}
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	atcp_sock_fresh_conn(sk);
	sk_dst_reset(sk);
	sk->sk_route_caps = 0;
	sk->sk_err_soft = 0;
	if (sk->sk_err)
		sk_error_report(sk);
	return 0;
}
