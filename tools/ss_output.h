/* SPDX-License-Identifier: GPL-2.0-only */
/* What atcp ss prints, and how. */
#ifndef ATCP_TOOLS_SS_OUTPUT_H
#define ATCP_TOOLS_SS_OUTPUT_H

#include <arpa/inet.h>

#include "ss.h"

struct ss_options {
	bool numeric, extended, timer, memory, info, processes, no_header, json;
};

struct ss_list {
	struct ss_socket *v;
	unsigned int n, cap;
};

/* The address alone, "*" for any address of a socket for both families; returns @buf. */
const char *ss_address(const struct ss_socket *s, bool peer, char buf[INET6_ADDRSTRLEN]);

/* "on", "keepalive", ...; NULL where no timer runs. */
const char *ss_timer_name(const struct ss_socket *s);

void ss_print_text(const struct ss_list *list, const struct ss_options *o,
		   const struct ss_holders *h);

/* Returns 0, or -1 without memory or where writing failed. */
int ss_print_json(const struct ss_list *list, const struct ss_options *o,
		  const struct ss_holders *h);

#endif /* ATCP_TOOLS_SS_OUTPUT_H */
