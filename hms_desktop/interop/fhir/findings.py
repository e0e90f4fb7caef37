# SPDX-License-Identifier: Apache-2.0
"""Observation with its components, and DiagnosticReport that gathers observations."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from hms_desktop.interop.fhir import elements, unread
from hms_desktop.interop.fhir.context import Reading, Unkept, identity, origin, part
from hms_desktop.interop.fhir.elements import items, one_of, words
from hms_desktop.interop.fhir.entries import Entry, Json

OBSERVATION_CODES = (
    "registered",
    "preliminary",
    "final",
    "amended",
    "corrected",
    "cancelled",
    "entered-in-error",
    "unknown",
)
REPORT_CODES = (
    "registered",
    "partial",
    "preliminary",
    "final",
    "amended",
    "corrected",
    "appended",
    "cancelled",
    "entered-in-error",
    "unknown",
)
NO_VALUE = {"value": None, "value_text": None, "value_code": None, "unit": None}


def _values(path: str) -> tuple[str, ...]:
    """The value[x] elements that are read, under a path such as "" or "component."."""
    ranges = [f"{path}valueRange.{end}" for end in ("low", "high")]
    ratios = [f"{path}valueRatio.{end}" for end in ("numerator", "denominator")]
    plain = [f"{path}value{kind}" for kind in ("String", "Boolean", "Integer", "Time", "DateTime")]
    return (
        *unread.quantity(f"{path}valueQuantity"),
        *unread.concept(f"{path}valueCodeableConcept"),
        *plain,
        *unread.period(f"{path}valuePeriod"),
        *(one for end in ranges + ratios for one in unread.quantity(end)),
    )


OBSERVATION = unread.kept(
    "status",
    unread.concept("category"),
    unread.concept("code"),
    unread.reference("subject"),
    unread.reference("encounter"),
    "effectiveDateTime",
    "effectiveInstant",
    unread.period("effectivePeriod"),
    "issued",
    unread.reference("performer"),
    _values(""),
    unread.concept("component.code"),
    _values("component."),
)
REPORT = unread.kept(
    "status",
    unread.concept("category"),
    unread.concept("code"),
    unread.reference("subject"),
    unread.reference("encounter"),
    "effectiveDateTime",
    unread.period("effectivePeriod"),
    "issued",
    unread.reference("result"),
    "conclusion",
)


def observation(reading: Reading, entry: Entry, resource: Json) -> None:
    """An Observation that somebody stands for, and each of its components as a row under it."""
    status = one_of(entry, resource.get("status"), OBSERVATION_CODES, "Observation.status")
    if status in {"registered", "preliminary", "cancelled", "entered-in-error", "unknown"}:
        raise Unkept(str(status).replace("-", " "))
    found = reading.coded(resource.get("code"), "Observation.code")
    if found is None:
        raise Unkept("without a code or text")
    performers = [who for one in items(resource.get("performer")) if (who := reading.person(one, entry))]
    reading.left("Observation.performer (further)", len(items(resource.get("performer"))) - 1)
    common = {
        "patient": reading.patient(resource.get("subject"), entry),
        "encounter": reading.link(resource.get("encounter"), entry, "Encounter"),
        "category": _category(reading, resource.get("category"), "Observation"),
        "at": _when(reading, resource),
        "by": performers[0] if performers else None,
        "source": origin(entry),
    }
    _row(reading, entry, resource, common, found, None)
    for number, component in enumerate(items(resource.get("component")), 1):
        named = reading.coded(component.get("code"), "Observation.component.code")
        if named is None:
            reading.left("Observation.component (without a code or text)")
            continue
        _row(reading, entry, component, common, named, number)


def report(reading: Reading, entry: Entry, resource: Json) -> None:
    """A DiagnosticReport with the ids of its observations."""
    status = one_of(entry, resource.get("status"), REPORT_CODES, "DiagnosticReport.status")
    if status in {"registered", "cancelled", "entered-in-error"}:
        raise Unkept(str(status).replace("-", " "))
    found = reading.coded(resource.get("code"), "DiagnosticReport.code")
    if found is None:
        raise Unkept("without a code or text")
    span = resource.get("effectivePeriod") or {}
    at = reading.moment(
        resource.get("effectiveDateTime") or span.get("start") or resource.get("issued"), "DiagnosticReport.effective"
    )
    if at is None:
        raise Unkept("without a time")
    results = [id for one in items(resource.get("result")) if (id := reading.link(one, entry, "Observation"))]
    patient, id = reading.patient(resource.get("subject"), entry), identity(entry)
    reading.add(
        "diagnostic_report",
        id,
        {
            "patient": patient,
            "encounter": reading.link(resource.get("encounter"), entry, "Encounter"),
            "category": _category(reading, resource.get("category"), "DiagnosticReport"),
            "code": found.code,
            "system": found.system,
            "display": found.display,
            "status": status,
            "at": at,
            "results": [str(one) for one in results],
            "source": origin(entry),
            "text": words(resource.get("conclusion")),
        },
    )
    reading.on_timeline("result", patient, at, found.display, id, "diagnostic_report")


def _row(
    reading: Reading, entry: Entry, holder: Json, common: dict[str, Any], named: elements.Coded, number: int | None
) -> None:
    own = identity(entry)
    reading.add(
        "observation",
        own if number is None else part(entry, f"component {number}"),
        {
            **common,
            "parent": None if number is None else own,
            "ordinal": number,
            "code": named.code or named.display,
            "system": named.system if named.code else None,
            "display": named.display,
            **_value(reading, holder),
        },
    )


def _value(reading: Reading, holder: Json) -> dict[str, Any]:
    """The columns of a value[x]: an exact number with its unit, or words, or a code with its words."""
    measure = elements.quantity(holder.get("valueQuantity"))
    if measure is not None:
        return NO_VALUE | {"value": measure.value, "unit": measure.unit, "value_text": measure.words}
    chosen = reading.coded(holder.get("valueCodeableConcept"), "Observation.valueCodeableConcept")
    if chosen is not None:
        return NO_VALUE | {"value_code": chosen.code, "value_text": chosen.display}
    if isinstance(number := holder.get("valueInteger"), int):
        return NO_VALUE | {"value": Decimal(number)}
    return NO_VALUE | {"value_text": _words(holder)}


def _words(holder: Json) -> str | None:
    for name in ("valueString", "valueTime", "valueDateTime"):
        if found := words(holder.get(name)):
            return found
    if isinstance(said := holder.get("valueBoolean"), bool):
        return "true" if said else "false"
    span = holder.get("valuePeriod") or {}
    if span:
        return " / ".join(one for end in ("start", "end") if (one := words(span.get(end))))
    return elements.spread(holder.get("valueRange")) or elements.ratio(holder.get("valueRatio"))


def _category(reading: Reading, value: Any, kind: str) -> str:
    listed = items(value)
    reading.left(f"{kind}.category (further)", len(listed) - 1)
    return next((code for one in listed if (code := elements.code_of(one))), "other")


def _when(reading: Reading, resource: Json) -> datetime:
    span = resource.get("effectivePeriod") or {}
    said = (
        resource.get("effectiveDateTime")
        or resource.get("effectiveInstant")
        or span.get("start")
        or span.get("end")
        or resource.get("issued")
    )
    found = reading.moment(said, "Observation.effective")
    if found is None:
        raise Unkept("without a time")
    return found
