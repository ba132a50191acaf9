/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From records to a ladder: which received segment is which sent one, and what
 * was lost on the way. Rows come out as soon as they are known, to be printed or kept.
 */
#ifndef ATCP_TOOLS_LADDER_H
#define ATCP_TOOLS_LADDER_H

#include "record.h"

#define LABEL_TEXT	256

enum row_kind {
	ROW_BEGIN,	/* a conversation was seen for the first time */
	ROW_ARROW,
	ROW_CHANGE,
	ROW_MISSING	/* the trace itself has lost records here */
};

/**
 * struct row - something to draw
 * @kind: see above
 * @conv: the conversation it is of; NULL for ROW_MISSING
 * @rec: the record; of an arrow the sender's where there is one
 * @side: where it happened, or who sent it: 0 left, 1 right
 * @sent: the sender's record was seen, at @sent_ns in @sent_state
 * @received: the receiver's record was seen, at @recv_ns in @recv_state
 * @lost: sent, and never received though the receiver is traced
 * @retrans: (part of) it had been sent before
 * @dup: received, though not sent once more
 */
struct row {
	enum row_kind kind;
	struct conv *conv;
	struct record rec;
	int side;
	bool sent, received, lost, retrans, dup;
	uint64_t sent_ns, recv_ns;
	char sent_state[NAME_MAX_LEN], recv_state[NAME_MAX_LEN];
};

/* A segment on its way. */
struct pending {
	struct pending *next;
	struct row row;
};

/**
 * struct conv - a connection, from both ends as far as they are traced
 * @number: from 1 on
 * @end: left is who opened it
 * @netns: inode numbers, 0 for an end that is not traced
 * @traced: records of this end were seen
 * @state: of each end, "" while not known
 * @closed: this end came to CLOSED
 * @origin: time of the first record
 * @base: initial sequence numbers
 * @has_base: those are known
 * @wscale: of the windows that this end announces; -1 not known
 * @snd_max: highest sequence number sent, to see retransmissions
 * @max_delay: longest time on the way so far, ns
 * @peer_untraced: received what nobody was seen to send
 * @pending: on the way, oldest first
 */
struct conv {
	struct conv *next;
	unsigned int number;
	struct endpoint end[2];
	uint64_t netns[2];
	bool traced[2];
	char state[2][NAME_MAX_LEN];
	bool closed[2];
	uint64_t origin;
	uint32_t base[2];
	bool has_base[2];
	int wscale[2];
	uint32_t snd_max[2];
	bool has_max[2];
	uint64_t max_delay;
	bool peer_untraced;
	struct pending *pending, **tail;
};

struct ladder {
	struct conv *convs, **tail;
	unsigned int nconvs;
	void (*emit)(const struct row *row, void *arg);
	void *arg;
};

void ladder_init(struct ladder *l, void (*emit)(const struct row *row, void *arg), void *arg);

/* Take a record in. Returns 0, or -1 without memory. */
int ladder_add(struct ladder *l, const struct record *r);

/* It is @now ns: give up what must have been received by now if it ever is. */
void ladder_tick(struct ladder *l, uint64_t now);

/* No more records will come: what is on the way is lost. */
void ladder_flush(struct ladder *l);

/* Is anything on the way? */
bool ladder_pending(const struct ladder *l);

/* Was there a conversation, and has every traced end of all of them come to CLOSED? */
bool ladder_all_closed(const struct ladder *l);

void ladder_free(struct ladder *l);

/* ladder_label.c: how a segment is written beside its arrow. */
struct label_options {
	bool absolute;		/* sequence numbers as on the wire */
	bool timestamps;	/* show the timestamps option of every segment */
};

/* "SYN seq=0 win=65535 mss=1460" into @buf of LABEL_TEXT bytes; returns @buf. */
const char *ladder_label(const struct row *row, const struct label_options *o, char *buf);

#endif /* ATCP_TOOLS_LADDER_H */
