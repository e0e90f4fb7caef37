# SPDX-License-Identifier: Apache-2.0
"""The state machines: every pair of states has a winner or is a conflict; begun work is never cancelled away."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

import pytest

from hms_desktop.clinic.ehr import rules
from hms_desktop.clinic.ehr.model import Encounter, Order, Prescription
from hms_desktop.core.errors import Refused
from hms_desktop.storage.records import Record

MACHINES = [
    (rules.ENCOUNTER_STEPS, rules.ENCOUNTER_PAIRS, Encounter),
    (rules.ORDER_STEPS, rules.ORDER_PAIRS, Order),
    (rules.PRESCRIPTION_STEPS, rules.PRESCRIPTION_PAIRS, Prescription),
]


@pytest.mark.parametrize(("steps", "pairs", "record"), MACHINES)
def test_every_pair_of_states_is_decided(steps: rules.Steps, pairs: rules.Pairs, record: type[Record]) -> None:
    assert set(pairs) == {frozenset(pair) for pair in combinations(steps, 2)}
    assert all(winner is None or winner in pair for pair, winner in pairs.items())
    assert record.spec.choices["status"] == set(steps)
    assert record.spec.groups["state"].policy.wins == pairs


@pytest.mark.parametrize(("steps", "pairs", "record"), MACHINES)
def test_states_lead_only_to_known_states(steps: rules.Steps, pairs: rules.Pairs, record: type[Record]) -> None:
    assert all(target in steps and target != state for state, targets in steps.items() for target in targets)
    assert all("entered-in-error" in targets for state, targets in steps.items() if state != "entered-in-error")


@pytest.mark.parametrize(
    ("pairs", "ends", "started"),
    [
        (rules.ENCOUNTER_PAIRS, ["cancelled", "entered-in-error"], ["triaged", "in-progress", "onleave", "finished"]),
        (rules.ORDER_PAIRS, ["revoked", "entered-in-error"], ["completed"]),
        (rules.PRESCRIPTION_PAIRS, ["cancelled", "stopped", "entered-in-error"], ["completed"]),
    ],
)
def test_calling_off_against_work_done_is_for_a_person(
    pairs: rules.Pairs, ends: Collection[str], started: Collection[str]
) -> None:
    assert all(pairs[frozenset({end, work})] is None for end in ends for work in started)


@pytest.mark.parametrize(
    ("pairs", "one", "other", "wins"),
    [
        (rules.ORDER_PAIRS, "active", "on-hold", "on-hold"),
        (rules.ORDER_PAIRS, "active", "revoked", "revoked"),
        (rules.PRESCRIPTION_PAIRS, "active", "stopped", "stopped"),
        (rules.PRESCRIPTION_PAIRS, "cancelled", "stopped", "stopped"),
        (rules.ENCOUNTER_PAIRS, "arrived", "in-progress", "in-progress"),
        (rules.ENCOUNTER_PAIRS, "arrived", "cancelled", "arrived"),
    ],
)
def test_the_safer_or_further_state_wins(pairs: rules.Pairs, one: str, other: str, wins: str) -> None:
    assert pairs[frozenset({one, other})] == wins


def test_a_wrong_step_is_refused_by_name() -> None:
    rules.require_step(rules.ORDER_STEPS, "draft", "active", "Potassium")
    with pytest.raises(Refused, match="Potassium is “completed” and can't become “active”"):
        rules.require_step(rules.ORDER_STEPS, "completed", "active", "Potassium")


def test_a_table_of_pairs_names_only_its_own_states() -> None:
    with pytest.raises(ValueError, match="no pair"):
        rules.furthest(("one", "two"), [("one", "three")])
