# SPDX-License-Identifier: Apache-2.0
"""Serving and taking pages of a server's one order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select, text

from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import ChangeSet, Leaf, as_gap, only_tables
from hms_desktop.sync.apply import Applier, Believe, Outcome
from hms_desktop.sync.entries import entry_of
from hms_desktop.sync.protocol import Entry, Pulled

Shows = Callable[[Leaf], bool]
PAGE_BYTES = 16 * 1024 * 1024
_POSITION = select(func.max(ledger.change_log.c.pos))
_PAGE = (
    select(ledger.change_log)
    .where(ledger.change_log.c.pos > bindparam("after"))
    .order_by(ledger.change_log.c.pos)
    .limit(bindparam("most"))
)
_CURSORS = select(ledger.cursor.c.tbl, ledger.cursor.c.position).where(ledger.cursor.c.server == bindparam("of"))
_CURSOR = text(
    "INSERT INTO own_cursor (server, tbl, position) VALUES (:server, :tbl, :position) "
    "ON CONFLICT (server, tbl) DO UPDATE SET position = excluded.position"
)

_FORWARD = text("UPDATE own_cursor SET position = :position WHERE server = :server AND position < :position")


def position(connection: Connection) -> int:
    """The last position that this server has given out."""
    return int(connection.execute(_POSITION).scalar() or 0)


def serve(connection: Connection, after: int, limit: int, tables: frozenset[str], shows: Shows | None = None) -> Pulled:
    """The page after a position, as far as a holder of `tables` may see it; one that grows large ends early.

    `shows` says of a leaf of these tables whether it is for this holder at all.

    Positions are given out inside the one writing transaction, so a reader never sees a later one before an earlier.
    """
    entries: list[Entry] = []
    size = 0
    for row in connection.execute(_PAGE, {"after": after, "most": limit}):
        entries.append(_entry(row, tables, shows))
        size += len(row.leaves or b"")
        if size >= PAGE_BYTES:  # an import writes change sets of many megabytes, and an answer must be held whole
            break
    end = position(connection)
    reached = entries[-1].position if entries else end
    return Pulled(entries, reached, max(0, end - reached))


def _entry(row: Any, tables: frozenset[str], shows: Shows | None) -> Entry:
    entry = entry_of(row)
    place = int(row.pos)
    held = row.state == ledger.HELD
    if isinstance(entry, ChangeSet):
        hidden = held or row.state == ledger.REFUSED
        entry = as_gap(entry) if hidden else only_tables(entry, tables, shows)
    if isinstance(entry, ChangeSet):
        return Entry(place, entry, None)
    return Entry(place, None, entry, held)


def cursors(connection: Connection, server: UUID) -> dict[str, int]:
    """How far each table has followed this server."""
    return {table: int(place) for table, place in connection.execute(_CURSORS, {"of": server.bytes})}


def set_cursors(connection: Connection, server: UUID, tables: frozenset[str], place: int) -> None:
    """These tables have followed the server to here."""
    rows = [{"server": server.bytes, "tbl": table, "position": place} for table in sorted(tables)]
    if rows:
        connection.execute(_CURSOR, rows)


def take_page(
    connection: Connection,
    page: Pulled,
    server: UUID,
    granted: frozenset[str],
    now_ms: int,
    believe: Believe | None = None,
) -> Outcome:
    """Apply a page and move the cursors in the same transaction, so that neither can be ahead of the other."""
    applier = Applier(connection, granted, now_ms, believe)
    applier.look_ahead(entry.whole for entry in page.entries)
    for entry in page.entries:
        what = entry.whole if entry.whole is not None else entry.gap
        if what is not None:
            applier.take(what, entry.held)
    outcome = applier.finish()
    known = cursors(connection, server)
    if known.keys() == granted:
        connection.execute(_FORWARD, {"server": server.bytes, "position": page.position})
    else:
        behind = frozenset(table for table in granted if known.get(table, 0) < page.position)
        set_cursors(connection, server, behind, page.position)
    return outcome
