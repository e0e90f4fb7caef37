# SPDX-License-Identifier: Apache-2.0
"""What is done at the front desks, by keyboard: register, book, check in, print the slip, join two charts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hms_desktop.clinic.appointments.model import Appointment, CheckIn
from hms_desktop.clinic.appointments.queries_slots import Slot, slots_on
from hms_desktop.clinic.appointments.rules import check_in_id
from hms_desktop.clinic.inventory.queries import today as clinic_today
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.queries_people import names
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.routes import BookAppointment, DayView, PatientRecord, RegisterPatient
from installer.day import hands
from installer.day.day import Day
from installer.day.seat import Seat
from installer.day.sight import no_row_says, row_says

FAMILY, GIVEN, BORN, PHONE = "Kessler", "Carla", "30/06/1993", "+27 82 555 0147"
"""The walk-in. A patient of the clinic is called Karla Kessler and was born on the same day: her twin sister."""
SHARE = 20
"""What the walk-in's cover leaves her to pay, in percent."""


def register_walk_in(day: Day, seat: Seat) -> None:
    """Register the walk-in; the form shows who looks alike, and the desk says that it is another person."""
    _fill_in(seat)
    seat.offers("Use this patient")
    day.look(seat, "look-alike")
    _say_who_is_another("Twin sister of Karla, never been here")
    patient = _registered(seat)
    mrn = seat.ask(lambda r: names(r, [patient])[patient].mrn)
    day.known.update(patient=patient, mrn=mrn, walk_in=f"{FAMILY}, {GIVEN}", alike="Kessler, Karla")
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
    hands.tab_to("Add cover")
    hands.press("Space")
    hands.await_field("Scheme")
    hands.type_text("Umoya Health")
    hands.fill(Plan="Standard", Member_number="UH-552-018")
    hands.tab_to("Patient's share")
    hands.type_text(str(SHARE))
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
    starts: datetime = reader.get(Appointment, appointment).starts
    return starts.astimezone(reader.clinic.zone).strftime("%H:%M")


def check_in_walk_in(day: Day, seat: Seat) -> None:
    """The day view stands at the booking: check in, with the birth date as second identifier."""
    hands.to_list("Appointments")
    hands.row_of(day.known["walk_in"])
    _check_in(seat, day.known["appointment"], BORN)
    check_in = check_in_id(day.known["appointment"])
    day.known["encounter"] = seat.ask(lambda r: r.get(CheckIn, check_in).encounter)


def _check_in(seat: Seat, appointment: UUID, second: str) -> None:
    """Check the current line in; when it asks who this is, type what the patient says."""
    check_in = check_in_id(appointment)

    def done() -> bool:
        return seat.ask(lambda reader: reader.find(CheckIn, check_in)) is not None

    hands.press("F2")
    hands.until(lambda: seat.dialog() is not None or done(), "the check-in is done, or asks who this is")
    if seat.dialog() is not None:
        hands.type_text(second)
        hands.press("Ctrl+Return")
        seat.dialog_closes()
    hands.until(done, "the patient is checked in")


OTHER = "Dickens, Octavio"
"""A real patient whom both desks check in."""
FIRM, PENDING = "Conn, Liz", "Bins, Fidel"
"""Two real patients who want the same last slot."""


def book_other(day: Day, seat: Seat) -> None:
    """Book a real patient for later, from the search box."""
    _find_and_book(seat, OTHER)
    _book(day, seat, "Mbeki", "Blood pressure check")
    day.known["other_appointment"] = seat.shows(DayView).appointment
    day.known.update(other=OTHER, other_clock=seat.ask(lambda r: _clock(r, day.known["other_appointment"])))


def _find_and_book(seat: Seat, who: str) -> None:
    """Ctrl+K, a name, Enter; on the record B books."""
    hands.press("Ctrl+K")
    hands.type_text(who.replace(",", ""))
    hands.until(lambda: who.split(",")[0].casefold() in seat.first_found().casefold(), f"{who} is found")
    hands.press("Return")
    seat.shows(PatientRecord)
    seat.read_patient(who)
    hands.press("Alt+B")
    seat.shows(BookAppointment)


