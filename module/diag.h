/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets listed through NETLINK_SOCK_DIAG. */
#ifndef _ATCP_DIAG_H
#define _ATCP_DIAG_H

#include <linux/types.h>

/**
 * atcp_diag_init() - answer SOCK_DIAG_BY_FAMILY for the family
 * @family: the number it is registered under
 *
 * Return: 0 or -errno, -EBUSY where another module answers for it.
 */
int atcp_diag_init(u8 family);
void atcp_diag_exit(void);

#endif /* _ATCP_DIAG_H */
