#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The 165 cells of RFC 9293 3.10, state x event, on the wire: each by its name, as
selftests/core/test_cells has them of the core.

  cells.py            all of them
  cells.py SUBSTRING  those whose name has this in it

Raw segments in, exact segments out, calls on real sockets, states from debugfs. What each event
has to do is in cells_rows.py; here it is done, each on a connection of its own. Cells of one state
share a network; the states run beside each other.
"""

import errno
import json
import os
import random
import select
import signal
import socket
import struct
import sys
import traceback

import packet
from cells_rows import GRID, ROWS, names
from harness import PORT, STATES, check, equal, records
from peer import Peer, signed
from wire import LOCAL, REMOTE, Failure, Wire

LINGER_0 = struct.pack("ii", 1, 0)
LIMIT = 600
# of tests that wait for a timer, in ms
TIMER_RTO_MS = 400
JOBS = 4

# names of the RFC for those of struct tcp_info
INFO = dict(zip(STATES, ["", "ESTABLISHED", "SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "FIN_WAIT_2",
                         "TIME_WAIT", "CLOSED", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING"]))


class Cell:
    """A connection in a state, with both of its ends."""

    def __init__(self, wire, state, origin):
        self.wire = wire
        self.name = state
        self.sock = None
        self.lsock = None
        self.eof = False
        self.peer = Peer(wire, PORT)
        getattr(self, "enter_" + state.lower())(origin)
        equal(self.socket_state() or self.state(), state, "the state to begin with")

    # ways into the states

    def enter_closed(self, _):
        """A port with an owner who neither listens nor connects."""
        self.sock = self.wire.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((LOCAL[self.wire.version], PORT))

    def enter_listen(self, _):
        self.lsock = self.wire.listen(PORT)
        self.sock = self.lsock

    def enter_syn_sent(self, _):
        self.sock = self.wire.start_connect(PORT)
        self.peer = Peer(self.wire, self.sock.getsockname()[1], PORT)
        self.peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])

    def enter_syn_received(self, origin):
        if origin == "active":
            self.enter_syn_sent(origin)
            self.peer.send("S", options=[("mss", 1460)])
            self.peer.expect("SA", seq=0, ack=1, options=["mss"])
            return
        self.lsock = self.wire.listen(PORT)
        self.peer.send("S", options=[("mss", 1460)])
        self.peer.expect("SA", seq=0, options=["mss"])

    def enter_established(self, _):
        self.enter_syn_received("passive")
        self.peer.send("A")
        self.sock, _ = self.lsock.accept()
        self.lsock.close()
        self.lsock = None

    def enter_fin_wait_1(self, _):
        self.enter_established(None)
        self.sock.shutdown(socket.SHUT_WR)
        self.peer.expect("FA", seq=1)

    def enter_fin_wait_2(self, _):
        self.enter_fin_wait_1(None)
        self.peer.send("A")
        self.peer.expect_nothing(past="FA")

    def enter_close_wait(self, _):
        self.enter_established(None)
        self.peer.send("FA")
        self.peer.expect("A", seq=1)
        self.eof = True

    def enter_closing(self, _):
        self.enter_fin_wait_1(None)
        self.peer.send("FA", ack=1)
        self.peer.expect("A", seq=2, past="FA")
        self.eof = True

    def enter_last_ack(self, _):
        self.enter_close_wait(None)
        self.sock.shutdown(socket.SHUT_WR)
        self.peer.expect("FA", seq=1)

    def enter_time_wait(self, _):
        self.enter_fin_wait_2(None)
        self.peer.send("FA")
        self.peer.expect("A", seq=2)
        self.eof = True

    # looking

    def info(self):
        """What debugfs says of the connection; without one, of the listener or the port."""
        ends = {}
        for words in records(self.wire):
            local, remote = (int(words[end].rsplit(":", 1)[1]) for end in ("local", "remote"))
            ends[local, remote] = words
        return ends.get((self.peer.to, self.peer.port), ends.get((PORT, 0), {"state": "CLOSED"}))

    def state(self):
        """By its name in the RFC."""
        return self.info()["state"]

    def socket_state(self):
        """The same from TCP_INFO, which is quicker; None where the socket does not know."""
        if not self.sock or self.name == "TIME_WAIT":
            return None
        return INFO[STATES[self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[0]]]

    def readable(self):
        """Bytes to be read, or None for an error; -1 at the end of the data."""
        self.sock.setblocking(False)
        count = 0
        try:
            while data := self.sock.recv(65536):
                count += len(data)
        except BlockingIOError:
            return count
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise
            return 0
        return count or -1

    # ending

    def leave(self):
        """Nothing that comes later must disturb the next connection."""
        self.peer.send("R", seq=self.peer.seq)
        for sock in {self.sock, self.lsock}:
            if sock and sock.fileno() != -1:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
                sock.close()
        self.wire.answers()

    # calls

    def call(self, name):
        """The errno that a call ends with, 0 if it succeeds."""
        self.sock.setblocking(False)
        try:
            getattr(self, "call_" + name)()
        except OSError as error:
            return error.errno
        return 0

    def call_connect(self):
        self.sock.connect((REMOTE[self.wire.version], self.peer.port))

    def call_listen(self):
        self.sock.listen(1)

    def call_send(self):
        self.sock.send(b"s" * 100)

    def call_urgent(self):
        self.sock.send(b"s" * 100, socket.MSG_OOB)

    def call_recv(self):
        self.sock.recv(1)

    def call_shutdown(self):
        self.sock.shutdown(socket.SHUT_WR)

    def call_close(self):
        self.sock.close()
        self.sock = None

    def call_abort(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
        self.call_close()

    def call_abort_listener(self):
        self.lsock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
        self.lsock.close()
        self.lsock = None

    def call_status(self):
        found = INFO[STATES[self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[0]]]
        # a socket has done with its connection in TIME_WAIT
        equal(found, "CLOSED" if self.name == "TIME_WAIT" else self.name, "state in TCP_INFO")


def labelled(whole):
    """The same packet with a label of security: RFC 1108 in IPv4, RFC 5570 in IPv6."""
    if whole[0] >> 4 == 6:
        label = bytes([packet.TCP, 1, 7, 8, 0, 0, 0, 1, 0, 0, 0x16, 0xd3, 1, 2, 0, 0])
        return (whole[:4] + struct.pack("!HB", len(whole) - 40 + len(label), 0) + whole[7:40] +
                label + whole[40:])
    option = bytes([130, 11, 0xab, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    head = bytes([0x48]) + whole[1:2] + struct.pack("!H", len(whole) + len(option))
    head += whole[4:10] + bytes(2) + whole[12:20] + option
    return head[:10] + struct.pack("!H", packet.checksum(head)) + head[12:] + whole[20:]


def inject(cell, row):
    """The row's segment arrives."""
    flags, peer = row["flags"], cell.peer
    seg = peer.segment(flags, peer.seq + row.get("seq", 0), peer.ack + row.get("ack", 0),
                       b"d" * row.get("len", 0), urg=row.get("urg", 0),
                       options=[("mss", 1460)] if flags == "S" else [])
    whole = packet.pack_segment(seg)
    cell.wire.inject(labelled(whole) if row.get("label") else whole)


