// SPDX-License-Identifier: GPL-2.0-only
/* atcp: look at and use the sockets of the AF_ATCP family. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "run",   cmd_run,   "run a program with its TCP sockets in the AF_ATCP family" },
	{ "ss",    cmd_ss,    "list sockets, as ss(8) does" },
	{ "trace", cmd_trace, "follow every segment and state change; draw the ladder" },
	{ "stat",  cmd_stat,  "print the counters, named as nstat(8) names them" },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *to)
{
	size_t i;

	fprintf(to, "Usage: atcp COMMAND [OPTION]... [ARGUMENT]...\n\nCommands:\n");
	for (i = 0; i < NCOMMANDS; i++)
		fprintf(to, "  %-7s %s\n", commands[i].name, commands[i].summary);
	fprintf(to, "\nOptions:\n"
		"  -h, --help     this text; 'atcp COMMAND --help' for a command's own\n"
		"  -V, --version  the version\n"
		"\nExit status: 0 done, 1 failed, 2 used wrongly.\n");
}

int main(int argc, char **argv)
{
	size_t i;

	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		usage(stderr);
		return ST_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return finish("help", ST_OK);
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("atcp " ATCP_VERSION);
		return finish("version", ST_OK);
	}
	for (i = 0; i < NCOMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "atcp: there is no command '%s'\nTry 'atcp --help'.\n", argv[1]);
	return ST_USAGE;
}
