#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Data: order, acknowledgements, SACK, Nagle, PSH, urgent data, windows."""

import fcntl
import select
import socket
import struct
import time

from harness import accepted, check, equal, main, test
from wire import PATIENCE

FULL = 1000
SACK = (("mss", FULL), ("sackok",))
SIOCATMARK = 0x8905

# An ACK that is delayed takes 40 ms, of a peer that is far away: either family's delay is a
# fraction of the round trip if that is short. What came within half of that came at once; a
# machine that takes longer for any answer says nothing about delayed ones, and is asked again.
FAR_AWAY = 0.15
PROMPT = 0.02
ASKING = 60


def take(sock, count):
    """Read that much."""
    got = b""
    while len(got) < count:
        part = sock.recv(count - len(got))
        check(part, f"the data ends after {len(got)} bytes")
        got += part
    return got


def pattern(start, count):
    """Data that says where it belongs."""
    return bytes((start + i) % 251 for i in range(count))


def slow_acks(sock):
    """The ACKs are to be delayed from the start."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)


@test("data in order is delivered and acknowledged")
def in_order(wire):
    peer, sock = accepted(wire)
    for start in (0, 300, 600):
        peer.send("PA", data=pattern(start, 300))
    equal(take(sock, 900), pattern(0, 900), "data")
    while peer_ack(peer) != 901:
        pass


def peer_ack(peer):
    """The acknowledgement number of the next segment."""
    seg = peer.receive()
    check(seg is not None, "an ACK")
    equal((seg.flags, len(seg.data)), ("A", 0), "flags and length of an ACK")
    return (seg.ack - peer.iss) & 0xffffffff


@test("one small segment is acknowledged late (SHLD-18)")
def delayed(wire):
    peer, sock = accepted(wire, rtt=FAR_AWAY)
    until = time.monotonic() + ASKING
    while (started := time.monotonic()) < until:
        slow_acks(sock)
        peer.send("PA", data=b"x" * 10)
        at_once = peer.answers()
        prompt = time.monotonic() - started < PROMPT
        if not at_once:
            equal(peer_ack(peer), peer.seq, "acknowledgement")
            return
        check(not prompt, "the ACK came at once")
    check(False, "the machine is too slow to tell")


@test("net.atcp.delack_max_us: how long an ACK waits at most",
      differs="it is not to be set")
def delayed_longer(wire):
    wire.sysctl("delack_max_us", 400000)
    # whoever is nearer has a shorter delay
    peer, sock = accepted(wire, rtt=0.5)
    slow_acks(sock)
    started = time.monotonic()
    peer.send("PA", data=b"x" * 10)
    equal(peer_ack(peer), peer.seq, "acknowledgement")
    # a timer may come late, never before its time
    took = time.monotonic() - started
    check(took >= 0.4, f"it took {took * 1000:.0f} ms")


@test("every second full segment is acknowledged at once (SHLD-19)")
def every_second(wire):
    peer, sock = accepted(wire, options=(("mss", 1460),), rtt=FAR_AWAY)
    # Native TCP's first window is larger than its limit for later ones. Until the right edge
    # moves again, which it does from the second pair on, it leaves the ACK to recv().
    for _ in range(2):
        peer.send("A", data=b"y" * 1400)
    take(sock, 2800)
    while peer_ack(peer) != peer.seq:
        pass
    until = time.monotonic() + ASKING
    while (started := time.monotonic()) < until:
        slow_acks(sock)
        peer.send("A", data=b"y" * 1400)
        first = peer.answers()
        take(sock, 1400)
        peer.send("A", data=b"y" * 1400)
        second = peer.answers()
        prompt = time.monotonic() - started < PROMPT
        take(sock, 1400)
        acks = [(s.ack - peer.iss) & 0xffffffff for s in second]
        if not first and acks == [peer.seq]:
            return
        check(not prompt, f"{len(first)} ACKs of the first, {acks} of both")
        # the next first one is not to be a second one
        while not acks or acks[-1] != peer.seq:
            acks.append(peer_ack(peer))
    check(False, "the machine is too slow to tell")


@test("data out of order is acknowledged at once, and the hole when it is filled")
def out_of_order(wire):
    peer, sock = accepted(wire)
    peer.send("PA", seq=101, data=pattern(100, 100))
    peer.expect("A", seq=1, ack=1)
    peer.send("PA", seq=201, data=pattern(200, 100))
    peer.expect("A", seq=1, ack=1)
    peer.send("PA", seq=1, data=pattern(0, 100))
    peer.expect("A", seq=1, ack=301)
    equal(take(sock, 300), pattern(0, 300), "data")


@test("overlapping segments: each byte once")
def overlap(wire):
    peer, sock = accepted(wire)
    for start, count in ((50, 100), (200, 50), (120, 100), (0, 80), (60, 300)):
        peer.send("PA", seq=1 + start, data=pattern(start, count))
        peer.answers()
    equal(take(sock, 360), pattern(0, 360), "data")
    sock.setblocking(False)
    try:
        sock.recv(1)
        check(False, "no more data")
    except BlockingIOError:
        pass


@test("SACK blocks: the latest first, adjacent ones as one")
def sack_blocks(wire):
    peer, sock = accepted(wire, options=SACK)
    for seq, blocks in ((201, [(201, 301)]), (401, [(401, 501), (201, 301)]),
                        (601, [(601, 701), (401, 501), (201, 301)]),
                        (301, [(201, 501), (601, 701)])):
        peer.send("PA", seq=seq, data=pattern(seq - 1, 100))
        peer.expect("A", seq=1, ack=1, sack=blocks)
    peer.send("PA", seq=1, data=pattern(0, 200))
    peer.expect("A", seq=1, ack=501, sack=[(601, 701)])
    peer.send("PA", seq=501, data=pattern(500, 100))
    peer.expect("A", seq=1, ack=701)
    equal(take(sock, 700), pattern(0, 700), "data")


@test("with timestamps three SACK blocks fit")
def sack_timestamps(wire):
    peer, _sock = accepted(wire, options=SACK + (("ts", (5, 0)),))
    blocks = []
    for seq in (201, 401, 601, 801):
        blocks.insert(0, (seq, seq + 100))
        peer.send("PA", seq=seq, data=b"z" * 100)
        peer.expect("A", seq=1, ack=1, sack=blocks[:3])


@test("no SACK blocks for a peer that has not asked for them (RFC2018-3)")
def no_sack(wire):
    peer, _sock = accepted(wire)
    peer.send("PA", seq=201, data=b"z" * 100)
    peer.expect("A", seq=1, ack=1)


@test("what came twice is reported (RFC2883-1)")
def dsack(wire):
    peer, sock = accepted(wire, options=SACK)
    peer.send("PA", seq=1, data=b"d" * 100)
    take(sock, 100)
    peer_ack(peer)
    peer.send("PA", seq=1, data=b"d" * 100)
    peer.expect("A", seq=1, ack=101, sack=[(1, 101)])


@test("PSH is on the last segment of a write (MUST-61), the rest are full")
def push(wire):
    peer, sock = accepted(wire, options=(("mss", FULL),))
    sock.send(b"p" * 3500)
    _, segs = peer.data(3500)
    equal([len(s.data) for s in segs], [1000, 1000, 1000, 500], "lengths")
    check("P" in segs[-1].flags, "PSH on the last")


@test("Nagle: a small segment waits until all is acknowledged (SHLD-7)")
def nagle(wire):
    peer, sock = accepted(wire)
    sock.send(b"a")
    peer.expect("PA", seq=1, data=b"a")
    sock.send(b"b")
    sock.send(b"c")
    peer.expect_nothing()
    peer.send("A")
    peer.expect("PA", seq=2, data=b"bc")


@test("writes that have to wait share a segment, with one PSH (SHLD-27)")
def shared(wire):
    peer, sock = accepted(wire)
    sock.send(b"a")
    peer.expect("PA", seq=1, data=b"a")
    for number in range(20):
        sock.send(pattern(10 * number, 10))
    peer.expect_nothing()
    peer.send("A")
    peer.expect("PA", seq=2, data=pattern(0, 200))


@test("TCP_NODELAY: it does not wait (MUST-17)")
def nodelay(wire):
    peer, sock = accepted(wire)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for number, byte in enumerate((b"a", b"b", b"c"), 1):
        sock.send(byte)
        peer.expect("PA", seq=number, data=byte)


@test("TCP_CORK holds a partial segment until it is pulled")
def cork(wire):
    peer, sock = accepted(wire)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    sock.send(b"head ")
    sock.send(b"body")
    peer.expect_nothing()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
    peer.expect("PA", seq=1, data=b"head body")


@test("MSG_MORE holds a partial segment until the next write")
def more(wire):
    peer, sock = accepted(wire)
    sock.send(b"head ", socket.MSG_MORE)
    peer.expect_nothing()
    sock.send(b"body")
    peer.expect("PA", seq=1, data=b"head body")


@test("urgent data out: the pointer is behind the last byte (MUST-62)")
def urgent_out(wire):
    peer, sock = accepted(wire)
    sock.send(b"abc", socket.MSG_OOB)
    seg = peer.expect("UPA", seq=1, data=b"abc", urg=3)
    check(seg, "a segment")
    peer.send("A")
    sock.send(b"d")
    peer.expect("PA", seq=4, data=b"d")


@test("urgent data in: MSG_OOB, the mark, select()")
def urgent_in(wire):
    peer, sock = accepted(wire)
    peer.send("UPA", data=b"abcX", urg=4)
    check(select.select([], [], [sock], PATIENCE)[2], "select() tells of urgent data")
    equal(sock.recv(1, socket.MSG_OOB), b"X", "the urgent byte")
    peer.send("PA", data=b"after")
    equal(sock.recv(100), b"abc", "data up to the mark")
    mark = fcntl.ioctl(sock, SIOCATMARK, bytes(4))
    equal(struct.unpack("i", mark)[0], 1, "at the mark")
    equal(sock.recv(100), b"after", "data after the mark")


def shut_window(wire):
    """A peer that fills the window of a socket to the last byte: (peer, socket)."""
    peer, sock = accepted(wire, sockopts=((socket.SOL_SOCKET, socket.SO_RCVBUF, 8000),))
    win = 1000
    while win:
        peer.send("PA", data=bytes(min(win, 1000)))
        seg = peer.receive()
        check(seg is not None, "an ACK")
        win = seg.win - (peer.seq - ((seg.ack - peer.iss) & 0xffffffff))
    return peer, sock


@test("the window shuts, and opens when the data is read")
def window(wire):
    peer, sock = shut_window(wire)
    take(sock, peer.seq - 1)
    seg = peer.expect("A", seq=1)
    check(seg.win >= 1000, f"the window is {seg.win}")


@test("a shut window does not open by a byte (SWS avoidance at the receiver, MUST-39)")
def receiver_sws(wire):
    peer, sock = shut_window(wire)
    take(sock, 1)
    peer.expect_nothing()


@test("data for a shut window is acknowledged and dropped")
def probe_in(wire):
    peer, sock = shut_window(wire)
    end = peer.seq
    peer.send("PA", data=b"!")
    seg = peer.expect("A", seq=1, ack=end)
    equal(seg.win, 0, "window")
    take(sock, end - 1)


@test("a window below the MSS is not used for a part (SWS avoidance at the sender, MUST-38)")
def sender_sws(wire):
    peer, sock = accepted(wire, options=(("mss", FULL),))
    sock.send(b"1")
    peer.expect("PA", seq=1, data=b"1")
    peer.send("A", win=100)
    sock.send(b"2" * FULL)
    peer.expect_nothing()
    peer.send("A", win=2000)
    peer.expect("PA", seq=2, data=b"2" * FULL)


@test("never more than the window")
def window_limit(wire):
    peer, sock = accepted(wire, options=(("mss", FULL),), win=3000)
    sock.send(b"w" * 6000)
    peer.data(3000)
    peer.expect_nothing()
    peer.send("A", win=2000)
    peer.data(2000)
    peer.expect_nothing()


@test("a zero window is probed, again and again (MUST-36), until it opens")
def zero_window(wire):
    wire.rto_min(200)
    peer, sock = accepted(wire, options=(("mss", FULL),))
    sock.send(b"0")
    peer.expect("PA", seq=1, data=b"0")
    peer.win = 0
    peer.send("A")
    sock.send(b"1" * 500)
    probes = 0
    while probes < 3:
        seg = peer.receive()
        check(seg is not None, "a probe")
        start = (seg.seq - peer.irs) & 0xffffffff
        if (start, seg.data) == (1, b"0"):
            # it was sent again before the ACK came
            continue
        probes += 1
        check((start, len(seg.data)) in ((1, 0), (2, 1)),
              f"a probe has no new data or one byte: {start}, {len(seg.data)}")
        peer.ack = 2
        peer.send("A", ack=2)
    peer.win = 65535
    peer.send("A", ack=2)
    got = b""
    while len(got) < 500:
        seg = peer.receive()
        check(seg is not None, "data")
        # a probe of one byte may be first, and come again with the rest
        start = (seg.seq - peer.irs) & 0xffffffff
        check(start <= 2 + len(got), f"{2 + len(got)} should have come next, not {start}")
        got += seg.data[2 + len(got) - start:]
    equal(got, b"1" * 500, "data")


if __name__ == "__main__":
    main()
