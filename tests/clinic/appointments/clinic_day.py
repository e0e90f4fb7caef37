# SPDX-License-Identifier: Apache-2.0
"""A small clinic with one doctor's Monday, for the tests of bookings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID

from hms_desktop.clinic.appointments import queries, service
from hms_desktop.clinic.staff import service as staff
from hms_desktop.clinic.staff.rules import Hours
from hms_desktop.storage.leases import Lease
from hms_desktop.storage.store import React
from hms_desktop.storage.unit import Unit
from tests.clinic.patients.people import ADAEZE, AMARA, CHIDI, register
from tests.desk import Desk, person, rights_of

MONDAY = date(2026, 11, 23)


@dataclass
class ClinicDay:
    """A desk, three patients, one doctor with hours 08:00 to 12:00 in half hours, and it is 09:00."""

    desk: Desk
    doctor: UUID
    room: UUID
    session: UUID
    amara: UUID
    adaeze: UUID
    chidi: UUID

    def at(self, clock: str) -> datetime:
        """A time of today by the wall clock."""
        return datetime.combine(MONDAY, datetime.strptime(clock, "%H:%M").time(), self.desk.store.setting.clinic.zone)

    def book(self, patient: UUID, clock: str) -> UUID:
        """Book a patient today."""
        return self.desk.do(partial(service.book, patient=patient, session=self.session, starts=self.at(clock)))

    def row(self, appointment: UUID) -> queries.AppointmentRow:
        """An appointment as the list shows it."""
        return self.desk.ask(partial(queries.booking, appointment=appointment))

    def lend(self, subject: UUID, amount: int = 1, *, device: UUID | None = None, hours: int = 8) -> None:
        """Lend this station places of a slot, as the server does."""

        def write(unit: Unit) -> None:
            unit.action = "test"
            unit.add(
                Lease,
                kind="slot",
                subject=subject,
                device=device or unit.station.device,
                amount=Decimal(amount),
                until=unit.now + timedelta(hours=hours),
            )

        self.desk.do(write)

    def later(self, minutes: int) -> None:
        """Let time pass."""
        clock = self.desk.clock
        clock.ms = clock.now_ms() + minutes * 60_000  # type: ignore[attr-defined]


def open_clinic(folder: Path, *, author: int = 1, react: React | None = None, capacity: int = 1) -> ClinicDay:
    """A desk of somebody who is receptionist and manager, with the clinic of this file."""
    roles = ["receptionist", "manager", "doctor"]
    desk = Desk(folder, person("Zanele Ndlovu", rights_of(roles), roles), author=author, react=react)
    doctor = desk.do(partial(staff.add_practitioner, family="Mbeki", given="Thabo", prefix="Dr"))
    room = desk.do(partial(staff.add_place, name="Room 3", kind="room"))
    hours = Hours(0, "08:00", "12:00", 30, capacity, date(2026, 1, 1))
    opening = partial(staff.open_session, practitioner=doctor, hours=hours, service="General practice", place=room)
    people = [register(desk, **who) for who in (AMARA, ADAEZE, CHIDI)]
    return ClinicDay(desk, doctor, room, desk.do(opening), *people)
