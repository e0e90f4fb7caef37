# SPDX-License-Identifier: Apache-2.0
"""Vital signs: their codes and units, what is impossible, what needs a second look, what is out of range for an age.

Codes are LOINC, units UCUM. The ranges are a house table for screening at rest, version VITALS_VERSION; they colour a
number and ask for a second look, they are no diagnosis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from hms_desktop.core.errors import BadInput
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _

VITALS_VERSION = "house-vitals-1"
LOINC = "http://loinc.org"
BLOOD_PRESSURE = "85354-9"
BMI = "39156-5"
YEAR = 365


@dataclass(frozen=True)
class Band:
    """Limits from an age on, in days; None where there is no limit."""

    from_days: int
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True)
class Sign:
    """One vital sign. `possible` are hard limits, `likely` and `normal` go by age."""

    key: str
    code: str
    unit: str
    shown_unit: str
    decimals: int
    possible: tuple[Decimal, Decimal]
    likely: tuple[Band, ...]
    normal: tuple[Band, ...] = ()
    also: tuple[str, ...] = ()


def _bands(*rows: tuple[int, str | None, str | None]) -> tuple[Band, ...]:
    def limit(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    return tuple(Band(days, limit(low), limit(high)) for days, low, high in rows)


def _limits(low: str, high: str) -> tuple[Decimal, Decimal]:
    return Decimal(low), Decimal(high)


SIGNS: Mapping[str, Sign] = {
    sign.key: sign
    for sign in (
        Sign(
            "systolic",
            "8480-6",
            "mm[Hg]",
            "mmHg",
            0,
            _limits("20", "350"),
            _bands((0, "40", "120"), (YEAR, "60", "150"), (12 * YEAR, "70", "230")),
            _bands((0, "60", "100"), (YEAR, "80", "110"), (6 * YEAR, "85", "120"), (12 * YEAR, "90", "139")),
        ),
        Sign(
            "diastolic",
            "8462-4",
            "mm[Hg]",
            "mmHg",
            0,
            _limits("10", "250"),
            _bands((0, "20", "80"), (YEAR, "30", "100"), (12 * YEAR, "30", "140")),
            _bands((0, "30", "65"), (YEAR, "40", "75"), (6 * YEAR, "50", "80"), (12 * YEAR, "50", "89")),
        ),
        Sign(
            "pulse",
            "8867-4",
            "/min",
            "/min",
            0,
            _limits("10", "350"),
            _bands((0, "60", "220"), (YEAR, "50", "200"), (12 * YEAR, "30", "200")),
            _bands((0, "100", "180"), (YEAR, "80", "140"), (6 * YEAR, "65", "120"), (12 * YEAR, "51", "100")),
        ),
        Sign(
            "breaths",
            "9279-1",
            "/min",
            "/min",
            0,
            _limits("1", "150"),
            _bands((0, "15", "90"), (YEAR, "10", "70"), (12 * YEAR, "6", "50")),
            _bands((0, "30", "60"), (YEAR, "20", "40"), (6 * YEAR, "15", "25"), (12 * YEAR, "12", "20")),
        ),
        Sign(
            "temperature",
            "8310-5",
            "Cel",
            "°C",
            1,
            _limits("20", "46"),
            _bands((0, "34", "41.5")),
            _bands((0, "36", "37.9")),
        ),
        Sign(
            "oxygen",
            "59408-5",
            "%",
            "%",
            0,
            _limits("20", "100"),
            _bands((0, "70", None)),
            _bands((0, "95", None)),
            also=("2708-6",),
        ),
        Sign(
            "weight",
            "29463-7",
            "kg",
            "kg",
            1,
            _limits("0.2", "1000"),
            _bands((0, "0.4", "15"), (YEAR, "4", "40"), (6 * YEAR, "10", "120"), (12 * YEAR, "20", "250")),
        ),
        Sign(
            "height",
            "8302-2",
            "cm",
            "cm",
            1,
            _limits("15", "280"),
            _bands((0, "25", "95"), (YEAR, "50", "140"), (6 * YEAR, "80", "200"), (12 * YEAR, "100", "220")),
        ),
        Sign(
            "glucose",
            "14743-9",
            "mmol/L",
            "mmol/L",
            1,
            _limits("0.1", "120"),
            _bands((0, "2", "35")),
            _bands((0, "3.9", "7.8")),
        ),
    )
}
"""Every sign that a vitals form can ask for."""

SIGN_ROWS = (
    ("systolic", "diastolic", "pulse"),
    ("breaths", "temperature", "oxygen"),
    ("weight", "height", "glucose"),
)
"""What is asked for, three in a row, where the clinic has no form of its own."""
VITALS_FORM = "vitals"


def refuse_form(rows: Sequence[Sequence[str]]) -> None:
    """Raise BadInput, naming the sign, unless a form asks for signs that there are, each once, a pressure whole."""
    keys = [key for row in rows for key in row]
    if not keys or any(not row for row in rows):
        raise BadInput(_("A form asks for something in each of its rows. Name at least one sign in each."), "rows")
    if unknown := [key for key in keys if key not in SIGNS]:
        message = _("There is no vital sign “{sign}”. A form can ask for: {known}.")
        raise BadInput(message.format(sign=unknown[0], known=", ".join(SIGNS)), "rows")
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise BadInput(_("The form asks twice for {sign}. Name it once.").format(sign=sign_name(twice[0])), "rows")
    if ("systolic" in keys) != ("diastolic" in keys):
        raise BadInput(_("A blood pressure has two numbers. Ask for both, or for none."), "rows")


def sign_name(key: str) -> str:
    """A sign's name for people, in the language in use."""
    return {
        "systolic": _("Systolic"),
        "diastolic": _("Diastolic"),
        "pulse": _("Pulse"),
        "breaths": _("Breathing"),
        "temperature": _("Temperature"),
        "oxygen": _("SpO₂"),
        "weight": _("Weight"),
        "height": _("Height"),
        "glucose": _("Glucose"),
        "bmi": _("BMI"),
        "pressure": _("Blood pressure"),
    }[key]


