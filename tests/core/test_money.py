# SPDX-License-Identifier: Apache-2.0
"""Money adds up to the cent, splits without losing one, and is read as typed or refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hms_desktop.core.errors import BadInput
from hms_desktop.core.money import Money, parse_money


def test_amounts_of_one_currency_add_and_take_away() -> None:
    assert Money(1250, "ZAR") + Money(50, "ZAR") == Money(1300, "ZAR")
    assert Money(1250, "ZAR") - Money(1300, "ZAR") == -Money(50, "ZAR")
    assert Money(1, "ZAR") and not Money(0, "ZAR")


@pytest.mark.parametrize(
    "mixed", [lambda: Money(1, "ZAR") + Money(1, "EUR"), lambda: Money(1, "ZAR") - Money(1, "EUR")]
)
def test_two_currencies_are_never_added(mixed: object) -> None:
    assert callable(mixed)
    with pytest.raises(BadInput, match="ZAR and EUR can't be added"):
        mixed()


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 100), min_size=1, max_size=6).filter(any))
def test_parts_of_an_amount_add_up_to_it(minor: int, shares: list[int]) -> None:
    parts = Money(minor, "ZAR").split(tuple(shares))
    assert sum(part.minor for part in parts) == minor and len(parts) == len(shares)


def test_shares_of_nothing_are_refused() -> None:
    with pytest.raises(BadInput, match="add up to nothing"):
        Money(100, "ZAR").split((0, 0))


def test_a_quantity_rounds_half_up_to_the_cent() -> None:
    assert Money(333, "ZAR").times(Decimal("0.5")) == Money(167, "ZAR")
    assert Money(62, "ZAR").times(28) == Money(1736, "ZAR")


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (126386, "ZAR", "ZAR 1\u202f263.86"),
        (500, "JPY", "JPY 500"),
        (1234, "KWD", "KWD 1.234"),
        (-5, "ZAR", "ZAR -0.05"),
    ],
)
def test_an_amount_is_shown_in_major_units(minor: int, currency: str, shown: str) -> None:
    assert str(Money(minor, currency)) == shown


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [("12,50", "ZAR", 1250), ("12.5", "ZAR", 1250), ("1 200", "ZAR", 120000), ("7", "JPY", 7), ("1.234", "KWD", 1234)],
)
def test_an_amount_is_read_as_typed(typed: str, currency: str, minor: int) -> None:
    assert parse_money(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize(("typed", "currency"), [("1.005", "ZAR"), ("1.5", "JPY"), ("1,234", "ZAR"), ("ten", "ZAR")])
def test_what_is_no_amount_is_refused(typed: str, currency: str) -> None:
    with pytest.raises(BadInput):
        parse_money(typed, currency)
