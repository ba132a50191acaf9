// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loss episodes that were none: the segment or its ACK was late. Three proofs: timestamps (Eifel,
 * RFC 3522), duplicates that the peer reports (RFC 3708), and after a timeout an ACK of what was
 * sent once (F-RTO, RFC 5682). What follows is RFC 4015.
 */
#include "undo.h"
#include "api.h"
#include "port.h"
#include "seq.h"

#define RETRANS_MAX	127	/* what undo_retrans can hold: too many to be counted */

void atcp_undo_start(struct atcp_conn *c, u64 now)
{
	struct atcp_recovery *r = &c->rec;

	c->undo = 1;
	c->undo_retrans = 0;
	r->undo_una = c->snd_una;
	r->undo_tsval = atcp_tsval(c->ts_off, now);
	c->undo_tick = c->ts_ok && atcp_tsval(c->ts_off, c->last_snd) != r->undo_tsval;
	r->undo_ssthresh = max(c->ssthresh, c->snd_nxt - c->snd_una);
}

void atcp_undo_sent(struct atcp_conn *c, u32 segs)
{
	if (c->undo)
		c->undo_retrans = min_t(u32, c->undo_retrans + segs, RETRANS_MAX);
}

bool atcp_undo_dsack(struct atcp_conn *c, u32 start, u32 end)
{
	u32 segs = (end - start + c->mss - 1) / c->mss;

	if (!c->undo || !c->undo_retrans || c->undo_retrans == RETRANS_MAX)
		return false;
	/* RFC 3708 section 2: of what was sent again in this episode */
	if (atcp_before(start, c->rec.undo_una) || atcp_after(end, c->recover))
		return false;
	c->undo_retrans -= min_t(u32, segs, c->undo_retrans);
	return !c->undo_retrans;
}

/* RFC 3522 section 3.2: the ACK was caused by something sent before the first retransmission. */
static bool by_timestamp(const struct atcp_conn *c, const struct atcp_news *n)
{
	return c->ca_state >= ATCP_CA_RECOVERY && n->acked && c->ts_ok &&
	       n->s->opt.has & ATCP_OPT_TS && n->s->opt.tsecr &&
	       atcp_before(n->s->opt.tsecr, c->rec.undo_tsval);
}

bool atcp_undo_answered(const struct atcp_conn *c, const struct atcp_news *n)
{
	return c->undo && c->undo_tick && n->s->opt.has & ATCP_OPT_TS &&
	       !atcp_before(n->s->opt.tsecr, c->rec.undo_tsval);
}

/* RFC 4015 section 3.2; the window grows back by slow start, without a burst. */
static void respond(struct atcp_conn *c, const struct atcp_news *n)
{
	u32 initial = c->cfg->init_cwnd * c->mss;
	u32 cwnd = c->snd_nxt - c->snd_una + min(n->acked + n->sacked, initial);
	u32 most = c->cc->undo ? c->cc->undo(c) : U32_MAX;

	c->undo = 0;
	c->frto = 0;
	c->rtt.backoff = 0;
	if (!most)
		return;
	c->ssthresh = max(c->ssthresh, c->rec.undo_ssthresh);
	/* at least what a connection may begin with, RFC 5681 section 4.1 */
	cwnd = max(cwnd, min(initial, c->ssthresh));
	c->cwnd = max(c->cwnd, min(cwnd, most));
}

bool atcp_undo_ack(struct atcp_conn *c, const struct atcp_news *n)
{
	bool loss = c->ca_state == ATCP_CA_LOSS;

	if (!c->undo)
		return false;
	if (n->needless)
		atcp_port_count(c, ATCP_C_TCPDSACKUndo);
	else if (loss && c->frto && n->original)
		atcp_port_count(c, ATCP_C_TCPSpuriousRTOs);
	else if (by_timestamp(c, n))
		atcp_port_count(c, loss ? ATCP_C_TCPLossUndo :
				   atcp_before(c->snd_una, c->recover) ? ATCP_C_TCPPartialUndo :
									 ATCP_C_TCPFullUndo);
	else
		return false;
	respond(c, n);
	return true;
}
