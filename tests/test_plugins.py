# SPDX-License-Identifier: Apache-2.0
"""The tests' own rules: a number counts only if every test that carries it passed; noise and network fail a test."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests import acceptance
from tests.plugins.choose import Choice, read
from tests.plugins.choose import Run as Measurement
from tests.plugins.measured import listed

ROOT = Path(__file__).resolve().parents[1]
HEAD = "import logging, socket, sys, warnings\nimport pytest\n"


class Run:
    """A small project with one test file, run by a pytest of its own with this project's plugins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.text = ""

    def go(self, tests: str, *options: str) -> str:
        """What pytest printed."""
        (self.folder / "test_it.py").write_text(HEAD + tests, encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-c",
            str(ROOT / "pyproject.toml"),
            "--rootdir",
            str(self.folder),
        ]
        for name in ("acceptance", "loopback", "measured", "silence"):
            command += ["-p", f"tests.plugins.{name}"]
        unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        unmeasured["PYTHONPATH"] = os.pathsep.join([str(self.folder), str(ROOT)])
        done = subprocess.run(
            [*command, *options, str(self.folder)], cwd=ROOT, env=unmeasured, capture_output=True, text=True
        )
        return done.stdout + done.stderr

    def wrote(self, name: str) -> Any:
        """One of the files that the run left."""
        return json.loads((self.folder / "build" / name).read_text(encoding="utf-8"))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def test_a_number_is_proven_only_if_every_test_that_carries_it_passed(run: Run) -> None:
    run.go(
        '@pytest.mark.accepts("X-01", "LAB-03")\ndef test_a(): pass\n'
        '@pytest.mark.accepts("X-01")\n@pytest.mark.parametrize("n", [1, 2])\ndef test_b(n): assert n == 1\n'
        '@pytest.mark.accepts("X-02")\ndef test_c(): pytest.skip("not here")\n'
    )
    numbers = acceptance.read_run(run.folder / "build" / "acceptance.json")
    assert {name: number.proven for name, number in numbers.items()} == {"X-01": False, "X-02": False, "LAB-03": True}
    assert run.wrote("outcome.json") == {"passed": 2, "failed": 1, "skipped": 1}


def test_a_mark_that_is_no_number_stops_the_run(run: Run) -> None:
    assert "is not a number such as LAB-03" in run.go('@pytest.mark.accepts("lab 3")\ndef test_a(): pass\n')


def test_long_counts_run_only_when_asked_for_and_leave_commit_seed_and_figures(run: Run) -> None:
    tests = '@pytest.mark.proof\ndef test_a(figure): figure("records", 100_000, "rows", floor=1)\n'
    assert "1 deselected" in run.go(tests)
    run.go(tests, "--proof", "-p", "randomly", "--randomly-seed=7")
    proof = run.wrote("proof.json")
    assert proof["seed"] == 7 and "commit" in proof
    assert [(f["name"], f["value"], f["unit"], f["floor"]) for f in proof["figures"]] == [
        ("records", 100_000, "rows", 1)
    ]


@pytest.mark.parametrize("noise", ["print(1)", "print(1, file=sys.stderr)", 'logging.getLogger("a").warning("b")'])
def test_a_test_that_passes_with_noise_fails(run: Run, noise: str) -> None:
    assert "something spoke" in run.go(f"def test_a(): {noise}\n")


def test_noise_that_was_read_or_excused_is_fine(run: Run) -> None:
    said = run.go(
        "def test_a(capsys):\n    print(1)\n    assert capsys.readouterr().out\n"
        '@pytest.mark.prints("it is what it does")\ndef test_b(): print(1)\n'
    )
    assert "2 passed" in said


def test_a_warning_fails(run: Run) -> None:
    assert "1 failed" in run.go('def test_a(): warnings.warn("old", stacklevel=1)\n')


def test_only_this_machine_can_be_reached(run: Run) -> None:
    said = run.go(
        "def test_a():\n    with socket.create_server(('127.0.0.1', 0)) as s:\n"
        "        socket.create_connection(s.getsockname()).close()\n"
        "def test_b(): socket.create_connection(('192.0.2.1', 80))\n"
    )
    assert "1 failed, 1 passed" in said and "this machine only" in said


