# SPDX-License-Identifier: Apache-2.0
"""Reading FHIR data types: concepts, quantities, moments, days and names, each to plain Python without a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from hms_desktop.core.text import _
from hms_desktop.interop.fhir.entries import Entry, Json

UCUM = "http://unitsofmeasure.org"
EARLIEST, LATEST = 1800, 2200
"""Years within which a moment of care can be; others are a slip or mean "for ever"."""
_DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_LEAP = re.compile(r"(?<=:)60(?=[.Z+-])")


@dataclass(frozen=True, slots=True)
class Coded:
    """A concept: the code that was chosen, its system, and the words for people; `more` counts codings left out."""

    code: str | None
    system: str | None
    display: str
    more: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity: exact value and unit (UCUM code where there is one); `words` when it is no plain number."""

    value: Decimal | None
    unit: str | None
    words: str | None = None


def items(value: Any) -> list[Json]:
    """The objects of a list element; an absent element has none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def words(value: Any) -> str | None:
    """A text without surrounding space, None when there is nothing in it."""
    return value.strip() or None if isinstance(value, str) else None


def concept(value: Json | None) -> Coded | None:
    """A CodeableConcept: the coding its user chose, else the first with a code; None when it says nothing."""
    if not value:
        return None
    codings = [coding for coding in items(value.get("coding")) if coding.get("code") or coding.get("display")]
    chosen = next((coding for coding in codings if coding.get("userSelected")), codings[0] if codings else {})
    shown = words(value.get("text")) or words(chosen.get("display")) or words(chosen.get("code"))
    if shown is None:
        return None
    return Coded(words(chosen.get("code")), words(chosen.get("system")), shown, max(len(codings) - 1, 0))


def concepts(value: Any) -> str | None:
    """The words of several concepts, separated by semicolons."""
    return "; ".join(found.display for one in items(value) if (found := concept(one))) or None


def code_of(value: Json | None) -> str | None:
    """The code of a CodeableConcept or Coding whose codes are fixed by FHIR."""
    if not value:
        return None
    if "coding" in value:
        return next((words(coding.get("code")) for coding in items(value["coding"]) if coding.get("code")), None)
    return words(value.get("code"))


def one_of(entry: Entry, value: Any, allowed: Iterable[str], element: str) -> str | None:
    """A code that FHIR fixes, None when absent; any other code refuses the file."""
    if value is None:
        return None
    listed = tuple(allowed)
    if value not in listed:
        raise entry.fault(
            _("“{code}” is not one of {codes}.").format(code=str(value)[:60], codes=", ".join(listed)), element
        )
    return str(value)


def moment(value: Any, zone: tzinfo) -> datetime | None:
    """A dateTime or instant as an aware UTC datetime; a day, month or year alone counts from its start in `zone`."""
    if value is not None and not isinstance(value, str):  # the models take a number for seconds since 1970
        raise ValueError(_("a day or time is written in quotes, not as {value}").format(value=str(value)[:40]))
    said = words(value)
    if said is None:
        return None
    if _DAY.fullmatch(said):
        year, month, day = [*said.split("-"), "01", "01"][:3]
        return datetime(int(year), int(month), int(day), tzinfo=zone).astimezone(UTC)
    plain_second = _LEAP.sub("59", said)  # a leap second is told as the one before it
    found = datetime.fromisoformat(plain_second.replace("Z", "+00:00"))
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def exact_day(value: Any) -> bool:
    """Whether a dateTime says a day, month or year only."""
    return isinstance(value, str) and _DAY.fullmatch(value.strip()) is not None


def believable(value: Any) -> bool:
    """Whether a date or dateTime is of a year in which people were or will be cared for."""
    found = _DAY.match(value.strip()) if isinstance(value, str) else None
    return found is None or EARLIEST <= int(found.group()[:4]) <= LATEST


def partial(value: Any) -> str | None:
    """The date part of a date or dateTime: YYYY, YYYY-MM or YYYY-MM-DD as written, in the writer's own time zone."""
    found = _DAY.match(value.strip()) if isinstance(value, str) else None
    return found.group() if found else None


def quantity(value: Json | None) -> Measure | None:
    """A Quantity; with a comparator ("<") it is words, because the number alone would be false."""
    if not value or value.get("value") is None:
        return None
    number = Decimal(str(value["value"]))
    unit = words(value.get("code")) if value.get("system") == UCUM else None
    unit = unit or words(value.get("unit")) or words(value.get("code"))
    if value.get("comparator"):
        return Measure(None, unit, " ".join(part for part in (value["comparator"], plain(number), unit) if part))
    return Measure(number, unit)


def spread(value: Json | None) -> str | None:
    """A Range as words: "low to high unit"."""
    if not value:
        return None
    low, high = quantity(value.get("low")), quantity(value.get("high"))
    if low and high and low.value is not None and high.value is not None:
        unit = high.unit or low.unit or ""
        return _("{low} to {high} {unit}").format(low=plain(low.value), high=plain(high.value), unit=unit).strip()
    return shown(low or high)


def ratio(value: Json | None) -> str | None:
    """A Ratio as words: "numerator : denominator"."""
    if not value:
        return None
    return " : ".join(part for key in ("numerator", "denominator") if (part := shown(quantity(value.get(key))))) or None


def shown(measure: Measure | None) -> str | None:
    """A quantity as words with its unit."""
    if measure is None:
        return None
    if measure.value is None:
        return measure.words
    return f"{plain(measure.value)} {measure.unit or ''}".strip()


def plain(number: Decimal) -> str:
    """A number with the digits that were written, never with an exponent."""
    return format(number, "f")
