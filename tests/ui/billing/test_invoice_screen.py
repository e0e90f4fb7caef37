# SPDX-License-Identifier: Apache-2.0
"""From work done to a receipt by keys alone: estimate, invoice, several tenders, credit note, reprint; offline."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from pypdfium2 import PdfDocument
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from hms_desktop.clinic.billing import queries_documents as documents
from hms_desktop.clinic.billing import service, service_drawer, service_payments
from hms_desktop.clinic.billing.model import Charge, CreditNote, Invoice, InvoiceLine, Payment, PaymentVoid
from hms_desktop.clinic.billing.rules import CARD, CASH, Tender
from hms_desktop.clinic.patients.model import Coverage
from hms_desktop.core.dates import show_day
from hms_desktop.security.audit import AccessEvent
from hms_desktop.storage.unit import Unit
from hms_desktop.ui.billing import account_facts, invoice_screen
from hms_desktop.ui.billing.invoice_screen import BillingPage
from hms_desktop.ui.billing.words import document_words
from hms_desktop.ui.routes import BillingDesk
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import Chip
from hms_desktop.ui.widgets.confirm import Confirm
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.patient_card import PatientCard
from hms_desktop.ui.widgets.print_preview import PrintPreview
from hms_desktop.ui.widgets.theme import theme
from tests.clinic.billing.conftest import CashDesk
from tests.clinic.meeting import change
from tests.ui.typist import CTRL, KEYS, Typist


def page_of(till: Typist) -> BillingPage:
    """The cash desk's screen."""
    page = till.page
    assert isinstance(page, BillingPage)
    return page


def open_account(till: Typist, patient: UUID, invoice: UUID | None = None) -> BillingPage:
    """Open an account and wait until it is shown."""
    till.go(BillingDesk(patient=patient, invoice=invoice))
    page = page_of(till)
    till.until(lambda: page.patient == patient and page.view.isVisible() and page.view.account is not None)
    till.front()
    till.until(lambda: page.view.lines.table.rows.total is not None)
    return page


def named(page: BillingPage) -> list[str]:
    """Whom the pane beside the list shows."""
    return [card.data.full_name for card in page.list.detail.findChildren(PatientCard) if card.isVisible()]


def chips(page: BillingPage) -> list[str]:
    """The words of the chips beside the heading."""
    return [part.accessibleName() for part in page.view.lines.chips.parts]


def hints(till: Typist) -> list[str]:
    """What the status bar says can be done."""
    return [key.text for key in till.workstation.window.keys.hints()]


def pay(till: Typist, amount: str) -> None:
    """Type an amount, finish, agree."""
    till.press((KEYS.Key_A, CTRL))
    till.type(amount)
    till.press((KEYS.Key_Return, CTRL))
    till.agree()


def close_preview(till: Typist) -> PrintPreview:
    """Wait for the preview and close it by Escape."""
    preview = till.dialog()
    assert isinstance(preview, PrintPreview)
    till.press(KEYS.Key_Escape)
    till.front()
    return preview


def test_one_bar_moves_the_whole_bill_in_a_low_window(cash: CashDesk, till: Typist) -> None:
    cash.charge("VISIT")
    till.workstation.window.resize(1180, 720)
    page = open_account(till, cash.patient)
    view, side = page.view, page.view.split.splitter.widget(1)
    till.until(lambda: view.lines.height() >= view.lines.minimumHeight())
    assert not view.split.stacked and side.verticalScrollBar().maximum() == 0
    gap = view.earlier.geometry().top() - view.lines.geometry().bottom() - 1
    assert gap == theme.space(4)
    assert hints(till) == ["Issue the invoice", "Add an item", "Cash"]


