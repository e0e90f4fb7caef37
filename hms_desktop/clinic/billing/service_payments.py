# SPDX-License-Identifier: Apache-2.0
"""What people do with money: take it, keep it as credit, spend credit, void a payment."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from hms_desktop.clinic.billing import queries_documents as documents
from hms_desktop.clinic.billing.events import PaymentTaken, PaymentVoided
from hms_desktop.clinic.billing.model import Payment, PaymentVoid
from hms_desktop.clinic.billing.queries_drawer import drawer
from hms_desktop.clinic.billing.rules import CASH, CREDIT, Due, Piece, Tender, fall
from hms_desktop.clinic.billing.service_drawer import must_be_own, must_stand_here
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import rule_id
from hms_desktop.core.money import Money
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


@action("billing.take_payment", needs="payment.take")
def take_payment(
    unit: Unit, *, patient: UUID, tenders: Sequence[Tender], invoices: Sequence[UUID] = (), keep: bool = False
) -> str:
    """Take money, in minor units, for invoices in order; returns the receipt number of this station's series.

    Cash above what is due is change (`keep` makes it credit); other money above it, or money without an invoice, is
    the patient's credit. Refused when an invoice is paid or cancelled, or a reference was used before.
    """
    if not tenders:
        raise BadInput(_("Type how much was given."), "amount")
    dues = [_due(unit, invoice) for invoice in invoices]
    _credit_covers(unit, patient, tenders)
    for tender in tenders:
        _reference_unused(unit, tender)
    pieces = fall(tenders, dues, keep=keep or not invoices)
    number = unit.number("RCT")
    receipt = _write(unit, patient, number, pieces)
    amount = sum(piece.amount for piece in pieces)
    unit.announce(PaymentTaken(receipt, patient, number, amount, unit.clinic.currency))
    return number


def _due(unit: Unit, invoice: UUID) -> Due:
    head = documents.invoice_row(unit, invoice)
    if head.credit_note:
        raise Refused(
            _("Invoice {number} was taken back by {note}: choose the new invoice.").format(
                number=head.number, note=head.credit_note
            )
        )
    if not head.outstanding:
        raise Refused(
            _("Invoice {number} is already paid. Keep the money as credit, or choose another invoice.").format(
                number=head.number
            )
        )
    return Due(invoice, head.outstanding)


def _credit_covers(unit: Unit, patient: UUID, tenders: Sequence[Tender]) -> None:
    wanted = sum(tender.given for tender in tenders if tender.way == CREDIT)
    held = documents.credit(unit, patient) if wanted else 0
    if wanted > held:
        raise Refused(
            _("The patient's credit is {credit}: use at most that, and another way for the rest.").format(
                credit=Money(held, unit.clinic.currency)
            )
        )


def _reference_unused(unit: Unit, tender: Tender) -> None:
    if tender.reference is None or tender.way in (CASH, CREDIT):
        return
    earlier = documents.same_reference(unit, tender.way, tender.reference)
    if earlier:
        raise Refused(
            _("Reference {reference} was already taken under receipt {number}: open it before taking it again.").format(
                reference=tender.reference, number=earlier.number
            )
        )


def _write(unit: Unit, patient: UUID, number: str, pieces: Sequence[Piece]) -> UUID:
    """The payment rows of one receipt; returns the first one's id. They belong to the open drawer of this station."""
    held = drawer(unit)
    if held is not None and any(piece.way == CASH for piece in pieces):
        must_be_own(unit, held)
    receipt = unit.new_id()
    for ordinal, piece in enumerate(pieces):
        unit.add(
            Payment,
            id=receipt if ordinal == 0 else rule_id(receipt, "payment", ordinal),
            invoice=piece.invoice,
            patient=patient,
            number=number,
            ordinal=ordinal,
            way=piece.way,
            amount=piece.amount,
            currency=unit.clinic.currency,
            tendered=piece.tendered,
            change=piece.change,
            reference=piece.reference,
            at=unit.now,
            by=unit.person.id,
            drawer=held.session if held and held.by == unit.person.id and piece.way != CREDIT else None,
        )
    return receipt


@action("billing.void_receipt", needs="payment.void")
def void_receipt(unit: Unit, *, number: str, reason: str) -> None:
    """Void every payment under a receipt number; the invoices are owed again."""
    page = documents.receipt(unit, number)
    if page is None:
        raise Refused(_("Receipt {number} is not on this device.").format(number=number))
    standing = [payment for payment in page.payments if payment.void_reason is None]
    if not standing:
        raise Refused(_("Receipt {number} is already void.").format(number=number))
    for payment in standing:
        void_payment(unit, payment=payment.id, reason=reason)


@action("billing.void_payment", needs="payment.void")
def void_payment(unit: Unit, *, payment: UUID, reason: str) -> None:
    """Void one payment, with a reason; cash is given back out of this station's drawer.

    Refused when it was kept as credit that has been spent since, or lies in a drawer that is open at another station.
    """
    if not reason.strip():
        raise BadInput(_("Type why the payment is void."), "reason")
    row = unit.get(Payment, payment)
    kept = row.amount if row.invoice is None else -row.amount if row.way == CREDIT else 0
    if kept > 0 and documents.credit(unit, row.patient) < kept:
        raise Refused(
            _("Receipt {number} was kept as credit and has been spent: void what it paid for first.").format(
                number=row.number
            )
        )
    must_stand_here(unit, row)
    held = drawer(unit) if row.way == CASH else None
    void = unit.add(
        PaymentVoid, payment=payment, reason=reason.strip(), at=unit.now, by=unit.person.id,
        drawer=held.session if held else None,
    )  # fmt: skip
    unit.announce(PaymentVoided(void, payment, row.patient, row.number, row.amount, row.currency))


@action("billing.release_overpaid", needs="payment.void")
def release_overpaid(unit: Unit, *, invoice: UUID) -> int:
    """Turn what an invoice was paid too much into the patient's credit; returns it in minor units."""
    head = documents.invoice_row(unit, invoice)
    surplus = head.paid - (0 if head.credit_note else head.patient_total)
    if surplus <= 0:
        raise Refused(_("Invoice {number} was not paid too much.").format(number=head.number))
    unit.add(
        Payment,
        invoice=invoice,
        patient=head.patient,
        number=head.number,
        ordinal=0,
        way=CREDIT,
        amount=-surplus,
        currency=head.currency,
        at=unit.now,
        by=unit.person.id,
    )
    return surplus
