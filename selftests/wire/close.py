#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Closing connections: RFC 9293 section 3.6 and 3.10.7.4, TIME_WAIT, RFC 1122 4.2.2.13."""

import errno
import select
import socket
import struct

from harness import PORT, accepted, check, equal, main, state, test
from peer import Peer
from wire import PATIENCE

SOL_ATCP, ATCP_TIMEWAIT_US = 400, 1
LINGER_0 = struct.pack("ii", 1, 0)


def gone(peer):
    """The machine knows nothing of the connection: a segment of it is reset."""
    peer.send("A")
    peer.expect("R", seq=peer.ack)


def to_time_wait(wire, options=(("mss", 1460),)):
    """The machine closes first, the peer after it: (peer, listener)."""
    lsock = wire.listen(PORT)
    peer, sock = accepted(wire, options=options, listener=lsock)
    sock.close()
    peer.expect("FA", seq=1)
    peer.send("FA")
    peer.expect("A", seq=2)
    return peer, lsock


@test("the machine closes first: FIN_WAIT_1, FIN_WAIT_2, TIME_WAIT")
def active(wire):
    peer, sock = accepted(wire)
    sock.shutdown(socket.SHUT_WR)
    peer.expect("FA", seq=1)
    equal(state(sock), "FIN_WAIT1", "state")
    peer.send("A")
    peer.expect_nothing()
    equal(state(sock), "FIN_WAIT2", "state")
    peer.send("FA")
    peer.expect("A", seq=2)
    equal(sock.recv(1), b"", "end of data")


@test("the peer closes first: CLOSE_WAIT, LAST_ACK, CLOSED")
def passive(wire):
    peer, sock = accepted(wire)
    peer.send("FA")
    peer.expect("A", seq=1)
    equal(state(sock), "CLOSE_WAIT", "state")
    equal(sock.recv(1), b"", "end of data")
    sock.shutdown(socket.SHUT_WR)
    peer.expect("FA", seq=1)
    equal(state(sock), "LAST_ACK", "state")
    peer.send("A")
    peer.expect_nothing()
    equal(state(sock), "CLOSE", "state")
    sock.close()
    gone(peer)


@test("simultaneous close: CLOSING, then TIME_WAIT")
def simultaneous(wire):
    peer, sock = accepted(wire)
    sock.shutdown(socket.SHUT_WR)
    peer.expect("FA", seq=1)
    peer.send("FA", ack=1)
    peer.expect("A", seq=2)
    equal(state(sock), "CLOSING", "state")
    peer.send("A")
    peer.expect_nothing()
    # TIME_WAIT: the FIN, sent again, is acknowledged again
    peer.send("FA", seq=1)
    peer.expect("A", seq=2, ack=2)


@test("FIN and the ACK of our FIN in one segment: straight to TIME_WAIT")
def three_way(wire):
    peer, _ = to_time_wait(wire)
    peer.send("FA", seq=1)
    peer.expect("A", seq=2, ack=2)


@test("half-close by the machine: it still receives")
def half_close_out(wire):
    peer, sock = accepted(wire)
    sock.shutdown(socket.SHUT_WR)
    peer.expect("FA", seq=1)
    peer.send("A")
    peer.expect_nothing()
    peer.send("PA", data=b"after the FIN")
    equal(sock.recv(100), b"after the FIN", "data")
    peer.expect("A", seq=2)
    peer.send("FA")
    peer.expect("A", seq=2)
    equal(sock.recv(100), b"", "end of data")


@test("half-close by the peer: the machine still sends")
def half_close_in(wire):
    peer, sock = accepted(wire)
    peer.send("FA")
    peer.expect("A", seq=1)
    sock.send(b"after your FIN")
    peer.expect("PA", seq=1, data=b"after your FIN")
    peer.send("A")
    sock.close()
    peer.expect("FA", seq=15)
    peer.send("A")
    gone(peer)


@test("FIN rides on the last data")
def fin_with_data(wire):
    peer, sock = accepted(wire)
    peer.send("FPA", data=b"the end")
    peer.expect("A", seq=1, ack=9)
    equal(sock.recv(100), b"the end", "data")
    equal(sock.recv(100), b"", "end of data")


@test("a FIN out of order waits for the data before it")
def fin_out_of_order(wire):
    peer, sock = accepted(wire)
    peer.send("FA", seq=6)
    peer.expect("A", seq=1, ack=1)
    equal(state(sock), "ESTABLISHED", "state")
    peer.send("PA", seq=1, data=b"12345")
    peer.answers()
    equal(sock.recv(100), b"12345", "data")


@test("data that comes to a closed socket resets the connection (SHLD-3, MAY-1)")
def data_after_close(wire):
    peer, sock = accepted(wire)
    sock.close()
    peer.expect("FA", seq=1)
    peer.send("A")
    peer.expect_nothing()
    peer.send("PA", data=b"for nobody")
    seg = peer.receive()
    check(seg and "R" in seg.flags, "a reset")


@test("a socket that is closed with data unread resets the connection (SHLD-3)")
def close_unread(wire):
    peer, sock = accepted(wire)
    peer.send("PA", data=b"unread")
    peer.receive()
    check(select.select([sock], [], [], PATIENCE)[0], "there is data")
    sock.close()
    seg = peer.receive()
    check(seg and "R" in seg.flags, "a reset")


@test("SO_LINGER of 0 resets the connection")
def linger(wire):
    peer, sock = accepted(wire)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
    sock.close()
    peer.expect("RA", seq=1)
    gone(peer)


@test("who closes first stays in TIME_WAIT (MUST-13): it answers the FIN sent again, not an ACK")
def time_wait_fin(wire):
    peer, _ = to_time_wait(wire)
    for _ in range(3):
        peer.send("FA", seq=1)
        peer.expect("A", seq=2, ack=2)
    peer.send("A")
    peer.expect_nothing()


