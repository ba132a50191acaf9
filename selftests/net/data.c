// SPDX-License-Identifier: GPL-2.0-only
/* send() and recv() in all forms, between two ends on good terms. */
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "variants.h"

static void note_read(int fd, size_t size, int flags)
{
	char text[256] = "";
	int n = recv(fd, text, size, flags);

	if (n < 0)
		net_note("read: %s\n", strerrorname_np(errno));
	else
		net_note("read: %d bytes, %.*s\n", n, n, text);
}

NET_TEST(vectors)
{
	struct net_pair p = net_connected();
	char a[3] = "", b[4] = "", c[64] = "";
	struct iovec out[] = { { "one", 3 }, { NULL, 0 }, { "two", 3 }, { "three", 5 } };
	struct iovec in[] = { { a, sizeof(a) }, { b, 0 }, { b, sizeof(b) }, { c, sizeof(c) } };
	struct net_addr from = { 0 };
	struct msghdr m = { .msg_iov = out, .msg_iovlen = 4 };

	GIVES(11, sendmsg(p.cli, &m, 0));
	m.msg_iov = in;
	m.msg_name = &from.sa;
	m.msg_namelen = sizeof(from.ss);
	m.msg_flags = 0x55;
	UNTIL(net_queued(p.srv) == 11);
	GIVES(11, recvmsg(p.srv, &m, 0));
	net_note("%.3s %.4s %.64s, name %u, flags %x\n", a, b, c, m.msg_namelen, m.msg_flags);
	GIVES(11, writev(p.srv, out, 4));
	UNTIL(net_queued(p.cli) == 11);
	GIVES(11, readv(p.cli, in, 4));
	net_note("%.3s %.4s %.64s\n", a, b, c);
	m.msg_iovlen = 1025;
	FAILS(EMSGSIZE, sendmsg(p.cli, &m, 0));
	m.msg_iovlen = 0;
	CALL(sendmsg(p.cli, &m, 0));
	FAILS(EFAULT, sendmsg(p.cli, NULL, 0));
	FAILS(EFAULT, recvmsg(p.cli, NULL, MSG_DONTWAIT));
}

NET_TEST(many_messages)
{
	struct net_pair p = net_connected();
	struct iovec out[] = { { "one", 3 }, { "three", 5 } };
	char text[2][4];
	struct iovec in[] = { { text[0], 4 }, { text[1], 4 } };
	struct mmsghdr s[2] = { { { .msg_iov = &out[0], .msg_iovlen = 1 } },
				{ { .msg_iov = &out[1], .msg_iovlen = 1 } } };
	struct mmsghdr r[2] = { { { .msg_iov = &in[0], .msg_iovlen = 1 } },
				{ { .msg_iov = &in[1], .msg_iovlen = 1 } } };

	GIVES(2, sendmmsg(p.cli, s, 2, 0));
	UNTIL(net_queued(p.srv) == 8);
	GIVES(2, recvmmsg(p.srv, r, 2, 0, NULL));
	GIVES(4, r[0].msg_len);
	GIVES(4, r[1].msg_len);
}

/* An address is not asked for on a connection, and not looked at. */
NET_TEST(addresses)
{
	struct net_pair p = net_connected();
	struct net_addr to = net_local(CLI, net_port(p.listener));
	struct net_addr from = { .len = sizeof(from.ss) };
	char c;

	CALL(sendto(p.cli, "x", 1, 0, &to.sa, to.len));
	CALL(sendto(p.cli, "y", 1, 0, &to.sa, 0));
	CALL(sendto(p.cli, "z", 1, 0, &to.sa, -1));
	CALL(sendto(p.cli, "z", 1, 0, &to.sa, 129));
	CALL(recvfrom(p.srv, &c, 1, 0, &from.sa, &from.len));
	CALL(from.len);
	CALL(sendto(net_socket(CLI, 0), "x", 1, MSG_NOSIGNAL, &to.sa, to.len));
}

