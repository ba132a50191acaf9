# SPDX-License-Identifier: GPL-2.0-only
"""What each event of RFC 9293 3.10 has to do in each state: a row a segment, or a call.

A segment has `seq` less RCV.NXT and `ack` less SND.NXT. `reply` has the flags of the one answer;
its SEQ is SND.NXT and its ACK RCV.NXT + `adv`; of a SYN, SEQ is our ISS and ACK SEG.SEQ + 1; of a
RST without ACK, SEQ is SEG.ACK; of CLOSED's RST with ACK (`closed`), SEQ is 0 and ACK SEG.SEQ +
SEG.LEN. No `reply`, no segment. `next` is the next state, by default the same.

The user sees `data` bytes, the end of the data (`eof`), urgent data, and `err` in SO_ERROR; a call
ends with `errno`. Of SYN_RECEIVED a row is for a listener's handshake ("passive"), for a
simultaneous open ("active"), or for both.
"""

import errno

from cells_tales import (end_of_2msl, len_0_wnd, len_0_wnd_0, len_wnd, len_wnd_0, listener_aborted,
                         listener_closed, receive, retransmission, user_timeout)

SYNCED = ["ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK"]
EIGHT = ["SYN_RECEIVED"] + SYNCED + ["TIME_WAIT"]
ALL = ["CLOSED", "LISTEN", "SYN_SENT"] + EIGHT
UNACKED = ["FIN_WAIT_1", "CLOSING", "LAST_ACK"]
CALLS = ["OPEN", "SEND", "RECEIVE", "CLOSE", "ABORT", "STATUS"]
CHECKS = ["sequence", "RST", "RST_in_window", "security", "SYN", "ACK", "ACK_outside", "URG",
          "text", "FIN"]
# out of any window
FAR = 100000000

ROWS = []


def row(states, event, flags=None, **what):
    """Add one; states by name, several in one string or list."""
    states = states.split() if isinstance(states, str) else states
    ROWS.append({"states": states, "event": event, "flags": flags, **what})


def call(states, event, name, **what):
    """The same of a call."""
    row(states, event, call=name, **what)


# OPEN, active and passive. There is no connect() on a listener in this interface.
call("CLOSED", "OPEN", "connect", errno=errno.EINPROGRESS, reply="S", next="SYN_SENT")
call("CLOSED", "OPEN", "listen", next="LISTEN")
call("LISTEN", "OPEN", "connect", errno=errno.EISCONN)
call("SYN_SENT", "OPEN", "connect", errno=errno.EALREADY)
call("SYN_RECEIVED", "OPEN", "connect", origin="active", errno=errno.EALREADY)
call(SYNCED + ["TIME_WAIT"], "OPEN", "connect", errno=errno.EISCONN)
call("SYN_SENT", "OPEN", "listen", errno=errno.EINVAL)
call("SYN_RECEIVED", "OPEN", "listen", origin="active", errno=errno.EINVAL)
call(SYNCED + ["TIME_WAIT"], "OPEN", "listen", errno=errno.EINVAL)

# SEND. Until there is a connection a call waits, or would.
call("CLOSED LISTEN", "SEND", "send", errno=errno.EPIPE)
call("SYN_SENT", "SEND", "send", errno=errno.EAGAIN)
call("SYN_RECEIVED", "SEND", "send", origin="active", errno=errno.EAGAIN)
call("ESTABLISHED CLOSE_WAIT", "SEND", "send", reply="PA", reply_len=100)
call("ESTABLISHED CLOSE_WAIT", "SEND", "urgent", reply="PUA", reply_len=100)
call(UNACKED + ["FIN_WAIT_2", "TIME_WAIT"], "SEND", "send", errno=errno.EPIPE)

# RECEIVE
call("CLOSED LISTEN", "RECEIVE", "recv", errno=errno.ENOTCONN)
call("SYN_SENT", "RECEIVE", "recv", errno=errno.EAGAIN)
call("SYN_RECEIVED", "RECEIVE", "recv", origin="active", errno=errno.EAGAIN)
call("ESTABLISHED FIN_WAIT_1 FIN_WAIT_2", "RECEIVE", "recv", errno=errno.EAGAIN)
row("ESTABLISHED FIN_WAIT_1 FIN_WAIT_2", "RECEIVE", special=receive)
call("CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT", "RECEIVE", "recv")

