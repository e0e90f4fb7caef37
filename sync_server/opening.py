# SPDX-License-Identifier: Apache-2.0
"""When the clinic is open, and how long a workstation was silent within that time: pure, on aware moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _

MOST_DAYS_LOOKED_AT = 14
DAYS = 7


@dataclass(frozen=True)
class Opening:
    """Opening hours per weekday (0 is Monday; a day that is not named is closed), and the hours of silence allowed."""

    days: Mapping[int, tuple[time, time]]
    silent_hours: int

    def stored(self) -> dict[str, Any]:
        """As it is noted."""
        days = {str(day): [f"{begin:%H:%M}", f"{end:%H:%M}"] for day, (begin, end) in self.days.items()}
        return {"days": days, "silent_hours": self.silent_hours}


USUAL = Opening({day: (time(8), time(17)) for day in range(5)}, 2)


def read_opening(raw: Mapping[str, Any] | None) -> Opening:
    """As it was noted, or the usual hours."""
    if raw is None:
        return USUAL
    days = {int(day): (time.fromisoformat(span[0]), time.fromisoformat(span[1])) for day, span in raw["days"].items()}
    return Opening(days, int(raw["silent_hours"]))


def typed_opening(spans: Mapping[int, tuple[str, str]], silent_hours: str) -> Opening:
    """Opening hours as a person typed them, an empty pair for a closed day; BadInput says which day can't be read."""
    days = {}
    for day, (begin, end) in spans.items():
        if not begin.strip() and not end.strip():
            continue
        try:
            first, last = time.fromisoformat(begin.strip()), _closing(end.strip())
        except ValueError as error:
            raise BadInput(
                _("Write opening hours as 08:00 and 17:00, or leave both empty for a closed day.")
            ) from error
        if first >= last:
            raise BadInput(_("The clinic has to open before it closes: look at the opening hours again."))
        days[day] = (first, last)
    if not silent_hours.isascii() or not silent_hours.isdigit() or not 1 <= int(silent_hours) <= 99:
        raise BadInput(_("Say after how many hours of silence to warn: a whole number from 1 to 99."))
    return Opening(days, int(silent_hours))


def _closing(text: str) -> time:
    """The end of a day's opening; a clinic that never closes writes 24:00, the last minute of the day."""
    return time(23, 59) if text == "24:00" else time.fromisoformat(text)


def open_time(opening: Opening, since: datetime, until: datetime, zone: ZoneInfo) -> timedelta:
    """How much opening time lies between two moments, two weeks at most; days are the clinic's own."""
    day, last = max(since, until - timedelta(days=MOST_DAYS_LOOKED_AT)).astimezone(zone).date(), until.astimezone(zone)
    found = timedelta()
    while day <= last.date():
        hours = opening.days.get(day.weekday())
        if hours is not None:
            begin, end = (datetime.combine(day, at, zone) for at in hours)
            found += max(timedelta(), min(end, until) - max(begin, since))
        day += timedelta(days=1)
    return found


def is_silent(opening: Opening, seen: datetime, now: datetime, zone: ZoneInfo) -> bool:
    """Whether somebody has to look: it was silent for too long while the clinic was open."""
    return open_time(opening, seen, now, zone) > timedelta(hours=opening.silent_hours)