PRODUCT = "".join(
    f"def {name}():\n    return 1\n" for name in ("listed", "other", "own", "shared", "early", "late", "apart")
)
MEASURED = """
import concurrent.futures, subprocess
from product import it
@pytest.fixture(scope="module")
def pool():
    it.shared()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(it.early).result()
        yield pool
@pytest.fixture
def own():
    it.own()
@pytest.mark.parametrize("n", [1, 2])
def test_listed(pool, own, n):
    it.listed()
    from product import lazy
    subprocess.run([sys.executable, "-c", "from product import it; it.apart()"], check=True)
def test_other(pool):
    it.other()
    pool.submit(it.late).result()
"""


def measured(run: Run, *options: str) -> set[str]:
    """Which functions of the small product coverage saw at work."""
    (run.folder / "product").mkdir()
    (run.folder / "product" / "__init__.py").touch()
    (run.folder / "product" / "it.py").write_text(PRODUCT, encoding="utf-8")
    (run.folder / "product" / "lazy.py").write_text("LOADED = True\n", encoding="utf-8")
    config = (
        f"[run]\nbranch = true\nparallel = true\npatch = subprocess\ndata_file = {run.folder}/build/coverage/data\n"
    )
    (run.folder / "coverage").write_text(config, encoding="utf-8")
    report = f"json:{run.folder}/build/report.json"
    said = run.go(
        MEASURED, "-p", "no:randomly", f"--cov={run.folder}/product", f"--cov-config={run.folder}/coverage",
        "--cov-report", report, *options,
    )  # fmt: skip
    assert "3 passed" in said, said
    return {
        name or Path(file).stem
        for file, found in run.wrote("report.json")["files"].items()
        for name, function in found["functions"].items()
        if function["executed_lines"]
    }


def test_a_listed_test_is_not_measured_but_what_it_shares_is(run: Run) -> None:
    names = run.folder / "names"
    names.write_text("test_it.py::test_listed\n", encoding="utf-8")
    assert measured(run, f"--unmeasured={names}") == {"it", "lazy", "other", "shared", "early", "late"}


def test_of_a_file_whose_tests_are_all_listed_only_loading_is_measured(run: Run) -> None:
    names = run.folder / "names"
    names.write_text("test_it.py::test_listed test_it.py::test_other\n", encoding="utf-8")
    assert measured(run, f"--unmeasured={names}") == {"it", "lazy"}


def test_a_run_that_keeps_tests_apart_tells_which_one_reached_a_line(run: Run) -> None:
    assert len(measured(run, "--apart")) == 9
    found = read(run.folder, ["product"])
    by = {line: tests for (file, line, _), tests in found.reached.items() if file.endswith("it.py")}
    one, other = "test_it.py::test_listed", "test_it.py::test_other"
    assert [by[line] for line in range(2, 15, 2)] == [{one}, {other}, {one}, {""}, {""}, {other}, {one}]
    assert len(found.reached) == found.total and {*found.seconds} == {one, other}


def test_measured_stays_what_reaches_most_for_its_seconds_and_each_line_twice() -> None:
    seconds = {"dear": 9.0, "cheap": 1.0, "other": 1.0, "alone": 8.0, "tiny": 0.01}
    tests = [{"dear", "cheap", "other"}, {"cheap", "other"}, {"alone"}, {"alone", ""}]
    choice = Choice(Measurement(4, Counter(seconds), {("file", n, 0): found for n, found in enumerate(tests)}))
    choice.reach_all()
    assert choice.kept == {"alone", "cheap", "other", "tiny"}
    assert choice.leave_out(0) == 0 and choice.kept == {"alone", "cheap", "other", "tiny"}
    assert choice.leave_out(1) == 1 and choice.kept == {"cheap", "other", "tiny"}


def test_every_test_that_is_not_measured_is_there() -> None:
    files = {name.partition("::")[0] for name in listed()}
    there = set()
    for file in files:
        if (ROOT / file).is_file():
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            there |= {f"{file}::{node.name}" for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert not sorted(listed() - there)


def test_ranges_of_numbers_are_spelled_out() -> None:
    assert acceptance.expand("X-01, LAB-11..LAB-13") == ["X-01", "LAB-11", "LAB-12", "LAB-13"]
    with pytest.raises(SystemExit, match="neither a number"):
        acceptance.expand("X-1..")
