// SPDX-License-Identifier: GPL-2.0-only
/* Options of tcp(7): what they take, what they say, what they do. */
#include <fcntl.h>
#include <linux/tcp.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "options.h"
#include "paths.h"
#include "variants.h"

#define TCP(name, ...) INT_OPTION(IPPROTO_TCP, name, __VA_ARGS__)
#define MOST 0x7fffffff

/* Native TCP's 6 are less than the 3 minutes of RFC 9293, MUST-23. */
static void syn_retries_as_atcp(void)
{
	int fd = open("/proc/sys/net/ipv4/tcp_syn_retries", O_WRONLY);

	MUST(fd >= 0);
	MUST(write(fd, "7", 1) == 1);
	MUST(close(fd) == 0);
}

NET_TEST(values)
{
	const struct option_case cases[] = {
		TCP(TCP_NODELAY, 1, 0, 2, -1), TCP(TCP_CORK, 1, 0, 2, -1),
		TCP(TCP_KEEPIDLE, 1, 7200, 32767, 0, 32768, -1, MOST),
		TCP(TCP_KEEPINTVL, 1, 75, 32767, 0, 32768, -1),
		TCP(TCP_KEEPCNT, 1, 9, 127, 0, 128, -1),
		TCP(TCP_USER_TIMEOUT, 1, 1000, 0, -1, MOST),
		TCP(TCP_SYNCNT, 1, 6, 127, 0, 128, -1),
		TCP(TCP_LINGER2, 1, 60, 61, 0, -1, -2, 120, 121, MOST),
		TCP(TCP_DEFER_ACCEPT, 1, 3, 7, 10, 0, -1, 1000),
		TCP(TCP_NOTSENT_LOWAT, 1, 16384, 0, -1),
		TCP(9999, 1), TCP(-1, 1),
	};

	syn_retries_as_atcp();
	option_everywhere(cases, ARRAY_SIZE(cases));
}

NET_TEST(quickack)
{
	const struct option_case c = TCP(TCP_QUICKACK, 1, 0, 2, -1);
	struct net_pair p = net_connected();

	option_values(net_socket(SRV, 0), &c);
	option_values(p.listener, &c);
	option_misuse(p.listener, &c);
}

static int maxseg(int fd)
{
	int value = -2;

	MUST(getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &value, &(socklen_t){ sizeof(value) }) == 0);
	return value;
}

NET_TEST(maxseg_values)
{
	const struct option_case c = TCP(TCP_MAXSEG, 0, 88, 1000, 32767, 87, 1, 32768, -1, 0);

	option_values(net_socket(SRV, 0), &c);
	option_misuse(net_socket(SRV, 0), &c);
	option_values(net_listener(1), &c);
}

/* Both ends keep to the smaller of the two, less the room for timestamps. */
NET_TEST(maxseg_negotiated)
{
	int l = net_listener(4);
	struct net_addr to = net_local(CLI, net_port(l));
	int cli = net_socket(CLI, 0);
	int srv;

	net_set_int(cli, IPPROTO_TCP, TCP_MAXSEG, 600);
	MUST(connect(cli, &to.sa, to.len) == 0);
	MUST((srv = accept(l, NULL, NULL)) >= 0);
	CALL(maxseg(cli));
	CALL(maxseg(srv));
	net_set_int(l, IPPROTO_TCP, TCP_MAXSEG, 500);
	cli = net_connect(l, 0);
	MUST((srv = accept(l, NULL, NULL)) >= 0);
	CALL(maxseg(cli));
	CALL(maxseg(srv));
}

NET_TEST(maxseg_of_the_link)
{
	struct net_pair p = net_connected();

	/* Native TCP keeps it below half of the window, which is its own affair. */
	CHECK(maxseg(p.cli) > 30000);
	CHECK(maxseg(p.srv) > 30000);
	p = path_pair();
	CALL(maxseg(p.cli));
	CALL(maxseg(p.srv));
}

