# SPDX-License-Identifier: Apache-2.0
"""Numbers are exact, read one way only, and shown so that nobody misreads them."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.core.errors import BadInput
from hms_desktop.core.money import Money
from hms_desktop.core.quantities import parse_decimal, show_decimal, show_every_digit, show_size
from hms_desktop.core.text import use_language


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    ("typed", "value"), [("7.1", "7.1"), ("7,1", "7.1"), (" 1 000,5 ", "1000.5"), ("-3", "-3"), ("+0.50", "0.50")]
)
def test_a_number_has_one_decimal_mark(typed: str, value: str) -> None:
    assert parse_decimal(typed) == Decimal(value)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("1,234", "read two ways. Type 1234 or 1.234"),
        ("1.234,5", "is not a number"),
        ("", "is not a number"),
        ("seven", "is not a number"),
        ("1e3", "is not a number"),
        (".5", "is not a number"),
    ],
)
def test_what_could_be_misread_is_refused(typed: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        parse_decimal(typed)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("7.10", "7.1"),
        ("0.50", "0.5"),
        ("0", "0"),
        ("-0.0", "0"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("9999", "9999"),
        ("12345.6", "12\u202f345.6"),
        ("-1234567", "-1\u202f234\u202f567"),
    ],
)
def test_a_number_is_shown_without_idle_zeros(value: str, shown: str) -> None:
    assert show_decimal(Decimal(value)) == shown


@given(st.decimals(-(10**9), 10**9, places=4))
def test_a_number_as_shown_reads_back_as_itself(value: Decimal) -> None:
    shown = show_decimal(value)
    assert parse_decimal(shown) == value


def test_a_language_that_writes_a_comma_is_shown_and_read_with_one() -> None:
    use_language("en-ZA", mark=",")
    assert (show_decimal(Decimal("12345.60")), show_every_digit(Decimal("1.20"))) == ("12\u202f345,6", "1,20")
    assert str(Money(-132_186, "ZAR")) == "ZAR -1\u202f321,86"
    assert [parse_decimal(typed) for typed in ("1,234", "7.1", "7,1")] == [
        Decimal("1.234"),
        Decimal("7.1"),
        Decimal("7.1"),
    ]
    with pytest.raises(BadInput, match=r"read two ways\. Type 1234 or 1,234"):
        parse_decimal("1.234")


@pytest.mark.parametrize(
    ("size", "taken", "room"),
    [
        (1, "1 byte", "1 byte"),
        (11, "11 bytes", "11 bytes"),
        (1023, "1023 bytes", "1023 bytes"),
        (1024, "1 KB", "1 KB"),
        (1025, "1.1 KB", "1 KB"),
        (1_000_000, "976.6 KB", "976.5 KB"),
        (1_572_864, "1.5 MB", "1.5 MB"),
        (209_715_201, "200.1 MB", "200 MB"),
    ],
)
def test_a_size_is_said_in_the_unit_that_fits_it(size: int, taken: str, room: str) -> None:
    assert (show_size(size), show_size(size, ROUND_FLOOR)) == (taken, room)
