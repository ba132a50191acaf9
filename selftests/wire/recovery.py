#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""RACK and tail loss probes, RFC 8985: losses are found without three duplicate ACKs and long
before the RTO, which is so long here that none strikes."""

import select
import socket
import sys

from harness import accepted, check, equal, main, test

FULL = 1000
SACK = (("mss", FULL), ("sackok",))
ROOMY = [(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)]

# of struct tcp_info: ms, us
LAST_DATA_SENT, MIN_RTT = 44, 148


def sent(wire, count, probes=True, more=0):
    """`count` segments are out, the first of a larger write: (peer, socket)."""
    wire.sysctl("tcp_recovery", 1)
    wire.sysctl("tcp_early_retrans", 3 if probes else 0)
    peer, sock = accepted(wire, options=SACK, sockopts=ROOMY)
    sock.send(b"b" * FULL * (count + more))
    peer.data(count * FULL)
    return peer, sock


def at(place):
    """The number of a segment's first byte."""
    return 1 + place * FULL


def coming(peer, wanted):
    """These segments come next, whole, in this order."""
    for place in wanted:
        seg = peer.receive()
        check(seg is not None, f"segment {place} does not come")
        equal(((seg.seq - peer.irs) & 0xffffffff, len(seg.data)), (at(place), FULL),
              "what is sent")


def plausible(sock):
    """The ACK of what was sent last can belong to it: a round trip has passed (RFC 8985 6.2)."""
    def info(offset):
        room = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, MIN_RTT + 4)
        return int.from_bytes(room[offset:offset + 4], sys.byteorder)
    while (info(LAST_DATA_SENT) - 1) * 1000 <= info(MIN_RTT):
        select.select([], [], [], 0.001)


@test("a tail loss probe is the last segment (RFC8985-27)")
def probe_is_the_last(wire):
    peer, _sock = sent(wire, 3)
    coming(peer, [2])


@test("a tail loss probe is new data where there is some (RFC8985-26)")
def probe_is_new(wire):
    peer, _sock = sent(wire, 10, more=1)
    coming(peer, [10])


@test("the probe's SACK shows the loss of all before it, which is sent again (RFC 8985 8)")
def tail(wire):
    peer, sock = sent(wire, 3)
    coming(peer, [2])
    plausible(sock)
    peer.sack((at(2), at(3)))
    coming(peer, [0])
    peer.sack((at(2), at(3)), ack=at(1))
    coming(peer, [1])
    peer.send("A", ack=at(3))
    peer.expect_nothing()


@test("one SACK is enough: what was sent before is lost a reordering window later (RFC8985-13)")
def one_sack(wire):
    peer, _sock = sent(wire, 3, probes=False)
    peer.sack((at(2), at(3)))
    coming(peer, [0])
    peer.sack((at(2), at(3)), ack=at(1))
    coming(peer, [1])
    peer.send("A", ack=at(3))
    peer.expect_nothing()


@test("a retransmission that is lost is sent again when what was sent after it is SACKed")
def lost_retransmission(wire):
    peer, sock = sent(wire, 10, probes=False)
    peer.sack((at(1), at(4)))
    coming(peer, [0])
    sock.send(b"n" * FULL)
    peer.sack((at(1), at(10)))
    coming(peer, [10])
    plausible(sock)
    peer.sack((at(1), at(11)))
    coming(peer, [0])
    peer.send("A", ack=at(11))
    peer.expect_nothing()


main()
