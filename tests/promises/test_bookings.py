# SPDX-License-Identifier: Apache-2.0
"""One place in a slot, two desks: with the line and without it exactly one promise, and nobody checked in twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pypdfium2
import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.appointments import service
from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.appointments.queries_slots import Slot, slots_on
from hms_desktop.clinic.billing.queries import open_charges
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.clinic.staff import service as staff
from hms_desktop.clinic.staff.rules import Hours
from hms_desktop.core.errors import Refused
from hms_desktop.documents import printing
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.routes import BookAppointment, ConflictInbox, DayView, PatientRecord
from hms_desktop.ui.widgets.print_preview import PrintPreview
from installer.day import hands
from tests.promises.seats import Seat, ServedClinic, rows_of, served, the, words_of

PEOPLE = (("Okonkwo", "Amara", "1979-03-14"), ("Okonkwo", "Amaru", "1981-07-02"), ("Naidoo", "Priya", "1990-06-05"))


@dataclass
class FrontDesks:
    """Two desks with a doctor's hours of today and of this weekday in a week, which nobody can be lent yet."""

    clinic: ServedClinic
    patients: list[UUID]
    session: UUID
    today: date

    def sit(self) -> tuple[Seat, Seat]:
        """Somebody at each desk, both online."""
        seats = self.clinic.sit("a", "zanele"), self.clinic.sit("b", "thandi")
        self.clinic.meet(*seats)
        return seats

    def standing(self, slot: UUID) -> list[str]:
        """Each booking of a slot, as the server has it."""
        question = select(Appointment.status).where(Appointment.slot == slot)
        return sorted(row.status for row in self.clinic.at_server(lambda reader: reader.rows(question)))

    def status(self, appointment: UUID) -> str:
        """How a booking stands at the server."""
        return str(self.clinic.at_server(lambda reader: reader.get(Appointment, appointment)).status)


@pytest.fixture
def desks(tmp_path: Any, qapp: QApplication) -> Iterator[FrontDesks]:
    """A served clinic in its morning, with so many slots to come that each desk is lent some, whichever they are."""
    with served(tmp_path, qapp) as clinic:
        for login in ("zanele", "thandi"):
            clinic.person(login, "receptionist")
        people = [Registration(family=f, given=g, born=b, sex="female") for f, g, b in PEOPLE]
        patients = [clinic.setup(partial(register, written=written)) for written in people]
        doctor = clinic.setup(partial(staff.add_practitioner, family="Mbeki", given="Thabo", prefix="Dr"))
        room = clinic.setup(partial(staff.add_place, name="Room 3", kind="room"))
        today = clinic.at_server(lambda reader: reader.now.astimezone(reader.clinic.zone).date())
        hours = Hours(today.weekday(), "08:00", "18:00", 15, 1, today - timedelta(days=1))
        opening = partial(staff.open_session, practitioner=doctor, hours=hours, service="General practice", place=room)
        session = clinic.setup(opening)
        clinic.server.start()
        for name, login in (("a", "zanele"), ("b", "thandi")):
            clinic.station(name, "front_desk", login)
        yield FrontDesks(clinic, patients, session, today)


def coming(day: date, reader: Reader) -> list[Slot]:
    """The free slots of a day that are still to come."""
    return [slot for slot in slots_on(reader, day) if slot.use.free and slot.time.starts > reader.now]


def lent(seat: Seat, day: date) -> list[Slot]:
    """Slots that are lent to this desk."""
    hands.until(lambda: any(slot.lent for slot in seat.ask(partial(coming, day))), "slots are lent", 60)
    return [slot for slot in seat.ask(partial(coming, day)) if slot.lent]


def choose(seat: Seat, patient: UUID, slot: Slot, day: date) -> Any:
    """The booking screen with this slot chosen; returns it."""
    page = seat.sit_down().goes_to(BookAppointment(patient, day))
    hands.until(lambda: bool(page.who.chosen) and slot.id in [s.id for s in page.slots._slots], "the slot is offered")
    page.slots.select_slot(slot.id)
    hands.until(lambda: page.slots.current_row() is not None and page.slots.current_row().id == slot.id, "it is chosen")
    return page


