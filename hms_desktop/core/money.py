# SPDX-License-Identifier: Apache-2.0
"""Money as whole minor units of one currency (ISO 4217), never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from hms_desktop.core.errors import BadInput
from hms_desktop.core.quantities import parse_decimal, show_every_digit

MINOR_DIGITS = {
    "JPY": 0,
    "KRW": 0,
    "CLP": 0,
    "VND": 0,
    "UGX": 0,
    "RWF": 0,
    "XAF": 0,
    "XOF": 0,
    "BHD": 3,
    "KWD": 3,
    "OMR": 3,
    "JOD": 3,
    "TND": 3,
    "IQD": 3,
    "LYD": 3,
}


@dataclass(frozen=True, order=True)
class Money:
    """An amount: `minor` counts the smallest unit (cents) of `currency`."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def times(self, factor: Decimal | int) -> Money:
        """The amount times a quantity, rounded half up to the minor unit."""
        exact = Decimal(self.minor) * Decimal(factor)
        return Money(int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)), self.currency)

    def split(self, shares: tuple[int, ...]) -> tuple[Money, ...]:
        """Parts in proportion to `shares`; they always add up to the whole, the first parts take the odd cents."""
        total = sum(shares)
        if total <= 0:
            raise BadInput("An amount can't be split into shares that add up to nothing.")
        parts = [self.minor * share // total for share in shares]
        for index in range(self.minor - sum(parts)):
            parts[index % len(parts)] += 1
        return tuple(Money(part, self.currency) for part in parts)

    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-MINOR_DIGITS.get(self.currency, 2))

    def __str__(self) -> str:
        return f"{self.currency} {show_every_digit(self.decimal())}"

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise BadInput(f"{self.currency} and {other.currency} can't be added: convert one of them first.")
        return other.minor


def parse_money(text: str, currency: str) -> Money:
    """An amount as typed, comma or point as the decimal mark; refuses more digits than the currency has."""
    digits = MINOR_DIGITS.get(currency, 2)
    value = parse_decimal(text)
    scaled = value.scaleb(digits)
    if scaled != scaled.to_integral_value():
        raise BadInput(f"{currency} has {digits} digits after the decimal mark. Check the amount.", "amount")
    return Money(int(scaled), currency)
