# SPDX-License-Identifier: Apache-2.0
"""Times and counts as the frame says them: `23-Nov-2026`, `09:40`, `Last sync 09:23`, `Locks in 4:32`."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from hms_desktop.core.clock import instant
from hms_desktop.core.text import _, ngettext


def day_words(moment: datetime, language: str = "en") -> str:
    """The day as `23-Nov-2026`."""
    return format_date(moment, "dd-MMM-yyyy", locale=language.replace("-", "_"))


def weekday_words(moment: datetime, language: str = "en") -> str:
    """The day with its weekday: `Monday 23-Nov-2026`."""
    return format_date(moment, "EEEE dd-MMM-yyyy", locale=language.replace("-", "_"))


def time_words(moment: datetime) -> str:
    """The time as `09:40`, 24 hours."""
    return moment.strftime("%H:%M")


def moment_words(ms: int, now: datetime) -> str:
    """A past moment (ms since 1970) as `09:40`, with the day when that was not today; in the zone of `now`."""
    zone = now.tzinfo or ZoneInfo("UTC")
    moment = instant(ms).astimezone(zone)
    return time_words(moment) if moment.date() == now.date() else f"{day_words(moment)}, {time_words(moment)}"


def when_words(ms: int, now: datetime) -> str:
    """A past moment as `today 09:40`, or with its day."""
    words = moment_words(ms, now)
    return words if "," in words else _("today {time}").format(time=words)


def wait_words(seconds: int) -> str:
    """A wait in whole minutes, or in seconds below one minute."""
    if seconds < 60:
        return ngettext("{count} second", "{count} seconds", seconds).format(count=seconds)
    minutes = -(-seconds // 60)
    return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)


def letters_of(name: str) -> str:
    """Up to two initials of a displayed name, titles left out: `Dr Thabo Mbeki` -> TM."""
    words = [word for word in name.replace(",", " ").split() if word.rstrip(".") not in _TITLES] or name.split()
    marks = [next((sign for sign in word if sign.isalnum()), "") for word in words]
    return (marks[0] + (marks[-1] if len(marks) > 1 else "")).upper() if marks else ""


_TITLES = frozenset({"Dr", "Mr", "Mrs", "Ms", "Sr", "Prof", "Sister", "Nurse"})
