# SPDX-License-Identifier: Apache-2.0
"""What happened with a patient, and what was written about who they are: the timeline and the versions of a record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from hms_desktop.clinic.patients.model import (
    Coverage,
    Interaction,
    Patient,
    PatientAmendment,
    PatientContact,
    PatientFlag,
    PatientIdentifier,
    TimelineEntry,
)
from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.core.clock import stamp_author
from hms_desktop.core.dates import show_moment
from hms_desktop.core.ids import author_code
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account, Device
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Record

COMPUTED = frozenset({"family_key", "given_key", "sound_key", "phone_key"})
REASONS = frozenset({"why", "reason", "stop_reason", "status_reason"})
"""Columns that say why the rest of their group was written."""


@dataclass(frozen=True)
class TimelineRow:
    """One line: what and when, from which station, and whose work it was when this device still holds that."""

    id: UUID
    at: datetime
    kind: str
    title: str
    source: UUID
    source_table: str
    chart: UUID
    station: str
    author: int
    detail: str | None
    saved_here: bool


@dataclass(frozen=True)
class Timeline:
    """Lines of all charts of a person, newest first; `kinds` counts what there is before filtering."""

    rows: tuple[TimelineRow, ...]
    kinds: dict[str, int]
    authors: dict[int, str]
    more: bool


@dataclass(frozen=True)
class VersionRow:
    """One change: which field of which part, before and after, by whom, where, when, in which action, and why."""

    at: datetime
    person: str
    station: str
    action: str
    part: str
    field: str
    before: str | None
    after: str | None
    why: str | None = None


def timeline(
    reader: Reader,
    patient: UUID,
    *,
    kinds: Collection[str] = (),
    author: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    text: str = "",
    limit: int = 200,
) -> Timeline:
    """The timeline of the person behind a chart, filtered by kind, station (author number), time and words."""
    charts = one_person(reader, patient).charts
    all_kinds = select(TimelineEntry.kind, func.count().label("n")).where(TimelineEntry.patient.in_(charts))
    counts = {r.kind: r.n for r in reader.rows(all_kinds.group_by(TimelineEntry.kind))}
    question = select(TimelineEntry.__table__).where(TimelineEntry.patient.in_(charts))
    if kinds:
        question = question.where(TimelineEntry.kind.in_(kinds))
    if since:
        question = question.where(TimelineEntry.at >= since)
    if until:
        question = question.where(TimelineEntry.at < until)
    rows = reader.rows(question.order_by(TimelineEntry.at.desc(), TimelineEntry.id.desc()))
    wanted = [r for r in rows if _fits(r, author, text)]
    stations = station_names(reader)
    shown = wanted[:limit]
    return Timeline(
        rows=tuple(_lines(reader, shown, stations)),
        kinds=counts,
        authors={a: _station(stations, a) for a in sorted({stamp_author(r.k) for r in rows})},
        more=len(wanted) > limit,
    )


def _fits(row: Any, author: int | None, text: str) -> bool:
    if author is not None and stamp_author(row.k) != author:
        return False
    return all(word in row.title.casefold() for word in text.casefold().split())


def _lines(reader: Reader, rows: list[Any], stations: dict[int, str]) -> Iterable[TimelineRow]:
    here = reader.local_only([r.id for r in rows])
    calls = [r.source for r in rows if r.source_table == "interaction"]
    said = {r.id: r for r in reader.rows(select(Interaction.__table__).where(Interaction.id.in_(calls)))}
    for r in rows:
        author = stamp_author(r.k)
        spoken = said.get(r.source)
        yield TimelineRow(
            r.id,
            r.at,
            r.kind,
            r.title,
            r.source,
            r.source_table,
            r.patient,
            _station(stations, author),
            author,
            " — ".join(filter(None, (spoken.text, spoken.outcome))) if spoken else None,
            r.id in here,
        )


def station_names(reader: Reader) -> dict[int, str]:
    """The name of each enrolled workstation or worker by its author number."""
    return {r.author: r.name for r in reader.rows(select(Device.author, Device.name))}


def _station(stations: dict[int, str], author: int) -> str:
    return stations.get(author) or _("Station {code}").format(code=author_code(author))


def versions(reader: Reader, patient: UUID) -> tuple[VersionRow, ...]:
    """Every change of identity, identifiers and contacts that this device still holds the log of, newest first."""
    charts = one_person(reader, patient).charts
    kinds = (Patient, PatientIdentifier, PatientContact, Coverage, PatientFlag)
    records = [(kind, id) for kind in kinds for id in _records(reader, kind, charts)]
    return record_versions(reader, records, amendment_reasons(reader, charts))


def amendment_reasons(reader: Reader, charts: Collection[UUID]) -> dict[int, str]:
    """Why parts of these charts, or bookings on them, were written anew, by the stamp of the change set."""
    question = select(PatientAmendment.k, PatientAmendment.reason).where(PatientAmendment.patient.in_(charts))
    return {row.k: row.reason for row in reader.rows(question)}


def record_versions(
    reader: Reader, records: Iterable[tuple[type[Record], UUID]], reasons: Mapping[int, str] | None = None
) -> tuple[VersionRow, ...]:
    """Every change of these records that this device still holds the log of, newest first.

    `reasons` gives, by the stamp of a change set, why it was made where the record itself does not say.
    """
    people = {r.id: r.name for r in reader.rows(select(Account.id, Account.name))}
    stations = station_names(reader)
    found: list[VersionRow] = []
    for record, id in records:
        found += _changes(reader, record, id, people, stations, reasons or {})
    return tuple(sorted(found, key=lambda v: v.at, reverse=True))


def _records(reader: Reader, record: type[Record], charts: Collection[UUID]) -> list[UUID]:
    if record is Patient:
        return list(charts)
    table = record.__table__
    return [r.id for r in reader.rows(select(table.c.id).where(table.c.patient.in_(charts)))]


def _changes(
    reader: Reader,
    record: type[Record],
    id: UUID,
    people: dict[UUID, str],
    stations: dict[int, str],
    reasons: Mapping[int, str],
) -> list[VersionRow]:
    known: dict[str, Any] = {}
    found = []
    for version in reader.history(record, id):
        own = next((str(version.values[name]) for name in REASONS if version.values.get(name)), None)
        why = own or (reasons.get(version.stamp) if known else None)
        told = [
            (name, value)
            for name, value in version.values.items()
            if name not in COMPUTED | REASONS and known.get(name) != value and not isinstance(value, UUID)
        ]
        if not told and why:
            told = [("reason", why)]
        for name, value in told:
            before, after = _shown(reader, known.get(name)), _shown(reader, value)
            who, where = people.get(version.person, ""), _station(stations, version.author)
            part = record.spec.name
            found.append(VersionRow(version.at, who, where, version.action, part, name, before, after, why))
        known.update(version.values)
    return found


def _shown(reader: Reader, value: Any) -> str | None:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return show_moment(value.astimezone(reader.clinic.zone))
    if isinstance(value, Decimal):
        return show_decimal(value)
    return None if value is None else str(value)
