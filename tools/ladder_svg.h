/* SPDX-License-Identifier: GPL-2.0-only */
/* The ladder as a drawing. */
#ifndef ATCP_TOOLS_LADDER_SVG_H
#define ATCP_TOOLS_LADDER_SVG_H

#include <stdio.h>

#include "ladder.h"

struct svg_options {
	struct label_options label;
	const char *title;	/* NULL: none */
	unsigned int limit;	/* arrows drawn of one connection at most; 0 all */
};

struct row_list {
	struct row *v;
	size_t n, cap;
};

/* Keep a copy of a row. Returns 0, or -1 without memory. */
int row_list_add(struct row_list *list, const struct row *row);

/**
 * ladder_svg() - write the drawing
 * @to: open for writing; errors are left in its error indicator
 * @rows: all rows; the conversations that they point to are still there
 * @o: options
 *
 * Return: 0, or -1 without memory.
 */
int ladder_svg(FILE *to, const struct row_list *rows, const struct svg_options *o);

#endif /* ATCP_TOOLS_LADDER_SVG_H */
