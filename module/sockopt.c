// SPDX-License-Identifier: GPL-2.0-only
/* getsockopt(2) and setsockopt(2): the options of SOL_TCP and SOL_ATCP as a table. */
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <uapi/linux/atcp.h>
#include "calls.h"
#include "core/api.h"
#include "core/uto.h"
#include "ipopt.h"
#include "timer.h"

#define MAXSEG_MIN	88	/* as native TCP: options and some data */
#define MAXSEG_MAX	32767
#define KEEPTIME_MAX	32767	/* s */
#define KEEPCNT_MAX	127
#define SYNCNT_MAX	127
#define LINGER2_MAX	120	/* s */
#define SYNACK_GAP_MAX	120	/* s, between two SYN,ACKs */

/**
 * struct option - one option with a plain int
 * @level: SOL_*
 * @name: number at that level
 * @min: smallest value taken; with @max the range, -EINVAL outside of it
 * @max: largest
 * @get: the value; socket locked
 * @set: take a value within the range; socket locked. Return: 0 or -errno. NULL: read only
 */
struct option {
	int level;
	int name;
	int min;
	int max;
	int (*get)(const struct sock *sk);
	int (*set)(struct sock *sk, int val);
};

static struct atcp_conn *conn_of(const struct sock *sk)
{
	return &atcp_sk(sk)->conn;
}

static int secs(u64 ns)
{
	return div_u64(ns, NSEC_PER_SEC);
}

/* What the user set in ms, or the namespace's default in ns. */
static int setting_secs(u32 ms, u64 otherwise)
{
	return ms ? ms / MSEC_PER_SEC : secs(otherwise);
}

static bool can_send(const struct sock *sk)
{
	return !((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN | TCPF_SYN_SENT));
}

static void push(struct sock *sk)
{
	if (!can_send(sk))
		return;
	atcp_conn_push(conn_of(sk), false, atcp_now());
	atcp_sock_settle(sk);
}

static int get_maxseg(const struct sock *sk)
{
	const struct atcp_conn *c = conn_of(sk);

	if (c->user_mss && ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		return c->user_mss;
	return c->mss ? : 536;
}

static int set_maxseg(struct sock *sk, int val)
{
	if (val && val < MAXSEG_MIN)
		return -EINVAL;
	conn_of(sk)->user_mss = val;
	return 0;
}

static int get_nodelay(const struct sock *sk)
{
	return conn_of(sk)->nodelay;
}

static int set_nodelay(struct sock *sk, int val)
{
	conn_of(sk)->nodelay = !!val;
	if (val)
		push(sk);
	return 0;
}

static int get_cork(const struct sock *sk)
{
	return conn_of(sk)->cork;
}

static int set_cork(struct sock *sk, int val)
{
	conn_of(sk)->cork = !!val;
	if (!val)
		push(sk);
	return 0;
}

void atcp_keepalive(struct sock *sk, int on)
{
	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)) {
		conn_of(sk)->keepalive = !!on;
		return;
	}
	atcp_conn_keepalive(conn_of(sk), on, atcp_now());
	atcp_timer_sync(sk);
}

/* The times of keepalive hold from now on. */
static void keep_changed(struct sock *sk)
{
	if (conn_of(sk)->keepalive)
		atcp_keepalive(sk, true);
}

static int get_keepidle(const struct sock *sk)
{
	return setting_secs(conn_of(sk)->keep_idle_ms, conn_of(sk)->cfg->keep_idle);
}

static int set_keepidle(struct sock *sk, int val)
{
	conn_of(sk)->keep_idle_ms = val * MSEC_PER_SEC;
	keep_changed(sk);
	return 0;
}

static int get_keepintvl(const struct sock *sk)
{
	return setting_secs(conn_of(sk)->keep_intvl_ms, conn_of(sk)->cfg->keep_intvl);
}

static int set_keepintvl(struct sock *sk, int val)
{
	conn_of(sk)->keep_intvl_ms = val * MSEC_PER_SEC;
	return 0;
}