def test_at_large_text_the_list_drops_columns_and_scrolls_no_way_but_down(cash: CashDesk, till: Typist) -> None:
    cash.charge("VISIT")
    till.workstation.window.resize(1280, 720)
    page = page_of(till)
    theme.use(scale=2.0)
    try:
        view = page.list.table.view
        till.until(lambda: page.list.split.stacked and bool(view.left_out))
        till.until(lambda: view.horizontalScrollBar().maximum() == 0)
        shown = {column.key for at, column in enumerate(view.rows.columns) if not view.isColumnHidden(at)}
        assert shown >= {"patient", "state", "owed"}
    finally:
        theme.use(scale=1.0)


def test_a_summary_that_comes_after_the_line_was_left_shows_nobody(cash: CashDesk, till: Typist) -> None:
    cash.charge("VISIT")
    page = page_of(till)
    till.until(lambda: page.list.line() is not None and bool(named(page)))
    page.list._choose(page.list.line())
    page.list.list.filter.choose("to_pay")
    for _turn in range(3):
        till.workstation.tasks.settle()
        QApplication.processEvents()
        QApplication.sendPostedEvents()
    assert page.list.line() is None and not named(page)
    page.list.list.filter.choose("")
    till.until(lambda: bool(named(page)))


def test_from_the_list_to_a_printed_receipt_by_keys_alone(cash: CashDesk, till: Typist, tmp_path: Path) -> None:
    cash.cover(plan="Standard", copay=2_000, excluded="CUFF")
    for code, quantity in (("VISIT", "1"), ("LAB-K", "1"), ("MED-HCT", "28"), ("CUFF", "1")):
        cash.charge(code, quantity)
    page = page_of(till)
    till.until(lambda: page.list.table.rows.total == 1)
    till.until(lambda: page.list.line() is not None)
    page.list.table.view.setFocus()
    till.press(KEYS.Key_Return)
    till.until(lambda: page.view.isVisible() and page.patient == cash.patient)
    assert till.workstation.window.frame.banner.isVisible()
    till.until(lambda: page.view.lines.table.rows.total == 4)
    assert "Draft" in chips(page)
    assert page.view.lines.patient_pays.text() == "ZAR 490.97"
    assert page.view.pay.sum.text() == "ZAR 490.97 due"
    till.press(KEYS.Key_F7)
    assert page.view.pay.given.line.hasFocus()
    till.type("500,00")
    assert page.view.pay.change.line.text() == "9.03"
    assert page.view.pay.go.words == "Take ZAR 490.97 and print"
    till.press((KEYS.Key_Return, CTRL))
    question = till.dialog()
    assert isinstance(question, Confirm) and question.accessibleName() == "Take ZAR 490.97 from Okonkwo, Amara?"
    assert till.rows(Invoice) == []
    till.agree()
    preview = till.dialog()
    assert isinstance(preview, PrintPreview)
    (invoice,), (payment,) = till.rows(Invoice), till.rows(Payment)
    assert (invoice.total, invoice.payer_total, invoice.patient_total) == (97_886, 48_789, 49_097)
    assert sum(line.patient_amount for line in till.rows(InvoiceLine)) == 49_097
    assert (payment.way, payment.amount, payment.tendered, payment.change) == ("cash", 49_097, 50_000, 903)
    assert payment.number.startswith("RCT-001-00001-") and invoice.number.startswith("INV-001-00001-")
    preview.save_to(tmp_path / "receipt.pdf")
    till.until(lambda: any(event.kind == "export" for event in till.rows(AccessEvent)))
    close_preview(till)
    till.until(lambda: "Paid" in chips(page))
    assert page.view.pay.sum.text() == "Nothing due"
    assert page.view.pay.form.isHidden()


