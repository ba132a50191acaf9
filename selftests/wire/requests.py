#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sentences of RFC 9293 that only the wire, or a socket on it, can show."""

import errno
import fcntl
import select
import socket
import struct

import packet
from errors import quoted
from harness import PORT, accepted, check, connected, equal, main, state, test
from peer import Peer
from wire import LOCAL, PATIENCE, Wire, ip

SYN = ["mss", "sackok", "ts", "ws"]
SIOCATMARK = 0x8905
IP_RECVERR, IPV6_RECVERR = 11, 25
OTHER = {4: "10.9.0.7", 6: "fd00:9::7"}
ROUTES = {4: "10.9.0.0/24", 6: "fd00:9::/64"}
REUSE = (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def alive(peer, sock):
    """The connection carries data in both directions."""
    peer.send("PA", data=b"in")
    equal(sock.recv(100), b"in", "data")
    sock.send(b"out")
    while (seg := peer.receive()) is not None and not seg.data:
        pass
    check(seg and seg.data == b"out", "the answer")


def add_address(wire):
    """A second address of the machine's."""
    flags = "" if wire.version == 4 else " nodad"
    ip(f"addr add {OTHER[wire.version]}/{32 if wire.version == 4 else 128} dev wire0{flags}")


def route_from(wire, address):
    """What the machine sends without an address of its own comes from this one."""
    ip(f"route replace {ROUTES[wire.version]} dev wire0 src {address} rto_min 5000ms")


@test("segments of any length have the right checksum (MUST-2)")
def checksums(wire):
    peer, sock = accepted(wire)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for count in (1, 2, 3, 99, 100, 1459, 1460):
        sock.send(bytes(range(256)) * 5 + b"\xff" * (count - 1280) if count > 1280
                  else b"\xfe" * count)
        # a wrong one is an error of packet.py's
        peer.data(count)
        peer.send("A")


@test("another namespace has other initial numbers (MUST-9, RFC6528-2)",
      differs="its secret is one for all namespaces")
def isn_secret(wire):
    ports = (1001, 1002, 1003, 1004)
    first = isns(wire, ports)
    second = isns(Wire(wire.family, wire.version, wire.rng), ports)
    # what the clock of 4 us alone would make of them
    moved = [(b - a) & 0xffffffff for a, b in zip(first, second)]
    check(max(moved) > 250000 * 4 * PATIENCE, f"the numbers moved by {moved} only")


@test("each pair of ends has initial numbers of its own (RFC6528-1)")
def isn_ends(wire):
    found = isns(wire, (1001, 1002, 1003, 1004))
    moved = [(b - a) & 0xffffffff for a, b in zip(found, found[1:])]
    check(max(moved) > 250000 * 4 * PATIENCE, f"the numbers moved by {moved} only")


def isns(wire, ports):
    """Initial numbers for peers of these ports."""
    found = []
    lsock = wire.listen(PORT)
    for port in ports:
        peer = Peer(wire, PORT, port)
        peer.send("S", options=[("mss", 1460)])
        found.append(peer.expect("SA", seq=0, options=["mss"]).seq)
        peer.send("R", seq=1)
    lsock.close()
    return found


@test("SIOCATMARK tells whether urgent data is still to come (MUST-33)")
def at_mark(wire):
    peer, sock = accepted(wire)
    peer.send("UPA", data=b"abcX", urg=4)
    check(select.select([], [], [sock], PATIENCE)[2], "select() tells of urgent data")
    equal(marked(sock), 0, "before it")
    equal(sock.recv(100), b"abc", "data up to the mark")
    equal(marked(sock), 1, "at the mark")
    peer.send("PA", data=b"after")
    equal(sock.recv(100), b"after", "data after the mark")
    equal(marked(sock), 0, "past it")


def marked(sock):
    """Of a socket: is the next byte the one behind the urgent data?"""
    return struct.unpack("i", fcntl.ioctl(sock, SIOCATMARK, bytes(4)))[0]


@test("a listener on the port of a connection leaves the connection alone (MUST-41)")
def listen_beside(wire):
    sock = wire.start_connect(PORT, options=[REUSE], local_port=5555)
    peer = Peer(wire, 5555, PORT)
    peer.expect("S", seq=0, options=SYN)
    peer.send("SA", ack=1, options=[("mss", 1460)])
    peer.expect("A", seq=1, ack=1)
    lsock = wire.listen(5555)
    # either a record of its own, or an error
    try:
        wire.listen(5555).close()
        check(False, "a second listener")
    except OSError as error:
        equal(error.errno, errno.EADDRINUSE, "error of a second listener")
    alive(peer, sock)
    other = Peer(wire, 5555)
    other.send("S", options=[("mss", 1460)])
    other.expect("SA", seq=0, options=["mss"])
    other.send("R", seq=1)
    lsock.close()
    peer.expect_nothing()
    alive(peer, sock)


@test("LISTEN on a port with another connection in SYN_SENT, and in SYN_RECEIVED (MUST-42)",
      differs="its SYN,ACK of a simultaneous open offers what its SYN did")
def listen_while_opening(wire):
    sock = wire.start_connect(PORT, options=[REUSE], local_port=5555)
    peer = Peer(wire, 5555, PORT)
    peer.expect("S", seq=0, options=SYN)
    lsock = wire.listen(5555)
    lsock.close()
    peer.send("S", options=[("mss", 1460)])
    peer.expect("SA", seq=0, ack=1, options=["mss"])
    lsock = wire.listen(5555)
    other = Peer(wire, 5555)
    other.send("S", options=[("mss", 1460)])
    other.expect("SA", seq=0, options=["mss"])
    other.send("A")
    third, _ = lsock.accept()
    peer.send("A", seq=1, ack=1)
    peer.answers()
    equal([state(s) for s in (sock, third)], ["ESTABLISHED"] * 2, "states")


@test("an active open from an address of the user's (MUST-43)")
def open_from(wire):
    add_address(wire)
    # the one that IP would choose, and the other
    for address in (LOCAL[wire.version], OTHER[wire.version]):
        sock = wire.socket()
        sock.bind((address, 0))
        sock.setblocking(False)
        try:
            sock.connect((socket.inet_ntop(sock.family, wire.remote), PORT))
        except BlockingIOError:
            pass
        seg = wire.next_segment()
        equal(seg.src, packet.address(address), "source of the SYN")


@test("without one, from the address that the route names (MUST-44)")
def open_by_route(wire):
    add_address(wire)
    route_from(wire, OTHER[wire.version])
    sock = wire.start_connect(PORT)
    equal(wire.next_segment().src, packet.address(OTHER[wire.version]), "source of the SYN")
    equal(sock.getsockname()[0], OTHER[wire.version], "the socket's name")


@test("the address stays the connection's when the route names another (MUST-45)")
def address_stays(wire):
    peer, sock = connected(wire)
    add_address(wire)
    route_from(wire, OTHER[wire.version])
    for number in range(3):
        sock.send(b"x")
        seg = peer.expect("PA", seq=1 + number, data=b"x")
        equal(seg.src, wire.local, "source")
        peer.send("A")
    sock.close()
    equal(peer.expect("FA", seq=4).src, wire.local, "source")


@test("no open to a broadcast or multicast address (MUST-46)")
def open_to_many(wire):
    targets = {4: ["255.255.255.255", "224.0.0.1", "239.1.2.3"], 6: ["ff02::1", "ff0e::1234"]}
    ip("route add 224.0.0.0/4 dev wire0", "route add 255.255.255.255/32 dev wire0",
       "route add multicast ff00::/8 dev wire0 table local")
    for target in targets[wire.version]:
        sock = wire.socket()
        try:
            sock.connect((target, PORT))
            check(False, f"connect() to {target}")
        except OSError as error:
            check(not isinstance(error, TimeoutError), f"connect() to {target} is tried")
    check(not wire.answers(), "no SYN")


def told(wire, sock, recverr):
    """Ask for soft errors, or not."""
    level, name = ((socket.IPPROTO_IP, IP_RECVERR) if wire.version == 4
                   else (socket.IPPROTO_IPV6, IPV6_RECVERR))
    sock.setsockopt(level, name, recverr)


def soft_error(wire, recverr):
    """What poll() says after a host unreachable for data of a connection that lives, and who."""
    peer, sock = accepted(wire)
    told(wire, sock, recverr)
    sock.send(b"x")
    peer.expect("PA", seq=1, data=b"x")
    quoted(peer, 1, *((3, 1) if wire.version == 4 else (1, 3)))
    peer.expect_nothing()
    equal(state(sock), "ESTABLISHED", "state")
    poll = select.poll()
    poll.register(sock, 0)
    return [event for _, event in poll.poll(0)], sock


@test("who asks for them is told of soft errors at once (MUST-47)")
def soft_error_told(wire):
    events, sock = soft_error(wire, 1)
    equal(events, [select.POLLERR], "events")
    equal(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), errno.EHOSTUNREACH, "SO_ERROR")


