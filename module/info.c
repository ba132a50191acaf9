// SPDX-License-Identifier: GPL-2.0-only
/* TCP_INFO: the state of a connection in the layout that programs know. */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/sock.h>
#include "calls.h"
#include "core/api.h"
#include "timer.h"

static u32 usecs(u64 ns)
{
	return min_t(u64, div_u64(ns, NSEC_PER_USEC), U32_MAX);
}

/* Milliseconds that have passed since @then; 0 if it has not happened. */
static u32 msecs_since(u64 then, u64 now)
{
	return then && now > then ? div_u64(now - then, NSEC_PER_MSEC) : 0;
}

/* Of @mss bytes each; the socket may be without a lock, and start anew just now. */
static u32 segments(const struct atcp_conn *c, u32 bytes)
{
	u32 mss = READ_ONCE(c->mss);

	return mss ? DIV_ROUND_UP(bytes, mss) : 0;
}

static u32 full_segments(const struct atcp_conn *c, u32 bytes, u32 none)
{
	u32 mss = READ_ONCE(c->mss);

	return mss ? bytes / mss : none;
}

static void info_options(const struct atcp_conn *c, struct tcp_info *info)
{
	if (c->ts_ok)
		info->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (c->sack_ok)
		info->tcpi_options |= TCPI_OPT_SACK;
	if (c->ecn_ok)
		info->tcpi_options |= TCPI_OPT_ECN;
	if (c->wscale_ok) {
		info->tcpi_options |= TCPI_OPT_WSCALE;
		info->tcpi_snd_wscale = c->snd_wscale;
		info->tcpi_rcv_wscale = c->rcv_wscale;
	}
}

static void info_path(const struct atcp_conn *c, struct tcp_info *info, bool v6)
{
	info->tcpi_rto = usecs(atcp_conn_rto(c));
	info->tcpi_ato = usecs(c->cfg->delack_max);
	info->tcpi_rtt = usecs(c->rtt.srtt);
	info->tcpi_rttvar = usecs(c->rtt.rttvar);
	info->tcpi_min_rtt = usecs(c->rtt.min);
	if (c->mtu)
		info->tcpi_pmtu = c->mtu + (v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	info->tcpi_snd_mss = c->mss;
	info->tcpi_rcv_mss = c->rcv_mss;
	info->tcpi_advmss = c->adv_mss;
	info->tcpi_snd_ssthresh = INT_MAX;
	if (c->ssthresh != U32_MAX)
		info->tcpi_snd_ssthresh = full_segments(c, c->ssthresh, INT_MAX);
	info->tcpi_reordering = 3;	/* RFC 6675: DupThresh */
	info->tcpi_backoff = c->rtt.backoff;
}

static void info_queues(const struct atcp_conn *c, struct tcp_info *info)
{
	info->tcpi_unacked = segments(c, c->snd_nxt - c->snd_una);
	info->tcpi_sacked = segments(c, c->sacked);
	info->tcpi_lost = segments(c, c->lost);
	info->tcpi_retrans = segments(c, c->retrans);
	info->tcpi_notsent_bytes = c->write_seq - c->snd_nxt;
	info->tcpi_rcv_space = c->rcv_space;
	info->tcpi_rcv_ssthresh = c->rcv_buf;
	info->tcpi_snd_wnd = c->snd_wnd;
}

static void info_counters(const struct atcp_conn *c, struct tcp_info *info)
{
	info->tcpi_total_retrans = c->total_retrans;
	/* as native TCP: the SYN of an active open counts as a byte, that of a passive one not */
	info->tcpi_bytes_acked = c->bytes_acked - (c->passive && c->bytes_acked);
	info->tcpi_bytes_received = c->bytes_received;
	info->tcpi_bytes_sent = c->bytes_sent;
	info->tcpi_bytes_retrans = c->bytes_retrans;
	info->tcpi_segs_in = c->segs_in;
	info->tcpi_segs_out = c->segs_out;
	info->tcpi_data_segs_in = c->data_segs_in;
	info->tcpi_data_segs_out = c->data_segs_out;
	info->tcpi_delivered = segments(c, min_t(u64, c->bytes_acked, U32_MAX));
	info->tcpi_dsack_dups = c->dsacks;
}

void atcp_peek_info(const struct sock *sk, struct tcp_info *info)
{
	const struct atcp_conn *c = &atcp_sk(sk)->conn;
	u64 now = atcp_now();

	memset(info, 0, sizeof(*info));
	info->tcpi_state = inet_sk_state_load(sk);
	info->tcpi_pacing_rate = atcp_conn_rate(c);
	info->tcpi_max_pacing_rate = sk->sk_max_pacing_rate == ~0UL ?
				     ~0ULL : sk->sk_max_pacing_rate;
	if (info->tcpi_state == TCP_LISTEN) {
		/* as native TCP: what waits for accept(), and how much may */
		info->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
		info->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
		return;
	}
	info->tcpi_ca_state = c->ca_state;
	info->tcpi_retransmits = c->rtx_count;
	info->tcpi_probes = c->probes;
	info->tcpi_snd_cwnd = full_segments(c, c->cwnd, c->cfg->init_cwnd);
	info->tcpi_last_data_sent = msecs_since(c->last_snd, now);
	info->tcpi_last_data_recv = msecs_since(c->last_rcv, now);
	info->tcpi_last_ack_recv = msecs_since(c->last_rcv, now);
	info_options(c, info);
	info_path(c, info, atcp_sk(sk)->flow.v6);
	info_queues(c, info);
	info_counters(c, info);
}

void atcp_get_info(struct sock *sk, struct tcp_info *info)
{
	lock_sock(sk);
	atcp_peek_info(sk, info);
	release_sock(sk);
}
