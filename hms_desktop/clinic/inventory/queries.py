# SPDX-License-Identifier: Apache-2.0
"""What is on the shelves: balances as exact sums of moves, batches by expiry, and a batch's ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select

from hms_desktop.clinic.inventory.model import Batch, ItemVersion, StockMove
from hms_desktop.clinic.inventory.rules import USABLE, Shelf, stock_subject
from hms_desktop.clinic.staff.model import Place
from hms_desktop.core.clock import instant, stamp_ms
from hms_desktop.core.errors import Refused
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account, Device, setting
from hms_desktop.security.queries import query
from hms_desktop.storage.editions import editions, in_force
from hms_desktop.storage.editions import today as today
from hms_desktop.storage.leases import Lease, LeaseSpend, runs
from hms_desktop.storage.reader import Reader

STOCK_PLACES = ("pharmacy", "store")
STOCK_PLACE = "stock_place"
"""The setting of the clinic that says which place a workstation takes from: names of workstations to ids of places."""
DISPENSING = ("pharmacy", "all")
"""Kinds of workstation that take from a place."""


@dataclass(frozen=True)
class ItemRow:
    """A medicine or product as one `edition` says it is; ingredients and classes are lower case."""

    id: UUID
    edition: UUID
    version: int
    code: str
    display: str
    brand: str | None
    form: str
    strength: str
    unit: str
    ingredients: tuple[str, ...]
    classes: tuple[str, ...]
    gtin: str | None
    price_code: str | None
    programme: str | None
    shelf: str | None
    label_text: str | None
    schedule: str | None = None

    @property
    def controlled(self) -> bool:
        """Whether a register line and a second person go with whatever comes or goes."""
        return self.schedule is not None


@dataclass(frozen=True)
class StockLine:
    """A batch at a place: what is there, and what of it is not kept for another station."""

    item: ItemRow
    batch: UUID
    lot: str
    expires: date
    state: str
    state_reason: str | None
    place: UUID
    on_hand: Decimal
    free: Decimal

    @property
    def as_shelf(self) -> Shelf:
        """The same as the picking rule sees it."""
        return Shelf(self.batch, self.lot, self.expires, self.state, self.free)


@dataclass(frozen=True)
class MoveRow:
    """One line of a batch's ledger with the balance after it.

    `by` is empty when the log on this device no longer says who; `takes_back` is the move that a contra move corrects,
    and `taken_back` says that this one was corrected.
    """

    id: UUID
    at: datetime
    kind: str
    quantity: Decimal
    balance: Decimal
    place: str
    reason: str | None
    by: str = ""
    takes_back: UUID | None = None
    taken_back: bool = False
    correctable: bool = False


@query("stock.read", "medicine.prescribe")
def own_place(reader: Reader) -> UUID:
    """The stock place of this workstation: the one that the setting `stock_place` names for it, else the only pharmacy.

    Refused, with the remedy, when it can't be told.
    """
    rows = reader.rows(select(Place.id, Place.name, Place.kind).where(Place.active, Place.kind.in_(STOCK_PLACES)))
    wanted = dict(setting(reader, STOCK_PLACE, {})).get(reader.station.name)
    found = [p.id for p in rows if p.id.hex == wanted] or [p.id for p in rows if p.kind == "pharmacy"]
    if len(found) != 1:
        message = _("{station} has no stock place: an administrator chooses one in the console under Devices.")
        raise Refused(message.format(station=reader.station.name))
    place: UUID = found[0]
    return place


@query("stock.read", "medicine.prescribe")
def stations_at(reader: Reader, place: UUID) -> int:
    """How many approved pharmacy stations take from a place, this one included."""
    chosen = dict(setting(reader, STOCK_PLACE, {}))
    rows = reader.rows(select(Place.id, Place.name, Place.kind).where(Place.active, Place.kind.in_(STOCK_PLACES)))
    only = [p.id for p in rows if p.kind == "pharmacy"]
    known = {p.id.hex: p.id for p in rows}
    stations = reader.rows(select(Device.name).where(Device.kind.in_(DISPENSING), Device.status == "approved"))
    lone = only[0] if len(only) == 1 else None
    at: list[UUID | None] = [known.get(chosen.get(s.name, ""), lone) for s in stations]
    return max(at.count(place), 1)


def item_row(row: Row[Any]) -> ItemRow:
    """A version of an item for reading."""
    return ItemRow(
        row.item,
        row.id,
        row.version,
        row.code,
        row.display,
        row.brand,
        row.form,
        row.strength,
        row.unit,
        words(row.ingredient),
        words(row.classes),
        row.gtin,
        row.price_code,
        row.programme,
        row.shelf,
        row.label_text,
        row.schedule,
    )


def words(listed: str) -> tuple[str, ...]:
    """A list parted by semicolons as lower-case words."""
    return tuple(word.strip().lower() for word in listed.split(";") if word.strip())


@query("stock.read", "medicine.prescribe", "medicine.dose")
def item(reader: Reader, id: UUID, edition: UUID | None = None) -> ItemRow:
    """One item as it is today, or as an edition says it was; NotFound when this station doesn't hold it."""
    found = None if edition is not None else item_rows(reader, [id]).get(id)
    return found or item_row(reader.get(ItemVersion, edition or id))


