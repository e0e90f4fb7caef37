# SPDX-License-Identifier: Apache-2.0
"""Round numbers along an axis of values, and dates along an axis of time."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hms_desktop.core.dates import month_names

_STEPS = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))


def value_ticks(lowest: Decimal, highest: Decimal, count: int = 4) -> list[Decimal]:
    """Round values from at or below the lowest to at or above the highest, about `count` apart, at least two."""
    span = highest - lowest or abs(highest) or Decimal(1)
    rough = span / count
    power = Decimal(10) ** rough.adjusted()
    step = next(factor * power for factor in _STEPS if factor * power >= rough)
    first = (lowest / step).to_integral_value(ROUND_FLOOR) * step
    last = (highest / step).to_integral_value(ROUND_CEILING) * step
    if last == first:
        last = first + step
    return [first + step * at for at in range(int((last - first) / step) + 1)]


def date_ticks(first: datetime, last: datetime, most: float) -> list[tuple[datetime, str]]:
    """Up to `most` moments from first to last with short words: hours within a day, days within a year, else months."""
    count = max(2, min(8, int(most)))
    if first == last:
        return [(first, _short(first, first, last))]
    moments = [first + (last - first) * at / (count - 1) for at in range(count)]
    named: list[tuple[datetime, str]] = []
    for moment in moments:
        words = _short(moment, first, last)
        if not named or named[-1][1] != words:
            named.append((moment, words))
    return named


def _short(moment: datetime, first: datetime, last: datetime) -> str:
    days = (last - first).days
    if days < 1:
        return f"{moment:%H:%M}"
    month = month_names()[moment.month - 1]
    if days < 120:
        return f"{moment.day} {month}"
    return month if days < 330 else f"{month} {moment.year}"
