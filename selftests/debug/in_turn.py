#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each allocation in turn fails of those that nobody waits for: of the softirq that handles a
segment or a timer, and of the calls under a socket's lock. It is as if a segment were lost, or
the caller hears of it; nothing is left behind.

The kernel counts such allocations (/proc/self/fail-nth) for calls only. What it has besides is an
interval: every so many fail. Its counter cannot be read or set, but is known after each fault.
"""

import errno
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "attack"))

import left  # noqa: E402
from left import lab  # noqa: E402

HERE = "turn-a"
MIDDLE, THERE = "turn-m", "turn-b"
NAMES = (HERE, MIDDLE, THERE)
FAULTS = "/sys/kernel/debug/failslab"
# Of this boot, from one run to the next.
COUNTED = "/run/atcp-in-turn"
# Beside traffic.py's: of the ranges out of order and of source routes, and of segments' bytes.
MARKED = ("skbuff_head_cache", "skbuff_fclone_cache", "atcp_request", "atcp_timewait", "ATCP",
          "ATCPv6", "kmalloc-96", "kmalloc-192", "kmalloc-512", "kmalloc-1k")
PORT, CLOSED, OWN_PORT = 8080, 8081, 50000
IP_OPTIONS, IPOPT_NOP, IPOPT_LSRR = 4, 1, 131
# Every segment with this mark is lost; its retransmission has none.
LOST = 1
RULES = f"""
table inet turn {{
	chain in {{
		type filter hook prerouting priority -300
		meta mark {LOST} drop
	}}
}}
"""
PIECES, PIECE = 12, 100
BULK, MSS = 10000, 536
LACK = (errno.ENOMEM, errno.ENOBUFS)


def write(name, value):
    """One setting."""
    with open(f"{FAULTS}/{name}", "w", encoding="ascii") as file:
        file.write(str(value))


class Faults:
    """One allocation fails, which is known by its number; `with` it."""

    # what the kernel has counted since the boot; nothing else moves it
    count = 0

    def __enter__(self):
        if os.path.exists(COUNTED):
            with open(COUNTED, encoding="ascii") as file:
                Faults.count = int(file.read())
        lab.check(Faults.count >= 0, "what the kernel has counted is not known any more")
        for name, value in (("verbose", 0), ("task-filter", "N"), ("ignore-gfp-wait", "Y"),
                            ("cache-filter", "Y"), ("times", 0), ("probability", 100)):
            write(name, value)
        return self

    def __exit__(self, failure, *args):
        write("probability", 0)
        write("interval", 1)
        with open(COUNTED, "w", encoding="ascii") as file:
            file.write(str(-1 if failure else Faults.count))

    @staticmethod
    def arm(number):
        """The first multiple of the interval is where it fails: counted are none but from now."""
        interval = Faults.count + number
        write("interval", interval)
        write("times", 1)
        # with an interval of 1 nothing is counted
        Faults.count = interval if interval > 1 else 0

    @staticmethod
    def came():
        """The allocation was made, and has failed."""
        with open(f"{FAULTS}/times", encoding="ascii") as file:
            return int(file.read()) == 0


def each_in_turn(scenario, *arguments):
    """Once with each allocation failing, until there is none left to fail.

    It returns whether the caller was told. What is armed in the last run comes in the runs after
    it, so that the counter is known again.
    """
    told = number = 0
    began = time.monotonic()
    with Faults() as faults:
        came = True
        while came:
            number += 1
            faults.arm(number)
            told += scenario(*arguments)
            came = faults.came()
            lab.until(lambda: not left.states().keys() - {"LISTEN"}, "a connection is left", 60)
        while not faults.came():
            scenario(*arguments)
    print(f"# {number - 1} allocations, of {told} the caller was told, "
          f"{time.monotonic() - began:.0f} s", flush=True)
    lab.check(number > 1, "nothing has failed")


def lacking(call):
    """Did the call fail for lack of memory? All else is wrong."""
    try:
        call()
    except OSError as error:
        lab.check(error.errno in LACK, f"{call}: {error}")
        return True
    return False


def read_all(sock, size):
    """Exactly so many bytes."""
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        lab.check(more, f"the end after {len(data)} of {size} bytes")
        data += more
    return data


def lossy(one, two):
    """Every other piece is lost, so that there are ranges; a big write is cut into segments."""
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = os.urandom(PIECES * PIECE + BULK)
    for number in range(PIECES):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 0 if number % 2 else LOST)
        one.sendall(data[number * PIECE:(number + 1) * PIECE])
    one.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 0)
    one.sendall(data[PIECES * PIECE:])
    lab.check(read_all(two, len(data)) == data, "what was sent is not what came")
    two.sendall(data[:3000])
    lab.check(read_all(one, 3000) == data[:3000], "what was answered is not what came")


def client(ns, version, prepare=None):
    """A socket that is to connect."""
    sock = lab.make(ns, "atcp", version)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, MSS)
    if prepare:
        prepare(sock)
    return sock


def connection(listener, where, version, talk, server_first=False, prepare=None):
    """From connect() to the end of TIME_WAIT."""
    one = client(HERE, version, prepare)
    if lacking(lambda: one.connect((where, PORT))):
        one.close()
        return True
    # the ACK of a cookie is not repeated, but by the next segment
    one.sendall(b"x")
    two, _ = listener.accept()
    two.settimeout(lab.PATIENCE)
    lab.equal(two.recv(1), b"x", "the first byte")
    talk(one, two)
    first, second = (two, one) if server_first else (one, two)
    first.shutdown(socket.SHUT_WR)
    lab.equal(second.recv(1), b"", "after the last byte")
    second.close()
    lab.equal(first.recv(1), b"", "after the last byte")
    first.close()
    return False


def alone(**settings):
    """One host, which talks to itself and loses what has the mark."""
    lab.hosts(HERE)
    lab.run("nft", "-f", "-", ns=HERE, text=RULES)
    left.settings(HERE, **{"time_wait_us": 20000, "rto_min_us": 20000, **settings})


def over():
    """Nothing is left, and the kernel has said nothing."""
    left.nothing()
    lab.remove(*NAMES)
    left.quiet()


def loopback(version):
    """An address of the host itself."""
    return "127.0.0.1" if version == 4 else "::1"


def life(version, **settings):
    """A whole connection with losses."""
    alone(**settings)
    with lab.listen(HERE, "atcp", version, PORT) as listener:
        each_in_turn(connection, listener, loopback(version), version, lossy)
    over()


@lab.test("the caches of all that atcp allocates in softirq are marked")
def marks():
    found = []
    for name in MARKED:
        with open(f"/sys/kernel/slab/{name}/failslab", encoding="ascii") as file:
            if int(file.read()):
                found.append(name)
    lab.equal(found, list(MARKED), "caches that may fail")


@lab.test("each allocation of a connection with losses, IPv4")
def version4():
    life(4)


@lab.test("each allocation of a connection with losses, IPv6")
def version6():
    life(6)


def few(one, two):
    """A byte each way."""
    for source, sink in ((one, two), (two, one)):
        source.sendall(b"x")
        lab.equal(sink.recv(1), b"x", "a byte")


@lab.test("each allocation of a connection from a SYN cookie")
def cookie():
    alone(syncookies=2)
    with lab.listen(HERE, "atcp", 4, PORT) as listener:
        each_in_turn(connection, listener, loopback(4), 4, few)
    lab.check(lab.counters(HERE, "atcp")["SyncookiesRecv"], "there was no cookie")
    over()


def again(listener):
    """Of two connections between the same ends the second begins in the first one's TIME_WAIT."""
    def prepare(sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((loopback(4), OWN_PORT))

    told = False
    for _ in range(2):
        told |= connection(listener, loopback(4), 4, few, True, prepare)
    return told


@lab.test("each allocation of a TIME_WAIT's new life")
def reopened():
    alone(time_wait_us=300000)
    with lab.listen(HERE, "atcp", 4, PORT) as listener:
        each_in_turn(again, listener)
    lab.check(lab.counters(HERE, "atcp")["TWRecycled"], "no TIME_WAIT was recycled")
    over()


def refused():
    """A SYN to a closed port, and a connection that is reset."""
    with client(HERE, 4) as sock:
        try:
            sock.connect((loopback(4), CLOSED))
        except OSError as error:
            lab.check(error.errno in (*LACK, errno.ECONNREFUSED), f"connect(): {error}")
            return error.errno in LACK
    raise lab.Failure("a closed port has accepted")


@lab.test("each allocation of a refused connection")
def refusal():
    alone()
    each_in_turn(refused)
    over()


def reset(listener):
    """The peer may not hear of it before its own timer asks: it sends until it does."""
    one = client(HERE, 4)
    if lacking(lambda: one.connect((loopback(4), PORT))):
        one.close()
        return True
    two, _ = listener.accept()
    two.settimeout(lab.PATIENCE)
    few(one, two)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()
    try:
        while True:
            two.send(b"x")
            time.sleep(0.01)
    except (ConnectionResetError, BrokenPipeError):
        two.close()
    except OSError as error:
        lab.check(error.errno in LACK, f"send(): {error}")
        two.close()
        return True
    return False


@lab.test("each allocation of a connection that is reset")
def resets():
    alone()
    with lab.listen(HERE, "atcp", 4, PORT) as listener:
        each_in_turn(reset, listener)
    over()


@lab.test("each allocation of a connection by a source route")
def routed():
    def prepare(sock):
        hops = socket.inet_aton(lab.address(1, 2))
        sock.setsockopt(socket.IPPROTO_IP, IP_OPTIONS,
                        bytes((IPOPT_NOP, IPOPT_LSRR, 3 + len(hops), 4)) + hops)

    lab.router(*NAMES)
    for ns, devices in ((HERE, ("eth0",)), (MIDDLE, ("west", "east")), (THERE, ("eth0",))):
        for device in ("all", *devices):
            lab.sysctl(ns, f"net/ipv4/conf/{device}/accept_source_route", 1)
    for ns in (HERE, THERE):
        left.settings(ns, time_wait_us=20000, rto_min_us=20000)
    with lab.listen(THERE, "atcp", 4, PORT) as listener:
        each_in_turn(connection, listener, lab.address(2, 2), 4, few, True, prepare)
    over()


lab.main(NAMES)