/* Names differ with what each stack has; what is said to a wrong one does not. */
NET_TEST(congestion)
{
	static const char * const names[] = { "nosuchthing", "", "averyveryverylongname" };
	struct net_pair p = net_connected();
	char own[16] = "", back[16] = "";
	socklen_t len = sizeof(own);
	size_t i;

	GIVES(0, getsockopt(p.cli, IPPROTO_TCP, TCP_CONGESTION, own, &len));
	CALL(len);
	CHECK(own[0]);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		net_note("%s ", names[i]);
		CALL(setsockopt(p.cli, IPPROTO_TCP, TCP_CONGESTION, names[i], strlen(names[i])));
	}
	GIVES(0, setsockopt(p.cli, IPPROTO_TCP, TCP_CONGESTION, own, strlen(own)));
	/* Every Linux has it. */
	GIVES(0, setsockopt(p.cli, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	len = sizeof(back);
	GIVES(0, getsockopt(p.cli, IPPROTO_TCP, TCP_CONGESTION, back, &len));
	net_note("now %s\n", back);
	len = 3;
	CALL(getsockopt(p.cli, IPPROTO_TCP, TCP_CONGESTION, back, &len));
	CALL(len);
	CALL(setsockopt(p.cli, IPPROTO_TCP, TCP_CONGESTION, NULL, 4));
	CALL(getsockopt(p.cli, IPPROTO_TCP, TCP_CONGESTION, NULL, &len));
}

/* What is read of the name goes into the record. */
static void note_congestion(const char *what, int fd)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	MUST(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len) == 0);
	net_note("%s: %.16s, %u bytes\n", what, name, len);
}

static int set_congestion(int fd, const char *name, socklen_t len)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, len);
}

/* Lengths, and what ends a name. */
NET_TEST(congestion_names)
{
	static const char padded[32] = "reno", behind[] = "reno\0cubic";
	static const int lens[] = { -1, 0, 1, 4, 5, 15, 16, 17, 100 };
	int fd = net_socket(CLI, 0);
	char name[100];
	socklen_t len;
	size_t i;

	note_congestion("fresh", fd);
	CALL(set_congestion(fd, "renos", 4));
	note_congestion("cut by its length", fd);
	CALL(set_congestion(fd, "cubic", 5));
	note_congestion("cubic", fd);
	CALL(set_congestion(fd, padded, sizeof(padded)));
	note_congestion("padded", fd);
	CALL(set_congestion(fd, "cubic", 6));
	CALL(set_congestion(fd, behind, sizeof(behind)));
	note_congestion("with more behind", fd);
	CALL(set_congestion(fd, "cubi", 4));
	CALL(set_congestion(fd, "CUBIC", 5));
	CALL(set_congestion(fd, " reno", 5));
	CALL(set_congestion(fd, "reno\n", 5));
	CALL(set_congestion(fd, "reno cubic", 10));
	CALL(set_congestion(fd, "cubic", 0));
	note_congestion("as it was", fd);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		memset(name, '-', sizeof(name));
		len = lens[i];
		net_note("length %d ", lens[i]);
		CALL(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
		net_note("%u bytes: %.4s\n", len, name);
	}
}

/* The default of new sockets of that side; native TCP has its own. */
static long set_default(enum net_side side, const char *name)
{
	int fd = open(net_mode.atcp[side] ? "/proc/sys/net/atcp/congestion_control" :
					    "/proc/sys/net/ipv4/tcp_congestion_control",
		      O_WRONLY);
	long n;

	MUST(fd >= 0);
	n = write(fd, name, strlen(name));
	close(fd);
	return n;
}

static int accepted(int listener)
{
	int srv;

	net_connect(listener, 0);
	MUST((srv = accept(listener, NULL, NULL)) >= 0);
	return srv;
}

NET_TEST(congestion_default)
{
	int l = net_listener(8);

	CALL(set_default(SRV, "reno\n"));
	note_congestion("the listener was there before", l);
	note_congestion("what it accepts was not", accepted(l));
	note_congestion("new", net_socket(SRV, 0));
	CALL(set_congestion(l, "cubic", 5));
	note_congestion("what was set holds for the accepted", accepted(l));
	CALL(set_default(SRV, "cubic"));
	CALL(set_congestion(l, "reno", 4));
	note_congestion("likewise", accepted(l));
	CALL(set_default(SRV, "nosuchthing"));
	CALL(set_default(SRV, "averyveryveryverylongname"));
	CALL(set_default(SRV, ""));
	note_congestion("as it was", net_socket(SRV, 0));
	CALL(set_default(CLI, "cubic"));
}

/* A change in the middle of a transfer, at both ends. */
NET_TEST(congestion_changed_under_way)
{
	static char text[20000];
	struct net_pair p = net_connected();
	size_t i;

	for (i = 0; i < 20; i++) {
		GIVES(0, set_congestion(p.cli, i & 1 ? "cubic" : "reno", 5 - !(i & 1)));
		GIVES(sizeof(text), send(p.cli, text, sizeof(text), 0));
		GIVES(sizeof(text), recv(p.srv, text, sizeof(text), MSG_WAITALL));
	}
}

