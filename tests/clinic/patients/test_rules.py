# SPDX-License-Identifier: Apache-2.0
"""A registration is whole or says what is missing; names are shown one way; states of a task have an order."""

from __future__ import annotations

from datetime import date
from itertools import combinations, permutations
from typing import Any

import pytest

from hms_desktop.clinic.patients.rules import (
    SEXES,
    TASK_STEPS,
    TASK_WINS,
    TIMELINE_KINDS,
    faults,
    kind_word,
    list_name,
    sex_word,
    show_name,
)
from tests.clinic.patients.people import written

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"family": None, "given": None}, "family"),
        ({"family": " - ", "given": ""}, "family"),
        ({"family": "x" * 121}, "family"),
        ({"born": None}, "born"),
        ({"born": "2027-01-01"}, "born"),
        ({"born": "1979-02-30"}, "born"),
        ({"sex": None}, "sex"),
        ({"sex": "f"}, "sex"),
        ({"phone": "12"}, "phone"),
        ({"email": "amara"}, "email"),
        ({"email": "a b@c"}, "email"),
        ({"identifiers": (("nhs", "1"),)}, "value"),
    ],
)
def test_what_is_missing_or_wrong_is_named(change: dict[str, Any], field: str) -> None:
    assert [f.field for f in faults(written(**change), TODAY, "ZA")] == [field]


def test_the_least_that_can_be_registered() -> None:
    least = {"prefix": None, "phone": None}
    assert not faults(written(**least, given=None), TODAY, "ZA")
    assert not faults(written(**least, family=None), TODAY, "ZA")
    assert not faults(written(**least, family=None, given=None, name_known=False), TODAY, "ZA")


def test_all_faults_are_told_at_once_in_the_order_of_the_form() -> None:
    found = faults(written(family="", given="", born="1979-13", sex=None, phone="1"), TODAY, "ZA")
    assert [f.field for f in found] == ["family", "born", "sex", "phone"]


def test_names_as_the_banner_and_the_list_have_them() -> None:
    assert show_name("Okonkwo", "Amara", "Mrs") == "OKONKWO, Amara (Mrs)"
    assert show_name(None, "Amara") == "Amara"
    assert show_name(None, None, sex="female", known=False) == "Unknown female"
    assert show_name(None, None, sex="other", known=False) == "Unknown person"
    assert list_name("Okonkwo", "Amara") == "Okonkwo, Amara"
    assert list_name(None, None, sex="male", known=False) == "Unknown male"


def test_every_code_has_a_word() -> None:
    assert all(kind_word(k) != k for k in TIMELINE_KINDS)
    assert all(sex_word(s) != s for s in SEXES)


@pytest.mark.parametrize("pair", list(combinations(TASK_STEPS, 2)))
def test_every_pair_of_task_states_has_a_winner_or_a_person(pair: tuple[str, str]) -> None:
    winner = TASK_WINS[frozenset(pair)]
    assert winner in (*pair, None)
    if "cancelled" in pair:
        assert winner == ("cancelled" if "requested" in pair else None)


def test_winning_does_not_depend_on_the_order_of_three() -> None:
    for three in combinations(("requested", "in-progress", "completed"), 3):
        results = {
            max(order, key=lambda s: sum(TASK_WINS[frozenset((s, o))] == s for o in order if o != s))
            for order in permutations(three)
        }
        assert results == {"completed"}
