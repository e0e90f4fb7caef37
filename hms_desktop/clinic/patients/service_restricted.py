# SPDX-License-Identifier: Apache-2.0
"""What people do about restricted patients: restrict and lift, break the glass and end it, review what was broken."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient, Task
from hms_desktop.clinic.patients.model_restricted import (
    BrokenGlass,
    BrokenGlassEnd,
    BrokenGlassReview,
    PatientRestriction,
    PatientRestrictionEnd,
)
from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.clinic.patients.queries_restricted import REVIEWS, glass_of, hidden, standing_on
from hms_desktop.clinic.patients.rules_restricted import (
    GLASS_MINUTES,
    GLASS_REASONS,
    RESTRICTIONS,
    REVIEW_HOURS,
    VERDICTS,
    glass_word,
    require_words,
)
from hms_desktop.core.clock import instant
from hms_desktop.core.errors import BadInput, NotAllowed, Refused
from hms_desktop.core.ids import rule_id
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account
from hms_desktop.security.audit import record_access
from hms_desktop.security.permissions import action
from hms_desktop.security.second_person import require_own_password
from hms_desktop.storage.unit import Unit


@action("patients.restrict", needs="patient.restrict")
def restrict(unit: Unit, *, patient: UUID, kind: str, reason: str, owner: UUID) -> UUID:
    """Restrict a patient: only who has a care relation sees who it is; `owner` (a person) answers for it."""
    if kind not in RESTRICTIONS:
        raise BadInput(_("Choose why this record is restricted."), "kind")
    why = require_words(reason, "reason", _("Say why; it stays with the record."))
    if unit.find(Account, owner) is None:
        raise BadInput(_("Choose who answers for this record."), "owner")
    chart = one_person(unit, patient).survivor
    unit.get(Patient, chart)
    if standing_on(unit, one_person(unit, patient).charts):
        raise Refused(_("This record is restricted already. Lift that restriction first, then make another."))
    return unit.add(PatientRestriction, patient=chart, kind=kind, reason=why, owner=owner, by=unit.person.id)


@action("patients.lift_restriction", needs="patient.restrict")
def lift_restriction(unit: Unit, *, restriction: UUID, reason: str) -> None:
    """Lift a restriction with the reason; it stays in the history."""
    why = require_words(reason, "reason", _("Say why; it stays with the record."))
    unit.get(PatientRestriction, restriction)
    if unit.scalar(select(PatientRestrictionEnd.id).where(PatientRestrictionEnd.restriction == restriction)):
        raise Refused(_("This restriction was lifted already. Open the record again to see it as it is."))
    unit.add(PatientRestrictionEnd, restriction=restriction, reason=why, by=unit.person.id)


@action("patients.break_glass", needs="glass.break")
def break_glass(unit: Unit, *, patient: UUID, reason: str, words: str, password: str) -> UUID:
    """See a restricted patient without a care relation, for 60 minutes: reason, words, and one's own password again.

    The look is written down, whoever answers for the record is given a task, and a privacy officer reviews it.
    """
    if reason not in GLASS_REASONS:
        raise BadInput(_("Choose why you need this record."), "reason")
    said = require_words(words, "words", _("Say in a few words why you need it."))
    person = one_person(unit, patient)
    open_now = glass_of(unit, person.charts)
    if open_now is not None:
        return open_now.id
    if not hidden(unit, [person.charts]):
        raise Refused(_("You may open this record as it is. Go back and open it again."))
    require_own_password(unit, password)
    until = instant(unit.latest_ms) + timedelta(minutes=GLASS_MINUTES)
    glass = unit.add(BrokenGlass, patient=person.survivor, by=unit.person.id, reason=reason, words=said, until=until)
    record_access(unit, "break-glass", person.survivor, reason, purpose="emergency")
    _tell_owners(unit, glass, person.survivor, person.charts, reason)
    return glass


def _tell_owners(unit: Unit, glass: UUID, patient: UUID, charts: tuple[UUID, ...], reason: str) -> None:
    title = _("{name} opened restricted record {record}: {reason}").format(
        name=unit.person.name, record=unit.get(Patient, patient).mrn, reason=glass_word(reason)
    )
    for standing in standing_on(unit, charts):
        unit.add(
            Task,
            id=rule_id(glass, f"tell:{standing.owner.hex}"),
            patient=patient,
            kind="glass_broken",
            title=title,
            role="privacy_officer",
            due=unit.now + timedelta(hours=REVIEW_HOURS),
            subject=glass,
            subject_table="broken_glass",
            owner=standing.owner,
            status="requested",
        )


@action("patients.end_glass", needs="glass.break")
def end_glass(unit: Unit, *, glass: UUID) -> None:
    """End one's own emergency access before its hour is over."""
    if unit.get(BrokenGlass, glass).by != unit.person.id:
        raise NotAllowed(_("Only who broke the glass can end it; it ends by itself within the hour."), "glass.break")
    if unit.scalar(select(BrokenGlassEnd.id).where(BrokenGlassEnd.glass == glass)) is None:
        unit.add(BrokenGlassEnd, id=rule_id(glass, "end"), glass=glass, by=unit.person.id)


@action("patients.review_glass", needs=REVIEWS)
def review_glass(unit: Unit, *, glass: UUID, verdict: str, words: str) -> None:
    """Say what was found on looking at a breaking of the glass; nobody reviews their own."""
    if verdict not in VERDICTS:
        raise BadInput(_("Choose what you found."), "verdict")
    said = require_words(words, "words", _("Say in a few words what you looked at."))
    row = unit.get(BrokenGlass, glass)
    if row.by == unit.person.id:
        raise Refused(_("Nobody reviews what they did themselves. Ask another privacy officer."))
    if unit.scalar(select(BrokenGlassReview.id).where(BrokenGlassReview.glass == glass)):
        raise Refused(_("This was reviewed already. Open the list again to see what was found."))
    unit.add(BrokenGlassReview, glass=glass, verdict=verdict, words=said, by=unit.person.id)
    for task in unit.rows(select(Task.id, Task.status).where(Task.subject == glass, Task.kind == "glass_broken")):
        if verdict == "justified" and task.status in ("requested", "in-progress"):
            unit.change(Task, task.id, status="completed", outcome=_("Reviewed: justified"))
