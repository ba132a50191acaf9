// SPDX-License-Identifier: GPL-2.0-only
/* The loop of atcp trace: read, cut into lines, filter, hand over. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "follow.h"

#define CMD "trace"
#define TRACE_FILE "/sys/kernel/debug/atcp/trace"
#define NS 1000000000ULL

struct input {
	int fd;
	int signals;		/* readable when one is pending; -1 */
	bool live;
	uint64_t end;		/* CLOCK_MONOTONIC, ns; 0 none */
	unsigned long long line, taken;
	size_t used;
	char buf[65536];
};

/* The clock of the records. */
static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS + ts.tv_nsec;
}

static bool same_address(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && !memcmp(a->addr, b->addr, sizeof(a->addr));
}

static bool passes(const struct follow *f, const struct record *r)
{
	if (r->kind == REC_LOST)
		return true;
	return (!f->port || f->port == r->local.port || f->port == r->remote.port) &&
	       (!f->netns || f->netns == r->netns) &&
	       (!f->addr || same_address(f->addr, &r->local) || same_address(f->addr, &r->remote));
}

static void copy_line(FILE *to, const char *line)
{
	if (!to)
		return;
	fputs(line, to);
	fputc('\n', to);
}

/* Returns 0, or an exit status that ends it. */
static int take_line(struct follow *f, struct input *in, char *line)
{
	char copy[1024];
	struct record r;

	in->line++;
	if (strlen(line) >= sizeof(copy))
		return fail(CMD, "line %llu is too long for a record", in->line);
	strcpy(copy, line);
	if (record_parse(&r, line))
		return fail(CMD, "line %llu is no record: %s", in->line, copy);
	if (r.kind == REC_NONE || !passes(f, &r))
		return ST_OK;
	in->taken++;
	copy_line(f->save, copy);
	copy_line(f->raw, copy);
	if (f->ladder && ladder_add(f->ladder, &r))
		return fail(CMD, "out of memory");
	return ST_OK;
}

/* SIGINT and SIGTERM stay blocked and pending: a live trace ends in good order. */
static bool signalled(void)
{
	sigset_t pending;

	return !sigpending(&pending) && (sigismember(&pending, SIGINT) == 1 ||
					 sigismember(&pending, SIGTERM) == 1);
}

static bool enough(const struct follow *f, const struct input *in)
{
	return (f->count && in->taken >= f->count) ||
	       (in->end && now_ns() >= in->end) ||
	       (f->until_closed && in->live && ladder_all_closed(f->ladder));
}

static int take_lines(struct follow *f, struct input *in, bool at_end)
{
	char *start = in->buf, *newline;
	int status = ST_OK;

	if (at_end && in->used && in->used < sizeof(in->buf))
		in->buf[in->used++] = '\n';
	while (!status && !enough(f, in) &&
	       (newline = memchr(start, '\n', in->buf + in->used - start))) {
		*newline = '\0';
		if (memchr(start, '\0', newline - start))
			return fail(CMD, "line %llu is no text", in->line + 1);
		status = take_line(f, in, start);
		start = newline + 1;
	}
	in->used -= start - in->buf;
	memmove(in->buf, start, in->used);
	if (!status && in->used == sizeof(in->buf))
		return fail(CMD, "line %llu is too long for a record", in->line + 1);
	return status;
}

/* Wait for data; what is on the way is looked after meanwhile. */
static void wait_for_data(const struct follow *f, const struct input *in)
{
	struct pollfd p[] = {
		{ .fd = in->fd, .events = POLLIN },
		{ .fd = in->signals, .events = POLLIN },
	};
	int limit_ms = 1000;

	fflush(stdout);
	if (f->save)
		fflush(f->save);
	if (f->ladder && ladder_pending(f->ladder))
		limit_ms = 100;
	if (poll(p, 2, limit_ms) == 0 && f->ladder && in->live)
		ladder_tick(f->ladder, now_ns());
}

static int read_all(struct follow *f, struct input *in)
{
	int status = ST_OK;
	ssize_t n;

	while (!status && !enough(f, in) && !signalled()) {
		n = read(in->fd, in->buf + in->used, sizeof(in->buf) - in->used);
		if (n > 0) {
			in->used += n;
			status = take_lines(f, in, false);
		} else if (n == 0) {
			return take_lines(f, in, true);
		} else if (errno == EAGAIN) {
			wait_for_data(f, in);
		} else if (errno != EINTR) {
			return fail(CMD, "read: %s", strerror(errno));
		}
	}
	return status;
}

static int hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int open_input(const struct follow *f, struct input *in)
{
	const char *path = f->path ? f->path : TRACE_FILE;

	in->live = !f->path;
	if (f->path && !strcmp(f->path, "-"))
		in->fd = STDIN_FILENO;
	else
		in->fd = open(path, O_RDONLY | O_CLOEXEC | (in->live ? O_NONBLOCK : 0));
	if (in->fd < 0)
		return fail(CMD, "%s: %s%s", path, strerror(errno), in->live ?
			    " (it takes root, the module atcp, and debugfs at /sys/kernel/debug)" :
			    "");
	if (!in->live)
		return ST_OK;
	if (!f->oldest && lseek(in->fd, 0, SEEK_END) < 0)
		return fail(CMD, "%s: %s", path, strerror(errno));
	in->signals = hold_signals();
	/* For whoever waits for the recording to be on. */
	fprintf(stderr, "atcp trace: recording\n");
	return ST_OK;
}

int follow(struct follow *f)
{
	struct input *in = calloc(1, sizeof(*in));
	int status;

	if (!in)
		return fail(CMD, "out of memory");
	in->signals = -1;
	status = open_input(f, in);
	if (!status && f->duration)
		in->end = now_ns() + f->duration * NS;
	if (!status)
		status = read_all(f, in);
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	if (in->signals >= 0)
		close(in->signals);
	free(in);
	if (!status && f->ladder)
		ladder_flush(f->ladder);
	return status;
}
