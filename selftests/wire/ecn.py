#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Explicit Congestion Notification, RFC 3168."""

import socket

from harness import PORT, check, equal, main, test
from peer import Peer

FULL = 1000
OPTIONS = (("mss", FULL),)
SYN_OPTIONS = ["mss", "sackok", "ts", "ws"]

# Of the IP header: not ECN-capable, ECN-capable, congestion experienced.
NOT_ECT, ECT, CE = 0, 2, 3


def asking(wire, answer="SAE"):
    """A connection that the machine has opened, with ECN: (peer, socket)."""
    wire.sysctl("tcp_ecn", 1)
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("SEC", seq=0, options=SYN_OPTIONS, tos=NOT_ECT)
    peer.send(answer, ack=1, options=OPTIONS)
    peer.expect("A", seq=1, ack=1, tos=NOT_ECT)
    return peer, sock


def asked(wire, flags="SEC", answer="SAE", tos=NOT_ECT):
    """One that the peer has opened: (peer, socket)."""
    peer = Peer(wire, PORT)
    lsock = wire.listen(PORT)
    peer.send(flags, options=OPTIONS, tos=tos)
    peer.expect(answer, seq=0, options=["mss"], tos=NOT_ECT)
    peer.send("A")
    sock, _ = lsock.accept()
    lsock.close()
    return peer, sock


def data_is(peer, sock, tos):
    """What is sent now goes out with that."""
    sock.send(b"new data")
    peer.expect("PA", data=b"new data", tos=tos)
    peer.send("A")


@test("a SYN asks for it, data is ECN-capable, an ACK is not (SHLD-8, 6.1.1, 6.1.4)")
def asks(wire):
    peer, sock = asking(wire)
    data_is(peer, sock, ECT)


@test("the one codepoint in use is ECT(0) (RFC3168-1, RFC3168-16)")
def codepoint(wire):
    peer, sock = asked(wire)
    # small, full, and a burst that is cut on its way
    for count in (10, FULL, 5 * FULL):
        sock.send(b"x" * count)
        _, segs = peer.data(count)
        equal({s.tos & 3 for s in segs}, {ECT}, "codepoints of the segments of data")


@test("a SYN,ACK that agrees to nothing (6.1.1)")
def no_agreement(wire):
    peer, sock = asking(wire, answer="SA")
    data_is(peer, sock, NOT_ECT)


@test("a SYN,ACK that reflects our flags (6.1.1)")
def reflection(wire):
    peer, sock = asking(wire, answer="SAEC")
    data_is(peer, sock, NOT_ECT)


@test("a SYN that is sent again does not ask (6.1.1.1)")
def second_syn(wire):
    wire.sysctl("tcp_ecn", 1)
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("SEC", seq=0, options=SYN_OPTIONS)
    peer.expect("S", seq=0, options=SYN_OPTIONS)


@test("by default a SYN does not ask, and a listener agrees")
def default(wire):
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("S", seq=0, options=SYN_OPTIONS)
    peer, sock = asked(wire)
    data_is(peer, sock, ECT)


@test("switched off, a listener does not agree")
def off(wire):
    wire.sysctl("tcp_ecn", 0)
    peer, sock = asked(wire, answer="SA")
    data_is(peer, sock, NOT_ECT)


@test("the flag ECE alone does not ask")
def echo_alone(wire):
    peer, sock = asked(wire, flags="SE", answer="SA")
    data_is(peer, sock, NOT_ECT)


@test("the flag CWR alone does not ask")
def reduced_alone(wire):
    peer, sock = asked(wire, flags="SC", answer="SA")
    data_is(peer, sock, NOT_ECT)


@test("ECE in every ACK from a mark to the CWR (SHLD-8, 6.1.3)")
def receiver(wire):
    peer, sock = asked(wire)
    peer.send("PA", data=b"a" * 10, tos=ECT)
    peer.expect("A", seq=1)
    peer.send("PA", data=b"b" * 10, tos=CE)
    peer.expect("AE", seq=1)
    peer.send("PA", data=b"c" * 10, tos=ECT)
    peer.expect("AE", seq=1)
    sock.send(b"as well")
    peer.expect("PAE", data=b"as well", tos=ECT)
    peer.send("A")
    peer.send("PAC", data=b"d" * 10, tos=ECT)
    peer.expect("A")
    equal(len(sock.recv(100)), 40, "bytes of data")


@test("without an agreement marks mean nothing")
def marks_alone(wire):
    peer, _ = asked(wire, flags="S", answer="SA")
    peer.send("PA", data=b"a" * 10, tos=CE)
    peer.expect("A", seq=1)


@test("ECE: the window is smaller, and the next new data says CWR, once (SHLD-8, 6.1.2)")
def sender(wire):
    peer, sock = asked(wire)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
    sock.setblocking(False)
    sent = sock.send(b"x" * 60 * FULL)
    check(sent >= 20 * FULL, f"only {sent} bytes fit")
    _, first = peer.data(10 * FULL)
    equal([(s.flags, s.tos) for s in first if s.tos != ECT or "C" in s.flags], [], "what is odd")
    # the second echo is of the same congestion
    peer.send("AE", ack=1 + 5 * FULL)
    found = peer.answers()
    peer.send("AE", ack=1 + 10 * FULL)
    found += peer.answers()
    equal(["C" in s.flags for s in found], [True] + [False] * 4, "CWR of new segments")


@test("a retransmission is not ECN-capable (RFC3168-22)")
def again(wire):
    wire.rto_min(200)
    peer, sock = asked(wire)
    sock.send(b"new data")
    peer.expect("PA", data=b"new data", tos=ECT)
    peer.expect("PA", seq=1, data=b"new data", tos=NOT_ECT)


main()
