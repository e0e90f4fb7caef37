# SPDX-License-Identifier: Apache-2.0
"""What happened in the record of care; `at` is the moment of the act, ids name what a reaction may point at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from hms_desktop.core.events import Event


@dataclass(frozen=True)
class VisitOpened(Event):
    """A visit was made by rule from its appointment (None: a visit without booking)."""

    encounter: UUID
    patient: UUID
    appointment: UUID | None
    at: datetime


@dataclass(frozen=True)
class VisitMoved(Event):
    """A visit went from one FHIR status to another."""

    encounter: UUID
    patient: UUID
    old: str
    new: str
    at: datetime


@dataclass(frozen=True)
class VitalsRecorded(Event):
    """Vital signs were written; `observations` are the rows of this set, components included."""

    encounter: UUID | None
    patient: UUID
    observations: tuple[UUID, ...]
    at: datetime


@dataclass(frozen=True)
class AllergyRecorded(Event):
    """A new allergy stands in the chart."""

    allergy: UUID
    patient: UUID
    substance: str
    at: datetime


@dataclass(frozen=True)
class AllergyReviewed(Event):
    """An allergy was confirmed, refuted, resolved or marked as a mistake: its two states now."""

    allergy: UUID
    patient: UUID
    substance: str
    clinical_status: str
    verification_status: str
    at: datetime


@dataclass(frozen=True)
class NoAllergiesStated(Event):
    """The patient was asked and knows of no allergy."""

    statement: UUID
    patient: UUID
    at: datetime


@dataclass(frozen=True)
class ProblemRecorded(Event):
    """A problem or diagnosis was put on the list."""

    condition: UUID
    patient: UUID
    encounter: UUID | None
    display: str
    at: datetime


@dataclass(frozen=True)
class NoteSigned(Event):
    """A visit's note was signed and is locked."""

    note: UUID
    signature: UUID
    patient: UUID
    encounter: UUID | None
    title: str
    by: UUID
    at: datetime


@dataclass(frozen=True)
class AddendumWritten(Event):
    """Words were added to a signed note."""

    addendum: UUID
    note: UUID
    patient: UUID
    by: UUID
    at: datetime


@dataclass(frozen=True)
class OrderPlaced(Event):
    """An order became active."""

    order: UUID
    patient: UUID
    encounter: UUID | None
    category: str
    code: str
    display: str
    priority: str
    requester: UUID
    at: datetime


@dataclass(frozen=True)
class OrderRevoked(Event):
    """An active order was called off."""

    order: UUID
    patient: UUID
    encounter: UUID | None
    code: str
    display: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class MedicinePrescribed(Event):
    """A prescription became active; `quantity` in `quantity_unit` is what the pharmacy may supply in all."""

    prescription: UUID
    patient: UUID
    encounter: UUID | None
    medicine: UUID | None
    display: str
    quantity: Decimal
    quantity_unit: str
    requester: UUID
    at: datetime


@dataclass(frozen=True)
class DoseChanged(Event):
    """The dose group of a prescription was written anew."""

    prescription: UUID
    patient: UUID
    encounter: UUID | None
    display: str
    reason: str
    by: UUID
    at: datetime


@dataclass(frozen=True)
class MedicineStopped(Event):
    """A prescription was stopped or cancelled."""

    prescription: UUID
    patient: UUID
    encounter: UUID | None
    display: str
    reason: str
    by: UUID
    at: datetime


@dataclass(frozen=True)
class AlertOverridden(Event):
    """A person went on in spite of an alert, with a reason."""

    override: UUID
    patient: UUID
    subject: UUID
    kind: str
    reason: str
    by: UUID
    at: datetime


@dataclass(frozen=True)
class ProcedurePerformed(Event):
    """A procedure was done; `price_code` is what it is charged under, None when it is free."""

    procedure: UUID
    patient: UUID
    encounter: UUID | None
    display: str
    price_code: str | None
    at: datetime


@dataclass(frozen=True)
class ProcedureTakenBack(Event):
    """A procedure was entered in error; `charged` when it had been charged."""

    void: UUID
    procedure: UUID
    patient: UUID
    display: str
    reason: str
    charged: bool
    at: datetime


@dataclass(frozen=True)
class PatientAdmitted(Event):
    """An inpatient came to a bed of a ward."""

    stay: UUID
    encounter: UUID
    patient: UUID
    ward: str
    bed: str
    at: datetime


@dataclass(frozen=True)
class BedStayEnded(Event):
    """A patient left a bed at a moment that may lie before nights that were counted already."""

    stay: UUID
    encounter: UUID
    patient: UUID
    at: datetime


@dataclass(frozen=True)
class PatientDischarged(Event):
    """An inpatient left; `stay` is the last one."""

    stay: UUID
    encounter: UUID
    patient: UUID
    at: datetime


@dataclass(frozen=True)
class BedNightSpent(Event):
    """A patient was in a bed at the midnight that ended the day `night`; `price_code` is that of the ward."""

    bed_night: UUID
    encounter: UUID
    patient: UUID
    night: date
    price_code: str | None
