# SPDX-License-Identifier: Apache-2.0
"""What happens at the dispensing counter, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from hms_desktop.clinic.inventory.rules import Pick
from hms_desktop.core.events import Event


@dataclass(frozen=True)
class MedicineDispensed(Event):
    """A medicine was handed over; `price_code` is None for a free programme's medicine, which is not charged."""

    dispense: UUID
    prescription: UUID
    patient: UUID
    encounter: UUID | None
    item: UUID
    display: str
    unit: str
    quantity: Decimal
    place: UUID
    picks: tuple[Pick, ...]
    price_code: str | None
    witness: UUID | None = None


@dataclass(frozen=True)
class DispenseReversed(Event):
    """A dispense was taken back; its stock comes back only when it never left the counter; `charged` when it was."""

    void: UUID
    dispense: UUID
    patient: UUID
    item: UUID
    display: str
    place: UUID
    picks: tuple[Pick, ...]
    returned_to_stock: bool
    charged: bool
    reason: str
    witness: UUID | None = None
