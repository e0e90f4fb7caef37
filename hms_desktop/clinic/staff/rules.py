# SPDX-License-Identifier: Apache-2.0
"""What weekly hours must be to be bookable, and how a clinician is named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
LONGEST_SLOT = 480
MOST_IN_A_SLOT = 50


@dataclass(frozen=True)
class Hours:
    """Weekly hours as they are planned: clinic times HH:MM, `weekday` 0 is Monday, `slot_minutes` per slot."""

    weekday: int
    starts: str
    ends: str
    slot_minutes: int
    capacity: int
    valid_from: date
    valid_to: date | None = None


def faults(hours: Hours) -> tuple[BadInput, ...]:
    """Everything that keeps these hours from being planned; empty when they are sound."""
    found = []
    if hours.weekday not in range(7):
        found.append(BadInput(_("Choose a day of the week."), "weekday"))
    for field, value in (("starts", hours.starts), ("ends", hours.ends)):
        if not _CLOCK.match(value):
            found.append(BadInput(_("“{time}” is not a time. Type it as in 09:00.").format(time=value[:10]), field))
    if not 1 <= hours.capacity <= MOST_IN_A_SLOT:
        found.append(BadInput(_("A slot takes 1 to {n} patients.").format(n=MOST_IN_A_SLOT), "capacity"))
    if hours.valid_to and hours.valid_to < hours.valid_from:
        found.append(BadInput(_("The last day is before the first day."), "valid_to"))
    return tuple(found) if found else _length_faults(hours)


def _length_faults(hours: Hours) -> tuple[BadInput, ...]:
    length = minutes(hours.ends) - minutes(hours.starts)
    if length <= 0:
        return (BadInput(_("The hours end before they begin. Plan a night as two sessions."), "ends"),)
    if not 1 <= hours.slot_minutes <= min(length, LONGEST_SLOT):
        return (
            BadInput(
                _("A slot has 1 to {n} minutes and fits into the hours.").format(n=min(length, LONGEST_SLOT)),
                "slot_minutes",
            ),
        )
    return ()


def minutes(clock: str) -> int:
    """HH:MM as minutes after midnight."""
    return int(clock[:2]) * 60 + int(clock[3:])


def overlap(one: Hours, other: Hours) -> bool:
    """Whether two weekly spans of one person meet on some day."""
    if one.weekday != other.weekday:
        return False
    first, last = max(one.valid_from, other.valid_from), min(one.valid_to or date.max, other.valid_to or date.max)
    return first <= last and one.starts < other.ends and other.starts < one.ends


def clinician_name(family: str, given: str | None, prefix: str | None) -> str:
    """`Dr T. Mbeki`, as strips and lists name a clinician."""
    initial = f"{given[0]}." if given else ""
    return " ".join(filter(None, (prefix, initial, family)))


def weekday_word(weekday: int) -> str:
    """The name of a day of the week, 0 being Monday."""
    return (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))[weekday]
