# SPDX-License-Identifier: Apache-2.0
"""Which members of a conflict still stand: a head that was replaced, a payment that was voided no longer does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.billing.model import CreditNote
from hms_desktop.clinic.billing.queries_documents import invoice_page
from hms_desktop.clinic.conflicts.queries_visits import NEVER_WAS, joined
from hms_desktop.clinic.conflicts.rules import (
    ADMITTED_TWICE,
    CHARGED_TWICE,
    IDENTIFIER_TWICE,
    OVER_SUPPLIED,
    PAID_TWICE,
    PERSON_TWICE,
    RESULT_FOR_REVOKED,
    SLOT_OVER,
    STOCK_BELOW_ZERO,
    VISIT_TWICE,
    needs_person,
)
from hms_desktop.clinic.ehr.model import Encounter, Order
from hms_desktop.clinic.inventory.model import StockMove
from hms_desktop.clinic.inventory.queries import on_hand
from hms_desktop.clinic.patients.model import PatientIdentifier
from hms_desktop.clinic.patients.queries_people import people
from hms_desktop.clinic.pharmacy.queries import fill, supplies_of
from hms_desktop.clinic.staff.model import SessionTemplate
from hms_desktop.core.errors import NotFound
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY

Members = tuple[UUID | int, ...]
HOLDING = ("booked", "arrived", "checked-in", "fulfilled")


@query("conflict.read")
def standing(reader: Reader, kind: str, subject: UUID, table: str, group: str | None, members: Members) -> Members:
    """The members that still stand against each other; none when the matter has settled itself, or is not held here."""
    try:
        if kind in _STANDING:
            records = [m for m in members if isinstance(m, UUID)]
            return tuple(_STANDING[kind](reader, subject, records))
        return _heads(reader, subject, table, group)
    except NotFound:
        return ()


def _heads(reader: Reader, subject: UUID, table: str, group: str | None) -> Members:
    """Heads that arrived after the conflict was raised stand too, even when their members have not come yet."""
    if table not in REGISTRY or group is None:
        return ()
    spec = REGISTRY[table]
    heads = reader.heads(spec.record, subject).get(group, [])
    policy = spec.groups[group].policy
    if not heads or not needs_person(policy.state, policy.wins, [head.values for head in heads]):
        return ()
    return tuple(head.stamp for head in heads)


def _two_persons(reader: Reader, subject: UUID, members: list[UUID]) -> list[UUID]:
    apart = {person.survivor for person in people(reader, members).values()}
    return members if len(apart) > 1 else []


def _two_owners(reader: Reader, subject: UUID, members: list[UUID]) -> list[UUID]:
    rows = reader.rows(
        select(PatientIdentifier.id, PatientIdentifier.patient).where(
            PatientIdentifier.id.in_(members), PatientIdentifier.active
        )
    )
    owners = {person.survivor for person in people(reader, [row.patient for row in rows]).values()}
    return [row.id for row in rows] if len(owners) > 1 else []


def _too_many(reader: Reader, slot: UUID, members: list[UUID]) -> list[UUID]:
    rows = reader.rows(
        select(Appointment.id, Appointment.session, Appointment.status, Appointment.slot).where(
            Appointment.id.in_(members)
        )
    )
    held = [row for row in rows if row.slot == slot and row.status in HOLDING]
    session = reader.find(SessionTemplate, held[0].session) if held and held[0].session else None
    return [row.id for row in held] if len(held) > (session.capacity if session else 1) else []


def _too_much(reader: Reader, prescription: UUID, members: list[UUID]) -> list[UUID]:
    filled = fill(reader, prescription)
    if filled.supplied <= filled.authorised:
        return []
    return [s.id for s in supplies_of(reader, prescription) if s.void_reason is None and s.id in members]


def _below_zero(reader: Reader, subject: UUID, members: list[UUID]) -> list[UUID]:
    move = reader.get(StockMove, members[0])
    return members if on_hand(reader, move.batch, move.place) < 0 else []


def _paid_over(reader: Reader, invoice: UUID, members: list[UUID]) -> list[UUID]:
    page = invoice_page(reader, invoice)
    owed = 0 if page.head.credit_note else page.head.patient_total
    live = [p.id for p in page.payments if p.void_reason is None and p.id in members]
    return live if page.head.paid > owed else []


def _billed_twice(reader: Reader, charge: UUID, members: list[UUID]) -> list[UUID]:
    credited = {row.invoice for row in reader.rows(select(CreditNote.invoice).where(CreditNote.invoice.in_(members)))}
    left = [m for m in members if m not in credited]
    return left if len(left) > 1 else []


def _still_revoked(reader: Reader, order: UUID, members: list[UUID]) -> list[UUID]:
    return members if is_called_off(reader, order) else []


def _two_visits(reader: Reader, subject: UUID, members: list[UUID]) -> list[UUID]:
    was = [member for member in members if reader.get(Encounter, member).status not in NEVER_WAS]
    return was if len(was) > 1 and not joined(reader, *was) else []


@query("conflict.read")
def is_called_off(reader: Reader, order: UUID) -> bool:
    """Whether somebody called an order off, even if somebody else went on with it meanwhile."""
    heads = reader.heads(Order, order).get("state", [])
    states = {reader.get(Order, order).status, *(head.values["status"] for head in heads)}
    return bool(states & {"revoked", "entered-in-error"})


_STANDING: Mapping[str, Callable[[Reader, UUID, list[UUID]], list[UUID]]] = {
    PERSON_TWICE: _two_persons,
    IDENTIFIER_TWICE: _two_owners,
    SLOT_OVER: _too_many,
    OVER_SUPPLIED: _too_much,
    STOCK_BELOW_ZERO: _below_zero,
    PAID_TWICE: _paid_over,
    CHARGED_TWICE: _billed_twice,
    RESULT_FOR_REVOKED: _still_revoked,
    VISIT_TWICE: _two_visits,
    ADMITTED_TWICE: _two_visits,
}
