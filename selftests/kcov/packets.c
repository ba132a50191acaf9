// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments through a TUN device, as a remote host would send them that does as it likes, to
 * listeners and to connections whose user also makes calls.
 */
#include "segment.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/atcp.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PORT		8080
#define WSCALE		7

/* The machine's end: @fd is -1 until there is a connection. */
struct scene {
	struct peer peer;
	int fd;
};

static int tun;
static int listeners[2];
static uint16_t next_port = 1024;

static socklen_t address(struct sockaddr_storage *ss, bool v6, const char *ip, uint16_t port)
{
	socklen_t len = loopback(ss, v6, port);

	if (v6)
		inet_pton(AF_INET6, ip, &((struct sockaddr_in6 *)ss)->sin6_addr);
	else
		inet_pton(AF_INET, ip, &((struct sockaddr_in *)ss)->sin_addr);
	return len;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = fd < 0 || write(fd, text, strlen(text)) < 0;

	if (err)
		printf("# %s: %s\n", path, strerror(errno));
	close(fd);
	return -err;
}

/* Timers run out while an input is under way, and little is left of it. */
static int settings(void)
{
	return write_file("/proc/sys/net/atcp/rto_min_us", "2000") ||
	       write_file("/proc/sys/net/atcp/time_wait_us", "2000") ? -1 : 0;
}

static int open_tun(void)
{
	struct ifreq ifr = { .ifr_name = "fuzz0", .ifr_flags = IFF_TUN | IFF_NO_PI };

	tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &ifr))
		return -1;
	return system("ip link set fuzz0 up") || system("ip addr add " LOCAL4 "/24 dev fuzz0") ||
	       system("ip addr add " LOCAL6 "/64 dev fuzz0 nodad") ? -1 : 0;
}

static int prepare(void)
{
	struct sockaddr_storage ss;
	int v6;

	if (open_tun() || settings() || args_init())
		return -1;
	for (v6 = 0; v6 < 2; v6++) {
		socklen_t len = address(&ss, v6, v6 ? LOCAL6 : LOCAL4, PORT);

		listeners[v6] = socket(AF_ATCP, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, v6);
		if (bind(listeners[v6], (void *)&ss, len) || listen(listeners[v6], 64))
			return -1;
	}
	return 0;
}

/* Any of: mss, window scale, SACK, timestamps. */
static void syn_options(struct segment *s, const struct peer *p, uint8_t which)
{
	uint32_t stamps[] = { htonl(1), htonl(p->tsval) };
	uint8_t ts[10] = { TCPOPT_TIMESTAMP, 10 };

	memcpy(ts + 2, stamps, sizeof(stamps));
	if (which & 1)
		option_add(s, (uint8_t[]){ TCPOPT_MAXSEG, 4, which >> 4, 180 }, 4);
	if (which & 2)
		option_add(s, (uint8_t[]){ TCPOPT_WINDOW, 3, WSCALE }, 3);
	if (which & 4)
		option_add(s, (uint8_t[]){ TCPOPT_SACK_PERMITTED, 2 }, 2);
	if (which & 8)
		option_add(s, ts, sizeof(ts));
}

static void stamp(struct segment *s, const struct peer *p, uint32_t tsval)
{
	uint32_t stamps[] = { htonl(tsval), htonl(p->tsval) };
	uint8_t ts[12] = { 1, 1, TCPOPT_TIMESTAMP, 10 };

	memcpy(ts + 4, stamps, sizeof(stamps));
	option_add(s, ts, sizeof(ts));
}

static void say(struct scene *c, uint8_t flags, const struct step *s, uint8_t options)
{
	struct segment seg = { .seq = c->peer.snd, .ack = c->peer.rcv, .flags = flags,
			       .win = 65535 };
	struct rng r = step_rng(s);

	if (flags & SYN)
		syn_options(&seg, &c->peer, options);
	else if (options & 8 && c->peer.tsval)
		stamp(&seg, &c->peer, 1);
	segment_send(&c->peer, &seg, &r);
	c->peer.snd += !!(flags & (SYN | FIN));
	peer_read(&c->peer);
}

