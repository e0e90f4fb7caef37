# SPDX-License-Identifier: Apache-2.0
"""Whatever line, disks and clocks do: nothing acknowledged is lost, torn or swallowed, and everybody agrees."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation import count
from tests.simulation.history import History, lived
from tests.simulation.kinds import KINDS
from tests.simulation.shrink import shrunk
from tests.simulation.steps import HEAL, Step, drawn
from tests.simulation.traps import TRAPS, history_for, planted

ROOT = Path(__file__).resolve().parents[2]
FEW, SHORT = range(1, 2), 30
PROVEN = 300
"""Histories that a run of `--proof` adds to the count; `python -m tests.simulation --count 100000` goes on with it."""


def must_hold(seed: int, steps: int) -> History:
    """Live a history; what fails is told as a short story."""
    history = lived(seed, drawn(seed, steps))
    if history.failure:
        pytest.fail(f"{history.trace}\n{shrunk(history, 60)}")
    return history


@pytest.mark.accepts("SYN-15")
@pytest.mark.parametrize("seed", FEW)
def test_a_history_ends_well(seed: int) -> None:
    must_hold(seed, SHORT)


def test_the_same_seed_gives_the_same_digest() -> None:
    told = [must_hold(7, 6) for _time in range(2)]
    assert told[0].digest == told[1].digest
    assert told[0].story == told[1].story


@pytest.mark.proof
def test_the_same_seed_gives_the_same_digest_in_another_process() -> None:
    told = set()
    for hashing in ("1", "2"):
        asked = [sys.executable, "-m", "tests.simulation", "--seed", "7", "--story"]
        done = subprocess.run(asked, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": hashing}, capture_output=True)
        told.add(done.stdout.rsplit(b"\n", 2)[0])
    assert len(told) == 1


def test_a_planted_fault_is_found_and_its_story_made_short() -> None:
    steps = [*(Step("work", 0, roll) for roll in range(2)), Step(HEAL, 0, 0)]
    with planted("torn"):
        failed = lived(1, steps)
        short = shrunk(failed, 10)
    assert "Server" in failed.failure and "is missing" in failed.failure
    assert [step.kind for step in short.steps] == ["work", HEAL]
    assert f"=> {short.failure}" in str(short)


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
    assert [step.kind for step in drawn(3, 90)].count(HEAL) == 3 == [step.kind for step in drawn(3, 89)].count(HEAL)
    assert {step.kind for seed in range(20) for step in drawn(seed, 90)} == KINDS.keys()


def test_a_count_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def live(seed: int, steps: list[Step]) -> History:
        return History(seed, steps, failure="Torn|x" if seed == 3 else "")

    kept = tmp_path / "count.json"
    said: list[str] = []
    first = count.go_on(kept, 4, 0, said.append, live)
    second = count.go_on(kept, 2, 0, said.append, live)
    assert (first.lived, second.lived, second.failed) == (4, 6, [3])
    assert "6 histories in all" in said[-1] and "a minute" in said[-1] and "failed: 3" in said[-1]


@pytest.mark.proof
def test_many_histories_end_well(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        reached = count.go_on(count.KEPT, PROVEN, 0, print)
    assert not reached.failed, f"seeds that did not hold: {reached.failed}"


@pytest.mark.proof
@pytest.mark.parametrize("name", TRAPS)
def test_every_trap_is_found(name: str) -> None:
    with planted(name):
        assert any(lived(seed, history_for(name, seed, 60)).failure for seed in range(1, 200)), "not found in 200 seeds"