NET_TEST(control_messages)
{
	struct net_pair p = net_connected();
	struct iovec one = { "x", 1 };
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(int))];
	} u;
	static const int kinds[][2] = {
		{ SOL_SOCKET, SCM_RIGHTS }, { SOL_SOCKET, SO_MARK }, { SOL_SOCKET, 9999 },
		{ IPPROTO_IP, IP_TTL }, { IPPROTO_TCP, 1 }, { SOL_SOCKET, SO_TIMESTAMPING },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct msghdr m = { .msg_iov = &one, .msg_iovlen = 1,
				    .msg_control = &u, .msg_controllen = sizeof(u) };

		u.h.cmsg_len = CMSG_LEN(sizeof(int));
		u.h.cmsg_level = kinds[i][0];
		u.h.cmsg_type = kinds[i][1];
		memset(CMSG_DATA(&u.h), 0, sizeof(int));
		net_note("level %d, type %d ", kinds[i][0], kinds[i][1]);
		CALL(sendmsg(p.cli, &m, 0));
		u.h.cmsg_len = 3;
		CALL(sendmsg(p.cli, &m, 0));
	}
}

NET_TEST(peek)
{
	struct net_pair p = net_connected();

	GIVES(6, send(p.cli, "abcdef", 6, 0));
	UNTIL(net_queued(p.srv) == 6);
	note_read(p.srv, 3, MSG_PEEK);
	note_read(p.srv, 64, MSG_PEEK);
	CALL(net_queued(p.srv));
	note_read(p.srv, 2, 0);
	GIVES(3, send(p.cli, "ghi", 3, 0));
	UNTIL(net_queued(p.srv) == 7);
	/* Over the boundary of two segments. */
	note_read(p.srv, 7, MSG_PEEK | MSG_WAITALL);
	note_read(p.srv, 64, 0);
	note_read(p.srv, 64, MSG_PEEK | MSG_DONTWAIT);
	GIVES(0, shutdown(p.cli, SHUT_WR));
	MUST(net_wait(p.srv, POLLRDHUP));
	note_read(p.srv, 64, MSG_PEEK);
	note_read(p.srv, 64, 0);
}

NET_TEST(dont_wait)
{
	struct net_pair p = net_connected();

	note_read(p.srv, 4, MSG_DONTWAIT);
	note_read(p.srv, 4, MSG_DONTWAIT | MSG_WAITALL);
	GIVES(2, send(p.cli, "ab", 2, MSG_DONTWAIT));
	MUST(net_wait(p.srv, POLLIN));
	note_read(p.srv, 4, MSG_DONTWAIT | MSG_WAITALL);
	GIVES(0, fcntl(p.srv, F_SETFL, O_NONBLOCK));
	note_read(p.srv, 4, 0);
	FAILS(EAGAIN, read(p.srv, &(char){ 0 }, 1));
	GIVES(0, fcntl(p.srv, F_SETFL, 0));
	CALL(recv(p.srv, NULL, 0, MSG_DONTWAIT));
	note_read(p.srv, 4, MSG_ERRQUEUE);
	note_read(p.srv, 4, MSG_ERRQUEUE | MSG_DONTWAIT);
}

NET_TEST(no_bytes)
{
	struct net_pair p = net_connected();

	GIVES(0, send(p.cli, "", 0, 0));
	GIVES(0, write(p.cli, NULL, 0));
	GIVES(2, send(p.cli, "ab", 2, 0));
	UNTIL(net_queued(p.srv) == 2);
	GIVES(0, recv(p.srv, NULL, 0, 0));
	CALL(net_queued(p.srv));
	note_read(p.srv, 64, 0);
	CALL(send(net_socket(CLI, 0), "", 0, MSG_NOSIGNAL));
}

