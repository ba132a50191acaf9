#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Challenge ACKs (RFC 5961) are limited for each connection by itself. A limit that all share
tells a stranger, who can use it up, whether a connection between two others is there
(CVE-2016-5696), and leaves that connection without an answer."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "wire"))

import left  # noqa: E402
from harness import PORT, check, equal, main, test  # noqa: E402
from peer import Peer  # noqa: E402
from wire import PATIENCE  # noqa: E402


def connections(wire, count):
    """Established, of one listener: (peer, socket)."""
    lsock = wire.listen(PORT)
    found = []
    for _ in range(count):
        peer = Peer(wire, PORT)
        peer.send("S", options=[("mss", 1460)])
        peer.expect("SA", seq=0, options=["mss"])
        peer.send("A")
        sock, _ = lsock.accept()
        sock.settimeout(PATIENCE)
        found.append((peer, sock))
    return found


def alive(peer, sock):
    """The connection still carries data."""
    peer.send("PA", data=b"alive")
    equal(sock.recv(100), b"alive", "data")
    peer.expect("A", seq=1)


def challenges(peer, count, flags="R"):
    """Answers to so many segments that need a challenge ACK."""
    for number in range(count):
        peer.send(flags, seq=100 + number % 50 if flags == "R" else -100)
    found = peer.answers()
    for seg in found:
        equal((set(seg.flags), len(seg.data)), ({"A"}, 0), "a challenge ACK")
    return len(found)


@test("one connection is attacked within its limit: the others get their challenge ACK")
def others(wire):
    wire.sysctl("tcp_invalid_ratelimit", 60000)
    attacked, *rest = connections(wire, 5)
    equal(challenges(attacked[0], 50), 1, "challenge ACKs of the attacked connection")
    for peer, sock in rest:
        equal(challenges(peer, 1), 1, "challenge ACKs of another connection")
        alive(peer, sock)
    equal(challenges(attacked[0], 10), 0, "more of the attacked one")
    alive(*attacked)


@test("the same by SYNs")
def others_by_syn(wire):
    wire.sysctl("tcp_invalid_ratelimit", 60000)
    (first, sock), (second, other) = connections(wire, 2)
    equal(challenges(first, 50, "S"), 1, "challenge ACKs of the attacked connection")
    equal(challenges(second, 1, "S"), 1, "challenge ACKs of the other")
    for peer in (first, second):
        peer.seq = 1
    alive(first, sock)
    alive(second, other)


@test("no number of challenge ACKs of one connection uses up those of another",
      differs="6.1 has a limit for all, 1000 a second")
def no_shared_budget(wire):
    wire.sysctl("tcp_invalid_ratelimit", 0)
    (first, sock), (second, other) = connections(wire, 2)
    sent = answered = 0
    while sent < 4000:
        answered += challenges(first, 50)
        sent += 50
    equal(answered, sent, "answers without a limit")
    equal(challenges(second, 1), 1, "challenge ACKs of the other")
    alive(first, sock)
    alive(second, other)


@test("RSTs all over the window, blindly: the connection lives and answers next to none")
def blind(wire):
    wire.sysctl("tcp_invalid_ratelimit", 60000)
    (peer, sock), = connections(wire, 1)
    for seq in range(2, 60000, 997):
        peer.send("R", seq=seq)
    found = peer.answers()
    check(len(found) <= 1, f"{len(found)} answers")
    alive(peer, sock)


if __name__ == "__main__":
    main(left.behind)
