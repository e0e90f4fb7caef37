# SPDX-License-Identifier: Apache-2.0
"""Invoices, estimates and receipts as billing holds them, put on paper."""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID

from hms_desktop.clinic.billing import queries
from hms_desktop.clinic.billing import queries_documents as billing
from hms_desktop.clinic.billing.model import Payment
from hms_desktop.clinic.billing.queries_doubt import counts_on_others
from hms_desktop.clinic.billing.rules import CREDIT, estimate_until, way_word
from hms_desktop.clinic.billing.service import must_hold
from hms_desktop.clinic.ehr.queries_people import person_names
from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.core.errors import NotFound
from hms_desktop.core.money import Money
from hms_desktop.core.text import _
from hms_desktop.documents import invoice as invoice_paper
from hms_desktop.documents import receipt as receipt_paper
from hms_desktop.documents.identity import Mark, PrintRun
from hms_desktop.documents.of_patient import Drawn, sender, whose
from hms_desktop.security.prints import Identity
from hms_desktop.storage.reader import Reader


def invoice(reader: Reader, subject: UUID, run: PrintRun) -> Drawn:
    """An issued invoice with what was paid on it; one that was credited carries VOID."""
    page = billing.invoice_page(reader, subject)
    head = page.head

    def money(minor: int) -> Money:
        return Money(minor, head.currency)

    lines = tuple(
        invoice_paper.InvoiceLine(
            line.code,
            line.display,
            line.quantity,
            money(line.unit_price),
            money(line.amount),
            money(line.payer_amount),
            money(line.patient_amount),
            cover=_cover_word(line.cover) if head.payer else "",
        )
        for line in page.lines
    )
    zone = reader.clinic.zone
    payments = tuple(
        invoice_paper.PaymentLine(paid.number, paid.at.astimezone(zone).date(), way_word(paid.way), money(paid.amount))
        for paid in page.payments
        if paid.void_reason is None
    )
    made = invoice_paper.Invoice(
        sender(reader),
        whose(reader, head.patient),
        run,
        head.number,
        head.issued_at.astimezone(zone).date(),
        lines,
        money(head.total),
        money(head.payer_total),
        money(head.patient_total),
        money(head.outstanding),
        payer=head.payer or "",
        payments=payments,
        mark=Mark.VOID if head.credit_note else Mark.NONE,
        provisional=_share_doubt() if counts_on_others(reader, subject) else "",
        shares=tuple(invoice_paper.Share(payer, money(amount)) for payer, amount in page.shares),
    )
    return Drawn(head.patient, _("Invoice"), made, invoice_paper.render)


def estimate(
    reader: Reader, subject: UUID, run: PrintRun, *, charges: Collection[UUID] | None = None, use_cover: bool = True
) -> Drawn:
    """What a patient's open charges, or the chosen ones, would come to today: no number, no money asked for."""
    patient = one_person(reader, subject).survivor
    person = whose(reader, patient)
    draft = queries.estimate(reader, patient, charges, use_cover=use_cover)
    must_hold(draft, [line.charge.id for line in draft.lines] if charges is None else charges)

    def money(minor: int) -> Money:
        return Money(minor, draft.currency)

    ends = [cover.last for cover in draft.covers if cover.last is not None]
    made = invoice_paper.Invoice(
        sender(reader),
        person,
        run,
        "",
        None,
        tuple(_estimated(line, money, bool(draft.covers)) for line in draft.lines),
        money(draft.total),
        money(draft.payers),
        money(draft.patient_pays),
        money(draft.patient_pays),
        shares=tuple(invoice_paper.Share(payer, money(amount)) for payer, amount in draft.shares),
        mark=Mark.ESTIMATE,
        valid_until=estimate_until(run.at.date(), ends),
    )
    return Drawn(patient, _("Estimate"), made, invoice_paper.render)


def _estimated(line: queries.EstimateLine, money: Callable[[int], Money], covered: bool) -> invoice_paper.InvoiceLine:
    assert line.price is not None  # else the draft does not hold
    return invoice_paper.InvoiceLine(
        line.charge.code,
        line.display,
        line.charge.quantity,
        money(line.price.amount),
        money(line.split.amount),
        money(line.split.payers),
        money(line.split.patient),
        cover=_cover_word(line.split.cover) if covered else "",
    )


def receipt(reader: Reader, subject: UUID, run: PrintRun) -> Drawn:
    """The receipt to which a payment belongs; one whose payments were all voided carries VOID."""
    number = reader.get(Payment, subject).number
    page = billing.receipt(reader, number)
    if page is None:
        raise NotFound(_("The receipt {number} is not on this device. Sync, or ask the server.").format(number=number))
    who = person_names(reader, [page.by])
    kept = [paid for paid in page.payments if paid.void_reason is None] or list(page.payments)

    def money(minor: int) -> Money:
        return Money(minor, page.currency)

    made = receipt_paper.Receipt(
        sender(reader),
        whose(reader, page.patient),
        run,
        page.number,
        page.at.astimezone(reader.clinic.zone),
        who[page.by],
        _tenders(kept, page.currency),
        _settled(kept, page.invoice_numbers, page.currency),
        money(sum(paid.amount for paid in kept)),
        money(page.balance),
        mark=Mark.VOID if all(paid.void_reason for paid in page.payments) else Mark.NONE,
        provisional=_credit_doubt(reader, kept),
    )
    counts = (Identity("receipt", min(paid.id for paid in page.payments)),)
    return Drawn(page.patient, _("Receipt"), made, receipt_paper.render, counts=counts)


def _tenders(kept: list[billing.PaymentRow], currency: str) -> tuple[receipt_paper.TenderLine, ...]:
    return tuple(
        receipt_paper.TenderLine(
            way_word(paid.way),
            Money(paid.amount, currency),
            Money(paid.tendered, currency) if paid.tendered is not None and paid.tendered != paid.amount else None,
            Money(paid.change, currency) if paid.change else None,
            paid.reference or "",
        )
        for paid in kept
    )


def _settled(
    kept: list[billing.PaymentRow], numbers: dict[UUID, str], currency: str
) -> tuple[receipt_paper.SettledLine, ...]:
    sums: dict[UUID | None, int] = {}
    for paid in kept:
        sums[paid.invoice] = sums.get(paid.invoice, 0) + paid.amount
    return tuple(
        receipt_paper.SettledLine(
            numbers.get(invoice, "") if invoice else _("Credit for later"), Money(minor, currency)
        )
        for invoice, minor in sums.items()
    )


def _share_doubt() -> str:
    return _("What the scheme pays counts on what it had paid before, as far as this workstation knew. The server has "
             "not confirmed it yet.")  # fmt: skip


def _credit_doubt(reader: Reader, kept: list[billing.PaymentRow]) -> str:
    """No workstation is lent credit: until the server has the payment, another one may have spent it, too."""
    if not reader.local_only(paid.id for paid in kept if paid.way == CREDIT):
        return ""
    return _("Paid from credit. The server has not confirmed yet that it was not spent at another workstation.")


def _cover_word(code: str) -> str:
    return {"covered": _("Covered"), "part": _("Part"), "not-covered": _("Not covered")}.get(code, code)
