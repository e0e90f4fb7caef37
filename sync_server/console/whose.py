# SPDX-License-Identifier: Apache-2.0
"""Whose record a change is in: the charts that its records belong to, and the numbers that those go by."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.queries_people import people
from hms_desktop.storage import rows
from hms_desktop.storage.change_sets import Leaf
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY
from sync_server.home import Home

PATIENT, LINK = Patient.__tablename__, "patient"
DEEPEST = 4
"""So many steps from a record to what it belongs to, and on to the chart: a line, its invoice, its patient."""


class Whose:
    """Answers for one look at the log; what was looked up for a line is known for the next."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, bytes], frozenset[UUID]] = {}

    def of(self, leaves: Iterable[Leaf]) -> frozenset[UUID]:
        """The charts that these records belong to."""
        return frozenset[UUID]().union(*(self._of(leaf.table, leaf.record, leaf.values, 0) for leaf in leaves))

    def of_record(self, table: str, record: UUID) -> frozenset[UUID]:
        """The charts that one record belongs to."""
        return self._of(table, record.bytes, {}, 0)

    def _of(self, table: str, record: bytes, said: Mapping[str, Any], depth: int) -> frozenset[UUID]:
        spec = REGISTRY.get(table)
        if spec is None or not spec.phi or depth > DEEPEST:
            return frozenset()
        if table == PATIENT:
            return frozenset({UUID(bytes=record)})
        named = frozenset(_named(said))
        if named:
            return named
        if (table, record) not in self._known:
            self._known[table, record] = self._looked_up(table, record, said, depth)
        return self._known[table, record]

    def _looked_up(self, table: str, record: bytes, said: Mapping[str, Any], depth: int) -> frozenset[UUID]:
        row = rows.read_row(self._connection, table, record) or said
        named = frozenset(_named(row))
        for column, parent in {} if named else REGISTRY[table].refs.items():
            if isinstance(target := row.get(column), bytes):
                named |= self._of(parent, target, {}, depth + 1)
        return named

    def numbers(self, charts: Collection[UUID], *, known: bool = False) -> tuple[str, ...]:
        """The record numbers of these charts; one not held here goes by the end of its id, or is left out (`known`)."""
        question = select(Patient.id, Patient.mrn).where(Patient.id.in_(charts))
        held = {row.id: row.mrn for row in self._connection.execute(question)} if charts else {}
        return tuple(sorted(held.get(chart, chart.hex[-8:]) for chart in charts if chart in held or not known))


def _named(values: Mapping[str, Any]) -> Iterator[UUID]:
    """Whom a record names itself: its patient, or all that a list showed."""
    patient, listed = values.get(LINK), values.get("listed")
    if isinstance(patient, bytes) and len(patient) == 16:
        yield UUID(bytes=patient)
    if isinstance(listed, str):
        with suppress(ValueError, TypeError, AttributeError):  # what the server refused was never looked at before
            yield from [UUID(hex=one) for one in json.loads(listed)]


def charts_of(home: Home, number: str) -> frozenset[UUID]:
    """The charts of the person whose record has this number, those that were joined with it too."""
    return home.store.read(partial(_charts, number=number), home.worker)


def _charts(reader: Reader, number: str) -> frozenset[UUID]:
    wanted = number.strip().upper()
    found = [row.id for row in reader.rows(select(Patient.id).where(Patient.mrn == wanted))]
    return frozenset(chart for one in people(reader, found).values() for chart in one.charts)
