# SPDX-License-Identifier: Apache-2.0
"""Refused care comes back whole: orders, medicines, allergies, problems, results and hand-overs in their forms.

Money that was taken is the exception: nothing is filled in, and what to do is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.billing import service_payments as payments
from hms_desktop.clinic.billing.model import Payment
from hms_desktop.clinic.billing.queries import open_charges
from hms_desktop.clinic.billing.queries_documents import invoice_row
from hms_desktop.clinic.billing.rules import CASH, Tender
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Allergy, Condition, Order, Prescription
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.inventory.queries import find_items
from hms_desktop.clinic.lab import service_results, service_specimens
from hms_desktop.clinic.lab.model import LabResult
from hms_desktop.clinic.lab.queries_catalogue import orderable
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.ui.routes import BillingDesk, LabWorklist, PharmacyQueue, SyncDetails
from hms_desktop.ui.shell.notice import Notice
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.confirm import Confirm
from installer.day import hands
from tests.promises.forms import agree, asked, finish, gone
from tests.promises.seats import Seat, ServedClinic, served, words_of
from tests.promises.test_refused_work import buttons, held
from tests.promises.whole_visit import DOCTOR, STATION, furnish

COLLEAGUE = "t.mbeki"
WHY = "The server held this back"


@dataclass(frozen=True)
class Before:
    """What stood on the server before the line was cut."""

    patient: UUID
    visit: UUID
    order: UUID
    specimen: UUID
    accession: str
    prescription: UUID
    invoice: UUID
    due: int


@pytest.fixture
def clinic(tmp_path: Any, qapp: QApplication) -> Iterator[ServedClinic]:
    """The demo clinic's lists, and one workstation at which two people may do the same."""
    with served(tmp_path, qapp) as made:
        furnish(made)
        made.server.start()
        made.station(STATION, "all", DOCTOR)
        yield made


def test_refused_care_is_in_its_forms_again_and_refused_money_says_what_to_do(clinic: ServedClinic) -> None:
    seat = clinic.sit(STATION, DOCTOR)
    before = known_to_the_server(seat)
    clinic.server.kill()
    clinic.server.command("people", "end", DOCTOR)
    do_all(seat, before)
    clinic.leaves(seat)
    clinic.server.start()
    seat = clinic.sit(STATION, COLLEAGUE)
    held(seat, 7)
    allergy_again(seat)
    problem_again(seat)
    order_again(seat)
    prescription_again(seat)
    results_again(seat, before)
    hand_over_again(seat, before)
    money_is_not_taken_again(seat, before)
    seat.in_step()
    assert "attention" not in seat.says("held_back")
    for record, count in ((Allergy, 1), (Condition, 1), (Order, 2), (Prescription, 2), (LabResult, 1), (Dispense, 1)):
        made = clinic.at_server(lambda r, record=record: r.rows(select(record.id)))  # type: ignore[misc]
        assert len(made) == count, record
    assert clinic.at_server(lambda r: r.rows(select(Payment.id))) == []
    decided = clinic.server.run("quarantine", "--all").stdout
    assert decided.count("done again ") == 6 and "Given back to the patient" in decided, decided


def known_to_the_server(seat: Seat) -> Before:
    """A visit with a tube at the bench, a medicine to hand over and an invoice to pay."""
    written = Registration(family="Okonkwo", given="Amara", born="1979-03-14", sex="female")
    patient = seat.do(partial(register, written=written))
    seat.do(partial(ehr.state_no_allergies, patient=patient))
    visit = seat.do(partial(ehr.open_visit, patient=patient))
    seat.do(partial(ehr.begin_visit, encounter=visit))
    order = seat.do(partial(draft_test, patient=patient, visit=visit, code="K"))
    seat.do(partial(ehr.place_order, order=order))
    tube = seat.do(partial(service_specimens.collect, orders=(order,), identified=("name", "born")))[0]
    seat.do(partial(service_specimens.receive, scanned=tube.accession))
    prescription = seat.do(partial(draft_medicine, patient=patient, visit=visit, name="doxycycline"))
    seat.do(partial(ehr.prescribe, prescription=prescription))
    charges = [row.id for row in seat.ask(partial(open_charges, patient=patient))]
    invoice = seat.do(partial(billing.issue_invoice, patient=patient, charges=charges))
    due = seat.ask(partial(invoice_row, invoice=invoice)).patient_total
    seat.in_step()
    return Before(patient, visit, order, tube.specimen, tube.accession, prescription, invoice, due)


