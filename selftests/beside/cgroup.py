#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The memory of sockets is charged to a control group: of who connects, and of who listens."""

import contextlib
import fcntl
import os
import struct
import termios

import lab

NET = ("beside-a", "beside-b")
ROOT = "/sys/fs/cgroup"
GROUP = os.path.join(ROOT, "beside")
PORTS = iter(range(5000, 6000))
# less than any buffer, and more than pages that are charged in advance
SIZE = 60000


def write(path, text):
    """To a file of a control group."""
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


@contextlib.contextmanager
def member():
    """This process is in the group."""
    write(f"{GROUP}/cgroup.procs", str(os.getpid()))
    try:
        yield
    finally:
        write(f"{ROOT}/cgroup.procs", str(os.getpid()))


def charged():
    """Bytes of the group's sockets."""
    with open(f"{GROUP}/memory.stat", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("sock "))


def waiting(sock, what):
    """Bytes that a socket has to read, or has not had acknowledged."""
    return struct.unpack("=i", fcntl.ioctl(sock, what, bytes(4)))[0]


def held_and_freed(one, two):
    """What nobody reads is charged to the group, and given back with the sockets."""
    lab.equal(charged() < SIZE, True, "little is charged before")
    one.sendall(bytes(SIZE))
    lab.until(lambda: waiting(two, termios.FIONREAD) == SIZE, "not all of it has come")
    # the kernel sums up what its CPUs have counted every few seconds
    lab.until(lambda: charged() >= SIZE, f"fewer than {SIZE} bytes are charged")
    one.close()
    two.close()
    lab.until(lambda: not charged(), "something is charged")


def server(family, version):
    """what a server has not read is charged to its control group"""
    port = next(PORTS)
    with member():
        lsock = lab.listen(NET[1], family, version, port)
    one = lab.connect(NET[0], family, version, lab.address(1, 2, version), port)
    with member(), lsock:
        two, _ = lsock.accept()
    held_and_freed(one, two)


def client(family, version):
    """what a client has not read is charged to its control group"""
    port = next(PORTS)
    with lab.listen(NET[1], family, version, port) as lsock:
        with member():
            two = lab.connect(NET[0], family, version, lab.address(1, 2, version), port)
        one, _ = lsock.accept()
    held_and_freed(one, two)


def remove():
    """The group, if there is one: it may take a moment to be empty."""
    if os.path.isdir(GROUP):
        os.rmdir(GROUP)


write(f"{ROOT}/cgroup.subtree_control", "+memory")
remove()
os.mkdir(GROUP)
lab.hosts(*NET)
lab.cable(*NET, 1)
for function in (server, client):
    for family in lab.FAMILIES:
        for version in (4, 6):
            def one_of(function=function, family=family, version=version):
                function(family, version)
            one_of.__name__ = f"{family}_{function.__name__}_{version}"
            lab.test(f"{family} IPv{version}: {function.__doc__}")(one_of)
lab.main(NET)
