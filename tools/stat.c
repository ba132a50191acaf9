// SPDX-License-Identifier: GPL-2.0-only
/* atcp stat: the counters of this network namespace, named as nstat(8) names them. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cmd.h"

#define CMD "stat"
#define STAT_FILE "/proc/net/atcp_stat"

static const struct option options[] = {
	{ "diff", required_argument, NULL, 'd' },
	{ "file", required_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "zero", no_argument, NULL, 'z' },
	{ }
};

static void usage(void)
{
	puts("Usage: atcp stat [OPTION]... [NAME]...\n"
	     "Print the counters of this network namespace; those named only, if any is.\n\n"
	     "  -z, --zero       those that are zero, too\n"
	     "  -d, --diff=FILE  what was added since FILE, which --json has written\n"
	     "  -j, --json       JSON: an object with a member for each counter\n"
	     "      --file=FILE  read FILE instead of " STAT_FILE "\n"
	     "  -h, --help       this text\n\n"
	     "Exit status: 0 done, 1 failed, 2 used wrongly.");
}

/* "Tcp: A B" and "Tcp: 1 2" into members TcpA and TcpB. Returns 0, or -1 if they do not fit. */
static int take_pair(json_t *all, char *names, char *values)
{
	char *name_save, *value_save, *name, *value, *group, key[128];
	unsigned long long n;

	names[strcspn(names, "\n")] = '\0';
	values[strcspn(values, "\n")] = '\0';
	group = strtok_r(names, ": ", &name_save);
	value = strtok_r(values, ": ", &value_save);
	if (!group || !value || strcmp(group, value))
		return -1;
	while ((name = strtok_r(NULL, " ", &name_save))) {
		value = strtok_r(NULL, " ", &value_save);
		if (!value || parse_number(value, 0, ~0ULL, &n))
			return -1;
		snprintf(key, sizeof(key), "%s%s", group, name);
		if (json_object_set_new(all, key, json_integer(n)))
			return -1;
	}
	return 0;
}

static json_t *read_counters(const char *path)
{
	FILE *f = fopen(path, "re");
	char *names = NULL, *values = NULL;
	size_t names_size = 0, values_size = 0;
	json_t *all;
	int err = 0;

	if (!f) {
		fail(CMD, "%s: %s%s", path, strerror(errno),
		     errno == ENOENT ? " (is the module atcp loaded?)" : "");
		return NULL;
	}
	all = json_object();
	while (!err && getline(&names, &names_size, f) > 0)
		err = getline(&values, &values_size, f) < 0 || take_pair(all, names, values);
	if (err || ferror(f)) {
		fail(CMD, "%s: not in the format of /proc/net/netstat", path);
		json_decref(all);
		all = NULL;
	}
	free(names);
	free(values);
	fclose(f);
	return all;
}

static int subtract(json_t *all, const char *path)
{
	json_error_t error;
	json_t *old = json_load_file(path, 0, &error), *value;
	const char *key;

	if (!json_is_object(old)) {
		json_decref(old);
		return fail(CMD, "%s: %s", path, old ? "no object" : error.text);
	}
	json_object_foreach(all, key, value)
		json_integer_set(value, json_integer_value(value) -
				 json_integer_value(json_object_get(old, key)));
	json_decref(old);
	return ST_OK;
}

static bool named(const char *key, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(key, *names))
			return true;
	return false;
}

/* Take out what is not to be shown. */
static int select_counters(json_t *all, char **names, bool zero)
{
	const char *key;
	json_t *value;
	void *tmp;

	for (char **n = names; *n; n++)
		if (!json_object_get(all, *n))
			return fail(CMD, "there is no counter '%s'", *n);
	json_object_foreach_safe(all, tmp, key, value)
		if (!named(key, names) || (!zero && !*names && !json_integer_value(value)))
			json_object_del(all, key);
	return ST_OK;
}

static int print(json_t *all, bool json)
{
	const char *key;
	json_t *value;

	if (json) {
		if (json_dumpf(all, stdout, JSON_INDENT(2)))
			return fail(CMD, "JSON could not be written");
		putchar('\n');
		return ST_OK;
	}
	json_object_foreach(all, key, value)
		printf("%-31s %lld\n", key, (long long)json_integer_value(value));
	return ST_OK;
}

int cmd_stat(int argc, char **argv)
{
	const char *file = STAT_FILE, *diff = NULL;
	bool json = false, zero = false;
	int opt, status = ST_OK;
	json_t *all;

	while ((opt = getopt_long(argc, argv, "d:hjz", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
			diff = optarg;
			break;
		case 'f':
			file = optarg;
			break;
		case 'h':
			usage();
			return finish(CMD, ST_OK);
		case 'j':
			json = true;
			break;
		case 'z':
			zero = true;
			break;
		default:
			return usage_hint(CMD);
		}
	}
	all = read_counters(file);
	if (!all)
		return ST_FAIL;
	if (diff)
		status = subtract(all, diff);
	if (!status)
		status = select_counters(all, argv + optind, zero);
	if (!status)
		status = print(all, json);
	json_decref(all);
	return finish(CMD, status);
}
