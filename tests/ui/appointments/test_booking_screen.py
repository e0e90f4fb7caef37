# SPDX-License-Identifier: Apache-2.0
"""Booking in at most five actions by keyboard; firm with a lease, provisional without; refused in words."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.appointments import queries, queries_slots, service
from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.storage.leases import Lease
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.report import written_by
from hms_desktop.ui.appointments.booking_screen import BookingPage
from hms_desktop.ui.appointments.day_screen import DayPage
from hms_desktop.ui.appointments.refill import refill_booking
from hms_desktop.ui.routes import BookAppointment, DayView
from hms_desktop.ui.widgets.buttons import Button
from tests.ui.reception import CTRL, KEYS, MONDAY, Reception, unnamed


@pytest.fixture
def clinic(reception: Reception) -> tuple[Reception, UUID, UUID]:
    """A doctor's morning and a patient."""
    _doctor, session = reception.hours()
    patient = reception.register(family="Okafor", given="Chidi", sex="male", born="1984-12-03")
    return reception, session, patient


def booking(reception: Reception, route: BookAppointment) -> BookingPage:
    """The form, with its free times read."""
    page = reception.open(route, BookingPage)
    reception.until(lambda: page.slots.current_row() is not None)
    reception.settle()
    return page


def booked(reception: Reception) -> list[Any]:
    """Every booking."""
    return reception.ask(lambda r: r.rows(select(Appointment.__table__)))


def lend(reception: Reception, clock: str) -> None:
    """Lend this desk the place of a slot."""
    slot = next(s for s in reception.ask(partial(queries_slots.slots_on, day=MONDAY)) if s.time.clock == clock)

    def write(unit: Unit) -> None:
        unit.action = "test"
        until = unit.now + timedelta(hours=8)
        device = unit.station.device
        unit.add(Lease, kind="slot", subject=slot.id, device=device, amount=Decimal(1), until=until)

    reception.do(write)


def test_a_booking_takes_five_actions(clinic: tuple[Reception, UUID, UUID]) -> None:
    reception, _session, patient = clinic
    reception.open(DayView(), DayPage).table.view.setFocus()
    reception.key(KEYS.Key_N)  # 1: new booking
    reception.until(lambda: isinstance(reception.window.shown, BookingPage))
    page = reception.page(BookingPage)
    reception.until(lambda: page.slots.current_row() is not None)
    page.who.take_focus()
    reception.write("okafor")  # 2: who
    reception.until(lambda: page.who.list.isVisible())
    reception.key(KEYS.Key_Down)
    reception.key(KEYS.Key_Return)  # 3: that one; the first free time is already offered
    assert page.who.chosen is not None
    assert page.book.words == "Book 09:30 with Dr T. Mbeki" or page.book.words == "Book 09:00 with Dr T. Mbeki"
    reception.key(KEYS.Key_Return, CTRL)  # 4: book
    reception.until(lambda: len(booked(reception)) == 1)
    assert booked(reception)[0].patient == patient
    reception.until(lambda: isinstance(reception.window.shown, DayPage))


def test_without_a_lease_it_is_provisional_and_says_so_before_and_after(clinic: tuple[Reception, UUID, UUID]) -> None:
    reception, _session, patient = clinic
    page = booking(reception, BookAppointment(patient))
    reception.until(lambda: page.who.chosen is not None)
    assert "provisional until the server has confirmed it" in page.summary.text()
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: booked(reception))
    assert (booked(reception)[0].status, booked(reception)[0].firm) == ("pending", False)
    reception.until(lambda: reception.toasts() and "provisional" in reception.toasts()[0])
    day = reception.page(DayPage)
    reception.until(lambda: day.table.current_row() is not None)
    column = next(c for c in day.table.rows.columns if c.key == "status")
    assert column.of(day.table.current_row()).words == "Provisional"


def test_with_a_lease_it_is_firm_and_can_be_undone(clinic: tuple[Reception, UUID, UUID]) -> None:
    reception, _session, patient = clinic
    lend(reception, "10:00")
    page = booking(reception, BookAppointment(patient))
    reception.until(lambda: page.who.chosen is not None)
    page.slots.select(next(s.id for s in page.slots._slots if s.time.clock == "10:00"))
    assert "held for this desk" in page.summary.text()
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: booked(reception))
    assert (booked(reception)[0].status, booked(reception)[0].firm) == ("booked", True)
    reception.until(lambda: reception.window.frame.notices.can_undo())
    reception.key(KEYS.Key_Z, CTRL)
    reception.until(lambda: booked(reception)[0].status == "entered-in-error")