def numbers(cell, row, seq, ack):
    """SEQ and ACK that the answer has to have, by its flags."""
    answer, moved = row.get("reply", ""), row.get("adv", 0)
    if "S" in answer and cell.name == "TIME_WAIT":
        return 0, row["seq"] + seq + 1
    if "S" in answer:
        return 0, 1 if "A" in answer else None
    if answer == "R":
        return ack + row.get("ack", 0), None
    if answer == "RA" and (cell.name == "CLOSED" or row.get("closed")):
        length = row.get("len", 0) + ("S" in row["flags"]) + ("F" in row["flags"])
        return signed(-(cell.peer.irs or 0)), seq + row.get("seq", 0) + length
    return ack, seq + moved


def check_answer(cell, row, seq, ack):
    """Exactly this has been sent, and nothing besides."""
    peer, answer = cell.peer, row.get("reply", "")
    peer.all_syns = "S" in answer
    if "S" in answer and cell.name == "TIME_WAIT":
        # our numbers begin anew
        peer.irs = None
    found = peer.answers()
    if "S" in answer:
        # on a slow machine a timer may have repeated it
        found = list({(seg.flags, seg.seq, seg.ack): seg for seg in found}.values())
    if not answer:
        equal([peer.describe(s) for s in found], [], "answers")
        return
    equal(len(found), 1, f"number of answers, not {answer}")
    wanted_seq, wanted_ack = numbers(cell, row, seq, ack)
    want = {"ack": wanted_ack, "seq": wanted_seq, "len": row.get("reply_len", 0)}
    if "U" in answer:
        want["urg"] = want["len"]
    problems = peer.wrong(found[0], answer, **want)
    check(not problems, problems)


def check_told(cell, row):
    """What the user sees of it."""
    err = row.get("err", 0)
    if cell.name == "LISTEN" or not cell.sock:
        return
    equal(cell.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), err, "SO_ERROR")
    if row.get("urgent"):
        check(select.select([], [], [cell.sock], 0)[2], "urgent data is signalled")
    elif cell.name not in ("CLOSED", "SYN_SENT"):
        check(not select.select([], [], [cell.sock], 0)[2], "no urgent data is signalled")
    if err or cell.name == "CLOSED":
        return
    data = row.get("data", 0)
    end = cell.eof or row.get("eof")
    equal(cell.readable(), -1 if end and not data else data, "bytes to be read")


def accept(cell):
    """The user of a handshake that has come to its end."""
    if cell.sock or not cell.lsock or cell.state() not in ("ESTABLISHED", "CLOSE_WAIT"):
        return
    cell.sock, name = cell.lsock.accept()
    equal(name[1], cell.peer.port, "port of what was accepted")


