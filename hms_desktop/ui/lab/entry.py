# SPDX-License-Identifier: Apache-2.0
"""What was typed into one line of the result table, read and judged at once, before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hms_desktop.clinic.lab.queries_sheets import AnalyteLine
from hms_desktop.clinic.lab.rules_results import Before, Judgement, answer_flag, judge, refuse_absurd, rounded
from hms_desktop.clinic.lab.service_results import Value
from hms_desktop.core.errors import BadInput
from hms_desktop.core.quantities import parse_decimal, show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.lab.words import value_words


@dataclass(frozen=True)
class Person:
    """Whose value it is: `age_days` None and `sex` "unknown" when not known."""

    age_days: int | None
    sex: str


@dataclass(frozen=True)
class Entry:
    """A typed value: `value` is None while nothing usable is typed, `error` names what is wrong with it.

    `fresh` says that it is not what is already saved; `note` tells how it will be kept when that differs.
    """

    value: Value | None = None
    flag: str | None = None
    critical: bool = False
    change: Decimal | None = None
    delta: bool = False
    error: str = ""
    note: str = ""
    fresh: bool = False


def read_entry(line: AnalyteLine, typed: str, person: Person, now: datetime) -> Entry:
    """Read and judge the text of a line as the laboratory's rules do when it is saved."""
    text = typed.strip()
    if not text:
        return Entry()
    try:
        return _answer(line, text) if line.test.answers else _number(line, text, person, now)
    except BadInput as error:
        return Entry(error=str(error), fresh=True)


def saved_entry(line: AnalyteLine) -> Entry:
    """The version that stands, in the same shape."""
    row = line.result
    if row is None:
        return Entry()
    value = row.value if row.value is not None else row.text
    before = line.earlier[-1].value if line.earlier else None
    change = row.value - before if row.value is not None and before is not None else None
    return Entry(value, row.flag, row.critical, change, row.delta_exceeded)


def _number(line: AnalyteLine, text: str, person: Person, now: datetime) -> Entry:
    limits = line.test.limits
    typed = parse_decimal(text)
    number = rounded(limits, typed)
    refuse_absurd(limits, number)
    last = line.earlier[-1] if line.earlier else None
    before = Before(last.value, last.at) if last else None
    found: Judgement = judge(limits, number, person.sex, person.age_days, before, now)
    note = "" if number == typed else _("Kept as {value}").format(value=show_decimal(number))
    same = line.result is not None and line.result.value == number
    return Entry(number, found.flag, found.critical, found.change, found.delta_exceeded, "", note, not same)


def _answer(line: AnalyteLine, text: str) -> Entry:
    answers: Mapping[str, str] = dict(line.test.answers)
    exact = next((known for known in answers if known.casefold() == text.casefold()), text)
    flag = answer_flag(line.test.answers, exact)
    if flag is None:
        choices = ", ".join(answers)
        raise BadInput(_("{test}: choose one of {answers}.").format(test=line.test.display, answers=choices))
    same = line.result is not None and value_words(line.result) == exact
    return Entry(exact, flag or None, fresh=not same)