static int get_keepcnt(const struct sock *sk)
{
	return conn_of(sk)->keep_probes ? : conn_of(sk)->cfg->keep_probes;
}

static int set_keepcnt(struct sock *sk, int val)
{
	conn_of(sk)->keep_probes = val;
	return 0;
}

static int get_syncnt(const struct sock *sk)
{
	return conn_of(sk)->syn_retries ? : conn_of(sk)->cfg->syn_retries;
}

static int set_syncnt(struct sock *sk, int val)
{
	conn_of(sk)->syn_retries = val;
	return 0;
}

static int get_linger2(const struct sock *sk)
{
	if (atcp_sk(sk)->linger2_neg)
		return -1;
	return setting_secs(conn_of(sk)->linger2_ms, conn_of(sk)->cfg->fin_timeout);
}

static int set_linger2(struct sock *sk, int val)
{
	atcp_sk(sk)->linger2_neg = val < 0;
	conn_of(sk)->linger2_ms = clamp(val, 0, LINGER2_MAX) * MSEC_PER_SEC;
	return 0;
}

static int get_defer_accept(const struct sock *sk)
{
	return secs(atcp_sk(sk)->defer_accept);
}

/* Whole SYN,ACK intervals, rounded up: 1, 1 + 2, 1 + 2 + 4 s ... */
static int set_defer_accept(struct sock *sk, int val)
{
	u64 sum = 0, gap = 1;

	while ((int)sum < val && sum < 255ULL * SYNACK_GAP_MAX) {
		sum += gap;
		gap = min_t(u64, 2 * gap, SYNACK_GAP_MAX);
	}
	atcp_sk(sk)->defer_accept = sum * NSEC_PER_SEC;
	return 0;
}

static int get_quickack(const struct sock *sk)
{
	return !conn_of(sk)->quickack_off;
}

static int set_quickack(struct sock *sk, int val)
{
	struct atcp_conn *c = conn_of(sk);

	c->quickack_off = !val;
	if (val && can_send(sk) && c->ack_sched) {
		atcp_conn_quickack(c, atcp_now());
		atcp_sock_settle(sk);
		/* an even value is for this one ACK */
		c->quickack_off = !(val & 1);
	}
	return 0;
}

static int get_window_clamp(const struct sock *sk)
{
	u32 clamp = atcp_sk(sk)->window_clamp;

	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return clamp;
	return clamp ? : conn_of(sk)->rcv_buf;
}