def test_a_reprint_is_marked_copy(cash: CashDesk, till: Typist, tmp_path: Path) -> None:
    invoice = cash.invoice(cash.charge("VISIT"))
    act = partial(service_payments.take_payment, patient=cash.patient, tenders=[Tender(CASH, 40_000)])
    cash.desk.do(partial(act, invoices=[invoice]))
    page = open_account(till, cash.patient, invoice)
    for expected in (False, True):
        page.view.earlier.table.select(till.rows(Payment)[0].id)
        page.view.earlier.table.view.setFocus()
        till.press(KEYS.Key_Return)
        preview = till.dialog()
        assert any("Copy" in chip.face.words for chip in preview.findChildren(Chip)) is expected
        preview.save_to(tmp_path / "receipt.pdf")
        till.until(lambda: any(event.kind == "export" for event in till.rows(AccessEvent)))
        close_preview(till)


def test_an_invoice_is_issued_after_a_question_and_is_frozen(cash: CashDesk, till: Typist) -> None:
    cover = cash.cover()
    cash.charge("VISIT")
    page = open_account(till, cash.patient)
    till.press(KEYS.Key_I)
    till.until(lambda: isinstance(till.dialog(), Confirm))
    assert "Okonkwo, Amara" in till.dialog().accessibleName()
    till.agree()
    till.until(lambda: page.view.lines.title.text().startswith("Invoice INV-001-00001-"))
    assert "Issued" in chips(page) and page.view.add.isHidden() and page.view.issue.isHidden()
    till.until(lambda: hints(till) == ["Cash", "Keys"])  # what is issued takes no item and is not issued again
    cash.desk.do(change(Coverage, cover, patient_share_percent=Decimal(100)))
    price = partial(service.set_price, code="VISIT", display="Visit", amount=99_900)
    cash.desk.do(partial(price, valid_from=cash.desk.ask(lambda r: r.now).date().replace(day=24)))
    cash.charge("LAB-K")
    till.until(lambda: page.view.to_draft.isVisible())
    assert page.view.lines.patient_pays.text() == "ZAR 80.00"


@pytest.mark.accepts("X-03")
def test_a_change_is_a_credit_note_and_a_new_invoice_in_an_unbroken_series(cash: CashDesk, till: Typist) -> None:
    invoice = cash.invoice(cash.charge("VISIT"), cash.charge("CUFF"))
    page = open_account(till, cash.patient, invoice)
    till.until(lambda: page.view.credit_note.isVisible())
    till.press(KEYS.Key_C)
    form = till.dialog()
    assert isinstance(form, FormDialog)
    till.press((KEYS.Key_Return, CTRL))
    assert "Reason is missing" in form.form.fields["reason"].error
    till.type("the cuff was not taken")
    till.press((KEYS.Key_Return, CTRL))
    till.until(lambda: len(till.rows(CreditNote)) == 1)
    till.front()
    till.until(lambda: page.view.is_draft and page.view.lines.table.rows.total == 2)
    page.view.lines.table.select(till.rows(Charge)[1].id)
    page.view.lines.table.view.setFocus()
    till.press(KEYS.Key_L)
    till.until(lambda: page.view.lines.patient_pays.text() == "ZAR 400.00")
    till.press(KEYS.Key_I)
    till.agree()
    till.until(lambda: len(till.rows(Invoice)) == 2)
    first, second = till.rows(Invoice)
    assert [row.number.split("-")[2] for row in (first, second)] == ["00001", "00002"]
    assert (first.total, second.total) == (74_900, 40_000)
    kinds = [document.kind for document in page.view.account.documents] if page.view.account else []
    till.until(lambda: page.view.account is not None and len(page.view.account.documents) == 3)
    assert "credit-note" in kinds
    till.until(lambda: any("the cuff was not taken, " in words for words in said_of(page)))
    assert cash.desk.ask(partial(documents.invoice_row, invoice=first.id)).state == "cancelled"


