// SPDX-License-Identifier: GPL-2.0-only
/* atcp trace: options, and what becomes of the rows of the ladder. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "follow.h"
#include "ladder_svg.h"
#include "ladder_text.h"

#define CMD "trace"
#define DEFAULT_LIMIT	120

enum {
	OPT_ADDR = 256, OPT_ALL, OPT_ASCII, OPT_DURATION, OPT_LIMIT, OPT_NETNS, OPT_RAW,
	OPT_READ, OPT_SVG, OPT_TITLE, OPT_UNTIL_CLOSED, OPT_WRITE
};

static const struct option options[] = {
	{ "absolute", no_argument, NULL, 'A' },
	{ "addr", required_argument, NULL, OPT_ADDR },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "ascii", no_argument, NULL, OPT_ASCII },
	{ "count", required_argument, NULL, 'c' },
	{ "duration", required_argument, NULL, OPT_DURATION },
	{ "help", no_argument, NULL, 'h' },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "netns", required_argument, NULL, OPT_NETNS },
	{ "port", required_argument, NULL, 'p' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "raw", no_argument, NULL, OPT_RAW },
	{ "read", required_argument, NULL, OPT_READ },
	{ "svg", required_argument, NULL, OPT_SVG },
	{ "timestamps", no_argument, NULL, 'T' },
	{ "title", required_argument, NULL, OPT_TITLE },
	{ "until-closed", no_argument, NULL, OPT_UNTIL_CLOSED },
	{ "write", required_argument, NULL, OPT_WRITE },
	{ }
};

struct trace {
	struct follow follow;
	struct text_options text;
	struct svg_options svg;
	struct endpoint addr;
	struct row_list rows;
	const char *svg_path, *write_path;
	bool quiet, raw, no_memory;
};

static void usage(void)
{
	puts("Usage: atcp trace [OPTION]...\n"
	     "Follow every segment and state change of all network namespaces and draw the ladder.\n\n"
	     "What is drawn:\n"
	     "  -p, --port=N         connections with this port at either end\n"
	     "      --addr=ADDRESS   connections with this address at either end\n"
	     "      --netns=INODE    what was recorded in this network namespace\n"
	     "      --all            start with the oldest record that the kernel still has\n"
	     "      --read=FILE      a saved trace ('-': standard input), not the kernel's\n\n"
	     "When it ends (or by SIGINT):\n"
	     "  -c, --count=N        after N records\n"
	     "      --duration=SEC   after SEC seconds\n"
	     "      --until-closed   when every connection that was seen is closed\n\n"
	     "What it writes:\n"
	     "      --svg=FILE       the ladder as a drawing\n"
	     "      --title=TEXT     above the drawing\n"
	     "      --limit=N        at most N arrows of a connection in it (120; 0: all)\n"
	     "      --write=FILE     the records, for --read\n"
	     "      --raw            the records, on standard output, and no ladder\n"
	     "  -q, --quiet          nothing on standard output\n"
	     "  -A, --absolute       sequence numbers as on the wire\n"
	     "  -T, --timestamps     the timestamps option of every segment\n"
	     "      --ascii          nothing but ASCII\n"
	     "  -h, --help           this text\n\n"
	     "Exit status: 0 done, 1 failed, 2 used wrongly.");
}

static int parse_addr(struct endpoint *e, const char *text)
{
	e->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(e->family, text, e->addr) == 1 ? 0 : -1;
}

static int take_number(const char *name, const char *text, unsigned long long min,
		       unsigned long long max, unsigned long long *value)
{
	if (!parse_number(text, min, max, value))
		return ST_OK;
	return usage_error(CMD, "--%s: '%s' is no number from %llu to %llu", name, text, min, max);
}

static int take_number_option(struct trace *t, int opt, const char *arg)
{
	unsigned long long n;
	int status;

	switch (opt) {
	case 'p':
		return take_number("port", arg, 1, 65535, &t->follow.port);
	case 'c':
		return take_number("count", arg, 1, UINT64_MAX, &t->follow.count);
	case OPT_DURATION:
		return take_number("duration", arg, 1, 1000000000, &t->follow.duration);
	case OPT_NETNS:
		return take_number("netns", arg, 1, UINT32_MAX, &t->follow.netns);
	case OPT_LIMIT:
		status = take_number("limit", arg, 0, UINT32_MAX, &n);
		if (!status)
			t->svg.limit = n;
		return status;
	}
	return usage_hint(CMD);
}

static int take_option(struct trace *t, int opt, const char *arg)
{
	switch (opt) {
	case 'A':
		t->text.label.absolute = true;
		return ST_OK;
	case 'T':
		t->text.label.timestamps = true;
		return ST_OK;
	case 'q':
		t->quiet = true;
		return ST_OK;
	case OPT_ADDR:
		if (parse_addr(&t->addr, arg))
			return usage_error(CMD, "--addr: '%s' is no address", arg);
		t->follow.addr = &t->addr;
		return ST_OK;
	case OPT_ALL:
		t->follow.oldest = true;
		return ST_OK;
	case OPT_ASCII:
		t->text.ascii = true;
		return ST_OK;
	case OPT_RAW:
		t->raw = true;
		return ST_OK;
	case OPT_READ:
		t->follow.path = arg;
		return ST_OK;
	case OPT_SVG:
		t->svg_path = arg;
		return ST_OK;
	case OPT_TITLE:
		t->svg.title = arg;
		return ST_OK;
	case OPT_UNTIL_CLOSED:
		t->follow.until_closed = true;
		return ST_OK;
	case OPT_WRITE:
		t->write_path = arg;
		return ST_OK;
	}
	return take_number_option(t, opt, arg);
}

static void take_row(const struct row *row, void *arg)
{
	struct trace *t = arg;

	if (!t->quiet && !t->raw)
		ladder_text_row(row, &t->text);
	if (t->svg_path && row_list_add(&t->rows, row))
		t->no_memory = true;
}

static int close_file(FILE *f, const char *path)
{
	bool failed = ferror(f);

	if (fclose(f) || failed)
		return fail(CMD, "%s: %s", path, strerror(errno ? errno : EIO));
	return ST_OK;
}

static int write_svg(struct trace *t)
{
	FILE *f = fopen(t->svg_path, "we");
	int err;

	if (!f)
		return fail(CMD, "%s: %s", t->svg_path, strerror(errno));
	t->svg.label = t->text.label;
	err = t->no_memory ? -1 : ladder_svg(f, &t->rows, &t->svg);
	if (close_file(f, t->svg_path))
		return ST_FAIL;
	return err ? fail(CMD, "out of memory") : ST_OK;
}

static int run(struct trace *t)
{
	struct ladder ladder;
	int status;

	if (t->write_path) {
		t->follow.save = fopen(t->write_path, "we");
		if (!t->follow.save)
			return fail(CMD, "%s: %s", t->write_path, strerror(errno));
	}
	ladder_text_setup(&t->text);
	ladder_init(&ladder, take_row, t);
	t->follow.ladder = &ladder;
	t->follow.raw = t->raw && !t->quiet ? stdout : NULL;
	status = follow(&t->follow);
	if (t->follow.save && close_file(t->follow.save, t->write_path))
		status = ST_FAIL;
	if (!status && t->svg_path)
		status = write_svg(t);
	ladder_free(&ladder);
	free(t->rows.v);
	return status;
}

int cmd_trace(int argc, char **argv)
{
	struct trace t = { .svg.limit = DEFAULT_LIMIT };
	int opt, status;

	while ((opt = getopt_long(argc, argv, "Ac:hp:qT", options, NULL)) != -1) {
		if (opt == 'h') {
			usage();
			return finish(CMD, ST_OK);
		}
		status = take_option(&t, opt, optarg);
		if (status)
			return status;
	}
	if (optind < argc)
		return usage_error(CMD, "what is '%s'?", argv[optind]);
	return finish(CMD, run(&t));
}
