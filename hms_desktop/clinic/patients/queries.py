# SPDX-License-Identifier: Apache-2.0
"""What is shown of a patient: the banner, the record page and its parts, and tasks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.patients.model import (
    Coverage,
    Patient,
    PatientAmendment,
    PatientContact,
    PatientFlag,
    PatientIdentifier,
    Task,
)
from hms_desktop.clinic.patients.phones import show_phone
from hms_desktop.clinic.patients.queries_people import (
    NAME_COLUMNS,
    PatientName,
    clinic_day,
    home_region,
    links_around,
    masked,
    name_of,
    names,
    one_person,
    seen_person,
)
from hms_desktop.clinic.patients.queries_restricted import (
    Glass,
    RestrictionRow,
    glass_of,
    hidden,
    restriction_history,
    standing_on,
)
from hms_desktop.clinic.patients.rules_cover import CoverTerms, listed
from hms_desktop.core.errors import NotFound
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class Banner:
    """What stays in sight on every patient screen, except allergies, which the record of care holds.

    `doubts` names the groups (birth, sex, death, name …) in which two values stand against each other.
    """

    name: PatientName
    preferred: str | None
    old_numbers: tuple[str, ...]
    national: tuple[str, str] | None
    flags: tuple[str, ...]
    temporary: bool
    active: bool
    language: str | None
    interpreter: bool
    charts: tuple[UUID, ...]
    doubts: frozenset[str]
    saved_here: bool
    amended: frozenset[str] = frozenset()
    """Groups that were written anew: those of the name, and death and language when somebody said why."""
    restriction: str | None = None
    """The kind of restriction that stands, as far as the reader may know whose record it is."""
    glass: Glass | None = None
    """The reader's own broken glass, while it is all that lets them see this person."""


@dataclass(frozen=True)
class Identifier:
    """A number in a system; `period` is shown as typed parts of dates."""

    id: UUID
    system: str
    value: str
    use: str | None
    period_from: str | None
    period_to: str | None
    active: bool
    doubted: bool


@dataclass(frozen=True)
class Contact:
    """A way to reach the patient or their next of kin; `shown` is for reading."""

    id: UUID
    kind: str
    shown: str
    value: str
    use: str | None
    rank: int
    name: str | None
    confirmed: datetime | None
    amended: bool = False
    """Whether it was corrected after it was first written."""

    @property
    def marked(self) -> str:
        """`+27 82 555 0199 [corrected]`: for reading, with the mark when it was corrected."""
        return _("{words} [corrected]").format(words=self.shown) if self.amended else self.shown


@dataclass(frozen=True, kw_only=True)
class Cover(CoverTerms):
    """Who pays a part of the bills, and on which terms.

    `amended` when they were corrected after they were first written; `doubted` when two versions of them stand.
    """

    id: UUID
    amended: bool = False
    doubted: bool = False


@dataclass(frozen=True)
class JoinedChart:
    """Another chart of the same person, and the link that says so."""

    link: UUID
    patient: UUID
    mrn: str
    name: PatientName
    reason: str


@dataclass(frozen=True)
class RecordPage:
    """Everything the patient page shows beside the timeline."""

    banner: Banner
    identifiers: tuple[Identifier, ...]
    contacts: tuple[Contact, ...]
    covers: tuple[Cover, ...]
    joined: tuple[JoinedChart, ...]
    flags: tuple[tuple[UUID, str, str], ...]
    local_script: str | None
    restrictions: tuple[RestrictionRow, ...] = ()
    """Every restriction that was ever made, the standing ones without an end."""


@dataclass(frozen=True)
class TaskRow:
    """Something to do; `late` when its due moment has passed."""

    id: UUID
    kind: str
    title: str
    role: str
    status: str
    due: datetime | None
    late: bool
    owner: UUID | None
    patient: PatientName | None
    subject: UUID | None
    subject_table: str | None
    saved_here: bool


