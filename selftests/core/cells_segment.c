// SPDX-License-Identifier: GPL-2.0-only
/*
 * SEGMENT ARRIVES, RFC 9293 3.10.7: the checks of each state in their order, those of RFC 5961
 * beside the ones that they amend, and table 6.
 */
#include "port.h"
#include "cells_row.h"

#define FAR	100000	/* out of any window here */

/*
 * Of the third check, security: no segment of the core's has a label, so that none can mismatch.
 * Rows named so show that the connection goes on; that a label of IP changes nothing is for the
 * wire's tests.
 */

static void protect(struct bench *b)
{
	b->cfg.rfc1337 = 1;
}

const struct cells_row cells_segment_rows[] = {
	/* 3.10.7.1, CLOSED */
	{ CLOSED, "RST", SEG(R) },
	{ CLOSED, "RST", SEG(R | A, 5, 5) },
	{ CLOSED, "ACK_off", SEG(S), SENDS(R | A) },
	{ CLOSED, "ACK_off", SEG(F | U | P, 0, 0, 10), SENDS(R | A) },
	{ CLOSED, "ACK_off", SEG(0), SENDS(R | A) },
	{ CLOSED, "ACK_on", SEG(A, 0, 4711), SENDS(R) },
	{ CLOSED, "ACK_on", SEG(S | F | A, 0, -9, 10), SENDS(R) },

	/* 3.10.7.2, LISTEN */
	{ LISTEN, "RST", SEG(R) },
	{ LISTEN, "RST", SEG(R | A) },
	{ LISTEN, "RST", SEG(R | S) },
	{ LISTEN, "ACK", SEG(A, 0, 77), SENDS(R) },
	{ LISTEN, "ACK", SEG(S | A, 0, 77), SENDS(R) },
	{ LISTEN, "ACK", SEG(F | A, 0, 77, 10), SENDS(R) },
	{ LISTEN, "SYN", SEG(S), TO(SYN_RECV), SENDS(S | A) },
	/* Text beside it may be kept for later, or come again: it is not acknowledged. */
	{ LISTEN, "SYN", SEG(S, 0, 0, 10), TO(SYN_RECV), SENDS(S | A) },
	{ LISTEN, "other", SEG(0) },
	{ LISTEN, "other", SEG(F) },
	{ LISTEN, "other", SEG(F | P | U, 0, 0, 10) },

	/* 3.10.7.3, SYN_SENT; sequence numbers are less IRS */
	{ SS, "ACK", SEG(A, 0, -1), SENDS(R) },
	{ SS, "ACK", SEG(A, 0, 1), SENDS(R) },
	{ SS, "ACK", SEG(S | A, 0, 1), SENDS(R) },
	{ SS, "ACK", SEG(S | A, 0, -FAR), SENDS(R) },
	{ SS, "ACK", SEG(R | A, 0, 1) },
	{ SS, "ACK", SEG(R | S | A, 0, -1) },
	{ SS, "RST", SEG(R | A), TO(CLOSED), FAILS(E_GONE, ECONNREFUSED) },
	{ SS, "RST", SEG(R) },
	{ SS, "security", SEG(S | A), TO(ESTABLISHED), SENDS(A, 1), TELLS(E_UP | E_SPACE) },
	{ SS, "SYN", SEG(S | A), TO(ESTABLISHED), SENDS(A, 1), TELLS(E_UP | E_SPACE) },
	{ SS, "SYN", SEG(S | A, 0, 0, 1000), TO(ESTABLISHED), SENDS(A, 1001),
	  TELLS(E_UP | E_SPACE | E_DATA) },
	{ SS, "SYN", SEG(S), TO(SYN_RECV), SENDS(S | A) },
	{ SS, "SYN", SEG(S, 0, 0, 10), TO(SYN_RECV), SENDS(S | A) },
	{ SS, "neither", SEG(0) },
	{ SS, "neither", SEG(A) },
	{ SS, "neither", SEG(F | A, 0, 0, 10) },
	{ SS, "neither", SEG(F | P | U, 0, 0, 10) },

	/* 3.10.7.4, the other states. First, the sequence number */
	{ EIGHT, "sequence", SEG(A, FAR, 0, 10), SENDS(A) },
	{ EIGHT, "sequence", SEG(A, FAR), SENDS(A) },
	{ EIGHT, "sequence", SEG(A, -1000, 0, 10), SENDS(A) },
	{ EIGHT, "sequence", SEG(A, -1000), SENDS(A) },
	{ EIGHT, "sequence", SEG(F | A, FAR), SENDS(A) },
	{ EIGHT, "sequence", SEG(R, FAR) },
	{ EIGHT, "sequence", SEG(R | A, -1000) },

	/* second, RST */
	{ SR, "RST", FROM_LISTEN, SEG(R), TO(LISTEN) },
	{ SR, "RST", FROM_LISTEN, SEG(R | A), TO(LISTEN) },
	{ SR, "RST", FROM_ACCEPT, SEG(R), TO(LISTEN), FAILS(E_GONE, ECONNREFUSED) },
	{ SR, "RST", FROM_SYN_SENT, SEG(R), TO(CLOSED), FAILS(E_GONE, ECONNREFUSED) },
	{ EST | F1 | F2, "RST", SEG(R), TO(CLOSED), FAILS(E_GONE, ECONNRESET) },
	{ EST | F1 | F2, "RST", SEG(R | A), TO(CLOSED), FAILS(E_GONE, ECONNRESET) },
	{ EST, "RST", .before = bench_send, SEG(R), TO(CLOSED), FAILS(E_GONE, ECONNRESET) },
	{ CW, "RST", SEG(R), TO(CLOSED), FAILS(E_GONE, EPIPE) },
	{ CW, "RST", .before = bench_send, SEG(R), TO(CLOSED), FAILS(E_GONE, EPIPE) },
	{ CG | LA, "RST", SEG(R), TO(CLOSED), FAILS(E_GONE, ECONNRESET) },
	{ TW, "RST", SEG(R), TO(CLOSED) },
	{ TW, "RST", .before = protect, SEG(R) },

	/* and by RFC 5961 */
	{ EIGHT, "RST_in_window", SEG(R, 1), SENDS(A) },
	{ EIGHT, "RST_in_window", SEG(R | A, CELLS_WND - 10), SENDS(A) },
	{ EIGHT, "RST_in_window", SEG(R, -1) },
	{ EIGHT, "RST_in_window", SEG(R, CELLS_WND + 10) },

	/* third, security */
	{ SR, "security", SEG(A), TO(ESTABLISHED), TELLS(E_UP | E_SPACE) },
	{ EST | F2 | CW | TW, "security", SEG(A) },
	{ UNACKED, "security", SEG(A, 0, -1) },

	/* fourth, SYN */
	{ SR, "SYN", FROM_LISTEN, SEG(S), TO(LISTEN) },
	{ SR, "SYN", FROM_LISTEN, SEG(S, 100), TO(LISTEN) },
	{ SR, "SYN", FROM_ACCEPT, SEG(S, 100), TO(LISTEN), FAILS(E_GONE, ECONNREFUSED) },
	{ SR, "SYN", FROM_SYN_SENT, SEG(S), SENDS(A) },
	{ SR, "SYN", FROM_SYN_SENT, SEG(S, 100), SENDS(A) },
	{ SR, "SYN", SEG(S, FAR), SENDS(A) },
	{ SR, "SYN", SEG(S, -FAR), SENDS(A) },
	/* the same one again: the answer was lost */
	{ SR, "SYN", FROM_LISTEN | FROM_SYN_SENT, SEG(S, -1), SENDS(S | A) },
	{ SYNCED, "SYN", SEG(S), SENDS(A) },
	{ SYNCED, "SYN", SEG(S, -1), SENDS(A) },
	{ SYNCED, "SYN", SEG(S, 100), SENDS(A) },
	{ SYNCED, "SYN", SEG(S, FAR), SENDS(A) },
	{ SYNCED, "SYN", SEG(S | A, -1), SENDS(A) },
	{ SYNCED, "SYN", SEG(S | F | A, 0, 0, 10), SENDS(A) },
	{ TW, "SYN", SEG(S, 1000), TO(SYN_RECV), SENDS(S | A) },
	{ TW, "SYN", SEG(S, -1000), SENDS(A) },
	{ TW, "SYN", SEG(S | A, 1000), SENDS(A) },

	/* fifth, ACK: off */
	{ EIGHT, "ACK", SEG(0, 0, 0, 10) },
	{ EIGHT, "ACK", SEG(F) },
	{ EIGHT, "ACK", SEG(P | U, 100, 0, 10) },
	/* and on */
	{ SR, "ACK", SEG(A), TO(ESTABLISHED), TELLS(E_UP | E_SPACE) },
	{ SR, "ACK", SEG(A, 0, -1), SENDS(R) },
	{ SR, "ACK", SEG(A, 0, 1), SENDS(R) },
	{ EST | CW, "ACK", .before = bench_send, SEG(A), TELLS(E_SPACE) },
	{ EST | CW, "ACK", .before = bench_send, SEG(A, 0, -60), TELLS(E_SPACE) },
	{ EST | CW, "ACK", .before = bench_send, SEG(A, 0, -100) },
	{ EST | CW, "ACK", .before = bench_send, SEG(A, 0, 1), SENDS(A) },
	{ F1, "ACK", SEG(A), TO(FIN_WAIT_2), TELLS(E_SPACE | E_TXSHUT) },
	{ F1, "ACK", SEG(A, 0, -1) },
	{ F1 | CG | LA, "ACK", .data = 100, SEG(A, 0, -1), TELLS(E_SPACE) },
	{ F2, "ACK", SEG(A) },
	{ CG, "ACK", SEG(A), TO(TIME_WAIT), TELLS(E_SPACE | E_TW) },
	{ CG | LA, "ACK", SEG(A, 0, -1) },
	{ LA, "ACK", SEG(A), TO(CLOSED), TELLS(E_SPACE | E_GONE) },
	{ TW, "ACK", SEG(A) },
	{ TW, "ACK", SEG(F | A, -1), SENDS(A) },

	/* and by RFC 5961; in SYN_RECEIVED the RST of RFC 9293 stands, MAY-12 is not for it */
	{ SR, "ACK_outside", SEG(A, 0, FAR, 10), SENDS(R) },
	{ SR, "ACK_outside", SEG(A, 0, -FAR, 10), SENDS(R) },
	{ SYNCED, "ACK_outside", SEG(A, 0, 1, 10), SENDS(A) },
	{ SYNCED, "ACK_outside", SEG(A, 0, FAR, 10), SENDS(A) },
	{ SYNCED, "ACK_outside", SEG(A, 0, -FAR, 10), SENDS(A) },
	{ SYNCED, "ACK_outside", SEG(F | A, 0, -FAR), SENDS(A) },
	{ TW, "ACK_outside", SEG(A, 0, 1), SENDS(A) },
	{ TW, "ACK_outside", SEG(F | A, -1, 1), SENDS(A) },

	/* sixth, URG; in SYN_RECEIVED the ACK has made it ESTABLISHED by now */
	{ SR, "URG", SEG(U | A, 0, 0, 1000, 10), TO(ESTABLISHED), SENDS(A, 1000),
	  TELLS(E_UP | E_SPACE | E_URG | E_DATA) },
	{ EST | F2, "URG", SEG(U | A, 0, 0, 1000, 10), SENDS(A, 1000), TELLS(E_URG | E_DATA) },
	{ F1, "URG", SEG(U | A, 0, -1, 1000, 10), SENDS(A, 1000), TELLS(E_URG | E_DATA) },
	{ CW | TW, "URG", SEG(U | A, 0, 0, 0, 10) },
	{ CG | LA, "URG", SEG(U | A, 0, -1, 0, 10) },

	/* seventh, text */
	{ SR, "text", SEG(A, 0, 0, 1000), TO(ESTABLISHED), SENDS(A, 1000),
	  TELLS(E_UP | E_SPACE | E_DATA) },
	{ EST | F2, "text", SEG(A, 0, 0, 1000), SENDS(A, 1000), TELLS(E_DATA) },
	{ F1, "text", SEG(A, 0, -1, 1000), SENDS(A, 1000), TELLS(E_DATA) },
	{ F1, "text", SEG(A, 0, 0, 1000), TO(FIN_WAIT_2), SENDS(A, 1000),
	  TELLS(E_DATA | E_SPACE | E_TXSHUT) },
	/* after a FIN there cannot be any: ignored, and told so */
	{ CW | TW, "text", SEG(A, 0, 0, 1000), SENDS(A) },
	{ CG | LA, "text", SEG(A, 0, -1, 1000), SENDS(A) },

	/* eighth, FIN */
	{ SR, "FIN", SEG(F | A), TO(CLOSE_WAIT), SENDS(A, 1), TELLS(E_UP | E_SPACE | E_EOF) },
	{ EST, "FIN", SEG(F | A), TO(CLOSE_WAIT), SENDS(A, 1), TELLS(E_EOF) },
	{ EST, "FIN", SEG(F | A, 0, 0, 1000), TO(CLOSE_WAIT), SENDS(A, 1001),
	  TELLS(E_EOF | E_DATA) },
	{ EST, "FIN", SEG(F | A, 100), SENDS(A) },
	{ F1, "FIN", SEG(F | A), TO(TIME_WAIT), SENDS(A, 1), TELLS(E_SPACE | E_EOF | E_TW) },
	{ F1, "FIN", SEG(F | A, 0, -1), TO(CLOSING), SENDS(A, 1), TELLS(E_EOF) },
	{ F2, "FIN", SEG(F | A), TO(TIME_WAIT), SENDS(A, 1), TELLS(E_EOF | E_TW) },
	{ CW | TW, "FIN", SEG(F | A, -1), SENDS(A) },
	{ CG | LA, "FIN", SEG(F | A, -1, -1), SENDS(A) },
	{ 0 }
};

