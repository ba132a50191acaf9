// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host of the simulator whose peer is the input: any segments, calls of its user and of time, in
 * any order, and the simulator's checks after each. At the end the peer falls silent and the user
 * leaves: nothing may be left.
 */
#include <stdlib.h>
#include <seq.h>
#include "fuzz.h"
#include "../core/sim.h"

#define MAX_QUEUED 200000	/* bytes; as a socket's send buffer */
#define MAX_TIMERS 5000		/* of a connection that nobody answers any more */

static struct fuzz_in in;
static struct sim_host *const h = &sim.host[0];

static void read_cfg(u8 bits)
{
	struct atcp_cfg *cfg = &h->cfg;

	atcp_cfg_init(cfg);
	atcp_cfg_init(&sim.host[1].cfg);
	cfg->timestamps = bits & 1;
	cfg->window_scaling = bits >> 1 & 1;
	cfg->sack = bits >> 2 & 1;
	cfg->rfc1337 = bits >> 3 & 1;
	cfg->slow_start_idle = bits >> 4 & 1;
	cfg->moderate_rcvbuf = bits >> 5 & 1;
}

static void setup(void)
{
	static const u32 mtu[] = { 1480, 556, 65483, 1280 };
	u8 bits;

	memset(&sim, 0, sizeof(sim));
	sim.ladder = getenv("FUZZ_LADDER");
	sim.rng.state = fuzz_u8(&in);
	sim.incarnations = 1;
	sim.incarnation = 1;
	sim.host[1].id = 1;
	sim.hostile = true;
	sim.excused = true;
	/* the peer has no end: whatever comes in order was sent */
	sim.host[1].app.written = U64_MAX / 2;
	sim.link[1].cut = true;
	sim.link[0].cut = true;
	sim.now = 1 + (u64)fuzz_u8(&in) * SIM_SEC;
	sim.start = sim.now;
	read_cfg(fuzz_u8(&in));
	bits = fuzz_u8(&in);
	h->mtu = mtu[bits & 3];
	h->adv_mss = (u16)(h->mtu - ATCP_HDR_MIN);
	h->gso_max = bits & 4 ? 65535 : 2000;
	h->gro = bits & 8;
	h->app.nodelay = bits & 16;
	h->app.cork = bits & 32;
	h->app.keepalive = bits & 64;
	h->listening = bits & 128;
	h->rcv_buf = 1 + fuzz_u16(&in) * 4;
	h->rcv_buf_max = bits & 4 ? h->rcv_buf * 8 : 0;
	h->user_timeout = fuzz_u8(&in) * SIM_SEC;
	h->iss = 0U - fuzz_u16(&in);
	h->ts_off = 0U - fuzz_u16(&in);
	h->listen = (struct atcp_listen){
		.mtu = h->mtu,
		.default_mss = 536,
		.rcv_buf = h->rcv_buf,
		.rcv_buf_max = h->rcv_buf_max,
	};
	sim_app_start(h);
}

static void faults(void)
{
	u8 bits = fuzz_u8(&in);

	sim.faulty = true;
	sim.fail_split = bits & 1 ? 500000 : 0;
	sim.fail_admit = bits & 2 ? 300000 : 0;
	sim.fail_alloc = bits & 4 ? 500000 : 0;
	sim.fail_transmit = bits & 8 ? 300000 : 0;
	sim.fail_accept = bits & 16 ? 500000 : 0;
	sim.queue_full = bits & 32 ? 500000 : 0;
	sim.in_queue = bits & 64 ? 500000 : 0;
}

static struct fuzz_near near_to(void)
{
	const struct atcp_conn *c = h->sc ? &h->sc->c : NULL;

	if (c)
		return (struct fuzz_near){
			c->rcv_nxt, atcp_conn_rcv_wnd(c), c->snd_una, c->snd_nxt - c->snd_una,
			c->ts_recent, atcp_tsval(c->ts_off, sim.now),
		};
	if (h->req_live)
		return (struct fuzz_near){
			h->req.irs + 1, h->req.wnd, h->req.iss + 1, 0,
			h->req.ts_recent, atcp_tsval(h->req.ts_off, sim.now),
		};
	return (struct fuzz_near){
		h->tw.rcv_nxt, h->tw.rcv_wnd, h->tw.snd_nxt, 0,
		h->tw.ts_recent, atcp_tsval(h->tw.ts_off, sim.now),
	};
}

/* A new connection is a new stream for the application, and its first SYN says the peer's MSS. */
static void before_segment(u8 flags, const struct atcp_opts *o)
{
	if (!h->sc && !h->req_live) {
		sim_app_again(&h->app);
		h->app.started = true;
		h->accepts = 0;
		h->shown_valid = false;
	}
	if (!(flags & ATCP_SYN) || (h->sc ? h->sc->c.state != ATCP_SYN_SENT : h->req_live))
		return;
	sim.host[1].adv_mss = o->has & ATCP_OPT_MSS ? o->mss : 536;
}

