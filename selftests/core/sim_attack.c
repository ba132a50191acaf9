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

/*
 * An ACK that lies outside of what RFC 5961 section 5 lets in: with one inside, data can be
 * injected into any TCP.
 */
static u32 bad_ack(const struct atcp_conn *c)
{
	if (sim_one_in(&sim.rng, 2))
		return c->snd_nxt + 1 + (u32)sim_below(&sim.rng, 1U << 30);
	return c->snd_una - c->max_window - 1 - (u32)sim_below(&sim.rng, 1U << 30);
}

static void forge(const struct sim_conn *sc, struct atcp_seg *s)
{
	static const u8 flags[] = {
		ATCP_RST, ATCP_RST | ATCP_ACK, ATCP_SYN, ATCP_SYN | ATCP_ACK, ATCP_ACK,
		ATCP_ACK | ATCP_PSH, ATCP_FIN | ATCP_ACK, ATCP_FIN, 0,
		ATCP_SYN | ATCP_FIN, ATCP_FIN | ATCP_PSH | ATCP_URG, ATCP_ACK | ATCP_URG,
		ATCP_SYN | ATCP_RST, 0xff,
	};
	const struct atcp_conn *c = &sc->c;

	memset(s, 0, sizeof(*s));
	s->flags = flags[sim_below(&sim.rng, ARRAY_SIZE(flags))];
	s->seq = guess(c->rcv_nxt, atcp_conn_rcv_wnd(c));
	/* The very number would be an attacker's luck of one in 2^32. */
	if (s->flags & ATCP_RST && s->seq == c->rcv_nxt)
		s->seq++;
	s->ack = bad_ack(c);
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
		s->opt.sacks[0].start = guess(c->snd_una, c->snd_nxt - c->snd_una);
		s->opt.sacks[0].end = guess(c->snd_una, c->snd_nxt - c->snd_una);
	}
}

/* One forged packet to a host whose connection is up. */
void sim_attack(struct sim_host *victim)
{
	static const u8 zeroes[1400];
	struct atcp_seg s;

	if (!victim->sc)
		return;
	if (sim_one_in(&sim.rng, 8)) {
		/* an ICMP error that quotes a number which was not sent: RFC 5927 */
		sim_net_icmp(victim->id, victim->sc->c.snd_nxt + 1 +
			     (u32)sim_below(&sim.rng, 1U << 31), ECONNREFUSED, 0, 0);
		return;
	}
	forge(victim->sc, &s);
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
