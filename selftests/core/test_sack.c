// SPDX-License-Identifier: GPL-2.0-only
/* Selective acknowledgments: what RFC 2018 and RFC 2883 demand of both ends. */
#include "rig.h"
#include "seq.h"

#define RTT	(RIG_SEC / 10)

/* Of the segments of the peer's: numbers are offsets from its first byte. */
static void arrives(RIG, u32 from, u32 to)
{
	rig_feed(self, THEIRS(1 + from), to - from, ATCP_ACK);
}

#define EXPECT_BLOCK(i, from, to) do {					\
	EXPECT_LT(i, stub.last.opt.nsacks);				\
	EXPECT_EQ(THEIRS(1 + (from)), stub.last.opt.sacks[i].start);	\
	EXPECT_EQ(THEIRS(1 + (to)), stub.last.opt.sacks[i].end);	\
} while (0)

/* In CLOSED; the peer's SYN will offer these options. */
static void anew(RIG, u8 offer)
{
	atcp_conn_purge(&self->c);
	memset(&self->c, 0, sizeof(self->c));
	self->cfg.timestamps = !!(offer & ATCP_OPT_TS);
	atcp_conn_init(&self->c, &self->cfg);
	self->c.mtu = 1480;
	self->c.adv_mss = 1460;
	self->c.default_mss = 536;
	self->c.rcv_buf = 20000;
	self->in = (struct atcp_seg){ .seq = RIG_PEER, .wnd = 20000, .flags = ATCP_SYN };
	self->in.opt.has = ATCP_OPT_MSS | offer;
	self->in.opt.mss = RIG_MSS;
}

enum opening { ACTIVE, PASSIVE, SIMULTANEOUS, OPENINGS };

/* ESTABLISHED that way; nothing counts as sent. */
static void open_by(RIG, enum opening how, u8 offer)
{
	anew(self, offer);
	if (how == PASSIVE) {
		rig_accept(self);
	} else {
		atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
		if (how == SIMULTANEOUS)
			rig_feed(self, RIG_PEER, 0, ATCP_SYN);
		self->now += RTT;
		self->in.ack = OURS(1);
		rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	}
	self->in.opt = (struct atcp_opts){ .has = offer & ATCP_OPT_TS };
	rig_feed(self, THEIRS(1), 0, ATCP_ACK);
	stub.sent = 0;
}

/* shows RFC2018-1 */
TEST_F(rig, permission_is_in_syns_alone)
{
	u32 i;

	atcp_conn_open(&self->c, RIG_ISN, 0, self->now);
	self->in.ack = OURS(1);
	rig_feed(self, RIG_PEER, 0, ATCP_SYN | ATCP_ACK);
	arrives(self, 100, 200);
	rig_write(self, 100);
	self->now = atcp_conn_deadline(&self->c);
	atcp_conn_timer(&self->c, self->now);
	atcp_conn_close(&self->c, self->now);
	rig_feed(self, THEIRS(1), 0, ATCP_SYN);
	atcp_conn_abort(&self->c, self->now);
	EXPECT_LE(7, stub.sent);
	for (i = 0; i < stub.sent; i++)
		EXPECT_EQ(!!(stub.out[i].flags & ATCP_SYN),
			  !!(stub.out[i].opt.has & ATCP_OPT_SACK_OK));
	EXPECT_TRUE(!!(stub.out[0].flags & ATCP_SYN));
	EXPECT_TRUE(!!(stub.last.flags & ATCP_RST));
}

/* shows RFC2018-2 */
TEST_F(rig, blocks_wherever_they_are_permitted)
{
	u32 i;

	for (i = 0; i < 2 * OPENINGS; i++) {
		open_by(self, i % OPENINGS, ATCP_OPT_SACK_OK | (i < OPENINGS ? 0 : ATCP_OPT_TS));
		arrives(self, 1000, 1100);
		ASSERT_EQ(1, stub.last.opt.nsacks);
		EXPECT_BLOCK(0, 1000, 1100);
	}
}

/* shows RFC2018-3 */
TEST_F(rig, no_blocks_without_permission)
{
	u32 i, how;

	for (how = 0; how < OPENINGS; how++) {
		open_by(self, how, 0);
		arrives(self, 1000, 1100);
		arrives(self, 1000, 1100);
		arrives(self, 0, 100);
		arrives(self, 0, 100);
		rig_feed(self, THEIRS(2001), 0, ATCP_ACK | ATCP_FIN);
		rig_write(self, 100);
		EXPECT_EQ(6, stub.sent);
		for (i = 0; i < stub.sent; i++)
			EXPECT_EQ(0, stub.out[i].opt.nsacks);
	}
}

