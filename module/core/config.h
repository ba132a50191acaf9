/* SPDX-License-Identifier: GPL-2.0-only */
/* Settings of a namespace as the core reads them; sysctl net.atcp.* writes them. */
#ifndef _ATCP_CORE_CONFIG_H
#define _ATCP_CORE_CONFIG_H

#include <atcp/env.h>

#define ATCP_NS_PER_US	1000ULL
#define ATCP_NS_PER_MS	1000000ULL
#define ATCP_NS_PER_SEC	1000000000ULL

struct atcp_cc_ops;

/**
 * struct atcp_cfg - defaults for the connections of one namespace
 *
 * Read without a lock, each field once where two reads could disagree. All
 * times in ns. Connections keep a pointer: the struct outlives them.
 */
struct atcp_cfg {
	const struct atcp_cc_ops *cc; /* of new connections */
	u64 rto_min;		/* RFC 6298 (2.4); native TCP's 200 ms */
	u64 rto_max;		/* RFC 6298 (2.5) */
	u64 rto_initial;	/* RFC 6298 (2.1): 1 s */
	u64 delack_max;		/* below 0.5 s (MUST-40) */
	u64 time_wait;		/* 2 MSL */
	u64 fin_timeout;	/* of an orphan in FIN_WAIT_2 */
	u64 keep_idle;
	u64 keep_intvl;
	u64 uto_min, uto_max;	/* RFC 5482: L_LIMIT and U_LIMIT */
	u64 challenge_intvl;	/* between two challenge ACKs of one connection */
	u32 keep_probes;
	u32 syn_retries;
	u32 synack_retries;
	u32 retries1;		/* R1: advise IP, tell the user */
	u32 retries2;		/* R2: give up */
	u32 orphan_retries;
	u32 init_cwnd;		/* segments, RFC 6928 */
	u32 min_snd_mss;	/* floor below which a peer's MSS is not believed */
	u32 rcv_buf_default;	/* bytes of window at the start */
	u32 rcv_buf_max;	/* bytes, limit of autotuning */
	u8 timestamps;		/* RFC 7323 section 3 */
	u8 window_scaling;	/* RFC 7323 section 2 */
	u8 sack;		/* RFC 2018 */
	u8 rfc1337;		/* RST does not end TIME_WAIT */
	u8 abort_on_overflow;
	u8 slow_start_idle;	/* RFC 5681 section 4.1 */
	u8 ecn;			/* enum atcp_ecn_mode, RFC 3168 */
	u8 moderate_rcvbuf;
	u8 early_retrans;	/* tail loss probes, RFC 8985 */
	u8 frto;		/* RFC 5682 */
	u8 linear_timeouts;	/* so many in a row do not back off; 0: RFC 6298 (5.5) */
};

void atcp_cfg_init(struct atcp_cfg *cfg);

#endif /* _ATCP_CORE_CONFIG_H */
