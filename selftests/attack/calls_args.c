// SPDX-License-Identifier: GPL-2.0-only
#include "calls.h"

#include <limits.h>
#include <linux/atcp.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define ARENA	(128 * 1024)
#define PAGE	4096

static char *arena;	/* of ARENA bytes, then a page that is not there */
static char *constant;	/* a page that must not be written */

int args_init(void)
{
	arena = mmap(NULL, ARENA + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	constant = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED || constant == MAP_FAILED)
		return -1;
	return mprotect(arena + ARENA, PAGE, PROT_NONE);
}

void *arg_bytes(struct rng *r, size_t size)
{
	char *at = arena + rng_below(r, ARENA - size);
	size_t i;

	/* enough for addresses and options; of data it does not matter */
	for (i = 0; i < size && i < 64; i += 8) {
		uint64_t word = rng_next(r);

		memcpy(at + i, &word, size - i < 8 ? size - i : 8);
	}
	return at;
}

void *arg_pointer(struct rng *r)
{
	switch (rng_below(r, 24)) {
	case 0:
		return NULL;
	case 1:
		return (void *)rng_next(r);
	case 2:
		return (void *)(0xffff888000000000UL + rng_below(r, 1 << 30));
	case 3:
		return constant + rng_below(r, PAGE);
	case 4:
		return arena + ARENA - rng_below(r, 64);
	case 5:
		return (void *)(uintptr_t)rng_below(r, 1 << 16);
	default:
		return arg_bytes(r, 1 + rng_below(r, 65536));
	}
}

long arg_number(struct rng *r)
{
	static const long special[] = {
		0, 1, 2, -1, INT_MAX, INT_MIN, UINT_MAX, LONG_MAX, LONG_MIN, 255, 256, 65535, 65536,
		1000000000,
	};

	if (rng_chance(r, 4))
		return special[rng_below(r, ARRAY_SIZE(special))];
	if (rng_chance(r, 16))
		return rng_next(r);
	return rng_below(r, 1 << rng_below(r, 17));
}

uint32_t arg_length(struct rng *r, uint32_t right)
{
	if (!rng_chance(r, 4))
		return right;
	return rng_chance(r, 2) ? arg_number(r) : rng_below(r, right + 8);
}

struct sockaddr *arg_address(struct rng *r, socklen_t *len)
{
	static const uint16_t families[] = { AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX, AF_ATCP };
	struct sockaddr_storage *ss = arg_bytes(r, sizeof(*ss));
	bool v6 = rng_chance(r, 2);

	if (rng_chance(r, 12)) {
		*len = arg_number(r);
		return arg_pointer(r);
	}
	if (rng_chance(r, 8)) {
		ss->ss_family = families[rng_below(r, ARRAY_SIZE(families))];
		*len = arg_length(r, v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
		return (struct sockaddr *)ss;
	}
	*len = arg_length(r, loopback(ss, v6, FIRST_PORT + rng_below(r, PORTS)));
	if (rng_chance(r, 8))
		((struct sockaddr_in *)ss)->sin_port = 0;
	if (v6 && rng_chance(r, 8)) {
		/* v4-mapped */
		memset(&((struct sockaddr_in6 *)ss)->sin6_addr, 0, 10);
		memset((char *)&((struct sockaddr_in6 *)ss)->sin6_addr + 10, 255, 2);
	}
	return (struct sockaddr *)ss;
}

void arg_option(struct rng *r, int *level, int *name)
{
	static const int levels[] = {
		SOL_SOCKET, SOL_SOCKET, IPPROTO_TCP, IPPROTO_TCP, IPPROTO_IP, IPPROTO_IPV6,
		SOL_ATCP,
	};

	*level = rng_chance(r, 20) ? arg_number(r) : levels[rng_below(r, ARRAY_SIZE(levels))];
	*name = rng_chance(r, 20) ? arg_number(r) : rng_below(r, 84);
	/* a buffer without a bound is memory without a bound, and root may ask for it */
	if (*level == SOL_SOCKET && (*name == SO_SNDBUFFORCE || *name == SO_RCVBUFFORCE))
		*name = SO_SNDBUF;
}

void *arg_value(struct rng *r, socklen_t *len)
{
	int *value = arg_bytes(r, 64);

	*len = arg_length(r, rng_chance(r, 4) ? rng_below(r, 64) : sizeof(int));
	if (rng_chance(r, 10))
		return arg_pointer(r);
	if (!rng_chance(r, 4))
		*value = rng_chance(r, 3) ? arg_number(r) : rng_below(r, 4);
	else if (rng_chance(r, 2))
		strcpy((char *)value, rng_chance(r, 2) ? "lo" : "cubic");
	return value;
}

int arg_flags(struct rng *r)
{
	static const int flags[] = {
		MSG_DONTWAIT, MSG_PEEK, MSG_OOB, MSG_MORE, MSG_WAITALL, MSG_TRUNC, MSG_EOR,
		MSG_DONTROUTE, MSG_ERRQUEUE, MSG_ZEROCOPY, MSG_FASTOPEN, MSG_CONFIRM,
	};
	int all = MSG_NOSIGNAL;

	if (rng_chance(r, 24))
		return arg_number(r);
	if (!rng_chance(r, 3))
		all |= MSG_DONTWAIT;
	while (rng_chance(r, 3))
		all |= flags[rng_below(r, ARRAY_SIZE(flags))];
	return all;
}

static void fill_control(struct rng *r, struct msghdr *m)
{
	struct cmsghdr *c = arg_bytes(r, 256);
	int level, name;

	arg_option(r, &level, &name);
	c->cmsg_len = arg_length(r, CMSG_LEN(rng_below(r, 32)));
	c->cmsg_level = level;
	c->cmsg_type = name;
	m->msg_control = c;
	m->msg_controllen = arg_length(r, 256);
}

struct msghdr *arg_message(struct rng *r)
{
	struct msghdr *m = arg_bytes(r, sizeof(*m));
	struct iovec *iov = arg_bytes(r, sizeof(*iov) * 8);
	socklen_t len = 0;
	int i;

	if (rng_chance(r, 16))
		return arg_pointer(r);
	for (i = 0; i < 8; i++) {
		iov[i].iov_base = arg_pointer(r);
		iov[i].iov_len = rng_chance(r, 16) ? arg_number(r) : (long)rng_below(r, 9000);
	}
	memset(m, 0, sizeof(*m));
	if (rng_chance(r, 3)) {
		m->msg_name = arg_address(r, &len);
		m->msg_namelen = len;
	}
	m->msg_iov = rng_chance(r, 24) ? arg_pointer(r) : iov;
	m->msg_iovlen = arg_length(r, rng_below(r, 8));
	if (rng_chance(r, 3))
		fill_control(r, m);
	return m;
}
