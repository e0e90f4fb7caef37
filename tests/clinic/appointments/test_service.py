# SPDX-License-Identifier: Apache-2.0
"""Booking with and without a lease, moving, calling off, checking in once and only the right person."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from hms_desktop.clinic.appointments import queries, queries_slots, service
from hms_desktop.clinic.appointments.events import AppointmentBooked, ArrivedForVisit
from hms_desktop.clinic.appointments.model import Appointment, CheckIn
from hms_desktop.clinic.appointments.rules import check_in_id, encounter_id
from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.errors import BadInput, NotAllowed, Refused
from hms_desktop.core.events import Event
from hms_desktop.storage.leases import LeaseSpend
from hms_desktop.storage.unit import Unit
from tests.clinic.appointments.clinic_day import MONDAY, ClinicDay, open_clinic
from tests.desk import person, rights_of


def slot(clinic: ClinicDay, clock: str) -> queries_slots.Slot:
    """Today's slot at a time."""
    return next(s for s in clinic.desk.ask(partial(queries_slots.slots_on, day=MONDAY)) if s.time.clock == clock)


def test_without_a_lease_a_booking_is_provisional(clinic: ClinicDay) -> None:
    row = clinic.row(clinic.book(clinic.chidi, "09:30"))
    assert (row.status, row.firm, row.provisional, row.saved_here) == ("pending", False, True, True)
    assert slot(clinic, "09:30").use == queries_slots.SlotUse(1, 0, 1)


def test_with_a_lease_a_booking_is_firm_and_spends_it_once(clinic: ClinicDay) -> None:
    clinic.lend(slot(clinic, "09:30").id)
    assert slot(clinic, "09:30").lent == 1
    made = clinic.book(clinic.chidi, "09:30")
    assert (clinic.row(made).status, clinic.row(made).firm) == ("booked", True)
    assert [r.source for r in clinic.desk.ask(lambda r: r.rows(select(LeaseSpend.source)))] == [made]
    assert slot(clinic, "09:30").lent == 0
    clinic.desk.do(partial(service.cancel, appointment=made, reason="Ill"))
    assert clinic.row(clinic.book(clinic.chidi, "09:30")).provisional


@pytest.mark.parametrize("lent", ["to another", "for no time"])
def test_a_lease_of_another_or_of_yesterday_is_none(clinic: ClinicDay, lent: str) -> None:
    free = slot(clinic, "09:30").id
    if lent == "to another":
        clinic.lend(free, device=clinic.desk.store.ids.new())
    else:
        clinic.lend(free, hours=0)
    assert slot(clinic, "09:30").lent == 0
    assert clinic.row(clinic.book(clinic.chidi, "09:30")).provisional


def test_a_full_slot_is_refused_with_the_next_free_times(clinic: ClinicDay) -> None:
    clinic.book(clinic.chidi, "09:30")
    with pytest.raises(Refused, match=r"Dr T. Mbeki is full at 09:30. Next free: 23-Nov 10:00, 23-Nov 10:30"):
        clinic.book(clinic.amara, "09:30")


def test_going_over_the_capacity_needs_its_own_right(clinic: ClinicDay) -> None:
    clinic.book(clinic.chidi, "09:30")
    booking = partial(
        service.book, patient=clinic.amara, session=clinic.session, starts=clinic.at("09:30"), overbook=True
    )
    with pytest.raises(NotAllowed):
        clinic.desk.do(booking, person("Clerk", rights_of(["receptionist"])))
    assert clinic.row(clinic.desk.do(booking)).status == "booked"


def test_a_slot_with_room_for_two_takes_two(tmp_path: Path) -> None:
    clinic = open_clinic(tmp_path, capacity=2)
    clinic.book(clinic.chidi, "09:30")
    clinic.book(clinic.amara, "09:30")
    with pytest.raises(Refused, match="full"):
        clinic.book(clinic.adaeze, "09:30")


