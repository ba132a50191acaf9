#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Opening connections: RFC 9293 section 3.5 and 3.10.7.2 to .4, options of the SYN."""

import errno
import os
import select
import socket
import time

from harness import PORT, abort, accepted, check, connected, equal, main, state, test
from peer import Peer
from wire import LOCAL, PATIENCE, Failure

ALL = [("mss", 1460), ("sackok",), ("ts", (1000, 0)), ("nop",), ("ws", 7)]


@test("passive open, no options but MSS")
def passive(wire):
    peer, sock = accepted(wire)
    equal(sock.getpeername()[1], peer.port, "port of the peer")
    equal(state(sock), "ESTABLISHED", "state")


@test("passive open with MSS, SACK, timestamps and window scaling")
def passive_options(wire):
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=ALL)
    syn = peer.expect("SA", seq=0, options=["mss", "sackok", "ts", "ws"])
    equal(syn.option("mss"), 1460 if wire.version == 4 else 1440, "MSS")
    equal(syn.option("ts")[1], 1000, "the echo of the timestamp")
    check(0 <= syn.option("ws") <= 14, "shift of the window")
    check(not syn.urg, "urgent pointer")
    peer.tsval = 1001
    peer.send("A")
    sock, _ = lsock.accept()
    peer.send("PA", data=b"x" * 10)
    seg = peer.receive()
    equal(seg.option("ts")[1], 1001, "the echo of the timestamp")
    equal(sock.recv(100), b"x" * 10, "data")


@test("active open with all options in the SYN")
def active_options(wire):
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    syn = peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
    equal(syn.option("mss"), 1460 if wire.version == 4 else 1440, "MSS")
    equal(syn.option("ts")[1], 0, "the echo of the timestamp of a SYN")
    equal(syn.ack, 0, "the acknowledgement number of a SYN")
    equal(state(sock), "SYN_SENT", "state")
    peer.tsval = 77
    peer.send("SA", ack=1, options=[("mss", 1460), ("sackok",), ("ts", (77, peer.tsecr)),
                                    ("nop",), ("ws", 3)])
    seg = peer.expect("A", seq=1, ack=1)
    equal(seg.option("ts")[1], 77, "the echo of the timestamp")
    equal(state(sock), "ESTABLISHED", "state")
    equal(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0, "SO_ERROR")


@test("active open, the peer knows no option but MSS")
def active(wire):
    _, sock = connected(wire)
    equal(state(sock), "ESTABLISHED", "state")
    check(sock.getpeername()[1] == PORT, "port of the peer")


@test("simultaneous open (MUST-10)")
def simultaneous(wire):
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
    peer.send("S", options=ALL)
    peer.tsval = 1000
    peer.expect("SA", seq=0, ack=1, options=["mss", "sackok", "ts", "ws"])
    equal(state(sock), "SYN_RECV", "state")
    peer.send("SA", seq=0, ack=1, options=[("mss", 1460), ("sackok",), ("nop",), ("ws", 7),
                                           ("ts", (1000, peer.tsecr))])
    peer.answers()
    equal(state(sock), "ESTABLISHED", "state")
    peer.send("PA", data=b"hello")
    equal(sock.recv(10), b"hello", "data")


@test("simultaneous open ended by an ACK alone")
def simultaneous_ack(wire):
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
    peer.send("S", options=ALL)
    peer.tsval = 1000
    peer.expect("SA", seq=0, ack=1, options=["mss", "sackok", "ts", "ws"])
    peer.send("A", seq=1, ack=1)
    peer.answers()
    equal(state(sock), "ESTABLISHED", "state")


@test("simultaneous open with a peer that knows no option (RFC 7323 3.2, RFC 2018 2)",
      differs="it repeats options in its SYN,ACK that were not in the peer's SYN")
def simultaneous_bare(wire):
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
    peer.send("S", options=[("mss", 1460)])
    peer.expect("SA", seq=0, ack=1, options=["mss"])
    peer.send("A", seq=1, ack=1)
    peer.answers()
    equal(state(sock), "ESTABLISHED", "state")


