#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""net.atcp.*: all of them documented, with native TCP's defaults, and a namespace's own."""

import contextlib
import errno
import os
import re
import select
import socket
import struct

import lab

NET = ("beside-a", "beside-b")
ATCP, NATIVE = "/proc/sys/net/atcp/", "/proc/sys/net/ipv4/tcp_"
TCP_NOTSENT_LOWAT = 25
TABLE = os.path.join(lab.TREE, "Documentation", "sysctl.rst")
# 0 stands for 8 there; algorithms are each stack's own; MUST-23 wants more than native TCP's 6
UNLIKE = {"orphan_retries", "available_congestion_control", "syn_retries"}


def values(ns, path=ATCP):
    """Settings below a path, by name, and the namespace's names of atcp's settings."""
    found = {}
    with lab.inside(ns):
        for name in os.listdir(ATCP):
            try:
                with open(path + name, encoding="ascii") as file:
                    found[name] = " ".join(file.read().split())
            except FileNotFoundError:
                pass
    return found


def refused(ns, name, value):
    """The error of writing a value."""
    try:
        lab.sysctl(ns, "net/atcp/" + name, value)
    except OSError as error:
        return error.errno
    return 0


@lab.test("every setting is in the documentation's table, with the default that it has")
def documented():
    with open(TABLE, encoding="utf-8") as file:
        rows = re.findall(r"^   \* - (\w+)\n     - .*\n     - (.*)\n     - .+$", file.read(), re.M)
    told = {name: default for name, default in rows if name != "name"}
    found = values(NET[0])
    for name in ("max_syn_backlog", "max_tw_buckets"):
        if told.get(name) == "native's":
            told[name] = values(NET[0], NATIVE)[name]
    # of all namespaces together: there where the machine's own settings are
    with open(NATIVE + "max_orphans", encoding="ascii") as file:
        told["max_orphans"] = file.read().strip()
    # memory is counted anew when the module is loaded
    with open(NATIVE + "mem", encoding="ascii") as file:
        theirs = [int(word) for word in file.read().split()]
    ours = [int(word) for word in found["mem"].split()]
    lab.check(len(ours) == 3 and all(abs(a - b) < b / 4 for a, b in zip(ours, theirs)),
              f"mem is {ours}, native TCP's {theirs}")
    told["mem"] = found["mem"] if told.get("mem") == "native's" else None
    lab.equal(found, told, "settings and their defaults")


@lab.test("the defaults are native TCP's")
def native():
    theirs = values(NET[0], NATIVE)
    ours = values(NET[0])
    lab.check(len(theirs) > 15, f"only {len(theirs)} are native TCP's too")
    for name in theirs.keys() - UNLIKE:
        lab.equal(ours[name], theirs[name], name)


@lab.test("a namespace's settings are its own")
def own():
    before = values(NET[1])
    lab.sysctl(NET[0], "net/atcp/fin_timeout", 17)
    lab.sysctl(NET[0], "net/atcp/rmem", "4096 50000 100000")
    lab.equal(values(NET[0])["fin_timeout"], "17", "what was written")
    lab.equal(values(NET[0])["rmem"], "4096 50000 100000", "what was written")
    lab.equal(values(NET[1]), before, "settings of the other namespace")


@lab.test("what makes no sense is refused, and changes nothing")
def nonsense():
    before = values(NET[1])
    for name in (name for name, value in before.items() if value[0].isdigit()):
        for value in ("-1", "x", "99999999999999999999", "1x"):
            lab.equal(refused(NET[1], name, value), errno.EINVAL, f"{name} = {value}")
    for name, value in (("timestamps", 2), ("tw_reuse", 3), ("syn_retries", 0),
                        ("syn_retries", 128), ("delack_max_us", 500000), ("rmem", "0 1 1")):
        lab.equal(refused(NET[1], name, value), errno.EINVAL, f"{name} = {value}")
    lab.equal(values(NET[1]), before, "settings")


@lab.test("rmem and wmem are a new socket's SO_RCVBUF and SO_SNDBUF, as native TCP's are")
def buffers():
    found = []
    for family, path in (("native", "net/ipv4/tcp_"), ("atcp", "net/atcp/")):
        lab.sysctl(NET[1], path + "rmem", "4096 70000 200000")
        lab.sysctl(NET[1], path + "wmem", "4096 30000 300000")
        with lab.make(NET[1], family, 4) as sock:
            found.append([sock.getsockopt(socket.SOL_SOCKET, option)
                          for option in (socket.SO_RCVBUF, socket.SO_SNDBUF)])
    lab.equal(found[1], found[0], "SO_RCVBUF and SO_SNDBUF")


