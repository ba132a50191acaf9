/* SPDX-License-Identifier: GPL-2.0-only */
/* One record of the trace, as Documentation/trace.rst describes it. */
#ifndef ATCP_TOOLS_RECORD_H
#define ATCP_TOOLS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TF_FIN	0x01
#define TF_SYN	0x02
#define TF_RST	0x04
#define TF_PSH	0x08
#define TF_ACK	0x10
#define TF_URG	0x20
#define TF_ECE	0x40
#define TF_CWR	0x80

#define NAME_MAX_LEN	24
#define MAX_SACKS	4
#define ENDPOINT_TEXT	56	/* bytes that endpoint_text() needs */

struct endpoint {
	uint8_t family;		/* AF_INET or AF_INET6 */
	uint8_t addr[16];
	uint16_t port;
};

enum record_kind {
	REC_NONE,	/* a comment or an empty line */
	REC_OUT,
	REC_IN,
	REC_STATE,
	REC_LOST	/* records were lost here */
};

struct record {
	enum record_kind kind;
	uint64_t ns;
	uint64_t netns;
	struct endpoint local;
	struct endpoint remote;
	uint64_t lost;
	/* REC_OUT and REC_IN */
	uint8_t flags;
	bool has_mss, has_wscale, sackok, has_ts;
	uint32_t uto;		/* s; 0: there is none */
	uint8_t wscale, nsacks;
	uint16_t win, urg, mss;
	uint32_t seq, ack, len, tsval, tsecr;
	uint32_t sack[MAX_SACKS][2];
	char state[NAME_MAX_LEN];	/* of the connection when it was recorded */
	/* REC_STATE */
	char from[NAME_MAX_LEN];
	char to[NAME_MAX_LEN];
	char event[NAME_MAX_LEN];
};

/**
 * record_parse() - read one line
 * @r: filled in
 * @line: without its newline; is cut up
 *
 * Return: 0, or -1 if it is no record.
 */
int record_parse(struct record *r, char *line);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);

/* "10.0.0.1:80" or "[fd00::1]:80" into @buf of ENDPOINT_TEXT bytes; returns @buf. */
const char *endpoint_text(const struct endpoint *e, char *buf);

/* "SYN,ACK" into @buf of @size bytes; "-" for none; returns @buf. */
const char *flags_text(uint8_t flags, char *buf, size_t size);

#endif /* ATCP_TOOLS_RECORD_H */