/* MSG_TRUNC throws the bytes away, and no buffer is needed. */
NET_TEST(truncate)
{
	struct net_pair p = net_connected();
	char text[8] = "-------";

	GIVES(10, send(p.cli, "abcdefghij", 10, 0));
	UNTIL(net_queued(p.srv) == 10);
	GIVES(3, recv(p.srv, NULL, 3, MSG_TRUNC));
	GIVES(2, recv(p.srv, text, 2, MSG_TRUNC));
	net_note("untouched %s\n", text);
	CALL(recv(p.srv, text, 2, MSG_TRUNC | MSG_PEEK));
	GIVES(5, net_queued(p.srv));
	GIVES(5, recv(p.srv, NULL, 100, MSG_TRUNC | MSG_DONTWAIT));
	CALL(recv(p.srv, NULL, 100, MSG_TRUNC | MSG_DONTWAIT));
}

NET_TEST(bad_memory)
{
	struct net_pair p = net_connected();
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char text[64] = "";
	int n;

	MUST(page != MAP_FAILED && munmap(page + 4096, 4096) == 0);
	FAILS(EFAULT, send(p.cli, NULL, 10, 0));
	FAILS(EFAULT, send(p.cli, page + 4096, 10, 0));
	FAILS(EFAULT, send(p.cli, (void *)-4096, 10, 0));
	CALL(net_poll(p.srv));
	GIVES(6, send(p.cli, "abcdef", 6, 0));
	UNTIL(net_queued(p.srv) == 6);
	FAILS(EFAULT, recv(p.srv, NULL, 6, 0));
	FAILS(EFAULT, recv(p.srv, page + 4096, 6, 0));
	/* What could not be handed over is not lost. */
	GIVES(6, net_queued(p.srv));
	n = recv(p.srv, page + 4096 - 3, 6, 0);
	CHECK(n == 3 || (n == -1 && errno == EFAULT));
	n = recv(p.srv, text, sizeof(text), 0);
	CHECK(n == 6 || n == 3);
	CHECK(!memcmp(text, n == 6 ? "abcdef" : "def", n));
	/* The readable part of a write may go, no more of it. */
	memset(page, 'x', 4096);
	n = send(p.cli, page + 4096 - 100, 200, 0);
	CHECK(n == 100 || (n == -1 && errno == EFAULT));
	FAILS(EFAULT, ioctl(p.cli, SIOCINQ, NULL));
	FAILS(EFAULT, ioctl(p.cli, SIOCOUTQ, NULL));
}

static int outq(int fd, unsigned long which)
{
	int n = -2;

	return ioctl(fd, which, &n) < 0 ? -1 : n;
}

NET_TEST(queues)
{
	struct net_pair p = net_connected();
	char text[100] = "";
	int fresh = net_socket(CLI, 0);

	GIVES(0, outq(p.cli, SIOCOUTQ));
	GIVES(0, outq(p.cli, SIOCOUTQNSD));
	GIVES(100, send(p.cli, text, 100, 0));
	UNTIL(net_queued(p.srv) == 100);
	UNTIL(outq(p.cli, SIOCOUTQ) == 0);
	GIVES(0, outq(p.cli, SIOCOUTQNSD));
	GIVES(0, outq(p.cli, SIOCINQ));
	CALL(outq(p.listener, SIOCINQ));
	CALL(outq(p.listener, SIOCOUTQ));
	CALL(outq(p.listener, SIOCOUTQNSD));
	CALL(outq(fresh, SIOCINQ));
	CALL(outq(fresh, SIOCOUTQ));
	CALL(outq(fresh, SIOCOUTQNSD));
	GIVES(0, shutdown(p.cli, SHUT_WR));
	MUST(net_wait(p.srv, POLLRDHUP));
	/* A FIN is not a byte that anyone can read. */
	GIVES(100, net_queued(p.srv));
	UNTIL(outq(p.cli, SIOCOUTQ) == 0);
	GIVES(100, recv(p.srv, text, 100, 0));
	CALL(net_queued(p.srv));
}

