# SPDX-License-Identifier: Apache-2.0
"""Tables of the patient register (FHIR Patient, Patient.link, Coverage, Communication, Task)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from hms_desktop.clinic.patients.rules import SEXES, TASK_STEPS, TASK_WINS, TIMELINE_KINDS
from hms_desktop.clinic.patients.rules_cover import PERIODS
from hms_desktop.storage.columns import choice, data, exact, flag, instant, link, minor, partial_day, ref, text, whole
from hms_desktop.storage.conflicts import ConflictFact, MemberFact, SettlementFact
from hms_desktop.storage.records import CAREFUL, LAST_WRITER, Fact, Record, progress


class Patient(
    Record,
    table="patient",
    phi=True,
    groups={
        "name": LAST_WRITER,
        "birth": CAREFUL,
        "sex": CAREFUL,
        "death": CAREFUL,
        "language": LAST_WRITER,
        "number": LAST_WRITER,
        "status": LAST_WRITER,
    },
):
    """A chart. `family_key`, `given_key` and `sound_key` follow from the name by `rules.name_keys`."""

    family: Mapped[str | None] = text(group="name", phi=True, optional=True)
    given: Mapped[str | None] = text(group="name", phi=True, optional=True)
    prefix: Mapped[str | None] = text(group="name", phi=True, optional=True)
    preferred: Mapped[str | None] = text(group="name", phi=True, optional=True)
    local_script: Mapped[str | None] = text(group="name", phi=True, optional=True)
    name_known: Mapped[bool] = flag(group="name")
    family_key: Mapped[str | None] = text(group="name", phi=True, optional=True)
    given_key: Mapped[str | None] = text(group="name", phi=True, optional=True)
    sound_key: Mapped[str | None] = text(group="name", phi=True, optional=True)
    born: Mapped[str | None] = partial_day(group="birth", phi=True, optional=True, index=True)
    born_estimated: Mapped[bool] = flag(group="birth")
    sex: Mapped[str] = choice(*SEXES, group="sex", phi=True)
    deceased_on: Mapped[str | None] = partial_day(group="death", phi=True, optional=True)
    language: Mapped[str | None] = text(group="language", phi=True, optional=True)
    interpreter: Mapped[bool | None] = flag(group="language", optional=True)
    mrn: Mapped[str] = text(group="number", phi=True, index=True)
    temporary: Mapped[bool] = flag(group="number")
    source: Mapped[str | None] = text(group="number", phi=True, optional=True, index=True)
    registered_by: Mapped[UUID | None] = link(group="number", optional=True)
    active: Mapped[bool] = flag(group="status")

    __table_args__ = (
        Index("patient_by_name", "family_key", "given_key", "born"),
        Index("patient_by_given", "given_key", "family_key"),
        Index("patient_by_sound", "sound_key", "given_key"),
    )


class PatientIdentifier(Record, table="patient_identifier", phi=True, groups={"value": CAREFUL}):
    """A number in a named system; within one system it belongs to one person."""

    patient: Mapped[UUID] = ref("patient", group="value")
    system: Mapped[str] = text(group="value")
    value: Mapped[str] = text(group="value", phi=True, index=True)
    use: Mapped[str | None] = text(group="value", optional=True)
    period_from: Mapped[str | None] = partial_day(group="value", optional=True)
    period_to: Mapped[str | None] = partial_day(group="value", optional=True)
    active: Mapped[bool] = flag(group="value")


class PatientContact(Record, table="patient_contact", phi=True, groups={"contact": LAST_WRITER}):
    """A way to reach a patient or next of kin. `phone_key` is the E.164 number reversed, for searching by its end."""

    patient: Mapped[UUID] = ref("patient", group="contact")
    kind: Mapped[str] = choice("phone", "email", "address", "next_of_kin", group="contact")
    value: Mapped[str] = text(group="contact", phi=True)
    use: Mapped[str | None] = text(group="contact", optional=True)
    rank: Mapped[int] = whole(group="contact")
    name: Mapped[str | None] = text(group="contact", phi=True, optional=True)
    line: Mapped[str | None] = text(group="contact", phi=True, optional=True)
    city: Mapped[str | None] = text(group="contact", phi=True, optional=True)
    district: Mapped[str | None] = text(group="contact", phi=True, optional=True)
    postcode: Mapped[str | None] = text(group="contact", phi=True, optional=True)
    country: Mapped[str | None] = text(group="contact", phi=True, optional=True)
    phone_key: Mapped[str | None] = text(group="contact", phi=True, optional=True, index=True)
    confirmed: Mapped[datetime | None] = instant(group="contact", optional=True)
    active: Mapped[bool] = flag(group="contact")


class PatientAmendment(Fact, table="patient_amendment", phi=True):
    """Why something that was recorded about a person was written anew, and what it said before.

    It stands in the same change set as what it is about: who, when and from which station are that change set's.
    """

    patient: Mapped[UUID] = ref("patient")
    what: Mapped[str] = text()
    before: Mapped[dict[str, Any]] = data(phi=True)
    reason: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()


class PatientLink(Fact, table="patient_link", phi=True):
    """Two charts are one person's: `survivor` goes on, `replaced` is read along with it (FHIR Patient.link)."""

    survivor: Mapped[UUID] = ref("patient")
    replaced: Mapped[UUID] = ref("patient")
    reason: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()


