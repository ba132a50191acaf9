# SPDX-License-Identifier: GPL-2.0-only
"""Hosts in network namespaces, sockets of either family in them, and KTAP."""

import contextlib
import ctypes
import hashlib
import os
import random
import re
import select
import socket
import subprocess
import sys
import time
import traceback

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(TREE, "selftests"))
import netlink  # noqa: E402  pylint: disable=wrong-import-position

AF_ATCP = 18
CLONE_NEWNET = 0x40000000
MS_BIND, MNT_DETACH = 0x1000, 2
NAMESPACES = "/run/netns"
LIBC = ctypes.CDLL(None, use_errno=True)
FAMILIES = ("native", "atcp")

# Nothing takes that long, however busy the machine is.
PATIENCE = 240

TESTS = []


class Failure(Exception):
    """What had to hold does not."""


def test(text):
    """A test: a function without arguments."""
    def add(function):
        TESTS.append((text, function))
        return function
    return add


def check(condition, text):
    """Fail with a reason."""
    if not condition:
        raise Failure(text)


def equal(found, wanted, text):
    """Fail and show both."""
    if found != wanted:
        raise Failure(f"{text}: {found!r}, not {wanted!r}")


def until(condition, text, patience=PATIENCE):
    """For what tells nobody when it happens: ask again and again. Returns what it says."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        check(time.monotonic() < deadline, f"after {patience} s still: {text}")
        time.sleep(0.05)
    return found


def libc(name, *arguments):
    """A call of the C library's that says by its result whether it has failed."""
    if getattr(LIBC, name)(*arguments):
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


@contextlib.contextmanager
def elsewhere(enter):
    """Whatever namespace enter() takes this thread to, it comes back at the end."""
    with open("/proc/thread-self/ns/net", "rb") as home:
        enter()
        try:
            yield
        finally:
            libc("setns", home.fileno(), CLONE_NEWNET)


def inside(ns):
    """This thread is in the namespace: sockets and processes that it makes are and stay in it.

    Far cheaper than ip(8)'s exec, which is one more program and mounts /sys anew.
    """
    def enter():
        with open(f"{NAMESPACES}/{ns}", "rb") as there:
            libc("setns", there.fileno(), CLONE_NEWNET)
    return elsewhere(enter)


def run(*command, ns=None, text=None, status=0):
    """A command's output; it must end with `status`, unless that is None."""
    with inside(ns) if ns else contextlib.nullcontext():
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")
    if status is not None and done.returncode != status:
        raise Failure(f"{' '.join(command)}: status {done.returncode}: {done.stdout.strip()}")
    return done.stdout


def counters(ns, family):
    """Of /proc/net/snmp and netstat, or of atcp_stat, by name."""
    names = ["atcp_stat"] if family == "atcp" else ["snmp", "netstat"]
    found = {}
    with inside(ns):
        for name in names:
            with open(f"/proc/thread-self/net/{name}", encoding="ascii") as file:
                lines = [line.split() for line in file]
            for titles, values in zip(lines[::2], lines[1::2]):
                found.update(zip(titles[1:], map(int, values[1:])))
    return found


def sysctl(ns, name, value):
    """A setting below /proc/sys."""
    with inside(ns), open(f"/proc/sys/{name}", "w", encoding="ascii") as file:
        file.write(str(value))


def remove(*names):
    """Delete namespaces that may not exist."""
    for name in names:
        path = os.path.join(NAMESPACES, name)
        if os.path.exists(path):
            # one whose maker was killed in between is no mount
            LIBC.umount2(path.encode(), MNT_DETACH)
            os.unlink(path)


def hosts(*names):
    """Make namespaces anew, with names as ip(8) knows them."""
    remove(*names)
    os.makedirs(NAMESPACES, exist_ok=True)
    for name in names:
        path = os.path.join(NAMESPACES, name)
        with open(path, "x", encoding="ascii"), elsewhere(lambda: libc("unshare", CLONE_NEWNET)):
            libc("mount", b"/proc/thread-self/ns/net", path.encode(), None, MS_BIND, None)
            netlink.link_up("lo")


def cable(left, right, net, device="eth0", device2="eth0"):
    """Join two hosts by veth: 10.NET.0.1 and .2, fd00:NET::1 and ::2."""
    with inside(left), open(f"{NAMESPACES}/{right}", "rb") as other:
        netlink.add_veth(device, device2, other)
    for number, (ns, name) in enumerate(((left, device), (right, device2)), 1):
        with inside(ns):
            netlink.add_address(name, f"{address(net, number)}/24")
            netlink.add_address(name, f"{address(net, number, 6)}/64", netlink.IFA_F_NODAD)
            netlink.link_up(name)


def address(net, number, version=4):
    """Of a host on a cable."""
    return f"10.{net}.0.{number}" if version == 4 else f"fd00:{net}::{number}"


