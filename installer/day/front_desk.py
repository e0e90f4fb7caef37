# SPDX-License-Identifier: Apache-2.0
"""What is done at the front desks, by keyboard: register, book, check in, print the slip, join two charts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.appointments.model import Appointment, CheckIn
from hms_desktop.clinic.appointments.rules import check_in_id
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.queries import names
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.routes import BookAppointment, DayView, PatientRecord, RegisterPatient
from installer.day import hands
from installer.day.day import Day
from installer.day.seat import Seat

FAMILY, GIVEN, BORN, PHONE = "Kessler", "Carla", "30/06/1993", "+27 82 555 0147"
"""The walk-in. A patient of the clinic is called Karla Kessler and was born on the same day: her twin sister."""


def register_walk_in(day: Day, seat: Seat) -> None:
    """Register the walk-in; the form shows who looks alike, and the desk says that it is another person."""
    _fill_in(seat)
    day.look(seat, "look-alike", dark=True)
    _say_who_is_another("Twin sister of Karla, never been here")
    day.known.update(patient=_registered(seat), walk_in=f"{FAMILY}, {GIVEN}", alike="Kessler, Karla")
    record_cover(day, seat)


def _fill_in(seat: Seat) -> None:
    hands.press("Ctrl+Shift+N")
    seat.shows(RegisterPatient)
    hands.await_field("Family name")
    hands.type_text(FAMILY)
    hands.fill(Given_names=GIVEN, Birth_date_or_age=BORN)
    hands.tab()
    hands.choose("Female")
    hands.fill(Telephone=PHONE)
    hands.tab()


def _say_who_is_another(reason: str) -> None:
    """Try to register; the look-alike asks to be decided about; say that it is another person; register."""
    hands.press("Ctrl+Return")
    while not _register_has_keyboard():
        hands.tab_to("Another person")
        hands.press("Space")
        hands.await_field("Why is this another person?")
        hands.type_text(reason)
        hands.press("Return")
    hands.press("Ctrl+Return")


def _register_has_keyboard() -> bool:
    hands.until(lambda: hands.focused_name() in ("Use this patient", "Register"), "the look-alike or the button asks")
    return hands.focused_name() == "Register"


def _registered(seat: Seat) -> UUID:
    route = seat.shows(PatientRecord)
    return route.patient


def record_cover(day: Day, seat: Seat) -> None:
    """On the record: who pays a part."""
    hands.tab_to("Add", nth=3)
    hands.press("Space")
    hands.await_field("Payer")
    hands.type_text("Umoya Health")
    hands.fill(Plan="Standard", Member_number="UH-552-018")
    hands.tab_to("Patient's share")
    hands.type_text("20")
    hands.press("Ctrl+Return")
    seat.dialog_closes()


def book_walk_in(day: Day, seat: Seat) -> None:
    """From the record: book the next free time of the doctor."""
    hands.press("B")
    seat.shows(BookAppointment)
    _book(day, seat, "Haddad", "Cough and fever for three days")
    day.known["appointment"] = seat.shows(DayView).appointment
    day.known["clock"] = seat.ask(lambda r: _clock(r, day.known["appointment"]))


def _book(day: Day, seat: Seat, clinician: str, reason: str, time: str = "") -> None:
    hands.tab_to("With")
    hands.pick(clinician)
    hands.fill(Reason=reason)
    hands.press("F4")
    hands.row_of(time or clinician)
    day.look(seat, "free-times")
    hands.press("Ctrl+Return")


def _clock(reader: Reader, appointment: UUID) -> str:
    return reader.get(Appointment, appointment).starts.astimezone(reader.clinic.zone).strftime("%H:%M")


def check_in_walk_in(day: Day, seat: Seat) -> None:
    """The day view stands at the booking: check in, with the birth date as second identifier."""
    _check_in(seat, day.known["walk_in"], BORN)
    check_in = check_in_id(day.known["appointment"])
    seat.hears_of(CheckIn, check_in)
    day.known["encounter"] = seat.ask(lambda r: r.get(CheckIn, check_in).encounter)


def _check_in(seat: Seat, who: str, second: str) -> None:
    hands.press("F2")
    if seat.asks():
        hands.type_text(second)
        hands.press("Ctrl+Return")
        seat.dialog_closes()


def known_patient(reader: Reader, family: str, given: str) -> UUID:
    """A real patient of the clinic by name."""
    found = reader.one(select(Patient.id).where(Patient.family == family, Patient.given.startswith(given))).id
    return names(reader, [found])[found].patient
