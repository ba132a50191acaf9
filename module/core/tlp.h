/* SPDX-License-Identifier: GPL-2.0-only */
/* Tail loss probes: RFC 8985 section 7. */
#ifndef _ATCP_CORE_TLP_H
#define _ATCP_CORE_TLP_H

#include "ack.h"

/* May there be a probe, of the tail or in recovery, when its time has come? */
bool atcp_tlp_allowed(const struct atcp_conn *c);

/* Data was sent, or acknowledged: set the timer of the probe where there may be one. */
void atcp_tlp_schedule(struct atcp_conn *c, u64 now);

/* The timer has come. */
void atcp_tlp_timer(struct atcp_conn *c, u64 now);

/* An ACK came while a probe was out: what does it say of the probe? */
void atcp_tlp_ack(struct atcp_conn *c, const struct atcp_news *n);

#endif /* _ATCP_CORE_TLP_H */
