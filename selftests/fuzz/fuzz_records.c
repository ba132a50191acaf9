// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments that meet no connection: CLOSED, a listener, a handshake and TIME_WAIT. What each may
 * answer, and how often, and that a handshake's last segment opens a connection.
 */
#include <api.h>
#include <ecn.h>
#include <handshake.h>
#include <seq.h>
#include <timewait.h>
#include "fuzz.h"
#include "../core/port_stub.h"

#define CONTROL (ATCP_SYN | ATCP_FIN | ATCP_RST | ATCP_ACK)

static struct {
	struct fuzz_in in;
	struct atcp_cfg cfg;
	struct atcp_listen listen;
	struct atcp_req req;
	struct atcp_tw tw;
	u64 now;
	u64 answered;		/* when a segment out of place was answered last */
} f;

static void read_cfg(void)
{
	u8 bits = fuzz_u8(&f.in);

	atcp_cfg_init(&f.cfg);
	f.cfg.timestamps = bits & 1;
	f.cfg.window_scaling = bits >> 1 & 1;
	f.cfg.sack = bits >> 2 & 1;
	f.cfg.rfc1337 = bits >> 3 & 1;
	f.cfg.synack_retries = bits >> 4;
	f.listen = (struct atcp_listen){
		.mtu = fuzz_u16(&f.in),
		.default_mss = 536,
		.user_mss = bits & 0x20 ? fuzz_u16(&f.in) : 0,
		.rcv_buf = fuzz_u16(&f.in),
		.rcv_buf_max = (u32)fuzz_u16(&f.in) << 12,
	};
	f.now = 1 + fuzz_u32(&f.in) * (u64)ATCP_NS_PER_SEC;
}

static void later(void)
{
	u8 t = fuzz_u8(&f.in);

	f.now += (t & 3) * (ATCP_NS_PER_MS << (t >> 2 & 31));
}

/* RFC 9293 3.10.7.1: never to a RST, and acceptable to who asked. */
static void check_reset(const struct atcp_seg *s, const struct atcp_seg *out)
{
	FUZZ_CHECK(!(s->flags & ATCP_RST), "a RST answers a RST");
	FUZZ_CHECK((out->flags & (CONTROL & ~ATCP_ACK)) == ATCP_RST, "%#x", out->flags);
	FUZZ_CHECK(!!(out->flags & ATCP_ACK) == !(s->flags & ATCP_ACK), "%#x", out->flags);
	if (s->flags & ATCP_ACK)
		FUZZ_CHECK(out->seq == s->ack, "%u, %u", out->seq, s->ack);
	else
		FUZZ_CHECK(!out->seq && out->ack == s->seq + atcp_seg_span(s), "%u", out->ack);
	FUZZ_CHECK(!out->len && !out->opt.nsacks, "%u bytes", out->len);
	FUZZ_CHECK(out->opt.has == (s->opt.has & ATCP_OPT_TS), "%#x", out->opt.has);
	FUZZ_CHECK(!out->opt.has || (!out->opt.tsval && out->opt.tsecr == s->opt.tsval), "%u",
		   out->opt.tsecr);
}

/* Of what may be had for the asking there is one in each interval. */
static void check_rate(void)
{
	FUZZ_CHECK(!f.answered || f.now - f.answered >= f.cfg.challenge_intvl,
		   "again after %llu ns", f.now - f.answered);
	f.answered = f.now;
}

static void check_synack(const struct atcp_seg *out)
{
	const struct atcp_req *r = &f.req;

	FUZZ_CHECK((out->flags & ~ATCP_ECE) == (ATCP_SYN | ATCP_ACK) &&
		   !!(out->flags & ATCP_ECE) == !!r->ecn, "%#x", out->flags);
	FUZZ_CHECK(out->seq == r->iss && out->ack == r->irs + 1, "%u, %u", out->seq, out->ack);
	FUZZ_CHECK(!(out->opt.has & ~ATCP_OPT_MSS & ~r->has), "%#x", out->opt.has);
	FUZZ_CHECK(out->opt.has & ATCP_OPT_MSS && out->opt.mss, "%u", out->opt.mss);
	FUZZ_CHECK(out->opt.wscale <= ATCP_MAX_WSCALE, "%u", out->opt.wscale);
	FUZZ_CHECK(out->wnd <= f.listen.rcv_buf, "%u of %u", out->wnd, f.listen.rcv_buf);
	FUZZ_CHECK(!out->len && !out->opt.nsacks, "%u", out->len);
	FUZZ_CHECK(!(r->has & ATCP_OPT_TS) || out->opt.tsecr == r->ts_recent, "%u, %u",
		   out->opt.tsecr, r->ts_recent);
}

