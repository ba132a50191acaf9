// SPDX-License-Identifier: GPL-2.0-only
#include "storm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/atcp.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LOCAL		0xc0000201	/* 192.0.2.1 */
#define REMOTE		0xc0000202
#define PORT		7300
#define PEER_PORT	50000
#define IP_LEN		20
#define TCP_LEN		20
#define OUR_SCALE	7
#define ISS		4294960000U	/* wraps soon */
#define PATIENCE_MS	240000
#define SET_UP "ip link set lo up; ip link set wire0 up txqueuelen 5000; " \
	       "ip addr add 192.0.2.1/24 dev wire0"

static void put16(uint8_t *p, uint16_t v)
{
	v = htons(v);
	memcpy(p, &v, 2);
}

static void put32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, 4);
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return ntohl(v);
}

static uint32_t sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	for (; len > 1; p += 2, len -= 2)
		sum += p[0] << 8 | p[1];
	return len ? sum + (p[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static size_t put_options(uint8_t *p, uint16_t mss, const struct range *sacks, unsigned int n)
{
	unsigned int i;

	if (mss) {
		/* MSS, SACK permitted, window scale */
		put32(p, 2 << 24 | 4 << 16 | mss);
		put32(p + 4, 1 << 24 | 1 << 16 | 4 << 8 | 2);
		put32(p + 8, 1 << 24 | 3 << 16 | 3 << 8 | OUR_SCALE);
		return 12;
	}
	if (!n)
		return 0;
	put32(p, 1 << 24 | 1 << 16 | 5 << 8 | (2 + 8 * n));
	for (i = 0; i < n; i++) {
		put32(p + 4 + 8 * i, sacks[i].start);
		put32(p + 8 + 8 * i, sacks[i].end);
	}
	return 4 + 8 * n;
}

static void transmit(struct wire *w, uint8_t flags, uint32_t seq, uint16_t mss, const void *data,
		     size_t len, const struct range *sacks, unsigned int nsacks)
{
	uint8_t p[2048] = { 0x45 }, *tcp = p + IP_LEN;
	size_t options = put_options(tcp + TCP_LEN, mss, sacks, nsacks);
	size_t tcp_len = TCP_LEN + options + len;

	put16(p + 2, IP_LEN + tcp_len);
	p[8] = 64;
	p[9] = IPPROTO_TCP;
	put32(p + 12, REMOTE);
	put32(p + 16, LOCAL);
	put16(p + 10, fold(sum16(p, IP_LEN, 0)));
	put16(tcp, PEER_PORT);
	put16(tcp + 2, PORT);
	put32(tcp + 4, seq);
	put32(tcp + 8, flags & ACK ? w->rcv_nxt : 0);
	tcp[12] = (TCP_LEN + options) / 4 << 4;
	tcp[13] = flags;
	put16(tcp + 14, mss ? 65535 : w->window >> OUR_SCALE);
	if (len)
		memcpy(tcp + TCP_LEN + options, data, len);
	put16(tcp + 16, fold(sum16(tcp, tcp_len, sum16(p + 12, 8, IPPROTO_TCP + tcp_len))));
	/* a full queue drops it, as networks do */
	if (write(w->fd, p, IP_LEN + tcp_len) < 0 && errno != EAGAIN && errno != ENOBUFS)
		perror("# TUN");
}

void wire_send(struct wire *w, uint8_t flags, uint32_t seq, const void *data, size_t len,
	       const struct range *sacks, unsigned int nsacks)
{
	transmit(w, flags, seq, 0, data, len, sacks, nsacks);
}

/* What a segment of the machine's says. */
static void take(struct wire *w, const uint8_t *p, size_t size)
{
	const uint8_t *tcp = p + IP_LEN;
	uint32_t len = size - IP_LEN - (tcp[12] >> 4) * 4;
	uint32_t end = get32(tcp + 4) + len + !!(tcp[13] & SYN) + !!(tcp[13] & FIN);
	size_t i;

	if (tcp[13] & SYN) {
		w->rcv_nxt = end;
		w->rcv_max = end;
		/* nop, window scale, 3, shift */
		for (i = TCP_LEN; i + 2 < (size_t)(tcp[12] >> 4) * 4; i++)
			if (tcp[i] == 3 && tcp[i + 1] == 3)
				w->scale = tcp[i + 2];
		return;
	}
	w->acked = get32(tcp + 8);
	w->offered = (tcp[14] << 8 | tcp[15]) << w->scale;
	if ((int32_t)(end - w->rcv_max) > 0)
		w->rcv_max = end;
}

unsigned int wire_drain(struct wire *w, int wait_ms)
{
	struct pollfd pfd = { w->fd, POLLIN };
	unsigned int found = 0;
	uint8_t p[65536];
	ssize_t size;

	for (;;) {
		size = read(w->fd, p, sizeof(p));
		if (size >= IP_LEN + TCP_LEN && p[0] == 0x45 && p[9] == IPPROTO_TCP) {
			take(w, p, size);
			found++;
		}
		if (size < 0 && (found || poll(&pfd, 1, wait_ms) <= 0))
			return found;
	}
}

static int open_network(void)
{
	struct ifreq ifr = { .ifr_name = "wire0", .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd;

	if (unshare(CLONE_NEWNET))
		return -1;
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) ||
	    system(SET_UP))
		return -1;
	return fd;
}

int wire_connect(struct wire *w, uint16_t mss)
{
	struct sockaddr_in at = { AF_INET, htons(PORT), { htonl(LOCAL) } };
	int lfd, fd = -1;
	int64_t deadline = now_ms() + PATIENCE_MS;

	w->fd = open_network();
	lfd = socket(AF_ATCP, SOCK_STREAM, 0);
	if (w->fd < 0 || bind(lfd, (void *)&at, sizeof(at)) || listen(lfd, 4)) {
		printf("# no network, or no listener: %s\n", strerror(errno));
		return -1;
	}
	transmit(w, SYN, ISS, mss, NULL, 0, NULL, 0);
	w->snd_nxt = ISS + 1;
	while (!w->rcv_nxt && now_ms() < deadline)
		wire_drain(w, 1000);
	w->window = 4 << 20;
	wire_send(w, ACK, w->snd_nxt, NULL, 0, NULL, 0);
	w->offered = 65535;
	w->acked = w->snd_nxt;
	fd = accept(lfd, NULL, NULL);
	close(lfd);
	return fd;
}
