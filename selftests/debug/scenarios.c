// SPDX-License-Identifier: GPL-2.0-only
/* The scenarios of failslab: calls on sockets, and the files beside them. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/atcp.h>
#include <linux/filter.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>

#include "failslab.h"

/* A connection over loopback. */
struct ends {
	int listener;
	int client;
	int server;
};

static int make(bool v6, bool *lacked)
{
	int fd = socket(AF_ATCP, SOCK_STREAM, v6 ? ATCPPROTO_INET6 : ATCPPROTO_INET);

	return did("socket", fd, lacked) ? fd : -1;
}

static int loopback(struct sockaddr_storage *ss, bool v6)
{
	struct sockaddr_in6 *sin6 = (void *)ss;
	struct sockaddr_in *sin = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (v6) {
		sin6->sin6_family = AF_INET6;
		sin6->sin6_addr = in6addr_loopback;
		return sizeof(*sin6);
	}
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(*sin);
}

/* Everything that is sent arrives, unless a call said that it could not. */
static void exchange(int from, int to, bool *lacked)
{
	static char out[20000], in[20000];
	struct pollfd p = { .fd = to, .events = POLLIN };
	size_t sent = 0, got = 0;
	ssize_t n;

	memset(out, 'x', sizeof(out));
	while (sent < sizeof(out)) {
		n = send(from, out + sent, sizeof(out) - sent, MSG_NOSIGNAL);
		if (!did("send", n, lacked))
			break;
		sent += n;
	}
	while (got < sent) {
		n = poll(&p, 1, PATIENCE_MS);
		if (!did("poll", n, lacked))
			continue;
		if (!n) {
			snprintf(why, sizeof(why), "%zu of %zu bytes came", got, sent);
			return;
		}
		n = recv(to, in, sizeof(in), 0);
		if (did("recv", n, lacked))
			got += n;
	}
}

static int open_listener(bool v6, struct sockaddr_storage *ss, bool *lacked)
{
	socklen_t len = loopback(ss, v6);
	int fd = make(v6, lacked);

	if (fd < 0)
		return -1;
	if (did("bind", bind(fd, (void *)ss, len), lacked) &&
	    did("listen", listen(fd, 4), lacked) &&
	    did("getsockname", getsockname(fd, (void *)ss, &len), lacked))
		return fd;
	close(fd);
	return -1;
}

static void close_ends(struct ends *e)
{
	int fds[] = { e->client, e->server, e->listener };
	size_t i;

	for (i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Return: is there a connection? If not, nothing is open. */
static bool open_ends(bool v6, struct ends *e, bool *lacked)
{
	struct sockaddr_storage ss;

	e->client = -1;
	e->server = -1;
	e->listener = open_listener(v6, &ss, lacked);
	if (e->listener >= 0)
		e->client = make(v6, lacked);
	if (e->client >= 0 &&
	    did("connect", connect(e->client, (void *)&ss, sizeof(ss)), lacked)) {
		e->server = accept(e->listener, NULL, NULL);
		did("accept", e->server, lacked);
	}
	if (e->server >= 0)
		return true;
	close_ends(e);
	return false;
}

/* Of which no allocation fails. */
static bool given_ends(bool v6, struct ends *e, bool *lacked)
{
	bool there;

	hold_faults();
	there = open_ends(v6, e, lacked);
	release_faults();
	if (!there && !*why)
		snprintf(why, sizeof(why), "no connection, where no allocation has failed");
	return there;
}

static bool life(bool v6)
{
	bool lacked = false;
	struct ends e;

	if (open_ends(v6, &e, &lacked)) {
		exchange(e.client, e.server, &lacked);
		exchange(e.server, e.client, &lacked);
		close_ends(&e);
	}
	return !*why;
}

bool life4(void)
{
	return life(false);
}

bool life6(void)
{
	return life(true);
}

struct setting {
	int level, name;
	const void *value;
	socklen_t len;
};

static void set_all(int fd, const struct setting *s, size_t n, bool *lacked)
{
	char call[48];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(call, sizeof(call), "setsockopt %d %d", s[i].level, s[i].name);
		did(call, setsockopt(fd, s[i].level, s[i].name, s[i].value, s[i].len), lacked);
	}
}

static struct sock_filter pass[] = { BPF_STMT(BPF_RET | BPF_K, 0xffffffff) };
static const struct sock_fprog program = { .len = 1, .filter = pass };

static const struct setting of_any[] = {
	{ SOL_SOCKET, SO_BINDTODEVICE, "lo", 3 },
	{ SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program) },
	{ SOL_SOCKET, SO_SNDBUF, &(int){ 100000 }, sizeof(int) },
	{ SOL_SOCKET, SO_RCVBUF, &(int){ 100000 }, sizeof(int) },
	{ IPPROTO_TCP, TCP_CONGESTION, "reno", 4 },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT, &(int){ 1 }, sizeof(int) },
	{ SOL_ATCP, ATCP_TIMEWAIT_US, &(int){ 1000 }, sizeof(int) },
	{ SOL_ATCP, ATCP_UTO, &(int){ 120 }, sizeof(int) },
	{ SOL_ATCP, ATCP_REUSEPORT, &(int){ 1 }, sizeof(int) },
};

