# SPDX-License-Identifier: GPL-2.0-only
"""Hosts under attack: what is left of atcp's afterwards, and what the kernel says of it."""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "beside"))

import lab  # noqa: E402
from leftovers import caches, nothing, states  # noqa: E402,F401

KLOG = os.path.join(lab.TREE, "selftests", "vm", "klog")
NET = ("attack-a", "attack-b")
# On a debug kernel every step takes several times as long and is watched more closely: what goes
# on for as long as wanted goes on for a part of it.
SHARE = 4 if os.environ.get("ATCP_ONLY") else 1


def share(amount):
    """Of seconds, rounds or segments that a test is asked for."""
    return -(-amount // SHARE)


def quiet():
    """The kernel has not complained since the boot."""
    with tempfile.NamedTemporaryFile() as log:
        subprocess.run(["dmesg"], stdout=log, check=True)
        said = lab.run(KLOG, log.name, status=None)
    lab.equal(said.strip()[:1000], "", "what the kernel says")


def behind():
    """Nothing is left behind, and the kernel has not complained."""
    nothing()
    quiet()


def settings(ns, **values):
    """Of net.atcp."""
    for name, value in values.items():
        lab.sysctl(ns, f"net/atcp/{name}", value)


def program(name):
    """The path of one of ours."""
    path = os.path.join(HERE, name)
    lab.check(os.access(path, os.X_OK), f"{name} is not built: run make")
    return path


def attack(ns, *command):
    """Run a program of ours to its end and show what it says."""
    said = lab.run(program(command[0]), *command[1:], ns=ns, status=None)
    for line in said.splitlines():
        print(line if line.startswith("#") else f"# {line}", flush=True)
    lab.check("\ndone" in f"\n{said}", f"{command[0]} has not come to its end")
    return said
