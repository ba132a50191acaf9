# SPDX-License-Identifier: GPL-2.0-only
"""Tests as functions, reported as KTAP."""

import os
import subprocess
import sys
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
ATCP = os.path.join(TREE, "tools", "atcp")

TESTS = []

# No test asserts on time; this is when a command is taken to hang.
LIMIT = 300


class Skip(Exception):
    """The test cannot be run here."""


def test(text):
    """A test: a function without arguments that raises when it fails."""
    def add(function):
        TESTS.append((text, function))
        return function
    return add


def run(*args, limit=LIMIT, **kwargs):
    """Run a command to its end; its output is text."""
    kwargs.setdefault("stdout", subprocess.PIPE)
    kwargs.setdefault("stderr", subprocess.PIPE)
    return subprocess.run(args, timeout=limit, encoding="utf-8", errors="replace", **kwargs)


def atcp(*args, status=0, **kwargs):
    """Run the command under test, which has to end with this status."""
    done = run(ATCP, *args, **kwargs)
    assert done.returncode == status, \
        f"atcp {' '.join(args)}: status {done.returncode}, not {status}\n" \
        f"{done.stdout or ''}{done.stderr or ''}"
    return done


def main():
    """Run the tests, or those whose text has one of the arguments in it."""
    chosen = [t for t in TESTS
              if len(sys.argv) == 1 or any(word in t[0] for word in sys.argv[1:])]
    failed = False
    print("KTAP version 1")
    print(f"1..{len(chosen)}", flush=True)
    for number, (text, function) in enumerate(chosen, 1):
        verdict, remark = "ok", ""
        try:
            function()
        except Skip as reason:
            remark = f" # SKIP {reason}"
        except Exception:  # pylint: disable=broad-except
            verdict, failed = "not ok", True
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
        print(f"{verdict} {number} {text}{remark}", flush=True)
    return 1 if failed else 0