# CLOSE
call("CLOSED", "CLOSE", "close")
call("LISTEN", "CLOSE", "close", next="CLOSED")
call("SYN_SENT", "CLOSE", "close", next="CLOSED")
call("SYN_RECEIVED", "CLOSE", "close", origin="active", reply="FA", next="FIN_WAIT_1")
row("SYN_RECEIVED", "CLOSE", origin="passive", special=listener_closed)
call("ESTABLISHED", "CLOSE", "close", reply="FA", next="FIN_WAIT_1")
call("ESTABLISHED", "CLOSE", "shutdown", reply="FA", next="FIN_WAIT_1")
call("ESTABLISHED", "CLOSE", "close", before="data", reply="FA", next="FIN_WAIT_1")
call("CLOSE_WAIT", "CLOSE", "close", reply="FA", next="LAST_ACK")
call("CLOSE_WAIT", "CLOSE", "shutdown", reply="FA", next="LAST_ACK")
call("FIN_WAIT_1 FIN_WAIT_2 CLOSING LAST_ACK", "CLOSE", "shutdown")
call("FIN_WAIT_1 FIN_WAIT_2 CLOSING LAST_ACK TIME_WAIT", "CLOSE", "close")

# ABORT. What TIME_WAIT keeps is no longer the socket's.
call("CLOSED", "ABORT", "abort")
call("LISTEN SYN_SENT", "ABORT", "abort", next="CLOSED")
call("SYN_RECEIVED", "ABORT", "abort", origin="active", reply="RA", next="CLOSED")
row("SYN_RECEIVED", "ABORT", origin="passive", special=listener_aborted)
call("ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT", "ABORT", "abort", reply="RA", next="CLOSED")
call("ESTABLISHED CLOSE_WAIT", "ABORT", "abort", before="data", reply="RA", next="CLOSED")
call("CLOSING LAST_ACK", "ABORT", "abort", next="CLOSED")
call("TIME_WAIT", "ABORT", "abort")

# STATUS
call([state for state in ALL if state != "SYN_RECEIVED"], "STATUS", "status")
call("SYN_RECEIVED", "STATUS", "status", origin="active")

# SEGMENT ARRIVES, CLOSED. A port whose owner has no connection is left to native TCP, which answers
# by the same rules; the module's own such answers are those to a SYN in TIME_WAIT without listener.
row("CLOSED", "RST", "R")
row("CLOSED", "RST", "RA", ack=5)
row("CLOSED", "ACK_off", "S", reply="RA")
row("CLOSED", "ACK_off", "FPU", len=10, reply="RA")
row("CLOSED", "ACK_off", "", reply="RA")
row("CLOSED", "ACK_on", "A", ack=4711, reply="R")
row("CLOSED", "ACK_on", "SFA", ack=9, len=10, reply="R")

# LISTEN; the connection that a SYN makes is another's
row("LISTEN", "RST", "R")
row("LISTEN", "RST", "RA")
row("LISTEN", "RST", "RS")
row("LISTEN", "ACK", "A", ack=77, reply="R")
row("LISTEN", "ACK", "SA", ack=77, reply="R")
row("LISTEN", "ACK", "FA", ack=77, len=10, reply="R")
row("LISTEN", "SYN", "S", reply="SA", next="SYN_RECEIVED")
row("LISTEN", "SYN", "S", len=10, reply="SA", next="SYN_RECEIVED")
row("LISTEN", "other", "")
row("LISTEN", "other", "F")
row("LISTEN", "other", "FPU", len=10)

# SYN_SENT
row("SYN_SENT", "ACK", "A", ack=-1, reply="R")
row("SYN_SENT", "ACK", "A", ack=1, reply="R")
row("SYN_SENT", "ACK", "SA", ack=1, reply="R")
row("SYN_SENT", "ACK", "SA", ack=-FAR, reply="R")
row("SYN_SENT", "ACK", "RA", ack=1)
row("SYN_SENT", "RST", "RA", err=errno.ECONNREFUSED, next="CLOSED")
row("SYN_SENT", "RST", "R")
row("SYN_SENT", "security", "SA", version=4, label=True, reply="A", adv=1, next="ESTABLISHED")
row("SYN_SENT", "security", "SA", version=6, label=True)
row("SYN_SENT", "SYN", "SA", reply="A", adv=1, next="ESTABLISHED")
row("SYN_SENT", "SYN", "SA", len=1000, reply="A", adv=1001, data=1000, next="ESTABLISHED")
row("SYN_SENT", "SYN", "S", reply="SA", next="SYN_RECEIVED")
row("SYN_SENT", "neither", "")
row("SYN_SENT", "neither", "A")
row("SYN_SENT", "neither", "FA", len=10)
row("SYN_SENT", "neither", "FPU", len=10)

