// SPDX-License-Identifier: GPL-2.0-only
/*
 * CUBIC, RFC 9438, in bytes, with HyStart++ for the first slow start.
 *
 * W_cubic(t) = C * (t - K)^3 + W_max, and t - K is the time since the curve passes W_max: that
 * moment, t_epoch + K, is all that is kept of the two. It is counted in ticks of 2^20 ns, about
 * a millisecond, in which the steepest curve that a window may follow rises by no segment.
 */
#include "api.h"
#include "hystart.h"

#define TICK_SHIFT	20

/* Ticks cubed in which C = 0.4 segments/s^3 make one segment: 1e27 / (0.4 * 2^60) */
#define CUBE_PER_SEG	2168404345U

/* From here the curve is above every window, and the cube of it within 64 bits. */
#define TICKS_MAX	((u32)BIT(21) - 1)

/**
 * struct cubic - in cc_priv
 * @w_max: W_max, bytes; 0: undefined, as in a first slow start and after a timeout
 * @w_est: W_est, bytes; 0: no stage of congestion avoidance has begun
 * @est_acked: bytes acknowledged since @w_est last grew
 * @frozen: cwnd is not what limits us: time stands still, @origin counts from now
 * @cwnd_prior: cwnd when ssthresh was last set, bytes; 0 before the first time
 * @origin: t_epoch + K, ticks
 * @prior_w_max: of the stage that the last congestion event ended, for undo
 * @prior_past: likewise, W_est had come to @cwnd_prior, which itself is not kept
 * @prior_w_est: likewise
 * @prior_origin: likewise
 * @hystart: while ssthresh has never been set
 */
struct cubic {
	u32 w_max;
	u32 w_est;
	u32 est_acked:31;
	u32 frozen:1;
	u32 cwnd_prior;
	union {
		struct {
			u32 origin;
			u32 prior_w_max:31;
			u32 prior_past:1;
			u32 prior_w_est;
			u32 prior_origin;
		};
		struct atcp_hystart hystart;
	};
};

static_assert(sizeof(struct cubic) <= sizeof(((struct atcp_conn *)0)->cc_priv));

static struct cubic *cubic_of(struct atcp_conn *c)
{
	return (struct cubic *)c->cc_priv;
}

static u32 ticks(u64 ns)
{
	return (u32)(ns >> TICK_SHIFT);
}

static bool first_slow_start(const struct atcp_conn *c)
{
	return c->ssthresh == U32_MAX;
}

/* The largest number whose cube is not above @x. */
static u32 cube_root(u64 x)
{
	u64 root = 0, bit;

	for (bit = BIT(20); bit; bit >>= 1)
		if ((root | bit) * (root | bit) * (root | bit) <= x)
			root |= bit;
	return (u32)root;
}

/* W_cubic, bytes, at a time in ticks */
static u32 curve(const struct cubic *q, u32 mss, u32 at)
{
	s32 since = (s32)(at - q->origin);
	u64 d = min_t(u32, since < 0 ? 0U - (u32)since : (u32)since, TICKS_MAX);
	u64 bytes = mul_u64_u32_div(d * d * d, mss, CUBE_PER_SEG);

	if (since < 0)
		return bytes < q->w_max ? q->w_max - (u32)bytes : 0;
	return (u32)min_t(u64, q->w_max + bytes, ATCP_CWND_MAX);
}

static void freeze(struct cubic *q, u64 now)
{
	if (!q->w_est || q->frozen)
		return;
	q->frozen = 1;
	q->origin -= ticks(now);
}

static void thaw(struct cubic *q, u64 now)
{
	if (!q->frozen)
		return;
	q->frozen = 0;
	q->origin += ticks(now);
}

static void cubic_init(struct atcp_conn *c, u64 now)
{
	struct cubic *q = cubic_of(c);

	memset(q, 0, sizeof(*q));
	atcp_hystart_init(&q->hystart, c);
}

static void cubic_rtt(struct atcp_conn *c, u64 ns)
{
	if (first_slow_start(c))
		atcp_hystart_rtt(&cubic_of(c)->hystart, ns);
}

static void grow_first(struct atcp_conn *c, struct cubic *q, u32 bytes)
{
	if (c->cwnd_limited)
		c->cwnd += atcp_hystart_grow(&q->hystart, c, bytes);
	/* RFC 9438 section 4.10: W_max is undefined, K is 0 and cwnd_prior no higher than cwnd */
	if (atcp_hystart_acked(&q->hystart, c))
		c->ssthresh = c->cwnd;
}

/* RFC 9438 section 4.2: K, here with t_epoch added to it. */
static void start_epoch(struct atcp_conn *c, struct cubic *q, u64 now)
{
	q->origin = ticks(now);
	/* sections 4.8 and 4.10: without a W_max, or past it, the curve begins at its flat part */
	if (q->w_max > c->cwnd)
		q->origin += cube_root(div_u64((u64)(q->w_max - c->cwnd) * CUBE_PER_SEG, c->mss));
	else
		q->w_max = c->cwnd;
	q->w_est = c->cwnd;
	q->est_acked = 0;
	q->frozen = 0;
}

