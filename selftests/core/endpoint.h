/* SPDX-License-Identifier: GPL-2.0-only */
/* An endpoint as any host on an Ethernet has it, over IPv4: what is the same in every test. */
#ifndef _ENDPOINT_H
#define _ENDPOINT_H

#include <api.h>
#include <handshake.h>

#define ENDPOINT_MTU	1480	/* bytes of IP payload */
#define ENDPOINT_MSS	536	/* of a peer that names none: RFC 9293 MUST-15 */

/* A connection in CLOSED */
static inline void endpoint_conn(struct atcp_conn *c, const struct atcp_cfg *cfg, u32 rcv_buf)
{
	memset(c, 0, sizeof(*c));
	atcp_conn_init(c, cfg);
	c->mtu = ENDPOINT_MTU;
	c->adv_mss = ENDPOINT_MTU - ATCP_HDR_MIN;
	c->default_mss = ENDPOINT_MSS;
	c->rcv_buf = rcv_buf;
	c->gso_max = 65535;
}

static inline struct atcp_listen endpoint_listener(u32 rcv_buf)
{
	return (struct atcp_listen){
		.mtu = ENDPOINT_MTU, .default_mss = ENDPOINT_MSS, .rcv_buf = rcv_buf,
	};
}

#endif /* _ENDPOINT_H */
