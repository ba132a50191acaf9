#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The memory of a namespace's queues has a bound: net.atcp.mem; and so have its orphans."""

import contextlib
import errno
import select
import socket
import time

import lab

# the middle one is where memory is short, the last its neighbour
NET = ("beside-a", "beside-b", "beside-c")
PAGE = 4096
PORTS = iter(range(5000, 6000))
CHUNK = bytes(65536)
# Connections that fill the memory, and those that have to go on all the same.
HOGS, OTHERS = 64, 6
# Pages. Each socket may have a little beyond the limit: the least buffer, and what is over as
# segments come in one piece and pages by the quantum.
LIMIT = 512
OVER = 40


def sockstat(ns):
    """/proc/net/atcp_sockstat, by name."""
    with lab.inside(ns), open("/proc/thread-self/net/atcp_sockstat", encoding="ascii") as file:
        words = file.read().split()[1:]
    return dict(zip(words[::2], map(int, words[1::2])))


def nothing_left(*namespaces):
    """No page is charged, no connection is an orphan."""
    for ns in namespaces:
        lab.until(lambda ns=ns: sockstat(ns)["mem"] == 0, f"{ns} is charged for something", 30)
        lab.equal(sockstat(ns)["orphan"], 0, f"orphans of {ns}")


@contextlib.contextmanager
def settings(ns, **values):
    """Of net.atcp, as long as it lasts."""
    before = {}
    for name, value in values.items():
        with lab.inside(ns), open(f"/proc/sys/net/atcp/{name}", encoding="ascii") as file:
            before[name] = file.read()
        lab.sysctl(ns, f"net/atcp/{name}", value)
    try:
        yield
    finally:
        for name, value in before.items():
            lab.sysctl(ns, f"net/atcp/{name}", value)


def fill(sock):
    """As much as goes without waiting. Returns the bytes."""
    sent = 0
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            sent += sock.send(CHUNK)
    return sent


def fill_all(socks):
    """Until none of them takes any more for a while: what is dropped comes again, and in vain."""
    idle = 0
    while idle < 3:
        sent = sum(fill(sock) for sock in socks)
        idle = 0 if sent else idle + 1
        if not sent:
            select.select([], socks, [], 0.3)


def connections(count, family="native", ns=NET[0], net=1):
    """Pairs: an end in `ns`, of that family, and one of atcp where memory is short."""
    port = next(PORTS)
    with lab.listen(NET[1], "atcp", 4, port) as lsock:
        found = []
        for _ in range(count):
            one = lab.connect(ns, family, 4, lab.address(net, 2), port)
            found.append((one, lsock.accept()[0]))
    return found


def close(pairs):
    """All of them."""
    for one, two in pairs:
        one.close()
        two.close()


@lab.test("what the queues of either end hold is charged, and given back when they are empty")
def charged():
    (one, two), = connections(1, "atcp")
    sent = fill(one)
    lab.until(lambda: sockstat(NET[1])["mem"] >= 8, "the receiver is not charged")
    held = sum(sockstat(ns)["mem"] for ns in NET[:2])
    lab.check(held * PAGE >= sent, f"{held} pages for {sent} bytes")
    got = 0
    while got < sent:
        got += len(two.recv(1 << 20))
    for ns in NET[:2]:
        lab.until(lambda ns=ns: sockstat(ns)["mem"] == 0, f"{ns}: empty queues are charged", 30)
    close([(one, two)])
    nothing_left(*NET)


@lab.test("what nobody has read is given back when its socket is closed")
def unread():
    pairs = connections(4, "atcp")
    fill_all([one for one, _ in pairs])
    lab.check(sockstat(NET[1])["mem"] > 0, "nothing is charged")
    close(pairs)
    nothing_left(*NET)


def neighbour():
    """A transfer between the first and the last namespace meets no want of memory."""
    before = lab.counters(NET[2], "atcp")
    one, two = lab.pair((NET[0], "native"), (NET[2], "atcp"), lab.address(2, 2), 4, next(PORTS))
    lab.exchange(one, two, 2 << 20)
    after = lab.counters(NET[2], "atcp")
    for name in ("PruneCalled", "RcvPruned", "OfoPruned", "TCPRcvQDrop", "TCPOFODrop"):
        lab.equal(after[name], before[name], f"{name} of the neighbour")
    lab.equal(sockstat(NET[2])["pressure"], 0, "pressure at the neighbour")


def transfer(one, two, size):
    """From one to two, which reads; both are looked after by the same loop."""
    sent = got = 0
    end = time.monotonic() + lab.PATIENCE
    for sock in (one, two):
        sock.setblocking(False)
    while got < size:
        lab.check(time.monotonic() < end, f"only {got} of {size} bytes have come, {sent} were sent")
        ready = select.select([two], [one] if sent < size else [], [], 1)
        if ready[0]:
            got += len(two.recv(1 << 20))
        if ready[1]:
            with contextlib.suppress(BlockingIOError):
                sent += one.send(CHUNK[:size - sent])


