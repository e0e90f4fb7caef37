# SPDX-License-Identifier: Apache-2.0
"""The share of branches and lines that tests reach may only rise: one number in `.ci/coverage-floor`.

It also says the share of the branches alone, and in which files most of them have no test.

`python3 installer/coverage_floor.py` compares the last run with it, `--raise` lifts it to what the last run measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOOR = ROOT / ".ci" / "coverage-floor"
GOAL = 90
REPORT = ROOT / "build" / "coverage" / "report.json"


def measured() -> float | None:
    """Percent of lines and branches that the last whole test run reached, cut to two decimals; None before any run."""
    try:
        totals = json.loads(REPORT.read_text(encoding="utf-8"))["totals"]
    except OSError:
        return None
    return int(float(totals["percent_covered"]) * 100) / 100


def branches_alone() -> float | None:
    """Percent of the branches alone that the last run reached, cut to two decimals; None where nothing was counted."""
    try:
        totals = json.loads(REPORT.read_text(encoding="utf-8"))["totals"]
        return int(10_000 * totals["covered_branches"] / totals["num_branches"]) / 100
    except (OSError, KeyError, ZeroDivisionError):
        return None


def least_tested(count: int = 10) -> list[str]:
    """The files with the most branches that no test took, one line each; none without a report."""
    try:
        files = json.loads(REPORT.read_text(encoding="utf-8"))["files"]
    except (OSError, KeyError):
        return []
    counted = [(about["summary"], name) for name, about in files.items()]
    missing = [(one["missing_branches"], one["num_branches"], name) for one, name in counted]
    return [f"{left:4} of {all:4}  {name}" for left, all, name in sorted(missing, reverse=True)[:count] if left]


def floor() -> float:
    """The floor as the file has it now."""
    return float(FLOOR.read_text(encoding="ascii"))


def git(*words: str) -> str:
    """What git says in the project folder; nothing where there is no git or no history."""
    try:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout
    except OSError:
        return ""


def highest_committed() -> float:
    """The highest floor in the history that this clone holds."""
    name = FLOOR.relative_to(ROOT).as_posix()
    commits = git("log", "--format=%H", "--", name).split()
    return max((float(git("show", f"{commit}:{name}") or 0) for commit in commits), default=0.0)


def complaint() -> str | None:
    """What is wrong, with the remedy; None when the floor holds."""
    now = measured()
    if now is None:
        return f"no coverage report at {REPORT.relative_to(ROOT)}: run python3 installer/test.py"
    if floor() < highest_committed():
        return f"the floor {floor()} is under the committed {highest_committed()}: it may only rise"
    if now < floor():
        return f"coverage is {now:.2f} %, under the floor {floor():.2f} %: test what was added"
    return None


def main() -> int:
    """Print the comparison; 1 when the floor does not hold."""
    parser = argparse.ArgumentParser(description="Compare the last run's coverage with the floor.")
    parser.add_argument(
        "--raise", dest="lift", action="store_true", help="lift the floor to what the last run measured"
    )
    wrong = complaint()
    now = measured()
    if parser.parse_args().lift and wrong is None and now is not None:
        FLOOR.write_text(f"{now:.2f}\n", encoding="ascii")
    alone = branches_alone()
    print(wrong or f"coverage {now:.2f} %, floor {floor():.2f} %")
    if alone is not None:
        print(f"of the branches alone {alone:.2f} % (goal {GOAL} %); most branches without a test:")
        print("\n".join(least_tested()))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