def test_several_tenders_make_one_receipt(cash: CashDesk, till: Typist) -> None:
    cash.charge("VISIT")
    page = open_account(till, cash.patient)
    till.press(KEYS.Key_F8)
    assert page.view.pay.given.line.text() == "400"
    till.press((KEYS.Key_A, CTRL))
    till.type("150.50")
    till.press(KEYS.Key_Tab)
    assert page.view.pay.reference.line.hasFocus()
    till.type("SLIP 77")
    till.press((KEYS.Key_M, CTRL))
    assert page.view.pay.tenders == [Tender(CARD, 15_050, "SLIP 77")]
    till.press(KEYS.Key_F7)
    pay(till, "250")
    close_preview(till)
    rows = till.rows(Payment)
    assert [(row.way, row.amount, row.change) for row in rows] == [("card", 15_050, None), ("cash", 24_950, 50)]
    assert len({row.number for row in rows}) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [("0", "can't be below"), ("-5", "can't be below"), ("12.345", "at most 2 digits"), ("1,234", "two ways"),
     ("abc", "not a number"), ("", "missing")],
)  # fmt: skip
def test_a_wrong_amount_is_named_and_nothing_is_taken(cash: CashDesk, till: Typist, typed: str, said: str) -> None:
    cash.charge("VISIT")
    page = open_account(till, cash.patient)
    till.press(KEYS.Key_F7)
    till.type(typed)
    till.press((KEYS.Key_Return, CTRL))
    assert said in page.view.pay.given.error
    assert page.view.pay.given.line.text() == typed
    assert till.rows(Payment) == [] and till.rows(Invoice) == []


def test_more_than_is_due_is_named_and_becomes_credit(cash: CashDesk, till: Typist) -> None:
    cash.charge("VISIT")
    page = open_account(till, cash.patient)
    till.press(KEYS.Key_F8)
    till.press((KEYS.Key_A, CTRL))
    till.type("450")
    assert "ZAR 50.00 more than is due" in page.view.pay.given.message.words
    till.press((KEYS.Key_Return, CTRL))
    till.agree()
    close_preview(till)
    assert cash.desk.ask(partial(documents.credit, patient=cash.patient)) == 5_000
    till.until(lambda: page.view.account is not None and page.view.account.credit == 5_000)


def test_a_part_payment_leaves_the_rest_due(cash: CashDesk, till: Typist) -> None:
    cash.charge("VISIT")
    page = open_account(till, cash.patient)
    till.press(KEYS.Key_F7)
    till.type("100")
    assert "ZAR 300.00 stays due" in page.view.pay.given.message.words
    till.press((KEYS.Key_Return, CTRL))
    till.agree()
    close_preview(till)
    till.until(lambda: page.view.pay.sum.text() == "ZAR 300.00 due")


def test_two_card_receipts_for_one_invoice_each_open_their_preview(cash: CashDesk, till: Typist) -> None:
    cash.charge("VISIT")
    page = open_account(till, cash.patient)
    for place, left in enumerate(("ZAR 300.00 due", "ZAR 200.00 due", "ZAR 100.00 due", "Nothing due"), 1):
        till.press(KEYS.Key_F8)
        pay(till, "100")
        till.until(lambda: isinstance(till.dialog(), PrintPreview))
        said = PdfDocument(till.dialog().pages.pdf)[0].get_textpage().get_text_range()
        number = till.rows(Payment)[-1].number
        close_preview(till)
        assert number in said, "the receipt that was just taken"
        assert (len(till.rows(Payment)), len(till.rows(Invoice))) == (place, 1)
        till.until(lambda words=left: page.view.pay.sum.text() == words)  # type: ignore[misc]
    assert len({row.number for row in till.rows(Payment)}) == 4


