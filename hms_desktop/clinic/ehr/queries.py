# SPDX-License-Identifier: Apache-2.0
"""What a screen shows of the record of care: visits, problems, orders and the summary with which a chart opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.ehr.model import Condition, Encounter, Order, Prescription
from hms_desktop.clinic.ehr.queries_allergies import Allergies, allergies, allergy_facts
from hms_desktop.clinic.ehr.queries_medicines import (
    MedicineRow,
    checks,
    contested_doses,
    medicine,
    medicine_rows,
    medicines,
    overrides,
)
from hms_desktop.clinic.ehr.queries_notes import NoteView, note, note_id, notes, unsigned_notes, visit_note
from hms_desktop.clinic.ehr.queries_people import clinic_day, person_names
from hms_desktop.clinic.ehr.queries_standing import contested, joined_visits
from hms_desktop.clinic.ehr.queries_vitals import Vitals, vitals, vitals_history
from hms_desktop.clinic.patients.queries import Banner, TaskRow, banner, tasks
from hms_desktop.clinic.patients.queries_people import seen_person
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

__all__ = [
    "allergies",
    "allergy_facts",
    "asked_at",
    "basket",
    "checks",
    "contested_doses",
    "current_visit",
    "duplicate_orders",
    "medicine",
    "medicines",
    "note",
    "note_id",
    "notes",
    "order",
    "orders",
    "overrides",
    "problems",
    "summary",
    "unsigned_notes",
    "visit",
    "visit_note",
    "visits",
    "vitals",
    "vitals_history",
]

OPEN_VISIT = ("arrived", "triaged", "in-progress", "onleave")
PENDING_ORDER = ("active", "on-hold")
LIVE_PROBLEM = ("active", "recurrence", "relapse")
DUPLICATE_HOURS = 72


@dataclass(frozen=True)
class VisitRow:
    """A visit; `reason` is its own, else that of its appointment; `link` says that it is one with another visit."""

    id: UUID
    patient: UUID
    appointment: UUID | None
    status: str
    started: datetime | None
    ended: datetime | None
    reason: str | None
    stop_reason: str | None
    saved_here: bool
    link: UUID | None = None


@dataclass(frozen=True)
class ProblemRow:
    """A problem or diagnosis; `onset` as much of the date as is known."""

    id: UUID
    display: str
    code: str | None
    onset: str | None
    clinical_status: str
    verification_status: str
    contested: bool
    saved_here: bool
    reason: str | None = None


@dataclass(frozen=True)
class OrderRow:
    """An order as it is shown."""

    id: UUID
    patient: UUID
    encounter: UUID | None
    category: str
    code: str
    display: str
    definition: UUID | None
    parts: tuple[str, ...]
    priority: str
    reason: str | None
    requester: UUID | None
    requester_name: str
    placed: datetime | None
    status: str
    stop_reason: str | None
    contested: bool
    saved_here: bool


@dataclass(frozen=True)
class DueItem:
    """Something that is due for this patient: `kind` is allergy-review, medicine-review or task."""

    kind: str
    title: str
    due: date | None
    late: bool
    subject: UUID | None


@dataclass(frozen=True)
class Basket:
    """Orders and medicines of a visit: those that wait for its signature, or all of them."""

    orders: tuple[OrderRow, ...]
    medicines: tuple[MedicineRow, ...]

    @property
    def count(self) -> int:
        """How many lines wait."""
        return len(self.orders) + len(self.medicines)


@dataclass(frozen=True)
class ChartSummary:
    """All that the first page of a chart shows; `as_of` is when it was read."""

    banner: Banner
    allergies: Allergies
    problems: tuple[ProblemRow, ...]
    medicines: tuple[MedicineRow, ...]
    vitals: Vitals
    pending: tuple[OrderRow, ...]
    due: tuple[DueItem, ...]
    visit: VisitRow | None
    note: NoteView | None
    basket: Basket
    as_of: datetime


@query("chart.read")
def summary(reader: Reader, patient: UUID) -> ChartSummary:
    """The summary of the person behind a chart. Record the access first: `service.open_chart`."""
    person = banner(reader, patient)
    found = current_visit(reader, patient)
    known = allergies(reader, patient)
    taken = medicines(reader, patient)
    return ChartSummary(
        banner=person,
        allergies=known,
        problems=problems(reader, patient),
        medicines=taken,
        vitals=vitals(reader, patient),
        pending=orders(reader, patient, pending=True),
        due=_due(reader, patient, known, taken),
        visit=found,
        note=visit_note(reader, found.id) if found else None,
        basket=basket(reader, found.id) if found else Basket((), ()),
        as_of=reader.now,
    )


@query("appointment.read")
def visit(reader: Reader, encounter: UUID) -> VisitRow:
    """One visit; NotFound when it is not on this device."""
    return _visit_rows(reader, [reader.get(Encounter, encounter)])[0]


@query("appointment.read")
def current_visit(reader: Reader, patient: UUID) -> VisitRow | None:
    """The open visit of the person behind a chart, the latest if there are several."""
    charts = seen_person(reader, patient).charts
    question = select(Encounter.__table__).where(Encounter.patient.in_(charts), Encounter.status.in_(OPEN_VISIT))
    row = reader.first(question.order_by(Encounter.k.desc(), Encounter.id))
    return None if row is None else _visit_rows(reader, [row])[0]


@query("chart.read")
def visits(reader: Reader, patient: UUID, limit: int = 100) -> tuple[VisitRow, ...]:
    """Visits of the person behind a chart, latest first."""
    charts = seen_person(reader, patient).charts
    question = select(Encounter.__table__).where(Encounter.patient.in_(charts))
    ordered = question.order_by(Encounter.started.is_not(None), Encounter.started.desc(), Encounter.k.desc())
    return _visit_rows(reader, reader.rows(ordered.limit(limit)))


def _visit_rows(reader: Reader, rows: list[Row[Any]]) -> tuple[VisitRow, ...]:
    here = reader.local_only([row.id for row in rows]) if rows else set()
    one_with = joined_visits(reader, [row.id for row in rows]) if rows else {}
    booked = {r.appointment for r in rows if r.appointment is not None and not r.reason}
    asked = select(Appointment.id, Appointment.reason).where(Appointment.id.in_(booked))
    reasons = {r.id: r.reason for r in reader.rows(asked)} if booked else {}
    return tuple(
        VisitRow(
            r.id,
            r.patient,
            r.appointment,
            r.status,
            r.started,
            r.ended,
            r.reason or reasons.get(r.appointment),
            r.stop_reason,
            r.id in here,
            one_with.get(r.id),
        )
        for r in rows
    )


@query("chart.read")
def problems(reader: Reader, patient: UUID, *, live: bool = True, mistakes: bool = False) -> tuple[ProblemRow, ...]:
    """Problems of the person behind a chart: those that are live; with `live` False all but what was ruled out or a
    mistake; with `mistakes` those too.
    """
    question = select(Condition.__table__).where(Condition.patient.in_(seen_person(reader, patient).charts))
    if not mistakes:
        question = question.where(Condition.verification_status.notin_(("refuted", "entered-in-error")))
    if live:
        question = question.where(Condition.clinical_status.in_(LIVE_PROBLEM))
    rows = reader.rows(question.order_by(Condition.onset, Condition.display, Condition.id))
    here = reader.local_only([row.id for row in rows]) if rows else set()
    return tuple(
        ProblemRow(
            r.id,
            r.display,
            r.code,
            r.onset,
            r.clinical_status,
            r.verification_status,
            bool(contested(reader, Condition, r.id)),
            r.id in here,
            r.reason,
        )
        for r in rows
    )


@query("chart.read")
def order(reader: Reader, id: UUID) -> OrderRow:
    """One order; NotFound when it is not on this device."""
    return _order_rows(reader, [reader.get(Order, id)])[0]


@query("chart.read")
def orders(
    reader: Reader, patient: UUID, *, pending: bool = False, category: str | None = None, limit: int = 200
) -> tuple[OrderRow, ...]:
    """Orders of the person behind a chart, latest first; `pending` leaves out drafts and what is done."""
    charts = seen_person(reader, patient).charts
    question = select(Order.__table__).where(Order.patient.in_(charts), Order.status != "draft")
    if pending:
        question = question.where(Order.status.in_(PENDING_ORDER))
    if category:
        question = question.where(Order.category == category)
    return _order_rows(reader, reader.rows(question.order_by(Order.placed.desc(), Order.id).limit(limit)))


@query("chart.read")
def duplicate_orders(reader: Reader, patient: UUID, code: str) -> tuple[OrderRow, ...]:
    """Orders of the same thing that are drafted or pending, or were placed within the last three days."""
    charts = seen_person(reader, patient).charts
    since = reader.now - timedelta(hours=DUPLICATE_HOURS)
    question = select(Order.__table__).where(
        Order.patient.in_(charts), Order.code == code, Order.status.in_(("draft", *PENDING_ORDER, "completed"))
    )
    rows = [r for r in reader.rows(question) if r.status != "completed" or (r.placed and r.placed >= since)]
    return _order_rows(reader, rows)


@query("chart.read")
def basket(reader: Reader, encounter: UUID) -> Basket:
    """Drafts of a visit in the order in which they were added."""
    wanted = select(Order.__table__).where(Order.encounter == encounter, Order.status == "draft").order_by(Order.k)
    drugs = select(Prescription.__table__).where(Prescription.encounter == encounter, Prescription.status == "draft")
    return Basket(
        _order_rows(reader, reader.rows(wanted)), medicine_rows(reader, reader.rows(drugs.order_by(Prescription.k)))
    )


@query("chart.read")
def asked_at(reader: Reader, encounter: UUID) -> Basket:
    """All that was ordered and prescribed at a visit, drafts too; without what was cancelled or entered in error."""
    gone = ("entered-in-error", "cancelled")
    wanted = select(Order.__table__).where(Order.encounter == encounter, Order.status.notin_(gone))
    drugs = select(Prescription.__table__).where(Prescription.encounter == encounter, Prescription.status.notin_(gone))
    return Basket(
        _order_rows(reader, reader.rows(wanted.order_by(Order.k))),
        medicine_rows(reader, reader.rows(drugs.order_by(Prescription.k))),
    )


def _order_rows(reader: Reader, rows: list[Row[Any]]) -> tuple[OrderRow, ...]:
    who = person_names(reader, [row.requester for row in rows])
    here = reader.local_only([row.id for row in rows]) if rows else set()
    return tuple(
        OrderRow(
            r.id,
            r.patient,
            r.encounter,
            r.category,
            r.code,
            r.display,
            r.definition,
            tuple(r.parts or ()),
            r.priority,
            r.reason,
            r.requester,
            who[r.requester],
            r.placed,
            r.status,
            r.stop_reason,
            bool(contested(reader, Order, r.id)),
            r.id in here,
        )
        for r in rows
    )


def _due(reader: Reader, patient: UUID, known: Allergies, taken: tuple[MedicineRow, ...]) -> tuple[DueItem, ...]:
    today = clinic_day(reader)
    due = [DueItem("allergy-review", _("Go through the allergies again"), None, True, None)] if known.due else []
    due += [
        DueItem("medicine-review", row.display, row.review_on, row.review_on < today, row.id)
        for row in taken
        if row.review_on is not None
    ]
    due += [_task_due(reader, task) for task in tasks(reader, (), patient=patient) if task.kind != "glass_broken"]
    return tuple(sorted(due, key=lambda item: (not item.late, item.due or today)))


def _task_due(reader: Reader, task: TaskRow) -> DueItem:
    return DueItem("task", task.title, clinic_day(reader, task.due) if task.due else None, task.late, task.id)
