# SPDX-License-Identifier: Apache-2.0
"""The tests' own rules: a number counts only if every test that carries it passed; noise and network fail a test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import acceptance
from tests.plugins.measured import UNMEASURED

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
        for name in ("acceptance", "loopback", "silence"):
            command += ["-p", f"tests.plugins.{name}"]
        done = subprocess.run([*command, *options, str(self.folder)], cwd=ROOT, capture_output=True, text=True)
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


def test_every_scene_that_is_not_measured_is_there() -> None:
    assert not sorted(scene.name for scene in UNMEASURED if not scene.is_file())


def test_ranges_of_numbers_are_spelled_out() -> None:
    assert acceptance.expand("X-01, LAB-11..LAB-13") == ["X-01", "LAB-11", "LAB-12", "LAB-13"]
    with pytest.raises(SystemExit, match="neither a number"):
        acceptance.expand("X-1..")
