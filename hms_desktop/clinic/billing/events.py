# SPDX-License-Identifier: Apache-2.0
"""What happens at the cash desk, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hms_desktop.core.events import Event


@dataclass(frozen=True)
class InvoiceIssued(Event):
    """An invoice got its number; `total` in minor units of `currency`."""

    invoice: UUID
    patient: UUID
    number: str
    total: int
    currency: str


@dataclass(frozen=True)
class InvoiceCredited(Event):
    """An invoice was taken back by a credit note over `amount` minor units."""

    credit_note: UUID
    invoice: UUID
    patient: UUID
    number: str
    amount: int
    currency: str


@dataclass(frozen=True)
class PaymentTaken(Event):
    """Money came in under one receipt number; `receipt` is the id of its first row, `amount` in minor units."""

    receipt: UUID
    patient: UUID
    number: str
    amount: int
    currency: str


@dataclass(frozen=True)
class PaymentVoided(Event):
    """A payment was taken back."""

    void: UUID
    payment: UUID
    patient: UUID
    number: str
    amount: int
    currency: str