def book(seat: Seat, patient: UUID, slot: Slot, day: date) -> UUID:
    """Book by keyboard; returns the appointment."""
    choose(seat, patient, slot, day)
    hands.press("Ctrl+Return")
    made = seat.shows(DayView).appointment
    assert made is not None
    return made


def task_of(seat: Seat, appointment: UUID) -> Any:
    """The task about a booking that lost its place."""
    rows = seat.ask(lambda reader: reader.rows(select(Task.__table__).where(Task.subject == appointment)))
    return rows[0] if rows else None


@pytest.mark.accepts("APT-03")
def test_two_desks_online_book_one_place_at_once(desks: FrontDesks) -> None:
    a, b = desks.sit()
    for slot in lent(a, desks.today)[:2]:
        choose(a, desks.patients[0], slot, desks.today)
        choose(b, desks.patients[2], slot, desks.today)
        for seat in (a, b):
            seat.window.shown.form.finish()
        hands.until(lambda s=slot: desks.standing(s.id) == ["booked", "waitlist"], "one is booked, one is not", 60)  # type: ignore[misc]
        lost = desks.clinic.at_server(
            lambda r, s=slot: r.one(  # type: ignore[misc]
                select(Appointment.id).where(Appointment.slot == s.id, Appointment.status != "booked")
            )
        ).id
        hands.until(lambda lost=lost: task_of(b, lost) is not None, "the other desk is told by itself")  # type: ignore[misc]
        hands.until(lambda: "Waitlist 1" in words_of(b.window.shown), "its window says so")
        assert slot.time.clock in task_of(b, lost).title
        hands.until(lambda s=slot: s.id not in [x.id for x in b.ask(partial(coming, desks.today))], "it is full there")  # type: ignore[misc]
        a.do(partial(service.cancel, appointment=the(bookings(a, slot.id)), reason="Next round"))
        a.in_step()
        b.do(partial(service.cancel, appointment=lost, reason="Next round"))


def bookings(seat: Seat, slot: UUID) -> list[UUID]:
    """The firm bookings of a slot."""
    question = select(Appointment.id).where(Appointment.slot == slot, Appointment.status == "booked")
    return [row.id for row in seat.ask(lambda reader: reader.rows(question))]


@pytest.mark.accepts("APT-04")
@pytest.mark.accepts("X-14")
def test_without_the_line_a_lease_promises_and_everything_else_is_to_be_confirmed(desks: FrontDesks) -> None:
    a, b = desks.sit()
    slot, later = lent(a, desks.today)[0], desks.today + timedelta(days=7)
    unlent = next(s for s in a.ask(partial(coming, later)) if not s.lent)
    desks.clinic.server.kill()
    for seat in (a, b):
        seat.offline()
    second = book(b, desks.patients[2], slot, desks.today)
    hands.until(lambda: "Provisional" in " ".join(rows_of(b.window.shown.table)), "the list says provisional")
    assert "provisional, to be confirmed" in slip(b).casefold()
    first = book(a, desks.patients[0], slot, desks.today)
    assert "provisional" not in slip(a).casefold()
    early = book(a, desks.patients[1], unlent, later)
    late = book(b, desks.patients[2], unlent, later)
    assert a.ask(lambda r: r.get(Appointment, early)).status == "pending"
    desks.clinic.server.start()
    for wanted in (slot.id, unlent.id):
        hands.until(lambda w=wanted: desks.standing(w) == ["booked", "waitlist"], "never two for one place", 60)  # type: ignore[misc]
    won = [one for one in (early, late) if desks.status(one) == "booked"]  # whose desk came back first
    outcome = {one: "booked" if one in (first, *won) else "waitlist" for one in (first, second, early, late)}
    for seat in (a, b):
        for one, status in outcome.items():
            hands.until(lambda s=seat, o=one, w=status: status_at(s, o) == w, status)  # type: ignore[misc]
    call_the_loser(b, desks.patients[2], second)
    a.do(partial(printing.printed, asked=printing.Asked("appointment-slip", first)))
    desks.clinic.meet(a, b)
    again = b.do(partial(printing.preview, kind="appointment-slip", subject=first))
    assert again.copy == 1 and ", a, as far as is known here" in again.copy_words, "it was printed at the other desk"


