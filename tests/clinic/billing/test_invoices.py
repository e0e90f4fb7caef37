# SPDX-License-Identifier: Apache-2.0
"""Charges become invoices once; an issued invoice never changes; what it took to change one stays readable."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import select

from hms_desktop.clinic.billing import queries, queries_documents, service
from hms_desktop.clinic.billing.model import Charge, Invoice, InvoiceLine
from hms_desktop.clinic.patients.model import Coverage
from hms_desktop.core.errors import BadInput, NotAllowed, Refused
from hms_desktop.core.ids import is_human_number
from hms_desktop.storage.unit import Unit
from tests.clinic.billing.conftest import CashDesk
from tests.desk import person


def test_an_estimate_follows_the_cover_until_the_invoice_freezes_it(cash: CashDesk) -> None:
    cover = cash.cover()
    visit = cash.charge("VISIT")
    draft = cash.desk.ask(partial(queries.estimate, patient=cash.patient))
    assert (draft.total, draft.payers, draft.patient_pays) == (40_000, 32_000, 8000)
    invoice = cash.invoice(visit)

    def half(unit: Unit) -> None:
        unit.action = "test.cover"
        unit.change(Coverage, cover, patient_share_percent=Decimal(50))

    cash.desk.do(half)
    page = cash.desk.ask(partial(queries_documents.invoice_page, invoice=invoice))
    assert (page.head.payer_total, page.head.patient_total) == (32_000, 8000)
    assert is_human_number(page.head.number, "INV")
    cash.charge("VISIT")
    assert cash.desk.ask(partial(queries.estimate, patient=cash.patient)).patient_pays == 20_000


def test_a_charge_is_invoiced_once(cash: CashDesk) -> None:
    visit = cash.charge("VISIT")
    cash.invoice(visit)
    with pytest.raises(Refused, match="invoiced or taken off"):
        cash.invoice(visit)
    with pytest.raises(Refused, match="Choose at least one"):
        cash.invoice()
    assert cash.desk.ask(partial(queries.open_charges, patient=cash.patient)) == []


def test_a_line_keeps_the_price_it_was_made_with(cash: CashDesk) -> None:
    cuff, later = cash.charge("CUFF"), cash.charge("CUFF")
    invoice = cash.invoice(cuff)
    raised = partial(service.set_price, code="CUFF", display="Cuff", amount=40_000, valid_from=date(2026, 11, 23))
    new = cash.desk.do(raised)
    (line,) = cash.desk.ask(partial(queries_documents.invoice_page, invoice=invoice)).lines
    assert line.unit_price == 34_900
    (open_line,) = cash.desk.ask(partial(queries.estimate, patient=cash.patient)).lines
    assert open_line.charge.id == later and open_line.price and open_line.price.id == new
    assert cash.desk.do(raised) == new
    with pytest.raises(Refused, match="Cuff: version 2 starts on 23-Nov-2026"):
        cash.desk.do(partial(raised, amount=1, valid_from=date(2026, 11, 22)))


def test_what_has_no_price_is_named_and_not_billed(cash: CashDesk) -> None:
    def work(unit: Unit) -> None:
        unit.action = "test.work"
        service.raise_charge(
            unit,
            rule="test",
            source=uuid4(),
            source_table="service_order",
            patient=cash.patient,
            encounter=None,
            code="LAB-NEW",
        )

    cash.desk.do(work)
    (row,) = cash.desk.ask(partial(queries.open_charges, patient=cash.patient))
    with pytest.raises(Refused, match="LAB-NEW has no price on 23-Nov-2026"):
        cash.invoice(row.id)
    with pytest.raises(BadInput, match="not on the price list"):
        cash.charge("NOPE")
    with pytest.raises(BadInput, match="above zero"):
        cash.charge("VISIT", "0")


def test_a_charge_taken_off_is_not_raised_again(cash: CashDesk) -> None:
    source = uuid4()

    def work(unit: Unit) -> None:
        unit.action = "test.work"
        service.raise_charge(
            unit,
            rule="visit",
            source=source,
            source_table="encounter",
            patient=cash.patient,
            encounter=source,
            code="VISIT",
        )

    cash.desk.do(work)
    (row,) = cash.desk.ask(partial(queries.open_charges, patient=cash.patient))
    assert row.source == source
    cash.desk.do(partial(service.void_charge, charge=row.id, reason="free visit"))
    cash.desk.do(work)
    assert cash.desk.ask(partial(queries.open_charges, patient=cash.patient)) == []
    with pytest.raises(Refused, match="already void"):
        cash.desk.do(partial(service.void_charge, charge=row.id, reason="again"))


def test_a_change_is_a_credit_note_and_a_new_invoice(cash: CashDesk) -> None:
    visit, cuff = cash.charge("VISIT"), cash.charge("CUFF")
    first = cash.invoice(visit, cuff)
    second = cash.desk.do(
        partial(service.replace_invoice, invoice=first, charges=[visit], reason="cuff was given back")
    )
    old, new = (cash.desk.ask(partial(queries_documents.invoice_page, invoice=i)) for i in (first, second))
    assert old.head.state == "cancelled" and old.head.credit_note and len(old.lines) == 2
    assert new.head.state == "issued" and new.head.total == 40_000
    assert cash.desk.ask(lambda r: r.get(Invoice, second)).replaces == first
    assert [c.id for c in cash.desk.ask(partial(queries.open_charges, patient=cash.patient))] == [cuff]
    with pytest.raises(Refused, match="already taken back"):
        cash.desk.do(partial(service.credit_invoice, invoice=first, reason="again"))
    with pytest.raises(BadInput, match="reason"):
        cash.desk.do(partial(service.credit_invoice, invoice=second, reason=" "))


def test_an_issued_invoice_can_not_be_edited(cash: CashDesk) -> None:
    invoice = cash.invoice(cash.charge("VISIT"))

    def edit(unit: Unit) -> None:
        unit.action = "test.edit"
        unit.change(Invoice, invoice, total=1)

    with pytest.raises(TypeError, match="written once"):
        cash.desk.do(edit)


def test_numbers_have_no_gap_when_an_invoice_is_refused(cash: CashDesk) -> None:
    numbers = []
    for _attempt in range(3):
        with pytest.raises(Refused):
            cash.invoice(uuid4())
        invoice = cash.invoice(cash.charge("VISIT"))
        numbers.append(cash.desk.ask(partial(queries_documents.invoice_row, invoice=invoice)).number)
    assert [n.split("-")[2] for n in numbers] == ["00001", "00002", "00003"]


def test_deductible_and_cap_are_used_up_over_the_year(cash: CashDesk) -> None:
    cash.cover(patient_share_percent=Decimal(0), deductible=50_000, cap=40_000)
    first = cash.invoice(cash.charge("VISIT"))
    second = cash.invoice(cash.charge("VISIT"))
    third = cash.invoice(cash.charge("VISIT"))
    totals = [
        cash.desk.ask(partial(queries_documents.invoice_row, invoice=i)).patient_total for i in (first, second, third)
    ]
    assert totals == [40_000, 10_000, 30_000]
    cash.desk.do(partial(service.credit_invoice, invoice=second, reason="twice"))
    assert cash.desk.ask(partial(queries.estimate, patient=cash.patient)).patient_pays == 10_000 + 0


def test_a_cover_out_of_date_or_left_out_pays_nothing(cash: CashDesk) -> None:
    cash.cover(valid_to="2026-10")
    visit = cash.charge("VISIT")
    assert cash.desk.ask(partial(queries.estimate, patient=cash.patient)).patient_pays == 40_000
    cash.cover(valid_from="2026-11", valid_to="2026-11-23")
    assert cash.desk.ask(partial(queries.estimate, patient=cash.patient)).patient_pays == 8000
    invoice = cash.invoice(visit, use_cover=False)
    assert cash.desk.ask(partial(queries_documents.invoice_row, invoice=invoice)).payer_total == 0


def test_every_step_needs_its_right(cash: CashDesk) -> None:
    visit = cash.charge("VISIT")
    nobody = person("Nobody", ["invoice.read"])
    with pytest.raises(NotAllowed):
        cash.desk.do(partial(service.issue_invoice, patient=cash.patient, charges=[visit]), nobody)
    assert cash.desk.ask(lambda r: r.rows(select(InvoiceLine.id))) == []
    assert cash.desk.ask(lambda r: len(r.rows(select(Charge.id)))) == 1
