# SPDX-License-Identifier: Apache-2.0
"""Slots of sessions, how full they are, which are free next, and what the server may lend of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.appointments.rules import (
    HOLDS_A_PLACE,
    SlotBooking,
    SlotTime,
    slots,
)
from hms_desktop.clinic.staff.queries import Session, sessions_on
from hms_desktop.security.queries import query
from hms_desktop.storage.leases import Lease, LeaseSpend, runs
from hms_desktop.storage.reader import Reader

HORIZON_DAYS = 60
_MOVED = Appointment.__table__.c.g_slot


@dataclass(frozen=True)
class SlotUse:
    """How full a slot is: `firm` places are promised, `pending` ones are to be confirmed."""

    capacity: int
    firm: int
    pending: int

    @property
    def free(self) -> int:
        """Places that nobody has asked for."""
        return max(self.capacity - self.firm - self.pending, 0)


@dataclass(frozen=True)
class Slot:
    """A slot with who is seen where; `lent` is how many places this station may promise without asking."""

    time: SlotTime
    session: Session
    use: SlotUse
    lent: int

    @property
    def id(self) -> UUID:
        """The slot's name."""
        return self.time.id


@dataclass(frozen=True)
class Leasable:
    """What the server may lend of a slot: places that are not promised yet."""

    slot: UUID
    session: UUID
    starts: datetime
    capacity: int
    used: int


@query("appointment.read")
def times_of(reader: Reader, session: Session, day: date) -> tuple[SlotTime, ...]:
    """The slots of a session on a day that it holds on."""
    hours = session.hours
    return slots(session.id, hours.starts, hours.ends, hours.slot_minutes, day, reader.clinic.zone)


@query("appointment.read")
def slots_on(reader: Reader, day: date) -> tuple[Slot, ...]:
    """Every slot of a day, by clinician and time."""
    return _with_use(reader, [(s, t) for s in sessions_on(reader, day) for t in times_of(reader, s, day)])


def _with_use(reader: Reader, found: list[tuple[Session, SlotTime]]) -> tuple[Slot, ...]:
    ids = [time.id for _session, time in found]
    taken, lent = bookings_by_slot(reader, ids), lent_here(reader, ids)
    return tuple(
        Slot(time, session, use_of(session.hours.capacity, taken.get(time.id, ())), lent.get(time.id, 0))
        for session, time in found
    )


def use_of(capacity: int, bookings: Iterable[SlotBooking]) -> SlotUse:
    """How full these bookings make a slot of this capacity."""
    firm = [b.firm for b in bookings]
    return SlotUse(capacity, sum(firm), len(firm) - sum(firm))


@query("appointment.read")
def bookings_by_slot(reader: Reader, ids: Collection[UUID]) -> dict[UUID, list[SlotBooking]]:
    """The bookings that hold a place, slot by slot, the earliest first."""
    question = select(Appointment.slot, Appointment.id, Appointment.status, Appointment.k, _MOVED).where(
        Appointment.slot.in_(ids), Appointment.status.in_(HOLDS_A_PLACE)
    )
    found: dict[UUID, list[SlotBooking]] = {}
    for row in reader.rows(question.order_by(Appointment.k, Appointment.id)):
        found.setdefault(row.slot, []).append(SlotBooking(row.id, row.status, row.g_slot or row.k))
    return found


@query("appointment.read")
def lent_here(reader: Reader, ids: Collection[UUID]) -> dict[UUID, int]:
    """Places of these slots that are lent to this station now and not spent yet."""
    question = select(Lease.id, Lease.subject, Lease.amount).where(
        Lease.kind == "slot",
        Lease.subject.in_(ids),
        Lease.device == reader.station.device,
        runs(reader.now),
    )
    leases = reader.rows(question)
    spent: dict[UUID, Decimal] = {}
    for row in reader.rows(
        select(LeaseSpend.lease, LeaseSpend.amount).where(LeaseSpend.lease.in_([lease.id for lease in leases]))
    ):
        spent[row.lease] = spent.get(row.lease, Decimal(0)) + row.amount
    left: dict[UUID, int] = {}
    for lease in leases:
        left[lease.subject] = left.get(lease.subject, 0) + int(lease.amount - spent.get(lease.id, Decimal(0)))
    return left


@query("appointment.read")
def free_slots(
    reader: Reader,
    *,
    practitioner: UUID | None = None,
    service: str | None = None,
    first_day: date | None = None,
    days: int = HORIZON_DAYS,
    limit: int = 12,
) -> tuple[Slot, ...]:
    """The next slots with a free place, from now or from a day on, for a clinician or a service."""
    found: list[Slot] = []
    for session_day in _days(first_day or reader.now.astimezone(reader.clinic.zone).date(), days):
        wanted = [
            (s, t)
            for s in sessions_on(reader, session_day)
            if practitioner in (None, s.practitioner) and service in (None, s.service)
            for t in times_of(reader, s, session_day)
            if t.starts > reader.now
        ]
        free = [slot for slot in _with_use(reader, wanted) if slot.use.free]
        found += sorted(free, key=lambda s: (s.time.starts, s.session.clinician))
        if len(found) >= limit:
            break
    return tuple(found[:limit])


def _days(first: date, count: int) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range(count))


@query("appointment.read")
def find_slot(reader: Reader, session: Session, starts: datetime) -> Slot | None:
    """The slot of a session that starts at a moment, or None when the session has none then."""
    day = starts.astimezone(reader.clinic.zone).date()
    hours = session.hours
    if day.weekday() != hours.weekday or day < hours.valid_from or (hours.valid_to and day > hours.valid_to):
        return None
    found = [(session, t) for t in times_of(reader, session, day) if t.starts == starts]
    return _with_use(reader, found)[0] if found else None


@query("appointment.read")
def leasable_on(reader: Reader, day: date) -> tuple[Leasable, ...]:
    """What may be lent of every slot of a day."""
    return tuple(_leasable(slot) for slot in slots_on(reader, day))


@query("appointment.read")
def leasable(reader: Reader, slot: UUID, *, days: int = HORIZON_DAYS) -> Leasable | None:
    """What may be lent of a slot of the coming days; None when no session has such a slot."""
    today = reader.now.astimezone(reader.clinic.zone).date()
    for day in _days(today, days):
        for session in sessions_on(reader, day):
            found = [(session, t) for t in times_of(reader, session, day) if t.id == slot]
            if found:
                return _leasable(_with_use(reader, found)[0])
    return None


def _leasable(slot: Slot) -> Leasable:
    return Leasable(slot.id, slot.session.id, slot.time.starts, slot.use.capacity, slot.use.firm)
