# SPDX-License-Identifier: Apache-2.0
"""What the register brings to the window: its screens, its place on the rail, acts on a patient."""

from __future__ import annotations

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Folder, PatientAct, RailEntry
from hms_desktop.ui.patients.record_screen import RecordScreen
from hms_desktop.ui.patients.refill import refill_registration
from hms_desktop.ui.patients.register_screen import RegisterPage
from hms_desktop.ui.patients.search_screen import SearchPage
from hms_desktop.ui.routes import PatientRecord, PatientSearch, RegisterPatient


def folder() -> Folder:
    """Search, registration, record."""
    return Folder(
        screens={PatientSearch: SearchPage, RegisterPatient: RegisterPage, PatientRecord: RecordScreen},
        rail=(RailEntry(_("Patients"), "users", PatientSearch(), 10, frozenset({"patient.read"}), "P"),),
        patient_acts=(PatientAct(_("Open record"), "identification-card", lambda p: PatientRecord(p), "patient.read"),),
        refills=(refill_registration,),
    )
