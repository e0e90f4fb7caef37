# SPDX-License-Identifier: Apache-2.0
"""Chooses anew which tests run without coverage's tracer: `python -m tests.plugins.choose --least 97.06`.

It reads what a run with `pytest --cov --cov-branch --apart` left: which line and branch each test reaches, and its
seconds of processor. Measured stays the cheapest set of tests by which each line and branch is still reached twice, or
once if only one test ever reached it, so that chance in one test loses none; of those, the dearest for what they alone
reach are left out, too, while the total stays at or above `--least` percent. A test that the run did not know stays as
it is listed.
"""

from __future__ import annotations

import argparse
import heapq
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from coverage import Coverage
from coverage.python import PythonFileReporter

from tests.plugins.measured import LIST, SECONDS, listed

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("hms_desktop", "sync_server")
WORTH = 0.05  # seconds of processor under which a test is not worth a line of the list
TWICE = 2
Place = tuple[str, int, int]  # file, line, and where a branch goes on; a line alone goes on at 0


@dataclass
class Run:
    """What a run with `--apart` measured."""

    total: int = 0
    seconds: Counter[str] = field(default_factory=Counter)
    reached: defaultdict[Place, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By which tests; the empty name is what is measured whatever is chosen: imports, shared fixtures."""


def steps_in(data: Path) -> Iterator[tuple[Path, dict[tuple[int, int], set[str]]]]:
    """For each source file in one file of coverage, the steps from line to line and the tests that took them."""
    with closing(sqlite3.connect(f"file:{data}?mode=ro", uri=True)) as base:
        names = dict(base.execute("SELECT id, context FROM context"))
        for number, path in base.execute("SELECT id, path FROM file").fetchall():
            taken: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
            asked = "SELECT fromno, tono, context_id FROM arc WHERE file_id = ?"
            for start, end, context in base.execute(asked, (number,)):
                taken[start, end].add(names[context])
            yield Path(path), taken


class Source:
    """One source file: its lines and branches as coverage counts them."""

    def __init__(self, file: Path, coverage: Coverage) -> None:
        self.reporter = PythonFileReporter(str(file), coverage)
        exits = {line: count for line, count in self.reporter.exit_counts().items() if count > 1}
        sure, left_out = self.reporter.no_branch_lines(), self.reporter.excluded_lines()
        steps = self.reporter.arcs()
        self.lines = self.reporter.lines()
        self.branches = {(a, b) for a, b in steps if a in exits and a not in sure and b not in left_out}
        self.of_itself = sum(exits.values()) - len(self.branches)
        ends: defaultdict[int, list[int]] = defaultdict(list)
        for start, end in steps:
            ends[start].append(end)
        self.only_end = {start: found[0] for start, found in ends.items() if len(found) == 1}

    def places(self, step: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """What one step from line to line reaches."""
        yield from ((line, 0) for line in self.reporter.translate_lines(n for n in step if n > 0) & self.lines)
        for start, end in self.reporter.translate_arcs([step]):
            whole = (start, self.only_end.get(start, end) if start == end else end)
            yield from self.reporter.translate_arcs([whole]) & self.branches


def read(root: Path, folders: Iterable[str] = SOURCES) -> Run:
    """The run with `--apart` that was made in the project folder `root`, be it combined or broken off."""
    coverage, run = Coverage(config_file=str(ROOT / "pyproject.toml")), Run()
    sources = {path: Source(path, coverage) for folder in folders for path in (root / folder).rglob("*.py")}
    for path, source in sources.items():
        run.total += len(source.lines) + len(source.branches) + source.of_itself
        for number in range(source.of_itself):
            run.reached[str(path), 0, number] = {""}
    for data in (root / SECONDS).parent.glob("data*"):
        for path, taken in steps_in(data):
            if path not in sources:  # a template: its steps are told, too
                continue
            for step, tests in taken.items():
                for line, end in sources[path].places(step):
                    run.reached[str(path), line, end] |= tests
    for seconds in (root / SECONDS).glob("*.txt"):
        for noted in seconds.read_text(encoding="utf-8").splitlines():
            took, _, test = noted.partition(" ")
            run.seconds[test] += float(took)
    del run.seconds[""]
    return run


class Choice:
    """The tests that stay measured: all at first, then fewer."""

    def __init__(self, run: Run) -> None:
        alike = Counter(frozenset(tests) for tests in run.reached.values() if "" not in tests)
        self.groups = [(tests, count, min(TWICE, len(tests))) for tests, count in alike.items()]
        self.seconds = run.seconds
        self.of: defaultdict[str, list[int]] = defaultdict(list)
        for number, (tests, _, _) in enumerate(self.groups):
            for test in tests:
                self.of[test].append(number)
        self.kept = {test for test in {*run.seconds, *self.of} if run.seconds[test] < WORTH}
        self.times = [len(self.kept & tests) for tests, _, _ in self.groups]

    def gain(self, test: str) -> int:
        """How many lines and branches would be reached once more that are not yet reached as often as they should."""
        return sum(self.groups[n][1] for n in self.of[test] if self.times[n] < self.groups[n][2])

    def loss(self, test: str) -> int:
        """How many lines and branches would no longer be reached as often as they should."""
        return sum(self.groups[n][1] for n in self.of[test] if self.times[n] == self.groups[n][2])

    def keep(self, test: str) -> None:
        """Measure it."""
        self.kept.add(test)
        for number in self.of[test]:
            self.times[number] += 1

    def drop(self, test: str) -> None:
        """Do not measure it."""
        self.kept.remove(test)
        for number in self.of[test]:
            self.times[number] -= 1

    def reach_all(self) -> None:
        """Keep test after test, each time the one that adds most for its seconds."""
        heap = [(-self.gain(test) / self.seconds[test], test) for test in {*self.of} - self.kept]
        heapq.heapify(heap)
        while heap:
            worth, test = heapq.heappop(heap)
            now = -self.gain(test) / self.seconds[test]
            if now == worth and now < 0:
                self.keep(test)
            elif now < 0:
                heapq.heappush(heap, (now, test))

    def leave_out(self, may_lose: int) -> int:
        """Drop test after test, each time the one that takes longest for what it alone reaches; how much is lost."""
        dear = [t for t in self.kept if self.seconds[t] >= WORTH]
        heap = [((self.loss(test) + 0.01) / self.seconds[test], test) for test in dear]
        heapq.heapify(heap)
        lost = 0
        while heap:
            worth, test = heapq.heappop(heap)
            loss = self.loss(test)
            now = (loss + 0.01) / self.seconds[test]
            if now > worth:
                heapq.heappush(heap, (now, test))
            elif lost + loss <= may_lose:
                self.drop(test)
                lost += loss
        return lost


def main() -> None:
    """Write the list and say what it saves and costs."""
    parser = argparse.ArgumentParser(description="Choose the tests that run without coverage's tracer.")
    parser.add_argument("--least", type=float, required=True, help="percent of lines and branches to stay reached")
    parser.add_argument("--of", type=float, help="percent that a whole run reaches, if the data are of a part of one")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project folder in which that run was made")
    options = parser.parse_args()
    run = read(options.root)
    percent = 100 * len(run.reached) / run.total if options.of is None else options.of
    choice = Choice(run)
    choice.reach_all()
    lost = choice.leave_out(max(0, int((percent - options.least) * run.total / 100)))
    known = {*run.seconds, *choice.of}
    chosen = (known - choice.kept) | (listed() - known)
    LIST.write_text("".join(f"{test}\n" for test in sorted(chosen)), encoding="utf-8")
    saved = sum(run.seconds[test] for test in chosen)
    print(f"{len(chosen)} of {len(known)} tests are not measured, {saved:.0f} of {run.seconds.total():.0f} s")
    print(f"{percent:.2f} % are reached, {percent - 100 * lost / run.total:.2f} % at least while measured so")


if __name__ == "__main__":
    main()
