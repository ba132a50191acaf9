// SPDX-License-Identifier: GPL-2.0-only
/* Filters of atcp ss: a conjunction of states and ports, in ss(8)'s words. */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "cmd.h"
#include "ss.h"

#define BIT(n)		(1U << (n))
#define ALL_STATES	(BIT(SS_CLOSING + 1) - 2)
#define CONNECTED	(ALL_STATES & ~(BIT(SS_LISTEN) | BIT(SS_CLOSE)))

static const char * const state_names[] = {
	[SS_ESTABLISHED] = "ESTAB",
	[SS_SYN_SENT]	= "SYN-SENT",
	[SS_SYN_RECV]	= "SYN-RECV",
	[SS_FIN_WAIT1]	= "FIN-WAIT-1",
	[SS_FIN_WAIT2]	= "FIN-WAIT-2",
	[SS_TIME_WAIT]	= "TIME-WAIT",
	[SS_CLOSE]	= "UNCONN",
	[SS_CLOSE_WAIT] = "CLOSE-WAIT",
	[SS_LAST_ACK]	= "LAST-ACK",
	[SS_LISTEN]	= "LISTEN",
	[SS_CLOSING]	= "CLOSING",
};

static const struct {
	const char *name;
	uint32_t states;
} groups[] = {
	{ "established", BIT(SS_ESTABLISHED) },
	{ "closed", BIT(SS_CLOSE) },
	{ "listening", BIT(SS_LISTEN) },
	{ "all", ALL_STATES },
	{ "connected", CONNECTED },
	{ "synchronized", CONNECTED & ~BIT(SS_SYN_SENT) },
	{ "bucket", BIT(SS_SYN_RECV) | BIT(SS_TIME_WAIT) },
	{ "big", CONNECTED & ~(BIT(SS_SYN_RECV) | BIT(SS_TIME_WAIT)) },
};

const char *ss_state_name(unsigned int state)
{
	if (state == 0 || state > SS_CLOSING)
		return "UNKNOWN";
	return state_names[state];
}

static uint32_t parse_states(const char *text)
{
	unsigned int i;

	for (i = SS_ESTABLISHED; i <= SS_CLOSING; i++)
		if (!strcasecmp(text, state_names[i]))
			return BIT(i);
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (!strcasecmp(text, groups[i].name))
			return groups[i].states;
	return 0;
}

/* "= :80", "== :80", "=:80", ":80", "eq :80": returns the words used, 0 if it is no port. */
static int parse_port(uint16_t *port, int argc, char **argv)
{
	unsigned long long n;
	const char *text;
	int used = 0;

	if (argc && (!strcmp(argv[0], "=") || !strcmp(argv[0], "==") || !strcmp(argv[0], "eq")))
		used = 1;
	if (used >= argc)
		return 0;
	text = argv[used];
	text += strspn(text, "=");
	text += *text == ':';
	if (parse_number(text, 1, 65535, &n))
		return 0;
	*port = n;
	return used + 1;
}

/* Returns the words used by the term at argv[0], 0 after a complaint. */
static int parse_term(struct ss_filter *f, uint32_t *states, int argc, char **argv)
{
	bool exclude = !strcmp(argv[0], "exclude");
	uint16_t *port = NULL;
	uint32_t set;
	int used;

	if (!strcmp(argv[0], "and") || !strcmp(argv[0], "&&"))
		return 1;
	if (exclude || !strcmp(argv[0], "state")) {
		set = argc > 1 ? parse_states(argv[1]) : 0;
		if (!set) {
			usage_error(SS_CMD, "'%s' is no state", argc > 1 ? argv[1] : "");
			return 0;
		}
		if (exclude)
			*states = (*states ? *states : f->states) & ~set;
		else
			*states |= set;
		return 2;
	}
	if (!strcmp(argv[0], "sport"))
		port = &f->sport;
	else if (!strcmp(argv[0], "dport"))
		port = &f->dport;
	used = port ? parse_port(port, argc - 1, argv + 1) : 0;
	if (used)
		return used + 1;
	usage_error(SS_CMD, "cannot make out the filter at '%s'", argv[0]);
	return 0;
}

int ss_filter_parse(struct ss_filter *f, int argc, char **argv)
{
	uint32_t states = 0;
	int used;

	while (argc) {
		used = parse_term(f, &states, argc, argv);
		if (!used)
			return ST_USAGE;
		argc -= used;
		argv += used;
	}
	if (states)
		f->states = states;
	return ST_OK;
}

bool ss_filter_match(const struct ss_filter *f, const struct ss_socket *s)
{
	if (!(s->msg.idiag_state < 32 && f->states & BIT(s->msg.idiag_state)))
		return false;
	if (f->v4 != f->v6 && s->msg.idiag_family != (f->v6 ? AF_INET6 : AF_INET))
		return false;
	return (!f->sport || htons(f->sport) == s->msg.id.idiag_sport) &&
	       (!f->dport || htons(f->dport) == s->msg.id.idiag_dport);
}
