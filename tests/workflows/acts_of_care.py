# SPDX-License-Identifier: Apache-2.0
"""The day's acts as services: desks, doctor, nurse; each does what the keyboard act of the same step does."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.appointments import service as booking
from hms_desktop.clinic.appointments.model import Appointment, CheckIn
from hms_desktop.clinic.appointments.queries_slots import Slot, free_slots
from hms_desktop.clinic.appointments.rules import check_in_id
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Order, Prescription
from hms_desktop.clinic.ehr.queries_notes import visit_note
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.inventory.queries import find_items
from hms_desktop.clinic.lab.queries_catalogue import orderable
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.queries_look_alikes import LookAlike, look_alikes
from hms_desktop.clinic.patients.queries_people import names
from hms_desktop.clinic.patients.queries_search import search
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.rules_cover import CoverTerms
from hms_desktop.clinic.patients.service import LookAlikeChoice, register
from hms_desktop.clinic.patients.service_cover import record_coverage
from hms_desktop.core.errors import Refused
from hms_desktop.storage.reader import Reader
from installer.day import consulting, front_desk
from installer.day.day import Day
from installer.day.front_desk import FAMILY, FIRM, GIVEN, OTHER, PENDING, last_slot
from tests.workflows.by_services import Acts, Post

WALK_IN = Registration(family=FAMILY, given=GIVEN, born="1993-06-30", sex="female", phone="+27825550147")


def find(post: Post, who: str) -> UUID:
    """A patient whom this workstation knows, by "Family, Given"."""
    hits = post.ask(lambda reader: search(reader, who.replace(",", ""), limit=5)).hits
    return next(hit.name.patient for hit in hits if hit.name.listed.startswith(who))


def likely(post: Post) -> list[LookAlike]:
    """Who is so like the walk-in that the desk has to decide."""
    return [one for one in post.ask(partial(look_alikes, written=WALK_IN)) if one.likeness.likely]


def register_as_another(post: Post, reason: str) -> UUID:
    """Register the walk-in; each likely look-alike is said to be another person."""
    choices = tuple(LookAlikeChoice(one.patient, "different", reason) for one in likely(post))
    assert choices, "her twin stands in the register"
    return post.do(partial(register, written=WALK_IN, look_alikes=choices))


def book(post: Post, patient: UUID, slot: Slot) -> UUID:
    """A booking in this slot."""
    ask = partial(booking.book, patient=patient, session=slot.session.id, starts=slot.time.starts)
    return post.do(ask)


def next_free(post: Post, clinician: str) -> Slot:
    """The next free time of a clinician."""
    return next(s for s in post.ask(partial(free_slots, limit=60)) if clinician in s.session.clinician)


def clock(post: Post, appointment: UUID) -> str:
    """When an appointment begins, as the wall clock says it."""
    starts: datetime = post.ask(lambda reader: reader.get(Appointment, appointment).starts)
    return starts.astimezone(post.ask(lambda reader: reader.clinic.zone)).strftime("%H:%M")


def book_other(day: Day, post: Post) -> None:
    made = book(post, find(post, OTHER), next_free(post, "Mbeki"))
    day.known.update(other=OTHER, other_appointment=made, other_clock=clock(post, made))


def bookings_of_other(post: Post) -> list[UUID]:
    """What this workstation knows of the other patient's bookings."""
    question = select(Appointment.id).where(Appointment.patient == find(post, OTHER))
    return [row.id for row in post.ask(lambda reader: reader.rows(question))]


def go_on_a_break(day: Day, post: Post) -> None:
    assert bookings_of_other(post) == [day.known["other_appointment"]]
    day.leave(post.station)


def see_no_booking(day: Day, post: Post) -> None:
    assert not bookings_of_other(post)
    day.leave(post.station)


def register_walk_in(day: Day, post: Post) -> None:
    patient = register_as_another(post, "Twin sister of Karla, never been here")
    mrn = post.ask(lambda reader: names(reader, [patient])[patient].mrn)
    day.known.update(patient=patient, mrn=mrn, walk_in=f"{FAMILY}, {GIVEN}", alike="Kessler, Karla")
    share = Decimal(20)
    terms = CoverTerms(payer="Umoya Health", plan="Standard", member_id="UH-552-018", patient_share_percent=share)
    post.do(partial(record_coverage, patient=patient, terms=terms))


def book_walk_in(day: Day, post: Post) -> None:
    made = book(post, day.known["patient"], next_free(post, "Haddad"))
    day.known.update(appointment=made, clock=clock(post, made))


def check_in_walk_in(day: Day, post: Post) -> None:
    ask = partial(booking.check_in, appointment=day.known["appointment"], second_identifier="30/06/1993")
    day.known["encounter"] = post.do(ask)


def record_allergy(day: Day, post: Post) -> None:
    patient = day.known["patient"]
    post.do(lambda unit: ehr.begin_visit(unit, day.known["encounter"]))
    allergy = partial(ehr.record_allergy, category="medication", criticality="high", reaction="Anaphylaxis")
    post.do(lambda unit: allergy(unit, patient, "Penicillin", confirmed=True))


def record_vitals_and_note(day: Day, post: Post) -> None:
    patient, visit = day.known["patient"], day.known["encounter"]
    readings = {"systolic": Decimal(118), "diastolic": Decimal(74), "temperature": Decimal("38.2")}
    post.do(lambda unit: ehr.record_vitals(unit, patient, readings, encounter=visit))
    post.do(lambda unit: ehr.write_note(unit, visit, {"symptoms": "Cough for three days, fever since yesterday."}))