def prepare(cell, row):
    """What is to be on its way before the event."""
    if row.get("before") == "data":
        cell.sock.send(b"s" * 100)
        cell.peer.expect("PA", seq=cell.peer.ack, data=b"s" * 100)
    elif row.get("before") == "rfc1337":
        cell.wire.sysctl("tcp_rfc1337", 1)
    elif row.get("before") == "listener":
        cell.lsock = cell.wire.listen(PORT)


def try_row(wire, state, row):
    """One event on a connection of its own."""
    wire.log.clear()
    cell = Cell(wire, state, row.get("origin", "passive"))
    peer = cell.peer
    try:
        prepare(cell, row)
        seq, ack = peer.seq, peer.ack
        if "special" in row:
            row["special"](cell)
        elif "call" in row:
            equal(cell.call(row["call"]), row.get("errno", 0), f"errno of {row['call']}")
            if row["call"] == "connect" and state == "CLOSED":
                peer.to = cell.sock.getsockname()[1]
            check_answer(cell, row, seq, ack)
        else:
            inject(cell, row)
            check_answer(cell, row, seq, ack)
            accept(cell)
        if "special" not in row:
            equal(cell.state(), row.get("next", state), "the next state")
            if "call" not in row:
                check_told(cell, row)
        # where the peer is, for what leave() sends
        peer.seq = seq + row.get("adv", 0)
        if row.get("before") == "rfc1337":
            wire.sysctl("tcp_rfc1337", 0)
    finally:
        cell.leave()


def events(version, states, event):
    """Yields (state, row) of all that is to be tried of a cell."""
    for row in ROWS:
        if row["event"] != event or row.get("version", version) != version:
            continue
        for state in states:
            if state not in row["states"]:
                continue
            if state == "SYN_RECEIVED" and "origin" not in row:
                yield state, {**row, "origin": "passive"}
                yield state, {**row, "origin": "active"}
            else:
                yield state, row


def try_cell(wire, states, event):
    """Return: what is wrong with it, or nothing."""
    tried = 0
    for state, row in events(wire.version, states, event):
        tried += 1
        try:
            try_row(wire, state, row)
        except (Failure, OSError, ValueError) as error:
            where = [f"{os.path.basename(f.filename)}:{f.lineno}"
                     for f in traceback.extract_tb(error.__traceback__)[1:]]
            shown = {k: v for k, v in row.items() if k not in ("states", "special")}
            return "\n".join([f"{type(error).__name__}: {error} (at {' '.join(where)})",
                              f"in {state}: {shown}"] + wire.log[-30:])
    return "" if tried else "nothing is known of it"


def run_group(family, version, group, seed, pipe):
    """In a child: the cells of a group, a line of JSON each."""
    signal.alarm(LIMIT)
    with os.fdopen(pipe, "w", encoding="utf-8") as out:
        wire = Wire(family, version, random.Random(seed))
        for name, states, event in group:
            try:
                if name.endswith("_TIMEOUT"):
                    wire.rto_min(TIMER_RTO_MS)
                wrong = try_cell(wire, states, event)
            except BaseException:
                wrong = traceback.format_exc()
            print(json.dumps([name, wrong]), file=out, flush=True)


def start(family, version, group, seed):
    """Return: the reading end and the process."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reader)
        try:
            run_group(family, version, group, seed, writer)
        finally:
            os._exit(0)
    os.close(writer)
    return os.fdopen(reader, encoding="utf-8"), pid


def run_all(groups, seed):
    """Yields (version, name, what was wrong) of all cells of the groups."""
    todo, running = list(groups), {}
    while todo or running:
        while todo and len(running) < JOBS:
            version, group = todo.pop(0)
            file, pid = start("atcp", version, group, seed)
            running[file] = (pid, version, {name for name, _, _ in group})
        for file in select.select(list(running), [], [])[0]:
            pid, version, missing = running[file]
            line = file.readline()
            if line:
                name, wrong = json.loads(line)
                missing.discard(name)
                yield version, name, wrong
                continue
            del running[file]
            os.waitpid(pid, 0)
            for name in sorted(missing):
                yield version, name, "its process has died"


def main():
    """All cells of both versions, or those whose names have the argument in them."""
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    seed = random.SystemRandom().randrange(1 << 31)
    groups = [(version, [cell for cell in group if only in cell[0]])
              for group in GRID for version in (4, 6)]
    groups = [(version, group) for version, group in groups if group]
    wanted = {(version, name) for version, group in groups for name, _, _ in group}
    print(f"KTAP version 1\n1..{len(wanted) + 1}\n# seed {seed}", flush=True)
    failed, number, seen = 0, 0, set()
    for number, (version, name, wrong) in enumerate(run_all(groups, seed), 1):
        seen.add((version, name))
        for line in wrong.splitlines():
            print(f"# {line}")
        print(f"{'not ok' if wrong else 'ok'} {number} IPv{version} {name}", flush=True)
        failed += bool(wrong)
    whole = seen == wanted and (only or len(seen) == 2 * len(names()) == 330)
    print(f"{'ok' if whole else 'not ok'} {number + 1} all cells were tried: {len(seen)}")
    sys.exit(0 if whole and not failed else 1)


if __name__ == "__main__":
    main()