static const struct setting of_ip[] = {
	{ IPPROTO_IP, IP_OPTIONS, "\1\203\7\4\177\0\0\1", 8 },	/* a source route */
	{ IPPROTO_IP, IP_TOS, &(int){ 16 }, sizeof(int) },
	{ IPPROTO_IP, IP_OPTIONS, "\1\1\1\1", 4 },
};

static const struct setting of_ipv6[] = {
	{ IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 1 }, sizeof(int) },
	{ IPPROTO_IPV6, IPV6_TCLASS, &(int){ 16 }, sizeof(int) },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, &(int){ 1 }, sizeof(int) },
};

/* What there is to ask for, with a buffer that is long enough. */
static void ask(int fd, bool *lacked)
{
	static const int names[][2] = {
		{ IPPROTO_TCP, TCP_INFO }, { IPPROTO_TCP, TCP_CONGESTION },
		{ SOL_SOCKET, SO_BINDTODEVICE },
	};
	char buf[512];
	socklen_t len;
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		len = sizeof(buf);
		did("getsockopt", getsockopt(fd, names[i][0], names[i][1], buf, &len), lacked);
	}
}

bool options(void)
{
	bool lacked = false;
	struct ends e;
	int fd;

	fd = make(false, &lacked);
	if (fd < 0)
		return !*why;
	set_all(fd, of_any, ARRAY_LEN(of_any), &lacked);
	set_all(fd, of_ip, ARRAY_LEN(of_ip), &lacked);
	close(fd);
	if (!given_ends(false, &e, &lacked))
		return !*why;
	/* by the source route nothing would come */
	set_all(e.client, of_ip + 1, ARRAY_LEN(of_ip) - 1, &lacked);
	ask(e.client, &lacked);
	exchange(e.client, e.server, &lacked);
	close_ends(&e);
	return !*why;
}

bool options6(void)
{
	bool lacked = false;
	int fd = make(true, &lacked);

	if (fd < 0)
		return !*why;
	set_all(fd, of_any, ARRAY_LEN(of_any), &lacked);
	set_all(fd, of_ipv6, ARRAY_LEN(of_ipv6), &lacked);
	close(fd);
	return !*why;
}

/* What was sent is there: no allocation stands in the way of that. */
static bool wait_in(int fd, int events, bool *lacked)
{
	struct epoll_event e = { .events = events };
	int ep = epoll_create1(0), n = -1;

	if (did("epoll_create1", ep, lacked) &&
	    did("epoll_ctl", epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e), lacked))
		n = epoll_wait(ep, &e, 1, PATIENCE_MS);
	if (ep >= 0)
		close(ep);
	if (n)
		return n > 0;
	snprintf(why, sizeof(why), "nothing comes");
	return false;
}

/* Data beside the stream, and looks at it that take nothing away. */
bool aside(void)
{
	bool lacked = false;
	struct ends e;
	int answer;
	char c[8];

	if (!given_ends(false, &e, &lacked))
		return !*why;
	if (did("send", send(e.client, "abc", 3, MSG_NOSIGNAL), &lacked) &&
	    wait_in(e.server, EPOLLIN, &lacked)) {
		did("peek", recv(e.server, c, sizeof(c), MSG_PEEK), &lacked);
		did("SIOCINQ", ioctl(e.server, SIOCINQ, &answer), &lacked);
		did("SIOCOUTQ", ioctl(e.client, SIOCOUTQ, &answer), &lacked);
		did("SIOCATMARK", ioctl(e.server, SIOCATMARK, &answer), &lacked);
		did("recv", recv(e.server, c, sizeof(c), 0), &lacked);
	}
	if (did("send MSG_OOB", send(e.client, "u", 1, MSG_OOB | MSG_NOSIGNAL), &lacked) &&
	    wait_in(e.server, EPOLLPRI, &lacked))
		did("recv MSG_OOB", recv(e.server, c, 1, MSG_OOB), &lacked);
	if (did("MSG_ZEROCOPY", send(e.client, "z", 1, MSG_ZEROCOPY | MSG_NOSIGNAL), &lacked) &&
	    wait_in(e.server, EPOLLIN, &lacked))
		did("recv", recv(e.server, c, sizeof(c), 0), &lacked);
	did("shutdown", shutdown(e.client, SHUT_WR), &lacked);
	close_ends(&e);
	return !*why;
}

