# SPDX-License-Identifier: Apache-2.0
"""Patient, and the staff and places around: Practitioner, PractitionerRole, Organization, Location."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hms_desktop.clinic.patients.names import name_keys
from hms_desktop.core.text import _
from hms_desktop.interop.fhir import contacts, elements, unread
from hms_desktop.interop.fhir.context import Reading, Unkept, identity, origin, part
from hms_desktop.interop.fhir.elements import items, one_of, words
from hms_desktop.interop.fhir.entries import Entry, Json
from hms_desktop.interop.fhir.identities import key_of

SEXES = ("male", "female", "other", "unknown")
NAME_ORDER = ("official", "usual", None, "temp", "maiden", "old", "nickname", "anonymous")

PATIENT = unread.kept(
    "active",
    "gender",
    "birthDate",
    "deceasedBoolean",
    "deceasedDateTime",
    "name.use",
    "name.text",
    "name.family",
    "name.given",
    "name.prefix",
    "identifier.use",
    "identifier.system",
    "identifier.value",
    unread.period("identifier.period"),
    unread.concept("identifier.type"),
    contacts.READ,
    unread.concept("communication.language"),
    "communication.preferred",
)
PRACTITIONER = unread.kept(
    "active",
    "name.use",
    "name.text",
    "name.family",
    "name.given",
    "name.prefix",
    "identifier.system",
    "identifier.value",
    unread.concept("qualification.code"),
)
ROLE = unread.kept("active", unread.reference("practitioner"), unread.concept("code"), unread.concept("specialty"))
ORGANIZATION = unread.kept(
    "name",
    "telecom.system",
    "telecom.value",
    "address.city",
    unread.concept("type"),
    "identifier.system",
    "identifier.value",
)
LOCATION = unread.kept("name", "status", unread.concept("physicalType"), "identifier.system", "identifier.value")


def patient(reading: Reading, entry: Entry, resource: Json) -> None:
    """A Patient as chart, identifiers, contacts and, when only the fact of death is known, a flag."""
    id = identity(entry)
    chosen = _chosen_name(reading, entry, resource)
    gender = one_of(entry, resource.get("gender"), SEXES, "Patient.gender")
    values = _name_values(resource, chosen) | {
        "born": reading.day(resource.get("birthDate"), "Patient.birthDate"),
        "born_estimated": False,
        "sex": gender or "unknown",
        "deceased_on": reading.day(resource.get("deceasedDateTime"), "Patient.deceasedDateTime"),
        "language": _language(reading, resource),
        "interpreter": None,
        "temporary": False,
        "source": origin(entry),
        "active": resource.get("active") is not False,
    }
    reading.add("patient", id, values, numbered={"mrn": "MRN"}, agrees=("family_key", "born"))
    for one in items(resource.get("identifier")):
        _identifier(reading, entry, id, one)
    contacts.add(reading, entry, id, resource)
    if resource.get("deceasedBoolean") is True or (resource.get("deceasedDateTime") and not values["deceased_on"]):
        reading.add(
            "patient_flag",
            part(entry, "deceased"),
            {"patient": id, "kind": "note", "active": True, "text": _("Died, the date is not recorded")},
        )


def practitioner(reading: Reading, entry: Entry, resource: Json) -> None:
    """A Practitioner with the best of their names; the speciality from the first qualification."""
    chosen = _chosen_name(reading, entry, resource)
    family, given = _parts(chosen)
    licence = next((one["value"] for one in items(resource.get("identifier")) if one.get("value")), None)
    reading.left("Practitioner.identifier (further)", len(items(resource.get("identifier"))) - 1)
    qualified = reading.first(resource.get("qualification"), "Practitioner.qualification")
    speciality = elements.concept(qualified.get("code"))
    reading.add(
        "practitioner",
        identity(entry),
        {
            "family": family or given or _("Name not recorded"),
            "given": given if family else None,
            "prefix": _joined(chosen.get("prefix")),
            "account": None,
            "speciality": speciality.display if speciality else None,
            "licence": licence,
            "active": resource.get("active") is not False,
            "source": origin(entry),
        },
    )


def role(reading: Reading, entry: Entry, resource: Json) -> None:
    """A PractitionerRole: what a practitioner does and for which service."""
    who = reading.owner("practitioner", "Practitioner", resource.get("practitioner"), entry)
    reading.directory.facts[entry.kind, key_of(entry)] = who
    done = elements.concepts(resource.get("code")) or elements.concepts(resource.get("specialty"))
    if done is None:
        raise Unkept("a role without a name")
    reading.add(
        "practitioner_role",
        identity(entry),
        {
            "practitioner": who,
            "role": done,
            "service": elements.concepts(resource.get("specialty")),
            "place": None,
            "active": resource.get("active") is not False,
        },
    )


def organization(reading: Reading, entry: Entry, resource: Json) -> None:
    """An Organization by its name."""
    name = words(resource.get("name"))
    if name is None:
        raise Unkept("without a name")
    kind = elements.concept(reading.first(resource.get("type"), "Organization.type"))
    address = reading.first(resource.get("address"), "Organization.address")
    reading.add(
        "organization",
        identity(entry),
        {
            "name": name,
            "kind": kind.display if kind else None,
            "city": words(address.get("city")),
            "phone": next(
                (
                    one["value"]
                    for one in items(resource.get("telecom"))
                    if one.get("system") == "phone" and one.get("value")
                ),
                None,
            ),
            "source": origin(entry),
        },
    )
    reading.directory.facts[entry.kind, key_of(entry)] = name


def location(reading: Reading, entry: Entry, resource: Json) -> None:
    """A Location as a place; a room where FHIR calls it one, else a clinic."""
    name = words(resource.get("name"))
    if name is None:
        raise Unkept("without a name")
    kind = "room" if elements.code_of(resource.get("physicalType")) in {"ro", "bd", "area"} else "clinic"
    reading.add("place", identity(entry), {"name": name, "kind": kind, "active": resource.get("status") != "inactive"})


def _chosen_name(reading: Reading, entry: Entry, resource: Json) -> Json:
    """The best name: one that is in use before one whose time is over, then by its use."""

    def rank(name: Json) -> tuple[bool, int]:
        use = one_of(entry, name.get("use"), (one for one in NAME_ORDER if one), f"{entry.kind}.name.use")
        return bool((name.get("period") or {}).get("end")), NAME_ORDER.index(use)

    names = sorted(items(resource.get("name")), key=rank)
    reading.left(f"{entry.kind}.name (further)", len([one for one in names if one.get("use") != "nickname"]) - 1)
    return names[0] if names else {}


def _name_values(resource: Json, chosen: Json) -> dict[str, Any]:
    family, given = _parts(chosen)
    nickname = next((one for one in items(resource.get("name")) if one.get("use") == "nickname"), {})
    return {
        "family": family,
        "given": given,
        "prefix": _joined(chosen.get("prefix")),
        "preferred": _joined(nickname.get("given")) or words(nickname.get("text")),
        "local_script": None,
        "name_known": bool(family or given),
        **name_keys(family, given),
    }


def _parts(name: Json) -> tuple[str | None, str | None]:
    """Family and given names; a name that is only one text stays whole, as family name."""
    family, given = words(name.get("family")), _joined(name.get("given"))
    return (family, given) if family or given else (words(name.get("text")), None)


def _joined(value: Any) -> str | None:
    return " ".join(found for one in value if (found := words(one))) or None if isinstance(value, list) else None


def _language(reading: Reading, resource: Json) -> str | None:
    spoken = items(resource.get("communication"))
    reading.left("Patient.communication (further)", len(spoken) - 1)
    chosen = next((one for one in spoken if one.get("preferred") is True), spoken[0] if spoken else {})
    found = elements.concept(chosen.get("language"))
    return (found.code or found.display) if found else None


def _identifier(reading: Reading, entry: Entry, patient: UUID, one: Json) -> None:
    value = words(one.get("value"))
    if value is None:
        reading.left("Patient.identifier (without a value)")
        return
    kind = elements.code_of(one.get("type"))
    system = words(one.get("system")) or (f"type:{kind}" if kind else "unnamed")
    use = one_of(entry, one.get("use"), ("usual", "official", "temp", "secondary", "old"), "Patient.identifier.use")
    span = one.get("period") or {}
    reading.add(
        "patient_identifier",
        part(entry, f"identifier|{system}|{value}"),
        {
            "patient": patient,
            "system": system,
            "value": value,
            "use": use,
            "period_from": elements.partial(span.get("start")),
            "period_to": elements.partial(span.get("end")),
            "active": use != "old",
        },
    )
