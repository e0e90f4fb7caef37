# SPDX-License-Identifier: Apache-2.0
"""What the pharmacy brings to the window: the counter and its place on the rail."""

from __future__ import annotations

from typing import Any

from hms_desktop.clinic.pharmacy.queries import queue
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Folder, RailEntry
from hms_desktop.ui.pharmacy.dispense_screen import DispensePage
from hms_desktop.ui.pharmacy.refill import refill_hand_over
from hms_desktop.ui.routes import PharmacyQueue


def folder() -> Folder:
    """The dispensing counter."""
    return Folder(
        screens={PharmacyQueue: DispensePage},
        rail=(
            RailEntry(
                _("Pharmacy"), "pill", PharmacyQueue(), 60, frozenset({"dispense.supply"}), "M", _waiting,
                frozenset({"prescription", "dispense", "dispense_void"}),
            ),
        ),
        refills=(refill_hand_over,),
    )  # fmt: skip


def _waiting(reader: Any) -> int:
    return len(queue(reader).waiting)
