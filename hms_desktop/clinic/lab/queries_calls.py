# SPDX-License-Identifier: Apache-2.0
"""Critical values that wait for a call, whom to call, whose inbox they are in, and results of orders called off."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.model import Order
from hms_desktop.clinic.ehr.queries import OrderRow, order
from hms_desktop.clinic.lab.model import CriticalCall, LabResult, LabResultVoid, Specimen
from hms_desktop.clinic.lab.queries_on_call import on_call
from hms_desktop.clinic.lab.queries_results import ResultRow, result
from hms_desktop.clinic.patients.queries_people import PatientName, names
from hms_desktop.security.accounts import Account, setting
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

CALL_MINUTES = "lab.critical_call_minutes"
"""Site setting: minutes from a critical value to the call."""
DEFAULT_CALL_MINUTES = 30
CARERS = ("doctor", "trainee_doctor", "nurse")


@dataclass(frozen=True)
class OpenCritical:
    """A critical value that nobody has read back yet; `call_by` is when somebody must have been reached."""

    result: ResultRow
    accession: str
    patient: PatientName | None
    requester: UUID | None
    attempts: int
    call_by: datetime

    def escalated(self, now: datetime) -> bool:
        """Whether the time to reach somebody ran out: it goes to who is on call."""
        return now > self.call_by


@dataclass(frozen=True)
class ToCall:
    """Somebody who may be told a critical value; `tried` how often they could not be reached for it."""

    person: UUID
    name: str
    role: str
    ordered_it: bool
    tried: int
    on_call: bool = False


@dataclass(frozen=True)
class RevokedWithResult:
    """An order that was called off and has a result: somebody has to decide what becomes of it."""

    order: OrderRow
    results: tuple[UUID, ...]


@query("lab.read")
def critical_open(reader: Reader) -> list[OpenCritical]:
    """Every critical value that stands and was not read back, the longest waiting first."""
    same = CriticalCall.result == LabResult.id
    done = select(CriticalCall.id).where(same, CriticalCall.reached, CriticalCall.matched)
    void = select(LabResultVoid.id).where(LabResultVoid.result == LabResult.id)
    newer = select(_NEWER.id).where(_NEWER.replaces == LabResult.id)
    question = (
        select(LabResult.id, LabResult.patient, LabResult.order, Specimen.accession)
        .join(Specimen, Specimen.id == LabResult.specimen)
        .where(LabResult.critical, ~done.exists(), ~void.exists(), ~newer.exists())
    )
    rows = reader.rows(question.order_by(LabResult.resulted_at))
    who = names(reader, {row.patient for row in rows})
    return [_open(reader, row, who) for row in rows]


def _open(reader: Reader, row: Row[Any], who: dict[UUID, PatientName]) -> OpenCritical:
    found = result(reader, row.id)
    asked = reader.find(Order, row.order)
    return OpenCritical(
        found,
        row.accession,
        who.get(row.patient),
        asked.requester if asked else None,
        len(found.calls),
        call_by(reader, found),
    )


@query("result.read", "lab.read")
def critical_inbox(reader: Reader) -> list[OpenCritical]:
    """The critical values that wait for this person, released or not.

    Who ordered it has it at once; who is on call when the orderer is not, and when the time to reach somebody ran out.
    """
    me, covers = reader.person.id, on_call(reader)

    def mine(one: OpenCritical) -> bool:
        if one.requester == me:
            return True
        return me in covers and (one.requester not in covers or one.escalated(reader.now))

    return [one for one in critical_open(reader) if mine(one)]


@query("lab.read")
def call_by(reader: Reader, found: ResultRow) -> datetime:
    """When somebody must have been told: a while after the value, or after the last attempt that failed."""
    minutes = call_minutes(reader)
    last = max((call.at for call in found.calls), default=found.entered.at)
    step = minutes if not found.calls else max(minutes // 3, 5)
    return last + timedelta(minutes=step)


@query("lab.read")
def call_minutes(reader: Reader) -> int:
    """Within how many minutes a critical value must be told here."""
    return int(setting(reader, CALL_MINUTES, DEFAULT_CALL_MINUTES))


@query("lab.read")
def call_list(reader: Reader, id: UUID) -> list[ToCall]:
    """Whom to call for a critical value: who ordered it, who is on call, then other clinicians.

    Who was not reached goes to the end; when the time ran out, who is on call comes first.
    """
    found = result(reader, id)
    asked = reader.find(Order, found.order)
    requester = asked.requester if asked else None
    tried = reader.rows(select(CriticalCall.told_person, CriticalCall.reached).where(CriticalCall.result == id))
    counts = [row.told_person for row in tried if not row.reached]
    covers, late = on_call(reader), reader.now > call_by(reader, found)
    listed = [
        replace(c, ordered_it=c.person == requester, tried=counts.count(c.person), on_call=c.person in covers)
        for c in clinicians(reader)
    ]
    return sorted(
        listed,
        key=lambda c: (c.tried, late and not c.on_call, not c.ordered_it, not c.on_call, CARERS.index(c.role), c.name),
    )


@query("staff.read")
def clinicians(reader: Reader) -> list[ToCall]:
    """Everybody active who treats patients, by name."""
    people = reader.rows(select(Account.id, Account.name, Account.roles).where(Account.active).order_by(Account.name))
    return [
        ToCall(p.id, p.name, role, False, 0)
        for p in people
        if (role := next((r for r in CARERS if r in p.roles), None)) is not None
    ]


@query("result.read", "lab.read")
def revoked_with_result(reader: Reader, orders: Collection[UUID]) -> list[RevokedWithResult]:
    """Which of these orders were called off while the laboratory has results for them."""
    question = select(LabResult.id, LabResult.order).where(LabResult.order.in_(list(orders)))
    by_order: dict[UUID, list[UUID]] = {}
    for made in reader.rows(question) if orders else ():
        by_order.setdefault(made.order, []).append(made.id)
    found = []
    for id, results in by_order.items():
        row = reader.find(Order, id)
        heads = reader.heads(Order, id).get("state", [])
        if row is not None and "revoked" in (row.status, *(h.values["status"] for h in heads)):
            found.append(RevokedWithResult(order(reader, id), tuple(results)))
    return found


_NEWER = LabResult.__table__.alias("newer").c
