#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Buffers that nobody has set grow with a stream over a long path; others do not."""

import select
import socket
import struct

import lab

NET = ("beside-a", "beside-b")
DELAY = "20ms"
PORTS = iter(range(5000, 6000))
ENOUGH, MORE_THAN_ENOUGH = 4 << 20, 64 << 20
SET = 65536
SND_WND = 228		# of struct tcp_info


def buffers(one, two):
    """Of a stream from one to two: SO_SNDBUF, SO_RCVBUF, and the window that one is offered."""
    info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SND_WND + 4)
    return (one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF),
            two.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF),
            struct.unpack_from("=I", info, SND_WND)[0])


def stream(one, two, least, enough):
    """Send at least so many bytes, and on until enough() of the buffers. Returns these."""
    for sock in (one, two):
        sock.setblocking(False)
    sent = 0
    while sent < least or not enough(buffers(one, two)):
        lab.check(sent < MORE_THAN_ENOUGH, f"after {sent} bytes still {buffers(one, two)}")
        ready = select.select([two], [one], [], lab.PATIENCE)
        lab.check(ready[0] or ready[1], "nothing moves")
        if ready[0]:
            two.recv(262144)
        if ready[1]:
            sent += one.send(bytes(65536))
    return buffers(one, two)


def pair(family, options=()):
    """A connection over the long path whose ends have these options of SOL_SOCKET."""
    port = next(PORTS)
    with lab.listen(NET[1], family, 4, port) as lsock, \
            lab.make(NET[0], family, 4) as one:
        for option in options:
            for sock in (lsock, one):
                sock.setsockopt(socket.SOL_SOCKET, *option)
        one.connect((lab.address(1, 2), port))
        two, _ = lsock.accept()
        return one.dup(), two


def setting(family, value):
    """moderate_rcvbuf of either family."""
    path = "net/ipv4/tcp_" if family == "native" else "net/atcp/"
    lab.sysctl(NET[1], path + "moderate_rcvbuf", value)


def in_both(function):
    """One test for each family."""
    for family in lab.FAMILIES:
        def one(family=family):
            one, two = function(family)
            one.close()
            two.close()
        one.__name__ = f"{family}_{function.__name__}"
        lab.test(f"{family}: {function.__doc__}")(one)


def both_grow(family):
    """SO_SNDBUF, SO_RCVBUF and the window grow with the stream"""
    setting(family, 1)
    one, two = pair(family)
    before = buffers(one, two)
    stream(one, two, 0, lambda now: all(b > 2 * a for a, b in zip(before, now)))
    return one, two


def moderate_rcvbuf(family):
    """moderate_rcvbuf of 0 leaves SO_RCVBUF as it was, and the window below"""
    setting(family, 0)
    one, two = pair(family)
    before = buffers(one, two)
    now = stream(one, two, ENOUGH, lambda now: now[0] > before[0])
    setting(family, 1)
    lab.equal(now[1], before[1], "SO_RCVBUF")
    lab.check(now[2] <= before[1], f"the window is {now[2]}")
    return one, two


def set_by_hand(family):
    """what a program has set stays"""
    one, two = pair(family, [(socket.SO_RCVBUF, SET), (socket.SO_SNDBUF, SET)])
    now = stream(one, two, ENOUGH, lambda now: True)
    lab.equal(now[:2], (2 * SET, 2 * SET), "SO_SNDBUF and SO_RCVBUF")
    lab.check(now[2] <= 2 * SET, f"the window is {now[2]}")
    return one, two


@lab.test("atcp: under pressure of memory neither SO_SNDBUF, nor SO_RCVBUF, nor the window grows")
def under_pressure():
    # what holds the memory: more than the peer takes, and nobody reads
    hog = pair("atcp")
    hog[0].setblocking(False)
    try:
        while hog[0].send(bytes(65536)):
            pass
    except BlockingIOError:
        pass
    for ns in NET:
        lab.sysctl(ns, "net/atcp/mem", "1 2 1000000")
    one, two = pair("atcp")
    before = buffers(one, two)
    now = stream(one, two, ENOUGH // 4, lambda now: True)
    lab.equal(now[:2], before[:2], "SO_SNDBUF and SO_RCVBUF")
    lab.check(now[2] <= before[1] // 2, f"the window is {now[2]}")
    # and with enough of it they do
    for ns in NET:
        lab.sysctl(ns, "net/atcp/mem", "100000 200000 1000000")
    stream(one, two, 0, lambda now: all(b > 2 * a for a, b in zip(before[:2], now)))
    for sock in (*hog, one, two):
        sock.close()


lab.hosts(*NET)
lab.cable(*NET, 1)
for ns in NET:
    lab.run("tc", "qdisc", "add", "dev", "eth0", "root", "netem", "limit", "10000",
            "delay", DELAY, ns=ns)
for test in (both_grow, moderate_rcvbuf, set_by_hand):
    in_both(test)
lab.main(NET)
