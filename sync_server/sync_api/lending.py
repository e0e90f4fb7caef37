# SPDX-License-Identifier: Apache-2.0
"""Lending at the server: a part of what there is, for a time; what is left of it goes on while nobody else needs it.

A renewal is a fact about the lease that there is, and no second lease: a workstation that has not heard of it lets the
lease lapse, and one that has can give away no more than it was lent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID

from sqlalchemy import ColumnElement, select

from hms_desktop.core.clock import stamp_author
from hms_desktop.core.errors import BadInput
from hms_desktop.storage.leases import Lease, LeaseCall, LeaseRenewal, LeaseSpend, runs
from hms_desktop.storage.reader import AnyRow, Reader
from hms_desktop.storage.unit import Unit

LEND_FOR = timedelta(hours=12)
RENEW_WITHIN = timedelta(hours=6)
MOST = 500
Lendable = Callable[[Reader, str, UUID], Decimal]


def lend(
    unit: Unit, device: UUID, author: int, wanted: Iterable[tuple[str, bytes, str]], lendable: Lendable
) -> list[Decimal]:
    """Lend what is still free of each thing asked for, for 12 hours; what is lent there already goes on first."""
    given = []
    for kind, raw, amount in list(wanted)[:MOST]:
        subject, asked = UUID(bytes=raw), _amount(amount)
        of = (Lease.kind == kind) & (Lease.subject == subject)
        kept = _renew(unit, device, author, lendable, of)
        free = lendable(unit, kind, subject) - lent(unit, kind, subject)
        part = max(Decimal(0), min(asked - kept, free))
        if part:
            unit.add(Lease, kind=kind, subject=subject, device=device, amount=part, until=unit.now + LEND_FOR)
        given.append(kept + part)
    return given


def lend_on(unit: Unit, device: UUID, wanted: Iterable[tuple[str, bytes, str]]) -> list[Decimal]:
    """Lend of what this hub itself was lent and has not lent on, until its own loan ends at the latest."""
    given = []
    for kind, raw, amount in list(wanted)[:MOST]:
        subject, asked = UUID(bytes=raw), _amount(amount)
        part = max(Decimal(0), min(asked, unit.lease_left(kind, subject) or Decimal(0)))
        if part:
            until = min(_own_until(unit, kind, subject), unit.now + LEND_FOR)
            loan = unit.add(Lease, kind=kind, subject=subject, device=device, amount=part, until=until)
            unit.spend(kind, subject, part, loan)
        given.append(part)
    return given


def short_of(reader: Reader, wanted: Iterable[tuple[str, bytes, str]]) -> Iterator[tuple[str, UUID, Decimal]]:
    """What of this a hub has not left of its own loans."""
    for kind, raw, amount in list(wanted)[:MOST]:
        subject = UUID(bytes=raw)
        missing = _amount(amount) - held_left(reader, reader.station.device, kind, subject)
        if missing > 0:
            yield kind, subject, missing


def held_left(reader: Reader, device: UUID, kind: str, subject: UUID) -> Decimal:
    """What a device has left of what it was lent of a thing."""
    held = select(Lease.id, Lease.amount).where(
        Lease.device == device, Lease.kind == kind, Lease.subject == subject, runs(reader.now)
    )
    return sum((_left(reader, lease) for lease in reader.rows(held)), Decimal(0))


def _own_until(unit: Unit, kind: str, subject: UUID) -> datetime:
    """When the first of this hub's own loans of a thing ends, as far as it was told."""
    own = select(Lease.id, Lease.until).where(
        Lease.device == unit.station.device, Lease.kind == kind, Lease.subject == subject, runs(unit.now)
    )
    renewed = select(LeaseRenewal.until)
    ends: list[datetime] = [
        max([lease.until, *(row.until for row in unit.rows(renewed.where(LeaseRenewal.lease == lease.id)))])
        for lease in unit.rows(own)
    ]
    return min(ends)


def renew(unit: Unit, device: UUID, author: int, lendable: Lendable) -> Decimal:
    """Let everything go on that is lent to a workstation and ends soon; returns how much that is."""
    return _renew(unit, device, author, lendable)


def lent(reader: Reader, kind: str, subject: UUID) -> Decimal:
    """What is lent of a thing now, to whomever, and not given away yet."""
    running = select(Lease.id, Lease.amount).where(Lease.kind == kind, Lease.subject == subject, runs(reader.now))
    return sum((_left(reader, lease) for lease in reader.rows(running)), Decimal(0))


def _renew(unit: Unit, device: UUID, author: int, lendable: Lendable, *of: ColumnElement[bool]) -> Decimal:
    """What another station has called for since is not renewed, nor what there is no longer enough of."""
    soon_over = select(Lease.id, Lease.kind, Lease.subject, Lease.amount, Lease.k).where(
        Lease.device == device, runs(unit.now), ~runs(unit.now + RENEW_WITHIN), *of
    )
    kept = Decimal(0)
    for lease in unit.rows(soon_over.order_by(Lease.k, Lease.id).limit(MOST)):
        left = _left(unit, lease)
        enough = lendable(unit, lease.kind, lease.subject) >= lent(unit, lease.kind, lease.subject)
        if left > 0 and enough and not _called_for(unit, lease, author):
            unit.add(LeaseRenewal, lease=lease.id, until=unit.now + LEND_FOR)
            kept += left
    return kept


def _left(reader: Reader, lease: AnyRow) -> Decimal:
    spent = reader.rows(select(LeaseSpend.amount).where(LeaseSpend.lease == lease.id))
    return Decimal(lease.amount) - sum((part.amount for part in spent), Decimal(0))


def _called_for(reader: Reader, lease: AnyRow, author: int) -> bool:
    calls = select(LeaseCall.k).where(
        LeaseCall.kind == lease.kind, LeaseCall.subject == lease.subject, LeaseCall.k > lease.k
    )
    return any(stamp_author(call.k) != author for call in reader.rows(calls))


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise BadInput(f"The amount {text[:20]} is not a number.") from error
