// SPDX-License-Identifier: GPL-2.0-only
/* atcp run: set the preload library up, make sure that the family is there, exec. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/atcp.h>

#include "cmd.h"

#define CMD "run"
#define LIBRARY "libatcp-preload.so"

static void usage(void)
{
	puts("Usage: atcp run [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
	     "Run PROGRAM with its TCP sockets in the AF_ATCP family.\n\n"
	     "  -f, --family=N  number of the family (default: the loaded module's)\n"
	     "  -h, --help      this text\n\n"
	     "PROGRAM has to be dynamically linked; a set-user-ID program is run unchanged.\n"
	     "Exit status: that of PROGRAM; 1 if it could not be run; 2 if used wrongly.");
}

/* Beside the command in a build tree, in ../lib/atcp/ of it when installed. */
static int find_library(char *path, size_t size)
{
	static const char * const where[] = { "../lib/atcp/", "" };
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;
	size_t i;

	if (n < 0)
		return -1;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return -1;
	slash[1] = '\0';
	for (i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		n = snprintf(path, size, "%s%s%s", exe, where[i], LIBRARY);
		if (n > 0 && (size_t)n < size && !access(path, R_OK))
			return 0;
	}
	return -1;
}

static int set_preload(const char *library, int family)
{
	const char *old = getenv("LD_PRELOAD");
	char number[16], *both;
	int err;

	snprintf(number, sizeof(number), "%d", family);
	if (setenv("ATCP_FAMILY", number, 1))
		return -1;
	if (!old || !*old)
		return setenv("LD_PRELOAD", library, 1);
	if (asprintf(&both, "%s:%s", library, old) < 0)
		return -1;
	err = setenv("LD_PRELOAD", both, 1);
	free(both);
	return err;
}

static int check_family(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, ATCPPROTO_INET);

	if (fd < 0)
		return fail(CMD, "no sockets of family %d: %s%s", family, strerror(errno),
			    errno == EAFNOSUPPORT ? " (is the module atcp loaded?)" : "");
	close(fd);
	return ST_OK;
}

int cmd_run(int argc, char **argv)
{
	static const struct option options[] = {
		{ "family", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	unsigned long long number;
	char library[PATH_MAX * 2];
	int family = atcp_family();
	int opt;

	while ((opt = getopt_long(argc, argv, "+f:h", options, NULL)) != -1) {
		switch (opt) {
		case 'f':
			if (parse_number(optarg, 1, 255, &number))
				return usage_error(CMD, "'%s' is no family number", optarg);
			family = number;
			break;
		case 'h':
			usage();
			return finish(CMD, ST_OK);
		default:
			return usage_hint(CMD);
		}
	}
	if (optind == argc)
		return usage_error(CMD, "PROGRAM is missing");
	if (check_family(family))
		return ST_FAIL;
	if (find_library(library, sizeof(library)))
		return fail(CMD, "%s is neither beside the command nor in ../lib/atcp/", LIBRARY);
	if (set_preload(library, family))
		return fail(CMD, "environment: %s", strerror(errno));
	execvp(argv[optind], argv + optind);
	return fail(CMD, "%s: %s", argv[optind], strerror(errno));
}
