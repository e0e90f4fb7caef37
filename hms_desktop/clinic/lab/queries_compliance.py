# SPDX-License-Identifier: Apache-2.0
"""How the laboratory keeps its promise to tell critical values: each one, the attempts, the time it took, the sums."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median_low
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.lab.model import LabResult, Specimen
from hms_desktop.clinic.lab.queries_calls import call_minutes
from hms_desktop.clinic.lab.queries_results import CallRow, ResultRow, result
from hms_desktop.clinic.patients.queries_people import PatientName, names
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

CallState = Literal["in-time", "late", "waiting", "overdue", "replaced", "mistake"]


@dataclass(frozen=True)
class CriticalValue:
    """One critical value as it was found, which no later correction changes, and what was done to tell it.

    `minutes` from the value to the read-back, None while nobody read it back. `replaced` or a `mistake` before anybody
    was told: no call was owed any more.
    """

    result: UUID
    order: UUID
    specimen: UUID
    patient: PatientName | None
    accession: str
    display: str
    value: str
    unit: str | None
    flag: str | None
    seen: datetime
    attempts: tuple[CallRow, ...]
    told: CallRow | None
    minutes: int | None
    state: CallState

    @property
    def unreached(self) -> int:
        """How many attempts reached nobody."""
        return sum(not call.reached for call in self.attempts)


@dataclass(frozen=True)
class CriticalReport:
    """Every critical value found from `since` up to `until` (not included), newest first, against the target."""

    since: datetime
    until: datetime
    target_minutes: int
    rows: tuple[CriticalValue, ...]

    def count(self, *states: CallState) -> int:
        """How many are in one of these states."""
        return sum(row.state in states for row in self.rows)

    @property
    def owed(self) -> int:
        """How many calls were owed."""
        return len(self.rows) - self.count("replaced", "mistake")

    @property
    def due(self) -> int:
        """How many were told, or are overdue: what can be counted against the target."""
        return self.count("in-time", "late", "overdue")

    @property
    def percent(self) -> int | None:
        """Whole percent told within the target, of those that were due; None when there is none."""
        if not self.due:
            return None
        share = Decimal(100 * self.count("in-time")) / self.due
        return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    @property
    def median_minutes(self) -> int | None:
        """The middle of the minutes it took; None when nobody was told."""
        taken = [row.minutes for row in self.rows if row.minutes is not None]
        return median_low(taken) if taken else None

    @property
    def unreached(self) -> int:
        """How many attempts reached nobody."""
        return sum(row.unreached for row in self.rows)


@query("lab.read")
def critical_report(reader: Reader, since: datetime, until: datetime) -> CriticalReport:
    """The report of a time span. Values and their calls are facts: what was told once is never written over."""
    question = (
        select(LabResult.id, LabResult.patient, Specimen.accession)
        .join(Specimen, Specimen.id == LabResult.specimen)
        .where(LabResult.critical, LabResult.resulted_at >= since, LabResult.resulted_at < until)
        .order_by(LabResult.resulted_at.desc(), LabResult.id)
    )
    rows = reader.rows(question)
    who = names(reader, {row.patient for row in rows})
    target = call_minutes(reader)
    found = tuple(_critical(reader, row, who.get(row.patient), target) for row in rows)
    return CriticalReport(since, until, target, found)


def _critical(reader: Reader, row: Row[Any], who: PatientName | None, target: int) -> CriticalValue:
    found = result(reader, row.id)
    told = next((call for call in found.calls if call.done), None)
    minutes = max(0, int((told.at - found.entered.at).total_seconds() // 60)) if told else None
    return CriticalValue(
        found.id,
        found.order,
        found.specimen,
        who,
        row.accession,
        found.display,
        str(found.value) if found.value is not None else found.text or "",
        found.unit,
        found.flag,
        found.entered.at,
        found.calls,
        told,
        minutes,
        _state(found, told, target, reader.now),
    )


def _state(found: ResultRow, told: CallRow | None, target: int, now: datetime) -> CallState:
    until = found.entered.at + timedelta(minutes=target)
    if told is not None:
        return "in-time" if told.at <= until else "late"
    if found.voided is not None:
        return "mistake"
    if found.replaced:
        return "replaced"
    return "waiting" if now <= until else "overdue"
