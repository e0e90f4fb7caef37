# SPDX-License-Identifier: Apache-2.0
"""What happens in the inbox, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hms_desktop.core.events import Event


@dataclass(frozen=True)
class ConflictSettled(Event):
    """A person decided; `table` holds the settlement, `title` says in words what was chosen."""

    settlement: UUID
    table: str
    conflict: UUID
    kind: str
    patient: UUID | None
    title: str
