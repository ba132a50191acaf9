// SPDX-License-Identifier: GPL-2.0-only
#include "common.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

void common_params(struct params *p, int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 't' },
		{ "count", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 's' },
		{ "mode", required_argument, NULL, 'm' },
		{ "corpus", required_argument, NULL, 'c' },
		{ "save", required_argument, NULL, 'w' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 't')
			p->seconds = strtoul(optarg, NULL, 0);
		else if (c == 'n')
			p->count = strtoul(optarg, NULL, 0);
		else if (c == 's')
			p->seed = strtoull(optarg, NULL, 0);
		else if (c == 'm')
			p->mode = optarg;
		else if (c == 'c')
			p->corpus = optarg;
		else if (c == 'w')
			p->save = optarg;
		else
			exit(2);
	}
	while (!p->seed)
		if (getrandom(&p->seed, 4, 0) < 0)
			exit(2);
	printf("# seed %llu\n", (unsigned long long)p->seed);
	fflush(stdout);
}

/* splitmix64 */
uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

struct rng rng_of(uint64_t seed, unsigned int thread)
{
	struct rng r = { seed * 1000003 + thread };

	rng_next(&r);
	return r;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	return rng_next(r) % n;
}

bool rng_chance(struct rng *r, uint32_t one_in)
{
	return !rng_below(r, one_in);
}

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

socklen_t loopback(struct sockaddr_storage *ss, bool v6, uint16_t port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (v6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		in6->sin6_addr = in6addr_loopback;
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(*in);
}
