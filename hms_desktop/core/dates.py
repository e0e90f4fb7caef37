# SPDX-License-Identifier: Apache-2.0
"""Days and times as people type them (`23/11`, `mon`, `+3m`, `940`) and as they are shown (`23-Nov-2026`, `09:40`).

Days stand before months. The forms follow the date guide of the NHS Common User Interface.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import Literal

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _

Lean = Literal["near", "past", "future"]

_STEP = re.compile(r"([+-])\s*(\d{1,4})\s*([a-z]+)\Z")
_WORDS = re.compile(r"[^\W\d_]+", re.UNICODE)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h ]?(\d{2}))?\s*h?\Z")
_EARLIEST, _LATEST = 1850, 2200


def month_names() -> tuple[str, ...]:
    """The twelve short names of the months in the language in use."""
    return (
        _("Jan"),
        _("Feb"),
        _("Mar"),
        _("Apr"),
        _("May"),
        _("Jun"),
        _("Jul"),
        _("Aug"),
        _("Sep"),
        _("Oct"),
        _("Nov"),
        _("Dec"),
    )


def weekday_names() -> tuple[str, ...]:
    """The seven names of the days of the week, Monday first."""
    return (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


def show_day(day: date) -> str:
    """A day as `23-Nov-2026`: the month in letters, so that it reads one way only."""
    return f"{day.day:02d}-{month_names()[day.month - 1]}-{day.year:04d}"


def spell_day(day: date, today: date) -> str:
    """A day with its weekday and, when it is near, its distance: `Monday 23-Nov-2026, tomorrow`."""
    spelled = _("{weekday} {day}").format(weekday=weekday_names()[day.weekday()], day=show_day(day))
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}.get((day - today).days)
    return _("{day}, {near}").format(day=spelled, near=near) if near else spelled


def show_time(moment: time) -> str:
    """A time of day as `09:40`, 24 hours."""
    return f"{moment.hour:02d}:{moment.minute:02d}"


def show_moment(moment: datetime) -> str:
    """A moment, already in the zone to show it in, as `23-Nov-2026 09:40`."""
    return f"{show_day(moment.date())} {show_time(moment.time())}"


def show_minutes(minutes: int) -> str:
    """A stretch of time as `12 min` or `1 h 04`."""
    if minutes < 60:
        return _("{minutes} min").format(minutes=minutes)
    return _("{hours} h {minutes}").format(hours=minutes // 60, minutes=f"{minutes % 60:02d}")


def off_words(ahead_ms: int) -> str:
    """How far this computer's clock is from the server's, and which way."""
    off = show_minutes(round(abs(ahead_ms) / 60_000))
    words = _("This computer's clock is {time} fast") if ahead_ms > 0 else _("This computer's clock is {time} slow")
    return words.format(time=off)


def add_months(day: date, months: int) -> date:
    """The same day so many months on; the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def parse_day(typed: str, today: date, lean: Lean = "near") -> date:
    """The day that was typed; BadInput says what is wrong and how to put it right.

    Understood: `today`, `tomorrow`, `yesterday`; `-2d`, `+3m`, `+1w`, `-1y`; `mon` (the next one after today);
    `23/11`, `23.11.26`, `23 nov`, `nov 23 2026`, `23-Nov-2026`, `2026-11-23`, `23112026`. Without a year it is the
    year that brings the day nearest to today, or on the side that `lean` names.
    """
    text = " ".join(typed.casefold().split())
    found = _by_name(text, today) or _by_step(text, today)
    if found is None:
        found = _by_parts(text, typed, today, lean)
    if not _EARLIEST <= found.year <= _LATEST:
        raise BadInput(_("“{typed}” is in the year {year}. Check the year.").format(typed=typed[:40], year=found.year))
    return found


def parse_time(typed: str) -> time:
    """The time of day that was typed as `9:40`, `0940`, `9.40`, `21h30` or `9`; BadInput otherwise."""
    match = _CLOCK.match(" ".join(typed.casefold().split()))
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (99, 0)
    if hour > 23 or minute > 59:
        raise BadInput(_("“{typed}” is not a time. Type it as in 09:40.").format(typed=typed.strip()[:40]))
    return time(hour, minute)


