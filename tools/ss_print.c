// SPDX-License-Identifier: GPL-2.0-only
/* The table of atcp ss, in the layout of ss(8). */
#include <inttypes.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ss.h"
#include "ss_output.h"

#define ADDR_TEXT	(INET6_ADDRSTRLEN + 48)	/* address, device, port or service */

struct row {
	char local[ADDR_TEXT], lport[40], peer[ADDR_TEXT], pport[40];
};

struct widths {
	int local, lport, peer, pport;
};

static bool is_any(const struct ss_socket *s, const __be32 *addr)
{
	static const __be32 none[4];

	return !memcmp(addr, none, s->msg.idiag_family == AF_INET ? 4 : 16);
}

const char *ss_address(const struct ss_socket *s, bool peer, char buf[INET6_ADDRSTRLEN])
{
	const __be32 *addr = peer ? s->msg.id.idiag_dst : s->msg.id.idiag_src;

	if (s->msg.idiag_family == AF_INET6 && !s->v6only && s->msg.idiag_state == SS_LISTEN &&
	    is_any(s, addr))
		return strcpy(buf, "*");
	if (!inet_ntop(s->msg.idiag_family, addr, buf, INET6_ADDRSTRLEN))
		strcpy(buf, "?");
	return buf;
}

static void address_text(const struct ss_socket *s, bool peer, char *buf)
{
	unsigned int dev = peer ? 0 : s->msg.id.idiag_if;
	char addr[INET6_ADDRSTRLEN], name[IF_NAMESIZE];
	bool brackets;

	ss_address(s, peer, addr);
	brackets = strchr(addr, ':');
	if (dev && !if_indextoname(dev, name))
		snprintf(name, sizeof(name), "%u", dev);
	snprintf(buf, ADDR_TEXT, "%s%s%s%s%s", brackets ? "[" : "", addr, brackets ? "]" : "",
		 dev ? "%" : "", dev ? name : "");
}

static void port_text(__be16 port, const struct ss_options *o, char *buf, size_t size)
{
	const struct servent *service;

	service = port && !o->numeric ? getservbyport(port, "tcp") : NULL;
	if (!port)
		snprintf(buf, size, "*");
	else if (service)
		snprintf(buf, size, "%s", service->s_name);
	else
		snprintf(buf, size, "%u", ntohs(port));
}

static void widen(int *width, const char *text)
{
	int n = strlen(text);

	if (n > *width)
		*width = n;
}

static void make_row(struct row *r, const struct ss_socket *s, const struct ss_options *o)
{
	address_text(s, false, r->local);
	address_text(s, true, r->peer);
	port_text(s->msg.id.idiag_sport, o, r->lport, sizeof(r->lport));
	port_text(s->msg.id.idiag_dport, o, r->pport, sizeof(r->pport));
}

static struct widths measure(const struct ss_list *list, const struct ss_options *o)
{
	struct widths w = { 13, 4, 12, 4 };
	struct row r;
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		make_row(&r, &list->v[i], o);
		widen(&w.local, r.local);
		widen(&w.lport, r.lport);
		widen(&w.peer, r.peer);
		widen(&w.pport, r.pport);
	}
	return w;
}

const char *ss_timer_name(const struct ss_socket *s)
{
	static const char * const names[] = { NULL, "on", "keepalive", "timewait", "persist" };

	if (s->msg.idiag_timer >= sizeof(names) / sizeof(names[0]))
		return "unknown";
	return names[s->msg.idiag_timer];
}

static void print_timer(const struct ss_socket *s)
{
	const char *name = ss_timer_name(s);
	unsigned int ms = s->msg.idiag_expires;

	if (!name)
		return;
	if (ms < 1000)
		printf(" timer:(%s,%ums,%u)", name, ms, s->msg.idiag_retrans);
	else if (ms < 60000)
		printf(" timer:(%s,%u.%03usec,%u)", name, ms / 1000, ms % 1000,
		       s->msg.idiag_retrans);
	else
		printf(" timer:(%s,%umin%usec,%u)", name, ms / 60000, ms / 1000 % 60,
		       s->msg.idiag_retrans);
}

static void print_holders(const struct ss_socket *s, const struct ss_holders *h)
{
	unsigned int first, i, n = ss_holders_find(h, s->msg.idiag_inode, &first);

	if (!n)
		return;
	printf(" users:(");
	for (i = first; i < first + n; i++)
		printf("%s(\"%s\",pid=%d,fd=%d)", i == first ? "" : ",", h->v[i].comm,
		       h->v[i].pid, h->v[i].fd);
	printf(")");
}

static void print_extended(const struct ss_socket *s)
{
	uint64_t cookie = (uint64_t)s->msg.id.idiag_cookie[1] << 32 | s->msg.id.idiag_cookie[0];

	if (s->msg.idiag_uid)
		printf(" uid:%u", s->msg.idiag_uid);
	printf(" ino:%u sk:%" PRIx64, s->msg.idiag_inode, cookie);
	if (s->mark)
		printf(" fwmark:0x%x", s->mark);
	if (s->tos)
		printf(" tos:0x%x", s->tos);
	if (s->v6only)
		printf(" v6only:1");
	if (s->shutdown)
		printf(" shutdown:%c%c", s->shutdown & 1 ? 'r' : '-', s->shutdown & 2 ? 'w' : '-');
}

static void print_nonzero(const char *name, uint64_t value)
{
	if (value)
		printf(" %s:%" PRIu64, name, value);
}

