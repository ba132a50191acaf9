#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Pacing: SO_MAX_PACING_RATE by TCP's own timer, and by the earliest departure times that fq takes."""

import json
import socket
import subprocess
import time

from harness import check, connected, equal, main, test

SO_MAX_PACING_RATE = 47
RATE = 50000
BYTES = 40000
# of which the first window, ten segments at most, may go at once
PACED = BYTES - 14600


def transfer(wire, peer, sock):
    """Send and acknowledge everything; it takes its time."""
    sock.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, RATE)
    started = time.monotonic()
    sock.send(b"p" * BYTES)
    got, _ = peer.data(BYTES, ack_each=True)
    equal(got, b"p" * BYTES, "data")
    took = time.monotonic() - started
    # native TCP makes up for a late timer by up to twice the rate
    least = PACED / RATE * (0.9 if wire.family == "atcp" else 0.45)
    check(took > least, f"{BYTES} bytes at {RATE} a second took {took:.3f} s")


def fq():
    """What the device's queue says of itself."""
    return json.loads(subprocess.run(["tc", "-s", "-j", "qdisc", "show", "dev", "wire0"], check=True,
                                     stdout=subprocess.PIPE).stdout)[0]


@test("SO_MAX_PACING_RATE holds without the help of a queue")
def timer(wire):
    peer, sock = connected(wire)
    transfer(wire, peer, sock)


@test("with fq each segment has its time, and waits for it in the queue")
def queue(wire):
    subprocess.run(["tc", "qdisc", "replace", "dev", "wire0", "root", "fq"], check=True)
    equal(fq()["kind"], "fq", "the queue")
    peer, sock = connected(wire)
    transfer(wire, peer, sock)
    check(fq()["throttled"] > 0, "segments waited in the queue")


@test("with fq alone the rate is the window's, and nothing waits that need not")
def unlimited(wire):
    subprocess.run(["tc", "qdisc", "replace", "dev", "wire0", "root", "fq"], check=True)
    peer, sock = connected(wire)
    sock.send(b"p" * BYTES)
    got, _ = peer.data(BYTES, ack_each=True)
    equal(got, b"p" * BYTES, "data")


if __name__ == "__main__":
    main()