static struct sim_pkt *packet(u32 hdr, u32 len)
{
	struct sim_pkt *p = calloc(1, sizeof(*p) + hdr + len);

	if (!p)
		abort();
	p->kind = SIM_PKT_SEGMENT;
	p->forged = true;
	p->incarnation = sim.incarnation;
	p->hdr = hdr;
	p->len = len;
	return p;
}

/* Each byte follows from its number, so that what comes in pieces and again is still one stream. */
static void fill(struct sim_pkt *p, const struct atcp_seg *s)
{
	u32 pos = s->seq + !!(s->flags & ATCP_SYN), i;

	if (h->sc && h->sc->c.state != ATCP_SYN_SENT)
		pos -= h->sc->c.irs + 1;
	else if (h->req_live)
		pos -= h->req.irs + 1;
	else
		pos -= s->seq + 1;
	for (i = 0; i < p->len; i++)
		p->bytes[p->hdr + i] = *sim_pattern(sim.host[1].app.key, pos + i);
}

static void segment(void)
{
	const struct fuzz_near near = near_to();
	struct atcp_seg s;
	struct sim_pkt *p;

	fuzz_segment(&in, &near, &s);
	before_segment(s.flags, &s.opt);
	p = packet(atcp_seg_hdr_len(&s), s.len);
	atcp_seg_build(&s, 0x2222, 0x1111, p->bytes);
	fill(p, &s);
	sim_draw(p, "");
	sim_input(h, p);
	free(p);
}

/* The next of the stream, or what acknowledges all: an input gets far with few bytes. */
static void good_segment(u8 op)
{
	const struct fuzz_near near = near_to();
	struct atcp_seg s = {
		.seq = near.seq,
		.ack = near.ack + near.ack_span,
		.flags = ATCP_ACK,
		.wnd = op & 4 ? 65535 : fuzz_u16(&in),
		.len = op & 1 ? fuzz_u8(&in) * 8 : 0,
		.opt = { .tsval = near.tsval + 1, .tsecr = near.tsecr },
	};
	struct sim_pkt *p;

	if (h->sc ? h->sc->c.ts_ok : h->cfg.timestamps)
		s.opt.has = ATCP_OPT_TS;
	if ((h->sc && h->sc->c.state == ATCP_SYN_SENT) || (!h->sc && !h->req_live)) {
		s.flags = h->sc ? ATCP_SYN | ATCP_ACK : ATCP_SYN;
		s.seq = fuzz_u32(&in);
		s.opt.has |= ATCP_OPT_MSS | (fuzz_u8(&in) & (ATCP_OPT_WSCALE | ATCP_OPT_SACK_OK));
		s.opt.mss = 1460;
		s.opt.wscale = 7;
		s.len = 0;
	} else if (op & 2) {
		s.flags |= ATCP_FIN;
	}
	before_segment(s.flags, &s.opt);
	p = packet(atcp_seg_hdr_len(&s), s.len);
	atcp_seg_build(&s, 0x2222, 0x1111, p->bytes);
	fill(p, &s);
	sim_draw(p, "");
	sim_input(h, p);
	free(p);
}

static void raw_segment(void)
{
	u32 hdr = ATCP_HDR_MIN + fuzz_u8(&in) % (ATCP_HDR_MAX - ATCP_HDR_MIN + 1);
	struct sim_pkt *p = packet(hdr, fuzz_u8(&in));
	struct atcp_seg s;
	u32 i;

	for (i = 0; i < hdr; i++)
		p->bytes[i] = fuzz_u8(&in);
	if (!atcp_seg_parse(&s, p->bytes, hdr, hdr + p->len)) {
		p->len = s.len;
		p->hdr = s.hdr_len;
		before_segment(s.flags, &s.opt);
		fill(p, &s);
	}
	sim_input(h, p);
	free(p);
}

static void write_some(void)
{
	u32 len = 1 + fuzz_u16(&in) % 20000;
	struct sim_app *a = &h->app;
	struct atcp_conn *c = &h->sc->c;
	u8 how = fuzz_u8(&in);
	struct sim_tx *tx;

	if ((c->state != ATCP_ESTABLISHED && c->state != ATCP_CLOSE_WAIT) || a->shut ||
	    !a->connected || h->sc->tx_bytes + len > MAX_QUEUED)
		return;
	tx = sim_tx_new(h->sc, a->written, len, len);
	a->written += len;
	a->total = a->written;
	atcp_conn_queue(c, &tx->t);
	if (how & 1)
		atcp_conn_urgent(c);
	sim_note(h, "writes %u", len);
	atcp_conn_push(c, how & 2, sim.now);
}

static void read_some(void)
{
	u64 n = min_t(u64, h->app.got - h->app.taken, 1 + fuzz_u16(&in));

	if (!n)
		return;
	h->app.taken += n;
	sim_note(h, "reads %llu", n);
	atcp_conn_consumed(&h->sc->c, (u32)n, sim.now);
}

