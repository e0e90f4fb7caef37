# SPDX-License-Identifier: Apache-2.0
"""What is picked for a patient as a draft: it survives lock, crash and another patient in between."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from hms_desktop.clinic.inventory.rules import Pick
from hms_desktop.ui.desk import REFUSED
from hms_desktop.ui.pharmacy.prepared import Prepared


def draft_key(patient: UUID) -> str:
    """What a patient's draft is kept under."""
    return f"dispense:{patient}"


def as_draft(prepared: Mapping[UUID, Prepared]) -> dict[str, Any]:
    """Picked lines as JSON values."""
    return {str(prescription): _kept(line) for prescription, line in prepared.items()}


def from_draft(content: Mapping[str, Any]) -> dict[UUID, Prepared]:
    """Picked lines from what was kept; scans are not proof any more, so those lines count as checked by eye."""
    return {
        UUID(prescription): Prepared(
            Decimal(line["quantity"]),
            tuple(Pick(UUID(p["batch"]), p["lot"], Decimal(p["quantity"])) for p in line["picks"]),
            line["batch_reason"],
        )
        for prescription, line in content.items()
        if prescription != REFUSED
    }


def _kept(line: Prepared) -> dict[str, Any]:
    return {
        "quantity": str(line.quantity),
        "picks": [{"batch": str(p.batch), "lot": p.lot, "quantity": str(p.quantity)} for p in line.picks],
        "batch_reason": line.batch_reason,
    }
