#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Storms of tiny segments: bounded memory, bounded time, and nothing left."""

import argparse
import sys

import left
from left import lab

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=100000, help="segments of each storm")
parser.add_argument("--seed", type=int, default=0)
OPTIONS = parser.parse_args()
OPTIONS.count = left.share(OPTIONS.count)
sys.argv[1:] = []


def storm(mode, count):
    """The program makes a namespace of its own, whose end ends its connection."""
    name = left.NET[0]
    lab.hosts(name)
    left.attack(name, "storm", f"--mode={mode}", f"--count={count}", f"--seed={OPTIONS.seed}")
    lab.remove(name)
    left.nothing()
    left.quiet()


@lab.test(f"{OPTIONS.count} segments of one byte, out of order; then the stream in order")
def out_of_order():
    storm("ooo", OPTIONS.count)


@lab.test(f"{OPTIONS.count // 4} of them where memory is no bound: so many holes and no more")
def holes():
    storm("holes", OPTIONS.count // 4)


@lab.test(f"{OPTIONS.count} of them side by side: copied together, so that all of it is held")
def dense():
    storm("dense", OPTIONS.count)


@lab.test(f"{OPTIONS.count // 4} SACKs of single segments from a peer with an MSS of 1")
def sacks():
    storm("sack", OPTIONS.count // 4)


lab.main()
