#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every pair of families over IPv4 and IPv6, over networks with one trouble each.

Each pair moves data both ways at once and half-closes. A host in the middle sees all that
either end sends, before netem has its way with it; tshark reads that.
"""

import argparse
import contextlib
import itertools
import os
import random
import shutil
import socket
import sys
import tempfile

import capture
import lab
import tshark

CLIENT, MIDDLE, SERVER = NET = ("beside-c", "beside-r", "beside-s")
DEVICES = ((CLIENT, "eth0"), (MIDDLE, "west"), (MIDDLE, "east"), (SERVER, "eth0"))
ETHERNET = 1500
# both headers
IPV6_TCP = 60
# all of one direction fits into the ring of a veth
SMALL = 200000
# what the server has to say after the client's FIN
HELD = 30000
# in one cell's packets, netem surely does what it does to one in a hundred
LARGE = 400000
# and in one row's what it does to one in a thousand
HUGE = 1000000
# A debug kernel sees every network, but only one cell of each: it takes several times as long,
# and tshark with it.
ONLY = bool(os.environ.get("ATCP_ONLY"))
# Few packets have to meet with trouble, too.
PERCENT = 2 if ONLY else 1

# What tshark may say where nothing is wrong: how far a reader is behind its sender.
FLOW = {"window_update", "window_full", "zero_window"}
# and where a SYN comes twice, or the last ACK
DOUBLED = FLOW | {"duplicate_ack", "dsack", "handshake_again", "late_reset"}
# of what the sender sent: a lost segment is not missing there, but a lost window update may be
LOST = DOUBLED | {"retransmission", "fast_retransmission", "spurious_retransmission",
                  "out_of_order", "zero_window_probe", "zero_window_probe_ack", "keep_alive",
                  "keep_alive_ack"}

PLAIN = dict.fromkeys(("client", "middle", "server"), "tx off tso off gso off gro off")
DEFAULT = PLAIN | dict.fromkeys(("client", "server"), "tx on tso on gso on gro off")
# the client makes large ones, and so does the middle of what the server sends
LARGER = {"client": "tx on tso on gso on gro on", "middle": "tx off tso off gso off gro on",
          "server": "tx off tso off gso off gro on"}


class Row:
    """One network."""

    def __init__(self, name, *, netem="", does="", allowed=frozenset(FLOW), size=SMALL,
                 mtu=ETHERNET, mss=0, offloads=PLAIN, versions=(4, 6)):
        self.name, self.netem, self.does, self.allowed = name, netem, does, allowed
        self.size, self.mtu, self.mss, self.offloads = size, mtu, mss, offloads
        self.versions = versions
        self.cells = {}

    def __str__(self):
        words = [self.netem and f"netem {self.netem}", self.mtu != ETHERNET and f"MTU {self.mtu}",
                 self.mss and f"MSS {self.mss}"]
        if not any(words):
            words = [", ".join(f"{k} {v}" for k, v in self.offloads.items())]
        return ", ".join(filter(None, words))


# IPv6 has no MTU below 1280: segments as small as IPv4's have to do.
ROWS = (
    Row("gso_gro_off"),
    Row("loss", netem=f"loss {PERCENT}%", does="lost", allowed=LOST, size=LARGE),
    Row("burst", netem=f"loss gemodel {PERCENT}% 30%", does="lost", allowed=LOST, size=LARGE),
    Row("reorder", netem="delay 3ms reorder 10%", does="late", allowed=LOST, size=LARGE),
    Row("duplicate", netem=f"duplicate {PERCENT}%", does="doubled", allowed=DOUBLED, size=LARGE),
    Row("corrupt", netem=f"corrupt {PERCENT if ONLY else 0.1}%", does="damaged", allowed=LOST,
        size=LARGE if ONLY else HUGE),
    Row("clean", offloads=DEFAULT),
    Row("gso_gro_on", offloads=LARGER),
    Row("mtu_9000", mtu=9000),
    Row("mtu_1280", mtu=1280),
    Row("mss_516", mss=516, versions=(6,)),
    Row("mtu_576", mtu=576, versions=(4,)),
)


def offloads(row):
    """Of all devices of the way."""
    for (ns, device), host in zip(DEVICES, ("client", "middle", "middle", "server")):
        lab.run("ethtool", "-K", device, *row.offloads[host].split(), ns=ns)


def timers(row):
    """Where netem takes nothing away, no timer is right to send anything again: a guest that
    stands still for a moment must not look like a loss."""
    patient = not LOST <= row.allowed
    for ns in (CLIENT, SERVER):
        for path, name, value in (("net/ipv4", "tcp_early_retrans", 0 if patient else 3),
                                  ("net/atcp", "early_retrans", 0 if patient else 3),
                                  ("net/atcp", "rto_min_us", 60000000 if patient else 200000)):
            lab.sysctl(ns, f"{path}/{name}", value)
        for version in (4, 6):
            gateway = lab.address(*((1, 2) if ns == CLIENT else (2, 1)), version)
            lab.run("ip", f"-{version}", "-netns", ns, "route", "replace", "default", "via",
                    gateway, *(("rto_min", "60s") if patient else ()))


def enter(row, before):
    """The network is that of `row` from now on."""
    if not before or before.offloads != row.offloads:
        offloads(row)
    if not before or (LOST <= before.allowed) != (LOST <= row.allowed):
        timers(row)
    for ns, device in DEVICES:
        if row.mtu != (before.mtu if before else ETHERNET):
            lab.run("ip", "-netns", ns, "link", "set", device, "mtu", str(row.mtu))
        if ns == MIDDLE and (row.netem or (before and before.netem)):
            words = ["replace", *f"dev {device} root netem limit 10000 {row.netem}".split()]
            lab.run("tc", "-netns", ns, "qdisc",
                    *(words if row.netem else ["delete", "dev", device, "root"]))


@contextlib.contextmanager
def steps():
    """netem's bursts end with a number of packets, not with time: without these, a connection
    that waits for its timer between them could send one of them after the other into a burst."""
    with lab.background("ping", "-q", "-i", "0.05", lab.address(2, 2), ns=CLIENT) as process:
        try:
            yield
        finally:
            process.kill()


def pair(client, server, version, port, mss):
    """Both ends of a connection."""
    with lab.listen(SERVER, server, version, port) as lsock:
        one = lab.make(CLIENT, client, version)
        for sock in (one, lsock) if mss else ():
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
        one.connect((lab.address(2, 2, version), port))
        two, _ = lsock.accept()
    two.settimeout(lab.PATIENCE)
    return one, two


def cell(row, port, client, server, version):
    """One pair as a test."""
    def function():
        lab.exchange(*pair(client, server, version, port, row.mss), row.size,
                     random.Random(SEED + port), HELD)
    function.__name__ = f"{row.name}_{client}_to_{server}_v{version}"
    row.cells[port] = function.__name__
    return f"{row.size} bytes each way, half-closed, {row}", function


def cells(row):
    """(client's family, server's, version) of all; ATCP_ONLY: one with atcp in it."""
    found = list(itertools.product(lab.FAMILIES, lab.FAMILIES, row.versions))
    if not ONLY:
        return found
    ours = [one for one in found if "atcp" in one[:2]]
    return [ours[ROWS.index(row) % len(ours)]]


def observed(row, seen, original):
    """The network was what it should be; `original` is what the ends sent."""
    if row.does:
        struck = seen.struck()
        print(f"# {row.name}: {len(seen.came)} packets; netem: {dict(struck)}")
        lab.check(struck[row.does], f"netem has {row.does} nothing: {dict(struck)}")
    larger = {f.device for f in seen.came if capture.length(f.packet) > row.mtu}
    lab.equal(len(larger), 0 if row.offloads is PLAIN else 2,
              "devices at which packets larger than the MTU came in")
    largest = max(capture.length(f.packet) for f in original)
    lab.equal(largest, IPV6_TCP + row.mss if row.mss else row.mtu, "the largest packet")


def judged(row, found):
    """tshark's word for each connection of the row."""
    wrong = []
    for port, name in row.cells.items():
        flags = {flag: n for flag, n in found[port].items() if n and flag != "packets"}
        allowed = row.allowed
        # no setting of native TCP's keeps a host that stands still for a second from it
        if flags.get("handshake_again"):
            allowed = allowed | DOUBLED
        print(f"# {name}: {found[port]['packets']} packets {flags or ''}")
        # every byte of it has passed
        if found[port]["packets"] * row.mtu < 2 * row.size:
            wrong.append(f"{name}: {found[port]['packets']} packets are too few")
        wrong += [f"{name}: {n} {flag}" for flag, n in flags.items() if flag not in allowed]
    lab.check(not wrong, "; ".join(wrong))


