# SPDX-License-Identifier: Apache-2.0
"""Those who stay overnight: admitted to a bed, moved, discharged; each night is counted once, whoever counts it."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.events import BedNightSpent, BedStayEnded, PatientAdmitted, PatientDischarged
from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.ehr.model_stays import BedNight, BedStay, BedStayEnd
from hms_desktop.clinic.ehr.queries_stays import in_bed, nights_of, open_beds, open_stay, open_stays, stays_of
from hms_desktop.clinic.ehr.rules_stays import Lying, nights_between
from hms_desktop.clinic.ehr.service_visits import INPATIENT, chart_of, move_visit
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import rule_id
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit

GONE = frozenset({"finished", "entered-in-error"})
"""States of a visit in which nobody lies in a bed."""


@action("ehr.admit", needs="stay.manage")
def admit(
    unit: Unit, patient: UUID, *, place: UUID, bed: str, reason: str | None = None, since: datetime | None = None
) -> UUID:
    """Open an inpatient visit (FHIR class IMP) in a bed of a ward, from now or an earlier moment; returns the visit."""
    chart = chart_of(unit, patient)
    lying = open_stay(unit, patient)
    if lying is not None:
        raise Refused(_("This patient is in bed {bed} already: move them instead.").format(bed=lying.bed))
    at = _moment(unit, since)
    encounter = unit.add(
        Encounter, patient=chart, class_code=INPATIENT, status="in-progress", started=at, reason=_text(reason)
    )
    stay = _lie_down(unit, encounter, chart, place, bed, at)
    name = unit.get(Place, place).name
    unit.announce(PatientAdmitted(stay, encounter, chart, name, bed.strip(), at))
    return encounter


@action("ehr.move_bed", needs="stay.manage")
def move_bed(unit: Unit, patient: UUID, *, place: UUID, bed: str) -> UUID:
    """Move an inpatient to another bed; returns the new stay."""
    row = _lying(unit, patient)
    if (row.place, row.bed) == (place, bed.strip()):
        raise BadInput(_("The patient is in this bed already."), "bed")
    _end_all(unit, row.encounter, unit.now, _("moved"))
    return _lie_down(unit, row.encounter, row.patient, place, bed, unit.now)


@action("ehr.discharge", needs="stay.manage")
def discharge(unit: Unit, patient: UUID, *, at: datetime | None = None) -> None:
    """End an inpatient visit and count its nights; with `at` the patient left before now, and later nights fall off."""
    row = _lying(unit, patient)
    left = _moment(unit, at)
    if left < row.since:
        raise BadInput(_("The patient came to this bed later than that: check day and time."), "day")
    _end_all(unit, row.encounter, left, None)
    move_visit(unit, row.encounter, "finished", ended=left)
    unit.announce(PatientDischarged(row.id, row.encounter, row.patient, left))


@action("ehr.undo_admission", needs="entry.void")
def undo_admission(unit: Unit, patient: UUID, *, reason: str) -> None:
    """The admission was a mistake: the visit stays readable as one, and none of its nights is charged."""
    if not reason.strip():
        raise BadInput(_("Say why the admission was a mistake."), "reason")
    row = _lying(unit, patient)
    for stay in unit.rows(select(BedStay.__table__).where(BedStay.encounter == row.encounter)):
        _end(unit, stay, stay.since, reason.strip())
    move_visit(unit, row.encounter, "entered-in-error", stop_reason=reason.strip())


@action("ehr.count_nights", needs="stay.manage")
def count_nights_now(unit: Unit) -> int:
    """Count the nights of everybody in a bed that nobody has counted yet; returns how many."""
    return len(count_nights(unit))


def count_nights(unit: Unit) -> list[BedNightSpent]:
    """The same for whoever does the night's work; what each new night was is announced and returned."""
    latest_first = sorted(open_stays(unit), key=lambda row: (row.since, row.id), reverse=True)
    return [night for row in latest_first for night in _count(unit, row, unit.now)]


def part_beds(unit: Unit, encounter: UUID) -> tuple[UUID, UUID] | None:
    """Where histories met: nobody lies in two beds, or in one after the visit ended. Ends by rule what the other ended.

    Returns the (earlier, later) stay of a patient who was moved twice, each move unknown to the other desk.
    """
    visit = unit.get(Encounter, encounter)
    lying = [stay for stay in stays_of(unit, encounter) if stay.until is None]
    for earlier, later in pairwise(lying):
        _end_by_rule(unit, earlier, later.since, later.by, f"left-for:{later.stay.hex}", _("moved"))
    if lying and visit.status in GONE:
        left = max(lying[-1].since, visit.ended or lying[-1].since)
        _end_by_rule(unit, lying[-1], left, lying[-1].by, f"left-with-visit:{left.isoformat()}", None)
    return (lying[-2].stay, lying[-1].stay) if len(lying) > 1 else None


def _end_by_rule(unit: Unit, stay: Lying, at: datetime, by: UUID, rule: str, reason: str | None) -> None:
    unit.add(BedStayEnd, id=rule_id(stay.stay, rule), stay=stay.stay, at=at, by=by, reason=reason)


def _count(unit: Unit, stay: Row[Any], until: datetime) -> list[BedNightSpent]:
    counted = {row.night for row in nights_of(unit, stay.encounter)}
    found = []
    for night in nights_between(stay.since, until, unit.clinic.zone):
        if night in counted:
            continue
        made = unit.add(
            BedNight, id=rule_id(stay.encounter, "bed-night", night.toordinal()), encounter=stay.encounter,
            patient=stay.patient, night=night,
        )  # fmt: skip
        found.append(BedNightSpent(made, stay.encounter, stay.patient, night, stay.price_code))
        unit.announce(found[-1])
    return found


def _lie_down(unit: Unit, encounter: UUID, patient: UUID, place: UUID, bed: str, at: datetime) -> UUID:
    ward, name = unit.get(Place, place), bed.strip()
    if ward.kind != "ward":
        raise BadInput(_("{place} is no ward: choose one with beds.").format(place=ward.name), "place")
    if not name:
        raise BadInput(_("Type the bed."), "bed")
    if in_bed(unit, place, name):
        raise Refused(_("Bed {bed} of {place} is taken: choose another one.").format(bed=name, place=ward.name))
    return unit.add(
        BedStay, encounter=encounter, patient=patient, place=place, bed=name, since=at, by=unit.person.id,
        price_code=ward.price_code,
    )  # fmt: skip


def _end_all(unit: Unit, encounter: UUID, at: datetime, reason: str | None) -> None:
    """End wherever the patient of a visit still lies: one bed, or two when another desk moved them as well."""
    for stay in unit.rows(open_beds(encounter)):
        _end(unit, stay, max(at, stay.since), reason)


def _end(unit: Unit, stay: Row[Any], at: datetime, reason: str | None) -> None:
    _count(unit, stay, at)
    unit.add(BedStayEnd, stay=stay.id, at=at, by=unit.person.id, reason=reason)
    unit.announce(BedStayEnded(stay.id, stay.encounter, stay.patient, at))


def _lying(unit: Unit, patient: UUID) -> Row[Any]:
    row = open_stay(unit, patient)
    if row is None:
        raise Refused(_("This patient is in no bed: admit them first."))
    return row


def _moment(unit: Unit, typed: datetime | None) -> datetime:
    if typed is not None and typed > unit.now:
        raise BadInput(_("That is still to come: type a day and time that have passed."), "day")
    return typed or unit.now


def _text(typed: str | None) -> str | None:
    return (typed or "").strip() or None
