// SPDX-License-Identifier: GPL-2.0-only
/* Keyed hashes: without the key nobody can tell numbers of one connection from those of another. */
#include <linux/once.h>
#include <linux/net.h>
#include <linux/siphash.h>
#include <net/netns/hash.h>
#include "compat.h"
#include "core/port.h"
#include "secret.h"

static siphash_aligned_key_t isn_key __read_mostly;
static siphash_aligned_key_t ts_key __read_mostly;
static siphash_aligned_key_t port_key __read_mostly;
static siphash_aligned_key_t cookie_key __read_mostly;

void atcp_secret_init(void)
{
	get_random_bytes(&isn_key, sizeof(isn_key));
	get_random_bytes(&ts_key, sizeof(ts_key));
	get_random_bytes(&port_key, sizeof(port_key));
	get_random_bytes(&cookie_key, sizeof(cookie_key));
}

/* Addresses, one word of the caller's, and the namespace: it must not show in another one. */
static u32 hash_addrs(const struct atcp_flow *f, u32 word, const siphash_key_t *key)
{
	struct {
		struct in6_addr laddr;
		struct in6_addr raddr;
		u32 word;
		u32 net;
	} __packed __aligned(SIPHASH_ALIGNMENT) in;

	if (!f->v6)
		return siphash_4u32((__force u32)f->laddr.s6_addr32[3],
				    (__force u32)f->raddr.s6_addr32[3],
				    word, net_hash_mix(f->net), key);
	in.laddr = f->laddr;
	in.raddr = f->raddr;
	in.word = word;
	in.net = net_hash_mix(f->net);
	return siphash(&in, sizeof(in), key);
}

static u32 both_ports(const struct atcp_flow *f)
{
	return (__force u32)f->lport << 16 | (__force u32)f->rport;
}

u32 atcp_isn_prf(const struct atcp_flow *f)
{
	return hash_addrs(f, both_ports(f), &isn_key);
}

u32 atcp_ts_offset(const struct atcp_flow *f)
{
	return hash_addrs(f, both_ports(f), &ts_key);
}

u32 atcp_port_offset(const struct atcp_flow *f)
{
	return hash_addrs(f, (__force u32)f->rport, &port_key);
}

u32 atcp_cookie_mac(const void *flow, u32 irs, u32 count, u32 word)
{
	const struct atcp_flow *f = flow;
	struct {
		struct in6_addr laddr;
		struct in6_addr raddr;
		__be16 lport;
		__be16 rport;
		u32 irs;
		u32 count;
		u32 word;
		u32 net;
	} __packed __aligned(SIPHASH_ALIGNMENT) in = {
		.laddr = f->laddr, .raddr = f->raddr, .lport = f->lport, .rport = f->rport,
		.irs = irs, .count = count, .word = word, .net = net_hash_mix(f->net),
	};

	return siphash(&in, sizeof(in), &cookie_key);
}

u32 atcp_port_random(u32 ceil)
{
	return atcp_random_below(ceil);
}