static void print_options(const struct tcp_info *t)
{
	if (t->tcpi_options & TCPI_OPT_TIMESTAMPS)
		printf(" ts");
	if (t->tcpi_options & TCPI_OPT_SACK)
		printf(" sack");
	if (t->tcpi_options & TCPI_OPT_ECN)
		printf(" ecn");
}

static void print_info(const struct ss_socket *s)
{
	const struct tcp_info *t = &s->info;

	print_options(t);
	if (*s->cong)
		printf(" %s", s->cong);
	if (t->tcpi_options & TCPI_OPT_WSCALE)
		printf(" wscale:%d,%d", t->tcpi_snd_wscale, t->tcpi_rcv_wscale);
	if (t->tcpi_rto)
		printf(" rto:%g", t->tcpi_rto / 1000.0);
	print_nonzero("backoff", t->tcpi_backoff);
	if (t->tcpi_rtt)
		printf(" rtt:%g/%g", t->tcpi_rtt / 1000.0, t->tcpi_rttvar / 1000.0);
	if (t->tcpi_ato)
		printf(" ato:%g", t->tcpi_ato / 1000.0);
	print_nonzero("mss", t->tcpi_snd_mss);
	print_nonzero("pmtu", t->tcpi_pmtu);
	print_nonzero("rcvmss", t->tcpi_rcv_mss);
	print_nonzero("advmss", t->tcpi_advmss);
	print_nonzero("cwnd", t->tcpi_snd_cwnd);
	if (t->tcpi_snd_ssthresh < 0xffff)
		print_nonzero("ssthresh", t->tcpi_snd_ssthresh);
	print_nonzero("bytes_sent", t->tcpi_bytes_sent);
	print_nonzero("bytes_retrans", t->tcpi_bytes_retrans);
	print_nonzero("bytes_acked", t->tcpi_bytes_acked);
	print_nonzero("bytes_received", t->tcpi_bytes_received);
	print_nonzero("segs_out", t->tcpi_segs_out);
	print_nonzero("segs_in", t->tcpi_segs_in);
	print_nonzero("data_segs_out", t->tcpi_data_segs_out);
	print_nonzero("data_segs_in", t->tcpi_data_segs_in);
	print_nonzero("lastsnd", t->tcpi_last_data_sent);
	print_nonzero("lastrcv", t->tcpi_last_data_recv);
	print_nonzero("unacked", t->tcpi_unacked);
	if (t->tcpi_retrans || t->tcpi_total_retrans)
		printf(" retrans:%u/%u", t->tcpi_retrans, t->tcpi_total_retrans);
	print_nonzero("lost", t->tcpi_lost);
	print_nonzero("sacked", t->tcpi_sacked);
	print_nonzero("dsack_dups", t->tcpi_dsack_dups);
	print_nonzero("reord_seen", t->tcpi_reord_seen);
	print_nonzero("rcv_space", t->tcpi_rcv_space);
	print_nonzero("notsent", t->tcpi_notsent_bytes);
	if (t->tcpi_min_rtt && t->tcpi_min_rtt != ~0U)
		printf(" minrtt:%g", t->tcpi_min_rtt / 1000.0);
	print_nonzero("snd_wnd", t->tcpi_snd_wnd);
}

static void print_memory(const struct ss_socket *s)
{
	printf(" skmem:(r%u,rb%u,t%u,tb%u,f%u,w%u,o%u,bl%u,d%u)", s->mem[SK_MEMINFO_RMEM_ALLOC],
	       s->mem[SK_MEMINFO_RCVBUF], s->mem[SK_MEMINFO_WMEM_ALLOC],
	       s->mem[SK_MEMINFO_SNDBUF], s->mem[SK_MEMINFO_FWD_ALLOC],
	       s->mem[SK_MEMINFO_WMEM_QUEUED], s->mem[SK_MEMINFO_OPTMEM],
	       s->mem[SK_MEMINFO_BACKLOG], s->mem[SK_MEMINFO_DROPS]);
}

static void print_socket(const struct ss_socket *s, const struct ss_options *o,
			 const struct ss_holders *h, const struct widths *w)
{
	struct row r;

	make_row(&r, s, o);
	printf("%-10s %-6u %-6u %*s:%-*s %*s:%-*s", ss_state_name(s->msg.idiag_state),
	       s->msg.idiag_rqueue, s->msg.idiag_wqueue, w->local, r.local, w->lport, r.lport,
	       w->peer, r.peer, w->pport, r.pport);
	if (o->processes)
		print_holders(s, h);
	if (o->timer)
		print_timer(s);
	if (o->extended)
		print_extended(s);
	if ((o->memory && s->has_mem) || (o->info && s->has_info))
		printf("\n\t");
	if (o->memory && s->has_mem)
		print_memory(s);
	if (o->info && s->has_info)
		print_info(s);
	putchar('\n');
}

void ss_print_text(const struct ss_list *list, const struct ss_options *o,
		   const struct ss_holders *h)
{
	struct widths w = measure(list, o);
	unsigned int i;

	if (!o->no_header)
		printf("%-10s %-6s %-6s %*s:%-*s %*s:%-*s%s\n", "State", "Recv-Q", "Send-Q",
		       w.local, "Local Address", w.lport, "Port", w.peer, "Peer Address", w.pport,
		       "Port", o->processes ? " Process" : "");
	for (i = 0; i < list->n; i++)
		print_socket(&list->v[i], o, h, &w);
}
