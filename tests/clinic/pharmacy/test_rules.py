# SPDX-License-Identifier: Apache-2.0
"""The counter's rules: what one dose is in units, how the label says it, and when a prescription has run out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hms_desktop.clinic.pharmacy.rules import (
    COMPLETE,
    EXPIRED,
    NOT_STARTED,
    OVER,
    PARTIAL,
    Fill,
    directions,
    units_each,
)


@pytest.mark.parametrize(
    ("dose", "dose_unit", "strength", "unit", "each"),
    [
        ("2", "tablet", "500 mg", "tablet", "2"),
        ("250", "mg", "500 mg", "tablet", "0.5"),
        ("125", "mg", "500 mg", "tablet", "0.25"),
        ("100", "mg", "500 mg", "tablet", None),
        ("5", "mL", "500 mg", "tablet", None),
        ("500", "mg", "as prepared", "tablet", None),
    ],
)
def test_one_dose_is_counted_in_units_only_when_they_can_be_taken(
    dose: str, dose_unit: str, strength: str, unit: str, each: str | None
) -> None:
    found = units_each(Decimal(dose), dose_unit, strength, unit)
    assert found == (Decimal(each) if each else None)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"each": Decimal("0.5")}, "Take HALF a tablet once a day. For 7 days."),
        ({"each": Decimal("0.25")}, "Take A QUARTER of a tablet once a day. For 7 days."),
        ({"each": Decimal(1), "prn": True}, "Take ONE tablet once a day. Only when needed. For 7 days."),
        ({"each": Decimal("1.5"), "days": None}, "Take 1.5 tablets once a day."),
    ],
)
def test_the_label_says_it_in_words(facts: dict[str, Any], said: str) -> None:
    plain: dict[str, Any] = {
        "dose": Decimal(250), "dose_unit": "mg", "each": None, "unit": "tablet", "route": "oral", "frequency": "daily",
        "days": 7, "prn": False,
    }  # fmt: skip
    assert directions(**plain | facts) == said


@pytest.mark.parametrize(
    ("supplied", "expired", "state"),
    [
        ("0", False, NOT_STARTED),
        ("5", False, PARTIAL),
        ("5", True, EXPIRED),
        ("10", True, COMPLETE),
        ("11", True, OVER),
    ],
)
def test_where_a_prescription_stands_and_what_is_owed(supplied: str, expired: bool, state: str) -> None:
    filled = Fill(Decimal(10), Decimal(supplied), expired)
    assert (filled.state, filled.owing) == (state, max(Decimal(10) - Decimal(supplied), Decimal(0)))
