// SPDX-License-Identifier: GPL-2.0-only
#include "paths.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLI_IP4	"198.18.0.1"
#define CLI_IP6	"fd00:18::1"
#define SRV_IP4	"198.18.0.2"
#define SRV_IP6	"fd00:18::2"
#define PORT	4000

#define CLI_MAC	"02:00:00:00:00:01"
#define SRV_MAC	"02:00:00:00:00:02"

static int client_ns, server_ns;

/* All at once: starting a program takes longer than anything it does here. */
static void batch(const char *commands)
{
	FILE *f = popen("ip -batch -", "w");
	int status;

	MUST(f && fputs(commands, f) >= 0);
	status = pclose(f);
	if (status)
		printf("# ip: status %d of\n%s", status, commands);
	fflush(stdout);
	MUST(status == 0);
}

#define CLIENT_LINK						\
	"link set va up\n"					\
	"addr add " CLI_IP4 "/24 dev va\n"			\
	"addr add " CLI_IP6 "/64 dev va nodad\n"		\
	"neigh add " SRV_IP4 " lladdr " SRV_MAC " dev va nud permanent\n" \
	"neigh add " SRV_IP6 " lladdr " SRV_MAC " dev va nud permanent\n"

#define SERVER_ADDRESSES(verb)					\
	"addr " verb " " SRV_IP4 "/24 dev vb\n"			\
	"addr " verb " " SRV_IP6 "/64 dev vb nodad\n"

#define SERVER_LINK						\
	"link set vb up address " SRV_MAC "\n"			\
	"neigh add " CLI_IP4 " lladdr " CLI_MAC " dev vb nud permanent\n" \
	"neigh add " CLI_IP6 " lladdr " CLI_MAC " dev vb nud permanent\n"

struct net_addr path_swallowed(void)
{
	/* The far end has another MAC address, so its stack sees none of this. */
	MUST(net_own_namespace() == 0);
	batch("link add va type veth peer name vb\nlink set vb up\n" CLIENT_LINK);
	return net_ip(CLI, SRV_IP4, SRV_IP6, PORT);
}

static void enter(int ns)
{
	MUST(setns(ns, CLONE_NEWNET) == 0);
}

static int this_namespace(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY);

	MUST(fd >= 0);
	return fd;
}

struct net_pair path_pair(void)
{
	struct net_addr to = net_ip(CLI, SRV_IP4, SRV_IP6, PORT);
	struct net_addr at = net_any(SRV, PORT);
	struct net_pair p;
	char link[1024];

	MUST(net_own_namespace() == 0);
	server_ns = this_namespace();
	MUST(net_own_namespace() == 0);
	client_ns = this_namespace();
	snprintf(link, sizeof(link), "link add va address %s type veth peer name vb netns %s%d\n%s",
		 CLI_MAC, "/proc/self/fd/", server_ns, CLIENT_LINK);
	batch(link);
	enter(server_ns);
	batch(SERVER_LINK SERVER_ADDRESSES("add"));
	p.listener = net_socket(SRV, 0);
	MUST(bind(p.listener, &at.sa, at.len) == 0);
	MUST(listen(p.listener, 4) == 0);
	enter(client_ns);
	p.cli = net_socket(CLI, 0);
	MUST(connect(p.cli, &to.sa, to.len) == 0);
	p.srv = accept(p.listener, NULL, NULL);
	MUST(p.srv >= 0);
	return p;
}

void path_cut(void)
{
	enter(server_ns);
	batch(SERVER_ADDRESSES("del"));
	enter(client_ns);
}

void path_mend(void)
{
	enter(server_ns);
	batch(SERVER_ADDRESSES("add"));
	enter(client_ns);
}
