// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dumps of sockets, handshakes and TIME_WAIT records of the asker's namespace. A dump goes
 * bucket by bucket and goes on where the last message was full, so the work
 * under one RCU read lock is bounded by a message and a chain.
 */
#include <linux/inet_diag.h>
#include <linux/module.h>
#include <linux/sock_diag.h>
#include <net/netlink.h>
#include <net/tcp_states.h>
#include "core/api.h"
#include "demux.h"
#include "diag.h"
#include "calls.h"
#include "records.h"
#include "sock.h"
#include "timer.h"

/* idiag_timer, as ss(8) reads it */
enum {
	TIMER_NONE,
	TIMER_RTX,
	TIMER_KEEP,
	TIMER_TIMEWAIT,
	TIMER_PROBE
};

/* What is asked for. */
struct dump {
	const struct inet_diag_req_v2 *req;
	const struct net *net;
	struct user_namespace *user_ns;	/* of who asks */
	bool admin;	/* may see marks */
};

static u32 left_ms(u64 deadline, u64 now)
{
	return deadline > now ? min_t(u64, div_u64(deadline - now, NSEC_PER_MSEC), U32_MAX) : 0;
}

static void fill_id(struct inet_diag_msg *r, const struct atcp_flow *f)
{
	r->idiag_family = f->v6 ? AF_INET6 : AF_INET;
	r->id.idiag_sport = f->lport;
	r->id.idiag_dport = f->rport;
	r->id.idiag_if = f->ifindex;
	if (f->v6) {
		memcpy(r->id.idiag_src, &f->laddr, sizeof(r->id.idiag_src));
		memcpy(r->id.idiag_dst, &f->raddr, sizeof(r->id.idiag_dst));
	} else {
		r->id.idiag_src[0] = f->laddr.s6_addr32[3];
		r->id.idiag_dst[0] = f->raddr.s6_addr32[3];
	}
	r->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	r->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

/* The timer that ss shows of a connection. Fields are read without the lock: for display. */
static void fill_timer(struct inet_diag_msg *r, const struct atcp_conn *c)
{
	u64 rtx = READ_ONCE(c->timer[ATCP_T_RTX]);
	u64 keep = READ_ONCE(c->timer[ATCP_T_KEEP]);
	u64 now = atcp_now();

	if (rtx) {
		r->idiag_timer = c->rtx_why == ATCP_RTX_PERSIST ? TIMER_PROBE : TIMER_RTX;
		r->idiag_retrans = c->rtx_why == ATCP_RTX_PERSIST ? c->probes : c->rtx_count;
		r->idiag_expires = left_ms(rtx, now);
	} else if (keep) {
		r->idiag_timer = TIMER_KEEP;
		r->idiag_retrans = c->probes;
		r->idiag_expires = left_ms(keep, now);
	}
}

static int put_mem(struct sk_buff *skb, struct sock *sk, u8 ext)
{
	if (ext & (1 << (INET_DIAG_MEMINFO - 1))) {
		struct inet_diag_meminfo mem = {
			.idiag_rmem = sk_rmem_alloc_get(sk),
			.idiag_wmem = READ_ONCE(sk->sk_wmem_queued),
			.idiag_fmem = sk_forward_alloc_get(sk),
			.idiag_tmem = sk_wmem_alloc_get(sk),
		};

		if (nla_put(skb, INET_DIAG_MEMINFO, sizeof(mem), &mem))
			return -EMSGSIZE;
	}
	if (ext & (1 << (INET_DIAG_SKMEMINFO - 1)))
		return sock_diag_put_meminfo(sk, skb, INET_DIAG_SKMEMINFO);
	return 0;
}

static int put_tcp(struct sk_buff *skb, struct sock *sk, u8 ext)
{
	const struct atcp_cc_ops *cc = READ_ONCE(atcp_sk(sk)->conn.cc);

	if (ext & (1 << (INET_DIAG_INFO - 1))) {
		struct nlattr *a = nla_reserve_64bit(skb, INET_DIAG_INFO,
						     sizeof(struct tcp_info), INET_DIAG_PAD);

		if (!a)
			return -EMSGSIZE;
		atcp_peek_info(sk, nla_data(a));
	}
	if (cc && ext & (1 << (INET_DIAG_CONG - 1)))
		return nla_put_string(skb, INET_DIAG_CONG, cc->name);
	return 0;
}

static int put_attrs(struct sk_buff *skb, struct sock *sk, const struct dump *d)
{
	u8 ext = d->req->idiag_ext;

	if (nla_put_u8(skb, INET_DIAG_SHUTDOWN, READ_ONCE(sk->sk_shutdown)))
		return -EMSGSIZE;
	if (ext & (1 << (INET_DIAG_TOS - 1)) &&
	    nla_put_u8(skb, INET_DIAG_TOS, inet_sk(sk)->tos))
		return -EMSGSIZE;
	if (atcp_is_v6_sock(sk) &&
	    nla_put_u8(skb, INET_DIAG_SKV6ONLY, sk->sk_ipv6only))
		return -EMSGSIZE;
	if (d->admin && nla_put_u32(skb, INET_DIAG_MARK, READ_ONCE(sk->sk_mark)))
		return -EMSGSIZE;
	if (put_mem(skb, sk, ext))
		return -EMSGSIZE;
	return put_tcp(skb, sk, ext);
}

static int fill_sock(struct sk_buff *skb, struct inet_diag_msg *r, const struct atcp_flow *f,
		     const struct dump *d)
{
	struct atcp_sock *as = container_of(f, struct atcp_sock, flow);
	struct sock *sk = &as->inet.sk;
	const struct atcp_conn *c = &as->conn;

	r->idiag_uid = from_kuid_munged(d->user_ns, sock_i_uid(sk));
	r->idiag_inode = sock_i_ino(sk);
	sock_diag_save_cookie(sk, r->id.idiag_cookie);
	if (f->kind == ATCP_FLOW_LISTENER) {
		r->idiag_rqueue = READ_ONCE(sk->sk_ack_backlog);
		r->idiag_wqueue = READ_ONCE(sk->sk_max_ack_backlog);
	} else {
		r->idiag_rqueue = READ_ONCE(c->rcv_used);
		r->idiag_wqueue = READ_ONCE(c->write_seq) - READ_ONCE(c->snd_una);
		fill_timer(r, c);
	}
	return put_attrs(skb, sk, d);
}

static void fill_request(struct inet_diag_msg *r, const struct atcp_flow *f)
{
	const struct atcp_request *q = container_of(f, struct atcp_request, flow);

	r->idiag_timer = TIMER_RTX;
	r->idiag_retrans = q->req.retries;
	r->idiag_expires = left_ms(READ_ONCE(q->req.deadline), atcp_now());
}

static void fill_timewait(struct inet_diag_msg *r, const struct atcp_flow *f)
{
	const struct atcp_timewait *t = container_of(f, struct atcp_timewait, flow);

	r->idiag_timer = TIMER_TIMEWAIT;
	r->idiag_expires = left_ms(READ_ONCE(t->tw.deadline), atcp_now());
}

static u8 flow_state(const struct atcp_flow *f)
{
	switch (f->kind) {
	case ATCP_FLOW_REQUEST:
		return TCP_SYN_RECV;
	case ATCP_FLOW_TIMEWAIT:
		return TCP_TIME_WAIT;
	case ATCP_FLOW_LISTENER:
		return TCP_LISTEN;
	default:
		return READ_ONCE(container_of(f, struct atcp_sock, flow)->conn.state);
	}
}

static bool wanted(const struct dump *d, const struct atcp_flow *f)
{
	const struct inet_diag_sockid *id = &d->req->id;

	return net_eq(f->net, d->net) && d->req->idiag_states & (1U << flow_state(f)) &&
	       (!id->idiag_sport || id->idiag_sport == f->lport) &&
	       (!id->idiag_dport || id->idiag_dport == f->rport);
}

/* Return: 0, or -EMSGSIZE with nothing added to @skb. */
static int fill_flow(struct sk_buff *skb, struct netlink_callback *cb, const struct dump *d,
		     const struct atcp_flow *f)
{
	struct inet_diag_msg *r;
	struct nlmsghdr *nlh;
	int err = 0;

	nlh = nlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			SOCK_DIAG_BY_FAMILY, sizeof(*r), NLM_F_MULTI);
	if (!nlh)
		return -EMSGSIZE;
	r = nlmsg_data(nlh);
	memset(r, 0, sizeof(*r));
	r->idiag_state = flow_state(f);
	fill_id(r, f);
	if (f->kind == ATCP_FLOW_REQUEST)
		fill_request(r, f);
	else if (f->kind == ATCP_FLOW_TIMEWAIT)
		fill_timewait(r, f);
	else
		err = fill_sock(skb, r, f, d);
	if (err) {
		nlmsg_cancel(skb, nlh);
		return -EMSGSIZE;
	}
	nlmsg_end(skb, nlh);
	return 0;
}

