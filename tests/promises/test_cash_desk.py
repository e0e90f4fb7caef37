# SPDX-License-Identifier: Apache-2.0
"""The cash desk with the line cut: issued is frozen, series have no gaps, shares follow the cover, money is whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pypdfium2 import PdfDocument
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.billing import queries_documents as documents
from hms_desktop.clinic.billing import service
from hms_desktop.clinic.billing.model import (
    CashSession,
    CreditNote,
    Invoice,
    InvoiceLine,
    InvoiceShare,
    Payment,
    PaymentVoid,
)
from hms_desktop.clinic.billing.queries_drawer import counted_drawers
from hms_desktop.clinic.billing.service_drawer import close_drawer, open_drawer, take_over_drawer
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.errors import Refused
from hms_desktop.storage.owners import OwnerChange
from hms_desktop.ui.routes import BillingDesk, PatientRecord
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.print_preview import PrintPreview
from installer.day import hands
from tests.clinic.meeting import write
from tests.documents import samples
from tests.promises.forms import asked
from tests.promises.forms import finish as finish_form
from tests.promises.places import press_on
from tests.promises.seats import Seat, ServedClinic, served, words_of
from tests.ui.letters import await_letter

PRICES = {"VISIT": 40_000, "LAB-K": 21_250, "MED-HCT": 62, "CUFF": 34_900, "CHECK": 10_000}
WHO = Registration(family="Okonkwo", given="Amara", sex="female", born="1979-03-14", phone="+27 82 555 0101")


class Clinic:
    """The served clinic and the one patient in it."""

    def __init__(self, made: ServedClinic, patient: UUID) -> None:
        self.made, self.patient = made, patient

    def sit_offline(self, name: str = "a") -> Seat:
        """The server is killed; the cashier signs in all the same."""
        self.made.server.kill()
        return self.made.sit(name, "zanele")

    def charge(self, seat: Seat, code: str, quantity: str = "1") -> UUID:
        """Work done, on this station."""
        act = partial(service.add_item, patient=self.patient, code=code, quantity=Decimal(quantity))
        return seat.do(act)

    def account(self, seat: Seat, invoice: UUID | None = None) -> Any:
        """The account, open and read; returns the screen."""
        page = seat.goes_to(BillingDesk(patient=self.patient, invoice=invoice))
        hands.until(lambda: page.view.isVisible() and page.view.account is not None, "the account is shown")
        settle(seat)
        return page


@pytest.fixture
def clinic(tmp_path: Path, qapp: QApplication) -> Iterator[Clinic]:
    """A billing station that knows one patient and the price list."""
    with served(tmp_path, qapp) as made:
        made.person("zanele", "cashier", "manager")
        patient = made.setup(partial(register, written=WHO))
        for code, amount in PRICES.items():
            price = partial(service.set_price, code=code, display=code.title(), amount=amount)
            made.setup(partial(price, valid_from=date(2020, 1, 1)))
        made.server.start()
        made.station("a", "all", "zanele")
        yield Clinic(made, patient)


@pytest.fixture
def two_desks(clinic: Clinic) -> Clinic:
    """The same with a second station."""
    clinic.made.station("b", "all", "zanele")
    return clinic


def settle(seat: Seat) -> None:
    """Let everything that was asked for be done and shown."""
    seat.rests()


def rows(seat: Seat, record: Any) -> list[Any]:
    """All rows of a table on this station, the oldest first."""
    table = record.__table__
    return seat.ask(lambda reader: reader.rows(select(table).order_by(table.c.rid)))


def key(seat: Seat, *sequences: str) -> None:
    """Press keys as slowly as a person."""
    for sequence in sequences:
        seat.window.scanner.hear("\x1b", 0, -1000)
        hands.press(sequence)
        await_letter()


def agree(seat: Seat, verb: str) -> None:
    """Go from the safe button of the question to its verb, and press it."""
    hands.until(lambda: QApplication.activeModalWidget() is not None, "a question is asked")
    hands.put_in_front(hands.front())
    hands.tab_to(verb)
    hands.press("Space")
    settle(seat)


def close_preview(seat: Seat) -> PrintPreview:
    """The receipt is on the screen; Escape closes it."""
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), PrintPreview), "the receipt is shown")
    preview = QApplication.activeModalWidget()
    assert isinstance(preview, PrintPreview) and len(preview.pages) >= 1
    hands.put_in_front(preview)
    hands.press("Esc")
    settle(seat)
    seat.sit_down()
    return preview


def issue(seat: Seat) -> None:
    """Issue what is drafted."""
    seat.sit_down()
    key(seat, "I")
    agree(seat, "Issue the invoice")
    seat.sit_down()


def take(seat: Seat, way: str, amount: str, *, reference: str = "", choice: str = "") -> None:
    """Choose a way by its key, type the amount, and its reference if it has one."""
    key(seat, way)
    if choice:
        page = seat.window.shown
        next(b for b in page.view.pay.other.buttons if b.text() == choice).setFocus()
        key(seat, "Space")
        hands.tab_to("Amount")
    key(seat, "Ctrl+A")
    hands.type_text(amount)
    if reference:
        hands.tab_to("Reference")
        hands.type_text(reference)


def finish(seat: Seat) -> PrintPreview:
    """Ctrl+Enter, agree, and see the receipt."""
    key(seat, "Ctrl+Return")
    hands.until(lambda: QApplication.activeModalWidget() is not None, "a question is asked")
    go = QApplication.activeModalWidget()
    agree(seat, str(go.go.words))  # type: ignore[union-attr]
    return close_preview(seat)


@pytest.mark.accepts("BIL-03")
def test_an_issued_invoice_is_frozen_and_every_series_is_whole_offline(two_desks: Clinic) -> None:
    clinic = two_desks
    seat = clinic.sit_offline()
    clinic.charge(seat, "VISIT")
    clinic.charge(seat, "CUFF")
    page = clinic.account(seat)
    assert page.view.is_draft and rows(seat, Invoice) == []
    assert page.view.lines.patient_pays.text() == "ZAR 749.00"
    _told_as_an_estimate(seat, ("Total ZAR 749.00", "Patient pays ZAR 749.00"))
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


def _told_as_an_estimate(seat: Seat, sums: tuple[str, ...]) -> None:
    """On paper before anything is issued: named as what it is, until when it holds, without a number of the series."""
    seat.sit_down()
    key(seat, "Ctrl+P")
    paper = samples.whole(close_preview(seat).pages.pdf)
    for words in ("Estimate, not an invoice", "Valid until", "Made", *sums):
        assert words in paper, paper
    assert "INV-" not in paper and rows(seat, Invoice) == []


def test_a_drawer_belongs_to_the_station_that_opened_it(two_desks: Clinic) -> None:
    clinic = two_desks
    clinic.made.setup(write(Place, name="Till", kind="room", active=True))
    first = clinic.made.sit("a", "zanele")
    first.in_step()
    clinic.charge(first, "VISIT")
    page = clinic.account(first)
    key(first, "D")
    hands.await_field("Till")
    hands.press("Space")
    hands.tab_to("Float")
    hands.type_text("500")
    hands.press("Ctrl+Return")
    hands.until(lambda: page.view.account.drawer is not None, "the drawer is open")
    settle(first)
    first.sit_down()
    take(first, "F7", "400")
    finish(first)
    (paid,) = rows(first, Payment)
    assert paid.drawer == rows(first, CashSession)[0].id
    first.in_step()
    _another_station_posts_nothing_into_it(clinic, paid.number)
    clinic.made.server.kill()
    first.sit_down()
    key(first, "D")
    hands.await_field("Counted")
    hands.type_text("890")
    hands.press("Ctrl+Return")
    hands.await_field("Reason, if it differs")
    hands.type_text("a note was torn")
    hands.press("Ctrl+Return")
    hands.until(lambda: page.view.account.drawer is None, "the drawer is counted and closed")
    (closed,) = first.ask(counted_drawers)
    assert (closed.expected, closed.difference, closed.reason) == (90_000, -1_000, "a note was torn")


def test_the_drawer_of_a_dead_computer_is_taken_over_with_why_and_counted(two_desks: Clinic) -> None:
    clinic = two_desks
    place = clinic.made.setup(write(Place, name="Till", kind="room", active=True))
    first = clinic.made.sit("a", "zanele")
    hands.until(lambda: first.ask(lambda r: r.find(Place, place)) is not None, "the till is known")
    first.do(partial(open_drawer, place=place, float_amount=50_000))
    first.in_step()
    clinic.made.leaves(first)
    other = clinic.made.sit("b", "zanele")
    other.in_step()
    clinic.charge(other, "VISIT")
    page = clinic.account(other)
    hands.until(lambda: bool(page.view.account.elsewhere), "the drawer is known")
    (held,) = page.view.account.elsewhere
    with pytest.raises(Refused, match="a is in use: count its drawer there"):
        other.do(partial(take_over_drawer, session=held.session, reason="its disk broke"))
    assert "Take over" not in words_of(page.view.drawer)
    clinic.made.server.command("block", "a")
    hands.until(lambda: "a is out of use" in words_of(page.view.drawer), "the blocked station is told")
    button = next(b for b in page.view.drawer.findChildren(Button) if b.words == "Take over the drawer of a")
    button.setFocus()
    key(other, "Space")
    hands.await_field("Reason")
    hands.type_text("its disk broke")
    hands.press("Ctrl+Return")
    hands.until(lambda: page.view.account.drawer is not None, "the drawer is here")
    hands.until(lambda: "Taken over from a: its disk broke" in words_of(page.view.drawer), "from where and why is said")
    other.sit_down()
    key(other, "D")
    hands.await_field("Counted")
    hands.type_text("500")
    hands.press("Ctrl+Return")
    hands.until(lambda: page.view.account.drawer is None, "the drawer is counted and closed")
    other.in_step()
    assert "attention" not in other.says("held_back")
    (counted,) = clinic.made.at_server(counted_drawers)
    assert (counted.station_name, counted.expected, counted.difference) == ("b", 50_000, 0)
    (passed,) = clinic.made.at_server(lambda r: r.rows(select(OwnerChange.__table__)))
    assert (passed.before, passed.reason) == (held.station, "its disk broke")


def _another_station_posts_nothing_into_it(clinic: Clinic, number: str) -> None:
    other = clinic.made.sit("b", "zanele")
    other.in_step()
    page = clinic.account(other)
    hands.until(lambda: bool(page.view.account.elsewhere), "the other drawer is known")
    assert "Open at a with Zanele: only that station posts into it." in words_of(page.view.drawer)
    page.view.earlier.table.select(rows(other, Payment)[0].id)
    page.view.earlier.table.view.setFocus()
    key(other, "V")
    hands.await_field("Reason")
    hands.type_text("mistake")
    hands.press("Ctrl+Return")
    form = QApplication.activeModalWidget()
    assert isinstance(form, FormDialog)
    hands.until(lambda: form.wrong.isVisible(), "the refusal")
    assert form.wrong.text() == f"The cash of receipt {number} is in the open drawer of a: void it at a."
    hands.press("Esc")
    agree(other, "Throw away")
    other.sit_down()
    clinic.charge(other, "CUFF")
    settle(other)
    take(other, "F7", "349")
    finish(other)
    assert rows(other, PaymentVoid) == [] and rows(other, Payment)[-1].drawer is None
    with pytest.raises(Refused, match="only a posts into it"):
        other.do(partial(close_drawer, session=rows(other, CashSession)[0].id, counted=0))
    clinic.made.leaves(other)


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


def counter(number: str) -> int:
    """The running number in a document's number, between the station's code and the check character."""
    return int(number.split("-")[2])


def open_record(clinic: Clinic, seat: Seat) -> Any:
    """The patient's record, open and read."""
    page = seat.goes_to(PatientRecord(clinic.patient))
    hands.until(lambda: page._page is not None, "the record is shown")
    settle(seat)
    return page


