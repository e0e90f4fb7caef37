# SPDX-License-Identifier: Apache-2.0
"""Bringing FHIR files into the server's store: each file whole as one change set, or refused whole by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hms_desktop.clinic import follow_ups
from hms_desktop.clinic.patients.phones import region_of
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.interop.fhir.results import FileResult, MappedRow, Progress
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import Unit
from sync_server.home import Home
from sync_server.met_before import MetBefore, remember
from sync_server.reading.apart import read_apart

MOST_WAITING_ROWS = 50_000
MOST_NAMED = 200


@dataclass
class Report:
    """What an import did. `not_kept` counts by resource type and reason, `elements` what kept resources had besides.

    `differs` counts, by table and column, what a file says otherwise than the store holds: it stays as it is here, for
    nobody's work is written over by a file. `left_alone` names the files that are no FHIR, `empty` counts those with
    nothing to keep; `stopped` is true when a person ended the import before the last file.
    """

    files: int = 0
    imported: int = 0
    unchanged: int = 0
    empty: int = 0
    passed_over: int = 0
    left_alone: list[str] = field(default_factory=list)
    stopped: bool = False
    refused: list[str] = field(default_factory=list)
    rows_new: Counter[str] = field(default_factory=Counter)
    rows_known: int = 0
    read: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    not_kept: Counter[str] = field(default_factory=Counter)
    elements: Counter[str] = field(default_factory=Counter)
    differs: Counter[str] = field(default_factory=Counter)

    def count(self, result: FileResult) -> None:
        """Add what a file held and what of it is kept."""
        self.read.update(result.read)
        self.kept.update(result.kept)
        self.elements.update(result.elements)
        for (kind, reason), number in result.not_kept.items():
            self.not_kept[f"{kind} ({reason})" if reason else kind] += number


class _Refused(Exception):
    """A file that does not fit what the store holds."""


class Importer:
    """Imports files one at a time; a file that belongs to records of a later file waits for them."""

    def __init__(self, home: Home, region: str = "") -> None:
        self._home = home
        self._region = region
        self._waiting: list[FileResult] = []
        self.report = Report()

    def run(self, paths: Iterable[Path], progress: Callable[[Progress], None] | None = None) -> Report:
        """Import these files, folders and zips; a bad file stops none of the others.

        Stopped from the keyboard, what was finished stays and the report says so; what was under way leaves nothing.
        """
        zone = self._home.store.setting.clinic.zone
        region = self._region or region_of(str(zone))
        try:
            for result in read_apart(paths, None, progress, zone=zone, region=region, before=MetBefore(self._home)):
                self.report.files += 1
                self._take(result)
            self._take_waiting()
        except KeyboardInterrupt:
            self.report.stopped = True
        return self.report

    def _take(self, result: FileResult) -> None:
        if result.passed_over:
            self.report.passed_over += 1
            if len(self.report.left_alone) < MOST_NAMED:
                self.report.left_alone.append(f"{result.name}: {result.passed_over}")
        elif result.fault is not None:
            self.report.refused.append(str(result.fault))
        elif self._missing(result) and sum(len(one.rows) for one in self._waiting) < MOST_WAITING_ROWS:
            self._waiting.append(result)
        else:
            self._write(result)

    def _take_waiting(self) -> None:
        moved = True
        while moved:
            ready = [result for result in self._waiting if not self._missing(result)]
            self._waiting = [result for result in self._waiting if result not in ready]
            for result in ready:
                self._write(result)
            moved = bool(ready)
        for result in self._waiting:
            self._write(result)

    def _missing(self, result: FileResult) -> str:
        def look(reader: Any) -> str:
            for wanted in result.awaited:
                if reader.find(REGISTRY[wanted.table].record, wanted.id) is None:
                    return f"{wanted.place}: {wanted.reference} is neither in this file nor here yet."
            return ""

        return self._home.store.read(look, self._home.worker)

    def _write(self, result: FileResult) -> None:
        try:
            missing = self._missing(result)
            if missing:
                raise _Refused(missing)
            with self._home.store.writing() as connection:
                fresh, differs, changes = self._write_on(connection, result)
        except (_Refused, Refused, BadInput) as why:
            self.report.refused.append(f"{result.name}, {why} Nothing of this file was imported.")
            return
        self._home.store.tell(changes)
        self.report.count(result)
        self.report.imported += bool(fresh)
        self.report.unchanged += not fresh and bool(result.rows)
        self.report.empty += not result.rows
        self.report.differs.update(differs)
        self.report.rows_new.update(fresh)
        self.report.rows_known += len(result.rows) - sum(fresh.values())

    def _write_on(self, connection: Connection, result: FileResult) -> tuple[Counter[str], Counter[str], Changes]:
        store, worker = self._home.store, self._home.worker
        touched: dict[str, set[UUID]] = {}
        differs, changes = store.act_on(connection, partial(_add_rows, result, touched), worker)
        if touched:
            _none, followed = store.act_on(connection, partial(_follow, touched), worker)
            changes |= followed
        return Counter({table: len(ids) for table, ids in touched.items()}), differs, changes


def _add_rows(result: FileResult, touched: dict[str, set[UUID]], unit: Unit) -> Counter[str]:
    """Write what is new; what is here already stays, and what the file says otherwise is counted."""
    unit.check("data.import")
    unit.action = "server.import"
    differs: Counter[str] = Counter()
    remember(unit, result)
    for row in result.rows:
        record = REGISTRY[row.table].record
        known = unit.find(record, row.id)
        if known is not None:
            _must_agree(row, known._mapping)
            differs.update(_differences(row, known._mapping))
            continue
        numbers = {column: unit.number(series) for column, series in row.numbered.items()}
        unit.add(record, id=row.id, **{**row.values, **numbers})
        touched.setdefault(row.table, set()).add(row.id)
    return differs


def _differences(row: MappedRow, known: Mapping[Any, Any]) -> list[str]:
    spec = REGISTRY[row.table]
    said, held = spec.pack(row.values), spec.pack({name: known[name] for name in row.values})
    return [f"{row.table}.{name}" for name, value in said.items() if value != held[name]]


def _must_agree(row: MappedRow, known: Mapping[Any, Any]) -> None:
    if row.agrees and not any(known[name] == row.values.get(name) for name in row.agrees):
        raise _Refused(f"{row.table}: the same identifier is already here for somebody else.")


def _follow(touched: Mapping[str, set[UUID]], unit: Unit) -> None:
    unit.action = "sync.follow_up"
    follow_ups.after_merge(unit, touched)