@lab.test("receivers at the limit: bounded; each connection goes on; the neighbour notices nothing")
def receivers():
    with settings(NET[1], mem=f"{LIMIT // 4} {LIMIT // 2} {LIMIT}"):
        hogs = connections(HOGS)
        fill_all([one for one, _ in hogs])
        now = sockstat(NET[1])
        print(f"# {now}")
        lab.equal(now["pressure"], 1, "pressure")
        lab.check(LIMIT // 2 < now["mem"] <= LIMIT + (HOGS + 1) * OVER, f"{now['mem']} pages")
        lab.check(lab.counters(NET[1], "atcp")["RcvPruned"] > 0, "nothing was refused")
        neighbour()
        for one, two in connections(OTHERS):
            transfer(one, two, 60000)
            close([(one, two)])
        # those that nobody has read up to now, too
        for one, two in hogs[:OTHERS]:
            transfer(one, two, 400000)
        close(hogs)
        nothing_left(*NET)
        # what was full and is empty again is under no pressure
        lab.equal(sockstat(NET[1])["pressure"], 0, "pressure")


@lab.test("senders at the limit: bounded, not writable; a new connection sends a little")
def senders():
    with settings(NET[1], mem=f"{LIMIT // 4} {LIMIT // 2} {LIMIT}"):
        hogs = [(two, one) for one, two in connections(HOGS)]
        fill_all([one for one, _ in hogs])
        now = sockstat(NET[1])
        print(f"# {now}")
        lab.check(LIMIT // 2 < now["mem"] <= LIMIT + (HOGS + 1) * OVER, f"{now['mem']} pages")
        lab.equal(select.select([], [one for one, _ in hogs], [], 0)[1], [], "writable ones")
        neighbour()
        for two, one in connections(OTHERS):
            transfer(one, two, 60000)
            close([(one, two)])
        for one, two in hogs[:OTHERS]:
            transfer(one, two, 400000)
        close(hogs)
        nothing_left(*NET)


def stuck(count):
    """Connections of which the other end reads nothing, and more is queued than it takes."""
    pairs = connections(count)
    fill_all([two for _, two in pairs])
    return pairs


def resets(socks):
    """How many of them were reset by now: what they have to read ends with an error."""
    count = 0
    for sock in socks:
        sock.setblocking(False)
        try:
            while sock.recv(1 << 20):
                pass
        except BlockingIOError:
            pass
        except OSError as error:
            lab.equal(error.errno, errno.ECONNRESET, "errno")
            count += 1
    return count


@lab.test("more orphans than max_orphans: each that is too many is reset, and counted")
def orphans():
    most, count = 5, 12
    # a peer that drops what its buffer has no room for is silent, and past R1 that counts twice
    with settings(NET[1], max_orphans=most, retries1=255):
        pairs = stuck(count)
        before = lab.counters(NET[1], "atcp")["TCPAbortOnMemory"]
        for number, (_, two) in enumerate(pairs):
            two.close()
            lab.equal(sockstat(NET[1])["orphan"], min(number + 1, most), "orphans")
        lab.equal(lab.counters(NET[1], "atcp")["TCPAbortOnMemory"] - before, count - most,
                  "TCPAbortOnMemory")
        lab.until(lambda: resets([one for one, _ in pairs[most:]]) == count - most,
                  "not every peer of those was reset")
        lab.equal(resets([one for one, _ in pairs[:most]]), 0, "of the others")
    for one, _ in pairs:
        one.close()
    nothing_left(*NET)


@lab.test("an orphan that holds memory of which there is none is reset")
def starved():
    pairs = stuck(2)
    before = lab.counters(NET[1], "atcp")["TCPAbortOnMemory"]
    pairs[0][1].close()
    lab.equal(sockstat(NET[1])["orphan"], 1, "orphans")
    with settings(NET[1], mem="1 2 3"):
        pairs[1][1].close()
        lab.equal(sockstat(NET[1])["orphan"], 1, "orphans")
        lab.equal(lab.counters(NET[1], "atcp")["TCPAbortOnMemory"] - before, 1,
                  "TCPAbortOnMemory")
        # the other goes when its peer does not answer
        lab.until(lambda: sockstat(NET[1])["orphan"] == 0, "the orphan stays")
    for one, _ in pairs:
        one.close()
    nothing_left(*NET)


lab.hosts(*NET)
lab.cable(NET[0], NET[1], 1)
lab.cable(NET[0], NET[2], 2, "eth1", "eth0")
lab.main(NET)
