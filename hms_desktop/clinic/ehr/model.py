# SPDX-License-Identifier: Apache-2.0
"""Tables of the record of care, each with how it merges: visits, allergies, notes, orders, prescriptions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.clinic.ehr.rules import (
    ENCOUNTER_PAIRS,
    ENCOUNTER_STATES,
    ENCOUNTER_STEPS,
    ORDER_PAIRS,
    ORDER_STATES,
    ORDER_STEPS,
    PRESCRIPTION_PAIRS,
    PRESCRIPTION_STATES,
    PRESCRIPTION_STEPS,
)
from hms_desktop.storage.columns import choice, data, day, exact, flag, instant, link, partial_day, ref, text, whole
from hms_desktop.storage.conflicts import ConflictFact, MemberFact, SettlementFact
from hms_desktop.storage.editions import Edition
from hms_desktop.storage.records import CAREFUL, LAST_WRITER, Fact, Record, progress


class Encounter(
    Record,
    table="encounter",
    phi=True,
    groups={"what": CAREFUL, "state": progress("status", ENCOUNTER_PAIRS, ENCOUNTER_STEPS)},
):
    """A visit; made by rule from its appointment, so the row then holds only what follows from it.

    Who sees the patient and from when to when belongs to the state: a desk that makes the row once more, later, says
    "arrived" and must not blank them.
    """

    patient: Mapped[UUID] = link(group="what", index=True)
    appointment: Mapped[UUID | None] = link(group="what", optional=True, index=True)
    class_code: Mapped[str] = text(group="what")
    source: Mapped[str | None] = text(group="what", optional=True)
    reason: Mapped[str | None] = text(group="what", phi=True, optional=True)
    status: Mapped[str] = choice(*ENCOUNTER_STATES, group="state", index=True)
    practitioner: Mapped[UUID | None] = link(group="state", optional=True)
    started: Mapped[datetime | None] = instant(group="state", optional=True, index=True)
    ended: Mapped[datetime | None] = instant(group="state", optional=True)
    stop_reason: Mapped[str | None] = text(group="state", phi=True, optional=True)


class Allergy(Record, table="allergy", phi=True, groups={"what": CAREFUL, "state": CAREFUL, "entry": LAST_WRITER}):
    """An allergy or intolerance (FHIR AllergyIntolerance)."""

    patient: Mapped[UUID] = link(group="what", index=True)
    substance: Mapped[str] = text(group="what", phi=True)
    code: Mapped[str | None] = text(group="what", phi=True, optional=True)
    system: Mapped[str | None] = text(group="what", optional=True)
    type: Mapped[str | None] = choice("allergy", "intolerance", group="what", optional=True)
    category: Mapped[str | None] = choice("food", "medication", "environment", "biologic", group="what", optional=True)
    criticality: Mapped[str | None] = choice("low", "high", "unable-to-assess", group="what", optional=True)
    reaction: Mapped[str | None] = text(group="what", phi=True, optional=True)
    why: Mapped[str | None] = text(group="what", phi=True, optional=True)
    clinical_status: Mapped[str] = choice("active", "inactive", "resolved", group="state")
    verification_status: Mapped[str] = choice("unconfirmed", "confirmed", "refuted", "entered-in-error", group="state")
    reason: Mapped[str | None] = text(group="state", phi=True, optional=True)
    verified_at: Mapped[datetime | None] = instant(group="state", optional=True)
    verified_by: Mapped[UUID | None] = link(group="state", optional=True)
    recorded_by: Mapped[UUID | None] = link(group="entry", optional=True)
    recorded_at: Mapped[datetime | None] = instant(group="entry", optional=True)
    source: Mapped[str | None] = text(group="entry", optional=True)


class NoKnownAllergy(Fact, table="no_known_allergy", phi=True):
    """Somebody asked and the patient knew of none."""

    patient: Mapped[UUID] = link(index=True)
    at: Mapped[datetime] = instant()
    by: Mapped[UUID | None] = link(optional=True)
    source: Mapped[str | None] = text(optional=True)


class NoKnownAllergyVoid(Fact, table="no_known_allergy_void", phi=True):
    """The statement was a mistake."""

    statement: Mapped[UUID] = ref("no_known_allergy")
    reason: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()


class Condition(Record, table="condition", phi=True, groups={"what": CAREFUL, "state": CAREFUL, "entry": LAST_WRITER}):
    """A problem or a visit's diagnosis (FHIR Condition)."""

    patient: Mapped[UUID] = link(group="what", index=True)
    encounter: Mapped[UUID | None] = link(group="what", optional=True)
    code: Mapped[str | None] = text(group="what", phi=True, optional=True)
    system: Mapped[str | None] = text(group="what", optional=True)
    display: Mapped[str] = text(group="what", phi=True)
    onset: Mapped[str | None] = partial_day(group="state", phi=True, optional=True)
    abatement: Mapped[str | None] = partial_day(group="state", phi=True, optional=True)
    clinical_status: Mapped[str] = choice(
        "active", "recurrence", "relapse", "inactive", "remission", "resolved", group="state"
    )
    verification_status: Mapped[str] = choice(
        "unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error", group="state"
    )
    reason: Mapped[str | None] = text(group="state", phi=True, optional=True)
    recorded_by: Mapped[UUID | None] = link(group="entry", optional=True)
    recorded_at: Mapped[datetime | None] = instant(group="entry", optional=True)
    source: Mapped[str | None] = text(group="entry", optional=True)