static void passive(struct scene *c, const struct step *s)
{
	c->peer.dport = PORT;
	say(c, SYN, s, s->b[1]);
	say(c, ACK, s, s->b[1]);
	c->fd = accept4(listeners[c->peer.v6], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static void active(struct scene *c, const struct step *s)
{
	struct sockaddr_storage ss;
	bool v6 = c->peer.v6;
	socklen_t len = address(&ss, v6, v6 ? "fd00:9::2" : "10.9.0.2", c->peer.sport);

	c->fd = socket(AF_ATCP, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, v6);
	if (connect(c->fd, (void *)&ss, len) && errno != EINPROGRESS)
		return;
	peer_read(&c->peer);
	if (s->b[2] & 1)
		say(c, SYN, s, s->b[1]);	/* both at once */
	if (s->b[2] & 6)
		say(c, SYN | ACK, s, s->b[1]);
}

/* Most often what is expected, else near it, else anything. */
static uint32_t number(uint32_t right, uint8_t how, struct rng *r)
{
	static const int32_t off[] = {
		-1, 1, -2, 2, -1000, 1000, 1460, 2920, -65535, 65535, 1 << 30, INT32_MIN,
	};

	if (how < 160)
		return right;
	if (how < 240)
		return right + off[how % ARRAY_SIZE(off)];
	return how < 248 ? right + rng_below(r, 1 << 17) - (1 << 16) : rng_next(r);
}

static void sack(struct segment *s, const struct peer *p, struct rng *r)
{
	unsigned int i, n = 1 + rng_below(r, 4);
	uint8_t o[36] = { 1, 1, TCPOPT_SACK, 2 + 8 * n };

	for (i = 0; i < n; i++) {
		uint32_t left = number(p->rcv, 248 * rng_chance(r, 8), r) - rng_below(r, 20000);
		uint32_t ends[] = { htonl(left), htonl(left + rng_below(r, 6000)) };

		memcpy(o + 4 + 8 * i, ends, sizeof(ends));
	}
	option_add(s, o, 4 + 8 * n);
}

static void any_options(struct segment *s, const struct peer *p, uint8_t how, struct rng *r)
{
	uint64_t bytes[5];
	unsigned int i;

	if (p->tsval && how < 200)
		stamp(s, p, rng_chance(r, 8) ? rng_next(r) : 1 + rng_below(r, 100));
	if (how & 1)
		sack(s, p, r);
	if (how >= 230)
		syn_options(s, p, rng_next(r));
	if (how >= 216) {
		for (i = 0; i < ARRAY_SIZE(bytes); i++)
			bytes[i] = rng_next(r);
		option_add(s, bytes, rng_below(r, sizeof(bytes)));
	}
}

static void any_segment(struct scene *c, const struct step *st)
{
	static const uint8_t usual[] = {
		ACK, ACK, ACK, ACK | PSH, ACK | PSH, ACK | FIN, SYN, RST, RST | ACK, SYN | ACK,
		ACK | URG, FIN,
	};
	const uint8_t *b = st->b;
	struct rng r = step_rng(st);
	struct peer *p = &c->peer;
	struct segment s = {
		.flags = b[1] & 128 ? b[1] & 63 : usual[b[1] % ARRAY_SIZE(usual)],
		.seq = number(p->snd, b[2], &r),
		.ack = number(p->rcv, b[3], &r),
		.win = b[4] < 64 ? b[4] % 3 : b[4] << 8 | b[5],
		.urg = b[1] & URG ? rng_below(&r, 2000) : 0,
		.len = b[6] < 100 ? 0 : rng_below(&r, 1 << (b[6] & 7) * 2) % 1400,
		.harm = b[7] < 24 ? 1 + b[7] % 8 : 0,
		.bad_sum = b[7] > 250,
	};
	unsigned int i;

	any_options(&s, p, b[5], &r);
	for (i = 0; i <= (b[7] & 64 ? b[6] & 3 : 0); i++)
		segment_send(p, &s, &r);
	if (s.seq == p->snd && !s.harm && !s.bad_sum)
		p->snd += s.len + !!(s.flags & (SYN | FIN));
	peer_read(p);
}

static void option(int fd, struct rng *r)
{
	int level, name;
	socklen_t len;
	void *value = arg_value(r, &len);

	arg_option(r, &level, &name);
	if (rng_chance(r, 3))
		getsockopt(fd, level, name, value, &len);
	else if (level != SOL_SOCKET || name != SO_BINDTODEVICE)
		setsockopt(fd, level, name, value, len);
}

/* What the user of the connection does. */
static void any_call(struct scene *c, const struct step *s)
{
	struct rng r = step_rng(s);
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (arg_flags(&r) & (MSG_OOB | MSG_PEEK | MSG_MORE));
	uint32_t len = rng_below(&r, 1 << rng_below(&r, 16));

	switch (s->b[1] % 8) {
	case 0:
	case 1:
		send(c->fd, arg_bytes(&r, len), len, flags);
		break;
	case 2:
	case 3:
		recv(c->fd, arg_bytes(&r, len), len, flags);
		break;
	case 4:
		shutdown(c->fd, rng_below(&r, 3));
		break;
	case 5:
		option(c->fd, &r);
		break;
	case 6:
		ioctl(c->fd, rng_chance(&r, 2) ? SIOCINQ : SIOCATMARK, &len);
		poll(&(struct pollfd){ c->fd, POLLIN | POLLOUT }, 1, rng_below(&r, 6));
		break;
	default:
		if (rng_chance(&r, 4)) {
			close(c->fd);
			c->fd = -1;
		}
	}
	peer_read(&c->peer);
}

static void step(struct scene *c, const struct step *s)
{
	struct rng r = step_rng(s);

	if (s->b[0] < 180) {
		any_segment(c, s);
	} else if (s->b[0] < 236) {
		any_call(c, s);
	} else if (s->b[0] < 250) {
		icmp_send(&c->peer, &r);
		peer_read(&c->peer);
	} else {
		garbage_send(&c->peer, &r);
	}
}

/* Nothing of it is to be left for the next input. */
static void clean_up(struct scene *c)
{
	const struct linger at_once = { 1, 0 };
	int fd;

	peer_read(&c->peer);
	say(c, RST, &(struct step){ }, 0);
	do {
		fd = accept4(listeners[c->peer.v6], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			fd = c->fd, c->fd = -1;
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	} while (!close(fd));
	peer_read(&c->peer);
}

static int run(const struct input *in)
{
	const uint8_t *b = in->step[0].b;
	struct scene c = { .peer = { .tun = tun, .v6 = b[0] & 1 }, .fd = -1 };
	struct rng r = step_rng(&in->step[0]);
	unsigned int i;

	next_port = next_port < 65535 ? next_port + 1 : 1024;
	c.peer.sport = next_port;
	c.peer.snd = rng_chance(&r, 4) ? -rng_below(&r, 5000) : rng_next(&r);
	peer_read(&c.peer);
	if (b[3] < 110)
		passive(&c, &in->step[0]);
	else if (b[3] < 220)
		active(&c, &in->step[0]);
	else
		c.peer.dport = PORT;
	for (i = 1; i < in->n; i++)
		step(&c, &in->step[i]);
	clean_up(&c);
	return 0;
}

const struct part packets_part = {
	.name = "packets", .threads = 1, .least = 500, .prepare = prepare, .run = run,
};
