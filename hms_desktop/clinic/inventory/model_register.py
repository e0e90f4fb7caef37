# SPDX-License-Identifier: Apache-2.0
"""Tables of the register of controlled medicines: at which station a place keeps it, and every line in it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.clinic.inventory.rules import ENTRY_KINDS
from hms_desktop.storage.columns import choice, exact, instant, link, ref, text, whole
from hms_desktop.storage.records import Fact


class ControlledRegister(Fact, table="controlled_register"):
    """From `at` on the register of a place is kept at this station, which alone writes in it; the latest one holds."""

    place: Mapped[UUID] = link(index=True)
    station: Mapped[UUID] = link()
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    witness: Mapped[UUID] = link()
    reason: Mapped[str | None] = text(optional=True)


class RegisterEntry(Fact, table="register_entry", phi=True):
    """One line: what came or went, in the item's unit, the balance after it, and the two who sign for it.

    `ordinal` counts the lines of an item at a place; `source` is the hand-over or the first stock move it is about.
    Nothing is ever changed: what is taken back is a further line.
    """

    register: Mapped[UUID] = ref("controlled_register")
    item: Mapped[UUID] = ref("item")
    place: Mapped[UUID] = link(index=True)
    ordinal: Mapped[int] = whole()
    kind: Mapped[str] = choice(*ENTRY_KINDS)
    quantity: Mapped[Decimal] = exact()
    balance: Mapped[Decimal] = exact()
    source: Mapped[UUID | None] = link(optional=True, index=True)
    patient: Mapped[UUID | None] = link(optional=True, index=True)
    reason: Mapped[str | None] = text(phi=True, optional=True)
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    witness: Mapped[UUID] = link()
