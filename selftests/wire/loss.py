#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Retransmission: RFC 6298, RFC 5681, RFC 6675; keepalive and the time to give up."""

import errno
import select
import socket
import sys

from harness import abort, accepted, check, equal, main, state, test
from wire import PATIENCE, Failure

FULL = 1000
PLAIN = (("mss", FULL),)
SACK = (("mss", FULL), ("sackok",))
TIMED = (("mss", FULL), ("ts", (1000, 0)))

ROOMY = [(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)]

# of struct tcp_info
RTO, LAST_DATA_SENT, SND_CWND, TOTAL_RETRANS = 8, 44, 80, 100


def burst(wire, options, count=10, more=0):
    """The first `count` segments of a larger write: (peer, socket)."""
    peer, sock = accepted(wire, options=options)
    sock.send(b"b" * FULL * (count + more))
    peer.data(count * FULL)
    return peer, sock


def info(sock, offset):
    """A field of struct tcp_info."""
    room = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return int.from_bytes(room[offset:offset + 4], sys.byteorder)


def number(peer, seg):
    """Relative sequence number of a segment."""
    return (seg.seq - peer.irs) & 0xffffffff


def full(first, end):
    """A block of segments, by their places."""
    return 1 + first * FULL, 1 + end * FULL


@test("the initial window is 10 segments (RFC 6928)")
def initial_window(wire):
    peer, _sock = burst(wire, PLAIN, 10, 10)
    peer.expect_nothing()


@test("slow start: two segments for each that is acknowledged")
def slow_start(wire):
    peer, _sock = burst(wire, PLAIN, 10, 10)
    peer.send("A", ack=1 + FULL)
    equal(sum(len(s.data) for s in peer.answers()), 2 * FULL, "bytes for an ACK")


def grown(wire):
    """A connection with a window of 20 segments or more, of which nothing is out."""
    wire.rto_min(1000)
    for _ in range(10):
        peer, sock = accepted(wire, options=PLAIN, sockopts=ROOMY)
        sock.send(b"g" * FULL * 30)
        peer.data(30 * FULL, ack_each=True)
        peer.answers()
        # a machine that stood still for a second has had a timeout instead
        if not info(sock, TOTAL_RETRANS):
            check(info(sock, SND_CWND) >= 20, f"a window of {info(sock, SND_CWND)} segments")
            return peer, sock
        abort(peer, sock)
    raise Failure("there is a timeout, again and again")


@test("net.ipv4.tcp_slow_start_after_idle: what is sent at once after a long time")
def idle(wire):
    for restarts in (1, 0):
        wire.sysctl("tcp_slow_start_after_idle", restarts)
        peer, sock = grown(wire)
        window = info(sock, SND_CWND)
        # native TCP halves the window for each RTO, down to the initial one
        while info(sock, LAST_DATA_SENT) * 1000 < 5 * info(sock, RTO):
            select.select([], [], [], 0.1)
        sock.send(b"f" * FULL * 60)
        sent = max(number(peer, seg) + len(seg.data) for seg in peer.answers()) - 30 * FULL - 1
        equal(sent, (10 if restarts else min(window, 60)) * FULL, "bytes at once")
        abort(peer, sock)


@test("no ACK: the first segment again, after a time that doubles (RFC 6298 5.4, 5.5)")
def timeout(wire):
    wire.rto_min(300)
    peer, sock = accepted(wire, options=TIMED)
    # the ACK of the SYN,ACK was the first measure of the round trip
    sock.send(b"lost")
    times = []
    for _ in range(4):
        peer.ack = 1
        seg = peer.expect("PA", seq=1, data=b"lost")
        # when it was sent; when it is read is a matter of who runs when
        times.append(seg.option("ts")[0])
    gaps = [(b - a) & 0xffffffff for a, b in zip(times, times[1:])]
    # a timer may come late, never before its time
    check(all(gap > 280 << i for i, gap in enumerate(gaps)), f"timeouts after {gaps} ms")
    peer.send("A", ack=5)
    # the next had perhaps been sent before the ACK came
    peer.answers()
    peer.expect_nothing()
    equal(state(sock), "ESTABLISHED", "state")


@test("after a timeout one segment only, then slow start (RFC 5681 3.1)")
def timeout_window(wire):
    # the second time is twice as long: it does not come while we look
    wire.rto_min(2000)
    peer, _sock = burst(wire, PLAIN)
    seg = peer.receive()
    equal((number(peer, seg), len(seg.data)), (1, FULL), "what is sent again")
    peer.expect_nothing()
    peer.send("A", ack=1 + FULL)
    again = peer.answers()
    equal([number(peer, s) for s in again], [1 + FULL, 1 + 2 * FULL], "the next that are sent again")


