# SPDX-License-Identifier: Apache-2.0
"""Which nights a stay in a bed has: the clinic's midnights between coming and going."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


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