@query("patient.read")
def banner(reader: Reader, patient: UUID) -> Banner:
    """The banner of the person behind a chart; NotFound when the chart is not on this device."""
    person = one_person(reader, patient)
    rows = {r.id: r for r in reader.rows(select(Patient.__table__).where(Patient.id.in_(person.charts)))}
    row = rows.get(person.survivor)
    if row is None:
        raise NotFound(_("This patient's record is not on this device. Sync, or ask the server."))
    name = name_of(row, clinic_day(reader))
    if hidden(reader, [person.charts]):
        return _masked(masked(name), person.charts)
    standing = standing_on(reader, person.charts)
    return Banner(
        name=name,
        preferred=row.preferred,
        old_numbers=tuple(rows[c].mrn for c in person.charts[1:] if c in rows),
        national=_national(reader, person.charts),
        flags=tuple(text for _id, _kind, text in _flags(reader, person.charts)),
        temporary=row.temporary,
        active=row.active,
        language=row.language,
        interpreter=bool(row.interpreter),
        charts=person.charts,
        doubts=frozenset(reader.heads(Patient, person.survivor)),
        saved_here=bool(reader.local_only([person.survivor])),
        amended=name.amended | _told_anew(reader, person.survivor),
        restriction=standing[-1].kind if standing else None,
        glass=glass_of(reader, person.charts) if standing else None,
    )


def _masked(name: PatientName, charts: tuple[UUID, ...]) -> Banner:
    return Banner(
        name=name,
        preferred=None,
        old_numbers=(),
        national=None,
        flags=(),
        temporary=False,
        active=True,
        language=None,
        interpreter=False,
        charts=charts,
        doubts=frozenset(),
        saved_here=False,
    )


def _told_anew(reader: Reader, patient: UUID) -> frozenset[str]:
    """Which of death and language were written anew: what was known later than the chart is not, by itself."""
    rows = reader.rows(select(PatientAmendment.what).where(PatientAmendment.patient == patient))
    return frozenset(part for row in rows for part in row.what.split(", ") if part in ("death", "language"))


def _national(reader: Reader, charts: Collection[UUID]) -> tuple[str, str] | None:
    question = select(PatientIdentifier.system, PatientIdentifier.value).where(
        PatientIdentifier.patient.in_(charts),
        PatientIdentifier.active,
        PatientIdentifier.system.in_(("national", "za-id", "nhs")),
    )
    found = reader.first(question.order_by(PatientIdentifier.id))
    return (found.system, found.value) if found else None


def _flags(reader: Reader, charts: Collection[UUID]) -> tuple[tuple[UUID, str, str], ...]:
    question = select(PatientFlag.id, PatientFlag.kind, PatientFlag.text).where(
        PatientFlag.patient.in_(charts), PatientFlag.active
    )
    rank = {"safety": 0, "access": 1, "review": 2, "note": 3}
    return tuple(sorted(((r.id, r.kind, r.text) for r in reader.rows(question)), key=lambda f: rank[f[1]]))


@query("patient.read")
def record_page(reader: Reader, patient: UUID) -> RecordPage:
    """The patient page of the person behind a chart, with the identifiers and contacts of all their charts."""
    seen_person(reader, patient)
    top = banner(reader, patient)
    return RecordPage(
        banner=top,
        identifiers=_identifiers(reader, top.charts),
        contacts=contacts(reader, top.charts),
        covers=covers(reader, top.charts),
        joined=_joined(reader, top.charts),
        flags=_flags(reader, top.charts),
        local_script=reader.get(Patient, top.name.patient).local_script,
        restrictions=restriction_history(reader, top.charts),
    )


def _identifiers(reader: Reader, charts: Collection[UUID]) -> tuple[Identifier, ...]:
    question = select(PatientIdentifier.__table__).where(PatientIdentifier.patient.in_(charts))
    return tuple(
        Identifier(
            r.id,
            r.system,
            r.value,
            r.use,
            r.period_from,
            r.period_to,
            r.active,
            bool(reader.heads(PatientIdentifier, r.id)),
        )
        for r in reader.rows(question.order_by(PatientIdentifier.active.desc(), PatientIdentifier.system))
    )


@query("patient.read")
def contacts(reader: Reader, charts: Collection[UUID]) -> tuple[Contact, ...]:
    """The active contacts of these charts, by kind and rank."""
    question = select(PatientContact.__table__).where(PatientContact.patient.in_(charts), PatientContact.active)
    region, anew = home_region(reader), amended_parts(reader, charts, "contact")
    return tuple(
        Contact(r.id, r.kind, _shown(r, region), r.value, r.use, r.rank, r.name, r.confirmed, r.id in anew)
        for r in reader.rows(question.order_by(PatientContact.kind, PatientContact.rank, PatientContact.id))
    )