def sign_of(code: str) -> Sign | None:
    """The sign with this LOINC code, or None for an observation that is no vital sign of ours."""
    return next((s for s in SIGNS.values() if code == s.code or code in s.also), None)


def range_at(bands: tuple[Band, ...], age_days: int | None) -> Band | None:
    """The band for an age in days; an unknown age is taken as grown up."""
    age = 200 * YEAR if age_days is None else age_days
    return next((band for band in reversed(bands) if band.from_days <= age), None)


def _outside(band: Band | None, value: Decimal) -> str:
    if band is None:
        return ""
    if band.low is not None and value < band.low:
        return "L"
    return "H" if band.high is not None and value > band.high else ""


def judged(key: str, value: Decimal, age_days: int | None) -> str:
    """L, H, or an empty text for a value within the range of this age."""
    return _outside(range_at(SIGNS[key].normal, age_days), value)


def refuse_impossible(readings: Mapping[str, Decimal]) -> None:
    """Raise BadInput, naming the field and its limits, for a value that no living person can have."""
    for key, value in readings.items():
        low, high = SIGNS[key].possible
        if not low <= value <= high:
            raise BadInput(
                _("{sign} {value} {unit} is not possible: it lies between {low} and {high}. Check the number.").format(
                    sign=sign_name(key),
                    value=show_decimal(value),
                    unit=SIGNS[key].shown_unit,
                    low=show_decimal(low),
                    high=show_decimal(high),
                ),
                key,
            )
    upper, lower = readings.get("systolic"), readings.get("diastolic")
    if (upper is None) != (lower is None):
        message = _("A blood pressure has two numbers. Type the {missing} one as well.")
        missing = "systolic" if upper is None else "diastolic"
        raise BadInput(message.format(missing=sign_name(missing).lower()), missing)
    if upper is not None and lower is not None and lower >= upper:
        raise BadInput(_("The diastolic pressure must be below the systolic one. Check both numbers."), "diastolic")


def implausible(readings: Mapping[str, Decimal], age_days: int | None) -> dict[str, str]:
    """Signs that need a second look before they are kept, each with a sentence that says why."""
    looks = {}
    for key, value in readings.items():
        band = range_at(SIGNS[key].likely, age_days)
        if _outside(band, value):
            looks[key] = _("{sign} {value} {unit} is unusual for this age. Look again, then confirm it.").format(
                sign=sign_name(key), value=show_decimal(value), unit=SIGNS[key].shown_unit
            )
    return looks


def body_mass_index(weight_kg: Decimal, height_cm: Decimal) -> Decimal:
    """Weight over height squared in kg/m², to one decimal, half up (WHO)."""
    metres = height_cm / 100
    return (weight_kg / (metres * metres)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
