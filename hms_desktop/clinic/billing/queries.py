# SPDX-License-Identifier: Apache-2.0
"""What is to be billed and what it comes to: open charges, prices of the day, estimates by cover."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, select

from hms_desktop.clinic.billing.model import (
    Charge,
    ChargeVoid,
    CreditNote,
    Invoice,
    InvoiceLine,
    InvoiceShare,
    Price,
)
from hms_desktop.clinic.billing.rules import PriceRow, Split, Terms, Work, line_amount, price_on, split_lines
from hms_desktop.clinic.patients.model import Coverage
from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.clinic.patients.rules_cover import last_day, listed, same_period
from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.security.queries import query
from hms_desktop.storage.editions import editions
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class ChargeRow:
    """Work that was done and is on no standing invoice; `day` is the clinic's day of service."""

    id: UUID
    patient: UUID
    encounter: UUID | None
    code: str
    quantity: Decimal
    day: date
    source: UUID
    source_table: str


@dataclass(frozen=True)
class EstimateLine:
    """A charge with its price and split, in minor units; `price` None means that the list has none for that day."""

    charge: ChargeRow
    display: str
    price: PriceRow | None
    split: Split


@dataclass(frozen=True)
class Cover:
    """A cover as the cash desk shows it, with how long its cap and deductible count, and its last day if it has one.

    `contested` when two versions of it stand and nobody has settled them.
    """

    id: UUID
    payer: str
    plan: str | None
    member: str | None
    terms: Terms
    cap: int | None
    deductible: int
    contested: bool
    cap_period: str | None = None
    deductible_period: str | None = None
    last: date | None = None


@dataclass(frozen=True)
class Estimate:
    """What the chosen charges would come to if they were invoiced now; amounts in minor units of `currency`."""

    patient: UUID
    currency: str
    lines: tuple[EstimateLine, ...]
    covers: tuple[Cover, ...]

    @property
    def total(self) -> int:
        """Everything."""
        return sum(line.split.amount for line in self.lines)

    @property
    def payers(self) -> int:
        """What payers pay."""
        return sum(line.split.payers for line in self.lines)

    @property
    def patient_pays(self) -> int:
        """What the patient pays."""
        return sum(line.split.patient for line in self.lines)

    @property
    def shares(self) -> tuple[tuple[str, int], ...]:
        """What each payer pays, who pays first before who pays next."""
        parts = [sum(line.split.parts[at].amount for line in self.lines) for at in range(len(self.covers))]
        return tuple((cover.payer, part) for cover, part in zip(self.covers, parts, strict=True))

    @property
    def unpriced(self) -> tuple[EstimateLine, ...]:
        """Lines that no price is in force for."""
        return tuple(line for line in self.lines if line.price is None)


def standing_invoices() -> Select[Any]:
    """Ids of invoices that no credit note took back, for use inside other selects."""
    return select(Invoice.id).where(~select(CreditNote.id).where(CreditNote.invoice == Invoice.id).exists())


@query("invoice.read")
def open_charges(reader: Reader, patient: UUID) -> list[ChargeRow]:
    """Charges of a person, over all linked charts, that are neither void nor on a standing invoice; oldest first."""
    charts = one_person(reader, patient).charts
    return [_charge_row(reader, row) for row in reader.rows(_open().where(Charge.patient.in_(charts)))]


@query("invoice.read")
def charges(reader: Reader, ids: Collection[UUID]) -> list[ChargeRow]:
    """These charges, but only those still open."""
    return [_charge_row(reader, row) for row in reader.rows(_open().where(Charge.id.in_(list(ids))))]


@query("invoice.read")
def everyones_open_charges(reader: Reader) -> list[tuple[UUID, datetime]]:
    """(patient, when) of every charge that is neither void nor on a standing invoice, oldest first."""
    return [(row.patient, instant(stamp_ms(row.k))) for row in reader.rows(_open())]


def _open() -> Select[Any]:
    billed = select(InvoiceLine.id).where(InvoiceLine.charge == Charge.id, InvoiceLine.invoice.in_(standing_invoices()))
    void = select(ChargeVoid.id).where(ChargeVoid.charge == Charge.id)
    return select(Charge.__table__).where(~billed.exists(), ~void.exists()).order_by(Charge.k, Charge.rid)


def _charge_row(reader: Reader, row: Row[Any]) -> ChargeRow:
    day = row.served or instant(stamp_ms(row.k)).astimezone(reader.clinic.zone).date()
    return ChargeRow(row.id, row.patient, row.encounter, row.code, row.quantity, day, row.source, row.source_table)


@query("invoice.read", "coverage.record", "price.manage")
def prices(reader: Reader, codes: Collection[str] | None = None) -> list[PriceRow]:
    """The price list, or the part for these codes, in the clinic's currency."""
    question = select(Price.__table__).where(Price.currency == reader.clinic.currency)
    if codes is not None:
        question = question.where(Price.code.in_(list(codes)))
    return [
        PriceRow(p.id, p.code, p.display, p.amount, p.valid_from, p.valid_to, p.payer, p.version)
        for p in editions(reader, Price, question)
    ]


