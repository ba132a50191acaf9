#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Loading and unloading, beside live traffic, again and again. Needs a guest of its own."""

import argparse
import os
import socket
import sys
import threading

import lab

NET = ("beside-a", "beside-b")
# where the guest has it from
MODULE = "/run/vm/atcp.ko"

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=100)
ROUNDS = parser.parse_args().rounds
sys.argv[1:] = []


def loaded():
    """Is the module there?"""
    return os.path.exists("/sys/module/atcp")


def remove_module(status=0):
    """rmmod, which is refused with EBUSY or EAGAIN while something holds the module."""
    return lab.run("rmmod", "atcp", status=status)


def module_state():
    """Of /proc/modules."""
    with open("/proc/modules", encoding="ascii") as file:
        return "".join(line for line in file if line.startswith("atcp "))


def load():
    """If it is not there."""
    if not loaded():
        lab.run("insmod", MODULE)


def time_wait(count, version=4):
    """Connections that atcp leaves in TIME_WAIT."""
    with lab.listen(NET[1], "native", version, 80) as lsock:
        for _ in range(count):
            one = lab.connect(NET[0], "atcp", version, lab.address(1, 2, version), 80)
            two, _ = lsock.accept()
            one.shutdown(socket.SHUT_WR)
            lab.equal(two.recv(1), b"", "end of data")
            two.close()
            lab.equal(one.recv(1), b"", "end of data")
            one.close()


def in_time_wait():
    """How many of them there are."""
    with open("/sys/kernel/debug/atcp/connections", encoding="ascii") as file:
        return sum("state=TIME_WAIT" in line for line in file)


def traces():
    """What a module could leave behind."""
    found = []
    for path, word in (("/proc/modules", "atcp"), ("/proc/slabinfo", "atcp"),
                       ("/proc/net/protocols", "ATCP"), ("/proc/kallsyms", "[atcp]"),
                       ("/proc/vmallocinfo", "[atcp]"), ("/proc/timer_list", "atcp_")):
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                found += [f"{path}: {line.strip()}" for line in file if word in line][:3]
    for path in ("/sys/kernel/debug/atcp", "/proc/sys/net/atcp", "/proc/net/atcp_stat",
                 "/sys/module/atcp", "/sys/kernel/tracing/events/atcp"):
        if os.path.exists(path):
            found.append(path)
    return found


@lab.test("rmmod is refused while a socket is open, and connections live on")
def refused():
    load()
    one, two = lab.pair((NET[0], "atcp"), (NET[1], "atcp"), lab.address(1, 2))
    remove_module(status=1)
    lab.check(loaded(), "the module is still there")
    lab.exchange(one, two, 10000)
    for version in (4, 6):
        sock = lab.make(NET[0], "atcp", version)
        remove_module(status=1)
        sock.close()


@lab.test("rmmod succeeds with connections in TIME_WAIT")
def in_timewait():
    load()
    before = in_time_wait()
    for version in (4, 6):
        time_wait(20, version)
    lab.equal(in_time_wait() - before, 40, "connections in TIME_WAIT")
    remove_module()
    lab.check(not loaded(), "the module has gone")
    lab.equal(traces(), [], "what it has left behind")
    load()


@lab.test("rmmod succeeds while native traffic and stray segments pass")
def with_traffic():
    load()
    stop = threading.Event()
    problems = []

    def traffic():
        try:
            while not stop.is_set():
                for version in (4, 6):
                    one, two = lab.pair((NET[0], "native"), (NET[1], "native"),
                                        lab.address(1, 2, version), version, 8000)
                    lab.exchange(one, two, 50000)
        except Exception as error:
            problems.append(error)

    thread = threading.Thread(target=traffic)
    thread.start()
    try:
        for _ in range(5):
            load()
            time_wait(2)
            remove_module()
    finally:
        stop.set()
        thread.join()
    lab.equal(problems, [], "what was wrong with native TCP")
    load()


@lab.test("rmmod waits for what is still in the queue of a device, and ends when that has gone")
def queued():
    load()
    queue = ("dev", "eth0", "root", "plug")
    lab.run("tc", "qdisc", "add", *queue, "limit", "1000000", ns=NET[0])
    lab.sysctl(NET[0], "net/atcp/limit_output_bytes", 1)
    lab.run("tc", "qdisc", "change", *queue, "release_indefinite", ns=NET[0])
    one, two = lab.pair((NET[0], "atcp"), (NET[1], "native"), lab.address(1, 2))
    lab.run("tc", "qdisc", "change", *queue, "block", ns=NET[0])
    one.send(bytes(100000))
    one.close()
    with lab.background("rmmod", "atcp") as process:
        lab.until(lambda: "Unloading" in module_state(), "the module is not on its way")
        lab.check(process.poll() is None, "it waits")
        lab.run("tc", "qdisc", "del", "dev", "eth0", "root", ns=NET[0])
        lab.equal(process.wait(), 0, "status of rmmod")
    lab.equal(traces(), [], "what it has left behind")
    two.close()
    load()


@lab.test(f"{ROUNDS} rounds of insmod, traffic, rmmod leave nothing behind")
def rounds():
    load()
    remove_module()
    for number in range(ROUNDS):
        load()
        version = 4 if number % 2 else 6
        families = (("atcp", "atcp"), ("atcp", "native"), ("native", "atcp"))[number % 3]
        one, two = lab.pair((NET[0], families[0]), (NET[1], families[1]),
                            lab.address(1, 2, version), version, 6000 + number)
        lab.exchange(one, two, 20000)
        remove_module()
        lab.equal(traces(), [], f"what round {number} has left behind")
    load()


lab.hosts(*NET)
lab.cable(*NET, 1)
lab.main(NET)
