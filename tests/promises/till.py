# SPDX-License-Identifier: Apache-2.0
"""A cash desk for promises: a served clinic with one patient, its account in a window, money taken by keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.billing import service
from hms_desktop.clinic.billing.model import (
    Invoice,
)
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.ui.routes import BillingDesk
from hms_desktop.ui.widgets.print_preview import PrintPreview
from installer.day import hands
from tests.documents import samples
from tests.promises.seats import Seat, ServedClinic, served
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

    def second_desk(self) -> None:
        """Another billing station, while the server is there."""
        self.made.station("b", "all", "zanele")

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


@contextmanager
def served_till(folder: Path, app: QApplication) -> Iterator[Clinic]:
    """A billing station that knows one patient and the price list."""
    with served(folder, app) as made:
        made.person("zanele", "cashier", "manager")
        patient = made.setup(partial(register, written=WHO))
        for code, amount in PRICES.items():
            price = partial(service.set_price, code=code, display=code.title(), amount=amount)
            made.setup(partial(price, valid_from=date(2020, 1, 1)))
        made.server.start()
        made.station("a", "all", "zanele")
        yield Clinic(made, patient)


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


def told_as_an_estimate(seat: Seat, sums: tuple[str, ...]) -> None:
    """On paper before anything is issued: named as what it is, until when it holds, without a number of the series."""
    seat.sit_down()
    key(seat, "Ctrl+P")
    paper = samples.whole(close_preview(seat).pages.pdf)
    for words in ("Estimate, not an invoice", "Valid until", "Made", *sums):
        assert words in paper, paper
    assert "INV-" not in paper and rows(seat, Invoice) == []


def counter(number: str) -> int:
    """The running number in a document's number, between the station's code and the check character."""
    return int(number.split("-")[2])
