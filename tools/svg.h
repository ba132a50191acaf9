/* SPDX-License-Identifier: GPL-2.0-only */
/* The elements of SVG that the ladder is made of. Lengths are pixels. */
#ifndef ATCP_TOOLS_SVG_H
#define ATCP_TOOLS_SVG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum svg_anchor {
	SVG_START,
	SVG_MIDDLE,
	SVG_END
};

/* The kinds of arrows; each has its colour and its head. */
enum svg_arrow {
	SVG_SYN, SVG_FIN, SVG_RST, SVG_DATA, SVG_ACK, SVG_AGAIN, SVG_LOST, SVG_NARROWS
};

const char *svg_arrow_color(enum svg_arrow kind);

/* Everything before the first element, white background included; and after the last. */
void svg_begin(FILE *to, double width, double height);
void svg_end(FILE *to);

/* Filled, with rounded corners of radius @r; @hint shows under the mouse, NULL for none. */
void svg_rect(FILE *to, double x, double y, double width, double height, double r,
	      const char *fill, const char *hint);

void svg_line(FILE *to, double x1, double y1, double x2, double y2, const char *color,
	      double width, const char *dashes);

/* With its head at the second point; a lost one is dashed and ends in a cross. */
void svg_arrow(FILE *to, double x1, double y1, double x2, double y2, enum svg_arrow kind);

/* Text up to svg_text_end(); @class is one of the style sheet's in svg.c. */
void svg_text_begin(FILE *to, const char *class, double x, double y, enum svg_anchor anchor);

/* The same, turned by @angle degrees about (@x, @y), @dx along and @dy across from there. */
void svg_text_turned(FILE *to, const char *class, double x, double y, double angle, double dx,
		     double dy, enum svg_anchor anchor);

/* Text in bold and in @color, within a text. */
void svg_strong(FILE *to, const char *color, const char *text, size_t max);

/* At most @max characters, escaped; what is not printable ASCII is shown as '?'. */
void svg_put(FILE *to, const char *text, size_t max);
void svg_text_end(FILE *to);

/* "12.345 ms" or "1.234567 s". */
void svg_duration(FILE *to, uint64_t ns);

#endif /* ATCP_TOOLS_SVG_H */
