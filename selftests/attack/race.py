#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Races: close against accept, poll, epoll, diag, debugfs and timers; listeners that close in the
middle of handshakes. Nothing may be left, and the kernel has nothing to say."""

import argparse
import socket
import sys

import left
from left import lab

parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=int, default=20, help="for each test")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("tests", nargs="*", help="default: all that QEMU can run with a thread a CPU")
OPTIONS = parser.parse_args()
sys.argv[1:] = OPTIONS.tests or ["shared", "accept", "handshake", "itself"]


def race(mode, delay=None):
    """One run of the program in a namespace that is new."""
    name = left.NET[0]
    lab.hosts(name)
    # timers of a few milliseconds run between any two calls
    left.settings(name, time_wait_us=2000, rto_min_us=1000, fin_timeout=1, delack_max_us=1000,
                  syn_retries=2, synack_retries=1, orphan_retries=1, invalid_ratelimit=0)
    if delay:
        lab.run("tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", delay, ns=name)
    left.attack(name, "race", f"--mode={mode}", f"--seconds={OPTIONS.seconds}",
                f"--seed={OPTIONS.seed}")
    # all of it ends by its own timers, with the namespace there
    left.nothing()
    left.quiet()
    # and it still works
    listener = lab.listen(name, "atcp", 4, 7000)
    one = lab.connect(name, "atcp", 4, "127.0.0.1", 7000)
    lab.exchange(one, listener.accept()[0], 100000)
    listener.close()
    lab.remove(name)
    left.nothing()


@lab.test("any call on sockets that other threads use, close and replace")
def shared():
    race("shared")


@lab.test("the same while the trace is switched on and off")
def switch():
    race("switch")


@lab.test("close and shutdown of a listener against accept, poll and peers")
def accept():
    race("accept")


@lab.test("listeners that close in the middle of handshakes, thousands of times")
def handshake():
    race("handshake", "1ms")


@lab.test("a socket that has listened connects to itself: it is no child of its own")
def itself():
    name = left.NET[0]
    lab.hosts(name)
    for version, where in ((4, "127.0.0.1"), (6, "::1")):
        sock = lab.listen(name, "atcp", version, 7100)
        sock.shutdown(socket.SHUT_RDWR)
        sock.connect((where, 7100))
        sock.sendall(b"to myself")
        lab.equal(sock.recv(100), b"to myself", "what was sent")
        sock.close()
    lab.remove(name)
    left.nothing()
    left.quiet()


lab.main(left.NET)
