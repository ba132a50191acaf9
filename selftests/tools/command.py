#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The atcp command where there is no module: usage, saved traces, saved counters, bad input."""

import json
import os
import random
import re
import shutil
import sys
import tempfile
import xml.etree.ElementTree as ET

from tap import ATCP, HERE, TREE, atcp, main, run, test

COMMANDS = ("run", "ss", "trace", "stat")
# A page over a link with 20 ms of delay where one segment is lost, up to the end of TIME_WAIT.
TRACE = os.path.join(HERE, "web.trace")
STAT = os.path.join(HERE, "stat.txt")
SVG = "{http://www.w3.org/2000/svg}"
UTF8 = dict(os.environ, LC_ALL="C.UTF-8")


def texts(root):
    """All text of a drawing, one string an element."""
    return ["".join(e.itertext()) for e in root.iter(SVG + "text")]


def draw(*args):
    """The drawing of the fixture, parsed."""
    with tempfile.NamedTemporaryFile(suffix=".svg") as f:
        atcp("trace", "--quiet", "--read", TRACE, "--svg", f.name, *args)
        return ET.parse(f.name).getroot()


@test("help is there, on standard output")
def _():
    assert "Commands:" in atcp("--help").stdout
    for command in COMMANDS:
        assert f"Usage: atcp {command}" in atcp(command, "--help").stdout
    assert atcp("--version").stdout.startswith("atcp ")


@test("wrong use is status 2 and says so on standard error")
def _():
    wrong = [[], ["nonsense"], ["run"], ["run", "--family", "0", "true"],
             ["ss", "state", "nonsense"], ["ss", "sport"], ["ss", "sport", "=", ":65536"],
             ["ss", "sport", "=", ":0"], ["ss", "nonsense"], ["trace", "--port", "0"],
             ["trace", "--port", "65536"], ["trace", "--port", "80x"], ["trace", "--port", "-1"],
             ["trace", "--count", ""], ["trace", "--addr", "1.2.3"], ["trace", "nonsense"],
             ["trace", "--limit", "99999999999999999999"], ["trace", "--svg"]]
    wrong += [[command, "--nonsense"] for command in COMMANDS]
    for args in wrong:
        done = atcp(*args, status=2)
        assert done.stderr and not done.stdout, args


@test("what needs the module fails with a reason where it is not loaded")
def _():
    for args in (["run", "--family", "13", "true"], ["ss", "--family-number", "13"]):
        done = atcp(*args, status=1)
        assert "13" in done.stderr and "is the module atcp loaded?" in done.stderr, done.stderr
    done = atcp("stat", "--file", "/nonexistent", status=1)
    assert "/nonexistent" in done.stderr


@test("run: the library is found beside the command, and in ../lib/atcp/ of it")
def _():
    # any family will do to get as far as the program
    show = ["run", "--family", "1", "sh", "-c", "echo $LD_PRELOAD $ATCP_FAMILY"]
    tools = os.path.dirname(ATCP)
    assert atcp(*show).stdout == f"{tools}/libatcp-preload.so 1\n"
    with tempfile.TemporaryDirectory() as tree:
        os.makedirs(f"{tree}/bin")
        shutil.copy(ATCP, f"{tree}/bin/")
        done = run(f"{tree}/bin/atcp", *show)
        assert done.returncode == 1 and "libatcp-preload.so" in done.stderr, done
        os.makedirs(f"{tree}/lib/atcp")
        shutil.copy(f"{tools}/libatcp-preload.so", f"{tree}/lib/atcp/")
        done = run(f"{tree}/bin/atcp", *show)
        assert done.stdout == f"{tree}/bin/../lib/atcp/libatcp-preload.so 1\n", done