/* One chain from its number cb->args[1] on. Return: 0, or -EMSGSIZE where the message is full. */
static int dump_bucket(struct sk_buff *skb, struct netlink_callback *cb, const struct dump *d,
		       struct hlist_head *head)
{
	struct atcp_flow *f;
	int err = 0;
	long n = 0;

	rcu_read_lock();
	hlist_for_each_entry_rcu(f, head, node) {
		if (n++ < cb->args[1] || !wanted(d, f))
			continue;
		err = fill_flow(skb, cb, d, f);
		if (err) {
			cb->args[1] = n - 1;
			break;
		}
	}
	rcu_read_unlock();
	return err;
}

/* cb->args[0]: the bucket, listeners' first; cb->args[1]: how many of its chain are done. */
static int diag_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct dump d = {
		.req = nlmsg_data(cb->nlh),
		.net = sock_net(skb->sk),
		.user_ns = sk_user_ns(NETLINK_CB(cb->skb).sk),
		.admin = netlink_net_capable(cb->skb, CAP_NET_ADMIN),
	};
	long listeners = atcp_listen_buckets();
	long end = listeners + atcp_demux_buckets();

	for (; cb->args[0] < end; cb->args[0]++, cb->args[1] = 0) {
		long i = cb->args[0];
		struct hlist_head *head = i < listeners ? atcp_listen_bucket(i) :
							  atcp_demux_bucket(i - listeners);

		if (hlist_empty(head))
			continue;
		if (dump_bucket(skb, cb, &d, head))
			break;
		cond_resched();
	}
	return skb->len;
}

static int diag_request(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	struct netlink_dump_control c = {
		.dump = diag_dump,
	};

	if (nlmsg_len(nlh) < (int)sizeof(struct inet_diag_req_v2))
		return -EINVAL;
	if (!(nlh->nlmsg_flags & NLM_F_DUMP))
		return -EOPNOTSUPP;
	return netlink_dump_start(sock_net(skb->sk)->diag_nlsk, skb, nlh, &c);
}

static struct sock_diag_handler handler = {
	.owner = THIS_MODULE,
	.dump = diag_request,
};

int atcp_diag_init(u8 family)
{
	handler.family = family;
	return sock_diag_register(&handler);
}

void atcp_diag_exit(void)
{
	sock_diag_unregister(&handler);
}
