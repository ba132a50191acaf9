// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storms of segments that cost the sender little: what do they cost the machine? --mode:
 *
 *	ooo	segments of one byte with holes between them
 *	holes	the same, where the receive buffer is no bound
 *	dense	segments of a byte or of a few side by side, behind one hole, that fill the window
 *	sack	a peer with the least MSS, which selectively acknowledges single segments
 *
 * --count says how many; memory stays within a few buffers, a batch of the last tenth takes no
 * more than a few times one of the first, and the connection works afterwards.
 */
#include "storm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS	240000
#define TENTHS		10
/* Segments between two looks at what the machine says. */
#define BATCH		64
#define STREAM		60000
#define SEGMENT		1000
#define TINY_MSS	1
/* What the least segment is that anybody sends for such an MSS. */
#define TINY_SEGMENT	36
/* ATCP_REASM_MAX, and a buffer with room for many more. */
#define MOST_RANGES	1024U
#define LARGE_BUFFER	(64 << 20)
/* As much has to be in flight for the storm of SACKs to have a scoreboard to hit. */
#define FLIGHT		(300 * TINY_SEGMENT)

/**
 * struct cost - what a storm costs
 * @us: the quickest batch of each tenth: of many some meet nothing else that the machine has to do
 * @since: when the batch under way began, us
 * @most: bytes of memory
 * @buffer: the socket's limit, bytes
 */
struct cost {
	int64_t us[TENTHS];
	int64_t since;
	uint32_t most;
	uint32_t buffer;
};

static int64_t deadline;

/* Bytes that the socket has in use now, for receiving or for sending. */
static int look(int fd, int what, int buffer, struct cost *c)
{
	uint32_t mem[SK_MEMINFO_VARS];
	socklen_t len = sizeof(mem);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len)) {
		printf("# SO_MEMINFO: %s\n", strerror(errno));
		return -1;
	}
	if (mem[what] > c->most)
		c->most = mem[what];
	c->buffer = mem[buffer];
	return 0;
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

/* The most holes but one of any connection now, as debugfs tells them. */
static unsigned int ranges(void)
{
	unsigned int most = 0, n;
	char line[4096], *at;
	FILE *f = fopen("/sys/kernel/debug/atcp/connections", "r");

	while (f && fgets(line, sizeof(line), f)) {
		at = strstr(line, " ooo_ranges=");
		if (at && sscanf(at, " ooo_ranges=%u", &n) == 1 && n > most)
			most = n;
	}
	if (f)
		fclose(f);
	return most;
}

/* A batch ends, and the next begins. */
static void batch(struct cost *c, unsigned int tenth)
{
	int64_t now = now_us();

	if (c->since && (!c->us[tenth] || now - c->since < c->us[tenth]))
		c->us[tenth] = now - c->since;
	c->since = now;
}

/* Did it cost what it may? */
static int judge(const char *name, unsigned int n, const struct cost *c)
{
	int64_t first = c->us[0], last = c->us[TENTHS - 1];

	printf("# %s: %u segments, %u bytes at most of %u\n", name, n, c->most, c->buffer);
	printf("# a batch of the first tenth %lld us, of the last %lld us\n", (long long)first,
	       (long long)last);
	if (c->most > 4 * c->buffer) {
		puts("# that is too much memory");
		return 1;
	}
	if (last > 10 * first + 50000) {
		puts("# that is too much time");
		return 1;
	}
	return 0;
}

static uint8_t pattern(uint32_t seq)
{
	return seq * 7 + (seq >> 8);
}

/* The stream itself, in order; the user reads it and compares. */
static int stream(struct wire *w, int fd)
{
	uint32_t base = w->snd_nxt, end = base + STREAM, read_to = base, seq, i;
	uint8_t data[SEGMENT];
	ssize_t got;

	while ((int32_t)(end - read_to) > 0) {
		if (now_ms() > deadline) {
			printf("# nothing comes after byte %u\n", read_to - base);
			return 1;
		}
		seq = w->acked;
		for (i = 0; i < 8 && (int32_t)(end - seq) > 0; i++, seq += got) {
			uint32_t k;

			got = end - seq < SEGMENT ? end - seq : SEGMENT;
			for (k = 0; k < got; k++)
				data[k] = pattern(seq + k);
			wire_send(w, ACK | PSH, seq, data, got, NULL, 0);
		}
		wire_drain(w, 100);
		while ((got = recv(fd, data, sizeof(data), MSG_DONTWAIT)) > 0)
			for (i = 0; i < got; i++)
				if (data[i] != pattern(read_to++)) {
					printf("# byte %u is wrong\n", read_to - 1 - base);
					return 1;
				}
	}
	return 0;
}

static int ooo(struct rng *r, unsigned int n, int buffer)
{
	struct wire w = { };
	struct cost c = { };
	unsigned int i, most, tenth = n / TENTHS;
	int fd = wire_connect(&w, 1460);

	if (fd < 0)
		return 1;
	if (buffer && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer))) {
		printf("# SO_RCVBUFFORCE: %s\n", strerror(errno));
		return 1;
	}
	for (i = 0; i < tenth * TENTHS; i++) {
		/* never the byte that is waited for, and never two neighbours */
		uint32_t seq = w.snd_nxt + 2 + 2 * rng_below(r, w.offered / 2 - 2);
		uint8_t byte = pattern(seq);

		wire_send(&w, ACK, seq, &byte, 1, NULL, 0);
		if (i % BATCH == 0) {
			wire_drain(&w, 0);
			if (look(fd, SK_MEMINFO_RMEM_ALLOC, SK_MEMINFO_RCVBUF, &c))
				return 1;
			batch(&c, i / tenth);
		}
	}
	most = ranges();
	printf("# %u ranges\n", most);
	if (buffer ? most != MOST_RANGES : !most || most > MOST_RANGES) {
		printf("# that should be %u%s\n", MOST_RANGES, buffer ? "" : " at most");
		return 1;
	}
	deadline = now_ms() + PATIENCE_MS;
	return judge("out of order", i, &c) || stream(&w, fd);
}

