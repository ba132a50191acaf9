// SPDX-License-Identifier: GPL-2.0-only
/* Writing of SVG. */
#include "svg.h"

static const char * const style[] = {
	"text{font-family:'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace}",
	"text{font-size:11px;fill:#263238}",
	".sans{font-family:'DejaVu Sans','Liberation Sans',Helvetica,Arial,sans-serif}",
	".title{font-size:17px;font-weight:bold}",
	".note{fill:#607d8b}",
	".end{font-size:13px;font-weight:bold;fill:#fff}",
	".role{font-size:10.5px;fill:#cfd8dc}",
	".time{font-size:10.5px;fill:#78909c}",
	".state{font-weight:bold;fill:#fff}",
	".label{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}",
};

static const struct {
	const char *name, *color;
} arrows[SVG_NARROWS] = {
	[SVG_SYN] = { "syn", "#2e7d32" },
	[SVG_FIN] = { "fin", "#6a1b9a" },
	[SVG_RST] = { "rst", "#b71c1c" },
	[SVG_DATA] = { "data", "#1565c0" },
	[SVG_ACK] = { "ack", "#78909c" },
	[SVG_AGAIN] = { "again", "#e65100" },
	[SVG_LOST] = { "lost", "#c62828" },
};

const char *svg_arrow_color(enum svg_arrow kind)
{
	return arrows[kind].color;
}

static void put_marker(FILE *to, const char *name, const char *color)
{
	fprintf(to, "<marker id=\"%s\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\"", name);
	fputs(" markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\"", to);
	fputs(" orient=\"auto\">", to);
	fprintf(to, "<path d=\"M0 1L10 5L0 9z\" fill=\"%s\"/></marker>\n", color);
}

void svg_begin(FILE *to, double width, double height)
{
	size_t i;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", to);
	fprintf(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\"",
		width, height);
	fprintf(to, " viewBox=\"0 0 %.0f %.0f\">\n<style>\n", width, height);
	for (i = 0; i < sizeof(style) / sizeof(style[0]); i++)
		fprintf(to, "%s\n", style[i]);
	fputs("</style>\n<defs>\n", to);
	for (i = 0; i < SVG_NARROWS; i++)
		put_marker(to, arrows[i].name, arrows[i].color);
	fputs("</defs>\n", to);
	fprintf(to, "<rect width=\"%.0f\" height=\"%.0f\" rx=\"10\"", width, height);
	fputs(" fill=\"#fff\" stroke=\"#cfd8dc\"/>\n", to);
}

void svg_end(FILE *to)
{
	fputs("</svg>\n", to);
}

void svg_rect(FILE *to, double x, double y, double width, double height, double r,
	      const char *fill, const char *hint)
{
	fprintf(to, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%.1f\"", x, y,
		width, height, r);
	fprintf(to, " fill=\"%s\"", fill);
	if (!hint) {
		fputs("/>\n", to);
		return;
	}
	fputs("><title>", to);
	svg_put(to, hint, 200);
	fputs("</title></rect>\n", to);
}

void svg_line(FILE *to, double x1, double y1, double x2, double y2, const char *color,
	      double width, const char *dashes)
{
	fprintf(to, "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\" stroke-width=\"%.1f\"", x1, y1,
		x2, y2, color, width);
	if (dashes)
		fprintf(to, " stroke-dasharray=\"%s\"", dashes);
	fputs("/>\n", to);
}

void svg_arrow(FILE *to, double x1, double y1, double x2, double y2, enum svg_arrow kind)
{
	const char *color = arrows[kind].color;

	if (kind == SVG_LOST) {
		svg_line(to, x1, y1, x2, y2, color, 1.5, "6 4");
		svg_line(to, x2 - 5, y2 - 5, x2 + 5, y2 + 5, color, 2.5, NULL);
		svg_line(to, x2 - 5, y2 + 5, x2 + 5, y2 - 5, color, 2.5, NULL);
		return;
	}
	fprintf(to, "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\" stroke-width=\"1.5\"", x1, y1,
		x2, y2, color);
	fprintf(to, " marker-end=\"url(#%s)\"/>\n", arrows[kind].name);
}

static const char *anchor_name(enum svg_anchor anchor)
{
	switch (anchor) {
	case SVG_MIDDLE:
		return "middle";
	case SVG_END:
		return "end";
	default:
		return "start";
	}
}

void svg_text_begin(FILE *to, const char *class, double x, double y, enum svg_anchor anchor)
{
	fprintf(to, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", class, x, y,
		anchor_name(anchor));
}

void svg_text_turned(FILE *to, const char *class, double x, double y, double angle, double dx,
		     double dy, enum svg_anchor anchor)
{
	fprintf(to, "<text class=\"%s\" transform=\"translate(%.1f %.1f) rotate(%.2f)\"", class, x,
		y, angle);
	fprintf(to, " x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", dx, dy, anchor_name(anchor));
}

void svg_strong(FILE *to, const char *color, const char *text, size_t max)
{
	fprintf(to, "<tspan font-weight=\"bold\" fill=\"%s\">", color);
	svg_put(to, text, max);
	fputs("</tspan>", to);
}

void svg_put(FILE *to, const char *text, size_t max)
{
	for (; *text && max; text++, max--) {
		if (*text == '<')
			fputs("&lt;", to);
		else if (*text == '>')
			fputs("&gt;", to);
		else if (*text == '&')
			fputs("&amp;", to);
		else
			fputc(*text < ' ' || *text > '~' ? '?' : *text, to);
	}
}

void svg_text_end(FILE *to)
{
	fputs("</text>\n", to);
}

void svg_duration(FILE *to, uint64_t ns)
{
	if (ns < 1000000000)
		fprintf(to, "%.3f ms", ns / 1e6);
	else
		fprintf(to, "%.6f s", ns / 1e9);
}
