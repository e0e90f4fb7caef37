# SPDX-License-Identifier: Apache-2.0
"""What can be given only once and is therefore lent: places of a slot, stock of a batch, the rest of a prescription.

The server asks what there is in all and takes off what it has lent; a workstation asks for what its work needs.
Slots are asked for in turn by the desks of a site, so that no desk takes the whole day from the others. What another
station calls for is given back as far as it was not used, and not asked for again for a while: the last call counts.
A station that was lent everything while it was alone gives a neighbour's share back once it hears of the neighbour.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import select

from hms_desktop.clinic.appointments.queries_slots import leasable_on
from hms_desktop.clinic.inventory.model import Batch
from hms_desktop.clinic.inventory.queries import balances, own_place, stations_at, stock_lines, today
from hms_desktop.clinic.inventory.rules import USABLE, stock_subject
from hms_desktop.clinic.pharmacy.queries import fill, open_prescriptions
from hms_desktop.core.clock import milliseconds, stamp, stamp_author
from hms_desktop.core.errors import NotFound, Refused
from hms_desktop.security.accounts import Device
from hms_desktop.security.permissions import action
from hms_desktop.security.queries import query
from hms_desktop.storage.leases import Lease, LeaseCall, LeaseSpend, runs
from hms_desktop.storage.reader import AnyRow, Reader
from hms_desktop.storage.unit import Unit

Wanted = list[tuple[str, UUID, Decimal]]
BOOKING_DESKS = ("front_desk", "all")
COUNTERS = ("pharmacy", "all")
SLOT_DAYS = 7
MOST_ASKED = 500
RENEW_BEFORE = timedelta(hours=2)
CALL_LASTS_MS = 5 * 60_000


@query("sync.see")
def amount_available(reader: Reader, kind: str, subject: UUID) -> Decimal:
    """What there is of a lendable thing, lent or not: places, units of stock, units still to supply; 0 if unknown."""
    return _AVAILABLE[kind](reader, subject) if kind in _AVAILABLE else Decimal(0)


@query("sync.see")
def wanted(reader: Reader) -> Wanted:
    """What this workstation should ask to be lent: (kind, subject, amount) for what it doesn't hold for a while yet."""
    asked = _wanted_slots(reader) if reader.station.kind in BOOKING_DESKS else []
    if reader.station.kind in COUNTERS:
        asked += _wanted_prescriptions(reader) + _wanted_stock(reader)
    held, elsewhere = _held(reader), {(call.kind, call.subject) for call in calls(reader) if not _own(reader, call)}
    short = [
        (kind, subject, amount - held.get((kind, subject), Decimal(0)))
        for kind, subject, amount in asked
        if (kind, subject) not in elsewhere
    ]
    return [one for one in short if one[2] > 0][:MOST_ASKED]


@query("sync.see")
def calls(reader: Reader) -> list[AnyRow]:
    """The last call for each thing within the last minutes: older ones were answered, or nobody could be reached."""
    since = stamp(milliseconds(reader.now) - CALL_LASTS_MS, 0, 0)
    question = select(LeaseCall.id, LeaseCall.kind, LeaseCall.subject, LeaseCall.k).where(LeaseCall.k >= since)
    last = {(row.kind, row.subject): row for row in reader.rows(question.order_by(LeaseCall.k))}
    return list(last.values())


@query("sync.see")
def called(reader: Reader) -> bool:
    """Whether this station waits for something that it called for."""
    return any(_own(reader, call) for call in calls(reader))


def _own(reader: Reader, call: AnyRow) -> bool:
    return stamp_author(call.k) == reader.station.author


@action("clinic.give_back", needs="sync.see")
def give_back(unit: Unit) -> int:
    """Give back what other stations call for and this one was lent and has not used; returns how many things.

    Of a shelf this station keeps its share.
    """
    called_for = [call for call in calls(unit) if not _own(unit, call)]
    shares = {s: amount for _kind, s, amount in (_wanted_stock(unit) if called_for else [])}
    given = 0
    for call in called_for:
        left = (unit.lease_left(call.kind, call.subject) or Decimal(0)) - shares.get(call.subject, Decimal(0))
        if left > 0:
            given += unit.spend(call.kind, call.subject, left, call.id)
    return given


@action("clinic.share", needs="sync.see")
def share(unit: Unit) -> int:
    """Give back what is beyond this station's share by now, unused: a neighbour came; returns how many things."""
    given = 0
    for (kind, subject), over, neighbour in _beyond_share(unit):
        given += unit.spend(kind, subject, over, neighbour)
    return given


@query("sync.see")
def shared(reader: Reader, records: Collection[UUID]) -> bool:
    """Whether something among these records was given back for a neighbour to have."""
    spent = select(LeaseSpend.source).where(LeaseSpend.id.in_(records))
    return reader.first(select(Device.id).where(Device.id.in_(spent))) is not None


