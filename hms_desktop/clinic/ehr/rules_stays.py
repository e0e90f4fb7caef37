# SPDX-License-Identifier: Apache-2.0
"""Which nights a stay in a bed has: the clinic's midnights between coming and going; and the order of beds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Lying:
    """One stay in a bed as far as it is known: `until` is None while nobody has ended it."""

    stay: UUID
    since: datetime
    until: datetime | None
    by: UUID
    price_code: str | None


def lies_at(stays: Iterable[Lying], night: date, zone: ZoneInfo) -> Lying | None:
    """The bed in which the midnight that ended `night` found the patient: of several the one they came to last."""
    moment = midnight_after(night, zone)
    there = [s for s in stays if s.since < moment and (s.until is None or s.until >= moment)]
    return max(there, key=lambda s: (s.since, s.stay), default=None)


def midnight_after(night: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day of the clinic ends, in UTC."""
    return datetime.combine(night + timedelta(days=1), time.min, zone).astimezone(UTC)


def nights_between(since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[date]:
    """The days that ended after `since` and not after `until`: whoever leaves one bed for another counts once."""
    night = since.astimezone(zone).date()
    while (end := midnight_after(night, zone)) <= until:
        if end > since:
            yield night
        night += timedelta(days=1)


def bed_order(bed: str) -> list[tuple[int, str]]:
    """Sorts beds as people count them: 2A stands before 12."""
    parts = re.findall(r"\d+|\D+", bed.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
