# SPDX-License-Identifier: Apache-2.0
"""Tables of the pharmacy: what was handed over, and what was taken back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.storage.columns import data, exact, flag, instant, link, ref, text
from hms_desktop.storage.conflicts import ConflictFact, MemberFact, SettlementFact
from hms_desktop.storage.records import Fact


class Dispense(Fact, table="dispense", phi=True):
    """One hand-over (FHIR MedicationDispense `completed`); `batches` lists {batch, quantity} in the item's unit.

    `owing` is what was still to be supplied afterwards as far as this station knew; `firm` is false when it went
    beyond what the station had been lent or knew to remain. `edition` is the item as it was described at hand-over.
    """

    prescription: Mapped[UUID] = link(index=True)
    patient: Mapped[UUID] = link(index=True)
    item: Mapped[UUID] = link(index=True)
    edition: Mapped[UUID | None] = link(optional=True)
    quantity: Mapped[Decimal] = exact()
    unit: Mapped[str] = text()
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    place: Mapped[UUID] = link()
    owing: Mapped[Decimal] = exact()
    counselling: Mapped[str | None] = text(phi=True, optional=True)
    override_reason: Mapped[str | None] = text(phi=True, optional=True)
    batch_reason: Mapped[str | None] = text(optional=True)
    firm: Mapped[bool] = flag()
    batches: Mapped[list[dict[str, Any]]] = data()


class DispenseVoid(Fact, table="dispense_void", phi=True):
    """A dispense that is taken back; `returned_to_stock` is false when the medicine had left the counter."""

    dispense: Mapped[UUID] = ref("dispense")
    reason: Mapped[str] = text()
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    returned_to_stock: Mapped[bool] = flag()


class PharmacyConflict(ConflictFact, table="pharmacy_conflict", phi=True):
    """More was supplied than a prescription allows."""


class PharmacyConflictMember(MemberFact, table="pharmacy_conflict_member", phi=True):
    """A record or head that stands against the others of its conflict."""


class PharmacyConflictSettlement(SettlementFact, table="pharmacy_conflict_settlement", phi=True):
    """What a person decided about it."""
