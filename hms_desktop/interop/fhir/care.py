# SPDX-License-Identifier: Apache-2.0
"""Visits and what was found or done at them: Encounter, Condition, Procedure, Immunization."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hms_desktop.core.text import _
from hms_desktop.interop.fhir import elements, unread
from hms_desktop.interop.fhir.context import Reading, Unkept, identity, origin
from hms_desktop.interop.fhir.elements import items, one_of, words
from hms_desktop.interop.fhir.entries import Entry, Json
from hms_desktop.interop.fhir.identities import key_of

ENCOUNTER_CODES = (
    "planned",
    "arrived",
    "triaged",
    "in-progress",
    "onleave",
    "finished",
    "cancelled",
    "entered-in-error",
    "unknown",
)
EVENT_CODES = (
    "preparation",
    "in-progress",
    "not-done",
    "on-hold",
    "stopped",
    "completed",
    "entered-in-error",
    "unknown",
)
CLINICAL = ("active", "recurrence", "relapse", "inactive", "remission", "resolved")
VERIFIED = ("unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error")
ATTENDING = {"ATND", "PPRF"}
OVER = {"inactive", "remission", "resolved"}

ENCOUNTER = unread.kept(
    "status",
    unread.coding("class"),
    unread.concept("type"),
    unread.reference("subject"),
    unread.reference("participant.individual"),
    unread.concept("participant.type"),
    unread.period("period"),
    unread.concept("reasonCode"),
    unread.reference("appointment"),
)
CONDITION = unread.kept(
    unread.concept("clinicalStatus"),
    unread.concept("verificationStatus"),
    unread.concept("code"),
    unread.reference("subject"),
    unread.reference("encounter"),
    "onsetDateTime",
    unread.period("onsetPeriod"),
    "abatementDateTime",
    unread.period("abatementPeriod"),
    "recordedDate",
    unread.reference("recorder"),
)
PROCEDURE = unread.kept(
    "status",
    unread.concept("code"),
    unread.reference("subject"),
    unread.reference("encounter"),
    "performedDateTime",
    unread.period("performedPeriod"),
    unread.concept("reasonCode"),
    unread.reference("reasonReference"),
)
IMMUNIZATION = unread.kept(
    "status",
    unread.concept("vaccineCode"),
    unread.reference("patient"),
    unread.reference("encounter"),
    "occurrenceDateTime",
    "lotNumber",
)


def encounter(reading: Reading, entry: Entry, resource: Json) -> None:
    """An Encounter; its reason, or else its type, becomes the reason of the visit."""
    status = one_of(entry, resource.get("status"), ENCOUNTER_CODES, "Encounter.status")
    span = resource.get("period") or {}
    started = reading.moment(span.get("start"), "Encounter.period.start")
    ended = reading.moment(span.get("end"), "Encounter.period.end")
    if status == "unknown":
        status = "finished" if ended else _unkept("state unknown")
    patient, id = reading.patient(resource.get("subject"), entry), identity(entry)
    reason = elements.concepts(resource.get("reasonCode")) or elements.concepts(resource.get("type"))
    reading.add(
        "encounter",
        id,
        {
            "patient": patient,
            "appointment": reading.link(_one(resource, "appointment"), entry, "Appointment"),
            "class_code": words((resource.get("class") or {}).get("code")) or "AMB",
            "source": origin(entry),
            "reason": reason,
            "status": status,
            "practitioner": _attending(reading, entry, resource),
            "started": started,
            "ended": ended,
        },
    )
    if status not in {"cancelled", "entered-in-error", "planned"}:
        reading.on_timeline("visit", patient, started, reason or _("Visit"), id, "encounter")


def condition(reading: Reading, entry: Entry, resource: Json) -> None:
    """A Condition; without words for it there is nothing to keep."""
    found = reading.coded(resource.get("code"), "Condition.code") or _unkept("without a code or text")
    reading.spoken[key_of(entry)] = found.display
    ended = resource.get("abatementDateTime") or (resource.get("abatementPeriod") or {}).get("end")
    clinical = one_of(entry, elements.code_of(resource.get("clinicalStatus")), CLINICAL, "Condition.clinicalStatus")
    verified = one_of(
        entry, elements.code_of(resource.get("verificationStatus")), VERIFIED, "Condition.verificationStatus"
    )
    began = resource.get("onsetDateTime") or (resource.get("onsetPeriod") or {}).get("start")
    reading.add(
        "condition",
        identity(entry),
        {
            "patient": reading.patient(resource.get("subject"), entry),
            "encounter": reading.link(resource.get("encounter"), entry, "Encounter"),
            "code": found.code,
            "system": found.system,
            "display": found.display,
            "onset": reading.day(began, "Condition.onset"),
            "abatement": reading.day(ended, "Condition.abatement"),
            "clinical_status": clinical or ("resolved" if ended else "active"),
            "verification_status": verified or "unconfirmed",
            "reason": None,
            "recorded_by": reading.person(resource.get("recorder"), entry),
            "recorded_at": reading.moment(resource.get("recordedDate"), "Condition.recordedDate"),
            "source": origin(entry),
        },
    )


def procedure(reading: Reading, entry: Entry, resource: Json) -> None:
    """A Procedure that was done, or is being done."""
    status = _done(entry, resource, "Procedure")
    found = reading.coded(resource.get("code"), "Procedure.code") or _unkept("without a code or text")
    span = resource.get("performedPeriod") or {}
    said = resource.get("performedDateTime") or span.get("start") or span.get("end")
    at = _time(reading, said, "Procedure.performed")
    patient, id = reading.patient(resource.get("subject"), entry), identity(entry)
    reading.add(
        "procedure",
        id,
        {
            "patient": patient,
            "encounter": reading.link(resource.get("encounter"), entry, "Encounter"),
            "code": found.code,
            "system": found.system,
            "display": found.display,
            "status": status,
            "at": at,
            "ended": reading.moment(span.get("end"), "Procedure.performed"),
            "reason": because(reading, entry, resource),
            "source": origin(entry),
        },
    )
    reading.on_timeline("import", patient, at, found.display, id, "procedure")


def immunization(reading: Reading, entry: Entry, resource: Json) -> None:
    """An Immunization that was given."""
    status = _done(entry, resource, "Immunization")
    found = reading.coded(resource.get("vaccineCode"), "Immunization.vaccineCode") or _unkept("without a code or text")
    at = _time(reading, resource.get("occurrenceDateTime"), "Immunization.occurrence")
    patient, id = reading.patient(resource.get("patient"), entry), identity(entry)
    reading.add(
        "immunization",
        id,
        {
            "patient": patient,
            "encounter": reading.link(resource.get("encounter"), entry, "Encounter"),
            "code": found.code,
            "system": found.system,
            "display": found.display,
            "status": status,
            "at": at,
            "lot": words(resource.get("lotNumber")),
            "source": origin(entry),
        },
    )
    reading.on_timeline("import", patient, at, found.display, id, "immunization")


def because(reading: Reading, entry: Entry, resource: Json) -> str | None:
    """The reason of an act, in words: its codes, or the displays of what it refers to."""
    said = [elements.concepts(resource.get("reasonCode"))]
    for reference in items(resource.get("reasonReference")):
        target = reading.target(reference, entry, "Condition")
        found = words(reference.get("display")) or (reading.spoken.get(target.key) if target else None)
        said.append(found)
        reading.left(f"{entry.kind}.reasonReference (its words are not in the file)", 0 if found else 1)
    return "; ".join(dict.fromkeys(one for one in said if one)) or None


def _attending(reading: Reading, entry: Entry, resource: Json) -> Any:
    people = items(resource.get("participant"))
    attending = [one for one in people if ATTENDING & {elements.code_of(kind) for kind in items(one.get("type"))}]
    found = [who for one in attending or people if (who := reading.person(one.get("individual"), entry))]
    reading.left("Encounter.participant (further)", len(people) - 1)
    return found[0] if found else None


def _done(entry: Entry, resource: Json, kind: str) -> str:
    status = one_of(entry, resource.get("status"), EVENT_CODES, f"{kind}.status")
    if status in {"entered-in-error", "not-done", "preparation"}:
        raise Unkept(status.replace("-", " "))
    return status or "unknown"


def _time(reading: Reading, value: Any, element: str) -> datetime:
    return reading.moment(value, element) or _unkept("without a time")


def _one(resource: Json, name: str) -> Json | None:
    found = items(resource.get(name))
    return found[0] if found else None


def _unkept(reason: str) -> Any:
    raise Unkept(reason)
