#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Allocations fail where nobody waits for them, in the softirq that handles a segment or a timer:
connections lose time and no data, or are not made at all, and nothing leaks.

Allocations of the calls themselves fail in `failslab`.
"""

import errno
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "attack"))

import left  # noqa: E402
from left import NET, lab  # noqa: E402

FAULTS = "/sys/kernel/debug/failslab"
# Only caches with the mark of slub_debug=A on the kernel's command line.
MARKED = ("skbuff_head_cache", "skbuff_fclone_cache", "atcp_request", "atcp_timewait", "ATCP",
          "ATCPv6")
# How many allocations have to fail, and in how many of a hundred.
WANTED = 100
PERCENT = 4
MOST = 1000000
PORT = 8080


def write(name, value):
    """One setting."""
    with open(f"{FAULTS}/{name}", "w", encoding="ascii") as file:
        file.write(str(value))


def marked():
    """Of atcp's caches and the segments', those that may fail."""
    found = []
    for name in MARKED:
        with open(f"/sys/kernel/slab/{name}/failslab", encoding="ascii") as file:
            if int(file.read()):
                found.append(name)
    return found


class Faults:
    """Of allocations that cannot wait. They happen `with` it."""

    def __enter__(self):
        for name, value in (("verbose", 0), ("task-filter", "N"), ("ignore-gfp-wait", "Y"),
                            ("cache-filter", "Y"), ("interval", 1), ("times", MOST),
                            ("probability", PERCENT)):
            write(name, value)
        return self

    def __exit__(self, *args):
        write("probability", 0)

    @staticmethod
    def count():
        """How many there were."""
        with open(f"{FAULTS}/times", encoding="ascii") as file:
            return MOST - int(file.read())


def connected(listener, version):
    """Both ends, however often it takes; a call may say that memory is short."""
    while True:
        one = lab.make(NET[0], "atcp", version)
        try:
            one.connect((lab.address(1, 2, version), PORT))
        except OSError as error:
            lab.check(error.errno in (errno.ENOMEM, errno.ENOBUFS), f"connect(): {error}")
            one.close()
            continue
        two, _ = listener.accept()
        two.settimeout(lab.PATIENCE)
        return one, two


@lab.test("the caches of segments, sockets, handshakes and TIME_WAITs are marked")
def marks():
    lab.equal(marked(), list(MARKED), "caches that may fail")


def failing(version):
    """Connections, until enough has failed."""
    lab.hosts(*NET)
    lab.cable(*NET, 1)
    for ns in NET:
        left.settings(ns, time_wait_us=20000, rto_min_us=20000)
    rng = random.Random(version)
    done = 0
    with lab.listen(NET[1], "atcp", version, PORT) as listener:
        with Faults() as faults:
            while faults.count() < WANTED:
                lab.exchange(*connected(listener, version), rng.choice((1, 1000, 100000)))
                done += 1
            count = faults.count()
    print(f"# {done} connections, {count} allocations failed", flush=True)
    left.nothing()
    lab.remove(*NET)
    left.quiet()


@lab.test("connections live through it, IPv4")
def version4():
    failing(4)


@lab.test("connections live through it, IPv6")
def version6():
    failing(6)


lab.main(NET)
