// SPDX-License-Identifier: GPL-2.0-only
/* Who looks at sockets while they come and go: sock_diag, debugfs, the trace, counters. */
#include "race.h"

#include <fcntl.h>
#include <linux/atcp.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <unistd.h>

#define DIR "/sys/kernel/debug/atcp/"

/* As `atcp ss -i` does; a dump that is left in the middle is one of the races. */
static void dump(struct rng *r)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 req;
	} ask = {
		.h = { sizeof(ask), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP },
		.req = { .sdiag_family = AF_ATCP, .sdiag_protocol = rng_below(r, 2) * IPPROTO_TCP,
			 .idiag_ext = 255, .idiag_states = rng_chance(r, 3) ? rng_next(r) : ~0U },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	union {
		struct nlmsghdr h;
		char bytes[16384];
	} got;

	if (fd < 0)
		return;
	if (send(fd, &ask, sizeof(ask), 0) == sizeof(ask)) {
		while (recv(fd, &got, sizeof(got), MSG_DONTWAIT) > 0) {
			if (got.h.nlmsg_type == NLMSG_DONE || got.h.nlmsg_type == NLMSG_ERROR)
				break;
			count(DUMPS);
			if (rng_chance(r, 8))
				break;
		}
	}
	close(fd);
}

static void read_file(struct rng *r, const char *path, bool wait)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct pollfd p = { fd, POLLIN };
	char buf[8192];

	if (fd < 0)
		return;
	if (wait)
		poll(&p, 1, 1);
	while (read(fd, buf, 1 + rng_below(r, sizeof(buf))) > 0) {
		count(READS);
		if (rng_chance(r, 16))
			break;
	}
	close(fd);
}

void race_trace(bool on)
{
	int fd = open(DIR "trace_on", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, on ? "1" : "0", 1) == 1)
		count(READS);
	close(fd);
}

void race_watch(struct rng *r)
{
	switch (rng_below(r, 8)) {
	case 0:
	case 1:
		read_file(r, DIR "trace", true);
		break;
	case 2:
		read_file(r, "/proc/net/atcp_stat", false);
		break;
	case 3:
	case 4:
		read_file(r, DIR "connections", false);
		break;
	default:
		dump(r);
		break;
	}
}