static int set_window_clamp(struct sock *sk, int val)
{
	if (!val && sk->sk_state != TCP_CLOSE)
		return -EINVAL;
	atcp_sk(sk)->window_clamp = val ? max_t(u32, val, SOCK_MIN_RCVBUF / 2) : 0;
	if (!((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		atcp_sock_clamp(sk);
	return 0;
}

static int get_user_timeout(const struct sock *sk)
{
	return conn_of(sk)->user_timeout_ms;
}

static int set_user_timeout(struct sock *sk, int val)
{
	conn_of(sk)->user_timeout_ms = val;
	return 0;
}

static int get_notsent_lowat(const struct sock *sk)
{
	return atcp_sk(sk)->notsent_lowat;
}

static int set_notsent_lowat(struct sock *sk, int val)
{
	WRITE_ONCE(atcp_sk(sk)->notsent_lowat, val);
	sk->sk_write_space(sk);
	return 0;
}

static int get_timewait(const struct sock *sk)
{
	return conn_of(sk)->time_wait_us ? :
	       div_u64(conn_of(sk)->cfg->time_wait, NSEC_PER_USEC);
}

static int set_timewait(struct sock *sk, int val)
{
	conn_of(sk)->time_wait_us = val;
	return 0;
}

static int get_rto_min(const struct sock *sk)
{
	return conn_of(sk)->rto_min_us ? :
	       div_u64(conn_of(sk)->cfg->rto_min, NSEC_PER_USEC);
}

static int set_rto_min(struct sock *sk, int val)
{
	if ((u64)val * NSEC_PER_USEC > conn_of(sk)->cfg->rto_max)
		return -EINVAL;
	conn_of(sk)->rto_min_us = val;
	return 0;
}

static int get_uto(const struct sock *sk)
{
	return atcp_uto_secs(conn_of(sk)->adv_uto);
}

static int set_uto(struct sock *sk, int val)
{
	atcp_conn_advertise(conn_of(sk), val);
	keep_changed(sk);
	return 0;
}

static int get_peer_uto(const struct sock *sk)
{
	return atcp_uto_secs(conn_of(sk)->peer_uto);
}

/* SO_REUSEPORT, which Linux 6.1 lets AF_INET and AF_INET6 sockets alone have at SOL_SOCKET. */
static int get_reuseport(const struct sock *sk)
{
	return sk->sk_reuseport;
}

static int set_reuseport(struct sock *sk, int val)
{
	sk->sk_reuseport = !!val;
	return 0;
}

static const struct option options[] = {
	{ SOL_TCP, TCP_MAXSEG, 0, MAXSEG_MAX, get_maxseg, set_maxseg },
	{ SOL_TCP, TCP_NODELAY, INT_MIN, INT_MAX, get_nodelay, set_nodelay },
	{ SOL_TCP, TCP_CORK, INT_MIN, INT_MAX, get_cork, set_cork },
	{ SOL_TCP, TCP_KEEPIDLE, 1, KEEPTIME_MAX, get_keepidle, set_keepidle },
	{ SOL_TCP, TCP_KEEPINTVL, 1, KEEPTIME_MAX, get_keepintvl, set_keepintvl },
	{ SOL_TCP, TCP_KEEPCNT, 1, KEEPCNT_MAX, get_keepcnt, set_keepcnt },
	{ SOL_TCP, TCP_SYNCNT, 1, SYNCNT_MAX, get_syncnt, set_syncnt },
	{ SOL_TCP, TCP_LINGER2, INT_MIN, INT_MAX, get_linger2, set_linger2 },
	{ SOL_TCP, TCP_DEFER_ACCEPT, INT_MIN, INT_MAX, get_defer_accept, set_defer_accept },
	{ SOL_TCP, TCP_WINDOW_CLAMP, INT_MIN, INT_MAX, get_window_clamp, set_window_clamp },
	{ SOL_TCP, TCP_QUICKACK, INT_MIN, INT_MAX, get_quickack, set_quickack },
	{ SOL_TCP, TCP_USER_TIMEOUT, 0, INT_MAX, get_user_timeout, set_user_timeout },
	{ SOL_TCP, TCP_NOTSENT_LOWAT, INT_MIN, INT_MAX, get_notsent_lowat, set_notsent_lowat },
	{ SOL_ATCP, ATCP_TIMEWAIT_US, 0, INT_MAX, get_timewait, set_timewait },
	{ SOL_ATCP, ATCP_RTO_MIN_US, 0, INT_MAX, get_rto_min, set_rto_min },
	{ SOL_ATCP, ATCP_REUSEPORT, INT_MIN, INT_MAX, get_reuseport, set_reuseport },
	{ SOL_ATCP, ATCP_UTO, 0, ATCP_UTO_MAX_SECS, get_uto, set_uto },
	{ SOL_ATCP, ATCP_PEER_UTO, 0, 0, get_peer_uto, NULL },
};

static const struct option *find(int level, int name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].level == level && options[i].name == name)
			return &options[i];
	return NULL;
}

static int set_congestion(struct sock *sk, sockptr_t val, unsigned int len)
{
	const struct atcp_cc_ops *cc;
	char name[ATCP_CC_NAME_MAX];
	long n;

	if (len < 1)
		return -EINVAL;
	n = strncpy_from_sockptr(name, val, min_t(size_t, sizeof(name) - 1, len));
	if (n < 0)
		return -EFAULT;
	name[n] = 0;
	cc = atcp_cc_find(name);
	if (!cc)
		return -ENOENT;
	lock_sock(sk);
	atcp_sk(sk)->cc_set = 1;
	if (conn_of(sk)->cc != cc) {
		conn_of(sk)->cc = cc;
		if (can_send(sk))
			cc->init(conn_of(sk), atcp_now());
	}
	release_sock(sk);
	return 0;
}

static int take_option(struct sock *sk, int level, int name, sockptr_t val, unsigned int len)
{
	const struct option *o;
	int v, err;

	if (level == SOL_TCP && name == TCP_CONGESTION)
		return set_congestion(sk, val, len);
	if (len < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&v, val, sizeof(v)))
		return -EFAULT;
	o = find(level, name);
	if (!o || !o->set)
		return -ENOPROTOOPT;
	if (v < o->min || v > o->max)
		return -EINVAL;
	lock_sock(sk);
	err = o->set(sk, v);
	release_sock(sk);
	return err;
}

