# SPDX-License-Identifier: GPL-2.0-only
"""What passes a host that forwards, seen twice: as it comes in, and as it goes out."""

import collections
import contextlib
import signal
import socket
import struct

import lab

# libpcap's file, and its LINUX_SLL2, which is what comes of all devices at once
FILE_HEADER = struct.Struct("=IHHiIII")
FRAME_HEADER = struct.Struct("=IIII")
MAGIC = 0xa1b2c3d4
SLL2 = struct.Struct("!HHIHBB8s")
LINKTYPE_RAW = 101
LINKTYPE_SLL2 = 276
ETH_P = (0x0800, 0x86dd)
OUTGOING = 4
MARK = 9999
MARKED = b"the end of a capture"

Frame = collections.namedtuple("Frame", "stamp device packet")


class Seen:
    """The IP packets of a capture, by the direction in which they passed."""

    def __init__(self, path):
        self.came, self.left = [], []
        with open(path, "rb") as file:
            data = file.read()
        magic, *_, linktype = FILE_HEADER.unpack_from(data)
        lab.equal((magic, linktype), (MAGIC, LINKTYPE_SLL2), "the format of the capture")
        at = FILE_HEADER.size
        while at < len(data):
            seconds, micros, size, whole = FRAME_HEADER.unpack_from(data, at)
            at += FRAME_HEADER.size
            lab.equal(size, whole, "bytes of a frame in the capture")
            protocol, _, device, _, kind, _, _ = SLL2.unpack_from(data, at)
            if protocol in ETH_P and MARKED not in data[at:at + size]:
                frame = Frame((seconds, micros), device, data[at + SLL2.size:at + size])
                (self.left if kind == OUTGOING else self.came).append(frame)
            at += size

    def struck(self):
        """What became of what came in: Counter of lost, doubled, damaged, late."""
        came = collections.Counter(known(f.packet) for f in self.came)
        left = [known(f.packet) for f in self.left]
        count = collections.Counter(left)
        found = collections.Counter(
            lost=(came - count).total(),
            damaged=sum(n for key, n in count.items() if key not in came),
            doubled=sum(max(n - came[key], 0) for key, n in count.items() if key in came))
        order = {}
        for number, frame in enumerate(self.came):
            order.setdefault(known(frame.packet), number)
        newest = collections.Counter()
        for frame, key in zip(self.left, left):
            number = order.get(key, newest[frame.device])
            found["late"] += number < newest[frame.device]
            newest[frame.device] = max(newest[frame.device], number)
        return found


def known(packet):
    """All but what a router changes: the TTL, and IPv4's checksum with it."""
    if packet[0] >> 4 == 4:
        return packet[:8] + packet[9:10] + packet[12:]
    return packet[:7] + packet[8:]


def length(packet):
    """That the IP header gives it."""
    at, more = (2, 0) if packet[0] >> 4 == 4 else (4, 40)
    return struct.unpack_from("!H", packet, at)[0] + more


def write(path, frames):
    """A file for others to read."""
    with open(path, "wb") as file:
        file.write(FILE_HEADER.pack(MAGIC, 2, 4, 0, 0, 262144, LINKTYPE_RAW))
        for frame in frames:
            size = len(frame.packet)
            file.write(FRAME_HEADER.pack(*frame.stamp, size, size) + frame.packet)


def marked(path, ns):
    """Whether the file has come to a packet that is sent now, or was before."""
    with lab.inside(ns), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as marker:
        marker.sendto(MARKED, ("127.0.0.1", MARK))
    with open(path, "rb") as file:
        return MARKED in file.read()


@contextlib.contextmanager
def running(ns, path):
    """tcpdump writes all that passes; at the end nothing of it is missing in the file."""
    # not its immediate mode, where the buffer has room for a few hundred frames only
    command = ("tcpdump", "-i", "any", "-y", "LINUX_SLL2", "-n", "-U", "-B", "65536",
               "-s", "262144", "-w", path, f"tcp or udp port {MARK}")
    with lab.background(*command, ns=ns) as dump:
        try:
            lab.wait_for(dump, "listening on")
            yield
            lab.until(lambda: marked(path, ns), "the capture's end is not in the file")
        finally:
            dump.send_signal(signal.SIGINT)
            text = dump.communicate()[0]
    lab.check("\n0 packets dropped by kernel" in text, f"all was seen: {text}")
