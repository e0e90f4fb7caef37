# SPDX-License-Identifier: Apache-2.0
"""What happened with a patient, and what was written about who they are: the timeline and the versions of a record."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

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
from hms_desktop.clinic.patients.queries_people import seen_person
from hms_desktop.clinic.patients.rules_cover import entry_word, listed, period_word
from hms_desktop.core.clock import instant, stamp_author, stamp_ms
from hms_desktop.core.dates import show_moment
from hms_desktop.core.money import Money
from hms_desktop.security.accounts import Account
from hms_desktop.security.queries import query
from hms_desktop.security.versions import (
    VersionRow,
    Versions,
    newest_first,
    record_versions,
    station_names,
    station_word,
)
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


@query("patient.read")
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
    charts = seen_person(reader, patient).charts
    all_kinds = select(TimelineEntry.kind, func.count().label("n")).where(TimelineEntry.patient.in_(charts))
    counts = {r.kind: r.n for r in reader.rows(all_kinds.group_by(TimelineEntry.kind))}
    asked: list[ColumnElement[bool]] = [TimelineEntry.patient.in_(charts)]
    if kinds:
        asked.append(TimelineEntry.kind.in_(kinds))
    if since:
        asked.append(TimelineEntry.at >= since)
    if until:
        asked.append(TimelineEntry.at < until)
    question = select(TimelineEntry.__table__).where(*asked).order_by(TimelineEntry.at.desc(), TimelineEntry.id.desc())
    sifted = author is not None or bool(text)
    rows = reader.rows(question if sifted else question.limit(limit + 1))
    wanted = [r for r in rows if _fits(r, author, text)]
    writers = {stamp_author(r.k) for r in reader.rows(select(TimelineEntry.k).where(*asked))}
    stations = station_names(reader)
    shown = wanted[:limit]
    return Timeline(
        rows=tuple(_lines(reader, shown, stations)),
        kinds=counts,
        authors={a: station_word(stations, a) for a in sorted(writers)},
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


@query("patient.read")
def versions(reader: Reader, patient: UUID) -> Versions:
    """Every change of identity, identifiers and contacts, newest first: as the log here tells it, or its amendment."""
    charts = seen_person(reader, patient).charts
    kinds = (Patient, PatientIdentifier, PatientContact, Coverage, PatientFlag)
    records = [(kind, id) for kind in kinds for id in _records(reader, kind, charts)]
    told = record_versions(reader, records, amendment_reasons(reader, charts))
    older = [row for row in amendment_versions(reader, charts, told) if row.part != "appointment"]
    said = (_cover_said(reader, row) if row.part == "coverage" else row for row in (*told, *older))
    return newest_first(said, told)


_MONEY = frozenset(column.name for column in Coverage.__table__.columns if column.info.get("money"))


def _cover_said(reader: Reader, row: VersionRow) -> VersionRow:
    """A version of a cover in words: its amounts as money, its lists and periods as people know them."""

    def said(value: str | None) -> str | None:
        if value is None:
            return None
        if row.field in _MONEY:
            return str(Money(int(value), reader.clinic.currency))
        if row.field in ("excluded", "package"):
            return ", ".join(entry_word(entry) for entry in listed(value))
        return period_word(value) if row.field.endswith("_period") else value

    return replace(row, before=said(row.before), after=said(row.after))


_PARTS = {
    "booking": "appointment",
    "contact": "patient_contact",
    "cover": "coverage",
    "flag": "patient_flag",
    "identifier": "patient_identifier",
}


@query("patient.read")
def amendment_versions(
    reader: Reader, charts: Collection[UUID], told: Collection[VersionRow], about: UUID | None = None
) -> list[VersionRow]:
    """What amendments say that `told` does not: a device that was filled by a snapshot has no log of them.

    The old value, who, when, where and why; what it was changed to is not told. `about` narrows it to one part.
    """
    known, stations = {(row.at, row.why) for row in told}, station_names(reader)
    people = {r.id: r.name for r in reader.rows(select(Account.id, Account.name))}
    question = select(PatientAmendment.__table__).where(PatientAmendment.patient.in_(charts))
    found = []
    for row in reader.rows(question):
        at, where = instant(stamp_ms(row.k)), station_word(stations, stamp_author(row.k))
        if (at, row.reason) in known or (about is not None and row.before.get("id") != str(about)):
            continue
        part, who = _PARTS.get(row.what, "patient"), people.get(row.by, "")
        for column, value in row.before.items():
            if column not in ("id", "kind", "system"):
                before = None if value is None else _was(reader, column, value)
                found.append(VersionRow(at, who, where, "", part, column, before, None, row.reason))
    return found


def _was(reader: Reader, column: str, value: Any) -> str:
    if column == "starts":
        return show_moment(datetime.fromisoformat(value).astimezone(reader.clinic.zone))
    return str(value)


@query("patient.read")
def amendment_reasons(reader: Reader, charts: Collection[UUID]) -> dict[int, str]:
    """Why parts of these charts, or bookings on them, were written anew, by the stamp of the change set."""
    question = select(PatientAmendment.k, PatientAmendment.reason).where(PatientAmendment.patient.in_(charts))
    return {row.k: row.reason for row in reader.rows(question)}


def _records(reader: Reader, record: type[Record], charts: Collection[UUID]) -> list[UUID]:
    if record is Patient:
        return list(charts)
    table = record.__table__
    return [r.id for r in reader.rows(select(table.c.id).where(table.c.patient.in_(charts)))]
