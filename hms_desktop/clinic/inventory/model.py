# SPDX-License-Identifier: Apache-2.0
"""Tables of the stock room: items, batches, and the moves whose sum is the stock."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.clinic.inventory.rules import BATCH_MEETS, BATCH_STATES, BATCH_STEPS, MOVE_KINDS
from hms_desktop.storage.columns import choice, day, exact, flag, link, ref, text
from hms_desktop.storage.conflicts import ConflictFact, MemberFact, SettlementFact
from hms_desktop.storage.editions import Edition
from hms_desktop.storage.records import LAST_WRITER, Fact, Record, progress


class Item(Fact, table="item"):
    """A medicine or product as the stock counts it, by rule from its code; what is said of it stands in versions."""

    code: Mapped[str] = text(index=True)


class ItemVersion(Edition, table="item_version"):
    """One version of a medicine; `ingredient` and `classes` are lists parted by semicolons, for the safety checks.

    The stock is counted in `unit`, which is the same in every version. `schedule` is the legal class of a controlled
    medicine, such as "Schedule 5"; None for all others. An inactive one is off the list.
    """

    KEY = ("item",)
    item: Mapped[UUID] = ref("item")
    display: Mapped[str] = text()
    brand: Mapped[str | None] = text(optional=True)
    form: Mapped[str] = text()
    strength: Mapped[str] = text()
    unit: Mapped[str] = text()
    ingredient: Mapped[str] = text()
    classes: Mapped[str] = text()
    gtin: Mapped[str | None] = text(optional=True, index=True)
    price_code: Mapped[str | None] = text(optional=True)
    programme: Mapped[str | None] = text(optional=True)
    schedule: Mapped[str | None] = text(optional=True)
    shelf: Mapped[str | None] = text(optional=True)
    label_text: Mapped[str | None] = text(optional=True)
    active: Mapped[bool] = flag()


class Batch(Record, table="batch", groups={"batch": LAST_WRITER, "state": progress("state", BATCH_MEETS, BATCH_STEPS)}):
    """One delivery of an item that expires together, at the end of the day `expires`."""

    item: Mapped[UUID] = ref("item", group="batch")
    lot: Mapped[str] = text(group="batch", index=True)
    expires: Mapped[date] = day(group="batch")
    state: Mapped[str] = choice(*BATCH_STATES, group="state")
    state_reason: Mapped[str | None] = text(group="state", optional=True)


class StockMove(Fact, table="stock_move"):
    """A signed quantity, in the item's unit, that came to or left one batch at one place."""

    batch: Mapped[UUID] = ref("batch")
    item: Mapped[UUID] = ref("item")
    place: Mapped[UUID] = link(index=True)
    quantity: Mapped[Decimal] = exact()
    kind: Mapped[str] = choice(*MOVE_KINDS)
    source: Mapped[UUID | None] = link(optional=True, index=True)
    reason: Mapped[str | None] = text(optional=True)


class InventoryConflict(ConflictFact, table="inventory_conflict"):
    """Stock that went below zero, or a batch whose state two people changed."""


class InventoryConflictMember(MemberFact, table="inventory_conflict_member"):
    """A record or head that stands against the others of its conflict."""


class InventoryConflictSettlement(SettlementFact, table="inventory_conflict_settlement"):
    """What a person decided about it."""
