// SPDX-License-Identifier: GPL-2.0-only
/* The two endpoints of an exploration and the network between them: every action there is. */
#include <stdarg.h>
#include <pace.h>
#include <seq.h>
#include "endpoint.h"
#include "explore.h"

#define WINDOW	8000	/* bytes */
#define INC	24	/* initial sequence numbers are 2^24 apart: never in one window */

struct x_world world __attribute__((aligned(8)));
char x_why[256];
bool x_mixed;
u64 x_seen[ATCP_NSTATES][ATCP_NSTATES];
struct x_tally x_tally;

static struct atcp_cfg cfg;
static struct atcp_listen settings;

void x_fail(const char *fmt, ...)
{
	va_list ap;

	if (*x_why)
		return;
	va_start(ap, fmt);
	vsnprintf(x_why, sizeof(x_why), fmt, ap);
	va_end(ap);
}

void x_setup(void)
{
	memset(&world, 0, sizeof(world));
	atcp_cfg_init(&cfg);
	/* time is no part of a state */
	cfg.cc = &atcp_cc_newreno;
	cfg.timestamps = bounds.timestamps;
	cfg.sack = bounds.sack;
	cfg.window_scaling = 0;
	cfg.moderate_rcvbuf = 0;
	cfg.syn_retries = bounds.retries;
	cfg.synack_retries = bounds.retries;
	/* R2 is a time: with timeouts of 3, 6, 12... seconds so many retransmissions */
	cfg.retries2 = bounds.retries + 3;
	cfg.orphan_retries = cfg.retries2;
	cfg.keep_probes = bounds.keep;
	settings = endpoint_listener(WINDOW);
}

/* The numbers of host A go over 2^31, those of B from half way. */
u32 x_base(u32 host)
{
	return host ? 0x3ffffffe : 0x7ffffffe;
}

u8 x_pattern(u32 seq)
{
	return (seq * 2654435761U) >> 24;
}

static u32 new_isn(struct x_host *h)
{
	if (h->isns == 60)
		x_fail("more handshakes than initial sequence numbers");
	return x_base(h == &world.host[1]) + ((u32)h->isns++ << INC);
}

/* What the wire would carry: a field that no flag and no option stands for is not there. */
static void on_the_wire(struct atcp_seg *out, const struct atcp_seg *s)
{
	*out = (struct atcp_seg){
		.seq = s->seq, .len = s->len, .wnd = s->wnd, .flags = s->flags,
		.opt = { .has = s->opt.has, .nsacks = s->opt.nsacks },
	};
	if (s->flags & ATCP_ACK)
		out->ack = s->ack;
	if (s->opt.has & ATCP_OPT_MSS)
		out->opt.mss = s->opt.mss;
	if (s->opt.has & ATCP_OPT_WSCALE)
		out->opt.wscale = s->opt.wscale;
	if (s->opt.has & ATCP_OPT_TS) {
		out->opt.tsval = s->opt.tsval;
		out->opt.tsecr = s->opt.tsecr;
	}
	memcpy(out->opt.sacks, s->opt.sacks, s->opt.nsacks * sizeof(*s->opt.sacks));
}

void x_send(u32 to, const struct atcp_seg *s, u8 byte)
{
	struct x_pkt p = { .to = to, .byte = byte };

	on_the_wire(&p.s, s);
	if (world.queued[to] >= bounds.queue) {
		x_tally.overflows++;
		x_draw(&p, "no room, lost");
		return;
	}
	x_draw(&p, "");
	world.queue[to][world.queued[to]++] = p;
}

static void reply(struct x_host *h, const struct atcp_seg *out)
{
	x_send(h == &world.host[0], out, 0);
}

static void new_conn(struct x_host *h)
{
	struct atcp_conn *c = &h->c;

	endpoint_conn(c, &cfg, WINDOW);
	/* Nagle's algorithm waits for an ACK; that nothing else does is what is looked for */
	c->nodelay = 1;
	c->paced = bounds.pace ? ATCP_PACE_TIMER : ATCP_PACE_OFF;
	c->pace_max = bounds.pace;
	atcp_conn_keepalive(c, bounds.keep, X_NOW);
	h->live = true;
	h->shut = false;
	h->left = false;
	h->connected = false;
	h->written = 0;
	h->got = 0;
}

static void forget(struct x_host *h)
{
	atcp_conn_purge(&h->c);
	memset(&h->c, 0, sizeof(h->c));
	h->live = false;
	h->stale = false;
	h->shut = false;
	h->left = false;
	h->connected = false;
	h->written = 0;
	h->got = 0;
}

static void connected(struct x_host *h)
{
	h->connected = true;
	if (!h->stale)
		return;
	x_mixed = true;
	x_fail("a SYN that nobody stands behind led to a connection");
}