static void shut(void)
{
	if (h->app.orphaned)
		return;
	h->app.shut = true;
	h->app.all = h->app.written;
	sim_note(h, "shuts down");
	atcp_conn_close(&h->sc->c, sim.now);
}

static void icmp(void)
{
	static const int err[] = { EMSGSIZE, EHOSTUNREACH, ECONNREFUSED, EPROTO };
	const struct fuzz_near near = near_to();
	struct sim_pkt *p = packet(0, 0);
	u8 how = fuzz_u8(&in);

	p->kind = SIM_PKT_ICMP;
	p->seq = fuzz_number(&in, how, near.ack, near.ack_span);
	p->err = err[how >> 3 & 3];
	p->value = fuzz_u16(&in);
	sim_note(h, "ICMP %d mtu %u", p->err, p->value);
	sim_icmp(h, p);
	free(p);
}

static void resize(void)
{
	struct sim_conn *sc = h->sc;
	u32 size = 1 + fuzz_u16(&in);

	/* as of a socket, it counts from the next read on */
	if (h->app.got == h->app.taken)
		return;
	sc->c.rcv_buf = size;
	sc->c.rcv_buf_max = 0;
	sc->w.rcv_buf = max(sc->w.rcv_buf, sc->c.rcv_buf);
	read_some();
}

static void timer(void)
{
	u64 due = sim_host_deadline(h);

	if (!due)
		return;
	sim.now = max(sim.now, due);
	sim_host_timer(h);
}

static void pass_time(void)
{
	u8 t = fuzz_u8(&in);
	u64 due = sim_host_deadline(h);

	sim.now += (u64)(t & 7) << (10 + (t >> 3));
	/* the host's timer is never far behind */
	if (due && sim.now > due)
		sim_host_timer(h);
}

/* What needs a connection. */
static void user(u8 op)
{
	struct atcp_conn *c = &h->sc->c;

	switch (op) {
	case 0:
		write_some();
		break;
	case 1:
		read_some();
		break;
	case 2:
		shut();
		break;
	case 3:
		sim_app_leave(h);
		return;
	case 4:
		h->app.aborted = true;
		sim_note(h, "aborts");
		atcp_conn_abort(c, sim.now);
		break;
	case 5:
		atcp_conn_push(c, fuzz_u8(&in) & 1, sim.now);
		break;
	case 6:
		atcp_conn_quickack(c, sim.now);
		break;
	case 7:
		atcp_conn_keepalive(c, fuzz_u8(&in) & 1, sim.now);
		break;
	case 8:
		resize();
		break;
	case 9:
		c->cork = fuzz_u8(&in) & 1;
		break;
	case 10:
		c->nodelay = fuzz_u8(&in) & 1;
		break;
	default:
		atcp_conn_timer(c, sim.now);
	}
	sim_reap(h);
}

static void open_again(void)
{
	const struct atcp_opts none = { 0 };

	before_segment(ATCP_SYN, &none);
	sim_open(h);
}

static void step(void)
{
	u8 op = fuzz_u8(&in);

	sim.events++;
	if (op >= 0xa0)
		segment();
	else if (op >= 0x70)
		good_segment(op);
	else if (op >= 0x50)
		timer();
	else if (op >= 0x40)
		pass_time();
	else if (op >= 0x3c)
		raw_segment();
	else if (op >= 0x38)
		icmp();
	else if (op >= 0x36)
		faults();
	else if (h->sc)
		user(op % 12);
	else if (op & 1 && !h->listening && !h->req_live)
		open_again();
	sim_check(h);
}

static void failed(void)
{
	sim_net_purge();
	fuzz_fail("%s (event %llu)", sim.why, sim.events);
}

/* The user goes, and the peer says no more: timers alone must end it. */
static void drain(void)
{
	u32 n = 0;

	in.left = 0;
	faults();
	if (h->sc)
		sim_app_leave(h);
	while (sim_host_deadline(h) && !sim.failed) {
		timer();
		sim_check(h);
		if (++n > MAX_TIMERS)
			sim_fail("no end in %s", h->sc ? atcp_state_name(h->sc->c.state) : "-");
	}
	if (!sim.failed && (h->sc || h->req_live || h->tw_live))
		sim_fail("nothing will ever end %s",
			 h->sc ? atcp_state_name(h->sc->c.state) : "a record");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static bool ready;

	if (!ready)
		sim_pattern_init();
	ready = true;
	in = (struct fuzz_in){ data, size };
	setup();
	if (!h->listening)
		sim_open(h);
	while (in.left && !sim.failed)
		step();
	if (!sim.failed)
		drain();
	sim_forget(h);
	sim_net_purge();
	if (!sim.failed && (sim.live_tx || sim.live_rx || sim.live_mem))
		sim_fail("not freed: %llu send handles, %llu receive handles, %llu arrays",
			 sim.live_tx, sim.live_rx, sim.live_mem);
	if (sim.failed)
		failed();
	return 0;
}
