#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Firewalls and NAT that know connections work on and between hosts with atcp sockets."""

import errno
import re
import socket

import lab

CLIENT, MIDDLE, SERVER = NET = ("beside-c", "beside-r", "beside-s")
SIZE = 100000
PORTS = iter(range(5000, 6000))

STATEFUL = """
table inet t {
	chain input {
		type filter hook input priority filter; policy drop;
		meta l4proto icmpv6 accept
		ct state invalid counter drop comment "invalid"
		ct state established,related accept
		tcp dport PORT ct state new accept
	}
	chain output {
		type filter hook output priority filter; policy drop;
		meta l4proto icmpv6 accept
		ct state invalid counter drop comment "invalid"
		ct state established,related accept
		tcp dport PORT ct state new accept
	}
}
"""

FORWARD = """
table inet t {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state invalid counter drop comment "invalid"
		ct state established,related accept
		tcp dport PORT ct state new accept
	}
}
"""


def rules(ns, text, port=0):
    """Load a ruleset; PORT stands for a port."""
    text = text.replace("PORT", str(port)).replace("}", "}\n")
    lab.run("nft", "-f", "-", ns=ns, text="flush ruleset\n" + text)


def test(text):
    """A test; it finds the hosts without rules, whatever became of the one before."""
    def add(function):
        def bare():
            no_rules()
            function()
        bare.__name__ = function.__name__
        lab.test(text)(bare)
    return add


def no_rules():
    """The hosts as they were."""
    for ns in NET:
        lab.run("nft", "flush", "ruleset", ns=ns)


def counted(ns, comment):
    """Packets that a rule with that comment has counted."""
    text = lab.run("nft", "list", "ruleset", ns=ns)
    found = re.findall(rf'counter packets (\d+) bytes \d+ drop comment "{comment}"', text)
    lab.check(found, f"no rule {comment} in {text}")
    return sum(map(int, found))


def tracked(ns, port):
    """Lines of conntrack for a port."""
    lines = []
    for family in ("ipv4", "ipv6"):
        lines += lab.run("conntrack", "-L", "-f", family, "-p", "tcp", ns=ns).splitlines()
    return [line for line in sorted(set(lines)) if f"dport={port} " in line]


def talk(client, server, where, version, port, seen=None):
    """A conversation from end to end; `seen` is called in the middle of it."""
    one, two = lab.pair((CLIENT, client), (SERVER, server), where, version, port)
    one.send(b"?")
    lab.equal(two.recv(1), b"?", "data")
    two.send(b"!")
    lab.equal(one.recv(1), b"!", "data")
    if seen:
        seen(one, two)
    lab.exchange(one, two, SIZE)


def each(function):
    """For the pairs of families with atcp in them, over both versions."""
    for client, server in (("atcp", "native"), ("native", "atcp"), ("atcp", "atcp")):
        for version in (4, 6):
            function(client, server, version, next(PORTS))


@test("ct state rules in the forward chain of a router; conntrack follows the connection")
def forward():
    def one_pair(client, server, version, port):
        rules(MIDDLE, FORWARD, port)

        def seen(_one, _two):
            lines = tracked(MIDDLE, port)
            lab.check(len(lines) == 1 and "ESTABLISHED" in lines[0] and "[ASSURED]" in lines[0],
                      f"conntrack in the middle: {lines}")
        talk(client, server, lab.address(2, 2, version), version, port, seen)
        lines = lab.until(lambda: [line for line in tracked(MIDDLE, port)
                                   if "TIME_WAIT" in line or "CLOSE " in line
                                   or "LAST_ACK" in line],
                          f"conntrack after the end: {tracked(MIDDLE, port)}")
        lab.equal(len(lines), 1, "connections that conntrack knows")
        lab.equal(counted(MIDDLE, "invalid"), 0, "packets that conntrack finds invalid")
    each(one_pair)
    no_rules()


@test("ct state rules in the input and output chains of the hosts themselves")
def local():
    def one_pair(client, server, version, port):
        for ns in (CLIENT, SERVER):
            rules(ns, STATEFUL, port)

        def seen(_one, _two):
            for ns in (CLIENT, SERVER):
                lines = tracked(ns, port)
                lab.check(len(lines) == 1 and "ESTABLISHED" in lines[0]
                          and "[ASSURED]" in lines[0], f"conntrack in the middle: {lines}")
        talk(client, server, lab.address(2, 2, version), version, port, seen)
        for ns in (CLIENT, SERVER):
            lab.equal(counted(ns, "invalid"), 0, f"packets that conntrack of {ns} finds invalid")
    each(one_pair)
    no_rules()


@test("masquerade on a router: the server sees the router")
def masquerade():
    def one_pair(client, server, version, port):
        rules(MIDDLE, """table inet t { chain post {
            type nat hook postrouting priority srcnat; oifname "east" masquerade; } }""")

        def seen(one, two):
            lab.equal(two.getpeername()[0], lab.address(2, 1, version), "peer of the server")
            lab.equal(one.getpeername()[0], lab.address(2, 2, version), "peer of the client")
        talk(client, server, lab.address(2, 2, version), version, port, seen)
    each(one_pair)
    no_rules()


