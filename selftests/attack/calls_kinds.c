// SPDX-License-Identifier: GPL-2.0-only
/* The calls, each made once with arguments from a generator. */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/atcp.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLOTS		16
#define FIRST_SLOT	100
/* From here on errnos are the kernel's own, ERESTARTSYS the first. */
#define FIRST_INTERNAL	512

struct kind {
	const char *name;
	long (*call)(struct rng *r, int fd);
	int weight;
};

static int epoll_fd, pipes[2];

static int slot(struct rng *r)
{
	return FIRST_SLOT + rng_below(r, SLOTS);
}

/* In the place of what was there. */
static long place(int fd, int at)
{
	if (fd < 0)
		return -1;
	dup2(fd, at);
	close(fd);
	return 0;
}

static long do_socket(struct rng *r, int fd)
{
	int type = SOCK_STREAM | (rng_chance(r, 3) ? SOCK_NONBLOCK : 0);

	if (rng_chance(r, 10))
		return place(syscall(SYS_socket, AF_ATCP, arg_number(r), arg_number(r)), fd);
	return place(syscall(SYS_socket, AF_ATCP, type, rng_below(r, 2)), fd);
}

static long do_socketpair(struct rng *r, int fd)
{
	(void)fd;
	return syscall(SYS_socketpair, AF_ATCP, SOCK_STREAM, rng_below(r, 2), arg_pointer(r));
}

static long do_bind(struct rng *r, int fd)
{
	socklen_t len;
	struct sockaddr *a = arg_address(r, &len);

	return syscall(SYS_bind, fd, a, len);
}

static long do_connect(struct rng *r, int fd)
{
	socklen_t len;
	struct sockaddr *a = arg_address(r, &len);

	return syscall(SYS_connect, fd, a, len);
}

static long do_listen(struct rng *r, int fd)
{
	int one = 1;

	if (!rng_chance(r, 4)) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		do_bind(r, fd);
	}
	return syscall(SYS_listen, fd, arg_number(r));
}

/* A length for the kernel to read and write. */
static socklen_t *arg_len_pointer(struct rng *r, uint32_t right)
{
	socklen_t *len = arg_bytes(r, sizeof(*len));

	*len = arg_length(r, right);
	return rng_chance(r, 16) ? arg_pointer(r) : len;
}

static long do_accept(struct rng *r, int fd)
{
	int flags = rng_chance(r, 8) ? arg_number(r) : rng_below(r, 2) * SOCK_NONBLOCK;

	return place(syscall(SYS_accept4, fd, arg_pointer(r), arg_len_pointer(r, 28), flags),
		     slot(r));
}

static long do_names(struct rng *r, int fd)
{
	return syscall(rng_chance(r, 2) ? SYS_getsockname : SYS_getpeername, fd, arg_pointer(r),
		       arg_len_pointer(r, 28));
}

static long do_sendto(struct rng *r, int fd)
{
	socklen_t len = 0;
	struct sockaddr *a = rng_chance(r, 4) ? arg_address(r, &len) : NULL;

	return syscall(SYS_sendto, fd, arg_pointer(r), arg_number(r), arg_flags(r), a, len);
}

static long do_sendmsg(struct rng *r, int fd)
{
	if (rng_chance(r, 8))
		return syscall(SYS_sendmmsg, fd, arg_message(r), rng_below(r, 4), arg_flags(r));
	return syscall(SYS_sendmsg, fd, arg_message(r), arg_flags(r));
}

static long do_recvfrom(struct rng *r, int fd)
{
	uint32_t size = rng_below(r, 65536);
	int flags = arg_flags(r);
	long got;

	if (rng_chance(r, 3))
		return syscall(SYS_recvfrom, fd, arg_pointer(r), arg_number(r), flags,
			       arg_pointer(r), arg_len_pointer(r, 28));
	got = syscall(SYS_recvfrom, fd, arg_bytes(r, size), size, flags, NULL, NULL);
	if (got > (long)size) {
		printf("# recvfrom() of %u bytes gave %ld\n", size, got);
		exit(1);
	}
	return got;
}

static long do_recvmsg(struct rng *r, int fd)
{
	if (rng_chance(r, 8))
		return syscall(SYS_recvmmsg, fd, arg_message(r), rng_below(r, 4),
			       arg_flags(r) | MSG_DONTWAIT, NULL);
	return syscall(SYS_recvmsg, fd, arg_message(r), arg_flags(r));
}

static long do_rw(struct rng *r, int fd)
{
	switch (rng_below(r, 4)) {
	case 0:
		return syscall(SYS_read, fd, arg_pointer(r), arg_number(r));
	case 1:
		return syscall(SYS_write, fd, arg_pointer(r), arg_number(r));
	case 2:
		return syscall(SYS_readv, fd, arg_pointer(r), rng_below(r, 16));
	default:
		return syscall(SYS_writev, fd, arg_pointer(r), rng_below(r, 16));
	}
}

static long do_splice(struct rng *r, int fd)
{
	size_t size = rng_below(r, 1 << 17);
	unsigned int flags = SPLICE_F_NONBLOCK | rng_below(r, 8);

	if (rng_chance(r, 3))
		return syscall(SYS_sendfile, fd, rng_chance(r, 2) ? slot(r) : FIRST_SLOT - 1, NULL,
			       size);
	if (rng_chance(r, 2))
		return syscall(SYS_splice, fd, NULL, pipes[1], NULL, size, flags);
	return syscall(SYS_splice, pipes[0], NULL, fd, NULL, size, flags);
}

static long do_shutdown(struct rng *r, int fd)
{
	return syscall(SYS_shutdown, fd, rng_chance(r, 8) ? arg_number(r) : rng_below(r, 3));
}

