# SPDX-License-Identifier: Apache-2.0
"""The books of comparisons: when each workstation last compared itself with the server, and all that ever differed.

Whatever differs is a defect, also when it was mended: something wrote past the one write path, a disk failed, or the
program has a fault. Tables and records are named, never a value.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select

from hms_desktop.core.clock import Clock, instant
from hms_desktop.sync.digest_wire import Compared
from sync_server import notebook as tables
from sync_server.notebook import Notebook

KEPT_DAYS = 400


@dataclass(frozen=True)
class LastLook:
    """The last comparison of a workstation: when, over how many tables and records, and how many differed."""

    at: datetime
    tables: int
    records: int
    differed: int


@dataclass(frozen=True)
class Defect:
    """One record that was not the same at a workstation; no record where so many of the table were not.

    `kind` says how it differed, `became` what was done about it.
    """

    device: UUID
    at: datetime
    table: str
    record: UUID | None
    kind: str
    became: str


class Defects:
    """The comparisons that a server knows of."""

    def __init__(self, book: Notebook, clock: Clock) -> None:
        self._book, self._clock = book, clock

    def note(self, device: UUID, found: Compared) -> None:
        """Write down what a workstation found."""
        now, last, defect = self._clock.now_ms(), tables.comparison, tables.defect
        looked = {
            "device": device.bytes, "at_ms": now, "position": found.position, "tables": found.tables,
            "records": found.rows, "differed": len(found.differences),
        }  # fmt: skip
        rows = [
            {"id": os.urandom(16), "device": device.bytes, "at_ms": now, "tbl": one.table, "record": one.record,
             "kind": one.kind, "became": one.then}
            for one in found.differences
        ]  # fmt: skip
        with self._book.writing() as connection:
            connection.execute(delete(last).where(last.c.device == device.bytes))
            connection.execute(insert(last).values(**looked))
            connection.execute(delete(defect).where(defect.c.at_ms < now - KEPT_DAYS * 86_400_000))
            if rows:
                connection.execute(insert(defect), rows)

    def last_looks(self) -> Mapping[UUID, LastLook]:
        """The last comparison of every workstation that made one."""
        return {
            UUID(bytes=row.device): LastLook(instant(row.at_ms), row.tables, row.records, row.differed)
            for row in self._book.rows(select(tables.comparison))
        }

    def latest(self, most: int = 50, device: UUID | None = None) -> list[Defect]:
        """The defects that were found last, the newest first."""
        return [_defect(row) for row in self._book.rows(_of(device, tables.defect).limit(most))]

    def count(self, since_ms: int = 0) -> int:
        """How many defects were found since a moment, of those that are kept."""
        question = select(func.count()).select_from(tables.defect).where(tables.defect.c.at_ms >= since_ms)
        return int(self._book.first(question)[0])


def _of(device: UUID | None, table: Any) -> Any:
    question = select(table).order_by(table.c.at_ms.desc(), table.c.tbl, table.c.record)
    return question if device is None else question.where(table.c.device == device.bytes)


def _defect(row: Any) -> Defect:
    record = UUID(bytes=bytes(row.record)) if len(row.record) == 16 else None
    return Defect(UUID(bytes=row.device), instant(row.at_ms), row.tbl, record, row.kind, row.became)
