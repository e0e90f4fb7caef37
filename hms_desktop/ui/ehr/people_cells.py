# SPDX-License-Identifier: Apache-2.0
"""How lists of care name a patient: the name with what is asked for below, marked where it was corrected."""

from __future__ import annotations

from hms_desktop.clinic.patients.queries_people import PatientName
from hms_desktop.ui.widgets.patient_amended import corrected
from hms_desktop.ui.widgets.table_cells import Cell


def patient_cell(name: PatientName) -> Cell:
    """Name over record number and age, which follows from the birth date."""
    return Cell(name.listed, sub=f"{name.mrn}, {name.age}", strong=True, amended=corrected(name))


def named_cell(name: PatientName | None, about: str) -> Cell:
    """Name over other words; empty when the chart is not on this device."""
    return Cell(name.listed if name else "", sub=about, strong=True, amended=corrected(name, "name"))
