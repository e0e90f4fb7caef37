# SPDX-License-Identifier: Apache-2.0
"""Tables of the laboratory: catalogue, specimens and their way, versions of results, calls, releases."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.clinic.lab.rules import SPECIMEN_PAIRS, SPECIMEN_STATES, SPECIMEN_STEPS
from hms_desktop.storage.columns import choice, data, exact, flag, instant, link, ref, text, whole
from hms_desktop.storage.conflicts import ConflictFact, MemberFact, SettlementFact
from hms_desktop.storage.editions import Edition
from hms_desktop.storage.records import CAREFUL, LAST_WRITER, Fact, Record, progress


class LabTest(Edition, table="lab_test"):
    """One version of a test or panel; `members` are the codes of a panel's analytes in the order they are shown.

    `ranges` is a list of {sex, from_days, to_days, low, high} with decimals as text; limits are in `unit` (UCUM).
    `answers` lists [text, flag] of a test that is answered in words, where the text * takes any other words (an
    organism that is not listed); `source` names where the limits come from.
    """

    display: Mapped[str] = text()
    loinc: Mapped[str | None] = text(optional=True)
    bench: Mapped[str] = text()
    specimen_type: Mapped[str] = text()
    container: Mapped[str] = text()
    unit: Mapped[str | None] = text(optional=True)
    decimals: Mapped[int | None] = whole(optional=True)
    members: Mapped[list[str] | None] = data(optional=True)
    answers: Mapped[list[list[str]] | None] = data(optional=True)
    orderable: Mapped[bool] = flag()
    ranges: Mapped[list[dict[str, Any]]] = data()
    critical_low: Mapped[Decimal | None] = exact(optional=True)
    critical_high: Mapped[Decimal | None] = exact(optional=True)
    absurd_low: Mapped[Decimal | None] = exact(optional=True)
    absurd_high: Mapped[Decimal | None] = exact(optional=True)
    delta: Mapped[Decimal | None] = exact(optional=True)
    delta_hours: Mapped[int | None] = whole(optional=True)
    price_code: Mapped[str | None] = text(optional=True)
    source: Mapped[str | None] = text(optional=True)


SPECIMEN_GROUPS = {"what": CAREFUL, "state": progress("status", SPECIMEN_PAIRS, SPECIMEN_STEPS), "where": LAST_WRITER}


class Specimen(Record, table="specimen", phi=True, groups=SPECIMEN_GROUPS):
    """A tube or pot with its label; `place` is where it was last handed to."""

    patient: Mapped[UUID] = link(group="what", index=True)
    accession: Mapped[str] = text(group="what", index=True)
    type: Mapped[str] = text(group="what")
    container: Mapped[str] = text(group="what")
    collected_at: Mapped[datetime] = instant(group="what")
    collected_by: Mapped[UUID] = link(group="what")
    replaces: Mapped[UUID | None] = ref("specimen", group="what", optional=True)
    status: Mapped[str] = choice(*SPECIMEN_STATES, group="state", index=True)
    reject_code: Mapped[str | None] = text(group="state", optional=True)
    place: Mapped[UUID | None] = link(group="where", optional=True)


class SpecimenStep(Fact, table="specimen_step", phi=True):
    """One hand-over of a specimen: the chain of custody."""

    specimen: Mapped[UUID] = ref("specimen")
    step: Mapped[str] = choice("collected", "in_transit", "received", "rejected", "relabelled", "stored", "disposed")
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    place: Mapped[UUID | None] = link(optional=True)
    reason: Mapped[str | None] = text(phi=True, optional=True)


class SpecimenOrder(Fact, table="specimen_order", phi=True):
    """This specimen serves this order; the id is by rule, so a pair is told once."""

    specimen: Mapped[UUID] = ref("specimen")
    order: Mapped[UUID] = link(index=True)


class LabResult(Fact, table="lab_result", phi=True):
    """One version of one value, with the range it was judged by; `replaces` is the version it corrects.

    `flag` is N, L, H, LL or HH, or empty when there is nothing to judge by; `status` is FHIR preliminary or corrected,
    as entered: final follows from the verifications.
    """

    order: Mapped[UUID] = link(index=True)
    specimen: Mapped[UUID] = ref("specimen")
    patient: Mapped[UUID] = link(index=True)
    test: Mapped[str] = text(phi=True)
    definition: Mapped[UUID] = ref("lab_test", index=False)
    version: Mapped[int] = whole()
    value: Mapped[Decimal | None] = exact(phi=True, optional=True)
    text_value: Mapped[str | None] = text(phi=True, optional=True)
    unit: Mapped[str | None] = text(optional=True)
    reference_low: Mapped[Decimal | None] = exact(optional=True)
    reference_high: Mapped[Decimal | None] = exact(optional=True)
    critical: Mapped[bool] = flag(phi=True)
    delta_exceeded: Mapped[bool] = flag(phi=True)
    flag: Mapped[str | None] = text(phi=True, optional=True)
    status: Mapped[str] = choice("preliminary", "corrected")
    replaces: Mapped[UUID | None] = ref("lab_result", optional=True)
    reason: Mapped[str | None] = text(phi=True, optional=True)
    comment: Mapped[str | None] = text(phi=True, optional=True)
    entered_by: Mapped[UUID] = link()
    resulted_at: Mapped[datetime] = instant()


class LabResultVoid(Fact, table="lab_result_void", phi=True):
    """A result was entered in error and stands for nothing; it stays readable."""

    result: Mapped[UUID] = ref("lab_result")
    reason: Mapped[str] = text(phi=True)
    by: Mapped[UUID] = link()
    at: Mapped[datetime] = instant()


class ResultVerification(Fact, table="result_verification", phi=True):
    """A person stands for this version of a value, technically or medically."""

    result: Mapped[UUID] = ref("lab_result")
    level: Mapped[str] = choice("technical", "medical")
    by: Mapped[UUID] = link()
    at: Mapped[datetime] = instant()


class ResultRelease(Fact, table="result_release", phi=True):
    """A version of an order's report; `report` is by rule from the order, `results` the ids of its result versions."""

    report: Mapped[UUID] = link(index=True)
    order: Mapped[UUID] = link(index=True)
    patient: Mapped[UUID] = link(index=True)
    version: Mapped[int] = whole()
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    results: Mapped[list[str]] = data()
    corrected: Mapped[bool] = flag()


