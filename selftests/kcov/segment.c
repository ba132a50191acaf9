// SPDX-License-Identifier: GPL-2.0-only
#include "segment.h"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

static const char * const local[] = { LOCAL4, LOCAL6 };
static const char * const remote[] = { "10.9.0.2", "fd00:9::2" };

struct packet {
	uint8_t bytes[MOST_PACKET];
	unsigned int head;	/* of the IP header */
	unsigned int len;
};

static uint32_t add(uint32_t sum, const void *bytes, unsigned int len)
{
	const uint8_t *b = bytes;
	unsigned int i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? b[i] : b[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* With what the addresses and the protocol add. */
static uint16_t checksum(const struct packet *k, bool v6, int protocol)
{
	unsigned int len = k->len - k->head;
	uint32_t sum = protocol + len;

	if (v6)
		sum = add(sum, k->bytes + 8, 32);
	else
		sum = add(sum, k->bytes + 12, 8);
	return fold(add(sum, k->bytes + k->head, len));
}

static void ip_header(struct packet *k, bool v6, int protocol, unsigned int len)
{
	struct ip6_hdr *h6 = (void *)k->bytes;
	struct iphdr *h4 = (void *)k->bytes;

	memset(k->bytes, 0, sizeof(*h6));
	if (v6) {
		h6->ip6_flow = htonl(6U << 28);
		h6->ip6_plen = htons(len);
		h6->ip6_nxt = protocol;
		h6->ip6_hlim = 64;
		inet_pton(AF_INET6, remote[1], &h6->ip6_src);
		inet_pton(AF_INET6, local[1], &h6->ip6_dst);
		k->head = sizeof(*h6);
	} else {
		h4->version = 4;
		h4->ihl = 5;
		h4->tot_len = htons(sizeof(*h4) + len);
		h4->ttl = 64;
		h4->protocol = protocol;
		inet_pton(AF_INET, remote[0], &h4->saddr);
		inet_pton(AF_INET, local[0], &h4->daddr);
		h4->check = fold(add(0, h4, sizeof(*h4)));
		k->head = sizeof(*h4);
	}
	k->len = k->head + len;
}

/* The machine may drop it; a full queue drops it too. */
static void put(struct peer *p, const struct packet *k)
{
	if (write(p->tun, k->bytes, k->len) < 0)
		return;
}

void option_add(struct segment *s, const void *option, unsigned int len)
{
	unsigned int padded = (len + 3) & ~3U;

	if (s->opts_len + padded > sizeof(s->opts))
		return;
	memset(s->opts + s->opts_len, 1, padded);
	memcpy(s->opts + s->opts_len, option, len);
	s->opts_len += padded;
}

static void turn_bits(struct packet *k, unsigned int from, unsigned int count, struct rng *r)
{
	while (count--)
		k->bytes[from + rng_below(r, k->len - from)] ^= 1 << rng_below(r, 8);
}

void segment_send(struct peer *p, const struct segment *s, struct rng *r)
{
	unsigned int head = sizeof(struct tcphdr) + s->opts_len;
	struct packet k;
	struct tcphdr *t;

	ip_header(&k, p->v6, IPPROTO_TCP, head + s->len);
	t = (void *)(k.bytes + k.head);
	memset(t, 0, sizeof(*t));
	t->th_sport = htons(p->sport);
	t->th_dport = htons(p->dport);
	t->th_seq = htonl(s->seq);
	t->th_ack = htonl(s->ack);
	t->th_off = head / 4;
	t->th_flags = s->flags;
	t->th_win = htons(s->win);
	t->th_urp = htons(s->urg);
	memcpy(t + 1, s->opts, s->opts_len);
	memset((uint8_t *)t + head, 'f', s->len);
	/* half of them with a good sum: they come further */
	if (s->harm & 1)
		turn_bits(&k, k.head, s->harm, r);
	t->th_sum = checksum(&k, p->v6, IPPROTO_TCP) ^ s->bad_sum;
	if (s->harm && !(s->harm & 1))
		turn_bits(&k, 0, s->harm, r);
	put(p, &k);
}

void icmp_send(struct peer *p, struct rng *r)
{
	static const uint8_t types4[] = {
		ICMP_DEST_UNREACH, ICMP_DEST_UNREACH, ICMP_SOURCE_QUENCH, ICMP_REDIRECT,
		ICMP_TIME_EXCEEDED, ICMP_PARAMETERPROB,
	};
	struct packet k;
	struct icmphdr *h;
	unsigned int len;

	len = rng_chance(r, 4) ? rng_below(r, p->last_len + 1) : p->last_len;
	ip_header(&k, p->v6, p->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, sizeof(*h) + len);
	h = (void *)(k.bytes + k.head);
	memset(h, 0, sizeof(*h));
	h->type = p->v6 ? 1 + rng_below(r, 4) : types4[rng_below(r, ARRAY_SIZE(types4))];
	h->code = rng_below(r, 16);
	h->un.gateway = htonl(rng_chance(r, 4) ? rng_next(r) : rng_below(r, 2000));
	memcpy(h + 1, p->last, len);
	if (len && rng_chance(r, 3))
		turn_bits(&k, k.head + sizeof(*h), 1 + rng_below(r, 3), r);
	h->checksum = p->v6 ? checksum(&k, true, IPPROTO_ICMPV6) :
			      fold(add(0, h, sizeof(*h) + len));
	put(p, &k);
}

void garbage_send(struct peer *p, struct rng *r)
{
	struct packet k;
	uint16_t ports[] = { htons(p->sport), htons(p->dport) };
	unsigned int i, len = rng_below(r, 200);

	ip_header(&k, p->v6, IPPROTO_TCP, len);
	for (i = k.head; i < k.len; i++)
		k.bytes[i] = rng_next(r);
	if (len >= 4 && rng_chance(r, 2))
		memcpy(k.bytes + k.head, ports, sizeof(ports));
	if (rng_chance(r, 2))
		k.len = rng_below(r, k.len + 1);
	put(p, &k);
}

static void read_timestamp(struct peer *p, const uint8_t *o, unsigned int len)
{
	while (len > 1 && o[0]) {
		unsigned int size = o[0] == 1 ? 1 : o[1];

		if (!size || size > len)
			return;
		if (o[0] == TCPOPT_TIMESTAMP && size == TCPOLEN_TIMESTAMP) {
			memcpy(&p->tsval, o + 2, 4);
			p->tsval = ntohl(p->tsval);
		}
		o += size;
		len -= size;
	}
}

/* Whether it is one of this connection. */
static bool take(struct peer *p, const uint8_t *b, unsigned int len)
{
	bool v6 = b[0] >> 4 == 6;
	unsigned int ip = v6 ? 40 : 20, head;
	const struct tcphdr *t = (void *)(b + ip);
	uint32_t end;

	if (len < ip + sizeof(*t) || b[v6 ? 6 : 9] != IPPROTO_TCP || v6 != p->v6 ||
	    t->th_dport != htons(p->sport) || (p->dport && t->th_sport != htons(p->dport)))
		return false;
	p->dport = ntohs(t->th_sport);
	p->last_len = len < sizeof(p->last) ? len : sizeof(p->last);
	memcpy(p->last, b, p->last_len);
	if (t->th_flags & RST)
		return true;
	head = t->th_off * 4U;
	end = ntohl(t->th_seq) + (len - ip - head) + !!(t->th_flags & (SYN | FIN));
	if (t->th_flags & SYN || (int32_t)(end - p->rcv) > 0)
		p->rcv = end;
	read_timestamp(p, (uint8_t *)(t + 1), head - sizeof(*t));
	return true;
}

unsigned int peer_read(struct peer *p)
{
	static uint8_t b[65536];
	unsigned int n = 0;
	ssize_t len;

	while ((len = read(p->tun, b, sizeof(b))) > 0)
		n += take(p, b, len);
	return n;
}
