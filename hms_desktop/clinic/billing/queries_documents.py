# SPDX-License-Identifier: Apache-2.0
"""Issued documents and what is still owed: invoices with their state, receipts, credit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select

from hms_desktop.clinic.billing.model import (
    Charge,
    CreditNote,
    Invoice,
    InvoiceLine,
    InvoiceShare,
    Payment,
    PaymentVoid,
)
from hms_desktop.clinic.billing.queries import everyones_open_charges, standing_invoices
from hms_desktop.clinic.billing.rules import CREDIT
from hms_desktop.clinic.patients.queries_people import one_person, seen_person
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class InvoiceRow:
    """An issued invoice in short; amounts in minor units of `currency`.

    `state` is derived: issued (money is owed), balanced (paid), overpaid (paid more than once) or cancelled.
    """

    id: UUID
    patient: UUID
    number: str
    issued_at: datetime
    currency: str
    total: int
    payer_total: int
    patient_total: int
    paid: int
    credit_note: str | None
    payer: str | None

    @property
    def outstanding(self) -> int:
        """What the patient still owes of it, never below zero."""
        return 0 if self.credit_note else max(self.patient_total - self.paid, 0)

    @property
    def state(self) -> str:
        """issued, balanced, overpaid or cancelled."""
        if self.credit_note:
            return "cancelled"
        if self.paid > self.patient_total:
            return "overpaid"
        return "balanced" if self.paid == self.patient_total else "issued"


@dataclass(frozen=True)
class InvoiceLineRow:
    """A frozen line; amounts in minor units."""

    code: str
    display: str
    quantity: Decimal
    unit_price: int
    amount: int
    payer_amount: int
    patient_amount: int
    cover: str
    charge: UUID
    source_table: str


@dataclass(frozen=True)
class PaymentRow:
    """One payment that stands or was voided."""

    id: UUID
    invoice: UUID | None
    number: str
    way: str
    amount: int
    tendered: int | None
    change: int | None
    reference: str | None
    at: datetime
    by: UUID
    void_reason: str | None


@dataclass(frozen=True)
class InvoicePage:
    """An invoice whole: what print and screen show; `shares` are payers with minor units, who pays first in front."""

    head: InvoiceRow
    by: UUID
    lines: tuple[InvoiceLineRow, ...]
    payments: tuple[PaymentRow, ...]
    shares: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ReceiptPage:
    """All payments under one receipt number, what they settled, and what the patient owes afterwards."""

    number: str
    patient: UUID
    at: datetime
    by: UUID
    currency: str
    payments: tuple[PaymentRow, ...]
    invoice_numbers: dict[UUID, str]
    balance: int


@dataclass(frozen=True)
class PatientToBill:
    """A line of the cash desk's list: what is not invoiced yet and what is invoiced and not paid (minor units)."""

    patient: UUID
    open_charges: int
    outstanding: int
    since: datetime | None


@query("invoice.read")
def invoices(reader: Reader, patient: UUID) -> list[InvoiceRow]:
    """A person's invoices over all linked charts, the newest first."""
    charts = seen_person(reader, patient).charts
    return _invoice_rows(reader, select(Invoice.__table__).where(Invoice.patient.in_(charts)))


@query("invoice.read")
def invoice_row(reader: Reader, invoice: UUID) -> InvoiceRow:
    """One invoice in short; NotFound when it is not held here."""
    reader.get(Invoice, invoice)
    return _invoice_rows(reader, select(Invoice.__table__).where(Invoice.id == invoice))[0]


@query("invoice.read")
def invoice_by_number(reader: Reader, number: str) -> InvoiceRow | None:
    """The invoice with this number, or None."""
    found = _invoice_rows(reader, select(Invoice.__table__).where(Invoice.number == number.strip().upper()))
    return found[0] if found else None


def _invoice_rows(reader: Reader, question: Select[Any]) -> list[InvoiceRow]:
    rows = reader.rows(question.order_by(Invoice.issued_at.desc(), Invoice.rid.desc()))
    ids = [row.id for row in rows]
    paid = paid_by_invoice(reader, ids)
    notes = reader.rows(select(CreditNote.invoice, CreditNote.number).where(CreditNote.invoice.in_(ids)))
    credited = {note.invoice: note.number for note in notes}
    return [
        InvoiceRow(
            r.id,
            r.patient,
            r.number,
            r.issued_at,
            r.currency,
            r.total,
            r.payer_total,
            r.patient_total,
            paid.get(r.id, 0),
            credited.get(r.id),
            r.payer,
        )
        for r in rows
    ]


@query("invoice.read")
def paid_by_invoice(reader: Reader, invoice_ids: Collection[UUID]) -> dict[UUID, int]:
    """What standing payments brought in for each of these invoices, in minor units."""
    sums: dict[UUID, int] = defaultdict(int)
    for row in reader.rows(_standing().where(Payment.invoice.in_(list(invoice_ids)))):
        sums[row.invoice] += row.amount
    return dict(sums)


def _standing() -> Select[Any]:
    void = select(PaymentVoid.id).where(PaymentVoid.payment == Payment.id).exists()
    return select(Payment.__table__).where(~void)


