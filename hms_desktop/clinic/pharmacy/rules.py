# SPDX-License-Identifier: Apache-2.0
"""How far a prescription is filled, whether a supply is firm, what a scanned pack proves, what a label tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from hms_desktop.clinic.ehr.rules_doses import frequency_words
from hms_desktop.clinic.inventory.rules import PackCode, Pick, Shelf, allocate, outlasts, unit_words, why_not
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _, ngettext

NOT_STARTED, PARTIAL, COMPLETE, OVER, EXPIRED = "not-started", "partial", "complete", "over", "expired"
SUPPLY_STATES = (NOT_STARTED, PARTIAL, COMPLETE, OVER, EXPIRED)
NO_ALLERGY_RECORD = "allergies-not-asked"


@dataclass(frozen=True)
class Fill:
    """What a prescription allows in all and what was supplied, in its unit: never typed, always derived."""

    authorised: Decimal
    supplied: Decimal
    expired: bool = False

    @property
    def owing(self) -> Decimal:
        """What may still be supplied, never below zero."""
        return max(self.authorised - self.supplied, Decimal(0))

    @property
    def state(self) -> str:
        """One of SUPPLY_STATES."""
        if self.supplied > self.authorised:
            return OVER
        if self.supplied == self.authorised:
            return COMPLETE
        if self.expired:
            return EXPIRED
        return PARTIAL if self.supplied else NOT_STARTED


@dataclass(frozen=True)
class Supply:
    """Whether a supply is firm; else `why` says in words what is not certain, and a reason is needed."""

    firm: bool
    why: str | None = None


def authorised(quantity: Decimal, repeats: int | None) -> Decimal:
    """Everything that a prescription allows: its quantity once and then its repeats."""
    return quantity * (1 + (repeats or 0))


def judge(quantity: Decimal, fill: Fill, lent: Decimal | None, unit: str) -> Supply:
    """Whether this station may hand over so much on its own: it must remain, and have been lent to this station."""
    if quantity > fill.owing:
        return Supply(
            False,
            _("This is {more} {unit} more than the prescription still allows.").format(
                more=show_decimal(quantity - fill.owing), unit=unit_words(unit, quantity - fill.owing)
            ),
        )
    if lent is None:
        return Supply(False, _("The rest of this prescription is not lent to this station: another one may supply it."))
    if quantity > lent:
        return Supply(
            False,
            _("Only {lent} {unit} of the rest are lent to this station.").format(
                lent=show_decimal(lent), unit=unit_words(unit, lent)
            ),
        )
    return Supply(True)


def proposal(shelves: Sequence[Shelf], quantity: Decimal, on: date) -> tuple[tuple[Pick, ...], Decimal]:
    """The picks by first expiry, and what the shelf is short of."""
    picks, short = allocate(shelves, quantity, on)
    return tuple(picks), short


def other_batches(picks: Sequence[Pick], proposed: Sequence[Pick]) -> bool:
    """Whether the picks leave the first-to-expire order, which needs a reason."""
    return {p.batch: p.quantity for p in picks} != {p.batch: p.quantity for p in proposed}


def treatment_outlasts(shelf: Shelf, on: date, days: int | None) -> bool:
    """Whether the treatment goes on after this batch expires; unknown lengths don't warn."""
    return days is not None and outlasts(shelf.expires, on, days)


@dataclass(frozen=True)
class Scan:
    """What a scan proves: each of medicine, batch and date is True, False, or None when the code doesn't say.

    `problem` is the sentence that stops the pick, or None.
    """

    medicine: bool | None
    batch: bool | None
    in_date: bool | None
    found: UUID | None
    problem: str | None


def check_scan(pack: PackCode, gtin: str | None, display: str, shelves: Sequence[Shelf], on: date) -> Scan:
    """Compare a scanned pack with the line: right medicine and strength, a known batch, in date, usable."""
    if pack.gtin is None or gtin is None or pack.gtin != gtin:
        problem = (
            _("The pack has no product number that this clinic knows for {medicine}: check it by eye.")
            if pack.gtin is None or gtin is None
            else _("Wrong pack: this is not {medicine}. Put it back and take the right one.")
        )
        right = False if pack.gtin and gtin else None
        return Scan(right, None, None, None, problem.format(medicine=display))
    shelf = next((s for s in shelves if s.lot == pack.lot), None)
    if shelf is None:
        lot = pack.lot or _("without number")
        return Scan(True, False, None, None, _("Batch {lot} is not in stock here: receive it first.").format(lot=lot))
    if pack.expires is not None and pack.expires != shelf.expires:
        message = _("Batch {lot} is recorded with another expiry than the pack: set it aside and correct the record.")
        return Scan(True, True, False, shelf.batch, message.format(lot=shelf.lot))
    problem_here = why_not(shelf, on)
    return Scan(True, True, shelf.expires >= on, shelf.batch, problem_here)


_STRENGTH = re.compile(r"\s*([\d.,]+)\s*([A-Za-z]+)\s*\Z")
_VERB_BY_ROUTE = {
    "oral": "take",
    "sublingual": "dissolve",
    "topical": "apply",
    "transdermal": "apply",
    "inhaled": "inhale",
    "eye": "put",
    "ear": "put",
    "nasal": "put",
    "rectal": "insert",
    "vaginal": "insert",
}


def units_each(dose: Decimal, dose_unit: str, strength: str, unit: str) -> Decimal | None:
    """How many of the item's unit one dose is, when the dose is in that unit or in the strength's; else None."""
    if dose_unit.casefold() == unit.casefold():
        return dose
    found = _STRENGTH.match(strength)
    if found is None or found.group(2).casefold() != dose_unit.casefold():
        return None
    held = Decimal(found.group(1).replace(",", "."))
    each = dose / held if held else Decimal(0)
    return each if each and each * 4 == (each * 4).to_integral_value() else None


def directions(
    *,
    dose: Decimal,
    dose_unit: str,
    each: Decimal | None,
    unit: str,
    route: str,
    frequency: str,
    days: int | None,
    prn: bool,
) -> str:
    """The words that the patient follows, as one sentence; amounts of whole units are spelled out in capitals."""
    amount = f"{show_decimal(dose)} {unit_words(dose_unit, dose)}" if each is None else _counted(each, unit)
    parts = [_verb(route).format(amount=amount, often=frequency_words(frequency))]
    if prn:
        parts.append(_("Only when needed."))
    if days and frequency != "once":
        parts.append(ngettext("For {days} day.", "For {days} days.", days).format(days=days))
    return " ".join(parts)


def _verb(route: str) -> str:
    return {
        "take": _("Take {amount} {often}."),
        "dissolve": _("Let {amount} dissolve under the tongue {often}."),
        "apply": _("Apply {amount} {often}."),
        "inhale": _("Inhale {amount} {often}."),
        "put": _("Put in {amount} {often}."),
        "insert": _("Insert {amount} {often}."),
        "use": _("Use {amount} {often}."),
    }[_VERB_BY_ROUTE.get(route, "use")]


def _counted(each: Decimal, unit: str) -> str:
    words = {1: _("ONE"), 2: _("TWO"), 3: _("THREE"), 4: _("FOUR")}
    half = {Decimal("0.5"): _("HALF a {unit}"), Decimal("0.25"): _("A QUARTER of a {unit}")}
    if each in half:
        return half[each].format(unit=unit)
    whole = words.get(int(each)) if each == int(each) else None
    return _("{count} {unit}").format(count=whole or show_decimal(each), unit=unit_words(unit, each))