class Observation(Fact, table="observation", phi=True):
    """One observed value (FHIR Observation); a component is a row of its own under its parent.

    `form` is the version of the form in which it was typed.
    """

    patient: Mapped[UUID] = link(index=True)
    encounter: Mapped[UUID | None] = link(optional=True, index=True)
    parent: Mapped[UUID | None] = ref("observation", optional=True)
    ordinal: Mapped[int | None] = whole(optional=True)
    category: Mapped[str] = text()
    code: Mapped[str] = text(phi=True, index=True)
    system: Mapped[str | None] = text(optional=True)
    display: Mapped[str] = text(phi=True)
    value: Mapped[Decimal | None] = exact(phi=True, optional=True)
    value_text: Mapped[str | None] = text(phi=True, optional=True)
    value_code: Mapped[str | None] = text(phi=True, optional=True)
    unit: Mapped[str | None] = text(optional=True)
    at: Mapped[datetime] = instant()
    by: Mapped[UUID | None] = link(optional=True)
    form: Mapped[UUID | None] = link(optional=True)
    source: Mapped[str | None] = text(optional=True)


class ObservationVoid(Fact, table="observation_void", phi=True):
    """An observation was entered in error; it leaves trends and stays in history."""

    observation: Mapped[UUID] = ref("observation")
    reason: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()


class Note(Record, table="note", phi=True, groups={"what": CAREFUL, "author": LAST_WRITER}):
    """The note of a visit (FHIR Composition), made by rule from it; its words are in its sections."""

    patient: Mapped[UUID] = link(group="what", index=True)
    encounter: Mapped[UUID | None] = link(group="what", optional=True, index=True)
    title: Mapped[str] = text(group="what")
    source: Mapped[str | None] = text(group="what", optional=True)
    by: Mapped[UUID | None] = link(group="author", optional=True)


class NoteSection(Record, table="note_section", phi=True, groups={"what": CAREFUL, "words": CAREFUL}):
    """One section of a note, by rule from both: sections written apart merge, the same one written twice conflicts."""

    note: Mapped[UUID] = ref("note", group="what")
    section: Mapped[str] = choice("symptoms", "examination", "assessment", "plan", group="what")
    text: Mapped[str] = text(group="words", phi=True)


class NoteSignature(Fact, table="note_signature", phi=True):
    """A person signed this text: the text itself and its SHA-256 are part of the signature."""

    note: Mapped[UUID] = ref("note")
    by: Mapped[UUID] = link()
    meaning: Mapped[str] = text()
    at: Mapped[datetime] = instant()
    digest: Mapped[str] = text()
    text: Mapped[dict[str, Any]] = data(phi=True)


