// SPDX-License-Identifier: GPL-2.0-only
/* SYN cookies. */

#include "api.h"
#include "cookie.h"
#include "ecn.h"
#include "seq.h"

/* Our initial sequence number: which MSS, which period, and the hash in the rest of it */
#define MSS_BITS	3
#define COUNT_SHIFT	MSS_BITS
#define COUNT_MASK	3U
#define MAC_MASK	(~0U << 5)

/* The lowest bits of our timestamp; AGREED_TS beside them says that there is one */
#define TS_WSCALE	0x0fU	/* the peer's shift */
#define TS_NO_WSCALE	TS_WSCALE
#define TS_SACK		0x10U
#define TS_ECN		0x20U
#define TS_MASK		0x3fU
#define AGREED_TS	0x40U

/*
 * The greatest that the peer's MSS allows is used: of 1500 bytes, with one header or another taken
 * off, the defaults of MUST-15, a jumbo frame, and for the odd rest little.
 */
static const u16 sizes[1 << MSS_BITS] = { 64, 536, 1220, 1360, 1400, 1440, 1460, 8940 };

static u32 size_index(u32 mss)
{
	u32 i = ARRAY_SIZE(sizes) - 1;

	while (i && sizes[i] > mss)
		i--;
	return i;
}

/* What both sides have agreed to: TS_* and AGREED_TS */
static u32 agreed(const struct atcp_req *req)
{
	u32 bits = req->has & ATCP_OPT_WSCALE ? req->wscale : TS_NO_WSCALE;

	if (!(req->has & ATCP_OPT_TS))
		return 0;
	if (req->has & ATCP_OPT_SACK_OK)
		bits |= TS_SACK;
	if (req->ecn)
		bits |= TS_ECN;
	return bits | AGREED_TS;
}

/* Under the hash is what the listener says too: between SYN and ACK its settings may change. */
static u32 number(const struct atcp_cookie *k, const struct atcp_listen *l, u32 irs, u32 bits,
		  u32 index, u32 count)
{
	u32 shift = atcp_wscale_for(max(l->rcv_buf, l->rcv_buf_max));
	u32 wnd = min_t(u32, l->rcv_buf, U16_MAX);
	u32 word = wnd << 16 | shift << 12 | bits << MSS_BITS | index;

	return (k->mac(k->ends, irs, count, word) & MAC_MASK) |
	       (count & COUNT_MASK) << COUNT_SHIFT | index;
}

static u32 count_at(u64 now)
{
	return now / ATCP_COOKIE_PERIOD;
}

void atcp_cookie_make(const struct atcp_cookie *k, const struct atcp_listen *l,
		      struct atcp_req *req, u64 now, struct atcp_seg *out)
{
	u32 bits = agreed(req), ts;

	if (!bits) {
		out->flags &= ~ATCP_ECE;
		out->opt.has = ATCP_OPT_MSS;
	}
	/* what nobody will remember is not promised */
	out->opt.has &= ~ATCP_OPT_ACKDELAY;
	out->seq = number(k, l, req->irs, bits, size_index(req->mss), count_at(now));
	/* RFC 7323 section 5.4: never ahead of the clock, or what follows would look old */
	ts = (out->opt.tsval & ~TS_MASK) | (bits & TS_MASK);
	out->opt.tsval = atcp_after(ts, out->opt.tsval) ? ts - (TS_MASK + 1) : ts;
}

/* The SYN again, as far as it is known. */
static void rebuild_syn(const struct atcp_seg *s, u32 bits, u32 index, struct atcp_seg *syn)
{
	*syn = (struct atcp_seg){
		.flags = ATCP_SYN, .seq = s->seq - 1, .wnd = s->wnd,
		.opt = { .has = ATCP_OPT_MSS, .mss = sizes[index] },
	};
	if (!bits)
		return;
	syn->opt.has |= ATCP_OPT_TS;
	syn->opt.tsval = s->opt.tsval;
	if ((bits & TS_WSCALE) != TS_NO_WSCALE) {
		syn->opt.has |= ATCP_OPT_WSCALE;
		syn->opt.wscale = bits & TS_WSCALE;
	}
	if (bits & TS_SACK)
		syn->opt.has |= ATCP_OPT_SACK_OK;
	if (bits & TS_ECN)
		syn->flags |= ATCP_ECE | ATCP_CWR;
}

bool atcp_cookie_check(const struct atcp_cookie *k, const struct atcp_listen *l,
		       const struct atcp_cfg *cfg, const struct atcp_seg *s, u32 ts_off, u64 now,
		       struct atcp_req *req)
{
	u32 iss = s->ack - 1, irs = s->seq - 1, index = iss & (ARRAY_SIZE(sizes) - 1);
	u32 count = count_at(now), age = (count - (iss >> COUNT_SHIFT)) & COUNT_MASK;
	u32 bits = s->opt.has & ATCP_OPT_TS ? (s->opt.tsecr & TS_MASK) | AGREED_TS : 0;
	struct atcp_seg syn, synack;

	if (age > 1 || number(k, l, irs, bits, index, count - age) != iss)
		return false;
	rebuild_syn(s, bits, index, &syn);
	if (atcp_listen_input(l, cfg, &syn, iss, ts_off, now, req, &synack) != ATCP_V_NEW)
		return false;
	/* Karn: when the SYN,ACK was sent nobody knows */
	req->sent_ns = U64_MAX;
	/* what the namespace has been told since not to use, the peer would */
	return agreed(req) == bits;
}
