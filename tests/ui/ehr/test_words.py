# SPDX-License-Identifier: Apache-2.0
"""How numbers, names, times and ranges of the record of care are said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from hms_desktop.core.quantities import shown_unit
from hms_desktop.ui.ehr import words

NOW = datetime(2026, 11, 23, 9, 51, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("10.819038981234", "10.82"),
        ("435.89640501", "435.9"),
        ("0.14971234567", "0.1497"),
        ("12345.678901", "12\N{NARROW NO-BREAK SPACE}346"),
        ("6.8", "6.8"),
        ("1.90", "1.9"),
        ("0.0012", "0.0012"),
        ("140", "140"),
    ],
)
def test_many_digits_are_shown_with_four_that_count(value: str, shown: str) -> None:
    assert words.figures(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [("3.5", "5.1", "3.5 to 5.1"), (None, "5", "up to 5"), ("1.0", None, "from 1"), (None, None, "")],
)
def test_a_range_reads_as_words(low: str | None, high: str | None, shown: str) -> None:
    assert words.range_words(Decimal(low) if low else None, Decimal(high) if high else None) == shown


@pytest.mark.parametrize(
    ("minutes", "shown"), [(0, "just now"), (9, "9 min ago"), (64, "1 h 04 ago"), (200, "06:31"), (3000, "21-Nov-2026")]
)
def test_times_are_said_as_people_say_them(minutes: int, shown: str) -> None:
    assert words.ago(NOW - timedelta(minutes=minutes), NOW) == shown


def test_changes_units_and_names() -> None:
    assert words.signed_change(Decimal("2.2")) == "+2.2"
    assert words.signed_change(Decimal("-8")) == "\N{MINUS SIGN}8"
    assert (words.signed_change(Decimal(0)), words.signed_change(None)) == ("0", "")
    assert (shown_unit("umol/L"), shown_unit("mmol/L"), shown_unit(None)) == ("µmol/L", "mmol/L", "")
    assert words.short_name("Platelets [#/volume] in Blood by Automated count") == "Platelets"
    assert words.when(NOW, ZoneInfo("Africa/Johannesburg")) == "23-Nov-2026 11:51"
    assert words.when(None, ZoneInfo("UTC")) == ""
    assert (words.flag_of("N"), words.flag_of("HH"), words.flag_of(None)) == ("", "HH", "")
