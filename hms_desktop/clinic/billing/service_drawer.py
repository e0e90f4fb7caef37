# SPDX-License-Identifier: Apache-2.0
"""Opening and counting the cash drawer: it belongs to the station that opened it, and no other may post into it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from hms_desktop.clinic.billing.model import CashClose, CashSession
from hms_desktop.clinic.billing.queries_drawer import Drawer, drawer, open_drawer_of
from hms_desktop.clinic.billing.rules import CASH
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.money import Money
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.owners import OwnerChange
from hms_desktop.storage.unit import Unit


@action("billing.open_drawer", needs="drawer.use")
def open_drawer(unit: Unit, *, place: UUID, float_amount: int) -> UUID:
    """Open this station's drawer with a float in minor units; Refused while it is open."""
    if float_amount < 0:
        raise BadInput(_("A float can't be below zero."), "float")
    held = drawer(unit)
    if held is not None:
        raise Refused(
            _("The drawer of {station} is open with {cashier}: count and close it first.").format(
                station=held.station_name, cashier=held.cashier
            )
        )
    return unit.add(
        CashSession,
        station=unit.station.device,
        place=place,
        opened_at=unit.now,
        by=unit.person.id,
        float_amount=float_amount,
        currency=unit.clinic.currency,
    )


@action("billing.close_drawer", needs="drawer.use")
def close_drawer(unit: Unit, *, counted: int, reason: str | None = None, session: UUID | None = None) -> int:
    """Close a drawer with what was counted; returns the difference, which needs a reason when it is not zero.

    Without `session` it is this station's. Refused when it is open at another station, or with another cashier.
    """
    held = open_drawer_of(unit, session) if session else drawer(unit)
    if held is None:
        raise Refused(_("No drawer is open at {station}.").format(station=unit.station.name))
    must_be_here(unit, held)
    if held.by != unit.person.id:
        unit.check("drawer.close_any")
    difference = counted - held.expected
    if difference and not (reason or "").strip():
        raise BadInput(
            _("The drawer differs by {amount}: count again, or type why.").format(
                amount=Money(difference, held.currency)
            ),
            "reason",
        )
    unit.add(
        CashClose,
        session=held.session,
        counted=counted,
        at=unit.now,
        by=unit.person.id,
        reason=(reason or "").strip() or None,
    )
    return difference


@action("billing.take_over_drawer", needs="drawer.close_any")
def take_over_drawer(unit: Unit, *, session: UUID, reason: str) -> None:
    """Have a drawer of a station that is out of use belong to this one, which counts it; both and why are on the books.

    Refused while that station is in use: it counts the drawer itself, or an administrator blocks it first.
    """
    held, own = open_drawer_of(unit, session), drawer(unit)
    if held is None:
        raise Refused(_("This drawer is counted and closed already."))
    if held.station == unit.station.device:
        raise Refused(_("This drawer belongs to {station} already.").format(station=held.station_name))
    if held.in_use:
        raise Refused(
            _("{station} is in use: count its drawer there. A broken computer is blocked by an administrator first.")
            .format(station=held.station_name)
        )  # fmt: skip
    if own is not None:
        raise Refused(_("Count and close the drawer of {station} first.").format(station=own.station_name))
    if not reason.strip():
        raise BadInput(_("Type why the drawer is taken over."), "reason")
    unit.add(
        OwnerChange, subject=session, subject_table=CashSession.__tablename__, before=held.station,
        after=unit.station.device, at=unit.now, by=unit.person.id, reason=reason.strip(),
    )  # fmt: skip


def must_be_here(unit: Unit, held: Drawer) -> None:
    """Refuse what would touch another station's drawer, by its name."""
    if held.station != unit.station.device:
        raise Refused(
            _("This drawer is open at {station} with {cashier}: only {station} posts into it and counts it.").format(
                station=held.station_name, cashier=held.cashier
            )
        )


def must_be_own(unit: Unit, held: Drawer) -> None:
    """Refuse cash while the drawer here is in another cashier's name."""
    must_be_here(unit, held)
    if held.by != unit.person.id:
        raise Refused(
            _("The drawer of {station} is open with {cashier}: they count and close it, then open yours.").format(
                station=held.station_name, cashier=held.cashier
            )
        )


def must_stand_here(unit: Unit, payment: Row[Any]) -> None:
    """Refuse to take back cash that lies in a drawer which is open at another station."""
    held = open_drawer_of(unit, payment.drawer) if payment.drawer and payment.way == CASH else None
    if held is not None and held.station != unit.station.device:
        raise Refused(
            _("The cash of receipt {number} is in the open drawer of {station}: void it at {station}.").format(
                number=payment.number, station=held.station_name
            )
        )
