// SPDX-License-Identifier: GPL-2.0-only
/* Long streams: what comes out is what went in, whatever the shape of the calls. */
#include <fcntl.h>
#include <linux/tcp.h>
#include <sys/random.h>

#include "variants.h"

#define CHUNK		70000

/* One direction of a connection, and how far it is. */
struct flow {
	int from;
	int to;
	long total;
	long sent;
	long got;
};

static uint64_t next(uint64_t *seed)
{
	/* xorshift64 */
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* The byte of a stream at an offset, without the bytes before it. */
static unsigned char byte_at(uint64_t seed, long at)
{
	uint64_t x = seed + (uint64_t)at / 8 * 0x9e3779b97f4a7c15ULL;

	x ^= x >> 31;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 29;
	return x >> (at % 8 * 8);
}

static bool write_some(struct flow *f, uint64_t stream, uint64_t *shape)
{
	static unsigned char room[CHUNK];
	long size = next(shape) % CHUNK + 1;
	long i, n;

	if (f->sent == f->total)
		return false;
	if (size > f->total - f->sent)
		size = f->total - f->sent;
	for (i = 0; i < size; i++)
		room[i] = byte_at(stream, f->sent + i);
	n = send(f->from, room, size, MSG_DONTWAIT | (next(shape) & 1 ? MSG_MORE : 0));
	if (n < 0) {
		MUST(errno == EAGAIN);
		return false;
	}
	f->sent += n;
	if (f->sent == f->total)
		MUST(shutdown(f->from, SHUT_WR) == 0);
	return true;
}

static bool read_some(struct flow *f, uint64_t stream, uint64_t *shape)
{
	static unsigned char room[CHUNK];
	long size = next(shape) % CHUNK + 1;
	long i, n;

	if (f->got == f->total)
		return false;
	n = recv(f->to, room, size, MSG_DONTWAIT);
	if (n < 0) {
		MUST(errno == EAGAIN);
		return false;
	}
	MUST(n > 0);
	for (i = 0; i < n; i++)
		if (room[i] != byte_at(stream, f->got + i))
			break;
	MUST(i == n);
	f->got += n;
	return true;
}

static uint64_t seed(void)
{
	const char *given = getenv("SEED");
	uint64_t s;

	if (given)
		return strtoull(given, NULL, 0) | 1;
	MUST(getrandom(&s, sizeof(s), 0) == sizeof(s));
	return s | 1;
}

static void exchange(struct net_pair *p, long bytes)
{
	struct flow a = { p->cli, p->srv, .total = bytes };
	struct flow b = { p->srv, p->cli, .total = bytes };
	uint64_t shape = seed();
	char c;

	printf("# SEED=%#llx\n", (unsigned long long)shape);
	while (a.got < bytes || b.got < bytes) {
		bool moved = write_some(&a, 1, &shape) | write_some(&b, 2, &shape);
		struct pollfd fds[] = {
			{ p->cli, b.got < bytes ? POLLIN : 0 },
			{ p->srv, a.got < bytes ? POLLIN : 0 },
		};

		moved |= read_some(&a, 1, &shape) | read_some(&b, 2, &shape);
		/* Neither could move: something must be under way. */
		MUST(moved || poll(fds, 2, 20000) > 0);
	}
	GIVES(0, recv(p->cli, &c, 1, 0));
	GIVES(0, recv(p->srv, &c, 1, 0));
}

NET_PLAIN_TEST(both_ways_at_once)
{
	struct net_pair p = net_connected();

	exchange(&p, 2 << 20);
}

/* Segments of @mss and, with @buffer, buffers that hold a few of them. */
static struct net_pair connected_small(int mss, int buffer)
{
	struct net_pair p = { .listener = net_listener(4), .cli = net_socket(CLI, 0) };
	struct net_addr to = net_local(CLI, net_port(p.listener));

	net_set_int(p.cli, IPPROTO_TCP, TCP_MAXSEG, mss);
	if (buffer) {
		/* Before the handshake: the window's scale depends on it. */
		net_set_int(p.listener, SOL_SOCKET, SO_RCVBUF, buffer);
		net_set_int(p.cli, SOL_SOCKET, SO_RCVBUF, buffer);
		net_set_int(p.listener, SOL_SOCKET, SO_SNDBUF, buffer);
		net_set_int(p.cli, SOL_SOCKET, SO_SNDBUF, buffer);
	}
	MUST(connect(p.cli, &to.sa, to.len) == 0);
	MUST((p.srv = accept(p.listener, NULL, NULL)) >= 0);
	return p;
}

NET_PLAIN_TEST(small_segments)
{
	struct net_pair p = connected_small(536, 0);

	exchange(&p, 1 << 20);
}

NET_PLAIN_TEST(small_buffers)
{
	struct net_pair p = connected_small(536, 8192);

	exchange(&p, 1 << 18);
}

/* A byte a call, with and without Nagle's algorithm in the way. */
static void drip(struct net_pair *p, int count)
{
	int i;

	for (i = 0; i < count; i++)
		MUST(send(p->cli, &(char){ i * 7 }, 1, 0) == 1);
	for (i = 0; i < count; i++) {
		char c = 0;

		MUST(recv(p->srv, &c, 1, 0) == 1);
		MUST(c == (char)(i * 7));
	}
}

NET_PLAIN_TEST(single_bytes)
{
	struct net_pair p = net_connected();

	drip(&p, 500);
	net_set_int(p.cli, IPPROTO_TCP, TCP_NODELAY, 1);
	drip(&p, 500);
}

/* One half is closed long before the other has said what it had to say. */
NET_PLAIN_TEST(half_closed)
{
	struct net_pair p = net_connected();
	struct flow f = { p.srv, p.cli, .total = 1 << 20 };
	uint64_t shape = seed();

	printf("# SEED=%#llx\n", (unsigned long long)shape);
	MUST(shutdown(p.cli, SHUT_WR) == 0);
	MUST(net_wait(p.srv, POLLRDHUP));
	while (f.got < f.total) {
		bool moved = write_some(&f, 3, &shape) | read_some(&f, 3, &shape);
		struct pollfd fd = { p.cli, POLLIN };

		MUST(moved || poll(&fd, 1, 20000) > 0);
	}
	GIVES(0, recv(p.cli, &(char){ 0 }, 1, 0));
	GIVES(0, recv(p.srv, &(char){ 0 }, 1, MSG_DONTWAIT));
}

TEST_HARNESS_MAIN
