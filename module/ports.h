/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Local ports: who may have which, among atcp sockets and beside native TCP's.
 *
 * A port in use is one struct atcp_port, however many sockets, connections and TIME_WAIT
 * records hold it. Native TCP sees it as one socket without reuse (shadow.h): on the address
 * of its holders while that is one and the same, else on all addresses.
 */
#ifndef _ATCP_PORTS_H
#define _ATCP_PORTS_H

#include <linux/types.h>

struct atcp_net;
struct atcp_port;
struct sock;

int atcp_ports_init(void);
void atcp_ports_exit(void);

/**
 * atcp_port_bind() - bind(2): take a port for a socket
 * @sk: locked; inet_rcv_saddr / sk_v6_rcv_saddr, sk_bound_dev_if, sk_reuse and sk_reuseport are set
 * @port: host order; 0: any free one of ip_local_port_range
 *
 * Sets atcp_sk(sk)->port, inet_num, inet_sport. May sleep.
 * Return: 0, -EADDRINUSE (by native TCP's rules, against atcp and native sockets), -ENOMEM.
 */
int atcp_port_bind(struct sock *sk, u16 port);

/**
 * atcp_port_listen() - listen(2): may a bound socket become a listener?
 * @sk: locked, bound; its state is LISTEN already, so that of two only one gets through
 *
 * Return: 0; -EADDRINUSE where SO_REUSEADDR let others on the port that a listener must not share.
 */
int atcp_port_listen(struct sock *sk);

/**
 * atcp_port_connect() - connect(2) of an unbound socket: choose a port (RFC 6056)
 * @sk: locked; flow filled in but for lport
 *
 * On success flow.lport, inet_num, inet_sport and atcp_sk(sk)->port are set, and sk is in the
 * table of connections, which has taken a reference, as atcp_sk(sk)->hashed says.
 * Return: 0; -EADDRNOTAVAIL, -ENOMEM. May sleep.
 */
int atcp_port_connect(struct sock *sk);

/**
 * atcp_port_rehash() - connect(2) of a bound socket: hash the connection with the port it has
 * @sk: locked; flow filled in
 *
 * Return: 0, as atcp_port_connect() says; -EADDRNOTAVAIL if there is such a connection.
 */
int atcp_port_rehash(struct sock *sk);

/* One more holder of a port: a child, a TIME_WAIT record. Any context. */
struct atcp_port *atcp_port_get(struct atcp_port *p);

/* One holder less; the port is free with the last. Any context. */
void atcp_port_put(struct atcp_port *p);

/* A socket lets go of its port, bound, connected or inherited; without one nothing is done. */
void atcp_port_unbind(struct sock *sk);

#endif /* _ATCP_PORTS_H */
