#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hours, if wanted, of loss, reordering, duplication and corruption: atcp with atcp and with native
TCP, both ways at once, checksums, half-closes, new connections all the time."""

import argparse
import random
import select
import sys
import threading
import time

import left
from left import NET, lab

parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=int, default=30)
parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1 << 31))
OPTIONS = parser.parse_args()
OPTIONS.seconds = left.share(OPTIONS.seconds)
sys.argv[1:] = []

# (client, server, version) of each pair that runs all the time
PAIRS = [("atcp", "atcp", 4), ("atcp", "native", 4), ("native", "atcp", 4), ("atcp", "atcp", 6),
         ("native", "atcp", 6), ("atcp", "native", 6)]

# What the network does, in turn.
WEATHER = ["delay 5ms loss 2%", "delay 10ms reorder 20% 50%", "delay 3ms 3ms duplicate 5%",
           "delay 2ms corrupt 1%", "delay 20ms 10ms loss 1% duplicate 1% reorder 10%",
           "delay 1ms loss gemodel 2% 30%", "delay 1ms"]


def weather(words):
    """The same on both sides."""
    for ns in NET:
        lab.run("tc", "qdisc", "replace", "dev", "eth0", "root", "netem", "limit", "2000",
                *words.split(), ns=ns)


def half_close(one, two, rng):
    """One side sends and ends, the other answers after that and ends."""
    sizes = rng.randrange(1, 100000), rng.randrange(1, 100000)
    for source, sink, size in ((one, two, sizes[0]), (two, one, sizes[1])):
        stream = lab.Stream(source, sink, rng.randbytes(size))
        source.setblocking(False)
        sink.setblocking(False)
        while not stream.ended:
            wants = [source] if stream.sent < size else []
            ready = select.select([sink], wants, [], lab.PATIENCE)
            lab.check(ready[0] or ready[1], f"nothing moves: {stream.sent} {stream.received}")
            if ready[1]:
                stream.write()
            if ready[0]:
                stream.read()
        stream.verify()
    one.close()
    two.close()


class Pair(threading.Thread):
    """Connections of one pair of families, one after another."""

    def __init__(self, number, deadline):
        super().__init__()
        self.client, self.server, self.version = PAIRS[number]
        self.port = 8000 + number
        self.rng = random.Random(OPTIONS.seed * 100 + number)
        self.deadline = deadline
        self.done = self.bytes = 0
        self.problem = None

    def run(self):
        try:
            listener = lab.listen(NET[1], self.server, self.version, self.port)
            while time.monotonic() < self.deadline or not self.done:
                self.connection(listener)
            listener.close()
        except Exception as error:
            self.problem = error

    def connection(self, listener):
        """One of them."""
        one = lab.make(NET[0], self.client, self.version)
        one.connect((lab.address(1, 2, self.version), self.port))
        two, _ = listener.accept()
        if self.rng.randrange(2):
            one, two = two, one
        if self.rng.randrange(3):
            size = self.rng.choice((1, 1000, 50000, 300000))
            lab.exchange(one, two, size, self.rng)
            self.bytes += 2 * size
        else:
            half_close(one, two, self.rng)
        self.done += 1


@lab.test("every pair, in every weather")
def soak():
    print(f"# seed {OPTIONS.seed}", flush=True)
    lab.hosts(*NET)
    lab.cable(*NET, 1)
    for ns in NET:
        left.settings(ns, time_wait_us=100000)
    weather(WEATHER[0])
    deadline = time.monotonic() + OPTIONS.seconds
    pairs = [Pair(number, deadline) for number in range(len(PAIRS))]
    for pair in pairs:
        pair.start()
    change = max(OPTIONS.seconds / len(WEATHER) / (1 + OPTIONS.seconds // 300), 1)
    number = 0
    while any(pair.is_alive() for pair in pairs):
        pairs[0].join(change)
        number += 1
        # what is late at the end has fair weather to end in
        late = time.monotonic() > deadline
        weather(WEATHER[-1] if late else WEATHER[number % len(WEATHER)])
        if late:
            for pair in pairs:
                pair.join()
    for pair in pairs:
        print(f"# {pair.client} to {pair.server} IPv{pair.version}: {pair.done} connections, "
              f"{pair.bytes} bytes")
    problems = [f"{PAIRS[n]}: {p.problem!r}" for n, p in enumerate(pairs) if p.problem]
    lab.equal(problems, [], "what went wrong")


@lab.test("nothing is left of all that")
def nothing_left():
    for ns in NET:
        lab.run("tc", "qdisc", "del", "dev", "eth0", "root", ns=ns)
    left.nothing()
    lab.remove(*NET)
    left.quiet()


lab.main(NET)
