# SPDX-License-Identifier: Apache-2.0
"""What happened in the laboratory; `order` is the ehr order a reaction may point at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hms_desktop.core.events import Event


@dataclass(frozen=True)
class SpecimenCollected(Event):
    """A specimen was taken and labelled; it serves all of `orders`."""

    specimen: UUID
    patient: UUID
    accession: str
    orders: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class SpecimenReceived(Event):
    """The bench took a specimen in."""

    specimen: UUID
    patient: UUID
    accession: str
    at: datetime


@dataclass(frozen=True)
class SpecimenRejected(Event):
    """A specimen can't be used; `orders` need a new one and `requesters` are told why."""

    specimen: UUID
    patient: UUID
    accession: str
    orders: tuple[UUID, ...]
    requesters: tuple[UUID, ...]
    code: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class ResultEntered(Event):
    """A version of a value was entered."""

    result: UUID
    order: UUID
    patient: UUID
    test: str
    critical: bool
    at: datetime


@dataclass(frozen=True)
class CriticalValueSeen(Event):
    """A value beyond its critical limit was entered: somebody must be told before it is released."""

    result: UUID
    order: UUID
    patient: UUID
    test: str
    display: str
    requester: UUID | None
    at: datetime


@dataclass(frozen=True)
class CriticalValueTold(Event):
    """One attempt to tell a critical value; `done` when somebody was reached and read the same value back."""

    call: UUID
    result: UUID
    order: UUID
    patient: UUID
    test: str
    display: str
    told: str
    done: bool
    at: datetime


@dataclass(frozen=True)
class ResultVerified(Event):
    """A version of a value was verified at a level, technical or medical."""

    verification: UUID
    result: UUID
    order: UUID
    patient: UUID
    level: str
    at: datetime


@dataclass(frozen=True)
class ResultReleased(Event):
    """A version of an order's report went out; `at` is the release, `resulted_at` when its last value was measured.

    `charge_code` prices the test, `corrected` says that this version replaces one that was out already.
    """

    release: UUID
    report: UUID
    order: UUID
    patient: UUID
    encounter: UUID | None
    code: str
    display: str
    charge_code: str | None
    version: int
    corrected: bool
    critical: bool
    recipients: tuple[UUID, ...]
    resulted_at: datetime
    at: datetime


@dataclass(frozen=True)
class ResultCorrected(Event):
    """A new version replaced a value; it is out when its report is released again."""

    result: UUID
    replaced: UUID
    order: UUID
    patient: UUID
    test: str
    display: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class ResultAcknowledged(Event):
    """A recipient acknowledged a release and said what follows."""

    acknowledgement: UUID
    release: UUID
    order: UUID
    patient: UUID
    by: UUID
    action: str
    at: datetime
