#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The queue of the sender's device: little of a connection waits in it, and what does is not lost.

Native TCP holds each test first.
"""

import os
import select
import socket
import struct

import lab
import netlink

NET = ("beside-a", "beside-b")
PORTS = iter(range(5000, 6000))
SO_MAX_PACING_RATE = 47
TOTAL = 3 << 20
SKB = 65536 + 64 * 66	# a segment of the longest there are, with a header for each that it becomes
DEBUG = "ATCP_ONLY" in os.environ
FAMILIES = lab.FAMILIES[-1:] if DEBUG else lab.FAMILIES
# slower than what sends, also on a debug kernel
LINK = ("tbf", "rate", "2mbit" if DEBUG else "10mbit", "burst", "16000", "limit", "20000000")
SECONDS = 1000000	# in microseconds
# of struct tcp_info
SENT, SND_WND = (200, "=Q"), (228, "=I")
IW = 10 * 1448


def info(sock, field):
    """A field of struct tcp_info."""
    return struct.unpack_from(field[1], sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232),
                              field[0])[0]


def queue(*arguments, ns=NET[0]):
    """Give the device this queue, for what a host sends."""
    lab.run("tc", "qdisc", "replace", "dev", "eth0", "root", *arguments, ns=ns)


def plug(what, ns=NET[0]):
    """block, or release_indefinite: all that a host sends."""
    lab.run("tc", "qdisc", "change", "dev", "eth0", "root", "plug", what, ns=ns)


def backlog():
    """Bytes in the sender's queue."""
    with lab.inside(NET[0]):
        return netlink.backlog("eth0")


def counted(family, *names):
    """Of the sender's counters."""
    now = lab.counters(NET[0], family)
    return [now[name] for name in names]


def setting(family, name, value):
    """Of the sender's, by the name that both families have for it."""
    path = "net/ipv4/tcp_" if family == "native" else "net/atcp/"
    lab.sysctl(NET[0], path + name, value)


def pair(family):
    """A connection with buffers that hold nothing up."""
    port = next(PORTS)
    with lab.listen(NET[1], family, 4, port) as lsock, lab.make(NET[0], family, 4) as one:
        lsock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)	# SO_RCVBUFFORCE
        one.setsockopt(socket.SOL_SOCKET, 32, 8 << 20)		# SO_SNDBUFFORCE
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.connect((lab.address(1, 2), port))
        two, _ = lsock.accept()
        return one.dup(), two


class Ping:
    """A byte there and back beside a stream: how much of the stream came in the meantime?"""

    def __init__(self, family):
        self.near, self.far = pair(family)
        self.since = None
        self.found = []

    def serve(self, ready, received):
        """What is readable, and how much of the stream has come."""
        if self.far in ready:
            self.far.send(self.far.recv(1))
        if self.near in ready:
            self.near.recv(1)
            self.found.append(received - self.since)
            self.since = None
        if self.since is None:
            self.since = received
            self.near.send(b"p")

    def close(self):
        """Both ends."""
        self.near.close()
        self.far.close()


def stream(one, two, total, seen, others=()):
    """Send so much from one to two. seen() is called at each arrival, with the bytes that have
    come and what else is readable."""
    one.setblocking(False)
    sent = received = 0
    while received < total:
        ready = select.select([two, *others], [one] if sent < total else [], [], lab.PATIENCE)
        lab.check(ready[0] or ready[1], f"nothing moves after {sent} and {received} bytes")
        if ready[1]:
            sent += one.send(bytes(min(65536, total - sent)))
        if two in ready[0]:
            received += len(two.recv(65536))
            seen(received, ready[0])
        elif ready[0]:
            seen(received, ready[0])


def in_both(function):
    """One test for each family; on a debug kernel native TCP is not asked again."""
    for family in FAMILIES:
        def one(family=family):
            lab.hosts(*NET)
            lab.cable(*NET, 1)
            function(family)
        one.__name__ = f"{family}_{function.__name__}"
        lab.test(f"{family}: {function.__doc__}")(one)


