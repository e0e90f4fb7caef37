# SPDX-License-Identifier: Apache-2.0
"""Where the window's banner reads a patient: the register and the record of care, as every card does."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hms_desktop.clinic.appointments.queries import similar_today
from hms_desktop.ui.widgets.patient_banner import BannerData
from hms_desktop.ui.widgets.patient_facts import TABLES, patient_facts


class RegisterBanner:
    """Reads a banner; `tables` are those whose change makes it read again."""

    tables = TABLES | {"appointment"}

    def __call__(self, reader: Any, patient: UUID) -> BannerData:
        """The banner of the person behind this chart."""
        return patient_facts(reader, patient, similar_name=similar_today(reader, patient))
