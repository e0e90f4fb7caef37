# SPDX-License-Identifier: Apache-2.0
"""Doses: quantities that follow from dose, frequency and days, and the line that people read."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hms_desktop.clinic.ehr.rules_doses import (
    FREQUENCIES,
    ROUTES,
    dose_words,
    doses_in_all,
    frequency_words,
    make_dose,
    quantity_to_supply,
    route_words,
)
from hms_desktop.core.errors import BadInput


@pytest.mark.hazard("H16")
@pytest.mark.parametrize(
    ("amount", "dose_unit", "frequency", "days", "strength", "unit", "quantity"),
    [
        ("500", "mg", "three", 7, "500 mg", "capsule", "21"),
        ("1", "g", "twice", 28, "500 mg", "tablet", "112"),
        ("12.5", "mg", "daily", 28, "25 mg", "tablet", "14"),
        ("250", "mg", "three", 5, "125 mg/5 mL", "mL", "150"),
        ("100", "microgram", "daily", 30, "0.1 mg", "tablet", "30"),
        ("1", "tablet", "twice", 10, None, "tablet", "20"),
        ("70", "mg", "weekly", 28, "70 mg", "tablet", "4"),
        ("70", "mg", "weekly", 7, "70 mg", "tablet", "1"),
        ("5", "mg", "alternate", 7, "5 mg", "tablet", "4"),
        ("1", "g", "once", 1, "500 mg", "tablet", "2"),
        ("0.5", "mL", "twice", 3, "1,5 mg/mL", "mL", "3"),
        ("7.5", "mg", "daily", 1, "5 mg", "tablet", "2"),
    ],
)
def test_the_quantity_follows_from_the_dose(
    amount: str, dose_unit: str, frequency: str, days: int, strength: str | None, unit: str, quantity: str
) -> None:
    dose = make_dose(Decimal(amount), dose_unit, "oral", frequency, days)
    assert quantity_to_supply(dose, strength, unit) == Decimal(quantity)


@pytest.mark.parametrize(
    ("dose_unit", "strength", "unit"),
    [
        ("mg", None, "tablet"),
        ("mg", "100 units", "vial"),
        ("mg", "125 mg/5 mL", "tablet"),
        ("puff", "100 microgram", "mL"),
        ("mg", "0 mg", "tablet"),
    ],
)
def test_what_cant_be_computed_is_asked_for(dose_unit: str, strength: str | None, unit: str) -> None:
    assert quantity_to_supply(make_dose(Decimal(1), dose_unit, "oral", "daily", 1), strength, unit) is None


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("dose", {"amount": Decimal(0)}),
        ("dose_unit", {"unit": " "}),
        ("route", {"route": ""}),
        ("frequency", {"frequency": "often"}),
        ("days", {"days": 0}),
        ("days", {"days": 367}),
    ],
)
def test_a_dose_without_sense_is_refused_by_field(field: str, values: dict[str, object]) -> None:
    given = {"amount": Decimal(1), "unit": "mg", "route": "oral", "frequency": "daily", "days": 7, **values}
    with pytest.raises(BadInput) as error:
        make_dose(**given)  # type: ignore[arg-type]
    assert error.value.field == field


def test_a_dose_reads_as_one_line() -> None:
    assert dose_words(make_dose(Decimal("12.50"), "mg", "oral", "daily", 28)) == "12.5 mg — oral — once a day — 28 days"
    assert dose_words(make_dose(Decimal(1), "g", "oral", "6h", 1, prn=True)) == (
        "1 g — oral — every 6 hours — only when needed — 1 day"
    )
    assert dose_words(make_dose(Decimal(2), "tablet", "oral", "daily", 7)) == "2 tablets — oral — once a day — 7 days"
    assert dose_words(make_dose(Decimal(1), "dose", "nasal", "once", 1)) == "1 dose — nasal — one single dose"


def test_every_code_has_words_and_a_whole_number_of_doses() -> None:
    for code in FREQUENCIES:
        assert frequency_words(code) != code
        assert doses_in_all(make_dose(Decimal(1), "mg", "oral", code, 14)) >= 1
    assert all(route_words(code) for code in ROUTES)
    assert frequency_words("Take as directed") == "Take as directed"
