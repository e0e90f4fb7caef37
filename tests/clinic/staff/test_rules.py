# SPDX-License-Identifier: Apache-2.0
"""Weekly hours are sound before they are planned, and do not meet others of the same person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hms_desktop.clinic.staff.rules import Hours, clinician_name, faults, minutes, overlap, weekday_word

HOURS = Hours(0, "08:00", "12:00", 30, 1, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"weekday": 7}, "weekday"),
        ({"starts": "8:00"}, "starts"),
        ({"ends": "24:00"}, "ends"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 51}, "capacity"),
        ({"valid_to": date(2025, 12, 31)}, "valid_to"),
        ({"ends": "08:00"}, "ends"),
        ({"ends": "07:00"}, "ends"),
        ({"slot_minutes": 0}, "slot_minutes"),
        ({"slot_minutes": 241}, "slot_minutes"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str) -> None:
    assert [f.field for f in faults(replace(HOURS, **change))] == [field]


def test_sound_hours_have_no_fault() -> None:
    assert not faults(HOURS)
    assert not faults(replace(HOURS, slot_minutes=240, capacity=50, valid_to=date(2026, 1, 1)))


@pytest.mark.parametrize(
    ("change", "meets"),
    [
        ({}, True),
        ({"starts": "11:30", "ends": "13:00"}, True),
        ({"starts": "12:00", "ends": "13:00"}, False),
        ({"weekday": 1}, False),
        ({"valid_from": date(2027, 1, 1)}, True),
        ({"valid_from": date(2025, 1, 1), "valid_to": date(2025, 12, 31)}, False),
    ],
)
def test_hours_meet_on_a_common_day_and_time(change: dict[str, Any], meets: bool) -> None:
    assert overlap(HOURS, replace(HOURS, **change)) is meets
    assert overlap(replace(HOURS, **change), HOURS) is meets


def test_names_and_words() -> None:
    assert clinician_name("Mbeki", "Thabo", "Dr") == "Dr T. Mbeki"
    assert clinician_name("Moyo", None, None) == "Moyo"
    assert minutes("09:30") == 570
    assert [weekday_word(n) for n in (0, 6)] == ["Monday", "Sunday"]
