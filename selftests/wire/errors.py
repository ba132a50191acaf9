# SPDX-License-Identifier: GPL-2.0-only
"""Errors of ICMP and ICMPv6."""

import packet


def quoted(peer, seq, kind, code, rest=bytes(4)):
    """An ICMP error that quotes a segment of the machine's with that relative number."""
    wire = peer.wire
    seg = packet.Segment(peer.to, peer.port, (peer.irs + seq) & 0xffffffff, 0, "A",
                         src=wire.local, dst=wire.remote)
    proto = packet.ICMP if wire.version == 4 else packet.ICMPV6
    body = packet.pack_segment(seg)
    wire.inject(packet.pack_icmp(wire.remote, wire.local, proto, kind, code, rest, body))
