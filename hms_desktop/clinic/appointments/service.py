# SPDX-License-Identifier: Apache-2.0
"""What people do with bookings: book, move, call off, check in, call to a room, note that somebody did not come."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from hms_desktop.clinic.appointments.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMoved,
    ArrivedForVisit,
    PatientMissedAppointment,
    SeenByClinician,
)
from hms_desktop.clinic.appointments.model import Appointment, CheckIn, QueueCall
from hms_desktop.clinic.appointments.queries import booking, bookings_of, day, sites_elsewhere
from hms_desktop.clinic.appointments.queries_slots import Slot, find_slot, free_slots
from hms_desktop.clinic.appointments.rules import HOLDS_A_PLACE, STARTED, STEPS, Clash, check_in_id, encounter_id
from hms_desktop.clinic.patients.births import parse_birth
from hms_desktop.clinic.patients.identifiers import squeeze
from hms_desktop.clinic.patients.phones import digits
from hms_desktop.clinic.patients.queries import contacts
from hms_desktop.clinic.patients.queries_people import names, one_person
from hms_desktop.clinic.patients.service_details import amend
from hms_desktop.clinic.staff.queries import session as read_session
from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit

WALK_IN_MINUTES = 15


@action("appointments.book", needs="appointment.book")
def book(
    unit: Unit,
    *,
    patient: UUID,
    session: UUID,
    starts: datetime,
    reason: str | None = None,
    overbook: bool = False,
    accept_clash: bool = False,
) -> UUID:
    """Book a slot: firmly when this station holds a lease on it, else as pending, to be confirmed by the server.

    `overbook` goes beyond the capacity (a right of its own); `accept_clash` books in spite of the patient's own other
    appointment at that time.
    """
    slot = _open_slot(unit, session, starts, overbook)
    if not accept_clash:
        _refuse_clash(unit, patient, slot, None)
    made = unit.new_id()
    firm = overbook or unit.spend("slot", slot.id, Decimal(1), made)
    unit.add(
        Appointment,
        id=made,
        patient=one_person(unit, patient).survivor,
        reason=_tidy(reason),
        status="booked" if firm else "pending",
        **_slot_group(slot, firm),
    )
    unit.announce(AppointmentBooked(made, patient, slot.time.starts, unit.now, firm))
    return made


def _open_slot(unit: Unit, session: UUID, starts: datetime, overbook: bool) -> Slot:
    found = find_slot(unit, read_session(unit, session), starts)
    clock = starts.astimezone(unit.clinic.zone).strftime("%H:%M")
    if found is None:
        raise Refused(_("There is no slot at {time} in these hours. Choose one of the times shown.").format(time=clock))
    if found.time.ends <= unit.now:
        raise Refused(_("{time} is over. Choose a later time.").format(time=clock))
    if overbook:
        unit.check("appointment.overbook")
    elif not found.use.free:
        raise Refused(
            _("{clinician} is full at {time}. {next}").format(
                clinician=found.session.clinician, time=clock, next=_next_free(unit, found)
            )
        )
    return found


def _next_free(unit: Unit, slot: Slot) -> str:
    free = free_slots(unit, practitioner=slot.session.practitioner, limit=3)
    if not free:
        return _("No later time is free; choose another clinician or the waitlist.")
    times = [f.time.starts.astimezone(unit.clinic.zone).strftime("%d-%b %H:%M") for f in free]
    return _("Next free: {times}.").format(times=", ".join(times))


def _slot_group(slot: Slot, firm: bool) -> dict[str, Any]:
    return {
        "practitioner": slot.session.practitioner,
        "session": slot.session.id,
        "service": slot.session.service,
        "place": slot.session.place,
        "starts": slot.time.starts,
        "minutes": slot.time.minutes,
        "slot": slot.id,
        "firm": firm,
    }


def _refuse_clash(unit: Unit, patient: UUID, slot: Slot, moving: UUID | None) -> None:
    since = slot.time.starts - timedelta(hours=12)
    for other in bookings_of(unit, one_person(unit, patient).charts, since=since):
        ends = other.starts + timedelta(minutes=other.minutes)
        if (
            other.id != moving
            and other.status in HOLDS_A_PLACE
            and other.starts < slot.time.ends
            and slot.time.starts < ends
        ):
            message = _(
                "{name} already has an appointment at {time} with {clinician}. Choose another time, or book "
                "both if that is meant."
            )
            raise Clash(
                message.format(name=other.patient.listed, time=other.clock, clinician=other.clinician or other.service)
            )


def _tidy(words: str | None) -> str | None:
    return " ".join(words.split()) or None if words else None


@action("appointments.put_on_waitlist", needs="appointment.move")
def put_on_waitlist(unit: Unit, *, appointment: UUID, reason: str) -> None:
    """Take a booking out of its slot and keep it waiting for another time."""
    _step(unit, appointment, "waitlist", _need(reason))


@action("appointments.move", needs="appointment.move")
def move(
    unit: Unit, *, appointment: UUID, session: UUID, starts: datetime, reason: str, overbook: bool = False
) -> None:
    """Move a booking to another slot, with the reason; it is firm or pending as a new one would be.

    Its history stays one chain: the earlier time stands in it, and the booking carries a mark from then on.
    """
    row = unit.get(Appointment, appointment)
    if row.status in STARTED:
        raise Refused(_("This appointment has begun. Make a new booking for another time."))
    slot = _open_slot(unit, session, starts, overbook)
    _refuse_clash(unit, row.patient, slot, appointment)
    firm = overbook or unit.spend("slot", slot.id, Decimal(1), appointment)
    status = "booked" if firm else "pending"
    amend(unit, row.patient, "booking", {"id": str(appointment), "starts": row.starts.isoformat()}, reason)
    unit.change(Appointment, appointment, lease=None, **_slot_group(slot, firm))
    if status != row.status:
        unit.change(Appointment, appointment, status=status, status_reason=None, asked_by=None)
    unit.announce(AppointmentMoved(appointment, row.patient, row.starts, slot.time.starts, unit.now))


@action("appointments.cancel", needs="appointment.cancel")
def cancel(unit: Unit, *, appointment: UUID, reason: str, asked_by: str = "patient") -> None:
    """Call a booking off, with the reason and who asked (patient, clinic or other)."""
    row = _step(unit, appointment, "cancelled", _need(reason), asked_by)
    unit.announce(AppointmentCancelled(appointment, row.patient, unit.now, reason))


def _need(reason: str) -> str:
    if not reason.strip():
        raise BadInput(_("Give a reason in a few words."), "reason")
    return reason.strip()


def _step(
    unit: Unit, appointment: UUID, status: str, reason: str | None = None, asked_by: str | None = None
) -> Row[Any]:
    row = unit.get(Appointment, appointment)
    if status not in STEPS[row.status]:
        shown = booking(unit, appointment)
        message = _("The appointment of {name} at {time} is {status} and can't become {wanted}. Refresh the day.")
        raise Refused(message.format(name=shown.patient.listed, time=shown.clock, status=row.status, wanted=status))
    unit.change(Appointment, appointment, status=status, status_reason=reason, asked_by=asked_by)
    return row


@action("appointments.note_no_show", needs="appointment.no_show")
def note_no_show(unit: Unit, *, appointment: UUID) -> None:
    """Note that a patient did not come; refused before the slot is over."""
    row = unit.get(Appointment, appointment)
    if row.starts + timedelta(minutes=row.minutes) > unit.now:
        raise Refused(_("The time of this appointment is not over yet. Wait, or cancel it with a reason."))
    _step(unit, appointment, "noshow")
    unit.announce(PatientMissedAppointment(appointment, row.patient, unit.now))


@action("appointments.take_back_no_show", needs="appointment.no_show")
def take_back_no_show(unit: Unit, *, appointment: UUID) -> None:
    """Take back that a patient did not come."""
    _step(unit, appointment, "booked")


@action("appointments.check_in", needs="appointment.check_in")
def check_in(
    unit: Unit,
    *,
    appointment: UUID,
    second_identifier: str | None = None,
    other_day: bool = False,
    other_site: bool = False,
) -> UUID:
    """Check a patient in, once; returns the encounter that this opens.

    When today's list holds somebody who is easily confused with them, `second_identifier` (birth date, record number
    or telephone, as the patient says it) must fit. `other_day` accepts an appointment that is not of today,
    `other_site` one at another site than this workstation's.
    """
    row = unit.get(Appointment, appointment)
    _refuse_again(unit, appointment)
    if not other_day and _clinic_date(unit, row.starts) != _clinic_date(unit, unit.now):
        raise Refused(
            _(
                "This appointment is on {day}, not today. Check the date with the patient, then check in for "
                "the other day or move the booking."
            ).format(day=_clinic_date(unit, row.starts))
        )
    if not other_site and (site := sites_elsewhere(unit).get(row.place)):
        raise Refused(
            _(
                "This appointment is at {site}, and this workstation is at {here}. Send the patient there, or check "
                "in here all the same if the clinician is here."
            ).format(site=site, here=unit.station.site)
        )
    if needs_second_identifier(unit, appointment) and not fits(unit, row.patient, second_identifier or ""):
        raise BadInput(
            _(
                "Somebody with a similar name is on today's list. Ask for the birth date, the record number "
                "or the telephone; what was typed does not fit this patient."
            ),
            "second_identifier",
        )
    _step(unit, appointment, "checked-in")
    return _arrive(unit, appointment, row.patient, row.practitioner, row.service)


def _refuse_again(unit: Unit, appointment: UUID) -> None:
    done = unit.find(CheckIn, check_in_id(appointment))
    if done is not None:
        shown = booking(unit, appointment)
        at = instant(stamp_ms(done.k)).astimezone(unit.clinic.zone)
        raise Refused(
            _("{name} was already checked in at {time}. Open the waiting list to see them.").format(
                name=shown.patient.listed, time=at.strftime("%H:%M")
            )
        )


def _clinic_date(unit: Unit, moment: datetime) -> str:
    return moment.astimezone(unit.clinic.zone).strftime("%d-%b-%Y")


def _arrive(unit: Unit, appointment: UUID, patient: UUID, practitioner: UUID | None, service: str) -> UUID:
    encounter = encounter_id(appointment)
    unit.add(CheckIn, id=check_in_id(appointment), appointment=appointment, encounter=encounter)
    unit.announce(ArrivedForVisit(appointment, patient, encounter, practitioner, service, unit.now))
    return encounter


def needs_second_identifier(unit: Unit, appointment: UUID) -> bool:
    """Whether somebody else on the day's list is easily confused with this patient."""
    starts = unit.get(Appointment, appointment).starts
    rows = day(unit, starts.astimezone(unit.clinic.zone).date()).rows
    return any(r.confusable for r in rows if r.id == appointment)


