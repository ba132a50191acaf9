// SPDX-License-Identifier: GPL-2.0-only
/*
 * RFC 5482 section 3: each end advertises how long it would wait for an acknowledgment, and waits
 * for the longer of the two, within limits of its own. ENABLED is that adv_uto is not 0, CHANGEABLE
 * that the user has not set TCP_USER_TIMEOUT.
 */
#include "uto.h"
#include "timers.h"

#define MINUTES	0x8000U	/* the granularity bit */
#define VALUE	0x7fffU

u16 atcp_uto_code(u32 secs)
{
	if (secs <= VALUE)
		return secs;
	return MINUTES | min_t(u32, (secs - 1) / 60 + 1, VALUE);
}

u32 atcp_uto_secs(u16 code)
{
	return (code & VALUE) * (code & MINUTES ? 60 : 1);
}

void atcp_conn_advertise(struct atcp_conn *c, u32 secs)
{
	c->adv_uto = atcp_uto_code(secs);
	c->uto_due = !!secs;
}

void atcp_uto_take(struct atcp_conn *c, const struct atcp_opts *o)
{
	if (c->adv_uto && o->has & ATCP_OPT_UTO)
		c->peer_uto = o->uto;
}

/* L_LIMIT: section 3.1 has it above the RTO, RFC 9293 SHLD-11 at 100 seconds. */
static u64 lower_limit(const struct atcp_conn *c)
{
	u64 rto_min = atcp_setting_ns(c->rto_min_us, ATCP_NS_PER_US, c->cfg->rto_min);

	return max(c->cfg->uto_min, 2 * (c->rtt.srtt + 4 * c->rtt.rttvar + rto_min));
}

u64 atcp_uto_limit(const struct atcp_conn *c)
{
	u64 longer;

	if (c->user_timeout_ms)
		return c->user_timeout_ms * ATCP_NS_PER_MS;
	if (!c->adv_uto)
		return 0;
	longer = max(atcp_uto_secs(c->adv_uto), atcp_uto_secs(c->peer_uto)) * ATCP_NS_PER_SEC;
	return min(c->cfg->uto_max, max(longer, lower_limit(c)));
}