# the other states: first, the sequence number
row(EIGHT, "sequence", "A", seq=FAR, len=10, reply="A")
row(EIGHT, "sequence", "A", seq=-1000, len=10, reply="A")
row(EIGHT, "sequence", "A", seq=FAR, reply="A")
row(EIGHT, "sequence", "FA", seq=FAR, reply="A")
row(EIGHT, "sequence", "RA", seq=FAR)

# second, RST
row("SYN_RECEIVED", "RST", "R", origin="passive", next="LISTEN")
row("SYN_RECEIVED", "RST", "R", origin="active", err=errno.ECONNREFUSED, next="CLOSED")
row("ESTABLISHED FIN_WAIT_1 FIN_WAIT_2", "RST", "R", err=errno.ECONNRESET, next="CLOSED")
row("ESTABLISHED", "RST", "RA", before="data", err=errno.ECONNRESET, next="CLOSED")
row("CLOSE_WAIT", "RST", "R", err=errno.EPIPE, next="CLOSED")
row("CLOSING LAST_ACK", "RST", "R", err=errno.ECONNRESET, next="CLOSED")
row("TIME_WAIT", "RST", "R", next="CLOSED")
row("TIME_WAIT", "RST", "R", before="rfc1337")
row(EIGHT, "RST_in_window", "R", seq=1, reply="A")
row(EIGHT, "RST_in_window", "RA", seq=20000, reply="A")
row(EIGHT, "RST_in_window", "R", seq=-1)

# third, security: a label in IPv4 changes nothing; in IPv6 nobody has set up this one, so that IP
# itself drops it
row(SYNCED + ["TIME_WAIT"], "security", "A", version=4, label=True, seq=FAR, reply="A")
row("SYN_RECEIVED", "security", "A", version=4, label=True, next="ESTABLISHED")
row(EIGHT, "security", "A", version=6, label=True)

# fourth, SYN
row("SYN_RECEIVED", "SYN", "S", origin="passive", next="LISTEN")
row("SYN_RECEIVED", "SYN", "S", origin="passive", seq=100, next="LISTEN")
row("SYN_RECEIVED", "SYN", "S", origin="active", seq=100, reply="A")
row("SYN_RECEIVED", "SYN", "S", seq=FAR, reply="A")
row("SYN_RECEIVED", "SYN", "S", seq=-1, reply="SA")
row(SYNCED, "SYN", "S", reply="A")
row(SYNCED, "SYN", "S", seq=-1, reply="A")
row(SYNCED, "SYN", "SA", seq=100, reply="A")
row(SYNCED, "SYN", "S", seq=FAR, reply="A")
row("TIME_WAIT", "SYN", "S", seq=-1000, reply="A")
row("TIME_WAIT", "SYN", "SA", seq=1000, reply="A")
row("TIME_WAIT", "SYN", "S", seq=1000, before="listener", reply="SA", next="SYN_RECEIVED")
# without a listener a new SYN meets CLOSED
row("TIME_WAIT", "SYN", "S", seq=1000, closed=True, reply="RA")

# fifth, ACK: off, and on
row(EIGHT, "ACK", "P", len=10)
row(EIGHT, "ACK", "F")
row("SYN_RECEIVED", "ACK", "A", next="ESTABLISHED")
row("SYN_RECEIVED", "ACK", "A", ack=-1, reply="R")
row("SYN_RECEIVED", "ACK", "A", ack=1, reply="R")
row("ESTABLISHED CLOSE_WAIT", "ACK", "A", before="data")
row("ESTABLISHED CLOSE_WAIT", "ACK", "A", before="data", ack=-60)
row("ESTABLISHED CLOSE_WAIT", "ACK", "A", before="data", ack=-100)
row("ESTABLISHED CLOSE_WAIT", "ACK", "A", before="data", ack=1, reply="A")
row("FIN_WAIT_1", "ACK", "A", next="FIN_WAIT_2")
row("FIN_WAIT_2", "ACK", "A")
row("CLOSING", "ACK", "A", next="TIME_WAIT")
row("LAST_ACK", "ACK", "A", next="CLOSED")
row(UNACKED, "ACK", "A", ack=-1)
row("TIME_WAIT", "ACK", "A")
row("TIME_WAIT", "ACK", "FA", seq=-1, reply="A")

# by RFC 5961; in SYN_RECEIVED the RST of RFC 9293 stands
row("SYN_RECEIVED", "ACK_outside", "A", ack=FAR, len=10, reply="R")
row("SYN_RECEIVED", "ACK_outside", "A", ack=-FAR, len=10, reply="R")
row(SYNCED, "ACK_outside", "A", ack=1, len=10, reply="A")
row(SYNCED, "ACK_outside", "A", ack=FAR, len=10, reply="A")
row(SYNCED, "ACK_outside", "A", ack=-FAR, len=10, reply="A")
row("TIME_WAIT", "ACK_outside", "A", ack=1, reply="A")
row("TIME_WAIT", "ACK_outside", "FA", seq=-1, ack=1, reply="A")