def fits(unit: Unit, patient: UUID, typed: str) -> bool:
    """Whether what was typed is this patient's birth date, record number, or telephone (its last four digits do)."""
    person = one_person(unit, patient)
    name = names(unit, [patient])[patient]
    if squeeze(typed) and squeeze(typed) == squeeze(name.mrn):
        return True
    said = digits(typed)
    phones = [digits(c.value) for c in contacts(unit, person.charts) if c.kind == "phone"]
    if len(said) >= 4 and any(p.endswith(said.lstrip("0")) for p in phones):
        return True
    try:
        birth = parse_birth(typed, unit.now.astimezone(unit.clinic.zone).date())
    except BadInput:
        return False
    return bool(birth.born) and not birth.estimated and birth.born == name.born


@action("appointments.walk_in", needs="appointment.check_in")
def walk_in(
    unit: Unit, *, patient: UUID, service: str, practitioner: UUID | None = None, reason: str | None = None
) -> UUID:
    """Take in a patient without a booking, now; returns the appointment, which is checked in."""
    if not service.strip():
        raise BadInput(_("Choose a service."), "service")
    _refuse_here_already(unit, patient)
    survivor = one_person(unit, patient).survivor
    made = unit.add(
        Appointment,
        patient=survivor,
        practitioner=practitioner,
        service=service.strip(),
        starts=unit.now,
        minutes=WALK_IN_MINUTES,
        firm=True,
        reason=_tidy(reason),
        status="checked-in",
    )
    _arrive(unit, made, survivor, practitioner, service)
    return made


