// SPDX-License-Identifier: GPL-2.0-only
/* The list of atcp ss as JSON: an array with an object for each socket. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "ss.h"
#include "ss_output.h"

static json_t *endpoint(const struct ss_socket *s, bool peer)
{
	char addr[INET6_ADDRSTRLEN];
	__be16 port = peer ? s->msg.id.idiag_dport : s->msg.id.idiag_sport;

	return json_pack("{s:s, s:i}", "address", ss_address(s, peer, addr), "port", ntohs(port));
}

static json_t *info(const struct tcp_info *t)
{
	return json_pack("{s:b s:b s:b s:i s:i s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I "
			 "s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I}",
			 "timestamps", !!(t->tcpi_options & TCPI_OPT_TIMESTAMPS),
			 "sack", !!(t->tcpi_options & TCPI_OPT_SACK),
			 "wscale", !!(t->tcpi_options & TCPI_OPT_WSCALE),
			 "snd_wscale", t->tcpi_snd_wscale, "rcv_wscale", t->tcpi_rcv_wscale,
			 "rto_us", (json_int_t)t->tcpi_rto, "rtt_us", (json_int_t)t->tcpi_rtt,
			 "rttvar_us", (json_int_t)t->tcpi_rttvar,
			 "min_rtt_us", (json_int_t)t->tcpi_min_rtt,
			 "mss", (json_int_t)t->tcpi_snd_mss, "pmtu", (json_int_t)t->tcpi_pmtu,
			 "advmss", (json_int_t)t->tcpi_advmss,
			 "cwnd", (json_int_t)t->tcpi_snd_cwnd,
			 "ssthresh", (json_int_t)t->tcpi_snd_ssthresh,
			 "snd_wnd", (json_int_t)t->tcpi_snd_wnd,
			 "unacked", (json_int_t)t->tcpi_unacked,
			 "sacked", (json_int_t)t->tcpi_sacked, "lost", (json_int_t)t->tcpi_lost,
			 "retrans", (json_int_t)t->tcpi_retrans,
			 "total_retrans", (json_int_t)t->tcpi_total_retrans,
			 "bytes_sent", (json_int_t)t->tcpi_bytes_sent,
			 "bytes_retrans", (json_int_t)t->tcpi_bytes_retrans,
			 "bytes_acked", (json_int_t)t->tcpi_bytes_acked,
			 "bytes_received", (json_int_t)t->tcpi_bytes_received,
			 "segs_out", (json_int_t)t->tcpi_segs_out,
			 "segs_in", (json_int_t)t->tcpi_segs_in,
			 "notsent", (json_int_t)t->tcpi_notsent_bytes);
}

static json_t *memory(const uint32_t *mem)
{
	return json_pack("{s:I s:I s:I s:I s:I s:I s:I s:I s:I}",
			 "rmem_alloc", (json_int_t)mem[SK_MEMINFO_RMEM_ALLOC],
			 "rcvbuf", (json_int_t)mem[SK_MEMINFO_RCVBUF],
			 "wmem_alloc", (json_int_t)mem[SK_MEMINFO_WMEM_ALLOC],
			 "sndbuf", (json_int_t)mem[SK_MEMINFO_SNDBUF],
			 "fwd_alloc", (json_int_t)mem[SK_MEMINFO_FWD_ALLOC],
			 "wmem_queued", (json_int_t)mem[SK_MEMINFO_WMEM_QUEUED],
			 "optmem", (json_int_t)mem[SK_MEMINFO_OPTMEM],
			 "backlog", (json_int_t)mem[SK_MEMINFO_BACKLOG],
			 "drops", (json_int_t)mem[SK_MEMINFO_DROPS]);
}

static json_t *holders(const struct ss_socket *s, const struct ss_holders *h)
{
	unsigned int first = 0, i, n = ss_holders_find(h, s->msg.idiag_inode, &first);
	json_t *list = json_array();

	for (i = first; i < first + n; i++)
		json_array_append_new(list, json_pack("{s:s%, s:i, s:i}", "name", h->v[i].comm,
						      strlen(h->v[i].comm), "pid", h->v[i].pid,
						      "fd", h->v[i].fd));
	return list;
}

static json_t *timer(const struct ss_socket *s)
{
	if (!ss_timer_name(s))
		return json_null();
	return json_pack("{s:s, s:I, s:i}", "name", ss_timer_name(s), "expires_ms",
			 (json_int_t)s->msg.idiag_expires, "retrans", s->msg.idiag_retrans);
}

static json_t *socket_object(const struct ss_socket *s, const struct ss_options *o,
			     const struct ss_holders *h)
{
	json_t *obj = json_pack("{s:s, s:s, s:I, s:I, s:o, s:o}",
				"state", ss_state_name(s->msg.idiag_state),
				"family", s->msg.idiag_family == AF_INET6 ? "inet6" : "inet",
				"recv_q", (json_int_t)s->msg.idiag_rqueue,
				"send_q", (json_int_t)s->msg.idiag_wqueue,
				"local", endpoint(s, false), "peer", endpoint(s, true));

	if (o->timer)
		json_object_set_new(obj, "timer", timer(s));
	if (o->extended) {
		json_object_set_new(obj, "uid", json_integer(s->msg.idiag_uid));
		json_object_set_new(obj, "inode", json_integer(s->msg.idiag_inode));
	}
	if (o->processes)
		json_object_set_new(obj, "processes", holders(s, h));
	if (o->memory && s->has_mem)
		json_object_set_new(obj, "memory", memory(s->mem));
	if (o->info && s->has_info)
		json_object_set_new(obj, "info", info(&s->info));
	if (o->info && *s->cong)
		json_object_set_new(obj, "congestion", json_string(s->cong));
	return obj;
}

int ss_print_json(const struct ss_list *list, const struct ss_options *o,
		  const struct ss_holders *h)
{
	json_t *all = json_array();
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < list->n; i++)
		err = json_array_append_new(all, socket_object(&list->v[i], o, h));
	if (!err)
		err = json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
	return err;
}
