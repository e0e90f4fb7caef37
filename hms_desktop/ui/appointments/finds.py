# SPDX-License-Identifier: Apache-2.0
"""What the picker “With” of the front desk finds: clinicians with their services, and services by themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hms_desktop.clinic.staff import queries as staff
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.choice_field import Option


def with_whom(reader: Any) -> list[Option]:
    """Clinicians, then services that somebody offers; the key is `clinician:<id>` or `service:<name>`."""
    offers = {c: [s.service for s in staff.sessions_of(reader, c.id)] for c in staff.clinicians(reader)}
    services = sorted({service for offered in offers.values() for service in offered})
    people = [Option(f"clinician:{c.id}", c.name, ", ".join(sorted(set(o)))) for c, o in offers.items() if o]
    return [*people, *(Option(f"service:{s}", s, _("whoever is free first")) for s in services)]


def wanted(key: str | None) -> dict[str, Any]:
    """A picked key as the arguments of a slot search."""
    kind, _colon, value = (key or "").partition(":")
    return {
        "practitioner": UUID(value) if kind == "clinician" else None,
        "service": value if kind == "service" else None,
    }
