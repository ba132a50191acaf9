# SPDX-License-Identifier: GPL-2.0-only
"""What tshark says of each connection of a capture."""

import collections
import re

import lab

# tcp.analysis.*, as tshark calls them
FLAGS = ("retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order",
         "lost_segment", "ack_lost_segment", "duplicate_ack", "keep_alive", "keep_alive_ack",
         "reused_ports", "window_update", "window_full", "zero_window", "zero_window_probe",
         "zero_window_probe_ack")
ANY_FLAG = "tcp.analysis.flags"
MALFORMED = "_ws.malformed"
TCP_CHECKSUM, IP_CHECKSUM = "tcp.checksum.status", "ip.checksum.status"
CHECKSUM, CALCULATED = "tcp.checksum", "tcp.checksum_calculated"
SEVERITY, MESSAGE = "_ws.expert.severity", "_ws.expert.message"
SYN, FIN, RESET = "tcp.flags.syn", "tcp.flags.fin", "tcp.flags.reset"
FIELDS = ("tcp.srcport", "tcp.dstport", "ipv6.version", SYN, FIN, RESET, MALFORMED,
          TCP_CHECKSUM, CHECKSUM, CALCULATED, IP_CHECKSUM, SEVERITY, MESSAGE, ANY_FLAG,
          *(f"tcp.analysis.{flag}" for flag in FLAGS))
GOOD = SET = "1"
# The kernel's skb_checksum_help() never writes 0, for any protocol, as UDP has a meaning for it;
# to who adds up the segment both are the same.
ZERO = ("0xffff", "0x0000")
# a warning without a flag
DSACK = "D-SACK"
OF_ROOT = "^Running as user .*dangerous"
# of the expert's severities: worse than a note
WARNING = 0x600000


def judge(row, found, fins):
    """Count what one packet's fields have to say; `fins` are the ports that have sent theirs.

    A host that is done with a connection answers what comes late with a reset.
    """
    found["packets"] += 1
    zero = (row[CHECKSUM], row[CALCULATED]) == ZERO
    found["bad checksum"] += row[TCP_CHECKSUM] != GOOD and not zero
    found["bad checksum"] += not row["ipv6.version"] and row[IP_CHECKSUM] != GOOD
    found["malformed"] += bool(row[MALFORMED])
    flags = [flag for flag in FLAGS if row[f"tcp.analysis.{flag}"]]
    if row[SYN] == SET and "retransmission" in flags:
        flags = ["handshake_again"]
    if row[FIN] == SET:
        fins.add(row["tcp.srcport"])
    if row[RESET] == SET:
        flags.append("late_reset" if len(fins) == 2 else "reset")
    for flag in flags:
        found[flag] += 1
    if row[ANY_FLAG] and not set(flags) & {*FLAGS, "handshake_again"}:
        found["another flag"] += 1
    warned = any(int(severity, 0) >= WARNING for severity in row[SEVERITY].split(";") if severity)
    if DSACK in row[MESSAGE]:
        found["dsack"] += 1
    elif warned and not flags and not zero:
        found["another warning"] += 1


def read(path, ports):
    """A Counter a port of `ports`, one of which is an end of every connection."""
    command = ["tshark", "-r", path, "-n", "-T", "fields", "-E", "aggregator=;",
               "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
               "-o", "tcp.desegment_tcp_streams:FALSE", "-d",
               f"tcp.port=={min(ports)}-{max(ports)},data"]
    for name in FIELDS:
        command += ["-e", name]
    found = {port: collections.Counter() for port in ports}
    fins = {port: set() for port in ports}
    wrong = []
    with lab.background(*command) as process:
        for line in process.stdout:
            values = line.rstrip("\n").split("\t")
            # what a packet that is no TCP has to say ends here, too
            port = next((int(end) for end in values[:2] if end.isdigit() and int(end) in found), 0)
            if len(values) == len(FIELDS) and port:
                judge(dict(zip(FIELDS, values)), found[port], fins[port])
            elif not re.search(OF_ROOT, line):
                wrong.append(line)
    lab.check(process.returncode == 0 and not wrong,
              f"tshark ends with {process.returncode}: {''.join(wrong)[-500:]}")
    return found
