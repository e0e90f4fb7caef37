# SPDX-License-Identifier: Apache-2.0
"""Telling critical values with a read-back, releasing reports, acknowledging them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.model import Encounter, Order
from hms_desktop.clinic.ehr.service import complete_order
from hms_desktop.clinic.lab.events import CriticalValueTold, ResultAcknowledged, ResultReleased
from hms_desktop.clinic.lab.model import (
    CriticalCall,
    LabResult,
    ResultAcknowledgement,
    ResultRecipient,
    ResultRelease,
)
from hms_desktop.clinic.lab.queries_on_call import on_call
from hms_desktop.clinic.lab.queries_results import ResultRow, report_id, result, results
from hms_desktop.clinic.lab.queries_sheets import OrderSheet, sheet
from hms_desktop.clinic.lab.rules_results import read_back_matches
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.ids import rule_id
from hms_desktop.core.text import _
from hms_desktop.security.audit import record_access
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit

WAYS = ("phone", "in_person", "radio", "message")
ACTIONS = ("noted", "told_patient", "repeat", "refer", "treatment_changed")


@dataclass(frozen=True)
class Told:
    """How a call went: `done` when the value read back is the value of the result."""

    call: UUID
    done: bool


@action("lab.record_call", needs="critical.call")
def record_call(
    unit: Unit,
    result_id: UUID,
    *,
    told: str,
    way: str,
    at: datetime,
    read_back: Decimal,
    told_person: UUID | None = None,
    role: str | None = None,
    note: str | None = None,
) -> Told:
    """Record that somebody was told a critical value and what they read back; a different value keeps it open."""
    row, display = _open_critical(unit, result_id)
    _check_call(unit, row, told, way, at)
    if row.value is None:
        raise Refused(_("{test} has no number to read back.").format(test=display))
    done = read_back_matches(row.value, read_back)
    return _add_call(unit, row, display, told, way, at, True, read_back, done, told_person, role, note)


@action("lab.could_not_reach", needs="critical.call")
def could_not_reach(
    unit: Unit,
    result_id: UUID,
    *,
    told: str,
    way: str,
    at: datetime,
    told_person: UUID | None = None,
    role: str | None = None,
    note: str | None = None,
) -> Told:
    """Record an attempt to tell a critical value that reached nobody; the next person on the list is called."""
    row, display = _open_critical(unit, result_id)
    _check_call(unit, row, told, way, at)
    return _add_call(unit, row, display, told, way, at, False, None, False, told_person, role, note)


def _open_critical(unit: Unit, result_id: UUID) -> tuple[ResultRow, str]:
    row = result(unit, result_id)
    display = row.display
    if not row.critical:
        raise Refused(_("{test} is not critical: nobody needs to be phoned.").format(test=display))
    if not row.stands:
        raise Refused(_("{test}: this version no longer stands. Phone the newer value.").format(test=display))
    if not row.call_open:
        raise Refused(_("{test} was already told and read back.").format(test=display))
    return row, display


def _check_call(unit: Unit, row: ResultRow, told: str, way: str, at: datetime) -> None:
    if not told.strip():
        raise BadInput(_("Say who was called."), "told")
    if way not in WAYS:
        raise BadInput(_("Say how they were called."), "way")
    if at > unit.now:
        raise BadInput(_("The time of the call is in the future. Check it."), "at")
    if at < row.entered.at.replace(second=0, microsecond=0):
        raise BadInput(_("The time of the call is before the result. Check it."), "at")


def _add_call(
    unit: Unit,
    row: ResultRow,
    display: str,
    told: str,
    way: str,
    at: datetime,
    reached: bool,
    read_back: Decimal | None,
    done: bool,
    person: UUID | None,
    role: str | None,
    note: str | None,
) -> Told:
    id = unit.add(
        CriticalCall,
        result=row.id,
        told=told.strip(),
        told_person=person,
        role=role,
        way=way,
        at=at,
        reached=reached,
        read_back=read_back,
        matched=done,
        by=unit.person.id,
        note=(note or "").strip() or None,
    )
    patient = unit.get(LabResult, row.id).patient
    unit.announce(CriticalValueTold(id, row.id, row.order, patient, row.test, display, told.strip(), done, at))
    return Told(id, done)


class ValuesChanged(Refused):
    """Other values stand by now than those that were shown when it was asked whether they go out."""

    def __init__(self, test: str) -> None:
        super().__init__(
            _("The values of {test} changed since you were asked. Read them again, then release what you see.").format(
                test=test
            )
        )


@action("lab.release", needs="result.release")
def release(
    unit: Unit, order: UUID, *, although_revoked: str | None = None, seen: Collection[UUID] | None = None
) -> UUID:
    """Release the report of an order, as a new version if one is out: everyone who got the last one gets this too.

    Refused, with what is missing, until every value is entered, critical ones are read back and all are verified
    twice; and for a revoked order unless `although_revoked` says why its result goes out all the same. With `seen`,
    the versions of values that who releases was shown, ValuesChanged is raised when others stand by now.
    """
    found = sheet(unit, order)
    standing = [line.result for line in found.lines if line.result is not None]
    if seen is not None and set(seen) != {r.id for r in standing}:
        raise ValuesChanged(found.test.display)
    _refuse_release(unit, found, although_revoked)
    version, row = found.released + 1, unit.get(Order, order)
    report = report_id(order)
    id = unit.add(
        ResultRelease,
        report=report,
        order=order,
        patient=row.patient,
        version=version,
        at=unit.now,
        by=unit.person.id,
        results=[str(r.id) for r in standing],
        corrected=version > 1,
    )
    recipients = _recipients(unit, row)
    for person in recipients:
        unit.add(ResultRecipient, id=rule_id(id, "recipient:" + person.hex), release=id, person=person)
    complete_order(unit, order)
    unit.announce(
        ResultReleased(
            id,
            report,
            order,
            row.patient,
            row.encounter,
            row.code,
            found.test.display,
            found.test.price_code,
            version,
            version > 1,
            any(r.critical for r in standing),
            recipients,
            max(r.entered.at for r in standing),
            unit.now,
        )
    )
    return id


def _refuse_release(unit: Unit, found: OrderSheet, although_revoked: str | None) -> None:
    if found.holds is not None:
        raise Refused(found.holds)
    rival = next((line for line in found.lines if line.rivals), None)
    if rival is not None:
        raise Refused(
            _("{test} was entered on two benches. Mark the wrong value as a mistake first.").format(
                test=rival.test.display
            )
        )
    if found.released and not found.changed:
        raise Refused(_("This report is already released and nothing changed since."))
    if found.order.status == "revoked" and not (although_revoked or "").strip():
        raise Refused(
            _(
                "{name} was cancelled ({reason}). Ask who cancelled it, then release it with a reason or leave it."
            ).format(name=found.order.display, reason=found.order.stop_reason or "–")
        )


def _recipients(unit: Unit, order: Row[Any]) -> tuple[UUID, ...]:
    """Who ordered it, everyone who received or acknowledged an earlier version, everyone who was told on the phone.

    A correction for a patient who has left meanwhile also goes to who is on call: somebody has to reach the patient.
    """
    people: set[UUID] = {order.requester} if order.requester else set()
    earlier = select(ResultRelease.id).where(ResultRelease.order == order.id)
    got = select(ResultRecipient.person).where(ResultRecipient.release.in_(earlier))
    seen = select(ResultAcknowledgement.by).where(ResultAcknowledgement.release.in_(earlier))
    people |= {row.person for row in unit.rows(got)} | {row.by for row in unit.rows(seen)}
    ids = [r.id for r in results(unit, [order.id])[order.id]]
    told = select(CriticalCall.told_person).where(CriticalCall.result.in_(ids), CriticalCall.reached)
    people |= {row.told_person for row in unit.rows(told) if row.told_person is not None}
    visit = unit.find(Encounter, order.encounter) if order.encounter else None
    if unit.first(earlier) is not None and visit is not None and visit.status == "finished":
        people |= on_call(unit)
    return tuple(sorted(people))


@action("lab.open_critical", needs="result.read")
def open_critical(unit: Unit, result_id: UUID) -> UUID:
    """Write down that a critical value which is not released yet is about to be shown to who must act on it."""
    record_access(unit, "result", unit.get(LabResult, result_id).patient, "critical value")
    return result_id


@action("lab.open_result", needs="result.read")
def open_result(unit: Unit, release_id: UUID) -> UUID:
    """Write down that a released report is about to be shown; returns it. Once for each opening."""
    row = unit.get(ResultRelease, release_id)
    record_access(unit, "result", row.patient, "report")
    return release_id


@action("lab.acknowledge", needs="result.acknowledge")
def acknowledge(unit: Unit, release_id: UUID, action: str, note: str | None = None) -> UUID:
    """Say that a released report was seen and what follows from it; a corrected version asks for this again."""
    row = unit.get(ResultRelease, release_id)
    if action not in ACTIONS:
        raise BadInput(_("Choose what follows from the result."), "action")
    newest = unit.scalar(
        select(ResultRelease.version).where(ResultRelease.order == row.order).order_by(ResultRelease.version.desc())
    )
    if newest != row.version:
        raise Refused(_("This result was corrected. Open the newer version and acknowledge that one."))
    already = select(ResultAcknowledgement.id).where(
        ResultAcknowledgement.release == release_id, ResultAcknowledgement.by == unit.person.id
    )
    if (found := unit.scalar(already)) is not None:
        known: UUID = found
        return known
    id = unit.add(
        ResultAcknowledgement,
        release=release_id,
        by=unit.person.id,
        at=unit.now,
        action=action,
        note=(note or "").strip() or None,
    )
    unit.announce(ResultAcknowledged(id, release_id, row.order, row.patient, unit.person.id, action, unit.now))
    return id
