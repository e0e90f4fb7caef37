# SPDX-License-Identifier: Apache-2.0
"""What happened to bookings and in the waiting line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hms_desktop.core.events import Event


@dataclass(frozen=True)
class AppointmentBooked(Event):
    """A booking was made for `starts`; not `firm` means provisional until the server has settled the slot."""

    appointment: UUID
    patient: UUID
    starts: datetime
    at: datetime
    firm: bool


@dataclass(frozen=True)
class AppointmentMoved(Event):
    """A booking went from `before` to `starts`."""

    appointment: UUID
    patient: UUID
    before: datetime
    starts: datetime
    at: datetime


@dataclass(frozen=True)
class AppointmentCancelled(Event):
    """A booking was called off, or (`mistake`) should never have been made."""

    appointment: UUID
    patient: UUID
    at: datetime
    reason: str
    mistake: bool = False


@dataclass(frozen=True)
class PatientMissedAppointment(Event):
    """The patient did not come."""

    appointment: UUID
    patient: UUID
    at: datetime


@dataclass(frozen=True)
class ArrivedForVisit(Event):
    """The patient was checked in; `encounter` is the id, by rule, of the encounter that this opens."""

    appointment: UUID
    patient: UUID
    encounter: UUID
    practitioner: UUID | None
    service: str
    at: datetime


@dataclass(frozen=True)
class SeenByClinician(Event):
    """The visit of an appointment is over: the appointment is fulfilled."""

    appointment: UUID
    patient: UUID
    at: datetime
