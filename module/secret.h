/* SPDX-License-Identifier: GPL-2.0-only */
/* What must not be guessed: sequence numbers (RFC 6528), timestamps, ports (RFC 6056), cookies. */
#ifndef _ATCP_SECRET_H
#define _ATCP_SECRET_H

#include "flow.h"

void atcp_secret_init(void);

/* Keyed hash of addresses and ports for atcp_isn(). */
u32 atcp_isn_prf(const struct atcp_flow *f);

/* RFC 7323 section 7: the same once more, with a key of its own, for atcp_tsval(). */
u32 atcp_ts_offset(const struct atcp_flow *f);

/* Keyed hash for SYN cookies of that flow, as struct atcp_cookie wants it. */
u32 atcp_cookie_mac(const void *flow, u32 irs, u32 count, u32 word);

/* Keyed hash for the start of the search of a local port. */
u32 atcp_port_offset(const struct atcp_flow *f);

#endif /* _ATCP_SECRET_H */
