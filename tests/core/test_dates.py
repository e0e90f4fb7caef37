# SPDX-License-Identifier: Apache-2.0
"""Days and times are understood as people type them, and refused with what to do."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.core.dates import (
    add_months,
    parse_day,
    parse_time,
    show_day,
    show_minutes,
    show_time,
    spell_day,
)
from hms_desktop.core.errors import BadInput

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("today", "2026-11-23"),
        ("tomorrow", "2026-11-24"),
        ("yesterday", "2026-11-22"),
        ("-2d", "2026-11-21"),
        ("+3m", "2027-02-23"),
        ("+1w", "2026-11-30"),
        ("- 1 year", "2025-11-23"),
        ("mon", "2026-11-30"),
        ("tu", "2026-11-24"),
        ("Sunday", "2026-11-29"),
        ("23/11", "2026-11-23"),
        ("23.11.26", "2026-11-23"),
        ("23 nov", "2026-11-23"),
        ("nov 23 2026", "2026-11-23"),
        ("23-Nov-2026", "2026-11-23"),
        ("2026-11-23", "2026-11-23"),
        ("23112026", "2026-11-23"),
        ("20261123", "2026-11-23"),
        ("3/1", "2027-01-03"),
        ("30/6", "2026-06-30"),
        ("٢٣/١١", "2026-11-23"),
    ],
)
def test_a_day_is_understood_as_typed(typed: str, day: str) -> None:
    assert parse_day(typed, MONDAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("31/2", "The last is 28"),
        ("29/2/2027", "The last is 28"),
        ("13/13", "month 13"),
        ("1979", "can't be read"),
        ("abc", "not a month"),
        ("+9999y", "too far away"),
        ("", "can't be read"),
        ("1/2/3/4", "can't be read"),
        ("3 nov dec", "can't be read"),
        ("0/1", "no day 0"),
        ("1/1/0000", "can't be read"),
        ("5/5/1700", "Check the year"),
    ],
)
def test_what_is_no_day_is_refused_with_the_reason(typed: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        parse_day(typed, MONDAY)


def test_without_a_year_the_day_may_lean_to_one_side() -> None:
    assert parse_day("24/12", MONDAY, "past") == date(2025, 12, 24)
    assert parse_day("22/11", MONDAY, "future") == date(2027, 11, 22)


def test_a_leap_day_is_found_in_its_year() -> None:
    assert parse_day("29/2", date(2028, 1, 5)) == date(2028, 2, 29)


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_day_as_shown_reads_back_as_itself(day: date) -> None:
    assert parse_day(show_day(day), MONDAY) == day
    assert parse_day(day.isoformat(), MONDAY) == day


@given(st.text(max_size=20))
def test_any_text_is_a_day_or_a_sentence(typed: str) -> None:
    try:
        assert isinstance(parse_day(typed, MONDAY), date)
    except BadInput as refused:
        assert len(str(refused)) > 20


@given(st.dates(date(1900, 1, 1), date(2190, 1, 1)), st.integers(-600, 600))
def test_months_on_end_in_the_right_month(day: date, months: int) -> None:
    there = add_months(day, months)
    assert (there.year * 12 + there.month) - (day.year * 12 + day.month) == months
    assert there.day == day.day or (there + timedelta(days=1)).day == 1


def test_a_day_is_spelled_with_its_weekday() -> None:
    assert spell_day(MONDAY, MONDAY) == "Monday 23-Nov-2026, today"
    assert spell_day(date(2026, 12, 25), MONDAY) == "Friday 25-Dec-2026"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("9:40", "09:40"), ("0940", "09:40"), ("9.40", "09:40"), ("9", "09:00"), ("21h30", "21:30"), ("940", "09:40")],
)
def test_a_time_is_understood_as_typed(typed: str, shown: str) -> None:
    assert show_time(parse_time(typed)) == shown


@pytest.mark.parametrize("typed", ["25:00", "9:60", "noon", "", "9:4"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(BadInput, match="not a time"):
        parse_time(typed)


def test_stretches_of_time_read_as_minutes_or_hours() -> None:
    assert (show_minutes(12), show_minutes(64), show_time(time(7, 5))) == ("12 min", "1 h 04", "07:05")
