# SPDX-License-Identifier: Apache-2.0
"""Prints which acceptance numbers the last test run proved, by which tests: `python3 -m tests.acceptance`.

`--want X-01,LAB-11..LAB-13` asks for certain numbers and exits 1 if any of them is not proven. The list of numbers lies
beside the project (../shared/design/acceptance.md); without it the numbers are printed without their words.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAST_RUN = ROOT / "build" / "acceptance.json"
LIST = ROOT.parent / "shared" / "design" / "acceptance.md"
LINE = re.compile(r"^- ([A-Z0-9]+-\d+) (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Number:
    """One number as the last run left it: the outcome of every test that carries it."""

    name: str
    tests: dict[str, str]

    @property
    def proven(self) -> bool:
        """Whether at least one test carries it and all that do passed."""
        return bool(self.tests) and set(self.tests.values()) == {"passed"}


def read_list(path: Path) -> dict[str, str]:
    """The words of each number; empty when the list is not there."""
    return dict(LINE.findall(path.read_text(encoding="utf-8"))) if path.exists() else {}


def read_run(path: Path = LAST_RUN) -> dict[str, Number]:
    """The numbers that tests of the last run carry; raises SystemExit before any run."""
    if not path.exists():
        raise SystemExit("No test run is recorded yet: run python3 installer/test.py")
    carried = json.loads(path.read_text(encoding="utf-8"))["numbers"]
    return {name: Number(name, tests) for name, tests in carried.items()}


def expand(wanted: str) -> list[str]:
    """`X-01,LAB-11..LAB-13` as X-01, LAB-11, LAB-12, LAB-13; SystemExit names what is not a number."""
    names: list[str] = []
    for part in filter(None, (p.strip() for p in wanted.split(","))):
        ends = [re.fullmatch(r"([A-Z0-9]+)-(\d+)", end) for end in part.split("..")]
        if not all(ends) or len(ends) > 2:
            raise SystemExit(f"“{part}” is neither a number such as LAB-03 nor a range such as X-01..X-05")
        (area, first), (_, last) = (m.groups() for m in (ends[0], ends[-1]) if m)
        names += [f"{area}-{n:0{len(first)}}" for n in range(int(first), int(last) + 1)]
    return names


def describe(number: Number, words: str, brief: bool) -> str:
    """A number with its state, and unless brief the start of its words and its tests."""
    state = "proven" if number.proven else "not proven"
    if brief:
        return f"{number.name} {state}"
    tests = "".join(f"\n    {outcome:8} {test}" for test, outcome in number.tests.items())
    return f"{number.name} {state}  {words[:90]}{tests}"


def report(run: dict[str, Number], words: dict[str, str], brief: bool) -> None:
    """Print every number that a test carries, then the sum."""
    proven = [number for number in run.values() if number.proven]
    if brief:
        print("proven: " + (", ".join(number.name for number in proven) or "none"))
    for number in run.values():
        if not brief or not number.proven:
            print(describe(number, words.get(number.name, ""), brief))
    of_all = f" of {len(words)}" if words else ""
    print(f"{len(proven)}{of_all} numbers are proven by passing tests")


def main() -> int:
    """1 if a wanted number is not proven or a test carries a number that the list does not have."""
    parser = argparse.ArgumentParser(description="Print which acceptance numbers the last test run proved.")
    parser.add_argument(
        "--want", type=expand, default=[], help="numbers that must be proven, such as X-01,LAB-11..LAB-13"
    )
    parser.add_argument("--list", type=Path, default=LIST, help="the acceptance list (default: beside the project)")
    parser.add_argument("--brief", action="store_true", help="names only")
    asked = parser.parse_args()
    words, run = read_list(asked.list), read_run()
    if not words:
        print("the acceptance list is not beside this copy of the project: numbers without their words")
    report(run, words, asked.brief)
    unknown = [name for name in run if words and name not in words]
    missing = [name for name in asked.want if name not in run or not run[name].proven]
    if unknown:
        print(f"not in the list: {', '.join(unknown)}")
    if missing:
        print(f"wanted and not proven ({len(missing)}): {', '.join(missing)}")
    return 1 if missing or unknown else 0


if __name__ == "__main__":
    sys.exit(main())