def _by_name(text: str, today: date) -> date | None:
    near = {"today": 0, _("today").casefold(): 0, "tomorrow": 1, _("tomorrow").casefold(): 1}
    near |= {"yesterday": -1, _("yesterday").casefold(): -1}
    if text in near:
        return today + timedelta(days=near[text])
    weekday = _weekday(text)
    return None if weekday is None else today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _weekday(word: str) -> int | None:
    english = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    own = tuple(name.casefold() for name in weekday_names())
    for at in range(7):
        if len(word) >= 2 and (english[at].startswith(word) or own[at].startswith(word)):
            return at
    return None


def _by_step(text: str, today: date) -> date | None:
    match = _STEP.match(text)
    if not match:
        return None
    count = int(match[2]) * (1 if match[1] == "+" else -1)
    unit = match[3][0] if match[3] in _STEP_WORDS else ""
    try:
        if unit in ("m", "y"):
            return add_months(today, count * (12 if unit == "y" else 1))
        return today + timedelta(days=count * (7 if unit == "w" else 1)) if unit else None
    except (ValueError, OverflowError):
        raise _too_far(text) from None


_STEP_WORDS = {"d", "day", "days", "w", "wk", "week", "weeks", "m", "mo", "month", "months", "y", "yr", "year", "years"}


def _by_parts(text: str, typed: str, today: date, lean: Lean) -> date:
    numbers, month = _numbers_and_month(text, typed)
    if len(numbers) == 1 and len(numbers[0]) == 8 and month is None:
        whole = numbers[0]
        year_first = whole[:2] in ("19", "20")
        numbers = [whole[:4], whole[4:6], whole[6:]] if year_first else [whole[:2], whole[2:4], whole[4:]]
    if numbers and len(numbers[0]) == 4 and len(numbers) == (2 if month else 3):
        numbers.reverse()
    if month is None and len(numbers) >= 2:
        month = int(numbers.pop(1))
    if month is None or not 1 <= len(numbers) <= 2 or len(numbers[0]) > 2:
        raise _unreadable(typed)
    day = int(numbers[0])
    if len(numbers) == 1:
        return _nearest(day, month, today, lean, typed)
    return _day_in(_year(numbers[1], today, typed), month, day, typed)


def _numbers_and_month(text: str, typed: str) -> tuple[list[str], int | None]:
    month = None
    for word in _WORDS.findall(text):
        if month is not None:
            raise _unreadable(typed)
        month = _month(word, typed)
    rest = _WORDS.sub(" ", text)
    if re.search(r"[^\d\s./,\-]", rest):
        raise _unreadable(typed)
    return re.findall(r"\d+", rest), month


def _month(word: str, typed: str) -> int:
    english = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    own = tuple(name.casefold() for name in month_names())
    for at in range(12):
        if len(word) >= 3 and (word[:3] == english[at] or word.startswith(own[at])):
            return at + 1
    raise BadInput(_("“{word}” in “{typed}” is not a month.").format(word=word, typed=typed.strip()[:40]))


def _nearest(day: int, month: int, today: date, lean: Lean, typed: str) -> date:
    years = {"near": (-1, 0, 1), "past": (-1, 0), "future": (0, 1)}[lean]
    found = [fit for fit in (_fits(today.year + step, month, day) for step in years) if fit]
    if lean != "near":
        found = [fit for fit in found if (fit <= today if lean == "past" else fit >= today)]
    if not found:
        return _day_in(today.year, month, day, typed)
    return min(found, key=lambda fit: abs((fit - today).days))


def _fits(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day_in(year: int, month: int, day: int, typed: str) -> date:
    if not 1 <= month <= 12:
        raise BadInput(
            _("“{typed}” has month {month}. Months go from 1 to 12, the day stands first.").format(
                typed=typed.strip()[:40], month=month
            )
        )
    if not 1 <= year <= 9999:
        raise _unreadable(typed)
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise BadInput(
            _("There is no day {day} in {month}-{year}. The last is {last}.").format(
                day=day, month=month_names()[month - 1], year=year, last=last
            )
        )
    return date(year, month, day)


def _year(digits: str, today: date, typed: str) -> int:
    if len(digits) == 4:
        return int(digits)
    if len(digits) != 2:
        raise _unreadable(typed)
    century = today.year // 100 * 100
    return min((century + shift + int(digits) for shift in (-100, 0, 100)), key=lambda year: abs(year - today.year))


def _unreadable(typed: str) -> BadInput:
    return BadInput(
        _("“{typed}” can't be read as a day. Type it as in 23/11, 23 nov, mon or +3m.").format(typed=typed.strip()[:40])
    )


def _too_far(typed: str) -> BadInput:
    return BadInput(_("“{typed}” is too far away. Check the number.").format(typed=typed[:40]))