/* RFC 6191: a SYN below RCV.NXT may be newer all the same; numbers alone say no more then */
static void tw_syn_timestamps(struct bench *b, u8 state)
{
	struct atcp_seg syn = {
		.flags = S, .seq = b->rcv_nxt - 1000,
		.opt = { .has = ATCP_OPT_TS, .tsval = 5000 },
	};

	b->tw.ts_ok = true;
	b->tw.ts_recent = 5001;
	b->tw.ts_recent_at = b->now;
	bench_input(b, &syn);
	SENT(b, A, 0, 0, 0);
	WANT(b, bench_state(b) == ATCP_TIME_WAIT);
	b->now += ATCP_NS_PER_SEC;
	syn.opt.tsval = 5002;
	bench_input(b, &syn);
	WANT(b, bench_state(b) == ATCP_SYN_RECV);
	WANT(b, b->nout == 1 && b->out[0].flags == (S | A) && b->out[0].ack == syn.seq + 1);
}

/* The FIN that comes again: 2 MSL anew */
static void tw_fin_restarts(struct bench *b, u8 state)
{
	u64 msl2 = b->cfg.time_wait;

	b->now += msl2 / 2;
	bench_arrives(b, F | A, -1, 0, 0);
	SENT(b, A, 0, 0, 0);
	WANT(b, b->tw.deadline == b->now + msl2);
	/* any other segment does not */
	b->now += msl2 / 4;
	bench_arrives(b, A, 0, 0, 0);
	SILENT(b);
	WANT(b, b->tw.deadline == b->now - msl2 / 4 + msl2);
}

