# SPDX-License-Identifier: Apache-2.0
"""AllergyIntolerance: an allergy, or the statement that the patient knows of none."""

from __future__ import annotations

import re
from typing import Any

from hms_desktop.interop.fhir import elements, unread
from hms_desktop.interop.fhir.context import Reading, Unkept, identity, origin
from hms_desktop.interop.fhir.elements import items, one_of
from hms_desktop.interop.fhir.entries import Entry, Json

NONE_KNOWN = {("http://snomed.info/sct", "716186003")}
NEGATED = {("http://snomed.info/sct", code) for code in ("409137002", "428607008", "429625007", "428197003")}
TYPES, CATEGORIES = ("allergy", "intolerance"), ("food", "medication", "environment", "biologic")
CLINICAL, VERIFIED = ("active", "inactive", "resolved"), ("unconfirmed", "confirmed", "refuted", "entered-in-error")
CRITICALITY = ("low", "high", "unable-to-assess")
_TITLE = re.compile(r"(?:allergy to|allergic to)\s+(.+)|(.+?)\s+allergy(?: \(disorder\))?", re.IGNORECASE)
_DENIED = re.compile(r"(?:no (?:known|history of)|denies|nil known)\b.*\ballerg|nka$|nkda$|none known$", re.IGNORECASE)

ALLERGY = unread.kept(
    unread.concept("clinicalStatus"),
    unread.concept("verificationStatus"),
    "type",
    "category",
    "criticality",
    unread.concept("code"),
    unread.reference("patient"),
    "recordedDate",
    unread.reference("recorder"),
    unread.concept("reaction.manifestation"),
    unread.concept("reaction.substance"),
    "reaction.severity",
    "reaction.description",
)


def allergy(reading: Reading, entry: Entry, resource: Json) -> None:
    """An allergy with its substance, or a "no known allergies" statement."""
    found = reading.coded(resource.get("code"), "AllergyIntolerance.code") or _reaction_substance(resource)
    if found is None:
        raise Unkept("without a substance")
    patient = reading.patient(resource.get("patient"), entry)
    at = reading.moment(resource.get("recordedDate"), "AllergyIntolerance.recordedDate")
    verified = _code(entry, resource, "verificationStatus", VERIFIED)
    said = _codes(resource) | {(found.system, found.code)}
    if said & NEGATED:
        raise Unkept("says only that one kind of allergy is not known")
    if said & NONE_KNOWN:
        if at is None or verified in {"refuted", "entered-in-error"}:
            raise Unkept("no known allergies, without a time or withdrawn")
        reading.add(
            "no_known_allergy",
            identity(entry),
            {
                "patient": patient,
                "at": at,
                "by": reading.person(resource.get("recorder"), entry),
                "source": origin(entry),
            },
        )
        return
    if _DENIED.match(found.display):
        raise Unkept("says in words only that no allergy is known")
    categories = resource.get("category") or []
    reading.left("AllergyIntolerance.category (further)", len(categories) - 1)
    reading.add(
        "allergy",
        identity(entry),
        {
            "patient": patient,
            "substance": substance(found.display),
            "code": found.code,
            "system": found.system,
            "type": one_of(entry, resource.get("type"), TYPES, "AllergyIntolerance.type"),
            "category": one_of(entry, categories[0] if categories else None, CATEGORIES, "AllergyIntolerance.category"),
            "criticality": one_of(entry, resource.get("criticality"), CRITICALITY, "AllergyIntolerance.criticality"),
            "reaction": _reactions(resource),
            "reason": None,
            "verified_at": None,
            "verified_by": None,
            "clinical_status": _code(entry, resource, "clinicalStatus", CLINICAL) or "active",
            "verification_status": verified or "unconfirmed",
            "recorded_at": at,
            "source": origin(entry),
            "recorded_by": reading.person(resource.get("recorder"), entry),
        },
    )


def _codes(resource: Json) -> set[tuple[Any, Any]]:
    """Every code, whichever is shown: "none known" beside another code must never be read as a substance."""
    codings = items((resource.get("code") or {}).get("coding"))
    return {(one.get("system"), one.get("code")) for one in codings}


def substance(title: str) -> str:
    """The substance in a title such as "Allergy to mould" or "Shellfish allergy"; other words stay as they are."""
    found = _TITLE.fullmatch(title.strip())
    if found is None:
        return title
    said = (found.group(1) or found.group(2)).strip()
    return said[:1].upper() + said[1:]


def _reaction_substance(resource: Json) -> elements.Coded | None:
    named = (elements.concept(one.get("substance")) for one in items(resource.get("reaction")))
    return next((found for found in named if found), None)


def _reactions(resource: Json) -> str | None:
    said = []
    for one in items(resource.get("reaction")):
        what = elements.concepts(one.get("manifestation")) or elements.words(one.get("description"))
        severity = elements.words(one.get("severity"))
        said.append(f"{what} ({severity})" if what and severity else what or severity)
    return "; ".join(one for one in said if one) or None


def _code(entry: Entry, resource: Json, name: str, allowed: tuple[str, ...]) -> str | None:
    return one_of(entry, elements.code_of(resource.get(name)), allowed, f"AllergyIntolerance.{name}")
