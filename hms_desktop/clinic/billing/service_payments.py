# SPDX-License-Identifier: Apache-2.0
"""What people do with money: take it, keep it as credit, spend credit, void a payment, open and close the drawer."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from hms_desktop.clinic.billing import queries_documents as documents
from hms_desktop.clinic.billing.events import PaymentTaken, PaymentVoided
from hms_desktop.clinic.billing.model import CashClose, CashSession, Payment, PaymentVoid
from hms_desktop.clinic.billing.rules import CASH, CREDIT, Due, Piece, Tender, fall
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
    """The payment rows of one receipt; returns the first one's id. Cash goes into the cashier's open drawer."""
    drawer = documents.drawer(unit, unit.person.id)
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
            drawer=drawer.session if drawer and piece.way == CASH else None,
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
    """Void one payment, with a reason. Refused when it was kept as credit that has been spent since."""
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
    void = unit.add(PaymentVoid, payment=payment, reason=reason.strip(), at=unit.now, by=unit.person.id)
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


@action("billing.open_drawer", needs="drawer.use")
def open_drawer(unit: Unit, *, place: UUID, float_amount: int) -> UUID:
    """Open one's drawer with a float in minor units; Refused while one is open."""
    if float_amount < 0:
        raise BadInput(_("A float can't be below zero."), "float")
    if documents.drawer(unit, unit.person.id):
        raise Refused(_("You have a drawer open: count and close it first."))
    return unit.add(
        CashSession,
        place=place,
        opened_at=unit.now,
        by=unit.person.id,
        float_amount=float_amount,
        currency=unit.clinic.currency,
    )


@action("billing.close_drawer", needs="drawer.use")
def close_drawer(unit: Unit, *, counted: int, reason: str | None = None) -> int:
    """Close one's drawer with what was counted; returns the difference, which needs a reason when it is not zero."""
    held = documents.drawer(unit, unit.person.id)
    if held is None:
        raise Refused(_("You have no drawer open."))
    difference = counted - held.expected
    if difference and not (reason or "").strip():
        raise BadInput(
            _("The drawer differs by {amount}: count again, or type why.").format(
                amount=Money(difference, held.currency)
            ),
            "reason",
        )
    unit.add(
        CashClose,
        session=held.session,
        counted=counted,
        at=unit.now,
        by=unit.person.id,
        reason=reason,
    )
    return difference