/* SND.WND, WL1 and WL2 are taken from the ACK that ends the handshake, whatever the SYN said */
static void first_window(struct bench *b, u8 state)
{
	struct atcp_seg s = {
		.flags = A, .seq = b->rcv_nxt, .ack = b->snd_nxt, .wnd = 1234,
	};

	bench_input(b, &s);
	WANT(b, bench_state(b) == ATCP_ESTABLISHED);
	WANT(b, b->c.snd_wnd == 1234);
	WANT(b, b->c.snd_wl1 == s.seq);
	WANT(b, b->c.snd_wl2 == s.ack);
}

/* The window is that of the newest segment: WL1 < SEQ, or WL1 = SEQ and WL2 <= ACK */
static void window_update(struct bench *b, u8 state)
{
	bench_window(b, 0, 0, 1000);
	WANT(b, b->c.snd_wnd == 1000);
	WANT(b, b->c.snd_wl1 == b->rcv_nxt);
	WANT(b, b->c.snd_wl2 == b->snd_una);
	bench_window(b, 0, 0, 900);
	WANT(b, b->c.snd_wnd == 900);
	if (!(BIT(state) & (EST | F1 | F2)))
		return;
	bench_window(b, 0, 1000, 800);
	bench_window(b, 1000, 1000, 700);
	WANT(b, b->c.snd_wnd == 700);
	/* older than that, but its last byte is new */
	bench_window(b, 0, 2001, 600);
	WANT(b, b->c.snd_wnd == 700);
	WANT(b, b->delivered == 2001);
}