static long do_setsockopt(struct rng *r, int fd)
{
	int level, name;
	socklen_t len;
	void *value = arg_value(r, &len);

	arg_option(r, &level, &name);
	return syscall(SYS_setsockopt, fd, level, name, value, len);
}

static long do_getsockopt(struct rng *r, int fd)
{
	int level, name;

	arg_option(r, &level, &name);
	return syscall(SYS_getsockopt, fd, level, name, arg_pointer(r),
		       arg_len_pointer(r, rng_below(r, 300)));
}

static long do_ioctl(struct rng *r, int fd)
{
	static const unsigned int known[] = {
		FIONREAD, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK, FIONBIO, FIOASYNC, SIOCGPGRP,
		SIOCGSTAMP_OLD, SIOCGSTAMPNS_OLD, SIOCGSTAMP_NEW, SIOCGSTAMPNS_NEW, SIOCGIFNAME,
		SIOCGIFCONF, SIOCGIFINDEX, SIOCGIFADDR,
	};

	if (!rng_chance(r, 4))
		return syscall(SYS_ioctl, fd, known[rng_below(r, ARRAY_SIZE(known))],
			       arg_pointer(r));
	/* the ranges of devices' and protocols' own: nothing there changes the machine */
	return syscall(SYS_ioctl, fd, 0x89e0 + rng_below(r, 32), arg_pointer(r));
}

static long do_poll(struct rng *r, int fd)
{
	struct pollfd p[2] = { { fd, rng_next(r) }, { slot(r), rng_next(r) } };
	struct epoll_event ev = { .events = rng_next(r) };

	if (rng_chance(r, 2))
		return poll(p, 2, rng_below(r, 3));
	if (rng_chance(r, 2))
		return syscall(SYS_epoll_ctl, epoll_fd, 1 + rng_below(r, 3), fd, &ev);
	return syscall(SYS_epoll_wait, epoll_fd, arg_pointer(r), rng_below(r, 16), rng_below(r, 2));
}

static long do_file(struct rng *r, int fd)
{
	switch (rng_below(r, 4)) {
	case 0:
		return fcntl(fd, F_SETFL, rng_next(r) & (O_NONBLOCK | O_ASYNC | O_APPEND));
	case 1:
		return fcntl(fd, F_SETOWN, getpid());
	case 2:
		return syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == -1 ? -1 : 0;
	default:
		return syscall(SYS_lseek, fd, arg_number(r), rng_below(r, 4));
	}
}

/* Without it few sockets would ever be connected. */
static long do_pair(struct rng *r, int fd)
{
	struct sockaddr_storage at;
	bool v6 = rng_chance(r, 2);
	socklen_t len = loopback(&at, v6, 0);
	int lfd = socket(AF_ATCP, SOCK_STREAM, v6), cfd, err;

	if (bind(lfd, (void *)&at, len) || listen(lfd, 1) ||
	    getsockname(lfd, (void *)&at, &len)) {
		close(lfd);
		return -1;
	}
	cfd = socket(AF_ATCP, SOCK_STREAM, v6);
	err = connect(cfd, (void *)&at, len);
	if (!err)
		place(accept4(lfd, NULL, NULL, SOCK_NONBLOCK), slot(r));
	close(lfd);
	place(cfd, fd);
	return err;
}

static const struct kind kinds[] = {
	{ "socket", do_socket, 4 }, { "socketpair", do_socketpair, 1 }, { "bind", do_bind, 4 },
	{ "connect", do_connect, 6 }, { "listen", do_listen, 4 }, { "accept", do_accept, 6 },
	{ "names", do_names, 3 }, { "sendto", do_sendto, 8 }, { "sendmsg", do_sendmsg, 8 },
	{ "recvfrom", do_recvfrom, 8 }, { "recvmsg", do_recvmsg, 8 }, { "rw", do_rw, 5 },
	{ "splice", do_splice, 4 }, { "shutdown", do_shutdown, 2 },
	{ "setsockopt", do_setsockopt, 16 }, { "getsockopt", do_getsockopt, 12 },
	{ "ioctl", do_ioctl, 4 }, { "poll", do_poll, 4 }, { "file", do_file, 3 },
	{ "pair", do_pair, 5 },
};

size_t calls_any(struct rng *r)
{
	int total = 0, at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		total += kinds[i].weight;
	at = rng_below(r, total);
	for (i = 0; at >= kinds[i].weight; i++)
		at -= kinds[i].weight;
	return i;
}

size_t calls_count(void)
{
	return ARRAY_SIZE(kinds);
}

const char *calls_name(size_t i)
{
	return kinds[i].name;
}

bool calls_by_luck(size_t i)
{
	return kinds[i].call == do_socketpair || kinds[i].call == do_accept;
}

int calls_make(size_t i, struct rng *r)
{
	long ret;

	errno = 0;
	ret = kinds[i].call(r, slot(r));
	if (ret < 0 && errno >= FIRST_INTERNAL) {
		printf("# %s: errno %d\n", kinds[i].name, errno);
		return -1;
	}
	return ret >= 0;
}

int calls_prepare(void)
{
	int i;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	signal(SIGURG, SIG_IGN);
	epoll_fd = epoll_create1(0);
	if (args_init() || epoll_fd < 0 || pipe2(pipes, O_NONBLOCK) ||
	    place(open("/proc/self/exe", O_RDONLY), FIRST_SLOT - 1))
		return -1;
	for (i = 0; i < SLOTS; i++)
		if (place(socket(AF_ATCP, SOCK_STREAM, i & 1), FIRST_SLOT + i))
			return -1;
	return 0;
}
