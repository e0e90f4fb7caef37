# SPDX-License-Identifier: Apache-2.0
"""The day: clinicians' strips, the list of appointments, one booking, and what a patient has booked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.appointments.model import Appointment, CheckIn, QueueCall
from hms_desktop.clinic.appointments.queries_slots import Slot, slots_on
from hms_desktop.clinic.appointments.rules import Expected, day_bounds, easily_confused
from hms_desktop.clinic.patients.names import plain, sounds
from hms_desktop.clinic.patients.queries import amended_parts
from hms_desktop.clinic.patients.queries_people import PatientName, names
from hms_desktop.clinic.staff.queries import clinician_names, places
from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.core.errors import NotFound
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

ARRIVED = frozenset({"arrived", "checked-in"})


@dataclass(frozen=True)
class AppointmentRow:
    """One line of the day. `clock` is the clinic's wall time HH:MM; `confusable` asks for a second identifier."""

    id: UUID
    starts: datetime
    clock: str
    minutes: int
    patient: PatientName
    reason: str | None
    practitioner: UUID | None
    clinician: str | None
    service: str
    place: UUID | None
    place_name: str | None
    session: UUID | None
    slot: UUID | None
    status: str
    status_reason: str | None
    firm: bool
    arrived_at: datetime | None
    encounter: UUID | None
    called_to: str | None
    called_at: datetime | None
    confusable: bool
    saved_here: bool
    doubted: bool
    moved: bool = False
    """Whether it stood at another time before: the history tells more."""
    elsewhere: str | None = None
    """The site it is at, when that is not this workstation's."""

    @property
    def provisional(self) -> bool:
        """Whether the place is still to be confirmed."""
        return self.status in ("pending", "proposed")

    @property
    def waiting(self) -> bool:
        """Whether the patient is here and their visit is not over."""
        return self.status in ARRIVED

    def waited(self, now: datetime) -> int | None:
        """Whole minutes since arrival, for somebody who is here."""
        return max(int((now - self.arrived_at).total_seconds()) // 60, 0) if self.arrived_at and self.waiting else None


@dataclass(frozen=True)
class StripSlot:
    """One block of a clinician's strip: free, taken, provisional, here or over; `label` is a family name, `short`
    the initials for a narrow block."""

    slot: Slot
    state: str
    label: str
    short: str
    appointment: UUID | None
    amended: bool = False
    """Whether the booking was moved, or the name on it corrected."""


@dataclass(frozen=True)
class Strip:
    """A clinician's day: blocks in order, free places left, and the first and last wall time."""

    practitioner: UUID
    clinician: str
    service: str
    blocks: tuple[StripSlot, ...]
    free: int


@dataclass(frozen=True)
class Day:
    """A clinic day: strips and appointments in time order."""

    day: date
    strips: tuple[Strip, ...]
    rows: tuple[AppointmentRow, ...]


@query("appointment.read")
def day(reader: Reader, on: date | None = None, *, cancelled: bool = False) -> Day:
    """A day of the clinic (today if None), with cancelled bookings when asked for."""
    wanted = on or reader.now.astimezone(reader.clinic.zone).date()
    first, after = day_bounds(wanted, reader.clinic.zone)
    question = select(Appointment.__table__).where(Appointment.starts >= first, Appointment.starts < after)
    hidden = {"entered-in-error"} if cancelled else {"entered-in-error", "cancelled", "waitlist"}
    rows = [r for r in reader.rows(question.order_by(Appointment.starts, Appointment.id)) if r.status not in hidden]
    shown = _rows(reader, rows)
    return Day(wanted, _strips(reader, slots_on(reader, wanted), shown), shown)


@query("appointment.read")
def similar_today(reader: Reader, patient: UUID) -> bool:
    """Whether somebody else in today's list has a name that is easily taken for this patient's."""
    first, after = day_bounds(reader.now.astimezone(reader.clinic.zone).date(), reader.clinic.zone)
    today = select(Appointment.patient).where(
        Appointment.starts >= first, Appointment.starts < after, Appointment.status != "entered-in-error"
    )
    here = {row.patient for row in reader.rows(today.distinct())} - {patient}
    if not here:
        return False
    named = names(reader, [patient, *here])
    return named[patient].patient in _confusable(named.values())


def _rows(reader: Reader, rows: Sequence[Row[Any]]) -> tuple[AppointmentRow, ...]:
    around = _Around(reader, rows)
    return tuple(around.shown(row) for row in rows if row.patient in around.who)


class _Around:
    """What stands in other tables about some appointments, read once for all of them."""

    def __init__(self, reader: Reader, rows: Sequence[Row[Any]]) -> None:
        ids = [r.id for r in rows]
        self.reader = reader
        self.who = names(reader, {r.patient for r in rows})
        self.clinicians = clinician_names(reader, {r.practitioner for r in rows if r.practitioner})
        self.rooms = {p.id: p.name for p in places(reader)}
        self.elsewhere = sites_elsewhere(reader)
        self.arrivals = _arrivals(reader, ids)
        self.calls = _calls(reader, ids)
        self.here = reader.local_only(ids)
        self.confusable = _confusable(self.who.values())
        self.moved = amended_parts(reader, {r.patient for r in rows}, "booking")

    def shown(self, row: Row[Any]) -> AppointmentRow:
        """A row of the table as a line of the list."""
        name = self.who[row.patient]
        arrived_at, encounter = self.arrivals.get(row.id, (None, None))
        called_at, called_to = self.calls.get(row.id, (None, None))
        return AppointmentRow(
            id=row.id,
            starts=row.starts,
            clock=row.starts.astimezone(self.reader.clinic.zone).strftime("%H:%M"),
            minutes=row.minutes,
            patient=name,
            reason=row.reason,
            practitioner=row.practitioner,
            clinician=self.clinicians.get(row.practitioner),
            service=row.service,
            place=row.place,
            place_name=self.rooms.get(row.place),
            session=row.session,
            slot=row.slot,
            status=row.status,
            status_reason=row.status_reason,
            firm=row.firm,
            arrived_at=arrived_at,
            encounter=encounter,
            called_to=self.rooms.get(called_to) if called_to else None,
            called_at=called_at,
            confusable=name.patient in self.confusable,
            saved_here=row.id in self.here,
            doubted=bool(self.reader.heads(Appointment, row.id)),
            moved=row.id in self.moved,
            elsewhere=self.elsewhere.get(row.place),
        )


@query("appointment.read")
def sites_elsewhere(reader: Reader) -> dict[UUID | None, str]:
    """The site of each place that is at another site than this workstation."""
    return {p.id: p.site for p in places(reader) if p.site and p.site != reader.station.site}


def _arrivals(reader: Reader, ids: Collection[UUID]) -> dict[UUID, tuple[datetime, UUID]]:
    question = select(CheckIn.appointment, CheckIn.encounter, CheckIn.k).where(CheckIn.appointment.in_(ids))
    return {r.appointment: (instant(stamp_ms(r.k)), r.encounter) for r in reader.rows(question)}


def _calls(reader: Reader, ids: Collection[UUID]) -> dict[UUID, tuple[datetime, UUID | None]]:
    question = select(QueueCall.appointment, QueueCall.place, QueueCall.k).where(QueueCall.appointment.in_(ids))
    return {r.appointment: (instant(stamp_ms(r.k)), r.place) for r in reader.rows(question.order_by(QueueCall.k))}


def _confusable(who: Iterable[PatientName]) -> frozenset[UUID]:
    return easily_confused(
        [
            Expected(n.patient, plain(n.family), plain(n.given), " ".join(sounds(n.family)), n.born)
            for n in {name.patient: name for name in who}.values()
        ]
    )


def _strips(reader: Reader, slots: Sequence[Slot], rows: Sequence[AppointmentRow]) -> tuple[Strip, ...]:
    by_slot = {r.slot: r for r in rows if r.slot and r.status != "noshow"}
    blocks: dict[UUID, list[StripSlot]] = {}
    for slot in slots:
        row = by_slot.get(slot.id)
        label = row.patient.family or row.patient.listed if row else ""
        anew = row is not None and (row.moved or "name" in row.patient.amended)
        block = StripSlot(slot, _state(reader, slot, row), label, _initials(row), row.id if row else None, anew)
        blocks.setdefault(slot.session.practitioner, []).append(block)
    return tuple(
        Strip(
            practitioner,
            found[0].slot.session.clinician,
            found[0].slot.session.service,
            tuple(found),
            sum(b.slot.use.free for b in found if b.slot.time.starts > reader.now),
        )
        for practitioner, found in blocks.items()
    )


def _initials(row: AppointmentRow | None) -> str:
    names = (row.patient.given, row.patient.family) if row else ()
    return " ".join(f"{name[0]}." for name in names if name)


def _state(reader: Reader, slot: Slot, row: AppointmentRow | None) -> str:
    if row is not None and row.status == "fulfilled":
        return "over"
    if row is not None and row.waiting:
        return "here"
    if row is not None and row.provisional:
        return "provisional"
    over = slot.time.ends <= reader.now
    if row is not None:
        return "missed" if over else "taken"
    return "over" if over else "free"


@query("appointment.read")
def booking(reader: Reader, appointment: UUID) -> AppointmentRow:
    """One appointment as the list shows it; NotFound when it or its patient is not on this device."""
    found = _rows(reader, [reader.get(Appointment, appointment)])
    if not found:
        raise NotFound(_("The patient of this appointment is not on this device. Sync, or ask the server."))
    return found[0]


@query("appointment.read")
def bookings_of(
    reader: Reader, charts: Collection[UUID], *, since: datetime | None = None
) -> tuple[AppointmentRow, ...]:
    """The appointments of a person's charts, the next first; those before `since` are left out."""
    question = select(Appointment.__table__).where(
        Appointment.patient.in_(charts), Appointment.status != "entered-in-error"
    )
    if since:
        question = question.where(Appointment.starts >= since)
    return _rows(reader, reader.rows(question.order_by(Appointment.starts, Appointment.id)))


@query("appointment.read")
def waitlist(reader: Reader) -> tuple[AppointmentRow, ...]:
    """Bookings that yielded their place or wait for one, the earliest first."""
    question = select(Appointment.__table__).where(Appointment.status == "waitlist")
    return _rows(reader, reader.rows(question.order_by(Appointment.starts, Appointment.id)))