@query("invoice.read", "patient.read")
def covers(reader: Reader, patient: UUID, on: date) -> list[Cover]:
    """Covers in force on a day, the first payer first, with what earlier invoices left of deductible and cap."""
    charts = one_person(reader, patient).charts
    question = select(Coverage.__table__).where(Coverage.patient.in_(charts), Coverage.active)
    day = on.isoformat()
    in_force = [
        row
        for row in reader.rows(question.order_by(Coverage.order, Coverage.payer, Coverage.k))
        if (row.valid_from or day)[:10] <= day and day[: len(row.valid_to or day)] <= (row.valid_to or day)
    ]
    used = _used_before(reader, [row.id for row in in_force])
    return [_cover(reader, row, used.get(row.id, ()), on) for row in in_force]


def _cover(reader: Reader, row: Row[Any], used: Sequence[_Use], on: date) -> Cover:
    paid = sum(use.paid for use in used if same_period(row.cap_period, use.day, on))
    towards = sum(use.deductible for use in used if same_period(row.deductible_period, use.day, on))
    terms = Terms(
        row.id,
        row.payer,
        row.patient_share_percent,
        row.copay or 0,
        max((row.deductible or 0) - towards, 0),
        None if row.cap is None else max(row.cap - paid, 0),
        frozenset(listed(row.excluded)),
        frozenset(listed(row.package)),
    )
    contested = "cover" in reader.heads(Coverage, row.id)
    return Cover(row.id, row.payer, row.plan, row.member_id, terms, row.cap, row.deductible or 0, contested,
                 row.cap_period, row.deductible_period, last_day(row.valid_to) if row.valid_to else None)  # fmt: skip


class _Use(NamedTuple):
    """What an invoice of a day used of a cover: paid by it, and the patient's part that counted to its deductible."""

    day: date
    paid: int
    deductible: int


def _used_before(reader: Reader, coverages: Sequence[UUID]) -> dict[UUID, list[_Use]]:
    """What standing invoices used of each of these covers."""
    question = (
        select(InvoiceShare.coverage, InvoiceShare.amount, InvoiceShare.deductible, Invoice.issued_at)
        .join(Invoice, Invoice.id == InvoiceShare.invoice)
        .where(InvoiceShare.coverage.in_(coverages), Invoice.id.in_(standing_invoices()))
    )
    used: dict[UUID, list[_Use]] = defaultdict(list)
    for row in reader.rows(question):
        day = row.issued_at.astimezone(reader.clinic.zone).date()
        used[row.coverage].append(_Use(day, row.amount, row.deductible))
    return used


@query("invoice.read")
def estimate(
    reader: Reader, patient: UUID, chosen: Collection[UUID] | None = None, *, use_cover: bool = True
) -> Estimate:
    """The draft invoice of a person's open charges (or the chosen ones), priced and split as of now."""
    open_rows = [c for c in open_charges(reader, patient) if chosen is None or c.id in chosen]
    today = reader.now.astimezone(reader.clinic.zone).date()
    held = covers(reader, patient, today) if use_cover else []
    listed = prices(reader, {c.code for c in open_rows})
    payer = held[0].payer if held else None
    priced = [(c, price_on(listed, c.code, c.day, payer)) for c in open_rows]
    work = [Work(c.code, line_amount(p.amount, c.quantity) if p else 0, c.source_table) for c, p in priced]
    splits = split_lines(work, [cover.terms for cover in held])
    lines = tuple(
        EstimateLine(charge, price.display if price else charge.code, price, split)
        for (charge, price), split in zip(priced, splits, strict=True)
    )
    return Estimate(patient, reader.clinic.currency, lines, tuple(held))


@query("invoice.read", "coverage.record", "price.manage")
def find_prices(reader: Reader, typed: str, on: date, limit: int = 30) -> list[PriceRow]:
    """Prices in force on a day whose code or words hold what was typed: what "Add item" offers."""
    wanted = typed.strip().casefold()
    listed = prices(reader)
    held = {price_on(listed, p.code, on, p.payer) for p in listed}
    found = [p for p in held if p is not None and wanted in f"{p.code} {p.display}".casefold()]
    return sorted(found, key=lambda p: p.display)[:limit]


@query("invoice.read", "coverage.record", "price.manage", "patient.read")
def item_words(reader: Reader, codes: Collection[str], on: date) -> dict[str, str]:
    """What the price list of a day calls these codes; a code that it does not hold is left out."""
    listed_now = prices(reader, codes)
    held = {code: price_on(listed_now, code, on, None) for code in codes}
    return {code: price.display for code, price in held.items() if price is not None}
