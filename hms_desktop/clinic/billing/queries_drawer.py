# SPDX-License-Identifier: Apache-2.0
"""Cash drawers: each belongs to the station that opened it, and holds its float and the cash of its session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from hms_desktop.clinic.billing.model import CashClose, CashSession, Payment, PaymentVoid
from hms_desktop.clinic.billing.rules import CASH
from hms_desktop.security.accounts import Account, Device
from hms_desktop.security.queries import query
from hms_desktop.storage.owners import OwnerChange, owner_now
from hms_desktop.storage.reader import Reader

HOLDER = owner_now(CashSession.id, CashSession.station)
"""The station that a drawer belongs to now."""


@dataclass(frozen=True)
class Drawer:
    """An open drawer: what should be in it, in minor units; `back` is cash that was given back out of it.

    `in_use` says that its station may still count it; `taken` over from `taken_from` when that one could not.
    """

    session: UUID
    station: UUID
    station_name: str
    in_use: bool
    taken_from: str
    why_taken: str
    opened_at: datetime
    by: UUID
    cashier: str
    currency: str
    float_amount: int
    receipts: int
    taken: int
    back: int

    @property
    def expected(self) -> int:
        """Float and cash taken, less cash given back."""
        return self.float_amount + self.taken - self.back


@dataclass(frozen=True)
class CountedDrawer:
    """A drawer that was counted and closed; amounts in minor units, `reason` why the count differs."""

    session: UUID
    station_name: str
    cashier: str
    opened_at: datetime
    closed_at: datetime
    currency: str
    expected: int
    counted: int
    reason: str | None

    @property
    def difference(self) -> int:
        """Counted less expected."""
        return self.counted - self.expected


@query("invoice.read")
def drawer(reader: Reader) -> Drawer | None:
    """The drawer that is open at this station, or None."""
    row = reader.first(_open().where(reader.station.device == HOLDER))
    return _drawer(reader, row) if row is not None else None


@query("invoice.read")
def drawers_elsewhere(reader: Reader) -> tuple[Drawer, ...]:
    """Drawers that are open at other stations, as far as this one knows."""
    rows = reader.rows(_open().where(reader.station.device != HOLDER))
    return tuple(_drawer(reader, row) for row in rows)


@query("invoice.read")
def open_drawer_of(reader: Reader, session: UUID) -> Drawer | None:
    """This drawer while it is open, at whatever station, or None."""
    row = reader.first(_open().where(CashSession.id == session))
    return _drawer(reader, row) if row is not None else None


@query("invoice.read")
def counted_drawers(reader: Reader, limit: int = 30) -> tuple[CountedDrawer, ...]:
    """Drawers that were closed, the latest first."""
    question = select(CashClose.__table__).order_by(CashClose.at.desc()).limit(limit)
    found = []
    for close in reader.rows(question):
        held = _drawer(reader, reader.one(_every().where(CashSession.id == close.session)))
        found.append(
            CountedDrawer(
                held.session, held.station_name, held.cashier, held.opened_at, close.at, held.currency, held.expected,
                close.counted, close.reason,
            )
        )  # fmt: skip
    return tuple(found)


def _open() -> Select[Any]:
    closed = select(CashClose.id).where(CashClose.session == CashSession.id).exists()
    return _every().where(~closed).order_by(CashSession.opened_at.desc())


def _every() -> Select[Any]:
    return select(CashSession.__table__, HOLDER.label("holder"))


def _device_name(reader: Reader, device: UUID) -> str:
    return reader.scalar(select(Device.name).where(Device.id == device)) or reader.station.name


def _drawer(reader: Reader, session: Row[Any]) -> Drawer:
    cash = reader.rows(select(Payment.__table__).where(Payment.drawer == session.id, Payment.way == CASH))
    back = (
        select(Payment.amount)
        .join(PaymentVoid, PaymentVoid.payment == Payment.id)
        .where(PaymentVoid.drawer == session.id, Payment.way == CASH)
    )
    known = reader.find(Device, session.holder)
    came = reader.first(
        select(OwnerChange.before, OwnerChange.reason)
        .where(OwnerChange.subject == session.id)
        .order_by(OwnerChange.k.desc())
    )
    return Drawer(
        session.id,
        session.holder,
        _device_name(reader, session.holder),
        known is None or known.status == "approved",
        _device_name(reader, came.before) if came else "",
        came.reason if came else "",
        session.opened_at,
        session.by,
        reader.scalar(select(Account.name).where(Account.id == session.by)) or reader.person.name,
        session.currency,
        session.float_amount,
        len({row.number for row in cash}),
        sum(row.amount for row in cash),
        sum(row.amount for row in reader.rows(back)),
    )
