# SPDX-License-Identifier: GPL-2.0-only
"""What the tests' networks are made of, by rtnetlink(7), in the network namespace of the thread.

ip(8) does the same; but a test makes a network in a moment, and starting a program is most of
that moment on an emulated machine, all the more on a debug kernel.
"""

import os
import socket
import struct
import time

NLM_F_REQUEST, NLM_F_ACK, NLM_F_ECHO = 1, 4, 8
NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE = 0x100, 0x200, 0x400
NLMSG_ERROR = 2
RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_GETROUTE = 16, 20, 24, 26
RTM_NEWQDISC, RTM_GETQDISC = 36, 38
IFF_UP = 1
IFLA_IFNAME, IFLA_MTU, IFLA_LINKINFO, IFLA_NET_NS_FD = 3, 4, 18, 28
IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 1, 2, 1
TC_H_ROOT, TCA_STATS, STATS_BACKLOG = 0xffffffff, 3, 32
IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, IFA_FLAGS = 1, 2, 4, 8
IFA_F_NODAD, IFA_F_NOPREFIXROUTE = 0x02, 0x200
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_METRICS = 1, 4, 5, 8
RTAX_RTO_MIN, RTAX_LOCK = 13, 1
RT_TABLE_MAIN, RTPROT_BOOT, RTN_UNICAST, RTN_LOCAL = 254, 3, 1, 2
RT_SCOPE_UNIVERSE, RT_SCOPE_LINK = 0, 253


def attribute(kind, data):
    """A struct nlattr, padded."""
    if isinstance(data, int):
        data = struct.pack("=I", data)
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def request(kind, flags, body):
    """Ask the kernel for one thing and wait until it is done."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.sendall(struct.pack("=IHHII", 16 + len(body), kind,
                                 NLM_F_REQUEST | NLM_F_ACK | flags, 1, 0) + body)
        answer = sock.recv(65536)
    _, kind, _, _, _, error = struct.unpack_from("=IHHIIi", answer)
    if kind != NLMSG_ERROR:
        raise OSError(f"rtnetlink answers with {kind}")
    if error:
        raise OSError(-error, f"rtnetlink: {os.strerror(-error)}")


def packed(address):
    """(family, bytes) of an address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.inet_pton(family, address)


def link_up(device, mtu=0):
    """ip link set DEVICE up [mtu MTU]"""
    body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, socket.if_nametoindex(device),
                       IFF_UP, IFF_UP)
    request(RTM_NEWLINK, 0, body + (attribute(IFLA_MTU, mtu) if mtu else b""))


def add_veth(device, peer, peer_ns):
    """ip link add DEVICE type veth peer name PEER netns NS; `peer_ns` is a file of the namespace.
    """
    def link(name, *attributes):
        return struct.pack("=BxHiII", socket.AF_UNSPEC, 0, 0, 0, 0) \
            + attribute(IFLA_IFNAME, name.encode() + b"\0") + b"".join(attributes)
    other = link(peer, attribute(IFLA_NET_NS_FD, peer_ns.fileno()))
    info = attribute(IFLA_INFO_KIND, b"veth") \
        + attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, other))
    request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, link(device, attribute(IFLA_LINKINFO, info)))


def add_address(device, text, flags=0):
    """ip addr add ADDRESS/PREFIX dev DEVICE, and of `flags` IFA_F_NODAD, IFA_F_NOPREFIXROUTE."""
    address, _, prefix = text.partition("/")
    family, data = packed(address)
    body = struct.pack("=BBBBI", family, int(prefix), 0, RT_SCOPE_UNIVERSE,
                       socket.if_nametoindex(device))
    body += attribute(IFA_LOCAL, data) + attribute(IFA_ADDRESS, data)
    request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, body + attribute(IFA_FLAGS, flags))


def is_local6(address):
    """Is what comes to that address taken?"""
    family, data = packed(address)
    body = struct.pack("=BBBBBBBBI", family, 128, 0, 0, 0, 0, 0, 0, 0) + attribute(RTA_DST, data)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.sendall(struct.pack("=IHHII", 16 + len(body), RTM_GETROUTE, NLM_F_REQUEST, 1, 0)
                     + body)
        answer = sock.recv(65536)
    kind, = struct.unpack_from("=4xH", answer)
    # an error is that there is no route at all; else a struct rtmsg
    return kind == RTM_NEWROUTE and answer[16 + 7] == RTN_LOCAL


def await_local6(address, patience):
    """Until it is so: the kernel sees to it later than it gives an address, even without DAD, and
    tells nobody."""
    deadline = time.monotonic() + patience
    while not is_local6(address):
        if time.monotonic() > deadline:
            raise OSError(f"{address} is not local after {patience} s")
        time.sleep(0.005)


def replace_route(text, device="", gateway="", rto_min_ms=0):
    """ip route replace NETWORK/PREFIX [via GATEWAY] [dev DEVICE] [rto_min MS]; IPv6's default
    route is ::/0. A least timeout is locked, as ip(8) locks it."""
    network, _, prefix = text.partition("/")
    family, data = packed(network)
    scope = RT_SCOPE_LINK if family == socket.AF_INET and not gateway else RT_SCOPE_UNIVERSE
    body = struct.pack("=BBBBBBBBI", family, int(prefix), 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, scope,
                       RTN_UNICAST, 0)
    if int(prefix):
        body += attribute(RTA_DST, data)
    if device:
        body += attribute(RTA_OIF, socket.if_nametoindex(device))
    if gateway:
        body += attribute(RTA_GATEWAY, packed(gateway)[1])
    if rto_min_ms:
        body += attribute(RTA_METRICS, attribute(RTAX_LOCK, 1 << RTAX_RTO_MIN)
                          + attribute(RTAX_RTO_MIN, rto_min_ms))
    request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, body)


def backlog(device):
    """Bytes that wait in the device's queue: of tc -s qdisc show dev DEVICE root."""
    body = struct.pack("=BxxxiIII", socket.AF_UNSPEC, socket.if_nametoindex(device), 0,
                       TC_H_ROOT, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.sendall(struct.pack("=IHHII", 16 + len(body), RTM_GETQDISC,
                                 NLM_F_REQUEST | NLM_F_ECHO, 1, 0) + body)
        answer = sock.recv(65536)
    kind, = struct.unpack_from("=4xH", answer)
    at = 16 + len(body)
    while kind == RTM_NEWQDISC and at < len(answer):
        length, what = struct.unpack_from("=HH", answer, at)
        if what == TCA_STATS:
            return struct.unpack_from("=I", answer, at + 4 + STATS_BACKLOG)[0]
        at += length + -length % 4
    raise OSError(f"rtnetlink answers with {kind}")
