# SPDX-License-Identifier: GPL-2.0-only
"""Read KTAP (Documentation/dev-tools/ktap.rst of the kernel) and count its results."""

import re

RESULT = re.compile(r"^( *)(ok|not ok)\b *(\d+)? *(?:- *)?(.*)$")
PLAN = re.compile(r"^( *)1\.\.(\d+)\b *(#.*)?$")
DIRECTIVE = re.compile(r"#\s*(SKIP|TODO|XFAIL)\b", re.IGNORECASE)
BAIL_OUT = re.compile(r"^ *Bail out!")

# kselftest's exit status for a test that was skipped
SKIP_STATUS = 4


class Count:
    """Passed, failed, skipped."""

    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed = passed
        self.failed = failed
        self.skipped = skipped

    def __add__(self, other):
        return Count(self.passed + other.passed, self.failed + other.failed,
                     self.skipped + other.skipped)

    def total(self):
        return self.passed + self.failed + self.skipped

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + f", {self.skipped} skipped" if self.skipped else text


class Level:
    """The results of one indentation: a test, or the subtests of one result."""

    def __init__(self, indent):
        self.indent = indent
        self.plan = None
        self.results = 0
        self.count = Count()


class Result:
    """What came of one test program."""

    def __init__(self, count, problems):
        self.count = count
        self.problems = problems


class Parser:
    """Takes the lines of one test program.

    A result with subtests stands for them and is not counted besides, unless it failed
    where none of them did. What is expected to fail (TODO, XFAIL) and does is not a
    success: it counts as skipped.
    """

    def __init__(self):
        self.levels = [Level(0)]
        self.problems = []
        self.bailed = False

    def feed(self, line):
        plan = PLAN.match(line)
        result = RESULT.match(line)
        if plan:
            self._enter(len(plan[1])).plan = int(plan[2])
            if plan[2] == "0" and plan[3] and DIRECTIVE.search(plan[3]):
                self.levels[-1].count += Count(skipped=1)
        elif result:
            self._result(result)
        elif BAIL_OUT.match(line):
            self.bailed = True
            self.problems.append(line.strip())

    def finish(self, status, problem=None):
        """The counts, with a failure for whatever is wrong with the whole."""
        nested = self._leave(0)
        top = self.levels[0]
        self._check_plan(top)
        count = top.count + nested
        if problem:
            self.problems.append(problem)
        elif status in (124, 137):
            self.problems.append("it ran into its timeout")
        elif status != 0 and not count.failed and not self.bailed:
            if not (status == SKIP_STATUS and count.skipped):
                self.problems.append(f"its exit status is {status}")
        if not count.total() and not self.problems:
            self.problems.append("it gave no result")
        return Result(count + Count(failed=len(self.problems)), self.problems)

    def _enter(self, indent):
        """The level of that indentation, which may be a new one."""
        if indent > self.levels[-1].indent:
            self.levels.append(Level(indent))
        return self.levels[-1]

    def _leave(self, indent):
        """Close the deeper levels; returns what they have counted."""
        count = Count()
        while self.levels[-1].indent > indent:
            level = self.levels.pop()
            self._check_plan(level)
            count += level.count
        return count

    def _check_plan(self, level):
        if level.plan is None:
            # KTAP lets a subtest leave it out; a program must not
            if level.indent == 0 and level.results:
                self.problems.append("it has no plan")
        elif level.plan != level.results:
            self.problems.append(f"it planned {level.plan} results and gave {level.results}")

    def _result(self, match):
        indent = len(match[1])
        count = self._leave(indent)
        level = self._enter(indent)
        level.results += 1
        directive = DIRECTIVE.search(match[4])
        failed = match[2] == "not ok"
        if not count.total() or (failed and not count.failed and not directive):
            if directive:
                count += Count(skipped=1)
            elif failed:
                count += Count(failed=1)
            else:
                count += Count(passed=1)
        level.count += count
