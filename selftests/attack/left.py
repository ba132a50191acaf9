# SPDX-License-Identifier: GPL-2.0-only
"""Hosts under attack: what is left of atcp's afterwards, and what the kernel says of it."""

import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "beside"))

import lab  # noqa: E402

SLABS = "/sys/kernel/slab"
KLOG = os.path.join(lab.TREE, "selftests", "vm", "klog")
NET = ("attack-a", "attack-b")

# An attack may have put a lot in the way of what ends it.
PATIENCE = 240


def objects(name):
    """Objects in use of a slab cache."""
    path = f"{SLABS}/{name}"
    with open(f"{path}/shrink", "w", encoding="ascii") as file:
        file.write("1")
    with open(f"{path}/objects", encoding="ascii") as file:
        return int(file.read().split()[0])


def caches():
    """Those of atcp with what is in use of each; the guest's kernel is told not to merge."""
    names = sorted(name for name in os.listdir(SLABS)
                   if re.match(r"(?i)atcp", name) and not os.path.islink(f"{SLABS}/{name}"))
    lab.check(names, "atcp's slab caches cannot be seen")
    return {name: objects(name) for name in names}


def connections():
    """Lines of debugfs, of all namespaces."""
    with open("/sys/kernel/debug/atcp/connections", encoding="ascii") as file:
        return file.read().splitlines()


def states():
    """How many connections are in each state."""
    found = {}
    for line in connections():
        name = re.search(r"state=(\w+)", line)[1]
        found[name] = found.get(name, 0) + 1
    return found


def nothing():
    """No connection, no record and no object of atcp's is left."""
    def gone():
        return not connections() and not any(caches().values())
    try:
        lab.until(gone, "something is left", PATIENCE)
    except lab.Failure as failure:
        raise lab.Failure(f"{failure}: {caches()} {connections()[:5]}") from failure


def quiet():
    """The kernel has not complained since the boot."""
    with tempfile.NamedTemporaryFile() as log:
        subprocess.run(["dmesg"], stdout=log, check=True)
        said = lab.run(KLOG, log.name, status=None)
    lab.equal(said.strip()[:1000], "", "what the kernel says")


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
