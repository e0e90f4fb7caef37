# SPDX-License-Identifier: Apache-2.0
"""Birth dates are typed in any form, known in part, or estimated, and age rightly."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.clinic.patients.births import (
    Birth,
    age_in_years,
    check_birth,
    earliest,
    parse_birth,
    show_age,
    show_birth,
)
from hms_desktop.core.errors import BadInput

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("14/3/1979", "1979-03-14"),
        ("14.03.1979", "1979-03-14"),
        ("14-3-79", "1979-03-14"),
        ("1979-03-14", "1979-03-14"),
        ("14 mar 1979", "1979-03-14"),
        ("14 March 1979", "1979-03-14"),
        ("14mar1979", "1979-03-14"),
        ("19790314", "1979-03-14"),
        ("14031979", "1979-03-14"),
        ("3/1979", "1979-03"),
        ("mar 1979", "1979-03"),
        ("1979", "1979"),
        ("1/1/24", "2024-01-01"),
        ("1/1/27", "1927-01-01"),
        ("29/2/2024", "2024-02-29"),
    ],
)
def test_a_date_is_understood(typed: str, kept: str) -> None:
    assert parse_birth(typed, TODAY) == Birth(kept)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("about 50", "1976"),
        ("about 50 y", "1976"),
        ("50y", "1976"),
        ("~50 years old", "1976"),
        ("6 months", "2026-05"),
        ("3 w", "2026-11"),
        ("2 days", "2026-11-21"),
        ("abt 0 y", "2026"),
    ],
)
def test_an_age_is_an_estimated_birth_date(typed: str, kept: str) -> None:
    assert parse_birth(typed, TODAY) == Birth(kept, True)


def test_nothing_typed_is_nothing_known() -> None:
    assert parse_birth("  ", TODAY) == Birth(None)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("31/2/1979", "not a date"),
        ("24/11/2026", "in the future"),
        ("1890", "130 years"),
        ("yesterday", "not a month"),
        ("14/13/1979", "not a date"),
        ("about 200", "not an age"),
        ("1/2/3/4", "can't be read"),
        ("14/3", "year"),
        ("50 q", "not an age"),
        ("0000", "not a date"),
        ("14/3/197", "year"),
    ],
)
def test_what_is_wrong_is_said(typed: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as fault:
        parse_birth(typed, TODAY)
    assert fault.value.field == "born"


@given(st.text(max_size=20))
def test_any_text_is_understood_or_refused_in_words(typed: str) -> None:
    try:
        birth = parse_birth(typed, TODAY)
    except BadInput as fault:
        assert str(fault)
    else:
        assert birth.born is None or earliest(birth.born) is not None


@pytest.mark.parametrize(
    ("born", "shown"),
    [
        (TODAY, "0 days"),
        (TODAY - timedelta(days=1), "1 day"),
        (TODAY - timedelta(days=27), "27 days"),
        (TODAY - timedelta(days=28), "4 weeks"),
        (date(2025, 11, 24), "52 weeks"),
        (date(2025, 11, 23), "1 y 0 m"),
        (date(2024, 12, 1), "1 y 11 m"),
        (date(2024, 11, 23), "2 y"),
        (date(1979, 3, 14), "47 y"),
        (date(1979, 11, 24), "46 y"),
        (date(1979, 11, 23), "47 y"),
    ],
)
def test_age_goes_in_steps(born: date, shown: str) -> None:
    assert show_age(born.isoformat(), False, TODAY) == shown


def test_an_estimated_birth_date_is_marked_and_ages() -> None:
    birth = parse_birth("about 50 y", TODAY)
    assert birth.born is not None
    assert show_age(birth.born, birth.estimated, TODAY) == "about 50 y"
    assert show_age(birth.born, birth.estimated, date(2027, 1, 2)) == "about 51 y"
    assert show_birth(birth.born, birth.estimated) == "about 1976"


def test_a_birth_date_known_in_part_is_shown_as_far_as_known() -> None:
    assert [show_birth(b) for b in ("1979-03-14", "1979-03", "1979", None)] == [
        "14-Mar-1979",
        "Mar-1979",
        "1979",
        "not known",
    ]
    assert show_age("1979", False, TODAY) == "about 47 y"
    assert show_age(None, False, TODAY) == ""
    assert age_in_years("1979-12", TODAY) == 46


def test_a_leap_day_is_a_birthday_on_the_first_of_march() -> None:
    assert age_in_years("2004-02-29", date(2026, 2, 28)) == 21
    assert age_in_years("2004-02-29", date(2026, 3, 1)) == 22


def test_only_real_partial_dates_are_kept() -> None:
    for wrong in ("1979-13", "79", "1979-02-30", "1979-3-1", "x"):
        with pytest.raises(BadInput):
            check_birth(wrong, TODAY)