/* The connection of a handshake that is complete: the segment that did it must open it. */
static void accept_it(const struct atcp_seg *s)
{
	struct atcp_seg bare = *s;
	struct atcp_conn c = { 0 };
	u32 sent;

	atcp_conn_init(&c, &f.cfg);
	c.mtu = max_t(u32, f.listen.mtu, 100);
	c.adv_mss = f.req.adv_mss;
	c.default_mss = f.listen.default_mss;
	c.rcv_buf = f.listen.rcv_buf;
	c.gso_max = 65535;
	atcp_conn_accept(&c, &f.req, f.now);
	FUZZ_CHECK(c.state == ATCP_SYN_RECV, "%s", atcp_state_name(c.state));
	sent = stub.sent;
	/* its payload is another target's matter; what was before it makes a FIN come too soon */
	bare.len = 0;
	bare.flags &= (u8)~(ATCP_FIN | ATCP_URG);
	if (s->len || s->flags & ATCP_FIN)
		bare.seq = f.req.irs + 1;
	atcp_conn_input(&c, &bare, NULL, f.now);
	FUZZ_CHECK(c.state == ATCP_ESTABLISHED && c.ev & ATCP_EV_CONNECTED, "%s, event %#x",
		   atcp_state_name(c.state), c.ev);
	FUZZ_CHECK(c.snd_una == f.req.iss + 1 && c.rcv_nxt == f.req.irs + 1, "%u, %u", c.snd_una,
		   c.rcv_nxt);
	FUZZ_CHECK(c.snd_wnd == (u32)s->wnd << f.req.wscale, "%u of %u", c.snd_wnd, s->wnd);
	FUZZ_CHECK(stub.sent == sent, "%u segments answer it", stub.sent - sent);
	atcp_conn_purge(&c);
}

/* Return: whether the record goes on. */
static bool req_segment(void)
{
	const struct fuzz_near near = {
		f.req.irs + 1, f.req.wnd, f.req.iss + 1, 0,
		f.req.ts_recent, atcp_tsval(f.req.ts_off, f.now),
	};
	const struct atcp_req was = f.req;
	struct atcp_seg s, out;
	enum atcp_verdict v;

	fuzz_segment(&f.in, &near, &s);
	v = atcp_req_input(&f.req, &f.cfg, &s, f.now, &out);
	FUZZ_CHECK(f.req.iss == was.iss && f.req.irs == was.irs && f.req.has == was.has &&
		   f.req.deadline == was.deadline, "what was agreed on is changed");
	switch (v) {
	case ATCP_V_DROP:
		return true;
	case ATCP_V_REPLY:
		if (out.flags & ATCP_RST) {
			check_reset(&s, &out);
			return true;
		}
		check_rate();
		if (out.flags & ATCP_SYN) {
			check_synack(&out);
			return true;
		}
		FUZZ_CHECK(out.flags == ATCP_ACK && out.seq == was.iss + 1 &&
			   out.ack == was.irs + 1, "%#x %u %u", out.flags, out.seq, out.ack);
		return true;
	case ATCP_V_FORGET:
		FUZZ_CHECK(f.req.state == ATCP_LISTEN, "%s", atcp_state_name(f.req.state));
		FUZZ_CHECK(s.flags & (ATCP_SYN | ATCP_RST), "%#x", s.flags);
		FUZZ_CHECK(!(s.flags & ATCP_RST) || s.seq == was.irs + 1, "RFC 5961: %u", s.seq);
		return false;
	case ATCP_V_ACCEPT:
		FUZZ_CHECK((s.flags & (ATCP_SYN | ATCP_RST | ATCP_ACK)) == ATCP_ACK &&
			   s.ack == was.iss + 1, "%#x %u", s.flags, s.ack);
		accept_it(&s);
		return true;
	default:
		fuzz_fail("verdict %d of a handshake", v);
	}
}

