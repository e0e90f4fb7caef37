# SPDX-License-Identifier: Apache-2.0
"""Settling: a person decides, the decision names the members it covers, and the rows follow in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from hms_desktop.clinic.appointments import service as bookings
from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.billing import service_payments as payments
from hms_desktop.clinic.conflicts.events import ConflictSettled
from hms_desktop.clinic.conflicts.queries import Entry, OpenConflict, entry
from hms_desktop.clinic.conflicts.queries_details import Details, details
from hms_desktop.clinic.conflicts.queries_visits import by_hand
from hms_desktop.clinic.conflicts.queries_words import group_label, group_words
from hms_desktop.clinic.conflicts.rules import (
    ADMITTED_TWICE,
    CHARGED_TWICE,
    IDENTIFIER_TWICE,
    OVER_SUPPLIED,
    PAID_TWICE,
    PERSON_TWICE,
    RESULT_FOR_REVOKED,
    RIGHT_TO_SETTLE,
    SAFETY,
    SLOT_OVER,
    STOCK_BELOW_ZERO,
    VALUES,
    VISIT_TWICE,
)
from hms_desktop.clinic.ehr.model import Encounter, Order, Prescription
from hms_desktop.clinic.ehr.service_prescriptions import as_signed
from hms_desktop.clinic.ehr.service_visits import join_visit
from hms_desktop.clinic.inventory.model import StockMove
from hms_desktop.clinic.inventory.service import adjust_stock
from hms_desktop.clinic.inventory.service_controlled import sign_controlled
from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.service_details import end_identifier
from hms_desktop.core.dates import show_moment
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.audit import record_access
from hms_desktop.security.permissions import action
from hms_desktop.storage.conflicts import conflict_tables
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import Unit

KEEP = {
    SLOT_OVER: "see-all",
    OVER_SUPPLIED: "accept-supply",
    IDENTIFIER_TWICE: "keep-both",
    RESULT_FOR_REVOKED: "keep-result",
    CHARGED_TWICE: "keep-both",
    VISIT_TWICE: "two-visits",
    ADMITTED_TWICE: "two-visits",
}
"""Kinds of conflict that a person may let stand as they are, with a reason, and the name of that choice."""
WAITS = ("arrived", "checked-in")
SIGNED = frozenset({"what", "dose"})
"""What of a prescription is signed for: choosing it anew is signing it anew."""


@dataclass(frozen=True)
class Chosen:
    """For one group of a record: the stamp of the head that is right."""

    group: str
    stamp: int


@action("conflicts.open", needs="conflict.read")
def open_conflict(unit: Unit, *, conflict: UUID) -> Details:
    """Open one line of the inbox; the look at a patient's data is written down before anything is shown."""
    found = entry(unit, conflict)
    if found.patient is not None:
        record_access(unit, "chart", found.patient.patient, "conflict inbox")
    return details(unit, conflict)


@action("conflicts.choose", needs="conflict.read")
def choose(
    unit: Unit,
    *,
    conflict: UUID,
    chosen: tuple[Chosen, ...],
    reason: str | None = None,
    alike: tuple[tuple[UUID, tuple[Chosen, ...]], ...] = (),
) -> None:
    """Say which of the standing values is right, group by group; every open group of the record needs a choice.

    The values of a group stay together: nobody can mix two people's orders. Groups in which a rule had chosen may be
    put back to another standing value in the same act. Who chooses the dose of a controlled medicine signs for it, with
    a second factor (SecondFactorNeeded). `alike` are further conflicts settled by one rule for all, with a reason;
    Refused for any that may harm somebody: those are chosen one by one.
    """
    _choose_one(unit, _owned(unit, conflict, VALUES), chosen, reason)
    for other, picked in alike:
        found = _owned(unit, other, VALUES)
        if found.gravity == SAFETY:
            raise Refused(_("{what} may harm somebody: choose it by itself.").format(what=found.title.what))
        _choose_one(unit, found, picked, _need(reason or ""))


def _choose_one(unit: Unit, found: Entry, chosen: tuple[Chosen, ...], reason: str | None) -> None:
    picked = {one.group: one.stamp for one in chosen}
    missing = [c.group for c in found.conflicts if c.group not in picked]
    if missing:
        first = found.conflicts[0]
        label = ", ".join(group_label(first.table, group or "") for group in missing)
        raise BadInput(_("Choose one side for: {label}.").format(label=label), "chosen")
    shown = _write_choices(unit, found, picked)
    for one in found.conflicts:
        stamp = picked[one.group or ""]
        _settle(unit, found, one, f"head:{stamp}", reason, shown.get(one.group or "", ""))
    first = found.conflicts[0]
    if first.table == Prescription.__tablename__ and picked.keys() & SIGNED:
        sign_controlled(unit, [as_signed(unit.get(Prescription, first.subject))])