/* RFC 9293 3.10.5 and 3.10.7.4: what was queued goes with the connection, and so do its timers */
static void check_end(const struct atcp_conn *c)
{
	if (!list_empty(&c->txq) || c->ooo.n)
		x_fail("what was queued outlives the connection");
	if (atcp_conn_deadline(c))
		x_fail("a timer outlives the connection");
}

/* What a call left in c->ev. The user reads at once. */
static void reap(struct x_host *h)
{
	struct atcp_conn *c = &h->c;

	while (h->live && (c->ev || c->rcv_used)) {
		u16 ev = c->ev;

		c->ev = 0;
		if (c->rcv_used)
			atcp_conn_consumed(c, c->rcv_used, X_NOW);
		if (ev & ATCP_EV_CONNECTED)
			connected(h);
		if (ev & ATCP_EV_EOF && c->rcv_fin_seq != c->irs + 1 + h->got)
			x_fail("the end is told after byte %u, it is at %u", h->got,
			       c->rcv_fin_seq - c->irs - 1);
		if (ev & ATCP_EV_TIMEWAIT) {
			if (h->tw_live)
				x_fail("a second TIME_WAIT");
			atcp_tw_init(&h->tw, c, X_NOW);
			h->tw_live = true;
		}
		if (ev & (ATCP_EV_TIMEWAIT | ATCP_EV_CLOSED)) {
			check_end(c);
			forget(h);
		}
	}
	/* how long a round trip took is left open, as is when a timer fires */
	h->c.rtt.srtt = 0;
	h->c.rtt.rttvar = 0;
	h->c.rtt.min = 0;
	h->c.rtt.next = 0;
	h->c.rtt.since = 0;
}

static void conn_input(struct x_host *h, const struct x_pkt *p)
{
	struct x_rx *rx = NULL;
	u32 i, probes = h->c.probes;

	if (p->s.len) {
		for (i = 0; i < X_POOL && world.rx[i].used; i++)
			;
		if (i == X_POOL) {
			x_fail("received payload is not given back");
			return;
		}
		rx = &world.rx[i];
		rx->used = true;
		rx->byte = p->byte;
		rx->r.seq = p->s.seq + !!(p->s.flags & ATCP_SYN);
		rx->r.len = p->s.len;
		rx->r.flags = p->s.flags & (ATCP_FIN | ATCP_PSH);
	}
	if (!atcp_conn_input(&h->c, &p->s, rx ? &rx->r : NULL, X_NOW) && rx)
		memset(rx, 0, sizeof(*rx));
	reap(h);
	x_tally.kept += probes && h->live && !h->c.probes;
}

static bool stale(const struct x_host *h, const struct atcp_seg *s)
{
	const struct x_host *from = &world.host[h == &world.host[0]];

	return !from->live || from->c.iss != s->seq || from->connected;
}

static void listen_input(struct x_host *h, const struct atcp_seg *s)
{
	struct atcp_seg out;
	u32 isn = new_isn(h);

	switch (atcp_listen_input(&settings, &cfg, s, isn, 1, X_NOW, &h->req, &out)) {
	case ATCP_V_NEW:
		h->req_live = true;
		h->stale = stale(h, s);
		x_tally.stale_handshakes += h->stale;
		reply(h, &out);
		break;
	case ATCP_V_REPLY:
		h->isns--;
		reply(h, &out);
		break;
	case ATCP_V_DROP:
		h->isns--;
		break;
	default:
		x_fail("a verdict that a listener cannot give");
	}
}

static void drop_req(struct x_host *h)
{
	memset(&h->req, 0, sizeof(h->req));
	h->req_live = false;
	h->stale = false;
}

static void req_input(struct x_host *h, const struct x_pkt *p)
{
	struct atcp_seg out;
	bool old;

	switch (atcp_req_input(&h->req, &cfg, &p->s, X_NOW, &out)) {
	case ATCP_V_REPLY:
		reply(h, &out);
		break;
	case ATCP_V_ACCEPT:
		new_conn(h);
		atcp_conn_accept(&h->c, &h->req, X_NOW);
		old = h->stale;
		drop_req(h);
		h->stale = old;
		conn_input(h, p);
		/* nothing would answer the peer, or give up */
		if (h->live && h->c.state == ATCP_SYN_RECV)
			x_fail("a connection was made of a segment that it does not take");
		break;
	case ATCP_V_FORGET_REPLY:
		reply(h, &out);
		fallthrough;
	case ATCP_V_FORGET:
		drop_req(h);
		break;
	case ATCP_V_DROP:
		break;
	default:
		x_fail("a verdict that a handshake cannot give");
	}
}

static void drop_tw(struct x_host *h)
{
	memset(&h->tw, 0, sizeof(h->tw));
	h->tw_live = false;
}

