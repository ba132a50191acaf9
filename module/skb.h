/* SPDX-License-Identifier: GPL-2.0-only */
/* The core's payload is an sk_buff: its atcp_txseg or atcp_rxseg lives in skb->cb. */
#ifndef _ATCP_SKB_H
#define _ATCP_SKB_H

#include <linux/skbuff.h>
#include "core/payload.h"

static inline struct sk_buff *atcp_tx_skb(struct atcp_txseg *t)
{
	return (struct sk_buff *)((u8 *)t - offsetof(struct sk_buff, cb));
}

static inline struct sk_buff *atcp_rx_skb(struct atcp_rxseg *rx)
{
	return (struct sk_buff *)((u8 *)rx - offsetof(struct sk_buff, cb));
}

static inline struct atcp_txseg *atcp_skb_tx(struct sk_buff *skb)
{
	return (struct atcp_txseg *)skb->cb;
}

static inline struct atcp_rxseg *atcp_skb_rx(struct sk_buff *skb)
{
	return (struct atcp_rxseg *)skb->cb;
}

static_assert(sizeof(struct atcp_txseg) <= sizeof_field(struct sk_buff, cb));
static_assert(sizeof(struct atcp_rxseg) <= sizeof_field(struct sk_buff, cb));

/* Cut off what was acknowledged of @t's payload; false without memory. */
bool atcp_tx_sync(struct atcp_txseg *t);

#endif /* _ATCP_SKB_H */
