# SPDX-License-Identifier: Apache-2.0
"""Results of orders: every version with who stands for it, what holds a report up, values before, critical calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.model import Observation, ObservationVoid
from hms_desktop.clinic.ehr.queries_people import person_names
from hms_desktop.clinic.lab.model import (
    CriticalCall,
    LabResult,
    LabResultVoid,
    LabTest,
    ResultRelease,
    ResultVerification,
)
from hms_desktop.clinic.lab.queries_catalogue import LabTestRow
from hms_desktop.clinic.lab.rules_results import MEDICAL, TECHNICAL, Before, Standing
from hms_desktop.clinic.patients.queries_people import seen_person
from hms_desktop.core.ids import rule_id
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class Mark:
    """Somebody stood for a result: who, and when."""

    by: UUID
    name: str
    at: datetime


@dataclass(frozen=True)
class CallRow:
    """One attempt to tell a critical value."""

    id: UUID
    told: str
    role: str | None
    way: str
    at: datetime
    by: str
    reached: bool
    read_back: Decimal | None
    matched: bool
    note: str | None

    @property
    def done(self) -> bool:
        """Somebody was reached and read the same value back."""
        return self.reached and self.matched


@dataclass(frozen=True)
class ResultRow:
    """One version of a value. `replaced` by a newer version: struck but visible. `released` in some report.

    `display` is the name in the catalogue it was made with; `reason` says why the released value was corrected.
    """

    id: UUID
    order: UUID
    specimen: UUID
    test: str
    display: str
    version: int
    value: Decimal | None
    text: str | None
    unit: str | None
    low: Decimal | None
    high: Decimal | None
    flag: str | None
    critical: bool
    delta_exceeded: bool
    status: str
    reason: str | None
    comment: str | None
    entered: Mark
    technical: Mark | None
    medical: Mark | None
    replaces: UUID | None
    replaced: bool
    voided: str | None
    released: bool
    calls: tuple[CallRow, ...]
    saved_here: bool

    @property
    def stands(self) -> bool:
        """Whether this version is the one that counts."""
        return not self.replaced and self.voided is None

    @property
    def call_open(self) -> bool:
        """Critical and nobody has read it back yet."""
        return self.critical and self.stands and not any(call.done for call in self.calls)

    @property
    def as_standing(self) -> Standing:
        """The same as the verification rules see it."""
        return Standing(
            self.id,
            self.display,
            self.entered.by,
            self.flag,
            self.critical,
            self.delta_exceeded,
            self.value is not None,
            self.technical.by if self.technical else None,
            self.medical.by if self.medical else None,
            self.replaced,
            self.voided is not None,
            not self.call_open,
        )


@dataclass(frozen=True)
class Point:
    """A value of the past, for the sparkline and the change."""

    at: datetime
    value: Decimal


def report_id(order: UUID) -> UUID:
    """The report of an order, by rule: each release is a version of it."""
    return rule_id(order, "report")


@query("result.read", "lab.read")
def results(reader: Reader, orders: Collection[UUID]) -> dict[UUID, list[ResultRow]]:
    """Order to every version of its values, oldest first."""
    question = select(LabResult.__table__).where(LabResult.order.in_(list(orders)))
    rows = reader.rows(question.order_by(LabResult.test, LabResult.version, LabResult.k)) if orders else []
    found: dict[UUID, list[ResultRow]] = defaultdict(list)
    for row in _with_marks(reader, rows):
        found[row.order].append(row)
    return found


@query("result.read", "lab.read")
def result(reader: Reader, id: UUID) -> ResultRow:
    """One version of a value; NotFound when it is not on this device."""
    return _with_marks(reader, [reader.get(LabResult, id)])[0]


def _with_marks(reader: Reader, rows: list[Row[Any]]) -> list[ResultRow]:
    ids = [row.id for row in rows]
    if not ids:
        return []
    made_with = select(LabTest.id, LabTest.display).where(LabTest.id.in_({row.definition for row in rows}))
    display = {row.id: row.display for row in reader.rows(made_with)}
    marks = reader.rows(select(ResultVerification.__table__).where(ResultVerification.result.in_(ids)))
    voids = {
        r.result: r.reason
        for r in reader.rows(select(LabResultVoid.result, LabResultVoid.reason).where(LabResultVoid.result.in_(ids)))
    }
    calls = _calls(reader, ids)
    out = _released(reader, {row.order for row in rows})
    replaced = _replaced(reader, ids, out)
    who = person_names(reader, [*(row.entered_by for row in rows), *(mark.by for mark in marks)])
    first_last = sorted(marks, key=lambda mark: mark.at, reverse=True)
    by_level = {(m.result, m.level): Mark(m.by, who[m.by], m.at) for m in first_last}
    here = reader.local_only(ids)
    return [
        ResultRow(
            r.id,
            r.order,
            r.specimen,
            r.test,
            display.get(r.definition, r.test),
            r.version,
            r.value,
            r.text_value,
            r.unit,
            r.reference_low,
            r.reference_high,
            r.flag,
            r.critical,
            r.delta_exceeded,
            r.status,
            r.reason,
            r.comment,
            Mark(r.entered_by, who[r.entered_by], r.resulted_at),
            by_level.get((r.id, TECHNICAL)),
            by_level.get((r.id, MEDICAL)),
            r.replaces,
            r.id in replaced,
            voids.get(r.id),
            r.id in out,
            tuple(calls.get(r.id, ())),
            r.id in here,
        )
        for r in rows
    ]


def _replaced(reader: Reader, ids: list[UUID], out: set[UUID]) -> set[UUID]:
    """Those with a newer version. A correction that was itself a mistake leaves the released value standing."""
    mistake = select(LabResultVoid.id).where(LabResultVoid.result == LabResult.id).exists()
    rows = reader.rows(select(LabResult.replaces, mistake.label("void")).where(LabResult.replaces.in_(ids)))
    return {row.replaces for row in rows if not (row.void and row.replaces in out)}


def _calls(reader: Reader, ids: list[UUID]) -> dict[UUID, list[CallRow]]:
    question = select(CriticalCall.__table__).where(CriticalCall.result.in_(ids))
    rows = reader.rows(question.order_by(CriticalCall.at, CriticalCall.id))
    who = person_names(reader, [row.by for row in rows])
    found: dict[UUID, list[CallRow]] = defaultdict(list)
    for r in rows:
        found[r.result].append(
            CallRow(r.id, r.told, r.role, r.way, r.at, who[r.by], r.reached, r.read_back, r.matched, r.note)
        )
    return found


def _released(reader: Reader, orders: Iterable[UUID]) -> set[UUID]:
    question = select(ResultRelease.results).where(ResultRelease.order.in_(list(orders)))
    return {UUID(text) for row in reader.rows(question) for text in row.results}


@query("result.read", "lab.read")
def earlier_values(
    reader: Reader, patient: UUID, test: LabTestRow, *, leave_out: Collection[UUID] = (), limit: int = 5
) -> list[Point]:
    """The last values of a test that stand for the person behind a chart, oldest first.

    Our own results, and imported ones with the same LOINC code and unit.
    """
    charts = seen_person(reader, patient).charts
    newer = select(LabResult.id).where(LabResult.replaces == _R.id).exists()
    void = select(LabResultVoid.id).where(LabResultVoid.result == _R.id).exists()
    own = (
        select(_R.id, _R.value, _R.resulted_at)
        .where(_R.patient.in_(charts), _R.test == test.code, _R.value.is_not(None), ~newer, ~void)
        .order_by(_R.resulted_at.desc())
        .limit(limit + len(leave_out))
    )
    points = [Point(r.resulted_at, r.value) for r in reader.rows(own) if r.id not in leave_out]
    points += _imported(reader, charts, test, limit)
    return sorted(points, key=lambda point: point.at)[-limit:]


def _imported(reader: Reader, charts: tuple[UUID, ...], test: LabTestRow, limit: int) -> list[Point]:
    if test.loinc is None:
        return []
    wrong = select(ObservationVoid.id).where(ObservationVoid.observation == Observation.id).exists()
    question = select(Observation.value, Observation.at).where(
        Observation.patient.in_(charts),
        Observation.code == test.loinc,
        Observation.unit == test.limits.unit,
        Observation.value.is_not(None),
        ~wrong,
    )
    return [Point(r.at, r.value) for r in reader.rows(question.order_by(Observation.at.desc()).limit(limit))]


@query("result.read", "lab.read")
def value_before(reader: Reader, patient: UUID, test: LabTestRow, leave_out: Collection[UUID]) -> Before | None:
    """The last value that stands before the ones left out, for the change."""
    points = earlier_values(reader, patient, test, leave_out=leave_out, limit=1)
    return Before(points[-1].value, points[-1].at) if points else None


_R = LabResult.__table__.alias("earlier").c
