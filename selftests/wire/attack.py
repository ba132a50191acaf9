#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a stranger or a broken host sends: RST rules, RFC 5961, probes, bad headers."""

import errno
import select
import socket

import packet
from errors import quoted
from harness import PORT, accepted, check, connected, equal, main, records, state, test
from peer import Peer
from wire import ip

CLOSED = 9
ANY = {4: "0.0.0.0", 6: "::"}
# of ICMPv6
PARAMETER_PROBLEM = 4


def alive(peer, sock):
    """The connection still carries data."""
    peer.send("PA", data=b"alive")
    equal(sock.recv(100), b"alive", "data")


@test("a RST with exactly the next number resets (RULE-4)")
def rst_exact(wire):
    peer, sock = accepted(wire)
    peer.send("R")
    peer.expect_nothing()
    try:
        sock.recv(1)
        check(False, "the connection is reset")
    except ConnectionResetError:
        pass
    equal(state(sock), "CLOSE", "state")


@test("a RST elsewhere in the window: a challenge ACK (RULE-5, RFC 5961 3.2)")
def rst_in_window(wire):
    peer, sock = accepted(wire)
    peer.send("R", seq=100)
    peer.expect("A", seq=1, ack=1)
    alive(peer, sock)


@test("a RST out of the window: nothing")
def rst_outside(wire):
    peer, sock = accepted(wire)
    for seq in (-1, -1000, 100000000):
        peer.send("R", seq=seq)
        peer.expect_nothing()
    alive(peer, sock)


@test("a SYN in ESTABLISHED: a challenge ACK, wherever it is (RULE-7, RFC 5961 4.2)")
def syn_established(wire):
    peer, sock = accepted(wire)
    for seq in (0, 1, 100, -100, 100000000):
        peer.send("S", seq=seq)
        peer.expect("A", seq=1, ack=1)
    peer.seq = 1
    alive(peer, sock)


@test("challenge ACKs are limited (RFC 5961 7)")
def challenge_limit(wire):
    wire.sysctl("tcp_invalid_ratelimit", 60000)
    peer, sock = accepted(wire)
    answers = 0
    for _ in range(5):
        peer.send("S", seq=-100)
        answers += len(peer.answers())
    equal(answers, 1, "challenge ACKs")
    alive(peer, sock)


@test("data with an ACK of what was never sent: a challenge ACK, the data is dropped",
      differs="it drops it without a word")
def ack_of_future(wire):
    peer, sock = accepted(wire)
    peer.send("PA", seq=1, ack=5000, data=b"blind")
    peer.expect("A", seq=1, ack=1)
    peer.seq = 1
    alive(peer, sock)


@test("data with an ACK far in the past: a challenge ACK, the data is dropped (RFC 5961 5.2)")
def ack_of_past(wire):
    peer, sock = accepted(wire)
    peer.send("PA", seq=1, ack=-2000000, data=b"blind")
    peer.expect("A", seq=1, ack=1)
    peer.seq = 1
    alive(peer, sock)


@test("data before and beyond the window is acknowledged and dropped")
def out_of_window(wire):
    peer, sock = accepted(wire)
    peer.send("PA", seq=-1000, data=b"old")
    peer.expect("A", seq=1, ack=1)
    peer.send("PA", seq=10000000, data=b"new")
    peer.expect("A", seq=1, ack=1)
    alive(peer, sock)


@test("a segment without ACK is dropped")
def no_ack(wire):
    peer, sock = accepted(wire)
    peer.send("P", seq=1, data=b"no ACK")
    peer.expect_nothing()
    peer.seq = 1
    alive(peer, sock)


def probes(wire, port, answers):
    """(flags, answer) for a port: None, or (flags, seq, ack) of a reset."""
    for flags, wanted in answers:
        peer = Peer(wire, port)
        peer.send(flags, seq=0, ack=7)
        found = peer.answers()
        if wanted is None:
            equal([s.flags for s in found], [], f"answers to '{flags}'")
            continue
        equal(len(found), 1, f"answers to '{flags}'")
        equal(set(found[0].flags), set(wanted), f"flags of the answer to '{flags}'")
        if wanted == "R":
            equal(found[0].seq, 7, f"number of the answer to '{flags}'")
        elif "R" in wanted:
            length = ("S" in flags) + ("F" in flags)
            equal((found[0].seq, found[0].ack), (0, (peer.iss + length) & 0xffffffff),
                  f"numbers of the answer to '{flags}'")


