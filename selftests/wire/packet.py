# SPDX-License-Identifier: GPL-2.0-only
"""Build and take apart IPv4, IPv6, TCP and ICMP packets, right ones and wrong ones."""

import ipaddress
import struct
from array import array
from dataclasses import dataclass, field

ICMP = 1
TCP = 6
ICMPV6 = 58
HOPOPTS = 0
DSTOPTS = 60
FRAGMENT = 44
# options of IPv4's header: loose and strict source routes
LSRR, SSRR = 131, 137

FLAGS = "FSRPAUEC"

# TCP options by number
EOL, NOP, MSS, WSCALE, SACK_OK, SACK, TIMESTAMP, UTO = 0, 1, 2, 3, 4, 5, 8, 28
TRIAL = 253		# RFC 6994
ACKDELAY = b"atcp"	# which of them


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    words = array("H", data)
    words.byteswap()
    total = sum(words)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo_header(src, dst, proto, length):
    """What the transport's checksum covers of IP."""
    if len(src) == 4:
        return src + dst + struct.pack("!BBH", 0, proto, length)
    return src + dst + struct.pack("!IHBB", length, 0, 0, proto)


def address(text):
    """Four or sixteen bytes."""
    return ipaddress.ip_address(text).packed


@dataclass
class Segment:
    """A TCP segment; numbers are absolute."""

    sport: int
    dport: int
    seq: int = 0
    ack: int = 0
    flags: str = ""
    win: int = 65535
    urg: int = 0
    options: list = field(default_factory=list)
    data: bytes = b""
    # of IP
    src: bytes = b""
    dst: bytes = b""
    ttl: int = 64
    tos: int = 0
    df: bool = True
    ip_options: bytes = b""	# of IPv4
    # how to spoil it
    doff: int = None
    bad_checksum: bool = False

    def option(self, name):
        """The value of an option, True for one without, None if it is not there."""
        for option in self.options:
            if option[0] == name:
                return option[1] if len(option) > 1 else True
        return None


def pack_option(option):
    """One option of ("mss", 1460), ("ws", 7), ("sackok",), ("sack", [(l, r)]), ("ts", (v, e)),
    ("uto", bits), ("ackdelay", us), ("nop",), ("eol",), or ("raw", bytes)."""
    name = option[0]
    if name == "mss":
        return struct.pack("!BBH", MSS, 4, option[1])
    if name == "ws":
        return struct.pack("!BBB", WSCALE, 3, option[1])
    if name == "sackok":
        return struct.pack("!BB", SACK_OK, 2)
    if name == "sack":
        body = b"".join(struct.pack("!II", *block) for block in option[1])
        return struct.pack("!BB", SACK, 2 + len(body)) + body
    if name == "ts":
        return struct.pack("!BBII", TIMESTAMP, 10, *option[1])
    if name == "uto":
        return struct.pack("!BBH", UTO, 4, option[1])
    if name == "ackdelay":
        return struct.pack("!BB4sH", TRIAL, 8, ACKDELAY, option[1])
    if name == "nop":
        return bytes([NOP])
    if name == "eol":
        return bytes([EOL])
    if name == "raw":
        return option[1]
    raise ValueError(f"no option {name}")


def unpack_option(kind, body):
    """The inverse of pack_option()."""
    if kind == MSS and len(body) == 2:
        return ("mss", struct.unpack("!H", body)[0])
    if kind == WSCALE and len(body) == 1:
        return ("ws", body[0])
    if kind == SACK_OK and not body:
        return ("sackok",)
    if kind == SACK and len(body) % 8 == 0:
        numbers = struct.unpack(f"!{len(body) // 4}I", body)
        return ("sack", list(zip(numbers[::2], numbers[1::2])))
    if kind == TIMESTAMP and len(body) == 8:
        return ("ts", struct.unpack("!II", body))
    if kind == UTO and len(body) == 2:
        return ("uto", struct.unpack("!H", body)[0])
    if kind == TRIAL and len(body) == 6 and body.startswith(ACKDELAY):
        return ("ackdelay", struct.unpack("!H", body[4:])[0])
    return ("raw", bytes([kind, len(body) + 2]) + body)


def unpack_options(data):
    """Options of a header; what cannot be one is an error, as ours have to be right."""
    options = []
    while data:
        kind = data[0]
        if kind == EOL:
            if any(data):
                raise ValueError("something after the end of the options")
            break
        if kind == NOP:
            options.append(("nop",))
            data = data[1:]
            continue
        if len(data) < 2 or not 2 <= data[1] <= len(data):
            raise ValueError("an option's length is wrong")
        options.append(unpack_option(kind, data[2:data[1]]))
        data = data[data[1]:]
    return options


def pack_tcp(seg):
    """Header and data with their checksum."""
    options = b"".join(pack_option(option) for option in seg.options)
    options += bytes([NOP]) * (-len(options) % 4)
    bits = sum(1 << FLAGS.index(flag) for flag in seg.flags)
    doff = 5 + len(options) // 4 if seg.doff is None else seg.doff
    head = struct.pack("!HHIIBBHHH", seg.sport, seg.dport, seg.seq & 0xffffffff,
                       seg.ack & 0xffffffff, doff << 4, bits, seg.win, 0, seg.urg)
    body = head + options + seg.data
    total = checksum(pseudo_header(seg.src, seg.dst, TCP, len(body)) + body)
    if seg.bad_checksum:
        total ^= 0x1234
    return body[:16] + struct.pack("!H", total) + body[18:]