@query("patient.read")
def amended_parts(reader: Reader, charts: Collection[UUID], what: str) -> frozenset[UUID]:
    """Which contacts, bookings or other parts of these charts were written anew, read once for all of a list."""
    question = select(PatientAmendment.before).where(
        PatientAmendment.patient.in_(charts), PatientAmendment.what == what
    )
    return frozenset(UUID(row.before["id"]) for row in reader.rows(question) if "id" in row.before)


def _shown(row: Row[Any], region: str) -> str:
    if row.kind == "address":
        parts = (row.line, row.city, row.district, row.postcode, row.country)
        return ", ".join(p for p in parts if p) or row.value
    if row.kind == "phone":
        return show_phone(row.value, region)
    if row.kind == "next_of_kin":
        return ", ".join(dict.fromkeys(p for p in (row.name, show_phone(row.value, region)) if p))
    return str(row.value)


@query("patient.read")
def covers(reader: Reader, charts: Collection[UUID]) -> tuple[Cover, ...]:
    """The active covers of these charts, who pays first before who pays next."""
    question = select(Coverage.__table__).where(Coverage.patient.in_(charts), Coverage.active)
    anew = amended_parts(reader, charts, "cover")
    rows = reader.rows(question.order_by(Coverage.order, Coverage.id))
    return tuple(_cover(r, r.id in anew, bool(reader.heads(Coverage, r.id))) for r in rows)


def _cover(r: Row[Any], amended: bool, doubted: bool) -> Cover:
    return Cover(
        id=r.id,
        payer=r.payer,
        plan=r.plan,
        member_id=r.member_id,
        order=r.order,
        valid_from=r.valid_from,
        valid_to=r.valid_to,
        patient_share_percent=r.patient_share_percent,
        copay=r.copay,
        deductible=r.deductible,
        deductible_period=r.deductible_period,
        cap=r.cap,
        cap_period=r.cap_period,
        excluded=listed(r.excluded),
        package=listed(r.package),
        amended=amended,
        doubted=doubted,
    )


def _joined(reader: Reader, charts: Collection[UUID]) -> tuple[JoinedChart, ...]:
    rows, today = reader.rows(select(*NAME_COLUMNS).where(Patient.id.in_(charts))), clinic_day(reader)
    others = {r.id: name_of(r, today) for r in rows}
    return tuple(
        JoinedChart(row.id, row.replaced, others[row.replaced].mrn, others[row.replaced], row.reason)
        for row in links_around(reader, charts)
        if row.replaced in others
    )


@query("task.work")
def tasks(
    reader: Reader, roles: Collection[str], *, patient: UUID | None = None, done: bool = False, limit: int = 200
) -> tuple[TaskRow, ...]:
    """What these roles, and the person who asks by name, have to do, the overdue first; with `patient` only theirs.

    `done` adds what is finished.
    """
    question = select(Task.__table__).limit(limit).order_by(Task.due.is_(None), Task.due, Task.id)
    if patient is not None:
        question = question.where(Task.patient.in_(seen_person(reader, patient).charts))
    else:
        question = question.where(Task.role.in_(roles) | (Task.owner == reader.person.id))
    if not done:
        question = question.where(Task.status.in_(("requested", "in-progress")))
    return _task_rows(reader, question)


@query("task.work")
def own_tasks(reader: Reader) -> tuple[TaskRow, ...]:
    """What is to be done by the person who asks, by name: taken by them or given to them."""
    question = select(Task.__table__).where(
        Task.owner == reader.person.id, Task.status.in_(("requested", "in-progress"))
    )
    return _task_rows(reader, question.order_by(Task.due.is_(None), Task.due, Task.id))


def _task_rows(reader: Reader, question: Any) -> tuple[TaskRow, ...]:
    rows = reader.rows(question)
    who = names(reader, {r.patient for r in rows if r.patient})
    here = reader.local_only([r.id for r in rows])
    return tuple(
        TaskRow(
            r.id,
            r.kind,
            r.title,
            r.role,
            r.status,
            r.due,
            bool(r.due and r.due < reader.now),
            r.owner,
            who.get(r.patient),
            r.subject,
            r.subject_table,
            r.id in here,
        )
        for r in rows
    )
