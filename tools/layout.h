/* SPDX-License-Identifier: GPL-2.0-only */
/* Where things of a drawing go: time runs downwards, in order but not to scale. */
#ifndef ATCP_TOOLS_LAYOUT_H
#define ATCP_TOOLS_LAYOUT_H

#include "ladder_svg.h"

enum mark_kind {
	MARK_SEND,
	MARK_RECEIVE,
	MARK_CHANGE,
	MARK_BREAK	/* nothing happened for long, or arrows were left out */
};

/**
 * struct mark - something that happened at one end at one time
 * @row: what it is of; NULL for a break
 * @ns: time
 * @order: among marks of the same time
 * @y: where it is drawn, pixels
 * @skipped, @lost: arrows left out at a break
 * @gap: ns of silence at a break
 */
struct mark {
	enum mark_kind kind;
	const struct row *row;
	int side;
	uint64_t ns;
	size_t order;
	double y;
	unsigned int skipped, lost;
	uint64_t gap;
};

struct layout {
	struct mark *v;
	size_t n, cap;
	double top, bottom;
	unsigned int arrows, lost, skipped;
	uint64_t bytes;		/* payload sent */
};

#define MARK_TIME_STEP	15	/* pixels between two times of one side */
#define MARK_SLANT	13	/* least fall of an arrow */

/* Marks of one conversation with their places, from @top on. Returns 0, or -1 without memory. */
int layout_make(struct layout *l, const struct row_list *rows, const struct conv *c,
		unsigned int limit, double top);

/* The mark of the other end of an arrow; NULL if that end did not see it. */
const struct mark *layout_other_end(const struct layout *l, const struct mark *m);

void layout_free(struct layout *l);

#endif /* ATCP_TOOLS_LAYOUT_H */