/*
 * Section 4.3: alpha_cubic segments for each window that is acknowledged: with beta 0.7 that
 * is 9/17, a segment for 17/9 windows, until W_est is where the last reduction began, then 1.
 */
static void grow_estimate(const struct atcp_conn *c, struct cubic *q, u32 bytes)
{
	u32 need = q->w_est < q->cwnd_prior ? 2 * c->cwnd - c->cwnd / 9 : c->cwnd;
	u64 acked = (u64)q->est_acked + bytes;

	if (acked >= need) {
		acked = min_t(u64, acked - need, need);
		q->w_est = min(q->w_est + c->mss, ATCP_CWND_MAX);
	}
	q->est_acked = (u32)acked;
}

static void avoid_congestion(struct atcp_conn *c, struct cubic *q, u32 bytes, u64 now)
{
	u32 target;

	/* a cwnd below the estimate was set anew after an idle time: so is all that follows it */
	if (q->w_est > c->cwnd || !q->w_est)
		start_epoch(c, q, now);
	thaw(q, now);
	/* as high as it gets: it stays there for as long as the stage lasts */
	if ((s32)(ticks(now) - q->origin) > (s32)TICKS_MAX)
		q->origin = ticks(now) - TICKS_MAX;
	grow_estimate(c, q, bytes);
	if (curve(q, c->mss, ticks(now)) < q->w_est) {
		c->cwnd = max(c->cwnd, q->w_est);
		return;
	}
	/* section 4.2: never down, and slower than slow start; sections 4.4 and 4.5 */
	target = min(curve(q, c->mss, ticks(now + c->rtt.srtt)), c->cwnd + c->cwnd / 2);
	if (target > c->cwnd)
		c->cwnd += (u32)div_u64((u64)(target - c->cwnd) * min(bytes, c->cwnd), c->cwnd);
}

static void cubic_acked(struct atcp_conn *c, u32 bytes, u64 now)
{
	struct cubic *q = cubic_of(c);

	if (first_slow_start(c)) {
		grow_first(c, q, bytes);
	} else if (c->cwnd_limited) {
		if (c->cwnd < c->ssthresh) {
			bytes = atcp_cc_slow_start(c, bytes);
			/* after an idle time a stage begins; one that was undone goes on */
			if (q->w_est >= c->ssthresh) {
				q->w_est = 0;
				q->frozen = 0;
			}
		}
		if (bytes)
			avoid_congestion(c, q, bytes, now);
	}
	/* section 4.2: t MUST NOT include the time that nothing is sent for want of data */
	if (!c->cwnd_limited || (c->snd_una == c->snd_nxt && !c->tx_next))
		freeze(q, now);
	c->cwnd = min(c->cwnd, ATCP_CWND_MAX);
}

/*
 * Sections 4.6 to 4.8. Section 4.6 lets cwnd stand for the flight where it does not grow unless it
 * is full, which cubic_acked() sees to: a user who asks now and then has small flights.
 */
static u32 cubic_ssthresh(struct atcp_conn *c, u64 now)
{
	struct cubic *q = cubic_of(c);

	thaw(q, now);
	q->prior_w_max = q->w_max;
	q->prior_w_est = q->w_est;
	q->prior_origin = q->origin;
	q->prior_past = q->w_est >= q->cwnd_prior;
	q->cwnd_prior = c->cwnd;
	/* section 4.8: after a timeout W_max is where congestion avoidance begins again */
	if (c->ca_state == ATCP_CA_LOSS)
		q->w_max = 0;
	else if (c->cwnd < q->w_max)
		q->w_max = (u32)div_u64((u64)c->cwnd * 17, 20);
	else
		q->w_max = c->cwnd;
	q->w_est = 0;
	return max((u32)div_u64((u64)c->cwnd * 7, 10), 2 * c->mss);
}

/* Section 4.9. */
static u32 cubic_undo(struct atcp_conn *c)
{
	struct cubic *q = cubic_of(c);
	u32 cwnd = q->cwnd_prior;

	if (c->cwnd >= cwnd)
		return 0;
	if (!q->prior_w_max && !q->prior_w_est) {
		/* nothing was before; if it was the first slow start it goes on */
		cubic_init(c, 0);
		return cwnd;
	}
	q->w_max = q->prior_w_max;
	q->w_est = q->prior_w_est;
	q->origin = q->prior_origin;
	if (q->prior_past)
		q->cwnd_prior = 0;
	q->est_acked = 0;
	q->frozen = 0;
	return cwnd;
}

const struct atcp_cc_ops atcp_cc_cubic = {
	.name = "cubic",
	.init = cubic_init,
	.rtt = cubic_rtt,
	.acked = cubic_acked,
	.ssthresh = cubic_ssthresh,
	.undo = cubic_undo,
};
