# SPDX-License-Identifier: Apache-2.0
"""What people do in the stock room: receive, count, move, hold and recall. Every change of stock is a new move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from hms_desktop.clinic.inventory import queries
from hms_desktop.clinic.inventory.events import BatchStopped, StockReceived
from hms_desktop.clinic.inventory.model import Batch, Item, StockMove
from hms_desktop.clinic.inventory.rules import ADJUST_REASONS, USABLE, Pick, gtin_is_right, may_become
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import rule_id
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


@dataclass(frozen=True)
class NewItem:
    """What a new item needs; ingredient and classes are lists parted by semicolons."""

    code: str
    display: str
    form: str
    strength: str
    unit: str
    ingredient: str
    classes: str
    brand: str | None = None
    gtin: str | None = None
    price_code: str | None = None
    programme: str | None = None
    shelf: str | None = None
    label_text: str | None = None


@action("inventory.add_item", needs="stock.catalogue")
def add_item(unit: Unit, new: NewItem, *, id: UUID | None = None) -> UUID:
    """Put a medicine or product on the list; BadInput names a missing name, unit or a wrong product number."""
    for field, value in (("code", new.code), ("display", new.display), ("unit", new.unit)):
        if not value.strip():
            raise BadInput(_("An item needs a code, a name and a unit."), field)
    if new.gtin is not None and not gtin_is_right(new.gtin):
        raise BadInput(_("Product number {gtin} has a wrong check digit: read it again.").format(gtin=new.gtin), "gtin")
    return unit.add(Item, id=id, active=True, **vars(new))


@action("inventory.receive_stock", needs="stock.receive")
def receive_stock(
    unit: Unit, *, item: UUID, lot: str, expires: date, quantity: Decimal, place: UUID, reason: str | None = None
) -> UUID:
    """Take a delivery in; returns the batch. A known lot grows, but only with the same expiry day."""
    _positive(quantity)
    if not lot.strip():
        raise BadInput(_("Type the lot number from the pack."), "lot")
    if expires < queries.today(unit):
        raise Refused(_("Batch {lot} is already expired: refuse the delivery.").format(lot=lot))
    batch = _batch(unit, item, lot.strip(), expires)
    move = unit.add(
        StockMove, batch=batch, item=item, place=place, quantity=quantity, kind="receipt", source=None, reason=reason
    )
    unit.announce(StockReceived(move, batch, item, place, quantity))
    return batch


def _batch(unit: Unit, item: UUID, lot: str, expires: date) -> UUID:
    known = queries.find_batch(unit, item, lot)
    if known is None:
        unit.get(Item, item)
        made_by_rule = rule_id(item, f"batch:{lot}:{expires.isoformat()}")
        return unit.add(Batch, id=made_by_rule, item=item, lot=lot, expires=expires, state=USABLE)
    recorded = unit.get(Batch, known).expires
    if recorded != expires:
        raise Refused(
            _("Batch {lot} is recorded with expiry {day}: check the pack, or type another lot.").format(
                lot=lot, day=recorded.strftime("%d-%b-%Y")
            )
        )
    return known


@action("inventory.adjust_stock", needs="stock.adjust")
def adjust_stock(
    unit: Unit, *, batch: UUID, place: UUID, counted: Decimal, reason: str, note: str | None = None
) -> UUID:
    """Write what was counted; the move is the difference to what was recorded. Refused when nothing differs."""
    if reason not in ADJUST_REASONS:
        raise BadInput(_("Pick why the stock differs: count, damaged, expired, lost, found or entry error."), "reason")
    if counted < 0:
        raise BadInput(_("A count can't be below zero."), "counted")
    line = queries.batch_line(unit, batch, place)
    difference = counted - line.on_hand
    if difference == 0:
        raise Refused(_("Batch {lot} is recorded with the same quantity: nothing to adjust.").format(lot=line.lot))
    why = f"{reason}: {note}" if note else reason
    return unit.add(
        StockMove,
        batch=batch,
        item=line.item.id,
        place=place,
        quantity=difference,
        kind="adjust",
        source=None,
        reason=why,
    )


@action("inventory.destroy_stock", needs="stock.adjust")
def destroy_stock(unit: Unit, *, batch: UUID, place: UUID, quantity: Decimal, reason: str) -> UUID:
    """Take expired, recalled or damaged stock out for good."""
    _positive(quantity)
    if not reason.strip():
        raise BadInput(_("Type why this stock is destroyed."), "reason")
    line = _enough(unit, batch, place, quantity)
    return unit.add(
        StockMove,
        batch=batch,
        item=line.item.id,
        place=place,
        quantity=-quantity,
        kind="destroy",
        source=None,
        reason=reason.strip(),
    )


@action("inventory.transfer_stock", needs="stock.transfer")
def transfer_stock(unit: Unit, *, batch: UUID, origin: UUID, target: UUID, quantity: Decimal) -> UUID:
    """Move stock between two places as a pair of moves joined by one source id, which is returned."""
    _positive(quantity)
    if origin == target:
        raise BadInput(_("Pick another place to move the stock to."), "target")
    line = _enough(unit, batch, origin, quantity)
    pair = unit.new_id()
    for ordinal, (place, signed) in enumerate(((origin, -quantity), (target, quantity))):
        unit.add(
            StockMove,
            id=rule_id(pair, "transfer", ordinal),
            batch=batch,
            item=line.item.id,
            place=place,
            quantity=signed,
            kind="transfer",
            source=pair,
            reason=None,
        )
    return pair


@action("inventory.change_batch_state", needs="batch.hold")
def change_batch_state(unit: Unit, *, batch: UUID, state: str, reason: str) -> None:
    """Hold, release or recall a batch everywhere; a recall is never taken back."""
    row = unit.get(Batch, batch)
    if not may_become(row.state, state):
        raise Refused(
            _("Batch {lot} is {state} and can't become {wanted}.").format(lot=row.lot, state=row.state, wanted=state)
        )
    if not reason.strip():
        raise BadInput(_("Type why the batch is held, released or recalled."), "reason")
    unit.change(Batch, batch, state=state, state_reason=reason.strip())
    if state != USABLE:
        unit.announce(BatchStopped(batch, row.item, state, reason.strip()))


def issue(unit: Unit, *, source: UUID, item: UUID, place: UUID, picks: Sequence[Pick]) -> None:
    """The moves of a dispense, ids by rule from it: part of the action that dispensed."""
    for ordinal, pick in enumerate(picks):
        unit.add(
            StockMove,
            id=rule_id(source, "stock", ordinal),
            batch=pick.batch,
            item=item,
            place=place,
            quantity=-pick.quantity,
            kind="dispense",
            source=source,
            reason=None,
        )


def take_back(unit: Unit, *, source: UUID, item: UUID, place: UUID, picks: Sequence[Pick]) -> None:
    """The moves, by rule, that undo a dispense whose medicine never left the counter: once, however many undo it."""
    for ordinal, pick in enumerate(picks):
        unit.add(
            StockMove,
            id=rule_id(source, "stock-return", ordinal),
            batch=pick.batch,
            item=item,
            place=place,
            quantity=pick.quantity,
            kind="return",
            source=source,
            reason=None,
        )


def _positive(quantity: Decimal) -> None:
    if quantity <= 0:
        raise BadInput(_("Type a quantity above zero."), "quantity")


def _enough(unit: Unit, batch: UUID, place: UUID, quantity: Decimal) -> queries.StockLine:
    """The line, when so much may leave the place; else Refused with the batch and the remedy."""
    line = queries.batch_line(unit, batch, place)
    if quantity > line.free:
        raise Refused(
            _("Batch {lot} has {free} {unit} to take here: take less, or count the shelf and adjust first.").format(
                lot=line.lot, free=show_decimal(line.free), unit=line.item.unit
            )
        )
    return line
