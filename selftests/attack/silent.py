#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Peers that say no more: each connection ends by its own timers, and nothing of it is left.

Settings are small, so that it takes seconds; native TCP is held to the same, and its table
(/proc/net/tcp) to the same emptiness."""

import errno
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "wire"))

import left  # noqa: E402
from harness import PORT, accepted, check, equal, main, test  # noqa: E402
from peer import Peer  # noqa: E402
from wire import PATIENCE, Failure  # noqa: E402

# of /proc/net/tcp, by number
STATES = ["", "ESTABLISHED", "SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT",
          "CLOSED", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "SYN_RECEIVED"]
LINGER2 = 8		# TCP_LINGER2

# Native TCP keeps FIN_WAIT_2 for 3.5 RTOs at least; none may come while a test looks.
CALM_RTO_MS = 5000
# More than the timers of any test here take together.
GONE = 90
USER_TIMEOUT = 18	# TCP_USER_TIMEOUT


def table(wire):
    """The states of all connections of this namespace."""
    if wire.family == "atcp":
        mine = f"netns={os.stat('/proc/self/ns/net').st_ino} "
        with open("/sys/kernel/debug/atcp/connections", encoding="ascii") as file:
            return [line.split()[1].removeprefix("state=") for line in file
                    if line.startswith(mine)]
    name = "tcp" if wire.version == 4 else "tcp6"
    with open(f"/proc/self/net/{name}", encoding="ascii") as file:
        return [STATES[int(line.split()[3], 16)] for line in file.readlines()[1:]]


def until_gone(wire, peer, limit=GONE):
    """The segments that come until nothing is left of any connection."""
    deadline = time.monotonic() + limit
    found = []
    while remains := table(wire):
        if time.monotonic() > deadline:
            raise Failure(f"after {limit} s there is still {remains}")
        seg = wire.next_segment(0.2)
        found += [seg] if seg is not None else []
    found += wire.answers()
    for seg in found:
        wire.note("<-", peer.describe(seg))
    return found


def no_window(wire):
    """A connection whose peer has closed its window: (peer, socket)."""
    peer, sock = accepted(wire)
    peer.win = 0
    # the window counts of what is newer than what it was last taken from
    peer.send("PA", data=b"x")
    peer.send("A")
    equal(sock.recv(1), b"x", "data")
    peer.answers()
    return peer, sock


def settings(wire, rto=20, **values):
    """Timers of fractions of a second; CALM_RTO_MS where a FIN that is sent again, as this
    machine is slow, would come between."""
    wire.rto_min(rto)
    for name, value in values.items():
        wire.sysctl(f"tcp_{name}", value)


def told(sock, error):
    """What the user hears of it. The peer is silent, so it takes timers."""
    try:
        sock.recv(1)
        check(False, "recv() gives no error")
    except OSError as found:
        equal(errno.errorcode[found.errno], errno.errorcode[error], "the error")


def unknown(peer):
    """A segment of the connection finds nobody."""
    peer.send("A")
    seg = peer.receive()
    check(seg and set(seg.flags) == {"R"}, f"a RST, not {seg}")


@test("FIN_WAIT_2: an orphan ends after tcp_fin_timeout")
def fin_wait_2(wire):
    settings(wire, CALM_RTO_MS, fin_timeout=1)
    peer, sock = accepted(wire)
    sock.close()
    peer.expect("FA", seq=1)
    peer.send("A")
    peer.expect_nothing()
    equal(table(wire), ["FIN_WAIT_2"], "connections")
    equal(until_gone(wire, peer), [], "segments of its own")
    unknown(peer)


@test("FIN_WAIT_2: the socket's own TCP_LINGER2 is shorter")
def fin_wait_2_linger2(wire):
    settings(wire, CALM_RTO_MS, fin_timeout=60)
    peer, sock = accepted(wire)
    sock.setsockopt(socket.IPPROTO_TCP, LINGER2, 1)
    sock.close()
    peer.expect("FA", seq=1)
    peer.send("A")
    peer.expect_nothing()
    equal(table(wire), ["FIN_WAIT_2"], "connections")
    until_gone(wire, peer)
    unknown(peer)


@test("FIN_WAIT_2 with a user stays, whatever tcp_fin_timeout says")
def fin_wait_2_user(wire):
    settings(wire, CALM_RTO_MS, fin_timeout=1)
    other, orphan = accepted(wire)
    peer, sock = accepted(wire)
    sock.shutdown(socket.SHUT_WR)
    peer.expect("FA", seq=1)
    peer.send("A")
    peer.expect_nothing()
    # an orphan beside it tells that the time has passed
    orphan.close()
    other.expect("FA", seq=1)
    other.send("A")
    other.expect_nothing()
    deadline = time.monotonic() + GONE
    while len(table(wire)) > 1:
        check(time.monotonic() < deadline, "the orphan stays")
        time.sleep(0.05)
    equal(table(wire), ["FIN_WAIT_2"], "connections")
    peer.send("PA", data=b"late")
    equal(sock.recv(10), b"late", "data")


@test("LAST_ACK: the FIN is sent again, tcp_orphan_retries bounds it")
def last_ack(wire):
    settings(wire, orphan_retries=3)
    peer, sock = accepted(wire)
    peer.send("FA")
    peer.expect("A", seq=1)
    sock.close()
    peer.expect("FA", seq=1)
    check(set(table(wire)) <= {"LAST_ACK"}, f"connections: {table(wire)}")
    again = until_gone(wire, peer)
    fins = [seg for seg in again if "F" in seg.flags]
    check(1 <= len(fins) <= 8, f"{len(fins)} FINs more")
    unknown(peer)


@test("FIN_WAIT_1 and CLOSING: the same bound")
def fin_wait_1(wire):
    settings(wire, orphan_retries=3)
    peer, sock = accepted(wire)
    sock.close()
    peer.expect("FA", seq=1)
    until_gone(wire, peer)
    unknown(peer)
    peer, sock = accepted(wire)
    sock.shutdown(socket.SHUT_WR)
    peer.expect("FA", seq=1)
    peer.send("FA", ack=1)
    while seg := peer.receive():
        if "F" not in seg.flags:
            break
    check(seg, "the FIN is acknowledged")
    sock.close()
    check(set(table(wire)) <= {"CLOSING"}, f"connections: {table(wire)}")
    until_gone(wire, peer)


@test("zero window of an orphan: probes, then nothing")
def zero_window_orphan(wire):
    settings(wire, orphan_retries=3)
    peer, sock = no_window(wire)
    sock.send(b"z" * 5000)
    sock.close()
    check(table(wire), "there is a connection with data to send")
    probes = until_gone(wire, peer)
    check(probes, "it has sent probes")
    check(all(len(seg.data) <= 1 for seg in probes), "none has more than a byte")


@test("zero window and a silent peer: the user's data is given up, ETIMEDOUT")
def zero_window_silent(wire):
    settings(wire, retries2=3)
    peer, sock = no_window(wire)
    sock.send(b"z" * 5000)
    told(sock, errno.ETIMEDOUT)
    sock.close()
    check(until_gone(wire, peer), "it has sent probes")
    unknown(peer)


@test("zero window and TCP_USER_TIMEOUT")
def zero_window_user_timeout(wire):
    settings(wire)
    peer, sock = no_window(wire)
    sock.setsockopt(socket.IPPROTO_TCP, USER_TIMEOUT, 500)
    sock.send(b"z" * 5000)
    told(sock, errno.ETIMEDOUT)
    sock.close()
    until_gone(wire, peer)


@test("data that nobody acknowledges: tcp_retries2, ETIMEDOUT")
def data_silent(wire):
    settings(wire, retries2=3)
    peer, sock = accepted(wire)
    sock.send(b"hello")
    peer.expect("PA", seq=1, data=b"hello")
    told(sock, errno.ETIMEDOUT)
    sock.close()
    again = until_gone(wire, peer)
    check(1 <= len(again) <= 8, f"sent again {len(again)} times")


@test("a SYN whose sender says no more: tcp_synack_retries bounds it")
def syn_received(wire):
    settings(wire, synack_retries=1)
    lsock = wire.listen(PORT)
    peer = Peer(wire, PORT)
    peer.send("S", options=[("mss", 1460)])
    peer.expect("SA", seq=0, options=["mss"])
    deadline = time.monotonic() + PATIENCE
    while len(table(wire)) > 1:
        check(time.monotonic() < deadline, f"after {PATIENCE} s: {table(wire)}")
        time.sleep(0.05)
    equal(table(wire), ["LISTEN"], "connections")
    lsock.close()
    until_gone(wire, peer)


@test("a SYN that nobody answers: tcp_syn_retries, ETIMEDOUT")
def syn_sent(wire):
    settings(wire, syn_retries=1)
    sock = wire.start_connect(PORT)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    told(sock, errno.ETIMEDOUT)
    sock.close()
    until_gone(wire, peer)


@test("keepalive of a peer that has gone: ETIMEDOUT, with a user and without")
def keepalive(wire):
    settings(wire, keepalive_time=1, keepalive_intvl=1, keepalive_probes=2)
    peer, sock = accepted(wire, sockopts=[(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)])
    told(sock, errno.ETIMEDOUT)
    sock.close()
    found = until_gone(wire, peer)
    check(sum(not len(seg.data) or len(seg.data) == 1 for seg in found) >= 2, "two probes")


if __name__ == "__main__":
    main(left.behind)
