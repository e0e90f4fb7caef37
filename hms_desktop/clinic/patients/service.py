# SPDX-License-Identifier: Apache-2.0
"""What people do in the register: register, complete, join and part charts, write down contacts, give and do tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.patients.births import check_birth
from hms_desktop.clinic.patients.events import (
    ChartsLinked,
    ChartsUnlinked,
    InteractionLogged,
    PatientDetailsChanged,
    PatientDied,
    PatientRegistered,
)
from hms_desktop.clinic.patients.model import (
    Interaction,
    LookAlikeDecision,
    Patient,
    PatientFlag,
    PatientLink,
    PatientLinkVoid,
    Task,
)
from hms_desktop.clinic.patients.names import name_keys
from hms_desktop.clinic.patients.queries import RecordPage, record_page
from hms_desktop.clinic.patients.queries_people import clinic_day, home_region, one_person
from hms_desktop.clinic.patients.queries_search import Found, search
from hms_desktop.clinic.patients.rules import TASK_STEPS, Registration, faults
from hms_desktop.clinic.patients.service_details import amend, keep_contacts, keep_identifier
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import rule_id
from hms_desktop.core.text import _
from hms_desktop.security.audit import record_access
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


@dataclass(frozen=True)
class LookAlikeChoice:
    """What the desk chose about one look-alike: `different` or `review`, and why."""

    other: UUID
    choice: str
    reason: str


@action("patients.register", needs="patient.register")
def register(unit: Unit, *, written: Registration, look_alikes: tuple[LookAlikeChoice, ...] = ()) -> UUID:
    """Register a patient with what is known; `look_alikes` holds a choice for each likely look-alike that was shown."""
    found = faults(written, clinic_day(unit), home_region(unit))
    if found:
        raise found[0]
    mrn = unit.number("MRN")
    patient = unit.add(
        Patient,
        **_name_group(written),
        born=written.born,
        born_estimated=written.born_estimated,
        sex=written.sex,
        language=written.language,
        interpreter=written.interpreter,
        mrn=mrn,
        temporary=not written.name_known,
        registered_by=unit.person.id,
        active=True,
    )
    for system, value in written.identifiers:
        keep_identifier(unit, patient, system, value)
    keep_contacts(unit, patient, written)
    for decided in look_alikes:
        _decide(unit, patient, decided)
    unit.announce(PatientRegistered(patient, unit.now, mrn))
    return patient


def _name_group(written: Registration) -> dict[str, Any]:
    def tidy(value: str | None) -> str | None:
        return " ".join(value.split()) or None if value else None

    family, given = tidy(written.family), tidy(written.given)
    return {
        "family": family,
        "given": given,
        "prefix": tidy(written.prefix),
        "preferred": tidy(written.preferred),
        "local_script": tidy(written.local_script),
        "name_known": written.name_known or bool(family or given),
        **name_keys(family, given),
    }


@action("patients.decide_look_alike", needs="patient.register")
def decide_look_alike(unit: Unit, *, patient: UUID, decided: LookAlikeChoice) -> None:
    """Say that a look-alike is another person, or flag the two charts for review."""
    _decide(unit, patient, decided)


def _decide(unit: Unit, patient: UUID, decided: LookAlikeChoice) -> None:
    reason = _reason(decided.reason)
    unit.add(
        LookAlikeDecision,
        patient=patient,
        other=decided.other,
        choice=decided.choice,
        reason=reason,
        by=unit.person.id,
    )
    if decided.choice == "review":
        ask_for_review(unit, patient, decided.other)
    else:
        _end_review(unit, patient, decided.other, _("Two persons"))


def ask_for_review(unit: Unit, one: UUID, other: UUID) -> UUID:
    """A task for the front desk: two charts may be one person's. By rule, so that a pair is asked about once."""
    older, newer = sorted((one, other))
    task = _review_of(older, newer)
    if unit.find(Task, task) is None:
        unit.add(
            Task,
            id=task,
            patient=newer,
            kind="review_look_alike",
            title=_("Compare two charts that may be one person"),
            role="receptionist",
            subject=older,
            subject_table="patient",
            status="requested",
        )
    return task


def _review_of(one: UUID, other: UUID) -> UUID:
    older, newer = sorted((one, other))
    return rule_id(newer, f"review:{older.hex}")


def _end_review(unit: Unit, one: UUID, other: UUID, outcome: str) -> None:
    """Somebody decided about a pair: what was to be done about it is done."""
    task = unit.find(Task, _review_of(one, other))
    if task is not None and "completed" in TASK_STEPS[task.status]:
        unit.change(Task, task.id, status="completed", outcome=outcome)