def status_at(seat: Seat, appointment: UUID) -> str:
    """How a booking stands at a desk; empty until the desk has heard of it."""
    row = seat.ask(lambda reader: reader.find(Appointment, appointment))
    return row.status if row else ""


def slip(seat: Seat) -> str:
    """The words on the slip that the day view prints for the current booking."""
    hands.until(lambda: seat.window.shown.table.current_row() is not None, "the booking is current")
    hands.press("Ctrl+P")
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), PrintPreview), "the preview opens")
    preview = QApplication.activeModalWidget()
    assert isinstance(preview, PrintPreview)
    pages = pypdfium2.PdfDocument(preview.pages.pdf)
    text = " ".join(pages[number].get_textpage().get_text_range() for number in range(len(pages)))
    preview.reject()
    closed(seat)
    return text


def closed(seat: Seat) -> None:
    """Wait until no dialog is in front any more and the window has the keyboard."""
    hands.until(lambda: QApplication.activeModalWidget() is None, "the dialog is done")
    hands.breathe()
    seat.sit_down()


def call_the_loser(seat: Seat, patient: UUID, appointment: UUID) -> None:
    """The task names free times; a person takes it, calls the patient, and says how it came out."""
    assert "call the patient" in task_of(seat, appointment).title and "Free: " in task_of(seat, appointment).title
    lost = task_of(seat, appointment).title.partition(": call")[0]  # the patient may have lost another time, too
    page = seat.sit_down().goes_to(PatientRecord(patient))
    hands.press("Ctrl+2")
    hands.until(lambda: any(lost in row for row in rows_of(page.tasks.table)), "the task is shown")
    page.tasks.table.view.setFocus()
    hands.row_of(lost)
    hands.press("Return")
    hands.until(lambda: task_of(seat, appointment).status == "in-progress", "taken")
    hands.until(lambda: any(lost in row and "Being done" in row for row in rows_of(page.tasks.table)), "so it says")
    page.tasks.table.view.setFocus()
    hands.row_of(lost)
    hands.press("Return")
    hands.until(lambda: QApplication.activeModalWidget() is not None, "how did it come out")
    hands.type_text("Reached her, comes on Thursday")
    hands.press("Ctrl+Return")
    hands.until(lambda: task_of(seat, appointment).status == "completed", "done")


@pytest.mark.accepts("APT-12")
def test_nobody_is_checked_in_twice_nor_the_twin_nor_on_another_day_nor_elsewhere(desks: FrontDesks) -> None:
    a, b = desks.sit()
    slots = lent(a, desks.today)
    twin = book(a, desks.patients[1], slots[0], desks.today)
    mine = book(a, desks.patients[0], slots[1], desks.today)
    other_day = book(a, desks.patients[2], a.ask(partial(coming, desks.today + timedelta(days=7)))[0],
                     desks.today + timedelta(days=7))  # fmt: skip
    a.in_step()
    hands.until(lambda: b.ask(lambda r: r.find(Appointment, other_day)) is not None, "the other desk has heard")
    desks.clinic.station("north", "front_desk", "thandi", site="North")
    desks.clinic.server.kill()
    at_another_site(desks, twin)
    for seat, wrong in ((a, "1981-07-02"), (b, "1979-03-15")):
        check_in_with(seat, mine, wrong, "1979-03-14", desks.today)
        hands.press("F2")
        seat.rests()
        assert QApplication.activeModalWidget() is None
        with pytest.raises(Refused, match=r"Okonkwo, Amara was already checked in at \d\d:\d\d"):
            seat.do(partial(service.check_in, appointment=mine, second_identifier="1979-03-14"))
    warned(a, other_day, desks.today + timedelta(days=7), "is booked for")
    for seat in (a, b):
        seat.do(partial(service.walk_in, patient=desks.patients[2], service="General practice"))
    desks.clinic.server.start()
    desks.clinic.meet(a, b)
    for seat in (a, b):
        visits = seat.ask(lambda r: r.rows(select(Encounter.id).where(Encounter.patient == desks.patients[0])))
        assert len(visits) == 1
        assert seat.ask(lambda r: r.get(Appointment, twin)).status == "booked", "the twin is not here"
    taken_in_twice(desks, a, b)


