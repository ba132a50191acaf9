#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A namespace that goes takes all of atcp's with it: connections, records, timers."""

import signal
import subprocess
import sys

import lab
import leftovers

NET = ("beside-a", "beside-b")


def populate():
    """In a process of its own: every kind of connection, in both namespaces. Prints a line, waits
    to be killed."""
    held = []
    for version in (4, 6):
        where = lab.address(1, 2, version)
        # a listener of IPv6 is one of IPv4 as well
        base = 80 + 100 * version
        # idle
        held += lab.pair((NET[0], "atcp"), (NET[1], "atcp"), where, version, base)
        # in TIME_WAIT, for a minute
        one, two = lab.pair((NET[0], "atcp"), (NET[1], "atcp"), where, version, base + 1)
        one.shutdown(1)
        two.recv(1)
        two.close()
        one.recv(1)
        one.close()
        # with more queued than the peer takes: a probe timer runs
        one, two = lab.pair((NET[0], "atcp"), (NET[1], "atcp"), where, version, base + 2)
        one.setblocking(False)
        try:
            while one.send(bytes(65536)):
                pass
        except BlockingIOError:
            pass
        held += [one, two]
        # the peer does not exist
        sock = lab.make(NET[0], "atcp", version)
        sock.setblocking(False)
        sock.connect_ex((lab.address(1, 99, version), 80))
        held.append(sock)
        # not accepted
        held.append(lab.listen(NET[1], "atcp", version, base + 3))
        held.append(lab.connect(NET[0], "atcp", version, where, base + 3))
        # half closed, its user gone: FIN_WAIT_2
        one, two = lab.pair((NET[0], "atcp"), (NET[1], "atcp"), where, version, base + 4)
        one.close()
        two.recv(1)
        held.append(two)
    print("ready", flush=True)
    signal.pause()


def populated():
    """A process that runs populate()."""
    process = subprocess.Popen([sys.executable, __file__, "--populate"], stdout=subprocess.PIPE,
                               encoding="ascii")
    lab.equal(process.stdout.readline().strip(), "ready", "what the other process says")
    return process


def namespaces_gone():
    """The kernel gives back the memory of the namespaces that it has ended in one go, both of ours
    perhaps, when it ends the next: one of our making, which then is the only one left."""
    lab.run("unshare", "--net", "true")
    try:
        # one after the other: two of them would be two
        return lab.until(lambda: leftovers.objects("net_namespace") <= 1, "more than one", 10)
    except lab.Failure:
        return False


def scene(kill_first, cut):
    """Namespaces with all kinds of connections are deleted."""
    lab.hosts(*NET)
    lab.cable(*NET, 1)
    # who connects to a host without an address on the wire soon hears that there is none
    for version in (4, 6):
        lab.run("ip", "-netns", NET[0], "neigh", "add", lab.address(1, 99, version), "lladdr",
                "02:00:00:00:00:63", "dev", "eth0", "nud", "permanent")
    process = populated()
    lab.until(lambda: {"ESTABLISHED", "TIME_WAIT", "SYN_SENT", "LISTEN",
                       "FIN_WAIT_2"} <= set(leftovers.states()), "not every state")
    if cut:
        # what the end of the process sends does not arrive: orphans with running timers
        lab.run("ip", "-netns", NET[0], "link", "set", "eth0", "down")
    if kill_first:
        process.kill()
        process.wait()
        lab.remove(*NET)
    else:
        lab.remove(*NET)
        process.kill()
        process.wait()
    process.stdout.close()
    leftovers.nothing()
    lab.until(namespaces_gone, "the namespaces live")


@lab.test("the cable is cut, the process is killed, then the namespaces go: orphans with timers")
def orphans():
    scene(True, True)


@lab.test("the names of the namespaces go first, then the process that holds the sockets")
def names_first():
    scene(False, False)


@lab.test("the process is killed, then the namespaces go")
def process_first():
    scene(True, False)


@lab.test("the caches' numbers can be seen at all")
def visible():
    lab.hosts(*NET)
    lab.cable(*NET, 1)
    one, two = lab.pair((NET[0], "atcp"), (NET[1], "atcp"), lab.address(1, 2))
    caches = leftovers.caches()
    lab.check(any(caches.values()), f"caches of atcp: {caches}")
    one.close()
    two.close()
    lab.remove(*NET)
    leftovers.nothing()


if sys.argv[1:] == ["--populate"]:
    populate()
else:
    lab.main(NET)
