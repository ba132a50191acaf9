#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What is said in the IP header: IP_TOS, IP_TTL, IPV6_TCLASS and their like."""

import socket

from harness import accepted, connected, equal, main, test

IP_MTU_DISCOVER, IP_PMTUDISC_DONT = 10, 0
SOL_ATCP, ATCP_RTO_MIN_US = 400, 2


def tos_option(wire, value):
    """The traffic class, as an argument list of setsockopt()."""
    if wire.version == 4:
        return socket.IPPROTO_IP, socket.IP_TOS, value
    return socket.IPPROTO_IPV6, socket.IPV6_TCLASS, value


def ttl_option(wire, value):
    """The hop limit."""
    if wire.version == 4:
        return socket.IPPROTO_IP, socket.IP_TTL, value
    return socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, value


def said(sock, peer, name):
    """A field of the IP header of data, and of the FIN."""
    sock.send(b"x")
    found = [getattr(peer.expect("PA", seq=1, data=b"x"), name)]
    peer.send("A")
    sock.shutdown(socket.SHUT_WR)
    return found + [getattr(peer.expect("FA", seq=2), name)]


@test("the traffic class of the socket is that of its segments (MUST-48)")
def tos(wire):
    for value in (0x10, 0x88):
        peer, sock = connected(wire)
        sock.setsockopt(*tos_option(wire, value))
        equal(said(sock, peer, "tos"), [value] * 2, "traffic class")


@test("the traffic class of a listener is that of its SYN,ACK and its connections")
def tos_listener(wire):
    lsock = wire.listen(8080, options=[tos_option(wire, 0x28)])
    peer, sock = accepted(wire, listener=lsock)
    equal(said(sock, peer, "tos"), [0x28] * 2, "traffic class")


@test("the traffic class of a SYN")
def tos_syn(wire):
    wire.start_connect(8081, options=[tos_option(wire, 0x48)])
    equal(wire.next_segment().tos, 0x48, "traffic class")


@test("the hop limit, and its default (MUST-49)")
def ttl(wire):
    peer, sock = connected(wire)
    equal(said(sock, peer, "ttl"), [64] * 2, "hop limit")
    peer, sock = connected(wire)
    sock.setsockopt(*ttl_option(wire, 7))
    equal(said(sock, peer, "ttl"), [7] * 2, "hop limit")


@test("the hop limit of a listener is that of its connections")
def ttl_listener(wire):
    lsock = wire.listen(8080, options=[ttl_option(wire, 9)])
    peer, sock = accepted(wire, listener=lsock)
    equal(said(sock, peer, "ttl"), [9] * 2, "hop limit")


@test("may it be cut on its way? IP_MTU_DISCOVER", versions=(4,))
def may_fragment(wire):
    peer, sock = connected(wire)
    equal(said(sock, peer, "df"), [True] * 2, "DF")
    peer, sock = connected(wire)
    sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
    equal(said(sock, peer, "df"), [False] * 2, "DF")


@test("the reset of a segment for nobody has the default hop limit, and no class")
def reset(wire):
    peer, sock = connected(wire, sockopts=[tos_option(wire, 0x10), ttl_option(wire, 5)])
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()
    equal(peer.expect("RA", seq=1).ttl, 5, "hop limit of the connection's own")
    peer.send("A")
    equal(peer.expect("R").ttl, 64, "hop limit of an answer for nobody")


@test("ATCP_RTO_MIN_US: what is lost comes again long before the default says",
      differs="it has no such option")
def rto_min(wire):
    peer, sock = connected(wire)
    # the wire's own is longer than the patience
    sock.setsockopt(SOL_ATCP, ATCP_RTO_MIN_US, 20000)
    sock.send(b"x")
    peer.expect("PA", seq=1, data=b"x")
    peer.ack = 1
    peer.expect("PA", seq=1, data=b"x")


if __name__ == "__main__":
    main()