class PatientLinkVoid(Fact, table="patient_link_void", phi=True):
    """A link was wrong: the charts are apart again."""

    reason: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()
    link: Mapped[UUID] = ref("patient_link")


class LookAlikeDecision(Fact, table="look_alike_decision", phi=True):
    """What the desk said about a look-alike: another person after all, or to be reviewed; nobody is asked twice."""

    patient: Mapped[UUID] = ref("patient")
    other: Mapped[UUID] = ref("patient")
    choice: Mapped[str] = choice("different", "review")
    reason: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()


class PatientFlag(Record, table="patient_flag", phi=True, groups={"flag": LAST_WRITER}):
    """Something to know before meeting the patient, shown in the banner."""

    patient: Mapped[UUID] = ref("patient", group="flag")
    kind: Mapped[str] = choice("safety", "access", "review", "note", group="flag")
    active: Mapped[bool] = flag(group="flag")
    text: Mapped[str] = text(group="flag", phi=True)


class TimelineEntry(Fact, table="timeline_entry", phi=True):
    """One line of a patient's timeline, by rule from its source, written by reactions."""

    patient: Mapped[UUID] = ref("patient")
    kind: Mapped[str] = choice(*TIMELINE_KINDS)
    at: Mapped[datetime] = instant()
    title: Mapped[str] = text(phi=True)
    source: Mapped[UUID] = link(index=True)
    source_table: Mapped[str] = text()


class Interaction(Fact, table="interaction", phi=True):
    """A contact with the patient that was not a visit."""

    patient: Mapped[UUID] = ref("patient")
    kind: Mapped[str] = choice("phone", "walk_in", "email", "letter", "complaint")
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    outcome: Mapped[str | None] = text(phi=True, optional=True)
    text: Mapped[str] = text(phi=True)


class Task(
    Record,
    table="task",
    phi=True,
    groups={"task": LAST_WRITER, "owner": LAST_WRITER, "state": progress("status", TASK_WINS, TASK_STEPS)},
):
    """Something that a role must do; made by a person, or by rule where histories meet."""

    patient: Mapped[UUID | None] = ref("patient", group="task", optional=True)
    kind: Mapped[str] = text(group="task")
    title: Mapped[str] = text(group="task", phi=True)
    role: Mapped[str] = text(group="task", index=True)
    due: Mapped[datetime | None] = instant(group="task", optional=True)
    subject: Mapped[UUID | None] = link(group="task", optional=True, index=True)
    subject_table: Mapped[str | None] = text(group="task", optional=True)
    owner: Mapped[UUID | None] = link(group="owner", optional=True)
    status: Mapped[str] = choice("requested", "in-progress", "completed", "cancelled", group="state", index=True)
    outcome: Mapped[str | None] = text(group="state", phi=True, optional=True)


class Coverage(Record, table="coverage", phi=True, groups={"cover": CAREFUL}):
    """Who pays a part: `order` 1 pays first. Of what is covered the patient pays what is left of the `deductible`, then
    a `copay` once an invoice, then a percent of the rest; `cap` is the most that is paid. Both count for a calendar
    year unless their period says otherwise.

    Price codes in `excluded` are the patient's, those in `package` are paid whole; both lists are parted by semicolons,
    and `kind:` with the table of a source stands for every charge from there.
    """

    patient: Mapped[UUID] = ref("patient", group="cover")
    payer: Mapped[str] = text(group="cover")
    plan: Mapped[str | None] = text(group="cover", optional=True)
    member_id: Mapped[str | None] = text(group="cover", phi=True, optional=True, index=True)
    order: Mapped[int] = whole(group="cover")
    valid_from: Mapped[str | None] = partial_day(group="cover", optional=True)
    valid_to: Mapped[str | None] = partial_day(group="cover", optional=True)
    patient_share_percent: Mapped[Decimal] = exact(group="cover")
    copay: Mapped[int | None] = minor(group="cover", optional=True)
    deductible: Mapped[int | None] = minor(group="cover", optional=True)
    deductible_period: Mapped[str | None] = choice(*PERIODS, group="cover", optional=True)
    cap: Mapped[int | None] = minor(group="cover", optional=True)
    cap_period: Mapped[str | None] = choice(*PERIODS, group="cover", optional=True)
    excluded: Mapped[str | None] = text(group="cover", optional=True)
    package: Mapped[str | None] = text(group="cover", optional=True)
    active: Mapped[bool] = flag(group="cover")
    source: Mapped[str | None] = text(group="cover", optional=True, index=True)


class PatientsConflict(ConflictFact, table="patients_conflict", phi=True):
    """One person twice, an identifier twice, or two birth dates, sexes, numbers or covers that stand together."""


class PatientsConflictMember(MemberFact, table="patients_conflict_member", phi=True):
    """A chart, identifier or head that stands against the others of its conflict."""


class PatientsConflictSettlement(SettlementFact, table="patients_conflict_settlement", phi=True):
    """What a person decided about a conflict of the register."""