/* A file and a pipe into the socket, and out of it again: what splice(2) says is its own. */
bool pipes(void)
{
	bool lacked = false;
	struct ends e;
	int fd, p[2];
	off_t at = 0;

	if (!given_ends(true, &e, &lacked))
		return !*why;
	any_error = true;
	fd = memfd_create("failslab", MFD_CLOEXEC);
	if (did("memfd_create", fd, &lacked)) {
		did("ftruncate", ftruncate(fd, 10000), &lacked);
		did("sendfile", sendfile(e.client, fd, &at, 10000), &lacked);
		close(fd);
	}
	if (did("pipe", pipe(p), &lacked)) {
		if (did("write", write(p[1], "abc", 3), &lacked))
			did("splice", splice(p[0], NULL, e.client, NULL, 3, SPLICE_F_NONBLOCK),
			    &lacked);
		did("splice", splice(e.server, NULL, p[1], NULL, 10000, SPLICE_F_NONBLOCK),
		    &lacked);
		close(p[0]);
		close(p[1]);
	}
	close_ends(&e);
	return !*why;
}

/* An end that is reset, and one that was never there. */
bool reset(void)
{
	struct linger at_once = { .l_onoff = 1 };
	struct sockaddr_storage ss;
	bool lacked = false;
	struct ends e;
	int fd, ret;

	if (given_ends(false, &e, &lacked)) {
		did("setsockopt", setsockopt(e.client, SOL_SOCKET, SO_LINGER, &at_once,
					     sizeof(at_once)), &lacked);
		did("send", send(e.server, "abc", 3, MSG_NOSIGNAL), &lacked);
		close_ends(&e);
	}
	fd = make(false, &lacked);
	if (fd < 0)
		return !*why;
	loopback(&ss, false);
	((struct sockaddr_in *)&ss)->sin_port = htons(1);
	ret = connect(fd, (void *)&ss, sizeof(ss));
	if (ret && errno != ECONNREFUSED)
		did("connect", ret, &lacked);
	close(fd);
	return !*why;
}

/* Read a dump to its end, or to what says that it cannot go on. */
static void read_dump(int fd, bool *lacked)
{
	static char buf[32768];
	struct nlmsghdr *h;
	ssize_t n;
	int found = 0;

	for (;;) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (!did("recv of a dump", n, lacked))
			return;
		for (h = (void *)buf; NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_ERROR) {
				errno = -((struct nlmsgerr *)NLMSG_DATA(h))->error;
				did("the dump", -1, lacked);
				return;
			}
			if (h->nlmsg_type == NLMSG_DONE) {
				if (!found && !*lacked)
					snprintf(why, sizeof(why), "no socket in the dump");
				return;
			}
			found++;
		}
	}
}

/* What `atcp ss` asks, of a listener and both ends of a connection, with all attributes. */
bool listing(void)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 req;
	} ask = {
		.head = {
			.nlmsg_len = sizeof(ask), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.req = {
			.sdiag_family = AF_ATCP, .sdiag_protocol = IPPROTO_TCP,
			.idiag_ext = 0xff, .idiag_states = ~0u,
		},
	};
	struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	bool lacked = false;
	struct ends e;
	int fd;

	if (!given_ends(false, &e, &lacked))
		return !*why;
	fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_SOCK_DIAG);
	if (did("netlink", fd, &lacked)) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		if (did("request", send(fd, &ask, sizeof(ask), 0), &lacked))
			read_dump(fd, &lacked);
		close(fd);
	}
	close_ends(&e);
	return !*why;
}

/* The trace, in text and of a connection under way, and the files of a namespace. */
bool look(void)
{
	static const char * const files[] = {
		"/sys/kernel/debug/atcp/trace", "/sys/kernel/debug/atcp/connections",
		"/sys/kernel/debug/atcp/trace_on", "/proc/self/net/atcp_stat",
		"/proc/self/net/atcp_sockstat", "/proc/self/net/protocols",
	};
	int fds[ARRAY_LEN(files)];
	bool lacked = false, there;
	struct ends e;
	char buf[4096];
	size_t i;

	any_error = true;
	for (i = 0; i < ARRAY_LEN(files); i++) {
		fds[i] = open(files[i], O_RDONLY | O_NONBLOCK);
		did(files[i], fds[i], &lacked);
	}
	there = given_ends(false, &e, &lacked);
	for (i = 0; i < ARRAY_LEN(files); i++) {
		if (fds[i] < 0)
			continue;
		if (read(fds[i], buf, sizeof(buf)) < 0 && errno != EAGAIN)
			did(files[i], -1, &lacked);
		close(fds[i]);
	}
	if (there)
		close_ends(&e);
	return !*why;
}

/* Every setting of net.atcp is read and written back. */
bool settings(void)
{
	static const char dir[] = "/proc/sys/net/atcp";
	bool lacked = false;
	struct dirent *d;
	char path[300], buf[256];
	ssize_t n;
	DIR *all;
	int fd;

	any_error = true;
	all = opendir(dir);
	did(dir, all ? 0 : -1, &lacked);
	if (!all)
		return !*why;
	while ((d = readdir(all))) {
		if (*d->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		fd = open(path, O_RDWR);
		if (fd < 0 && errno == EACCES)
			fd = open(path, O_RDONLY);
		if (!did(path, fd, &lacked))
			continue;
		n = read(fd, buf, sizeof(buf));
		if (did(path, n, &lacked) && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR)
			did(path, pwrite(fd, buf, n, 0), &lacked);
		close(fd);
	}
	closedir(all);
	return !*why;
}