def test_with_whom_narrows_the_times(clinic: tuple[Reception, UUID, UUID]) -> None:
    reception, _session, patient = clinic
    reception.hours("Haddad", "Paediatrics")
    page = booking(reception, BookAppointment(patient))
    assert {s.session.service for s in page.slots._slots} == {"General practice", "Paediatrics"}
    page.whom.take_focus()
    reception.write("paed")
    reception.until(lambda: page.whom.list.isVisible())
    reception.key(KEYS.Key_Down)
    reception.key(KEYS.Key_Return)
    reception.until(lambda: {s.session.service for s in page.slots._slots} == {"Paediatrics"})


def test_a_place_that_was_taken_meanwhile_is_refused_and_nothing_typed_is_lost(
    clinic: tuple[Reception, UUID, UUID],
) -> None:
    reception, session, patient = clinic
    other = reception.register(family="Visser", given="Johan", sex="male", born="1968-07-07")
    page = booking(reception, BookAppointment(patient))
    reception.until(lambda: page.who.chosen is not None)
    page.reason.type_in("Cough")
    slot = page.slots.current_row()
    assert slot is not None
    reception.do(partial(service.book, patient=other, session=session, starts=slot.time.starts))
    page._book(slot, page.form.values(), accept_clash=False)
    reception.until(lambda: page.wrong.isVisible())
    assert "is full at" in page.wrong.text() and "Next free" in page.wrong.text()
    assert page.reason.typed() == "Cough" and len(booked(reception)) == 1


def test_two_appointments_at_once_are_asked_about(clinic: tuple[Reception, UUID, UUID]) -> None:
    reception, session, patient = clinic
    reception.hours("Haddad", "Paediatrics")
    reception.do(partial(service.book, patient=patient, session=session, starts=reception.at("10:00")))
    page = booking(reception, BookAppointment(patient))
    reception.until(lambda: page.who.chosen is not None)
    page.slots.select(next(s.id for s in page.slots._slots if s.time.clock == "10:00"))
    reception.key(KEYS.Key_Return, CTRL)
    reception.until(lambda: page._clash is not None)
    assert page._clash is not None and "already has an appointment at 10:00" in page._clash.accessibleName()
    focus = reception.focus()
    assert isinstance(focus, Button) and focus.words == "Book both"
    reception.key(KEYS.Key_Space)
    reception.until(lambda: len(booked(reception)) == 2)


def test_missing_things_are_named(clinic: tuple[Reception, UUID, UUID]) -> None:
    reception, _session, _patient = clinic
    page = booking(reception, BookAppointment())
    reception.key(KEYS.Key_Return, CTRL)
    assert page.who.error == "Patient is missing. Choose one." and not booked(reception)
    assert not unnamed(page)


def test_an_unfinished_booking_comes_back(clinic: tuple[Reception, UUID, UUID]) -> None:
    reception, _session, _patient = clinic
    page = booking(reception, BookAppointment())
    page.reason.take_focus()
    reception.write("Fever")
    page.save_draft()
    reception.workstation.drafts.flush()
    reception.settle()
    reception.open(DayView(), DayPage)
    again = booking(reception, BookAppointment())
    reception.until(lambda: again.reason.typed() == "Fever")


def test_no_hours_at_all_is_said(reception: Reception) -> None:
    page = reception.open(BookAppointment(), BookingPage)
    assert "No free time" in page.slots.nothing_yet.sentence
    assert reception.ask(queries.day).rows == ()


def test_a_refused_booking_is_the_filled_form_again_and_leaves_the_open_form_alone(
    clinic: tuple[Reception, UUID, UUID],
) -> None:
    reception, session, patient = clinic
    starts = reception.ask(lambda r: queries_slots.slots_on(r, MONDAY))[-1].time.starts
    appointment = reception.do(
        partial(service.book, patient=patient, session=session, starts=starts, reason="Knee still swollen")
    )
    author = reception.desk.store.station.author
    with reception.desk.store.reading() as connection:
        written = [one for number in range(1, 20) for one in written_by(connection, author, number)]
    mine = [one for one in written if one.record == appointment]
    refilled = reception.ask(lambda r: refill_booking(r, 7, mine))
    assert refilled is not None and refill_booking(None, 7, [one for one in written if one.table == "patient"]) is None
    opened: list[bool] = []
    reception.workstation.drafts.save("booking", {"reason": "Another one"}, "New booking")
    reception.workstation.drafts.take_up(refilled, 7, "It was refused.", lambda: opened.append(True))
    reception.until(lambda: bool(opened))
    assert isinstance(refilled.route, BookAppointment)
    page = booking(reception, refilled.route)
    reception.until(lambda: page.who.chosen is not None and page.whom.chosen is not None)
    assert page.who.chosen is not None
    assert (page.who.chosen.key, page.reason.typed()) == (str(patient), "Knee still swollen")
    reception.until(lambda: page.wrong.isVisible() and "It was refused." in page.wrong.text())
    before = booking(reception, BookAppointment())
    reception.until(lambda: before.reason.typed() == "Another one")