/* shows RFC2018-4 */
TEST_F(rig, blocks_in_every_segment_while_there_is_a_hole)
{
	u32 i;

	rig_connect(self);
	arrives(self, 1000, 1100);
	/* data, the same again, a challenge, a probe, a FIN */
	rig_write(self, 100);
	ASSERT_TRUE(rig_timer(self));
	rig_feed(self, THEIRS(1), 0, ATCP_SYN);
	rig_ack(self, 101, 0);
	rig_write(self, 100);
	ASSERT_TRUE(rig_timer(self));
	rig_ack(self, 101, 20000);
	rig_ack(self, 201, 20000);
	atcp_conn_close(&self->c, self->now);
	EXPECT_TRUE(!!(stub.last.flags & ATCP_FIN));
	/* the user reads: a window that has become larger */
	rig_ack(self, 202, 20000);
	arrives(self, 0, 10);
	ASSERT_EQ(8, stub.sent);
	for (i = 0; i < stub.sent; i++) {
		ASSERT_EQ(1, stub.out[i].opt.nsacks);
		EXPECT_EQ(THEIRS(1001), stub.out[i].opt.sacks[0].start);
	}
	arrives(self, 10, 1000);
	EXPECT_EQ(0, stub.last.opt.nsacks);
}

/* shows RFC2018-5 */
TEST_F(rig, every_segment_beyond_a_hole_has_its_ack)
{
	u32 i;

	rig_connect(self);
	self->c.quickack = 0;
	for (i = 1; i <= 40; i++) {
		/* of three pieces, each growing by ten bytes at a time */
		u32 from = 1000 * (1 + i % 3) + 10 * (i / 3);

		arrives(self, from, from + 10);
		ASSERT_EQ(i, stub.sent);
		EXPECT_EQ(ATCP_ACK, stub.last.flags);
		EXPECT_NE(0, stub.last.opt.nsacks);
	}
}

/* Does the first block hold the bytes [from, to) of the peer's? */
static bool first_block_holds(u32 from, u32 to)
{
	const struct atcp_sack *b = stub.last.opt.sacks;

	return stub.last.opt.nsacks && !atcp_after(b->start, THEIRS(1 + from)) &&
	       !atcp_before(b->end, THEIRS(1 + to));
}

/* shows RFC2018-6 */
TEST_F(rig, first_block_is_that_of_the_newest_segment)
{
	static const u8 order[] = { 19, 3, 11, 5, 4, 17, 7, 12, 18, 9, 2, 15, 14, 6, 1, 13, 16, 8 };
	u32 i;

	rig_connect(self);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		arrives(self, order[i] * 500, order[i] * 500 + 500);
		EXPECT_EQ(THEIRS(1), stub.last.ack);
		EXPECT_TRUE(first_block_holds(order[i] * 500, order[i] * 500 + 500));
	}
	/* all but the tenth; and whole blocks */
	ASSERT_EQ(2, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 500, 5000);
	EXPECT_BLOCK(1, 5500, 10000);
}

/* shows RFC2018-7 */
TEST_F(rig, as_many_blocks_as_fit)
{
	u32 i, j, k, ts;

	for (ts = 0; ts < 2; ts++) {
		open_by(self, ACTIVE, ATCP_OPT_SACK_OK | (ts ? ATCP_OPT_TS : 0));
		for (i = 1; i <= 6; i++) {
			arrives(self, 1000 * i, 1000 * i + 100);
			ASSERT_EQ(min_t(u32, i, ts ? 3 : 4), stub.last.opt.nsacks);
			for (j = 0; j < stub.last.opt.nsacks; j++)
				for (k = 0; k < j; k++)
					EXPECT_NE(stub.last.opt.sacks[k].start,
						  stub.last.opt.sacks[j].start);
		}
	}
}

/* RFC 2018 section 7, case 3 and on; shows RFC2018-8 */
TEST_F(rig, the_other_blocks_are_those_reported_last)
{
	u32 i;

	rig_connect(self);
	for (i = 1; i <= 6; i++)
		arrives(self, 1000 * i, 1000 * i + 500);
	EXPECT_BLOCK(0, 6000, 6500);
	EXPECT_BLOCK(1, 5000, 5500);
	EXPECT_BLOCK(2, 4000, 4500);
	EXPECT_BLOCK(3, 3000, 3500);
	/* an old one grows, up to the next */
	arrives(self, 1500, 2000);
	EXPECT_BLOCK(0, 1000, 2500);
	EXPECT_BLOCK(1, 6000, 6500);
	EXPECT_BLOCK(2, 5000, 5500);
	EXPECT_BLOCK(3, 4000, 4500);
	/* what has become part of the first is not said again */
	arrives(self, 5500, 6000);
	EXPECT_BLOCK(0, 5000, 6500);
	EXPECT_BLOCK(1, 1000, 2500);
	EXPECT_BLOCK(2, 4000, 4500);
	EXPECT_BLOCK(3, 3000, 3500);
	/* the ACK moves: the first of the last one is first again */
	arrives(self, 0, 1000);
	EXPECT_EQ(THEIRS(2501), stub.last.ack);
	EXPECT_BLOCK(0, 5000, 6500);
	EXPECT_BLOCK(1, 4000, 4500);
}