def type_cover(payer: str, share: str, excluded: str, **amounts: str) -> None:
    """Fill the form of a cover by keys, in reading order; what is left out, and what is paid whole, is picked."""
    asked("Add cover")
    hands.type_text(payer)
    hands.tab_to("Patient's share")
    hands.type_text(share)
    for field, amount in amounts.items():
        hands.tab_to(field.replace("_", " ").replace("Co pay", "Co-pay"))
        hands.type_text(amount)
    hands.tab_to("Not covered")
    hands.pick(excluded)


def correct_share(clinic: Clinic, seat: Seat, payer: str, share: str, why: str) -> Any:
    """Correct what the patient pays under a cover, with the reason; returns the record."""
    record = open_record(clinic, seat)
    press_on(record.side, f"Correct {payer}")
    asked(f"Correct the cover by {payer}")
    hands.tab_to("Patient's share")
    hands.clear_field()
    hands.type_text(share)
    hands.tab_to("Why")
    hands.type_text(why)
    finish_form(seat)
    return record


@pytest.mark.accepts("BIL-04")
def test_shares_follow_the_cover_until_the_invoice_and_stay_then(clinic: Clinic) -> None:
    seat = clinic.sit_offline()
    for code in ("CHECK", "VISIT", "LAB-K", "CUFF"):
        clinic.charge(seat, code)
    _two_covers_by_keys(clinic, seat)
    page = clinic.account(seat)
    hands.until(lambda: page.view.lines.table.rows.total == 4, "four lines")
    bill = page.view.bill(page.view.account)
    # CHECK is in the package: 100.00 paid whole. VISIT 400.00: deductible 50.00, copay 20.00, of 330.00 the payer's
    # 80 % is 264.00, the cap of 300.00 leaves 200.00. The second fund pays half of the 200.00 left, half of LAB-K.
    assert [(row.payers, row.patient) for row in bill.rows] == [
        (10_000, 0), (30_000, 10_000), (10_625, 10_625), (0, 34_900),
    ]  # fmt: skip
    assert page.view.lines.patient_pays.text() == "ZAR 555.25"
    assert "ZAR 300.00 left of ZAR 300.00 a year" in words_of(page.view.cover)
    _told_as_an_estimate(seat, ("Protea Health pays ZAR 300.00", "Second Fund pays ZAR 206.25"))
    record = correct_share(clinic, seat, "Second Fund", "0", "Letter of the fund")
    _marked_with_its_history(seat, record)
    page = clinic.account(seat)
    hands.until(lambda: page.view.lines.patient_pays.text() == "ZAR 349.00", "the draft is reckoned anew")
    issue(seat)
    (invoice,) = rows(seat, Invoice)
    assert (invoice.total, invoice.payer_total, invoice.patient_total) == (106_150, 71_250, 34_900)
    assert {share.payer: share.amount for share in rows(seat, InvoiceShare)} == {
        "Protea Health": 30_000, "Second Fund": 41_250,
    }  # fmt: skip
    lines = rows(seat, InvoiceLine)
    correct_share(clinic, seat, "Protea Health", "100", "She left the scheme")
    assert rows(seat, Invoice) == [invoice] and rows(seat, InvoiceLine) == lines
    page = clinic.account(seat, invoice.id)
    hands.until(lambda: page.view.lines.patient_pays.text() == "ZAR 349.00", "the issued sum stays")


