# SPDX-License-Identifier: Apache-2.0
"""While the server is dead: everybody works on, and some meet without knowing of each other."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.appointments import service as booking
from hms_desktop.clinic.appointments.queries_slots import Slot, slots_on
from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.billing import service_payments as payments
from hms_desktop.clinic.billing.queries import open_charges
from hms_desktop.clinic.billing.queries_documents import invoice_row
from hms_desktop.clinic.billing.rules import CASH, Tender
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Order, Prescription
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.inventory.queries import today as clinic_today
from hms_desktop.clinic.lab import service_release, service_results, service_specimens
from hms_desktop.clinic.lab.model import LabResult
from hms_desktop.clinic.lab.queries_catalogue import catalogue
from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.queries_look_alikes import look_alikes
from hms_desktop.clinic.patients.service import LookAlikeChoice
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.storage.leases import Lease
from hms_desktop.storage.reader import Reader
from installer.day import hands
from installer.day.day import Day
from installer.day.morning import same_person_elsewhere
from installer.day.seat import Seat

POTASSIUM = Decimal("7.1")
BLOOD_COUNT = {"HGB": "14.2", "HCT": "42", "RBC": "4.7", "MCV": "90", "WBC": "9.8", "PLT": "310"}


def cut_the_line(day: Day) -> None:
    """The server process is killed; every window says since when it is offline."""
    day.in_step()
    for station in ("Lab bench",):
        day.seats[station].hears_of(Order, day.known["orders"][1])
    for station in ("Pharmacy 1", "Pharmacy 2", "Nurses' station"):
        day.seats[station].hears_of(Prescription, day.known["prescription"])
    lent = lent_rest(day.known["prescription"])
    hands.until(lambda: day.seats["Pharmacy 1"].ask(lent), "the rest of the prescription is lent to the first counter")
    day.clinic.server.kill()
    day.cut = True
    for station, seat in day.seats.items():
        hands.until(partial(_is_offline, seat), f"{station} says it is offline", 60)


def _is_offline(seat: Seat) -> bool:
    return seat.says("network").startswith("Offline")


def lent_rest(prescription: UUID) -> Callable[[Reader], bool]:
    """Whether the rest of a prescription is lent to this station."""
    question = select(Lease.id).where(Lease.kind == "prescription", Lease.subject == prescription)
    return lambda reader: bool(reader.rows(question.where(Lease.device == reader.station.device)))


def last_slot(reader: Reader) -> Slot:
    """The last slot of today that was lent to this desk."""
    found = [s for s in slots_on(reader, clinic_today(reader)) if s.lent and s.use.capacity == 1 and s.use.free == 1]
    return found[-1]


def book_last_slot_firmly(day: Day, seat: Seat) -> None:
    """The desk that holds the lease books the last slot."""
    slot = seat.ask(last_slot)
    day.known.update(slot=slot, last_clock=slot.time.clock)
    day.known["firm"] = _book(day, seat, 0)


def book_last_slot_pending(day: Day, seat: Seat) -> None:
    """The other desk books the same slot without a lease: to be confirmed."""
    day.known["pending"] = _book(day, seat, 1)


def _book(day: Day, seat: Seat, place: int) -> object:
    slot: Slot = day.known["slot"]
    rows = seat.ask(lambda r: r.rows(select(Patient.id).where(Patient.active).order_by(Patient.mrn).limit(6)))
    patients = [row.id for row in rows if row.id not in (day.known["patient"], day.known["other_patient"])]
    book = partial(booking.book, patient=patients[place], session=slot.session.id, starts=slot.time.starts)
    return seat.do(partial(book, accept_clash=True))


def check_in_other(day: Day, seat: Seat) -> None:
    """Check in the appointment that the other desk checks in too."""
    seat.do(
        partial(booking.check_in, appointment=day.known["other_appointment"], second_identifier=day.known["other_born"])
    )


def collect(day: Day, seat: Seat) -> None:
    """Collect for both orders with labels, and receive the tubes at the bench."""
    taken = seat.do(lambda unit: service_specimens.collect(unit, day.known["orders"], identified=("name", "born")))
    for tube in taken:
        seat.do(partial(service_specimens.receive, scanned=tube.accession))
    day.known["tubes"] = taken
    day.known["accession"] = taken[0].accession


def enter_results(day: Day, seat: Seat) -> None:
    """Enter the critical potassium and the blood count."""
    for tube in day.known["tubes"]:
        for order in tube.orders:
            code = seat.ask(partial(_code_of, order=order))
            values = {"K": POTASSIUM} if code == "K" else _count_values(seat)
            seat.do(partial(service_results.enter_results, specimen=tube.specimen, order=order, values=values))


def _code_of(reader: Reader, order: UUID) -> str:
    return str(reader.get(Order, order).code)


def _count_values(seat: Seat) -> dict[str, Decimal]:
    members = seat.ask(catalogue)["FBC"].members
    return {code: Decimal(BLOOD_COUNT[code]) for code in members if code in BLOOD_COUNT}


def call_with_read_back(day: Day, seat: Seat) -> None:
    """Telephone the critical value; the doctor reads it back."""
    row = seat.ask(lambda r: r.one(select(LabResult.id).where(LabResult.test == "K", LabResult.critical)))
    told = seat.do(
        lambda unit: service_release.record_call(
            unit, row.id, told="Dr Nadia Haddad", way="phone", at=unit.now, read_back=POTASSIUM
        )
    )
    assert told.done


def verify_results(day: Day, seat: Seat) -> None:
    """Verify, technically or medically by who sits there, one order after another."""
    level = service_results.validate if seat.login == "k.brandt" else service_results.verify
    for order in day.known["orders"]:
        for result in seat.ask(partial(_results_of, order=order)):
            seat.do(partial(level, result_ids=[result]))


def _results_of(reader: Reader, order: UUID) -> list[UUID]:
    return [row.id for row in reader.rows(select(LabResult.id).where(LabResult.order == order))]


def release_results(day: Day, seat: Seat) -> None:
    """Release both reports."""
    verify_results(day, seat)
    for order in day.known["orders"]:
        seat.do(partial(service_release.release, order=order))
    day.known["released_at"] = seat.ask(lambda r: r.now)


def supply_part(day: Day, seat: Seat) -> None:
    """Hand over six of fourteen, from the batch that expires first."""
    seat.do(partial(pharmacy.dispense, hand_over=HandOver(day.known["prescription"], Decimal(6))))


def supply_too_much(day: Day, seat: Seat) -> None:
    """Hand over ten at the other counter, without a lease and with a reason."""
    asked = HandOver(day.known["prescription"], Decimal(10), override_reason="Patient leaves for the coast today")
    seat.do(partial(pharmacy.dispense, hand_over=asked))


def doctor_changes_dose(day: Day, seat: Seat) -> None:
    """The doctor lowers the dose after the potassium."""
    _change_dose(day, seat, "morning", "Potassium 7.1, less to swallow")


def nurse_changes_dose(day: Day, seat: Seat) -> None:
    """The nurse changes the same dose for another reason."""
    _change_dose(day, seat, "12h", "Fever not down, told by telephone")


def _change_dose(day: Day, seat: Seat, frequency: str, reason: str) -> None:
    dose = make_dose(Decimal(100), "mg", "oral", frequency, 7)
    seat.do(lambda unit: ehr.change_dose(unit, day.known["prescription"], dose, reason))


def register_again(day: Day, seat: Seat) -> None:
    """The other desk, which never heard of the walk-in, registers them again."""
    written = same_person_elsewhere(day.known["written"])
    alike = seat.ask(lambda reader: look_alikes(reader, written))
    chosen = tuple(LookAlikeChoice(one.patient, "different", "Another birth date") for one in alike)
    day.known["second_chart"] = seat.do(partial(register.register, written=written, look_alikes=chosen))


def invoice_and_cash(day: Day, seat: Seat) -> None:
    """Invoice what the cash desk knows of, split by the cover, and take cash."""
    patient = day.known["patient"]
    charges = [row.id for row in seat.ask(lambda r: open_charges(r, patient))]
    invoice = seat.do(partial(billing.issue_invoice, patient=patient, charges=charges))
    due = seat.ask(lambda r: invoice_row(r, invoice)).patient_total
    tender = (Tender(CASH, -(-due // 5000) * 5000),)
    receipt = seat.do(partial(payments.take_payment, patient=patient, tenders=tender, invoices=(invoice,)))
    day.known.setdefault("receipts", []).append(receipt)
    day.known.setdefault("invoices", []).append(invoice)