@action("patients.complete", needs="patient.update")
def change_details(unit: Unit, *, patient: UUID, written: Registration, reason: str = "") -> None:
    """Complete or correct name, birth, sex and language; only what differs is written, and it is told what.

    What was recorded and is written anew needs a `reason`; what was not known yet is completed without one.
    """
    row = unit.get(Patient, patient)
    faulty = [f for f in faults(written, clinic_day(unit), home_region(unit)) if f.field in ("family", "born", "sex")]
    if faulty:
        raise faulty[0]
    groups: dict[str, dict[str, Any]] = {
        "name": _name_group(written),
        "birth": {"born": written.born, "born_estimated": written.born_estimated},
        "sex": {"sex": written.sex},
        "language": {"language": written.language, "interpreter": written.interpreter},
    }
    standing = unit.heads(Patient, patient)
    changed = [
        name
        for name, values in groups.items()
        if name in standing or any(getattr(row, column) != value for column, value in values.items())
    ]
    before = {c: getattr(row, c) for g in changed for c, value in groups[g].items() if _replaced(row, c, value)}
    if before:
        amend(unit, patient, ", ".join(changed), before, reason)
    for name in changed:
        unit.change(Patient, patient, **groups[name])
    if row.temporary and written.name_known:
        unit.change(Patient, patient, temporary=False)
    if changed:
        unit.announce(PatientDetailsChanged(patient, unit.now, tuple(changed)))


SAID = ("family", "given", "prefix", "preferred", "local_script", "born", "sex", "language")
"""What a person said of themselves and may be wrong; the rest follows from it."""


def _replaced(row: Row[Any], column: str, value: Any) -> bool:
    """Whether something that was known is written over: a guess and what nobody knew are not."""
    known = getattr(row, column)
    guessed = (column == "born" and row.born_estimated) or (column == "sex" and known == "unknown")
    return column in SAID and bool(known) and known != value and not guessed


@action("patients.record_death", needs="patient.update")
def record_death(unit: Unit, *, patient: UUID, on: str) -> None:
    """Record that a patient died, on a day known whole or in part; one that is recorded is first taken back."""
    if unit.get(Patient, patient).deceased_on:
        raise Refused(_("This death is recorded already. Take it back with a reason, then record the right day."))
    unit.change(Patient, patient, deceased_on=check_birth(on, clinic_day(unit)))
    unit.announce(PatientDied(patient, on, unit.now))


@action("patients.take_back_death", needs="patient.update")
def take_back_death(unit: Unit, *, patient: UUID, reason: str) -> None:
    """Take back a death that was recorded on the wrong chart, with the reason."""
    amend(unit, patient, "death", {"deceased_on": unit.get(Patient, patient).deceased_on}, reason)
    unit.change(Patient, patient, deceased_on=None)
    unit.announce(PatientDetailsChanged(patient, unit.now, ("death",)))


@action("patients.raise_flag", needs="patient.update")
def raise_flag(unit: Unit, *, patient: UUID, kind: str, text: str) -> UUID:
    """Put a flag on the patient's banner."""
    if not text.strip():
        raise BadInput(_("Type what the flag says."), "text")
    return unit.add(PatientFlag, patient=patient, kind=kind, active=True, text=text.strip())


@action("patients.lower_flag", needs="patient.update")
def lower_flag(unit: Unit, *, flag: UUID, reason: str) -> None:
    """Take a flag off the banner, with the reason; it stays in the history."""
    row = unit.get(PatientFlag, flag)
    amend(unit, row.patient, "flag", {"id": str(flag), "kind": row.kind, "text": row.text}, reason)
    unit.change(PatientFlag, flag, active=False)


@action("patients.link_charts", needs="patient.link")
def link_charts(unit: Unit, *, survivor: UUID, replaced: UUID, reason: str) -> UUID:
    """Say that two charts are one person's; both keep their rows, `survivor` is shown from now on."""
    if survivor == replaced:
        raise Refused(_("A chart can't be joined to itself. Choose the other chart."))
    why = _reason(reason)
    first, second = unit.get(Patient, survivor), unit.get(Patient, replaced)
    if survivor in one_person(unit, replaced).charts:
        raise Refused(_("{one} and {other} are already joined.").format(one=first.mrn, other=second.mrn))
    goes_on, yields = one_person(unit, survivor).survivor, one_person(unit, replaced).survivor
    link = unit.add(PatientLink, survivor=goes_on, replaced=yields, reason=why, by=unit.person.id)
    unit.change(Patient, yields, active=False)
    for pair in {(survivor, replaced), (goes_on, yields)}:
        _end_review(unit, *pair, _("One person: the charts are joined"))
    unit.announce(ChartsLinked(link, goes_on, yields, unit.now))
    return link