@test("probes to a listener: FIN, NULL and Xmas nothing, ACK a RST, RST nothing")
def probe_listener(wire):
    lsock = wire.listen(PORT)
    probes(wire, PORT, [("F", None), ("", None), ("FPU", None), ("A", "R"), ("FA", "R"),
                        ("SA", "R"), ("R", None), ("RA", None), ("FSPUA", "R")])
    check(not select.select([lsock], [], [], 0)[0], "there is nothing to accept")


@test("SYN and FIN in one segment to a listener open nothing by themselves")
def probe_syn_fin(wire):
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("SF", seq=0, options=[("mss", 1460)])
    found = peer.answers()
    check(not found or set(found[0].flags) in ({"S", "A"}, {"R", "A"}),
          f"the answer is {[s.flags for s in found]}")
    check(not select.select([lsock], [], [], 0)[0], "there is nothing to accept")


@test("probes to a closed port: RSTs by RFC 9293 3.10.7.1")
def probe_closed(wire):
    wire.listen(PORT)
    probes(wire, CLOSED, [("S", "RA"), ("F", "RA"), ("", "RA"), ("FPU", "RA"), ("A", "R"),
                          ("FA", "R"), ("SA", "R"), ("R", None), ("RA", None)])


@test("a wrong checksum is dropped (MUST-3)")
def bad_checksum(wire):
    peer, sock = accepted(wire)
    peer.send("PA", seq=1, data=b"spoilt", bad_checksum=True)
    peer.expect_nothing()
    peer.seq = 1
    alive(peer, sock)


@test("a data offset below 5 or beyond the segment is dropped")
def bad_offset(wire):
    peer, sock = accepted(wire)
    for doff in (0, 4, 15):
        peer.send("PA", seq=1, data=b"spoilt", doff=doff)
        peer.expect_nothing()
        peer.seq = 1
    alive(peer, sock)


@test("segments that are cut short are dropped")
def truncated(wire):
    peer, sock = accepted(wire)
    whole = packet.pack_tcp(peer.segment("PA", seq=1, data=b"x" * 20))
    for length in (0, 1, 8, 19):
        wire.inject(packet.pack_ip(wire.remote, wire.local, packet.TCP, whole[:length]))
        peer.expect_nothing()
    alive(peer, sock)


def listen_everywhere(wire):
    """A listener at all addresses: what a SYN's destination is does not keep it away."""
    lsock = wire.socket()
    lsock.bind((ANY[wire.version], PORT))
    lsock.listen()
    return lsock


def opens_nothing(wire, **ends):
    """A SYN with these for its ends: no answer, nothing to accept, nothing that is remembered."""
    lsock = listen_everywhere(wire)
    peer = Peer(wire, PORT)
    seg = peer.segment("S", seq=0)
    for end, text in ends.items():
        setattr(seg, end, packet.address(text))
    wire.inject(packet.pack_segment(seg))
    equal(len(wire.answers()), 0, f"answers to {ends}")
    check(not select.select([lsock], [], [], 0)[0], "there is nothing to accept")
    # native TCP's handshakes are not to be seen
    if wire.family == "atcp":
        equal([r["state"] for r in records(wire)], ["LISTEN"], f"states after {ends}")
    lsock.close()


@test("a SYN from an invalid address opens nothing (MUST-63)")
def bad_source(wire):
    # an answer would find its way
    ip(f"route add {ANY[wire.version]}/0 dev wire0")
    for source in {4: ["224.0.0.1", "255.255.255.255", "127.0.0.1"],
                   6: ["ff02::1", "::1", "::ffff:10.9.0.2"]}[wire.version]:
        opens_nothing(wire, src=source)


@test("a SYN to a multicast or broadcast address opens nothing (MUST-57)")
def bad_destination(wire):
    for target in {4: ["224.0.0.1", "255.255.255.255", "10.9.0.255"],
                   6: ["ff02::1", "ff01::1"]}[wire.version]:
        opens_nothing(wire, dst=target)