@test("three duplicate ACKs: fast retransmit (RFC 5681 3.2)")
def fast_retransmit(wire):
    peer, _sock = burst(wire, PLAIN)
    for _ in range(2):
        peer.send("A", ack=1)
        peer.expect_nothing()
    peer.send("A", ack=1)
    seg = peer.receive()
    equal((number(peer, seg), len(seg.data)), (1, FULL), "what is sent again")
    peer.expect_nothing()
    peer.send("A", ack=1 + 10 * FULL)
    peer.expect_nothing()


@test("limited transmit: new data for the first two duplicate ACKs (RFC 3042)")
def limited_transmit(wire):
    peer, sock = burst(wire, PLAIN)
    # a segment each: native TCP, if asked within a millisecond of the last one, waits until it
    # can send several of a larger write at once
    for _ in range(4):
        sock.send(b"b" * FULL, socket.MSG_EOR)
    for count in (10, 11):
        peer.send("A", ack=1)
        seg = peer.receive()
        equal((number(peer, seg), len(seg.data)), (1 + count * FULL, FULL), "new data")


@test("a partial ACK in recovery sends the next hole again (NewReno, RFC 6582)")
def partial_ack(wire):
    peer, _sock = burst(wire, PLAIN)
    for _ in range(3):
        peer.send("A", ack=1)
    equal([number(peer, s) for s in peer.answers()], [1], "what is sent again")
    peer.send("A", ack=1 + 3 * FULL)
    found = [number(peer, s) for s in peer.answers()]
    equal(found[:1], [1 + 3 * FULL], "the next hole")


@test("SACK: only what is missing is sent again (RFC 6675)")
def sack_recovery(wire):
    peer, _sock = burst(wire, SACK)
    # segments 1 and 4 are lost
    peer.sack(full(1, 2))
    peer.sack(full(1, 3))
    for end in range(5, 11):
        peer.sack(full(4, end), full(1, 3))
    found = sorted({number(peer, s) for s in peer.answers()})
    equal(found, [1, 1 + 3 * FULL], "what is sent again")
    peer.send("A", ack=1 + 10 * FULL)
    peer.expect_nothing()


@test("SACK: three separate pieces show what is lost, however small (RFC 6675 4)")
def sack_pieces(wire):
    peer, sock = accepted(wire, options=SACK)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for count in range(8):
        sock.send(b"%d" % count)
        peer.expect("PA", seq=1 + count, data=b"%d" % count)
    # 1 and 2 are lost. What the pieces leave between them is not known to be by RFC 6675; by
    # RFC 8985, which atcp goes by, it is: all was sent before the last of them. How much of it
    # goes out at once is the window's matter
    for blocks in ((3,), (5, 3), (7, 5, 3)):
        peer.sack(*((at, at + 1) for at in blocks))
    found = {number(peer, s) + i for s in peer.answers() for i in range(len(s.data))}
    lost = {1, 2, 4, 6} if wire.family == "atcp" else {1, 2}
    check({1, 2} <= found <= lost, f"bytes that are sent again: {found}")
    peer.send("A", ack=9)
    peer.expect_nothing()


@test("SACK of what was never sent is passed over")
def sack_bogus(wire):
    peer, _sock = burst(wire, SACK)
    for edge in (50000, 60000, 70000, 80000):
        peer.sack((edge, edge + FULL))
    peer.expect_nothing()
    peer.send("A", ack=1 + 10 * FULL)
    peer.expect_nothing()


@test("keepalive: probes of an idle connection, then the end (MUST-27)")
def keepalive(wire):
    peer, sock = accepted(wire)
    # so long that the first is answered before the second, ...
    for name, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 5),
                        (socket.TCP_KEEPCNT, 2)):
        sock.setsockopt(socket.IPPROTO_TCP, name, value)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    peer.expect("A", seq=0)
    peer.send("A")
    peer.answers()
    # ... and those that are not answered need not wait
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    for _ in range(2):
        peer.expect("A", seq=0)
    peer.expect("RA", seq=1)
    check(select.select([sock], [], [], PATIENCE)[0], "the user is told")
    equal(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), errno.ETIMEDOUT, "SO_ERROR")


@test("TCP_USER_TIMEOUT: data that is not acknowledged ends the connection (MUST-21)")
def user_timeout(wire):
    wire.rto_min(200)
    peer, sock = accepted(wire)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000)
    sock.send(b"x")
    peer.expect("PA", seq=1, data=b"x")
    check(select.select([sock], [], [], PATIENCE)[0], "the user is told")
    equal(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), errno.ETIMEDOUT, "SO_ERROR")


if __name__ == "__main__":
    main()
