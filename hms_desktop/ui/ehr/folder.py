# SPDX-License-Identifier: Apache-2.0
"""What the clinical rooms bring to the window: their screens, their place on the rail, acts on a patient."""

from __future__ import annotations

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Folder, PatientAct, RailEntry
from hms_desktop.ui.ehr.chart_screen import ChartPage
from hms_desktop.ui.ehr.emergency_screen import EmergencyPage
from hms_desktop.ui.ehr.my_day_screen import MyDayPage, waiting_count
from hms_desktop.ui.ehr.refill import refill_note, refill_vitals
from hms_desktop.ui.ehr.refill_asked import refill_allergy, refill_order, refill_prescription, refill_problem
from hms_desktop.ui.ehr.refill_mended import refill_addendum, refill_dose, refill_mark, refill_problem_state
from hms_desktop.ui.ehr.refill_stopped import refill_signature, refill_stopped
from hms_desktop.ui.ehr.vitals_screen import VitalsPage
from hms_desktop.ui.ehr.ward_screen import WardPage
from hms_desktop.ui.routes import EmergencyReading, MyDay, PatientChart, Vitals, Ward

_BADGE = frozenset({"result_release", "result_recipient", "result_acknowledgement", "note_signature"})


def folder() -> Folder:
    """The day, the chart, the vitals and the ward."""
    return Folder(
        screens={
            EmergencyReading: EmergencyPage, MyDay: MyDayPage, PatientChart: ChartPage, Vitals: VitalsPage,
            Ward: WardPage,
        },
        rail=(
            RailEntry(_("Emergency"), "first-aid-kit", EmergencyReading(), 1, frozenset({"emergency.read"}), "E"),
            RailEntry(_("Clinical"), "stethoscope", MyDay(), 30, frozenset({"note.sign"}), "C", waiting_count, _BADGE),
            RailEntry(_("Vitals"), "heartbeat", Vitals(), 32, frozenset({"vitals.record"}), "V"),
            RailEntry(_("Ward"), "bed", Ward(), 34, frozenset({"stay.manage"}), "W"),
        ),
        patient_acts=(
            PatientAct(_("Open chart"), "stethoscope", lambda p: PatientChart(p), "chart.read"),
            PatientAct(_("Record vital signs"), "heartbeat", lambda p: Vitals(p), "vitals.record"),
            PatientAct(_("Admit to a bed"), "bed", lambda p: Ward(p), "stay.manage"),
        ),
        refills=(
            refill_note, refill_vitals, refill_order, refill_prescription, refill_allergy, refill_problem,
            refill_stopped, refill_dose, refill_problem_state, refill_mark, refill_addendum, refill_signature,
        ),
    )  # fmt: skip
