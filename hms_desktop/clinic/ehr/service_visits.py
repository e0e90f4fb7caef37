# SPDX-License-Identifier: Apache-2.0
"""Opening a chart, and the way of a visit from arrival to its end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.appointments.rules import encounter_id
from hms_desktop.clinic.ehr.events import VisitMoved, VisitOpened
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.ehr.model_visits import VisitLink, VisitLinkVoid
from hms_desktop.clinic.ehr.queries_standing import contested
from hms_desktop.clinic.ehr.rules import ENCOUNTER_STEPS, require_step
from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.audit import record_access
from hms_desktop.security.permissions import action
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Record
from hms_desktop.storage.unit import Unit

AMBULATORY = "AMB"
INPATIENT = "IMP"
"""Classes of a visit, as FHIR's Encounter.class names them (HL7 ActCode)."""


@query("chart.read")
def chart_of(reader: Reader, patient: UUID) -> UUID:
    """The chart that new rows of a person go to: the survivor of those that were joined."""
    return one_person(reader, patient).survivor


@query("chart.read")
def require_settled(reader: Reader, record: type[Record], id: UUID, groups: tuple[str, ...], thing: str) -> None:
    """Raise Refused while one of these groups is in conflict: acting on one value would hide the other."""
    if contested(reader, record, id) & set(groups):
        message = _("Two people changed {thing} without knowing of each other. Settle it in the conflict inbox first.")
        raise Refused(message.format(thing=thing))


@action("ehr.open_chart", needs="chart.read")
def open_chart(unit: Unit, patient: UUID, purpose: str = "treatment") -> UUID:
    """Write down that a chart is about to be shown, and return the chart to show; once for each opening."""
    chart = chart_of(unit, patient)
    record_access(unit, "chart", chart, purpose=purpose)
    return chart


@action("ehr.open_encounter", needs="encounter.open")
def open_encounter(unit: Unit, appointment: UUID, patient: UUID) -> UUID:
    """Open the visit of an appointment, by rule: two desks that check in the same booking make one visit."""
    id = encounter_id(appointment)
    if unit.find(Encounter, id) is not None:
        return id
    unit.add(Encounter, id=id, patient=patient, appointment=appointment, class_code=AMBULATORY, status="arrived")
    unit.announce(VisitOpened(id, patient, appointment, unit.now))
    return id


@action("ehr.open_visit", needs="encounter.open")
def open_visit(unit: Unit, patient: UUID, reason: str | None = None) -> UUID:
    """Open a visit that has no appointment."""
    chart = chart_of(unit, patient)
    id = unit.add(Encounter, patient=chart, class_code=AMBULATORY, status="arrived", reason=reason)
    unit.announce(VisitOpened(id, chart, None, unit.now))
    return id


@action("ehr.triage_visit", needs="vitals.record")
def triage_visit(unit: Unit, encounter: UUID) -> None:
    """The patient was seen by a nurse and waits for the clinician."""
    move_visit(unit, encounter, "triaged")


@action("ehr.begin_visit", needs="note.write")
def begin_visit(unit: Unit, encounter: UUID, practitioner: UUID | None = None) -> None:
    """The clinician begins, or goes on after a pause; the first beginning is the start of the visit."""
    row = unit.get(Encounter, encounter)
    if row.status == "in-progress":
        return
    extra = {"practitioner": practitioner} if practitioner else {}
    move_visit(unit, encounter, "in-progress", started=row.started or unit.now, **extra)


@action("ehr.pause_visit", needs="note.write")
def pause_visit(unit: Unit, encounter: UUID) -> None:
    """The patient left the room for a while, to the laboratory for example."""
    move_visit(unit, encounter, "onleave")


@action("ehr.finish_visit", needs="encounter.close")
def finish_visit(unit: Unit, encounter: UUID) -> None:
    """The visit is over. Refused while the patient is in a bed: a discharge ends both."""
    _not_in_bed(unit, encounter)
    move_visit(unit, encounter, "finished", ended=unit.now)


@action("ehr.cancel_visit", needs="encounter.close")
def cancel_visit(unit: Unit, encounter: UUID, reason: str) -> None:
    """The patient left before care began."""
    if not reason.strip():
        raise BadInput(_("Say why the visit is cancelled."), "reason")
    move_visit(unit, encounter, "cancelled", stop_reason=reason.strip())


@action("ehr.void_visit", needs="entry.void")
def void_visit(unit: Unit, encounter: UUID, reason: str) -> None:
    """The visit was opened by mistake; it stays readable."""
    if not reason.strip():
        raise BadInput(_("Say why the visit was a mistake."), "reason")
    _not_in_bed(unit, encounter)
    move_visit(unit, encounter, "entered-in-error", stop_reason=reason.strip())


def join_visit(unit: Unit, *, survivor: UUID, replaced: UUID, reason: str) -> UUID:
    """Say that a visit is one with another that goes on, and end it; part of the act that settles the two."""
    link = unit.add(VisitLink, survivor=survivor, replaced=replaced, reason=reason, by=unit.person.id)
    begun = unit.get(Encounter, replaced).status in ("in-progress", "onleave")
    why = _("One visit with another of that day: {reason}").format(reason=reason)
    if begun:
        move_visit(unit, replaced, "finished", ended=unit.now, stop_reason=why)
    elif unit.get(Encounter, replaced).status != "finished":
        move_visit(unit, replaced, "cancelled", stop_reason=why)
    return link


@action("ehr.part_visits", needs="entry.void")
def part_visits(unit: Unit, link: UUID, reason: str) -> None:
    """The two were two visits after all; where histories meet, each is charged again."""
    if not reason.strip():
        raise BadInput(_("Say why they were two visits."), "reason")
    if unit.scalar(select(VisitLinkVoid.id).where(VisitLinkVoid.visit_link == link)):
        raise Refused(_("These two visits were taken apart already."))
    unit.add(VisitLinkVoid, visit_link=link, reason=reason.strip(), by=unit.person.id)


def _not_in_bed(unit: Unit, encounter: UUID) -> None:
    if unit.get(Encounter, encounter).class_code == INPATIENT:
        raise Refused(_("This patient is in a bed: discharge them under Ward, or undo the admission there."))


def move_visit(unit: Unit, encounter: UUID, state: str, **values: Any) -> Row[Any]:
    """Take a visit to another state, if its steps allow it and nobody left it in conflict. Part of other actions."""
    row = unit.get(Encounter, encounter)
    require_settled(unit, Encounter, encounter, ("state",), _("this visit"))
    require_step(ENCOUNTER_STEPS, row.status, state, _("This visit"))
    unit.change(Encounter, encounter, status=state, **values)
    unit.announce(VisitMoved(encounter, row.patient, row.status, state, unit.now))
    return row
