# SPDX-License-Identifier: Apache-2.0
"""One conflict opened: what each side says field by field, who said it when and where, and what a person may choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.appointments.queries_slots import free_slots
from hms_desktop.clinic.conflicts.queries import Entry, entry
from hms_desktop.clinic.conflicts.queries_records import RecordSide, record_sides
from hms_desktop.clinic.conflicts.queries_words import group_label, group_words, nothing
from hms_desktop.clinic.conflicts.rules import SLOT_OVER, VALUES, needs_person
from hms_desktop.clinic.ehr.queries_people import person_names
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.security.versions import station_names
from hms_desktop.storage.reader import Head, Reader, Version
from hms_desktop.storage.records import ONCE, REGISTRY, Group

FREE_TIMES = 3


@dataclass(frozen=True)
class Side:
    """One of those who wrote: the stamp of the change, the person, the station, when; `here` is this device."""

    stamp: int
    person: str
    station: str
    at: datetime
    here: bool


@dataclass(frozen=True)
class FieldLine:
    """A group of columns across the sides, in the order of the sides; `before` is what it was before all of them.

    `choose`: a person must pick one of `stamps` (None where a side did not touch the group). `same`: nobody differs.
    Otherwise a rule has picked `shown`, and another may be put back.
    """

    group: str
    label: str
    stamps: tuple[int | None, ...]
    values: tuple[str, ...]
    before: str | None
    shown: str
    choose: bool
    same: bool
    conflict: UUID | None


@dataclass(frozen=True)
class Happened:
    """A line under "What happened"."""

    at: datetime
    who: str
    text: str
    here: bool


@dataclass(frozen=True)
class FreeTime:
    """A time that can be offered instead."""

    session: UUID
    starts: datetime
    clinician: str


@dataclass(frozen=True)
class Details:
    """A conflict opened. Values that differ fill `sides` and `fields`; records that stand together fill `records`."""

    entry: Entry
    sides: tuple[Side, ...]
    fields: tuple[FieldLine, ...]
    records: tuple[RecordSide, ...]
    happened: tuple[Happened, ...]
    free_times: tuple[FreeTime, ...]


@query("conflict.read")
def details(reader: Reader, conflict: UUID) -> Details:
    """Everything the inbox shows of one line; NotFound when it is settled meanwhile."""
    found = entry(reader, conflict)
    if found.kind == VALUES:
        return _values(reader, found)
    first = found.conflicts[0]
    records = record_sides(reader, found.kind, first.subject, [m for m in first.members if isinstance(m, UUID)])
    free = _free_times(reader, records) if found.kind == SLOT_OVER else ()
    happened = tuple(Happened(r.at, r.person or r.station, r.title, r.here) for r in sorted(records, key=_when))
    return Details(found, (), (), records, happened, free)


def _when(record: RecordSide) -> datetime:
    return record.at


def _free_times(reader: Reader, records: Sequence[RecordSide]) -> tuple[FreeTime, ...]:
    practitioner = reader.get(Appointment, records[0].id).practitioner if records else None
    return tuple(
        FreeTime(slot.session.id, slot.time.starts, slot.session.clinician)
        for slot in free_slots(reader, practitioner=practitioner, limit=FREE_TIMES)
    )


def _values(reader: Reader, found: Entry) -> Details:
    first = found.conflicts[0]
    spec = REGISTRY[first.table]
    heads = reader.heads(spec.record, first.subject)
    past = reader.history(spec.record, first.subject)
    sides = _sides(reader, heads, past)
    row = reader.get(spec.record, first.subject)
    open_in = {c.group: c.id for c in found.conflicts}
    lines = [
        _line(reader, first.table, group, row, heads.get(group.name, []), sides, past, open_in)
        for group in spec.groups.values()
    ]
    told = (line for line in lines if not line.same or line.shown != nothing())
    order = sorted(told, key=lambda f: (not f.choose, f.same))
    return Details(found, sides, tuple(order), (), _story(reader, sides, found), ())


def _sides(reader: Reader, heads: Mapping[str, list[Head]], past: Sequence[Version]) -> tuple[Side, ...]:
    wrote = {version.stamp: version.person for version in past}
    stations = station_names(reader)
    every = {head.stamp: head for group in heads.values() for head in group}
    people = person_names(reader, wrote.values())
    sides = [
        Side(
            stamp,
            people.get(wrote.get(stamp), ""),
            stations.get(head.author, str(head.author)),
            head.at,
            head.author == reader.station.author,
        )
        for stamp, head in every.items()
    ]
    return tuple(sorted(sides, key=lambda s: (not s.here, s.at)))


def _line(
    reader: Reader,
    table: str,
    group: Group,
    row: Row[Any],
    heads: Sequence[Head],
    sides: Sequence[Side],
    past: Sequence[Version],
    open_in: Mapping[str | None, UUID],
) -> FieldLine:
    shown = group_words(reader, table, group.name, {name: getattr(row, name) for name in group.columns})
    by_stamp = {head.stamp: head for head in heads}
    stamps = tuple(side.stamp if side.stamp in by_stamp else None for side in sides)
    values = tuple(
        group_words(reader, table, group.name, by_stamp[stamp].values) if stamp else shown for stamp in stamps
    )
    choose = bool(heads) and _asks(group, heads)
    return FieldLine(
        group.name,
        group_label(table, group.name),
        stamps,
        values,
        _before(reader, table, group, heads, past),
        shown,
        choose,
        not heads,
        open_in.get(group.name),
    )


def _asks(group: Group, heads: Sequence[Head]) -> bool:
    if group.policy.state is None and group.policy.name not in ("careful", ONCE.name):
        return False
    return needs_person(group.policy.state, group.policy.wins, [head.values for head in heads])


def _before(reader: Reader, table: str, group: Group, heads: Sequence[Head], past: Sequence[Version]) -> str | None:
    """What the group held before the first of the heads, as far as this device's log goes back."""
    if not heads:
        return None
    earliest, standing = min(head.stamp for head in heads), {head.stamp for head in heads}
    earlier = [
        v
        for v in past
        if v.stamp < earliest and v.stamp not in standing and any(name in v.values for name in group.columns)
    ]
    if not earlier:
        return None
    values = {name: earlier[-1].values.get(name) for name in group.columns}
    return group_words(reader, table, group.name, values)


def _story(reader: Reader, sides: Sequence[Side], found: Entry) -> tuple[Happened, ...]:
    written = [
        Happened(s.at, s.person or s.station, _("wrote this at {station}").format(station=s.station), s.here)
        for s in sorted(sides, key=lambda s: s.at)
    ]
    text = _("met both changes; the later one shows, marked, until a person chooses")
    return (*written, Happened(found.since, _("Sync"), text, False))
