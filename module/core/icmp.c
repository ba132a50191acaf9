// SPDX-License-Identifier: GPL-2.0-only
/* Errors from the network: RFC 9293 section 3.9.2.2, RFC 5927, RFC 1191, RFC 8201. */
#include "api.h"
#include "life.h"
#include "loss.h"
#include "output.h"
#include "port.h"
#include "seq.h"

void atcp_conn_icmp(struct atcp_conn *c, u32 seq, int err, bool hard, u64 now)
{
	/* RFC 5927 section 4.1: only what is in flight can have caused an error */
	if (!atcp_in_window(seq, c->snd_una, c->snd_nxt - c->snd_una)) {
		atcp_port_count(c, ATCP_C_OutOfWindowIcmps);
		return;
	}
	/* SHLD-26, and RFC 5927 section 5.2: a synchronized connection survives even these */
	if (hard && (c->state == ATCP_SYN_SENT || c->state == ATCP_SYN_RECV)) {
		atcp_port_count(c, ATCP_C_AttemptFails);
		atcp_life_fail(c, ATCP_E_TIMEOUT, err, now);
		return;
	}
	/* MUST-56: remembered, and told when the connection fails for other reasons */
	c->soft_err = err;
	c->ev |= ATCP_EV_SOFT;
}

void atcp_conn_mtu(struct atcp_conn *c, u32 mtu, u64 now)
{
	u32 old = c->mss;

	if (mtu <= ATCP_HDR_MIN + ATCP_TS_LEN)
		return;
	c->mtu = mtu;
	if (c->state == ATCP_SYN_SENT || c->state == ATCP_CLOSED || c->state == ATCP_LISTEN)
		return;
	atcp_life_mss(c);
	/* RFC 5681 section 3.1: smaller segments, not more of them at once */
	if (c->mss < old && c->cwnd)
		c->cwnd = max_t(u32, div_u64((u64)c->cwnd * c->mss, old), c->mss);
	/* a SYN that is still on its way was not too big: after CLOSE it may be so in FIN_WAIT_1 */
	if (c->mss >= old || c->snd_una == c->snd_nxt || c->snd_una == c->iss)
		return;
	atcp_loss_resend(c);
	atcp_output(c, ATCP_PUSH_NORMAL, now);
}
