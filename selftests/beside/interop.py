#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every pair of families over IPv4 and IPv6, both ways at once, over a bad network."""

import itertools
import os
import random

import lab

NET = ("beside-a", "beside-b")
SIZE = 400000
BAD = "delay 5ms 2ms loss 1% duplicate 1% reorder 5% 25%"


def setup():
    """Two hosts; a loss is a loss of one segment."""
    lab.hosts(*NET)
    lab.cable(*NET, 1)
    for ns in NET:
        lab.run("ethtool", "-K", "eth0", "tso", "off", "gso", "off", "gro", "off", ns=ns)
        lab.run("tc", "qdisc", "add", "dev", "eth0", "root", "netem", "limit", "10000",
                *BAD.split(), ns=ns)


def matrix(client, server, version, port):
    """One pair as a test."""
    def function():
        # not a port in whose TIME_WAIT the other family's test has left a connection
        one, two = lab.pair((NET[0], client), (NET[1], server), lab.address(1, 2, version),
                            version, port)
        lab.exchange(one, two, SIZE, random.Random(SEED))
    function.__name__ = f"{client}_to_{server}_v{version}"
    lab.test(f"{client} to {server} over IPv{version}, {SIZE} bytes each way, {BAD}")(function)


SEED = random.SystemRandom().randrange(1 << 31)
print(f"# seed {SEED}")
PAIRS = itertools.product(lab.FAMILIES, lab.FAMILIES, (4, 6))
for PORT, PAIR in enumerate(PAIRS, 5000):
    if "atcp" in PAIR or not os.environ.get("ATCP_ONLY"):
        matrix(*PAIR, PORT)
setup()
lab.main(NET)
