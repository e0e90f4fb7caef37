# SPDX-License-Identifier: Apache-2.0
"""An order's sheet at the bench: its tests, the versions of their values, what holds its report up, and its step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.queries import OrderRow, order
from hms_desktop.clinic.ehr.queries_people import age_and_sex, clinic_day
from hms_desktop.clinic.lab.model import ResultRelease
from hms_desktop.clinic.lab.queries_catalogue import LabTestRow, ordered_tests
from hms_desktop.clinic.lab.queries_results import Point, ResultRow, earlier_values, results
from hms_desktop.clinic.lab.rules_results import Range, range_for, what_holds
from hms_desktop.clinic.lab.rules_specimens import PRIORITY_RANK
from hms_desktop.core.errors import NotFound
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class AnalyteLine:
    """One line of the result table: the test, the version that stands, older ones, and what to judge it by."""

    order: UUID
    test: LabTestRow
    result: ResultRow | None
    rivals: tuple[ResultRow, ...]
    older: tuple[ResultRow, ...]
    reference: Range | None
    earlier: tuple[Point, ...]


@dataclass(frozen=True)
class OrderSheet:
    """An order on the bench: its lines, why its report can't go out yet (None: it can), and its releases.

    `released` is the newest version that went out (0: none), `release` its id.
    """

    order: OrderRow
    test: LabTestRow
    lines: tuple[AnalyteLine, ...]
    holds: str | None
    released: int
    release: UUID | None
    released_at: datetime | None
    changed: bool


def most_urgent(priorities: Iterable[str]) -> str:
    """The highest of these priorities; routine when there is none."""
    return min(priorities, key=lambda p: PRIORITY_RANK[p], default="routine")


def step_of(status: str, served: Collection[OrderSheet]) -> str:
    """The step a specimen is at, from its own status and the sheets that it serves."""
    plain = {
        "collected": "collected",
        "in-transit": "in-transit",
        "unsatisfactory": "rejected",
        "unavailable": "disposed",
        "entered-in-error": "replaced",
    }
    if status in plain:
        return plain[status]
    if served and all(s.order.status == "revoked" for s in served):
        return "revoked"
    lines = [line for sheet in served for line in sheet.lines]
    entered = [line.result for line in lines if line.result is not None]
    if any(found.call_open for found in entered):
        return "critical"
    if not entered:
        return "received"
    if len(entered) < len(lines):
        return "entering"
    if served and all(s.released and not s.changed for s in served):
        return "released"
    return "release" if all(s.holds is None for s in served) else "verify"


@query("lab.read", "specimen.collect")
def sheets(reader: Reader, rows: Iterable[OrderRow], *, with_past: bool) -> list[OrderSheet]:
    """The sheets of these orders; an order whose test no catalogue here knows is left out."""
    known: dict[date, dict[str, LabTestRow]] = {}
    asked: list[tuple[OrderRow, LabTestRow, list[LabTestRow]]] = []
    for row in rows:
        try:
            asked.append((row, *ordered_tests(reader, row, known)))
        except NotFound:
            continue
    found = results(reader, [row.id for row, _top, _tests in asked])
    releases = _releases(reader, [row.id for row, _top, _tests in asked])
    return [
        _sheet(reader, row, top, tests, found.get(row.id, []), releases.get(row.id, []), with_past)
        for row, top, tests in asked
    ]


def _sheet(
    reader: Reader,
    row: OrderRow,
    top: LabTestRow,
    tests: list[LabTestRow],
    found: list[ResultRow],
    releases: list[Row[Any]],
    with_past: bool,
) -> OrderSheet:
    standing = [r for r in found if r.stands]
    missing = [t.display for t in tests if not any(r.test == t.code for r in standing)]
    who = age_and_sex(reader, row.patient, clinic_day(reader)) if with_past else (None, "unknown")
    latest = max(releases, key=lambda r: r.version, default=None)
    out = set(latest.results) if latest is not None else set()
    return OrderSheet(
        order=row,
        test=top,
        lines=tuple(_line(reader, row, test, found, who, with_past) for test in tests),
        holds=what_holds([r.as_standing for r in found], missing),
        released=latest.version if latest is not None else 0,
        release=latest.id if latest is not None else None,
        released_at=latest.at if latest is not None else None,
        changed=latest is not None and out != {str(r.id) for r in standing},
    )


def _line(
    reader: Reader,
    row: OrderRow,
    test: LabTestRow,
    found: list[ResultRow],
    who: tuple[int | None, str],
    with_past: bool,
) -> AnalyteLine:
    own = [r for r in found if r.test == test.code]
    standing = [r for r in own if r.stands]
    past = earlier_values(reader, row.patient, test, leave_out=[r.id for r in own]) if with_past else []
    return AnalyteLine(
        order=row.id,
        test=test,
        result=standing[-1] if standing else None,
        rivals=tuple(standing[:-1]),
        older=tuple(r for r in own if not r.stands),
        reference=range_for(test.limits.ranges, who[1], who[0]),
        earlier=tuple(past),
    )


def _releases(reader: Reader, ids: list[UUID]) -> dict[UUID, list[Row[Any]]]:
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in reader.rows(select(ResultRelease.__table__).where(ResultRelease.order.in_(ids))) if ids else ():
        found[row.order].append(row)
    return found


@query("lab.read", "specimen.collect")
def sheet(reader: Reader, id: UUID) -> OrderSheet:
    """The sheet of one order; NotFound when its test is in no catalogue here."""
    found = sheets(reader, [order(reader, id)], with_past=False)
    if not found:
        raise NotFound(_("The test of this order is not in the catalogue on this device. Sync, or ask the laboratory."))
    return found[0]
