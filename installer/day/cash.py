# SPDX-License-Identifier: Apache-2.0
"""What is done at the cash desk, by keyboard: invoice with the cover's share, take cash, print invoice and receipt."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from hms_desktop.clinic.billing.model import Invoice
from hms_desktop.clinic.billing.queries import open_charges
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.routes import BillingDesk
from installer.day import hands
from installer.day.day import Day
from installer.day.seat import Seat

LATER, ALL = 4, 4
"""Charges that reach the cash desk when the line is back (two reports, two hand-overs), and those of a whole day."""
NOTE = 5000
"""The smallest note the patient pays with, in cents."""


def invoice_and_cash(day: Day, seat: Seat) -> None:
    """Invoice what is known here, before and after everything met, take cash with change, and print both papers."""
    number = len(day.known.setdefault("invoices", [])) + 1
    if number > 1:
        _charges_are(day, seat, LATER)
        hands.press("G", "B")
    _invoice_and_cash(day, seat, number)


def invoice_all(day: Day, seat: Seat) -> None:
    """Invoice everything at once: the visit, both reports and the one hand-over are known here."""
    day.known["invoices"] = []
    _charges_are(day, seat, ALL)
    _invoice_and_cash(day, seat, 1)


def _charges_are(day: Day, seat: Seat, count: int) -> None:
    hands.until(lambda: len(seat.ask(partial(open_charges, patient=day.known["patient"]))) == count, f"{count} charges")


def _invoice_and_cash(day: Day, seat: Seat, number: int) -> None:
    seat.shows(BillingDesk)
    hands.to_list("Invoices to finish")
    hands.row_of(day.known["walk_in"])
    hands.press("Return")
    seat.read_patient(day.known["walk_in"])
    seat.offers("Take ")
    day.look(seat, "bill")
    hands.press("Alt+I")
    seat.dialog_opens("Issue an invoice")
    hands.tab()
    hands.press("Space")
    seat.dialog_closes()
    due = _issued(day, seat)
    hands.press("F7")
    hands.until(lambda: hands.focused_name().startswith("Cash received"), "the amount waits to be typed")
    hands.type_text(f"{-(-due // NOTE) * NOTE // 100}")
    day.look(seat, "cash")
    hands.press("Ctrl+Return")
    seat.dialog_opens("Take ")
    hands.tab()
    hands.press("Space")
    seat.saves_paper(day, f"receipt-{number}")
    seat.dialog_closes()
    hands.press("Ctrl+P")
    seat.saves_paper(day, f"invoice-{number}")


def _issued(day: Day, seat: Seat) -> int:
    """Wait until the invoice stands; what the patient owes on it, in cents."""
    known = day.known["invoices"]
    new: list[tuple[object, int]] = []

    def issued(reader: Reader) -> bool:
        rows = reader.rows(select(Invoice.id, Invoice.patient_total).where(Invoice.patient == day.known["patient"]))
        new[:] = [(row.id, row.patient_total) for row in rows if row.id not in known]
        return bool(new)

    hands.until(lambda: seat.ask(issued), "the invoice is issued")
    known.append(new[0][0])
    return new[0][1]
