# SPDX-License-Identifier: Apache-2.0
"""What the day view shows, gathered from bookings, visits and the cash desk in one reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from hms_desktop.clinic.appointments import queries
from hms_desktop.clinic.appointments.queries import AppointmentRow, Strip
from hms_desktop.clinic.billing import queries as billing
from hms_desktop.clinic.billing.queries_documents import invoices
from hms_desktop.clinic.ehr.queries import visit
from hms_desktop.clinic.patients import queries as patients
from hms_desktop.core.errors import NotFound
from hms_desktop.core.money import Money
from hms_desktop.ui.widgets.patient_banner import BannerData
from hms_desktop.ui.widgets.patient_facts import patient_facts

Stage = Literal["to_arrive", "waiting", "with_doctor", "seen", "missed", "waitlist", "off"]
Pay = Literal["due", "paid", "scheme", "self", "hidden"]
WITH_DOCTOR = frozenset({"in-progress", "onleave"})
LONG_WAIT_MINUTES = 20
TASKS = 20


@dataclass(frozen=True)
class Payment:
    """What is known of paying: `due` with the amount, `paid`, covered by a `scheme`, `self` paying, or `hidden`."""

    way: Pay
    amount: Money | None = None


@dataclass(frozen=True)
class Line:
    """One line of the list: the booking, where the patient is in their visit, and paying."""

    row: AppointmentRow
    stage: Stage
    payment: Payment

    @property
    def id(self) -> UUID:
        """The appointment."""
        return self.row.id


@dataclass(frozen=True)
class DayFacts:
    """A day: strips, lines in time order; whoever is on the waitlist, of any day; what this person's role has to do."""

    day: date
    strips: tuple[Strip, ...]
    lines: tuple[Line, ...]
    waitlist: tuple[Line, ...]
    tasks: tuple[patients.TaskRow, ...]

    def patients(self) -> set[UUID]:
        """Everybody in the list."""
        return {line.row.patient.patient for line in (*self.lines, *self.waitlist)}

    def count(self, stage: str) -> int:
        """How many lines are at a stage."""
        return sum(line.stage == stage for line in self.lines)


@dataclass(frozen=True)
class DetailFacts:
    """What the detail pane shows of one line beside it: the patient, phones, cover, doubts."""

    line: Line
    patient: BannerData
    phone: patients.Contact | None
    cover: patients.Cover | None
    name_known: bool
    born_known: bool
    doubts: frozenset[str]


def read_day(reader: Any, on: date | None) -> DayFacts:
    """A day (today if None), without paying: that takes longer and is read by itself."""
    found = queries.day(reader, on)
    lines = tuple(_line(reader, row) for row in found.rows)
    waiting = tuple(_line(reader, row) for row in queries.waitlist(reader))
    return DayFacts(found.day, found.strips, lines, waiting, patients.tasks(reader, reader.person.roles, limit=TASKS))


def read_payments(reader: Any, rows: Sequence[AppointmentRow]) -> dict[UUID, Payment]:
    """What is known of paying for each of these appointments."""
    return {row.id: _payment(reader, row) for row in rows}


def with_payments(lines: Sequence[Line], payments: Mapping[UUID, Payment]) -> tuple[Line, ...]:
    """The lines with what is known of paying so far."""
    return tuple(replace(line, payment=payments.get(line.id, line.payment)) for line in lines)


def _line(reader: Any, row: AppointmentRow) -> Line:
    return Line(row, _stage(reader, row), Payment("hidden"))


def _stage(reader: Any, row: AppointmentRow) -> Stage:
    if row.status == "fulfilled":
        return "seen"
    if row.waiting:
        return "with_doctor" if row.encounter and _visit_state(reader, row.encounter) in WITH_DOCTOR else "waiting"
    if row.status == "noshow":
        return "missed"
    if row.status == "waitlist":
        return "waitlist"
    return "off" if row.status in ("cancelled", "entered-in-error") else "to_arrive"


def _visit_state(reader: Any, encounter: UUID) -> str:
    try:
        return str(visit(reader, encounter).status)
    except NotFound:
        return ""


def _payment(reader: Any, row: AppointmentRow) -> Payment:
    """Before arrival only the cover is known; from then on what the patient owes, and whether it was paid."""
    patient = row.patient.patient
    covered = bool(billing.covers(reader, patient, reader.now.astimezone(reader.clinic.zone).date()))
    if row.arrived_at is None:
        return Payment("scheme" if covered else "self")
    estimate = billing.estimate(reader, patient)
    billed = [i for i in invoices(reader, patient) if i.issued_at >= row.arrived_at]
    owed = estimate.patient_pays + sum(i.outstanding for i in billed)
    if owed:
        return Payment("due", Money(owed, reader.clinic.currency))
    return Payment("paid") if billed else Payment("scheme" if covered else "self")


def read_detail(reader: Any, appointment: UUID, *, money: bool, confusable: bool) -> DetailFacts:
    """One line with its patient."""
    row = queries.booking(reader, appointment)
    person = patients.banner(reader, row.patient.patient)
    return DetailFacts(
        line=replace(_line(reader, row), payment=_payment(reader, row) if money else Payment("hidden")),
        patient=patient_facts(reader, row.patient.patient, similar_name=confusable),
        phone=_first(c for c in patients.contacts(reader, person.charts) if c.kind == "phone"),
        cover=_first(patients.covers(reader, person.charts)),
        name_known=person.name.name_known,
        born_known=bool(person.name.born) and not person.name.born_estimated,
        doubts=person.doubts,
    )


def _first(found: Iterable[Any]) -> Any | None:
    return next(iter(found), None)


def confirmed_lately(at: datetime | None, now: datetime) -> bool:
    """Whether a contact was confirmed within a year."""
    return at is not None and (now - at).days < 365