def _write_choices(unit: Unit, found: Entry, picked: Mapping[str, int]) -> dict[str, str]:
    """Write each group anew with the chosen head's values, which replaces every head that stands."""
    first = found.conflicts[0]
    spec = REGISTRY[first.table]
    heads = unit.heads(spec.record, first.subject)
    shown = {}
    for group, stamp in picked.items():
        head = next((h for h in heads.get(group, []) if h.stamp == stamp), None)
        if head is None:
            raise Refused(_("The value that you chose no longer stands: look at the conflict again."))
        known = {name: value for name, value in head.values.items() if name in spec.kinds}
        unit.change(spec.record, first.subject, **known)
        shown[group] = group_words(unit, first.table, group, head.values)
    return shown


@action("conflicts.join_charts", needs="conflict.read")
def join_charts(unit: Unit, *, conflict: UUID, survivor: UUID, reason: str) -> None:
    """The two charts are one person's: they are joined, `survivor` goes on, both histories stay whole."""
    found = _owned(unit, conflict, PERSON_TWICE)
    one = found.conflicts[0]
    others = [m for m in one.members if isinstance(m, UUID) and m != survivor]
    if survivor not in one.members or not others:
        raise Refused(_("Choose one of the two charts to go on with."))
    for other in others:
        register.link_charts(unit, survivor=survivor, replaced=other, reason=reason)
    _settle(unit, found, one, "joined", reason, _("two charts joined"))


@action("conflicts.keep_apart", needs="conflict.read")
def keep_apart(unit: Unit, *, conflict: UUID, reason: str) -> None:
    """The two charts are two persons'; nobody is asked about this pair again."""
    found = _owned(unit, conflict, PERSON_TWICE)
    one = found.conflicts[0]
    first, second = [m for m in one.members if isinstance(m, UUID)][:2]
    decided = register.LookAlikeChoice(second, "different", _need(reason))
    register.decide_look_alike(unit, patient=first, decided=decided)
    _settle(unit, found, one, "kept-apart", reason, _("two persons"))


@action("conflicts.join_visits", needs="conflict.read")
def join_visits(unit: Unit, *, conflict: UUID, survivor: UUID, reason: str) -> None:
    """The two visits are one: `survivor` goes on, the other ends; both keep all that was written in them.

    Where histories meet, what both were charged for is charged once, and who lies in two beds lies in one.
    """
    found = entry(unit, conflict)
    one = found.conflicts[0]
    others = [m for m in one.members if isinstance(m, UUID) and m != survivor]
    if found.kind not in (VISIT_TWICE, ADMITTED_TWICE) or survivor not in one.members or not others:
        raise Refused(_("Choose one of the two visits to go on with."))
    _may_settle(unit, found)
    for other in others:
        row = unit.get(Encounter, other)
        walk_in = by_hand(unit, row)
        join_visit(unit, survivor=survivor, replaced=other, reason=_need(reason))
        if row.appointment is not None and unit.get(Appointment, row.appointment).status in WAITS:
            if walk_in:
                bookings.enter_in_error(unit, appointment=row.appointment, reason=_("taken in twice: one visit"))
            else:
                bookings.fulfil(unit, appointment=row.appointment)
    _settle(unit, found, one, f"joined:{survivor}", reason, _("one visit"))


@action("conflicts.end_identifier", needs="conflict.read")
def end_wrong_identifier(unit: Unit, *, conflict: UUID, identifier: UUID, reason: str) -> None:
    """One of the two persons does not have this number: it is taken off their chart and stays in its history."""
    found = _owned(unit, conflict, IDENTIFIER_TWICE)
    end_identifier(unit, identifier=identifier, reason=_need(reason))
    _settle(unit, found, found.conflicts[0], f"ended:{identifier}", reason, _("number taken off one chart"))


@action("conflicts.move_booking", needs="conflict.read")
def move_booking(
    unit: Unit, *, conflict: UUID, appointment: UUID, session: UUID, starts: datetime, reason: str
) -> None:
    """Move one of the bookings to another time; while more are left than the slot has places, the rest stays open."""
    found = _owned(unit, conflict, SLOT_OVER)
    if appointment not in found.conflicts[0].standing:
        raise Refused(_("This booking is not one of those that stand against each other: open the conflict again."))
    bookings.move(unit, appointment=appointment, session=session, starts=starts, reason=reason)
    said = _("moved to {time}").format(time=show_moment(starts.astimezone(unit.clinic.zone)))
    _settle(unit, found, found.conflicts[0], f"moved:{appointment}", reason, said, (appointment,))


