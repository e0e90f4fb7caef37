# SPDX-License-Identifier: Apache-2.0
"""What people do with charges, prices and invoices: an issued invoice is credited and written anew, never edited."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from hms_desktop.clinic.billing import queries, queries_documents
from hms_desktop.clinic.billing.events import InvoiceCredited, InvoiceIssued
from hms_desktop.clinic.billing.model import (
    Charge,
    ChargeVoid,
    CreditNote,
    Invoice,
    InvoiceLine,
    InvoiceShare,
    Payment,
    Price,
)
from hms_desktop.clinic.billing.queries import Estimate
from hms_desktop.clinic.billing.rules import CREDIT
from hms_desktop.core.dates import show_day
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import rule_id
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.editions import publish
from hms_desktop.storage.unit import Unit


@action("billing.set_price", needs="price.manage")
def set_price(
    unit: Unit,
    *,
    code: str,
    display: str,
    amount: int,
    valid_from: date,
    payer: str | None = None,
) -> UUID:
    """Write a price in minor units from a day on; the price in force until then ends the day before and stays readable.

    Refused when a price already starts later. What was invoiced keeps the price it was invoiced with.
    """
    price = {"code": code, "display": display, "amount": amount, "valid_from": valid_from, "payer": payer}
    return _publish_price(unit, price)[0]


@action("billing.publish_prices", needs="price.manage")
def publish_prices(unit: Unit, prices: Sequence[Mapping[str, Any]]) -> int:
    """Put versions of prices on the list, each from its day on; returns how many are new."""
    return sum(_publish_price(unit, price)[1] for price in prices)


def _publish_price(unit: Unit, price: Mapping[str, Any]) -> tuple[UUID, bool]:
    if not price["code"].strip() or not price["display"].strip():
        raise BadInput(_("A price needs a code and words for the invoice."), "code")
    if price["amount"] < 0:
        raise BadInput(_("A price can't be below zero."), "amount")
    return publish(unit, Price, {**price, "currency": unit.clinic.currency}, price["display"])


def charge_id(source: UUID, rule: str, ordinal: int = 0) -> UUID:
    """The id of the charge that a rule makes of a source."""
    return rule_id(source, f"charge:{rule}", ordinal)


def raise_charge(
    unit: Unit,
    *,
    rule: str,
    source: UUID,
    source_table: str,
    patient: UUID,
    encounter: UUID | None,
    code: str,
    quantity: Decimal = Decimal(1),
    ordinal: int = 0,
    served: date | None = None,
) -> UUID:
    """A charge by rule from what was done, for reactions: the same source and rule make one charge, however often."""
    return unit.add(
        Charge,
        id=charge_id(source, rule, ordinal),
        patient=patient,
        encounter=encounter,
        source=source,
        source_table=source_table,
        code=code,
        quantity=quantity,
        served=served,
    )


def drop_charge(unit: Unit, *, rule: str, source: UUID, reason: str) -> UUID:
    """The void of a charge that a reaction raised: for what was taken back."""
    return unit.add(ChargeVoid, charge=charge_id(source, rule), reason=reason, by=unit.person.id)


@action("billing.add_item", needs="invoice.issue")
def add_item(unit: Unit, *, patient: UUID, code: str, quantity: Decimal, encounter: UUID | None = None) -> UUID:
    """Charge something that no event raised, such as a stock item sold at the desk; returns the charge."""
    if quantity <= 0:
        raise BadInput(_("Type a quantity above zero."), "quantity")
    if not queries.prices(unit, [code]):
        raise BadInput(_("Code {code} is not on the price list: pick an item from the list.").format(code=code), "code")
    charge = unit.new_id()
    return unit.add(
        Charge,
        id=charge,
        patient=patient,
        encounter=encounter,
        source=charge,
        source_table="charge",
        code=code,
        quantity=quantity,
    )


@action("billing.void_charge", needs="charge.void")
def void_charge(unit: Unit, *, charge: UUID, reason: str) -> None:
    """Take a charge off for good, with a reason; the event that raised it will not raise it again."""
    _reason(reason)
    if not queries.charges(unit, [charge]):
        raise Refused(_("This charge is already void or stands on an invoice: credit the invoice first."))
    unit.add(ChargeVoid, charge=charge, reason=reason.strip(), by=unit.person.id)


@action("billing.issue_invoice", needs="invoice.issue")
def issue_invoice(
    unit: Unit, *, patient: UUID, charges: Collection[UUID], use_cover: bool = True, replaces: UUID | None = None
) -> UUID:
    """Freeze the chosen charges as an invoice with a number of this station's series; returns the invoice.

    Refused when a charge has no price in force, is already invoiced, or two versions of the cover stand unsettled.
    """
    draft = queries.estimate(unit, patient, charges, use_cover=use_cover)
    must_hold(draft, charges)
    invoice = unit.new_id()
    number = unit.number("INV")
    first = draft.covers[0] if draft.covers else None
    unit.add(
        Invoice,
        id=invoice,
        patient=patient,
        number=number,
        issued_at=unit.now,
        by=unit.person.id,
        currency=draft.currency,
        total=draft.total,
        payer_total=draft.payers,
        patient_total=draft.patient_pays,
        coverage=first.id if first else None,
        payer=first.payer if first else None,
        replaces=replaces,
    )
    _add_lines(unit, invoice, draft)
    unit.announce(InvoiceIssued(invoice, patient, number, draft.total, draft.currency))
    return invoice


def must_hold(draft: Estimate, chosen: Collection[UUID]) -> None:
    """Refuse a draft that can be neither issued nor told as an estimate: a line is gone or has no price, or two
    versions of a cover stand."""
    if not chosen:
        raise Refused(_("Choose at least one line to invoice."))
    if len(draft.lines) != len(set(chosen)):
        raise Refused(_("A chosen line was invoiced or taken off meanwhile: look at the list again."))
    for line in draft.unpriced:
        raise Refused(
            _("{code} has no price on {day}: add one to the price list, or leave the line out.").format(
                code=line.charge.code, day=show_day(line.charge.day)
            )
        )
    for cover in draft.covers:
        if cover.contested:
            raise Refused(
                _(
                    "Two versions of the cover by {payer} stand: settle it under Conflicts, or let the patient pay."
                ).format(payer=cover.payer)
            )


def _add_lines(unit: Unit, invoice: UUID, draft: Estimate) -> None:
    for ordinal, line in enumerate(draft.lines):
        assert line.price is not None
        unit.add(
            InvoiceLine,
            id=rule_id(invoice, "line", ordinal),
            invoice=invoice,
            charge=line.charge.id,
            ordinal=ordinal,
            code=line.charge.code,
            display=line.display,
            quantity=line.charge.quantity,
            unit_price=line.price.amount,
            amount=line.split.amount,
            payer_amount=line.split.payers,
            patient_amount=line.split.patient,
            cover=line.split.cover,
            price_id=line.price.id,
        )
    for index, cover in enumerate(draft.covers):
        parts = [line.split.parts[index] for line in draft.lines]
        unit.add(
            InvoiceShare,
            id=rule_id(invoice, "share", index),
            invoice=invoice,
            coverage=cover.id,
            payer=cover.payer,
            amount=sum(p.amount for p in parts),
            deductible=sum(p.deductible for p in parts),
        )


@action("billing.credit_invoice", needs="invoice.credit")
def credit_invoice(unit: Unit, *, invoice: UUID, reason: str) -> UUID:
    """Take an issued invoice back by a credit note; its charges are open again and what was paid becomes credit."""
    _reason(reason)
    head = queries_documents.invoice_row(unit, invoice)
    if head.credit_note:
        raise Refused(
            _("Invoice {number} was already taken back by {note}.").format(number=head.number, note=head.credit_note)
        )
    number = unit.number("CRN")
    note = unit.add(
        CreditNote,
        invoice=invoice,
        patient=head.patient,
        number=number,
        amount=head.total,
        reason=reason.strip(),
        at=unit.now,
        by=unit.person.id,
    )
    if head.paid:
        unit.add(
            Payment,
            invoice=invoice,
            patient=head.patient,
            number=number,
            ordinal=0,
            way=CREDIT,
            amount=-head.paid,
            currency=head.currency,
            at=unit.now,
            by=unit.person.id,
        )
    unit.announce(InvoiceCredited(note, invoice, head.patient, number, head.total, head.currency))
    return note


@action("billing.replace_invoice", needs="invoice.credit")
def replace_invoice(
    unit: Unit, *, invoice: UUID, charges: Collection[UUID], reason: str, use_cover: bool = True
) -> UUID:
    """Change an issued invoice in the only legal way: a credit note and a new invoice over these charges."""
    head = queries_documents.invoice_row(unit, invoice)
    credit_invoice(unit, invoice=invoice, reason=reason)
    return issue_invoice(unit, patient=head.patient, charges=charges, use_cover=use_cover, replaces=invoice)


def _reason(reason: str) -> None:
    if not reason.strip():
        raise BadInput(_("Type a reason; it stays with the record."), "reason")
