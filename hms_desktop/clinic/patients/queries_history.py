# SPDX-License-Identifier: Apache-2.0
"""What happened with a patient, and what was written about who they are: the timeline and the versions of a record."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
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
from hms_desktop.security.versions import VersionRow, record_versions, station_names, station_word
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Record


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
        authors={a: station_word(stations, a) for a in sorted({stamp_author(r.k) for r in rows})},
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
            station_word(stations, author),
            author,
            " — ".join(filter(None, (spoken.text, spoken.outcome))) if spoken else None,
            r.id in here,
        )


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


def _records(reader: Reader, record: type[Record], charts: Collection[UUID]) -> list[UUID]:
    if record is Patient:
        return list(charts)
    table = record.__table__
    return [r.id for r in reader.rows(select(table.c.id).where(table.c.patient.in_(charts)))]
