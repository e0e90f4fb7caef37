# SPDX-License-Identifier: Apache-2.0
"""Ways to reach a patient: telephones, mail, addresses and next of kin (Patient.telecom, .address, .contact)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hms_desktop.clinic.patients.phones import keep_phone, phone_key
from hms_desktop.core.text import _
from hms_desktop.interop.fhir import elements, unread
from hms_desktop.interop.fhir.context import Reading, part
from hms_desktop.interop.fhir.elements import items, words
from hms_desktop.interop.fhir.entries import Entry, Json

KINDS = {"phone": "phone", "sms": "phone", "email": "email"}
READ = unread.kept(
    "telecom.system",
    "telecom.value",
    "telecom.use",
    "telecom.rank",
    "address.use",
    "address.line",
    "address.city",
    "address.district",
    "address.state",
    "address.postalCode",
    "address.country",
    "address.text",
    "contact.name.text",
    "contact.name.family",
    "contact.name.given",
    "contact.telecom.system",
    "contact.telecom.value",
    unread.concept("contact.relationship"),
)
EMPTY: dict[str, Any] = dict.fromkeys(
    ("name", "line", "city", "district", "postcode", "country", "phone_key", "confirmed", "use")
)


def add(reading: Reading, entry: Entry, patient: UUID, resource: Json) -> None:
    """All contacts of a Patient resource; what is no telephone, mail, address or person is counted."""
    for number, telecom in enumerate(items(resource.get("telecom")), 1):
        _telecom(reading, entry, patient, number, telecom)
    for number, address in enumerate(items(resource.get("address")), 1):
        _address(reading, entry, patient, number, address)
    for number, contact in enumerate(items(resource.get("contact")), 1):
        _kin(reading, entry, patient, number, contact)


def _telecom(reading: Reading, entry: Entry, patient: UUID, number: int, telecom: Json) -> None:
    kind, value = KINDS.get(telecom.get("system", "")), words(telecom.get("value"))
    if kind is None or value is None:
        reading.left(f"Patient.telecom ({telecom.get('system') or 'without a system'})")
        return
    kept = keep_phone(value, reading.region) if kind == "phone" else value
    rank = telecom.get("rank")
    _contact(
        reading,
        entry,
        f"{kind}|{value}",
        {
            "patient": patient,
            "kind": kind,
            "value": kept,
            "rank": rank if isinstance(rank, int) else number,
            "use": words(telecom.get("use")),
            "phone_key": phone_key(kept) if kind == "phone" else None,
            "active": telecom.get("use") != "old",
        },
    )


def _address(reading: Reading, entry: Entry, patient: UUID, number: int, address: Json) -> None:
    lines = [found for one in address.get("line") or () if (found := words(one))]
    district = ", ".join(found for key in ("district", "state") if (found := words(address.get(key))))
    parts = {
        "line": ", ".join(lines) or None,
        "city": words(address.get("city")),
        "district": district or None,
        "postcode": words(address.get("postalCode")),
        "country": words(address.get("country")),
    }
    whole = words(address.get("text")) or ", ".join(one for one in parts.values() if one)
    if not whole:
        reading.left("Patient.address (empty)")
        return
    _contact(
        reading,
        entry,
        f"address|{whole}",
        {
            "patient": patient,
            "kind": "address",
            "value": whole,
            "rank": number,
            "use": words(address.get("use")),
            "active": address.get("use") != "old",
            **parts,
        },
    )


def _kin(reading: Reading, entry: Entry, patient: UUID, number: int, contact: Json) -> None:
    name = contact.get("name") or {}
    given = " ".join(one for one in name.get("given") or () if isinstance(one, str))
    said = words(name.get("text")) or " ".join(one for one in (given, words(name.get("family")) or "") if one)
    phones = [one["value"] for one in items(contact.get("telecom")) if one.get("value")]
    reading.left("Patient.contact.telecom (further)", len(phones) - 1)
    if not said and not phones:
        reading.left("Patient.contact (empty)")
        return
    kept = keep_phone(phones[0], reading.region) if phones else _("no telephone recorded")
    _contact(
        reading,
        entry,
        f"kin|{number}|{said}",
        {
            "patient": patient,
            "kind": "next_of_kin",
            "value": kept,
            "rank": number,
            "name": said or None,
            "use": elements.concepts(contact.get("relationship")),
            "phone_key": phone_key(kept) if phones else None,
            "active": True,
        },
    )


def _contact(reading: Reading, entry: Entry, name: str, values: dict[str, Any]) -> None:
    reading.add("patient_contact", part(entry, f"contact|{name}"), EMPTY | values)
