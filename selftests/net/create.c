// SPDX-License-Identifier: GPL-2.0-only
/* socket(), bind(), names: what a socket is before it talks to anyone. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/atcp.h>

#include "variants.h"

/* A socket of the server's family with a type or protocol of choice. */
static int raw_socket(int type, int proto)
{
	int af = net_af(SRV);

	if (!net_mode.atcp[SRV])
		return socket(af, type, proto);
	if (!proto && af == AF_INET6)
		proto = ATCPPROTO_INET6;
	return socket(net_atcp_family(), type, proto);
}

/* Few, as native TCP's families ask for a module for each that they don't know. */
NET_SLOW_TEST(bad_types)
{
	static const int types[] = {
		SOCK_RDM, 11, 12, 99, -1, SOCK_STREAM | 0x10, SOCK_STREAM | 0x1000000,
	};
	static const int protos[] = { -1, 0x7fffffff, 250 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		net_note("type %d ", types[i]);
		CALL(raw_socket(types[i], 0));
	}
	for (i = 0; i < ARRAY_SIZE(protos); i++) {
		net_note("protocol %d ", protos[i]);
		CALL(raw_socket(SOCK_STREAM, protos[i]));
	}
}

/* Types that another protocol of native's families has, and this one has not. */
NET_PLAIN_TEST(types_of_others)
{
	if (!net_mode.atcp[SRV])
		return;
	FAILS(ESOCKTNOSUPPORT, socket(net_atcp_family(), SOCK_DGRAM, 0));
	FAILS(ESOCKTNOSUPPORT, socket(net_atcp_family(), SOCK_RAW, 0));
	FAILS(ESOCKTNOSUPPORT, socket(net_atcp_family(), SOCK_RAW, IPPROTO_ICMP));
	FAILS(ESOCKTNOSUPPORT, socket(net_atcp_family(), SOCK_DGRAM, 1));
	FAILS(EPROTONOSUPPORT, socket(net_atcp_family(), SOCK_STREAM, 2));
	FAILS(EPROTONOSUPPORT, socket(net_atcp_family(), SOCK_STREAM, IPPROTO_TCP));
	FAILS(EPROTONOSUPPORT, socket(net_atcp_family(), SOCK_STREAM, IPPROTO_UDP));
}

NET_TEST(type_flags)
{
	int fd = raw_socket(SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int v[2];

	GIVES(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	GIVES(FD_CLOEXEC, fcntl(fd, F_GETFD));
	fd = raw_socket(SOCK_STREAM, 0);
	GIVES(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
	GIVES(0, fcntl(fd, F_GETFD));
	CALL(socketpair(net_mode.atcp[SRV] ? net_atcp_family() : AF_INET, SOCK_STREAM, 0, v));
	CALL(read(fd, v, 1));
	CALL(lseek(fd, 0, SEEK_SET));
	CALL(pread(fd, v, 1, 0));
	CALL(ftruncate(fd, 0));
	CALL(fsync(fd));
	GIVES(0, close(fd));
}

NET_TEST(bind_lengths)
{
	struct net_addr a = net_any(SRV, 0);
	int fd = net_socket(SRV, 0);
	static const int lens[] = {
		-1, 0, 1, 2, 8, 15, 16, 23, 24, 27, 28, 29, 128, 129, 1 << 20,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		int s = net_socket(SRV, 0);

		net_note("length %d ", lens[i]);
		CALL(bind(s, &a.sa, lens[i]));
		close(s);
	}
	FAILS(EFAULT, bind(fd, NULL, a.len));
	FAILS(EFAULT, bind(fd, (void *)8, a.len));
	CALL(bind(fd, NULL, 0));
	GIVES(0, bind(fd, &a.sa, a.len));
	FAILS(EINVAL, bind(fd, &a.sa, a.len));
}

NET_TEST(bind_families)
{
	static const int families[] = {
		AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, 18, 255, 65535,
	};
	struct net_addr any = net_any(SRV, 0);
	struct net_addr here = net_local(SRV, 0);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		int fd = net_socket(SRV, 0);

		/* An address of the other version, as long as this one's. */
		any.sa.sa_family = families[i];
		here.sa.sa_family = families[i];
		net_note("family %d ", families[i]);
		CALL(bind(fd, &here.sa, here.len));
		close(fd);
		fd = net_socket(SRV, 0);
		CALL(bind(fd, &any.sa, any.len));
		close(fd);
	}
}

static void bind_to(const char *ip, uint32_t scope)
{
	struct net_addr a = { 0 };
	int fd = net_socket(SRV, 0);

	if (inet_pton(AF_INET6, ip, &a.in6.sin6_addr) == 1) {
		a.len = sizeof(a.in6);
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_scope_id = scope;
	} else {
		a.len = sizeof(a.in);
		a.in.sin_family = AF_INET;
		a.in.sin_addr.s_addr = inet_addr(ip);
	}
	net_note("%s ", ip);
	CALL(bind(fd, &a.sa, a.len));
	net_note("listens ");
	CALL(listen(fd, 1));
	close(fd);
}

NET_TEST(bind_addresses)
{
	static const char * const ips4[] = {
		"127.0.0.1", "127.9.9.9", "0.0.0.0", "192.0.2.1", "224.0.0.1",
		"255.255.255.255", "127.255.255.255", "240.0.0.1",
	};
	static const char * const ips6[] = {
		"::1", "::", "2001:db8::1", "fe80::1", "ff02::1", "ff0e::1",
		"::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:192.0.2.1", "::127.0.0.1",
		"::ffff:224.0.0.1",
	};
	size_t i;

	if (net_af(SRV) == AF_INET)
		for (i = 0; i < ARRAY_SIZE(ips4); i++)
			bind_to(ips4[i], 0);
	else
		for (i = 0; i < ARRAY_SIZE(ips6); i++)
			bind_to(ips6[i], 0);
	if (net_af(SRV) == AF_INET6) {
		bind_to("fe80::1", 1);
		bind_to("fe80::1", 99);
		bind_to("ff02::1", 1);
		bind_to("::1", 1);
		bind_to("::1", 99);
	}
}

NET_TEST(bind_v6only)
{
	struct net_addr a = net_ip(SRV, "127.0.0.1", "::1", 0);
	int fd;

	CALL(net_af(SRV));
	if (net_af(SRV) == AF_INET)
		return;
	MUST(inet_pton(AF_INET6, "::ffff:127.0.0.1", &a.in6.sin6_addr) == 1);
	fd = net_socket(SRV, 0);
	net_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	CALL(bind(fd, &a.sa, a.len));
	MUST(inet_pton(AF_INET6, "::1", &a.in6.sin6_addr) == 1);
	CALL(bind(fd, &a.sa, a.len));
	/* Too late: the address has been taken under the other rule. */
	CALL(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 0 }, sizeof(int)));
}

