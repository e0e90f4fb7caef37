# SPDX-License-Identifier: Apache-2.0
"""Prices by day, the split between payers and patient, and how money falls on invoices: exact, to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from uuid import UUID

from hms_desktop.clinic.patients.rules_cover import KIND
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _

CASH, CARD, CREDIT = "cash", "card", "credit"
TAKEN_WAYS = (CASH, CARD, "mobile", "transfer", "cheque", "voucher")
WAYS = (*TAKEN_WAYS, CREDIT)
ESTIMATE_DAYS = 30
"""How many days an estimate holds, unless a cover that it counts on ends before."""
COVERED, PART, NOT_COVERED = "covered", "part", "not-covered"


def way_word(way: str) -> str:
    """How something was paid, in words for screens and papers; an unknown code as it is."""
    return {
        CASH: _("Cash"),
        CARD: _("Card"),
        "mobile": _("Mobile money"),
        "transfer": _("Transfer"),
        "cheque": _("Cheque"),
        "voucher": _("Voucher"),
        CREDIT: _("Credit"),
    }.get(way, way)


@dataclass(frozen=True)
class PriceRow:
    """A price of the list: minor units of the clinic's currency from a day on, for one payer or for everybody."""

    id: UUID
    code: str
    display: str
    amount: int
    valid_from: date
    valid_to: date | None = None
    payer: str | None = None
    version: int = 1


@dataclass(frozen=True)
class Terms:
    """What a cover pays: the patient's percent and fixed part, what is left of deductible and cap (minor units).

    What `excluded` names, by its code or by `kind:` and its source, is the patient's; what `package` names is paid by
    the payer whole.
    """

    coverage: UUID
    payer: str
    patient_percent: Decimal
    copay: int = 0
    deductible_left: int = 0
    cap_left: int | None = None
    excluded: frozenset[str] = frozenset()
    package: frozenset[str] = frozenset()

    def leaves_out(self, code: str, source_table: str) -> bool:
        """Whether work of this code and source is the patient's alone."""
        return not self.excluded.isdisjoint((code, KIND + source_table))

    def pays_whole(self, code: str, source_table: str) -> bool:
        """Whether work of this code and source is in the package."""
        return not self.package.isdisjoint((code, KIND + source_table))


class Work(NamedTuple):
    """What a line asks for: code, minor units, and the table of what raised it."""

    code: str
    amount: int
    source_table: str = ""


@dataclass(frozen=True)
class Part:
    """One cover's part of one line, in minor units; `deductible` is what of the patient's part used it up."""

    coverage: UUID
    payer: str
    amount: int
    deductible: int


@dataclass(frozen=True)
class Split:
    """One line's amount as payers' parts and the patient's part; together they are the whole."""

    amount: int
    parts: tuple[Part, ...]
    patient: int

    @property
    def payers(self) -> int:
        """What all payers pay of this line, in minor units."""
        return sum(part.amount for part in self.parts)

    @property
    def cover(self) -> str:
        """`covered`, `part` or `not-covered`."""
        return COVERED if self.patient == 0 and self.payers else PART if self.payers else NOT_COVERED


@dataclass(frozen=True)
class Tender:
    """Money as it was given: way, minor units, and the way's own reference (slip, transfer, cheque number)."""

    way: str
    given: int
    reference: str | None = None


@dataclass(frozen=True)
class Due:
    """What an invoice still asks of the patient, in minor units."""

    invoice: UUID
    amount: int


@dataclass(frozen=True)
class Piece:
    """A tender's part that falls on one invoice, or on the patient's credit when `invoice` is None."""

    invoice: UUID | None
    way: str
    amount: int
    reference: str | None = None
    tendered: int | None = None
    change: int | None = None


def price_on(prices: Sequence[PriceRow], code: str, day: date, payer: str | None) -> PriceRow | None:
    """The price of a code on the day of service: the payer's own before the general one.

    Of each, the version that began last holds, unless that has ended.
    """
    begun = [p for p in prices if p.code == code and p.valid_from <= day]
    for whose in dict.fromkeys((payer, None)):
        own = (p for p in begun if p.payer == whose)
        last = max(own, key=lambda p: (p.valid_from, p.version, p.id.bytes), default=None)
        if last is not None and (last.valid_to is None or day <= last.valid_to):
            return last
    return None


