# SPDX-License-Identifier: Apache-2.0
"""The versions of a record: what it said before and after each change, by whom, when, from which station and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.core.dates import show_moment
from hms_desktop.core.ids import author_code
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account, Device
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import Record

COMPUTED = frozenset({"family_key", "given_key", "sound_key", "phone_key"})
REASONS = frozenset({"why", "reason", "stop_reason", "status_reason", "state_reason"})
"""Columns that say why the rest of their group was written."""


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


class Versions(tuple[VersionRow, ...]):
    """Versions, newest first; `older` names the records (table, id) of which this device lacks the first ones."""

    older: tuple[tuple[str, UUID], ...] = ()


def newest_first(rows: Iterable[VersionRow], *sources: Versions) -> Versions:
    """Rows in order, with what `sources` say is missing before them."""
    found = Versions(sorted(rows, key=lambda v: v.at, reverse=True))
    found.older = tuple(place for source in sources for place in source.older)
    return found


def station_names(reader: Reader) -> dict[int, str]:
    """The name of each enrolled workstation or worker by its author number."""
    return {r.author: r.name for r in reader.rows(select(Device.author, Device.name))}


def station_word(stations: Mapping[int, str], author: int) -> str:
    """The name of an author among these stations, or its code when it has none here."""
    return stations.get(author) or _("Station {code}").format(code=author_code(author))


def record_versions(
    reader: Reader, records: Iterable[tuple[type[Record], UUID]], reasons: Mapping[int, str] | None = None
) -> Versions:
    """Every change of these records that this device still holds the log of, newest first.

    `reasons` gives, by the stamp of a change set, why it was made where the record itself does not say.
    """
    told = _Told(reader, reasons or {})
    return told.in_order([row for record, id in records for row in told.changes(record, id, {})])


def chain_versions(reader: Reader, record: type[Record], ids: Iterable[UUID]) -> Versions:
    """The changes along records of which each replaces the one before it, newest first: facts are never changed."""
    told = _Told(reader, {})
    known: dict[str, Any] = {}
    return told.in_order([row for id in ids for row in told.changes(record, id, known)])


class _Told:
    """Tells changes, with the names of people and stations read once."""

    def __init__(self, reader: Reader, reasons: Mapping[int, str]) -> None:
        self._reader, self._reasons = reader, reasons
        self._people = {r.id: r.name for r in reader.rows(select(Account.id, Account.name))}
        self._stations = station_names(reader)
        self._older: list[tuple[str, UUID]] = []

    def in_order(self, found: Iterable[VersionRow]) -> Versions:
        """These versions in order, with what is missing before them."""
        versions = newest_first(found)
        versions.older = tuple(self._older)
        return versions

    def changes(self, record: type[Record], id: UUID, known: dict[str, Any]) -> list[VersionRow]:
        """What each version of a record wrote that was not `known`, which then holds its values too."""
        found = []
        past = self._reader.history(record, id)
        row = self._reader.find(record, id)
        if row is not None and row.k not in {version.stamp for version in past[:1]}:
            self._older.append((record.spec.name, id))
        for version in past:
            known |= {name: value for name, value in version.was.items() if name not in known}
            own = next((str(version.values[name]) for name in REASONS if version.values.get(name)), None)
            why = own or (self._reasons.get(version.stamp) if known else None)
            told = [
                (name, value)
                for name, value in version.values.items()
                if name not in COMPUTED | REASONS and known.get(name) != value and not isinstance(value, UUID)
            ]
            if not told and why:
                told = [("reason", why)]
            who, where = self._people.get(version.person, ""), station_word(self._stations, version.author)
            if version.behind:
                where = _("{station}, whose clock was set back").format(station=where)
            for name, value in told:
                before, after = _shown(self._reader, known.get(name)), _shown(self._reader, value)
                found.append(
                    VersionRow(version.at, who, where, version.action, record.spec.name, name, before, after, why)
                )
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
