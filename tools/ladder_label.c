// SPDX-License-Identifier: GPL-2.0-only
/* What is written beside an arrow. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "ladder.h"

struct text {
	char *buf;
	size_t used;
};

static void put(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->buf + t->used, LABEL_TEXT - t->used, fmt, args);
	va_end(args);
	if (n > 0)
		t->used += (size_t)n < LABEL_TEXT - t->used ? (size_t)n : LABEL_TEXT - t->used - 1;
}

static uint32_t relative(const struct row *row, int side, uint32_t seq,
			 const struct label_options *o)
{
	return o->absolute ? seq : seq - row->conv->base[side];
}

/* RFC 7323: the window of a SYN is never scaled, and both ends have to agree. */
static uint32_t window(const struct row *row)
{
	const struct conv *c = row->conv;

	if (row->rec.flags & TF_SYN || c->wscale[0] < 0 || c->wscale[1] < 0 ||
	    c->wscale[row->side] > 14)
		return row->rec.win;
	return (uint32_t)row->rec.win << c->wscale[row->side];
}

static void put_options(struct text *t, const struct row *row, const struct label_options *o)
{
	const struct record *r = &row->rec;
	int i;

	if (r->has_mss)
		put(t, " mss=%u", r->mss);
	if (r->has_wscale)
		put(t, " wscale=%u", r->wscale);
	if (r->sackok)
		put(t, " sackok");
	if (r->has_ts && (o->timestamps || r->flags & TF_SYN)) {
		if (o->timestamps)
			put(t, " ts=%" PRIu32 ":%" PRIu32, r->tsval, r->tsecr);
		else
			put(t, " ts");
	}
	if (r->uto)
		put(t, " uto=%" PRIu32 "s", r->uto);
	for (i = 0; i < r->nsacks; i++)
		put(t, "%s%" PRIu32 "-%" PRIu32, i ? "," : " sack=",
		    relative(row, !row->side, r->sack[i][0], o),
		    relative(row, !row->side, r->sack[i][1], o));
}

const char *ladder_label(const struct row *row, const struct label_options *o, char *buf)
{
	const struct record *r = &row->rec;
	struct text t = { buf, 0 };
	char flags[40];

	put(&t, "%s seq=%" PRIu32, flags_text(r->flags, flags, sizeof(flags)),
	    relative(row, row->side, r->seq, o));
	if (r->len)
		put(&t, " len=%" PRIu32, r->len);
	if (r->flags & TF_ACK)
		put(&t, " ack=%" PRIu32, relative(row, !row->side, r->ack, o));
	if (!(r->flags & TF_RST))
		put(&t, " win=%" PRIu32, window(row));
	if (r->flags & TF_URG)
		put(&t, " urg=%u", r->urg);
	put_options(&t, row, o);
	return buf;
}