NET_TEST(inherited)
{
	static const int options[] = {
		TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT,
		TCP_SYNCNT, TCP_LINGER2, TCP_DEFER_ACCEPT, TCP_NOTSENT_LOWAT,
	};
	static const int socket_options[] = {
		SO_KEEPALIVE, SO_OOBINLINE, SO_RCVLOWAT, SO_REUSEADDR, SO_PRIORITY, SO_MARK,
		SO_SNDBUF, SO_RCVBUF, SO_ACCEPTCONN,
	};
	int l = net_listener(4);
	int value, cli, srv;
	socklen_t len = sizeof(value);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		net_set_int(l, IPPROTO_TCP, options[i], 5);
	for (i = 0; i < ARRAY_SIZE(socket_options) - 1; i++)
		net_set_int(l, SOL_SOCKET, socket_options[i], i < 4 ? 1 : 5);
	cli = net_connect(l, 0);
	/* what TCP_DEFER_ACCEPT waits for */
	MUST(send(cli, "x", 1, 0) == 1);
	MUST((srv = accept(l, NULL, NULL)) >= 0);
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		MUST(getsockopt(srv, IPPROTO_TCP, options[i], &value, &len) == 0);
		net_note("tcp %d: %d\n", options[i], value);
	}
	for (i = 0; i < ARRAY_SIZE(socket_options); i++) {
		MUST(getsockopt(srv, SOL_SOCKET, socket_options[i], &value, &len) == 0);
		net_note("socket %d: %d\n", socket_options[i], value);
	}
}

static struct tcp_info tcp_info(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	MUST(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0);
	return info;
}

NET_TEST(info)
{
	struct net_pair p = net_connected();
	struct tcp_info i;
	char text[1000] = "";

	GIVES(1000, send(p.cli, text, 1000, 0));
	GIVES(1000, recv(p.srv, text, 1000, MSG_WAITALL));
	GIVES(500, send(p.srv, text, 500, 0));
	GIVES(500, recv(p.cli, text, 500, MSG_WAITALL));
	UNTIL(tcp_info(p.srv).tcpi_unacked == 0);
	i = tcp_info(p.cli);
	CALL(i.tcpi_state);
	CALL(i.tcpi_ca_state);
	CALL(i.tcpi_options);
	CALL(i.tcpi_retransmits);
	CALL(i.tcpi_backoff);
	CALL(i.tcpi_unacked);
	CALL(i.tcpi_total_retrans);
	CHECK(i.tcpi_snd_mss > 30000);
	CALL(i.tcpi_pmtu);
	/* The SYN is counted as a byte. */
	GIVES(1001, i.tcpi_bytes_acked);
	GIVES(500, i.tcpi_bytes_received);
	GIVES(1000, i.tcpi_bytes_sent);
	GIVES(0, i.tcpi_notsent_bytes);
	CHECK(i.tcpi_rtt > 0 && i.tcpi_rtt < 1000000);
	CHECK(i.tcpi_rto >= 1000 && i.tcpi_rto < 10000000);
	CHECK(i.tcpi_snd_cwnd >= 2);
	CHECK(i.tcpi_rcv_space > 0);
	CHECK(i.tcpi_data_segs_out >= 1 && i.tcpi_data_segs_in >= 1);
	CHECK(i.tcpi_segs_out >= 3 && i.tcpi_segs_in >= 2);
	i = tcp_info(p.srv);
	CALL(i.tcpi_state);
	CALL(i.tcpi_options);
	GIVES(500, i.tcpi_bytes_acked);
	GIVES(1000, i.tcpi_bytes_received);
}

NET_TEST(info_elsewhere)
{
	static const int lens[] = { -1, 0, 1, 8, 104, 1000 };
	struct net_pair p = net_connected();
	char room[1000];
	socklen_t len;
	size_t i;

	CALL(tcp_info(net_socket(CLI, 0)).tcpi_state);
	CALL(tcp_info(net_bound(CLI, 0)).tcpi_state);
	CALL(tcp_info(p.listener).tcpi_state);
	/* Of a listener: the queue's length and its limit. */
	CALL(tcp_info(p.listener).tcpi_unacked);
	CALL(tcp_info(p.listener).tcpi_sacked);
	net_connect(p.listener, 0);
	MUST(net_wait(p.listener, POLLIN));
	CALL(tcp_info(p.listener).tcpi_unacked);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		len = lens[i];
		memset(room, 0, sizeof(room));
		net_note("length %d ", lens[i]);
		CALL(getsockopt(p.cli, IPPROTO_TCP, TCP_INFO, room, &len));
		net_note("state %d, %u bytes\n", room[0], len);
	}
	len = 104;
	FAILS(EFAULT, getsockopt(p.cli, IPPROTO_TCP, TCP_INFO, NULL, &len));
	CALL(setsockopt(p.cli, IPPROTO_TCP, TCP_INFO, room, 104));
}

