#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""SYN cookies, RFC 4987 section 3.6: handshakes of which a listener keeps nothing."""

import select
import socket

from harness import PORT, abort, accepted, check, equal, main, test
from peer import Peer

ALWAYS = 2
SHIFT = 9
STAMP = 1000000
OPTIONS = (("mss", 1460), ("sackok",), ("ts", (STAMP, 0)), ("ws", SHIFT))

# of struct tcp_info
INFO_OPTIONS, INFO_SCALE, INFO_MSS = 5, 6, 16
TIMESTAMPS, SACK, WSCALE, ECN_SEEN = 1, 2, 4, 16
ECT = 2


def info(sock):
    """tcpi_options, the peer's shift, and the size of our segments."""
    data = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return (data[INFO_OPTIONS] & ~ECN_SEEN, data[INFO_SCALE] & 15,
            int.from_bytes(data[INFO_MSS:INFO_MSS + 4], "little"))


def count(wire, name):
    """A counter of the namespace."""
    path = "/proc/net/atcp_stat" if wire.family == "atcp" else "/proc/net/netstat"
    with open(path, encoding="ascii") as file:
        lines = [line.split() for line in file]
    for names, values in zip(lines[::2], lines[1::2]):
        if name in names:
            return int(values[names.index(name)])
    raise ValueError(f"there is no counter {name}")


def counts(wire, sent, received, failed):
    """Cookies up to now."""
    found = [count(wire, "Syncookies" + name) for name in ("Sent", "Recv", "Failed")]
    equal(found, [sent, received, failed], "cookies that were sent, came back, and were none")


def exchange(peer, sock):
    """Data both ways."""
    sock.send(b"there")
    peer.expect("PA", data=b"there")
    peer.send("PA", data=b"and back")
    peer.expect("A")
    equal(sock.recv(100), b"and back", "data")


@test("timestamps bring SACK and window scale through")
def options(wire):
    wire.sysctl("tcp_syncookies", ALWAYS)
    peer, sock = accepted(wire, OPTIONS)
    counts(wire, 1, 1, 0)
    # the peer's, or what fits into our 1500 bytes of IPv6
    mss = min(1460, 1500 - (60 if wire.version == 6 else 40)) - 12
    equal(info(sock), (TIMESTAMPS | SACK | WSCALE, SHIFT, mss), "what was agreed upon")
    exchange(peer, sock)
    # SACK is not only said
    peer.send("PA", seq=peer.seq + 5, data=b"later")
    peer.expect("A", ack=peer.seq, sack=[(peer.seq + 5, peer.seq + 10)])


@test("without timestamps there is nothing of it, and less of the MSS")
def plain(wire):
    wire.sysctl("tcp_syncookies", ALWAYS)
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", 700), ("sackok",), ("ws", SHIFT)])
    peer.expect("SA", seq=0, options=["mss"])
    peer.send("A")
    sock, _ = lsock.accept()
    counts(wire, 1, 1, 0)
    # 700 is no size that a cookie knows
    equal(info(sock), (0, 0, 536), "what was agreed upon")
    exchange(peer, sock)


@test("ECN comes through as well")
def ecn(wire):
    wire.sysctl("tcp_syncookies", ALWAYS)
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("SEC", options=[("mss", 1460), ("ts", (STAMP, 0))])
    peer.expect("SAE", seq=0, options=["mss", "ts"])
    peer.tsval = STAMP
    peer.send("A")
    sock, _ = lsock.accept()
    counts(wire, 1, 1, 0)
    sock.send(b"new data")
    peer.expect("PA", data=b"new data", tos=ECT)


@test("the third segment was lost: the next one with data is as good")
def later(wire):
    wire.sysctl("tcp_syncookies", ALWAYS)
    lsock = wire.listen(PORT)
    for options in (OPTIONS, (("mss", 1460),)):
        peer = Peer(wire, PORT)
        stamp = any(o[0] == "ts" for o in options)
        peer.send("S", options=options)
        peer.expect("SA", seq=0, options=["mss", "sackok", "ts", "ws"] if stamp else ["mss"])
        peer.tsval = STAMP + 1 if stamp else None
        peer.send("PA", data=b"early")
        sock, _ = lsock.accept()
        equal(sock.recv(100), b"early", "data")
        peer.expect("A", seq=1)
        exchange(peer, sock)
        abort(peer, sock)
    counts(wire, 2, 2, 0)


@test("a number that is no cookie is answered with a RST",
      differs="some of these pass for cookies")
def forged(wire):
    wire.sysctl("tcp_syncookies", ALWAYS)
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", 1460)])
    peer.expect("SA", seq=0, options=["mss"])
    # the lowest bits are known to everybody; the echo of another SYN is none
    for number in (2, 33, 1 << 24):
        peer.send("A", ack=number)
        peer.expect("R", seq=number)
    peer.send("A", seq=2, ack=1)
    peer.expect("R", seq=1)
    counts(wire, 1, 0, 4)
    check(not select.select([lsock], [], [], 0)[0], "there is nothing to accept")
    # it is good for the one whose it is, still
    peer.send("A", seq=1)
    sock, _ = lsock.accept()
    peer.ack = 1
    exchange(peer, sock)


@test("where none was sent, none is looked for")
def unasked(wire):
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("A", ack=7)
    peer.expect("R", seq=7)
    counts(wire, 0, 0, 0)
    # nor is one sent where there is room for a handshake
    wire.sysctl("tcp_syncookies", 1)
    peer, sock = accepted(wire, OPTIONS, listener=lsock)
    counts(wire, 0, 0, 0)
    exchange(peer, sock)


@test("the accept queue is full: it waits for the peer to try again")
def no_room(wire):
    wire.sysctl("tcp_syncookies", ALWAYS)
    lsock = wire.listen(PORT, backlog=0)
    peers = [Peer(wire, PORT) for _ in range(2)]
    for peer in peers:
        peer.send("S", options=[("mss", 1460)])
        peer.expect("SA", seq=0, options=["mss"])
    peers[0].send("A")
    check(select.select([lsock], [], [], 20)[0], "the first waits to be accepted")
    peers[1].send("PA", data=b"late")
    peers[1].expect_nothing()
    # no SYN is answered either
    third = Peer(wire, PORT)
    third.send("S", options=[("mss", 1460)])
    third.expect_nothing()
    lsock.accept()
    peers[1].send("PA", seq=1, data=b"late")
    sock, _ = lsock.accept()
    equal(sock.recv(100), b"late", "data")


if __name__ == "__main__":
    main()