def _refuse_here_already(unit: Unit, patient: UUID) -> None:
    since = unit.now - timedelta(hours=12)
    for other in bookings_of(unit, one_person(unit, patient).charts, since=since):
        if other.waiting:
            raise Refused(
                _("{name} is already checked in since {time}. Open the waiting list to see them.").format(
                    name=other.patient.listed, time=other.clock
                )
            )


@action("appointments.call_in", needs="queue.call")
def call_in(unit: Unit, *, appointment: UUID, place: UUID | None = None) -> UUID:
    """Call a waiting patient to a room."""
    row = unit.get(Appointment, appointment)
    if row.status not in ("arrived", "checked-in"):
        raise Refused(_("Only a patient who is checked in can be called. Check them in first."))
    return unit.add(QueueCall, appointment=appointment, place=place or row.place)


@action("appointments.fulfil", needs="encounter.close")
def fulfil(unit: Unit, *, appointment: UUID) -> None:
    """The visit is over: the appointment is fulfilled. The reaction to a finished encounter calls this."""
    row = unit.get(Appointment, appointment)
    if row.status != "fulfilled":
        _step(unit, appointment, "fulfilled")
        unit.announce(SeenByClinician(appointment, row.patient, unit.now))


@action("appointments.enter_in_error", needs="appointment.cancel")
def enter_in_error(unit: Unit, *, appointment: UUID, reason: str) -> None:
    """Mark a booking that should never have been made; it stays in the history."""
    row = _step(unit, appointment, "entered-in-error", _need(reason))
    unit.announce(AppointmentCancelled(appointment, row.patient, unit.now, reason.strip(), mistake=True))