/* It is signalled once for each further pointer, not for each segment */
static void urgent_once(struct bench *b, u8 state)
{
	struct atcp_seg s = {
		.flags = U | A, .seq = b->rcv_nxt, .ack = b->snd_una, .len = 10, .urg = 50,
	};

	bench_input(b, &s);
	WANT(b, b->told & ATCP_EV_URGENT);
	WANT(b, b->c.rcv_up == s.seq + 50);
	bench_mark(b);
	s.seq += 10;
	s.urg = 40;
	bench_input(b, &s);
	WANT(b, !(b->told & ATCP_EV_URGENT));
	s.seq += 10;
	s.urg = 31;
	bench_input(b, &s);
	WANT(b, b->told & ATCP_EV_URGENT);
	/* a pointer never goes back */
	bench_mark(b);
	s.seq += 10;
	s.urg = 5;
	bench_input(b, &s);
	WANT(b, !(b->told & ATCP_EV_URGENT));
	WANT(b, b->c.rcv_up == s.seq - 10 + 31);
}

/* RCV.NXT + RCV.WND never gets less, and what is not full-sized waits for company */
static void edge_stays(struct bench *b, u8 state)
{
	u32 edge = b->rcv_nxt + atcp_conn_rcv_wnd(&b->c);
	u32 i;

	for (i = 0; i < 40; i++) {
		bench_mark(b);
		bench_window(b, 0, 100, 5000);
		WANT(b, !atcp_conn_deadline(&b->c) || !b->nout || state != ATCP_ESTABLISHED);
		if (!b->nout)
			bench_timer(b);
		WANT(b, b->nout == 1 && b->out[0].ack == b->rcv_nxt + 100);
		WANT(b, (s32)(b->out[0].ack + b->out[0].wnd - edge) >= 0);
		edge = b->out[0].ack + b->out[0].wnd;
	}
}