@test("make install: a DESTDIR tree works as it stands, make uninstall leaves nothing of it")
def _():
    # the kernel that the module is built for already: for another it would be built anew
    release = os.environ.get("ATCP_KVER") or \
        run(os.path.join(TREE, "selftests", "vm", "kver")).stdout.strip()
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    with tempfile.TemporaryDirectory() as tree:
        def make(target):
            done = run("make", "-C", TREE, target, f"DESTDIR={tree}", "PREFIX=/opt/x", "KVER=9.9",
                       f"KDIR=/lib/modules/{release}/build", env=env)
            assert done.returncode == 0, done.stdout + done.stderr

        def files():
            return {os.path.relpath(os.path.join(at, name), tree)
                    for at, _, names in os.walk(tree) for name in names}
        make("install")
        pages = {f"opt/x/share/man/man{name[-1]}/{name}"
                 for name in os.listdir(os.path.join(TREE, "Documentation", "man"))}
        assert len(pages) >= 6 and files() == pages | {
            "lib/modules/9.9/updates/atcp.ko", "opt/x/bin/atcp", "opt/x/include/linux/atcp.h",
            "opt/x/lib/atcp/libatcp-preload.so"}, files()
        shown = run(f"{tree}/opt/x/bin/atcp", "run", "--family", "1", "sh", "-c",
                    "echo $LD_PRELOAD").stdout
        assert shown == f"{tree}/opt/x/bin/../lib/atcp/libatcp-preload.so\n", shown
        program = "#include <linux/atcp.h>\nint main(void) { return AF_ATCP != 18; }\n"
        built = run("cc", f"-I{tree}/opt/x/include", "-x", "c", "-", "-o", f"{tree}/program",
                    input=program)
        assert built.returncode == 0, built.stderr
        assert run(f"{tree}/program").returncode == 0
        os.unlink(f"{tree}/program")
        make("uninstall")
        assert not files(), files()


@test("a full disk is a failure")
def _():
    with open("/dev/full", "w", encoding="utf-8") as full:
        for args in (["--help"], ["trace", "--read", TRACE], ["stat", "--file", STAT]):
            atcp(*args, stdout=full, status=1)
    atcp("trace", "-q", "--read", TRACE, "--svg", "/dev/full", status=1)
    atcp("trace", "-q", "--read", TRACE, "--write", "/dev/full", status=1)


@test("trace: every segment and state of a saved trace is in the ladder")
def _():
    out = atcp("trace", "--read", TRACE, env=UTF8).stdout
    lines = out.splitlines()
    with open(TRACE, encoding="utf-8") as f:
        records = f.read().splitlines()
    arrows = [line for line in lines if "▶" in line or "◀" in line or "✗" in line]
    assert len(arrows) == sum(" out " in r for r in records), out
    changes = [line for line in lines if "■" in line]
    assert len(changes) == sum(" state " in r for r in records), out
    assert lines[0] == "#1  10.9.0.1:40000  ⇄  10.9.0.2:80", lines[0]
    assert "TIME_WAIT > CLOSED (2 MSL)" in lines[-1] and lines[-1].endswith("60.182010"), lines[-1]


@test("trace: a lost segment is drawn broken, and its retransmission as one")
def _():
    lines = atcp("trace", "--read", TRACE, "--ascii").stdout.splitlines()
    lost = [line for line in lines if "(lost)" in line]
    again = [line for line in lines if "(again)" in line]
    assert len(lost) == 1 and "seq=2897 len=1448" in lost[0] and "X---" in lost[0], lost
    assert ">" not in lost[0] and "<" not in lost[0], lost
    assert len(again) == 1 and "seq=2897 len=1448" in again[0] and "<---" in again[0], again
    assert lines.index(lost[0]) < lines.index(again[0])


@test("trace: times and states of both ends stand beside the arrow")
def _():
    lines = atcp("trace", "--read", TRACE, "--ascii").stdout.splitlines()
    syn = next(line for line in lines if " SYN seq=0 " in line).split()
    assert syn[:2] == ["0.000003", "SYN_SENT"] and syn[-2:] == ["LISTEN", "0.020003"], syn
    fin = next(line for line in lines if " FIN,ACK seq=8689 " in line).split()
    assert fin[:2] == ["0.161002", "ESTABLISHED"] and fin[-2:] == ["FIN_WAIT_1", "0.141002"], fin


