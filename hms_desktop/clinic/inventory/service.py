# SPDX-License-Identifier: Apache-2.0
"""What people do in the stock room: receive, count, move, hold and recall. Every change of stock is a new move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.inventory import queries
from hms_desktop.clinic.inventory.events import BatchStopped, StockReceived
from hms_desktop.clinic.inventory.model import Batch, Item, ItemVersion, StockMove
from hms_desktop.clinic.inventory.rules import ADJUST_REASONS, USABLE, Pick, gtin_is_right, may_become, unit_words
from hms_desktop.clinic.inventory.service_register import note_entry
from hms_desktop.core.dates import show_day
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import named_id, rule_id
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.editions import publish
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
    schedule: str | None = None


@action("inventory.publish_items", needs="stock.catalogue")
def publish_items(unit: Unit, items: Sequence[Mapping[str, Any]]) -> int:
    """Put versions of medicines and products on the list, each from its day on; returns how many are new.

    Fields as those of `NewItem`, with `valid_from`, and `version`, `valid_to` and `active` where they are said.
    BadInput names a missing name, unit or a wrong product number. Refused when the unit changes in which the stock is
    counted. What was prescribed or handed over keeps the version it was made with.
    """
    return sum(_publish_item(unit, values)[1] for values in items)


@action("inventory.add_item", needs="stock.catalogue")
def add_item(unit: Unit, new: NewItem) -> UUID:
    """Put a medicine or product on the list from today on; returns it."""
    return _publish_item(unit, {**vars(new), "valid_from": queries.today(unit)})[0]


def _publish_item(unit: Unit, said: Mapping[str, Any]) -> tuple[UUID, bool]:
    for field in ("code", "display", "unit"):
        if not said[field].strip():
            raise BadInput(_("An item needs a code, a name and a unit."), field)
    gtin = said.get("gtin")
    if gtin is not None and not gtin_is_right(gtin):
        raise BadInput(_("Product number {gtin} has a wrong check digit: read it again.").format(gtin=gtin), "gtin")
    id = unit.scalar(select(Item.id).where(Item.code == said["code"])) or named_id("item", said["code"])
    known = queries.item_rows(unit, [id]).get(id)
    if known is not None and known.unit != said["unit"]:
        message = _("{name} is counted in {unit}: one that is counted otherwise needs a code of its own.")
        raise Refused(message.format(name=known.display, unit=unit_words(known.unit, Decimal(2))))
    unit.add(Item, id=id, code=said["code"])
    return id, publish(unit, ItemVersion, {"active": True, **said, "item": id}, said["display"])[1]


@action("inventory.receive_stock", needs="stock.receive")
def receive_stock(
    unit: Unit, *, item: UUID, lot: str, expires: date, quantity: Decimal, place: UUID, reason: str | None = None,
    witness: UUID | None = None,
) -> UUID:  # fmt: skip
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
    note_entry(
        unit, item=item, place=place, quantity=quantity, kind="receipt", witness=witness, source=move, reason=reason
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
                lot=lot, day=show_day(recorded)
            )
        )
    return known


@action("inventory.adjust_stock", needs="stock.adjust")
def adjust_stock(
    unit: Unit, *, batch: UUID, place: UUID, counted: Decimal, reason: str, note: str | None = None,
    witness: UUID | None = None,
) -> UUID:  # fmt: skip
    """Write what was counted; the move is the difference to what was recorded. Refused when nothing differs."""
    if reason not in ADJUST_REASONS:
        raise BadInput(_("Pick why the stock differs: count, damaged, expired, lost, found or entry error."), "reason")
    if counted < 0:
        raise BadInput(_("A count can't be below zero."), "counted")
    line = queries.batch_line(unit, batch, place)
    difference = counted - line.on_hand
    if difference == 0:
        raise Refused(_("Batch {lot} is recorded with the same quantity: nothing to adjust.").format(lot=line.lot))
    kind = "count" if reason == "count" else "adjust"
    return _move(unit, line, difference, kind, reason=f"{reason}: {note}" if note else reason, witness=witness)


@action("inventory.destroy_stock", needs="stock.adjust")
def destroy_stock(
    unit: Unit, *, batch: UUID, place: UUID, quantity: Decimal, reason: str, witness: UUID | None = None
) -> UUID:
    """Take recalled, damaged or unwanted stock out for good."""
    _positive(quantity)
    line = _enough(unit, batch, place, quantity)
    return _move(unit, line, -quantity, "destroy", witness=witness,
                 reason=_said(reason, _("Type why this stock is destroyed.")))  # fmt: skip


@action("inventory.write_off_expired", needs="stock.adjust")
def write_off_expired(
    unit: Unit, *, batch: UUID, place: UUID, witness: UUID | None = None, seen: Decimal | None = None
) -> UUID:
    """Take everything of a batch that has expired out of a place; Refused while it is still in date.

    With `seen`, how much was shown there when it was asked, it is refused when another quantity is there by now.
    """
    line = queries.batch_line(unit, batch, place)
    if line.expires >= queries.today(unit):
        raise Refused(
            _("Batch {lot} is good until {day}: destroy it with a reason instead.").format(
                lot=line.lot, day=show_day(line.expires)
            )
        )
    if line.on_hand <= 0:
        raise Refused(_("Nothing of batch {lot} is left here.").format(lot=line.lot))
    if seen not in (None, line.on_hand):
        raise Refused(
            _("There are {now} of batch {lot} by now, and {seen} when you were asked. Look again.").format(
                now=show_decimal(line.on_hand), lot=line.lot, seen=show_decimal(seen)
            )
        )
    return _move(unit, line, -line.on_hand, "expire", reason=_("expired"), witness=witness)


@action("inventory.issue_stock", needs="stock.transfer")
def issue_stock(
    unit: Unit, *, batch: UUID, place: UUID, quantity: Decimal, reason: str, witness: UUID | None = None
) -> UUID:
    """Give stock out for use without a patient, such as to a room; it is used up, not moved to another shelf."""
    _positive(quantity)
    line = _enough(unit, batch, place, quantity)
    return _move(unit, line, -quantity, "issue", witness=witness,
                 reason=_said(reason, _("Type where this stock goes.")))  # fmt: skip


@action("inventory.return_stock", needs="stock.transfer")
def return_stock(
    unit: Unit, *, batch: UUID, place: UUID, quantity: Decimal, reason: str, witness: UUID | None = None
) -> UUID:
    """Take back what was issued and not used."""
    _positive(quantity)
    line = queries.batch_line(unit, batch, place)
    return _move(unit, line, quantity, "return", witness=witness,
                 reason=_said(reason, _("Type where this stock comes from.")))  # fmt: skip


@action("inventory.repack", needs="stock.adjust")
def repack(unit: Unit, *, batch: UUID, place: UUID, quantity: Decimal, lot: str, witness: UUID | None = None) -> UUID:
    """Put stock into packs under a lot of our own, which expires with its source; returns the new batch."""
    _positive(quantity)
    line = _enough(unit, batch, place, quantity)
    packed = _batch(unit, line.item.id, _said(lot, _("Type the lot number of the new packs.")), line.expires)
    if packed == batch:
        raise BadInput(_("The new packs need a lot number of their own."), "lot")
    pair = unit.new_id()
    into = queries.batch_line(unit, packed, place)
    for ordinal, (side, signed) in enumerate(((line, -quantity), (into, quantity))):
        _move(unit, side, signed, "repack", id=rule_id(pair, "repack", ordinal), source=pair, witness=witness)
    return packed


@action("inventory.transfer_stock", needs="stock.transfer")
def transfer_stock(
    unit: Unit, *, batch: UUID, origin: UUID, target: UUID, quantity: Decimal, witness: UUID | None = None
) -> UUID:
    """Move stock between two places as a pair of moves joined by one source id, which is returned."""
    _positive(quantity)
    if origin == target:
        raise BadInput(_("Pick another place to move the stock to."), "target")
    line = _enough(unit, batch, origin, quantity)
    pair = unit.new_id()
    for ordinal, (place, signed) in enumerate(((origin, -quantity), (target, quantity))):
        side = replace(line, place=place)
        _move(unit, side, signed, "transfer", id=rule_id(pair, "transfer", ordinal), source=pair, witness=witness)
    return pair


@action("inventory.take_back_move", needs="stock.adjust")
def take_back_move(unit: Unit, *, move: UUID, reason: str, witness: UUID | None = None) -> UUID:
    """A move was written in error: a contra move, once, takes it back; both stay in the ledger.

    Refused for a hand-over (take that back at the counter) and for one side of a pair (move it back).
    """
    row = unit.get(StockMove, move)
    said = _said(reason, _("Type why the move was a mistake."))
    if row.source is not None:
        raise Refused(_("This move belongs to a hand-over, a transfer or another correction: take that back instead."))
    contra = rule_id(move, "contra")
    line = queries.batch_line(unit, row.batch, row.place)
    if unit.find(StockMove, contra) is not None:
        raise Refused(_("This move of batch {lot} was taken back already.").format(lot=line.lot))
    if row.quantity > line.on_hand:
        raise Refused(
            _("Batch {lot} has only {there} left here: count the shelf and adjust instead.").format(
                lot=line.lot, there=show_decimal(line.on_hand)
            )
        )
    return _move(unit, line, -row.quantity, "adjust", reason=said, source=move, id=contra, witness=witness)


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


@dataclass(frozen=True)
class Signed:
    """Who gets a medicine and who signs for a controlled one with the person at work."""

    patient: UUID | None = None
    witness: UUID | None = None
    reason: str | None = None


def issue(unit: Unit, *, source: UUID, item: UUID, place: UUID, picks: Sequence[Pick], signed: Signed) -> None:
    """The moves of a dispense, ids by rule from it: part of the action that dispensed."""
    _by_rule(unit, "stock", source, item, place, [(pick.batch, -pick.quantity) for pick in picks], "dispense", signed)


def take_back(unit: Unit, *, source: UUID, item: UUID, place: UUID, picks: Sequence[Pick], signed: Signed) -> None:
    """The moves, by rule, that undo a dispense whose medicine never left the counter: once, however many undo it."""
    signs = [(pick.batch, pick.quantity) for pick in picks]
    _by_rule(unit, "stock-return", source, item, place, signs, "return", signed)


def _by_rule(
    unit: Unit, rule: str, source: UUID, item: UUID, place: UUID, signs: Sequence[tuple[UUID, Decimal]], kind: str,
    signed: Signed,
) -> None:  # fmt: skip
    for ordinal, (batch, quantity) in enumerate(signs):
        unit.add(
            StockMove, id=rule_id(source, rule, ordinal), batch=batch, item=item, place=place, quantity=quantity,
            kind=kind, source=source, reason=None,
        )  # fmt: skip
    note_entry(
        unit, item=item, place=place, quantity=sum((quantity for _batch, quantity in signs), Decimal(0)), kind=kind,
        witness=signed.witness, source=source, patient=signed.patient, reason=signed.reason,
    )  # fmt: skip


def _move(
    unit: Unit, line: queries.StockLine, quantity: Decimal, kind: str, *, reason: str | None = None,
    source: UUID | None = None, id: UUID | None = None, witness: UUID | None = None,
) -> UUID:  # fmt: skip
    move = unit.add(
        StockMove, id=id, batch=line.batch, item=line.item.id, place=line.place, quantity=quantity, kind=kind,
        source=source, reason=reason,
    )  # fmt: skip
    note_entry(
        unit, item=line.item.id, place=line.place, quantity=quantity, kind=kind, witness=witness, source=move,
        reason=reason,
    )  # fmt: skip
    return move


def _said(typed: str, missing: str) -> str:
    if not typed.strip():
        raise BadInput(missing, "reason")
    return typed.strip()


def _positive(quantity: Decimal) -> None:
    if quantity <= 0:
        raise BadInput(_("Type a quantity above zero."), "quantity")


def _enough(unit: Unit, batch: UUID, place: UUID, quantity: Decimal) -> queries.StockLine:
    """The line, when so much may leave the place; else Refused with the batch and the remedy."""
    line = queries.batch_line(unit, batch, place)
    if quantity > line.free:
        raise Refused(
            _("Batch {lot} has {free} {unit} to take here: take less, or count the shelf and adjust first.").format(
                lot=line.lot, free=show_decimal(line.free), unit=unit_words(line.item.unit, line.free)
            )
        )
    return line