class NoteAddendum(Fact, table="note_addendum", phi=True):
    """Words added to a signed note."""

    note: Mapped[UUID] = ref("note")
    by: Mapped[UUID] = link()
    at: Mapped[datetime] = instant()
    text: Mapped[str] = text(phi=True)


class NoteVoid(Fact, table="note_void", phi=True):
    """A note was entered in error, in the wrong chart for example; its words stay readable with the reason."""

    note: Mapped[UUID] = ref("note")
    reason: Mapped[str] = text(phi=True)
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()


class Immunization(Fact, table="immunization", phi=True):
    """A vaccine that was given (imported)."""

    patient: Mapped[UUID] = link(index=True)
    encounter: Mapped[UUID | None] = link(optional=True)
    code: Mapped[str | None] = text(phi=True, optional=True)
    system: Mapped[str | None] = text(optional=True)
    display: Mapped[str] = text(phi=True)
    status: Mapped[str] = text()
    at: Mapped[datetime] = instant()
    lot: Mapped[str | None] = text(optional=True)
    source: Mapped[str | None] = text(optional=True)


class ProcedureType(Edition, table="procedure_type"):
    """One version of a procedure that the clinic does; `price_code` is what it is charged under, None when free."""

    system: Mapped[str | None] = text(optional=True)
    display: Mapped[str] = text()
    price_code: Mapped[str | None] = text(optional=True)


class Procedure(Fact, table="procedure", phi=True):
    """A procedure that was done (FHIR Procedure `completed`), here or, with a `source`, elsewhere."""

    patient: Mapped[UUID] = link(index=True)
    encounter: Mapped[UUID | None] = link(optional=True)
    code: Mapped[str | None] = text(phi=True, optional=True)
    system: Mapped[str | None] = text(optional=True)
    display: Mapped[str] = text(phi=True)
    status: Mapped[str] = text()
    at: Mapped[datetime] = instant()
    ended: Mapped[datetime | None] = instant(optional=True)
    reason: Mapped[str | None] = text(phi=True, optional=True)
    by: Mapped[UUID | None] = link(optional=True)
    type: Mapped[UUID | None] = link(optional=True)
    source: Mapped[str | None] = text(optional=True)


class ProcedureVoid(Fact, table="procedure_void", phi=True):
    """A procedure was entered in error; it stays readable with the reason."""

    procedure: Mapped[UUID] = ref("procedure")
    reason: Mapped[str] = text(phi=True)
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()


class DiagnosticReport(Fact, table="diagnostic_report", phi=True):
    """A report from elsewhere (imported); `results` lists the ids of its observations as text."""

    patient: Mapped[UUID] = link(index=True)
    encounter: Mapped[UUID | None] = link(optional=True)
    category: Mapped[str | None] = text(optional=True)
    code: Mapped[str | None] = text(phi=True, optional=True)
    system: Mapped[str | None] = text(optional=True)
    display: Mapped[str] = text(phi=True)
    status: Mapped[str] = text()
    at: Mapped[datetime] = instant()
    results: Mapped[list[str] | None] = data(optional=True)
    source: Mapped[str | None] = text(optional=True)
    text: Mapped[str | None] = text(phi=True, optional=True)


PRIORITIES = ("routine", "urgent", "asap", "stat")


class Order(
    Record,
    table="service_order",
    phi=True,
    groups={"what": LAST_WRITER, "state": progress("status", ORDER_PAIRS, ORDER_STEPS)},
):
    """Something asked of a department (FHIR ServiceRequest).

    `definition` is the catalogue version it was made with, `parts` are those of a panel's single tests, ids as text.
    """

    patient: Mapped[UUID] = link(group="what", index=True)
    encounter: Mapped[UUID | None] = link(group="what", optional=True, index=True)
    category: Mapped[str] = text(group="what")
    code: Mapped[str] = text(group="what", phi=True)
    system: Mapped[str | None] = text(group="what", optional=True)
    display: Mapped[str] = text(group="what", phi=True)
    definition: Mapped[UUID | None] = link(group="what", optional=True)
    parts: Mapped[list[str] | None] = data(group="what", optional=True)
    priority: Mapped[str] = choice(*PRIORITIES, group="what")
    reason: Mapped[str | None] = text(group="what", phi=True, optional=True)
    requester: Mapped[UUID | None] = link(group="what", optional=True)
    placed: Mapped[datetime | None] = instant(group="what", optional=True)
    replaces: Mapped[UUID | None] = link(group="what", optional=True)
    source: Mapped[str | None] = text(group="what", optional=True)
    status: Mapped[str] = choice(*ORDER_STATES, group="state", index=True)
    stop_reason: Mapped[str | None] = text(group="state", phi=True, optional=True)


