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


class ControlledRegister(Fact, table="controlled_register", owner="station"):
    """From `at` on this station keeps the register of a place and alone writes in it, until it lets go of it."""

    place: Mapped[UUID] = link(index=True)
    station: Mapped[UUID] = link()
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    witness: Mapped[UUID] = link()
    reason: Mapped[str | None] = text(optional=True)


class RegisterRelease(Fact, table="register_release"):
    """The station that kept a register lets go of it, so that another one of the place may keep it."""

    register: Mapped[UUID] = ref("controlled_register")
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    witness: Mapped[UUID] = link()
    reason: Mapped[str] = text()


class RegisterEntry(Fact, table="register_entry", phi=True):
    """One line: what came or went, in the item's unit, the balance after it, and the two who sign for it.

    `edition` is the item as it was described then. `ordinal` counts the lines of an item at a place; `source` is the
    hand-over or the first stock move it is about.
    Nothing is ever changed: what is taken back is a further line.
    """

    register: Mapped[UUID] = ref("controlled_register")
    item: Mapped[UUID] = ref("item")
    edition: Mapped[UUID] = ref("item_version", index=False)
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