/* shows RFC2018-14 */
TEST_F(rig, newest_segment_first_where_memory_is_short)
{
	u32 i;

	rig_connect(self);
	self->c.rcv_buf = 100;
	for (i = 15; i > 0; i--) {
		arrives(self, 1000 * i, 1000 * i + 500);
		EXPECT_BLOCK(0, 1000 * i, 1000 * i + 500);
	}
}

/* shows RFC2018-15 */
TEST_F(rig, nothing_that_was_reported_is_discarded)
{
	u32 i;

	rig_connect(self);
	for (i = 1; i < 10; i++)
		arrives(self, 1000 * i, 1000 * i + 1000);
	self->c.rcv_buf = 100;
	stub.no_memory = true;
	arrives(self, 12000, 13000);
	arrives(self, 0, 1000);
	EXPECT_EQ(0, self->c.bytes_received);
	EXPECT_BLOCK(0, 1000, 10000);
	stub.no_memory = false;
	arrives(self, 0, 1000);
	EXPECT_EQ(10000, self->c.bytes_received);
	EXPECT_EQ(THEIRS(10001), stub.last.ack);
}

/* Ten segments of ours are out, and known by their numbers from 0. */
static void ten(RIG, bool with_sack)
{
	u32 i;

	open_by(self, ACTIVE, with_sack ? ATCP_OPT_SACK_OK : 0);
	self->c.gso_max = RIG_MSS;
	for (i = 0; i < 10; i++)
		rig_write(self, RIG_MSS);
	self->now += RTT;
}

/* The peer acknowledges all below segment @ack, and has [from, to). */
static void sack(RIG, u32 ack, u32 from, u32 to)
{
	self->in.opt.nsacks = 1;
	self->in.opt.sacks[0].start = OURS(1 + from * RIG_MSS);
	self->in.opt.sacks[0].end = OURS(1 + to * RIG_MSS);
	rig_ack(self, 1 + ack * RIG_MSS, 60000);
	self->in.opt.nsacks = 0;
}

/* How often segment @n has been sent, since the first ten were. */
static u32 again(u32 n)
{
	u32 i, count = 0;

	for (i = 10; i < stub.sent; i++)
		count += stub.out[i].len && stub.out[i].seq == OURS(1 + n * RIG_MSS);
	return count;
}

/* Each block is said once only; shows RFC2018-9 */
TEST_F(rig, what_the_peer_has_is_remembered)
{
	u32 i;

	ten(self, true);
	sack(self, 0, 1, 2);
	sack(self, 0, 3, 5);
	sack(self, 0, 6, 7);
	sack(self, 0, 8, 10);
	/* what is lost goes out as ACKs come */
	for (i = 1; i < 10; i++) {
		self->now += RTT;
		rig_ack(self, 1 + i * RIG_MSS, 60000);
	}
	for (i = 0; i < 10; i++)
		EXPECT_EQ(i == 0 || i == 2 || i == 5 || i == 7, again(i));
}

/* shows RFC2018-11 */
TEST_F(rig, timeout_sends_the_left_edge_whatever_was_said_of_it)
{
	ten(self, true);
	sack(self, 0, 1, 10);
	ASSERT_EQ(1, again(0));
	/* it was said to be there, and is not */
	self->now += RTT;
	rig_ack(self, 1 + RIG_MSS, 60000);
	EXPECT_EQ(0, again(1));
	ASSERT_TRUE(rig_timer(self));
	EXPECT_EQ(1, again(1));
	EXPECT_EQ(1, stub.counts[ATCP_C_TCPTimeouts]);
}

/* Of a flight of ten the first is lost. Return: cwnd afterwards; @dups: ACKs that it took. */
static u32 repair(RIG, bool with_sack, u32 *dups)
{
	u32 i;

	ten(self, with_sack);
	for (i = 1; i < 10; i++) {
		if (with_sack)
			sack(self, 0, 1, 1 + i);
		else
			rig_ack(self, 1, 20000);
		if (!*dups && again(0))
			*dups = i;
	}
	self->now += RTT;
	rig_ack(self, 1 + 10 * RIG_MSS, 20000);
	return self->c.cwnd;
}

