#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Timers in microseconds: what a peer that promises to keep ACKs for no longer gets, and others."""

from harness import PORT, abort, accepted, check, equal, main, test
from peer import Peer
from wire import QUIET_RTO_MS

SOL_ATCP, ATCP_RTO_MIN_US = 400, 2

FULL = 1000
DEFAULT = ["mss", "sackok", "ts", "ws"]
PLAIN = (("mss", FULL + 12), ("sackok",), ("ts", (1000, 0)))
PROMISE = PLAIN + (("ackdelay", 1),)

NOT_NATIVE = "native TCP knows no such option"

# What an ACK of native TCP may be late, and what is too soon for that.
LATE_MS, SOON_MS = 200, 150
# Between a segment and itself there may be a time when this machine does not run.
TRIES = 5


def shortest(wire):
    """The shortest timers there are."""
    wire.sysctl("rto_min_us", 100)


@test("a SYN promises with short timers alone, and not when it is sent for the third time",
      differs=NOT_NATIVE)
def asks(wire):
    for least_ms, names in ((LATE_MS, ([], [])), (0.1, (["ackdelay"], ["ackdelay"], []))):
        wire.sysctl("rto_min_us", int(least_ms * 1000))
        sock = wire.start_connect(PORT)
        peer = Peer(wire, sock.getsockname()[1], PORT)
        peer.all_syns = True
        for name in names:
            syn = peer.expect("S", seq=0, options=DEFAULT + name)
            equal(syn.option("ackdelay"), 5000 if name else None, "microseconds")
        sock.close()


@test("a SYN,ACK promises whom is promised, whatever the timers", differs=NOT_NATIVE)
def answers(wire):
    for options in (PROMISE, PLAIN):
        peer, sock = accepted(wire, options=options)
        abort(peer, sock)


def stamps(peer, seq, length, count):
    """When that segment was sent, so many times, ms. When it is read is a matter of who runs."""
    found = []
    while len(found) < count:
        seg = peer.receive()
        check(seg, "no segment")
        if (seg.seq - peer.irs) & 0xffffffff == seq and len(seg.data) == length:
            found.append(seg.option("ts")[0])
    return found


def known(wire, options):
    """A connection whose round trip is known to be short: (peer, socket)."""
    peer, sock = accepted(wire, options=options)
    for _ in range(20):
        seq = peer.ack
        sock.send(b"k" * FULL)
        stamps(peer, seq, FULL, 1)
        peer.send("A")
    return peer, sock


def again_after(wire, options, lose, right, sockopts=()):
    """At the first try or a later one, a segment that is lost comes again after the right time."""
    for _ in range(TRIES):
        peer, sock = known(wire, options)
        for option in sockopts:
            sock.setsockopt(*option)
        first, again = lose(peer, sock)
        abort(peer, sock)
        gap = (again - first) & 0xffffffff
        if right(gap):
            return
    check(False, f"it came again after {gap} ms")


def soon(gap):
    """Before an ACK would have come that native TCP delays for as long as it does."""
    return gap < SOON_MS


def late(gap):
    """After that, on a clock of whole milliseconds."""
    return LATE_MS - 1 <= gap < QUIET_RTO_MS


def lost_alone(peer, sock):
    """A segment that is alone is lost."""
    seq = peer.ack
    sock.send(b"l" * FULL)
    return stamps(peer, seq, FULL, 2)


def lost_tail(peer, sock):
    """The last of a burst is lost, all others are acknowledged one by one: the window may be small
    where this machine had stood still."""
    tail = peer.ack + 4 * FULL
    sock.send(b"t" * FULL * 5)
    found = []
    while len(found) < 2:
        seg = peer.receive()
        check(seg, "no segment")
        if (seg.seq - peer.irs) & 0xffffffff == tail:
            found.append(seg.option("ts")[0])
        else:
            peer.send("A", ack=min(peer.ack, tail))
    return found


@test("a segment comes again long before a peer that has promised nothing might delay its ACK",
      differs=NOT_NATIVE)
def timeout(wire):
    shortest(wire)
    again_after(wire, PROMISE, lost_alone, soon)


@test("so does the end of a burst, by a probe", differs=NOT_NATIVE)
def tail(wire):
    shortest(wire)
    wire.sysctl("tcp_early_retrans", 3)
    again_after(wire, PROMISE, lost_tail, soon)


@test("one that has promised nothing, however prompt, is given the time that native TCP takes",
      differs=NOT_NATIVE)
def unknown(wire):
    shortest(wire)
    for early in (0, 3):
        wire.sysctl("tcp_early_retrans", early)
        for lose in (lost_alone, lost_tail):
            again_after(wire, PLAIN, lose, late)


@test("so is it where the time was set for the socket, after the handshake", differs=NOT_NATIVE)
def unknown_socket(wire):
    again_after(wire, PLAIN, lost_alone, late, sockopts=[(SOL_ATCP, ATCP_RTO_MIN_US, 100)])


@test("and where it was set for the socket in time", differs=NOT_NATIVE)
def socket_asks(wire):
    sock = wire.start_connect(PORT, options=[(SOL_ATCP, ATCP_RTO_MIN_US, 100)])
    peer = Peer(wire, sock.getsockname()[1], PORT)
    syn = peer.expect("S", seq=0, options=DEFAULT + ["ackdelay"])
    equal(syn.option("ackdelay"), 5000, "microseconds")


main()
