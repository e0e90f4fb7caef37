# SPDX-License-Identifier: Apache-2.0
"""The cash desk with the line cut: what is issued is frozen, series are whole, money comes in every way."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pypdfium2 import PdfDocument
from PySide6.QtWidgets import QApplication

from hms_desktop.clinic.billing import queries_documents as documents
from hms_desktop.clinic.billing import service
from hms_desktop.clinic.billing.model import (
    CreditNote,
    Invoice,
    InvoiceLine,
    Payment,
    PaymentVoid,
)
from installer.day import hands
from tests.promises.seats import Seat
from tests.promises.till import (
    Clinic,
    counter,
    finish,
    issue,
    key,
    rows,
    served_till,
    settle,
    take,
    told_as_an_estimate,
)


@pytest.fixture
def clinic(tmp_path: Path, qapp: QApplication) -> Iterator[Clinic]:
    """Two billing stations that know one patient and the price list."""
    with served_till(tmp_path, qapp) as made:
        made.second_desk()
        yield made


@pytest.mark.accepts("BIL-03")
def test_an_issued_invoice_is_frozen_and_every_series_is_whole_offline(clinic: Clinic) -> None:
    seat = clinic.sit_offline()
    clinic.charge(seat, "VISIT")
    clinic.charge(seat, "CUFF")
    page = clinic.account(seat)
    assert page.view.is_draft and rows(seat, Invoice) == []
    assert page.view.lines.patient_pays.text() == "ZAR 749.00"
    told_as_an_estimate(seat, ("Total ZAR 749.00", "Patient pays ZAR 749.00"))
    issue(seat)
    (first,) = rows(seat, Invoice)
    lines = rows(seat, InvoiceLine)
    today = seat.workstation.desk.now().date()
    seat.do(partial(service.set_price, code="CUFF", display="Cuff", amount=1, valid_from=today))
    settle(seat)
    assert rows(seat, InvoiceLine) == lines
    hands.until(lambda: page.view.lines.patient_pays.text() == "ZAR 749.00", "the issued sum stays")
    assert page.view.add.isHidden() and page.view.issue.isHidden()
    key(seat, "L", "Del")
    settle(seat)
    assert QApplication.activeModalWidget() is None and page.view.left_out == frozenset()
    assert rows(seat, InvoiceLine) == lines
    page = clinic.account(seat, first.id)
    key(seat, "C")
    hands.await_field("Reason")
    hands.type_text("the cuff was not taken")
    hands.press("Ctrl+Return")
    hands.until(lambda: len(rows(seat, CreditNote)) == 1, "the credit note")
    settle(seat)
    seat.sit_down()
    hands.until(lambda: page.view.is_draft and page.view.lines.table.rows.total == 2, "the lines are open again")
    issue(seat)
    first_again, second = rows(seat, Invoice)
    assert first_again == first and second.id != first.id
    (note,) = rows(seat, CreditNote)
    assert note.invoice == first.id
    assert seat.ask(partial(documents.invoice_row, invoice=first.id)).number == first.number
    page.view.earlier.table.select(note.id)
    rows_told = (("invoice", "state", f"Taken back by {note.number}", "the cuff was not taken"),
                 ("invoice", "total", "ZAR 749.00", None))  # fmt: skip
    _its_history_says(seat, rows_told)
    _receipts_keep_their_number_when_void(clinic, seat)
    _other_station_has_its_own_series(clinic, [first.number, second.number])


def _receipts_keep_their_number_when_void(clinic: Clinic, seat: Seat) -> None:
    page = seat.window.shown
    take(seat, "F7", "100")
    finish(seat)
    page.view.earlier.table.select(rows(seat, Payment)[0].id)
    page.view.earlier.table.view.setFocus()
    key(seat, "V")
    hands.await_field("Reason")
    hands.type_text("taken twice")
    hands.press("Ctrl+Return")
    hands.until(lambda: len(rows(seat, PaymentVoid)) == 1, "the receipt is void")
    settle(seat)
    seat.sit_down()
    rows_told = (("payment", "cash", "Void", "taken twice"), ("payment", "cash", "ZAR 100.00", None))
    _its_history_says(seat, rows_told)
    take(seat, "F7", "50")
    finish(seat)
    numbers = [row.number for row in rows(seat, Payment)]
    assert [counter(number) for number in numbers] == [1, 2]


def _its_history_says(seat: Seat, wanted: tuple[tuple[str, str, str, str | None], ...]) -> None:
    """The document that is chosen under Account has a history: what it became and why, by whom, when and where."""
    page = seat.window.shown
    page.view.earlier.table.view.setFocus()
    key(seat, "H")
    hands.until(lambda: hasattr(QApplication.activeModalWidget(), "versions"), "its history opens")
    box: Any = QApplication.activeModalWidget()
    hands.until(lambda: len(box.versions._rows) >= len(wanted), "it tells")
    told = box.versions._rows
    assert tuple((one.part, one.field, one.after, one.why) for one in told) == wanted
    assert {(one.person, one.station) for one in told} == {("Zanele", "a")} and told[0].at >= told[1].at
    hands.press("Esc")
    hands.until(lambda: QApplication.activeModalWidget() is None, "it is closed")
    seat.sit_down()


def _other_station_has_its_own_series(clinic: Clinic, numbers: list[str]) -> None:
    assert [counter(number) for number in numbers] == [1, 2]
    other = clinic.made.sit("b", "zanele")
    clinic.charge(other, "LAB-K")
    clinic.account(other)
    issue(other)
    (theirs,) = rows(other, Invoice)
    assert counter(theirs.number) == 1
    assert theirs.number.split("-")[1] != numbers[0].split("-")[1]


@pytest.mark.accepts("BIL-05")
def test_money_comes_in_every_way_and_is_whole_offline(clinic: Clinic) -> None:
    seat = clinic.sit_offline()
    _one_receipt_of_six_ways(clinic, seat)
    _one_tender_over_three_invoices(clinic, seat)


def _one_receipt_of_six_ways(clinic: Clinic, seat: Seat) -> None:
    clinic.charge(seat, "VISIT")
    page = clinic.account(seat)
    hands.until(lambda: page.view.pay.sum.text() == "ZAR 400.00 due", "the sum")
    for way, amount, reference, choice in (
        ("F8", "100", "SLIP 1", ""), ("F9", "50", "MM 2", ""), ("F11", "40", "TR 3", "Transfer"),
        ("F11", "30", "CH 4", "Cheque"), ("F11", "20", "VO 5", "Voucher"),
    ):  # fmt: skip
        take(seat, way, amount, reference=reference, choice=choice)
        key(seat, "Ctrl+M")
    take(seat, "F7", "200")
    assert page.view.pay.change.line.text() == "40.00"
    preview = finish(seat)
    paid = rows(seat, Payment)
    assert [(row.way, row.amount) for row in paid] == [
        ("card", 10_000), ("mobile", 5_000), ("transfer", 4_000), ("cheque", 3_000), ("voucher", 2_000),
        ("cash", 16_000),
    ]  # fmt: skip
    assert (paid[-1].tendered, paid[-1].change) == (20_000, 4_000)
    assert len({row.number for row in paid}) == 1 and counter(paid[0].number) == 1
    paper = PdfDocument(preview.pages.pdf)[0].get_textpage().get_text_range()
    assert paid[0].number in paper and "Voucher" in paper and seat.says("network").startswith("Offline")


def _one_tender_over_three_invoices(clinic: Clinic, seat: Seat) -> None:
    owed = []
    for code in ("LAB-K", "CUFF"):
        charge = clinic.charge(seat, code)
        owed.append(seat.do(partial(service.issue_invoice, patient=clinic.patient, charges=[charge])))
    clinic.charge(seat, "VISIT")
    settle(seat)
    page = clinic.account(seat)
    hands.until(lambda: page.view.pay.others.isVisible(), "the other invoices are offered")
    key(seat, "F8")
    page.view.pay.others.take_focus()
    key(seat, "Space")
    assert page.view.pay.sum.text() == "ZAR 961.50 due"
    take(seat, "F8", "1000", reference="SLIP 9")
    assert "ZAR 38.50 more than is due" in page.view.pay.given.message.words
    finish(seat)
    (newest,) = [row.id for row in rows(seat, Invoice)][-1:]
    mine = [row for row in rows(seat, Payment) if row.reference == "SLIP 9"]
    assert [(row.invoice, row.amount) for row in mine] == [
        (newest, 40_000), (owed[0], 21_250), (owed[1], 34_900), (None, 3_850),
    ]  # fmt: skip
    assert len({row.number for row in mine}) == 1 and counter(mine[0].number) == 2
    assert seat.ask(partial(documents.credit, patient=clinic.patient)) == 3_850
    assert seat.ask(partial(documents.outstanding, patient=clinic.patient)) == 0