@test("a RST that acknowledges our SYN refuses the connection")
def refused(wire):
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
    peer.send("RA", seq=0, ack=1)
    peer.expect_nothing()
    equal(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), errno.ECONNREFUSED, "SO_ERROR")


@test("a RST without ACK, or with a wrong one, does not refuse it")
def refused_not(wire):
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
    peer.send("R", seq=0)
    peer.expect_nothing()
    peer.send("RA", seq=0, ack=1000)
    peer.expect_nothing()
    equal(state(sock), "SYN_SENT", "state")


@test("an old SYN,ACK in SYN_SENT is reset, the connection lives")
def old_syn_ack(wire):
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
    peer.send("SA", seq=0, ack=1000, options=[("mss", 1460)])
    peer.expect("R", seq=1000)
    equal(state(sock), "SYN_SENT", "state")
    peer.send("SA", seq=0, ack=1, options=[("mss", 1460)])
    peer.expect("A", seq=1, ack=1)
    equal(state(sock), "ESTABLISHED", "state")


@test("a stale SYN opens nothing: the RST of its host ends the handshake")
def stale_syn(wire):
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", 1460)])
    peer.expect("SA", seq=0, options=["mss"])
    peer.send("R", seq=1)
    peer.expect_nothing()
    peer.send("A", seq=1, ack=1)
    peer.expect("R", seq=1)
    check(not select.select([lsock], [], [], 0)[0], "there is nothing to accept")


@test("the third segment has to acknowledge our SYN,ACK")
def wrong_third(wire):
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", 1460)])
    peer.expect("SA", seq=0, options=["mss"])
    peer.send("A", seq=1, ack=5000)
    peer.expect("R", seq=5000)
    check(not select.select([lsock], [], [], 0)[0], "there is nothing to accept")
    peer.send("A", seq=1, ack=1)
    peer.expect_nothing()
    lsock.accept()


@test("a repeated SYN gets the same SYN,ACK again")
def repeated_syn(wire):
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.all_syns = True
    peer.send("S", seq=0, options=[("mss", 1460)])
    first = peer.expect("SA", seq=0, options=["mss"])
    peer.send("S", seq=0, options=[("mss", 1460)])
    second = peer.expect("SA", seq=0, options=["mss"])
    equal(second.seq, first.seq, "our number")
    peer.send("A", seq=1, ack=1)
    lsock.accept()


@test("data on the third segment is delivered")
def data_on_third(wire):
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", 1460)])
    peer.expect("SA", seq=0, options=["mss"])
    peer.send("PA", data=b"early")
    sock, _ = lsock.accept()
    equal(sock.recv(10), b"early", "data")


@test("FIN on the third segment is seen")
def fin_on_third(wire):
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", 1460)])
    peer.expect("SA", seq=0, options=["mss"])
    peer.send("FPA", data=b"all")
    peer.expect("A", seq=1, ack=5)
    sock, _ = lsock.accept()
    equal(sock.recv(10), b"all", "data")
    equal(sock.recv(10), b"", "end of data")
    equal(state(sock), "CLOSE_WAIT", "state")


@test("the SYN is repeated, the time doubles, and the connect times out")
def syn_retries(wire):
    sock = wire.start_connect(PORT, options=[(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 2)])
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.all_syns = True
    first = peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
    for _ in range(2):
        again = peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
        equal(again.seq, first.seq, "number of the SYN")
    check(select.select([], [sock], [], PATIENCE)[1], "it times out")
    equal(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), errno.ETIMEDOUT, "SO_ERROR")


@test("the SYN,ACK is repeated until the peer answers")
def syn_ack_retries(wire):
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.all_syns = True
    peer.send("S", options=[("mss", 1460)])
    first = peer.expect("SA", seq=0, options=["mss"])
    again = peer.expect("SA", seq=0, options=["mss"])
    equal(again.seq, first.seq, "number of the SYN")
    peer.send("A")
    lsock.accept()


@test("the listener is closed in the middle of a handshake")
def listener_closed(wire):
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", 1460)])
    peer.expect("SA", seq=0, options=["mss"])
    lsock.close()
    peer.send("A", seq=1, ack=1)
    peer.expect("R", seq=1)


