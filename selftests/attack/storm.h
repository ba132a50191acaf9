/* SPDX-License-Identifier: GPL-2.0-only */
/* The remote host of one connection, by hand: a TUN device, raw IPv4 and TCP. */
#ifndef SELFTESTS_ATTACK_STORM_H
#define SELFTESTS_ATTACK_STORM_H

#include "common.h"
#include <stddef.h>

#define FIN	0x01
#define SYN	0x02
#define RST	0x04
#define PSH	0x08
#define ACK	0x10

/* A range of sequence numbers, for SACK. */
struct range {
	uint32_t start;
	uint32_t end;
};

/**
 * struct wire - the connection as its remote end sees it
 * @fd: of the TUN device
 * @snd_nxt: next number of ours
 * @rcv_nxt: next number that is expected of the machine, and acknowledged
 * @acked: what the machine has acknowledged of ours
 * @rcv_max: after the highest number that the machine has sent
 * @window: that we offer, bytes; our scale is 7
 * @offered: that the machine has offered last, bytes
 * @scale: the machine's
 */
struct wire {
	int fd;
	uint32_t snd_nxt, acked, rcv_nxt, rcv_max;
	uint32_t window, offered;
	uint8_t scale;
};

/*
 * A network namespace, a TUN device, and a connection to an atcp listener there whose peer offers
 * @mss. Returns the accepted socket; -1 with a reason printed.
 */
int wire_connect(struct wire *w, uint16_t mss);
/* Send a segment; @sacks may be 0. */
void wire_send(struct wire *w, uint8_t flags, uint32_t seq, const void *data, size_t len,
	       const struct range *sacks, unsigned int nsacks);
/*
 * Take all that the machine has sent, waiting up to @wait_ms for the first. Moves rcv_max;
 * rcv_nxt is the caller's. Returns the number of segments.
 */
unsigned int wire_drain(struct wire *w, int wait_ms);

#endif