def test_who_is_faster_than_the_account_pays_on_the_invoice_that_was_just_made(
    cash: CashDesk, till: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second receipt was once asked for over a bill that was an invoice by then, was refused, and never came."""
    read, gate = account_facts.read_account, Event()
    gate.set()

    def slowly(*about: Any, **more: Any) -> Any:
        assert gate.wait(60)
        return read(*about, **more)

    monkeypatch.setattr(invoice_screen, "read_account", slowly)
    cash.charge("VISIT")
    page = open_account(till, cash.patient)
    till.press(KEYS.Key_F8)
    till.press((KEYS.Key_A, CTRL))
    till.type("100")
    till.press((KEYS.Key_Return, CTRL))
    gate.clear()
    till.agree()
    till.until(lambda: isinstance(till.dialog(), PrintPreview))
    close_preview(till)
    till.press(KEYS.Key_F8)
    till.press((KEYS.Key_A, CTRL))
    till.type("120")
    till.press((KEYS.Key_Return, CTRL))
    gate.set()
    till.agree()
    till.until(lambda: isinstance(till.dialog(), PrintPreview))
    close_preview(till)
    (invoice,) = till.rows(Invoice)
    assert [(row.invoice, row.amount) for row in till.rows(Payment)] == [(invoice.id, 10_000), (invoice.id, 12_000)]
    till.until(lambda: page.view.pay.sum.text() == "ZAR 180.00 due")


def test_what_is_typed_is_given_back_after_leaving(cash: CashDesk, till: Typist) -> None:
    cash.charge("VISIT")
    cash.charge("CUFF")
    page = open_account(till, cash.patient)
    till.until(lambda: page.view.lines.table.rows.total == 2)
    page.view.lines.table.view.go_to(1)
    till.press(KEYS.Key_L)
    till.until(lambda: page.view.pay.sum.text() == "ZAR 400.00 due")
    till.press(KEYS.Key_F7)
    till.type("123.45")
    till.press(KEYS.Key_Escape)
    till.until(lambda: page.patient is None)
    again = open_account(till, cash.patient)
    till.until(lambda: again.view.pay.given.line.text() == "123.45")
    till.until(lambda: again.view.pay.sum.text() == "ZAR 400.00 due")


def test_a_line_without_a_price_is_named_and_can_be_left_out(cash: CashDesk, till: Typist) -> None:
    cash.charge("VISIT")
    raised = partial(service.raise_charge, rule="test", source=UUID(int=7), source_table="encounter", code="NEW")
    cash.desk.do(lambda unit: _named(unit, partial(raised, patient=cash.patient, encounter=None)))
    page = open_account(till, cash.patient)
    till.press(KEYS.Key_I)
    till.agree()
    till.until(lambda: till.workstation.window.frame.error.isVisible())
    till.front()
    assert till.rows(Invoice) == []
    (leave,) = [button for button in page.view.alert.findChildren(Button) if button.words == "Leave out"]
    leave.click()
    till.until(lambda: not page.view.alert.isVisible())
    till.press(KEYS.Key_I)
    till.agree()
    till.until(lambda: [row.total for row in till.rows(Invoice)] == [40_000])


def _named(unit: Unit, act: Callable[[Unit], UUID]) -> UUID:
    unit.action = "test.setup"
    return act(unit)


def said_of(page: Any) -> list[str]:
    """What the account says of each of its documents."""
    zone = page.desk.place.zone
    return [document_words(document, zone) for document in page.view.account.documents]


def said_last(till: Typist) -> str:
    """The newest message of the window."""
    return str(till.workstation.window.frame.notices.messages[0].text)


@pytest.mark.accepts("X-03")
def test_a_charge_that_was_wrong_is_taken_off_and_stays_in_the_account(cash: CashDesk, till: Typist) -> None:
    charge = cash.charge("CUFF")
    page = open_account(till, cash.patient)
    page.view.lines.table.select(charge)
    page.view.lines.table.view.setFocus()
    till.press(KEYS.Key_Delete)
    till.dialog()
    till.type("never given")
    till.press((KEYS.Key_Return, CTRL))
    till.until(lambda: any(words.startswith("CUFF, taken off: never given, ") for words in said_of(page)))
    assert len(till.rows(Charge)) == 1
    till.front()
    till.press(KEYS.Key_H)
    till.until(lambda: "Choose a document under Account first" in said_last(till))  # nothing is chosen yet
    page.view.earlier.table.select(charge)
    page.view.earlier.history.click()
    box = till.dialog()
    till.until(lambda: len(box.versions._rows) == 1)
    (told,) = box.versions._rows
    assert (told.field, told.before, told.after, told.why) == ("code", "CUFF", "Taken off", "never given")


def test_an_invoice_written_anew_tells_its_number_in_its_history(cash: CashDesk, till: Typist) -> None:
    visit, cuff = cash.charge("VISIT"), cash.charge("CUFF")
    first = cash.invoice(visit, cuff)
    second = cash.desk.do(partial(service.replace_invoice, invoice=first, charges=[visit], reason="cuff given back"))
    page = open_account(till, cash.patient, first)
    till.press(KEYS.Key_H)
    box = till.dialog()
    till.until(lambda: len(box.versions._rows) == 3)
    new = cash.desk.ask(partial(documents.invoice_row, invoice=second)).number
    assert ("number", new) in [(row.field, row.after) for row in box.versions._rows]
    assert page.view.earlier.current() is None


@pytest.mark.accepts("X-03")
def test_an_item_is_added_and_a_receipt_is_void_by_keys(cash: CashDesk, till: Typist) -> None:
    page = open_account(till, cash.patient)
    till.press(KEYS.Key_A)
    form = till.dialog()
    till.type("cuff")
    till.until(lambda: form.form.fields["code"].list.isVisible())
    till.press(KEYS.Key_Down)
    till.press(KEYS.Key_Return)
    till.press((KEYS.Key_Return, CTRL))
    till.until(lambda: [row.code for row in till.rows(Charge)] == ["CUFF"])
    till.front()
    till.until(lambda: page.view.pay.sum.text() == "ZAR 349.00 due")
    till.press(KEYS.Key_F7)
    pay(till, "349")
    close_preview(till)
    till.until(lambda: page.view.account is not None and len(page.view.account.documents) == 2)
    page.view.earlier.table.select(till.rows(Payment)[0].id)
    page.view.earlier.table.view.setFocus()
    till.press(KEYS.Key_V)
    assert isinstance(till.dialog(), FormDialog)
    till.type("wrong patient")
    till.press((KEYS.Key_Return, CTRL))
    till.until(lambda: len(till.rows(PaymentVoid)) == 1)
    till.front()
    till.until(lambda: page.view.pay.sum.text() == "ZAR 349.00 due")
    day = show_day(page.desk.now().date())
    void = next(words for words in said_of(page) if words.startswith("Receipt, void: wrong patient, "))
    assert till.workstation.desk.person.name in void and day in void


def test_the_drawer_is_counted_blind(cash: CashDesk, till: Typist) -> None:
    place = UUID(int=5)
    cash.desk.do(partial(service_drawer.open_drawer, place=place, float_amount=50_000))
    page = open_account(till, cash.patient)
    till.press(KEYS.Key_D)
    form = till.dialog()
    till.type("499.50")
    till.press((KEYS.Key_Return, CTRL))
    till.until(lambda: "differs by" in form.form.fields["reason"].error)
    till.type("short by a coin")
    till.press((KEYS.Key_Return, CTRL))
    till.front()
    till.until(lambda: page.view.account is not None and page.view.account.drawer is None)


def test_the_look_at_an_account_is_written_down(cash: CashDesk, till: Typist) -> None:
    open_account(till, cash.patient)
    assert [(e.kind, e.patient, e.purpose) for e in till.rows(AccessEvent)] == [("chart", cash.patient, "payment")]


def test_every_control_has_a_name(cash: CashDesk, till: Typist) -> None:
    cash.cover()
    cash.charge("VISIT")
    page = open_account(till, cash.patient)
    tab = Qt.FocusPolicy.TabFocus
    seen = [part for part in page.view.findChildren(QWidget) if part.isVisible() and part.focusPolicy() & tab]
    nameless = [part for part in seen if not part.accessibleName()]
    assert nameless == []
