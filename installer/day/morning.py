# SPDX-License-Identifier: Apache-2.0
"""The morning, while the line holds: a walk-in is registered, booked and seen; tests are ordered, medicine stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.appointments import service as booking
from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.appointments.queries_slots import Slot, slots_on
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.ehr.queries_notes import visit_note
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.inventory.queries import find_items
from hms_desktop.clinic.inventory.queries import today as clinic_today
from hms_desktop.clinic.lab.queries_catalogue import orderable
from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.queries import names
from hms_desktop.clinic.patients.queries_look_alikes import look_alikes
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import LookAlikeChoice
from hms_desktop.clinic.patients.service_details import record_coverage
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import Unit
from installer.day.day import Day
from installer.day.seat import Seat

PHONE = "+27 82 555 0147"


def meet_somebody_alike(day: Day) -> Registration:
    """The walk-in: a stranger with the family name of a real patient of the clinic, born one day later."""
    seat = day.at("Front desk 1")

    def grown_up(reader: Reader) -> tuple[str, str, str, str]:
        row = reader.first(
            select(Patient.family, Patient.given, Patient.born, Patient.sex)
            .where(Patient.active, Patient.born < "1990", Patient.deceased_on.is_(None))
            .order_by(Patient.family, Patient.given)
        )
        assert row is not None
        return row.family, row.given, row.born, row.sex

    family, given, born, sex = seat.ask(grown_up)
    later = date.fromisoformat(born) + timedelta(days=1)
    return Registration(family=family, given=given.split()[0] + "a", sex=sex, born=later.isoformat(), phone=PHONE)


def register_walk_in(day: Day, seat: Seat) -> None:
    """Register the walk-in; the form shows who looks alike, and the desk says it is another person."""
    written = meet_somebody_alike(day)
    alike = seat.ask(lambda reader: look_alikes(reader, written))
    assert alike, "nobody among the real patients looks like the walk-in"
    chosen = tuple(
        LookAlikeChoice(one.patient, "different", "Another birth date, and they know of each other") for one in alike
    )
    patient = seat.do(partial(register.register, written=written, look_alikes=chosen))
    cover = partial(record_coverage, patient=patient, payer="Umoya Health", plan="Standard", member_id="UH-552-018")
    seat.do(partial(cover, patient_share_percent=Decimal(20)))
    name = seat.ask(lambda reader: names(reader, [patient])[patient])
    day.known.update(patient=patient, written=written, walk_in=name.listed, mrn=name.mrn, alike=alike[0].name.listed)


def book_walk_in(day: Day, seat: Seat) -> None:
    """Book the walk-in into the next free slot of the doctor."""
    slot = seat.ask(partial(next_slot, "Haddad"))
    book = partial(booking.book, patient=day.known["patient"], session=slot.session.id, starts=slot.time.starts)
    day.known["appointment"] = seat.do(partial(book, reason="Cough and fever for three days"))
    day.known["clock"] = slot.time.clock


def next_slot(family: str, reader: Reader) -> Slot:
    """The next free slot today of the clinician with this family name."""
    found = [
        slot for slot in slots_on(reader, clinic_today(reader))
        if family in slot.session.clinician and slot.use.free and slot.time.starts > reader.now
    ]  # fmt: skip
    return found[0]


def check_in_walk_in(day: Day, seat: Seat) -> None:
    """Check the walk-in in: visit and charge are made by rule."""
    written = day.known["written"]
    day.known["encounter"] = seat.do(
        partial(booking.check_in, appointment=day.known["appointment"], second_identifier=written.born)
    )


def record_allergy(day: Day, seat: Seat) -> None:
    """Begin the visit; record the allergy to penicillin."""
    patient, encounter = day.known["patient"], day.known["encounter"]
    seat.hears_of(Encounter, encounter)
    seat.do(lambda unit: ehr.open_chart(unit, patient))
    seat.do(lambda unit: ehr.begin_visit(unit, encounter))
    add = partial(ehr.record_allergy, criticality="high", reaction="Anaphylaxis", confirmed=True, category="medication")
    seat.do(lambda unit: add(unit, patient, "Penicillin"))


def record_vitals_and_note(day: Day, seat: Seat) -> None:
    """Vital signs, and the note."""
    patient, encounter = day.known["patient"], day.known["encounter"]
    readings = {
        "systolic": Decimal(118),
        "diastolic": Decimal(74),
        "pulse": Decimal(96),
        "temperature": Decimal("38.4"),
    }
    readings |= {"weight": Decimal(68), "height": Decimal(171)}
    seat.do(lambda unit: ehr.record_vitals(unit, patient, readings, encounter=encounter))
    texts = {
        "symptoms": "Cough for three days, fever since yesterday.",
        "examination": "Crackles at the right base.",
        "assessment": "Community-acquired pneumonia, mild.",
        "plan": "Potassium and blood count today, oral antibiotic, review in three days.",
    }
    seat.do(lambda unit: ehr.write_note(unit, encounter, texts))


def order_tests(day: Day, seat: Seat) -> None:
    """Potassium and full blood count into the visit's basket."""
    tests = {test.code: test for test in seat.ask(orderable)}
    for code in ("K", "FBC"):
        seat.do(partial(_order, day, tests[code].display, code, tests[code].id))


