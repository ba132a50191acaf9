/* SPDX-License-Identifier: GPL-2.0-only */
/* The ladder on a terminal, row by row. */
#ifndef ATCP_TOOLS_LADDER_TEXT_H
#define ATCP_TOOLS_LADDER_TEXT_H

#include "ladder.h"

struct text_options {
	struct label_options label;
	bool ascii, color;
	int width;		/* columns */
	unsigned int shown;	/* number of the last conversation that a row was printed of */
};

/* ASCII or not, colours and width, from the locale and the terminal. */
void ladder_text_setup(struct text_options *o);

void ladder_text_row(const struct row *row, struct text_options *o);

#endif /* ATCP_TOOLS_LADDER_TEXT_H */
