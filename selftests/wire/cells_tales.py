# SPDX-License-Identifier: GPL-2.0-only
"""Cells of RFC 9293 3.10 that take more than one event: functions that get a cells.Cell."""

import errno
import socket
import time

from harness import check, equal
from wire import PATIENCE

SOL_ATCP, ATCP_TIMEWAIT_US = 400, 1
BYTES = 100
MASK = 0xffffffff


def until(cell, state):
    """The connection comes to a state by itself."""
    deadline = time.monotonic() + PATIENCE
    while (found := cell.state()) != state:
        check(time.monotonic() < deadline, f"it stays in {found}, {state} does not come")
        cell.wire.next_segment(0.1)


def quiet(cell):
    """Nothing is sent."""
    equal([cell.peer.describe(seg) for seg in cell.peer.answers()], [], "answers")


def window(cell):
    """That the machine offers, bytes from RCV.NXT."""
    return int(cell.info()["rcv_wnd"])


def unacked(cell):
    """Bytes that wait for an ACK."""
    info = cell.info()
    return (int(info["snd_nxt"]) - int(info["snd_una"])) & MASK


def send(cell):
    """Something to be acknowledged."""
    cell.sock.send(b"s" * BYTES)
    cell.peer.expect("PA", seq=cell.peer.ack, data=b"s" * BYTES)


def fill(cell):
    """Data until the window is shut."""
    peer, left = cell.peer, window(cell)
    ack = peer.ack - unacked(cell)
    while left:
        size = min(left, 1000)
        peer.send("A", ack=ack, data=b"d" * size)
        left -= size
    # the last of the ACKs may be late
    while (seg := peer.receive()) and peer.wrong(seg, "A", ack=peer.seq, win=0):
        check(set(seg.flags) <= {"A", "F"}, f"a segment {seg.flags}")
    check(seg, "the last segment is acknowledged")
    equal(cell.info()["state"], cell.name, "state")


def receive(cell):
    """What the user takes opens the window again, and the peer is told."""
    fill(cell)
    taken = cell.readable()
    check(taken > 1000, "all the data is there")
    found = cell.peer.answers()
    check(found, "an update of the window")
    problems = cell.peer.wrong(found[-1], "A", seq=cell.peer.ack, ack=cell.peer.seq, len=0)
    check(not problems, problems)
    check(found[-1].win >= 1000, "a window that is worth telling")
    equal(cell.state(), cell.name, "state")


def listener_closed(cell):
    """The handshakes of a listener go with it."""
    cell.lsock.close()
    cell.lsock = None
    quiet(cell)
    equal(cell.state(), "CLOSED", "state")
    cell.peer.send("A")
    cell.peer.expect("R", seq=1)


def listener_aborted(cell):
    """The same: nobody has seen the connection yet."""
    cell.call_abort_listener()
    quiet(cell)
    equal(cell.state(), "CLOSED", "state")


def len_0_wnd_0(cell):
    """Only RCV.NXT is acceptable; ACK and RST are still processed (MUST-66)."""
    fill(cell)
    send(cell)
    cell.peer.send("A")
    quiet(cell)
    equal(unacked(cell), 0, "bytes not acknowledged")
    cell.peer.send("A", seq=cell.peer.seq + 1)
    cell.peer.expect("A", seq=cell.peer.ack)
    cell.peer.send("R", seq=cell.peer.seq + 1)
    quiet(cell)
    equal(cell.state(), "ESTABLISHED", "state")
    cell.peer.send("R")
    quiet(cell)
    equal(cell.state(), "CLOSED", "state")


def len_0_wnd(cell):
    """From RCV.NXT to the edge; see test_cells of the core for the edge itself."""
    for offset in (0, 1, window(cell) - 1):
        send(cell)
        cell.peer.send("A", seq=cell.peer.seq + offset)
        quiet(cell)
        equal(unacked(cell), 0, f"bytes not acknowledged at {offset}")
    for offset in (-1, window(cell) + 1):
        send(cell)
        cell.peer.send("A", seq=cell.peer.seq + offset)
        cell.peer.expect("A", seq=cell.peer.ack)
        equal(unacked(cell), BYTES, f"bytes not acknowledged at {offset}")
        cell.peer.send("A")
        quiet(cell)


def len_wnd_0(cell):
    """No data is acceptable."""
    fill(cell)
    end = cell.peer.seq
    for offset, size in ((0, 1), (-1, 2), (0, 1000)):
        cell.peer.send("A", seq=end + offset, data=b"x" * size)
        cell.peer.expect("A", seq=cell.peer.ack, ack=end)
        cell.peer.seq = end
    equal(cell.readable(), end - 1, "bytes to be read")


def len_wnd(cell):
    """Its first or last byte has to be in the window; what is not is cut off."""
    peer, edge = cell.peer, window(cell)
    for offset in (-10, edge + 1):
        peer.send("A", seq=1 + offset, data=b"x" * 10)
        peer.expect("A", seq=1, ack=1)
    equal(cell.info()["ooo_bytes"], "0", "bytes out of order")
    peer.send("A", seq=1 + edge - 10, data=b"x" * 20)
    peer.expect("A", seq=1, ack=1)
    equal(cell.info()["ooo_bytes"], "10", "bytes out of order")
    peer.send("A", seq=-4, data=b"x" * 5 + b"y" * 10)
    peer.expect("A", seq=1, ack=11)
    peer.seq = 11
    equal(cell.sock.recv(100), b"y" * 10, "data")


def user_timeout(cell):
    """The peer is silent: flush, tell the user, CLOSED."""
    if not cell.sock:
        cell.wire.sysctl("tcp_synack_retries", 0)
        until(cell, "LISTEN")
        cell.wire.sysctl("tcp_synack_retries", 5)
        return
    cell.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 300)
    if cell.name in ("ESTABLISHED", "CLOSE_WAIT"):
        send(cell)
    elif cell.name == "FIN_WAIT_2":
        cell.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        cell.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        cell.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    until(cell, "CLOSED")
    equal(cell.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), errno.ETIMEDOUT, "SO_ERROR")


def retransmission(cell):
    """The front of the queue is sent again, and again."""
    peer = cell.peer
    peer.all_syns = True
    if cell.name in ("ESTABLISHED", "CLOSE_WAIT"):
        send(cell)
    end = peer.ack
    for _ in range(2):
        if cell.name == "SYN_SENT":
            peer.expect("S", seq=0, options=["mss", "sackok", "ts", "ws"])
        elif cell.name == "SYN_RECEIVED":
            peer.expect("SA", seq=0, ack=1, options=["mss"])
        elif cell.name in ("ESTABLISHED", "CLOSE_WAIT"):
            peer.expect("PA", seq=end - BYTES, data=b"s" * BYTES)
        else:
            peer.expect("FA", seq=end - 1)
        equal(cell.state(), cell.name, "state")


def end_of_2msl(cell):
    """TIME_WAIT ends by itself, after a time that is long enough to see it."""
    cell.sock.setsockopt(SOL_ATCP, ATCP_TIMEWAIT_US, 5000000)
    cell.peer.send("FA")
    cell.peer.expect("A", seq=2)
    equal(cell.state(), "TIME_WAIT", "state")
    until(cell, "CLOSED")
    quiet(cell)