def _beyond_share(reader: Reader) -> list[tuple[tuple[str, UUID], Decimal, UUID]]:
    found = []
    held = {key: left for key, left in _held(reader).items() if left > 0}
    if any(kind == "slot" for kind, _subject in held):
        turns = _turns(reader)
        for (kind, subject), left in held.items() if reader.station.device in turns else ():
            if kind == "slot" and (whose := turns[subject.int % len(turns)]) != reader.station.device:
                found.append(((kind, subject), left, whose))
    newest = _newest_neighbour(reader) if any(kind == "stock" for kind, _subject in held) else None
    if newest is None:
        return found
    for kind, subject, fair in _wanted_stock(reader):
        if (over := held.get((kind, subject), Decimal(0)) - fair) > 0:
            found.append(((kind, subject), over, newest))
    return found


def _newest_neighbour(reader: Reader) -> UUID | None:
    question = select(Device.id).where(
        Device.kind.in_(COUNTERS), Device.status == "approved", Device.id != reader.station.device
    )
    row = reader.first(question.order_by(Device.k.desc()))
    return row.id if row else None


_slots_of: WeakKeyDictionary[Reader, dict[UUID, Decimal]] = WeakKeyDictionary()
_stock_of: WeakKeyDictionary[Reader, dict[UUID, Decimal]] = WeakKeyDictionary()


def _slot_places(reader: Reader, subject: UUID) -> Decimal:
    """Places of a slot of the coming days that no firm booking holds; one pass over the days serves a whole request."""
    if reader not in _slots_of:
        _slots_of[reader] = {
            slot.slot: Decimal(max(slot.capacity - slot.used, 0))
            for day in _days(reader)
            for slot in leasable_on(reader, day)
        }
    return _slots_of[reader].get(subject, Decimal(0))


def _stock_there(reader: Reader, subject: UUID) -> Decimal:
    """Stock of a usable batch at a place; one pass over the moves serves a whole request."""
    if reader not in _stock_of:
        usable = {
            row.id for row in reader.rows(select(Batch.id).where(Batch.state == USABLE, Batch.expires >= today(reader)))
        }
        _stock_of[reader] = {
            stock_subject(batch, place): max(held, Decimal(0))
            for (batch, place), held in balances(reader).items()
            if batch in usable
        }
    return _stock_of[reader].get(subject, Decimal(0))


def _still_to_supply(reader: Reader, subject: UUID) -> Decimal:
    try:
        return fill(reader, subject).owing
    except NotFound:
        return Decimal(0)


_AVAILABLE: Mapping[str, Callable[[Reader, UUID], Decimal]] = {
    "slot": _slot_places,
    "stock": _stock_there,
    "prescription": _still_to_supply,
}


def _days(reader: Reader) -> list[date]:
    return [today(reader) + timedelta(days=n) for n in range(SLOT_DAYS)]


def _wanted_slots(reader: Reader) -> Wanted:
    """This desk's share of the coming slots: every n-th, when n desks book at the site."""
    turns = _turns(reader)
    mine = turns.index(reader.station.device) if reader.station.device in turns else 0
    coming = [
        slot
        for day in _days(reader)
        for slot in leasable_on(reader, day)
        if slot.starts > reader.now and slot.capacity > slot.used
    ]
    return [
        ("slot", slot.slot, Decimal(slot.capacity - slot.used)) for slot in coming if slot.slot.int % len(turns) == mine
    ]


def _turns(reader: Reader) -> list[UUID]:
    """The desks that book at this site, in the order in which they take the slots."""
    desks = reader.rows(
        select(Device.id).where(
            Device.site == reader.station.site, Device.kind.in_(BOOKING_DESKS), Device.status == "approved"
        )
    )
    return sorted((row.id for row in desks), key=lambda id: id.bytes) or [reader.station.device]


def _wanted_prescriptions(reader: Reader) -> Wanted:
    return [
        ("prescription", row.id, filled.owing)
        for row, filled in open_prescriptions(reader)
        if filled.owing and row.status == "active"
    ]


def _wanted_stock(reader: Reader) -> Wanted:
    """This station's share of its shelf: whole units, shared by the stations that take from the same place."""
    try:
        place = own_place(reader)
    except Refused:
        return []
    sharing = stations_at(reader, place)
    return [
        ("stock", stock_subject(line.batch, line.place), line.on_hand // sharing)
        for line in stock_lines(reader, place)
        if line.state == USABLE and line.expires >= today(reader) and line.on_hand > 0
    ]


def _held(reader: Reader) -> dict[tuple[str, UUID], Decimal]:
    """What this station still has of its leases that last a while yet."""
    question = select(Lease.id, Lease.kind, Lease.subject, Lease.amount).where(
        Lease.device == reader.station.device, runs(reader.now + RENEW_BEFORE)
    )
    leases = reader.rows(question)
    spent: dict[UUID, Decimal] = {}
    for row in reader.rows(select(LeaseSpend.lease, LeaseSpend.amount)):
        spent[row.lease] = spent.get(row.lease, Decimal(0)) + row.amount
    held: dict[tuple[str, UUID], Decimal] = {}
    for lease in leases:
        key = (lease.kind, lease.subject)
        held[key] = held.get(key, Decimal(0)) + lease.amount - spent.get(lease.id, Decimal(0))
    return held