@query("stock.read", "medicine.prescribe")
def item_rows(reader: Reader, ids: Collection[UUID]) -> dict[UUID, ItemRow]:
    """Items as they are today; stock is never out of sight, so one that ended, or has yet to begin, is there too."""
    rows = editions(reader, ItemVersion, _of(ids)) if ids else []
    first = {row.item: item_row(row) for row in reversed(rows)}
    return first | {row.item: item_row(row) for row in rows if row.valid_from <= today(reader)}


@query("stock.read", "medicine.prescribe")
def find_items(reader: Reader, typed: str = "", limit: int = 50) -> list[ItemRow]:
    """Active items whose generic name, brand or code holds what was typed, by name."""
    like = f"%{typed.strip().replace('%', '').replace('_', '')}%"
    named = or_(ItemVersion.display.ilike(like), ItemVersion.brand.ilike(like), ItemVersion.code.ilike(like))
    fits = {row.id for row in reader.rows(select(ItemVersion.id).where(ItemVersion.active, named))}
    of_those = select(ItemVersion.item).where(ItemVersion.active, named)
    question = select(ItemVersion.__table__).where(ItemVersion.item.in_(of_those))
    found = [item_row(row) for row in in_force(reader, ItemVersion, question=question) if row.id in fits]
    return sorted(found, key=lambda row: (row.display, row.strength))[:limit]


@query("stock.read")
def balances(
    reader: Reader, place: UUID | None = None, items: Iterable[UUID] | None = None
) -> dict[tuple[UUID, UUID], Decimal]:
    """(batch, place) to the sum of its moves.

    Equal quantities are counted by the store and multiplied here, so that no sum is ever a binary float.
    """
    question = select(StockMove.batch, StockMove.place, StockMove.quantity, func.count().label("times"))
    if place is not None:
        question = question.where(StockMove.place == place)
    if items is not None:
        question = question.where(StockMove.item.in_(list(items)))
    sums: dict[tuple[UUID, UUID], Decimal] = defaultdict(Decimal)
    for row in reader.rows(question.group_by(StockMove.batch, StockMove.place, StockMove.quantity)):
        sums[row.batch, row.place] += row.quantity * row.times
    return dict(sums)


@query("stock.read", "medicine.prescribe")
def on_hand(reader: Reader, batch: UUID, place: UUID) -> Decimal:
    """What is at a place of one batch, in the item's unit."""
    question = select(StockMove.quantity).where(StockMove.batch == batch, StockMove.place == place)
    return sum((row.quantity for row in reader.rows(question)), Decimal(0))


@query("stock.read")
def kept_for_others(reader: Reader, subjects: Iterable[UUID]) -> Mapping[UUID, Decimal]:
    """How much of each stock subject is lent to other stations now and not yet given away."""
    wanted = list(subjects)
    question = select(Lease.id, Lease.subject, Lease.amount).where(
        Lease.kind == "stock",
        Lease.subject.in_(wanted),
        Lease.device != reader.station.device,
        runs(reader.now),
    )
    kept: dict[UUID, Decimal] = defaultdict(Decimal)
    for lease in reader.rows(question) if wanted else ():
        spent = reader.rows(select(LeaseSpend.amount).where(LeaseSpend.lease == lease.id))
        kept[lease.subject] += max(lease.amount - sum((s.amount for s in spent), Decimal(0)), Decimal(0))
    return kept