def router(client, middle, server):
    """client -- middle -- server, on nets 1 and 2. The router's devices are west and east."""
    hosts(client, middle, server)
    cable(client, middle, 1, device2="west")
    cable(middle, server, 2, device="east")
    for ns, gateway, net in ((client, 2, 1), (server, 1, 2)):
        with inside(ns):
            for version, network in ((4, "0.0.0.0/0"), (6, "::/0")):
                netlink.replace_route(network, gateway=address(net, gateway, version))
    sysctl(middle, "net/ipv4/ip_forward", 1)
    sysctl(middle, "net/ipv6/conf/all/forwarding", 1)


def make(ns, family, version):
    """A TCP socket of a family in a namespace; Python takes it for one of AF_INET(6)."""
    inet = socket.AF_INET if version == 4 else socket.AF_INET6
    with inside(ns):
        if family == "native":
            sock = socket.socket(inet, socket.SOCK_STREAM)
        else:
            raw = socket.socket(AF_ATCP, socket.SOCK_STREAM, version == 6)
            sock = socket.socket(inet, socket.SOCK_STREAM, 0, fileno=raw.detach())
    sock.settimeout(PATIENCE)
    return sock


def listen(ns, family, version, port, backlog=64):
    """On all addresses."""
    sock = make(ns, family, version)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("0.0.0.0" if version == 4 else "::", port))
    sock.listen(backlog)
    return sock


def connect(ns, family, version, where, port):
    """A connected socket."""
    sock = make(ns, family, version)
    sock.connect((where, port))
    return sock


def pair(client, server, where, version=4, port=80):
    """Both ends of a connection: `client` and `server` are (namespace, family)."""
    with listen(*server, version, port) as lsock:
        one = connect(*client, version, where, port)
        two, _ = lsock.accept()
    two.settimeout(PATIENCE)
    return one, two


class Stream:
    """One direction of a connection. Of the data, `held` bytes wait at the end."""

    def __init__(self, source, sink, data, held=0):
        self.source, self.sink, self.data = source, sink, data
        self.held = held
        self.sent = self.received = 0
        self.ended = False
        self.hash = hashlib.sha256()

    def write(self):
        """What goes without waiting; our FIN after the last byte."""
        end = min(self.sent + 65536, len(self.data) - self.held)
        self.sent += self.source.send(memoryview(self.data)[self.sent:end])
        if self.sent == len(self.data):
            self.source.shutdown(socket.SHUT_WR)

    def read(self):
        """What is there."""
        got = self.sink.recv(262144)
        self.received += len(got)
        self.hash.update(got)
        self.ended = not got

    def writable(self):
        """Whether there is something to write."""
        return self.sent < len(self.data) - self.held

    def verify(self):
        """All of it came, unchanged."""
        equal(self.received, len(self.data), "bytes that came")
        equal(self.hash.hexdigest(), hashlib.sha256(self.data).hexdigest(), "sha256")


def exchange(one, two, size, rng=random.Random(2), held=0):
    """Both ends send `size` bytes at once and then no more; both are closed.

    The last `held` bytes of `two` go when it has read to the end of what `one` sent.
    """
    streams = [Stream(one, two, rng.randbytes(size)),
               Stream(two, one, rng.randbytes(size), held)]
    for sock in (one, two):
        sock.setblocking(False)
    while not all(s.ended for s in streams):
        readers = {s.sink: s for s in streams if not s.ended}
        writers = {s.source: s for s in streams if s.writable()}
        ready = select.select(list(readers), list(writers), [], PATIENCE)
        check(ready[0] or ready[1], f"nothing moves: {[(s.sent, s.received) for s in streams]}")
        for sock in ready[0]:
            readers[sock].read()
        for sock in ready[1]:
            writers[sock].write()
        if streams[0].ended:
            streams[1].held = 0
    for sock in (one, two):
        sock.close()
    for stream in streams:
        stream.verify()


def background(*command, ns=None):
    """A process whose output is read by the caller; use with `with` and stop()."""
    with inside(ns) if ns else contextlib.nullcontext():
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, encoding="utf-8", errors="replace")


def wait_for(process, pattern):
    """Read a process's output until a line matches."""
    seen = []
    for line in process.stdout:
        if re.search(pattern, line):
            return
        seen.append(line)
    raise Failure(f"{process.args} ended without '{pattern}': {''.join(seen)[-500:]}")


def main(cleanup=()):
    """Of every test file; names of tests may be given. `cleanup` are namespaces."""
    chosen = [t for t in TESTS if len(sys.argv) == 1 or t[1].__name__ in sys.argv[1:]]
    print(f"KTAP version 1\n1..{len(chosen)}", flush=True)
    failed = 0
    for number, (text, function) in enumerate(chosen, 1):
        wrong = ""
        try:
            function()
        except (Failure, OSError) as error:
            where = traceback.extract_tb(error.__traceback__)[1:]
            lines = " ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in where)
            wrong = f"{type(error).__name__}: {error} (at {lines})"
        except Exception:
            wrong = traceback.format_exc()
        for line in wrong.splitlines():
            print(f"# {line}")
        print(f"{'not ok' if wrong else 'ok'} {number} {function.__name__}: {text}", flush=True)
        failed += bool(wrong)
    remove(*cleanup)
    sys.exit(1 if failed else 0)