static void tw_input(struct x_host *h, const struct atcp_seg *s)
{
	struct atcp_seg out;

	switch (atcp_tw_input(&h->tw, &cfg, s, X_NOW, &out)) {
	case ATCP_V_REPLY:
		reply(h, &out);
		break;
	case ATCP_V_FORGET:
		drop_tw(h);
		break;
	case ATCP_V_REOPEN:
		if (!bounds.timestamps && atcp_before(s->seq, h->tw.rcv_nxt))
			x_fail("an old SYN ends TIME_WAIT");
		if (!h->listening)
			break;
		atcp_tw_reopen(&h->tw);
		drop_tw(h);
		listen_input(h, s);
		break;
	case ATCP_V_DROP:
		break;
	default:
		x_fail("a verdict that TIME_WAIT cannot give");
	}
}

/* RFC 9293 3.10.7.3 and .4 with RFC 5961 section 3: the very next number ends it, no other */
static bool ends(const struct x_host *h, const struct atcp_seg *s)
{
	if (!(s->flags & ATCP_RST))
		return false;
	if (h->req_live)
		return s->seq == h->req.irs + 1;
	if (h->live && h->c.state == ATCP_SYN_SENT)
		return s->flags & ATCP_ACK && s->ack == h->c.snd_nxt;
	return h->live && s->seq == h->c.rcv_nxt;
}

static void input(const struct x_pkt *p)
{
	struct x_host *h = &world.host[p->to];
	bool any = h->live || h->req_live, end = ends(h, &p->s);
	struct atcp_seg out;

	if ((p->s.flags & (ATCP_SYN | ATCP_ACK)) == ATCP_SYN)
		x_tally.stale_syns += stale(h, &p->s);
	if (h->live)
		conn_input(h, p);
	else if (h->req_live)
		req_input(h, p);
	else if (h->tw_live)
		tw_input(h, &p->s);
	else if (h->listening)
		listen_input(h, &p->s);
	else if (atcp_closed_input(&p->s, &out))
		reply(h, &out);
	if (any && p->s.flags & ATCP_RST && end != (!h->live && !h->req_live))
		x_fail(end ? "a RST was not heeded" : "a RST was heeded, with a wrong number");
}

static void listener_open(struct x_host *h)
{
	memset(&h->listener, 0, sizeof(h->listener));
	atcp_conn_init(&h->listener, &cfg);
	atcp_fsm_step(&h->listener.state, ATCP_E_PASSIVE_OPEN, &h->listener);
	h->listening = true;
	world.listens++;
}

static void listener_close(struct x_host *h)
{
	atcp_conn_close(&h->listener, X_NOW);
	if (h->listener.state != ATCP_CLOSED)
		x_fail("a closed listener is in %s", atcp_state_name(h->listener.state));
	memset(&h->listener, 0, sizeof(h->listener));
	h->listening = false;
	drop_req(h);
}

/* Active OPEN, from CLOSED or on a listener, which it ends. */
static void active_open(struct x_host *h)
{
	u32 isn = new_isn(h);

	new_conn(h);
	if (h->listening)
		atcp_fsm_inherit(&h->c.state, h->listener.state);
	memset(&h->listener, 0, sizeof(h->listener));
	h->listening = false;
	world.opens++;
	atcp_conn_open(&h->c, isn, 1, X_NOW);
	reap(h);
}

static void write_byte(struct x_host *h)
{
	struct x_tx *tx;

	for (tx = world.tx; tx < world.tx + X_POOL && tx->used; tx++)
		;
	if (tx == world.tx + X_POOL) {
		x_fail("acknowledged payload is not given back");
		return;
	}
	tx->used = true;
	tx->byte = x_pattern(h->c.write_seq);
	tx->t.len = 1;
	h->written++;
	atcp_conn_queue(&h->c, &tx->t);
	atcp_conn_push(&h->c, false, X_NOW);
	reap(h);
}

/* What is sent to the peer is answered: it has the other end, and the network lets one through */
static bool is_answered(const struct x_host *h)
{
	const struct x_host *peer = &world.host[h == &world.host[0]];

	return peer->connected && peer->c.irs == h->c.iss && peer->c.iss == h->c.irs &&
	       world.faults < bounds.keep && !bounds.hasty;
}

/*
 * Keepalive looks at the time since something came. RFC 9293 3.8.4: no probe before it is long
 * enough, none while anything is out or waits, whose own timer runs.
 */
static void keep_due(struct x_host *h)
{
	u32 to = h == &world.host[0], n = world.queued[to];
	struct atcp_conn *c = &h->c;
	bool busy = !list_empty(&c->txq), answered = is_answered(h);

	c->last_rcv = X_NOW - cfg.keep_idle + 1;
	c->timer[ATCP_T_KEEP] = X_NOW;
	atcp_conn_timer(c, X_NOW);
	if (c->ev || world.queued[to] != n)
		x_fail("keepalive before its time");
	c->last_rcv--;
	c->timer[ATCP_T_KEEP] = X_NOW;
	atcp_conn_timer(c, X_NOW);
	if (busy && (c->ev || world.queued[to] != n))
		x_fail("keepalive beside data");
	reap(h);
	x_tally.given_up += !h->live;
	if (!h->live && answered)
		x_fail("keepalive gave up on a peer that answers");
}