@query("stock.read")
def stock_lines(reader: Reader, place: UUID, items: Iterable[UUID] | None = None) -> list[StockLine]:
    """Every batch with stock at a place, the first to expire first within its item."""
    sums = {batch: quantity for (batch, _place), quantity in balances(reader, place, items).items() if quantity}
    kept = kept_for_others(reader, [stock_subject(batch, place) for batch in sums])
    question = select(Batch.__table__).where(Batch.id.in_(list(sums)))
    rows = reader.rows(question) if sums else []
    known = item_rows(reader, {b.item for b in rows})
    lines = [
        StockLine(
            known[b.item],
            b.id,
            b.lot,
            b.expires,
            b.state,
            b.state_reason,
            place,
            sums[b.id],
            max(sums[b.id] - kept.get(stock_subject(b.id, place), Decimal(0)), Decimal(0)),
        )
        for b in rows
        if b.item in known
    ]
    return sorted(lines, key=lambda s: (s.item.display, s.item.strength, s.expires, s.lot))


@query("stock.read")
def shelves(reader: Reader, item: UUID, place: UUID) -> list[Shelf]:
    """The batches of an item at a place, as the picking rule sees them."""
    return [line.as_shelf for line in stock_lines(reader, place, [item])]


def usable_total(lines: Iterable[StockLine], on: date) -> Decimal:
    """What may be used on a day of these lines: in date, not held, not kept."""
    return sum((s.free for s in lines if s.state == USABLE and s.expires >= on), Decimal(0))


@query("stock.read")
def find_batch(reader: Reader, item: UUID, lot: str) -> UUID | None:
    """The batch of an item with this lot number, or None."""
    found: UUID | None = reader.scalar(select(Batch.id).where(Batch.item == item, Batch.lot == lot))
    return found


@query("stock.read")
def find_by_gtin(reader: Reader, gtin: str) -> ItemRow | None:
    """The active item with this product number, or None; a pack of before a new number is still that item."""
    begun = select(ItemVersion.item, ItemVersion.gtin).where(ItemVersion.gtin == gtin, ItemVersion.active)
    ids = {row.item for row in reader.rows(begun)}
    found = [item_row(row) for row in in_force(reader, ItemVersion, question=_of(ids)) if row.active]
    return min(found, key=lambda row: (row.gtin != gtin, row.code), default=None)


def _of(items: Collection[UUID]) -> Select[Any]:
    return select(ItemVersion.__table__).where(ItemVersion.item.in_(items))


@query("stock.read")
def batch_line(reader: Reader, batch: UUID, place: UUID) -> StockLine:
    """One batch at one place, even when nothing of it is left."""
    row = reader.get(Batch, batch)
    held = on_hand(reader, batch, place)
    kept = kept_for_others(reader, [stock_subject(batch, place)]).get(stock_subject(batch, place), Decimal(0))
    free = max(held - kept, Decimal(0))
    known = item(reader, row.item)
    return StockLine(known, row.id, row.lot, row.expires, row.state, row.state_reason, place, held, free)


@query("stock.read")
def ledger(reader: Reader, batch: UUID) -> list[MoveRow]:
    """Every move of a batch, oldest first, each with the balance over all places after it."""
    question = (
        select(StockMove.__table__, Place.name.label("place_name"))
        .outerjoin(Place, Place.id == StockMove.place)
        .where(StockMove.batch == batch)
        .order_by(StockMove.k, StockMove.rid)
    )
    balance, out = Decimal(0), []
    rows = reader.rows(question)
    ids = {row.id for row in rows}
    struck = {row.source for row in rows if row.source in ids}
    people = {row.id: row.name for row in reader.rows(select(Account.id, Account.name))} | {
        reader.person.id: reader.person.name
    }
    for row in rows:
        balance += row.quantity
        place = row.place_name or _("Place not on this device")
        wrote = next(iter(reader.history(StockMove, row.id)), None)
        out.append(
            MoveRow(
                row.id, instant(stamp_ms(row.k)), row.kind, row.quantity, balance, place, row.reason,
                people.get(wrote.person, "") if wrote else "", row.source if row.source in ids else None,
                row.id in struck, row.source is None and row.id not in struck,
            )
        )  # fmt: skip
    return out


@query("stock.read")
def places(reader: Reader) -> list[tuple[UUID, str]]:
    """Stock places by name."""
    question = select(Place.id, Place.name).where(Place.active, Place.kind.in_(STOCK_PLACES))
    return [(row.id, row.name) for row in reader.rows(question.order_by(Place.name))]