/* The kernel refuses these to a TCP socket by looking for its own. */
static bool for_datagrams(int name)
{
	switch (name) {
	case IP_ADD_MEMBERSHIP:
	case IP_DROP_MEMBERSHIP:
	case MCAST_JOIN_GROUP:
	case MCAST_LEAVE_GROUP:
		return true;
	}
	return false;
}

static int set_ip(struct sock *sk, int level, int name, sockptr_t val, unsigned int len)
{
	int err;

	if (atcp_is_v6_sock(sk) && level != SOL_IP)
		return level == SOL_IPV6 ? atcp_set_ipv6(sk, name, val, len) : -ENOPROTOOPT;
	if (level == SOL_IP && for_datagrams(name))
		return -EPROTO;
	err = ip_setsockopt(sk, level, name, val, len);
	if (!err && level == SOL_IP && name == IP_OPTIONS)
		atcp_ipopt_changed(sk);
	return err;
}

int atcp_setsockopt(struct socket *sock, int level, int name, sockptr_t val, unsigned int len)
{
	if (level == SOL_TCP || level == SOL_ATCP)
		return take_option(sock->sk, level, name, val, len);
	return set_ip(sock->sk, level, name, val, len);
}

static int put_value(const void *from, size_t size, char __user *val, int __user *len)
{
	int n;

	if (get_user(n, len))
		return -EFAULT;
	if (n < 0)
		return -EINVAL;
	n = min_t(size_t, n, size);
	if (put_user(n, len) || copy_to_user(val, from, n))
		return -EFAULT;
	return 0;
}

static int give_option(struct sock *sk, int level, int name, char __user *val, int __user *len)
{
	const struct option *o;
	int v;

	if (level == SOL_TCP && name == TCP_INFO) {
		struct tcp_info info;

		atcp_get_info(sk, &info);
		return put_value(&info, sizeof(info), val, len);
	}
	if (level == SOL_TCP && name == TCP_CONGESTION) {
		char cc[ATCP_CC_NAME_MAX] = { };

		strscpy(cc, READ_ONCE(conn_of(sk)->cc)->name, sizeof(cc));
		return put_value(cc, sizeof(cc), val, len);
	}
	if (get_user(v, len))
		return -EFAULT;
	if (v < 0)
		return -EINVAL;
	o = find(level, name);
	if (!o)
		return -ENOPROTOOPT;
	v = o->get(sk);
	return put_value(&v, sizeof(v), val, len);
}

int atcp_getsockopt(struct socket *sock, int level, int name, char __user *val, int __user *len)
{
	struct sock *sk = sock->sk;

	if (level == SOL_TCP || level == SOL_ATCP)
		return give_option(sk, level, name, val, len);
	if (level != SOL_IP && atcp_is_v6_sock(sk))
		return ipv6_getsockopt(sk, level, name, val, len);
	return ip_getsockopt(sk, level, name, val, len);
}
