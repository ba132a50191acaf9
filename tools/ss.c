// SPDX-License-Identifier: GPL-2.0-only
/* atcp ss: options, and the way from the question to the list. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "ss.h"
#include "ss_output.h"

#define EXT(attr)	(1U << ((attr) - 1))
#define STATE(s)	(1U << (s))

static const struct option options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "extended", no_argument, NULL, 'e' },
	{ "family-number", required_argument, NULL, 'F' },
	{ "help", no_argument, NULL, 'h' },
	{ "info", no_argument, NULL, 'i' },
	{ "ipv4", no_argument, NULL, '4' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "json", no_argument, NULL, 'j' },
	{ "listening", no_argument, NULL, 'l' },
	{ "memory", no_argument, NULL, 'm' },
	{ "no-header", no_argument, NULL, 'H' },
	{ "numeric", no_argument, NULL, 'n' },
	{ "options", no_argument, NULL, 'o' },
	{ "processes", no_argument, NULL, 'p' },
	{ "tcp", no_argument, NULL, 't' },
	{ }
};

static void usage(void)
{
	puts("Usage: atcp ss [OPTION]... [FILTER]\n"
	     "List the sockets of the AF_ATCP family in this network namespace.\n\n"
	     "  -a, --all              listening and connected sockets\n"
	     "  -l, --listening        listening sockets\n"
	     "  -n, --numeric          port numbers, not names of services\n"
	     "  -t, --tcp              accepted for ss(8)'s sake: all of them are\n"
	     "  -4, --ipv4             IPv4 only\n"
	     "  -6, --ipv6             IPv6 only\n"
	     "  -e, --extended         user, inode and cookie\n"
	     "  -i, --info             what TCP knows of the connection\n"
	     "  -m, --memory           memory of the socket\n"
	     "  -o, --options          timers\n"
	     "  -p, --processes        the processes that hold the socket\n"
	     "  -H, --no-header        no line of titles\n"
	     "  -j, --json             JSON, with all that the options ask for\n"
	     "      --family-number=N  number of the family (default: the loaded module's)\n"
	     "  -h, --help             this text\n\n"
	     "FILTER: any of 'state NAME', 'exclude NAME', 'sport = :N', 'dport = :N'; all must hold.\n"
	     "States: established syn-sent syn-recv fin-wait-1 fin-wait-2 time-wait closed\n"
	     "close-wait last-ack listening closing all connected synchronized bucket big.\n"
	     "Exit status: 0 done, 1 failed, 2 used wrongly.");
}

static int collect(const struct ss_socket *s, void *arg)
{
	struct ss_list *list = arg;

	if (list->n == list->cap) {
		unsigned int cap = list->cap ? list->cap * 2 : 64;
		void *v = reallocarray(list->v, cap, sizeof(*list->v));

		if (!v)
			return -1;
		list->v = v;
		list->cap = cap;
	}
	list->v[list->n++] = *s;
	return 0;
}

static uint8_t wanted_attrs(const struct ss_options *o)
{
	uint8_t ext = 0;

	if (o->memory)
		ext |= EXT(INET_DIAG_SKMEMINFO);
	if (o->info)
		ext |= EXT(INET_DIAG_INFO) | EXT(INET_DIAG_CONG);
	if (o->extended)
		ext |= EXT(INET_DIAG_TOS);
	return ext;
}

static int list_sockets(int family, const struct ss_filter *filter, const struct ss_options *o)
{
	struct ss_holders holders = { };
	struct ss_list list = { };
	int status = ss_dump(family, filter, wanted_attrs(o), collect, &list);

	if (!status && o->processes && ss_holders_read(&holders))
		status = fail(SS_CMD, "out of memory");
	if (!status && !o->json)
		ss_print_text(&list, o, &holders);
	else if (!status && ss_print_json(&list, o, &holders))
		status = fail(SS_CMD, "JSON could not be written");
	ss_holders_free(&holders);
	free(list.v);
	return status;
}

/* Returns 0 when @opt was a plain switch. */
static int take_switch(int opt, struct ss_options *o, struct ss_filter *f)
{
	switch (opt) {
	case 'e':
		o->extended = true;
		return 0;
	case 'i':
		o->info = true;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	case 'm':
		o->memory = true;
		return 0;
	case 'H':
		o->no_header = true;
		return 0;
	case 'n':
		o->numeric = true;
		return 0;
	case 'o':
		o->timer = true;
		return 0;
	case 'p':
		o->processes = true;
		return 0;
	case 't':
		return 0;
	case '4':
		f->v4 = true;
		return 0;
	case '6':
		f->v6 = true;
		return 0;
	}
	return -1;
}

int cmd_ss(int argc, char **argv)
{
	const uint32_t listening = STATE(SS_LISTEN);
	const uint32_t all = STATE(SS_CLOSING + 1) - 2;
	struct ss_filter filter = {
		.states = all & ~(STATE(SS_LISTEN) | STATE(SS_CLOSE) | STATE(SS_TIME_WAIT) |
				  STATE(SS_SYN_RECV)),
	};
	struct ss_options o = { };
	int family = atcp_family();
	unsigned long long number;
	int opt, status;

	while ((opt = getopt_long(argc, argv, "aehij46lmHnopt", options, NULL)) != -1) {
		if (opt == 'a') {
			filter.states = all;
		} else if (opt == 'l') {
			filter.states = listening;
		} else if (opt == 'h') {
			usage();
			return finish(SS_CMD, ST_OK);
		} else if (opt == 'F') {
			if (parse_number(optarg, 1, 255, &number))
				return usage_error(SS_CMD, "'%s' is no family number", optarg);
			family = number;
		} else if (take_switch(opt, &o, &filter)) {
			return usage_hint(SS_CMD);
		}
	}
	status = ss_filter_parse(&filter, argc - optind, argv + optind);
	if (status)
		return status;
	return finish(SS_CMD, list_sockets(family, &filter, &o));
}
