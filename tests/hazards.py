# SPDX-License-Identifier: Apache-2.0
"""Prints how each hazard of `resources/safety/hazards.yaml` is held down, by which tests: `python3 -m tests.hazards`.

Exits 1 if a hazard that is called controlled has no test in the last run, or one that did not pass.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sync_server.hazards import Hazard, read_hazards

LAST_RUN = Path(__file__).resolve().parent.parent / "build" / "hazards.json"


def missing(hazards: list[Hazard], run: dict[str, dict[str, str]]) -> list[str]:
    """A line for each hazard whose control the run does not prove, and for each mark of a hazard that is not logged."""
    unproven = [
        f"{hazard.id} is called controlled, and {_lack(run.get(hazard.id, {}))}: {hazard.title}"
        for hazard in hazards
        if hazard.controlled and _lack(run.get(hazard.id, {}))
    ]
    known = {hazard.id for hazard in hazards}
    return unproven + [f"{name} is named by a test and is not in the log" for name in run if name not in known]


def _lack(tests: dict[str, str]) -> str:
    if not tests:
        return "no test names it"
    bad = sorted(test for test, outcome in tests.items() if outcome != "passed")
    return f"did not pass: {', '.join(bad)}" if bad else ""


def main() -> int:
    """1 if a claim of the log is not proven by the last run."""
    if not LAST_RUN.exists():
        raise SystemExit("No test run is recorded yet: run python3 installer/test.py")
    hazards, run = read_hazards(), json.loads(LAST_RUN.read_text(encoding="utf-8"))["numbers"]
    controlled = [hazard for hazard in hazards if hazard.controlled]
    for hazard in hazards:
        if not hazard.controlled:
            print(f"{hazard.id} open: {hazard.title}. Waits for {hazard.waits_for}")
    wrong = missing(hazards, run)
    for line in wrong:
        print(line)
    print(f"{len(controlled)} of {len(hazards)} hazards are controlled, {len(wrong)} claims are not proven")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