@test("who does not want to know of soft errors is not told (SHLD-20)")
def soft_error_untold(wire):
    equal(soft_error(wire, 0)[0], [], "events")


@test("a soft error is forgotten when the peer answers", differs="it ends an open")
def soft_error_over(wire):
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("S", seq=0, options=SYN)
    quoted(peer, 0, *((3, 1) if wire.version == 4 else (1, 3)))
    peer.expect_nothing()
    peer.send("SA", ack=1, options=[("mss", 1460)])
    peer.expect("A", seq=1, ack=1)
    equal(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0, "SO_ERROR")


def with_ip_options(whole):
    """The packet with options that mean nothing: of IPv4, or in a destination header of IPv6."""
    if whole[0] >> 4 == 4:
        options = bytes([1, 0x5e, 6, 1, 2, 3, 4, 0])
        head = bytearray(whole[:20] + options)
        head[0] = 0x47
        head[2:4] = struct.pack("!H", len(whole) + len(options))
        head[10:12] = bytes(2)
        head[10:12] = struct.pack("!H", packet.checksum(bytes(head)))
        return bytes(head) + whole[20:]
    options = bytes([whole[6], 0, 0x1e, 4, 1, 2, 3, 4])
    length = struct.unpack("!H", whole[4:6])[0] + len(options)
    return whole[:4] + struct.pack("!HB", length, 60) + whole[7:40] + options + whole[40:]