NET_TEST(other_ioctls)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	struct net_pair p = net_connected();
	char room[256] = "";

	CALL(ioctl(p.cli, SIOCGIFINDEX, &ifr));
	CALL(ioctl(p.cli, SIOCGIFFLAGS, &ifr));
	CALL(ioctl(p.cli, SIOCGIFMTU, &ifr));
	CALL(ioctl(p.cli, SIOCGSTAMP, room));
	CALL(ioctl(p.cli, 0x12345678, room));
	CALL(ioctl(p.cli, TIOCGWINSZ, room));
	CALL(ioctl(p.cli, FIONBIO, &(int){ 1 }));
	note_read(p.cli, 1, 0);
	CALL(ioctl(p.cli, FIONBIO, &(int){ 0 }));
}

static bool try_more(bool record)
{
	struct net_pair p = net_connected();
	int64_t start = net_now_ms();
	int held;

	MUST(send(p.cli, "abc", 3, MSG_MORE) == 3 && send(p.cli, "def", 3, MSG_MORE) == 3);
	held = outq(p.cli, SIOCOUTQNSD);
	if (!record && net_now_ms() - start > 100)
		return false;
	GIVES(6, held);
	GIVES(3, send(p.cli, "ghi", 3, 0));
	UNTIL(net_queued(p.srv) == 9);
	note_read(p.srv, 64, 0);
	return true;
}

NET_TEST(more_to_come)
{
	int tries = 10;

	while (tries && !try_more(tries == 1))
		tries--;
}

NET_TEST(file)
{
	struct net_pair p = net_connected();
	int file = memfd_create("file", 0);
	char text[6000], back[6000];
	off_t at = 1000;
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = i * 7 + i / 251;
	MUST(write(file, text, sizeof(text)) == sizeof(text));
	GIVES(5000, sendfile(p.cli, file, &at, 10000));
	GIVES(6000, at);
	GIVES(0, sendfile(p.cli, file, &at, 10000));
	GIVES(5000, recv(p.srv, back, 5000, MSG_WAITALL));
	GIVES(0, memcmp(back, text + 1000, 5000));
	FAILS(EPIPE, (signal(SIGPIPE, SIG_IGN), at = 0,
		      sendfile(net_socket(CLI, 0), file, &at, 10)));
}

NET_TEST(pipes)
{
	struct net_pair p = net_connected();
	char back[64] = "";
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };

	MUST(pipe(in) == 0 && pipe(out) == 0);
	MUST(write(in[1], "splice me", 9) == 9);
	GIVES(9, splice(in[0], NULL, p.cli, NULL, 100, 0));
	UNTIL(net_queued(p.srv) == 9);
	GIVES(4, splice(p.srv, NULL, out[1], NULL, 4, 0));
	GIVES(5, splice(p.srv, NULL, out[1], NULL, 100, 0));
	GIVES(9, read(out[0], back, sizeof(back)));
	net_note("%s\n", back);
	/* SPLICE_F_NONBLOCK speaks of the pipe, O_NONBLOCK of the socket. */
	MUST(fcntl(p.srv, F_SETFL, O_NONBLOCK) == 0);
	MUST(fcntl(p.listener, F_SETFL, O_NONBLOCK) == 0);
	FAILS(EAGAIN, splice(p.srv, NULL, out[1], NULL, 100, SPLICE_F_NONBLOCK));
	CALL(splice(p.srv, &(loff_t){ 0 }, out[1], NULL, 100, 0));
	CALL(splice(p.listener, NULL, out[1], NULL, 100, 0));
	GIVES(0, shutdown(p.cli, SHUT_WR));
	MUST(net_wait(p.srv, POLLRDHUP));
	GIVES(0, splice(p.srv, NULL, out[1], NULL, 100, 0));
}

TEST_HARNESS_MAIN
