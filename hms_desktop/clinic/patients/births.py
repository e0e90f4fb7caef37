# SPDX-License-Identifier: Apache-2.0
"""Birth dates that may be known in part or estimated: understanding them, and how old a person is on a day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from hms_desktop.core.dates import month_names
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _, ngettext

OLDEST_YEARS = 130
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_AGE = re.compile(r"(?P<about>about|abt|ca\.?|circa|~|approx\.?)?\s*(?P<n>\d{1,3})\s*(?P<unit>[a-z]*)\.?(?:\s+old)?\Z")
_PARTIAL = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?\Z")
_UNITS = {
    "y": "y",
    "yr": "y",
    "yrs": "y",
    "year": "y",
    "years": "y",
    "m": "m",
    "mo": "m",
    "month": "m",
    "months": "m",
    "w": "w",
    "wk": "w",
    "week": "w",
    "weeks": "w",
    "d": "d",
    "day": "d",
    "days": "d",
}


@dataclass(frozen=True)
class Birth:
    """A birth date as kept: YYYY, YYYY-MM or YYYY-MM-DD, and whether it was estimated from an age."""

    born: str | None
    estimated: bool = False


def parse_birth(typed: str, today: date) -> Birth:
    """A birth date or age as typed: `14/3/1979`, `14 mar 1979`, `1979-03-14`, `3/1979`, `1979`, `about 50`, `6 months`.

    Days come before months. BadInput says what is wrong and how to put it right.
    """
    text = " ".join(typed.casefold().split())
    if not text:
        return Birth(None)
    age = _AGE.match(text)
    if age and (age["about"] or age["unit"]):
        return _from_age(int(age["n"]), _UNITS.get(age["unit"] or "y"), today, typed)
    return Birth(check_birth(_from_date(text, typed, today), today))


def check_birth(born: str, today: date) -> str:
    """The partial date itself if it is a real day, not in the future and not over 130 years ago; else BadInput."""
    if not _PARTIAL.match(born) or earliest(born) is None:
        raise BadInput(_("“{typed}” is not a date. Check day and month.").format(typed=born[:40]), "born")
    first = _known(born)
    if first > today:
        raise BadInput(_("Date of birth is in the future. Check the year."), "born")
    if today.year - first.year > OLDEST_YEARS:
        raise BadInput(
            _("Date of birth is more than {years} years ago. Check the year.").format(years=OLDEST_YEARS), "born"
        )
    return born


def earliest(born: str) -> date | None:
    """The first day that a partial date may mean; None when there is no such date."""
    parts = [int(p) for p in born.split("-")]
    try:
        return date(*[*parts, 1, 1][:3])
    except ValueError:
        return None


def _known(born: str) -> date:
    day = earliest(born)
    if day is None:
        raise BadInput(_("“{typed}” is not a date. Check day and month.").format(typed=born[:40]), "born")
    return day


def show_birth(born: str | None, estimated: bool = False) -> str:
    """A birth date for reading: `14-Mar-1979`, `Mar-1979`, `1979`, `about 1976`, `not known`."""
    if not born:
        return _("not known")
    parts = born.split("-")
    shown = "-".join([*parts[2:], *([month_names()[int(parts[1]) - 1]] if len(parts) > 1 else []), parts[0]])
    return _("about {date}").format(date=shown) if estimated else shown


def age_in_years(born: str, on: date) -> int:
    """Whole years of age on a day; counted from the year alone when only that is known."""
    first, exact_to = _known(born), len(born)
    years = on.year - first.year
    if exact_to >= 7 and on.month < first.month:
        return years - 1
    return years - 1 if exact_to == 10 and (on.month, on.day) < (first.month, first.day) else years


def show_age(born: str | None, estimated: bool, on: date) -> str:
    """Age in the steps of the NHS Common User Interface: days, weeks, `1 y 4 m`, years; `about` when estimated."""
    if not born:
        return ""
    shown = _age(born, on)
    return _("about {age}").format(age=shown) if estimated or len(born) < 10 else shown


def _age(born: str, on: date) -> str:
    first = _known(born)
    days = max((on - first).days, 0)
    months = max((on.year - first.year) * 12 + on.month - first.month - (on.day < first.day), 0)
    years = max(age_in_years(born, on), 0)
    if len(born) > 4 and days < 28:
        return ngettext("{n} day", "{n} days", days).format(n=days)
    if len(born) > 4 and months < 12:
        return ngettext("{n} week", "{n} weeks", days // 7).format(n=days // 7)
    if len(born) > 4 and months < 24:
        return _("{years} y {months} m").format(years=months // 12, months=months % 12)
    return _("{years} y").format(years=years)


def _from_age(number: int, unit: str | None, today: date, typed: str) -> Birth:
    if unit is None or number > {"y": OLDEST_YEARS, "m": 240, "w": 520, "d": 999}[unit]:
        raise BadInput(
            _("“{typed}” is not an age. Type it as in “about 50 y” or “6 months”.").format(typed=typed[:40]), "born"
        )
    if unit == "y":
        return Birth(f"{today.year - number:04d}", True)
    if unit == "m":
        months = today.year * 12 + today.month - 1 - number
        return Birth(f"{months // 12:04d}-{months % 12 + 1:02d}", True)
    day = today - timedelta(days=number * (7 if unit == "w" else 1))
    return Birth(day.isoformat()[:7] if unit == "w" else day.isoformat(), True)


def _from_date(text: str, typed: str, today: date) -> str:
    named = re.sub(r"[a-z]{3,}", lambda m: f" {_month(m[0], typed)} ", text)
    parts = re.findall(r"\d+", named)
    if len(parts) == 1 and len(parts[0]) == 8:
        parts = (
            [parts[0][:4], parts[0][4:6], parts[0][6:]]
            if parts[0][:2] in ("18", "19", "20")
            else [parts[0][:2], parts[0][2:4], parts[0][4:]]
        )
    if not 1 <= len(parts) <= 3 or re.search(r"[^\d\s./,\-]", named):
        message = _("“{typed}” can't be read as a birth date. Type it as in 14/3/1979, 1979 or “about 50 y”.")
        raise BadInput(message.format(typed=typed[:40]), "born")
    if len(parts[0]) != 4:
        parts.reverse()
    year = _year(parts[0], today, typed)
    return "-".join([year, *(f"{int(p):02d}" for p in parts[1:])])


def _month(word: str, typed: str) -> int:
    if word[:3] not in MONTHS:
        raise BadInput(_("“{word}” in “{typed}” is not a month.").format(word=word, typed=typed[:40]), "born")
    return MONTHS.index(word[:3]) + 1


def _year(digits: str, today: date, typed: str) -> str:
    if len(digits) == 4:
        return digits
    if len(digits) != 2:
        raise BadInput(_("The year of “{typed}” is missing. Type all four digits.").format(typed=typed[:40]), "born")
    century = today.year // 100 * 100
    year = century + int(digits)
    return str(year if year <= today.year else year - 100)