/* All that the window takes but its first byte: it costs little memory, and all of it is held. */
static int dense(unsigned int n)
{
	struct wire w = { };
	struct cost c = { };
	unsigned int i, k, len, span, tenth = n / TENTHS;
	int fd = wire_connect(&w, 1460);
	uint8_t data[SEGMENT];

	if (fd < 0)
		return 1;
	span = w.offered - 1;
	/* of one byte where there are enough to fill the window so, else as small as they can be */
	len = (span - 1) / (tenth * TENTHS) + 1;
	if (len > SEGMENT)
		return 2;
	span -= span % len;
	for (i = 0; i < tenth * TENTHS; i++) {
		uint32_t seq = w.snd_nxt + 1 + i * len % span;

		for (k = 0; k < len; k++)
			data[k] = pattern(seq + k);
		wire_send(&w, ACK, seq, data, len, NULL, 0);
		if (i % BATCH == 0) {
			wire_drain(&w, 0);
			if (look(fd, SK_MEMINFO_RMEM_ALLOC, SK_MEMINFO_RCVBUF, &c))
				return 1;
			batch(&c, i / tenth);
		}
	}
	data[0] = pattern(w.snd_nxt);
	wire_send(&w, ACK, w.snd_nxt, data, 1, NULL, 0);
	wire_drain(&w, 1000);
	deadline = now_ms() + PATIENCE_MS;
	while (w.acked != w.snd_nxt + 1 + span && now_ms() < deadline)
		wire_drain(&w, 1000);
	printf("# %u of %u bytes, by %u, were held\n", w.acked - w.snd_nxt, 1 + span, len);
	return judge("side by side", i, &c) || w.acked != w.snd_nxt + 1 + span;
}

/* The user writes as much as there is room for. */
static void feed(int fd)
{
	static const char data[65536];

	while (send(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
}

/* Acknowledge until much is in flight. */
static int inflate(struct wire *w, int fd)
{
	while (w->rcv_max - w->rcv_nxt < FLIGHT) {
		if (now_ms() > deadline) {
			printf("# only %u bytes come into flight\n", w->rcv_max - w->rcv_nxt);
			return 1;
		}
		w->rcv_nxt += (w->rcv_max - w->rcv_nxt) / 2;
		wire_send(w, ACK, w->snd_nxt, NULL, 0, NULL, 0);
		feed(fd);
		while (wire_drain(w, 20))
			;
	}
	return 0;
}

static int sack(struct rng *r, unsigned int n)
{
	struct wire w = { };
	struct cost c = { };
	unsigned int i, k, tenth = n / TENTHS;
	struct range blocks[3];
	int fd = wire_connect(&w, TINY_MSS), left = 1;

	deadline = now_ms() + PATIENCE_MS;
	if (fd < 0 || inflate(&w, fd))
		return 1;
	for (i = 0; i < tenth * TENTHS; i++) {
		uint32_t flight = w.rcv_max - w.rcv_nxt;

		for (k = 0; k < ARRAY_SIZE(blocks); k++) {
			blocks[k].start = w.rcv_nxt + rng_below(r, flight - TINY_SEGMENT);
			blocks[k].end = blocks[k].start + 1 + rng_below(r, 2 * TINY_SEGMENT);
		}
		wire_send(&w, ACK, w.snd_nxt, NULL, 0, blocks, ARRAY_SIZE(blocks));
		if (i % BATCH == 0) {
			wire_drain(&w, 0);
			if (look(fd, SK_MEMINFO_WMEM_QUEUED, SK_MEMINFO_SNDBUF, &c))
				return 1;
			batch(&c, i / tenth);
		}
	}
	printf("# %u bytes in flight\n", w.rcv_max - w.rcv_nxt);
	/* in the end all of it is acknowledged */
	deadline = now_ms() + PATIENCE_MS;
	while (left && now_ms() < deadline) {
		wire_drain(&w, 20);
		w.rcv_nxt = w.rcv_max;
		wire_send(&w, ACK, w.snd_nxt, NULL, 0, NULL, 0);
		ioctl(fd, SIOCOUTQ, &left);
	}
	if (left)
		printf("# %d bytes stay in the queue\n", left);
	return judge("SACK", i, &c) || left;
}

int main(int argc, char **argv)
{
	struct params p = { .count = 100000, .mode = "ooo" };
	struct rng r;
	int wrong;

	common_params(&p, argc, argv);
	r = rng_of(p.seed, 0);
	if (p.count < TENTHS * 2 * BATCH)
		return 2;
	if (!strcmp(p.mode, "sack"))
		wrong = sack(&r, p.count);
	else if (!strcmp(p.mode, "dense"))
		wrong = dense(p.count);
	else
		wrong = ooo(&r, p.count, strcmp(p.mode, "holes") ? 0 : LARGE_BUFFER);
	if (!wrong)
		puts("done");
	return wrong;
}