/* shows RFC2018-12 */
TEST_F(rig, congestion_control_is_the_same_with_sack)
{
	u32 i, dups;

	self->cfg.cc = &atcp_cc_newreno;
	for (i = 0; i < 2; i++) {
		dups = 0;
		EXPECT_EQ(5 * RIG_MSS, repair(self, i, &dups));
		/* RFC 5681 section 3.2: by the third, and no single one */
		EXPECT_EQ(3, dups);
		EXPECT_EQ(1, again(0));
	}
}

/* shows RFC2018-17 */
TEST_F(rig, data_is_kept_until_it_is_acknowledged)
{
	const struct atcp_txseg *t;
	u32 i, bytes = 0;

	ten(self, true);
	sack(self, 0, 1, 10);
	list_for_each_entry(t, &self->c.txq, node)
		bytes += t->len;
	EXPECT_EQ(10 * RIG_MSS, bytes);
	/* the peer has thrown it away: all of it can be sent again */
	for (i = 1; i < 10; i++) {
		rig_ack(self, 1 + i * RIG_MSS, 60000);
		while (!again(i))
			ASSERT_TRUE(rig_timer(self));
	}
}

/* RFC 2883, section 4.1.1 and 4.1.2; shows RFC2883-1 */
TEST_F(rig, duplicate_comes_first)
{
	rig_connect(self);
	arrives(self, 0, 1000);
	arrives(self, 1000, 2000);
	arrives(self, 0, 1000);
	EXPECT_EQ(THEIRS(2001), stub.last.ack);
	ASSERT_EQ(1, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 0, 1000);
	/* the newest of all that is acknowledged, */
	arrives(self, 1000, 2000);
	ASSERT_EQ(1, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 1000, 2000);
	/* beside what waits for a hole, */
	arrives(self, 2500, 3000);
	arrives(self, 1500, 2000);
	ASSERT_EQ(2, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 1500, 2000);
	EXPECT_BLOCK(1, 2500, 3000);
	/* and behind the peer's FIN */
	rig_feed(self, THEIRS(2001), 1000, ATCP_ACK | ATCP_FIN);
	ASSERT_EQ(ATCP_CLOSE_WAIT, self->c.state);
	rig_feed(self, THEIRS(2001), 1000, ATCP_ACK | ATCP_FIN);
	ASSERT_EQ(1, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 2000, 3000);
}

/* Section 4.1.3, and where another block is the newer one; shows RFC2883-2 */
TEST_F(rig, block_of_the_duplicate_comes_second)
{
	rig_connect(self);
	arrives(self, 1000, 1500);
	arrives(self, 1500, 2000);
	arrives(self, 1500, 2000);
	ASSERT_EQ(2, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 1500, 2000);
	EXPECT_BLOCK(1, 1000, 2000);
	arrives(self, 3000, 3500);
	arrives(self, 5000, 5500);
	arrives(self, 1200, 1300);
	ASSERT_EQ(4, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 1200, 1300);
	EXPECT_BLOCK(1, 1000, 2000);
	EXPECT_BLOCK(2, 5000, 5500);
	EXPECT_BLOCK(3, 3000, 3500);
	/* however new the FIN is */
	rig_feed(self, THEIRS(8001), 0, ATCP_ACK | ATCP_FIN);
	arrives(self, 3000, 3500);
	ASSERT_EQ(4, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 3000, 3500);
	EXPECT_BLOCK(1, 3000, 3500);
}

/* Also where one ACK is for several; shows RFC2883-3 */
TEST_F(rig, duplicate_of_the_newest_segment_only)
{
	rig_connect(self);
	self->c.quickack = 0;
	self->c.rcv_mss = RIG_MSS;
	arrives(self, 0, 100);
	/* in part a duplicate: the next segment does not find it unreported */
	arrives(self, 50, 200);
	ASSERT_EQ(1, stub.sent);
	EXPECT_BLOCK(0, 50, 100);
	arrives(self, 200, 300);
	arrives(self, 2000, 2100);
	ASSERT_EQ(1, stub.last.opt.nsacks);
	atcp_conn_hold_acks(&self->c);
	arrives(self, 0, 300);
	arrives(self, 1000, 1100);
	atcp_conn_release_acks(&self->c, self->now);
	ASSERT_EQ(2, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 1000, 1100);
	arrives(self, 300, 2000);
	atcp_conn_hold_acks(&self->c);
	arrives(self, 2000, 2100);
	arrives(self, 2100, 2200);
	atcp_conn_release_acks(&self->c, self->now);
	EXPECT_EQ(THEIRS(2201), stub.last.ack);
	EXPECT_EQ(0, stub.last.opt.nsacks);
}