@action("conflicts.count_shelf", needs="conflict.read")
def count_shelf(unit: Unit, *, conflict: UUID, counted: Decimal, reason: str) -> None:
    """Write what is really on the shelf; the stock is right again and the conflict is settled."""
    found = _owned(unit, conflict, STOCK_BELOW_ZERO)
    one = found.conflicts[0]
    first = next(m for m in one.members if isinstance(m, UUID))
    move = unit.get(StockMove, first)
    adjust_stock(unit, batch=move.batch, place=move.place, counted=counted, reason="count", note=_need(reason))
    _settle(unit, found, one, "counted", reason, _("shelf counted"))


@action("conflicts.void_payment", needs="conflict.read")
def void_double_payment(unit: Unit, *, conflict: UUID, payment: UUID, reason: str) -> None:
    """One of the payments did not happen, or was given back: it is void, with a reason."""
    found = _owned(unit, conflict, PAID_TWICE)
    payments.void_payment(unit, payment=payment, reason=_need(reason))
    _settle(unit, found, found.conflicts[0], f"voided:{payment}", reason, _("second payment void"))


@action("conflicts.keep_as_credit", needs="conflict.read")
def keep_as_credit(unit: Unit, *, conflict: UUID, reason: str) -> None:
    """What was paid too much stays with the clinic as the patient's credit."""
    found = _owned(unit, conflict, PAID_TWICE)
    one = found.conflicts[0]
    payments.release_overpaid(unit, invoice=one.subject)
    _settle(unit, found, one, "credit", reason, _("kept as credit"))


@action("conflicts.credit_invoice", needs="conflict.read")
def credit_double_invoice(unit: Unit, *, conflict: UUID, invoice: UUID, reason: str) -> None:
    """One of the invoices is taken back by a credit note."""
    found = _owned(unit, conflict, CHARGED_TWICE)
    billing.credit_invoice(unit, invoice=invoice, reason=_need(reason))
    _settle(unit, found, found.conflicts[0], f"credited:{invoice}", reason, _("invoice taken back"))


@action("conflicts.let_stand", needs="conflict.read")
def let_stand(unit: Unit, *, conflict: UUID, reason: str) -> None:
    """It stays as it happened, and a person stands for that with a reason; a further member opens it again."""
    found = entry(unit, conflict)
    if found.kind not in KEEP:
        raise Refused(_("This can't be left as it is: choose what is right."))
    _may_settle(unit, found)
    if found.kind == RESULT_FOR_REVOKED:
        _end_order(unit, found.conflicts[0].subject, "revoked")
    for one in found.conflicts:
        _settle(unit, found, one, KEEP[found.kind], _need(reason), _("left as it is: {reason}").format(reason=reason))


@action("conflicts.count_as_done", needs="conflict.read")
def count_as_done(unit: Unit, *, conflict: UUID, reason: str) -> None:
    """The result counts although the order was taken back: the order is done, and its history keeps who revoked it."""
    found = _owned(unit, conflict, RESULT_FOR_REVOKED)
    one = found.conflicts[0]
    if not _end_order(unit, one.subject, "completed"):
        raise Refused(_("This result never went out. Release it at the bench with a reason, or leave it."))
    _settle(unit, found, one, "completed", _need(reason), _("the order counts as done: {reason}").format(reason=reason))


def _end_order(unit: Unit, order: UUID, status: str) -> bool:
    """Let one state stand of an order that the bench completed and a desk revoked; False when there are no two."""
    heads = unit.heads(Order, order).get("state", [])
    head = next((one for one in heads if one.values["status"] == status), None)
    if head is None:
        return False
    unit.change(Order, order, status=status, stop_reason=head.values.get("stop_reason"))
    return True


def _owned(unit: Unit, conflict: UUID, kind: str) -> Entry:
    """The open line of a conflict, when it is of this kind and the person may settle it."""
    found = entry(unit, conflict)
    if found.kind != kind:
        raise Refused(_("This conflict is settled in another way: open it again."))
    _may_settle(unit, found)
    return found


def _may_settle(unit: Unit, found: Entry) -> None:
    unit.check(RIGHT_TO_SETTLE[found.conflicts[0].module])


def _settle(
    unit: Unit,
    found: Entry,
    one: OpenConflict,
    choice: str,
    reason: str | None,
    said: str,
    members: tuple[UUID | int, ...] | None = None,
) -> None:
    """The settlement, which names every member known here (or those given), and what the timeline says of it."""
    table = conflict_tables(one.module)[2]
    named = members or tuple(dict.fromkeys((*one.members, *one.standing)))
    settlement = unit.add(
        table.record,
        conflict=one.id,
        members=[m if isinstance(m, int) else str(m) for m in named],
        choice=choice,
        reason=(reason or "").strip() or None,
        by=unit.person.id,
    )
    title = _("Settled: {what} — {choice}").format(what=found.title.what, choice=said)
    unit.announce(ConflictSettled(settlement, table.name, one.id, one.kind, found.title.patient, title))


def _need(reason: str) -> str:
    if not reason.strip():
        raise BadInput(_("Type a reason; it stays with the record."), "reason")
    return reason.strip()