def unsent(sock):
    """tcpi_notsent_bytes."""
    return struct.unpack_from("=I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 148),
                              144)[0]


def writable(sock):
    """POLLOUT"""
    return bool(select.select([], [sock], [], 0)[1])


def fill(sock):
    """Send what goes in small pieces."""
    with contextlib.suppress(BlockingIOError):
        while sock.send(bytes(1024)):
            pass


def not_sent(family, path):
    """For notsent_lowat of 20000: what is unsent of a socket that was filled, and of one with a
    TCP_NOTSENT_LOWAT of its own; and whether the first is writable before and after that grows."""
    lab.sysctl(NET[1], path + "notsent_lowat", 20000)
    found = []
    for own in (0, 40000):
        # the reader does not read: what it has no window for stays
        one, two = lab.pair((NET[1], family), (NET[1], family), "127.0.0.1")
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        one.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, own)
        one.setblocking(False)
        fill(one)
        lab.until(lambda one=one: (fill(one), unsent(one) >= (own or 20000))[1], "not full")
        found.append(unsent(one) < (own or 20000) + 65536)
        if not own:
            found.append(writable(one))
            lab.sysctl(NET[1], path + "notsent_lowat", (1 << 32) - 1)
            found.append(writable(one))
            lab.sysctl(NET[1], path + "notsent_lowat", 20000)
        one.close()
        two.close()
    return found


@lab.test("notsent_lowat holds for who has none of his own, and a change at once")
def notsent_lowat():
    lab.equal(not_sent("native", "net/ipv4/tcp_"), [True, False, True, True], "native TCP")
    lab.equal(not_sent("atcp", "net/atcp/"), [True, False, True, True], "atcp")


def takes(family, where, port):
    """May connect() have the only port again, which is in TIME_WAIT?"""
    try:
        with lab.connect(NET[0], family, 4, where, port):
            return True
    except OSError as error:
        lab.equal(error.errno, errno.EADDRNOTAVAIL, "errno of connect()")
        return False


def reused(family, path):
    """For each tw_reuse and, in this order, loopback and the cable: is TIME_WAIT taken over?"""
    found = {}
    places = (NET[0], "127.0.0.1"), (NET[1], lab.address(1, 2))
    servers = {place: [lab.listen(place[0], "native", 4, port) for port in (81, 82, 83, 84)]
               for place in places}
    for place, where in places:
        lab.sysctl(NET[0], path + "tw_reuse", 1)
        for server in servers[place, where]:
            port = server.getsockname()[1]
            one = lab.connect(NET[0], family, 4, where, port)
            two, _ = server.accept()
            one.close()
            lab.equal(two.recv(1), b"", "end of data")
            two.close()
        # the clock of timestamps has to move on: when the last may go, the others may
        lab.until(lambda where=where: takes(family, where, 84), "TIME_WAIT is not taken over")
        for reuse, port in ((0, 81), (2, 82), (1, 83)):
            lab.sysctl(NET[0], path + "tw_reuse", reuse)
            found[reuse, where] = takes(family, where, port)
    for sockets in servers.values():
        for server in sockets:
            server.close()
    return found


@lab.test("tw_reuse: connect() takes over a TIME_WAIT, on loopback only, or never")
def tw_reuse():
    lab.hosts(*NET)
    lab.cable(*NET, 1)
    found = []
    for family, path, port in (("native", "net/ipv4/tcp_", 50001), ("atcp", "net/atcp/", 50002)):
        lab.sysctl(NET[0], "net/ipv4/ip_local_port_range", f"{port} {port}")
        found.append(reused(family, path))
    lab.equal(found[0], {(0, "127.0.0.1"): False, (2, "127.0.0.1"): True, (1, "127.0.0.1"): True,
                         (0, "10.1.0.2"): False, (2, "10.1.0.2"): False, (1, "10.1.0.2"): True},
              "what native TCP does")
    lab.equal(found[1], found[0], "what atcp does")


lab.hosts(*NET)
lab.main(NET)
