# SPDX-License-Identifier: Apache-2.0
"""Look-alikes are weighed by reasons that a person can check."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hms_desktop.clinic.patients.likeness import CANDIDATE, Reason, Traits, compare, say

AMARA = Traits("Okonkwo", "Amara", "1979-03-14", sex="female", phones=frozenset({"+27825550147"}))
STRANGER = Traits("Van Wyk", "Pieter", "1951-07-02", sex="male")


def codes(one: Traits, other: Traits) -> set[str]:
    return {r.code for r in compare(one, other).reasons}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "name"),
        ({}, "born"),
        ({}, "phone"),
        ({"family": "Amara", "given": "Okonkwo"}, "name_order"),
        ({"family": "Okonkwo", "given": "Ammara"}, "name_close"),
        ({"family": "Okonkowh", "given": "Amara"}, "name_close"),
        ({"given": "Adaeze"}, "family"),
        ({"family": "Brown"}, "name_part"),
        ({"born": "1979-03-15"}, "born_near"),
        ({"born": "1979-03-13"}, "born_near"),
        ({"born": "1980-03-14"}, "born_near"),
        ({"born": "1979-08-14"}, "born_near"),
        ({"born": "1979"}, "born_part"),
        ({"born": "1979-03"}, "born_part"),
        ({"born": "1978", "born_estimated": True}, "born_estimate"),
        ({"born": "1960", "born_estimated": True}, "born_differs"),
        ({"born": "1951-07-02"}, "born_differs"),
        ({"born": "1951"}, "born_differs"),
        ({"sex": "male"}, "sex_differs"),
    ],
)
def test_each_reason_is_found(change: dict[str, Any], reason: str) -> None:
    assert reason in codes(AMARA, replace(AMARA, **change))
    assert reason in codes(replace(AMARA, **change), AMARA)


def test_day_and_month_swapped() -> None:
    assert "born_swap" in codes(replace(AMARA, born="1979-03-04"), replace(AMARA, born="1979-04-03"))


def test_a_name_that_sounds_the_same() -> None:
    one, other = Traits("Smith", "Catherine"), Traits("Smyth", "Kathryn")
    assert codes(one, other) & {"name_sound", "name_close"}


def test_the_same_number_weighs_most_and_another_speaks_against() -> None:
    one = Traits("Nkosi", "Ayanda", identifiers=frozenset({("passport", "A1")}))
    other = Traits("Dlamini", "Sipho", identifiers=frozenset({("passport", "A1")}))
    assert compare(one, other).reasons[0].code == "identifier"
    assert compare(one, other).score >= CANDIDATE
    different = replace(one, identifiers=frozenset({("passport", "B2")}))
    assert "identifier_differs" in codes(one, different)


def test_a_newborn_is_known_by_guardian_and_day() -> None:
    first = Traits("Okonkwo", "Baby", "2026-11-22", guardians=frozenset({"Amara Okonkwo"}))
    second = Traits(None, None, "2026-11-23", guardians=frozenset({"OKONKWO Amara"}))
    third = replace(second, guardians=frozenset({"Amara Okonkwo"}))
    assert "newborn" not in codes(first, second)
    assert "newborn" in codes(first, third)
    assert compare(first, third).score >= CANDIDATE


def test_twins_are_shown_but_not_taken_for_one_person() -> None:
    anna = Traits("Botha", "Anna", "2020-05-01", sex="female")
    twins = compare(anna, replace(anna, given="Piet", sex="male"))
    assert twins.score >= CANDIDATE and not twins.likely


@pytest.mark.hazard("H05")
def test_the_same_person_is_likely_and_a_stranger_is_not_shown() -> None:
    assert compare(AMARA, AMARA).likely
    assert compare(AMARA, STRANGER).score < CANDIDATE
    assert compare(Traits(), Traits()).score == 0


def test_likeness_does_not_depend_on_who_is_asked_first() -> None:
    near = replace(AMARA, family="Okonkwoh", born="1979-03-15")
    assert compare(AMARA, near) == compare(near, AMARA)


def test_every_reason_has_words() -> None:
    known = [
        "identifier",
        "identifier_differs",
        "name",
        "name_order",
        "name_sound",
        "name_close",
        "family",
        "name_part",
        "name_differs",
        "born",
        "born_swap",
        "born_near",
        "born_part",
        "born_estimate",
        "born_differs",
        "phone",
        "sex_differs",
        "newborn",
    ]
    assert all(say(Reason(code, 1)) for code in known)
    assert Reason("born_differs", -15).against and not Reason("born", 32).against
