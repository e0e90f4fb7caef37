# SPDX-License-Identifier: Apache-2.0
"""Doses: how often, how much in all, and how a medicine line reads (NHS CUI medicine line, ISMP)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from hms_desktop.clinic.inventory.rules import unit_words
from hms_desktop.core.errors import BadInput
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _, ngettext

FREQUENCIES: Mapping[str, Decimal] = {
    "once": Decimal(1),
    "daily": Decimal(1),
    "morning": Decimal(1),
    "night": Decimal(1),
    "twice": Decimal(2),
    "three": Decimal(3),
    "four": Decimal(4),
    "12h": Decimal(2),
    "8h": Decimal(3),
    "6h": Decimal(4),
    "4h": Decimal(6),
    "alternate": Decimal("0.5"),
    "weekly": Decimal("0.142857"),
}
"""Doses in a day by frequency code; "once" is a single dose, whatever the days."""

ROUTES = (
    "oral",
    "topical",
    "inhaled",
    "intravenous",
    "intramuscular",
    "subcutaneous",
    "rectal",
    "vaginal",
    "eye",
    "ear",
    "nasal",
    "sublingual",
    "transdermal",
)
MAX_DAYS = 366
_MILLIGRAMS = {
    "g": Decimal(1000),
    "mg": Decimal(1),
    "microgram": Decimal("0.001"),
    "mcg": Decimal("0.001"),
    "ug": Decimal("0.001"),
}
_STRENGTH = re.compile(r"\s*([\d.,]+)\s*([A-Za-z]+)\s*(?:/\s*([\d.,]*)\s*([A-Za-z]+))?\s*\Z")
_COUNTED = {"tablet", "capsule", "sachet", "suppository", "pessary", "patch", "ampoule", "vial", "puff", "drop", "dose"}


@dataclass(frozen=True)
class Dose:
    """One dose and how long: `amount` of `unit`, `times_per_day`, for `days`; `prn` means only when needed."""

    amount: Decimal
    unit: str
    route: str
    frequency: str
    times_per_day: Decimal
    days: int
    prn: bool = False


def frequency_words(code: str) -> str:
    """A frequency code as words; a text that is no code is shown as it was written."""
    return {
        "once": _("one single dose"),
        "daily": _("once a day"),
        "morning": _("in the morning"),
        "night": _("at night"),
        "twice": _("twice a day"),
        "three": _("three times a day"),
        "four": _("four times a day"),
        "12h": _("every 12 hours"),
        "8h": _("every 8 hours"),
        "6h": _("every 6 hours"),
        "4h": _("every 4 hours"),
        "alternate": _("every other day"),
        "weekly": _("once a week"),
    }.get(code, code)


def route_words(code: str) -> str:
    """A route code as words; a text that is no code is shown as it was written."""
    return {
        "oral": _("oral"),
        "topical": _("on the skin"),
        "inhaled": _("inhaled"),
        "intravenous": _("intravenous"),
        "intramuscular": _("intramuscular"),
        "subcutaneous": _("subcutaneous"),
        "rectal": _("rectal"),
        "vaginal": _("vaginal"),
        "eye": _("into the eye"),
        "ear": _("into the ear"),
        "nasal": _("nasal"),
        "sublingual": _("under the tongue"),
        "transdermal": _("through the skin"),
    }.get(code, code)


def make_dose(amount: Decimal, unit: str, route: str, frequency: str, days: int, prn: bool = False) -> Dose:
    """A dose that makes sense, else BadInput naming the field."""
    if amount <= 0:
        raise BadInput(_("The dose must be more than nothing. Type how much is taken each time."), "dose")
    if not unit.strip():
        raise BadInput(_("The dose has no unit. Choose one, such as mg."), "dose_unit")
    if not route.strip():
        raise BadInput(_("Say how the medicine is taken, such as oral."), "route")
    if frequency not in FREQUENCIES:
        raise BadInput(_("Say how often the medicine is taken."), "frequency")
    if not 1 <= days <= MAX_DAYS:
        raise BadInput(_("The days must be between 1 and {most}. Check the number.").format(most=MAX_DAYS), "days")
    return Dose(amount, unit.strip(), route, frequency, FREQUENCIES[frequency], days, prn)


def doses_in_all(dose: Dose) -> Decimal:
    """How many single doses the treatment has; part doses count as whole ones."""
    if dose.frequency == "once":
        return Decimal(1)
    return (dose.times_per_day * dose.days).quantize(Decimal(1), rounding=ROUND_CEILING)


def quantity_to_supply(dose: Dose, strength: str | None, unit: str) -> Decimal | None:
    """How much of `unit` (tablet, mL) the treatment needs; None when dose and strength can't be brought together.

    `strength` reads like "500 mg" for each unit, or "125 mg/5 mL". Counted units are rounded up to whole ones.
    """
    each = _units_each(dose, strength, unit)
    if each is None:
        return None
    total = each * doses_in_all(dose)
    if unit.casefold() in _COUNTED:
        return total.quantize(Decimal(1), rounding=ROUND_CEILING)
    return total.quantize(Decimal("0.1"), rounding=ROUND_CEILING).normalize() + 0


def _units_each(dose: Dose, strength: str | None, unit: str) -> Decimal | None:
    if dose.unit.casefold() == unit.casefold():
        return dose.amount
    parts = _STRENGTH.match(strength or "")
    if parts is None:
        return None
    number, mass, per, per_unit = parts.groups()
    if per_unit is not None and per_unit.casefold() != unit.casefold():
        return None
    wanted, held = _MILLIGRAMS.get(dose.unit.casefold()), _MILLIGRAMS.get(mass.casefold())
    if mass.casefold() == dose.unit.casefold():
        wanted = held = Decimal(1)
    if wanted is None or held is None:
        return None
    content = Decimal(number.replace(",", ".")) * held / (Decimal(per.replace(",", ".")) if per else 1)
    return dose.amount * wanted / content if content else None


def dose_amount(dose: Dose) -> str:
    """How much each time: `12.5 mg`, `1 tablet`, `2 tablets`."""
    return f"{show_decimal(dose.amount)} {unit_words(dose.unit, dose.amount)}"


def dose_words(dose: Dose) -> str:
    """The dose line, parts between em dashes: "12.5 mg — oral — once a day — 28 days"."""
    parts = [dose_amount(dose), route_words(dose.route), frequency_words(dose.frequency)]
    if dose.prn:
        parts.append(_("only when needed"))
    if dose.frequency != "once":
        parts.append(ngettext("{days} day", "{days} days", dose.days).format(days=dose.days))
    return " — ".join(parts)