class Matrix:
    """The rows as tests: the cells, what came of the network, what tshark says of it."""

    def __init__(self, rows, directory):
        self.rows, self.frames, self.found = rows, [], None
        self.path = os.path.join(directory, "capture")
        self.judged = os.path.join(directory, "judged")
        self.running, self.before = contextlib.ExitStack(), None

    def start(self, row, function):
        """A row's first cell."""
        def started():
            enter(row, self.before)
            self.before = row
            self.running.enter_context(capture.running(MIDDLE, self.path))
            if row.netem:
                self.running.enter_context(steps())
            function()
        started.__name__ = function.__name__
        return started

    def network(self, row):
        """After a row's last cell. What middle sends is as the ends had it in rows without
        netem, and its checksums are real where theirs are the device's; with netem what
        comes in is."""
        self.running.close()
        seen = capture.Seen(self.path)
        os.remove(self.path)
        original = seen.came if row.netem else seen.left
        self.frames += original
        observed(row, seen, original)

    def analysis(self, row):
        """tshark starts slowly: it reads all captures at once."""
        if self.found is None:
            capture.write(self.judged, self.frames)
            self.found = {}
            ports = [port for row in self.rows for port in row.cells]
            self.found = tshark.read(self.judged, ports)
        lab.check(self.found, "tshark has failed")
        try:
            judged(row, self.found)
        except lab.Failure:
            # for who wants to know why; a directory of the host's
            if "ATCP_OUT" in os.environ:
                shutil.copy(self.judged, os.path.join(os.environ["ATCP_OUT"], "matrix.pcap"))
            raise

    def add(self, row, cells):
        """Tests of one row, but for tshark's."""
        for number, (text, function) in enumerate(cells):
            lab.test(text)(self.start(row, function) if number == 0 else function)

        def network():
            self.network(row)
        network.__name__ = f"{row.name}_network"
        lab.test(f"all was seen, and the network was: {row}")(network)

    def add_analysis(self, row):
        """The last one of a row."""
        def analysis():
            self.analysis(row)
        analysis.__name__ = f"{row.name}_tshark"
        lab.test("no malformed segment, no bad checksum, beyond that nothing but "
                 + ", ".join(sorted(row.allowed)))(analysis)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW",
                        help=f"of {' '.join(row.name for row in ROWS)} (default: all)")
    names = parser.parse_args().rows
    rows = [row for row in ROWS if row.name in names or not names]
    directory = tempfile.mkdtemp()
    matrix = Matrix(rows, directory)
    ports = itertools.count(20000)
    for row in rows:
        matrix.add(row, [cell(row, next(ports), *one) for one in cells(row)])
    for row in rows:
        matrix.add_analysis(row)
    lab.router(*NET)
    lab.run("sysctl", "-q", "net.core.netdev_max_backlog=100000")
    sys.argv[1:] = []
    try:
        lab.main(NET)
    finally:
        shutil.rmtree(directory)


SEED = random.SystemRandom().randrange(1 << 31)
print(f"# seed {SEED}")
main()
