# SPDX-License-Identifier: Apache-2.0
"""A picker's search for patients: audited, on this device, with what tells two people of one name apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QObject

from hms_desktop.clinic.patients import queries_people
from hms_desktop.clinic.patients.queries_people import PatientName
from hms_desktop.clinic.patients.queries_search import Found
from hms_desktop.clinic.patients.service import find_patients
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.choice_field import Finds, Option
from hms_desktop.ui.widgets.patient_amended import birth_day, list_name

LISTED = 12
FEWEST = 2


def finds_patients(desk: Desk, owner: QObject) -> Finds:
    """A search of the register; each one is written to the access log before its results are listed."""

    def find(typed: str, found: Callable[[Sequence[Option]], object]) -> None:
        def show(result: Found) -> None:
            found([patient_option(hit.name) for hit in result.hits])

        if len(typed.strip()) < FEWEST:
            found([])
        else:
            act = partial(find_patients, text=typed, limit=LISTED)
            desk.tasks.run(act, show, desk.show_error, owner=owner)

    return find


def patient_option(name: PatientName) -> Option:
    """A patient as a picker lists them: name, birth date and age, record number, each corrected one with its mark."""
    about = (birth_day(name), name.age, name.mrn)
    return Option(str(name.patient), list_name(name), ", ".join(p for p in about if p))


def patient_name(reader: Any, patient: UUID) -> PatientName | None:
    """The name of one patient, or None when their chart is not here."""
    return queries_people.names(reader, [patient]).get(patient)