@in_both
def slow_link(family):
    """a stream does not fill the queue before a slow link, nor keep another one waiting"""
    queue(*LINK)
    # over a path of some length two segments are enough, and no long bursts are needed
    queue("netem", "delay", "20ms", "limit", "10000", ns=NET[1])
    one, two = pair(family)
    ping = Ping(family)
    found = []

    def seen(received, ready):
        found.append(backlog())
        ping.serve(ready, received)

    stream(one, two, TOTAL // 4 if DEBUG else TOTAL, seen, (ping.near, ping.far))
    print(f"# {family}: at most {max(found)} bytes in the queue")
    lab.check(info(one, SND_WND) > 1 << (18 if DEBUG else 20), "the window was no limit")
    # without a limit it is what cwnd is above the 25000 bytes that the path takes
    lab.check(max(found) <= SKB, f"{max(found)} bytes in the queue")
    ping.found.sort()
    median = ping.found[len(ping.found) // 2]
    print(f"# {family}: a byte takes as long as {median} others")
    lab.check(median <= 4 * SKB, "it does not wait for more than that")
    # the link was the limit, nothing else: it had something to send all the time but at the start
    lab.check(sum(1 for bytes_ in found if not bytes_) < len(found) / 4,
              f"the queue was empty at {found.count(0)} of {len(found)} arrivals")
    for sock in (one, two, ping):
        sock.close()


@in_both
def paced(family):
    """with fq no more waits than goes at once, and what waits keeps its time"""
    queue("fq")
    one, two = pair(family)
    one.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, 1 << 20)
    found = []
    stream(one, two, TOTAL // 2, lambda received, ready: found.append(backlog()))
    lab.check(max(found) > 0, "something waited")
    lab.check(max(found) <= 3 * SKB, f"{max(found)} bytes in the queue")
    one.close()
    two.close()


def no_timers(family):
    """Nothing goes but by what the queue says: no ACK comes, and no timer either."""
    setting(family, "early_retrans", 0)
    if family == "atcp":
        lab.sysctl(NET[0], "net/atcp/rto_min_us", 100 * SECONDS)
    else:
        with lab.inside(NET[0]):
            netlink.replace_route("10.1.0.0/24", "eth0", rto_min_ms=100000)


@in_both
def without_acks(family):
    """what leaves the queue makes room for more, and no ACK is needed for that"""
    no_timers(family)
    # less than any segment; of 1 native TCP makes that none may wait at all, and looks no more
    setting(family, "limit_output_bytes", 1000)
    # segments of two full ones: five have to leave one by one for the initial window to do so
    queue("netem", "delay", "20ms", "limit", "10000", ns=NET[1])
    one, two = pair(family)
    queue("tbf", "rate", "1mbit", "burst", "2000", "limit", "20000000")
    queue("plug", "limit", "20000000", ns=NET[1])
    most = []
    one.send(bytes(TOTAL // 4))

    def all_out():
        most.append(backlog())
        return info(one, SENT) >= IW

    lab.until(all_out, "held back")
    lab.equal(counted(family, "RetransSegs", "TCPTimeouts", "TCPLossProbes"), [0, 0, 0],
              "retransmissions, timeouts and probes")
    print(f"# {family}: at most {max(most)} bytes in the queue")
    lab.check(max(most) < IW / 2, "not all at once")
    plug("release_indefinite", ns=NET[1])
    one.close()
    two.close()


@in_both
def stuck(family):
    """a queue that stands still and goes on loses nothing; meanwhile nothing is sent twice"""
    setting(family, "early_retrans", 0)
    queue("plug", "limit", "20000000")
    plug("release_indefinite")
    one, two = pair(family)
    stream(one, two, 100000, lambda received, ready: None)
    again = counted(family, "RetransSegs", "TCPTimeouts")
    plug("block")
    one.send(bytes(TOTAL // 4))
    # timers come, and find that nothing has left
    held, = counted(family, "TCPSpuriousRtxHostQueues")
    lab.until(lambda: counted(family, "TCPSpuriousRtxHostQueues")[0] > held + 1, "no timer")
    lab.check(backlog() <= 3 * SKB, f"{backlog()} bytes in the queue")
    plug("release_indefinite")
    stream(one, two, TOTAL // 4, lambda received, ready: None)
    if family == "atcp":
        # native TCP takes it for a timeout, and sends again once it is gone
        lab.equal(counted(family, "RetransSegs", "TCPTimeouts"), again,
                  "retransmissions and timeouts")
    one.close()
    two.close()


@in_both
def closed(family):
    """a connection that is closed while all of it waits still sends all of it"""
    queue("plug", "limit", "20000000")
    plug("release_indefinite")
    setting(family, "limit_output_bytes", 1)
    one, two = pair(family)
    stream(one, two, TOTAL // 4, lambda received, ready: None)
    plug("block")
    one.send(bytes(TOTAL // 4))
    one.close()
    plug("release_indefinite")
    received = 0
    while got := len(two.recv(262144)):
        received += got
    lab.equal(received, TOTAL // 4, "bytes that came before the end")
    two.close()


@in_both
def aborted(family):
    """connections that are aborted, and hosts that go, while something of them waits"""
    queue("plug", "limit", "20000000")
    plug("release_indefinite")
    setting(family, "limit_output_bytes", 1)
    pairs = [pair(family) for _ in range(8)]
    for one, two in pairs:
        stream(one, two, 100000, lambda received, ready: None)
    plug("block")
    for number, (one, two) in enumerate(pairs):
        one.send(bytes(TOTAL // 4))
        if number % 2:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
    lab.check(backlog() > 0, "something waits")
    for one, two in pairs[:4]:
        one.close()
        two.close()
    plug("release_indefinite")
    plug("block")
    for one, two in pairs[4:]:
        one.close()
        two.close()
    lab.check(backlog() > 0, "something waits")
    lab.remove(*NET)


lab.main(NET)
