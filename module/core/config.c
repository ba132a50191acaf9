// SPDX-License-Identifier: GPL-2.0-only
/* The defaults of a namespace: those of native TCP where no clause says otherwise. */

#include "config.h"
#include "cc.h"
#include "ecn.h"

void atcp_cfg_init(struct atcp_cfg *cfg)
{
	*cfg = (struct atcp_cfg){
		.cc = &atcp_cc_cubic,
		.rto_min = 200 * ATCP_NS_PER_MS,
		.rto_max = 120 * ATCP_NS_PER_SEC,
		.rto_initial = ATCP_NS_PER_SEC,
		.delack_max = 40 * ATCP_NS_PER_MS,
		.time_wait = 60 * ATCP_NS_PER_SEC,
		.fin_timeout = 60 * ATCP_NS_PER_SEC,
		.keep_idle = 7200 * ATCP_NS_PER_SEC,
		.keep_intvl = 75 * ATCP_NS_PER_SEC,
		/* SHLD-11; an hour is four times what retries2 makes */
		.uto_min = 100 * ATCP_NS_PER_SEC,
		.uto_max = 3600 * ATCP_NS_PER_SEC,
		.challenge_intvl = 500 * ATCP_NS_PER_MS,
		.keep_probes = 9,
		/* MUST-23: tried for 3 minutes at least; the 6 of native TCP make 127 s */
		.syn_retries = 7,
		.synack_retries = 5,
		.retries1 = 3,
		.retries2 = 15,
		.orphan_retries = 8,
		.init_cwnd = 10,
		.min_snd_mss = 48,
		/* Payload: half of what native TCP's tcp_rmem says, whose other half is overhead */
		.rcv_buf_default = 65536,
		.rcv_buf_max = 3 << 20,
		.timestamps = 1,
		.window_scaling = 1,
		.sack = 1,
		.slow_start_idle = 1,
		.ecn = ATCP_ECN_AGREE,
		.moderate_rcvbuf = 1,
		.early_retrans = 3,
		.frto = 2,
	};
}
