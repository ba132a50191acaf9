// SPDX-License-Identifier: GPL-2.0-only
/* Errors, numbers and the family: what every subcommand needs. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/atcp.h>

#include "cmd.h"

static void complain(const char *cmd, const char *fmt, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "atcp %s: ", cmd);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

int fail(const char *cmd, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(cmd, fmt, args);
	va_end(args);
	return ST_FAIL;
}

int usage_error(const char *cmd, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(cmd, fmt, args);
	va_end(args);
	return usage_hint(cmd);
}

int usage_hint(const char *cmd)
{
	fprintf(stderr, "Try 'atcp %s --help'.\n", cmd);
	return ST_USAGE;
}

int finish(const char *cmd, int status)
{
	errno = 0;
	if (fflush(stdout) || ferror(stdout))
		return fail(cmd, "standard output: %s", strerror(errno ? errno : EIO));
	return status;
}

int parse_number(const char *text, unsigned long long min, unsigned long long max,
		 unsigned long long *value)
{
	unsigned long long n;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || *end || n < min || n > max)
		return -1;
	*value = n;
	return 0;
}

int atcp_family(void)
{
	FILE *f = fopen("/sys/module/atcp/parameters/family", "re");
	int family = AF_ATCP;

	if (!f)
		return family;
	if (fscanf(f, "%d", &family) != 1)
		family = AF_ATCP;
	fclose(f);
	return family;
}