@test("IP options that TCP does not know are ignored (MUST-50)")
def ip_options(wire):
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    wire.inject(with_ip_options(packet.pack_segment(
        peer.segment("S", seq=0, options=[("mss", 1460)]))))
    peer.seq = 1
    peer.expect("SA", seq=0, options=["mss"])
    peer.send("A")
    sock, _ = lsock.accept()
    wire.inject(with_ip_options(packet.pack_segment(peer.segment("PA", data=b"odd"))))
    sock.settimeout(PATIENCE)
    equal(sock.recv(10), b"odd", "data")


@test("an ICMP error is for the connection that it quotes, no other (MUST-54)")
def icmp_whose(wire):
    socks, peers = [], []
    for _ in range(2):
        sock = wire.start_connect(PORT)
        peer = Peer(wire, sock.getsockname()[1], PORT)
        peer.expect("S", seq=0, options=SYN)
        socks.append(sock)
        peers.append(peer)
    quoted(peers[0], 0, *((3, 3) if wire.version == 4 else (1, 4)))
    peers[0].expect_nothing()
    equal([state(s) for s in socks], ["CLOSE", "SYN_SENT"], "states")


@test("Source Quench is nothing (MUST-55)", versions=(4,))
def source_quench(wire):
    peer, sock = accepted(wire)
    told(wire, sock, 1)
    sock.send(b"x" * 30000)
    peer.data(14600)
    quoted(peer, 1, 4, 0)
    peer.expect_nothing()
    equal(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0, "SO_ERROR")
    # slow start goes on as if nothing had been
    peer.send("A", ack=1 + 1460)
    equal(sum(len(s.data) for s in peer.answers()), 2 * 1460, "bytes for an ACK")


def soft_codes(wire, codes):
    """Type and code of errors that abort no open."""
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("S", seq=0, options=SYN)
    for code in codes:
        quoted(peer, 0, *code)
        peer.expect_nothing()
        equal(state(sock), "SYN_SENT", f"state after {code}")
    peer.send("SA", ack=1, options=[("mss", 1460)])
    peer.expect("A", seq=1, ack=1)
    sock.send(b"x")
    peer.expect("PA", seq=1, data=b"x")
    for code in codes:
        quoted(peer, 1, *code)
        peer.expect_nothing()
        equal(state(sock), "ESTABLISHED", f"state after {code}")


@test("the soft errors of ICMP abort nothing (MUST-56)", versions=(4,),
      differs="they end an open")
def soft_codes4(wire):
    soft_codes(wire, [(3, 0), (3, 1), (3, 5), (11, 0), (11, 1), (12, 0)])


@test("the soft errors of ICMPv6 abort nothing (MUST-56)", versions=(6,),
      differs="a parameter problem ends an open")
def soft_codes6(wire):
    soft_codes(wire, [(1, 0), (1, 3), (3, 0), (3, 1), (4, 0), (4, 1), (4, 2)])


@test("the MSS follows the device's MTU (SHLD-6), and is what IP takes less 20 (MUST-67)")
def mtu_varies(wire):
    for mtu in (1500, 1300, 1400):
        ip(f"link set wire0 mtu {mtu}")
        wire.start_connect(PORT)
        seg = wire.next_segment()
        equal(seg.option("mss"), mtu - (40 if wire.version == 4 else 60), "MSS")


def tos_option(wire, value):
    """The traffic class, as an argument list of setsockopt()."""
    if wire.version == 4:
        return socket.IPPROTO_IP, socket.IP_TOS, value
    return socket.IPPROTO_IPV6, socket.IPV6_TCLASS, value


@test("the DS field changes with the socket's during a connection (SHLD-21)")
def ds_changes(wire):
    peer, sock = connected(wire)
    for number, value in enumerate((0x20, 0xb8, 0), 1):
        sock.setsockopt(*tos_option(wire, value))
        sock.send(b"x")
        equal(peer.expect("PA", seq=number, data=b"x").tos, value, "traffic class")
        peer.send("A")


@test("every DS value goes to IP as it is (SHLD-22)")
def ds_values(wire):
    peer, sock = connected(wire)
    for number in range(64):
        sock.setsockopt(*tos_option(wire, number << 2))
        sock.send(b"x")
        equal(peer.expect("PA", seq=1 + number, data=b"x").tos, number << 2, "traffic class")
        peer.send("A")


if __name__ == "__main__":
    main()