@test("trace: sequence numbers wrap, and are the wire's with --absolute")
def _():
    out = atcp("trace", "--read", TRACE, "--ascii").stdout
    assert "SYN,ACK seq=0 ack=1 " in out and "sack=4345-8689" in out
    out = atcp("trace", "--read", TRACE, "--ascii", "--absolute").stdout
    assert "SYN,ACK seq=4294960000 ack=3000000001 " in out
    # 4294960001 + 5 * 1448 is 55 short of 2^32 and two segments on it is past that
    assert "sack=4294964345-1393" in out, out


@test("trace: windows are scaled, but not those of SYNs")
def _():
    out = atcp("trace", "--read", TRACE, "--ascii").stdout
    assert "SYN seq=0 win=64240 " in out and "SYN,ACK seq=0 ack=1 win=65160 " in out
    assert "ACK seq=1 ack=1 win=64256 " in out


@test("trace: filters by port, address and namespace")
def _():
    def count(*args):
        return len(atcp("trace", "--read", TRACE, "--raw", *args).stdout.splitlines())
    total = count()
    assert total == 54
    assert count("--port", "80") == count("--port", "40000") == total
    assert count("--port", "81") == 0
    assert count("--addr", "10.9.0.2") == total and count("--addr", "10.9.0.3") == 0
    one, other = count("--netns", "4026532281"), count("--netns", "4026532350")
    assert 0 < one < total and one + other == total
    assert count("--count", "7") == 7


@test("trace: one end alone is drawn as it saw it, with nothing lost")
def _():
    out = atcp("trace", "--read", TRACE, "--netns", "4026532281", "--ascii").stdout
    assert "lost" not in out
    # what the server sent and the client got: 8 of its 9 segments with something in them
    assert len([line for line in out.splitlines() if "<---" in line]) == 10, out


@test("trace: a loss of records is told in its place")
def _():
    with open(TRACE, encoding="utf-8") as f:
        lines = f.readlines()
    lines.insert(10, "# lost 17\n")
    out = atcp("trace", "--read", "-", input="".join(lines)).stdout
    assert "17 records" in out


A, B = "[fd00::1]:1000", "[fd00::2]:2000"


def ladder(*records, **kwargs):
    """The ladder of records between A and B: (time in ms, "A" or "B", the rest)."""
    lines = []
    for ms, end, rest in records:
        kind, _, fields = rest.partition(" ")
        ends = f"{A} {B}" if end == "A" else f"{B} {A}"
        netns = 1 if end == "A" else 2
        lines.append(f"{ms * 1000000} {netns} {kind} {ends} {fields}\n")
    return atcp("trace", "--read", "-", "--ascii", input="".join(lines), **kwargs).stdout


@test("trace: a segment that devices cut or merge on the way has arrived, but for lost pieces")
def _():
    cut = ladder((1, "B", "in ACK seq=1 ack=1 len=0 win=1 state=ESTABLISHED"),
                 (2, "A", "out ACK seq=1 ack=1 len=3000 win=1 state=ESTABLISHED"),
                 (3, "B", "in ACK seq=1 ack=1 len=1000 win=1 state=ESTABLISHED"),
                 (4, "B", "in PSH,ACK seq=1001 ack=1 len=2000 win=1 state=ESTABLISHED"))
    assert "len=3000" not in cut and cut.count("len=1000") == cut.count("len=2000") == 1, cut
    assert "lost" not in cut and "duplicate" not in cut, cut
    hole = ladder((1, "B", "out ACK seq=1 ack=1 len=0 win=1 state=ESTABLISHED"),
                  (2, "A", "out PSH,ACK seq=1 ack=1 len=3000 win=1 state=ESTABLISHED"),
                  (3, "B", "in ACK seq=1 ack=1 len=1000 win=1 state=ESTABLISHED"),
                  (4, "B", "in PSH,ACK seq=2001 ack=1 len=1000 win=1 state=ESTABLISHED"))
    assert re.search(r" ACK seq=1001 len=1000 ack=\d+ win=1 \(lost\)", hole), hole
    assert hole.count("len=1000") == 3 and hole.count("PSH") == 1, hole
    merged = ladder((2, "A", "out ACK seq=1 ack=1 len=1000 win=1 state=ESTABLISHED"),
                    (3, "A", "out ACK seq=1001 ack=1 len=2000 win=1 state=ESTABLISHED"),
                    (4, "B", "in ACK seq=1 ack=1 len=3000 win=1 state=ESTABLISHED"))
    assert merged.count("len=1000") == merged.count("len=2000") == 1, merged
    assert "len=3000" not in merged and "lost" not in merged, merged


