# SPDX-License-Identifier: GPL-2.0-only
"""What there is of atcp's in the kernel, in all namespaces, and that nothing is left of it."""

import os
import re

import lab

SLABS = "/sys/kernel/slab"

# Pages that a CPU may hold back, or owe, in the accounting of a protocol's memory.
CPU_RESERVE = 256


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


def memory():
    """Of all sockets together: (pages of their buffers, do they save memory?)."""
    with open("/proc/net/protocols", encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words[0] == "ATCP":
                return int(words[3]), words[4] == "yes"
    raise lab.Failure("/proc/net/protocols does not know atcp")


def gone():
    """No connection, no record, no object and no memory of atcp's is left."""
    pages, pressure = memory()
    return (not connections() and not any(caches().values()) and not pressure and
            abs(pages) <= CPU_RESERVE * os.cpu_count())


def nothing():
    """Wait until it has gone."""
    try:
        lab.until(gone, "something is left")
    except lab.Failure as failure:
        raise lab.Failure(f"{failure}: {caches()} {memory()} {connections()[:5]}") from failure
