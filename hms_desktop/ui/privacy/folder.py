# SPDX-License-Identifier: Apache-2.0
"""What privacy brings to the window: its place on the rail, with how many accesses wait for review."""

from __future__ import annotations

from hms_desktop.clinic.patients.queries_restricted import waiting_reviews
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Folder, PatientAct, RailEntry
from hms_desktop.ui.privacy.glass_pane import TABLES
from hms_desktop.ui.privacy.privacy_screen import PrivacyPage
from hms_desktop.ui.routes import Privacy


def folder() -> Folder:
    """Emergency access and restricted records, for those who answer for privacy."""
    needs = frozenset({"privacy.review"})
    entry = RailEntry(_("Privacy"), "shield-check", Privacy(), 95, needs, "O", waiting_reviews, TABLES)
    act = PatientAct(_("Who looked at this patient"), "eye", lambda patient: Privacy("access", patient), "privacy.read")
    return Folder(screens={Privacy: PrivacyPage}, rail=(entry,), patient_acts=(act,))
