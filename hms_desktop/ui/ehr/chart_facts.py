# SPDX-License-Identifier: Apache-2.0
"""What the chart screen shows, read in one go; the first reading writes down that the chart was opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hms_desktop.clinic.appointments import queries as appointments
from hms_desktop.clinic.ehr import queries as ehr
from hms_desktop.clinic.ehr import service
from hms_desktop.clinic.ehr.queries import ChartSummary, OrderRow, ProblemRow, VisitRow
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow
from hms_desktop.clinic.ehr.queries_notes import NoteView
from hms_desktop.clinic.ehr.queries_procedures import ProcedureRow, procedures
from hms_desktop.clinic.ehr.queries_templates import NoteWords, note_words
from hms_desktop.clinic.ehr.queries_vitals import Reading, vitals_history
from hms_desktop.clinic.lab import queries as lab
from hms_desktop.clinic.lab.queries_inbox import ChartResult
from hms_desktop.clinic.patients.queries_history import TimelineRow, timeline
from hms_desktop.clinic.staff.queries import practitioner_of

TABLES = frozenset(
    {
        "encounter",
        "visit_link",
        "visit_link_void",
        "allergy",
        "no_known_allergy",
        "no_known_allergy_void",
        "condition",
        "observation",
        "observation_void",
        "note",
        "note_section",
        "note_signature",
        "note_addendum",
        "note_void",
        "note_beginning",
        "note_template",
        "note_phrase",
        "procedure",
        "procedure_void",
        "service_order",
        "prescription",
        "alert_override",
        "result_release",
        "result_acknowledgement",
        "timeline_entry",
        "task",
        "patient",
        "patient_link",
        "patient_link_void",
        "ehr_conflict_settlement",
        "own_outbox",
    }
)
"""The tables whose change makes a chart read again."""


@dataclass(frozen=True)
class Neighbours:
    """The clinician's patients of today around this one: `place` of `count`, before and after (None at the ends)."""

    place: int
    count: int
    before: UUID | None
    after: UUID | None


@dataclass(frozen=True)
class ChartFacts:
    """Everything that the sections of a chart show."""

    summary: ChartSummary
    results: tuple[ChartResult, ...]
    timeline: tuple[TimelineRow, ...]
    past_medicines: tuple[MedicineRow, ...]
    orders: tuple[OrderRow, ...]
    notes: tuple[NoteView, ...]
    visits: tuple[VisitRow, ...]
    procedures: tuple[ProcedureRow, ...]
    readings: tuple[Reading, ...]
    problems: tuple[ProblemRow, ...]
    neighbours: Neighbours | None
    words: NoteWords

    @property
    def unseen(self) -> int:
        """Results that somebody still has to acknowledge."""
        return len({row.release for row in self.results if row.unseen})


def open_chart(unit: Any, patient: UUID) -> ChartFacts:
    """Write down the opening, then read: what is shown is shown only once the opening is committed."""
    return read_chart(unit, service.open_chart(unit, patient))


def read_chart(reader: Any, patient: UUID) -> ChartFacts:
    """The chart of the person behind a record."""
    return ChartFacts(
        summary=ehr.summary(reader, patient),
        results=lab.chart_results(reader, patient),
        timeline=timeline(reader, patient, limit=300).rows,
        past_medicines=ehr.medicines(reader, patient, current=False),
        orders=ehr.orders(reader, patient),
        notes=ehr.notes(reader, patient),
        visits=ehr.visits(reader, patient),
        procedures=procedures(reader, patient),
        readings=vitals_history(reader, patient),
        problems=ehr.problems(reader, patient, live=False, mistakes=True),
        neighbours=neighbours(reader, patient),
        words=note_words(reader),
    )


def my_patients(reader: Any) -> list[appointments.AppointmentRow]:
    """Today's bookings of the signed-in clinician in time order; without an own list, everybody's who came."""
    rows = appointments.day(reader).rows
    own = practitioner_of(reader, reader.person.id)
    mine = [row for row in rows if own is not None and row.practitioner == own]
    return mine or [row for row in rows if row.encounter is not None]


def neighbours(reader: Any, patient: UUID) -> Neighbours | None:
    """Where this patient stands in the clinician's day; None when they are not in it."""
    waiting = list(dict.fromkeys(row.patient.patient for row in my_patients(reader)))
    if patient not in waiting:
        return None
    at = waiting.index(patient)
    after = waiting[at + 1] if at + 1 < len(waiting) else None
    return Neighbours(at + 1, len(waiting), waiting[at - 1] if at else None, after)
