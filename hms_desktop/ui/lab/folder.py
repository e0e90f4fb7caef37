# SPDX-License-Identifier: Apache-2.0
"""What the laboratory brings to the window: the bench, its place on the rail, collecting from anywhere."""

from __future__ import annotations

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Folder, PatientAct, RailEntry
from hms_desktop.ui.lab.bench_facts import count_critical
from hms_desktop.ui.lab.bench_screen import BenchPage
from hms_desktop.ui.lab.calls_screen import CallsPage
from hms_desktop.ui.lab.refill import refill_correction, refill_results
from hms_desktop.ui.routes import CriticalCalls, LabWorklist

COUNTED = frozenset({"lab_result", "lab_result_void", "critical_call"})


def folder() -> Folder:
    """The bench; the number on the rail counts critical values that nobody has read back."""
    return Folder(
        screens={LabWorklist: BenchPage, CriticalCalls: CallsPage},
        rail=(
            RailEntry(
                _("Lab"), "flask", LabWorklist(), 40, frozenset({"lab.read"}), "L", count_critical, COUNTED,
            ),
        ),
        patient_acts=(
            PatientAct(_("Collect specimens"), "test-tube", lambda p: LabWorklist(item=p), "specimen.collect"),
        ),
        refills=(refill_results, refill_correction),
    )  # fmt: skip