@query("invoice.read")
def invoice_page(reader: Reader, invoice: UUID) -> InvoicePage:
    """An invoice with its lines in order and every payment, voided ones too."""
    head = invoice_row(reader, invoice)
    lines = reader.rows(
        select(InvoiceLine.__table__, Charge.source_table)
        .outerjoin(Charge, Charge.id == InvoiceLine.charge)
        .where(InvoiceLine.invoice == invoice)
        .order_by(InvoiceLine.ordinal)
    )
    return InvoicePage(
        head,
        reader.get(Invoice, invoice).by,
        tuple(_line_row(row) for row in lines),
        tuple(payments(reader, select(Payment.__table__).where(Payment.invoice == invoice))),
        tuple((row.payer, row.amount) for row in reader.rows(_shares(invoice))),
    )


def _shares(invoice: UUID) -> Select[Any]:
    return select(InvoiceShare.__table__).where(InvoiceShare.invoice == invoice).order_by(InvoiceShare.rid)


def _line_row(row: Row[Any]) -> InvoiceLineRow:
    return InvoiceLineRow(
        row.code,
        row.display,
        row.quantity,
        row.unit_price,
        row.amount,
        row.payer_amount,
        row.patient_amount,
        row.cover,
        row.charge,
        row.source_table or "",
    )


@query("invoice.read")
def payments(reader: Reader, question: Select[Any]) -> list[PaymentRow]:
    """Payments of a select over the payment table, oldest first, with the reason of those that were voided."""
    rows = reader.rows(question.order_by(Payment.at, Payment.number, Payment.ordinal))
    voids = reader.rows(
        select(PaymentVoid.payment, PaymentVoid.reason).where(PaymentVoid.payment.in_([row.id for row in rows]))
    )
    reasons = {void.payment: void.reason for void in voids}
    return [_payment_row(row, reasons.get(row.id)) for row in rows]


def _payment_row(row: Row[Any], void_reason: str | None) -> PaymentRow:
    return PaymentRow(
        row.id,
        row.invoice,
        row.number,
        row.way,
        row.amount,
        row.tendered,
        row.change,
        row.reference,
        row.at,
        row.by,
        void_reason,
    )


@query("invoice.read")
def receipt(reader: Reader, number: str) -> ReceiptPage | None:
    """Everything under one receipt number, or None."""
    rows = reader.rows(select(Payment.__table__).where(Payment.number == number).order_by(Payment.ordinal))
    if not rows:
        return None
    first = rows[0]
    settled = [row.invoice for row in rows if row.invoice]
    numbers = reader.rows(select(Invoice.id, Invoice.number).where(Invoice.id.in_(settled)))
    return ReceiptPage(
        number,
        first.patient,
        first.at,
        first.by,
        first.currency,
        tuple(payments(reader, select(Payment.__table__).where(Payment.number == number))),
        {row.id: row.number for row in numbers},
        sum(i.outstanding for i in invoices(reader, first.patient)),
    )


@query("invoice.read")
def credit(reader: Reader, patient: UUID) -> int:
    """A person's credit in minor units: money kept without an invoice, less what was spent of it."""
    question = _standing().where(Payment.patient.in_(one_person(reader, patient).charts))
    rows = reader.rows(question)
    kept = sum(r.amount for r in rows if r.invoice is None)
    spent = sum(r.amount for r in rows if r.way == CREDIT)
    return int(kept - spent)


@query("invoice.read")
def outstanding(reader: Reader, patient: UUID) -> int:
    """What a person owes on all invoices, in minor units."""
    return sum(row.outstanding for row in invoices(reader, patient))


@query("invoice.read")
def same_reference(reader: Reader, way: str, reference: str) -> PaymentRow | None:
    """A standing payment of this way with the same reference, or None."""
    row = reader.first(_standing().where(Payment.way == way, Payment.reference == reference))
    return _payment_row(row, None) if row else None


@query("invoice.read")
def to_bill(reader: Reader) -> list[PatientToBill]:
    """Patients with open charges or unpaid invoices, the longest waiting first."""
    waiting: dict[UUID, list[datetime]] = defaultdict(list)
    for patient, at in everyones_open_charges(reader):
        waiting[patient].append(at)
    owing: dict[UUID, list[InvoiceRow]] = defaultdict(list)
    for row in _invoice_rows(reader, _unpaid()):
        owing[row.patient].append(row)
    lines = [
        PatientToBill(
            patient,
            len(waiting.get(patient, ())),
            sum(i.outstanding for i in owing.get(patient, ())),
            min([*waiting.get(patient, ()), *(i.issued_at for i in owing.get(patient, ()))], default=None),
        )
        for patient in {*waiting, *owing}
    ]
    return sorted(lines, key=lambda line: (line.since is None, line.since, line.patient.bytes))


def _unpaid() -> Select[Any]:
    """Standing invoices of which the patient still owes something; whole minor units are summed by the store."""
    void = select(PaymentVoid.id).where(PaymentVoid.payment == Payment.id).exists()
    paid = select(func.coalesce(func.sum(Payment.amount), 0)).where(Payment.invoice == Invoice.id, ~void)
    owed = Invoice.patient_total > paid.scalar_subquery()
    return select(Invoice.__table__).where(owed, Invoice.id.in_(standing_invoices()))