static bool req_timer(void)
{
	const struct atcp_req was = f.req;
	struct atcp_seg out;
	enum atcp_verdict v;

	f.now = max(f.now, f.req.deadline);
	v = atcp_req_timer(&f.req, &f.cfg, f.now, &out);
	if (v == ATCP_V_FORGET) {
		FUZZ_CHECK(was.timeouts == f.cfg.synack_retries, "%u of %u", was.timeouts,
			   f.cfg.synack_retries);
		FUZZ_CHECK(f.req.state == ATCP_CLOSED, "%s", atcp_state_name(f.req.state));
		return false;
	}
	FUZZ_CHECK(v == ATCP_V_REPLY, "verdict %d of a handshake's timer", v);
	FUZZ_CHECK(f.req.timeouts == was.timeouts + 1, "%u", f.req.timeouts);
	FUZZ_CHECK(f.req.deadline > f.now && f.req.deadline <= f.now + f.cfg.rto_max, "%llu",
		   f.req.deadline - f.now);
	check_synack(&out);
	return true;
}

static void handshake(void)
{
	while (f.in.left) {
		later();
		if (!(fuzz_u8(&f.in) % 8 ? req_segment() : req_timer()))
			return;
	}
	while (req_timer())
		;
}

static void listen(void)
{
	const struct fuzz_near near = { fuzz_u32(&f.in), 0, 0, 0, fuzz_u32(&f.in), 0 };
	u32 isn = fuzz_u32(&f.in), ts_off = fuzz_u32(&f.in);
	struct atcp_seg s, out;
	enum atcp_verdict v;

	while (f.in.left) {
		fuzz_segment(&f.in, &near, &s);
		if (atcp_closed_input(&s, &out))
			check_reset(&s, &out);
		else
			FUZZ_CHECK(s.flags & ATCP_RST, "%#x is not answered", s.flags);
		v = atcp_listen_input(&f.listen, &f.cfg, &s, isn, ts_off, f.now, &f.req, &out);
		if (v == ATCP_V_REPLY) {
			FUZZ_CHECK(s.flags & ATCP_ACK, "%#x", s.flags);
			check_reset(&s, &out);
		} else if (v == ATCP_V_NEW) {
			FUZZ_CHECK((s.flags & CONTROL) == ATCP_SYN, "%#x", s.flags);
			FUZZ_CHECK(f.req.state == ATCP_SYN_RECV && f.req.iss == isn &&
				   f.req.irs == s.seq && f.req.deadline > f.now, "%s",
				   atcp_state_name(f.req.state));
			FUZZ_CHECK(!(f.req.has & ~s.opt.has), "%#x of %#x", f.req.has, s.opt.has);
			FUZZ_CHECK(!!f.req.ecn == (atcp_ecn_asked(&s) && !s.ce), "%#x", s.flags);
			check_synack(&out);
			handshake();
			f.answered = 0;
		} else {
			FUZZ_CHECK(v == ATCP_V_DROP, "verdict %d of a listener", v);
			FUZZ_CHECK((s.flags & CONTROL) != ATCP_SYN, "a SYN is dropped");
		}
	}
}

static void tw_reply(const struct atcp_seg *s, const struct atcp_seg *out,
		     const struct atcp_tw *was)
{
	bool fin = f.tw.deadline != was->deadline;

	FUZZ_CHECK(out->flags == ATCP_ACK && out->seq == was->snd_nxt &&
		   out->ack == was->rcv_nxt && !out->len, "%#x", out->flags);
	FUZZ_CHECK(!was->ts_ok || out->opt.tsecr == f.tw.ts_recent, "%u", out->opt.tsecr);
	if (!fin && !(s->flags & ATCP_FIN))
		FUZZ_CHECK(!f.answered || f.now - f.answered >= f.cfg.challenge_intvl,
			   "again after %llu ns", f.now - f.answered);
	f.answered = f.now;
	/* RFC 9293 3.10.7.4: the peer's FIN again, and nothing else, restarts 2 MSL */
	if (fin)
		FUZZ_CHECK((s->flags & CONTROL) == (ATCP_FIN | ATCP_ACK) &&
			   s->seq + atcp_seg_span(s) == was->rcv_nxt &&
			   f.tw.deadline == f.now + was->length, "%#x", s->flags);
}