def source_route(hops, done=0, kind=LSRR):
    """The option of IPv4's header, of which so many of the hops are behind; padded."""
    option = struct.pack("!BBB", kind, 3 + 4 * len(hops), 4 + 4 * done) + b"".join(hops)
    return option + bytes(-len(option) % 4)


def end_of_route(packet):
    """Where a packet goes in the end: its checksum is of that address."""
    kind, length, pointer = (packet.options + bytes(3))[:3]
    if kind in (LSRR, SSRR) and pointer < length:
        return packet.options[length - 4:length]
    return packet.dst


def pack_ip(src, dst, proto, payload, ttl=64, tos=0, df=True, options=b""):
    """A whole packet of either version, by the length of its addresses."""
    if len(src) == 16:
        return struct.pack("!IHBB", 6 << 28 | tos << 20, len(payload), proto,
                           ttl) + src + dst + payload
    size = 20 + len(options)
    head = struct.pack("!BBHHHBBH", 0x40 | size // 4, tos, size + len(payload), 0x4242,
                       0x4000 if df else 0, ttl, proto, 0) + src + dst + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def pack_segment(seg):
    """The packet that carries it."""
    return pack_ip(seg.src, seg.dst, TCP, pack_tcp(seg), seg.ttl, seg.tos, seg.df,
                   seg.ip_options)


def fragments(packet, size):
    """An IPv6 packet cut into fragments of `size` bytes of payload, a multiple of 8."""
    head, payload = packet[:40], packet[40:]
    out = []
    for at in range(0, len(payload), size):
        piece = payload[at:at + size]
        more = at + size < len(payload)
        ext = struct.pack("!BBHI", head[6], 0, at | more, 0x00abcdef)
        out.append(head[:4] + struct.pack("!HBB", len(ext) + len(piece), FRAGMENT, head[7]) +
                   head[8:] + ext + piece)
    return out


@dataclass
class Packet:
    """A packet as it was received."""

    proto: int
    src: bytes
    dst: bytes
    ttl: int
    tos: int
    df: bool
    payload: bytes
    options: bytes = b""


def unpack_ip(data):
    """Take the IP header off, and check it."""
    if data[0] >> 4 == 6:
        first, length, proto, ttl = struct.unpack("!IHBB", data[:8])
        if length != len(data) - 40:
            raise ValueError("the length of IPv6 is wrong")
        return Packet(proto, data[8:24], data[24:40], ttl, first >> 20 & 0xff, True, data[40:])
    head = (data[0] & 15) * 4
    if checksum(data[:head]):
        raise ValueError("the checksum of the IPv4 header is wrong")
    _, tos, length, _, frag, ttl, proto = struct.unpack("!BBHHHBB", data[:10])
    if length != len(data):
        raise ValueError("the length of IPv4 is wrong")
    return Packet(proto, data[12:16], data[16:20], ttl, tos, bool(frag & 0x4000), data[head:],
                  data[20:head])


def unpack_segment(packet):
    """The TCP segment in it; raises ValueError for one that should not exist."""
    data = packet.payload
    if checksum(pseudo_header(packet.src, end_of_route(packet), TCP, len(data)) + data):
        raise ValueError("the checksum of TCP is wrong")
    sport, dport, seq, ack, doff, bits, win, _, urg = struct.unpack("!HHIIBBHHH", data[:20])
    head = (doff >> 4) * 4
    if not 20 <= head <= len(data) or doff & 15:
        raise ValueError("the data offset is wrong")
    flags = "".join(flag for bit, flag in enumerate(FLAGS) if bits & 1 << bit)
    return Segment(sport, dport, seq, ack, flags, win, urg, unpack_options(data[20:head]),
                   data[head:], packet.src, packet.dst, packet.ttl, packet.tos, packet.df,
                   packet.options)


def pack_echo(src, dst, ident):
    """An echo request of ICMP or ICMPv6."""
    kind, proto = (8, ICMP) if len(src) == 4 else (128, ICMPV6)
    return pack_icmp(src, dst, proto, kind, 0, struct.pack("!HH", ident, 1), b"")


def pack_icmp(src, dst, proto, kind, code, rest, body):
    """A message of either ICMP; `rest` is the second half of its header."""
    message = struct.pack("!BBH", kind, code, 0) + rest + body
    covered = message
    if proto == ICMPV6:
        covered = pseudo_header(src, dst, proto, len(message)) + message
    message = message[:2] + struct.pack("!H", checksum(covered)) + message[4:]
    return pack_ip(src, dst, proto, message)


def is_echo_reply(packet, ident):
    """The answer to pack_echo()?"""
    kind = 0 if packet.proto == ICMP else 129
    return (packet.proto in (ICMP, ICMPV6) and packet.payload[0] == kind
            and struct.unpack("!H", packet.payload[4:6])[0] == ident)
