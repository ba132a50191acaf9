#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Native TCP and atcp in networks that lose packets: client -- router -- server, both ways by netem.

Both stacks are as they come, with the same congestion control; neither remembers its peers. Each
has its turn several times, in a network that is the same and has lost other packets. Nothing of it
depends on the machine in a guest whose clock counts instructions, and but little on the number of
those: the links are slow enough.

A line is

    BENCH name native=N atcp=N unit=U ratio=R

and above 1 atcp is better. What is sent again is counted by what netem lost at random. Rows that end
in -us have atcp's microsecond timers on, and timeouts that do not back off at first. The last line
counts what is below its target, and so does the exit status.
"""

import argparse
import collections
import json
import math
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "beside"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

CLIENT, MIDDLE, SERVER = NET = ("loss-c", "loss-r", "loss-s")
ADDRESS = lab.address(2, 2)
BLOCK = 16384
SENDERS = 64
TAIL_TOS = "0x10"
LOSSES = ("0.1", "1", "3", "5")

# A round trip of 2 ms; every timer that is as long as 200 ms because it always was, is not.
SHORT = "delay 1ms rate 50mbit limit 1000"
# A round trip of 1 ms, and nothing else that takes time: what timers take is all there is to see.
CLOSE = "delay 0.5ms limit 1000"
# Where a congestion window of a dozen segments is neither all of the link nor next to nothing of it.
LONG = "delay 5ms rate 20mbit limit 100"
# The same where so little is lost that a link of that rate would be full whatever a stack does.
WIDE = "delay 5ms rate 100mbit limit 400"
# One switch port: a packet of each sender fills it.
SHALLOW = "delay 1ms rate 50mbit limit 64"
LINK_KBIT = 50000

# A least timeout above the longest that an ACK is delayed where the round trip is short: 4 ms.
# Six timeouts in a row are over before the first of native TCP's would be, so they do not back off.
MICROSECONDS = {"rto_min_us": 5000, "linear_timeouts": 6}

# IPv4's and TCP's headers with timestamps; below the other length there is no data
HEADERS = 52
NO_DATA = 100

RULES = f"""
table ip loss {{
    counter lost {{ }}
    counter data {{ }}
    chain forward {{
        type filter hook forward priority 0;
        ip dscp {TAIL_TOS} counter name lost drop
        ip saddr {lab.address(1, 1)} meta length > {NO_DATA} counter name data
    }}
}}
"""

# What is printed: ratio is native's by atcp's where `less` is better
Result = collections.namedtuple("Result", "name native atcp unit less target")


class Run:
    """What one stack did in its turns."""

    def __init__(self):
        self.times = []
        self.again = 0
        self.lost = 0


class Row:
    """One network and one kind of traffic in it."""

    def __init__(self, name, mode, netem, count, *, loss="0", runs=5, settings=None):
        self.name, self.mode, self.netem, self.count = name, mode, netem, count
        self.loss, self.runs, self.settings = loss, runs, settings or {}

    def turn(self, family, run):
        """Let one stack do it once."""
        data_before, before, lost = counters(), retransmitted(family), taken()
        with lab.inside(CLIENT):
            said = lab.run(os.path.join(HERE, "loss"), "-f", family, "-n", str(self.count), "-N",
                           SERVER, "-a", ADDRESS, self.mode)
        times = [int(line) for line in said.split()]
        run.times += times
        data = counters()["data"] - data_before["data"]
        if self.mode == "stream":
            run.again += data - self.count * 1000
            run.lost += taken() - lost
        elif self.mode == "tail":
            lab.equal(counters()["lost"] - data_before["lost"], self.count * BLOCK // 2,
                      "bytes of tails that were lost")
        print(f"# {self.name} {family}: {sum(times) / 1e9:.3f} s, "
              f"{retransmitted(family) - before} segments sent again", flush=True)

    def measure(self):
        """Native TCP and atcp in turns, and each begins as often."""
        network(self.netem, self.loss)
        for ns in (CLIENT, SERVER):
            for name, value in self.settings.items():
                lab.sysctl(ns, f"net/atcp/{name}", value)
        found = {family: Run() for family in lab.FAMILIES}
        for turn in range(self.runs):
            for family in lab.FAMILIES[::-1 if turn % 2 else 1]:
                self.turn(family, found[family])
        lab.remove(*NET)
        return self.results(found)

    def results(self, found):
        """Of both, what is to be shown."""
        raise NotImplementedError

    def result(self, name, values, unit, *, less=True, target=1.0):
        """One line."""
        return Result(name, values["native"], values["atcp"], unit, less, target)


class Goodput(Row):
    """One stream for each turn."""

    def results(self, found):
        goodput = {f: self.count * 8000000 * self.runs // (sum(run.times) // 1000)
                   for f, run in found.items()}
        # how many are lost of so few is chance, what a stack sends again for each is not
        again = {f: run.again // max(1, run.lost) for f, run in found.items()}
        return [self.result(self.name, goodput, "kbit/s", less=False),
                self.result(self.name.replace("goodput", "retransmitted"), again, "bytes/loss",
                            target=1 / 1.1)]


class Quantiles(Row):
    """How long the slow ones take."""

    def __init__(self, *args, quantiles, target=1.0, **options):
        super().__init__(*args, **options)
        self.quantiles, self.target = quantiles, target

    def results(self, found):
        lines = []
        for quantile in self.quantiles:
            values = {f: quantile_of(run.times, quantile) // 1000 for f, run in found.items()}
            lines.append(self.result(f"{self.name}-p{quantile}", values, "us",
                                     target=self.target if quantile == "99" else 1.0))
        return lines


class Incast(Row):
    """Bytes of all senders by the time of all rounds; the last sender ends a round."""

    def results(self, found):
        goodput = {f: SENDERS * BLOCK * 8000000 * len(run.times) // sum(run.times)
                   for f, run in found.items()}
        target = max(1.0, 0.9 * LINK_KBIT / goodput["native"]) if self.settings else 1.0
        return [self.result(self.name, goodput, "kbit/s", less=False, target=target)]


def quantile_of(times, percent):
    """The nearest rank."""
    return sorted(times)[math.ceil(float(percent) / 100 * len(times)) - 1]


def rows():
    """All of them, in the order in which they run."""
    kilobytes = dict(zip(LOSSES, (60000, 30000, 15000, 8000)))
    for loss in LOSSES:
        path = WIDE if loss == "0.1" else LONG
        yield Goodput(f"goodput-{loss}", "stream", path, kilobytes[loss], loss=loss)
    for loss in LOSSES:
        yield Quantiles(f"transfer-{loss}", "transfer", SHORT, 1000, loss=loss,
                        quantiles=("50", "99", "99.9"))
    yield Quantiles("transfer-1-us", "transfer", CLOSE, 1000, loss="1", target=5.0,
                    quantiles=("50", "99", "99.9"), settings=MICROSECONDS)
    yield Quantiles("connect-1", "connect", SHORT, 1000, loss="1", quantiles=("99",))
    yield Quantiles("tail", "tail", SHORT, 100, runs=2, quantiles=("50", "99"))
    yield Incast("incast", "incast", SHALLOW, 20, runs=3)
    yield Incast("incast-us", "incast", SHALLOW, 20, runs=3, settings=MICROSECONDS)


def know_neighbours():
    """netem loses what asks for an address as well."""
    links = {}
    for ns in NET:
        said = json.loads(lab.run("ip", "-json", "-netns", ns, "link"))
        links |= {(ns, link["ifname"]): link["address"] for link in said}
    for net, one, two in ((1, (CLIENT, "eth0"), (MIDDLE, "west")),
                          (2, (MIDDLE, "east"), (SERVER, "eth0"))):
        for (ns, device), number, other in ((one, 2, two), (two, 1, one)):
            lab.run("ip", "-netns", ns, "neigh", "replace", lab.address(net, number), "lladdr",
                    links[other], "dev", device, "nud", "permanent")


def network(netem, loss):
    """A new one: nothing of an earlier row is left. So many per cent are lost on top."""
    lab.router(*NET)
    know_neighbours()
    # netem takes or leaves a packet as the device gets it: no larger than the link's
    for ns, device in ((CLIENT, "eth0"), (MIDDLE, "west"), (MIDDLE, "east"), (SERVER, "eth0")):
        lab.run("ethtool", "-K", device, *"tx off tso off gso off gro off".split(), ns=ns)
    for device in ("west", "east"):
        add = ["tc", "-netns", MIDDLE, "qdisc", "add", "dev", device]
        # in front of the queue, to be told from what finds it full
        lab.run(*add, *"root handle 1: netem limit 100000 loss".split(), f"{loss}%")
        lab.run(*add, *"parent 1:1 handle 2: netem".split(), *netem.split())
    lab.run("nft", "-f", "-", ns=MIDDLE, text=RULES)
    for ns in (CLIENT, SERVER):
        for name, value in (("ipv4/tcp_congestion_control", "cubic"),
                            ("atcp/congestion_control", "cubic"),
                            # atcp has no such memory
                            ("ipv4/tcp_no_metrics_save", 1), ("core/somaxconn", 4096)):
            lab.sysctl(ns, f"net/{name}", value)


def counters():
    """Bytes of TCP's payload that came to the router, by the counter's name."""
    said = lab.run("nft", "list", "counters", "table", "ip", "loss", ns=MIDDLE)
    return {name: int(size) - HEADERS * int(packets) for name, packets, size in
            re.findall(r"counter (\w+) \{\s*packets (\d+) bytes (\d+)", said)}


def taken():
    """Packets to the server that were lost by chance; what the queue drops, netem counts twice."""
    said = json.loads(lab.run("tc", "-netns", MIDDLE, "-s", "-json", "qdisc", "show", "dev", "east"))
    drops = {qdisc["handle"]: qdisc["drops"] for qdisc in said}
    return drops["1:"] - drops["2:"]


def retransmitted(family):
    """Segments, by the stacks' own account of both ends."""
    return sum(lab.counters(ns, family)["RetransSegs"] for ns in (CLIENT, SERVER))


def show(result):
    """Print a line; whether it is as good as it should be."""
    above, below = (result.native, result.atcp) if result.less else (result.atcp, result.native)
    ratio = above / below if below else math.inf
    print(f"BENCH {result.name} native={result.native} atcp={result.atcp} unit={result.unit} "
          f"ratio={math.floor(ratio * 100) / 100:.2f}", flush=True)
    if ratio >= result.target:
        return True
    print(f"# {result.name}: the ratio should be {result.target:.2f}", flush=True)
    return False


def main():
    """The rows that are asked for."""
    known = {row.name: row for row in rows()}
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW[=TURNS]",
                        help=f"of {' '.join(known)} (default: all)")
    wanted = parser.parse_args().rows or list(known)
    for word in wanted:
        if word.partition("=")[0] not in known:
            parser.error(f"there is no row {word}")
    good = []
    for word in wanted:
        name, _, turns = word.partition("=")
        row = known[name]
        row.runs = int(turns or row.runs)
        try:
            good += [show(result) for result in row.measure()]
        finally:
            lab.remove(*NET)
    print(f"{len(good)} rows, {good.count(False)} below target")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