def draft_test(unit: Any, patient: UUID, visit: UUID, code: str) -> UUID:
    """A test of the list into the visit."""
    test = next(test for test in orderable(unit) if test.code == code)
    return ehr.draft_order(
        unit, patient, encounter=visit, category="laboratory", code=code, display=test.display, definition=test.id,
        priority="urgent", reason="Cramps",
    )  # fmt: skip


def draft_medicine(unit: Any, patient: UUID, visit: UUID, name: str) -> UUID:
    """A medicine of the stock list into the visit."""
    dose = make_dose(Decimal(100), "mg", "oral", "twice", 7)
    medicine = find_items(unit, name)[0].id
    return ehr.draft_prescription(unit, patient, dose, medicine=medicine, encounter=visit, reason="Chest infection")


def do_all(seat: Seat, before: Before) -> None:
    """Seven acts of somebody whose access is taken away before the server hears of them."""
    six = HandOver(before.prescription, Decimal(6), override_reason="The patient travels")
    seat.do(partial(pharmacy.dispense, hand_over=six))
    seat.do(partial(service_results.enter_results, specimen=before.specimen, order=before.order,
                    values={"K": Decimal("5.6")}, comment="Slightly haemolysed"))  # fmt: skip
    cash = (Tender(CASH, before.due),)
    seat.do(partial(payments.take_payment, patient=before.patient, tenders=cash, invoices=(before.invoice,)))
    seat.do(partial(draft_test, patient=before.patient, visit=before.visit, code="CREA"))
    seat.do(partial(draft_medicine, patient=before.patient, visit=before.visit, name="paracetamol"))
    seat.do(partial(ehr.record_problem, patient=before.patient, display="Gout", code="M10.9", onset="2020-05",
                    encounter=before.visit, verification="provisional"))  # fmt: skip
    seat.do(partial(ehr.record_allergy, patient=before.patient, substance="Penicillin", reaction="Rash",
                    type="allergy", category="medication", criticality="high", confirmed=True))  # fmt: skip


def way_out(seat: Seat, what: str, words: str) -> Button:
    """The button of these words at the held back work of this name."""
    page = seat.goes_to(SyncDetails())

    def found() -> list[Button]:
        notices = [one for one in page.findChildren(Notice) if one.isVisible() and what in words_of(one)]
        return [button for notice in notices for button in buttons(notice, words)]

    hands.until(lambda: len(found()) == 1, f"{words} at {what}: {words_of(page)}")
    return found()[0]


def taken_up(seat: Seat, what: str, title: str) -> Any:
    """Press “Mend” at this work: its form is open, and says why it came back."""
    way_out(seat, what, "Mend").click()
    form = asked(title)
    hands.until(lambda: form.wrong.isVisible() and WHY in form.wrong.text(), "why it came back is said")
    return asked(title)


def allergy_again(seat: Seat) -> None:
    form = taken_up(seat, "Clinical: allergy", "Record an allergy")
    assert form.form.typed() == {
        "substance": {"key": "Penicillin", "words": "Penicillin"}, "reaction": "Rash", "type": "allergy",
        "category": "medication", "criticality": "high", "confirmed": True,
    }  # fmt: skip
    hands.press("Esc")
    asked("Allergies")
    hands.press("Esc")
    gone(seat)
    taken_up(seat, "Clinical: allergy", "Record an allergy")
    hands.press("Ctrl+Return")
    hands.until(lambda: seat.ask(lambda r: len(r.rows(select(Allergy.id)))) == 1, "it is on record again")
    hands.until(lambda: "Penicillin" in words_of(asked("Allergies")), "the list has it")
    hands.press("Esc")
    gone(seat)


