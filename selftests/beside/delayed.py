#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The shortest timers towards native TCP, which delays its ACKs: nothing is sent twice.

Each pattern is one in which native TCP is prompt at first and then is not. What atcp has sent again
is seen by its counters, and that nothing came twice by native TCP's.
"""

import array
import fcntl
import itertools
import random
import select
import socket
import termios
import time

import lab

NET = ("delayed-a", "delayed-b")
PORTS = itertools.count(5000)
RTO_MIN_US = 100
MSS = 1448
QUICK = 16		# segments that native TCP acknowledges at once
THINKS = (0.03, 0.05, 0.08, 0.15)

AGAIN = {"atcp": ("RetransSegs", "TCPTimeouts", "TCPLossProbes"),
         "native": ("TCPDSACKOldSent", "TCPDSACKOfoSent")}


def pair(listens=False, **options):
    """atcp's end and native TCP's, which connects if atcp's `listens`; with options of SOL_SOCKET
    of native TCP's."""
    ends = (NET[1], "native"), (NET[0], "atcp")
    if not listens:
        ends = ends[::-1]
    where = lab.address(1, 1 if listens else 2)
    port = next(PORTS)
    with lab.listen(*ends[1], 4, port) as lsock:
        one = lab.make(*ends[0], 4)
        native = one if listens else lsock
        for name, value in options.items():
            native.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
        one.connect((where, port))
        two, _ = lsock.accept()
    two.settimeout(lab.PATIENCE)
    return (two, one) if listens else (one, two)


def unacknowledged(sock):
    """Bytes."""
    room = array.array("i", [0])
    fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, room)
    return room[0]


def read(sock, size):
    """Exactly so much."""
    while size:
        size -= len(sock.recv(size))


class Quiet:
    """A with statement in which nothing is sent again."""

    def __enter__(self):
        self.before = self.counts()
        return self

    @staticmethod
    def counts():
        """By family and name; native TCP has those alone that were ever needed."""
        found = {}
        for ns, family in zip(NET, ("atcp", "native")):
            have = lab.counters(ns, family)
            found.update({(family, name): have[name] for name in AGAIN[family]})
        return found

    def __exit__(self, kind, value, trace):
        if not kind:
            after = self.counts()
            lab.equal({key: after[key] - self.before[key] for key in after},
                      dict.fromkeys(after, 0), "what was sent again")


def quiet(function):
    """A test of a pattern."""
    def whole():
        with Quiet():
            for ends in function():
                lab.until(lambda sock=ends[0]: not unacknowledged(sock), "data is out", 10)
                for sock in ends:
                    sock.close()
    whole.__name__ = function.__name__
    return whole


def thinks(client, server):
    """Requests that are answered at once for long, then after a while."""
    for think in [0] * 3 * QUICK + [*THINKS] * 3:
        client.send(b"q" * 100)
        read(server, 100)
        time.sleep(think)
        server.send(b"a" * 300)
        read(client, 300)


@lab.test("requests to a server that takes its time after it was quick")
@quiet
def requests():
    ends = pair()
    thinks(*ends)
    yield ends


@lab.test("answers of more than a segment to a client that takes its time to read them")
@quiet
def answers():
    server, client = ends = pair()
    for think in [0] * 3 * QUICK + [*THINKS] * 2:
        client.send(b"q" * 100)
        read(server, 100)
        server.send(b"a" * 3000)
        time.sleep(think)
        read(client, 3000)
    yield ends


@lab.test("an accepted connection is no exception")
@quiet
def accepted():
    ends = pair(listens=True)
    thinks(*ends)
    yield ends


def writes(one, two, count, pause):
    """Small ones of one end, which the other reads at once."""
    for _ in range(count):
        one.send(b"w" * 100)
        read(two, 100)
        time.sleep(pause)


@lab.test("small writes one way, and a reader that is quick and then not, Nagle on and off")
@quiet
def one_way():
    for nodelay in (0, 1):
        one, two = ends = pair()
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
        writes(one, two, 3 * QUICK, 0.003)
        for _ in range(20):
            one.send(b"w" * 100)
            one.send(b"w" * 100)
            time.sleep(random.choice(THINKS))
            read(two, 200)
        yield ends


@lab.test("bursts of any length, which end in an odd segment")
@quiet
def odd_tails():
    one, two = ends = pair()
    for segs in [1] * 2 * QUICK + [*range(1, 16)] * 2:
        size = segs * MSS - random.choice((0, 1, 700))
        one.send(b"b" * size)
        read(two, size)
        time.sleep(random.choice((0.001, 0.01, 0.06)))
    yield ends


@lab.test("an idle time, after which native TCP is quick again, and then not")
@quiet
def idle():
    one, two = ends = pair()
    for _ in range(3):
        for count in range(2 * QUICK):
            one.send(b"i" * 100)
            time.sleep(0.005 if count % 4 else 0.06)
            read(two, 100)
        time.sleep(1)
    yield ends


@lab.test("a stream whose reader pauses")
@quiet
def pauses():
    one, two = ends = pair()
    one.setblocking(False)
    left = got = 1 << 20
    while got:
        # what there is is read only if there is room for nothing more, or after a pause
        if left and select.select([], [one], [], 0)[1]:
            left -= one.send(b"p" * min(left, 30000))
        else:
            time.sleep(0.03)
            got -= len(two.recv(100000))
    yield ends


@lab.test("a small receive buffer, of which a byte is read now and then")
@quiet
def byte_by_byte():
    one, two = ends = pair(SO_RCVBUF=4096)
    one.setblocking(False)
    left = got = 30000
    while got:
        if left and select.select([], [one], [], 0)[1]:
            left -= one.send(b"y" * min(left, 1000))
        time.sleep(0.002)
        got -= len(two.recv(1 if got % 1000 else 999))
    yield ends


lab.hosts(*NET)
lab.cable(*NET, 1)
lab.sysctl(NET[0], "net/atcp/rto_min_us", RTO_MIN_US)
lab.main(cleanup=NET)
