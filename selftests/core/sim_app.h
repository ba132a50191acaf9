/* SPDX-License-Identifier: GPL-2.0-only */
/* The application of one endpoint: what it sends, how it reads, how it ends. */
#ifndef _SIM_APP_H
#define _SIM_APP_H

#include <atcp/env.h>

struct sim_host;

enum sim_end {
	SIM_END_SHUT,	/* half-close after the last byte, read on to the end */
	SIM_END_CLOSE,	/* close both directions after the last byte */
	SIM_END_LAST,	/* wait for the peer's end first */
	SIM_END_ABORT,	/* abort at a time drawn beforehand */
	SIM_END_EARLY,	/* close at that time, whatever was sent by then */
};

/**
 * struct sim_app - plan and record
 * @key: which stream of bytes is sent
 * @total: bytes to send
 * @written: of these, handed to the engine
 * @got: bytes that were delivered
 * @taken: of these, read
 * @sndbuf: most bytes queued
 * @write_max: bytes of one write at most
 * @read_max: likewise, of one read
 * @think: mean time between writes, ns
 * @nap: mean time between reads, ns
 * @end_at: for ABORT and EARLY
 * @stall_until: reads nothing before
 * @all: bytes that the stream had when it was closed
 */
struct sim_app {
	u64 key;
	u64 total, written, got, taken, all;
	u32 sndbuf, write_max, read_max;
	u64 think, nap, next_write, next_read, end_at, stall_until;
	enum sim_end end;
	u32 more, urgent, quickack, resize; /* chances per million, a write or read */
	bool nodelay, cork, keepalive;
	bool started, connected, shut, orphaned, aborted, eof, done;
	int err;
};

#define SIM_PATTERN 131071

/* The earlier of two times, of which 0 is never. */
static inline u64 sim_earlier(u64 a, u64 b)
{
	return !a ? b : !b ? a : a < b ? a : b;
}

void sim_pattern_init(void);
/* The bytes of stream @key from @pos on; @len bytes of them may be read. */
const u8 *sim_pattern(u64 key, u64 pos);

void sim_app_start(struct sim_host *h);
/* The record is blank, the plan stays; another stream. */
void sim_app_again(struct sim_app *a);
/* Likewise, with something to send of its own, for a host's next connection. */
void sim_app_renew(struct sim_host *h);
/* Close without waiting any longer. */
void sim_app_leave(struct sim_host *h);
/* Do what is due now. */
void sim_app_run(struct sim_host *h);
/* When something will be due by time alone; 0 for never. */
u64 sim_app_next(const struct sim_host *h);
/* The engine has something for the application (ATCP_EV_*). */
void sim_app_event(struct sim_host *h, u16 ev);

#endif /* _SIM_APP_H */
