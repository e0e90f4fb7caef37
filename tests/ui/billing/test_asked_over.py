# SPDX-License-Identifier: Apache-2.0
"""What somebody agrees to is what they were asked, whatever comes by the line while the question stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from hms_desktop.clinic.billing.model import Invoice, Payment
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.ui.billing import account_facts
from hms_desktop.ui.billing.invoice_screen import BillingPage
from hms_desktop.ui.routes import BillingDesk
from hms_desktop.ui.widgets.confirm import Confirm
from hms_desktop.ui.widgets.print_preview import PrintPreview
from tests.clinic.billing.conftest import CashDesk
from tests.ui.typist import KEYS, Typist

CTRL = Qt.KeyboardModifier.ControlModifier


def open_account(till: Typist, cash: CashDesk) -> BillingPage:
    till.go(BillingDesk(patient=cash.patient))
    till.until(lambda: isinstance(till.page, BillingPage) and till.page.view.is_draft)
    page: BillingPage = till.page
    return page


def ask_to_issue(till: Typist) -> None:
    till.press(KEYS.Key_I)


def ask_to_take(till: Typist) -> None:
    till.press(KEYS.Key_F7)
    till.press((KEYS.Key_A, CTRL))
    till.type("400")
    till.press((KEYS.Key_Return, CTRL))


@pytest.mark.parametrize(("ask", "paid"), [(ask_to_issue, []), (ask_to_take, [40_000])])
def test_a_charge_that_comes_while_it_is_asked_waits_for_the_next_invoice(
    cash: CashDesk, till: Typist, ask: Callable[[Typist], None], paid: list[int]
) -> None:
    cash.charge("VISIT")
    page = open_account(till, cash)
    ask(till)
    question = till.dialog()
    assert isinstance(question, Confirm)
    cash.charge("CUFF")
    till.until(lambda: len(page.view.chosen) == 2)
    till.agree()
    till.until(lambda: bool(till.rows(Invoice)))
    if paid:
        till.until(lambda: isinstance(till.dialog(), PrintPreview))
        till.dialog().close()
    assert [invoice.total for invoice in till.rows(Invoice)] == [40_000]
    assert [payment.amount for payment in till.rows(Payment)] == paid


@pytest.mark.parametrize("issued_elsewhere", [False, True])
def test_a_bill_that_is_being_read_again_is_asked_about_as_it_then_is(
    cash: CashDesk, till: Typist, monkeypatch: pytest.MonkeyPatch, issued_elsewhere: bool
) -> None:
    read, gate = account_facts.read_account, Event()

    def slowly(*about: Any, **more: Any) -> Any:
        assert gate.wait(60)
        return read(*about, **more)

    first = cash.charge("VISIT")
    page = open_account(till, cash)
    monkeypatch.setattr("hms_desktop.ui.billing.invoice_screen.read_account", slowly)
    second = cash.charge("CUFF")
    till.until(lambda: page._behind)
    till.press(KEYS.Key_I)
    assert QApplication.activeModalWidget() is None
    if issued_elsewhere:
        cash.invoice(first, second)
    gate.set()
    till.until(lambda: not page._behind)
    if issued_elsewhere:
        till.until(lambda: not page.view.is_draft)
        assert QApplication.activeModalWidget() is None
    else:
        assert "2 lines" in till.dialog().accessibleName()


def another(cash: CashDesk) -> UUID:
    """A patient who owes nothing."""
    written = Registration(family="Nel", given="Jan", sex="male", born="1980")
    return cash.desk.do(partial(register, written=written))


def test_a_payment_is_taken_from_whom_it_was_asked_and_leaves_the_next_account_alone(
    cash: CashDesk, till: Typist
) -> None:
    cash.charge("VISIT")
    page = open_account(till, cash)
    other, free = another(cash), Event()
    ask_to_take(till)
    question = till.dialog()
    till.workstation.tasks.write(free.wait)
    question.accept()
    page.patient, page._invoice = other, None  # as it is when another account is opened meanwhile
    page.view.pay.given.type_in("77")
    free.set()
    till.until(lambda: isinstance(till.dialog(), PrintPreview))
    assert [payment.patient for payment in till.rows(Payment)] == [cash.patient]
    assert page.view.pay.given.line.text() == "77" and not page.view.pay.go.busy
    till.dialog().close()


def test_an_invoice_that_was_issued_stays_in_the_account_it_is_of(cash: CashDesk, till: Typist) -> None:
    cash.charge("VISIT")
    page = open_account(till, cash)
    told: list[str] = []
    page.desk.toast = lambda words, *_undo: told.append(words)  # type: ignore[method-assign]
    other, free = another(cash), Event()
    ask_to_issue(till)
    question = till.dialog()
    till.workstation.tasks.write(free.wait)
    question.accept()
    page.patient = other
    free.set()
    till.until(lambda: told == ["Invoice issued"])
    assert page._invoice is None