def go_on_a_break(day: Day, seat: Seat) -> None:
    """The other desk sees the booking, and its receptionist signs out before the walk-in comes."""
    seat.shows(DayView)
    hands.to_list("Appointments")
    hands.row_of(OTHER)
    day.look(seat, "seen")
    day.leave(seat.station)


def see_no_booking(day: Day, seat: Seat) -> None:
    """The other desk was told nothing: its day view holds no booking of the patient; its receptionist signs out."""
    hands.press("G", "S")
    seat.shows(DayView)
    no_row_says(seat, "Appointments", OTHER)
    day.look(seat, "not-seen")
    day.leave(seat.station)


def book_last_slot_firmly(day: Day, seat: Seat) -> None:
    """The desk that was lent the place books the last slot: firm."""
    slot = seat.ask(last_slot)
    day.known.update(slot=slot, last_clock=slot.time.clock)
    day.known["firm"] = _book_last(day, seat, FIRM)


def book_last_slot_pending(day: Day, seat: Seat) -> None:
    """The other desk books the same slot; nothing was lent to it, so the booking is provisional; print the slip."""
    day.known["pending"] = _book_last(day, seat, PENDING)
    hands.to_list("Appointments")
    hands.row_of(PENDING)
    hands.press("Ctrl+P")
    seat.saves_paper(day, "appointment-slip-provisional")


def find_last_slot_gone(day: Day, seat: Seat) -> None:
    """The other desk wants the same slot: it is no longer among the free times."""
    _find_and_book(seat, PENDING)
    hands.tab_to("With")
    hands.pick(_family(day.known["slot"]))
    hands.press("F4")
    row_says(seat, "Free times", _family(day.known["slot"]))
    no_row_says(seat, "Free times", "Today", day.known["last_clock"])
    day.look(seat, "gone")


def _family(slot: Slot) -> str:
    return slot.session.clinician.rpartition(" ")[2]


def _book_last(day: Day, seat: Seat, who: str) -> UUID:
    slot: Slot = day.known["slot"]
    _find_and_book(seat, who)
    _book(day, seat, _family(slot), "After work, if possible", slot.time.clock)
    made = seat.shows(DayView).appointment
    assert made is not None
    return made


def last_slot(reader: Reader) -> Slot:
    """The last slot of today that was lent to this desk."""
    return [s for s in slots_on(reader, clinic_today(reader)) if s.lent and s.use.capacity == 1 == s.use.free][-1]


def check_in_other(day: Day, seat: Seat) -> None:
    """Check in the appointment that the other desk checks in too."""
    hands.press("G", "S")
    seat.shows(DayView)
    hands.to_list("Appointments")
    hands.row_of(OTHER)
    _check_in(seat, day.known["other_appointment"], "")


def see_other_here(day: Day, seat: Seat) -> None:
    """The other desk wants to check the same appointment in: the day view says that the patient is waiting."""
    hands.press("G", "S")
    seat.shows(DayView)
    row_says(seat, "Appointments", OTHER, "Waiting")
    hands.to_list("Appointments")
    hands.row_of(OTHER)
    day.look(seat, "here-already")


def register_again(day: Day, seat: Seat) -> None:
    """The other desk never heard of the walk-in and registers her again; her twin stands beside the form here too."""
    _fill_in(seat)
    _say_who_is_another("Twin sister, not the same person")
    day.known["second_chart"] = _registered(seat)


def meet_her_chart(day: Day, seat: Seat) -> None:
    """The other desk begins to register the walk-in again: the form shows her own chart, and the desk takes it."""
    seat.hears_of(Patient, day.known["patient"])
    _fill_in(seat)
    hands.press("Ctrl+Return")
    hands.await_field("Use this patient")
    day.look(seat, "same-person")
    hands.press("Space")
    if _registered(seat) != day.known["patient"]:
        raise hands.Stuck("the first look-alike of the walk-in was not her own chart")