static bool tw_segment(void)
{
	const struct fuzz_near near = {
		f.tw.rcv_nxt, f.tw.rcv_wnd, f.tw.snd_nxt, 0,
		f.tw.ts_recent, atcp_tsval(f.tw.ts_off, f.now),
	};
	const struct atcp_tw was = f.tw;
	struct atcp_seg s, out;
	enum atcp_verdict v;

	fuzz_segment(&f.in, &near, &s);
	v = atcp_tw_input(&f.tw, &f.cfg, &s, f.now, &out);
	FUZZ_CHECK(f.tw.snd_nxt == was.snd_nxt && f.tw.rcv_nxt == was.rcv_nxt &&
		   f.tw.rcv_wnd == was.rcv_wnd, "numbers moved");
	FUZZ_CHECK(f.tw.ts_ok || f.tw.ts_recent == was.ts_recent, "%u", f.tw.ts_recent);
	FUZZ_CHECK(!atcp_before(f.tw.ts_recent, was.ts_recent), "%u after %u", f.tw.ts_recent,
		   was.ts_recent);
	if (v != ATCP_V_REPLY)
		FUZZ_CHECK(f.tw.deadline == was.deadline, "2 MSL restart without an ACK");
	switch (v) {
	case ATCP_V_DROP:
		return true;
	case ATCP_V_REPLY:
		FUZZ_CHECK(!(s.flags & ATCP_RST) || s.seq != was.rcv_nxt, "an ACK for a RST");
		tw_reply(&s, &out, &was);
		return true;
	case ATCP_V_FORGET:
		FUZZ_CHECK(s.flags & ATCP_RST && s.seq == was.rcv_nxt && !f.cfg.rfc1337,
			   "%#x %u", s.flags, s.seq);
		FUZZ_CHECK(f.tw.state == ATCP_CLOSED, "%s", atcp_state_name(f.tw.state));
		return false;
	case ATCP_V_REOPEN:
		FUZZ_CHECK((s.flags & CONTROL) == ATCP_SYN, "%#x", s.flags);
		atcp_tw_reopen(&f.tw);
		FUZZ_CHECK(f.tw.state == ATCP_SYN_RECV, "%s", atcp_state_name(f.tw.state));
		return false;
	default:
		fuzz_fail("verdict %d of TIME_WAIT", v);
	}
}

static void time_wait(void)
{
	struct atcp_conn c = { 0 };

	atcp_conn_init(&c, &f.cfg);
	c.snd_nxt = fuzz_u32(&f.in);
	c.rcv_nxt = fuzz_u32(&f.in);
	c.rcv_buf = fuzz_u16(&f.in);
	c.rcv_wscale = fuzz_u8(&f.in) % (ATCP_MAX_WSCALE + 1);
	c.rcv_adv = c.rcv_nxt + c.rcv_buf;
	c.ts_ok = f.cfg.timestamps;
	c.ts_recent = fuzz_u32(&f.in);
	c.ts_recent_at = f.now;
	c.state = ATCP_TIME_WAIT;
	atcp_tw_init(&f.tw, &c, f.now);
	FUZZ_CHECK(f.tw.state == ATCP_TIME_WAIT && f.tw.deadline == f.now + f.cfg.time_wait, "%s",
		   atcp_state_name(f.tw.state));
	while (f.in.left) {
		later();
		if (!tw_segment())
			return;
	}
	atcp_tw_expire(&f.tw);
	FUZZ_CHECK(f.tw.state == ATCP_CLOSED, "%s", atcp_state_name(f.tw.state));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 which;

	memset(&f, 0, sizeof(f));
	memset(&stub, 0, sizeof(stub));
	f.in = (struct fuzz_in){ data, size };
	which = fuzz_u8(&f.in);
	read_cfg();
	if (which & 1)
		time_wait();
	else
		listen();
	return 0;
}
