#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The user timeout option: RFC 5482."""

import errno
import select
import socket
import time

from harness import PORT, accepted, check, connected, equal, main, state, test
from peer import Peer
from wire import PATIENCE

SOL_ATCP, ATCP_UTO, ATCP_PEER_UTO = 400, 4, 5
MINUTES = 0x8000

NATIVE = "it does not have the option"


def tells(secs):
    """For a socket that has the option on."""
    return [(SOL_ATCP, ATCP_UTO, secs)]


@test("off unless asked for: it is neither sent nor in the way")
def off(wire):
    peer, sock = accepted(wire, options=[("mss", 1460), ("uto", 300)])
    peer.send("PA", data=b"hello", options=[("uto", 400)])
    peer.expect("A")
    equal(sock.recv(10), b"hello", "data")
    sock.send(b"x")
    peer.expect("PA", data=b"x")


@test("off unless asked for, of an active open")
def off_active(wire):
    peer, sock = connected(wire, options=[("mss", 1460), ("uto", 300)])
    sock.send(b"x")
    peer.expect("PA", data=b"x")


@test("a listener's connections tell, and hear", differs=NATIVE)
def passive(wire):
    lsock = wire.listen(PORT, options=tells(200))
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", 1460), ("uto", 300)])
    seg = peer.expect("SA", seq=0, options=["mss", "uto"])
    equal(seg.option("uto"), 200, "the timeout in a SYN,ACK")
    peer.send("A")
    sock, _ = lsock.accept()
    equal(sock.getsockopt(SOL_ATCP, ATCP_UTO), 200, "ATCP_UTO of the accepted socket")
    equal(sock.getsockopt(SOL_ATCP, ATCP_PEER_UTO), 300, "ATCP_PEER_UTO")
    peer.send("PA", data=b"hello", options=[("uto", MINUTES | 7)])
    seg = peer.expect("A", options=["uto"])
    equal(seg.option("uto"), 200, "the timeout in the first segment after it")
    equal(sock.getsockopt(SOL_ATCP, ATCP_PEER_UTO), 420, "ATCP_PEER_UTO")
    sock.send(b"x")
    peer.expect("PA", data=b"x")


@test("an active open tells, and hears", differs=NATIVE)
def active(wire):
    sock = wire.start_connect(PORT, options=tells(40000))
    peer = Peer(wire, sock.getsockname()[1], PORT)
    seg = peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws", "uto"])
    equal(seg.option("uto"), MINUTES | 667, "the timeout in a SYN")
    peer.send("SA", ack=1, options=[("mss", 1460), ("uto", 300)])
    seg = peer.expect("A", seq=1, ack=1, options=["uto"])
    equal(seg.option("uto"), MINUTES | 667, "the timeout in the ACK of a SYN,ACK")
    equal(sock.getsockopt(SOL_ATCP, ATCP_PEER_UTO), 300, "ATCP_PEER_UTO")
    sock.send(b"x")
    peer.expect("PA", data=b"x")


@test("what is changed is in the next segment, and only there", differs=NATIVE)
def changed(wire):
    peer, sock = accepted(wire)
    sock.setsockopt(SOL_ATCP, ATCP_UTO, 250)
    peer.expect_nothing()
    sock.send(b"x")
    seg = peer.expect("PA", data=b"x", options=["uto"])
    equal(seg.option("uto"), 250, "the timeout")
    peer.send("A")
    sock.send(b"y")
    peer.expect("PA", data=b"y")


@test("zero, or another length, is nothing", differs=NATIVE)
def nothing(wire):
    peer, sock = accepted(wire)
    sock.setsockopt(SOL_ATCP, ATCP_UTO, 250)
    for option in [("uto", 0), ("uto", MINUTES), ("raw", bytes([28, 3, 1, 1])),
                   ("raw", bytes([28, 6, 1, 1, 1, 1, 1, 1]))]:
        peer.send("PA", data=b"x", options=[option])
        equal(sock.recv(1), b"x", "data")
    equal(sock.getsockopt(SOL_ATCP, ATCP_PEER_UTO), 0, "ATCP_PEER_UTO")


@test("data that is not acknowledged ends the connection after the longer of both",
      differs=NATIVE)
def longer(wire):
    wire.rto_min(200)
    wire.sysctl("user_timeout_min", 1)
    peer, sock = accepted(wire)
    sock.setsockopt(SOL_ATCP, ATCP_UTO, 1)
    peer.send("PA", data=b"x", options=[("uto", 3)])
    peer.expect("A", options=["uto"])
    start = time.monotonic()
    sock.send(b"x")
    peer.expect("PA", seq=1, data=b"x")
    sock.recv(1)
    check(select.select([sock], [], [], PATIENCE)[0], "the user is told")
    equal(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), errno.ETIMEDOUT, "SO_ERROR")
    check(time.monotonic() - start >= 3, "not before the 3 seconds that the peer has told")
    equal(state(sock), "CLOSE", "state")


if __name__ == "__main__":
    main()
