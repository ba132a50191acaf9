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

static void put(json_t *obj, const char *name, uint64_t value)
{
	json_object_set_new(obj, name, json_integer(value));
}

static void put_option(json_t *obj, const char *name, const struct tcp_info *t, int option)
{
	json_object_set_new(obj, name, json_boolean(t->tcpi_options & option));
}

static json_t *info(const struct tcp_info *t)
{
	json_t *obj = json_object();

	put_option(obj, "timestamps", t, TCPI_OPT_TIMESTAMPS);
	put_option(obj, "sack", t, TCPI_OPT_SACK);
	put_option(obj, "wscale", t, TCPI_OPT_WSCALE);
	put_option(obj, "ecn", t, TCPI_OPT_ECN);
	put(obj, "snd_wscale", t->tcpi_snd_wscale);
	put(obj, "rcv_wscale", t->tcpi_rcv_wscale);
	put(obj, "ca_state", t->tcpi_ca_state);
	put(obj, "rto_us", t->tcpi_rto);
	put(obj, "ato_us", t->tcpi_ato);
	put(obj, "rtt_us", t->tcpi_rtt);
	put(obj, "rttvar_us", t->tcpi_rttvar);
	put(obj, "min_rtt_us", t->tcpi_min_rtt);
	put(obj, "mss", t->tcpi_snd_mss);
	put(obj, "rcv_mss", t->tcpi_rcv_mss);
	put(obj, "advmss", t->tcpi_advmss);
	put(obj, "pmtu", t->tcpi_pmtu);
	put(obj, "cwnd", t->tcpi_snd_cwnd);
	put(obj, "ssthresh", t->tcpi_snd_ssthresh);
	put(obj, "snd_wnd", t->tcpi_snd_wnd);
	put(obj, "rcv_space", t->tcpi_rcv_space);
	put(obj, "unacked", t->tcpi_unacked);
	put(obj, "sacked", t->tcpi_sacked);
	put(obj, "lost", t->tcpi_lost);
	put(obj, "retrans", t->tcpi_retrans);
	put(obj, "total_retrans", t->tcpi_total_retrans);
	put(obj, "bytes_sent", t->tcpi_bytes_sent);
	put(obj, "bytes_retrans", t->tcpi_bytes_retrans);
	put(obj, "bytes_acked", t->tcpi_bytes_acked);
	put(obj, "bytes_received", t->tcpi_bytes_received);
	put(obj, "segs_out", t->tcpi_segs_out);
	put(obj, "segs_in", t->tcpi_segs_in);
	put(obj, "data_segs_out", t->tcpi_data_segs_out);
	put(obj, "data_segs_in", t->tcpi_data_segs_in);
	put(obj, "notsent", t->tcpi_notsent_bytes);
	return obj;
}

static json_t *memory(const uint32_t *mem)
{
	json_t *obj = json_object();

	put(obj, "rmem_alloc", mem[SK_MEMINFO_RMEM_ALLOC]);
	put(obj, "rcvbuf", mem[SK_MEMINFO_RCVBUF]);
	put(obj, "wmem_alloc", mem[SK_MEMINFO_WMEM_ALLOC]);
	put(obj, "sndbuf", mem[SK_MEMINFO_SNDBUF]);
	put(obj, "fwd_alloc", mem[SK_MEMINFO_FWD_ALLOC]);
	put(obj, "wmem_queued", mem[SK_MEMINFO_WMEM_QUEUED]);
	put(obj, "optmem", mem[SK_MEMINFO_OPTMEM]);
	put(obj, "backlog", mem[SK_MEMINFO_BACKLOG]);
	put(obj, "drops", mem[SK_MEMINFO_DROPS]);
	return obj;
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
