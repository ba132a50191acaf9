# SPDX-License-Identifier: GPL-2.0-only
"""The remote end of one connection, in the hands of a test.

All numbers are relative: `seq` of what we send and `ack` of what we receive to our initial
sequence number, the others to the machine's. A SYN has number 0, the first byte is 1.
"""

import time

import packet
from wire import PATIENCE, Failure

MASK = 0xffffffff


def signed(number):
    """A difference of sequence numbers."""
    return (number & MASK) - ((number & 0x80000000) << 1)


def show_options(options):
    """As tcpdump would, about."""
    words = []
    for name, *value in options:
        if name == "ts":
            words.append(f"ts {value[0][0]} {value[0][1]}")
        elif name != "nop":
            words.append(" ".join([name] + [str(v) for v in value]))
    return "<" + ",".join(words) + ">" if words else ""


class Peer:
    """One connection's other end."""

    def __init__(self, wire, to, port=None):
        self.wire = wire
        self.to = to
        self.port = port or next(wire.ports)
        # as often as not, numbers wrap soon
        self.iss = wire.rng.choice([wire.rng.randrange(1 << 32), (1 << 32) - 700])
        self.irs = None
        self.win = 65535
        self.seq = 0		# that we would send next
        self.ack = 0		# that we would acknowledge
        self.tsval = None	# timestamps are in use: ours, and the last of theirs
        self.tsecr = 0
        self.syns = set()
        self.all_syns = False

    # sending

    def segment(self, flags, seq=None, ack=None, data=b"", options=(), **more):
        """A segment; by default the next in order, acknowledging all that was received."""
        seq = self.seq if seq is None else seq
        ack = self.ack if ack is None else ack
        options = list(options)
        if self.tsval is not None and not any(o[0] in ("ts", "nots") for o in options):
            options += [("nop",), ("nop",), ("ts", (self.tsval, self.tsecr))]
        options = [o for o in options if o[0] != "nots"]
        win = more.pop("win", self.win)
        seg = packet.Segment(self.port, self.to, (self.iss + seq) & MASK,
                             ((self.irs or 0) + ack) & MASK if "A" in flags else 0, flags, win,
                             more.pop("urg", 0), options, data, self.wire.remote,
                             self.wire.local, **more)
        self.wire.note("->", self.describe(seg, False))
        return seg

    def send(self, flags, seq=None, ack=None, data=b"", options=(), **more):
        """Send one; what is in order moves our numbers on."""
        seg = self.segment(flags, seq, ack, data, options, **more)
        self.wire.inject(packet.pack_segment(seg))
        end = signed(seg.seq - self.iss) + len(data) + ("S" in flags) + ("F" in flags)
        if "R" not in flags and signed(seg.seq - self.iss) == self.seq:
            self.seq = max(self.seq, end)

    def sack(self, *blocks, ack=1):
        """An ACK with blocks of the machine's numbers, (first, one past the last)."""
        edges = [((self.irs + a) & MASK, (self.irs + b) & MASK) for a, b in blocks]
        self.send("A", ack=ack, options=[("nop",), ("nop",), ("sack", edges)])

    # receiving

    def describe(self, seg, theirs=True):
        """One line with relative numbers."""
        mine, other = (self.irs, self.iss) if theirs else (self.iss, self.irs)
        seq = signed(seg.seq - (mine if mine is not None else seg.seq))
        text = f"{seg.flags:3} seq {seq} len {len(seg.data)}"
        if "A" in seg.flags:
            text += f" ack {signed(seg.ack - (other or 0))}"
        text += f" win {seg.win}"
        if "U" in seg.flags:
            text += f" urg {seg.urg}"
        return text + " " + show_options(seg.options)

    def mine(self, seg):
        """Is it of this connection?"""
        return seg.sport == self.to and seg.dport == self.port

    def receive(self, timeout=PATIENCE):
        """The next segment of this connection, or None. A SYN that was repeated because the
        machine is slow is not seen twice."""
        deadline = time.monotonic() + timeout
        while (seg := self.wire.next_segment(deadline - time.monotonic())) is not None:
            if not self.mine(seg):
                raise Failure(f"a segment to port {seg.dport} was not expected")
            self._learn(seg)
            self.wire.note("<-", self.describe(seg))
            if not self._repeated_syn(seg):
                return seg
        return None

    def _learn(self, seg):
        if self.irs is None and "S" in seg.flags:
            self.irs = seg.seq
        stamp = seg.option("ts")
        if stamp:
            self.tsecr = stamp[0]
        end = signed(seg.seq - (self.irs or 0)) + len(seg.data)
        end += ("S" in seg.flags) + ("F" in seg.flags)
        if self.irs is not None and "R" not in seg.flags:
            self.ack = max(self.ack, end)

    def _repeated_syn(self, seg):
        name = (seg.flags, seg.seq)
        if "S" not in seg.flags or self.all_syns:
            return False
        if name in self.syns:
            return True
        self.syns.add(name)
        return False

    # expecting

    def wrong(self, seg, flags, **want):
        """What is not as it should be, in words."""
        found = {"seq": signed(seg.seq - (self.irs if self.irs is not None else 0)),
                 "ack": signed(seg.ack - self.iss), "len": len(seg.data), "win": seg.win,
                 "urg": seg.urg, "data": seg.data, "ttl": seg.ttl, "tos": seg.tos,
                 "sack": [(signed(a - self.iss), signed(b - self.iss))
                          for a, b in seg.option("sack") or []],
                 "options": [o[0] for o in seg.options if o[0] != "nop"]}
        problems = []
        if set(seg.flags) != set(flags):
            problems.append(f"flags {seg.flags}, not {flags}")
        for name, value in want.items():
            if value is not None and found[name] != value:
                problems.append(f"{name} {found[name]}, not {value}")
        return "; ".join(problems)

    def expect(self, flags, seq=None, ack=None, past=None, **want):
        """The next segment is exactly this. What is not given is: seq, the next in order; ack,
        all that we have sent; len 0 or that of data; timestamps if they are in use; no other
        option. Segments with the flags `past` are passed over: a timer repeats them."""
        before = self.ack
        seg = self.receive()
        while seg and past and set(seg.flags) == set(past):
            seg = self.receive()
        if seg is None:
            raise Failure(f"no segment came, not {flags}")
        want.setdefault("len", len(want.get("data") or b""))
        want["seq"] = before if seq is None else seq
        if "A" in flags:
            want["ack"] = self.seq if ack is None else ack
        if want.get("options") is None:
            want["options"] = self._usual_options(flags, want)
        want["options"] = sorted(want["options"])
        problems = self.wrong(seg, flags, **{k: v for k, v in want.items() if k != "options"})
        names = sorted(o[0] for o in seg.options if o[0] != "nop")
        if names != want["options"]:
            problems += f"; options {names}, not {want['options']}"
        if problems:
            raise Failure(problems.removeprefix("; "))
        return seg

    def _usual_options(self, flags, want):
        names = []
        if self.tsval is not None and "R" not in flags:
            names.append("ts")
        if want.get("sack"):
            names.append("sack")
        return names

    def answers(self):
        """What has come of this connection up to now."""
        found = []
        for seg in self.wire.answers():
            if not self.mine(seg):
                raise Failure(f"a segment to port {seg.dport} was not expected")
            self._learn(seg)
            self.wire.note("<-", self.describe(seg))
            if not self._repeated_syn(seg):
                found.append(seg)
        return found

    def expect_nothing(self, past=None):
        """The machine has not answered what was sent last; `past` is as in expect()."""
        found = [seg for seg in self.answers() if not past or set(seg.flags) != set(past)]
        if found:
            raise Failure("no answer was expected")

    def data(self, count, ack_each=False):
        """Receive `count` bytes in order; returns them and the segments."""
        got, segs = b"", []
        while len(got) < count:
            start = self.ack
            seg = self.receive()
            if seg is None:
                raise Failure(f"{len(got)} bytes came, not {count}")
            if signed(seg.seq - self.irs) != start:
                raise Failure(f"{start} should have come next")
            got += seg.data
            segs.append(seg)
            if ack_each:
                self.send("A")
        return got, segs