def problem_again(seat: Seat) -> None:
    form = taken_up(seat, "Clinical: problem", "Add a problem")
    assert form.form.typed() == {
        "display": "Gout", "code": "M10.9", "onset": "2020-05", "verification": "provisional",
    }  # fmt: skip
    finish(seat)


def order_again(seat: Seat) -> None:
    form = taken_up(seat, "Clinical: order", "Order a test")
    typed = form.form.typed()
    assert (typed["code"]["key"], typed["priority"], typed["reason"]) == ("CREA", "urgent", "Cramps")
    finish(seat)


def prescription_again(seat: Seat) -> None:
    form = taken_up(seat, "Clinical: prescription", "Prescribe")
    typed = form.form.typed()
    assert "paracetamol" in typed["medicine"]["words"].lower() and typed["reason"] == "Chest infection"
    assert (typed["dose"], typed["dose_unit"]["key"], typed["route"]["key"]) == ("100", "mg", "oral")
    assert (typed["frequency"]["key"], typed["days"]) == ("twice", "7") and "quantity" not in typed
    hands.until(lambda: form.go.isEnabled(), "the checks ran anew, and nothing stands against it")
    finish(seat)


def results_again(seat: Seat, before: Before) -> None:
    way_out(seat, "Lab: result", "Mend").click()
    seat.shows(LabWorklist)
    detail = seat.window.shown.detail
    hands.until(lambda: detail.typed().get(f"{before.order}:K") == "5.6", "the value is in its line")
    assert detail.typed()["comment"] == "Slightly haemolysed" and WHY in words_of(seat.window)
    detail.grid.lines[0].value.setFocus()
    hands.press("Ctrl+Return")
    hands.until(lambda: seat.ask(lambda r: len(r.rows(select(LabResult.id)))) == 1, "it is on record again")


def hand_over_again(seat: Seat, before: Before) -> None:
    way_out(seat, "Pharmacy: supply", "Mend").click()
    seat.shows(PharmacyQueue)
    page = seat.window.shown
    hands.until(lambda: page.prepared.get(before.prescription) is not None, "the line is picked again")
    assert page.prepared[before.prescription].quantity == Decimal(6)
    assert "hand nothing over twice" in words_of(seat.window)
    page.hand_over()
    agree_or_give_a_reason(seat)
    hands.until(lambda: seat.ask(lambda r: len(r.rows(select(Dispense.id)))) == 1, "it is on record again")


def agree_or_give_a_reason(seat: Seat) -> None:
    """Without what was lent, the counter asks for a reason; with it, whether the right person stands there."""
    hands.until(lambda: QApplication.activeModalWidget() is not None, "it is asked")
    if isinstance(QApplication.activeModalWidget(), Confirm):
        agree(seat, "Hand over")
    else:
        hands.type_text("Recorded again")
        finish(seat)


def money_is_not_taken_again(seat: Seat, before: Before) -> None:
    way_out(seat, "Billing: payment", "Mend").click()
    sheet = asked("What was written")
    said = words_of(sheet)
    assert "Take nothing from the patient again" in said and "has not booked it" in said, said
    next(button for button in buttons(sheet, "Open the invoice")).click()
    assert seat.shows(BillingDesk) == BillingDesk(before.invoice)
    gone(seat)
    way_out(seat, "Billing: payment", "Put away").click()
    asked("Put away what the server did not take?")
    hands.press("Ctrl+Return")
    assert QApplication.activeModalWidget() is not None, "a reason is needed"
    hands.type_text("Given back to the patient")
    finish(seat)
    page = seat.goes_to(SyncDetails())
    hands.until(lambda: "refused nothing" in words_of(page), "nothing is held back")
