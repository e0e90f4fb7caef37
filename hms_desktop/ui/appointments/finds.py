# SPDX-License-Identifier: Apache-2.0
"""What the pickers of the front desk find: patients (an audited search) and clinicians with their services."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject

from hms_desktop.clinic.patients import queries as patients
from hms_desktop.clinic.patients.queries import PatientName
from hms_desktop.clinic.patients.queries_search import Found
from hms_desktop.clinic.patients.service import find_patients
from hms_desktop.clinic.staff import queries as staff
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.choice_field import Finds, Option

LISTED = 12


def finds_patients(desk: Desk, owner: QObject) -> Finds:
    """A search of the register; each settled search is written to the access log."""

    def find(typed: str, found: Callable[[Sequence[Option]], object]) -> None:
        def show(result: Found) -> None:
            found([patient_option(hit.name) for hit in result.hits])

        if len(typed.strip()) < 2:
            found([])
        else:
            act = partial(find_patients, text=typed, limit=LISTED)
            desk.tasks.run(act, show, desk.show_error, owner=owner)

    return find


def patient_option(name: PatientName) -> Option:
    """A patient as a picker lists them: name, birth date and age, record number."""
    return Option(str(name.patient), name.listed, ", ".join(p for p in (name.birth, name.age, name.mrn) if p))


def patient_name(reader: Any, patient: UUID) -> PatientName | None:
    """The name of one patient, or None when their chart is not here."""
    return patients.names(reader, [patient]).get(patient)


def with_whom(reader: Any) -> list[Option]:
    """Clinicians, then services that somebody offers; the key is `clinician:<id>` or `service:<name>`."""
    people = [c for c in staff.clinicians(reader) if staff.sessions_of(reader, c.id)]
    sessions = {c.id: staff.sessions_of(reader, c.id) for c in people}
    services = sorted({s.service for found in sessions.values() for s in found})
    options = [
        Option(f"clinician:{c.id}", c.name, ", ".join(sorted({s.service for s in sessions[c.id]}))) for c in people
    ]
    return [*options, *(Option(f"service:{s}", s, _("whoever is free first")) for s in services)]


def wanted(key: str | None) -> dict[str, Any]:
    """A picked key as the arguments of a slot search."""
    kind, _colon, value = (key or "").partition(":")
    return {
        "practitioner": UUID(value) if kind == "clinician" else None,
        "service": value if kind == "service" else None,
    }
