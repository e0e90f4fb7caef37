# SPDX-License-Identifier: Apache-2.0
"""Identifiers and contacts of a patient: added, changed and ended, never deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from hms_desktop.clinic.patients.events import PatientDetailsChanged
from hms_desktop.clinic.patients.identifiers import check_identifier, system_name
from hms_desktop.clinic.patients.model import Patient, PatientAmendment, PatientContact, PatientIdentifier
from hms_desktop.clinic.patients.phones import parse_phone, phone_key
from hms_desktop.clinic.patients.queries_people import home_region, one_person
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


def amend(unit: Unit, patient: UUID, what: str, before: dict[str, Any], reason: str) -> None:
    """Note why something that was recorded is written anew, and what it said; BadInput without a reason."""
    if not reason.strip():
        raise BadInput(_("Say why it is changed: the old value stays in the history with it."), "reason")
    unit.add(PatientAmendment, patient=patient, what=what, before=before, reason=reason.strip(), by=unit.person.id)


def keep_identifier(unit: Unit, patient: UUID, system: str, value: str, **period: Any) -> UUID:
    """Write an identifier of a patient; Refused names the other person who has it in this system."""
    kept = check_identifier(system, value)
    owner = identifier_owner(unit, system, kept)
    if owner is not None and owner not in one_person(unit, patient).charts:
        other = unit.get(Patient, owner)
        message = _("{system} {value} already belongs to {mrn}. Compare the two charts, or correct the number.")
        raise Refused(message.format(system=system_name(system), value=kept, mrn=other.mrn))
    return unit.add(PatientIdentifier, patient=patient, system=system, value=kept, active=True, **period)


def identifier_owner(unit: Unit, system: str, value: str) -> UUID | None:
    """The person who has this number in this system, if any."""
    question = select(PatientIdentifier.patient).where(
        PatientIdentifier.system == system, PatientIdentifier.value == value, PatientIdentifier.active
    )
    found = unit.scalar(question)
    return one_person(unit, found).survivor if found else None


def keep_contacts(unit: Unit, patient: UUID, written: Registration) -> None:
    """Write the contacts that a registration holds."""
    if written.phone:
        _add_contact(unit, patient, "phone", written.phone, "mobile")
    if written.email:
        _add_contact(unit, patient, "email", written.email, "home")
    if written.line or written.city:
        whole = ", ".join(p for p in (written.line, written.city) if p)
        _add_contact(unit, patient, "address", whole, "home", line=written.line, city=written.city)
    if written.guardian:
        _add_contact(unit, patient, "next_of_kin", written.guardian, "guardian", name=written.guardian)


def _add_contact(unit: Unit, patient: UUID, kind: str, value: str, use: str | None, **more: Any) -> UUID:
    count = (
        select(func.count())
        .select_from(PatientContact)
        .where(PatientContact.patient == patient, PatientContact.kind == kind, PatientContact.active)
    )
    values = _contact_values(unit, kind, value)
    return unit.add(
        PatientContact, patient=patient, kind=kind, use=use, rank=unit.scalar(count) + 1, active=True, **values, **more
    )


def _contact_values(unit: Unit, kind: str, value: str) -> dict[str, Any]:
    if not value.strip():
        raise BadInput(_("Type the telephone, e-mail, address or name."), "value")
    if kind == "phone":
        kept = parse_phone(value, home_region(unit))
        return {"value": kept, "phone_key": phone_key(kept)}
    if kind == "email" and "@" not in value:
        raise BadInput(_("“{email}” is not an e-mail address.").format(email=value[:60]), "value")
    return {"value": value.strip(), "phone_key": None}


@action("patients.add_identifier", needs="patient.update")
def add_identifier(
    unit: Unit, *, patient: UUID, system: str, value: str, period_from: str | None = None, period_to: str | None = None
) -> UUID:
    """Add a number in a system; it must be well formed and nobody else's in that system."""
    made = keep_identifier(unit, patient, system, value, period_from=period_from, period_to=period_to)
    unit.announce(PatientDetailsChanged(patient, unit.now, ("identifier",)))
    return made


@action("patients.end_identifier", needs="patient.update")
def end_identifier(unit: Unit, *, identifier: UUID, reason: str) -> None:
    """End an identifier, with a reason: it stays in the history and the number is free for its right owner."""
    row = unit.get(PatientIdentifier, identifier)
    amend(unit, row.patient, "identifier", {"system": row.system, "value": row.value}, reason)
    unit.change(PatientIdentifier, identifier, active=False)
    unit.announce(PatientDetailsChanged(row.patient, unit.now, ("identifier",)))


@action("patients.add_contact", needs="patient.update")
def add_contact(
    unit: Unit, *, patient: UUID, kind: str, value: str, use: str | None = None, name: str | None = None
) -> UUID:
    """Add a telephone, e-mail, address or next of kin."""
    made = _add_contact(unit, patient, kind, value, use, name=name)
    unit.announce(PatientDetailsChanged(patient, unit.now, ("contact",)))
    return made


@action("patients.change_contact", needs="patient.update")
def change_contact(unit: Unit, *, contact: UUID, value: str, reason: str, use: str | None = None) -> None:
    """Correct a contact, with the reason; it counts as confirmed now."""
    row = unit.get(PatientContact, contact)
    values = _contact_values(unit, row.kind, value)
    if values["value"] != row.value:
        amend(unit, row.patient, "contact", {"id": str(contact), "kind": row.kind, "value": row.value}, reason)
    unit.change(PatientContact, contact, **values, use=use or row.use, confirmed=unit.now)
    unit.announce(PatientDetailsChanged(row.patient, unit.now, ("contact",)))


@action("patients.confirm_contact", needs="patient.update")
def confirm_contact(unit: Unit, *, contact: UUID) -> None:
    """Note that the patient confirmed a contact just now."""
    unit.change(PatientContact, contact, confirmed=unit.now)


@action("patients.end_contact", needs="patient.update")
def end_contact(unit: Unit, *, contact: UUID, reason: str) -> None:
    """End a contact that no longer reaches the patient, with the reason; it stays in the history."""
    row = unit.get(PatientContact, contact)
    amend(unit, row.patient, "contact", {"id": str(contact), "kind": row.kind, "value": row.value}, reason)
    unit.change(PatientContact, contact, active=False)
    unit.announce(PatientDetailsChanged(row.patient, unit.now, ("contact",)))
