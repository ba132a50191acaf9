#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What atcp sends as tcpdump sees it, with and without the device's offloads; path MTU."""

import re
import signal
import socket

import lab

CLIENT, MIDDLE, SERVER = NET = ("beside-c", "beside-r", "beside-s")
MARK = 9999
OFFLOADS = ("tx", "tso", "gso", "gro")


def offloads(on):
    """Of all devices of the way."""
    for ns, device in ((CLIENT, "eth0"), (MIDDLE, "west"), (MIDDLE, "east"), (SERVER, "eth0")):
        words = [word for name in OFFLOADS for word in (name, "on" if on else "off")]
        lab.run("ethtool", "-K", device, *words, ns=ns)


def captured(where, device, port, function, size=65535):
    """The lines of tcpdump for what passes while function() runs. `size` bytes of each packet
    are looked at: the buffer has to hold all packets, should tcpdump not run for a while."""
    command = ("tcpdump", "-i", device, "-l", "-n", "-vv", "--immediate-mode", "-B", "16384",
               "-s", str(size),
               f"tcp port {port} or udp port {MARK}")
    lines = []
    with lab.background(*command, ns=where) as dump:
        lab.wait_for(dump, "listening on")
        function()
        # it comes after all of that
        with lab.inside(CLIENT), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as marker:
            marker.sendto(b"end", (lab.address(1, 2), MARK))
        for line in dump.stdout:
            if f".{MARK}: " in line:
                break
            lines.append(line)
        dump.send_signal(signal.SIGINT)
        lines.append(dump.communicate()[0])
    text = "".join(lines)
    lab.check(re.search(r"^0 packets dropped by kernel", text, re.MULTILINE), "all was seen")
    return text


def conversation(version, port, size):
    """atcp at both ends."""
    one, two = lab.pair((CLIENT, "atcp"), (SERVER, "atcp"), lab.address(2, 2, version), version,
                        port)
    lab.exchange(one, two, size)


@lab.test("without offloads every checksum on the wire is right")
def by_software():
    offloads(False)
    for version in (4, 6):
        text = captured(MIDDLE, "west", 5080, lambda v=version: conversation(v, 5080, 100000))
        lab.equal(len(re.findall("incorrect|bad cksum", text)), 0, "wrong checksums")
        right = len(re.findall(r"cksum 0x[0-9a-f]+ \(correct\)", text))
        lab.check(right > 100, f"{right} segments were seen")
        lab.check(not [n for n in map(int, re.findall(r"length (\d+)$", text, re.MULTILINE))
                       if n > 1460], "no segment is larger than the MSS")
        for ns in (CLIENT, SERVER):
            lab.equal(lab.counters(ns, "atcp")["InCsumErrors"], 0, "checksum errors")


@lab.test("with offloads large segments leave, and the file arrives")
def by_device():
    offloads(True)
    for version in (4, 6):
        before = lab.counters(CLIENT, "atcp")
        text = captured(CLIENT, "eth0", 5080, lambda v=version: conversation(v, 5080, 1000000),
                        size=200)
        large = max(map(int, re.findall(r"length (\d+)$", text, re.MULTILINE)))
        lab.check(large > 3000, f"the largest segment has {large} bytes")
        after = lab.counters(CLIENT, "atcp")
        lab.equal(after["InCsumErrors"], before["InCsumErrors"], "checksum errors")


@lab.test("path MTU discovery: a router that takes less than the ends")
def path_mtu():
    for on in (True, False):
        offloads(on)
        for version, mtu in ((4, 1000), (6, 1300)):
            net = "10.2.0.0/24" if version == 4 else "fd00:2::/64 metric 256"
            lab.run("ip", "-netns", MIDDLE, "-batch", "-",
                    text=f"route replace {net} dev east mtu lock {mtu}\n")
            conversation(version, 81, 200000)
            text = lab.run("ip", f"-{version}", "route", "get", lab.address(2, 2, version),
                           ns=CLIENT)
            lab.check(f"mtu {mtu}" in text, f"the route does not know the MTU: {text}")
            lab.run("ip", f"-{version}", "route", "flush", "cache", ns=CLIENT)


lab.router(*NET)
lab.main(NET)
