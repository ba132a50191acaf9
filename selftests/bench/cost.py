#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What atcp costs native TCP, in instructions: a few for each segment.

On the host: in a guest whose clock counts instructions a limit on time has no meaning, as that
clock leaps ahead whenever the guest waits for the host.
"""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VM = os.path.join(HERE, "..", "vm")
OUT = os.environ.get("ATCP_OUT") or os.path.join(HERE, "..", "..", "build", "out")
LOG = os.path.join(OUT, "cost-kernel.log")

LEAST = 0.97
NAMES = ("beside-bulk", "beside-rr")
COUNTS = ("beside-bulk=30", "beside-rr=3000")
# What else is done meanwhile only adds to a cost: a lower one is a better measure.
RUNS = 3


def measure():
    """Costs of native TCP alone and beside atcp, by name, of one boot."""
    os.makedirs(OUT, exist_ok=True)
    kver = os.environ.get("ATCP_KVER")
    done = subprocess.run([os.path.join(VM, "vm"), "--icount", "--timeout", "1200", "--log", LOG,
                           *(["--kver", kver] if kver else []), "--",
                           os.path.join(HERE, "run"), *COUNTS],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False,
                          encoding="utf-8", errors="replace")
    for line in done.stdout.splitlines():
        print(f"# {line}", flush=True)
    found = re.findall(r"^BENCH (\S+) native=(\d+) atcp=(\d+)", done.stdout, re.M)
    return {name: (int(alone), int(beside)) for name, alone, beside in found}


def enough(best, name):
    """Does native TCP keep its speed?"""
    return name in best and best[name][0] >= LEAST * best[name][1]


def main():
    """Boot, until the costs are as they should be."""
    print(f"KTAP version 1\n1..{len(NAMES) + 1}", flush=True)
    best = {}
    complaints = ""
    for _ in range(RUNS):
        for name, costs in measure().items():
            best[name] = tuple(map(min, best.get(name, costs), costs))
        complaints += subprocess.run([os.path.join(VM, "klog"), LOG], stdout=subprocess.PIPE,
                                     check=False, encoding="utf-8", errors="replace").stdout
        if all(enough(best, name) for name in NAMES):
            break
    results = [(f"native TCP beside atcp keeps {LEAST:.0%} of its speed: {name}",
                enough(best, name)) for name in NAMES]
    results.append(("the kernel has not complained", not complaints))
    for line in complaints.splitlines():
        print(f"# {line}")
    for number, (text, good) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} {text}")
    return 0 if all(good for _, good in results) else 1


if __name__ == "__main__":
    sys.exit(main())