@test("snat to another port range")
def snat():
    def one_pair(client, server, version, port):
        where = lab.address(2, 1, version)
        family = "ip" if version == 4 else "ip6"
        to = f"{where}:3000-3100" if version == 4 else f"[{where}]:3000-3100"
        rules(MIDDLE, f"""table {family} t {{ chain post {{
            type nat hook postrouting priority srcnat; oifname "east" meta l4proto tcp snat to {to}; }} }}""")

        def seen(_one, two):
            lab.check(3000 <= two.getpeername()[1] <= 3100, "port that the server sees")
        talk(client, server, lab.address(2, 2, version), version, port, seen)
    each(one_pair)
    no_rules()


@test("dnat on a router: the client thinks that it talks to the router")
def dnat():
    def one_pair(client, server, version, port):
        family = "ip" if version == 4 else "ip6"
        where = lab.address(2, 2, version)
        to = f"{where}:{port}" if version == 4 else f"[{where}]:{port}"
        rules(MIDDLE, f"""table {family} t {{ chain pre {{
            type nat hook prerouting priority dstnat; tcp dport 8080 dnat to {to}; }} }}""")
        with lab.listen(SERVER, server, version, port) as lsock:
            one = lab.connect(CLIENT, client, version, lab.address(1, 2, version), 8080)
            two, _ = lsock.accept()
        lab.equal(one.getpeername()[:2], (lab.address(1, 2, version), 8080), "peer of the client")
        lab.equal(two.getsockname()[1], port, "port of the server")
        lab.exchange(one, two, SIZE)
    each(one_pair)
    no_rules()


@test("NAT on the hosts themselves: dnat on output, redirect on prerouting")
def local_nat():
    def one_pair(client, server, version, port):
        rules(SERVER, """table inet t { chain pre {
            type nat hook prerouting priority dstnat; tcp dport 8081 redirect to :PORT; } }""",
              port)
        family = "ip" if version == 4 else "ip6"
        where = lab.address(2, 2, version)
        nowhere = lab.address(2, 77, version)
        to = f"{where}:8081" if version == 4 else f"[{where}]:8081"
        rules(CLIENT, f"""table {family} t {{ chain out {{
            type nat hook output priority -100; {family} daddr {nowhere} tcp dport 80 dnat to {to}; }} }}
            """)
        with lab.listen(SERVER, server, version, port) as lsock:
            one = lab.connect(CLIENT, client, version, nowhere, 80)
            two, _ = lsock.accept()
        lab.exchange(one, two, SIZE)
    each(one_pair)
    no_rules()


@test("a drop rule in front of an atcp listener drops, in front of a connection as well")
def drop():
    for version in (4, 6):
        port = next(PORTS)
        with lab.listen(SERVER, "atcp", version, port) as lsock:
            one = lab.connect(CLIENT, "native", version, lab.address(2, 2, version), port)
            two, _ = lsock.accept()
            rules(SERVER, """table inet t { chain input {
                type filter hook input priority filter;
                tcp dport PORT counter drop comment "dropped"; } }""", port)
            before = lab.counters(SERVER, "atcp")["InSegs"]
            one.send(b"x")
            late = lab.make(CLIENT, "native", version)
            late.setblocking(False)
            late.connect_ex((lab.address(2, 2, version), port))
            lab.until(lambda: counted(SERVER, "dropped") >= 4, "nothing is dropped")
            lab.equal(lab.counters(SERVER, "atcp")["InSegs"], before, "segments that came through")
            two.setblocking(False)
            try:
                two.recv(1)
                raise lab.Failure("data came through")
            except BlockingIOError:
                pass
            no_rules()
            two.settimeout(lab.PATIENCE)
            lab.equal(two.recv(1), b"x", "data once the rule is gone")
            for sock in (one, two, late):
                sock.close()


@test("a drop rule on output: what atcp sends does not leave")
def drop_output():
    for version in (4, 6):
        port = next(PORTS)
        rules(CLIENT, """table inet t { chain output {
            type filter hook output priority filter;
            tcp dport PORT counter drop comment "dropped"; } }""", port)
        sock = lab.make(CLIENT, "atcp", version)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
        lab.equal(sock.connect_ex((lab.address(2, 2, version), port)), errno.ETIMEDOUT, "connect")
        lab.equal(counted(CLIENT, "dropped"), 2, "SYNs that were dropped")
        sock.close()
        no_rules()


@test("reject rules: RST and ICMP errors arrive")
def reject():
    kinds = (("tcp reset", errno.ECONNREFUSED), ("icmpx type port-unreachable", errno.ECONNREFUSED),
             ("icmpx type host-unreachable", errno.EHOSTUNREACH),
             ("icmpx type admin-prohibited", None))
    # of several in a second the last would not be sent
    lab.sysctl(MIDDLE, "net/ipv4/icmp_ratelimit", 0)
    lab.sysctl(MIDDLE, "net/ipv6/icmp/ratelimit", 0)
    for kind, wanted in kinds:
        for version in (4, 6):
            port = next(PORTS)
            rules(MIDDLE, f"""table inet t {{ chain forward {{
                type filter hook forward priority filter;
                tcp dport {port} counter reject with {kind}; }} }}""")
            errors = []
            for family in lab.FAMILIES:
                sock = lab.make(CLIENT, family, version)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
                errors.append(sock.connect_ex((lab.address(2, 2, version), port)))
                sock.close()
            lab.equal(errors[1], errors[0], f"{kind}, IPv{version}: atcp's error")
            if wanted:
                lab.equal(errors[1], wanted, f"{kind}, IPv{version}")
    no_rules()


lab.router(*NET)
lab.main(NET)
