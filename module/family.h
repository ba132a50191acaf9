/* SPDX-License-Identifier: GPL-2.0-only */
/* The protocol family and its two protocols. */
#ifndef _ATCP_FAMILY_H
#define _ATCP_FAMILY_H

struct proto;

extern int atcp_family;	/* the number, read only */
int atcp_family_register(void);
/* No new sockets from here on. */
void atcp_family_close(void);
/* Wait until the memory of the last socket is free. All are closed and out of the tables. */
void atcp_family_drain(void);
void atcp_family_unregister(void);
extern struct proto atcp_prot;		/* IPv4 sockets */
extern struct proto atcp6_prot;

#endif /* _ATCP_FAMILY_H */
