# SPDX-License-Identifier: Apache-2.0
"""The register of controlled medicines: who keeps it, its lines with the running balance, and what the moves say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.inventory.model import ItemVersion
from hms_desktop.clinic.inventory.model_register import ControlledRegister, RegisterEntry, RegisterRelease
from hms_desktop.clinic.inventory.queries import balances
from hms_desktop.clinic.patients.queries_people import PatientName, names
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account, Device
from hms_desktop.security.queries import query
from hms_desktop.storage.editions import in_force
from hms_desktop.storage.owners import OwnerChange, owner_now
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class Keeper:
    """The station that keeps the register of a place; `taken_from` which other one that is out of use, and why."""

    register: UUID
    station: UUID
    name: str
    active: bool
    since: datetime
    taken_from: str
    why_taken: str


@dataclass(frozen=True)
class EntryRow:
    """One line of the register as it is read aloud; quantities in the item's unit."""

    id: UUID
    at: datetime
    item: str
    unit: str
    kind: str
    quantity: Decimal
    balance: Decimal
    patient: PatientName | None
    reason: str | None
    by: str
    witness: str
    saved_here: bool


@query("stock.read")
def keeper(reader: Reader, place: UUID) -> Keeper | None:
    """Where the register of a place is kept now, or None when nobody keeps it."""
    released = select(RegisterRelease.id).where(RegisterRelease.register == ControlledRegister.id).exists()
    holder = owner_now(ControlledRegister.id, ControlledRegister.station).label("holder")
    question = select(ControlledRegister.__table__, holder).where(ControlledRegister.place == place, ~released)
    row = reader.first(question.order_by(ControlledRegister.k.desc(), ControlledRegister.id))
    if row is None:
        return None
    device = reader.find(Device, row.holder)
    name = device.name if device else reader.station.name
    came = reader.first(
        select(Device.name, OwnerChange.reason, OwnerChange.at)
        .join(Device, Device.id == OwnerChange.before)
        .where(OwnerChange.subject == row.id)
        .order_by(OwnerChange.k.desc())
    )
    active, since = device is None or device.status == "approved", came.at if came else row.at
    return Keeper(row.id, row.holder, name, active, since, came.name if came else "", came.reason if came else "")


@query("stock.read")
def last_entry(reader: Reader, item: UUID, place: UUID) -> Row[Any] | None:
    """The latest line of an item at a place, or None."""
    question = select(RegisterEntry.__table__).where(RegisterEntry.item == item, RegisterEntry.place == place)
    return reader.first(question.order_by(RegisterEntry.ordinal.desc(), RegisterEntry.k.desc()))


@query("stock.read")
def in_stock(reader: Reader, item: UUID, place: UUID) -> Decimal:
    """What the moves say of an item at a place, all batches together."""
    return sum(balances(reader, place, [item]).values(), Decimal(0))


@query("stock.read")
def controlled_items(reader: Reader) -> list[UUID]:
    """Items of a controlled class."""
    found = [row for row in in_force(reader, ItemVersion) if row.schedule is not None]
    return [row.item for row in sorted(found, key=lambda row: row.display)]


@query("stock.read")
def entries(reader: Reader, place: UUID, item: UUID | None = None, limit: int = 500) -> tuple[EntryRow, ...]:
    """Lines of the register of a place, the latest first, of one item or of all."""
    question = select(RegisterEntry.__table__).where(RegisterEntry.place == place)
    if item is not None:
        question = question.where(RegisterEntry.item == item)
    rows = reader.rows(question.order_by(RegisterEntry.k.desc(), RegisterEntry.ordinal.desc()).limit(limit))
    asked = select(ItemVersion.__table__).where(ItemVersion.id.in_({row.edition for row in rows}))
    items = {r.id: r for r in reader.rows(asked)}
    who = {row.id: row.name for row in reader.rows(select(Account.id, Account.name))}
    who[reader.person.id] = reader.person.name
    patients = names(reader, {row.patient for row in rows if row.patient})
    here = reader.local_only([row.id for row in rows]) if rows else set()
    unknown = _("someone not known on this device")
    return tuple(
        EntryRow(
            row.id,
            row.at,
            f"{items[row.edition].display} {items[row.edition].strength}",
            items[row.edition].unit,
            row.kind,
            row.quantity,
            row.balance,
            patients.get(row.patient),
            row.reason,
            who.get(row.by, unknown),
            who.get(row.witness, unknown),
            row.id in here,
        )
        for row in rows
    )
