#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Native TCP does not notice that atcp is loaded."""

import errno
import hashlib
import json
import os
import socket
import tempfile

import lab

NET = ("beside-a", "beside-b")


def setup():
    """Two hosts, each with an atcp socket, so that atcp's hooks are in use."""
    lab.hosts(*NET)
    lab.cable(*NET, 1)
    return [lab.listen(ns, "atcp", version, 4000 + version) for ns in NET for version in (4, 6)]


def iperf(version, reverse):
    """One run of iperf3: all was sent, and all had come when the sender said so but for what the
    socket buffers hold, of which each takes twice what it is asked for."""
    with lab.background("iperf3", "-s", "-1", "--forceflush", ns=NET[1]) as server:
        lab.wait_for(server, "listening")
        said = lab.run("iperf3", "-J", "-n", "4M", "-w", "128K", "-c",
                       lab.address(1, 2, version), *(["-R"] if reverse else []), ns=NET[0])
        server.communicate()
    end = json.loads(said)["end"]
    lab.check(end["sum_sent"]["bytes"] >= 4 << 20, "all bytes were sent")
    lab.check(end["sum_received"]["bytes"] >= 3 << 20, "nearly all bytes came")


@lab.test("iperf3, native, both ways, IPv4 and IPv6")
def throughput():
    before = [lab.counters(ns, "atcp") for ns in NET]
    for version in (4, 6):
        for reverse in (False, True):
            iperf(version, reverse)
    for ns, old in zip(NET, before):
        new = lab.counters(ns, "atcp")
        lab.equal(new["InSegs"], old["InSegs"], "segments that atcp took")
        lab.equal(lab.counters(ns, "native")["InCsumErrors"], 0, "checksum errors")


@lab.test("curl from nginx, native, while atcp connections to the same host carry data")
def mixed():
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o755)
        data = os.urandom(1 << 20)
        with open(f"{tmp}/file", "wb") as file:
            file.write(data)
        with open(f"{tmp}/conf", "w", encoding="ascii") as file:
            file.write(f"user root; daemon on; pid {tmp}/pid; error_log {tmp}/log;\n"
                       "events {} http { access_log off; server { listen 80; "
                       f"root {tmp}; }} }}\n")
        lab.run("nginx", "-c", f"{tmp}/conf", ns=NET[1])
        try:
            one, two = lab.pair((NET[0], "atcp"), (NET[1], "atcp"), lab.address(1, 2), port=81)
            lab.run("curl", "-sS", "-o", f"{tmp}/got", f"http://{lab.address(1, 2)}/file",
                    ns=NET[0])
            lab.exchange(one, two, 1 << 18)
            with open(f"{tmp}/got", "rb") as file:
                lab.equal(hashlib.sha256(file.read()).digest(), hashlib.sha256(data).digest(),
                          "sha256")
        finally:
            lab.until(lambda: os.path.exists(f"{tmp}/pid") and os.path.getsize(f"{tmp}/pid"),
                      "no pid file")
            with open(f"{tmp}/pid", encoding="ascii") as file:
                pid = file.read().strip()
            lab.run("kill", pid)
            lab.until(lambda: not os.path.exists(f"/proc/{pid}"), "nginx runs")


@lab.test("a port that neither has is refused by native TCP, as ever")
def refused():
    for family in lab.FAMILIES:
        for version in (4, 6):
            sock = lab.make(NET[0], family, version)
            error = sock.connect_ex((lab.address(1, 2, version), 9))
            lab.equal(error, errno.ECONNREFUSED, f"{family} IPv{version}")
            sock.close()


@lab.test("the two families serve different ports of one host at once")
def neighbours():
    places = [("native", 5000), ("atcp", 5001), ("native", 5002), ("atcp", 5003)]
    listeners = [lab.listen(NET[1], family, 4, port) for family, port in places]
    for _, port in places:
        for family in lab.FAMILIES:
            one = lab.connect(NET[0], family, 4, lab.address(1, 2), port)
            two, _ = listeners[port - 5000].accept()
            lab.exchange(one, two, 10000)
    for lsock in listeners:
        lsock.close()


@lab.test("a port of one family is taken for the other")
def taken():
    for here, there in (("native", "atcp"), ("atcp", "native")):
        lsock = lab.listen(NET[0], here, 4, 6000)
        other = lab.make(NET[0], there, 4)
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("0.0.0.0", 6000))
            raise lab.Failure(f"{there} got the port of {here}")
        except OSError as error:
            lab.equal(error.errno, errno.EADDRINUSE, f"{there} on the port of {here}")
        lsock.close()
        other.bind(("0.0.0.0", 6000))
        other.close()


def reusing(family, port):
    """A listener, if bind() with SO_REUSEADDR and listen() let it."""
    try:
        return lab.listen(NET[1], family, 4, port)
    except OSError as error:
        lab.equal(error.errno, errno.EADDRINUSE, f"{family} on port {port}")
        return None


@lab.test("a service moves from one family to the other beside what is left of its connections")
def moves():
    port = 6200
    for old, new in (("native", "atcp"), ("atcp", "native")):
        port += 1
        where = (NET[1], old), lab.address(1, 2), 4, port
        # the server closes first: its side is in TIME_WAIT
        one, two = lab.pair((NET[0], "native"), *where)
        two.close()
        lab.equal(one.recv(1), b"", "end of data")
        one.close()
        # and one that lives on
        one, two = lab.pair((NET[0], "native"), *where)
        lsock = reusing(new, port)
        lab.check(lsock, f"{new} does not get the port of connections of {old}")
        lab.check(not reusing(old, port), f"{old} gets the port of {new}'s listener")
        fresh = lab.connect(NET[0], "native", 4, lab.address(1, 2), port)
        peer, _ = lsock.accept()
        lab.exchange(fresh, peer, 20000)
        lab.exchange(one, two, 20000)
        lsock.close()
        # all of them are gone, or allow it
        lsock = reusing(old, port)
        lab.check(lsock, f"{old} does not get its port back")
        lab.check(not reusing(new, port), f"{new} gets the port of {old}'s listener")
        lsock.close()


@lab.test("a port whose device has joined a VRF since it was bound to it")
def vrf():
    lab.cable(*NET, 2, device="eth1", device2="eth1")
    for family in ("native", "atcp"):
        port = 6300 + lab.FAMILIES.index(family)

        def bound():
            lsock = lab.make(NET[1], family, 4)
            lsock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            lsock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth1\0")
            lsock.bind(("0.0.0.0", port))
            lsock.listen()
            return lsock
        lsock = bound()
        one = lab.connect(NET[0], "native", 4, lab.address(2, 2), port)
        two, _ = lsock.accept()
        lsock.close()
        lab.run("ip", "-netns", NET[1], "link", "add", "red", "type", "vrf", "table", "9")
        lab.run("ip", "-netns", NET[1], "link", "set", "eth1", "master", "red")
        lsock = bound()
        lsock.close()
        lab.run("ip", "-netns", NET[1], "link", "delete", "red")
        bound().close()
        lab.exchange(one, two, 20000)


HELD = setup()
lab.main(NET)
