# SPDX-License-Identifier: Apache-2.0
"""The coverage floor holds, rises on demand, and cannot be lowered, not even by hand."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from installer import coverage_floor


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose committed floor is 80 and whose last run reached 85.678 percent."""
    monkeypatch.setattr(coverage_floor, "ROOT", tmp_path)
    monkeypatch.setattr(coverage_floor, "FLOOR", tmp_path / "floor")
    monkeypatch.setattr(coverage_floor, "REPORT", tmp_path / "report.json")
    coverage_floor.FLOOR.write_text("80.00\n", encoding="ascii")
    coverage_floor.REPORT.write_text(json.dumps({"totals": {"percent_covered": 85.678}}), encoding="ascii")
    who = ("-c", "user.name=a", "-c", "user.email=a@b.invalid")
    for words in (("init", "-q"), ("add", "floor"), (*who, "commit", "-qm", "floor")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def test_a_run_over_the_floor_is_fine(project: Path) -> None:
    assert coverage_floor.complaint() is None


def test_a_run_under_the_floor_is_not(project: Path) -> None:
    coverage_floor.FLOOR.write_text("85.68", encoding="ascii")
    assert "under the floor" in (coverage_floor.complaint() or "")


def test_the_floor_cannot_be_lowered(project: Path) -> None:
    coverage_floor.FLOOR.write_text("79.99", encoding="ascii")
    assert "may only rise" in (coverage_floor.complaint() or "")


def test_it_is_lifted_to_what_was_measured_and_never_rounded_up(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["coverage_floor.py", "--raise"])
    assert coverage_floor.main() == 0
    assert coverage_floor.floor() == 85.67 and "85.67" in capsys.readouterr().out


def test_without_a_run_it_says_how_to_make_one(project: Path) -> None:
    coverage_floor.REPORT.unlink()
    assert "installer/test.py" in (coverage_floor.complaint() or "")


def test_it_says_the_branches_alone_and_where_most_have_no_test(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {name: {"summary": {"missing_branches": left, "num_branches": 8}} for name, left in FILES.items()}
    totals = {"percent_covered": 85.678, "covered_branches": 2, "num_branches": 3}
    coverage_floor.REPORT.write_text(json.dumps({"totals": totals, "files": files}), encoding="ascii")
    monkeypatch.setattr("sys.argv", ["coverage_floor.py"])
    assert coverage_floor.main() == 0
    said = capsys.readouterr().out.splitlines()
    assert "66.66 %" in said[1] and [line.split()[-1] for line in said[2:]] == ["b.py", "a.py"]


def test_without_any_branch_it_says_only_the_share_of_all(project: Path) -> None:
    assert coverage_floor.branches_alone() is None and coverage_floor.least_tested() == []


FILES = {"a.py": 1, "b.py": 7, "c.py": 0}