@test("trace: what the network doubles is a duplicate, what it delays is not lost")
def _():
    out = ladder((1, "A", "out ACK seq=1 ack=1 len=10 win=1 state=ESTABLISHED"),
                 (2, "A", "out ACK seq=11 ack=1 len=10 win=1 state=ESTABLISHED"),
                 (3, "B", "in ACK seq=11 ack=1 len=10 win=1 state=ESTABLISHED"),
                 (4, "B", "in ACK seq=1 ack=1 len=10 win=1 state=ESTABLISHED"),
                 (5, "B", "in ACK seq=1 ack=1 len=10 win=1 state=ESTABLISHED"))
    assert out.count("(duplicate)") == 1 and "lost" not in out, out
    assert len(out.splitlines()) == 4, out


@test("trace: the same ports after the end are another connection")
def _():
    first = ((1, "A", "state CLOSED SYN_SENT event=active OPEN"),
             (2, "A", "out SYN seq=5 ack=0 len=0 win=9 state=SYN_SENT"),
             (3, "A", "in RST,ACK seq=0 ack=6 len=0 win=0 state=SYN_SENT"),
             (4, "A", "state SYN_SENT CLOSED event=rcv RST"))
    out = ladder(*first, *((ms + 10, end, rest) for ms, end, rest in first))
    assert re.search(rf"^#1 .*\n(?s:.*)^#2  {re.escape(A)}  <->  {re.escape(B)}$", out, re.M), out
    assert out.count("RST,ACK") == 2 and "lost" not in out and "again" not in out, out


@test("trace: connections that come mixed are told apart")
def _():
    lines = []
    for n in range(20):
        for port in 1000, 1001:
            lines.append(f"{n} 1 out 10.0.0.1:{port} 10.0.0.2:80 ACK seq={n} ack=1 len=1 win=1 "
                         "state=ESTABLISHED\n")
    out = atcp("trace", "--read", "-", "--ascii", input="".join(lines)).stdout
    assert "#1  10.0.0.1:1000  <->" in out and "#2  10.0.0.1:1001  <->" in out and "#3" not in out


@test("trace: what --write saves can be read again")
def _():
    with tempfile.NamedTemporaryFile() as f:
        first = atcp("trace", "--read", TRACE, "--write", f.name).stdout
        assert first == atcp("trace", "--read", f.name).stdout


@test("svg: well-formed, with every state change in a box and every segment labelled")
def _():
    root = draw("--title", "<a & b>")
    found = texts(root)
    assert found[0] == "<a & b>"
    for state, times in (("SYN_SENT", 1), ("ESTABLISHED", 2), ("TIME_WAIT", 1), ("CLOSED", 2)):
        assert found.count(state) == times, (state, found)
    assert sum(" seq=" in t for t in found) == 22
    assert sum(t.endswith(" lost") for t in found) == 1
    assert any("59.979990 s pass" in t for t in found)
    assert "10.9.0.1:40000" in found and "10.9.0.2:80" in found


@test("svg: arrows fall, and lie between the two life lines")
def _():
    marked = [e for e in draw().iter(SVG + "path") if "marker-end" in e.attrib]
    assert len(marked) == 21, len(marked)
    for e in marked:
        start, end = e.attrib["d"][1:].split("L")
        x1, y1 = map(float, start.split())
        x2, y2 = map(float, end.split())
        assert y2 > y1 and abs(x2 - x1) > 500, e.attrib["d"]


@test("svg: --limit leaves segments out and says how many, never the loss")
def _():
    found = texts(draw("--limit", "8"))
    drawn = sum(" seq=" in t for t in found)
    told = [int(t.split()[0]) for t in found if "not drawn" in t]
    assert told and drawn + sum(told) == 22, (drawn, told)
    assert sum(" seq=" in t and t.endswith(" lost") for t in found) == 1