# sixth, URG: the byte before the pointer is urgent, reading stops there
for _states, _ack, _next in (("SYN_RECEIVED", 0, {"next": "ESTABLISHED"}), ("ESTABLISHED", 0, {}),
                             ("FIN_WAIT_2", 0, {}), ("FIN_WAIT_1", -1, {})):
    row(_states, "URG", "UA", ack=_ack, len=1000, urg=1000, reply="A", adv=1000, urgent=True,
        data=999, **_next)
row("CLOSE_WAIT TIME_WAIT", "URG", "UA", urg=10)
row("CLOSING LAST_ACK", "URG", "UA", ack=-1, urg=10)

# seventh, text
row("SYN_RECEIVED", "text", "A", len=1000, reply="A", adv=1000, data=1000, next="ESTABLISHED")
row("ESTABLISHED FIN_WAIT_2", "text", "A", len=1000, reply="A", adv=1000, data=1000)
row("FIN_WAIT_1", "text", "A", ack=-1, len=1000, reply="A", adv=1000, data=1000)
row("CLOSE_WAIT TIME_WAIT", "text", "A", len=1000, reply="A")
row("CLOSING LAST_ACK", "text", "A", ack=-1, len=1000, reply="A")

# eighth, FIN
row("SYN_RECEIVED ESTABLISHED", "FIN", "FA", reply="A", adv=1, eof=True, next="CLOSE_WAIT")
row("ESTABLISHED", "FIN", "FA", len=1000, reply="A", adv=1001, data=1000, next="CLOSE_WAIT")
row("ESTABLISHED", "FIN", "FA", seq=100, reply="A")
row("FIN_WAIT_1", "FIN", "FA", reply="A", adv=1, eof=True, next="TIME_WAIT")
row("FIN_WAIT_1", "FIN", "FA", ack=-1, reply="A", adv=1, eof=True, next="CLOSING")
row("FIN_WAIT_2", "FIN", "FA", reply="A", adv=1, eof=True, next="TIME_WAIT")
row("CLOSE_WAIT TIME_WAIT", "FIN", "FA", seq=-1, reply="A")
row("CLOSING LAST_ACK", "FIN", "FA", seq=-1, ack=-1, reply="A")

# table 6
row("ESTABLISHED", "LEN_0_WND_0", special=len_0_wnd_0)
row("ESTABLISHED", "LEN_0_WND", special=len_0_wnd)
row("ESTABLISHED", "LEN_WND_0", special=len_wnd_0)
row("ESTABLISHED", "LEN_WND", special=len_wnd)

# Timeouts. That CLOSED and LISTEN have no timer is for the tests of the core.
row(["SYN_SENT", "SYN_RECEIVED"] + SYNCED, "USER_TIMEOUT", special=user_timeout)
row(["SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "CLOSE_WAIT"] + UNACKED, "RETRANSMISSION_TIMEOUT",
    special=retransmission)
row("FIN_WAIT_2", "TIME_WAIT_TIMEOUT", special=end_of_2msl)


def cells(states, events):
    """Names, states and events of cells."""
    return [(f"{state} x {event}", [state], event) for state in states for event in events]


def as_one(name, states, events):
    """Those that are one cell for all their states."""
    return [(f"{name} x {event}", states, event) for event in events]


# Groups of (name, states, event). Those that wait for timers begin.
GRID = [
    as_one("any", ALL, ["USER_TIMEOUT"]),
    as_one("any", ALL, ["RETRANSMISSION_TIMEOUT"]),
    as_one("table 6", ["ESTABLISHED"], ["LEN_0_WND_0", "LEN_0_WND", "LEN_WND_0", "LEN_WND"]) +
    as_one("any", ALL, ["TIME_WAIT_TIMEOUT"]),
    cells(["CLOSED"], CALLS + ["RST", "ACK_off", "ACK_on"]) +
    cells(["LISTEN"], CALLS + ["RST", "ACK", "SYN", "other"]) +
    cells(["SYN_SENT"], CALLS + ["ACK", "RST", "security", "SYN", "neither"]),
] + [cells([state], CALLS + CHECKS) for state in EIGHT]


def names():
    """Of all cells, 165."""
    return {name for group in GRID for name, _, _ in group}
