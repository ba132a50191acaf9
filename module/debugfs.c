// SPDX-License-Identifier: GPL-2.0-only
/* /sys/kernel/debug/atcp/connections: a line for every flow of every namespace. */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include "core/api.h"
#include "debugfs.h"
#include "demux.h"
#include "records.h"
#include "ring.h"
#include "sock.h"
#include "timer.h"

static struct dentry *dir;

/* Time left of a deadline in us: 0 when it is over. */
static u64 left_us(u64 deadline, u64 now)
{
	return deadline > now ? div_u64(deadline - now, NSEC_PER_USEC) : 0;
}

static void show_start(struct seq_file *m, const struct atcp_flow *f, u8 state)
{
	seq_printf(m, "netns=%u state=%s", f->net->ns.inum, atcp_state_name(state));
	if (f->v6)
		seq_printf(m, " local=[%pI6c]:%u remote=[%pI6c]:%u", &f->laddr, ntohs(f->lport),
			   &f->raddr, ntohs(f->rport));
	else
		seq_printf(m, " local=%pI4:%u remote=%pI4:%u", &f->laddr.s6_addr32[3],
			   ntohs(f->lport), &f->raddr.s6_addr32[3], ntohs(f->rport));
	if (f->ifindex)
		seq_printf(m, " ifindex=%d", f->ifindex);
}

static void show_timers(struct seq_file *m, const struct atcp_conn *c, u64 now)
{
	static const char * const names[ATCP_NTIMERS] = {
		[ATCP_T_DELACK] = "delack", [ATCP_T_KEEP] = "keep", [ATCP_T_STATE] = "state",
	};
	static const char * const why[] = {
		[ATCP_RTX_TIMEOUT] = "rtx", [ATCP_RTX_PERSIST] = "persist",
		[ATCP_RTX_PROBE] = "probe", [ATCP_RTX_REORDER] = "reorder",
	};
	int i;

	for (i = 0; i < ATCP_NTIMERS; i++) {
		u64 at = READ_ONCE(c->timer[i]);
		const char *name = i == ATCP_T_RTX ? why[c->rtx_why] : names[i];

		if (at)
			seq_printf(m, " timer_%s_us=%llu", name, left_us(at, now));
	}
}

/*
 * Single fields are read without the connection's lock: what is shown may be of
 * two moments, and must not be more than shown.
 */
static void show_conn(struct seq_file *m, const struct atcp_flow *f, u64 now)
{
	const struct atcp_conn *c = &container_of(f, struct atcp_sock, flow)->conn;
	const struct atcp_cc_ops *cc = READ_ONCE(c->cc);

	show_start(m, f, READ_ONCE(c->state));
	seq_printf(m, " iss=%u snd_una=%u snd_nxt=%u write_seq=%u snd_wnd=%u snd_wscale=%u",
		   c->iss, c->snd_una, c->snd_nxt, c->write_seq, c->snd_wnd, c->snd_wscale);
	seq_printf(m, " irs=%u rcv_nxt=%u rcv_wnd=%u rcv_adv=%u rcv_wscale=%u copied_seq=%u",
		   c->irs, c->rcv_nxt, atcp_conn_rcv_wnd(c), c->rcv_adv, c->rcv_wscale,
		   c->copied_seq);
	seq_printf(m, " ooo_ranges=%u ooo_bytes=%u mss=%u mtu=%u cwnd=%u ssthresh=%u cc=%s",
		   c->ooo.n, c->ooo.bytes, c->mss, c->mtu, c->cwnd, c->ssthresh,
		   cc ? cc->name : "-");
	seq_printf(m, " ca_state=%u sacked=%u lost=%u retrans=%u rtx_count=%u probes=%u",
		   c->ca_state, c->sacked, c->lost, c->retrans, c->rtx_count, c->probes);
	seq_printf(m, " srtt_us=%llu rttvar_us=%llu min_rtt_us=%llu rto_us=%llu",
		   div_u64(c->rtt.srtt, NSEC_PER_USEC), div_u64(c->rtt.rttvar, NSEC_PER_USEC),
		   div_u64(c->rtt.min, NSEC_PER_USEC), div_u64(atcp_conn_rto(c), NSEC_PER_USEC));
	seq_printf(m, " total_retrans=%u", c->total_retrans);
	show_timers(m, c, now);
	seq_putc(m, '\n');
}