def taken_in_twice(desks: FrontDesks, a: Seat, b: Seat) -> None:
    """Who walked in at both desks while they were apart: both visits are named, said to be one, and charged once."""
    for seat in (a, b):
        hands.until(lambda s=seat: s.says("conflicts") == "1 conflict to review", "it waits for the desk")  # type: ignore[misc]
    page = a.sit_down().goes_to(ConflictInbox())
    hands.until(lambda: page.pane is not None, "it is opened")
    for part in ("One patient, two visits: opened", "Visit of", "Zanele", "Thandi", "is charged twice"):
        hands.until(lambda p=part: p in words_of(page), f"{part} is said: {words_of(page)}")  # type: ignore[misc]
    page.list.setFocus()
    hands.press("1")
    hands.press("2")
    hands.until(lambda: page.pane.reason.line.hasFocus(), "everything is chosen")
    hands.type_text("She came once")
    hands.press("Ctrl+Return")
    for seat in (a, b):
        hands.until(lambda s=seat: s.says("conflicts") == "", "it is settled at both desks")  # type: ignore[misc]
    mine = select(Encounter.status).where(Encounter.patient == desks.patients[2])
    assert sorted(row.status for row in b.ask(lambda r: r.rows(mine))) == ["arrived", "cancelled"], "both stay"
    owed = partial(open_charges, patient=desks.patients[2])
    hands.until(lambda: [row.code for row in desks.clinic.at_server(owed)] == ["VISIT"], "charged once")


def on_line(seat: Seat, appointment: UUID, day: date) -> Any:
    """The day view with this booking current."""
    page = seat.sit_down().goes_to(DayView(day, appointment))
    current = lambda: page.table.current_row() is not None and page.table.current_row().id == appointment  # noqa: E731
    hands.until(current, "the booking is current")
    page.table.view.setFocus()
    return page


def check_in_with(seat: Seat, appointment: UUID, wrong: str, right: str, day: date) -> None:
    """A similar name is on the list: what does not fit is refused and stays, what fits checks in."""
    on_line(seat, appointment, day)
    hands.press("F2")
    hands.until(lambda: QApplication.activeModalWidget() is not None, "a second identifier is asked")
    hands.type_text(wrong)
    hands.press("Ctrl+Return")
    dialog: Any = QApplication.activeModalWidget()
    hands.until(lambda: "does not fit this patient" in words_of(dialog), "the twin's birth date is refused")
    hands.tab_to("Birth date, record number or telephone")
    hands.clear_field()
    hands.type_text(right)
    hands.press("Ctrl+Return")
    closed(seat)
    hands.until(lambda: seat.ask(lambda r: r.get(Appointment, appointment)).status == "checked-in", "checked in")


def at_another_site(desks: FrontDesks, appointment: UUID) -> None:
    """At a desk of another site the question comes before anything is written; the action refuses, too."""
    north = desks.clinic.sit("north", "thandi")
    hands.until(lambda: status_at(north, appointment) == "booked", "North knows of the booking")
    warned(north, appointment, desks.today, "is booked at Main")
    with pytest.raises(Refused, match="This appointment is at Main, and this workstation is at North"):
        north.do(partial(service.check_in, appointment=appointment, second_identifier="1981-07-02"))


def warned(seat: Seat, appointment: UUID, day: date, words: str) -> None:
    """A booking of another day or site is asked about first."""
    on_line(seat, appointment, day)
    hands.press("F2")
    hands.until(lambda: QApplication.activeModalWidget() is not None, "that is asked about")
    dialog: Any = QApplication.activeModalWidget()
    assert words in words_of(dialog)
    hands.press("Escape")
    closed(seat)
    assert seat.ask(lambda r: r.get(Appointment, appointment)).status in ("booked", "pending")
