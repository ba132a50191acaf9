/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of connections and of listeners: look-ups under RCU, without a reference taken. */
#ifndef _ATCP_DEMUX_H
#define _ATCP_DEMUX_H

#include "flow.h"

struct sock;

int atcp_demux_init(void);
void atcp_demux_exit(void);

/**
 * atcp_lookup() - the connection, handshake or TIME_WAIT record of a segment
 * @key: net, addresses, ports and v6 as this end sees them; ifindex is the arrival device
 *
 * RCU read lock held; what is found stays valid as long. Return: NULL if there is none.
 */
struct atcp_flow *atcp_lookup(const struct atcp_flow *key);

/* The best listener: bound device before any, address before any, SO_REUSEPORT spread by hash. */
struct sock *atcp_lookup_listener(const struct atcp_flow *key);

/**
 * atcp_hash_insert() - make a flow findable
 * @f: filled in, not in a table; of a socket the caller gives a reference with it
 *
 * Return: 0; -EADDRNOTAVAIL if one of the same addresses and ports is there
 * (@exist set to it if not NULL: valid under the RCU read lock held by the caller).
 */
int atcp_hash_insert(struct atcp_flow *f, struct atcp_flow **exist);

/*
 * Put @new in the place of @old in one step; the references go with them.
 * Return: false if @old is in the table no more.
 */
bool atcp_hash_replace(struct atcp_flow *old, struct atcp_flow *new);

/**
 * atcp_demux_settle() - wait until nobody looks at a socket that was in a table before
 * @sk: locked, about to go into a table
 *
 * A reader that stood on it would go on in another bucket and miss what it looks for. May sleep.
 */
void atcp_demux_settle(struct sock *sk);

/* Take a flow out. Return: false if it was out: who gets true owns the table's reference. */
bool atcp_hash_remove(struct atcp_flow *f);

/* The listeners' table holds no reference: they leave it before they go. */
void atcp_hash_listener(struct sock *sk);
void atcp_unhash_listener(struct sock *sk);

/* Walk of one bucket for diag and debugfs. */
unsigned int atcp_demux_buckets(void);
struct hlist_head *atcp_demux_bucket(unsigned int i);	/* read under RCU */
unsigned int atcp_listen_buckets(void);
struct hlist_head *atcp_listen_bucket(unsigned int i);	/* read under RCU */

#endif /* _ATCP_DEMUX_H */
