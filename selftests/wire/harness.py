# SPDX-License-Identifier: GPL-2.0-only
"""Runs the tests of a file, each in a process and a network of its own, and speaks KTAP."""

import argparse
import os
import random
import select
import signal
import socket
import struct
import sys
import time
import traceback

from peer import Peer
from wire import PATIENCE, Failure, Wire

TESTS = []

# of struct tcp_info.tcpi_state
STATES = ["", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
          "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING"]

PORT = 8080

CONNECTIONS = "/sys/kernel/debug/atcp/connections"

# A test that waits for a timer takes seconds, one that hangs much longer.
LIMIT = 300


def test(text, differs=None, versions=(4, 6)):
    """A test: a function that gets a Wire. `differs` says where native TCP does not do what the
    RFC says, or cannot be asked to: then it is for atcp only."""
    def add(function):
        TESTS.append((text, function, differs, versions))
        return function
    return add


def state(sock):
    """Of a socket, as TCP_INFO tells it."""
    return STATES[sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[0]]


def records(wire):
    """All that atcp has in the namespace of a Wire, with words for names: connections, listeners,
    handshakes, TIME_WAIT."""
    with open(CONNECTIONS, encoding="ascii") as file:
        found = [dict(word.split("=", 1) for word in line.split() if "=" in word)
                 for line in file]
    return [record for record in found if int(record["netns"]) == wire.netns]


def check(condition, text):
    """Fail with a reason."""
    if not condition:
        raise Failure(text)


def equal(found, wanted, text):
    """Fail and show both."""
    if found != wanted:
        raise Failure(f"{text}: {found!r}, not {wanted!r}")


def accepted(wire, options=(("mss", 1460),), sockopts=(), win=65535, listener=None, rtt=0):
    """A connection that the peer has opened: (peer, socket). `options` are those of its SYN, `rtt`
    the seconds that it takes to answer the SYN,ACK, at least."""
    peer = Peer(wire, PORT)
    peer.win = win
    lsock = listener or wire.listen(PORT, options=sockopts)
    stamps = [o[1] for o in options if o[0] == "ts"]
    peer.send("S", options=options)
    peer.expect("SA", seq=0, options=syn_options(options))
    if stamps:
        peer.tsval = stamps[0][0]
    time.sleep(rtt)
    peer.send("A")
    sock, _ = lsock.accept()
    sock.settimeout(PATIENCE)
    if not listener:
        lsock.close()
    return peer, sock


def syn_options(options):
    """Names of those that answer these in a SYN,ACK."""
    given = {o[0] for o in options}
    return ["mss"] + [name for name in ("sackok", "ts", "ws", "ackdelay") if name in given]


def connected(wire, options=(("mss", 1460),), sockopts=(), win=65535):
    """A connection that the machine has opened: (peer, socket). `options` are those of the
    peer's SYN,ACK."""
    sock = wire.start_connect(PORT, options=sockopts)
    peer = Peer(wire, sock.getsockname()[1], PORT)
    peer.win = win
    syn = peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
    stamps = [o[1] for o in options if o[0] == "ts"]
    if stamps:
        peer.tsval = stamps[0][0]
        options = [o for o in options if o[0] != "ts"] + [("ts", (peer.tsval, peer.tsecr))]
    peer.send("SA", ack=1, options=options)
    peer.expect("A", seq=1, ack=1)
    check(syn.win, "the SYN offers no window")
    return peer, sock


def abort(peer, sock):
    """End a connection so that nothing of it disturbs the next."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    peer.answers()


def run_child(function, family, version, seed, pipe):
    """In the child: run one test and say in the pipe what was wrong."""
    wire = None
    try:
        wire = Wire(family, version, random.Random(seed))
        function(wire)
        text = ""
    except (Failure, OSError, ValueError) as error:
        where = traceback.extract_tb(error.__traceback__)
        lines = [f"{os.path.basename(f.filename)}:{f.lineno}" for f in where[1:]]
        text = f"{type(error).__name__}: {error} (at {' '.join(lines)})"
    except BaseException:
        text = traceback.format_exc()
    if text and wire:
        text = "\n".join([text] + wire.log[-60:])
    os.write(pipe, text.encode())
    os._exit(1 if text else 0)


class Run:
    """One test under way."""

    def __init__(self, name, function, family, version, seed):
        self.name = name
        reader, writer = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(reader)
            signal.alarm(LIMIT)
            run_child(function, family, version, seed, writer)
        os.close(writer)
        self.pipe = reader

    def finish(self):
        """What was wrong, or nothing."""
        with os.fdopen(self.pipe, encoding="utf-8", errors="replace") as pipe:
            text = pipe.read()
        _, status = os.waitpid(self.pid, 0)
        if os.WIFSIGNALED(status):
            text += f"it was ended by signal {os.WTERMSIG(status)}"
        elif os.WEXITSTATUS(status) and not text:
            text = f"its exit status is {os.WEXITSTATUS(status)}"
        return text


def run_all(todo, jobs, seed):
    """Yields (name, what was wrong) as the tests end. Most of the time they wait, so several
    run at once."""
    running = {}
    todo = list(todo)
    while todo or running:
        while todo and len(running) < jobs:
            run = Run(*todo.pop(0), seed)
            running[run.pipe] = run
        for pipe in select.select(list(running), [], [])[0]:
            run = running.pop(pipe)
            yield run.name, run.finish()


def say(number, name, wrong):
    """A result. Returns true if it is a failure."""
    for line in wrong.splitlines():
        print(f"# {line}")
    print(f"{'not ok' if wrong else 'ok'} {number} {name}", flush=True)
    return bool(wrong)


def main(afterwards=None):
    """Of every test file. `afterwards` is a function whose result is one more: when all tests are
    over it raises what is wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--family", choices=["native", "atcp"])
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--jobs", type=int, default=4, help="tests at a time")
    parser.add_argument("--version", type=int, choices=[4, 6])
    parser.add_argument("tests", nargs="*", help="function names (default: all)")
    options = parser.parse_args()
    if not options.family and os.environ.get("ATCP_ONLY"):
        options.family = "atcp"
        print("# ATCP_ONLY: native TCP is not asked")
    runs = [(f"{family} IPv{version} {function.__name__}: {text}", function, family, version)
            for family in ([options.family] if options.family else ["native", "atcp"])
            for text, function, differs, versions in TESTS
            for version in (versions[:1] if family == "native" and not options.version
                            else versions)
            if not (family == "native" and differs)
            and options.version in (None, version)
            and (not options.tests or function.__name__ in options.tests)]
    print(f"KTAP version 1\n1..{len(runs) + bool(afterwards)}\n# seed {options.seed}", flush=True)
    failed = 0
    if options.family != "atcp":
        for text, function, differs, _ in TESTS:
            if differs:
                print(f"# native TCP is not asked to pass {function.__name__}: {differs}")
    for number, (name, wrong) in enumerate(run_all(runs, options.jobs, options.seed), 1):
        failed += say(number, name, wrong)
    if afterwards:
        wrong = ""
        try:
            afterwards()
        except Exception:
            wrong = traceback.format_exc()
        failed += say(len(runs) + 1, f"afterwards: {afterwards.__doc__}", wrong)
    sys.exit(1 if failed else 0)
