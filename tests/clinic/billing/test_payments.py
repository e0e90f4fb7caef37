# SPDX-License-Identifier: Apache-2.0
"""Money in is recorded once, falls where it is owed, and can be taken back only with a reason."""

from __future__ import annotations

from functools import partial
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hms_desktop.clinic.billing import queries_documents as documents
from hms_desktop.clinic.billing import queries_drawer, service, service_drawer, service_payments
from hms_desktop.clinic.billing.rules import CARD, CASH, CREDIT, Tender
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import is_human_number
from tests.clinic.billing.conftest import CashDesk


def take(cash: CashDesk, *tenders: Tender, invoices: tuple[UUID, ...] = (), keep: bool = False) -> str:
    """A payment at this desk; returns the receipt number."""
    return cash.desk.do(
        partial(service_payments.take_payment, patient=cash.patient, tenders=tenders, invoices=invoices, keep=keep)
    )


def credit(cash: CashDesk) -> int:
    """What the patient has in credit."""
    return cash.desk.ask(partial(documents.credit, patient=cash.patient))


def state(cash: CashDesk, invoice: UUID) -> str:
    """The derived state of an invoice."""
    return cash.desk.ask(partial(documents.invoice_row, invoice=invoice)).state


def test_cash_gives_change_and_a_receipt_of_this_station(cash: CashDesk) -> None:
    invoice = cash.invoice(cash.charge("VISIT"))
    number = take(cash, Tender(CASH, 50_000), invoices=(invoice,))
    assert is_human_number(number, "RCT")
    page = cash.desk.ask(partial(documents.receipt, number=number))
    assert page is not None and page.balance == 0
    (payment,) = page.payments
    assert (payment.amount, payment.tendered, payment.change) == (40_000, 50_000, 10_000)
    assert state(cash, invoice) == "balanced" and credit(cash) == 0


def test_an_invoice_that_is_paid_is_not_paid_again(cash: CashDesk) -> None:
    invoice = cash.invoice(cash.charge("VISIT"))
    take(cash, Tender(CARD, 40_000, "slip 7"), invoices=(invoice,))
    with pytest.raises(Refused, match="already paid"):
        take(cash, Tender(CASH, 40_000), invoices=(invoice,))
    other = cash.invoice(cash.charge("CUFF"))
    with pytest.raises(Refused, match="Reference slip 7 was already taken under receipt RCT-"):
        take(cash, Tender(CARD, 34_900, "slip 7"), invoices=(other,))


def test_several_tenders_under_one_receipt_and_one_tender_over_two_invoices(cash: CashDesk) -> None:
    first, second = cash.invoice(cash.charge("VISIT")), cash.invoice(cash.charge("CUFF"))
    number = take(cash, Tender("mobile", 50_000, "MM1"), Tender(CASH, 30_000), invoices=(first, second))
    page = cash.desk.ask(partial(documents.receipt, number=number))
    assert page is not None
    assert [(p.way, p.amount) for p in page.payments] == [("mobile", 40_000), ("mobile", 10_000), (CASH, 24_900)]
    assert len(page.invoice_numbers) == 2 and state(cash, second) == "balanced"


def test_over_payment_is_credit_that_can_be_spent_once(cash: CashDesk) -> None:
    first = cash.invoice(cash.charge("VISIT"))
    take(cash, Tender("transfer", 60_000, "T1"), invoices=(first,))
    assert credit(cash) == 20_000
    second = cash.invoice(cash.charge("CUFF"))
    with pytest.raises(Refused, match="credit is ZAR"):
        take(cash, Tender(CREDIT, 30_000), invoices=(second,))
    take(cash, Tender(CREDIT, 20_000), Tender(CASH, 15_000), invoices=(second,))
    assert credit(cash) == 0 and state(cash, second) == "balanced"


def test_a_deposit_without_an_invoice_is_credit(cash: CashDesk) -> None:
    take(cash, Tender(CASH, 10_000))
    assert credit(cash) == 10_000


def test_a_credited_invoice_gives_back_what_was_paid(cash: CashDesk) -> None:
    invoice = cash.invoice(cash.charge("VISIT"))
    take(cash, Tender(CASH, 40_000), invoices=(invoice,))
    cash.desk.do(partial(service.credit_invoice, invoice=invoice, reason="wrong patient"))
    assert credit(cash) == 40_000 and state(cash, invoice) == "cancelled"
    with pytest.raises(Refused, match="taken back by CRN-"):
        take(cash, Tender(CASH, 1), invoices=(invoice,))