/* Table 6. With the window shut ACK, URG and RST are still processed: MUST-66 */
static void len0_wnd0(struct bench *b, u8 state)
{
	bench_shut(b);
	bench_send(b);
	bench_mark(b);
	bench_arrives(b, A, 0, 0, 0);
	SILENT(b);
	WANT(b, b->told == ATCP_EV_SPACE);
	bench_arrives(b, U | A, 1, 0, 0);
	SENT(b, A, 0, 0, 0);
	WANT(b, b->told == ATCP_EV_SPACE);
	bench_mark(b);
	bench_arrives(b, R, 1, 0, 0);
	SILENT(b);
	WANT(b, bench_state(b) == ATCP_ESTABLISHED);
	bench_arrives(b, R, 0, 0, 0);
	WANT(b, bench_state(b) == ATCP_CLOSED);
}

/*
 * At the right edge itself the core is more lenient than the table: a sender that has filled the
 * window acknowledges with that number, and while bytes before it are missing, every one of its
 * ACKs would be dropped.
 */
static void len0_wnd(struct bench *b, u8 state)
{
	static const s32 good[] = { 0, 1, CELLS_WND - 1, CELLS_WND };
	static const s32 bad[] = { -1, CELLS_WND + 1 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		bench_send(b);
		bench_mark(b);
		bench_arrives(b, A, good[i], 0, 0);
		SILENT(b);
		WANT(b, b->told == ATCP_EV_SPACE);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		bench_send(b);
		bench_mark(b);
		bench_arrives(b, A, bad[i], 0, 0);
		SENT(b, A, 0, 0, 0);
		WANT(b, !b->told);
	}
}

/* A FIN alone needs no room: as with the right edge, the core is more lenient than the table. */
static void len_wnd0(struct bench *b, u8 state)
{
	bench_shut(b);
	bench_arrives(b, A, 0, 0, 1);
	SENT(b, A, 0, 0, 0);
	WANT(b, !b->told);
	bench_arrives(b, A, -1, 0, 2);
	SENT(b, A, 0, 0, 0);
	bench_arrives(b, F | A, 0, 0, 1);
	SENT(b, A, 0, 0, 0);
	WANT(b, !b->delivered);
	WANT(b, bench_state(b) == ATCP_ESTABLISHED);
	bench_arrives(b, F | A, 0, 0, 0);
	SENT(b, A, 0, 1, 0);
	WANT(b, bench_state(b) == ATCP_CLOSE_WAIT);
}

static void len_wnd(struct bench *b, u8 state)
{
	/* neither octet is in the window */
	bench_arrives(b, A, -10, 0, 10);
	SENT(b, A, 0, 0, 0);
	bench_arrives(b, A, CELLS_WND + 1, 0, 10);
	SENT(b, A, 0, 0, 0);
	WANT(b, !b->told && !b->c.ooo.n);
	/* the first: what is beyond the edge is cut off */
	bench_arrives(b, A, CELLS_WND - 10, 0, 20);
	SENT(b, A, 0, 0, 0);
	WANT(b, b->c.ooo.bytes == 10);
	/* the last: what is known is cut off */
	bench_arrives(b, A, -5, 0, 15);
	SENT(b, A, 0, 10, 0);
	WANT(b, b->delivered == 10);
}

const struct cells_tale cells_segment_tales[] = {
	{ TW, "SYN", .run = tw_syn_timestamps },
	{ TW, "FIN", .run = tw_fin_restarts },
	{ SR, "ACK", .run = first_window },
	{ SYNCED, "ACK", .run = window_update },
	{ EST | F1 | F2, "URG", .run = urgent_once },
	{ EST | F1 | F2, "text", .run = edge_stays },
	{ EST, "LEN_0_WND_0", .run = len0_wnd0 },
	{ EST, "LEN_0_WND", .run = len0_wnd },
	{ EST, "LEN_WND_0", .run = len_wnd0 },
	{ EST, "LEN_WND", .run = len_wnd },
	{ 0 }
};
