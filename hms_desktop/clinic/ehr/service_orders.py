# SPDX-License-Identifier: Apache-2.0
"""Orders: the basket of a visit, placing, holding, revoking and completing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.events import AlertOverridden, OrderPlaced, OrderRevoked
from hms_desktop.clinic.ehr.model import PRIORITIES, AlertOverride, Order
from hms_desktop.clinic.ehr.queries import OrderRow, duplicate_orders
from hms_desktop.clinic.ehr.rules import ORDER_STEPS, require_step
from hms_desktop.clinic.ehr.service_visits import chart_of, require_settled
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


class OrderedAlready(Refused):
    """The same thing is ordered already: `orders` says which; say why again to go on."""

    def __init__(self, orders: tuple[OrderRow, ...]) -> None:
        super().__init__(
            _("{name} is already ordered for this patient. Say why it is needed again, or leave it out.").format(
                name=orders[0].display
            )
        )
        self.orders = orders


@action("ehr.draft_order", needs="order.place")
def draft_order(
    unit: Unit,
    patient: UUID,
    *,
    category: str,
    code: str,
    display: str,
    encounter: UUID | None = None,
    definition: UUID | None = None,
    parts: Sequence[UUID] = (),
    system: str | None = None,
    priority: str = "routine",
    reason: str | None = None,
    again: str | None = None,
    replaces: UUID | None = None,
) -> UUID:
    """Put an order into the visit's basket; it is placed when the visit is signed.

    `again` is why the same thing is ordered although it is pending or was done within three days; without it that
    raises OrderedAlready. `definition` is the catalogue version that the order is made with, `parts` are those of a
    panel's tests.
    """
    if priority not in PRIORITIES:
        raise BadInput(_("Choose how urgent it is."), "priority")
    same = tuple(o for o in duplicate_orders(unit, patient, code) if o.id != replaces)
    why = (again or "").strip()
    if same and not why:
        raise OrderedAlready(same)
    chart = chart_of(unit, patient)
    id = unit.add(
        Order,
        patient=chart,
        encounter=encounter,
        category=category,
        code=code,
        system=system,
        display=display,
        definition=definition,
        parts=[str(part) for part in parts] or None,
        priority=priority,
        reason=(reason or "").strip() or None,
        requester=unit.person.id,
        replaces=replaces,
        status="draft",
    )
    if same:
        _note_override(unit, chart, id, same[0].display, why)
    return id


@action("ehr.drop_order", needs="order.place")
def drop_order(unit: Unit, order: UUID) -> None:
    """Take a draft out of the basket."""
    row = unit.get(Order, order)
    if row.status != "draft":
        raise Refused(_("{name} is already placed. Cancel it instead, with a reason.").format(name=row.display))
    unit.change(Order, order, status="revoked", stop_reason=_("Taken out of the basket"))


@action("ehr.place_order", needs="order.place")
def place_order(unit: Unit, order: UUID) -> None:
    """Place a draft by itself, without a note to sign."""
    place(unit, unit.get(Order, order), unit.now)


def place(unit: Unit, row: Row[Any], at: datetime) -> None:
    """Make a draft active. Part of `place_order` and `sign_visit`."""
    require_step(ORDER_STEPS, row.status, "active", row.display)
    unit.change(Order, row.id, status="active", placed=at, requester=unit.person.id)
    unit.announce(
        OrderPlaced(
            row.id, row.patient, row.encounter, row.category, row.code, row.display, row.priority, unit.person.id, at
        )
    )


@action("ehr.hold_order", needs="order.revoke")
def hold_order(unit: Unit, order: UUID, reason: str) -> None:
    """Let an order wait."""
    _move(unit, order, "on-hold", _reason(reason))


@action("ehr.resume_order", needs="order.place")
def resume_order(unit: Unit, order: UUID) -> None:
    """Let an order that waited go on."""
    row = unit.get(Order, order)
    if row.status != "on-hold":
        raise Refused(_("{name} does not wait: nothing to resume.").format(name=row.display))
    _move(unit, order, "active", None)


@action("ehr.revoke_order", needs="order.revoke")
def revoke_order(unit: Unit, order: UUID, reason: str) -> None:
    """Call an order off, with a reason; what was done for it already stays on record."""
    row = _move(unit, order, "revoked", _reason(reason))
    unit.announce(OrderRevoked(order, row.patient, row.encounter, row.code, row.display, reason.strip(), unit.now))


@action("ehr.void_order", needs="entry.void")
def void_order(unit: Unit, order: UUID, reason: str) -> None:
    """The order was a mistake, another patient's for example; it stays readable, with the reason."""
    row = _move(unit, order, "entered-in-error", _reason(reason))
    unit.announce(OrderRevoked(order, row.patient, row.encounter, row.code, row.display, reason.strip(), unit.now))


@action("ehr.complete_order", needs="result.release")
def complete_order(unit: Unit, order: UUID) -> bool:
    """The department did what was asked. False, and nothing changed, when the order was called off meanwhile."""
    row = unit.get(Order, order)
    if row.status == "completed":
        return True
    if "completed" not in ORDER_STEPS[row.status]:
        return False
    unit.change(Order, order, status="completed")
    return True


def _move(unit: Unit, order: UUID, state: str, reason: str | None) -> Row[Any]:
    row = unit.get(Order, order)
    require_settled(unit, Order, order, ("state",), row.display)
    require_step(ORDER_STEPS, row.status, state, row.display)
    unit.change(Order, order, status=state, stop_reason=reason)
    return row


def _reason(typed: str) -> str:
    if not typed.strip():
        raise BadInput(_("Say why."), "reason")
    return typed.strip()


def _note_override(unit: Unit, patient: UUID, order: UUID, detail: str, why: str) -> None:
    id = unit.add(
        AlertOverride,
        patient=patient,
        subject=order,
        kind="duplicate-order",
        detail=detail,
        reason=why,
        by=unit.person.id,
        at=unit.now,
    )
    unit.announce(AlertOverridden(id, patient, order, "duplicate-order", why, unit.person.id, unit.now))


def drafts(unit: Unit, encounter: UUID) -> list[Row[Any]]:
    """The draft orders of a visit in the order in which they were added."""
    question = select(Order.__table__).where(Order.encounter == encounter, Order.status == "draft")
    return unit.rows(question.order_by(Order.k, Order.id))