class Prescription(
    Record,
    table="prescription",
    phi=True,
    groups={
        "what": CAREFUL,
        "dose": CAREFUL,
        "state": progress("status", PRESCRIPTION_PAIRS, PRESCRIPTION_STEPS),
        "review": LAST_WRITER,
        "reason": LAST_WRITER,
    },
):
    """A medicine asked for (FHIR MedicationRequest); imported rows may lack a dose, our own never do.

    `edition` is the version of the medicine it was written with. `classes` are separated by semicolons; `days` is the
    length of treatment; `times_per_day` the doses in a day (at most that many when `prn`); `quantity` may be supplied
    once and then `repeats` times more.
    """

    patient: Mapped[UUID] = link(group="what", index=True)
    encounter: Mapped[UUID | None] = link(group="what", optional=True, index=True)
    medicine: Mapped[UUID | None] = link(group="what", optional=True)
    edition: Mapped[UUID | None] = link(group="what", optional=True)
    display: Mapped[str] = text(group="what", phi=True)
    code: Mapped[str | None] = text(group="what", phi=True, optional=True)
    system: Mapped[str | None] = text(group="what", optional=True)
    form: Mapped[str | None] = text(group="what", optional=True)
    ingredient: Mapped[str | None] = text(group="what", phi=True, optional=True)
    classes: Mapped[str | None] = text(group="what", phi=True, optional=True)
    requester: Mapped[UUID | None] = link(group="what", optional=True)
    written: Mapped[datetime] = instant(group="what")
    source: Mapped[str | None] = text(group="what", optional=True)
    dose: Mapped[Decimal | None] = exact(group="dose", phi=True, optional=True)
    dose_unit: Mapped[str | None] = text(group="dose", optional=True)
    route: Mapped[str | None] = text(group="dose", phi=True, optional=True)
    frequency: Mapped[str | None] = text(group="dose", phi=True, optional=True)
    times_per_day: Mapped[Decimal | None] = exact(group="dose", phi=True, optional=True)
    days: Mapped[int | None] = whole(group="dose", phi=True, optional=True)
    quantity: Mapped[Decimal | None] = exact(group="dose", phi=True, optional=True)
    quantity_unit: Mapped[str | None] = text(group="dose", optional=True)
    repeats: Mapped[int | None] = whole(group="dose", optional=True)
    prn: Mapped[bool] = flag(group="dose")
    status: Mapped[str] = choice(*PRESCRIPTION_STATES, group="state", index=True)
    stop_reason: Mapped[str | None] = text(group="state", phi=True, optional=True)
    review_on: Mapped[date | None] = day(group="review", optional=True)
    reason: Mapped[str | None] = text(group="reason", phi=True, optional=True)


class AlertOverride(Fact, table="alert_override", phi=True):
    """A person went on in spite of an alert (FHIR DetectedIssue): `subject` is the prescription or order."""

    patient: Mapped[UUID] = link(index=True)
    subject: Mapped[UUID] = link(index=True)
    kind: Mapped[str] = text()
    detail: Mapped[str] = text(phi=True)
    reason: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()
    second: Mapped[UUID | None] = link(optional=True)
    at: Mapped[datetime] = instant()


class EhrConflict(ConflictFact, table="ehr_conflict", phi=True):
    """A dose, an allergy, a note's section or a status that two people left differently."""


class EhrConflictMember(MemberFact, table="ehr_conflict_member", phi=True):
    """One of the values or records that stand against each other."""


class EhrConflictSettlement(SettlementFact, table="ehr_conflict_settlement", phi=True):
    """What a person decided."""