@test("connections that wait to be accepted are reset with the listener")
def listener_closed_queue(wire):
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", 1460)])
    peer.expect("SA", seq=0, options=["mss"])
    peer.send("A")
    peer.expect_nothing()
    lsock.close()
    peer.expect("RA", seq=1, ack=1)


@test("a full accept queue drops the third segment; nothing is lost once there is room")
def accept_overflow(wire):
    lsock = wire.listen(PORT, backlog=1)
    peers = []
    # a backlog of 1 takes 2
    for _ in range(2):
        peer = Peer(wire, PORT)
        peer.send("S", options=[("mss", 1460)])
        peer.expect("SA", seq=0, options=["mss"])
        peer.send("A")
        peer.expect_nothing()
        peers.append(peer)
    late = Peer(wire, PORT)
    late.send("S", options=[("mss", 1460)])
    late.expect_nothing()
    socks = [lsock.accept()[0] for _ in peers]
    equal([s.getpeername()[1] for s in socks], [p.port for p in peers], "ports of the peers")
    late.send("S", seq=0, options=[("mss", 1460)])
    late.expect("SA", seq=0, ack=1, options=["mss"])
    late.send("A")
    sock, _ = lsock.accept()
    equal(sock.getpeername()[1], late.port, "port of the peer")


@test("a backlog of n takes n + 1 handshakes at a time; a SYN beyond is dropped, or has a cookie")
def handshakes_bounded(wire):
    for backlog in (0, 1):
        wire.sysctl("tcp_syncookies", 0)
        lsock = wire.listen(PORT + backlog, backlog=backlog)
        peers = [Peer(wire, PORT + backlog) for _ in range(backlog + 2)]
        for peer in peers:
            peer.send("S", options=[("mss", 1460)])
        late = peers[-1]
        # a slow machine sends those of before again
        equal({seg.dport for seg in wire.answers() if seg.sport == late.to},
              {peer.port for peer in peers[:-1]}, f"who is answered with a backlog of {backlog}")
        wire.sysctl("tcp_syncookies", 1)
        late.send("S", seq=0, options=[("mss", 1460)])
        found = [seg for seg in wire.answers() if seg.dport == late.port]
        equal([seg.flags for seg in found], ["SA"], "the answer to one more, with cookies")
        late.irs, late.ack = found[0].seq, 1
        late.send("A")
        equal(lsock.accept()[0].getpeername()[1], late.port, "port of the peer")


def queued(lsock):
    """Connections that wait to be accepted: tcpi_unacked of a listener."""
    info = lsock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return int.from_bytes(info[24:28], "little")


@test("net.ipv4.tcp_abort_on_overflow: a connection that finds no room is reset")
def accept_abort(wire):
    wire.sysctl("tcp_abort_on_overflow", 1)
    # a backlog of 1 takes 2, of which one is there when two more SYNs come
    lsock = wire.listen(PORT, backlog=1)
    early, *peers = [Peer(wire, PORT) for _ in range(3)]
    early.send("S", options=[("mss", 1460)])
    early.expect("SA", seq=0, options=["mss"])
    early.send("A")
    check(select.select([lsock], [], [], PATIENCE)[0], "it waits to be accepted")
    for peer in peers:
        peer.send("S", options=[("mss", 1460)])
    numbers = {}
    while len(numbers) < 2:
        seg = wire.next_segment()
        check(seg, "the SYNs are answered")
        numbers[seg.dport] = seg.seq
    for peer in peers:
        peer.irs, peer.ack = numbers[peer.port], 1
    peers[0].send("A")
    while queued(lsock) < 2:
        wire.answers()
    peers[1].send("A")
    while (seg := wire.next_segment()) and "S" in seg.flags:
        pass
    check(seg, "the third segment that finds no room is answered")
    equal((seg.flags, seg.dport), ("R", peers[1].port), "the answer")