@pytest.mark.parametrize(("clock", "says"), [("09:10", "no slot at 09:10"), ("07:30", "no slot"), ("08:00", "is over")])
def test_a_time_that_cannot_be_booked_is_refused(clinic: ClinicDay, clock: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        clinic.book(clinic.chidi, clock)


def test_a_patient_is_not_in_two_places_unless_meant(clinic: ClinicDay) -> None:
    clinic.book(clinic.chidi, "09:30")
    other = clinic.desk.do(partial(service.walk_in, patient=clinic.amara, service="Dressing"))
    booking = partial(service.book, patient=clinic.amara, session=clinic.session, starts=clinic.at("09:00"))
    with pytest.raises(Refused, match="Okonkwo, Amara already has an appointment at 09:00"):
        clinic.desk.do(booking)
    assert clinic.row(clinic.desk.do(partial(booking, accept_clash=True))).id != other


def test_a_booking_is_moved_and_keeps_its_history(clinic: ClinicDay) -> None:
    made = clinic.book(clinic.chidi, "09:30")
    clinic.lend(slot(clinic, "10:30").id)
    clinic.desk.do(
        partial(service.move, appointment=made, session=clinic.session, starts=clinic.at("10:30"), reason="Ill")
    )
    row = clinic.row(made)
    assert (row.clock, row.status, row.firm) == ("10:30", "booked", True)
    assert slot(clinic, "09:30").use.free == 1
    assert len(clinic.desk.ask(lambda r: r.history(Appointment, made))) == 2
    clinic.desk.do(
        partial(service.move, appointment=made, session=clinic.session, starts=clinic.at("11:00"), reason="Ill")
    )
    assert clinic.row(made).provisional


def test_a_booking_is_called_off_with_a_reason_and_its_place_is_free(clinic: ClinicDay) -> None:
    made = clinic.book(clinic.chidi, "09:30")
    with pytest.raises(BadInput, match="reason"):
        clinic.desk.do(partial(service.cancel, appointment=made, reason=" "))
    clinic.desk.do(partial(service.cancel, appointment=made, reason="Has a cold", asked_by="patient"))
    assert (clinic.row(made).status, clinic.row(made).status_reason) == ("cancelled", "Has a cold")
    clinic.book(clinic.amara, "09:30")
    with pytest.raises(Refused, match="Okonjo, Chidi at 09:30 is cancelled"):
        clinic.desk.do(partial(service.cancel, appointment=made, reason="again"))


def test_a_patient_is_checked_in_once(tmp_path: Path) -> None:
    events: list[Event] = []

    def listen(unit: Unit, event: Event) -> None:
        events.append(event)

    clinic = open_clinic(tmp_path, react=listen)
    made = clinic.book(clinic.chidi, "09:30")
    encounter = clinic.desk.do(partial(service.check_in, appointment=made))
    assert encounter == encounter_id(made)
    clinic.later(12)
    row = clinic.row(made)
    assert (row.status, row.encounter, row.waited(clinic.desk.ask(lambda r: r.now))) == ("checked-in", encounter, 12)
    with pytest.raises(Refused, match="Okonjo, Chidi was already checked in at 09:00"):
        clinic.desk.do(partial(service.check_in, appointment=made))
    assert [type(e) for e in events if isinstance(e, AppointmentBooked | ArrivedForVisit)] == [
        AppointmentBooked,
        ArrivedForVisit,
    ]
    assert [r.id for r in clinic.desk.ask(lambda r: r.rows(select(CheckIn.id)))] == [check_in_id(made)]


@pytest.mark.parametrize("said", ["14/3/1979", "14 mar 1979", "082 555 0147", "0147", "record number"])
def test_the_second_identifier_tells_two_people_apart(clinic: ClinicDay, said: str) -> None:
    made = clinic.book(clinic.amara, "09:30")
    clinic.book(clinic.adaeze, "10:00")
    number = clinic.row(made).patient.mrn
    for wrong in (None, "", "14/3/2011", "1979", "about 47 y", clinic.row(made).patient.family):
        with pytest.raises(BadInput, match="similar name") as fault:
            clinic.desk.do(partial(service.check_in, appointment=made, second_identifier=wrong))
        assert fault.value.field == "second_identifier"
    typed = number if said == "record number" else said
    clinic.desk.do(partial(service.check_in, appointment=made, second_identifier=typed))
    assert clinic.row(made).waiting


def test_an_appointment_of_another_day_is_not_checked_in_by_mistake(clinic: ClinicDay) -> None:
    starts = clinic.at("09:30") + timedelta(days=7)
    made = clinic.desk.do(partial(service.book, patient=clinic.chidi, session=clinic.session, starts=starts))
    with pytest.raises(Refused, match="30-Nov-2026, not today"):
        clinic.desk.do(partial(service.check_in, appointment=made))
    clinic.desk.do(partial(service.check_in, appointment=made, other_day=True))


def test_an_appointment_at_another_site_is_not_checked_in_by_mistake(clinic: ClinicDay) -> None:
    made = clinic.desk.do(
        partial(service.book, patient=clinic.chidi, session=clinic.session, starts=clinic.at("09:30"))
    )
    room = clinic.row(made).place
    assert room is not None and clinic.row(made).elsewhere is None

    def far(unit: Unit) -> None:
        unit.action = "test.far"
        unit.change(Place, room, site="North")

    clinic.desk.do(far)
    assert clinic.row(made).elsewhere == "North"
    with pytest.raises(Refused, match="at North, and this workstation is at Main"):
        clinic.desk.do(partial(service.check_in, appointment=made))
    clinic.desk.do(partial(service.check_in, appointment=made, other_site=True))


def test_a_walk_in_is_here_at_once_and_only_once(clinic: ClinicDay) -> None:
    walking = partial(service.walk_in, patient=clinic.chidi, practitioner=clinic.doctor, reason=" Sore  throat ")
    row = clinic.row(clinic.desk.do(partial(walking, service="General practice")))
    assert (row.status, row.firm, row.reason, row.clock) == ("checked-in", True, "Sore throat", "09:00")
    with pytest.raises(Refused, match="already checked in since 09:00"):
        clinic.desk.do(partial(walking, service="General practice"))
    with pytest.raises(BadInput):
        clinic.desk.do(partial(service.walk_in, patient=clinic.amara, service=" "))


def test_a_waiting_patient_is_called_to_a_room(clinic: ClinicDay) -> None:
    made = clinic.book(clinic.chidi, "09:30")
    with pytest.raises(Refused, match="checked in"):
        clinic.desk.do(partial(service.call_in, appointment=made))
    clinic.desk.do(partial(service.check_in, appointment=made))
    clinic.desk.do(partial(service.call_in, appointment=made))
    assert clinic.row(made).called_to == "Room 3"


def test_somebody_who_did_not_come(clinic: ClinicDay) -> None:
    made = clinic.book(clinic.chidi, "09:30")
    with pytest.raises(Refused, match="not over yet"):
        clinic.desk.do(partial(service.note_no_show, appointment=made))
    clinic.later(61)
    clinic.desk.do(partial(service.note_no_show, appointment=made))
    assert clinic.row(made).status == "noshow"
    clinic.desk.do(partial(service.take_back_no_show, appointment=made))
    assert clinic.row(made).status == "booked"


def test_a_visit_that_is_over_fulfils_the_appointment_once(clinic: ClinicDay) -> None:
    made = clinic.book(clinic.chidi, "09:30")
    with pytest.raises(Refused, match="can't become fulfilled"):
        clinic.desk.do(partial(service.fulfil, appointment=made))
    clinic.desk.do(partial(service.check_in, appointment=made))
    clinic.desk.do(partial(service.fulfil, appointment=made))
    clinic.desk.do(partial(service.fulfil, appointment=made))
    assert clinic.row(made).status == "fulfilled"
    with pytest.raises(Refused, match="has begun"):
        clinic.desk.do(
            partial(service.move, appointment=made, session=clinic.session, starts=clinic.at("11:00"), reason="Ill")
        )


def test_waitlist_and_entered_in_error(clinic: ClinicDay) -> None:
    first, second = clinic.book(clinic.chidi, "09:30"), clinic.book(clinic.amara, "10:00")
    clinic.desk.do(partial(service.put_on_waitlist, appointment=first, reason="Slot was taken"))
    assert [r.id for r in clinic.desk.ask(queries.waitlist)] == [first]
    clinic.desk.do(partial(service.enter_in_error, appointment=second, reason="Wrong patient"))
    assert clinic.desk.ask(partial(queries.bookings_of, charts=[clinic.amara])) == ()


def test_a_joined_chart_is_booked_for_the_person(clinic: ClinicDay) -> None:
    clinic.desk.do(partial(register.link_charts, survivor=clinic.amara, replaced=clinic.adaeze, reason="same"))
    made = clinic.book(clinic.adaeze, "09:30")
    assert clinic.row(made).patient.patient == clinic.amara