@test("TIME_WAIT acknowledges a segment out of window")
def time_wait_old(wire):
    peer, _ = to_time_wait(wire)
    peer.send("PA", seq=-5000, data=b"old")
    peer.expect("A", seq=2, ack=2)


@test("a new SYN in TIME_WAIT opens a new connection if its number is higher (MAY-2)")
def time_wait_syn(wire):
    peer, lsock = to_time_wait(wire)
    again = Peer(wire, PORT, peer.port)
    again.iss = (peer.iss + 100000) & 0xffffffff
    again.send("S", options=[("mss", 1460)])
    syn = again.expect("SA", seq=0, options=["mss"])
    check((syn.seq - peer.irs - peer.ack) & 0xffffffff < 1 << 31,
          "our number is above those of the old connection")
    again.send("A")
    sock, _ = lsock.accept()
    again.send("PA", data=b"new")
    equal(sock.recv(10), b"new", "data")


@test("and if that SYN was an old one all the same, TIME_WAIT is back with its RST (MAY-2)",
      differs="it is gone with the SYN")
def time_wait_back(wire):
    peer, lsock = to_time_wait(wire)
    # twice: what has come back gives way again
    for gap in (100000, 200000):
        again = Peer(wire, PORT, peer.port)
        again.iss = (peer.iss + gap) & 0xffffffff
        again.send("S", options=[("mss", 1460)])
        again.expect("SA", seq=0, options=["mss"])
        again.send("R", seq=1)
        again.expect_nothing()
        peer.send("FA", seq=1)
        peer.expect("A", seq=2, ack=2)
    check(not select.select([lsock], [], [], 0)[0], "there is nothing to accept")


@test("nor does a SYN that there is no room for end TIME_WAIT", differs="it is gone with the SYN")
def time_wait_no_room(wire):
    peer, lsock = to_time_wait(wire)
    # one that nobody accepts is all that it takes
    lsock.listen(0)
    other = Peer(wire, PORT)
    other.send("S", options=[("mss", 1460)])
    other.expect("SA", seq=0, options=["mss"])
    other.send("A")
    other.expect_nothing()
    again = Peer(wire, PORT, peer.port)
    again.iss = (peer.iss + 100000) & 0xffffffff
    again.send("S", options=[("mss", 1460)])
    again.expect_nothing()
    peer.send("FA", seq=1)
    peer.expect("A", seq=2, ack=2)


@test("an old SYN in TIME_WAIT opens nothing")
def time_wait_old_syn(wire):
    peer, lsock = to_time_wait(wire)
    peer.send("S", seq=-100, options=[("mss", 1460)])
    peer.expect("A", seq=2, ack=2)
    check(not select.select([lsock], [], [], 0)[0], "there is nothing to accept")


@test("a short TIME_WAIT ends", differs="its length is not to be set")
def time_wait_short(wire):
    peer, sock = accepted(wire)
    sock.setsockopt(SOL_ATCP, ATCP_TIMEWAIT_US, 200000)
    sock.close()
    peer.expect("FA", seq=1)
    peer.send("FA")
    peer.expect("A", seq=2)
    # until it is over a FIN is acknowledged; every one starts the time anew: ask by what does not
    while True:
        peer.send("A")
        found = peer.answers()
        if found:
            equal(found[0].flags, "R", "what is left of the connection")
            break


@test("net.atcp.time_wait_us is the length of TIME_WAIT", differs="its length is not to be set")
def time_wait_sysctl(wire):
    wire.sysctl("time_wait_us", 100000)
    peer, _ = to_time_wait(wire)
    while not (found := answers_of(peer)):
        pass
    equal(found[0].flags, "R", "what is left of the connection")


@test("net.ipv4.tcp_max_tw_buckets: what would be one too many has no TIME_WAIT")
def time_wait_bound(wire):
    wire.sysctl("tcp_max_tw_buckets", 1)
    first, lsock = to_time_wait(wire)
    lsock.close()
    second, _ = to_time_wait(wire)
    equal([seg.flags for seg in answers_of(second)], ["R"], "what is left of the second")
    first.send("FA", seq=1)
    first.expect("A", seq=2, ack=2)


def answers_of(peer):
    """To an ACK that is nothing new."""
    peer.send("A")
    return peer.answers()


@test("FIN_WAIT_2 of a closed socket ends after TCP_LINGER2")
def fin_wait_2(wire):
    # native TCP stays for 3.5 RTOs at least
    wire.rto_min(5000)
    peer, sock = accepted(wire)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_LINGER2, 1)
    sock.close()
    peer.expect("FA", seq=1)
    peer.send("A")
    peer.expect_nothing()
    while not (found := answers_of(peer)):
        pass
    equal(found[0].flags, "R", "what is left of the connection")


@test("our FIN is sent again until it is acknowledged")
def fin_retransmission(wire):
    wire.rto_min(200)
    peer, sock = accepted(wire)
    sock.close()
    peer.expect("FA", seq=1)
    peer.expect("FA", seq=1)
    peer.send("A")
    # the third had perhaps been sent before the ACK came
    peer.answers()
    peer.expect_nothing()


@test("send() after the peer's reset: EPIPE")
def send_after_reset(wire):
    peer, sock = accepted(wire)
    peer.send("RA")
    peer.expect_nothing()
    errors = []
    for _ in range(2):
        try:
            sock.send(b"x")
        except OSError as error:
            errors.append(error.errno)
    equal(errors, [errno.ECONNRESET, errno.EPIPE], "errors")


if __name__ == "__main__":
    main()
