# SPDX-License-Identifier: Apache-2.0
"""What can still be read of a damaged file: its own unsent change sets, its counters, marks and drafts, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from sqlcipher3 import dbapi2 as sqlcipher

from hms_desktop.storage.change_sets import ChangeSet
from hms_desktop.storage.engine import connect

_READ = "SELECT author, number, stamp, prev, details, leaves, signature FROM own_change_log WHERE pos = ?"
_UNREADABLE = (sqlcipher.DatabaseError, MemoryError)
"""What the library says of a page that does not hold what was written to it."""
_ENDS = ("SELECT max(pos) FROM own_change_log", "SELECT seq FROM sqlite_sequence WHERE name = 'own_change_log'")


@dataclass
class Salvage:
    """`sets` by number; `unread` counts places of the log that can't be read. Without `counters` numbers that people
    read could be given out twice."""

    sets: dict[int, ChangeSet] = field(default_factory=dict)
    unread: int = 0
    meta: dict[str, bytes] | None = None
    counters: list[tuple[str, int]] | None = None
    drafts: list[tuple[Any, ...]] = field(default_factory=list)

    def after(self, number: int) -> list[ChangeSet]:
        """The change sets that follow this number, without a gap."""
        found: list[ChangeSet] = []
        while (one := self.sets.get(number + len(found) + 1)) is not None:
            found.append(one)
        return found


def salvage(path: Path, key: bytes, author: int) -> Salvage:
    """Everything of `author` that can be read; Damaged when not even the head of the file can."""
    with closing(connect(path, key, readonly=True)) as connection:
        found = Salvage()
        for place in range(1, _end_of_log(connection) + 1):
            _take_place(connection, place, author, found)
        meta = _table(connection, "SELECT key, value FROM own_meta")
        found.meta = None if meta is None else {name: bytes(value) for name, value in meta}
        found.counters = _table(connection, "SELECT series, value FROM own_counter")
        found.drafts = list(_as_far_as_it_goes(connection, "SELECT person, key, body, saved_ms FROM own_draft"))
    return found


def _end_of_log(connection: Any) -> int:
    for question in _ENDS:
        try:
            row = connection.execute(question).fetchone()
        except _UNREADABLE:
            continue
        return int(row[0] or 0) if row else 0
    return 0


def _take_place(connection: Any, place: int, author: int, found: Salvage) -> None:
    try:
        row = connection.execute(_READ, (place,)).fetchone()
        if row is None or row[0] != author or len(row[4]) == 32:
            return
        leaves = msgspec.msgpack.decode(row[5], type=list[bytes])
        found.sets[row[1]] = ChangeSet(row[0], row[1], row[2], row[3], row[4], leaves, row[6])
    except (*_UNREADABLE, msgspec.MsgspecError):
        found.unread += 1


def _table(connection: Any, question: str) -> list[Any] | None:
    """All rows, or None where one of them can't be read."""
    try:
        return list(connection.execute(question).fetchall())
    except _UNREADABLE:
        return None


def _as_far_as_it_goes(connection: Any, question: str) -> Iterator[tuple[Any, ...]]:
    try:
        yield from connection.execute(question)
    except _UNREADABLE:
        return