@test("a segment in IPv6 fragments arrives", versions=(6,))
def fragments6(wire):
    peer, sock = accepted(wire)
    whole = packet.pack_segment(peer.segment("PA", seq=1, data=bytes(range(200)) * 5))
    for piece in reversed(packet.fragments(whole, 256)):
        wire.inject(piece)
    got = b""
    while len(got) < 1000:
        got += sock.recv(2000)
    equal(got, bytes(range(200)) * 5, "data")
    peer.seq = 1001
    peer.expect("A", seq=1, ack=1001)


@test("extension headers that a network card has left in pieces", versions=(6,))
def pieces6(wire):
    peer, sock = accepted(wire)
    # destination options that may be skipped, beyond what is in one piece; then padding
    options = 7 * (bytes([0x1e, 255]) + bytes(255)) + bytes([1, 5]) + bytes(5)
    head = bytes([packet.TCP, (len(options) + 2) // 8 - 1]) + options
    seg = packet.pack_tcp(peer.segment("PA", seq=1, data=b"p" * 3000))
    wire.inject_in_pieces(packet.pack_ip(wire.remote, wire.local, packet.DSTOPTS, head + seg), 48)
    got = b""
    while len(got) < 3000:
        got += sock.recv(4000)
    equal(got, b"p" * 3000, "data")
    peer.seq = 3001
    alive(peer, sock)


def behind_options(peer, first, options, seg):
    """A segment behind a header of options; `first` is that header's number."""
    room = -(len(options) + 2) % 8
    options += bytes([1, room - 2]) + bytes(room - 2) if room > 1 else bytes(room)
    head = bytes([packet.TCP, (len(options) + 2) // 8 - 1]) + options
    wire = peer.wire
    wire.inject(packet.pack_ip(wire.remote, wire.local, first, head + packet.pack_tcp(seg)))


def problems(wire):
    """Code and pointer of the ICMPv6 parameter problems that have come."""
    found = [(icmp.payload[1], int.from_bytes(icmp.payload[4:8], "big"))
             for icmp in wire.icmp if icmp.payload[0] == PARAMETER_PROBLEM]
    wire.icmp.clear()
    return found


@test("unknown options of IPv6: their type says what becomes of the segment (RFC 8200 4.2)",
      versions=(6,))
def unknown_options6(wire):
    # parameter problems are not rationed
    with open("/proc/sys/net/ipv6/icmp/ratemask", "w", encoding="ascii") as file:
        file.write("1")
    peer, sock = accepted(wire)
    for first in (packet.DSTOPTS, packet.HOPOPTS):
        for bits in (1, 2, 3):
            # behind one that is passed over
            options = bytes([0x1e, 1, 0, bits << 6 | 0x1e, 0])
            behind_options(peer, first, options, peer.segment("PA", data=b"discarded"))
            behind_options(peer, first, options, peer.segment("S"))
            peer.expect_nothing()
            # code 2, and where the option is
            equal(problems(wire), [(2, 45)] * 2 if bits > 1 else [], f"problems for {bits}")
        behind_options(peer, first, bytes([0x1e, 1, 0, 0x3e, 0]), peer.segment("PA", data=b"taken"))
        equal(sock.recv(100), b"taken", "data")
        peer.seq += 5
        peer.expect("A", seq=1)
        equal(problems(wire), [], "problems for 0")


@test("options of IPv6 beyond their header, in too great number or too far apart: dropped",
      versions=(6,))
def endless_options6(wire):
    peer, sock = accepted(wire)
    for options in (bytes([0x1e, 200]) + bytes(4), bytes([0x1e, 0]) * 9 + bytes([1, 2, 0, 0]),
                    bytes(14), bytes([1, 12]) + bytes(12), bytes(5) + bytes([1])):
        head = bytes([packet.TCP, (len(options) + 2) // 8 - 1]) + options
        seg = peer.segment("PA", data=b"dropped")
        wire.inject(packet.pack_ip(wire.remote, wire.local, packet.DSTOPTS,
                                   head + packet.pack_tcp(seg)))
        peer.expect_nothing()
    alive(peer, sock)


@test("protocol and port unreachable in SYN_SENT are hard (SHLD-26)")
def icmp_hard(wire):
    for kind, error in {4: [((3, 2), errno.ENOPROTOOPT), ((3, 3), errno.ECONNREFUSED)],
                        6: [((1, 4), errno.ECONNREFUSED)]}[wire.version]:
        sock = wire.start_connect(PORT)
        peer = Peer(wire, sock.getsockname()[1], PORT)
        peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
        quoted(peer, 0, *kind)
        peer.expect_nothing()
        # SO_ERROR tells of soft ones too
        equal(state(sock), "CLOSE", "state")
        equal(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), error, "SO_ERROR")


@test("host unreachable in ESTABLISHED is soft (RFC 9293 3.9.2.2)")
def icmp_soft(wire):
    peer, sock = accepted(wire)
    sock.send(b"x")
    peer.expect("PA", seq=1, data=b"x")
    quoted(peer, 1, *((3, 1) if wire.version == 4 else (1, 3)))
    peer.expect_nothing()
    equal(state(sock), "ESTABLISHED", "state")
    peer.send("A")
    alive(peer, sock)


@test("port unreachable in ESTABLISHED does not abort (RFC 5927)")
def icmp_hard_established(wire):
    peer, sock = accepted(wire)
    sock.send(b"x")
    peer.expect("PA", seq=1, data=b"x")
    quoted(peer, 1, *((3, 3) if wire.version == 4 else (1, 4)))
    peer.expect_nothing()
    equal(state(sock), "ESTABLISHED", "state")


@test("an ICMP error about what is not in flight is ignored (RFC 5927 4.1)")
def icmp_out_of_window(wire):
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
    quoted(peer, 5000, *((3, 3) if wire.version == 4 else (1, 4)))
    peer.expect_nothing()
    equal(state(sock), "SYN_SENT", "state")


@test("fragmentation needed, packet too big: smaller segments, sent again at once (RFC7323-45)")
def path_mtu(wire):
    peer, sock = accepted(wire)
    head = 40 if wire.version == 4 else 60
    sock.send(b"m" * 1400)
    peer.expect("PA", seq=1, data=b"m" * 1400)
    rest = (1300).to_bytes(4, "big")
    quoted(peer, 1, *((3, 4) if wire.version == 4 else (2, 0)), rest)
    peer.ack = 1
    seg = peer.receive()
    check(seg, "it is sent again")
    equal(len(seg.data), 1300 - head, "length of a segment")


@test("fragmentation needed for what is not in flight is ignored")
def path_mtu_blind(wire):
    peer, sock = accepted(wire)
    rest = (1300).to_bytes(4, "big")
    quoted(peer, 9000000, *((3, 4) if wire.version == 4 else (2, 0)), rest)
    sock.send(b"m" * 1400)
    peer.expect("PA", seq=1, data=b"m" * 1400)


@test("PAWS: an old timestamp is acknowledged and dropped (RFC 7323 5)")
def paws(wire):
    options = [("mss", 1460), ("ts", (100000, 0))]
    peer, sock = accepted(wire, options=options)
    peer.tsval = 100100
    peer.send("PA", data=b"first")
    equal(sock.recv(10), b"first", "data")
    peer.receive()
    peer.tsval = 50000
    peer.send("PA", seq=6, data=b"stale")
    peer.expect("A", seq=1, ack=6)
    peer.seq = 6
    peer.tsval = 100101
    peer.send("PA", data=b"fresh")
    equal(sock.recv(10), b"fresh", "data")


@test("a segment without the timestamps that were agreed on is dropped (RFC 7323 3.2)",
      differs="it takes it")
def missing_timestamp(wire):
    options = [("mss", 1460), ("ts", (100000, 0))]
    peer, sock = accepted(wire, options=options)
    peer.send("PA", seq=1, data=b"bare", options=[("nots",)])
    peer.expect_nothing()
    peer.seq = 1
    alive(peer, sock)


@test("an active open to a host that resets every SYN,ACK's copy lives on")
def duplicate_syn_ack(wire):
    peer, sock = connected(wire)
    peer.send("SA", seq=0, ack=1, options=[("mss", 1460)])
    peer.expect("A", seq=1, ack=1)
    alive(peer, sock)


if __name__ == "__main__":
    main()
