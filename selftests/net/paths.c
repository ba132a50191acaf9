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

static void ip(const char *arguments)
{
	char command[256];
	int status;

	snprintf(command, sizeof(command), "ip %s", arguments);
	status = system(command);
	if (status)
		printf("# %s: status %d\n", command, status);
	fflush(stdout);
	MUST(status == 0);
}

static void client_link(void)
{
	ip("link set va up");
	ip("addr add " CLI_IP4 "/24 dev va");
	ip("addr add " CLI_IP6 "/64 dev va nodad");
	ip("neigh add " SRV_IP4 " lladdr " SRV_MAC " dev va nud permanent");
	ip("neigh add " SRV_IP6 " lladdr " SRV_MAC " dev va nud permanent");
}

struct net_addr path_swallowed(void)
{
	/* The far end has another MAC address, so its stack sees none of this. */
	MUST(net_own_namespace() == 0);
	ip("link add va type veth peer name vb");
	ip("link set vb up");
	client_link();
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
	char command[256];

	MUST(net_own_namespace() == 0);
	server_ns = this_namespace();
	MUST(net_own_namespace() == 0);
	client_ns = this_namespace();
	snprintf(command, sizeof(command), "link add va address %s type veth peer name vb netns %s%d",
		 CLI_MAC, "/proc/self/fd/", server_ns);
	ip(command);
	client_link();
	enter(server_ns);
	ip("link set vb up address " SRV_MAC);
	ip("neigh add " CLI_IP4 " lladdr " CLI_MAC " dev vb nud permanent");
	ip("neigh add " CLI_IP6 " lladdr " CLI_MAC " dev vb nud permanent");
	path_mend();
	enter(server_ns);
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
	ip("addr del " SRV_IP4 "/24 dev vb");
	ip("addr del " SRV_IP6 "/64 dev vb");
	enter(client_ns);
}

void path_mend(void)
{
	enter(server_ns);
	ip("addr add " SRV_IP4 "/24 dev vb");
	ip("addr add " SRV_IP6 "/64 dev vb nodad");
	enter(client_ns);
}
