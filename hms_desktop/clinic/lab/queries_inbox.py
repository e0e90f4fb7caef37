# SPDX-License-Identifier: Apache-2.0
"""Released results as clinicians see them: what waits to be acknowledged, one report, and the results of a chart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.model import Observation, ObservationVoid
from hms_desktop.clinic.ehr.queries import OrderRow, order
from hms_desktop.clinic.ehr.queries_people import person_names
from hms_desktop.clinic.lab.model import ResultAcknowledgement, ResultRecipient, ResultRelease
from hms_desktop.clinic.lab.queries_calls import critical_inbox
from hms_desktop.clinic.lab.queries_catalogue import catalogue
from hms_desktop.clinic.lab.queries_results import ResultRow, results
from hms_desktop.clinic.patients.queries_people import PatientName, names, seen_person
from hms_desktop.core.quantities import show_decimal, shown_unit
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class InboxRow:
    """A release that this person has not acknowledged: critical first, then corrected, abnormal, the rest by age.

    `ordered_by` names who ordered it when that is somebody else: this person covers for them, or was told on the phone.
    """

    release: UUID
    order: UUID
    patient: PatientName | None
    display: str
    version: int
    corrected: bool
    critical: bool
    abnormal: bool
    at: datetime
    ordered_by: str = ""


@dataclass(frozen=True)
class CriticalRow:
    """A critical value in the inbox before its release: `release` is the id of the value while there is no report."""

    release: UUID
    order: UUID
    patient: PatientName | None
    display: str
    value: str
    at: datetime
    call_by: datetime
    attempts: int
    ordered_by: str
    overdue: bool


@dataclass(frozen=True)
class Acknowledged:
    """A recipient saw a release."""

    by: str
    at: datetime
    action: str
    note: str | None


@dataclass(frozen=True)
class ReleaseView:
    """A version of a report: its values, who has to see it and who did; `struck` is what a value corrected, by id."""

    id: UUID
    order: OrderRow
    display: str
    version: int
    latest: bool
    at: datetime
    by: str
    corrected: bool
    values: tuple[ResultRow, ...]
    struck: Mapping[UUID, ResultRow]
    recipients: tuple[str, ...]
    waiting_for: tuple[str, ...]
    acknowledged: tuple[Acknowledged, ...]


@dataclass(frozen=True)
class ChartResult:
    """The last value of a test in a chart, and the one before it. `imported` came from elsewhere.

    `struck` is the value that this one corrected. `unseen` while a recipient has not acknowledged it.
    """

    test: str
    display: str
    value: Decimal | None
    text: str | None
    unit: str | None
    flag: str | None
    low: Decimal | None
    high: Decimal | None
    at: datetime
    before: Decimal | None
    before_at: datetime | None
    change: Decimal | None
    delta_exceeded: bool
    struck: Decimal | str | None
    reason: str | None
    release: UUID | None
    unseen: bool
    imported: bool


@query("result.read", "lab.read")
def inbox(reader: Reader, *, limit: int = 200) -> list[InboxRow]:
    """Releases that this person received and has not acknowledged; a newer version stands for the older ones."""
    seen = select(ResultAcknowledgement.id).where(
        ResultAcknowledgement.release == ResultRelease.id, ResultAcknowledgement.by == reader.person.id
    )
    question = (
        select(ResultRelease.__table__)
        .join(ResultRecipient, ResultRecipient.release == ResultRelease.id)
        .where(ResultRecipient.person == reader.person.id, ~seen.exists())
    )
    rows = _latest(reader.rows(question.order_by(ResultRelease.at).limit(limit)))
    who = names(reader, {row.patient for row in rows})
    values = _values(reader, rows)
    found = [_inbox_row(reader, r, order(reader, r.order), who.get(r.patient), values[r.id]) for r in rows]
    return sorted(found, key=lambda r: (not r.critical, not r.corrected, not r.abnormal, r.at))


@query("result.read", "lab.read")
def critical_rows(reader: Reader) -> list[CriticalRow]:
    """Critical values that wait for this person and are not released yet, the longest waiting first."""
    me = reader.person.id
    waiting = [one for one in critical_inbox(reader) if not one.result.released]
    who = person_names(reader, [one.requester for one in waiting if one.requester])
    return [
        CriticalRow(
            one.result.id,
            one.result.order,
            one.patient,
            one.result.display,
            f"{show_decimal(one.result.value)} {shown_unit(one.result.unit)}".strip() if one.result.value else "",
            one.result.entered.at,
            one.call_by,
            one.attempts,
            who[one.requester] if one.requester and one.requester != me else "",
            one.escalated(reader.now),
        )
        for one in waiting
    ]


def _inbox_row(
    reader: Reader, row: Row[Any], asked: OrderRow, who: PatientName | None, values: list[ResultRow]
) -> InboxRow:
    return InboxRow(
        row.id,
        row.order,
        who,
        asked.display,
        row.version,
        row.corrected,
        any(v.critical for v in values),
        any(v.flag not in (None, "N") for v in values),
        row.at,
        asked.requester_name if asked.requester != reader.person.id else "",
    )


def _latest(rows: Iterable[Row[Any]]) -> list[Row[Any]]:
    by_order: dict[UUID, Row[Any]] = {}
    for row in rows:
        if row.order not in by_order or by_order[row.order].version < row.version:
            by_order[row.order] = row
    return list(by_order.values())


def _values(reader: Reader, releases: Iterable[Row[Any]]) -> dict[UUID, list[ResultRow]]:
    wanted = list(releases)
    found = results(reader, list({row.order for row in wanted}))
    return {row.id: [v for v in found.get(row.order, []) if str(v.id) in set(row.results)] for row in wanted}


@query("result.read", "lab.read")
def release(reader: Reader, id: UUID) -> ReleaseView:
    """A release with everything around it. Record the access first: `service.open_result`."""
    row = reader.get(ResultRelease, id)
    asked = order(reader, row.order)
    versions = results(reader, [row.order]).get(row.order, [])
    inside = {UUID(text) for text in row.results}
    values = tuple(v for v in versions if v.id in inside)
    recipients = [r.person for r in reader.rows(select(ResultRecipient.person).where(ResultRecipient.release == id))]
    seen = reader.rows(
        select(ResultAcknowledgement.__table__)
        .where(ResultAcknowledgement.release == id)
        .order_by(ResultAcknowledgement.at)
    )
    who = person_names(reader, [row.by, *recipients, *(s.by for s in seen)])
    newest = reader.scalar(
        select(ResultRelease.version).where(ResultRelease.order == row.order).order_by(ResultRelease.version.desc())
    )
    return ReleaseView(
        row.id,
        asked,
        asked.display,
        row.version,
        row.version == newest,
        row.at,
        who[row.by],
        row.corrected,
        values,
        _struck(values, {v.id: v for v in versions}),
        tuple(who[p] for p in recipients),
        tuple(who[p] for p in recipients if p not in {s.by for s in seen}),
        tuple(Acknowledged(who[s.by], s.at, s.action, s.note) for s in seen),
    )


def _struck(values: Iterable[ResultRow], versions: Mapping[UUID, ResultRow]) -> dict[UUID, ResultRow]:
    """The released value that each correction stands for; versions that never went out are passed over."""
    found = {}
    for value in values:
        old = versions.get(value.replaces) if value.status == "corrected" and value.replaces else None
        while old is not None and not old.released:
            old = versions.get(old.replaces) if old.replaces else None
        if old is not None:
            found[value.id] = old
    return found


@query("result.read", "lab.read")
def reports(reader: Reader, orders: Collection[UUID]) -> tuple[ReleaseView, ...]:
    """The newest released report of each of these orders that has one, first released first."""
    question = select(ResultRelease.__table__).where(ResultRelease.order.in_(orders)).order_by(ResultRelease.at)
    return tuple(release(reader, row.id) for row in _latest(reader.rows(question))) if orders else ()


@query("result.read", "lab.read")
def chart_results(reader: Reader, patient: UUID, limit: int = 60) -> tuple[ChartResult, ...]:
    """The last value of each test for the person behind a chart, latest first: released ones and imported ones."""
    charts = seen_person(reader, patient).charts
    codes = {test.loinc: test.code for test in catalogue(reader).values() if test.loinc}
    imported = {codes.get(r.test, r.test): r for r in _imported_results(reader, charts)}
    own = {r.test: _with_imported(r, imported.get(r.test)) for r in _own_results(reader, charts)}
    return tuple(sorted((imported | own).values(), key=lambda r: r.at, reverse=True)[:limit])


def _with_imported(own: ChartResult, other: ChartResult | None) -> ChartResult:
    """A first value of our own is compared with the last imported one, if that is in the same unit."""
    if other is None or own.before is not None or own.value is None or other.unit != own.unit or other.value is None:
        return own
    return replace(own, before=other.value, before_at=other.at, change=own.value - other.value)


def _own_results(reader: Reader, charts: tuple[UUID, ...]) -> list[ChartResult]:
    question = select(ResultRelease.__table__).where(ResultRelease.patient.in_(charts))
    releases = _latest(reader.rows(question.order_by(ResultRelease.at)))
    values = _values(reader, releases)
    struck = _struck([v for one in values.values() for v in one], _versions(reader, releases))
    unseen = _unseen(reader, [row.id for row in releases])
    by_test: dict[str, list[tuple[Row[Any], ResultRow]]] = defaultdict(list)
    for row in releases:
        for value in values[row.id]:
            by_test[value.test].append((row, value))
    found = []
    for pairs in by_test.values():
        ordered = sorted(pairs, key=lambda pair: pair[1].entered.at)
        before = ordered[-2][1] if len(ordered) > 1 else None
        found.append(_own(ordered[-1][0], ordered[-1][1], before, struck, unseen))
    return found


def _own(
    row: Row[Any], value: ResultRow, before: ResultRow | None, corrected: dict[UUID, ResultRow], unseen: set[UUID]
) -> ChartResult:
    struck = corrected.get(value.id)
    earlier = before.value if before else None
    return ChartResult(
        value.test,
        value.display,
        value.value,
        value.text,
        value.unit,
        value.flag,
        value.low,
        value.high,
        value.entered.at,
        earlier,
        before.entered.at if before else None,
        value.value - earlier if value.value is not None and earlier is not None else None,
        value.delta_exceeded,
        (struck.value if struck.value is not None else struck.text) if struck else None,
        value.reason if struck else None,
        row.id,
        row.id in unseen,
        False,
    )


def _versions(reader: Reader, releases: list[Row[Any]]) -> dict[UUID, ResultRow]:
    found = results(reader, [row.order for row in releases])
    return {version.id: version for one in found.values() for version in one}


def _unseen(reader: Reader, releases: list[UUID]) -> set[UUID]:
    seen = select(ResultAcknowledgement.id).where(
        ResultAcknowledgement.release == ResultRecipient.release, ResultAcknowledgement.by == ResultRecipient.person
    )
    question = select(ResultRecipient.release).where(ResultRecipient.release.in_(releases), ~seen.exists())
    return {row.release for row in reader.rows(question)} if releases else set()


def _imported_results(reader: Reader, charts: tuple[UUID, ...]) -> list[ChartResult]:
    wrong = select(ObservationVoid.id).where(ObservationVoid.observation == Observation.id)
    question = (
        select(Observation.__table__)
        .where(Observation.patient.in_(charts), Observation.category == "laboratory", ~wrong.exists())
        .order_by(Observation.at.desc(), Observation.rid.desc())
        .limit(300)
    )
    by_code: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in reader.rows(question):
        by_code[row.code].append(row)
    return [_from_elsewhere(rows) for rows in by_code.values()]


def _from_elsewhere(rows: list[Row[Any]]) -> ChartResult:
    last = rows[0]
    before = rows[1] if len(rows) > 1 and rows[1].unit == last.unit else None
    earlier = before.value if before else None
    return ChartResult(
        last.code,
        last.display,
        last.value,
        last.value_text or last.value_code,
        last.unit,
        None,
        None,
        None,
        last.at,
        earlier,
        before.at if before else None,
        last.value - earlier if last.value is not None and earlier is not None else None,
        False,
        None,
        None,
        None,
        False,
        True,
    )