static void show_request(struct seq_file *m, const struct atcp_flow *f, u64 now)
{
	const struct atcp_req *q = &container_of(f, struct atcp_request, flow)->req;

	show_start(m, f, READ_ONCE(q->state));
	seq_printf(m, " iss=%u irs=%u mss=%u wnd=%u peer_wnd=%u retries=%u timer_rtx_us=%llu\n",
		   q->iss, q->irs, q->mss, q->wnd, q->peer_wnd, q->retries,
		   left_us(READ_ONCE(q->deadline), now));
}

static void show_timewait(struct seq_file *m, const struct atcp_flow *f, u64 now)
{
	const struct atcp_tw *tw = &container_of(f, struct atcp_timewait, flow)->tw;

	show_start(m, f, READ_ONCE(tw->state));
	seq_printf(m, " snd_nxt=%u rcv_nxt=%u rcv_wnd=%u length_us=%llu left_us=%llu\n",
		   tw->snd_nxt, tw->rcv_nxt, tw->rcv_wnd, div_u64(tw->length, NSEC_PER_USEC),
		   left_us(READ_ONCE(tw->deadline), now));
}

static void show_listener(struct seq_file *m, const struct atcp_flow *f)
{
	const struct sock *sk = &container_of(f, struct atcp_sock, flow)->inet.sk;

	show_start(m, f, ATCP_LISTEN);
	seq_printf(m, " acceptq=%u backlog=%u\n", READ_ONCE(sk->sk_ack_backlog),
		   READ_ONCE(sk->sk_max_ack_backlog));
}

static void show_flow(struct seq_file *m, const struct atcp_flow *f)
{
	u64 now = atcp_now();

	switch (f->kind) {
	case ATCP_FLOW_SOCK:
		return show_conn(m, f, now);
	case ATCP_FLOW_REQUEST:
		return show_request(m, f, now);
	case ATCP_FLOW_TIMEWAIT:
		return show_timewait(m, f, now);
	case ATCP_FLOW_LISTENER:
		return show_listener(m, f);
	}
}

/* Listeners' buckets first, then those of the connections. */
static struct hlist_head *bucket_at(loff_t i)
{
	unsigned int listeners = atcp_listen_buckets();

	return i < listeners ? atcp_listen_bucket(i) : atcp_demux_bucket(i - listeners);
}

static void *conns_seek(loff_t *pos)
{
	loff_t end = (loff_t)atcp_listen_buckets() + atcp_demux_buckets();

	for (; *pos < end; (*pos)++) {
		if (!hlist_empty(bucket_at(*pos)))
			return bucket_at(*pos);
		cond_resched();
	}
	return NULL;
}

static void *conns_start(struct seq_file *m, loff_t *pos)
{
	return conns_seek(pos);
}

static void *conns_next(struct seq_file *m, void *v, loff_t *pos)
{
	(*pos)++;
	return conns_seek(pos);
}

static void conns_stop(struct seq_file *m, void *v)
{
}

/* One bucket: as many lines as its chain is long. */
static int conns_show(struct seq_file *m, void *v)
{
	struct hlist_head *head = v;
	struct atcp_flow *f;

	rcu_read_lock();
	hlist_for_each_entry_rcu(f, head, node) {
		show_flow(m, f);
		if (seq_has_overflowed(m))
			break;
	}
	rcu_read_unlock();
	return 0;
}

static const struct seq_operations conns_sops = {
	.start	= conns_start,
	.next	= conns_next,
	.stop	= conns_stop,
	.show	= conns_show,
};
DEFINE_SEQ_ATTRIBUTE(conns);

void atcp_debugfs_init(void)
{
	dir = debugfs_create_dir("atcp", NULL);
	debugfs_create_file("connections", 0400, dir, NULL, &conns_fops);
	debugfs_create_file("trace", 0400, dir, NULL, &atcp_trace_fops);
	debugfs_create_file("trace_on", 0600, dir, NULL, &atcp_trace_on_fops);
}

void atcp_debugfs_exit(void)
{
	debugfs_remove(dir);
	dir = NULL;
	atcp_ring_exit();
}
