#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""SYN floods by hping3, scans by nmap."""

import argparse
import contextlib
import re
import signal
import socket
import subprocess
import sys
import time

import left
from left import NET, lab

parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=int, default=4, help="of each flood")
OPTIONS = parser.parse_args()
OPTIONS.seconds = left.share(OPTIONS.seconds)
sys.argv[1:] = []

# What one listener has room for: its backlog and one more, or max_syn_backlog.
BACKLOG, FEWER = 64, 32


def setup():
    """The attacker's host takes what goes to the addresses that it invents, and says nothing."""
    lab.hosts(*NET)
    lab.cable(*NET, 1)
    lab.run("ip", "-netns", NET[1], "route", "add", "default", "via", lab.address(1, 1))
    lab.run("nft", "add table ip strangers; add chain ip strangers in "
            "{ type filter hook prerouting priority 0; }; "
            "add rule ip strangers in ip daddr != 10.1.0.1 drop", ns=NET[0])


@contextlib.contextmanager
def flooding(*options):
    """SYNs from addresses that nobody has, for as long as it lasts."""
    command = ["ip", "netns", "exec", NET[0], "hping3", "--quiet", "--syn", "--destport", "80",
               "--rand-source", *options, lab.address(1, 2)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        try:
            yield
            lab.equal(process.poll(), None, "the status of hping3, which should run")
        finally:
            process.send_signal(signal.SIGINT)


def stat(name):
    """A counter of the host that is attacked."""
    return lab.counters(NET[1], "atcp")[name]


def handshakes():
    """Records of handshakes."""
    return left.caches()["atcp_request"]


def watch(seconds):
    """The most records that are seen while the flood goes on, several times in any case."""
    most = looks = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end or looks < 5:
        most = max(most, left.states().get("SYN_RECEIVED", 0))
        looks += 1
        time.sleep(0.2)
    return most


def good_client(listener, family):
    """Somebody who means it."""
    one = lab.make(NET[0], family, 4)
    one.connect((lab.address(1, 2), 80))
    for _ in range(10):
        two, address = listener.accept()
        if address[0] == lab.address(1, 1):
            break
    lab.exchange(one, two, 50000)


@lab.test("a SYN flood that the queue has room for: good clients connect all the while")
def with_room():
    setup()
    # a thousand a second, each for a second
    left.settings(NET[1], synack_retries=0)
    listener = lab.listen(NET[1], "atcp", 4, 80, 4096)
    before = stat("ListenDrops")
    with flooding("--interval", "u1000"):
        lab.until(lambda: left.states().get("SYN_RECEIVED"), "no flood")
        end = time.monotonic() + OPTIONS.seconds
        clients = 0
        while time.monotonic() < end or clients < 4:
            good_client(listener, lab.FAMILIES[clients % 2])
            clients += 1
    print(f"# {clients} clients")
    lab.equal(stat("ListenDrops") - before, 0, "SYNs that found no room")
    listener.close()
    lab.until(lambda: not handshakes(), "records are left")


@lab.test("a SYN flood at full speed: the queue is bounded, and all of it goes by itself")
def full_speed():
    setup()
    # no record ends during the flood: the list of those that are there is no snapshot, and what
    # comes in the place of one that it has shown already it would show as well
    left.settings(NET[1], synack_retries=100, syncookies=0)
    listener = lab.listen(NET[1], "atcp", 4, 80, BACKLOG)
    other = lab.listen(NET[1], "native", 4, 81)
    before = stat("TCPReqQFullDrop")
    with flooding("--flood"):
        lab.until(lambda: stat("TCPReqQFullDrop") > before + 1000, "the queue is never full")
        most = watch(OPTIONS.seconds)
        # native TCP beside it, and connections of another port, are none of the flood's business
        one = lab.connect(NET[0], "native", 4, lab.address(1, 2), 81)
        lab.exchange(one, other.accept()[0], 10000)
        objects = handshakes()
    dropped = stat("TCPReqQFullDrop") - before
    print(f"# {most} records at most, {objects} objects, {dropped} SYNs dropped")
    lab.equal(most, BACKLOG + 1, "records of handshakes, at most")
    # the allocator takes all that a CPU has at hand for used
    lab.check(objects <= 2 * (BACKLOG + 1), f"{objects} objects of handshakes")
    left.settings(NET[1], synack_retries=0)
    lab.until(lambda: not handshakes(), "records are left")
    good_client(listener, "native")
    listener.close()
    other.close()
    lab.until(lambda: list(left.states()) in ([], ["TIME_WAIT"]), "connections are left")


@lab.test("a SYN flood at full speed, and cookies: good clients connect all the while")
def cookies():
    setup()
    left.settings(NET[1], synack_retries=100, max_syn_backlog=FEWER)
    listener = lab.listen(NET[1], "atcp", 4, 80, BACKLOG)
    before = stat("TCPReqQFullDoCookies")
    with flooding("--flood"):
        lab.until(lambda: stat("TCPReqQFullDoCookies") > before + 1000, "the queue is never full")
        end = time.monotonic() + OPTIONS.seconds
        clients = 0
        while time.monotonic() < end or clients < 4:
            good_client(listener, lab.FAMILIES[clients % 2])
            clients += 1
        most = watch(0)
        good = stat("SyncookiesRecv")
    print(f"# {clients} clients, {most} records, {stat('SyncookiesSent')} cookies, {good} came back")
    lab.equal(good, clients, "connections by cookies")
    lab.equal(most, FEWER, "records of handshakes")
    left.settings(NET[1], synack_retries=0)
    lab.until(lambda: not handshakes(), "records are left")
    listener.close()
    lab.until(lambda: list(left.states()) in ([], ["TIME_WAIT"]), "connections are left")


@lab.test("a flood of segments of no connection: RSTs, and nothing is kept")
def strays():
    setup()
    listener = lab.listen(NET[1], "atcp", 4, 80)
    # RFC 9293 3.10.7.2: an ACK is answered, what has none is dropped
    for flag, answered in (("--ack", True), ("--fin", False)):
        before = stat("OutRsts")
        lab.run("hping3", "--quiet", flag, "--destport", "80", "--count", "1000", "--faster",
                lab.address(1, 2), ns=NET[0], status=None)
        resets = stat("OutRsts") - before
        print(f"# {flag}: {resets} RSTs")
        lab.equal(resets > 0, answered, f"{flag} to a listener is reset")
    # a namespace of the test before may not have gone yet
    lab.until(lambda: left.states() == {"LISTEN": 1}, "more than a listener")
    good_client(listener, "atcp")
    listener.close()


def scan(kind, ports, patience):
    """What nmap says of each port if it waits that long for an answer."""
    times = [word for name in ("initial", "min", "max")
             for word in (f"--{name}-rtt-timeout", patience)]
    said = lab.run("nmap", "-n", "-Pn", "--reason", "--max-retries", "2", *times,
                   kind, "-p", ",".join(map(str, ports)), lab.address(1, 2), ns=NET[0])
    found = {port: (state, why) for port, state, why
             in re.findall(r"^(\d+)/tcp +(\S+) +\S+ +(\S+)", said, re.M)}
    lab.equal(len(found), len(ports), f"ports in {said}")
    return found


@lab.test("nmap's scans find an atcp port as they find a native one, open and closed")
def scans():
    setup()
    atcp, native, closed = 80, 81, 82
    listeners = [lab.listen(NET[1], "atcp", 4, atcp), lab.listen(NET[1], "native", 4, native)]
    # of a port that is closed while atcp has had it, too
    gone = lab.listen(NET[1], "atcp", 4, 83)
    gone.close()
    for kind, is_open, is_closed in (("-sS", "open", "closed"), ("-sT", "open", "closed"),
                                     ("-sF", "open|filtered", "closed"),
                                     ("-sN", "open|filtered", "closed"),
                                     ("-sX", "open|filtered", "closed"),
                                     ("-sA", "unfiltered", "unfiltered"),
                                     ("-sW", "closed", "closed")):
        # an answer that is late is none for nmap
        for patience in ("300ms", "20s"):
            found = scan(kind, (atcp, native, closed, 83), patience)
            print(f"# nmap {kind}: {found}")
            if (found[str(atcp)][0], found[str(closed)][0]) == (is_open, is_closed) and \
                    found[str(atcp)] == found[str(native)] and found["83"] == found[str(closed)]:
                break
        lab.equal(found[str(atcp)], found[str(native)], f"{kind}: atcp's port as native's")
        lab.equal(found["83"], found[str(closed)], f"{kind}: a closed port as another")
        lab.equal((found[str(atcp)][0], found[str(closed)][0]), (is_open, is_closed),
                  f"{kind}: open and closed")
    for listener in listeners:
        listener.close()


@lab.test("nothing is left of all that")
def nothing_left():
    lab.remove(*NET)
    left.nothing()
    left.quiet()


socket.setdefaulttimeout(lab.PATIENCE)
lab.main(NET)
