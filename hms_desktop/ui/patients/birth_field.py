# SPDX-License-Identifier: Apache-2.0
"""A birth date or age typed freely; what was understood, and the age it means, is spelled out beneath."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from hms_desktop.clinic.patients.births import Birth, age_in_years, parse_birth, show_age, show_birth
from hms_desktop.core.dates import spell_day
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.date_field import DateField, Reading, Reads

OLD_YEARS = 110


def reads_birth(today: Callable[[], date]) -> Reads:
    """Reads birth dates known in whole or in part, and ages; the value is a `Birth`."""

    def read(typed: str) -> Reading:
        now = today()
        birth = parse_birth(typed, now)
        born = birth.born or ""
        age = show_age(born, birth.estimated, now)
        doubt = ""
        if born and age_in_years(born, now) >= OLD_YEARS:
            doubt = _("That is {years} years old. Check the year.").format(years=age_in_years(born, now))
        text = typed.strip() if birth.estimated else show_birth(born)
        return Reading(birth, text, _words(birth, age, now), doubt)

    return read


def _words(birth: Birth, age: str, today: date) -> str:
    born = birth.born or ""
    if birth.estimated:
        return _("Estimated: born {born}, {age}").format(born=show_birth(born, True), age=age)
    day = spell_day(date.fromisoformat(born), today) if len(born) == 10 else show_birth(born)
    return f"{day}, {age}"


def birth_field(today: Callable[[], date], *, required: bool = True) -> DateField:
    """The field for a birth date or age, named `born`."""
    return DateField("born", _("&Birth date or age"), reads_birth(today), required=required)


def kept_birth(born: str | None, estimated: bool, age: str) -> str:
    """What stands in the field for a birth date that is already known."""
    return (age or show_birth(born, True)) if estimated else show_birth(born) if born else ""
