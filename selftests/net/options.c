// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include <string.h>
#include <unistd.h>

#include "net.h"

static void note_value(int fd, const struct option_case *c)
{
	int value = 0x55555555;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, c->level, c->option, &value, &len) < 0)
		net_note("%s: get %s\n", c->name, strerrorname_np(errno));
	else
		net_note("%s: is %d, %u bytes\n", c->name, value, len);
}

void option_values(int fd, const struct option_case *c)
{
	size_t i;

	note_value(fd, c);
	for (i = 0; i < c->count; i++) {
		int ret = setsockopt(fd, c->level, c->option, &c->values[i], sizeof(int));

		net_note("%s: set %d %s\n", c->name, c->values[i],
			 ret < 0 ? strerrorname_np(errno) : "well");
		note_value(fd, c);
	}
}

void option_misuse(int fd, const struct option_case *c)
{
	static const int lens[] = { -1, 0, 1, 2, 3, 5, 8, 300 };
	unsigned char room[300];
	size_t i;

	for (i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		socklen_t len = lens[i];
		int ret;

		net_note("%s: length %d ", c->name, lens[i]);
		memset(room, 0, sizeof(room));
		room[0] = c->values[0];
		ret = setsockopt(fd, c->level, c->option, room, len);
		net_note("set %s, ", ret < 0 ? strerrorname_np(errno) : "well");
		memset(room, 0x55, sizeof(room));
		ret = getsockopt(fd, c->level, c->option, room, &len);
		net_note("get %s, %d bytes, %02x%02x%02x%02x%02x\n",
			 ret < 0 ? strerrorname_np(errno) : "well", (int)len,
			 room[0], room[1], room[2], room[3], room[4]);
	}
	net_note("%s: pointers\n", c->name);
	CALL(setsockopt(fd, c->level, c->option, NULL, sizeof(int)));
	CALL(setsockopt(fd, c->level, c->option, (void *)8, sizeof(int)));
	CALL(setsockopt(fd, c->level, c->option, NULL, 0));
	CALL(getsockopt(fd, c->level, c->option, NULL, &(socklen_t){ sizeof(int) }));
	CALL(getsockopt(fd, c->level, c->option, room, NULL));
	CALL(getsockopt(fd, c->level, c->option, room, (void *)8));
}

void option_on(const char *what, int fd, const struct option_case *cases, size_t count)
{
	size_t i;

	net_note("%s\n", what);
	for (i = 0; i < count; i++) {
		option_values(fd, &cases[i]);
		option_misuse(fd, &cases[i]);
	}
}

void option_everywhere(const struct option_case *cases, size_t count)
{
	struct net_pair p = net_connected();

	option_on("fresh server", net_socket(SRV, 0), cases, count);
	option_on("fresh client", net_socket(CLI, 0), cases, count);
	option_on("listener", p.listener, cases, count);
	option_on("server", p.srv, cases, count);
	option_on("client", p.cli, cases, count);
}
