// SPDX-License-Identifier: GPL-2.0-only
/* The congestion control algorithms there are. */

#include "cc.h"

static const struct atcp_cc_ops *const algorithms[] = {
	&atcp_cc_newreno,
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