@action("patients.unlink_charts", needs="patient.link")
def unlink_charts(unit: Unit, *, link: UUID, reason: str) -> None:
    """Take a link back: the charts are two persons' again, each with its own rows."""
    row = unit.get(PatientLink, link)
    if unit.scalar(select(PatientLinkVoid.id).where(PatientLinkVoid.link == link)):
        raise Refused(_("This link was already taken back. Open the two charts to see them apart."))
    unit.add(PatientLinkVoid, link=link, reason=_reason(reason), by=unit.person.id)
    unit.change(Patient, row.replaced, active=True)
    unit.announce(ChartsUnlinked(link, row.survivor, row.replaced, unit.now))


def _reason(text: str) -> str:
    if not text.strip():
        raise BadInput(_("Give a reason in a few words."), "reason")
    return text.strip()


@action("patients.log_interaction", needs="interaction.record")
def log_interaction(
    unit: Unit,
    *,
    patient: UUID,
    kind: str,
    text: str,
    outcome: str | None = None,
    follow_up: str | None = None,
    due: datetime | None = None,
    role: str = "receptionist",
) -> UUID:
    """Write down a call, letter, complaint or talk; `follow_up` makes a task for a role, due at a moment."""
    if not text.strip():
        raise BadInput(_("Type what was said."), "text")
    interaction = unit.add(
        Interaction,
        patient=patient,
        kind=kind,
        at=unit.now,
        by=unit.person.id,
        outcome=outcome or None,
        text=text.strip(),
    )
    if follow_up:
        _add_task(unit, patient, "follow_up", follow_up, role, due, interaction, "interaction")
    unit.announce(InteractionLogged(interaction, patient, kind, unit.now))
    return interaction


@action("patients.give_task", needs="task.create")
def give_task(
    unit: Unit,
    *,
    title: str,
    role: str,
    patient: UUID | None = None,
    due: datetime | None = None,
    kind: str = "other",
    subject: UUID | None = None,
    subject_table: str | None = None,
) -> UUID:
    """Give a role something to do."""
    return _add_task(unit, patient, kind, title, role, due, subject, subject_table)


def _add_task(
    unit: Unit,
    patient: UUID | None,
    kind: str,
    title: str,
    role: str,
    due: datetime | None,
    subject: UUID | None,
    subject_table: str | None,
) -> UUID:
    if not title.strip():
        raise BadInput(_("Type what is to be done."), "title")
    return unit.add(
        Task,
        patient=patient,
        kind=kind,
        title=title.strip(),
        role=role,
        due=due,
        subject=subject,
        subject_table=subject_table,
        status="requested",
    )


@action("patients.take_task", needs="task.work")
def take_task(unit: Unit, *, task: UUID) -> None:
    """Take a task: it is this person's to do."""
    _step(unit, task, "in-progress")
    unit.change(Task, task, owner=unit.person.id)


@action("patients.finish_task", needs="task.work")
def finish_task(unit: Unit, *, task: UUID, outcome: str | None = None) -> None:
    """Say that a task is done, and how it came out."""
    _step(unit, task, "completed", outcome)


@action("patients.cancel_task", needs="task.work")
def cancel_task(unit: Unit, *, task: UUID, reason: str) -> None:
    """Say that a task need not be done, and why."""
    _step(unit, task, "cancelled", _reason(reason))


def _step(unit: Unit, task: UUID, status: str, outcome: str | None = None) -> None:
    row = unit.get(Task, task)
    if status not in TASK_STEPS[row.status]:
        raise Refused(
            _("The task “{title}” is already {status}. Open the list again to see it as it is.").format(
                title=row.title, status=row.status
            )
        )
    unit.change(Task, task, status=status, outcome=outcome)


@action("patients.find", needs="patient.read")
def find_patients(unit: Unit, *, text: str, limit: int = 50) -> Found:
    """Search patients and note the search: one access event with whom it showed, never the words."""
    found = search(unit, text, limit=limit)
    record_access(
        unit, "search", detail="patients", count=len(found.hits), listed=[hit.name.patient for hit in found.hits]
    )
    return found


@action("patients.look", needs="patient.read")
def look(unit: Unit, *, patient: UUID, place: str, purpose: str = "treatment") -> UUID:
    """Write down that a patient is about to be shown at a place that has no record of its own to open."""
    survivor = one_person(unit, patient).survivor
    record_access(unit, "chart", survivor, place, purpose=purpose)
    return survivor


@action("patients.open_record", needs="patient.read")
def open_record(unit: Unit, *, patient: UUID) -> RecordPage:
    """Open a patient's page: the look is noted before anything is shown."""
    record_access(unit, "chart", one_person(unit, patient).survivor, "patient page")
    return record_page(unit, patient)
