#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Source routes of IPv4, RFC 9293 3.9.2.1: as a user asks for them, and on the way back."""

import socket

import packet
from harness import PORT, abort, accepted, connected, equal, main, test
from peer import Peer
from wire import REMOTE

FULL = 1460
HOPS = [packet.address(f"10.9.0.{last}") for last in (5, 6, 7, 8)]
THERE = packet.address(REMOTE[4])


def by(*hops, kind=packet.LSRR):
    """IP_OPTIONS for a way by these."""
    return socket.IPPROTO_IP, socket.IP_OPTIONS, packet.source_route(hops, kind=kind)


def came_by(*hops):
    """The options of a segment that has come by these, in this order."""
    return {"ip_options": packet.source_route(hops, done=len(hops))}


def goes_by(seg, *hops):
    """A segment is on its way by these, in this order."""
    equal(seg.dst, hops[0] if hops else THERE, "where it goes first")
    rest = [*hops[1:], THERE]
    equal(seg.ip_options, packet.source_route(rest) if hops else b"", "its source route")


def data(peer, sock, text=b"x"):
    """A segment with data, which is acknowledged."""
    seq = peer.ack
    sock.send(text)
    seg = peer.expect("PA", seq=seq, data=text, past="A")
    peer.send("A")
    return seg


def accept_routes(wire):
    """IP drops what has been source-routed unless told otherwise."""
    for device in ("all", "wire0"):
        with open(f"/proc/sys/net/ipv4/conf/{device}/accept_source_route", "w",
                  encoding="ascii") as file:
            file.write("1")
    wire.note("--", "accept_source_route")


@test("an active open goes by the user's source route, with all that follows (MUST-51)",
      versions=(4,))
def active(wire):
    for kind in (packet.LSRR, packet.SSRR):
        sock = wire.start_connect(PORT, options=[by(*HOPS[:2], kind=kind)])
        peer = Peer(wire, sock.getsockname()[1], PORT)
        found = [peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])]
        peer.send("SA", ack=1, options=[("mss", FULL)])
        found += [peer.expect("A", seq=1, ack=1), data(peer, sock)]
        sock.shutdown(socket.SHUT_WR)
        found += [peer.expect("FA", seq=2)]
        for seg in found:
            equal(seg.dst, HOPS[0], "where it goes first")
            equal(seg.ip_options, packet.source_route([HOPS[1], THERE], kind=kind),
                  "its source route")
        abort(peer, sock)


@test("the route takes its room of every segment", versions=(4,))
def room(wire):
    for mss in (FULL, 536):
        peer, sock = connected(wire, options=(("mss", mss),), sockopts=[by(*HOPS[:3])])
        sock.send(b"b" * 2 * FULL)
        # a kind, a length, a pointer, three addresses, and one byte for a multiple of four
        equal(len(peer.receive().data), mss - 16, "bytes of a full segment")
        abort(peer, sock)


@test("the user's source route stays, whatever one the other end comes by (MUST-52)",
      versions=(4,))
def precedence(wire):
    accept_routes(wire)
    sock = wire.start_connect(PORT, options=[by(HOPS[0])])
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
    peer.send("SA", ack=1, options=[("mss", FULL)], **came_by(*HOPS[2:]))
    goes_by(peer.expect("A", seq=1, ack=1), HOPS[0])
    peer.send("PA", data=b"y", **came_by(*HOPS[2:]))
    equal(sock.recv(10), b"y", "data")
    goes_by(data(peer, sock), HOPS[0])


@test("what has come by a source route is answered by it, backwards, all along (MUST-53)",
      versions=(4,))
def passive(wire):
    accept_routes(wire)
    lsock = wire.listen(PORT)
    # the second has the peer itself in front, which is no hop
    for hops in (HOPS[:3], [THERE, *HOPS[:3]]):
        peer = Peer(wire, PORT)
        peer.send("S", options=[("mss", FULL)], **came_by(*hops))
        goes_by(peer.expect("SA", seq=0, options=["mss"]), *reversed(HOPS[:3]))
        peer.send("A", **came_by(*hops))
        sock, _ = lsock.accept()
        goes_by(data(peer, sock), *reversed(HOPS[:3]))
        sock.shutdown(socket.SHUT_WR)
        goes_by(peer.expect("FA", seq=2), *reversed(HOPS[:3]))
        abort(peer, sock)


@test("and where a SYN cookie is all that is left of the SYN", differs="its data does not go out",
      versions=(4,))
def cookie(wire):
    accept_routes(wire)
    wire.sysctl("tcp_syncookies", 2)
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", FULL)], **came_by(*HOPS[:2]))
    goes_by(peer.expect("SA", seq=0, options=["mss"]), HOPS[1], HOPS[0])
    peer.send("A", **came_by(*HOPS[:2]))
    sock, _ = lsock.accept()
    goes_by(data(peer, sock), HOPS[1], HOPS[0])


@test("and not where there was none", versions=(4,))
def plain(wire):
    accept_routes(wire)
    peer, sock = accepted(wire)
    goes_by(data(peer, sock))


@test("the listener's RST takes the way back too", versions=(4,))
def refused(wire):
    accept_routes(wire)
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("A", ack=7, **came_by(*HOPS[:2]))
    goes_by(peer.expect("R", seq=7, ack=0), HOPS[1], HOPS[0])
    lsock.close()


@test("TIME_WAIT answers by the connection's route, whoever chose it",
      differs="it knows the way back of the segment only", versions=(4,))
def timewait(wire):
    accept_routes(wire)
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", FULL)], **came_by(*HOPS[:2]))
    goes_by(peer.expect("SA", seq=0, options=["mss"]), HOPS[1], HOPS[0])
    peer.send("A", **came_by(*HOPS[:2]))
    sock, _ = lsock.accept()
    ends = [(peer, sock, (HOPS[1], HOPS[0])),
            (*connected(wire, options=(("mss", FULL),), sockopts=[by(HOPS[2])]), (HOPS[2],))]
    for peer, sock, route in ends:
        sock.close()
        goes_by(peer.expect("FA"), *route)
        peer.send("FA")
        goes_by(peer.expect("A"), *route)
        peer.send("FA", seq=peer.seq - 1)
        goes_by(peer.expect("A"), *route)


@test("a later segment's route takes the place of an earlier one's (SHLD-24)",
      differs="it keeps that of the SYN", versions=(4,))
def later(wire):
    accept_routes(wire)
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", FULL)], **came_by(HOPS[0]))
    goes_by(peer.expect("SA", seq=0, options=["mss"]), HOPS[0])
    peer.send("A", **came_by(HOPS[0]))
    sock, _ = lsock.accept()
    peer.send("PA", data=b"y", **came_by(HOPS[2], HOPS[3]))
    goes_by(peer.expect("A", seq=1), HOPS[3], HOPS[2])
    goes_by(data(peer, sock), HOPS[3], HOPS[2])
    # what a stranger sends who does not know the numbers
    peer.send("A", seq=peer.seq + 100, **came_by(HOPS[1]))
    peer.answers()
    goes_by(data(peer, sock), HOPS[3], HOPS[2])
    # and the user's own word is the last
    sock.setsockopt(*by(HOPS[0]))
    peer.send("PA", data=b"z", **came_by(HOPS[1]))
    goes_by(peer.expect("A", seq=peer.ack), HOPS[0])


if __name__ == "__main__":
    main()
