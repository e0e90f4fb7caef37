# SPDX-License-Identifier: Apache-2.0
"""What happens in the stock room, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from hms_desktop.core.events import Event


@dataclass(frozen=True)
class StockReceived(Event):
    """A quantity of a batch, in the item's unit, came to a place."""

    move: UUID
    batch: UUID
    item: UUID
    place: UUID
    quantity: Decimal


@dataclass(frozen=True)
class BatchStopped(Event):
    """A batch was put on hold or recalled, with the reason."""

    batch: UUID
    item: UUID
    state: str
    reason: str
