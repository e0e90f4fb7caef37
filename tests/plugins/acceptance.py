# SPDX-License-Identifier: Apache-2.0
"""Which numbers of the acceptance list passing tests prove, which figures they measured, and how many passed.

`@pytest.mark.accepts("LAB-03")` says that the test proves every clause of a number; a number counts as proven only if
every test that carries it passed. `@pytest.mark.hazard("H07")` says that it proves the control of a hazard. The fixture
`figure` notes a measurement. Written below build/ at the end of a run, workers of pytest-xdist included.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NUMBER = re.compile(r"[A-Z0-9]+-\d+")
HAZARD = re.compile(r"H\d\d")
Figure = Callable[..., None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--proof` lets the long counts run too."""
    parser.addoption("--proof", action="store_true", help="run the long counts too and write build/proof.json")


def pytest_configure(config: pytest.Config) -> None:
    """The process that sees every report keeps the record."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Record(config), "acceptance-record")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Hang the numbers on the reports, which travel between workers; leave out the long counts unless asked for."""
    for item in items:
        for mark in item.iter_markers("accepts"):
            item.user_properties += [("accepts", checked(number, item, NUMBER)) for number in mark.args]
        for mark in item.iter_markers("hazard"):
            item.user_properties += [("hazard", checked(number, item, HAZARD)) for number in mark.args]
    if not config.getoption("--proof"):
        long = [item for item in items if item.get_closest_marker("proof")]
        items[:] = [item for item in items if not item.get_closest_marker("proof")]
        config.hook.pytest_deselected(items=long)


def checked(number: object, item: pytest.Item, form: re.Pattern[str]) -> str:
    """The number itself; a mark that is none stops the run."""
    if not isinstance(number, str) or not form.fullmatch(number):
        raise pytest.UsageError(f"{item.nodeid}: {number!r} is not a number such as LAB-03, nor a hazard such as H07")
    return number


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """Call `figure("first fill, 100,000 records", 0.91, "s", floor=0.64)` to note a measurement of this run."""

    def note(name: str, value: float, unit: str, **about: Any) -> None:
        kept = {"name": name, "value": value, "unit": unit, **about}
        request.node.user_properties.append(("figure", kept))

    return note


class Record:
    """What the reports of one run add up to."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.outcomes: dict[str, str] = {}
        self.marked: dict[str, dict[str, set[str]]] = {"accepts": {}, "hazard": {}}
        self.figures: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of a test's phases, and what hangs on it."""
        before = self.outcomes.get(report.nodeid)
        now = "failed" if report.failed or hasattr(report, "wasxfail") else report.outcome
        if before is None or now == "failed" or (now == "skipped" and before == "passed"):
            self.outcomes[report.nodeid] = now
        for key, value in report.user_properties:
            if key in self.marked:
                self.marked[key].setdefault(str(value), set()).add(report.nodeid)
            elif report.when == "teardown" and isinstance(value, dict):
                self.figures.append({**value, "test": report.nodeid})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that can't be collected is a failure too."""
        if report.failed:
            self.outcomes[report.nodeid] = "failed"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write what later steps read."""
        if self.config.getoption("collectonly"):
            return
        counts = Counter(self.outcomes.values())
        write = partial(write_json, self.config.rootpath / "build")
        write("outcome.json", {name: counts[name] for name in ("passed", "failed", "skipped")})
        write("acceptance.json", {**self.about(), "numbers": self.numbers("accepts")})
        write("hazards.json", {**self.about(), "numbers": self.numbers("hazard")})
        write("figures.json", {**self.about(), "figures": self.figures})
        if self.config.getoption("--proof"):
            write(
                "proof.json",
                {**self.about(), "outcome": counts, "figures": self.figures, "numbers": self.numbers("accepts")},
            )

    def numbers(self, mark: str) -> dict[str, dict[str, str]]:
        """Per number the outcome of each test that carries it in this kind of mark."""
        carried = sorted(self.marked[mark].items())
        return {number: {test: self.outcomes[test] for test in sorted(tests)} for number, tests in carried}

    def about(self) -> dict[str, Any]:
        """What a reader needs to make this run again."""
        chosen = self.config.invocation_params.args
        return {
            "commit": git("rev-parse", "HEAD"),
            "changed_since_commit": bool(git("status", "--porcelain")),
            "seed": self.config.getoption("randomly_seed", None),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "arguments": [str(argument) for argument in chosen],
        }


def git(*words: str) -> str | None:
    """What git says about this folder, or None where there is no repository or no git."""
    try:
        said = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return None
    return said.stdout.strip() if said.returncode == 0 else None


def write_json(folder: Path, name: str, content: dict[str, Any]) -> None:
    """One JSON file in this folder."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
