/* SPDX-License-Identifier: GPL-2.0-only */
/* A remote host's end of one connection, whose segments go through a TUN device. */
#ifndef SELFTESTS_KCOV_SEGMENT_H
#define SELFTESTS_KCOV_SEGMENT_H

#include "fuzz.h"

#define MOST_PACKET	2048

#define LOCAL4	"10.9.0.1"
#define LOCAL6	"fd00:9::1"

enum tcp_flag { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32 };

/**
 * struct peer - the remote end
 * @tun: bare IP packets
 * @sport: ours
 * @dport: the machine's
 * @snd: the next sequence number that we send
 * @rcv: the next one that we expect
 * @tsval: of the last segment that came; 0 if it had no timestamps
 * @last: the start of the last packet that came
 */
struct peer {
	int tun;
	bool v6;
	uint16_t sport, dport;
	uint32_t snd, rcv, tsval;
	uint8_t last[64];
	unsigned int last_len;
};

struct segment {
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t win, urg;
	uint8_t opts[40];
	unsigned int opts_len;	/* a multiple of 4 */
	unsigned int len;	/* of data */
	unsigned int harm;	/* bits to turn in the headers, 0: a good segment */
	bool bad_sum;
};

/* The same as the end of @s's options, padded. */
void option_add(struct segment *s, const void *option, unsigned int len);
void segment_send(struct peer *p, const struct segment *s, struct rng *r);
/* An ICMP error about the last packet that came. */
void icmp_send(struct peer *p, struct rng *r);
/* Random bytes that begin like a packet. */
void garbage_send(struct peer *p, struct rng *r);
/* Read what the machine sent. Returns the number of its segments to this peer. */
unsigned int peer_read(struct peer *p);

#endif
