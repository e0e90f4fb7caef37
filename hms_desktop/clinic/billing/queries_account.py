# SPDX-License-Identifier: Apache-2.0
"""A person's account at the cash desk: every document in one list, and since when the cover is as it is known here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.billing.model import Charge, ChargeVoid, CreditNote, InvoiceLine, Payment, PaymentVoid
from hms_desktop.clinic.billing.queries_documents import PaymentRow, invoices, payments
from hms_desktop.clinic.billing.rules import CREDIT
from hms_desktop.clinic.patients.model import Coverage
from hms_desktop.clinic.patients.queries_people import seen_person
from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.security.accounts import Account
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

DocumentKind = Literal["invoice", "receipt", "credit-note", "charge"]


@dataclass(frozen=True)
class AccountDocument:
    """One document: `subject` is the invoice, the receipt's first payment or the credit note; minor units.

    `state` of an invoice is issued, balanced, overpaid or cancelled; of a receipt taken or void; of a note issued.
    `about` names what it settles or takes back; `reason` why it was taken back, `said_by` and `said_at` by whom and
    when. A charge is listed when it was voided before any invoice; it has no amount, for prices stand on invoices.
    """

    kind: DocumentKind
    subject: UUID
    number: str
    at: datetime
    amount: int
    state: str
    about: str = ""
    reason: str = ""
    outstanding: int = 0
    invoice: UUID | None = None
    said_by: str = ""
    said_at: datetime | None = None


@query("invoice.read")
def account_documents(reader: Reader, patient: UUID) -> list[AccountDocument]:
    """Invoices, receipts and credit notes of a person over all linked charts, the newest first."""
    charts = seen_person(reader, patient).charts
    issued = invoices(reader, patient)
    numbers = {row.id: row.number for row in issued}
    found = [
        AccountDocument(
            "invoice", row.id, row.number, row.issued_at, row.patient_total, row.state, row.credit_note or "",
            outstanding=row.outstanding, invoice=row.id,
        )
        for row in issued
    ]  # fmt: skip
    for note in reader.rows(select(CreditNote.__table__).where(CreditNote.patient.in_(charts))):
        about = numbers.get(note.invoice, "")
        found.append(
            AccountDocument("credit-note", note.id, note.number, note.at, note.amount, "issued", about, note.reason,
                            invoice=note.invoice, said_by=_name(reader, note.by), said_at=note.at)
        )  # fmt: skip
    receipts = _receipts(payments(reader, select(Payment.__table__).where(Payment.patient.in_(charts))), numbers)
    found += [_taken_back(reader, one) if one.state == "void" else one for one in receipts]
    found += _voided_charges(reader, charts)
    return sorted(found, key=lambda d: (d.at, d.number), reverse=True)


def _name(reader: Reader, person: UUID) -> str:
    known = reader.scalar(select(Account.name).where(Account.id == person))
    return str(known or (reader.person.name if person == reader.person.id else ""))


def _taken_back(reader: Reader, receipt: AccountDocument) -> AccountDocument:
    void = reader.first(select(PaymentVoid.__table__).where(PaymentVoid.payment == receipt.subject))
    return replace(receipt, said_by=_name(reader, void.by), said_at=void.at) if void else receipt


def _voided_charges(reader: Reader, charts: Collection[UUID]) -> list[AccountDocument]:
    """Charges that were taken off before they stood on an invoice."""
    invoiced = select(InvoiceLine.id).where(InvoiceLine.charge == Charge.id).exists()
    question = (
        select(Charge.id, Charge.code, ChargeVoid.reason, ChargeVoid.by, ChargeVoid.k.label("stamp"))
        .join(ChargeVoid, ChargeVoid.charge == Charge.id)
        .where(Charge.patient.in_(charts), ~invoiced)
    )
    found = []
    for row in reader.rows(question):
        at = instant(stamp_ms(row.stamp))
        found.append(
            AccountDocument("charge", row.id, row.code, at, 0, "void", row.code, row.reason,
                            said_by=_name(reader, row.by), said_at=at)
        )  # fmt: skip
    return found


def _receipts(rows: list[PaymentRow], numbers: dict[UUID, str]) -> list[AccountDocument]:
    """Payments grouped into receipts; what only moves credit about is part of the document that moved it."""
    by_number: dict[str, list[PaymentRow]] = defaultdict(list)
    for row in rows:
        by_number[row.number].append(row)
    out = []
    for number, parts in by_number.items():
        if all(part.way == CREDIT and part.amount < 0 for part in parts):
            continue
        standing = [part for part in parts if part.void_reason is None]
        settled = dict.fromkeys(numbers.get(part.invoice, "") for part in parts if part.invoice)
        first = parts[0]
        out.append(
            AccountDocument(
                "receipt", first.id, number, first.at, sum(p.amount for p in standing or parts),
                "taken" if standing else "void", ", ".join(name for name in settled if name),
                first.void_reason or "", invoice=first.invoice,
            )
        )  # fmt: skip
    return out


@query("invoice.read")
def receipt_subject(reader: Reader, number: str) -> UUID | None:
    """The first payment of a receipt, by which it is printed; None when the number is not on this device."""
    row = reader.first(select(Payment.id).where(Payment.number == number).order_by(Payment.ordinal))
    return row.id if row else None


@query("invoice.read")
def cover_known_since(reader: Reader, coverage: UUID) -> datetime | None:
    """When the cover was last written down, as far as this device knows; nothing is asked of the payer."""
    row = reader.find(Coverage, coverage)
    return instant(stamp_ms(max(row.k, row.g_cover or 0))) if row else None