NET_TEST(bind_privileged)
{
	struct net_addr a = net_any(SRV, 80);
	int fd = net_socket(SRV, 0);

	MUST(seteuid(65534) == 0);
	FAILS(EACCES, bind(fd, &a.sa, a.len));
	a = net_any(SRV, 1023);
	FAILS(EACCES, bind(fd, &a.sa, a.len));
	a = net_any(SRV, 1024);
	GIVES(0, bind(fd, &a.sa, a.len));
	MUST(seteuid(0) == 0);
	close(fd);
	fd = net_socket(SRV, 0);
	a = net_any(SRV, 80);
	GIVES(0, bind(fd, &a.sa, a.len));
}

static void note_name(const char *what, int ret, const struct net_addr *a)
{
	char ip[INET6_ADDRSTRLEN] = "";

	if (ret < 0) {
		net_note("%s: %s\n", what, strerrorname_np(errno));
		return;
	}
	if (a->sa.sa_family == AF_INET)
		inet_ntop(AF_INET, &a->in.sin_addr, ip, sizeof(ip));
	else
		inet_ntop(AF_INET6, &a->in6.sin6_addr, ip, sizeof(ip));
	net_note("%s: family %d, %s, %s port, %u bytes\n", what, a->sa.sa_family, ip,
		 a->in.sin_port ? "a" : "no", a->len);
}

static void note_names(const char *when, int fd)
{
	struct net_addr a = { .len = sizeof(a.ss) };

	net_note("%s\n", when);
	note_name("own", getsockname(fd, &a.sa, &a.len), &a);
	memset(&a, 0, sizeof(a));
	a.len = sizeof(a.ss);
	note_name("peer", getpeername(fd, &a.sa, &a.len), &a);
}

NET_TEST(names)
{
	struct net_addr a = net_local(SRV, 0);
	struct net_pair p = net_connected();
	int fd = net_socket(SRV, 0);

	note_names("fresh", fd);
	MUST(bind(fd, &a.sa, a.len) == 0);
	note_names("bound", fd);
	note_names("listening", p.listener);
	note_names("client", p.cli);
	note_names("server", p.srv);
	MUST(shutdown(p.cli, SHUT_WR) == 0);
	MUST(net_wait(p.srv, POLLRDHUP));
	note_names("client after its FIN", p.cli);
	note_names("server after the client's FIN", p.srv);
	MUST(shutdown(p.srv, SHUT_WR) == 0);
	UNTIL(net_poll(p.cli) & POLLHUP);
	note_names("client after both", p.cli);
	note_names("listener after shutdown", (shutdown(p.listener, SHUT_RDWR), p.listener));
}

NET_TEST(name_lengths)
{
	struct net_pair p = net_connected();
	struct net_addr a;
	static const int lens[] = { 0, 1, 2, 7, 8, 16, 24, 28, 128, 4096 };
	socklen_t len = sizeof(a.ss);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		net_note("length %d ", lens[i]);
		memset(&a, 0xee, sizeof(a));
		a.len = lens[i];
		CALL(getsockname(p.srv, &a.sa, &a.len));
		net_note("left %u, byte after %x\n", a.len, ((unsigned char *)&a.ss)[lens[i] & 31]);
		a.len = lens[i];
		CALL(getpeername(p.srv, &a.sa, &a.len));
		net_note("left %u\n", a.len);
	}
	len = -1;
	FAILS(EINVAL, getsockname(p.srv, &a.sa, &len));
	FAILS(EINVAL, getpeername(p.srv, &a.sa, &len));
	FAILS(EFAULT, getsockname(p.srv, &a.sa, NULL));
	len = sizeof(a.ss);
	FAILS(EFAULT, getsockname(p.srv, NULL, &len));
	FAILS(EFAULT, getpeername(p.srv, NULL, &len));
	FAILS(ENOTCONN, getpeername(p.listener, NULL, &len));
}

TEST_HARNESS_MAIN
