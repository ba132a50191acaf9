#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Random calls with random arguments on atcp sockets: nothing may be left of them, and the kernel
has nothing to say."""

import argparse
import sys

import left
from left import lab

parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=int, default=20)
parser.add_argument("--seed", type=int, default=0)
OPTIONS = parser.parse_args()
OPTIONS.seconds = left.share(OPTIONS.seconds)
sys.argv[1:] = []


@lab.test("random calls, options, lengths, pointers and addresses")
def calls():
    name = left.NET[0]
    lab.hosts(name)
    left.settings(name, time_wait_us=2000, fin_timeout=1, orphan_retries=1)
    left.attack(name, "calls", f"--seconds={OPTIONS.seconds}", f"--seed={OPTIONS.seed}")
    left.quiet()
    # a socket may have been told to stay in TIME_WAIT for an hour, but not without a namespace
    lab.remove(name)
    left.nothing()
    left.quiet()


lab.main(left.NET)