def test_a_void_payment_is_owed_again_and_stays_readable(cash: CashDesk) -> None:
    invoice = cash.invoice(cash.charge("VISIT"))
    number = take(cash, Tender(CASH, 40_000), invoices=(invoice,))
    void = partial(service_payments.void_receipt, number=number, reason="typed twice")
    cash.desk.do(void)
    assert state(cash, invoice) == "issued"
    page = cash.desk.ask(partial(documents.invoice_page, invoice=invoice))
    assert page.payments[0].void_reason == "typed twice" and page.head.outstanding == 40_000
    with pytest.raises(Refused, match="already void"):
        cash.desk.do(void)
    with pytest.raises(Refused, match="not on this device"):
        cash.desk.do(partial(service_payments.void_receipt, number="RCT-000", reason="x"))
    with pytest.raises(BadInput, match="why"):
        cash.desk.do(partial(service_payments.void_payment, payment=page.payments[0].id, reason=""))


def test_credit_that_was_spent_can_not_be_voided(cash: CashDesk) -> None:
    number = take(cash, Tender(CASH, 40_000))
    invoice = cash.invoice(cash.charge("VISIT"))
    take(cash, Tender(CREDIT, 40_000), invoices=(invoice,))
    with pytest.raises(Refused, match="has been spent"):
        cash.desk.do(partial(service_payments.void_receipt, number=number, reason="mistake"))


def test_a_drawer_holds_what_was_taken_and_a_difference_needs_a_reason(cash: CashDesk) -> None:
    place = UUID(int=7)
    cash.desk.do(partial(service_drawer.open_drawer, place=place, float_amount=10_000))
    with pytest.raises(Refused, match="open"):
        cash.desk.do(partial(service_drawer.open_drawer, place=place, float_amount=0))
    invoice = cash.invoice(cash.charge("VISIT"))
    take(cash, Tender(CASH, 30_000), Tender(CARD, 10_000, "c"), invoices=(invoice,))
    drawer = cash.desk.ask(queries_drawer.drawer)
    assert drawer is not None and (drawer.expected, drawer.receipts) == (40_000, 1)
    with pytest.raises(BadInput, match="differs by ZAR"):
        cash.desk.do(partial(service_drawer.close_drawer, counted=39_000))
    assert cash.desk.do(partial(service_drawer.close_drawer, counted=39_000, reason="note missing")) == -1000
    with pytest.raises(Refused, match="No drawer is open"):
        cash.desk.do(partial(service_drawer.close_drawer, counted=0))


def test_the_list_names_who_has_something_to_bill_or_to_pay(cash: CashDesk) -> None:
    assert cash.desk.ask(documents.to_bill) == []
    visit = cash.charge("VISIT")
    (line,) = cash.desk.ask(documents.to_bill)
    assert (line.patient, line.open_charges, line.outstanding) == (cash.patient, 1, 0)
    invoice = cash.invoice(visit)
    (line,) = cash.desk.ask(documents.to_bill)
    assert (line.open_charges, line.outstanding) == (0, 40_000)
    take(cash, Tender(CASH, 40_000), invoices=(invoice,))
    assert cash.desk.ask(documents.to_bill) == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["charge", "cash", "card", "credit", "void", "note"]), min_size=3, max_size=12))
def test_money_in_equals_money_owed_paid_and_kept(cash: CashDesk, steps: list[str]) -> None:
    for ordinal, step in enumerate(steps):
        _step(cash, step, ordinal)
    rows = cash.desk.ask(partial(documents.invoices, patient=cash.patient))
    paid = sum(row.paid for row in rows)
    kept = credit(cash)
    assert kept >= 0 and all(row.paid <= row.patient_total for row in rows)
    assert all(row.paid == 0 for row in rows if row.credit_note)
    assert paid + kept == _taken(cash)


def _step(cash: CashDesk, step: str, ordinal: int) -> None:
    open_ones = [r for r in cash.desk.ask(partial(documents.invoices, patient=cash.patient)) if r.outstanding]
    if step == "charge" or not open_ones:
        cash.invoice(cash.charge("VISIT"))
        return
    target = open_ones[0]
    if step in (CASH, CARD):
        reference = None if step == CASH else str(uuid4())
        take(cash, Tender(step, 25_000 + ordinal, reference), invoices=(target.id,))
    elif step == "credit" and credit(cash):
        take(cash, Tender(CREDIT, min(credit(cash), target.outstanding)), invoices=(target.id,))
    elif step == "note":
        cash.desk.do(partial(service.credit_invoice, invoice=target.id, reason="again"))
    elif step == "void" and target.paid:
        page = cash.desk.ask(partial(documents.invoice_page, invoice=target.id))
        last = [p for p in page.payments if p.void_reason is None and p.way != CREDIT]
        if last:
            cash.desk.do(partial(service_payments.void_payment, payment=last[-1].id, reason="wrong"))


def _taken(cash: CashDesk) -> int:
    from sqlalchemy import select

    from hms_desktop.clinic.billing.model import Payment, PaymentVoid

    void = select(PaymentVoid.id).where(PaymentVoid.payment == Payment.id).exists()
    rows = cash.desk.ask(lambda r: r.rows(select(Payment.amount, Payment.way).where(~void)))
    return sum(row.amount for row in rows if row.way != CREDIT)
