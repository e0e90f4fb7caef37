# SPDX-License-Identifier: Apache-2.0
"""The words for the parts and columns of the directory, as its history names them."""

from __future__ import annotations

from hms_desktop.core.text import _


def part_word(table: str) -> str:
    """The word for a part of the directory."""
    return {
        "practitioner": _("Person"),
        "practitioner_role": _("Role"),
        "session_template": _("Weekly hours"),
    }.get(table, table)


def field_word(column: str) -> str:
    """The word for a column of the directory."""
    return {
        "active": _("Works here"),
        "capacity": _("Patients a slot"),
        "ends": _("To"),
        "family": _("Family name"),
        "given": _("Given names"),
        "licence": _("Licence number"),
        "prefix": _("Title"),
        "price_code": _("Price code"),
        "role": _("Role"),
        "service": _("Service"),
        "slot_minutes": _("Minutes a slot"),
        "source": _("Imported from"),
        "speciality": _("Speciality"),
        "starts": _("From"),
        "valid_from": _("First day"),
        "valid_to": _("Last day"),
        "weekday": _("Day"),
    }.get(column, column)
