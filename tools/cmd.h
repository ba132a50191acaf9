/* SPDX-License-Identifier: GPL-2.0-only */
/* What the subcommands of atcp share: how they are called, how they fail. */
#ifndef ATCP_TOOLS_CMD_H
#define ATCP_TOOLS_CMD_H

/* Exit statuses, the same for every subcommand. */
enum {
	ST_OK = 0,
	ST_FAIL = 1,
	ST_USAGE = 2
};

/* Each takes its own name as argv[0] and returns an exit status. */
int cmd_ss(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_stat(int argc, char **argv);

/* Print "atcp CMD: MESSAGE"; returns ST_FAIL. */
int fail(const char *cmd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same with a pointer to --help; returns ST_USAGE. */
int usage_error(const char *cmd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* getopt_long() has already said what is wrong; returns ST_USAGE. */
int usage_hint(const char *cmd);

/* Flush standard output; a full disk or a closed pipe turns @status into ST_FAIL. */
int finish(const char *cmd, int status);

/* A whole decimal number within bounds. Returns 0, or -1 with nothing stored. */
int parse_number(const char *text, unsigned long long min, unsigned long long max,
		 unsigned long long *value);

/* The number that the loaded module registered its family under; AF_ATCP if it does not say. */
int atcp_family(void);

#endif /* ATCP_TOOLS_CMD_H */
