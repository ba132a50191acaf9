/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_NET_PATHS_H
#define SELFTESTS_NET_PATHS_H

#include "net.h"

/**
 * path_swallowed() - an address that answers nothing
 *
 * Moves the script to a network namespace of its own, with a link whose far
 * end drops what it is sent.
 *
 * Return: that address, as the client writes it, with port 4000.
 */
struct net_addr path_swallowed(void);

/**
 * path_pair() - a connection over a link that can be cut
 *
 * Moves the script to a namespace with the client's end of the link; the
 * server's end is in another.
 */
struct net_pair path_pair(void);

/* The server's end forgets its addresses: all that the client sends is lost. */
void path_cut(void);
/* And has them again. */
void path_mend(void);

#endif
