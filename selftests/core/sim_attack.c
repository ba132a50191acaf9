// SPDX-License-Identifier: GPL-2.0-only
/* An attacker who is off the path and guesses, and a peer that does not tell the truth. */
#include "sim.h"

static u32 guess(u32 near, u32 span)
{
	switch (sim_below(&sim.rng, 4)) {
	case 0:
		return (u32)sim_rand(&sim.rng);
	case 1:
		return near + (u32)sim_below(&sim.rng, span + 1);
	case 2:
		return near - 1 - (u32)sim_below(&sim.rng, span + 1);
	default:
		return near + span + (u32)sim_below(&sim.rng, 3);
	}
}

/* What an attacker who knew all would know: the numbers that the victim looks for. */
struct target {
	u8 state;
	u32 rcv_nxt, rcv_wnd, snd_una, snd_nxt, max_window;
};

static bool aim(const struct sim_host *h, struct target *t)
{
	if (h->sc) {
		const struct atcp_conn *c = &h->sc->c;

		*t = (struct target){
			c->state, c->rcv_nxt, atcp_conn_rcv_wnd(c), c->snd_una, c->snd_nxt,
			c->max_window,
		};
	} else if (h->req_live) {
		*t = (struct target){
			ATCP_SYN_RECV, h->req.irs + 1, h->req.wnd, h->req.iss, h->req.iss + 1, 0,
		};
	} else if (h->tw_live) {
		*t = (struct target){
			ATCP_TIME_WAIT, h->tw.rcv_nxt, h->tw.rcv_wnd, h->tw.snd_nxt,
			h->tw.snd_nxt, 0,
		};
	} else {
		return false;
	}
	return true;
}

/*
 * An ACK that lies outside of what RFC 5961 section 5 lets in: with one inside, data can be
 * injected into any TCP.
 */
static u32 bad_ack(const struct target *t)
{
	if (sim_one_in(&sim.rng, 2))
		return t->snd_nxt + 1 + (u32)sim_below(&sim.rng, 1U << 30);
	return t->snd_una - t->max_window - 1 - (u32)sim_below(&sim.rng, 1U << 30);
}

/* What needs no guess, or a lucky one, is not what a defence can be measured by. */
static void spoil(const struct target *t, struct atcp_seg *s)
{
	/* the very number would be an attacker's luck of one in 2^32 */
	if (s->flags & ATCP_RST && s->seq == t->rcv_nxt)
		s->seq++;
	if (!(s->flags & ATCP_SYN) || s->flags & ATCP_RST)
		return;
	/* RFC 9293 3.10.7.3: any SYN makes a simultaneous open */
	if (t->state == ATCP_SYN_SENT)
		s->flags |= ATCP_ACK;
	/* 3.10.7.4, fourth check: one in the window ends a passive open */
	if (t->state == ATCP_SYN_RECV)
		s->seq = t->rcv_nxt - 2 - (u32)sim_below(&sim.rng, 1U << 30);
	/* RFC 6191: a newer one opens anew */
	if (t->state == ATCP_TIME_WAIT)
		s->flags |= ATCP_ACK;
}

static void forge(const struct target *t, struct atcp_seg *s)
{
	static const u8 flags[] = {
		ATCP_RST, ATCP_RST | ATCP_ACK, ATCP_SYN, ATCP_SYN | ATCP_ACK, ATCP_ACK,
		ATCP_ACK | ATCP_PSH, ATCP_FIN | ATCP_ACK, ATCP_FIN, 0,
		ATCP_SYN | ATCP_FIN, ATCP_FIN | ATCP_PSH | ATCP_URG, ATCP_ACK | ATCP_URG,
		ATCP_SYN | ATCP_RST, 0xff,
	};

	memset(s, 0, sizeof(*s));
	s->flags = flags[sim_below(&sim.rng, ARRAY_SIZE(flags))];
	s->seq = guess(t->rcv_nxt, t->rcv_wnd);
	s->ack = bad_ack(t);
	spoil(t, s);
	s->wnd = (u16)sim_rand(&sim.rng);
	s->urg = (u16)sim_rand(&sim.rng);
	if (!(s->flags & ATCP_RST) && sim_one_in(&sim.rng, 2))
		s->len = (u32)sim_log(&sim.rng, 1, 1400);
	if (sim_one_in(&sim.rng, 2)) {
		s->opt.has = ATCP_OPT_TS;
		s->opt.tsval = (u32)sim_rand(&sim.rng);
		s->opt.tsecr = (u32)sim_rand(&sim.rng);
	}
	if (sim_one_in(&sim.rng, 4)) {
		s->opt.nsacks = 1;
		s->opt.sacks[0].start = guess(t->snd_una, t->snd_nxt - t->snd_una);
		s->opt.sacks[0].end = guess(t->snd_una, t->snd_nxt - t->snd_una);
	}
}

/* One forged packet to a host that has a connection, or is about to, or had one. */
void sim_attack(struct sim_host *victim)
{
	static const u8 zeroes[1400];
	struct target t;
	struct atcp_seg s;

	if (!aim(victim, &t))
		return;
	if (sim_one_in(&sim.rng, 8)) {
		/* an ICMP error that quotes a number which was not sent: RFC 5927 */
		sim_net_icmp(victim->id, t.snd_nxt + 1 +
			     (u32)sim_below(&sim.rng, 1U << 31), ECONNREFUSED, 0, 0);
		return;
	}
	forge(&t, &s);
	sim_net_send(victim->id, &s, zeroes, 0, true);
}

/* Falsify what a genuine segment says of what was received and of room. */
void sim_lie(struct atcp_seg *s)
{
	u32 i;

	switch (sim_below(&sim.rng, 6)) {
	case 0:
		s->ack += (u32)sim_below(&sim.rng, 5000);
		break;
	case 1:
		s->ack -= (u32)sim_below(&sim.rng, 5000);
		break;
	case 2:
		s->wnd = sim_one_in(&sim.rng, 2) ? 0 : (u16)sim_rand(&sim.rng);
		break;
	case 3:
		s->opt.nsacks = (u8)sim_range(&sim.rng, 1, 3);
		for (i = 0; i < s->opt.nsacks; i++) {
			s->opt.sacks[i].start = s->ack + (u32)sim_below(&sim.rng, 100000) - 20000;
			s->opt.sacks[i].end = s->opt.sacks[i].start +
				(u32)sim_below(&sim.rng, 20000) - 100;
		}
		break;
	case 4:
		s->opt.tsecr += (u32)sim_below(&sim.rng, 2000) - 1000;
		break;
	default:
		s->opt.tsval += (u32)sim_below(&sim.rng, 2000) - 1000;
	}
}
