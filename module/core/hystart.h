/* SPDX-License-Identifier: GPL-2.0-only */
/* HyStart++, RFC 9406: the first slow start ends where the queue of the path begins. */
#ifndef _ATCP_CORE_HYSTART_H
#define _ATCP_CORE_HYSTART_H

#include <atcp/env.h>

struct atcp_conn;

/**
 * struct atcp_hystart - what is known of the round trips of a slow start
 * @round_end: windowEnd, sequence number: the round is over when it is acknowledged
 * @last_min: lastRoundMinRTT, us; 0 stands for the RFC's infinity, here and below
 * @samples: rttSampleCount; stops at 8, which is enough
 * @this_min: currentRoundMinRTT, us
 * @css_rounds: rounds of Conservative Slow Start that are complete
 * @css_min: cssBaselineMinRtt, us; 0 outside of Conservative Slow Start
 */
struct atcp_hystart {
	u32 round_end;
	u32 last_min:28;
	u32 samples:4;
	u32 this_min:28;
	u32 css_rounds:4;
	u32 css_min;
};

/* Slow start begins, and with it a round. */
void atcp_hystart_init(struct atcp_hystart *h, const struct atcp_conn *c);

/* A sample of the round-trip time, ns. */
void atcp_hystart_rtt(struct atcp_hystart *h, u64 ns);

/**
 * atcp_hystart_grow() - by how much cwnd grows
 * @h: state
 * @c: connection
 * @bytes: newly acknowledged
 *
 * Return: bytes
 */
u32 atcp_hystart_grow(const struct atcp_hystart *h, const struct atcp_conn *c, u32 bytes);

/**
 * atcp_hystart_acked() - an ACK of new data has come, its sample is taken and cwnd has grown
 * @h: state
 * @c: connection; snd_una is the ACK's
 *
 * Return: true when congestion avoidance is due, with ssthresh = cwnd
 */
bool atcp_hystart_acked(struct atcp_hystart *h, const struct atcp_conn *c);

#endif /* _ATCP_CORE_HYSTART_H */
