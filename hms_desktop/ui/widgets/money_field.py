# SPDX-License-Identifier: Apache-2.0
"""A field for an amount of money in the clinic's currency, and what was typed as minor units."""

from __future__ import annotations

from decimal import Decimal

from hms_desktop.core.money import MINOR_DIGITS
from hms_desktop.ui.widgets.number_field import Limits, NumberField


def money_field(key: str, label: str, currency: str, *, optional: bool = False) -> NumberField:
    """An amount of zero or more, required unless it is optional."""
    limits = Limits(lowest=Decimal(0), decimals=MINOR_DIGITS.get(currency, 2))
    return NumberField(key, label, currency, limits, required=not optional, optional=optional)


def minor_of(amount: Decimal, currency: str) -> int:
    """An amount in major units as minor units; the field allows no more digits than the currency has."""
    return int(amount.scaleb(MINOR_DIGITS.get(currency, 2)))
