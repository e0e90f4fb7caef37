# SPDX-License-Identifier: Apache-2.0
"""What happened among staff and their hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hms_desktop.core.events import Event


@dataclass(frozen=True)
class SessionOpened(Event):
    """Weekly hours of a practitioner became bookable from `valid_from`."""

    session: UUID
    practitioner: UUID
    valid_from: date


@dataclass(frozen=True)
class SessionChanged(Event):
    """Weekly hours were changed or ended; bookings that exist stay as they are."""

    session: UUID
    practitioner: UUID
