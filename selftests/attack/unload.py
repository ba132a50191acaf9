#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""rmmod and the end of namespaces while atcp's own connections carry data, are opened and closed:
their process is killed and that instant they go. Needs a guest of its own."""

import argparse
import os
import select
import subprocess
import sys
import threading

import left
from left import NET, lab

# where the guest has it from
MODULE = "/run/vm/atcp.ko"
PORTS = range(9000, 9004)

# What a caller sends at a time, and what of its echo it leaves unread at most: far less than the
# buffers have room for, as an echo that does not get rid of its data reads no more either.
PIECE = 30000
# of each caller until it counts as running
CONNECTIONS = left.share(8)
UNREAD = (PIECE, 10000, 0)

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=3, help="of each test")
parser.add_argument("--load", action="store_true", help="be the load, until killed")
OPTIONS = parser.parse_args()
sys.argv[1:] = []


def serve(listener):
    """Whatever comes is sent back."""
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=echo, args=(sock,), daemon=True).start()


def echo(sock):
    """One connection."""
    try:
        while data := sock.recv(65536):
            sock.sendall(data)
    except OSError:
        pass
    sock.close()


def call(version, port):
    """Connections, one after another; each carries some data, some end with a RST."""
    number = 0
    while True:
        number += 1
        try:
            sock = lab.connect(NET[0], "atcp", version, lab.address(1, 2, version), port)
        except FileNotFoundError:
            # the namespace has lost its name: what is open stays open until the end
            threading.Event().wait()
        unread = 0
        for _ in range(number % 7):
            sock.sendall(bytes(PIECE))
            unread += PIECE
            while unread > UNREAD[number % 3]:
                data = sock.recv(65536)
                lab.check(data, "the echo ends early")
                unread -= len(data)
        sock.close()
        if number == CONNECTIONS:
            print("running", flush=True)


def load():
    """Runs until it is killed."""
    threads = []
    for port in PORTS:
        version = 4 if port % 2 else 6
        listener = lab.listen(NET[1], "atcp", version, port)
        threads += [threading.Thread(target=serve, args=(listener,)),
                    threading.Thread(target=call, args=(version, port))]
    for thread in threads:
        thread.daemon = True
        thread.start()
    threads[1].join()


def loaded():
    """A process that runs load(), in the middle of it."""
    process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--load"],
                               stdout=subprocess.PIPE)
    said = b""
    # several lines may come at once: a buffer that select() does not see must not keep any
    while said.count(b"\n") < len(PORTS):
        ready = select.select([process.stdout], [], [], lab.PATIENCE)[0]
        lab.check(ready, f"the load does not start: {said!r}")
        data = os.read(process.stdout.fileno(), 4096)
        lab.check(data, f"the load has ended: {said!r}")
        said += data
    lab.equal(said.split(), [b"running"] * len(PORTS), "what the load says")
    return process


def kill(process):
    """And wait for its end."""
    process.kill()
    process.wait()
    process.stdout.close()


def network():
    """Two hosts; connections that lose their peer end soon."""
    if not os.path.exists("/sys/module/atcp"):
        lab.run("insmod", MODULE)
    lab.hosts(*NET)
    lab.cable(*NET, 1)
    for ns in NET:
        left.settings(ns, orphan_retries=1, fin_timeout=1, rto_min_us=10000)


@lab.test("rmmod is refused while traffic runs, and goes through once its process is killed")
def rmmod():
    for _ in range(OPTIONS.rounds):
        network()
        process = loaded()
        lab.run("rmmod", "atcp", status=1)
        kill(process)
        # orphans hold the module until their timers end them
        lab.until(lambda: not lab.run("rmmod", "atcp", status=None), "rmmod fails")
        lab.check(not os.path.exists("/sys/module/atcp"), "the module has gone")
        left.quiet()


@lab.test("namespaces go the moment the process is killed, orphans and all")
def namespaces():
    for number in range(OPTIONS.rounds):
        network()
        process = loaded()
        if number % 2:
            lab.remove(*NET)
            kill(process)
        else:
            kill(process)
            lab.remove(*NET)
        left.nothing()
        left.quiet()


@lab.test("both at once")
def both():
    for _ in range(OPTIONS.rounds):
        network()
        process = loaded()
        kill(process)
        thread = threading.Thread(target=lab.remove, args=NET)
        thread.start()
        lab.until(lambda: not lab.run("rmmod", "atcp", status=None), "rmmod fails")
        thread.join()
        left.quiet()
    network()


if OPTIONS.load:
    load()
else:
    lab.main(NET)
