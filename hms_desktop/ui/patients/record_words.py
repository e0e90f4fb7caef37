# SPDX-License-Identifier: Apache-2.0
"""The words for fields, uses and steps on the patient's record."""

from __future__ import annotations

from hms_desktop.core.text import _


def contact_word(kind: str) -> str:
    """The word for a kind of contact."""
    return {
        "phone": _("Telephone"),
        "email": _("E-mail"),
        "address": _("Address"),
        "next_of_kin": _("Next of kin"),
    }.get(kind, kind)


def use_word(use: str | None) -> str:
    """The word for the use of a contact."""
    known = {"mobile": _("mobile"), "home": _("home"), "work": _("work"), "guardian": _("guardian"), "old": _("old")}
    return known.get(use or "", use or "")


def part_word(table: str) -> str:
    """The word for a part of the record."""
    return {
        "patient": _("Person"),
        "patient_identifier": _("Identifier"),
        "patient_contact": _("Contact"),
        "coverage": _("Cover"),
        "patient_flag": _("Flag"),
    }.get(table, table)


def field_word(column: str) -> str:
    """The word for a column of the register."""
    return {
        "family": _("Family name"),
        "given": _("Given names"),
        "prefix": _("Title"),
        "preferred": _("Preferred name"),
        "local_script": _("Name in local script"),
        "name_known": _("Name known"),
        "born": _("Birth date"),
        "born_estimated": _("Birth date estimated"),
        "sex": _("Sex"),
        "deceased_on": _("Died on"),
        "language": _("Language"),
        "interpreter": _("Interpreter"),
        "mrn": _("Record number"),
        "temporary": _("Temporary record"),
        "active": _("In use"),
        "system": _("System"),
        "value": _("Number or address"),
        "use": _("Use"),
        "rank": _("Order"),
        "kind": _("Kind"),
        "city": _("City"),
        "line": _("Address"),
        "confirmed": _("Confirmed"),
        "name": _("Name"),
        "patient": _("Chart"),
        "period_from": _("From"),
        "period_to": _("To"),
        "source": _("Imported from"),
        "text": _("Words on the flag"),
        "payer": _("Scheme"),
        "plan": _("Plan"),
        "member_id": _("Member number"),
        "order": _("Pays as number"),
        "valid_from": _("From"),
        "valid_to": _("To"),
        "patient_share_percent": _("Patient's share in percent"),
        "copay": _("Co-pay"),
        "deductible": _("Deductible"),
        "deductible_period": _("Deductible counts for"),
        "cap": _("Pays at most"),
        "cap_period": _("Limit counts for"),
        "excluded": _("Not covered"),
        "package": _("Paid whole"),
    }.get(column, column)


def task_state(status: str) -> str:
    """The word for a state of a task."""
    return {
        "requested": _("To do"),
        "in-progress": _("Being done"),
        "completed": _("Done"),
        "cancelled": _("Not needed"),
    }.get(status, status)


def role_word(role: str) -> str:
    """A role's name as people read it."""
    return role.replace("_", " ").capitalize()


def interaction_word(kind: str) -> str:
    """The word for a kind of contact with the patient."""
    return {
        "phone": _("Telephone"),
        "walk_in": _("At the desk"),
        "email": _("E-mail"),
        "letter": _("Letter"),
        "complaint": _("Complaint"),
    }.get(kind, kind)