/* Nothing is ready before there is data (RFC 9293 leaves it to the system). */
NET_TEST(defer_accept)
{
	int l = net_listener(4);
	int fd, srv;
	char c;

	net_set_int(l, IPPROTO_TCP, TCP_DEFER_ACCEPT, 10);
	MUST(fcntl(l, F_SETFL, O_NONBLOCK) == 0);
	fd = net_connect(l, 0);
	FAILS(EAGAIN, accept(l, NULL, NULL));
	GIVES(1, send(fd, "x", 1, 0));
	CALL(net_wait(l, POLLIN));
	GIVES(1, (srv = accept(l, NULL, NULL)) >= 0);
	GIVES(1, recv(srv, &c, 1, 0));
	GIVES(1, send(srv, "y", 1, 0));
	GIVES(1, recv(fd, &c, 1, 0));
}

static int corked(int fd)
{
	int n = -2;

	MUST(ioctl(fd, SIOCOUTQNSD, &n) == 0);
	return n;
}

/* False when the machine was so slow that the cork's 200 ms may have passed. */
static bool try_cork(bool record)
{
	struct net_pair p = net_connected();
	int64_t start = net_now_ms();
	char text[64];
	int held;

	net_set_int(p.cli, IPPROTO_TCP, TCP_CORK, 1);
	MUST(send(p.cli, "abc", 3, 0) == 3 && send(p.cli, "def", 3, 0) == 3);
	held = corked(p.cli);
	if (!record && net_now_ms() - start > 100)
		return false;
	GIVES(6, held);
	net_set_int(p.cli, IPPROTO_TCP, TCP_CORK, 0);
	UNTIL(net_queued(p.srv) == 6);
	GIVES(0, corked(p.cli));
	GIVES(6, recv(p.srv, text, sizeof(text), 0));
	/* TCP_NODELAY pulls the cork for what is there. */
	net_set_int(p.cli, IPPROTO_TCP, TCP_CORK, 1);
	GIVES(3, send(p.cli, "abc", 3, 0));
	net_set_int(p.cli, IPPROTO_TCP, TCP_NODELAY, 1);
	UNTIL(net_queued(p.srv) == 3);
	return true;
}

NET_TEST(cork)
{
	int tries = 10;

	while (tries && !try_cork(tries == 1))
		tries--;
}

/* The threshold is of what has not been sent. */
NET_TEST(not_sent_low_water)
{
	static char big[65536];
	struct net_pair p = net_connected();

	net_set_int(p.cli, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1);
	GIVES(POLLOUT | POLLWRNORM, net_poll(p.cli));
	while (send(p.cli, big, sizeof(big), MSG_DONTWAIT) > 0)
		;
	CHECK(errno == EAGAIN);
	CHECK(corked(p.cli) >= 0);
	GIVES(0, net_poll(p.cli));
}

/* Probes without an answer end an idle connection. */
NET_SLOW_TEST(keepalive)
{
	struct net_pair p = path_pair();
	char c;

	net_set_int(p.cli, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	net_set_int(p.cli, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	net_set_int(p.cli, IPPROTO_TCP, TCP_KEEPCNT, 2);
	net_set_int(p.cli, SOL_SOCKET, SO_KEEPALIVE, 1);
	path_cut();
	CALL(net_wait(p.cli, POLLIN));
	FAILS(ETIMEDOUT, recv(p.cli, &c, 1, 0));
	CALL(net_tcp_state(p.cli));
	CALL(recv(p.cli, &c, 1, 0));
	CALL(send(p.cli, "x", 1, MSG_NOSIGNAL));
}

/* So does data that nobody acknowledges for so long. */
NET_SLOW_TEST(user_timeout)
{
	struct net_pair p = path_pair();
	char c;

	net_set_int(p.cli, IPPROTO_TCP, TCP_USER_TIMEOUT, 700);
	path_cut();
	GIVES(1, send(p.cli, "x", 1, 0));
	CALL(net_wait(p.cli, POLLIN));
	FAILS(ETIMEDOUT, recv(p.cli, &c, 1, 0));
	CALL(net_tcp_state(p.cli));
}

/* A path that comes back in time has lost nothing. */
NET_SLOW_TEST(path_comes_back)
{
	struct net_pair p = path_pair();
	char text[8];

	path_cut();
	GIVES(5, send(p.cli, "hello", 5, 0));
	UNTIL(tcp_info(p.cli).tcpi_retransmits > 0);
	path_mend();
	GIVES(5, recv(p.srv, text, 5, MSG_WAITALL));
	UNTIL(tcp_info(p.cli).tcpi_unacked == 0);
	GIVES(0, tcp_info(p.cli).tcpi_retransmits);
	CHECK(tcp_info(p.cli).tcpi_total_retrans >= 1);
}

TEST_HARNESS_MAIN
