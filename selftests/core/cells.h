/* SPDX-License-Identifier: GPL-2.0-only */
/* The bench on which the cells of RFC 9293 section 3.10, state x event, are tried. */
#ifndef _ATCP_CELLS_H
#define _ATCP_CELLS_H

#include "api.h"
#include "handshake.h"
#include "timewait.h"

/* Initial sequence numbers: ours wraps soon, the peer's crosses the sign bit. */
#define CELLS_ISS	0xfffffff0U
#define CELLS_IRS	0x7ffffff0U
#define CELLS_WND	40000	/* bytes that we offer at first, and the peer does */

/* Where SYN_RECEIVED comes from; bits, as a row may be for several of them. */
#define FROM_SYN_SENT	1	/* simultaneous open */
#define FROM_LISTEN	2	/* a listener's record */
#define FROM_ACCEPT	4	/* its connection, before the third segment is fed to it */

/* Who holds the connection's state. */
enum cells_holder { HELD_CONN, HELD_LISTEN, HELD_REQ, HELD_TW };

/**
 * struct bench - one connection, with us as its host, its user and its peer
 * @cfg: settings
 * @l: the listener's
 * @c: the connection; in LISTEN it is the listening one
 * @req: while @holder is HELD_REQ
 * @tw: while @holder is HELD_TW
 * @holder: which of these knows the state
 * @now: ns
 * @data: bytes sent before a FIN on the way to the state
 * @snd_nxt: SND.NXT before the event
 * @rcv_nxt: RCV.NXT before the event; where there is none, IRS
 * @snd_una: SND.UNA before the event
 * @out: what was sent since
 * @nout: entries of @out
 * @told: ATCP_EV_* since
 * @delivered: bytes handed to the user since
 * @ok: nothing was wrong yet
 * @where: what is being done, for the report
 */
struct bench {
	struct atcp_cfg cfg;
	struct atcp_listen l;
	struct atcp_conn c;
	struct atcp_req req;
	struct atcp_tw tw;
	enum cells_holder holder;
	u64 now;
	u32 data;
	u32 snd_nxt, rcv_nxt, snd_una;
	struct atcp_seg out[8];
	u32 nout;
	u16 told;
	u32 delivered;
	bool ok;
	const char *where;
};

/* The bench, cells_bench.c. A state is entered by the events that lead to it. */
void bench_enter(struct bench *b, u8 state, u8 from, u32 data);
void bench_leave(struct bench *b);
void bench_mark(struct bench *b);
u8 bench_state(const struct bench *b);
void bench_arrives(struct bench *b, u8 flags, s32 seq, s32 ack, u32 len);
void bench_input(struct bench *b, struct atcp_seg *s);
void bench_window(struct bench *b, s32 seq, u32 len, u16 wnd);
void bench_shut(struct bench *b);
void bench_collect(struct bench *b);
void bench_queue(struct bench *b, u32 len);
void bench_send(struct bench *b);
void bench_timer(struct bench *b);

/* Report what is wrong. Return: @good */
bool bench_want(struct bench *b, bool good, const char *what, const char *file, int line);
bool bench_sent(struct bench *b, u8 flags, u32 seq, u32 ack, u32 len, const char *file, int line);

#define WANT(b, cond)	bench_want(b, cond, #cond, __FILE__, __LINE__)
/* The next segment that was sent is this one, by numbers less those of bench_mark() */
#define SENT(b, flags, seq, ack, len) \
	bench_sent(b, flags, (b)->snd_nxt + (seq), (b)->rcv_nxt + (ack), len, __FILE__, __LINE__)
#define SILENT(b)	WANT(b, !(b)->nout)

#endif /* _ATCP_CELLS_H */
