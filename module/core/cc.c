// SPDX-License-Identifier: GPL-2.0-only
/* The congestion control algorithms there are, and what they have in common. */

#include "api.h"

static const struct atcp_cc_ops *const algorithms[] = {
	&atcp_cc_newreno,
	&atcp_cc_cubic,
};

const struct atcp_cc_ops *atcp_cc_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(algorithms); i++)
		if (!strcmp(algorithms[i]->name, name))
			return algorithms[i];
	return NULL;
}

int atcp_cc_names(char *buf, size_t size)
{
	size_t i, at = 0;

	for (i = 0; i < ARRAY_SIZE(algorithms); i++)
		at += snprintf(at < size ? buf + at : NULL, at < size ? size - at : 0,
			       "%s%s", i ? " " : "", algorithms[i]->name);
	return at;
}

void atcp_cc_rtt(struct atcp_conn *c, u64 ns)
{
	if (c->cc->rtt)
		c->cc->rtt(c, ns);
}

u32 atcp_cc_slow_start(struct atcp_conn *c, u32 bytes)
{
	u32 grow = min(bytes, c->ssthresh - c->cwnd);

	/*
	 * RFC 3465 lets an ACK open the window by two segments at most, which takes an ACK
	 * for every other segment. A receiver that merges segments sends one for dozens: the
	 * bound is kept where the RFC has most need of it, after a timeout.
	 */
	if (c->ca_state == ATCP_CA_LOSS)
		grow = min(grow, 2 * c->mss);
	c->cwnd += grow;
	return c->cwnd < c->ssthresh ? 0 : bytes - grow;
}
