# SPDX-License-Identifier: Apache-2.0
"""New rows, and what the log keeps, written many at a time; row by row only where one is already there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from hms_desktop.storage import chain, rows
from hms_desktop.storage.change_sets import ChangeSet
from hms_desktop.storage.many import execute_many
from hms_desktop.storage.records import Table

Collide = Callable[[Table, bytes, int, dict[str, Any]], None]


class InsertBatch:
    """Collects rows to be made; `collide` is called for one whose id already has a row."""

    def __init__(self, connection: Connection, collide: Collide, most: int = 2000) -> None:
        self._connection = connection
        self._collide = collide
        self._most = most
        self._pending: dict[str, dict[bytes, tuple[Table, int, dict[str, Any]]]] = {}

    def add(self, table: Table, record: bytes, stamp: int, values: dict[str, Any]) -> None:
        """Make this row soon; columns that this version does not know are left in the log only."""
        pending = self._pending.setdefault(table.name, {})
        if record in pending:
            self.flush(table.name)
            pending = self._pending.setdefault(table.name, {})
        pending[record] = (table, stamp, values)
        if len(pending) >= self._most:
            self.flush(table.name)

    def holds(self, table: str, record: object) -> bool:
        """Whether the row is to be made, and not written yet."""
        return isinstance(record, bytes) and record in self._pending.get(table, ())

    def flush(self, table: str | None = None) -> None:
        """Write what is pending, of one table or of all."""
        for name in [table] if table is not None else list(self._pending):
            pending = self._pending.pop(name, None)
            if pending:
                self._write(name, pending)

    def _write(self, name: str, pending: dict[bytes, tuple[Table, int, dict[str, Any]]]) -> None:
        here = rows.existing_ids(self._connection, name, pending)
        fresh = [
            {"id": record, "k": stamp, **{column: values.get(column) for column in spec.kinds}}
            for record, (spec, stamp, values) in pending.items()
            if record not in here
        ]
        if fresh:
            with rows.gate_open(self._connection):
                execute_many(self._connection, rows.insert_sql(name), fresh)
        for record in (r for r in pending if r in here):
            spec, stamp, values = pending[record]
            self._collide(spec, record, stamp, values)


class LogBatch:
    """Collects what the log is to keep, in its order. Whoever reads the log of these change sets flushes first."""

    def __init__(self, connection: Connection, received_ms: int, most: int = 500) -> None:
        self._connection = connection
        self._received_ms = received_ms
        self._most = most
        self._pending: list[chain.Logged] = []

    def add(self, change_set: ChangeSet, root: bytes, state: int, records: frozenset[bytes]) -> None:
        """Keep a change set soon, with its state; `records` are those that it is found by."""
        self._pending.append(chain.Logged(change_set, root, state, records))
        if len(self._pending) >= self._most:
            self.flush()

    def flush(self) -> None:
        """Write what is pending."""
        pending, self._pending = self._pending, []
        chain.record_many(self._connection, pending, self._received_ms)