@test("net.ipv4.tcp_timestamps, _sack and _window_scaling: what is off is not in a SYN")
def options_off(wire):
    words = {"ts": "timestamps", "sackok": "sack", "ws": "window_scaling"}
    for off in words:
        for name in words:
            wire.sysctl("tcp_" + words[name], int(name != off))
        left = ["mss"] + [name for name in words if name != off]
        with wire.start_connect(PORT) as sock:
            peer = Peer(wire, sock.getsockname()[1], PORT)
            peer.expect("S", seq=0, options=left)
        # a slow machine has sent it again
        peer.answers()
        with wire.listen(PORT):
            peer = Peer(wire, PORT)
            peer.send("S", options=ALL)
            peer.expect("SA", seq=0, options=left)
            peer.send("R")
            peer.expect_nothing()


def passive_number(wire, port):
    """The first number that the machine answers a SYN with."""
    peer = Peer(wire, PORT, port)
    peer.send("S", options=[("mss", 1460)])
    seg = peer.expect("SA", seq=0, options=["mss"])
    peer.send("R")
    peer.expect_nothing()
    return seg.seq


def active_number(wire, port):
    """The number of its own SYN."""
    with wire.start_connect(PORT, local_port=port):
        peer = Peer(wire, port, PORT)
        seg = peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
        peer.send("RA", ack=1)
        peer.expect_nothing()
    return seg.seq


@test("first numbers: of the same ports each is later, of others they lie anywhere (RFC 6528)")
def first_number(wire):
    with wire.listen(PORT):
        for number in (passive_number, active_number):
            port = next(wire.ports)
            first, again = number(wire, port), number(wire, port)
            check(0 < (again - first) % (1 << 32) < 1 << 31, f"{again} after {first}")
            found = sorted(number(wire, next(wire.ports)) for _ in range(16))
            gaps = [(b - a) % (1 << 32) for a, b in zip(found, found[1:] + found[:1])]
            check(max(gaps) < 7 << 29, f"first numbers of 16 connections: {found}")


@test("no MSS option: segments of 536 or 1220 bytes (MUST-15)")
def default_mss(wire):
    peer, sock = accepted(wire, options=())
    sock.send(b"m" * 3000)
    seg = peer.receive()
    equal(len(seg.data), 536 if wire.version == 4 else 1220, "length of a segment")


@test("an MSS of 1 is not believed")
def tiny_mss(wire):
    peer, sock = accepted(wire, options=[("mss", 1)])
    sock.send(b"m" * 3000)
    seg = peer.receive()
    check(len(seg.data) >= 36, f"segments of {len(seg.data)} bytes")


@test("net.ipv4.tcp_min_snd_mss: what is below is not believed, what is above is")
def min_snd_mss(wire):
    wire.sysctl("tcp_min_snd_mss", 300)
    for mss in (100, 500):
        for opened in (accepted, connected):
            peer, sock = opened(wire, options=[("mss", mss)])
            sock.send(b"m" * 3000)
            equal(len(peer.receive().data), max(mss, 300), "length of a segment")
            abort(peer, sock)


@test("a large MSS is cut to what the device takes (MUST-16)")
def large_mss(wire):
    peer, sock = accepted(wire, options=[("mss", 65535)])
    sock.send(b"m" * 3000)
    seg = peer.receive()
    equal(len(seg.data), 1460 if wire.version == 4 else 1440, "length of a segment")


@test("TCP_MAXSEG is told to the peer and kept")
def maxseg(wire):
    sock = wire.start_connect(PORT, options=[(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 700)])
    peer = Peer(wire, sock.getsockname()[1], PORT)
    syn = peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
    equal(syn.option("mss"), 700, "MSS")
    peer.send("SA", ack=1, options=[("mss", 1460)])
    peer.expect("A", seq=1, ack=1)
    sock.send(b"m" * 1400)
    seg = peer.receive()
    equal(len(seg.data), 700, "length of a segment")


@test("unknown options and padding are passed over (MUST-6)")
def unknown_option(wire):
    options = [("raw", bytes([253, 6, 1, 2, 3, 4])), ("mss", 1000), ("nop",), ("eol",)]
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=options)
    peer.expect("SA", seq=0, options=["mss"])
    peer.send("A")
    sock, _ = lsock.accept()
    sock.send(b"m" * 3000)
    equal(len(peer.receive().data), 1000, "length of a segment")