@test("trace: a file that is no trace is refused")
def _():
    for text in ("nonsense\n", "1 2 out\n", "1 2 out 1.2.3.4:5 6.7.8.9:10 ACK seq=x\n",
                 "1 2 out 1.2.3.4:5 6.7.8.9:10 XYZ seq=1\n", "1 2 state 1.2.3.4:5 6.7.8.9:1 A B\n",
                 "1 2 out 1.2.3.4:70000 6.7.8.9:10 ACK\n", "1 2 out [1.2.3.4:5 6.7.8.9:10 ACK\n",
                 "1 2 out :5 6.7.8.9:10 ACK\n", "x" * 100000, "1\0 2\n",
                 "1 2 in 1.2.3.4:5 6.7.8.9:1 ACK sack=1-2,3-4,5-6,7-8,9-10\n",
                 "1 2 in 1.2.3.4:5 6.7.8.9:1 ACK state=<b>\n"):
        done = atcp("trace", "--read", "-", input=text, status=1)
        assert "line 1" in done.stderr, done.stderr
    atcp("trace", "--read", "/nonexistent", status=1)
    atcp("trace", "--read", HERE, status=1)


@test("trace: damaged traces never crash it, and what it draws stays well-formed")
def _():
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    rng = random.Random(seed)
    print(f"# SEED={seed}")
    with open(TRACE, "rb") as f:
        lines = f.read().splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as scratch:
        name = os.path.join(scratch, "trace")
        svg = os.path.join(scratch, "svg")
        for _ in range(150):
            damaged = [line for line in lines if rng.random() > 0.1]
            rng.shuffle(damaged) if rng.random() < 0.3 else None
            data = bytearray(b"".join(damaged))
            for _ in range(rng.choice((0, 0, 1, 3))):
                digits = [i for i, byte in enumerate(data) if 48 <= byte <= 57]
                data[rng.choice(digits)] = rng.randrange(48, 58)
            if rng.random() < 0.2 and data:
                data[rng.randrange(len(data))] = rng.randrange(256)
            with open(name, "wb") as f:
                f.write(data)
            done = run(ATCP, "trace", "--read", name, "--svg", svg, "--limit",
                       str(rng.choice((0, 1, 5, 100))))
            assert done.returncode in (0, 1), (done.returncode, done.stderr)
            if done.returncode == 0:
                ET.parse(svg)


@test("stat: names and values, zeroes only when asked for")
def _():
    lines = atcp("stat", "--file", STAT).stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["TcpActiveOpens", "3"], ["TcpInSegs", "120"], ["TcpExtTW", "2"],
        ["AtcpTimerEvents", "18446744073709551"]], lines
    assert len(atcp("stat", "--zero", "--file", STAT).stdout.splitlines()) == 7
    out = atcp("stat", "--file", STAT, "TcpPassiveOpens").stdout.split()
    assert out == ["TcpPassiveOpens", "0"], out
    atcp("stat", "--file", STAT, "TcpNonsense", status=1)


@test("stat: JSON, and what was added since it was written")
def _():
    before = atcp("stat", "--json", "--zero", "--file", STAT).stdout
    assert json.loads(before)["TcpActiveOpens"] == 3
    with tempfile.NamedTemporaryFile("w+", encoding="utf-8") as old, \
            tempfile.NamedTemporaryFile("w+", encoding="utf-8") as new:
        old.write(before)
        old.flush()
        with open(STAT, encoding="utf-8") as f:
            new.write(f.read().replace("Tcp: 3", "Tcp: 5"))
        new.flush()
        out = atcp("stat", "--file", new.name, "--diff", old.name).stdout.split()
        assert out == ["TcpActiveOpens", "2"], out
        atcp("stat", "--file", new.name, "--diff", STAT, status=1)


@test("stat: a file in another format is refused")
def _():
    for text in ("Tcp: A B\nTcp: 1\n", "Tcp: A\nUdp: 1\n", "Tcp: A\nTcp: x\n", "Tcp: A\n"):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as f:
            f.write(text)
            f.flush()
            atcp("stat", "--file", f.name, status=1)


if __name__ == "__main__":
    sys.exit(main())