def order_tests(day: Day, post: Post) -> None:
    tests = {test.code: test for test in post.ask(orderable)}
    for code, urgent in (("K", "stat"), ("FBC", "urgent")):
        order = partial(ehr.draft_order, category="laboratory", code=code, display=tests[code].display)
        ask = partial(order, definition=tests[code].id, encounter=day.known["encounter"], priority=urgent)
        post.do(partial(ask, patient=day.known["patient"]))


def draft(day: Day, post: Post, medicine: str) -> UUID:
    """A medicine into the visit's basket."""
    item = post.ask(lambda reader: find_items(reader, medicine))[0]
    dose = make_dose(Decimal(100), "mg", "oral", consulting.FIRST_DOSE, 7)
    ask = partial(ehr.draft_prescription, medicine=item.id, encounter=day.known["encounter"], dose=dose)
    return post.do(partial(ask, patient=day.known["patient"]))


def be_stopped(day: Day, post: Post) -> None:
    with pytest.raises(ehr.AlertsStand) as stopped:
        draft(day, post, "amoxicillin")
    day.known["stop"] = str(stopped.value)


def prescribe_another(day: Day, post: Post) -> None:
    visit = day.known["encounter"]
    draft(day, post, "doxycycline")
    note = post.ask(lambda reader: visit_note(reader, visit))
    assert note is not None
    signed = post.do(lambda unit: ehr.sign_visit(unit, visit, note.digest))
    active = select(Order.id).where(Order.encounter == visit, Order.status == "active").order_by(Order.k)
    day.known["orders"] = [row.id for row in post.ask(lambda reader: reader.rows(active))]
    day.known["prescription"] = signed.prescriptions[0]
    assert len(day.known["orders"]) == 2
    first_counter_hears(day, post)


def first_counter_hears(day: Day, post: Post) -> None:
    """The first counter hears of a prescription as soon as it is signed, and is lent its rest."""
    counter = day.seats.get("Pharmacy 1")
    if isinstance(counter, Post):
        post.meet()
        counter.meet()


def book_last_slot_firmly(day: Day, post: Post) -> None:
    slot = post.ask(last_slot)
    day.known.update(slot=slot, last_clock=slot.time.clock)
    day.known["firm"] = book(post, find(post, FIRM), slot)
    assert post.ask(lambda reader: reader.get(Appointment, day.known["firm"]).status) == "booked"


def book_last_slot_pending(day: Day, post: Post) -> None:
    day.known["pending"] = book(post, find(post, PENDING), day.known["slot"])
    assert post.ask(lambda reader: reader.get(Appointment, day.known["pending"]).status) == "pending"


def find_last_slot_gone(day: Day, post: Post) -> None:
    with pytest.raises(Refused, match=f"full at {day.known['last_clock']}. Next free"):
        book(post, find(post, PENDING), day.known["slot"])


def check_in_other(day: Day, post: Post) -> None:
    post.do(partial(booking.check_in, appointment=day.known["other_appointment"]))


def see_other_here(day: Day, post: Post) -> None:
    post.hears_of(CheckIn, check_in_id(day.known["other_appointment"]))
    with pytest.raises(Refused, match="already checked in"):
        check_in_other(day, post)


def dose(reader: Reader, prescription: UUID) -> str:
    """How often the medicine is to be taken, as this workstation knows it."""
    return str(reader.get(Prescription, prescription).frequency)


def change_dose(day: Day, post: Post, often: str, reason: str) -> None:
    """The dose anew, with a reason."""
    anew = make_dose(Decimal(100), "mg", "oral", often, 7)
    post.do(partial(ehr.change_dose, prescription=day.known["prescription"], dose=anew, reason=reason))


def doctor_changes_dose(day: Day, post: Post) -> None:
    change_dose(day, post, "morning", "Potassium 7.1, less to swallow")


def nurse_changes_dose(day: Day, post: Post) -> None:
    assert post.ask(partial(dose, prescription=day.known["prescription"])) == consulting.FIRST_DOSE
    change_dose(day, post, "12h", "Fever not down, told by telephone")


def nurse_follows_doctor(day: Day, post: Post) -> None:
    assert post.ask(partial(dose, prescription=day.known["prescription"])) == "morning"
    change_dose(day, post, "12h", "Fever not down, told by telephone")


def register_again(day: Day, post: Post) -> None:
    assert day.known["patient"] not in [one.patient for one in likely(post)]
    day.known["second_chart"] = register_as_another(post, "Twin sister, not the same person")


def meet_her_chart(day: Day, post: Post) -> None:
    post.hears_of(Patient, day.known["patient"])
    assert likely(post)[0].patient == day.known["patient"]


ACTS: Acts = {
    front_desk.book_other: book_other,
    front_desk.go_on_a_break: go_on_a_break,
    front_desk.see_no_booking: see_no_booking,
    front_desk.register_walk_in: register_walk_in,
    front_desk.book_walk_in: book_walk_in,
    front_desk.check_in_walk_in: check_in_walk_in,
    front_desk.book_last_slot_firmly: book_last_slot_firmly,
    front_desk.book_last_slot_pending: book_last_slot_pending,
    front_desk.find_last_slot_gone: find_last_slot_gone,
    front_desk.check_in_other: check_in_other,
    front_desk.see_other_here: see_other_here,
    front_desk.register_again: register_again,
    front_desk.meet_her_chart: meet_her_chart,
    consulting.record_allergy: record_allergy,
    consulting.record_vitals_and_note: record_vitals_and_note,
    consulting.order_tests: order_tests,
    consulting.be_stopped: be_stopped,
    consulting.prescribe_another: prescribe_another,
    consulting.doctor_changes_dose: doctor_changes_dose,
    consulting.nurse_changes_dose: nurse_changes_dose,
    consulting.nurse_follows_doctor: nurse_follows_doctor,
}