@test("options of impossible lengths end the options and harm nothing (MUST-7)")
def malformed_options(wire):
    bad = [bytes([2, 0]), bytes([2, 1, 0, 0]), bytes([2, 40, 5, 0xb4]), bytes([8, 10, 1, 1]),
           bytes([3]), bytes([5, 9, 0, 0, 0, 0, 0, 0, 0]), bytes([253, 1]), bytes([253, 0xff])]
    lsock = wire.listen(PORT)
    for raw in bad:
        peer = Peer(wire, PORT)
        pad = bytes([1]) * (-len(raw) % 4)
        peer.send("S", options=[("raw", pad + raw)])
        peer.expect("SA", seq=0, options=["mss"])
        peer.send("A")
        sock, _ = lsock.accept()
        peer.send("PA", data=b"x", options=[("raw", pad + raw)])
        equal(sock.recv(1), b"x", "data")
        sock.close()
        peer.answers()


@test("a window scale above 14 counts as 14")
def wscale_limit(wire):
    peer, sock = accepted(wire, options=[("mss", 1000), ("nop",), ("ws", 15)], win=1)
    sock.send(b"w" * 60000)
    peer.data(10000)
    # cwnd is 20 segments now, the window 1 << 14 bytes
    peer.send("A")
    bytes_out = sum(len(seg.data) for seg in peer.answers())
    check(10000 < bytes_out <= 16384, f"{bytes_out} bytes in a window of 16384")


@test("a window scale above 14 is logged (RFC7323-12)")
def wscale_logged(wire):
    with open("/dev/kmsg", "rb", buffering=0) as log:
        os.set_blocking(log.fileno(), False)
        log.seek(0, os.SEEK_END)
        with wire.listen(PORT):
            for _ in range(20):
                # others who are at it use up what the limit of the rate allows
                peer = Peer(wire, PORT)
                peer.send("S", options=[("mss", 1460), ("nop",), ("ws", 15)])
                peer.expect("SA", seq=0, options=["mss", "ws"])
                lines = b""
                while chunk := read_record(log):
                    lines += chunk
                if b"indow scal" in lines:
                    return
                select.select([], [], [], 0.5)
    raise Failure("nothing in the kernel's log")


def read_record(log):
    """The next line of the kernel's log, if there is one."""
    try:
        return os.read(log.fileno(), 8192)
    except BlockingIOError:
        return b""


def offset_passive(wire):
    """The timestamp of the answer to a SYN, less the time in ms."""
    peer = Peer(wire, PORT)
    peer.send("S", options=ALL)
    seg = peer.expect("SA", seq=0, options=["mss", "sackok", "ts", "ws"])
    offset = (seg.option("ts")[0] - int(time.monotonic() * 1000)) % (1 << 32)
    # or it is sent again, a second from now, in the midst of another
    peer.send("R")
    peer.expect_nothing()
    return offset


def offset_active(wire):
    """The same of a SYN."""
    with wire.start_connect(PORT) as sock:
        peer = Peer(wire, sock.getsockname()[1], PORT)
        seg = peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
        peer.send("RA", ack=1)
        peer.expect_nothing()
    return (seg.option("ts")[0] - int(time.monotonic() * 1000)) % (1 << 32)


@test("each connection has an offset of its own to its timestamps (RFC7323-46)")
def timestamp_offsets(wire):
    with wire.listen(PORT):
        for offset in (offset_passive, offset_active):
            found = sorted(offset(wire) for _ in range(16))
            gaps = [(b - a) % (1 << 32) for a, b in zip(found, found[1:] + found[:1])]
            # the chance of all 16 within an eighth of the numbers is 16 / 8^15
            check(max(gaps) < 7 << 29, f"offsets of 16 connections: {found}")


@test("the accepted socket inherits, and getsockname says where the peer came to")
def names(wire):
    peer, sock = accepted(wire)
    equal(sock.getsockname()[:2], (LOCAL[wire.version], PORT), "own name")
    equal(sock.getpeername()[1], peer.port, "name of the peer")


if __name__ == "__main__":
    main()