class ResultRecipient(Fact, table="result_recipient", phi=True):
    """A person who must see and acknowledge this release; the id is by rule from release and person."""

    release: Mapped[UUID] = ref("result_release")
    person: Mapped[UUID] = link(index=True)


class ResultAcknowledgement(Fact, table="result_acknowledgement", phi=True):
    """A recipient saw this release and says what follows from it."""

    release: Mapped[UUID] = ref("result_release")
    by: Mapped[UUID] = link()
    at: Mapped[datetime] = instant()
    action: Mapped[str] = text()
    note: Mapped[str | None] = text(phi=True, optional=True)


class CriticalCall(Fact, table="critical_call", phi=True):
    """One attempt to tell somebody a critical value; it is done when reached and the value read back is the same."""

    result: Mapped[UUID] = ref("lab_result")
    told: Mapped[str] = text(phi=True)
    told_person: Mapped[UUID | None] = link(optional=True)
    role: Mapped[str | None] = text(optional=True)
    way: Mapped[str] = text()
    at: Mapped[datetime] = instant()
    reached: Mapped[bool] = flag()
    read_back: Mapped[Decimal | None] = exact(phi=True, optional=True)
    matched: Mapped[bool] = flag()
    by: Mapped[UUID] = link()
    note: Mapped[str | None] = text(phi=True, optional=True)


class LabConflict(ConflictFact, table="lab_conflict", phi=True):
    """A specimen or a catalogue entry that two people left differently."""


class LabConflictMember(MemberFact, table="lab_conflict_member", phi=True):
    """One of the values or records that stand against each other."""


class LabConflictSettlement(SettlementFact, table="lab_conflict_settlement", phi=True):
    """What a person decided."""
