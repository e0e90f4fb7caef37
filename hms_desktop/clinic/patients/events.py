# SPDX-License-Identifier: Apache-2.0
"""What happened in the patient register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hms_desktop.core.events import Event


@dataclass(frozen=True)
class PatientRegistered(Event):
    """A chart was made at `at`."""

    patient: UUID
    at: datetime
    mrn: str


@dataclass(frozen=True)
class PatientDetailsChanged(Event):
    """Identity, identifiers or contacts of a patient changed; `what` names the parts in plain words' keys."""

    patient: UUID
    at: datetime
    what: tuple[str, ...]


@dataclass(frozen=True)
class ChartsLinked(Event):
    """Two charts were said to be one person's; `link` is the record of it."""

    link: UUID
    survivor: UUID
    replaced: UUID
    at: datetime


@dataclass(frozen=True)
class ChartsUnlinked(Event):
    """A link was voided: the two charts are two persons' again."""

    link: UUID
    survivor: UUID
    replaced: UUID
    at: datetime


@dataclass(frozen=True)
class InteractionLogged(Event):
    """A contact with the patient (phone, walk-in, email, letter, complaint) was written down."""

    interaction: UUID
    patient: UUID
    kind: str
    at: datetime


@dataclass(frozen=True)
class CoverageRecorded(Event):
    """A patient's cover by a payer was recorded or changed."""

    coverage: UUID
    patient: UUID
    at: datetime


@dataclass(frozen=True)
class PatientDied(Event):
    """A death was recorded; `on` is YYYY, YYYY-MM or YYYY-MM-DD."""

    patient: UUID
    on: str
    at: datetime