def _two_covers_by_keys(clinic: Clinic, seat: Seat) -> None:
    """Copay, coinsurance, deductible, cap, exclusion and package; a second payer for what the first leaves."""
    record = open_record(clinic, seat)
    press_on(record.side, "Add cover")
    type_cover("Protea Health", "20", "Cuff", Co_pay_an_invoice="20", Deductible="50", Pays_at_most="300")
    hands.tab_to("Paid whole, as a package")
    hands.pick("Check")
    finish_form(seat)
    hands.until(lambda: "Paid whole: Check" in words_of(record.side), "the record tells its terms")
    press_on(record.side, "Add cover")
    type_cover("Second Fund", "50", "Cuff")
    form = QApplication.activeModalWidget()
    assert isinstance(form, FormDialog)
    hands.tab_to("Pays as number")
    hands.clear_field()
    hands.type_text("1")
    hands.press("Ctrl+Return")
    hands.until(lambda: "Protea Health pays as number 1 already" in form.form.fields["order"].error, "one is first")
    hands.clear_field()
    hands.type_text("2")
    finish_form(seat)
    said = words_of(record.side)
    for words in (
        "1. Protea Health", "2. Second Fund", "Patient pays ZAR 20.00 an invoice, then 20 %", "Not covered: Cuff",
        "Deductible ZAR 50.00 a year", "Pays at most ZAR 300.00 a year",
    ):  # fmt: skip
        assert words in said, words


def _marked_with_its_history(seat: Seat, record: Any) -> None:
    """The corrected cover is marked where it stands, and its history is one step away."""
    press_on(record.side, "Second Fund corrected")
    hands.until(lambda: record.tabs.current() == "history", "one step to its history")
    table = record.history.versions
    wanted = ("patient_share_percent", "50", "0", "Letter of the fund")
    hands.until(lambda: wanted in [(v.field, v.before, v.after, v.why) for v in table._rows], "it is told")


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