def _order(day: Day, display: str, code: str, definition: UUID, unit: Unit) -> UUID:
    return ehr.draft_order(
        unit,
        day.known["patient"],
        category="laboratory",
        code=code,
        display=display,
        definition=definition,
        encounter=day.known["encounter"],
        priority="urgent",
    )


def be_stopped(day: Day, seat: Seat) -> None:
    """Prescribe amoxicillin, and be stopped by the allergy."""
    dose = make_dose(Decimal(500), "mg", "oral", "three", 7)
    item = seat.ask(lambda reader: find_items(reader, "amoxicillin"))[0]
    try:
        seat.do(
            lambda unit: ehr.draft_prescription(
                unit, day.known["patient"], dose, medicine=item.id, encounter=day.known["encounter"]
            )
        )
    except ehr.AlertsStand as stopped:
        day.known["stop"] = stopped.standing[0].title
        return
    raise AssertionError("amoxicillin was not stopped by the allergy to penicillin")


def prescribe_another(day: Day, seat: Seat) -> None:
    """Prescribe doxycycline instead, and sign note, orders and prescription in one act."""
    dose = make_dose(Decimal(100), "mg", "oral", "twice", 7)
    item = seat.ask(lambda reader: find_items(reader, "doxycycline"))[0]
    encounter = day.known["encounter"]
    seat.do(
        lambda unit: ehr.draft_prescription(unit, day.known["patient"], dose, medicine=item.id, encounter=encounter)
    )
    note = seat.ask(lambda reader: visit_note(reader, encounter))
    assert note is not None
    signed = seat.do(lambda unit: ehr.sign_visit(unit, encounter, note.digest))
    day.known["orders"], day.known["prescription"] = signed.orders, signed.prescriptions[0]


def book_other(day: Day, seat: Seat) -> None:
    """Book one of the real patients for later: the appointment that both desks will check in."""
    slot = seat.ask(partial(next_slot, "Mbeki"))
    other = seat.ask(_another_patient)
    book = partial(booking.book, patient=other, session=slot.session.id, starts=slot.time.starts)
    day.known["other_appointment"] = seat.do(partial(book, reason="Blood pressure check"))
    name = seat.ask(lambda reader: names(reader, [other])[other])
    day.known.update(other=name.listed, other_patient=other, other_born=name.born, other_clock=slot.time.clock)


def go_on_a_break(day: Day, seat: Seat) -> None:
    """Wait for the booking to appear here, and sign out before the walk-in comes."""
    seat.hears_of(Appointment, day.known["other_appointment"])
    day.leave("Front desk 2")


def _another_patient(reader: Reader) -> UUID:
    rows = reader.rows(
        select(Patient.id).where(Patient.active, Patient.deceased_on.is_(None)).order_by(Patient.family.desc())
    )
    found: UUID = rows[0].id
    return found


def same_person_elsewhere(written: Registration) -> Registration:
    """How the other desk writes the same walk-in down: the name heard a little differently."""
    return replace(written, prefix=None)
