/* SPDX-License-Identifier: GPL-2.0-only */
/* A TCP segment off the wire and on to it: RFC 9293 section 3.1, RFC 7323, RFC 2018. */
#ifndef _ATCP_CORE_SEGMENT_H
#define _ATCP_CORE_SEGMENT_H

#include <atcp/env.h>

#define ATCP_FIN	0x01
#define ATCP_SYN	0x02
#define ATCP_RST	0x04
#define ATCP_PSH	0x08
#define ATCP_ACK	0x10
#define ATCP_URG	0x20
#define ATCP_ECE	0x40
#define ATCP_CWR	0x80

#define ATCP_HDR_MIN	20	/* bytes, without options */
#define ATCP_HDR_MAX	60	/* the data offset has four bits */
#define ATCP_TS_LEN	12	/* timestamps with their two NOPs */
#define ATCP_MAX_SACKS	4
#define ATCP_MAX_WSCALE	14	/* RFC 7323 section 2.3 */

/* atcp_opts.has */
#define ATCP_OPT_MSS	0x01
#define ATCP_OPT_WSCALE	0x02
#define ATCP_OPT_SACK_OK 0x04
#define ATCP_OPT_TS	0x08
#define ATCP_OPT_UTO	0x10
#define ATCP_OPT_ACKDELAY 0x20	/* atcp's own */

struct atcp_sack {
	u32 start;	/* first sequence number held */
	u32 end;	/* the number after the last one held */
};

/**
 * struct atcp_opts - the options of a segment, received or to be sent
 * @has: ATCP_OPT_*; SACK blocks are counted in @nsacks
 * @wscale: shift, as on the wire: may be above ATCP_MAX_WSCALE when received
 * @nsacks: valid entries of @sacks
 * @mss: bytes
 * @uto: RFC 5482's granularity bit and user timeout, the latter not 0
 * @ack_us: ACKs are kept for no longer than this, us; not 0
 * @tsval: TSval
 * @tsecr: TSecr
 * @sacks: in wire order, not checked against any window
 */
struct atcp_opts {
	u8 has;
	u8 wscale;
	u8 nsacks;
	u16 mss;
	u16 uto;
	u16 ack_us;
	u32 tsval;
	u32 tsecr;
	struct atcp_sack sacks[ATCP_MAX_SACKS];
};

/**
 * struct atcp_seg - one segment; in host byte order
 * @seq: SEG.SEQ
 * @ack: SEG.ACK, meaningful with ATCP_ACK
 * @len: payload bytes, SYN and FIN not counted
 * @wnd: the window field as on the wire, not scaled
 * @urg: the urgent pointer as on the wire
 * @flags: ATCP_FIN .. ATCP_CWR
 * @hdr_len: bytes of header with options
 * @ce: received: the IP header said Congestion Experienced
 * @ect: to be sent: the IP header says ECT(0)
 * @opt: the options
 */
struct atcp_seg {
	u32 seq;
	u32 ack;
	u32 len;
	u16 wnd;
	u16 urg;
	u8 flags;
	u8 hdr_len;
	bool ce;
	bool ect;
	struct atcp_opts opt;
};

/* The sequence numbers a segment takes: SEG.LEN of the RFC. */
static inline u32 atcp_seg_span(const struct atcp_seg *s)
{
	return s->len + !!(s->flags & ATCP_SYN) + !!(s->flags & ATCP_FIN);
}

/* RFC 7323 section 5.2: a RST that answers a segment with timestamps echoes them, and has none. */
static inline void atcp_seg_echo(struct atcp_seg *rst, const struct atcp_seg *s)
{
	rst->opt.has = s->opt.has & ATCP_OPT_TS;
	if (!rst->opt.has)
		return;
	rst->opt.tsval = 0;
	rst->opt.tsecr = s->opt.tsval;
}

/**
 * atcp_seg_parse() - read a TCP header and its options
 * @s: filled in
 * @hdr: the header; @avail bytes may be read
 * @avail: contiguous bytes at @hdr
 * @total: bytes of the segment, header and payload
 *
 * An unknown option is passed over (MUST-6); an illegal option length ends the
 * options there, keeping what was read (MUST-7). Of an option that comes twice
 * the last one counts. SYN-only options are reported wherever they are found:
 * the caller knows where they mean something.
 *
 * Return: 0; -EINVAL when the data offset is below 5 words or beyond @total or @avail.
 */
int atcp_seg_parse(struct atcp_seg *s, const void *hdr, u32 avail, u32 total);

/**
 * atcp_seg_hdr_len() - bytes of header that atcp_seg_build() will write
 * @s: flags and options
 */
u32 atcp_seg_hdr_len(const struct atcp_seg *s);

/**
 * atcp_seg_build() - write the header of a segment
 * @s: what to write; SACK blocks that do not fit beside the other options are left out
 * @sport: source port, network byte order
 * @dport: destination port, network byte order
 * @buf: room for atcp_seg_hdr_len() bytes; the checksum field is left 0
 *
 * Return: bytes written, a multiple of 4, options padded with NOPs and zeroes (MUST-69).
 */
u32 atcp_seg_build(const struct atcp_seg *s, __be16 sport, __be16 dport, void *buf);

#endif /* _ATCP_CORE_SEGMENT_H */