def line_amount(unit_price: int, quantity: Decimal) -> int:
    """Unit price times quantity, rounded half up to the minor unit."""
    return _rounded(Decimal(unit_price) * quantity)


def split_lines(lines: Sequence[Work], covers: Sequence[Terms]) -> list[Split]:
    """Each line split over the covers in their order; a later cover sees what the earlier left."""
    left = list(covers)
    out: list[Split] = []
    for line in lines:
        patient, parts = line.amount, []
        for index, terms in enumerate(left):
            part, left[index] = _cover(line._replace(amount=patient), terms)
            patient -= part.amount
            parts.append(part)
        out.append(Split(line.amount, tuple(parts), patient))
    return out


def _cover(work: Work, terms: Terms) -> tuple[Part, Terms]:
    """What one cover pays of some work, and what is left of its deductible, copay and cap afterwards."""
    code, amount, source = work
    deductible = copay = 0
    if terms.leaves_out(code, source):
        pays = 0
    elif terms.pays_whole(code, source):
        pays = amount
    else:
        deductible = min(terms.deductible_left, amount)
        copay = min(terms.copay, amount - deductible)
        rest = amount - deductible - copay
        pays = rest - _rounded(Decimal(rest) * terms.patient_percent / 100)
    if terms.cap_left is not None:
        pays = min(pays, terms.cap_left)
    after = replace(
        terms,
        deductible_left=terms.deductible_left - deductible,
        copay=terms.copay - copay,
        cap_left=None if terms.cap_left is None else terms.cap_left - pays,
    )
    return Part(terms.coverage, terms.payer, pays, deductible), after


def estimate_until(today: date, ends: Sequence[date]) -> date:
    """The last day on which an estimate of today holds; `ends` are the last days of the covers that it counts on."""
    return min(today + timedelta(days=ESTIMATE_DAYS), *ends) if ends else today + timedelta(days=ESTIMATE_DAYS)


def fall(tenders: Sequence[Tender], dues: Sequence[Due], *, keep: bool = False) -> list[Piece]:
    """How tenders fall on invoices in order.

    Cash above what is due is change, unless the patient wants it kept; other money above it is the patient's credit.
    """
    for tender in tenders:
        if tender.given <= 0:
            raise BadInput(_("Type how much was given; it must be more than nothing."), "amount")
        if tender.way not in WAYS:
            raise BadInput(_("Pick how it was paid: cash, card, mobile, transfer, cheque or voucher."), "way")
    left, pieces = list(dues), []
    for tender in tenders:
        mine, left = _fall_one(tender, left, keep)
        pieces.extend(mine)
    return pieces


def _fall_one(tender: Tender, dues: Sequence[Due], keep: bool) -> tuple[list[Piece], list[Due]]:
    """One tender's pieces, and what is due afterwards."""
    left = tender.given
    pieces, after = [], []
    for due in dues:
        taken = min(left, max(due.amount, 0))
        if taken:
            pieces.append(Piece(due.invoice, tender.way, taken, tender.reference))
        after.append(Due(due.invoice, due.amount - taken))
        left -= taken
    return _finished(tender, pieces, left, keep), after


def _finished(tender: Tender, pieces: list[Piece], left: int, keep: bool) -> list[Piece]:
    """The tender's pieces with its change or credit written down."""
    if left and tender.way == CREDIT:
        raise BadInput(_("That is more credit than the bill needs. Use a smaller amount."), "amount")
    change = 0 if keep else left
    if tender.way == CASH and not pieces and change:
        raise BadInput(_("Nothing is due: give the cash back, or keep it as credit."), "amount")
    if left and (tender.way != CASH or keep):
        pieces.append(Piece(None, tender.way, left, tender.reference))
        change = 0
    if tender.way == CASH:
        pieces[0] = replace(pieces[0], tendered=tender.given, change=change)
    return pieces


def _rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))