/* shows RFC2883-4 */
TEST_F(rig, duplicate_is_reported_once)
{
	u32 i, reports = 0;

	rig_connect(self);
	arrives(self, 0, 1000);
	arrives(self, 2000, 3000);
	for (i = 0; i < 3; i++) {
		stub.sent = 0;
		arrives(self, i ? 2000 : 0, i ? 2500 : 1000);
		/* a window, data, an answer */
		rig_write(self, 10);
		rig_feed(self, THEIRS(1), 0, ATCP_SYN);
		atcp_conn_quickack(&self->c, self->now);
		arrives(self, 4000 + 100 * i, 4100 + 100 * i);
		while (stub.sent--)
			reports += stub.out[stub.sent].opt.sacks[0].end == THEIRS(i ? 2501 : 1001);
	}
	EXPECT_EQ(3, reports);
}

/* Sections 4.2.1 to 4.2.3; shows RFC2883-5 */
TEST_F(rig, edges_of_the_duplicate)
{
	rig_connect(self);
	arrives(self, 0, 1000);
	arrives(self, 2000, 2500);
	arrives(self, 500, 1500);
	EXPECT_EQ(THEIRS(1501), stub.last.ack);
	ASSERT_EQ(2, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 500, 1000);
	EXPECT_BLOCK(1, 2000, 2500);
	/* above the ACK: the end, the beginning and the middle of a block */
	arrives(self, 2400, 2600);
	EXPECT_BLOCK(0, 2400, 2500);
	EXPECT_BLOCK(1, 2000, 2600);
	arrives(self, 1900, 2100);
	EXPECT_BLOCK(0, 2000, 2100);
	EXPECT_BLOCK(1, 1900, 2600);
	arrives(self, 2001, 2002);
	EXPECT_BLOCK(0, 2001, 2002);
	EXPECT_BLOCK(1, 1900, 2600);
	arrives(self, 1800, 2700);
	EXPECT_BLOCK(0, 1900, 2600);
	EXPECT_BLOCK(1, 1800, 2700);
}

/* Section 4.2.2, and where the first of them begins a segment; shows RFC2883-6 */
TEST_F(rig, first_of_two_duplicates)
{
	rig_connect(self);
	arrives(self, 0, 500);
	arrives(self, 1000, 1500);
	arrives(self, 2000, 2500);
	arrives(self, 3000, 3500);
	arrives(self, 0, 1500);
	EXPECT_EQ(THEIRS(1501), stub.last.ack);
	EXPECT_BLOCK(0, 0, 500);
	/* beyond the ACK alone */
	arrives(self, 1500, 3200);
	EXPECT_EQ(THEIRS(3501), stub.last.ack);
	EXPECT_BLOCK(0, 2000, 2500);
	arrives(self, 4000, 4500);
	arrives(self, 5000, 5500);
	arrives(self, 3700, 5200);
	EXPECT_BLOCK(0, 4000, 4500);
}

/* Section 4.2.3; shows RFC2883-7 */
TEST_F(rig, only_the_first_of_two_duplicates)
{
	rig_connect(self);
	arrives(self, 0, 500);
	arrives(self, 3000, 3500);
	arrives(self, 1000, 1500);
	arrives(self, 2000, 2500);
	arrives(self, 1000, 2500);
	ASSERT_EQ(3, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 1000, 1500);
	EXPECT_BLOCK(1, 1000, 2500);
	EXPECT_BLOCK(2, 3000, 3500);
	arrives(self, 2800, 3600);
	ASSERT_EQ(3, stub.last.opt.nsacks);
	EXPECT_BLOCK(0, 3000, 3500);
	EXPECT_BLOCK(1, 2800, 3600);
	EXPECT_BLOCK(2, 1000, 2500);
}

/* ACKs that were reordered: what was no duplicate when the first was sent; shows RFC2883-8 */
TEST_F(rig, duplicate_by_the_ack_that_carries_it)
{
	ten(self, true);
	sack(self, 6, 7, 8);
	sack(self, 1, 2, 5);
	sack(self, 1, 3, 4);
	EXPECT_EQ(0, self->c.dsacks);
	EXPECT_EQ(OURS(1 + 6 * RIG_MSS), self->c.snd_una);
	sack(self, 6, 4, 5);
	EXPECT_EQ(1, self->c.dsacks);
}

TEST_HARNESS_MAIN