/*
 * Time stands still, so that a joint state holds no times: a timer fires when the search says
 * so, in whatever order. Only the length of the silence grows, for R2 is a time.
 */
static void fire(struct x_host *h, enum atcp_timer which)
{
	struct atcp_conn *c = &h->c;
	u32 i;

	if (which == ATCP_T_RTX && c->rtx_start)
		c->rtx_start -= atcp_conn_rto(c);
	/* and the time between two challenge ACKs is over */
	for (i = 0; i < 2; i++) {
		world.host[i].c.challenge_at = 0;
		world.host[i].req.challenge_at = 0;
		world.host[i].tw.challenge_at = 0;
	}
	if (which == ATCP_T_KEEP) {
		keep_due(h);
		return;
	}
	if (which == ATCP_T_PACE)
		c->pace_at = X_NOW;
	c->timer[which] = X_NOW;
	atcp_conn_timer(c, X_NOW);
	reap(h);
}

static void req_timer(struct x_host *h)
{
	struct atcp_seg out;

	switch (atcp_req_timer(&h->req, &cfg, X_NOW, &out)) {
	case ATCP_V_REPLY:
		reply(h, &out);
		break;
	case ATCP_V_FORGET:
		drop_req(h);
		break;
	default:
		x_fail("a verdict that a handshake's timer cannot give");
	}
}

static struct x_pkt take(struct x_pkt *list, u8 *n, u32 at)
{
	struct x_pkt p = list[at];

	memmove(list + at, list + at + 1, (*n - at - 1) * sizeof(*list));
	memset(list + --*n, 0, sizeof(*list));
	return p;
}

static void network(struct x_action a)
{
	struct x_pkt p;

	if (a.what == X_HELD)
		p = take(world.late, &world.lates, a.n);
	else if (a.what == X_DOUBLE)
		p = world.queue[a.n][0];
	else
		p = take(world.queue[a.n], &world.queued[a.n], 0);
	if (a.what == X_DELIVER || a.what == X_HELD) {
		x_draw(&p, "arrives");
		input(&p);
		return;
	}
	world.faults++;
	x_draw(&p, a.what == X_LOSE ? "is lost" : a.what == X_DOUBLE ? "is doubled" : "is held");
	if (a.what != X_LOSE)
		world.late[world.lates++] = p;
}

/* RFC 9293 3.10.5: in these states the peer is told */
static void abort_conn(struct x_host *h)
{
	u32 to = h == &world.host[0], n = world.queued[to];
	u64 rst = 1ULL << ATCP_SYN_RECV | 1ULL << ATCP_ESTABLISHED | 1ULL << ATCP_FIN_WAIT_1 |
		  1ULL << ATCP_FIN_WAIT_2 | 1ULL << ATCP_CLOSE_WAIT;
	bool due = rst >> h->c.state & 1 && n < bounds.queue;

	world.aborts++;
	atcp_conn_abort(&h->c, X_NOW);
	reap(h);
	if (world.queued[to] != n + due || (due && !(world.queue[to][n].s.flags & ATCP_RST)))
		x_fail(due ? "an ABORT sends no RST" : "an ABORT sends what it should not");
}

void x_act(struct x_action a)
{
	struct x_host *h = &world.host[a.n & 1];

	x_tally.taken[a.what]++;
	if (a.what >= X_DELIVER) {
		network(a);
		return;
	}
	x_describe(a);
	if (bounds.hasty < X_ALWAYS && x_hasty(a.what))
		world.hasty++;
	switch ((enum x_what)a.what) {
	case X_LISTEN:
		listener_open(h);
		break;
	case X_OPEN:
		active_open(h);
		break;
	case X_WRITE:
		write_byte(h);
		break;
	case X_CLOSE:
		h->shut = true;
		atcp_conn_close(&h->c, X_NOW);
		reap(h);
		break;
	case X_LEAVE:
		h->left = true;
		atcp_conn_orphan(&h->c, X_NOW);
		reap(h);
		break;
	case X_ABORT:
		abort_conn(h);
		break;
	case X_UNLISTEN:
		listener_close(h);
		break;
	case X_REQ:
		req_timer(h);
		break;
	case X_TW:
		atcp_tw_expire(&h->tw);
		if (h->tw.state != ATCP_CLOSED)
			x_fail("2 MSL are over, and it is %s", atcp_state_name(h->tw.state));
		drop_tw(h);
		break;
	default:
		fire(h, a.what - X_RTX);
	}
}
