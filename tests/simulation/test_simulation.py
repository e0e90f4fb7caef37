# SPDX-License-Identifier: Apache-2.0
"""Whatever line, disks and clocks do: nothing acknowledged is lost, torn or swallowed, and everybody agrees."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.history import History, lived
from tests.simulation.shrink import shrunk
from tests.simulation.steps import HEAL, Step, drawn

ROOT = Path(__file__).resolve().parents[2]
FEW, SHORT = range(1, 3), 50
MANY, LONG = range(100, 160), 120


def must_hold(seed: int, steps: int) -> History:
    """Live a history; what fails is told as a short story."""
    history = lived(seed, drawn(seed, steps))
    if history.failure:
        pytest.fail(f"{history.trace}\n{shrunk(history, 60)}")
    return history


@pytest.mark.parametrize("seed", FEW)
def test_a_history_ends_well(seed: int) -> None:
    must_hold(seed, SHORT)


@pytest.mark.proof
@pytest.mark.parametrize("seed", MANY)
def test_many_histories_end_well(seed: int) -> None:
    must_hold(seed, LONG)


@pytest.mark.proof
def test_the_same_seed_gives_the_same_digest_in_another_process() -> None:
    told = set()
    for hashing in ("1", "2"):
        asked = [sys.executable, "-m", "tests.simulation", "--seed", "7", "--story"]
        done = subprocess.run(asked, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": hashing}, capture_output=True)
        told.add(done.stdout.rsplit(b"\n", 2)[0])
    assert len(told) == 1


def test_a_failing_story_loses_what_it_does_not_need() -> None:
    steps = [Step("work", number, number) for number in range(40)]

    def live(seed: int, steps: list[Step]) -> History:
        rolls = [step.roll for step in steps]
        fails = 17 in rolls and 23 in rolls
        at = rolls.index(23) if fails else len(steps)
        return History(seed, steps, failure="Torn in here|x" if fails else "", at=at)

    short = shrunk(live(1, steps), 10, live)
    assert [step.roll for step in short.steps] == [17, 23]


def test_the_steps_of_a_seed_are_its_own_and_end_with_a_heal() -> None:
    assert drawn(3, 90) == drawn(3, 90) != drawn(4, 90)
    assert [step.kind for step in drawn(3, 90)].count(HEAL) == 3
