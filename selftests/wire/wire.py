# SPDX-License-Identifier: GPL-2.0-only
"""A network of two hosts: the one under test is this machine, the other is us.

A TUN device in a network namespace of its own joins them: what is written to it
arrives at the machine, what the machine sends is read from it.
"""

import ctypes
import fcntl
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time

import packet

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import netlink  # noqa: E402  pylint: disable=wrong-import-position

LOCAL = {4: "10.9.0.1", 6: "fd00:9::1"}
REMOTE = {4: "10.9.0.2", 6: "fd00:9::2"}
ROUTES = {4: "10.9.0.0/24", 6: "fd00:9::/64"}

AF_ATCP = 18
CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454ca
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x1000, 0x4000

# No answer takes that long, however busy the machine is.
PATIENCE = 20

# So that no timer sends what a test did not ask for, however long the machine stood still.
QUIET_RTO_MS = 30000

# The same setting of the two families, where the names differ by more than tcp_.
ATCP_NAMES = {}
NATIVE_ONLY = {"tcp_recovery", "tcp_autocorking",
               "tcp_challenge_ack_limit", "tcp_reordering"}


class Failure(Exception):
    """What was expected did not come."""


def enter_namespace():
    """This process gets a network of its own."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def open_tun(name, flags=0):
    """A TUN device; its file carries bare IP packets."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(),
                                           IFF_TUN | IFF_NO_PI | flags))
    return fd


def ip(*commands):
    """Several commands of ip(8) in one process."""
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands), check=True,
                   encoding="ascii", stdout=subprocess.DEVNULL)


class Wire:
    """The network, the family under test, and a log of all that was sent."""

    def __init__(self, family, version, rng=None):
        self.family = family
        self.version = version
        self.rng = rng or random.Random(1)
        self.local = packet.address(LOCAL[version])
        self.remote = packet.address(REMOTE[version])
        self.log = []
        self.started = time.monotonic()
        self.echo = 0
        self.pending = []
        self.icmp = []
        self.ports = iter(range(40000 + self.rng.randrange(10000), 65536))
        # what is injected waits in a queue of the CPU: on another it could be overtaken
        cpus = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cpus[os.getpid() % len(cpus)]})
        enter_namespace()
        self.netns = os.stat("/proc/self/ns/net").st_ino
        self.fd = open_tun("wire0")
        netlink.link_up("lo")
        netlink.link_up("wire0", 1500)
        netlink.add_address("wire0", f"{LOCAL[4]}/24", netlink.IFA_F_NOPREFIXROUTE)
        netlink.add_address("wire0", f"{LOCAL[6]}/64",
                            netlink.IFA_F_NODAD | netlink.IFA_F_NOPREFIXROUTE)
        netlink.await_local6(LOCAL[6], PATIENCE)
        self._route(QUIET_RTO_MS)
        self._settle()

    def _settle(self):
        """No timer and no heuristic of the machine's is to disturb a test."""
        if self.family == "atcp":
            self.rto_min(QUIET_RTO_MS)
        self.sysctl("tcp_invalid_ratelimit", 0)
        for name, value in (("tcp_early_retrans", 0), ("tcp_recovery", 0),
                            ("tcp_autocorking", 0), ("tcp_syncookies", 0)):
            self.sysctl(name, value)

    # settings

    def sysctl(self, name, value):
        """A setting of net.ipv4, or its counterpart of net.atcp."""
        if self.family == "atcp":
            if name in NATIVE_ONLY:
                return
            path = "atcp/" + ATCP_NAMES.get(name, name.removeprefix("tcp_"))
        else:
            path = "ipv4/" + name
        with open("/proc/sys/net/" + path, "w", encoding="ascii") as file:
            file.write(str(value))

    def rto_min(self, ms):
        """The least retransmission timeout."""
        if self.family == "atcp":
            self.sysctl("rto_min_us", ms * 1000)
        else:
            self._route(ms)

    def _route(self, ms):
        """Native TCP finds the least timeout in its route."""
        for version in (4, 6):
            netlink.replace_route(ROUTES[version], "wire0", rto_min_ms=ms)

    # sockets of the family under test

    def socket(self):
        """Addresses are of AF_INET and AF_INET6 in either family, and so Python's."""
        inet = socket.AF_INET if self.version == 4 else socket.AF_INET6
        if self.family == "native":
            sock = socket.socket(inet, socket.SOCK_STREAM)
        else:
            raw = socket.socket(AF_ATCP, socket.SOCK_STREAM, self.version == 6)
            sock = socket.socket(inet, socket.SOCK_STREAM, 0, fileno=raw.detach())
        sock.settimeout(PATIENCE)
        return sock

    def listen(self, port, backlog=16, options=()):
        """A listener; `options` as of setsockopt()."""
        sock = self.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for option in options:
            sock.setsockopt(*option)
        sock.bind((LOCAL[self.version], port))
        sock.listen(backlog)
        return sock

    def start_connect(self, port, options=(), local_port=0):
        """A socket in SYN_SENT."""
        sock = self.socket()
        for option in options:
            sock.setsockopt(*option)
        if local_port:
            sock.bind((LOCAL[self.version], local_port))
        sock.setblocking(False)
        try:
            sock.connect((REMOTE[self.version], port))
        except BlockingIOError:
            pass
        sock.settimeout(PATIENCE)
        return sock

    # packets

    def note(self, direction, text):
        """For the log that is shown when a test fails."""
        self.log.append(f"{time.monotonic() - self.started:9.4f} {direction} {text}")

    def inject(self, data):
        """A packet arrives at the machine."""
        os.write(self.fd, data)

    def inject_in_pieces(self, data, linear):
        """One arrives of which no more than the first bytes are in one piece of memory, as from
        a network card. That is for packets of more than a page."""
        fd = open_tun("wire1", IFF_VNET_HDR)
        netlink.link_up("wire1")
        # struct virtio_net_hdr: no offloads, and the length of what is kept together
        os.write(fd, struct.pack("=BBHHHH", 0, 0, linear, 0, 0, 0) + data)
        os.close(fd)

    def read(self, timeout):
        """The next packet that the machine sends, taken apart; None if none comes."""
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            if not select.select([self.fd], [], [], max(left, 0))[0]:
                return None
            found = packet.unpack_ip(os.read(self.fd, 65536))
            if self._concerns(found):
                return found

    def _concerns(self, found):
        """Neighbours and routers are looked for on this wire in vain."""
        if found.proto == packet.ICMPV6:
            return found.payload[0] in (1, 2, 3, 4, 129)
        return found.proto in (packet.TCP, packet.ICMP)

    def next_segment(self, timeout=PATIENCE):
        """The next TCP segment, or None. Other packets go to self.icmp."""
        if self.pending:
            return self.pending.pop(0)
        deadline = time.monotonic() + timeout
        while (found := self.read(deadline - time.monotonic())) is not None:
            if found.proto == packet.TCP:
                return packet.unpack_segment(found)
            self.icmp.append(found)
        return None

    def answers(self):
        """The segments that the machine has sent up to now: what it sends at once as an answer
        comes before its answer to an echo request."""
        self.echo = (self.echo + 1) & 0xffff
        ident = self.echo
        self.inject(packet.pack_echo(self.remote, self.local, ident))
        found, self.pending = self.pending, []
        while (got := self.read(PATIENCE)) is not None:
            if packet.is_echo_reply(got, ident):
                return found
            if got.proto == packet.TCP:
                found.append(packet.unpack_segment(got))
            else:
                self.icmp.append(got)
        raise Failure("the machine does not answer an echo request")
